//! Deployments and rollbacks.

use serde_json::json;

use crate::model::DeploymentId;

use super::{Request, Scope, encoded};
use crate::cxone::values::{DeploymentFilter, NewDeployment};
use crate::cxone::{IdempotencyKey, convert, wire};

const LIST: &str = "/api/v2/flow/deployments";
/// More than servers give; they answer with as many as they like.
const PAGE_SIZE: &str = "1000";

fn path(id: &DeploymentId) -> String {
    format!("{LIST}/{}", encoded(id.as_str()))
}

/// One page of the deployments that a filter keeps.
pub(in crate::cxone) fn deployments(filter: &DeploymentFilter, page: u64) -> Request {
    let page = page.to_string();
    let mut query = Vec::new();
    if let Some(flow) = &filter.flow {
        query.push(("flowId", flow.as_str()));
    }
    if let Some(name) = &filter.target_environment {
        query.push(("targetEnvironment", name.as_str()));
    }
    if let Some(status) = &filter.status {
        query.push(("status", convert::status_text(status)));
    }
    if filter.current {
        query.push(("current", "true"));
    }
    query.extend([("page", page.as_str()), ("pageSize", PAGE_SIZE)]);
    Request::get(LIST.to_owned(), Scope::ReadDeployments).with_query(&query).of_endpoint()
}

/// One deployment.
pub(in crate::cxone) fn deployment(id: &DeploymentId) -> Request {
    Request::get(path(id), Scope::ReadDeployments)
}

/// A new deployment.
pub(in crate::cxone) fn deploy(new: &NewDeployment, key: &IdempotencyKey) -> Request {
    let body = wire::NewDeployment::from(new);
    Request::post(LIST.to_owned(), Scope::WriteDeployments, &body, key)
}

/// Back to what ran before a deployment.
pub(in crate::cxone) fn rollback(id: &DeploymentId, key: &IdempotencyKey) -> Request {
    let path = format!("{}/rollback", path(id));
    Request::post(path, Scope::WriteDeployments, &json!({}), key)
}
