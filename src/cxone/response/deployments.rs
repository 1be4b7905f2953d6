//! Deployments and rollbacks.

use crate::model::{FlowId, LiveDeployment, VersionId};

use super::Answer;
use crate::cxone::page::Page;
use crate::cxone::request::Request;
use crate::cxone::values::{DeploymentDetail, DeploymentFilter};
use crate::cxone::{Error, ErrorKind, wire};

/// A listed deployment.
pub(in crate::cxone) struct Listed {
    pub(in crate::cxone) flow: Option<FlowId>,
    pub(in crate::cxone) deployment: LiveDeployment,
    /// Whether it is one of those that were asked for.
    pub(in crate::cxone) wanted: bool,
}

/// Reads one page of deployments.
///
/// A deployment without a version is an error: what runs where could not be told.
pub(in crate::cxone) fn deployments(
    request: &Request,
    answer: &Answer,
    filter: &DeploymentFilter,
) -> Result<Page<Listed>, Error> {
    let read = || -> Result<_, ErrorKind> {
        let page: wire::DeploymentPage = answer.success(request)?.json()?;
        let listed = page.deployments.into_iter().map(|deployment| listed(deployment, filter));
        let items = listed.collect::<Result<_, _>>().map_err(|what| answer.unreadable(&what))?;
        Ok(Page { items, total: page.total_count })
    };
    read().map_err(|kind| request.error(kind))
}

fn listed(wire: wire::Deployment, filter: &DeploymentFilter) -> Result<Listed, String> {
    let detail = DeploymentDetail::from(wire);
    let wanted = is_wanted(&detail, filter);
    let flow = detail.flow.clone();
    let version = detail.version.clone();
    let version = version.ok_or_else(|| format!("deployment {} names no version", detail.id))?;
    Ok(Listed { flow, deployment: live(detail, version), wanted })
}

/// A server that does not know a filter ignores it.
fn is_wanted(found: &DeploymentDetail, filter: &DeploymentFilter) -> bool {
    let same = |found: &Option<String>, asked: &Option<String>| match (found, asked) {
        (Some(found), Some(asked)) => found == asked,
        _ => true,
    };
    let flow = match (&found.flow, &filter.flow) {
        (Some(found), Some(asked)) => found == asked,
        _ => true,
    };
    flow && same(&found.target_environment, &filter.target_environment)
        && filter.status.as_ref().is_none_or(|status| *status == found.status)
}

fn live(detail: DeploymentDetail, version_id: VersionId) -> LiveDeployment {
    LiveDeployment {
        id: detail.id,
        version_id,
        status: detail.status,
        error: detail.error,
        triggered_by: detail.triggered_by,
        started_at: detail.started_at,
    }
}

/// Reads a deployment.
pub(in crate::cxone) fn deployment(
    request: &Request,
    answer: &Answer,
) -> Result<DeploymentDetail, Error> {
    let read = || answer.success(request)?.json::<wire::Deployment>();
    read().map(DeploymentDetail::from).map_err(|kind| request.error(kind))
}

/// Reads the deployment that was started, which need not say again what it deploys.
pub(in crate::cxone) fn deployed(
    request: &Request,
    answer: &Answer,
    version: &VersionId,
) -> Result<LiveDeployment, Error> {
    let detail = deployment(request, answer)?;
    let version = detail.version.clone().unwrap_or_else(|| version.clone());
    Ok(live(detail, version))
}
