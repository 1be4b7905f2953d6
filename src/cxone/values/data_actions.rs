//! Data actions and their runs in the tenant's sandbox.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::{DataActionId, ModifiedTimestamp};

/// A data action in the tenant's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataActionListing {
    /// Its id.
    pub id: DataActionId,
    /// Its name.
    pub name: String,
    /// When it was changed last.
    pub modified: ModifiedTimestamp,
    /// The data actions that it calls, as far as the list says.
    pub dependencies: BTreeSet<String>,
}

/// How a run of a script ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It returned.
    Passed,
    /// It threw, or was ended.
    Failed,
}

/// Why a script failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFailure {
    /// For people.
    pub message: String,
    /// The script's line, from 1, where the platform says.
    pub line: Option<u32>,
    /// The line's column, from 1, where the platform says.
    pub column: Option<u32>,
}

/// A run of a data action in the tenant's sandbox.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptRun {
    /// How it ended.
    pub verdict: Verdict,
    /// What it returned, where the platform says; `null` and nothing are one.
    pub output: Option<Value>,
    /// Why it failed; always there when it did.
    pub error: Option<ScriptFailure>,
    /// What it printed, a line each.
    pub logs: Vec<String>,
}

impl ScriptRun {
    /// Tells whether the script returned.
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }
}
