//! Data actions.

use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use crate::model::{DataActionContent, DataActionId, ModifiedTimestamp};

use super::{LONG, Request, Scope, encoded};
use crate::cxone::{IdempotencyKey, convert, wire};

const LIST: &str = "/api/v2/dataactions/actions";
/// What the server gives at most.
const PAGE_SIZE: &str = "200";

fn path(id: &DataActionId) -> String {
    format!("{LIST}/{}", encoded(id.as_str()))
}

/// One page of all data actions.
pub(in crate::cxone) fn data_actions(page: u64) -> Request {
    Request::get(LIST.to_owned(), Scope::DataActions)
        .with_query(&[("page", &page.to_string()), ("pageSize", PAGE_SIZE)])
        .of_endpoint()
}

/// A whole data action.
pub(in crate::cxone) fn data_action(id: &DataActionId) -> Request {
    Request::get(path(id), Scope::DataActions)
}

/// A new data action.
pub(in crate::cxone) fn create_data_action(
    name: &str,
    content: &DataActionContent,
    key: &IdempotencyKey,
) -> Request {
    let body = convert::new_data_action(name, content);
    let request = Request::post(LIST.to_owned(), Scope::DataActions, &body, key).of_endpoint();
    Request { timeout: LONG, ..request }
}

/// The whole data action, with the time of the change that it replaces.
pub(in crate::cxone) fn put_data_action(
    id: &DataActionId,
    name: &str,
    content: &DataActionContent,
    modified: ModifiedTimestamp,
    key: &IdempotencyKey,
) -> Request {
    let body = convert::data_action_over(id, name, content, modified);
    Request::write(Method::PUT, path(id), Scope::DataActions, &body, key)
}

/// Away with a data action.
pub(in crate::cxone) fn delete_data_action(id: &DataActionId) -> Request {
    Request::delete(path(id), Scope::DataActions)
}

/// A run in the tenant's sandbox.
pub(in crate::cxone) fn test_data_action(
    id: &DataActionId,
    input: &Value,
    at: Timestamp,
) -> Request {
    let path = format!("{}/test", path(id));
    // Named by when it is asked for: a tenant that remembers answers must not give that of a run
    // before the last change.
    let key = IdempotencyKey::of(&["POST", &path, &at.to_string(), &input.to_string()]);
    let body = wire::TestInput { input: input.clone() };
    Request::post(path, Scope::DataActions, &body, &key)
}
