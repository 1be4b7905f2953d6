//! What goes into a pass and what comes out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::adopt::Adopted;
use super::reviewed;
use crate::apply::{Polling, Progress, Refresh};
use crate::cxone::{Client, RequestCounts};
use crate::git::Repo;
use crate::model::{Finding, Prune, Selector, Status, Tenant};
use crate::plan::{Adopt, Danger, Failed, Plan};
use crate::sources;

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
    /// The flags that set a guard aside when it was made.
    pub overrides: BTreeSet<String>,
}

impl Reviewed {
    /// Reads what is compared of a saved plan; the error names what it lacks.
    pub fn read(path: String, plan: &Value) -> Result<Self, String> {
        let field = |key: &str| {
            let value = plan.get(key).and_then(Value::as_str).map(str::to_owned);
            value.ok_or_else(|| format!("no {key}"))
        };
        Ok(Self {
            hash: field("hash")?,
            revision: field("revision")?,
            environment: field("environment")?,
            resources: reviewed::by_name(plan),
            overrides: reviewed::set_aside(plan),
            path,
        })
    }
}

/// Where a rollback goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To the last commit before the recorded one that was synced.
    LastSynced,
    /// To a commit that was synced, in any of git's spellings.
    Revision(String),
    /// To a version of the one flow that the pass is narrowed to.
    Version(semver::Version),
}

/// Where a pass goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Course {
    /// To what git says; what was rolled back stays so until git moves.
    Reconcile,
    /// To what git says, also where it was rolled back.
    Resume,
    /// Back to what was live before.
    RollBack(Target),
}

/// What is asked of a pass.
#[derive(Debug, Clone)]
pub struct Request {
    /// The environment; the project's only one when absent.
    pub environment: Option<String>,
    /// The commit in any of git's spellings; by default the environment's branch, else `HEAD`.
    pub revision: Option<String>,
    /// Where it goes.
    pub course: Course,
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
    /// Guards that are set aside.
    pub dangers: BTreeSet<Danger>,
    /// Why changes are made outside the environment's windows; `None` when they are not.
    pub outside_window: Option<String>,
    /// The hash of the plan that was signed off, or its beginning: no other plan is applied.
    pub approved: Option<Approved>,
}

/// The hash of a plan, or its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved(String);

impl Approved {
    /// The fewest digits that name a plan.
    pub const FEWEST_DIGITS: usize = 12;

    /// Reads a hash, with or without `sha256:` before its digits, or at least
    /// [`FEWEST_DIGITS`](Self::FEWEST_DIGITS) of them from the beginning; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let sound = (Self::FEWEST_DIGITS..=64).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        sound.then(|| Self(format!("sha256:{}", digits.to_ascii_lowercase())))
    }

    /// Tells whether a plan of this hash was meant.
    pub fn names(&self, hash: &str) -> bool {
        hash.starts_with(&self.0)
    }
}

impl fmt::Display for Approved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a pass needs from outside.
pub struct Outside<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// Makes the client of a tenant.
    pub connect: &'a dyn Fn(&Tenant) -> Result<Client, String>,
    /// What stands behind the sources of values.
    pub sources: sources::Access<'a>,
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
