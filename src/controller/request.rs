//! What goes into a pass and what comes out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::adopt::Adopted;
use crate::apply::{Polling, Progress, Refresh};
use crate::cxone::{Client, RequestCounts};
use crate::git::Repo;
use crate::model::{Finding, Prune, Selector, Status, Tenant};
use crate::plan::{Adopt, Failed, Plan};

/// How far a pass goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Stop after the plan: only reads are sent, nothing is written anywhere.
    DryRun,
    /// Apply the plan and record what became of it.
    Apply,
    /// Apply the plan if it is the one that was reviewed.
    ApplyReviewed(Reviewed),
}

/// A saved plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// Where it was read from, for messages.
    pub path: String,
    /// Its hash.
    pub hash: String,
    /// Its commit.
    pub revision: String,
    /// Its environment.
    pub environment: String,
    /// Its resources as its document has them, by kind and name.
    pub resources: BTreeMap<String, Value>,
}

/// What is asked of a pass.
#[derive(Debug, Clone)]
pub struct Request {
    /// The environment; the project's only one when absent.
    pub environment: Option<String>,
    /// The commit in any of git's spellings; by default the environment's branch, else `HEAD`.
    pub revision: Option<String>,
    /// How far it goes.
    pub mode: Mode,
    /// How much of the tenant is read.
    pub refresh: Refresh,
    /// Whether foreign resources are taken over.
    pub adopt: Adopt,
    /// Whether orphans are deleted, whatever the environment says.
    pub prune: Option<Prune>,
    /// Whether failed content is tried again.
    pub failed: Failed,
    /// What the pass is narrowed to.
    pub selector: Option<Selector>,
    /// Elements that may be removed or retyped although they are `Begin` or `End`.
    pub allow_immutable: BTreeSet<String>,
}

/// What a pass needs from outside.
pub struct Outside<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// Makes the client of a tenant.
    pub connect: &'a dyn Fn(&Tenant) -> Result<Client, String>,
    /// Tells the time.
    pub now: &'a (dyn Fn() -> Timestamp + Sync),
    /// Who runs the pass.
    pub operator: &'a str,
    /// On which machine.
    pub host: &'a str,
    /// How deployments are polled.
    pub polling: Polling,
    /// Who is told what happens.
    pub progress: Arc<dyn Progress>,
}

/// What a pass found and did.
#[derive(Debug)]
pub struct Report {
    /// The plan.
    pub plan: Plan,
    /// Its hash.
    pub hash: String,
    /// What became of it; `None` for a dry run.
    pub status: Option<Status>,
    /// What is adopted of what people changed in the tenant; `None` when nothing is.
    pub adopted: Option<Adopted>,
    /// Findings that are no errors.
    pub warnings: Vec<Finding>,
    /// Files that differ from the commit and were not read.
    pub dirty: Vec<String>,
    /// What was sent.
    pub requests: RequestCounts,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
}
