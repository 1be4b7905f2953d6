//! What resources of every kind have in common.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    ContentHash, DesiredDataAction, DesiredDataStore, DesiredFlow, DriftPolicy, Kind, ResourceId,
    Span, State,
};

/// A file of the flows folder, for findings that quote it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Relative to the flows folder, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// A place in a file of the flows folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub source: Arc<Source>,
    /// Where in it.
    pub span: Span,
}

impl Location {
    /// Returns the place as people write it: `flows/routing.yaml:3`.
    pub fn line(&self) -> String {
        format!("{}:{}", self.source.path, self.span.line)
    }
}

/// What `metadata` says of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// `metadata.name`, unique within the kind.
    pub name: String,
    /// `metadata.labels`, for selectors; never sent.
    pub labels: BTreeMap<String, String>,
    /// The annotation `flowgate.dev/drift`: what is done about drift of this resource, whatever its
    /// environment says.
    pub drift: Option<DriftPolicy>,
    /// `metadata.renamedFrom`: the name under which the state may have it.
    pub renamed_from: Option<String>,
    /// Where the value of `metadata.name` stands.
    pub location: Location,
}

/// A kind of resource, as git declares it.
pub trait Declared {
    /// Which kind.
    const KIND: Kind;
    /// What the state holds of one.
    type Record;

    /// Returns its metadata.
    fn metadata(&self) -> &Metadata;

    /// Returns what the state holds of this kind, by `metadata.name`.
    fn records(state: &State) -> &BTreeMap<String, Self::Record>;

    /// Returns its name on the platform.
    fn display_name(&self) -> &str {
        &self.metadata().name
    }

    /// Returns the resource's id.
    fn id(&self) -> ResourceId {
        ResourceId { kind: Self::KIND, name: self.metadata().name.clone() }
    }

    /// Returns the name under which the state holds it: its own, or the one it had before.
    fn recorded_name(&self, state: &State) -> Option<&str> {
        let Metadata { name, renamed_from, .. } = self.metadata();
        let names = [Some(name), renamed_from.as_ref()].into_iter().flatten();
        names.map(String::as_str).find(|name| Self::records(state).contains_key(*name))
    }

    /// Returns what the state holds of it.
    fn record<'s>(&self, state: &'s State) -> Option<&'s Self::Record> {
        self.recorded_name(state).and_then(|name| Self::records(state).get(name))
    }
}

/// Everything that git declares for an environment.
#[derive(Debug, Clone, Default)]
pub struct Declarations {
    /// The flows.
    pub flows: BTreeMap<ResourceId, Arc<DesiredFlow>>,
    /// The data actions.
    pub data_actions: BTreeMap<ResourceId, Arc<DesiredDataAction>>,
    /// The data stores.
    pub data_stores: BTreeMap<ResourceId, Arc<DesiredDataStore>>,
}

impl Declarations {
    /// Tells whether git declares the resource.
    pub fn declares(&self, id: &ResourceId) -> bool {
        match id.kind {
            Kind::Flow => self.flows.contains_key(id),
            Kind::DataAction => self.data_actions.contains_key(id),
            Kind::DataStore => self.data_stores.contains_key(id),
        }
    }
}

/// A resource that git wants, with the hash of its content.
///
/// Whoever makes one sees to it that the two fit.
#[derive(Debug)]
pub struct Wanted<T> {
    /// What is declared; shared with the manifest where no value had to be filled in.
    pub declared: Arc<T>,
    /// The hash of its content.
    pub hash: ContentHash,
}

impl<T> Clone for Wanted<T> {
    fn clone(&self) -> Self {
        Self { declared: Arc::clone(&self.declared), hash: self.hash }
    }
}
