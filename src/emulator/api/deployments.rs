//! Deployments and rollbacks.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::emulator::answer::{Answer, Refusal};
use crate::emulator::api::evidence;
use crate::emulator::call::{Call, bad_query};
use crate::emulator::clock::{Millis, rfc3339};
use crate::emulator::deployment::{Course, Deployment, Ending, Status};
use crate::emulator::document::Made;
use crate::emulator::fields::Fields;
use crate::emulator::state::State;
use crate::emulator::text::Pairs;

/// What is to be deployed, and where to.
struct Order {
    flow_id: String,
    version_id: String,
    target_environment: String,
    rollback_on_failure: bool,
    skip_validation: bool,
    metadata: Value,
}

/// `POST /api/v2/flow/deployments`.
pub(in crate::emulator) fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let order = read_order(&call.object()?)?;
    call.state.flow(&order.flow_id)?;
    let version = call.state.version_of(&order.flow_id, &order.version_id)?;
    if !order.skip_validation {
        evidence::check_valid(call.state, version, "skipValidation")?;
    }
    check_nothing_in_the_way(call.state, &order, call.now)?;
    let course = course(call.state, &order);
    let deployment = place(call, order, course);
    // The platform answers before it looks at the work, even when the work takes no time.
    let mut body = view(&deployment, call.now);
    body["status"] = json!(Status::Pending);
    Ok(Answer::accepted(body).having_made(Made::Deployment(deployment.id)))
}

fn read_order(object: &Map<String, Value>) -> Result<Order, Refusal> {
    let mut fields = Fields::of(object, "");
    let order = Order {
        flow_id: fields.text("flowId"),
        version_id: fields.text("versionId"),
        target_environment: fields.text("targetEnvironment"),
        rollback_on_failure: fields.flag("rollbackOnFailure"),
        skip_validation: fields.flag("skipValidation"),
        metadata: object.get("metadata").cloned().unwrap_or(Value::Null),
    };
    fields.finish()?;
    Ok(order)
}

fn check_nothing_in_the_way(state: &State, order: &Order, now: Millis) -> Result<(), Refusal> {
    let under_way =
        || state.deployments_of(&order.flow_id).filter(|one| !one.status(now).is_terminal());
    if let Some(same) = under_way().find(|one| one.version_id == order.version_id) {
        let message = format!(
            "the version {} is being deployed to {} by {}",
            same.version_id, same.target_environment, same.id
        );
        return Err(Refusal::conflict("DEPLOYMENT_IN_PROGRESS", message));
    }
    let target = &order.target_environment;
    let held =
        |by: &str| Refusal::conflict("ENVIRONMENT_LOCKED", format!("{target} is held by {by}"));
    if let Some(other) = under_way().find(|one| one.target_environment == *target) {
        return Err(held(&format!("{}, which deploys this flow's {}", other.id, other.version_id)));
    }
    match state.locks.get(target).filter(|lock| lock.holds_at(now)) {
        Some(lock) => Err(held(&lock.held_by)),
        None => Ok(()),
    }
}

/// How the deployment will go, by the first script that fires for it.
fn course(state: &mut State, order: &Order) -> Course {
    let (ending, rollback_ending) =
        scripted(state, order).unwrap_or((Ending::Success, Ending::Success));
    let settings = state.settings();
    Course {
        pending_ms: settings.pending_ms,
        run_ms: settings.run_ms,
        ending,
        rollback_ms: settings.rollback_ms,
        rollback_ending,
    }
}

fn scripted(state: &mut State, order: &Order) -> Option<(Ending, Ending)> {
    let flow_name = state.flows.get(&order.flow_id).map(|flow| flow.draft.name.clone());
    for id in state.scripts.keys() {
        let Some(script) = state.scripts.get_mut(&id) else { continue };
        let is_for = |wanted: &Option<String>, own: Option<&String>| {
            wanted.is_none() || wanted.as_ref() == own
        };
        let matches = is_for(&script.flow_id, Some(&order.flow_id))
            && is_for(&script.flow_name, flow_name.as_ref())
            && is_for(&script.target_environment, Some(&order.target_environment));
        if matches && script.countdown.fires() {
            return Some((script.ending.clone(), script.rollback_ending.clone()));
        }
    }
    None
}

/// Records the deployment; what it would go back to is what runs now.
fn place(call: &mut Call<'_>, order: Order, course: Course) -> Deployment {
    let running = call.state.running(&order.flow_id, &order.target_environment, call.now);
    let previous_version_id = running.map(|running| running.version_id.clone());
    let deployment = Deployment {
        id: call.state.next_id("dep"),
        flow_id: order.flow_id,
        version_id: order.version_id,
        target_environment: order.target_environment,
        previous_version_id,
        rollback_on_failure: order.rollback_on_failure,
        skip_validation: order.skip_validation,
        metadata: order.metadata,
        started_at: call.now,
        course,
        rollback_started_at: None,
        withdrawn: false,
    };
    call.state.deployments.insert(deployment.id.clone(), deployment.clone());
    deployment
}

/// Deploys a version at once, as a person with the platform's own tools would.
pub(in crate::emulator) fn place_by_hand(
    call: &mut Call<'_>,
    flow_id: String,
    version_id: String,
    target_environment: String,
    triggered_by: &str,
) -> Value {
    let order = Order {
        flow_id,
        version_id,
        target_environment,
        rollback_on_failure: false,
        skip_validation: true,
        metadata: json!({"triggeredBy": triggered_by, "timestamp": rfc3339(call.now)}),
    };
    let rollback_ms = call.state.settings().rollback_ms;
    let course = Course {
        pending_ms: 0,
        run_ms: 0,
        ending: Ending::Success,
        rollback_ms,
        rollback_ending: Ending::Success,
    };
    let deployment = place(call, order, course);
    view(&deployment, call.now)
}

/// `GET /api/v2/flow/deployments/{deployment}`.
pub(in crate::emulator) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::ok(view(call.state.deployment(&call.param(0))?, call.now)))
}

/// `GET /api/v2/flow/deployments`: newest first.
pub(in crate::emulator) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    // Deployments have no content that would make their pages long.
    let page = call.page_up_to(5)?;
    let filter = Filter::read(&call.query())?;
    let now = call.now;
    let mut slots = BTreeSet::new();
    let wanted = call.state.deployments.values().rev().filter(|&one| {
        let current = one.counts(now) && slots.insert((&one.flow_id, &one.target_environment));
        filter.takes(one, current, now)
    });
    let (found, total) = page.of(wanted);
    let deployments: Vec<Value> = found.into_iter().map(|one| view(one, now)).collect();
    Ok(Answer::ok(json!({
        "deployments": deployments, "totalCount": total, "page": page.number, "pageSize": page.size,
    })))
}

struct Filter {
    flow_id: Option<String>,
    target_environment: Option<String>,
    status: Option<Status>,
    current: Option<bool>,
}

impl Filter {
    fn read(query: &Pairs) -> Result<Self, Refusal> {
        let text = |name| query.get(name).map(str::to_owned);
        let status = query.get("status").map(|text| {
            serde_json::from_value(json!(text))
                .map_err(|_| bad_query("status", text, "a deployment's status"))
        });
        let current = query
            .get("current")
            .map(|text| text.parse().map_err(|_| bad_query("current", text, "true or false")));
        Ok(Self {
            flow_id: text("flowId"),
            target_environment: text("targetEnvironment"),
            status: status.transpose()?,
            current: current.transpose()?,
        })
    }

    fn takes(&self, one: &Deployment, current: bool, now: Millis) -> bool {
        self.flow_id.as_ref().is_none_or(|id| *id == one.flow_id)
            && self.target_environment.as_ref().is_none_or(|name| *name == one.target_environment)
            && self.status.is_none_or(|status| status == one.status(now))
            && self.current.is_none_or(|wanted| !wanted || current)
    }
}

/// `POST /api/v2/flow/deployments/{deployment}/rollback`.
pub(in crate::emulator) fn roll_back(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.object()?;
    let id = call.param(0);
    let now = call.now;
    let deployment = call.state.deployment(&id)?;
    if deployment.status(now) != Status::RollbackInProgress {
        check_can_roll_back(call.state, deployment, now)?;
        if let Some(deployment) = call.state.deployments.get_mut(&id) {
            deployment.rollback_started_at = Some(now);
        }
    }
    let mut body = view(call.state.deployment(&id)?, now);
    body["status"] = json!(Status::RollbackInProgress);
    Ok(Answer::accepted(body).having_made(Made::Deployment(id)))
}

fn check_can_roll_back(state: &State, deployment: &Deployment, now: Millis) -> Result<(), Refusal> {
    let id = &deployment.id;
    match deployment.status(now) {
        Status::Success | Status::Failed => {}
        Status::RolledBack => {
            let message = format!("the deployment {id} is rolled back already");
            return Err(Refusal::conflict("ALREADY_ROLLED_BACK", message));
        }
        _ => {
            let message = format!("the deployment {id} is under way; wait for its end");
            return Err(Refusal::conflict("DEPLOYMENT_IN_PROGRESS", message));
        }
    }
    if let Some(newer) = newer_in_the_same_place(state, deployment, now) {
        let message = format!("the deployment {id} was followed by {}", newer.id);
        return Err(Refusal::conflict("DEPLOYMENT_SUPERSEDED", message));
    }
    match &deployment.previous_version_id {
        Some(previous) if !state.versions.contains(previous) => {
            let message = format!("the version {previous} to go back to is deleted");
            Err(Refusal::conflict("PREVIOUS_VERSION_GONE", message))
        }
        _ => Ok(()),
    }
}

/// A later deployment of that flow to that environment that succeeded or is under way.
fn newer_in_the_same_place<'a>(
    state: &'a State,
    deployment: &Deployment,
    now: Millis,
) -> Option<&'a Deployment> {
    state.deployments_of(&deployment.flow_id).rev().take_while(|one| one.id != deployment.id).find(
        |one| {
            one.target_environment == deployment.target_environment
                && (one.counts(now) || !one.status(now).is_terminal())
        },
    )
}

/// A deployment as the API shows it.
pub(in crate::emulator) fn view(deployment: &Deployment, now: Millis) -> Value {
    let mut view = json!({
        "id": deployment.id,
        "status": deployment.status(now),
        "flowId": deployment.flow_id,
        "versionId": deployment.version_id,
        "targetEnvironment": deployment.target_environment,
        "previousVersionId": deployment.previous_version_id,
        "rollbackOnFailure": deployment.rollback_on_failure,
        "skipValidation": deployment.skip_validation,
        "metadata": deployment.metadata,
        "error": deployment.error(now),
        "startedAt": rfc3339(deployment.started_at),
        "finishedAt": deployment.finished_at(now).map(rfc3339),
    });
    if let Value::Object(view) = &mut view {
        view.retain(|_, value| !value.is_null());
    }
    view
}
