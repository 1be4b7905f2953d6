//! What a pass read of the tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use semver::Version;

use super::{
    ContentHash, DataActionContent, DataActionId, DataStoreContent, DataStoreId, DeploymentId,
    DraftRevision, FlowContent, FlowId, Item, ItemId, ItemRevision, ModifiedTimestamp, ResourceId,
    SchemaField, VersionId,
};

/// Where a deployment stands.
///
/// Three are terminal: `Success`, `Failed`, `RolledBack`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeploymentStatus {
    /// Accepted, not begun.
    Pending,
    /// Under way.
    InProgress,
    /// The environment runs the version.
    Success,
    /// The environment does not run the version.
    Failed,
    /// On its way back to the previous version.
    RollbackInProgress,
    /// The environment is back on the previous version.
    RolledBack,
    /// A status that flowgate does not know; not terminal.
    Unknown(String),
}

impl DeploymentStatus {
    /// Tells whether the deployment will not move any more by itself.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::RolledBack)
    }
}

/// What the visual designer edits.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its guard against lost updates.
    pub revision: DraftRevision,
    /// What it holds.
    pub content: FlowContent,
    /// Who wrote it last, where the platform says.
    pub updated_by: Option<String>,
    /// When it was written last, where the platform says.
    pub updated_at: Option<Timestamp>,
    /// Who has locked it; `None` when nobody has, or the platform does not say.
    pub lock: Option<DraftLock>,
}

/// A version of a flow, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveVersion {
    /// Its id.
    pub id: VersionId,
    /// Its number; `None` where the platform's text is no semantic version.
    pub number: Option<Version>,
    /// The hash its maker wrote into the metadata. A claim: read the content before trusting it.
    pub claimed_hash: Option<ContentHash>,
    /// Whether the metadata says that this project made it for this resource.
    pub ours: bool,
}

/// A deployment of a flow in the target environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveDeployment {
    /// Its id.
    pub id: DeploymentId,
    /// What it deploys.
    pub version_id: VersionId,
    /// Where it stands.
    pub status: DeploymentStatus,
    /// What the platform says went wrong.
    pub error: Option<String>,
    /// Who started it, where the platform says.
    pub triggered_by: Option<String>,
    /// When it was started, where the platform says.
    pub started_at: Option<Timestamp>,
}

/// Who keeps others from writing a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftLock {
    /// Who holds it.
    pub by: String,
    /// Since when, where the platform says.
    pub at: Option<Timestamp>,
}

impl fmt::Display for DraftLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has locked the draft", self.by)?;
        self.at.map_or(Ok(()), |at| write!(f, " since {at}"))
    }
}

/// Why flowgate believes that a live flow is, or is not, its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The state names its id.
    Recorded,
    /// The state does not, but a version's metadata says that this project made it.
    Ours,
    /// It has no versions, and its draft is empty or git's: nothing is lost by taking it over.
    Empty,
    /// Somebody else made it.
    Foreign,
}

/// A live flow, read in full.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveFlow {
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
    /// Its versions, newest first.
    pub versions: Vec<LiveVersion>,
    /// Its deployments in the target environment, newest first.
    pub deployments: Vec<LiveDeployment>,
    /// What the target environment runs: its newest successful deployment that still holds.
    pub current: Option<LiveDeployment>,
    /// Versions that any target environment runs or is about to run; only read where old versions are
    /// deleted.
    pub in_use: BTreeSet<VersionId>,
    /// Contents of the versions that the comparison needs: the published one, the deployed one,
    /// and those that claim the desired hash.
    pub contents: BTreeMap<VersionId, FlowContent>,
    /// Whose it is.
    pub origin: Origin,
    /// What the state holds of its content.
    pub base: FlowBase,
}

/// A flow's content as flowgate wrote it last, taken out of the state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlowBase {
    /// What the draft was given without a version.
    pub draft: Option<FlowContent>,
    /// What the recorded version holds.
    pub version: Option<FlowContent>,
}

impl LiveFlow {
    /// Returns the version of that id.
    pub fn version(&self, id: &VersionId) -> Option<&LiveVersion> {
        self.versions.iter().find(|version| version.id == *id)
    }
}

/// A live data action, read in full.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveDataAction {
    /// Its id.
    pub id: DataActionId,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub content: DataActionContent,
    /// When it was changed last.
    pub modified: ModifiedTimestamp,
}

/// An item of a live data store.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveItem {
    /// What it holds, fields that the schema does not know included.
    pub item: Item,
    /// Its guard, where the platform gives one.
    pub revision: Option<ItemRevision>,
}

/// A live data store, read in full.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveDataStore {
    /// Its id.
    pub id: DataStoreId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The platform's mark of the last change, where it gives one.
    pub updated_at: Option<String>,
    /// The schema.
    pub fields: Vec<SchemaField>,
    /// Every item; none where git speaks for none.
    pub items: BTreeMap<ItemId, LiveItem>,
}

/// A live resource with what flowgate wrote last.
#[derive(Debug, Clone, PartialEq)]
pub struct Based<L, B> {
    /// What is live.
    pub live: L,
    /// What the state holds of it: the base. `None` where the state does not know the resource.
    pub base: Option<B>,
}

/// What was found of one resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<T> {
    /// The tenant has none.
    Absent,
    /// What guards it is that of the state, and git wants what the state holds: nothing more was
    /// read.
    AsRecorded,
    /// Read in full.
    Read(Box<T>),
    /// Not readable, and why; the other resources go on.
    Unreadable(String),
}

/// What a pass found of every resource that git or the state names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// The flows.
    pub flows: BTreeMap<ResourceId, Found<LiveFlow>>,
    /// The data actions.
    pub data_actions: BTreeMap<ResourceId, Found<Based<LiveDataAction, DataActionContent>>>,
    /// The data stores.
    pub data_stores: BTreeMap<ResourceId, Found<Based<LiveDataStore, DataStoreContent>>>,
    /// The tenant's data actions by name, declared or not, each with those that it depends on; `None`
    /// where they were not listed.
    pub data_action_names: Option<BTreeMap<String, BTreeSet<String>>>,
}
