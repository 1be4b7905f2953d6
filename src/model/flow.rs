//! A flow as git wants it, and as it is compared with what is live.

use std::collections::BTreeMap;
use std::sync::Arc;

use semver::Version;
use serde_json::{Map, Value};

use super::{ContentHash, ResourceId, Revision, Span};

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
    /// `metadata.name`.
    pub name: String,
    /// `metadata.labels`, for selectors.
    pub labels: BTreeMap<String, String>,
    /// `metadata.renamedFrom`.
    pub renamed_from: Option<String>,
    /// Where the value of `metadata.name` stands.
    pub location: Location,
    /// Where each of `flow.content.elements` stands, in the same order.
    pub element_places: Arc<[ElementPlace]>,
    /// Where each of `flow.content.connectors` stands, in the same order.
    pub connector_places: Arc<[ConnectorPlace]>,
    /// Where `spec.version` stands.
    pub version_place: Option<Span>,
    /// What is wanted.
    pub flow: Flow,
}

/// A flow that git wants, with the hash of its content.
///
/// Whoever makes one sees to it that the two fit.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The flow; shared with the manifest where no value had to be filled in.
    pub flow: Arc<DesiredFlow>,
    /// The hash of its content.
    pub hash: ContentHash,
}

/// The desired state of one environment: manifests at a revision, values filled in.
#[derive(Debug, Clone)]
pub struct Desired {
    /// The commit it was read from; `None` for a work tree.
    pub revision: Option<Revision>,
    /// Every resource that git declares.
    pub flows: BTreeMap<ResourceId, Wanted>,
}
