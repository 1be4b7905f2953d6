//! What flowgate applied last in an environment: the base of every comparison, and the inventory.

use std::collections::BTreeMap;

use jiff::Timestamp;
use semver::Version;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{ContentHash, DeploymentId, DraftRevision, FlowId, VersionId};

/// The version that flowgate last made or chose for a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionRecord {
    /// Its id.
    pub id: VersionId,
    /// Its number.
    pub number: Version,
    /// The hash of its content.
    pub hash: ContentHash,
    /// Its content: the base.
    pub content: RecordedContent,
}

/// A flow's content as `git` keeps it: JSON that is taken apart only when somebody looks at it,
/// because most passes look at few.
///
/// Equal where the JSON is, however it is laid out.
#[derive(Debug, Clone)]
pub struct RecordedContent {
    /// A list of elements.
    pub elements: Box<RawValue>,
    /// A list of connectors.
    pub connectors: Box<RawValue>,
}

impl PartialEq for RecordedContent {
    fn eq(&self, other: &Self) -> bool {
        let value = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).ok();
        let values = |content: &Self| (value(&content.elements), value(&content.connectors));
        values(self) == values(other)
    }
}

/// What runs in the target environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// The deployment that brought it.
    pub deployment: DeploymentId,
    /// The version that runs.
    pub version: VersionId,
    /// Its number, where the platform's text is a semantic version.
    pub number: Option<Version>,
}

/// Content that failed in the environment, and is not tried again until it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The content that failed.
    pub hash: ContentHash,
    /// The deployment that failed.
    pub deployment: DeploymentId,
    /// When the failure was seen.
    pub at: Timestamp,
    /// What the platform said.
    pub error: String,
    /// Whether the rollback failed too.
    pub stuck: bool,
}

/// What the state holds of one flow.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowRecord {
    /// Its id on the platform.
    pub id: FlowId,
    /// Its name on the platform.
    pub display_name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The draft revision after the last write. Only the draft's owner watches it.
    pub draft_revision: DraftRevision,
    /// The published version after the last write.
    pub published: Option<VersionId>,
    /// The version that git's content has; `None` until there is one.
    pub version: Option<VersionRecord>,
    /// What runs in the target environment; `None` until something does.
    pub deployed: Option<Deployed>,
    /// The last failure, until content that differs succeeds.
    pub failure: Option<Failure>,
}

/// The state of one environment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// By `metadata.name`.
    pub flows: BTreeMap<String, FlowRecord>,
}
