//! Data stores, their schemas and their items, which the platform calls records.

use http::Method;
use jiff::Timestamp;

use crate::model::{DataStoreId, Item, ItemId, ItemPatch, ItemRevision, SchemaField};

use super::{LONG, Request, Scope, encoded};
use crate::cxone::values::Force;
use crate::cxone::{IdempotencyKey, convert, wire};

const LIST: &str = "/api/v2/datastores";
/// What the server gives at most.
const PAGE_SIZE: &str = "200";
/// More than servers give; they answer with as many as they like.
const ITEM_PAGE_SIZE: &str = "1000";

fn path(id: &DataStoreId) -> String {
    format!("{LIST}/{}", encoded(id.as_str()))
}

fn schema_path(id: &DataStoreId) -> String {
    format!("{}/schema", path(id))
}

fn items_path(id: &DataStoreId) -> String {
    format!("{}/records", path(id))
}

fn item_path(store: &DataStoreId, item: &ItemId) -> String {
    format!("{}/{}", items_path(store), encoded(item.as_str()))
}

/// One page of all data stores.
pub(in crate::cxone) fn data_stores(page: u64) -> Request {
    Request::get(LIST.to_owned(), Scope::ReadDataStores)
        .with_query(&[("page", &page.to_string()), ("pageSize", PAGE_SIZE)])
        .of_endpoint()
}

/// A data store without what it holds.
pub(in crate::cxone) fn data_store(id: &DataStoreId) -> Request {
    Request::get(path(id), Scope::ReadDataStores)
}

/// The schema of a data store.
pub(in crate::cxone) fn schema(id: &DataStoreId) -> Request {
    Request::get(schema_path(id), Scope::ReadDataStores)
}

/// A new data store.
pub(in crate::cxone) fn create_data_store(
    name: &str,
    description: Option<&str>,
    fields: &[SchemaField],
    key: &IdempotencyKey,
) -> Request {
    let body = wire::NewDataStore {
        name: name.to_owned(),
        description: convert::said(description).map(str::to_owned),
        fields: convert::schema(fields),
    };
    let request = Request::post(LIST.to_owned(), Scope::WriteDataStores, &body, key).of_endpoint();
    Request { timeout: LONG, ..request }
}

/// The whole schema.
pub(in crate::cxone) fn put_schema(
    id: &DataStoreId,
    fields: &[SchemaField],
    key: &IdempotencyKey,
) -> Request {
    let body = wire::Schema { fields: convert::schema(fields) };
    Request::write(Method::PUT, schema_path(id), Scope::WriteDataStores, &body, key)
}

/// Name and description.
pub(in crate::cxone) fn name_data_store(
    id: &DataStoreId,
    name: &str,
    description: Option<&str>,
    key: &IdempotencyKey,
) -> Request {
    let description = description.unwrap_or_default().to_owned();
    let body = wire::DataStoreNaming { name: name.to_owned(), description };
    Request::write(Method::PUT, path(id), Scope::WriteDataStores, &body, key)
}

/// Away with a data store.
pub(in crate::cxone) fn delete_data_store(id: &DataStoreId, force: Force) -> Request {
    let request = Request::delete(path(id), Scope::WriteDataStores);
    match force {
        Force::Never => request,
        Force::Always => {
            // Not the key of the delete that was refused because of what the store holds.
            let key = IdempotencyKey::of(&["DELETE", &request.path, "force"]);
            Request { key: Some(key), ..request.with_query(&[("force", "true")]) }
        }
    }
}

/// One page of a data store's items.
pub(in crate::cxone) fn items(store: &DataStoreId, page: u64) -> Request {
    Request::get(items_path(store), Scope::ReadDataStores)
        .with_query(&[("page", &page.to_string()), ("pageSize", ITEM_PAGE_SIZE)])
}

/// The smallest page of a data store's items: what counts is how many there are.
pub(in crate::cxone) fn first_item(store: &DataStoreId) -> Request {
    Request::get(items_path(store), Scope::ReadDataStores)
        .with_query(&[("page", "1"), ("pageSize", "1")])
}

/// One item.
pub(in crate::cxone) fn item(store: &DataStoreId, item: &ItemId) -> Request {
    Request::get(item_path(store, item), Scope::ReadDataStores)
}

/// A new item, without its relations.
pub(in crate::cxone) fn create_item(
    store: &DataStoreId,
    item: &Item,
    key: &IdempotencyKey,
) -> Request {
    let body = convert::new_record(item);
    let request = Request::post(items_path(store), Scope::WriteDataStores, &body, key);
    Request { timeout: LONG, ..request }
}

/// Some fields of an item, or one relation.
pub(in crate::cxone) fn patch_item(
    store: &DataStoreId,
    item: &ItemId,
    patch: &ItemPatch,
    over: Option<ItemRevision>,
    key: &IdempotencyKey,
) -> Request {
    let body = convert::record_patch(patch, over);
    Request::write(Method::PATCH, item_path(store, item), Scope::WriteDataStores, &body, key)
}

/// Away with an item.
pub(in crate::cxone) fn delete_item(store: &DataStoreId, item: &ItemId, at: Timestamp) -> Request {
    let path = item_path(store, item);
    // Named by when it is asked for: an item's id may come back, and a tenant that remembers answers
    // must not give that of the first delete.
    let key = IdempotencyKey::of(&["DELETE", &path, &at.to_string()]);
    let new = Request::new(Method::DELETE, path, Scope::WriteDataStores);
    Request { key: Some(key), ..new }
}
