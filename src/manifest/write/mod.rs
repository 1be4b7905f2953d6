//! From resources back to the text of their manifests.

mod data_action;
mod data_store;
mod flow;
pub(super) mod yaml;

use serde_json::Value;

use crate::model::Kind;

use super::API_VERSION;
use super::template::escape;

pub use data_action::{write_data_action, write_data_action_beside};
pub use data_store::write_data_store;
pub use flow::{write, write_flow};

use yaml::Writer;
pub use yaml::text as write_text;

/// Begins a document of a kind.
fn document(kind: Kind) -> Writer {
    let mut writer = Writer::default();
    writer.line(0, &format!("apiVersion: {API_VERSION}"));
    writer.line(0, &format!("kind: {kind}"));
    writer.line(0, "metadata:");
    writer
}

/// Returns a value whose texts stand for themselves, whatever they look like.
pub(super) fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(escape(text)),
        Value::Array(items) => Value::Array(items.iter().map(escaped).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), escaped(value))).collect())
        }
        plain => plain.clone(),
    }
}
