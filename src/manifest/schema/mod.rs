//! JSON Schemas of the documents, for editors and other tools.
//!
//! They say what a schema can say: shapes, types, words and patterns. References, duplicates and
//! what needs several files are for [`parse`](super::parse()) and [`resolve`](super::resolve()).

mod data_action;
mod data_store;
mod flow;
mod project;

use serde_json::{Value, json};

use crate::model::{DriftPolicy, Kind};

use super::API_VERSION;
use super::name::Rule;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What git takes in no name of a ref; names of data actions have no dots to begin with.
const UNSAFE: &str = r"\.\.|\.lock$";

/// A kind of document that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// A resource of this kind.
    Resource(Kind),
    /// `kind: Project`, which is `flowgate.yaml`.
    Project,
}

/// Returns the JSON Schema (draft 2020-12) of a kind of document.
pub fn schema(document: Document) -> Value {
    let (kind, metadata, spec) = match document {
        Document::Resource(kind) => (kind.as_str(), metadata(kind), spec(kind)),
        Document::Project => ("Project", project::metadata(), project::spec()),
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
    if document == Document::Resource(Kind::Flow) {
        schema["$defs"] = flow::definitions();
    }
    schema
}

fn spec(kind: Kind) -> Value {
    match kind {
        Kind::Flow => flow::spec(),
        Kind::DataAction => data_action::spec(),
        Kind::DataStore => data_store::spec(),
    }
}

fn metadata(kind: Kind) -> Value {
    closed(
        json!({
            "name": described(name(Rule::of(kind)), "Unique in its kind; how others refer to it"),
            "labels": described(texts(), "For selectors; never sent"),
            "annotations": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "properties": {
                    "flowgate.dev/drift": described(
                        json!({"enum": words(DriftPolicy::WORDS)}),
                        "What is done about drift of this resource",
                    ),
                },
            },
            "renamedFrom": described(name(Rule::of(kind)), "The name the resource had before"),
        }),
        &["name"],
    )
}

/// A mapping that has these keys and no others.
fn closed(properties: Value, required: &[&str]) -> Value {
    let mut schema = json!({"type": "object", "additionalProperties": false});
    schema["properties"] = properties;
    schema["required"] = json!(required);
    schema
}

/// Returns the words of a table.
fn words<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|(word, _)| *word).collect()
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

fn name(rule: Rule) -> Value {
    json!({"type": "string", "pattern": rule.pattern, "not": {"pattern": UNSAFE}})
}

/// A resource by kind and name.
fn resource(kinds: &[Kind]) -> Value {
    let of = |kind: &Kind| {
        let name = Rule::of(*kind).pattern.trim_start_matches('^');
        json!({"pattern": format!("^{kind}/{name}")})
    };
    let any_of: Vec<Value> = kinds.iter().map(of).collect();
    json!({"type": "string", "anyOf": any_of, "not": {"pattern": UNSAFE}})
}
