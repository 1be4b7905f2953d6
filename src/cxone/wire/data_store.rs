//! Bodies about data stores and their records.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null_as_absent;

/// A field of a schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchemaField {
    /// Case-sensitive.
    pub name: String,
    /// `string`, `number`, `boolean`, `datetime`, `json` or `relationship`.
    #[serde(rename = "type")]
    pub field_type: String,
    /// Such as `max_depth` and `is_relationship`.
    #[serde(default, skip_serializing_if = "Map::is_empty", deserialize_with = "null_as_absent")]
    pub constraints: Map<String, Value>,
    /// Everything else, kept as it is.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// `{"fields": […]}`: answer of `GET`, body and answer of `PUT /api/v2/datastores/{id}/schema`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The fields.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub fields: Vec<SchemaField>,
}

/// Body of `POST /api/v2/datastores`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewDataStore {
    /// Unique within the tenant.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The schema.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub fields: Vec<SchemaField>,
}

/// Body of `PUT /api/v2/datastores/{id}`: name and description.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DataStoreNaming {
    /// Unique within the tenant.
    pub name: String,
    /// What it is for; an empty text is none.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub description: String,
}

/// A data store: answer of `GET`, `POST` and `PUT`, entry of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataStore {
    /// Its id.
    pub id: String,
    /// Unique within the tenant.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Moves with every change of schema or records. A text or a number, by platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Value>,
}

/// A page of `GET /api/v2/datastores`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataStorePage {
    /// This page's data stores.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub datastores: Vec<DataStore>,
    /// How many there are on all pages.
    pub total_count: u64,
}

/// A record: answer of `GET`, `POST` and `PATCH`, entry of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// A UUID.
    pub id: String,
    /// Values by field; that of a relationship field is a [`RelationValue`].
    #[serde(default, deserialize_with = "null_as_absent")]
    pub fields: Map<String, Value>,
    /// Grows by one with each write.
    #[serde(rename = "_version", default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// A page of `GET /api/v2/datastores/{id}/records`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordPage {
    /// This page's records.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub records: Vec<Record>,
    /// How many there are on all pages.
    pub total_count: u64,
}

/// Body of `POST /api/v2/datastores/{id}/records`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewRecord {
    /// A UUID; the platform chooses one where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Values by field.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub fields: Map<String, Value>,
}

/// Body of `PATCH /api/v2/datastores/{id}/records/{recordId}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordPatch {
    /// The fields to write; `null` empties one.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub fields: Map<String, Value>,
    /// The version that was read: the guard against lost updates.
    #[serde(rename = "_version", default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// The value of a relationship field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationValue {
    /// The children.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub ids: Vec<String>,
    /// `none`, `update` or `delete`.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub cascade_action: String,
}
