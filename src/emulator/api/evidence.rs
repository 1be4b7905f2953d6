//! What speaks for or against a version: validation, test results, approvals.

use serde_json::json;

use crate::cxone::wire;
use crate::emulator::answer::{Answer, Refusal, detail};
use crate::emulator::call::Call;
use crate::emulator::clock::rfc3339;
use crate::emulator::content::named_dependencies;
use crate::emulator::document::Version;
use crate::emulator::state::State;

/// `GET /api/v2/flow/versions/{version}/validate`.
pub(in crate::emulator) fn validate(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let version = call.state.version(&call.param(0))?;
    let missing = missing_dependencies(call.state, version);
    let (status, message) = match missing.len() {
        0 => ("VALID", "the version can be deployed".to_owned()),
        count => ("INVALID", format!("the tenant lacks {count} of what the version names")),
    };
    Ok(Answer::ok(json!(wire::Validation {
        status: status.to_owned(),
        message: Some(message),
        missing_dependencies: missing,
    })))
}

/// Refuses a version that is not valid; `bypass` is the flag that lets it pass all the same.
pub(in crate::emulator) fn check_valid(
    state: &State,
    version: &Version,
    bypass: &str,
) -> Result<(), Refusal> {
    let missing = missing_dependencies(state, version);
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the version {} is INVALID, the tenant lacks: {} ({bypass} lets it pass)",
        version.id,
        missing.join(", ")
    );
    let details =
        missing.iter().map(|name| detail("/versionId", format!("missing dependency {name:?}")));
    Err(Refusal::bad_request("VALIDATION_FAILED", message).with_details(details.collect()))
}

/// Names of data actions and data stores that the tenant neither has nor is said to have, each
/// once, in order.
fn missing_dependencies(state: &State, version: &Version) -> Vec<String> {
    let known = state.dependencies();
    let actions = named_dependencies(&version.elements, "API", "dataAction").filter(|name| {
        !is_known(&known.data_actions, name) && state.data_actions.named(name).is_none()
    });
    let stores = named_dependencies(&version.elements, "Database", "dataStore").filter(|name| {
        !is_known(&known.data_stores, name) && state.data_stores.named(name).is_none()
    });
    let mut missing: Vec<String> = actions.chain(stores).map(str::to_owned).collect();
    missing.sort();
    missing.dedup();
    missing
}

fn is_known(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == "*" || known == name)
}

/// `GET /api/v2/flow/versions/{version}/test-results`.
pub(in crate::emulator) fn test_results(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    call.state.version(&id)?;
    let none =
        || Refusal::not_found("NO_TEST_RESULTS", format!("the version {id} was not tested yet"));
    let results = call.state.test_results.get(&id).ok_or_else(none)?;
    Ok(Answer::ok(json!(wire::TestResults {
        passed: results.passed,
        total: Some(results.total),
        failed: Some(results.failed),
        finished_at: Some(rfc3339(results.finished_at)),
    })))
}

/// `GET /api/v2/workflow/approvals/{flow}`.
pub(in crate::emulator) fn approval(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    call.state.flow(&id)?;
    let none = || Refusal::not_found("NO_APPROVAL", format!("nothing was decided about {id} yet"));
    let approval = call.state.approvals.get(&id).ok_or_else(none)?;
    Ok(Answer::ok(json!(wire::Approval {
        status: approval.status.clone(),
        version_id: approval.version_id.clone(),
        approver: Some(approval.approver.clone()),
        decided_at: Some(rfc3339(approval.decided_at)),
    })))
}
