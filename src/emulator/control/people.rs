//! What people do beside the pipeline: approve, test, edit, deploy.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::tenant::{new_lock, view_of_lock};
use super::{none_such, one_of};
use crate::emulator::answer::{Answer, Refusal};
use crate::emulator::api::{deployments, flows};
use crate::emulator::call::{Call, invalid};
use crate::emulator::document::{Approval, Draft, TestResults};

pub(super) fn approvals(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let approvals: Map<String, Value> =
        call.state.approvals.iter().map(|(id, approval)| (id.clone(), view(approval))).collect();
    Ok(Answer::ok(json!({ "approvals": approvals })))
}

fn view(approval: &Approval) -> Value {
    json!({
        "status": approval.status, "versionId": approval.version_id, "approver": approval.approver,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Decision {
    status: String,
    version_id: Option<String>,
    approver: Option<String>,
}

pub(super) fn set_approval(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let decision: Decision = call.read()?;
    one_of("status", &decision.status, &["APPROVED", "PENDING", "DENIED"])?;
    let flow_id = call.state.flow_called(&call.param(0))?.id.clone();
    let version =
        |called: String| call.state.version_called(&flow_id, &called).map(|one| one.id.clone());
    let approval = Approval {
        status: decision.status,
        version_id: decision.version_id.map(version).transpose()?,
        approver: decision.approver.unwrap_or_else(|| "approver".to_owned()),
        decided_at: call.now,
    };
    let answer = Answer::ok(view(&approval));
    call.state.approvals.insert(flow_id, approval);
    Ok(answer)
}

pub(super) fn remove_approval(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let flow_id = call.state.flow_called(&call.param(0))?.id.clone();
    call.state.approvals.remove(&flow_id).ok_or_else(|| none_such("approval of", &flow_id))?;
    Ok(Answer::no_content())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Results {
    passed: bool,
    total: Option<u64>,
    failed: Option<u64>,
}

pub(super) fn set_test_results(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let results: Results = call.read()?;
    let id = call.param(0);
    call.state.version(&id)?;
    let failed = results.failed.unwrap_or_else(|| u64::from(!results.passed));
    let total = results.total.unwrap_or_else(|| failed.max(1));
    let results = TestResults { passed: results.passed, total, failed, finished_at: call.now };
    let answer = Answer::ok(json!({
        "versionId": id, "passed": results.passed, "total": total, "failed": failed,
    }));
    call.state.test_results.insert(id, results);
    Ok(answer)
}

pub(super) fn remove_test_results(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    call.state.test_results.remove(&id).ok_or_else(|| none_such("test result of", &id))?;
    Ok(Answer::no_content())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Edit {
    nodes: Option<Vec<Value>>,
    edges: Option<Vec<Value>>,
    name: Option<String>,
    description: Option<String>,
    updated_by: Option<String>,
}

pub(super) fn edit_draft(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let edit: Edit = call.read()?;
    if edit.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(invalid("name must not be empty"));
    }
    let flow = call.state.flow_called(&call.param(0))?;
    let (id, current) = (flow.id.clone(), flow.draft.clone());
    let draft = Draft {
        version: current.version + 1,
        name: edit.name.unwrap_or(current.name),
        description: edit.description.or(current.description),
        nodes: edit.nodes.unwrap_or(current.nodes),
        edges: edit.edges.unwrap_or(current.edges),
        extra: current.extra,
    };
    let faults = flows::content(&draft).structure_faults();
    if !faults.is_empty() {
        return Err(Refusal::schema(faults));
    }
    let author = edit.updated_by.unwrap_or_else(|| "designer".to_owned());
    Ok(Answer::ok(flows::save(call, &id, draft, author)?))
}

pub(super) fn lock_draft(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let lock = new_lock(call)?;
    let flow_id = call.state.flow_called(&call.param(0))?.id.clone();
    let answer = Answer::ok(view_of_lock(&lock));
    call.state.flow_locks.insert(flow_id, lock);
    Ok(answer)
}

pub(super) fn unlock_draft(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let flow_id = call.state.flow_called(&call.param(0))?.id.clone();
    let removed = call.state.flow_locks.remove(&flow_id);
    removed.ok_or_else(|| none_such("lock on the flow", &flow_id))?;
    Ok(Answer::no_content())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ByHand {
    version_id: String,
    target_environment: String,
    triggered_by: Option<String>,
}

pub(super) fn deploy_by_hand(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let order: ByHand = call.read()?;
    let flow_id = call.state.flow_called(&call.param(0))?.id.clone();
    let version_id = call.state.version_called(&flow_id, &order.version_id)?.id.clone();
    let person = order.triggered_by.as_deref().unwrap_or("a person");
    let view =
        deployments::place_by_hand(call, flow_id, version_id, order.target_environment, person);
    Ok(Answer::created(view))
}

pub(super) fn undeploy(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let flow_id = call.state.flow_called(&call.param(0))?.id.clone();
    let (target, now) = (call.param(1), call.now);
    let there = call.state.deployments_of(&flow_id);
    let there = there.filter(|one| one.target_environment == target && one.counts(now));
    let ids: Vec<String> = there.map(|one| one.id.clone()).collect();
    if ids.is_empty() {
        return Err(none_such("deployment of the flow to", &target));
    }
    for id in ids {
        if let Some(deployment) = call.state.deployments.get_mut(&id) {
            deployment.withdrawn = true;
        }
    }
    Ok(Answer::no_content())
}
