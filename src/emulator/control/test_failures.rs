//! Scripted failures of data actions' tests.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{countdown, none_such};
use crate::emulator::answer::{Answer, Refusal};
use crate::emulator::call::Call;
use crate::emulator::data_action::TestFailure;

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let failures: Vec<Value> = call.state.test_failures.values().map(view).collect();
    Ok(Answer::ok(json!({ "testFailures": failures })))
}

fn view(failure: &TestFailure) -> Value {
    json!({
        "id": failure.id,
        "dataAction": failure.data_action,
        "skip": failure.countdown.skip,
        "left": failure.countdown.left,
        "fired": failure.countdown.fired,
        "error": failure.error,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewFailure {
    data_action: Option<String>,
    skip: Option<u64>,
    times: Option<u64>,
    error: Option<String>,
}

pub(super) fn add(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let new: NewFailure = call.read()?;
    let failure = TestFailure {
        id: call.state.next_id("test-failure"),
        data_action: new.data_action,
        countdown: countdown(new.skip, new.times),
        error: new.error.unwrap_or_else(|| "the test failed".to_owned()),
    };
    let answer = Answer::created(view(&failure));
    call.state.test_failures.insert(failure.id.clone(), failure);
    Ok(answer)
}

pub(super) fn clear(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    for id in call.state.test_failures.keys() {
        call.state.test_failures.remove(&id);
    }
    Ok(Answer::no_content())
}

pub(super) fn remove(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    call.state.test_failures.remove(&id).ok_or_else(|| none_such("test failure", &id))?;
    Ok(Answer::no_content())
}
