//! What is no difference between two values of a store.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::delta::json::{normal_map, normal_value};
use crate::model::{DEFAULT_MAX_DEPTH, FieldType, Item, SchemaField};

/// Returns a value in the one spelling that all equal values of the type share.
pub(super) fn value(field_type: Option<&FieldType>, value: &Value) -> Value {
    match (field_type, value) {
        (Some(FieldType::Datetime), Value::String(text)) => {
            let moment = text.parse::<Timestamp>();
            moment.map_or_else(|_| value.clone(), |moment| Value::from(moment.to_string()))
        }
        _ => normal_value(value),
    }
}

/// Returns the type and the constraints that a field says, the default ones left out.
pub(super) fn constraints(field: &SchemaField) -> Map<String, Value> {
    let mut constraints = normal_map(&field.constraints);
    constraints.retain(|_, value| !value.is_null());
    let depth = constraints.get("max_depth").and_then(Value::as_u64);
    if field.field_type == FieldType::Relationship && depth == Some(DEFAULT_MAX_DEPTH) {
        constraints.remove("max_depth");
    }
    constraints
}

/// Returns a field as rows show it.
pub(super) fn field(field: &SchemaField) -> Map<String, Value> {
    let mut map = Map::new();
    let constraints = constraints(field);
    if !constraints.is_empty() {
        map.insert("constraints".into(), constraints.into());
    }
    map.insert("name".into(), field.name.clone().into());
    map.insert("type".into(), field.field_type.as_str().into());
    map
}

/// Returns an item as rows show it, its relations left out: they are rows of their own.
pub(super) fn item(item: &Item) -> Value {
    let fields = item.fields.iter().filter(|(_, value)| !value.is_null());
    let fields: Map<_, _> =
        fields.map(|(name, value)| (name.clone(), normal_value(value))).collect();
    let mut map = Map::new();
    map.insert("fields".into(), fields.into());
    map.insert("id".into(), item.id.as_str().into());
    map.into()
}
