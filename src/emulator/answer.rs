//! What a handler gives back: an answer, or a refusal that takes its changes back.

use http::StatusCode;
use serde_json::{Value, json};

use super::document::Made;
use crate::cxone::wire::{ErrorBody, ErrorDetail};

/// An answer to be sent.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
    /// What the request made, so that its idempotency key can be forgotten with it.
    pub(super) made: Option<Made>,
    pub(super) repeat: Repeat,
}

/// What answers the same request with the same idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// The first answer, from memory.
    Remembered,
    /// The request is performed again: it has no effect that must not come twice.
    Anew,
}

impl Answer {
    pub(super) fn new(status: StatusCode, body: Value) -> Self {
        let body = Some(body);
        Self { status, headers: Vec::new(), body, made: None, repeat: Repeat::Remembered }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self::new(StatusCode::OK, body)
    }

    pub(super) fn created(body: Value) -> Self {
        Self::new(StatusCode::CREATED, body)
    }

    pub(super) fn accepted(body: Value) -> Self {
        Self::new(StatusCode::ACCEPTED, body)
    }

    pub(super) fn no_content() -> Self {
        Self { body: None, ..Self::new(StatusCode::NO_CONTENT, Value::Null) }
    }

    pub(super) fn having_made(self, made: Made) -> Self {
        Self { made: Some(made), ..self }
    }

    pub(super) fn repeated_anew(self) -> Self {
        Self { repeat: Repeat::Anew, ..self }
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Why a request is refused, as the contract's error body says it.
#[derive(Debug)]
pub(super) struct Refusal(Box<Refused>);

#[derive(Debug)]
struct Refused {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: ErrorBody,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let body = ErrorBody { code: code.into(), message: message.into(), ..ErrorBody::default() };
        Self(Box::new(Refused { status, headers: Vec::new(), body }))
    }

    pub(super) fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(super) fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    pub(super) fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// A body that breaks the rules, with one detail a fault.
    pub(super) fn schema(details: Vec<ErrorDetail>) -> Self {
        let faults = details.len();
        let message =
            format!("the body breaks {faults} rule{}", if faults == 1 { "" } else { "s" });
        Self::bad_request("SCHEMA_VALIDATION_FAILED", message).with_details(details)
    }

    pub(super) fn with_details(mut self, details: Vec<ErrorDetail>) -> Self {
        self.0.body.details = details;
        self
    }

    pub(super) fn with_current_version(mut self, version: u64) -> Self {
        self.0.body.current_version = Some(version);
        self
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    pub(super) fn into_answer(self, request_id: &str) -> Answer {
        let Refused { status, headers, mut body } = *self.0;
        request_id.clone_into(&mut body.request_id);
        let body = serde_json::to_value(body).unwrap_or_else(|_| json!({}));
        Answer { headers, ..Answer::new(status, body) }
    }
}

/// One fault of a body, by JSON pointer.
pub(super) fn detail(path: impl Into<String>, message: impl Into<String>) -> ErrorDetail {
    ErrorDetail { path: path.into(), message: message.into(), ..ErrorDetail::default() }
}
