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

fn element() -> Value {
    closed(
        json!({"id": filled(), "type": filled(), "configuration": {"type": "object"}}),
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
