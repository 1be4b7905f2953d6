//! A data action's test in the tenant's sandbox.

use serde_json::json;

use crate::cxone::wire::{ScriptError, TestRun};
use crate::emulator::answer::{Answer, Refusal, detail};
use crate::emulator::call::Call;
use crate::emulator::data_action::DataAction;
use crate::emulator::script::Job;
use crate::emulator::state::State;
use crate::sandbox::{Fault, Run};

/// `POST /api/v2/dataactions/actions/{action}/test`.
pub(in crate::emulator) fn run(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let action = call.state.data_action(&call.param(0))?.clone();
    let body = call.object()?;
    let Some(input) = body.get("input") else {
        return Err(Refusal::schema(vec![detail("/input", "is missing")]));
    };
    if let Some(error) = scripted_failure(call.state, &action) {
        return Ok(test_answer(&failure(error)));
    }
    let scripts = match call.state.data_actions.scripts_of(&action) {
        Ok(scripts) => scripts,
        Err(unknown) => {
            let (caller, name) = (unknown.caller, unknown.name);
            let message = format!("{caller:?} depends on {name:?}, which does not exist");
            return Ok(test_answer(&failure(message)));
        }
    };
    let job = Job::Run { entry: action.body.name.clone(), scripts, input: input.clone() };
    Ok(test_answer(&report(call.scripts.outcome_of(job)?)))
}

/// A test changes nothing, and its repeat may have to tell of a change.
fn test_answer(run: &TestRun) -> Answer {
    Answer::ok(json!(run)).repeated_anew()
}

/// What the platform is to say although the script is right.
fn scripted_failure(state: &mut State, action: &DataAction) -> Option<String> {
    for id in state.test_failures.keys() {
        let Some(failure) = state.test_failures.get_mut(&id) else { continue };
        let is_for = |called: &String| *called == action.id || *called == action.body.name;
        if failure.data_action.as_ref().is_none_or(is_for) && failure.countdown.fires() {
            return Some(failure.error.clone());
        }
    }
    None
}

fn failure(message: String) -> TestRun {
    let error = ScriptError { message, line: None, column: None };
    TestRun {
        status: "FAILED".to_owned(),
        output: None,
        error: Some(error),
        duration_ms: Some(0),
        logs: Vec::new(),
    }
}

fn report(run: Run) -> TestRun {
    let (status, output, error) = match run.result {
        Ok(output) => ("SUCCESS", Some(output), None),
        Err(fault) => ("FAILED", None, Some(script_error(fault))),
    };
    let duration_ms = u64::try_from(run.duration.as_millis()).ok();
    TestRun { status: status.to_owned(), output, error, duration_ms, logs: run.logs }
}

/// Line and column are those of the data action's own script; a place in another is told in words.
fn script_error(fault: Fault) -> ScriptError {
    let Some(other) = fault.script else {
        return ScriptError { message: fault.message, line: fault.line, column: fault.column };
    };
    let place = match fault.line {
        Some(line) => format!("{other}, line {line}"),
        None => other,
    };
    ScriptError { message: format!("in {place}: {}", fault.message), line: None, column: None }
}
