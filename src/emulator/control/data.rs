//! What people do to data actions and records beside the pipeline.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::none_such;
use super::tenant::{new_lock, view_of_lock};
use crate::emulator::answer::{Answer, Refusal};
use crate::emulator::api::{data_actions, records};
use crate::emulator::call::Call;
use crate::emulator::data_action::Body;
use crate::emulator::data_store::key;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Edit {
    script: Option<String>,
    name: Option<String>,
    description: Option<String>,
    enabled: Option<bool>,
    dependencies: Option<Vec<String>>,
}

/// Edits a data action as a person would: by the rules, and past `modifiedTimestamp`.
pub(super) fn edit_action(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let edit: Edit = call.read()?;
    let action = call.state.data_action_called(&call.param(0))?;
    let (id, current) = (action.id.clone(), action.body.clone());
    let body = Body {
        name: edit.name.unwrap_or(current.name),
        description: edit.description.or(current.description),
        content: edit.script.unwrap_or(current.content),
        enabled: edit.enabled.unwrap_or(current.enabled),
        dependencies: edit.dependencies.unwrap_or(current.dependencies),
        ..current
    };
    let faults = data_actions::rule_faults(&body);
    if !faults.is_empty() {
        return Err(Refusal::schema(faults));
    }
    Ok(Answer::ok(data_actions::save(call, &id, body)?))
}

/// Store and record that the path names, by their ids.
fn named_record(call: &Call<'_>) -> Result<(String, String), Refusal> {
    let store = call.state.data_store_called(&call.param(0))?;
    let record = call.state.record(&store.id, &call.param(1))?;
    Ok((store.id.clone(), record.id.clone()))
}

/// Edits a record as the person who may hold its lock would.
pub(super) fn edit_record(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (store, record) = named_record(call)?;
    let body = call.object()?;
    let record = records::save(call, &store, &record, &body, records::Locks::Yield)?;
    Ok(Answer::ok(json!(records::shown(&record))))
}

pub(super) fn record_locks(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let now = call.now;
    let holding = call.state.record_locks.iter().filter(|(_, lock)| lock.holds_at(now));
    let locks: Map<String, Value> =
        holding.map(|(key, lock)| (key.clone(), view_of_lock(lock))).collect();
    Ok(Answer::ok(json!({ "locks": locks })))
}

pub(super) fn lock_record(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let lock = new_lock(call)?;
    let (store, record) = named_record(call)?;
    let answer = Answer::ok(view_of_lock(&lock));
    call.state.record_locks.insert(key(&store, &record), lock);
    Ok(answer)
}

pub(super) fn unlock_record(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (store, record) = named_record(call)?;
    let key = key(&store, &record);
    call.state.record_locks.remove(&key).ok_or_else(|| none_such("lock on the record", &record))?;
    Ok(Answer::no_content())
}
