//! What a status that is no success means.

use http::header::LOCATION;
use serde_json::Value;

use super::Answer;
use crate::cxone::request::{Absent, Request};
use crate::cxone::{ErrorKind, error::Fault, text};

/// The most faults that are taken over from an answer.
const MOST_FAULTS: usize = 50;

/// Returns the kind of error that a status and a body make.
pub(super) fn kind(request: &Request, answer: &Answer) -> ErrorKind {
    let said = Said::of(answer);
    let status = answer.status.as_u16();
    match status {
        300..=399 => ErrorKind::Redirected { status, location: location(answer) },
        400 | 422 => said.invalid(),
        403 => ErrorKind::Forbidden {
            scope: named_scope(&said.message).unwrap_or(request.scope.as_str()).to_owned(),
            message: said.message,
        },
        404 if request.absent == Absent::Resource => ErrorKind::NotFound { message: said.message },
        404 | 405 => ErrorKind::EndpointMissing { status, message: said.message },
        409 => said.conflict(),
        // A platform may answer so to what somebody has locked; only a flow's draft can be.
        423 => said.locked(),
        429 => ErrorKind::RateLimited,
        500..=599 => ErrorKind::Unavailable { status, message: said.message },
        _ => ErrorKind::Unexpected { status, message: said.message },
    }
}

/// What an error body says, however little of it is there.
struct Said {
    code: Option<String>,
    message: String,
    faults: Vec<Fault>,
    current_version: Option<u64>,
}

impl Said {
    fn of(answer: &Answer) -> Self {
        match serde_json::from_slice::<Value>(&answer.body) {
            Ok(Value::Object(body)) => Self {
                code: shown(answer, body.get("code")).or_else(|| shown(answer, body.get("error"))),
                message: shown(answer, body.get("message"))
                    .or_else(|| shown(answer, body.get("error_description")))
                    .unwrap_or_default(),
                faults: faults(answer, body.get("details")),
                current_version: body.get("currentVersion").and_then(Value::as_u64),
            },
            _ => Self {
                code: None,
                message: text::excerpt(&answer.body, &answer.hidden),
                faults: Vec::new(),
                current_version: None,
            },
        }
    }

    fn invalid(self) -> ErrorKind {
        let code = self.code.unwrap_or_else(|| "INVALID".to_owned());
        ErrorKind::Invalid { code, message: self.message, faults: self.faults }
    }

    fn locked(self) -> ErrorKind {
        Self { code: Some("FLOW_LOCKED".to_owned()), ..self }.conflict()
    }

    fn conflict(self) -> ErrorKind {
        ErrorKind::Conflict {
            code: self.code.unwrap_or_else(|| "CONFLICT".to_owned()),
            message: self.message,
            current_version: self.current_version,
        }
    }
}

fn shown(answer: &Answer, value: Option<&Value>) -> Option<String> {
    let text = text::plain(value?.as_str()?, &answer.hidden);
    (!text.is_empty()).then_some(text)
}

fn faults(answer: &Answer, details: Option<&Value>) -> Vec<Fault> {
    let details = details.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let fault = |detail: &Value| Fault {
        pointer: shown(answer, detail.get("path")).unwrap_or_default(),
        message: shown(answer, detail.get("message").or(Some(detail))).unwrap_or_default(),
        line: number(detail, "line"),
        column: number(detail, "column"),
    };
    details.iter().take(MOST_FAULTS).map(fault).collect()
}

fn number(detail: &Value, name: &str) -> Option<u32> {
    detail.get(name).and_then(Value::as_u64).and_then(|number| number.try_into().ok())
}

fn location(answer: &Answer) -> String {
    let location = answer.headers.get(LOCATION).map(http::HeaderValue::as_bytes);
    location.map_or("nowhere".to_owned(), |value| text::excerpt(value, &answer.hidden))
}

/// Returns the first word of a message that has the form of a scope, such as `flows:publish`.
fn named_scope(message: &str) -> Option<&str> {
    let words =
        message.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '/')));
    words.map(|word| word.trim_matches(['.', ':'])).find(|word| is_scope(word))
}

fn is_scope(word: &str) -> bool {
    let parts: Vec<_> = word.split(':').collect();
    let named = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic()) && !part.contains(['/', '.'])
    };
    word == "DataActions.ReadWrite" || (parts.len() > 1 && parts.iter().all(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_found_in_what_the_tenant_says() {
        let table = [
            ("missing scope flows:publish", Some("flows:publish")),
            ("Insufficient scope: 'flow:flows:write'.", Some("flow:flows:write")),
            ("needs one of flow:write, flows:write", Some("flow:write")),
            ("requires DataActions.ReadWrite", Some("DataActions.ReadWrite")),
            ("missing scope: see https://example.com/a at 12:30", None),
            ("", None),
        ];
        for (message, scope) in table {
            assert_eq!(named_scope(message), scope, "{message}");
        }
    }
}
