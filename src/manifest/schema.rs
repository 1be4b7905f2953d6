//! JSON Schemas of the documents, for editors and other tools.
//!
//! They say what a schema can say: shapes, types, words and patterns. References, duplicates and
//! what needs several files are for [`parse`](super::parse) and [`resolve`](super::resolve()).

use serde_json::{Value, json};

use super::API_VERSION;
use super::name::{ENVIRONMENT_PATTERN, RESOURCE_PATTERN, VALUE_PATTERN};
use super::project::ELEMENT_TYPES;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A kind of document that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// `kind: Flow`.
    Flow,
    /// `kind: Project`, which is `flowgate.yaml`.
    Project,
}

/// Returns the JSON Schema (draft 2020-12) of a kind of document.
pub fn schema(document: Document) -> Value {
    let (kind, metadata, spec) = match document {
        Document::Flow => ("Flow", flow_metadata(), flow_spec()),
        Document::Project => ("Project", project_metadata(), project_spec()),
    };
    let mut schema = closed(
        json!({
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind},
            "metadata": metadata,
            "spec": spec,
        }),
        &["apiVersion", "kind", "metadata", "spec"],
    );
    schema["$schema"] = json!(DIALECT);
    schema["title"] = json!(format!("flowgate {kind}"));
    schema
}

/// A mapping that has these keys and no others.
fn closed(properties: Value, required: &[&str]) -> Value {
    let mut schema = json!({"type": "object", "additionalProperties": false});
    schema["properties"] = properties;
    schema["required"] = json!(required);
    schema
}

fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = json!(description);
    schema
}

fn filled() -> Value {
    json!({"type": "string", "minLength": 1})
}

fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

fn texts() -> Value {
    json!({"type": "object", "additionalProperties": {"type": "string"}})
}

fn resource_name() -> Value {
    json!({
        "type": "string",
        "pattern": RESOURCE_PATTERN,
        "not": {"pattern": r"\.\.|\.lock$"},
    })
}

fn flow_metadata() -> Value {
    closed(
        json!({
            "name": described(resource_name(), "Unique among flows; how others refer to it"),
            "labels": described(texts(), "For selectors; never sent"),
            "annotations": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "properties": {"flowgate.dev/drift": false},
            },
            "renamedFrom": described(resource_name(), "The name the flow had before"),
        }),
        &["name"],
    )
}

fn flow_spec() -> Value {
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

fn project_metadata() -> Value {
    closed(json!({"name": resource_name()}), &["name"])
}

fn project_spec() -> Value {
    closed(
        json!({
            "paths": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "string",
                    "minLength": 1,
                    "not": {"pattern": r"^/|\\|(^|/)\.\.(/|$)"},
                },
                "default": ["flows"],
            },
            "elementTypes": {"type": "array", "items": filled(), "default": ELEMENT_TYPES},
            "tenants": {"type": "array", "minItems": 1, "items": tenant()},
            "environments": {"type": "array", "minItems": 1, "items": environment()},
        }),
        &["tenants", "environments"],
    )
}

fn tenant() -> Value {
    let url = json!({"type": "string", "pattern": "^https?://[^@#]+$"});
    closed(
        json!({
            "name": resource_name(),
            "baseUrl": {"type": "string", "pattern": "^https?://[^@#?]+$"},
            "tokenUrl": described(url, "By default below baseUrl"),
            "clientAuth": {"enum": ["form", "basic"], "default": "form"},
            "scopes": list(&json!({"type": "string", "pattern": r"^\S+$"})),
            "requestsPerSecond":
                {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100},
            "insecure": {"type": "boolean", "default": false},
            "credentials": credentials(),
        }),
        &["name", "baseUrl"],
    )
}

fn credentials() -> Value {
    let variable = json!({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"});
    let one_of =
        |env: &str, file: &str| json!({"oneOf": [{"required": [env]}, {"required": [file]}]});
    let mut schema = closed(
        json!({
            "clientIdEnv": variable,
            "clientIdFile": filled(),
            "clientSecretEnv": variable,
            "clientSecretFile": filled(),
        }),
        &[],
    );
    schema["allOf"] = json!([
        one_of("clientIdEnv", "clientIdFile"),
        one_of("clientSecretEnv", "clientSecretFile"),
    ]);
    schema
}

fn environment() -> Value {
    closed(
        json!({
            "name": {"type": "string", "pattern": ENVIRONMENT_PATTERN},
            "tenant": filled(),
            "targetEnvironment": filled(),
            "branch": filled(),
            "strategy": {"enum": ["deploy"], "default": "deploy"},
            "values": {"type": "object", "propertyNames": {"pattern": VALUE_PATTERN}},
            "manages": {
                "type": "array",
                "items": {"enum": ["flows", "dataActions", "dataStores"]},
                "contains": {"const": "flows"},
            },
            "promotesFrom": filled(),
            "gates": {"type": "array", "items": {"enum": ["tests", "approval"]}, "uniqueItems": true},
            "rollbackOnFailure": {"type": "boolean", "default": true},
            "drift": {"enum": ["alert"], "default": "alert"},
            "prune": {"type": "boolean", "default": false},
            "limits": limits(),
            "protect": list(&json!({"type": "string", "pattern": "^Flow/[a-z0-9]"})),
            "sources": {"type": "object", "additionalProperties": source()},
        }),
        &["name", "tenant", "targetEnvironment"],
    )
}

fn limits() -> Value {
    let count = json!({"type": "integer", "minimum": 0, "maximum": u32::MAX});
    let limit = json!({"anyOf": [count, {"type": "string", "pattern": "^(100|[0-9]{1,2})%$"}]});
    let from = json!({"type": "integer", "minimum": 0, "maximum": u32::MAX, "default": 10});
    closed(json!({"updates": limit, "deletes": limit, "from": from}), &[])
}

fn source() -> Value {
    let fields = json!({"type": "object", "additionalProperties": filled()});
    closed(
        json!({"url": {"type": "string", "pattern": "^https?://[^@#]+$"}, "fields": fields}),
        &["url", "fields"],
    )
}
