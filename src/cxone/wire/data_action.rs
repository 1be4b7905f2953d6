//! Bodies about data actions.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{null_as_absent, present};

/// A script of a data action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// `JavaScript`.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub language: String,
    /// Its text; lists may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// What a data action holds: body of `POST` and `PUT`, and part of their answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataActionBody {
    /// Unique within the tenant.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `SCRIPT`.
    #[serde(rename = "type", default, deserialize_with = "null_as_absent")]
    pub action_type: String,
    /// What starts it: `{"type": "MANUAL"}`.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub trigger: Map<String, Value>,
    /// Its script; lists may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Script>,
    /// Whether flows may run it; it may where the platform says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The data actions that it calls, by name.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub dependencies: Vec<String>,
}

/// A data action: answer of `GET`, `POST` and `PUT`, body of `PUT`, entry of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataAction {
    /// Its id.
    pub id: String,
    /// What it holds.
    #[serde(flatten)]
    pub body: DataActionBody,
    /// Milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_timestamp: Option<i64>,
    /// Milliseconds since 1970; moves with every change.
    pub modified_timestamp: i64,
    /// Everything else, kept as it is.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A page of `GET /api/v2/dataactions/actions`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataActionPage {
    /// This page's data actions, without their scripts' texts.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub actions: Vec<DataAction>,
    /// How many there are on all pages.
    pub total_count: u64,
}

/// Body of `POST /api/v2/dataactions/actions/{id}/test`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TestInput {
    /// What the script gets as `context.input`.
    pub input: Value,
}

/// Answer of `POST /api/v2/dataactions/actions/{id}/test`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestRun {
    /// `SUCCESS` or `FAILED`.
    pub status: String,
    /// What the script returned; `null` is an output, an absent one is none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub output: Option<Value>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ScriptError>,
    /// How long it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// What it printed, a line each.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub logs: Vec<String>,
}

/// Why a script failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptError {
    /// For people.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub message: String,
    /// From 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// From 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}
