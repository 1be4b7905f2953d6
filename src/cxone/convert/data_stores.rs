//! Data stores and their items, which the platform calls records.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cxone::values::{DataStoreDetail, DataStoreListing};
use crate::cxone::wire;
use crate::model::{
    Cascade, DataStoreId, FieldType, Item, ItemId, ItemPatch, ItemRevision, LiveItem, Relation,
    SchemaField,
};

use super::said;

/// The constraint that follows from the type.
const IS_RELATIONSHIP: &str = "is_relationship";

impl From<wire::DataStore> for DataStoreListing {
    fn from(wire: wire::DataStore) -> Self {
        Self { id: DataStoreId::new(wire.id), name: wire.name, updated_at: mark(wire.updated_at) }
    }
}

impl From<wire::DataStore> for DataStoreDetail {
    fn from(wire: wire::DataStore) -> Self {
        Self {
            description: said(wire.description),
            id: DataStoreId::new(wire.id),
            name: wire.name,
            updated_at: mark(wire.updated_at),
        }
    }
}

/// Returns a mark as text. What is no mark, such as an empty text, would never move.
fn mark(value: Option<Value>) -> Option<String> {
    match value? {
        Value::String(text) => said(Some(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns the fields of a schema as the platform spells them.
pub(in crate::cxone) fn schema(fields: &[SchemaField]) -> Vec<wire::SchemaField> {
    fields.iter().map(wire::SchemaField::from).collect()
}

/// Returns the fields of a schema that was read.
pub(in crate::cxone) fn schema_fields(fields: Vec<wire::SchemaField>) -> Vec<SchemaField> {
    fields.into_iter().map(SchemaField::from).collect()
}

impl From<wire::SchemaField> for SchemaField {
    /// A field is a relationship by its type, or by a constraint that says so.
    fn from(wire: wire::SchemaField) -> Self {
        let wire::SchemaField { name, field_type, mut constraints, extra } = wire;
        let field_type = match constraints.remove(IS_RELATIONSHIP) {
            Some(Value::Bool(true)) => FieldType::Relationship,
            _ => FieldType::from(field_type.as_str()),
        };
        Self { name, field_type, constraints, extra }
    }
}

impl From<&SchemaField> for wire::SchemaField {
    fn from(field: &SchemaField) -> Self {
        let mut constraints = field.constraints.clone();
        if field.field_type == FieldType::Relationship {
            constraints.insert(IS_RELATIONSHIP.to_owned(), Value::Bool(true));
        }
        Self {
            name: field.name.clone(),
            field_type: field.field_type.as_str().to_owned(),
            constraints,
            extra: field.extra.clone(),
        }
    }
}

/// Returns an item whose relations are those fields that the schema calls relationships.
///
/// A value of such a field that is no relation stays among the fields.
pub(in crate::cxone) fn live_item(wire: wire::Record, schema: &[SchemaField]) -> LiveItem {
    let mut fields = wire.fields;
    let mut relations = BTreeMap::new();
    for field in schema.iter().filter(|field| field.field_type == FieldType::Relationship) {
        if let Some(relation) = fields.get(&field.name).and_then(relation) {
            fields.remove(&field.name);
            relations.insert(field.name.clone(), relation);
        }
    }
    let item = Item { id: item_id(&wire.id), fields, relations };
    LiveItem { item, revision: wire.version.map(ItemRevision) }
}

fn item_id(text: &str) -> ItemId {
    ItemId::new(text.to_ascii_lowercase())
}

/// Reads `{"ids", "cascade_action"}`; `null` is a relation without children.
fn relation(value: &Value) -> Option<Relation> {
    match value {
        Value::Null => Some(Relation::default()),
        // Serde would take a list for a relation, and any object for one without children.
        Value::Object(object) if object.contains_key("ids") => {
            let wire = wire::RelationValue::deserialize(value).ok()?;
            let children = wire.ids.iter().map(|id| item_id(id)).collect();
            Some(Relation { children, cascade: cascade(&wire.cascade_action)? })
        }
        _ => None,
    }
}

fn cascade(text: &str) -> Option<Cascade> {
    match text {
        "" => Some(Cascade::default()),
        text => Cascade::ALL.iter().copied().find(|cascade| cascade.as_str() == text),
    }
}

impl From<&Relation> for wire::RelationValue {
    fn from(relation: &Relation) -> Self {
        Self {
            ids: relation.children.iter().map(|id| id.as_str().to_owned()).collect(),
            cascade_action: relation.cascade.as_str().to_owned(),
        }
    }
}

/// Returns the body that makes an item: its fields that hold a value, and no relations.
pub(in crate::cxone) fn new_record(item: &Item) -> wire::NewRecord {
    let held = item.fields.iter().filter(|(_, value)| !value.is_null());
    wire::NewRecord {
        id: Some(item.id.as_str().to_owned()),
        fields: held.map(|(name, value)| (name.clone(), value.clone())).collect(),
    }
}

/// Returns the body that changes an item as it was at `over`.
pub(in crate::cxone) fn record_patch(
    patch: &ItemPatch,
    over: Option<ItemRevision>,
) -> wire::RecordPatch {
    let fields = match patch {
        ItemPatch::Fields(fields) => fields.clone(),
        ItemPatch::Relation { field, relation } => {
            let value = serde_json::json!(wire::RelationValue::from(relation));
            Map::from_iter([(field.clone(), value)])
        }
    };
    wire::RecordPatch { fields, version: over.map(|revision| revision.0) }
}
