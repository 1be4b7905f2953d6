//! What the tenant holds, as it is stored.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::clock::Millis;

/// A flow with its draft. Nodes and edges are kept as they came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Flow {
    pub(super) id: String,
    pub(super) draft: Draft,
    pub(super) published_version_id: Option<String>,
    pub(super) updated_at: Millis,
    pub(super) updated_by: String,
}

/// What the visual designer edits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Draft {
    pub(super) version: u64,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) nodes: Vec<Value>,
    pub(super) edges: Vec<Value>,
    /// Properties the contract does not name.
    pub(super) extra: Map<String, Value>,
}

/// An immutable snapshot of a flow.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) flow_id: String,
    /// The semantic version.
    pub(super) number: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) created_at: Millis,
    pub(super) elements: Vec<Value>,
    pub(super) connectors: Vec<Value>,
    pub(super) metadata: Value,
}

/// A decision about a flow.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Approval {
    pub(super) status: String,
    pub(super) version_id: Option<String>,
    pub(super) approver: String,
    pub(super) decided_at: Millis,
}

/// What the tests of a version gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TestResults {
    pub(super) passed: bool,
    pub(super) total: u64,
    pub(super) failed: u64,
    pub(super) finished_at: Millis,
}

/// A bearer token that was given out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) client_id: String,
    pub(super) scopes: Vec<String>,
    pub(super) expires_at: Millis,
}

/// A client that may ask for tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Client {
    pub(super) secret: String,
    pub(super) scopes: Vec<String>,
}

/// A target environment that another pipeline holds, or a record or draft that a person does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Lock {
    pub(super) held_by: String,
    #[serde(default)]
    pub(super) since: Millis,
    pub(super) until: Option<Millis>,
}

impl Lock {
    pub(super) fn holds_at(&self, now: Millis) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The first answer to an idempotency key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// Of the request's body.
    pub(super) fingerprint: String,
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    pub(super) made: Option<Made>,
}

/// A resource by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Made {
    Flow(String),
    Version(String),
    Deployment(String),
    DataAction(String),
    DataStore(String),
    Record(String),
}

/// What can be set for the whole tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Settings {
    pub(super) pending_ms: u32,
    pub(super) run_ms: u32,
    pub(super) rollback_ms: u32,
    pub(super) requests_per_second: u32,
    pub(super) page_size_cap: u32,
    pub(super) token_seconds: u32,
    pub(super) element_types: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let types = ["Begin", "End", "IVR", "Queue", "Agent", "API", "Database", "Conditional"];
        Self {
            pending_ms: 300,
            run_ms: 700,
            rollback_ms: 500,
            requests_per_second: 100,
            page_size_cap: 200,
            token_seconds: 3600,
            element_types: types.map(str::to_owned).to_vec(),
        }
    }
}

/// Names of data actions and data stores that the tenant has; `*` is any name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Dependencies {
    pub(super) data_actions: Vec<String>,
    pub(super) data_stores: Vec<String>,
}

/// How long a rule lets requests pass, and how often it then applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Countdown {
    pub(super) skip: u64,
    /// How many more times; without end when absent.
    pub(super) left: Option<u64>,
    pub(super) fired: u64,
}

impl Countdown {
    /// Counts one request that matches; true when the rule applies to it.
    pub(super) fn fires(&mut self) -> bool {
        if self.left == Some(0) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        self.fired += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_skips_then_fires_then_is_spent() {
        let mut countdown = Countdown { skip: 2, left: Some(2), fired: 0 };
        let fired: Vec<bool> = (0..6).map(|_| countdown.fires()).collect();
        assert_eq!(fired, [false, false, true, true, false, false]);
        assert_eq!(countdown.fired, 2);
    }
}
