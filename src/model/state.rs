//! What flowgate applied last in an environment: the base of every comparison, and the inventory.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use semver::Version;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{
    ContentHash, DataActionId, DataStoreId, DeploymentId, DraftRevision, FlowId, Hold, Kind,
    ModifiedTimestamp, Naming, ResourceId, Strategy, VersionId,
};

/// JSON as `git` keeps it, taken apart only when somebody looks at it, because most passes look at
/// little.
///
/// Equal where the JSON is, however it is laid out.
#[derive(Debug, Clone)]
pub struct RecordedJson(pub Box<RawValue>);

impl PartialEq for RecordedJson {
    fn eq(&self, other: &Self) -> bool {
        let value = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).ok();
        value(&self.0) == value(&other.0)
    }
}

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

/// What git wanted of a draft when flowgate wrote it without making a version of it.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftRecord {
    /// The hash of the content.
    pub hash: ContentHash,
    /// The content: the base.
    pub content: RecordedContent,
    /// The draft revision that the write made, whatever else the draft kept; `None` where nobody wrote.
    pub revision: Option<DraftRevision>,
}

/// A flow's content as `git` keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedContent {
    /// A list of elements.
    pub elements: RecordedJson,
    /// A list of connectors.
    pub connectors: RecordedJson,
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
    /// What the draft was given without a version; `None` where it holds the published one.
    pub draft: Option<DraftRecord>,
    /// The published version after the last write.
    pub published: Option<VersionId>,
    /// The version that git's content has; `None` until there is one.
    pub version: Option<VersionRecord>,
    /// What runs in the target environment; `None` until something does.
    pub deployed: Option<Deployed>,
    /// The last failure, until content that differs succeeds.
    pub failure: Option<Failure>,
}

impl FlowRecord {
    /// Returns the hash of what was written last as far as a strategy goes; `None` when it has not
    /// come that far.
    pub fn written(&self, strategy: Strategy) -> Option<ContentHash> {
        let version = self.version.as_ref().map(|version| version.hash);
        match (strategy, &self.draft) {
            (Strategy::Draft, Some(draft)) => Some(draft.hash),
            (Strategy::Draft, None) => version.filter(|_| self.is_published()),
            (Strategy::Version | Strategy::Deploy, draft) => version.filter(|_| draft.is_none()),
        }
    }

    fn is_published(&self) -> bool {
        self.published.as_ref() == self.version.as_ref().map(|version| &version.id)
    }

    /// Returns the data actions and data stores that the recorded draft or version names.
    pub fn uses(&self) -> BTreeSet<ResourceId> {
        let version = self.version.as_ref().map(|version| &version.content);
        let content = self.draft.as_ref().map(|draft| &draft.content).or(version);
        let elements: Vec<Value> = content
            .map(|content| content.elements.0.get())
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let named = |element: &Value, key| {
            Some(element.get("configuration")?.get(key)?.as_str()?.to_owned())
        };
        elements
            .iter()
            .filter_map(|element| match element.get("type")?.as_str()? {
                "API" => named(element, "dataAction").map(ResourceId::data_action),
                "Database" => named(element, "dataStore").map(ResourceId::data_store),
                _ => None,
            })
            .collect()
    }
}

/// What the state holds of one data action.
#[derive(Debug, Clone, PartialEq)]
pub struct DataActionRecord {
    /// Its id on the platform.
    pub id: DataActionId,
    /// Its name on the platform.
    pub name: String,
    /// When the platform saw it change last; `None` when what was live then was not all git's, and
    /// then it is read in every pass.
    pub modified: Option<ModifiedTimestamp>,
    /// The hash of what git wanted.
    pub hash: ContentHash,
    /// Its content: the base.
    pub content: RecordedJson,
    /// Why the tenant's tests of this content did not pass; `None` when they did, or there are none.
    pub untested: Option<String>,
}

impl DataActionRecord {
    /// Returns the data actions that the recorded content depends on.
    pub fn uses(&self) -> BTreeSet<ResourceId> {
        let content: Value = serde_json::from_str(self.content.0.get()).unwrap_or_default();
        let names = content.get("dependencies").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        names.map(ResourceId::data_action).collect()
    }
}

/// What the state holds of one data store.
#[derive(Debug, Clone, PartialEq)]
pub struct DataStoreRecord {
    /// Its id on the platform.
    pub id: DataStoreId,
    /// Its name on the platform.
    pub name: String,
    /// The platform's mark of the last change; `None` where the platform gives none, or when what was
    /// live then was not all git's, and then the store is read in every pass.
    pub updated_at: Option<String>,
    /// The hash of what git wanted.
    pub hash: ContentHash,
    /// Schema and managed items: the base.
    pub content: RecordedJson,
    /// The name and description that the platform has no call to take; they are not sent again.
    pub unnamed: Option<Naming>,
}

/// The state of one environment, each kind by `metadata.name`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// The flows.
    pub flows: BTreeMap<String, FlowRecord>,
    /// The data actions.
    pub data_actions: BTreeMap<String, DataActionRecord>,
    /// The data stores.
    pub data_stores: BTreeMap<String, DataStoreRecord>,
    /// What somebody said to leave as it is.
    pub holds: Vec<Hold>,
}

impl State {
    /// Returns how many resources there are.
    pub fn len(&self) -> usize {
        self.flows.len() + self.data_actions.len() + self.data_stores.len()
    }

    /// Tells whether it holds a resource under its name.
    pub fn knows(&self, id: &ResourceId) -> bool {
        match id.kind {
            Kind::Flow => self.flows.contains_key(&id.name),
            Kind::DataAction => self.data_actions.contains_key(&id.name),
            Kind::DataStore => self.data_stores.contains_key(&id.name),
        }
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What the state holds of one resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// Of a flow.
    Flow(Box<FlowRecord>),
    /// Of a data action.
    DataAction(DataActionRecord),
    /// Of a data store.
    DataStore(DataStoreRecord),
}

impl Record {
    /// Returns the resource's id as the platform spells it.
    pub fn platform_id(&self) -> String {
        match self {
            Self::Flow(record) => record.id.to_string(),
            Self::DataAction(record) => record.id.to_string(),
            Self::DataStore(record) => record.id.to_string(),
        }
    }
}
