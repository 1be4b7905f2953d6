//! Which handler answers which method and path: the contract's tables, as a table.

use percent_encoding::percent_decode_str;

use super::answer::Refusal;
use super::api::{
    action_tests, data_actions, data_stores, deployments, evidence, flows, publish, records,
    tokens, versions,
};
use super::call::Handler;
use super::control;
use super::scope::{
    DATA_ACTIONS, DATASTORE_READ, DATASTORE_WRITE, DEPLOYMENT_READ, DEPLOYMENT_WRITE,
    FLOWS_PUBLISH, FLOWS_READ, FLOWS_WRITE, Scope,
};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody: the token endpoints.
    Anyone,
    /// Whoever has a token with that scope.
    Needs(Scope),
}

/// A row of the table.
pub(super) struct Route {
    pub(super) method: &'static str,
    /// Segments in braces are placeholders.
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) handle: Handler,
}

const fn row(method: &'static str, path: &'static str, access: Access, handle: Handler) -> Route {
    Route { method, path, access, handle }
}

const READS: Access = Access::Needs(FLOWS_READ);
const WRITES: Access = Access::Needs(FLOWS_WRITE);
const PUBLISHES: Access = Access::Needs(FLOWS_PUBLISH);
const SEES_DEPLOYMENTS: Access = Access::Needs(DEPLOYMENT_READ);
const DEPLOYS: Access = Access::Needs(DEPLOYMENT_WRITE);
const ACTS: Access = Access::Needs(DATA_ACTIONS);
const LOOKS_UP: Access = Access::Needs(DATASTORE_READ);
const STORES: Access = Access::Needs(DATASTORE_WRITE);

#[rustfmt::skip]
static ROUTES: &[Route] = &[
    row("POST",   "/oauth/token",                                Access::Anyone,   tokens::by_form),
    row("POST",   "/api/v2/oauth/token",                         Access::Anyone,   tokens::by_basic),
    row("GET",    "/api/v2/flows",                               READS,            flows::list),
    row("POST",   "/api/v2/flows",                               WRITES,           flows::create),
    row("GET",    "/api/v2/flows/{flow}",                        READS,            flows::read),
    row("PUT",    "/api/v2/flows/{flow}",                        WRITES,           flows::replace),
    row("DELETE", "/api/v2/flows/{flow}",                        WRITES,           flows::delete),
    row("GET",    "/api/v2/flows/{flow}/versions",               READS,            versions::list),
    row("POST",   "/api/v2/flows/{flow}/versions",               WRITES,           versions::create),
    row("GET",    "/api/v2/flows/{flow}/versions/{version}",     READS,            versions::read),
    row("DELETE", "/api/v2/flows/{flow}/versions/{version}",     WRITES,           versions::delete),
    row("POST",   "/api/v2/flows/{flow}/publish",                PUBLISHES,        publish::publish),
    row("GET",    "/api/v2/flow/versions/{version}/validate",    READS,            evidence::validate),
    row("GET",    "/api/v2/flow/versions/{version}/test-results", READS,           evidence::test_results),
    row("GET",    "/api/v2/workflow/approvals/{flow}",           SEES_DEPLOYMENTS, evidence::approval),
    row("GET",    "/api/v2/flow/deployments",                    SEES_DEPLOYMENTS, deployments::list),
    row("POST",   "/api/v2/flow/deployments",                    DEPLOYS,          deployments::create),
    row("GET",    "/api/v2/flow/deployments/{deployment}",       SEES_DEPLOYMENTS, deployments::read),
    row("POST",   "/api/v2/flow/deployments/{deployment}/rollback", DEPLOYS,       deployments::roll_back),
    row("GET",    "/api/v2/dataactions/actions",                 ACTS,             data_actions::list),
    row("POST",   "/api/v2/dataactions/actions",                 ACTS,             data_actions::create),
    row("GET",    "/api/v2/dataactions/actions/{action}",        ACTS,             data_actions::read),
    row("PUT",    "/api/v2/dataactions/actions/{action}",        ACTS,             data_actions::replace),
    row("DELETE", "/api/v2/dataactions/actions/{action}",        ACTS,             data_actions::delete),
    row("POST",   "/api/v2/dataactions/actions/{action}/test",   ACTS,             action_tests::run),
    row("GET",    "/api/v2/datastores",                          LOOKS_UP,         data_stores::list),
    row("POST",   "/api/v2/datastores",                          STORES,           data_stores::create),
    row("GET",    "/api/v2/datastores/{store}",                  LOOKS_UP,         data_stores::read),
    row("PUT",    "/api/v2/datastores/{store}",                  STORES,           data_stores::rename),
    row("DELETE", "/api/v2/datastores/{store}",                  STORES,           data_stores::delete),
    row("GET",    "/api/v2/datastores/{store}/schema",           LOOKS_UP,         data_stores::schema),
    row("PUT",    "/api/v2/datastores/{store}/schema",           STORES,           data_stores::set_schema),
    row("GET",    "/api/v2/datastores/{store}/records",          LOOKS_UP,         records::list),
    row("POST",   "/api/v2/datastores/{store}/records",          STORES,           records::create),
    row("GET",    "/api/v2/datastores/{store}/records/{record}", LOOKS_UP,         records::read),
    row("PATCH",  "/api/v2/datastores/{store}/records/{record}", STORES,           records::change),
    row("DELETE", "/api/v2/datastores/{store}/records/{record}", STORES,           records::delete),
];

/// A handler found, with what the placeholders stand for.
pub(super) struct Found {
    pub(super) handle: Handler,
    pub(super) access: Access,
    pub(super) params: Vec<String>,
}

/// The route of an API request; a refusal with 404 or 405 where there is none.
pub(super) fn api(method: &str, path: &str) -> Result<Found, Refusal> {
    let rows = ROUTES.iter().map(|route| (route.method, route.path, route));
    let (route, params) = find(rows, method, path)?;
    Ok(Found { handle: route.handle, access: route.access, params })
}

/// The route of a control call; likewise.
pub(super) fn control(method: &str, path: &str) -> Result<Found, Refusal> {
    let rows = control::ENDPOINTS.iter().map(|endpoint| (endpoint.method, endpoint.path, endpoint));
    let (endpoint, params) = find(rows, method, path)?;
    Ok(Found { handle: endpoint.handle, access: Access::Anyone, params })
}

fn find<'a, T>(
    rows: impl Iterator<Item = (&'static str, &'static str, &'a T)>,
    method: &str,
    path: &str,
) -> Result<(&'a T, Vec<String>), Refusal> {
    let mut allowed = Vec::new();
    for (own_method, own_path, row) in rows {
        match placeholders(own_path, path) {
            Some(params) if own_method == method => return Ok((row, params)),
            Some(_) => allowed.push(own_method),
            None => {}
        }
    }
    Err(if allowed.is_empty() { no_such_path(path) } else { not_allowed(method, path, &allowed) })
}

fn no_such_path(path: &str) -> Refusal {
    Refusal::not_found("UNKNOWN_PATH", format!("nothing answers at {path}"))
}

fn not_allowed(method: &str, path: &str, allowed: &[&str]) -> Refusal {
    let allowed = allowed.join(", ");
    let message = format!("{path} takes {allowed}, not {method}");
    Refusal::new(http::StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
        .with_header("allow", allowed)
}

/// What the placeholders of `pattern` stand for in `path`, decoded; `None` when it does not match.
fn placeholders(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    let mut params = Vec::new();
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(params),
            (Some(own), Some(segment)) if own.starts_with('{') && !segment.is_empty() => {
                params.push(percent_decode_str(segment).decode_utf8_lossy().into_owned());
            }
            (Some(own), Some(segment)) if own == segment => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_take_one_segment_each() {
        for (path, expected) in [
            ("/flows/flow-1/versions", Some("flow-1")),
            ("/flows/a%20b%2Fc/versions", Some("a b/c")),
            ("/flows//versions", None),
            ("/flows/flow-1", None),
            ("/flows/flow-1/versions/", None),
        ] {
            let found = placeholders("/flows/{flow}/versions", path);
            assert_eq!(found, expected.map(|param| vec![param.to_owned()]), "{path}");
        }
    }
}
