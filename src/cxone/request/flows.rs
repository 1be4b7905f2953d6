//! Flows and their drafts.

use http::Method;

use crate::model::FlowId;

use super::{Request, Scope, encoded, json};
use crate::cxone::values::FlowDetail;
use crate::cxone::{IdempotencyKey, wire};

/// What the server gives at most.
const PAGE_SIZE: &str = "200";

fn path(id: &FlowId) -> String {
    format!("/api/v2/flows/{}", encoded(id.as_str()))
}

/// One page of all flows.
pub(in crate::cxone) fn flows(page: u64) -> Request {
    Request::get("/api/v2/flows".to_owned(), Scope::ReadFlows)
        .with_query(&[("page", &page.to_string()), ("pageSize", PAGE_SIZE)])
        .of_endpoint()
}

/// A flow with its draft.
pub(in crate::cxone) fn flow(id: &FlowId) -> Request {
    Request::get(path(id), Scope::ReadFlows)
}

/// A new flow.
pub(in crate::cxone) fn create_flow(
    name: &str,
    description: Option<&str>,
    key: &IdempotencyKey,
) -> Request {
    let description = description.map(str::to_owned);
    let body = wire::NewFlow { name: name.to_owned(), description };
    Request::post("/api/v2/flows".to_owned(), Scope::WriteFlows, &body, key).of_endpoint()
}

/// The complete draft, with the revision that it replaces.
pub(in crate::cxone) fn put_flow(flow: &FlowDetail) -> Request {
    let body = json(&wire::FlowEnvelope { flow: flow.into() });
    let path = path(&flow.id);
    // Named by what it writes over which revision: the same body goes through once at most.
    let key = IdempotencyKey::of(&["PUT", &path, &String::from_utf8_lossy(&body)]);
    let new = Request::new(Method::PUT, path, Scope::WriteFlows);
    Request { body: Some(body), key: Some(key), ..new }
}

/// Away with a flow.
pub(in crate::cxone) fn delete_flow(id: &FlowId) -> Request {
    Request::delete(path(id), Scope::WriteFlows)
}
