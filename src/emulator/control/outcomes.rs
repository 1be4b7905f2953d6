//! Scripted outcomes of deployments.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{countdown, none_such, one_of};
use crate::emulator::answer::{Answer, Refusal};
use crate::emulator::call::Call;
use crate::emulator::deployment::{Ending, Script};

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let outcomes: Vec<Value> = call.state.scripts.values().map(view).collect();
    Ok(Answer::ok(json!({ "outcomes": outcomes })))
}

fn view(script: &Script) -> Value {
    let (outcome, error) = spelled(&script.ending);
    let (rollback, rollback_error) = spelled(&script.rollback_ending);
    json!({
        "id": script.id,
        "flow": script.flow_id.as_ref().or(script.flow_name.as_ref()),
        "targetEnvironment": script.target_environment,
        "skip": script.countdown.skip,
        "left": script.countdown.left,
        "fired": script.countdown.fired,
        "outcome": outcome,
        "error": error,
        "rollback": rollback,
        "rollbackError": rollback_error,
    })
}

fn spelled(ending: &Ending) -> (&'static str, Option<&str>) {
    match ending {
        Ending::Success => ("SUCCESS", None),
        Ending::Failed(error) => ("FAILED", Some(error)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewScript {
    flow: Option<String>,
    target_environment: Option<String>,
    skip: Option<u64>,
    times: Option<u64>,
    outcome: String,
    error: Option<String>,
    rollback: Option<String>,
    rollback_error: Option<String>,
}

pub(super) fn add(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let new: NewScript = call.read()?;
    let ending = ending("outcome", &new.outcome, new.error, "the deployment failed")?;
    let rollback = new.rollback.as_deref().unwrap_or("SUCCESS");
    let rollback_ending =
        self::ending("rollback", rollback, new.rollback_error, "the rollback failed")?;
    let (flow_id, flow_name) = flow(call, new.flow);
    let script = Script {
        id: call.state.next_id("outcome"),
        flow_id,
        flow_name,
        target_environment: new.target_environment,
        countdown: countdown(new.skip, new.times),
        ending,
        rollback_ending,
    };
    let answer = Answer::created(view(&script));
    call.state.scripts.insert(script.id.clone(), script);
    Ok(answer)
}

/// A flow's id when it is one, else a name, which a flow may get later.
fn flow(call: &Call<'_>, called: Option<String>) -> (Option<String>, Option<String>) {
    match called {
        Some(id) if call.state.flows.contains(&id) => (Some(id), None),
        name => (None, name),
    }
}

fn ending(
    name: &str,
    outcome: &str,
    error: Option<String>,
    default: &str,
) -> Result<Ending, Refusal> {
    one_of(name, outcome, &["SUCCESS", "FAILED"])?;
    Ok(match outcome {
        "SUCCESS" => Ending::Success,
        _ => Ending::Failed(error.unwrap_or_else(|| default.to_owned())),
    })
}

pub(super) fn clear(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    for id in call.state.scripts.keys() {
        call.state.scripts.remove(&id);
    }
    Ok(Answer::no_content())
}

pub(super) fn remove(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    call.state.scripts.remove(&id).ok_or_else(|| none_such("outcome", &id))?;
    Ok(Answer::no_content())
}
