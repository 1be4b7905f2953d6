//! A flow as git wants it, and as it is compared with what is live.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use semver::Version;
use serde_json::{Map, Value};

use super::{
    Declared, DesiredDataAction, DesiredDataStore, FlowRecord, Kind, Metadata, ResourceId,
    Revision, Sourced, Span, State, Wanted,
};

/// How many versions back a rollback may go: so many of the newest ones are never deleted.
pub const MAX_ROLLBACK_DEPTH: u32 = 3;

/// One step of a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// Unique within the flow.
    pub id: String,
    /// `Begin`, `IVR`, `Queue`, … as the platform spells it.
    pub element_type: String,
    /// What the element does; free-form. An absent configuration is an empty one. Shared by the
    /// copies of an element, because it is most of a flow.
    pub configuration: Arc<Map<String, Value>>,
    /// Properties that only the platform knows (layout coordinates, say). Never compared, always
    /// carried along when the element is written.
    pub extra: Map<String, Value>,
}

/// A way from one element to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Connector {
    /// Unique within the flow.
    pub id: String,
    /// The element it leaves.
    pub source_id: String,
    /// The element it enters.
    pub target_id: String,
    /// The outcome of the source element that takes this way, such as `found`.
    pub label: Option<String>,
    /// When this way is taken; free-form.
    pub condition: Option<Value>,
    /// Properties that only the platform knows. Never compared, always carried along.
    pub extra: Map<String, Value>,
}

/// What a version of a flow holds. The order of elements and connectors means nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlowContent {
    /// The steps.
    pub elements: Vec<Element>,
    /// The ways between them; shared by copies, because values seldom fill them in.
    pub connectors: Arc<[Connector]>,
}

/// A flow as git wants it in one environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// The name on the platform.
    pub display_name: String,
    /// What the flow is for.
    pub description: Option<String>,
    /// The version number the manifest asks for; derived from the delta when absent.
    pub version: Option<Version>,
    /// Elements and connectors, values filled in.
    pub content: FlowContent,
}

/// Where the parts of an element stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ElementPlace {
    /// Where its mapping begins.
    pub whole: Span,
    /// Where the value of `id` stands.
    pub id: Span,
    /// Where the value of `type` stands.
    pub element_type: Span,
}

/// Where the parts of a connector stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectorPlace {
    /// Where its mapping begins.
    pub whole: Span,
    /// Where the value of `id` stands; `None` when the id is the default.
    pub id: Option<Span>,
    /// Where the value of `sourceId` stands.
    pub source_id: Span,
    /// Where the value of `targetId` stands.
    pub target_id: Span,
}

/// A flow with where it came from.
#[derive(Debug, Clone)]
pub struct DesiredFlow {
    /// Name, labels and place.
    pub metadata: Metadata,
    /// Where each of `flow.content.elements` stands, in the same order.
    pub element_places: Arc<[ElementPlace]>,
    /// Where each of `flow.content.connectors` stands, in the same order.
    pub connector_places: Arc<[ConnectorPlace]>,
    /// Where `spec.version` stands.
    pub version_place: Option<Span>,
    /// What is wanted. Where a source has not been asked, the reference stands as it is written.
    pub flow: Flow,
    /// Where in `flow.content` values come from sources.
    pub sourced: Arc<[Sourced]>,
    /// Why values from sources are missing; then nothing of the flow may be sent.
    pub missing: Option<String>,
}

impl Declared for DesiredFlow {
    const KIND: Kind = Kind::Flow;
    type Record = FlowRecord;

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn display_name(&self) -> &str {
        &self.flow.display_name
    }

    fn records(state: &State) -> &BTreeMap<String, FlowRecord> {
        &state.flows
    }
}

impl DesiredFlow {
    /// Returns what each element names: an `API` its data action, a `Database` its data store. The
    /// number is the element's.
    pub fn uses(&self) -> impl Iterator<Item = (usize, ResourceId)> + '_ {
        self.flow.content.uses()
    }
}

impl FlowContent {
    /// Returns what each element names: an `API` its data action, a `Database` its data store. The
    /// number is the element's.
    pub fn uses(&self) -> impl Iterator<Item = (usize, ResourceId)> + '_ {
        self.elements.iter().enumerate().filter_map(|(place, element)| {
            let named = |key| element.configuration.get(key).and_then(serde_json::Value::as_str);
            let used = match element.element_type.as_str() {
                "API" => ResourceId::data_action(named("dataAction")?),
                "Database" => ResourceId::data_store(named("dataStore")?),
                _ => return None,
            };
            Some((place, used))
        })
    }
}

/// The desired state of one environment: manifests at a revision, values filled in.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// The commit it was read from; `None` for a work tree.
    pub revision: Option<Revision>,
    /// Every flow that git declares.
    pub flows: BTreeMap<ResourceId, Wanted<DesiredFlow>>,
    /// Every data action that git declares.
    pub data_actions: BTreeMap<ResourceId, Wanted<DesiredDataAction>>,
    /// Every data store that git declares.
    pub data_stores: BTreeMap<ResourceId, Wanted<DesiredDataStore>>,
}

impl Desired {
    /// Leaves out the kinds that an environment does not manage.
    #[must_use]
    pub fn managed(mut self, kinds: &BTreeSet<Kind>) -> Self {
        if !kinds.contains(&Kind::Flow) {
            self.flows.clear();
        }
        if !kinds.contains(&Kind::DataAction) {
            self.data_actions.clear();
        }
        if !kinds.contains(&Kind::DataStore) {
            self.data_stores.clear();
        }
        self
    }

    /// Tells whether git declares the resource.
    pub fn declares(&self, id: &ResourceId) -> bool {
        match id.kind {
            Kind::Flow => self.flows.contains_key(id),
            Kind::DataAction => self.data_actions.contains_key(id),
            Kind::DataStore => self.data_stores.contains_key(id),
        }
    }

    /// Returns what a resource cannot do without.
    pub fn uses(&self, id: &ResourceId) -> BTreeSet<ResourceId> {
        let flow = self.flows.get(id).into_iter();
        let action = self.data_actions.get(id).into_iter();
        let named = flow.flat_map(|flow| flow.declared.uses().map(|(_, used)| used));
        let called = action.flat_map(|action| &action.declared.content.dependencies);
        named.chain(called.map(ResourceId::data_action)).collect()
    }

    /// Returns the metadata of a resource that git declares.
    pub fn metadata(&self, id: &ResourceId) -> Option<&Metadata> {
        match id.kind {
            Kind::Flow => self.flows.get(id).map(|wanted| &wanted.declared.metadata),
            Kind::DataAction => self.data_actions.get(id).map(|wanted| &wanted.declared.metadata),
            Kind::DataStore => self.data_stores.get(id).map(|wanted| &wanted.declared.metadata),
        }
    }

    /// Returns every resource that git declares, by id.
    pub fn ids(&self) -> impl Iterator<Item = &ResourceId> {
        self.data_stores.keys().chain(self.data_actions.keys()).chain(self.flows.keys())
    }

    /// Tells whether git declares nothing at all.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty() && self.data_actions.is_empty() && self.data_stores.is_empty()
    }
}
