//! `kind: Flow`.

use serde_json::{Value, json};

use super::{closed, described, filled, list};

pub(super) fn spec() -> Value {
    closed(
        json!({
            "displayName": {
                "type": "string",
                "minLength": 1,
                "maxLength": 255,
                "description": "The name on the platform; by default metadata.name",
            },
            "description": {"type": "string"},
            "version": {
                "type": "string",
                "pattern": r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$",
                "description": "Left out, it is derived from what changed",
            },
            "elements": list(&element()),
            "connectors": list(&connector()),
        }),
        &["elements"],
    )
}

/// Returns what `spec` refers to below `$defs`.
pub(super) fn definitions() -> Value {
    let reference = closed(json!({"source": filled(), "field": filled()}), &["source", "field"]);
    let reference = described(reference, "A field of a source of the environment");
    let parts = json!({"$ref": "#/$defs/configured"});
    json!({
        "configured": {
            "if": {"type": "object", "required": ["valueFrom"]},
            "then": closed(json!({"valueFrom": reference}), &["valueFrom"]),
            "else": {"items": parts, "additionalProperties": parts},
        },
    })
}

fn element() -> Value {
    closed(
        json!({
            "id": filled(),
            "type": filled(),
            "configuration": {
                "type": "object",
                "not": {"required": ["valueFrom"]},
                "additionalProperties": {"$ref": "#/$defs/configured"},
            },
        }),
        &["id", "type"],
    )
}

fn connector() -> Value {
    closed(
        json!({
            "id": described(filled(), "By default sourceId->targetId"),
            "sourceId": filled(),
            "targetId": filled(),
            "label": {"type": "string"},
            "condition": {},
        }),
        &["sourceId", "targetId"],
    )
}
