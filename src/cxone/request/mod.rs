//! Requests as values: what is asked, and how it may be asked. Pure.

mod data_actions;
mod data_stores;
mod deployments;
mod flows;
mod versions;

pub(super) use data_actions::{
    create_data_action, data_action, data_actions, delete_data_action, put_data_action,
    test_data_action,
};
pub(super) use data_stores::{
    create_data_store, create_item, data_store, data_stores, delete_data_store, delete_item,
    first_item, item, items, name_data_store, patch_item, put_schema, schema,
};
pub(super) use deployments::{deploy, deployment, deployments, rollback};
pub(super) use flows::{create_flow, delete_flow, flow, flows, put_flow};
pub(super) use versions::{
    approval, create_version, delete_version, publish, test_results, validate, version, versions,
};

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{HeaderName, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::model::Secret;

use super::retry::Repeat;
use super::{Error, ErrorKind, IdempotencyKey};

/// How flowgate names itself.
pub(super) const AGENT: &str = concat!("flowgate/", env!("CARGO_PKG_VERSION"));
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How long most calls may take.
const USUAL: Duration = Duration::from_secs(15);
/// How long making something large may take.
const LONG: Duration = Duration::from_secs(30);

/// All that RFC 3986 does not leave unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Writes a text so that it is one segment of a path, or one value of a query or a form.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// What the token must allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    ReadFlows,
    WriteFlows,
    PublishFlows,
    ReadDeployments,
    WriteDeployments,
    DataActions,
    ReadDataStores,
    WriteDataStores,
}

impl Scope {
    /// Returns the scope as tenants spell it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ReadFlows => "flow:read",
            Self::WriteFlows => "flow:write",
            Self::PublishFlows => "flows:publish",
            Self::ReadDeployments => "deployment:read",
            Self::WriteDeployments => "deployment:write",
            Self::DataActions => "DataActions.ReadWrite",
            Self::ReadDataStores => "datastore:read",
            Self::WriteDataStores => "datastore:write",
        }
    }
}

/// What a 404 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// The thing that the path names by its id is not there.
    Resource,
    /// The path names nothing that could be absent: the tenant does not have the endpoint.
    Endpoint,
}

/// A call of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Percent-encoded, below the base URL.
    pub(super) path: String,
    /// Percent-encoded, without the question mark; empty for none.
    pub(super) query: String,
    /// JSON.
    pub(super) body: Option<Bytes>,
    pub(super) timeout: Duration,
    pub(super) key: Option<IdempotencyKey>,
    pub(super) scope: Scope,
    pub(super) absent: Absent,
}

impl Request {
    fn new(method: Method, path: String, scope: Scope) -> Self {
        Self {
            method,
            path,
            query: String::new(),
            body: None,
            timeout: USUAL,
            key: None,
            scope,
            absent: Absent::Resource,
        }
    }

    fn get(path: String, scope: Scope) -> Self {
        Self::new(Method::GET, path, scope)
    }

    fn post(path: String, scope: Scope, body: &impl Serialize, key: &IdempotencyKey) -> Self {
        Self::write(Method::POST, path, scope, body, key)
    }

    fn write(
        method: Method,
        path: String,
        scope: Scope,
        body: &impl Serialize,
        key: &IdempotencyKey,
    ) -> Self {
        let new = Self::new(method, path, scope);
        Self { body: Some(json(body)), key: Some(key.clone()), ..new }
    }

    /// A delete is named by what it deletes.
    fn delete(path: String, scope: Scope) -> Self {
        let key = IdempotencyKey::of(&["DELETE", &path]);
        Self { key: Some(key), ..Self::new(Method::DELETE, path, scope) }
    }

    fn with_query(self, parts: &[(&str, &str)]) -> Self {
        let pairs: Vec<_> =
            parts.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        Self { query: pairs.join("&"), ..self }
    }

    fn of_endpoint(self) -> Self {
        Self { absent: Absent::Endpoint, ..self }
    }

    /// Tells whether the call may be sent again after it may have taken effect.
    ///
    /// Reads, and writes that are guarded: by the version in a PUT, by the key in all others. A PUT
    /// or PATCH over a version whose first answer was lost may then be answered 409, which its caller
    /// must look into.
    pub(super) fn repeat(&self) -> Repeat {
        let safe = self.method == Method::GET || self.method == Method::PUT || self.key.is_some();
        if safe { Repeat::Safe } else { Repeat::Never }
    }

    /// Returns the request as it is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when base URL, path and token make no request: an id that is
    /// empty or made of dots would name another endpoint than the one meant.
    pub(super) fn to_http(
        &self,
        base_url: &str,
        token: &Secret,
    ) -> Result<http::Request<Bytes>, Error> {
        self.check()?;
        let mark = if self.query.is_empty() { "" } else { "?" };
        let mut builder = http::Request::builder()
            .method(self.method.clone())
            .uri(format!("{base_url}{}{mark}{}", self.path, self.query))
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, self.bearer(token)?);
        if let Some(key) = &self.key {
            builder = builder.header(IDEMPOTENCY_KEY, key.as_str());
        }
        if self.body.is_some() {
            builder = builder.header(CONTENT_TYPE, "application/json");
        }
        let request = builder.body(self.body.clone().unwrap_or_default());
        request.map_err(|error| self.misconfigured(format!("{base_url} is no base URL: {error}")))
    }

    fn check(&self) -> Result<(), Error> {
        let lost = |segment| matches!(segment, "" | "." | "..");
        if self.path.split('/').skip(1).any(lost) {
            Err(self.misconfigured("an id is empty or made of dots".to_owned()))
        } else {
            Ok(())
        }
    }

    fn bearer(&self, token: &Secret) -> Result<HeaderValue, Error> {
        let text = format!("Bearer {}", token.expose());
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| self.misconfigured("the token does not fit in a header".to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn misconfigured(&self, text: String) -> Error {
        self.error(ErrorKind::Misconfigured(text))
    }

    /// Returns the error of this call.
    pub(super) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(format!("{} {}", self.method, self.path), kind)
    }
}

/// Writes a body.
fn json(body: &impl Serialize) -> Bytes {
    // Wire types are plain structs and maps with text for keys: they always become JSON.
    serde_json::to_vec(body).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FlowId, VersionId};

    fn sent(request: &Request) -> Result<http::Request<Bytes>, Error> {
        request.to_http("https://api.example", &Secret::new("t0ken"))
    }

    #[test]
    fn every_request_names_flowgate_and_every_write_has_a_key() {
        let read = sent(&flow(&FlowId::new("42"))).expect("a request");
        assert_eq!(read.headers()[USER_AGENT], AGENT);
        assert_eq!(read.headers()[ACCEPT], "application/json");
        assert_eq!(read.headers()[AUTHORIZATION], "Bearer t0ken");
        assert!(!read.headers().contains_key(IDEMPOTENCY_KEY));
        assert!(!format!("{read:?}").contains("t0ken"));

        let key = IdempotencyKey::of(&["x"]);
        let write = sent(&publish(&FlowId::new("42"), &VersionId::new("7"), &key)).expect("one");
        assert_eq!(write.headers()[IDEMPOTENCY_KEY], key.as_str());
        assert_eq!(write.headers()[CONTENT_TYPE], "application/json");
    }

    #[test]
    fn ids_stay_within_their_segment() {
        let request = sent(&flow(&FlowId::new("a/b?c#d é%"))).expect("a request");
        assert_eq!(
            request.uri().to_string(),
            "https://api.example/api/v2/flows/a%2Fb%3Fc%23d%20%C3%A9%25"
        );
        for id in ["", ".", ".."] {
            let error = sent(&delete_flow(&FlowId::new(id))).expect_err("would name the list");
            assert!(matches!(error.kind(), ErrorKind::Misconfigured(_)), "{error}");
        }
    }

    #[test]
    fn a_token_with_a_line_break_is_not_sent() {
        let error = flow(&FlowId::new("42")).to_http("https://a", &Secret::new("x\r\nEvil: 1"));
        assert!(!error.expect_err("no header").to_string().contains("Evil"));
    }

    #[test]
    fn a_post_without_a_key_is_not_repeated() {
        let request = flow(&FlowId::new("42"));
        assert_eq!(request.repeat(), Repeat::Safe);
        assert_eq!(Request { method: Method::POST, ..request }.repeat(), Repeat::Never);
    }
}
