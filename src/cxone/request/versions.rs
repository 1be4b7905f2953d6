//! Versions, what is known of them, and publishing.

use crate::model::{FlowId, VersionId};

use super::{LONG, Request, Scope, encoded};
use crate::cxone::values::NewVersion;
use crate::cxone::{IdempotencyKey, convert, wire};

/// What the server gives at most; a flow has 50 versions at most.
const PAGE_SIZE: &str = "200";

fn list_path(flow: &FlowId) -> String {
    format!("/api/v2/flows/{}/versions", encoded(flow.as_str()))
}

fn path(flow: &FlowId, version: &VersionId) -> String {
    format!("{}/{}", list_path(flow), encoded(version.as_str()))
}

fn check_path(version: &VersionId, what: &str) -> String {
    format!("/api/v2/flow/versions/{}/{what}", encoded(version.as_str()))
}

/// One page of a flow's versions.
pub(in crate::cxone) fn versions(flow: &FlowId, page: u64) -> Request {
    Request::get(list_path(flow), Scope::ReadFlows)
        .with_query(&[("page", &page.to_string()), ("pageSize", PAGE_SIZE)])
}

/// A whole version.
pub(in crate::cxone) fn version(flow: &FlowId, version: &VersionId) -> Request {
    Request::get(path(flow, version), Scope::ReadFlows)
}

/// A new version.
pub(in crate::cxone) fn create_version(
    flow: &FlowId,
    new: &NewVersion,
    key: &IdempotencyKey,
) -> Request {
    let body = convert::new_version(flow, new);
    let request = Request::post(list_path(flow), Scope::WriteFlows, &body, key);
    Request { timeout: LONG, ..request }
}

/// Away with a version.
pub(in crate::cxone) fn delete_version(flow: &FlowId, version: &VersionId) -> Request {
    Request::delete(path(flow, version), Scope::WriteFlows)
}

/// The draft takes the version's content. Validation is never bypassed.
pub(in crate::cxone) fn publish(
    flow: &FlowId,
    version: &VersionId,
    key: &IdempotencyKey,
) -> Request {
    let body = wire::PublishRequest {
        version_id: version.as_str().to_owned(),
        snapshot: true,
        bypass_validation: false,
    };
    let path = format!("/api/v2/flows/{}/publish", encoded(flow.as_str()));
    Request::post(path, Scope::PublishFlows, &body, key)
}

/// What the platform's validation says.
pub(in crate::cxone) fn validate(version: &VersionId) -> Request {
    Request::get(check_path(version, "validate"), Scope::ReadFlows)
}

/// How the platform's tests went.
pub(in crate::cxone) fn test_results(version: &VersionId) -> Request {
    Request::get(check_path(version, "test-results"), Scope::ReadFlows)
}

/// What was decided about a flow.
pub(in crate::cxone) fn approval(flow: &FlowId) -> Request {
    let path = format!("/api/v2/workflow/approvals/{}", encoded(flow.as_str()));
    Request::get(path, Scope::ReadFlows)
}
