//! Data stores, their schemas and their items, which the platform calls records.

use serde::Deserialize;

use crate::model::{ItemId, ItemRevision, LiveItem, SchemaField};

use super::{Answer, optional, required};
use crate::cxone::page::Page;
use crate::cxone::request::Request;
use crate::cxone::values::{DataStoreDetail, DataStoreListing};
use crate::cxone::{Error, ErrorKind, convert, wire};

/// A schema that says what it holds: one that does not must not pass for an empty one.
#[derive(Deserialize)]
struct Whole {
    fields: Vec<wire::SchemaField>,
}

/// The answer to a write of an item, of which only the new version counts.
#[derive(Default, Deserialize)]
struct Written {
    id: Option<String>,
    #[serde(rename = "_version")]
    version: Option<u64>,
}

/// Reads one page of data stores.
pub(in crate::cxone) fn data_stores(
    request: &Request,
    answer: &Answer,
) -> Result<Page<DataStoreListing>, Error> {
    let page: wire::DataStorePage = required(request, answer)?;
    let items = page.datastores.into_iter().map(DataStoreListing::from).collect();
    Ok(Page { items, total: page.total_count })
}

/// Reads a data store; `None` if there is none.
pub(in crate::cxone) fn data_store(
    request: &Request,
    answer: &Answer,
) -> Result<Option<DataStoreDetail>, Error> {
    Ok(optional::<wire::DataStore>(request, answer)?.map(DataStoreDetail::from))
}

/// Reads the data store that was made.
pub(in crate::cxone) fn created_data_store(
    request: &Request,
    answer: &Answer,
) -> Result<DataStoreDetail, Error> {
    required::<wire::DataStore>(request, answer).map(DataStoreDetail::from)
}

/// Reads a schema; `None` if there is no such data store.
pub(in crate::cxone) fn schema(
    request: &Request,
    answer: &Answer,
) -> Result<Option<Vec<SchemaField>>, Error> {
    let whole: Option<Whole> = optional(request, answer)?;
    Ok(whole.map(|whole| convert::schema_fields(whole.fields)))
}

/// Reads one page of items.
pub(in crate::cxone) fn items(
    request: &Request,
    answer: &Answer,
    schema: &[SchemaField],
) -> Result<Page<LiveItem>, Error> {
    let page: wire::RecordPage = required(request, answer)?;
    let items = page.records.into_iter().map(|record| convert::live_item(record, schema));
    Ok(Page { items: items.collect(), total: page.total_count })
}

/// Reads how many items there are.
pub(in crate::cxone) fn item_count(request: &Request, answer: &Answer) -> Result<u64, Error> {
    required(request, answer).map(|page: wire::RecordPage| page.total_count)
}

/// Reads an item; `None` if there is none.
pub(in crate::cxone) fn item(
    request: &Request,
    answer: &Answer,
    schema: &[SchemaField],
) -> Result<Option<LiveItem>, Error> {
    let record = optional(request, answer)?;
    Ok(record.map(|record| convert::live_item(record, schema)))
}

/// Reads the version that an item has after a write, where the platform says.
pub(in crate::cxone) fn written_item(
    request: &Request,
    answer: &Answer,
    item: &ItemId,
) -> Result<Option<ItemRevision>, Error> {
    let read = || -> Result<_, ErrorKind> {
        let answer = answer.success(request)?;
        let written: Written =
            if answer.is_empty() { Written::default() } else { answer.json()? };
        match written.id {
            Some(id) if !id.eq_ignore_ascii_case(item.as_str()) => {
                Err(answer.unreadable("another record was written than the one asked for"))
            }
            _ => Ok(written.version.map(ItemRevision)),
        }
    };
    read().map_err(|kind| request.error(kind))
}
