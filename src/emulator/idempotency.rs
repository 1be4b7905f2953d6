//! One effect a key, however often the request comes.

use http::StatusCode;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::answer::{Answer, Refusal, Repeat};
use super::call::{Call, Handler, Incoming};
use super::document::Remembered;

/// Runs the handler, or gives the first answer again when the request's key has had one.
pub(super) fn once(call: &mut Call<'_>, handle: Handler) -> Result<Answer, Refusal> {
    let Some(key) = key_of(call.request) else { return handle(call) };
    let fingerprint = fingerprint(call)?;
    if let Some(remembered) = known(call, &key) {
        return repeat(&remembered, &fingerprint);
    }
    let answer = handle(call)?;
    if answer.repeat == Repeat::Anew {
        return Ok(answer);
    }
    let remembered = Remembered {
        fingerprint,
        status: answer.status.as_u16(),
        body: answer.body.clone(),
        made: answer.made.clone(),
    };
    call.state.keys.insert(key, remembered);
    Ok(answer)
}

/// A key means something for its method and path only.
fn key_of(request: &Incoming) -> Option<String> {
    let key = request.header("idempotency-key").filter(|_| is_mutating(request.method.as_str()))?;
    Some(format!("{} {} {key}", request.method, request.path))
}

pub(super) fn is_mutating(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// What is remembered of the key; forgets it when what it made is gone.
fn known(call: &mut Call<'_>, key: &str) -> Option<Remembered> {
    let remembered = call.state.keys.get(key)?;
    if remembered.made.as_ref().is_some_and(|made| !call.state.has(made)) {
        call.state.keys.remove(key);
        return None;
    }
    call.state.keys.get(key).cloned()
}

fn repeat(remembered: &Remembered, fingerprint: &str) -> Result<Answer, Refusal> {
    if remembered.fingerprint != fingerprint {
        let message = "this Idempotency-Key was first sent with another body";
        return Err(Refusal::conflict("IDEMPOTENCY_KEY_REUSED", message));
    }
    let status = StatusCode::from_u16(remembered.status).unwrap_or(StatusCode::OK);
    let body = remembered.body.clone();
    Ok(Answer { body, ..Answer::new(status, Value::Null) })
}

/// Equal for bodies that are the same JSON, however it is spelled.
fn fingerprint(call: &Call<'_>) -> Result<String, Refusal> {
    let canonical = call.json()?.to_string();
    Ok(super::hex(&Sha256::digest(canonical)))
}
