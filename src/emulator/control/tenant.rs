//! The tenant as a whole: settings, clients, locks, what it saw and holds.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::none_such;
use crate::emulator::answer::{Answer, Refusal};
use crate::emulator::call::{Call, bad_query, invalid};
use crate::emulator::clock::{Millis, rfc3339};
use crate::emulator::document::{Client, Dependencies, Lock, Settings};
use crate::emulator::fault::Glob;
use crate::emulator::journal::SeenRequest;
use crate::emulator::scope;

pub(super) fn settings(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::ok(json!(call.state.settings())))
}

pub(super) fn set_settings(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let merged = merged(json!(call.state.settings()), call.object()?);
    let settings: Settings =
        serde_json::from_value(merged).map_err(|error| invalid(error.to_string()))?;
    if settings.page_size_cap == 0 {
        return Err(invalid("pageSizeCap must be at least 1"));
    }
    call.state.set_settings(settings.clone());
    Ok(Answer::ok(json!(settings)))
}

fn merged(mut current: Value, changes: Map<String, Value>) -> Value {
    if let Value::Object(current) = &mut current {
        current.extend(changes);
    }
    current
}

pub(super) fn dependencies(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::ok(json!(call.state.dependencies())))
}

pub(super) fn set_dependencies(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let merged = merged(json!(call.state.dependencies()), call.object()?);
    let dependencies: Dependencies =
        serde_json::from_value(merged).map_err(|error| invalid(error.to_string()))?;
    call.state.set_dependencies(dependencies.clone());
    Ok(Answer::ok(json!(dependencies)))
}

pub(super) fn clients(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let client = |(id, client): (&String, &Client)| (id.clone(), json!({"scopes": client.scopes}));
    let clients: Map<String, Value> = call.state.clients.iter().map(client).collect();
    Ok(Answer::ok(json!({ "clients": clients })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewClient {
    secret: String,
    scopes: Option<Vec<String>>,
}

pub(super) fn set_client(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let NewClient { secret, scopes } = call.read()?;
    if secret.is_empty() {
        return Err(invalid("secret must not be empty"));
    }
    let client = Client { secret, scopes: scopes.unwrap_or_else(scope::all) };
    let answer = Answer::ok(json!({"clientId": call.param(0), "scopes": client.scopes}));
    call.state.clients.insert(call.param(0), client);
    Ok(answer)
}

pub(super) fn remove_client(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    call.state.clients.remove(&id).ok_or_else(|| none_such("client", &id))?;
    Ok(Answer::no_content())
}

pub(super) fn revoke_tokens(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    for token in call.state.tokens.keys() {
        call.state.tokens.remove(&token);
    }
    Ok(Answer::no_content())
}

pub(super) fn locks(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let now = call.now;
    let holding = call.state.locks.iter().filter(|(_, lock)| lock.holds_at(now));
    let locks: Map<String, Value> =
        holding.map(|(name, lock)| (name.clone(), view_of_lock(lock))).collect();
    Ok(Answer::ok(json!({ "locks": locks })))
}

pub(super) fn view_of_lock(lock: &Lock) -> Value {
    json!({"heldBy": lock.held_by, "until": lock.until.map(rfc3339)})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewLock {
    held_by: String,
    for_ms: Option<u32>,
}

pub(super) fn set_lock(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let lock = new_lock(call)?;
    let answer = Answer::ok(view_of_lock(&lock));
    call.state.locks.insert(call.param(0), lock);
    Ok(answer)
}

/// The lock that a body describes.
pub(super) fn new_lock(call: &Call<'_>) -> Result<Lock, Refusal> {
    let NewLock { held_by, for_ms } = call.read()?;
    let until = for_ms.map(|length| call.now + Millis::from(length));
    Ok(Lock { held_by, since: call.now, until })
}

pub(super) fn remove_lock(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let name = call.param(0);
    call.state.locks.remove(&name).ok_or_else(|| none_such("lock on", &name))?;
    Ok(Answer::no_content())
}

pub(super) fn requests(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let query = call.query();
    let mutating = query
        .get("mutating")
        .map(|text| text.parse::<bool>().map_err(|_| bad_query("mutating", text, "true or false")));
    let mutating = mutating.transpose()?;
    let path = query.get("path").map(|path| Glob(path.to_owned()));
    let wanted = |seen: &&SeenRequest| {
        mutating.is_none_or(|wanted| wanted == seen.mutating)
            && query.get("method").is_none_or(|method| method.eq_ignore_ascii_case(&seen.method))
            && path.as_ref().is_none_or(|path| path.matches(&seen.path))
    };
    let requests: Vec<&SeenRequest> = call.journal.seen().filter(wanted).collect();
    Ok(Answer::ok(json!({"requests": requests, "counts": call.journal.counts()})))
}

pub(super) fn clear_requests(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.journal.clear();
    Ok(Answer::no_content())
}

pub(super) fn dump(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let dump = call.state.dump().map_err(|error| invalid(error.to_string()))?;
    Ok(Answer::ok(dump))
}

pub(super) fn reset(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.state.clear();
    call.journal.clear();
    Ok(Answer::no_content())
}
