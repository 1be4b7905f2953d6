//! `kind: DataStore`.

use serde_json::{Value, json};

use crate::model::{Cascade, DEFAULT_MAX_DEPTH, FieldType, ItemPolicy};

use super::super::data_store::{IS_RELATIONSHIP, MAX_DEPTH};
use super::{closed, described, filled, list};

pub(super) fn spec() -> Value {
    let policies: Vec<_> = ItemPolicy::ALL.iter().map(|policy| policy.as_str()).collect();
    let policy = json!({"enum": policies, "default": ItemPolicy::default().as_str()});
    let mut schema = closed(
        json!({
            "description": {"type": "string"},
            "fields": list(&field()),
            "records": closed(json!({"policy": policy}), &[]),
            "items": list(&item()),
        }),
        &["fields"],
    );
    let ignore = json!({"properties": {"policy": {"const": "ignore"}}, "required": ["policy"]});
    schema["if"] = json!({"properties": {"records": ignore}, "required": ["records"]});
    schema["then"] = json!({"not": {"required": ["items"]}});
    schema
}

fn field() -> Value {
    let types: Vec<_> = FieldType::ALL.iter().map(FieldType::as_str).collect();
    let max_depth = json!({"type": "integer", "minimum": 1, "default": DEFAULT_MAX_DEPTH});
    let constraints = json!({
        "type": "object",
        "properties": {MAX_DEPTH: max_depth, IS_RELATIONSHIP: {"type": "boolean"}},
    });
    closed(
        json!({"name": filled(), "type": {"enum": types}, "constraints": constraints}),
        &["name", "type"],
    )
}

fn item() -> Value {
    closed(
        json!({
            "id": uuid(),
            "fields": described(json!({"type": "object"}), "Values of fields by name"),
            "relationships": list(&relation()),
        }),
        &["id"],
    )
}

fn relation() -> Value {
    let cascades: Vec<_> = Cascade::ALL.iter().map(|cascade| cascade.as_str()).collect();
    closed(
        json!({
            "field": filled(),
            "childIds": list(&uuid()),
            "cascadeAction": {"enum": cascades, "default": Cascade::default().as_str()},
        }),
        &["field", "childIds"],
    )
}

fn uuid() -> Value {
    json!({"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"})
}
