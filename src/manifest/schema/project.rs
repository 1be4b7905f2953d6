//! `kind: Project`.

use serde_json::{Value, json};

use crate::model::{DriftPolicy, Kind, SourceType, Strategy};

use super::super::name::{ENVIRONMENT_PATTERN, Rule, VALUE_PATTERN};
use super::super::project::retention::KEEP;
use super::super::project::source::{DEFAULT_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS};
use super::super::project::window::PATTERN as WINDOW_PATTERN;
use super::super::project::{DEFAULT_PATHS, ELEMENT_TYPES};
use super::{closed, described, filled, list, name, resource, words};

pub(super) fn metadata() -> Value {
    closed(json!({"name": name(Rule::PLAIN)}), &["name"])
}

pub(super) fn spec() -> Value {
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
                "default": DEFAULT_PATHS,
            },
            "elementTypes": {"type": "array", "items": filled(), "default": ELEMENT_TYPES},
            "external": described(
                list(&resource(&[Kind::DataAction, Kind::DataStore])),
                "What manifests name although git does not declare it",
            ),
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
            "name": name(Rule::PLAIN),
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
            "strategy": {"enum": words(Strategy::WORDS), "default": "deploy"},
            "values": {"type": "object", "propertyNames": {"pattern": VALUE_PATTERN}},
            "manages": {
                "type": "array",
                "minItems": 1,
                "items": {"enum": ["flows", "dataActions", "dataStores"]},
                "description": "By default everything in the first environment of a tenant, \
                                flows in the others",
            },
            "promotesFrom": filled(),
            "gates": {"type": "array", "items": {"enum": ["tests", "approval"]}, "uniqueItems": true},
            "rollbackOnFailure": {"type": "boolean", "default": true},
            "drift": {"enum": words(DriftPolicy::WORDS), "default": "alert"},
            "prune": {"type": "boolean", "default": false},
            "limits": limits(),
            "protect": list(&resource(Kind::ALL)),
            "windows": {"type": "array", "minItems": 1, "items": window()},
            "versions": versions(),
            "sources": {
                "type": "object",
                "propertyNames": {"pattern": VALUE_PATTERN},
                "additionalProperties": source(),
                "description": "Endpoints that `valueFrom` takes values from, by name",
            },
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

fn window() -> Value {
    let allow = json!({"type": "string", "pattern": WINDOW_PATTERN});
    closed(
        json!({
            "allow": described(allow, "Days and times, such as Mon-Fri 09:00-16:00"),
            "timezone": described(filled(), "A name of the IANA database, such as Europe/Berlin"),
        }),
        &["allow", "timezone"],
    )
}

fn versions() -> Value {
    let [fewest, most] = KEEP;
    let keep = json!({"type": "integer", "minimum": fewest, "maximum": most});
    closed(
        json!({"keep": described(keep, "How many versions of a flow are kept in its tenant")}),
        &["keep"],
    )
}

fn source() -> Value {
    let fields =
        json!({"type": "object", "minProperties": 1, "additionalProperties": source_field()});
    let headers = json!({"type": "object", "additionalProperties": header()});
    closed(
        json!({
            "url": {"type": "string", "pattern": "^https?://[^@#]+$"},
            "fields": described(fields, "The fields of the answer that flows may take, by name"),
            "timeoutSeconds": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_TIMEOUT_SECONDS,
                "default": DEFAULT_TIMEOUT_SECONDS,
            },
            "headers": described(headers, "Where the whole value of each header is found"),
        }),
        &["url", "fields"],
    )
}

fn source_field() -> Value {
    let value_type = json!({"enum": words(SourceType::WORDS)});
    let placed = closed(
        json!({"type": value_type, "pointer": {"type": "string", "pattern": "^/"}}),
        &["type"],
    );
    json!({"anyOf": [value_type, placed]})
}

fn header() -> Value {
    let variable = json!({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"});
    let mut schema = closed(json!({"env": variable, "file": filled()}), &[]);
    schema["oneOf"] = json!([{"required": ["env"]}, {"required": ["file"]}]);
    schema
}
