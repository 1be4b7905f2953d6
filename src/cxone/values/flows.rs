//! Flows, their versions and their deployments.

use jiff::Timestamp;
use semver::Version;
use serde_json::{Map, Value};

use crate::delta::ChangedIds;
use crate::model::{
    ContentHash, DeploymentId, DeploymentStatus, Draft, DraftRevision, FlowContent, FlowId,
    ResourceId, Revision, VersionId,
};

/// A flow in the tenant's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowListing {
    /// Its id.
    pub id: FlowId,
    /// Its name on the platform.
    pub name: String,
    /// The guard of its draft.
    pub draft_revision: DraftRevision,
    /// The version that is published.
    pub published: Option<VersionId>,
}

/// A flow with its draft.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowDetail {
    /// Its id.
    pub id: FlowId,
    /// Its name on the platform.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What the designer edits.
    pub draft: Draft,
    /// The version that is published.
    pub published: Option<VersionId>,
    /// Everything else that the platform said of it, so that it can be written back complete.
    pub(in crate::cxone) rest: Map<String, Value>,
}

/// Who must have made a version for it to be ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The project's `metadata.name`.
    pub project: String,
    /// The resource.
    pub resource: ResourceId,
}

/// What a version holds, and for whom it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedVersion {
    /// What it holds.
    pub content: FlowContent,
    /// The project and the resource that its metadata names; `None` where it names none.
    pub owner: Option<Owner>,
}

/// Where a version's content comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionOrigin {
    /// The repository's address without credentials, or its folder's name.
    pub repository: String,
    /// The commit.
    pub commit: Revision,
    /// The manifest, relative to the repository.
    pub path: String,
    /// The project and the resource.
    pub owner: Owner,
}

/// A version to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVersion {
    /// Its number.
    pub number: Version,
    /// The flow's name.
    pub name: String,
    /// How many elements were added, removed, modified.
    pub description: String,
    /// What it holds.
    pub content: FlowContent,
    /// The hash of the content.
    pub hash: ContentHash,
    /// What differs from the version before.
    pub changed: ChangedIds,
    /// Who makes it.
    pub created_by: String,
    /// When it is made.
    pub created_at: Timestamp,
    /// Where its content comes from.
    pub origin: VersionOrigin,
}

/// A version that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The version.
    pub version: VersionId,
    /// The snapshot that the platform kept, where it says.
    pub snapshot: Option<String>,
}

/// What the platform's validation says of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// Whether the version may be published.
    pub valid: bool,
    /// For people.
    pub message: Option<String>,
    /// Names of data actions and data stores that the tenant lacks.
    pub missing: Vec<String>,
}

/// How the platform's tests of a version went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResults {
    /// Whether all passed.
    pub passed: bool,
    /// How many ran, where the platform says.
    pub total: Option<u64>,
    /// How many failed, where the platform says.
    pub failed: Option<u64>,
}

/// What was decided about a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalStatus {
    /// It may be deployed.
    Approved,
    /// Not decided yet.
    Pending,
    /// It may not be deployed.
    Denied,
    /// A status that flowgate does not know; approves nothing.
    Unknown(String),
}

/// An approval of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// What was decided.
    pub status: ApprovalStatus,
    /// The version it is about; none means whichever.
    pub version: Option<VersionId>,
    /// Who decided.
    pub approver: Option<String>,
}

/// A deployment to be started. The platform's validation is never skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeployment {
    /// The flow.
    pub flow: FlowId,
    /// The version to deploy.
    pub version: VersionId,
    /// As the platform names it, such as `PRODUCTION`.
    pub target_environment: String,
    /// Whether the platform is to roll a failure back.
    pub rollback_on_failure: bool,
    /// Who deploys.
    pub triggered_by: String,
    /// When.
    pub at: Timestamp,
}

/// A deployment, asked for by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentDetail {
    /// Its id.
    pub id: DeploymentId,
    /// Where it stands.
    pub status: DeploymentStatus,
    /// What the platform says went wrong.
    pub error: Option<String>,
    /// The flow, where the platform says.
    pub flow: Option<FlowId>,
    /// What it deploys, where the platform says.
    pub version: Option<VersionId>,
    /// What a rollback goes back to, where the platform says.
    pub previous: Option<VersionId>,
    /// Where it deploys to, where the platform says.
    pub target_environment: Option<String>,
    /// Who started it, where the platform says.
    pub triggered_by: Option<String>,
    /// When it was started, where the platform says.
    pub started_at: Option<Timestamp>,
}

/// Which deployments to list; all of them by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentFilter {
    pub(in crate::cxone) flow: Option<FlowId>,
    pub(in crate::cxone) target_environment: Option<String>,
    pub(in crate::cxone) status: Option<DeploymentStatus>,
    pub(in crate::cxone) current: bool,
}

impl DeploymentFilter {
    /// Keeps those of one flow.
    #[must_use]
    pub fn flow(self, flow: &FlowId) -> Self {
        Self { flow: Some(flow.clone()), ..self }
    }

    /// Keeps those into one target environment.
    #[must_use]
    pub fn target_environment(self, name: &str) -> Self {
        Self { target_environment: Some(name.to_owned()), ..self }
    }

    /// Keeps those that stand at `status`.
    #[must_use]
    pub fn status(self, status: DeploymentStatus) -> Self {
        Self { status: Some(status), ..self }
    }

    /// Keeps the newest successful one of each flow.
    #[must_use]
    pub fn current(self) -> Self {
        Self { current: true, ..self }
    }
}
