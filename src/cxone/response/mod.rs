//! Answers as values. Pure: a request and its answer in, a model value or an error out, whatever
//! the bytes are.

mod data_actions;
mod data_stores;
mod deployments;
mod flows;
mod refusal;
mod versions;

pub(super) use data_actions::{data_action, data_actions, script_run, written_data_action};
pub(super) use data_stores::{
    created_data_store, data_store, data_stores, item, item_count, items, schema, written_item,
};
pub(super) use deployments::{deployed, deployment, deployments};
pub(super) use flows::{created_flow, flow, flows, put_flow};
pub(super) use versions::{
    approval, created_version, published, signed_version, test_results, validate, version, versions,
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::Secret;

use super::request::Request;
use super::{Error, ErrorKind, text};

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// What must not show in an error, should the tenant echo it.
    pub(super) hidden: Vec<Secret>,
    /// Whether an earlier attempt may have taken effect.
    pub(super) repeated: bool,
}

impl Answer {
    pub(super) fn new(
        response: http::Response<Bytes>,
        hidden: Vec<Secret>,
        repeated: bool,
    ) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body, hidden, repeated }
    }

    fn is_empty(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// Returns the body as JSON.
    fn json<T: DeserializeOwned>(&self) -> Result<T, ErrorKind> {
        serde_json::from_slice(&self.body).map_err(|error| self.unreadable(&error.to_string()))
    }

    fn unreadable(&self, what: &str) -> ErrorKind {
        let what = text::plain(what, &self.hidden);
        let begin = match text::excerpt(&self.body, &self.hidden) {
            begin if begin.is_empty() => "it is empty".to_owned(),
            begin => format!("it begins: {begin}"),
        };
        ErrorKind::Unreadable(format!("status {}, {what}; {begin}", self.status.as_u16()))
    }

    /// Returns the answer if the call succeeded.
    fn success(&self, request: &Request) -> Result<&Self, ErrorKind> {
        if self.status.is_success() { Ok(self) } else { Err(refusal::kind(request, self)) }
    }

    /// Returns the answer if the call succeeded, `None` if there is no such thing.
    fn found(&self, request: &Request) -> Result<Option<&Self>, ErrorKind> {
        match self.status {
            StatusCode::NOT_FOUND => Ok(None),
            _ => self.success(request).map(Some),
        }
    }
}

/// Reads what must be there.
fn required<T: DeserializeOwned>(request: &Request, answer: &Answer) -> Result<T, Error> {
    let read = || answer.success(request)?.json();
    read().map_err(|kind| request.error(kind))
}

/// Reads what may be absent.
fn optional<T: DeserializeOwned>(request: &Request, answer: &Answer) -> Result<Option<T>, Error> {
    let read = || answer.found(request)?.map(Answer::json).transpose();
    read().map_err(|kind| request.error(kind))
}

/// Reads an answer of which only the success counts: an empty body or any JSON.
pub(super) fn done(request: &Request, answer: &Answer) -> Result<(), Error> {
    let read = || -> Result<(), ErrorKind> {
        let answer = answer.success(request)?;
        if answer.is_empty() { Ok(()) } else { answer.json::<Value>().map(drop) }
    };
    read().map_err(|kind| request.error(kind))
}

/// Reads the answer to a delete. What is gone after an attempt whose answer was lost is deleted.
pub(super) fn deleted(request: &Request, answer: &Answer) -> Result<(), Error> {
    match answer.status {
        StatusCode::NOT_FOUND if answer.repeated => Ok(()),
        _ => done(request, answer),
    }
}

#[cfg(test)]
mod tests;
