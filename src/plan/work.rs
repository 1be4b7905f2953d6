//! What is done to a resource, by kind.

use std::sync::Arc;

use semver::Version;
use serde_json::{Map, Value};

use crate::model::{
    DataActionContent, DataActionId, DataStoreContent, DataStoreId, Deployed, DeploymentId,
    DraftRevision, Flow, FlowContent, FlowId, Item, ItemId, ItemRevision, LiveDataAction, LivePart,
    Naming, Relation, ResourceOutcome, SchemaField, Sourced, Step, VersionId,
};

/// The version number before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionChange {
    /// The number of the version that is replaced, when there is one.
    pub from: Option<Version>,
    /// The number that git's content has or gets.
    pub to: Version,
}

/// What the plan was built on: a saved plan is applied only while these hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Basis {
    /// The flow, when there is one.
    pub flow: Option<FlowId>,
    /// Its draft revision.
    pub draft: Option<DraftRevision>,
    /// Its published version.
    pub published: Option<VersionId>,
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What runs in the target environment.
    pub deployed: Option<Deployed>,
    /// The newest deployment in the target environment, whatever became of it: what a new one
    /// comes after.
    pub newest_deployment: Option<DeploymentId>,
    /// How many versions there are.
    pub versions: usize,
    /// How many of them this project did not make.
    pub foreign_versions: usize,
}

/// Live content of a flow that is overwritten.
#[derive(Debug, Clone, PartialEq)]
pub struct Overwritten {
    /// Where it is live: the draft or the deployment.
    pub part: LivePart,
    /// What it holds, with the name and description that the flow has.
    pub flow: Flow,
}

/// What is done to a flow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlowWork {
    /// The version number; none when no version is made or taken.
    pub version: Option<VersionChange>,
    /// In order.
    pub steps: Vec<Step>,
    /// What it was built on.
    pub basis: Basis,
    /// What a new version or the draft holds: git's content with the platform's own properties
    /// carried along; of a draft that keeps what somebody changed, that too.
    pub content: FlowContent,
    /// The name and description that [`Step::WriteDraft`] writes, when they are not git's.
    pub kept: Option<Naming>,
    /// What flowgate last put into the draft: what a draft that moved meanwhile is merged over.
    pub base: Option<Box<Flow>>,
    /// Live content that the steps overwrite and that git does not have: saved there first.
    pub overwrites: Vec<Overwritten>,
    /// How the resource ends although the steps come through, because they leave something that
    /// someone changed (`Drifted`), or because it is taken over as it is and only differs from what git says in
    /// what is not published (`Drifted`, or `Adopted`). The plan's reason says what.
    pub leaves: Option<ResourceOutcome>,
    /// What git and the tenant changed, together, where drift is adopted: for people to review.
    pub merged: Option<Box<Flow>>,
    /// Which of git's values come from sources.
    pub sourced: Arc<[Sourced]>,
}

/// One thing to do with a data action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataActionStep {
    /// Make it.
    Create,
    /// Write it whole.
    Update,
    /// Run its cases in the tenant's sandbox.
    Test,
    /// Delete it.
    Delete,
}

/// What is done to a data action.
#[derive(Debug, Clone, PartialEq)]
pub struct DataActionWork {
    /// Which it is, when there is one.
    pub id: Option<DataActionId>,
    /// In order.
    pub steps: Vec<DataActionStep>,
    /// The name that the steps write.
    pub name: String,
    /// What the steps write; of an orphan, what it held.
    pub content: DataActionContent,
    /// What is live, as it was compared.
    pub live: Option<Box<LiveDataAction>>,
    /// Live content that the steps overwrite and flowgate never wrote: saved to git first.
    pub overwrites: Option<DataActionContent>,
    /// What git and the tenant changed, together, where drift is adopted: for people to review.
    pub merged: Option<Box<DataActionContent>>,
    /// How the resource ends although the steps come through, because they leave something that
    /// someone changed: `Drifted`. The plan's reason says what.
    pub leaves: Option<ResourceOutcome>,
}

/// One write to an item.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemStep {
    /// Make it, without its relations.
    Create(Item),
    /// Write values.
    Write {
        /// Which item.
        id: ItemId,
        /// The revision that was compared.
        revision: Option<ItemRevision>,
        /// What the fields held, `null` for nothing.
        before: Map<String, Value>,
        /// What they are to hold, `null` for nothing.
        after: Map<String, Value>,
    },
    /// Write the children in one field.
    Relate {
        /// The parent.
        id: ItemId,
        /// The revision that was compared; `None` for an item that an earlier step makes.
        revision: Option<ItemRevision>,
        /// The relationship field.
        field: String,
        /// What it held.
        before: Relation,
        /// What it is to hold.
        after: Relation,
    },
    /// Delete it, as it was compared.
    Delete(Item),
}

impl ItemStep {
    /// Counts what is made, written, related and deleted.
    pub fn count(steps: &[Self]) -> [usize; 4] {
        let mut counts = [0; 4];
        for step in steps {
            let slot = match step {
                Self::Create(_) => 0,
                Self::Write { .. } => 1,
                Self::Relate { .. } => 2,
                Self::Delete(_) => 3,
            };
            counts[slot] += 1;
        }
        counts
    }
}

/// One thing to do with a data store.
#[derive(Debug, Clone, PartialEq)]
pub enum DataStoreStep {
    /// Make it, with this schema.
    Create(Vec<SchemaField>),
    /// Write its name and description.
    Name {
        /// What they were when they were compared.
        before: Naming,
        /// What they are to be.
        after: Naming,
    },
    /// Write its schema.
    PutSchema {
        /// What it is when it is written.
        before: Vec<SchemaField>,
        /// What it is to be.
        after: Vec<SchemaField>,
    },
    /// Write items, side by side.
    Items(Vec<ItemStep>),
    /// Delete it, with everything in it.
    Delete,
}

/// What is done to a data store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataStoreWork {
    /// Which it is, when there is one.
    pub id: Option<DataStoreId>,
    /// The platform's mark of the last change that was compared.
    pub updated_at: Option<String>,
    /// In order.
    pub steps: Vec<DataStoreStep>,
    /// Live content that the steps overwrite and flowgate never wrote: saved to git first.
    pub overwrites: Option<DataStoreContent>,
    /// What git and the tenant changed, together, where drift is adopted: for people to review.
    pub merged: Option<Box<DataStoreContent>>,
    /// How the resource ends although the steps come through, because they leave something that
    /// someone changed: `Drifted` or `Conflict`. The plan's reason says what.
    pub leaves: Option<ResourceOutcome>,
}

/// What is done, by kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// To a flow.
    Flow(FlowWork),
    /// To a data action.
    DataAction(DataActionWork),
    /// To a data store.
    DataStore(DataStoreWork),
}

impl Work {
    /// Returns what is done to a flow; `None` for other kinds.
    pub fn flow(&self) -> Option<&FlowWork> {
        match self {
            Self::Flow(work) => Some(work),
            Self::DataAction(_) | Self::DataStore(_) => None,
        }
    }

    /// Returns the version number before and after, where the kind has versions.
    pub fn version(&self) -> Option<&VersionChange> {
        self.flow()?.version.as_ref()
    }
}
