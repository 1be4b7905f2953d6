//! Data stores, their schemas and their items, which the platform calls records.

use jiff::Timestamp;

use crate::cxone::client::told_apart;
use crate::cxone::values::{DataStoreDetail, DataStoreListing, Force};
use crate::cxone::{Client, Error, IdempotencyKey, request, response};
use crate::model::{DataStoreId, Item, ItemId, ItemPatch, ItemRevision, LiveItem, SchemaField};

/// Data stores and their schemas.
impl Client {
    /// Returns every data store of the tenant, each once.
    ///
    /// # Errors
    ///
    /// Those of [`Client::flows`].
    pub async fn data_stores(&self) -> Result<Vec<DataStoreListing>, Error> {
        let id = |store: &DataStoreListing| store.id.as_str().to_owned();
        self.list(request::data_stores, response::data_stores, id).await
    }

    /// Returns a data store without its schema and its items; `None` if there is none of that id.
    pub async fn data_store(&self, id: &DataStoreId) -> Result<Option<DataStoreDetail>, Error> {
        let request = request::data_store(id);
        response::data_store(&request, &self.ask(&request).await?)
    }

    /// Returns the fields of a data store's schema; `None` if there is no such data store.
    ///
    /// # Errors
    ///
    /// `Unreadable` when the answer has no fields.
    pub async fn schema(&self, id: &DataStoreId) -> Result<Option<Vec<SchemaField>>, Error> {
        let request = request::schema(id);
        response::schema(&request, &self.ask(&request).await?)
    }

    /// Makes a data store without items.
    ///
    /// Repeats after a lost answer are safe: the key makes them give the data store first made, and
    /// a tenant that does not know the key refuses a second one of that name.
    ///
    /// # Errors
    ///
    /// `Conflict` with `NAME_EXISTS`, which after a lost answer may be about the one that this call
    /// made; `Invalid` when the tenant does not take the schema.
    pub async fn create_data_store(
        &self,
        name: &str,
        description: Option<&str>,
        fields: &[SchemaField],
        key: &IdempotencyKey,
    ) -> Result<DataStoreDetail, Error> {
        let request = request::create_data_store(name, description, fields, key);
        response::created_data_store(&request, &self.ask(&request).await?)
    }

    /// Writes a whole schema. No version guards it: read it just before.
    ///
    /// The key must name what is replaced too: a tenant that remembers answers would otherwise not
    /// write the same schema a second time after another one.
    ///
    /// # Errors
    ///
    /// `Conflict` with `FIELD_IN_USE` when a removed or retyped field still holds values; `NotFound`
    /// when there is no such data store, `EndpointMissing` when there is.
    pub async fn put_schema(
        &self,
        id: &DataStoreId,
        fields: &[SchemaField],
        key: &IdempotencyKey,
    ) -> Result<(), Error> {
        let request = request::put_schema(id, fields, key);
        let written = response::done(&request, &self.ask(&request).await?);
        told_apart(written, self.data_store(id)).await
    }

    /// Writes a data store's name and description; no description empties it. The key must name what
    /// is replaced too, as for [`Client::put_schema`].
    ///
    /// # Errors
    ///
    /// `EndpointMissing` where the tenant has no such call: 405, or 404 for a data store that is
    /// there; `NotFound` when it is not; `Conflict` with `NAME_EXISTS`.
    pub async fn name_data_store(
        &self,
        id: &DataStoreId,
        name: &str,
        description: Option<&str>,
        key: &IdempotencyKey,
    ) -> Result<(), Error> {
        let request = request::name_data_store(id, name, description, key);
        let written = response::done(&request, &self.ask(&request).await?);
        told_apart(written, self.data_store(id)).await
    }

    /// Deletes a data store. A repeat after a lost answer that finds nothing has succeeded.
    ///
    /// # Errors
    ///
    /// `Conflict` with `DATASTORE_NOT_EMPTY` while it holds items, unless forced; `NotFound` when it
    /// was not there to begin with, `EndpointMissing` when it is still there.
    pub async fn delete_data_store(&self, id: &DataStoreId, force: Force) -> Result<(), Error> {
        let request = request::delete_data_store(id, force);
        let deleted = response::deleted(&request, &self.ask(&request).await?);
        told_apart(deleted, self.data_store(id)).await
    }
}

/// Items, which the platform calls records.
impl Client {
    /// Returns every item of a data store, each once. Fields that `schema` calls relationships become
    /// relations; a value there that is no relation stays among the fields.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such data store, `EndpointMissing` when there is, besides those of
    /// [`Client::flows`].
    pub async fn items(
        &self,
        store: &DataStoreId,
        schema: &[SchemaField],
    ) -> Result<Vec<LiveItem>, Error> {
        let page = |page| request::items(store, page);
        let read = |request: &_, answer: &_| response::items(request, answer, schema);
        let items = self.list(page, read, |live| live.item.id.as_str().to_owned()).await;
        told_apart(items, self.data_store(store)).await
    }

    /// Returns how many items a data store holds, without reading them.
    ///
    /// # Errors
    ///
    /// Those of [`Client::items`].
    pub async fn item_count(&self, store: &DataStoreId) -> Result<u64, Error> {
        let request = request::first_item(store);
        let count = response::item_count(&request, &self.ask(&request).await?);
        told_apart(count, self.data_store(store)).await
    }

    /// Returns an item; `None` if there is none of that id, or no such data store. `schema` is used
    /// as by [`Client::items`].
    pub async fn item(
        &self,
        store: &DataStoreId,
        item: &ItemId,
        schema: &[SchemaField],
    ) -> Result<Option<LiveItem>, Error> {
        let request = request::item(store, item);
        response::item(&request, &self.ask(&request).await?, schema)
    }

    /// Makes an item of `item.fields`, and returns its revision where the platform gives one.
    /// `item.relations` are not sent: they are patched once their children are there.
    ///
    /// Repeats after a lost answer are safe: the key makes them give the item first made, and a
    /// tenant that does not know the key refuses a second one of that id. Ids come back: the key must
    /// tell this item from a deleted one of the same id and fields.
    ///
    /// # Errors
    ///
    /// `Conflict` with `RECORD_EXISTS`, which after a lost answer may be about the one that this call
    /// made; `Invalid` for undefined fields and values of the wrong type; `NotFound` when there is no
    /// such data store, `EndpointMissing` when there is.
    pub async fn create_item(
        &self,
        store: &DataStoreId,
        item: &Item,
        key: &IdempotencyKey,
    ) -> Result<Option<ItemRevision>, Error> {
        let request = request::create_item(store, item, key);
        let made = response::written_item(&request, &self.ask(&request).await?, &item.id);
        told_apart(made, self.data_store(store)).await
    }

    /// Writes some fields of an item, or one relation, over the revision `over` where it is known,
    /// and returns the new revision where the platform gives one.
    ///
    /// The call is repeated after a lost answer. The key must name `over` too, or what is replaced: a
    /// tenant that remembers answers would otherwise not write the same value a second time after
    /// another one.
    ///
    /// # Errors
    ///
    /// `Conflict` when the item moved, is locked, or would close a circle: the code says which. After
    /// a lost answer it may have moved by this very call: read it again, and where it holds what was
    /// to be written, that is done. `Invalid` for undefined fields, values of the wrong type and
    /// chains that are too long; `NotFound` when there is no such item.
    pub async fn patch_item(
        &self,
        store: &DataStoreId,
        item: &ItemId,
        patch: &ItemPatch,
        over: Option<ItemRevision>,
        key: &IdempotencyKey,
    ) -> Result<Option<ItemRevision>, Error> {
        let request = request::patch_item(store, item, patch, over, key);
        response::written_item(&request, &self.ask(&request).await?, item)
    }

    /// Deletes an item. A repeat after a lost answer that finds nothing has succeeded.
    ///
    /// # Errors
    ///
    /// `Conflict` with `RECORD_REFERENCED` while it is a child of another; `NotFound` when it was not
    /// there to begin with, `EndpointMissing` when it is still there.
    pub async fn delete_item(&self, store: &DataStoreId, item: &ItemId) -> Result<(), Error> {
        let request = request::delete_item(store, item, Timestamp::now());
        let deleted = response::deleted(&request, &self.ask(&request).await?);
        told_apart(deleted, self.item(store, item, &[])).await
    }
}
