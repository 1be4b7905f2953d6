//! Injecting faults.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{countdown, none_such};
use crate::emulator::answer::{Answer, Refusal};
use crate::emulator::call::{Call, invalid};
use crate::emulator::fault::{Canned, Cut, Fault, Glob, Moment};

/// The longest body that a fault may send.
const BODY_LIMIT: usize = 256 * 1024 * 1024;

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let faults: Vec<Value> = call.state.faults.values().map(view).collect();
    Ok(Answer::ok(json!({ "faults": faults })))
}

fn view(fault: &Fault) -> Value {
    let answer = fault.answer.as_ref();
    json!({
        "id": fault.id,
        "method": fault.method,
        "path": fault.path,
        "skip": fault.countdown.skip,
        "left": fault.countdown.left,
        "fired": fault.countdown.fired,
        "when": fault.moment,
        "delayMs": fault.delay_ms,
        "status": answer.map(|answer| answer.status),
        "headers": answer.map(|answer| &answer.headers),
        "cut": fault.cut,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewFault {
    method: Option<String>,
    path: Option<String>,
    skip: Option<u64>,
    times: Option<u64>,
    #[serde(default)]
    when: Moment,
    #[serde(default)]
    delay_ms: u32,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    repeat: Option<usize>,
    cut: Option<Cut>,
}

pub(super) fn add(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let new: NewFault = call.read()?;
    let answer = canned(&new)?;
    if answer.is_none() && new.cut.is_none() && new.delay_ms == 0 {
        return Err(invalid("a fault needs a status, a cut or a delayMs"));
    }
    let fault = Fault {
        id: call.state.next_id("fault"),
        method: new.method.filter(|method| method != "*"),
        path: Glob(new.path.unwrap_or_else(|| "/**".to_owned())),
        countdown: countdown(new.skip, new.times),
        moment: new.when,
        delay_ms: new.delay_ms,
        answer,
        cut: new.cut,
    };
    let answer = Answer::created(view(&fault));
    call.state.faults.insert(fault.id.clone(), fault);
    Ok(answer)
}

fn canned(new: &NewFault) -> Result<Option<Canned>, Refusal> {
    let Some(status) = new.status else {
        let stray = new.body.is_some() || new.repeat.is_some() || !new.headers.is_empty();
        return if stray {
            Err(invalid("body, repeat and headers need a status"))
        } else {
            Ok(None)
        };
    };
    if status < 200 || StatusCode::from_u16(status).is_err() {
        return Err(invalid(format!("status is {status}, expected 200 to 999")));
    }
    let mut headers = new.headers.clone();
    check_headers(&headers)?;
    let body = body_text(new.body.as_ref(), status);
    let repeat = new.repeat.unwrap_or(1);
    if body.len().saturating_mul(repeat) > BODY_LIMIT {
        return Err(invalid(format!("the body is longer than {BODY_LIMIT} bytes")));
    }
    if !headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
        headers.insert("content-type".to_owned(), content_type(&body).to_owned());
    }
    Ok(Some(Canned { status, headers, body, repeat }))
}

fn check_headers(headers: &BTreeMap<String, String>) -> Result<(), Refusal> {
    for (name, value) in headers {
        if HeaderName::try_from(name).is_err() || HeaderValue::try_from(value).is_err() {
            return Err(invalid(format!("{name}: {value} is no header")));
        }
        if ["content-length", "transfer-encoding"].contains(&name.to_ascii_lowercase().as_str()) {
            return Err(invalid(format!(
                "{name} cannot be set; use cut for a body that ends early"
            )));
        }
    }
    Ok(())
}

/// A text is sent as it is, anything else as JSON.
fn body_text(body: Option<&Value>, status: u16) -> String {
    match body {
        Some(Value::String(text)) => text.clone(),
        Some(json) => json.to_string(),
        None => {
            let message = format!("an injected fault with status {status}");
            json!({"code": "INJECTED_FAULT", "message": message, "details": [], "requestId": ""})
                .to_string()
        }
    }
}

fn content_type(body: &str) -> &'static str {
    match body.trim_start().chars().next() {
        Some('{' | '[') => "application/json",
        Some('<') => "text/html",
        _ => "text/plain",
    }
}

pub(super) fn clear(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    for id in call.state.faults.keys() {
        call.state.faults.remove(&id);
    }
    Ok(Answer::no_content())
}

pub(super) fn remove(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    call.state.faults.remove(&id).ok_or_else(|| none_such("fault", &id))?;
    Ok(Answer::no_content())
}
