//! What a pass did, as it is recorded and shown.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::{DeploymentId, Drift, Part, ResourceId, Revision, VersionId};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every word there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the word as notes and output spell it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// How a pass ended.
    Outcome {
        /// The tenant holds what git wants.
        Synced,
        /// Something waits for a gate or for a deployment.
        Waiting,
        /// Live content that neither git nor flowgate made was left alone.
        Drifted,
        /// A guard refused the plan; nothing was written.
        Refused,
        /// Something failed.
        Failed,
    }
}

words! {
    /// What became of one resource in a pass.
    ResourceOutcome {
        /// Made.
        Created,
        /// Changed.
        Updated,
        /// Deleted.
        Deleted,
        /// Taken over without a change.
        Adopted,
        /// Already as git wants it.
        Unchanged,
        /// Held up by a gate or by a deployment that has not ended.
        Waiting,
        /// Left alone, because someone else changed it or made it.
        Drifted,
        /// Changed in git and live, to different things.
        Conflict,
        /// Its deployment failed and the environment is back on what it ran before.
        RolledBack,
        /// Its deployment failed and so did the rollback.
        Stuck,
        /// Something went wrong.
        Failed,
        /// Not tried, because something it depends on failed.
        Held,
        /// Gone from git, kept because prune is off or a rule protects it.
        Kept,
    }
}

impl ResourceOutcome {
    /// Returns how a pass ends in which this is the worst outcome.
    pub fn of_pass(self) -> Outcome {
        match self {
            Self::Created
            | Self::Updated
            | Self::Deleted
            | Self::Adopted
            | Self::Unchanged
            | Self::Kept => Outcome::Synced,
            Self::Waiting => Outcome::Waiting,
            Self::Drifted | Self::Conflict => Outcome::Drifted,
            Self::RolledBack | Self::Stuck | Self::Failed | Self::Held => Outcome::Failed,
        }
    }

    /// Tells whether the pass changed the resource or its record.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::Deleted | Self::Adopted)
    }
}

/// How many parts of a resource a delta adds, removes and modifies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeltaCounts {
    /// Only in what is wanted.
    pub added: usize,
    /// Only in what was there.
    pub removed: usize,
    /// In both, and different.
    pub modified: usize,
}

impl std::iter::Sum for DeltaCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, one| Self {
            added: sum.added + one.added,
            removed: sum.removed + one.removed,
            modified: sum.modified + one.modified,
        })
    }
}

/// What became of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceStatus {
    /// Which.
    pub id: ResourceId,
    /// What became of it.
    pub outcome: ResourceOutcome,
    /// One sentence for people: why it waits, what failed.
    pub message: Option<String>,
    /// The version number that git's content has.
    pub version: Option<semver::Version>,
    /// The id of the flow, data action or data store, as the platform spells it.
    pub platform_id: Option<String>,
    /// The version's id.
    pub version_id: Option<VersionId>,
    /// The deployment that this pass started, attached to or rolled back; else the current one.
    pub deployment_id: Option<DeploymentId>,
    /// How many elements, fields, … differed; parts of which none did are absent.
    pub parts: BTreeMap<Part, DeltaCounts>,
    /// What somebody changed live that git does not have.
    pub drift: Option<Drift>,
}

/// How many resources ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Created, updated, deleted or adopted.
    pub changed: usize,
    /// Already as git wants them, or kept.
    pub unchanged: usize,
    /// Waiting.
    pub waiting: usize,
    /// Drifted or in conflict.
    pub drifted: usize,
    /// Failed, rolled back, stuck or held.
    pub failed: usize,
}

/// A rule that somebody set aside for one pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The flag that did it, such as `--dangerous-exceed-limits`.
    pub flag: String,
    /// What would have been held back, with the numbers or names.
    pub passed: String,
    /// Why, where the flag asks for a reason.
    pub reason: Option<String>,
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Some(reason) => write!(f, "{} {reason:?} let pass: {}", self.flag, self.passed),
            None => write!(f, "{} let pass: {}", self.flag, self.passed),
        }
    }
}

/// A branch that offers what people changed in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftBranch {
    /// Its name, without `refs/heads/`.
    pub name: String,
    /// The commit that has all of it.
    pub commit: Revision,
}

impl fmt::Display for DriftBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offered on branch {} ({})", self.name, self.commit.short())
    }
}

/// The record of a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The environment.
    pub environment: String,
    /// The commit.
    pub revision: Revision,
    /// The commit that git was at, where the pass went back from it to an earlier one.
    pub rolled_back_from: Option<Revision>,
    /// How the pass ended.
    pub outcome: Outcome,
    /// When a pass of the commit last ended [`Outcome::Synced`] here: what can be gone back to.
    pub synced_at: Option<Timestamp>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Who ran it.
    pub operator: String,
    /// The hash of the plan that it ran.
    pub plan_hash: String,
    /// Why a guard refused the plan; empty unless the outcome is `Refused`.
    pub refusals: Vec<String>,
    /// What would have held something back and was set aside.
    pub overrides: Vec<Override>,
    /// Where drift is offered for adoption.
    pub drift_branch: Option<DriftBranch>,
    /// What became of each resource that is not unchanged.
    pub resources: Vec<ResourceStatus>,
    /// How many there were, the unchanged ones included.
    pub counts: Counts,
}

impl Counts {
    /// Counts one more resource.
    pub fn add(&mut self, outcome: ResourceOutcome) {
        let slot = match (outcome.is_change(), outcome.of_pass()) {
            (true, _) => &mut self.changed,
            (false, Outcome::Waiting) => &mut self.waiting,
            (false, Outcome::Drifted) => &mut self.drifted,
            (false, Outcome::Failed) => &mut self.failed,
            (false, Outcome::Synced | Outcome::Refused) => &mut self.unchanged,
        };
        *slot += 1;
    }
}
