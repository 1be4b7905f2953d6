//! Why a pass ended before it could be recorded.

use crate::model::{Finding, ResourceId, Status};
use crate::{cxone, git};

/// Why there is nothing to record. Nothing was written to the tenant.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The manifests have errors; all findings, warnings too.
    #[error("the manifests have errors; nothing was sent")]
    Findings(Vec<Finding>),
    /// The project has no such environment.
    #[error("flowgate.yaml has no environment {name:?}; it has {}", known.join(", "))]
    UnknownEnvironment {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// No environment was named, and the project has several.
    #[error("flowgate.yaml has several environments ({}); name one with --environment", known.join(", "))]
    WhichEnvironment {
        /// What there is.
        known: Vec<String>,
    },
    /// A resource that nobody knows.
    #[error("neither git nor the recorded state has {id}")]
    UnknownResource {
        /// What was asked for.
        id: ResourceId,
    },
    /// No client for the tenant could be made: a credential that is not set, say.
    #[error("cannot connect to tenant {tenant}: {reason}")]
    Connect {
        /// Which tenant.
        tenant: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// There is nothing to roll back to.
    #[error("cannot roll {environment} back: {why}")]
    Rollback {
        /// The environment.
        environment: String,
        /// Why not, and what to do.
        why: String,
    },
    /// A reviewed plan is not what would be done now.
    #[error("the plan of {path} is not what would be done now, so nothing was written: {}", moved.join("; "))]
    PlanMoved {
        /// The saved plan.
        path: String,
        /// What moved, one sentence each.
        moved: Vec<String>,
    },
    /// Another plan was signed off.
    #[error(
        "the plan that was approved has the hash {approved}, and what would be done now has {planned}, \
         so nothing was written; review it with --dry-run and approve that hash"
    )]
    NotApproved {
        /// What was signed off.
        approved: String,
        /// The hash of the plan of now.
        planned: String,
    },
    /// The repository failed.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// The tenant's lists could not be read.
    #[error(transparent)]
    Cxone(#[from] cxone::Error),
    /// The plan was run, and the repository could not take the record.
    #[error(
        "the pass was run and could not be recorded; the next pass finds what was done and records it"
    )]
    NotRecorded {
        /// What was done.
        status: Box<Status>,
        /// Why.
        source: git::Error,
    },
}
