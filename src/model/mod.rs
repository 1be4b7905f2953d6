//! Layer 0: plain data that every other layer speaks.
//!
//! Nothing here reads a file, a clock or a network, and nothing here decides.

mod data_action;
mod data_store;
mod diagnostic;
mod drift;
mod export;
mod flow;
mod hold;
mod id;
mod live;
mod pointer;
mod project;
mod resource;
mod secret;
mod source;
mod state;
mod status;
mod step;
mod trial;
mod window;

pub use data_action::{
    DataActionContent, DesiredDataAction, Expectation, MAX_SCRIPT_BYTES, ScriptForm, ScriptPlace,
    TestCase,
};
pub use data_store::{
    Cascade, DEFAULT_MAX_DEPTH, DataStoreContent, DesiredDataStore, FieldType, Item, ItemPatch,
    ItemPlace, ItemPolicy, Naming, Relation, RelationPlace, SchemaField, SchemaFieldPlace,
    ValuePlace,
};
pub use diagnostic::{Code, Finding, Label, Severity, Span};
pub use drift::{Conflict, Drift, LivePart, Move, Side};
pub use export::{AlreadyDeclared, Export, Exported, NotExported, ProjectText};
pub use flow::{
    Connector, ConnectorPlace, Desired, DesiredFlow, Element, ElementPlace, Flow, FlowContent,
    MAX_ROLLBACK_DEPTH,
};
pub use hold::{Hold, HoldReason};
pub use id::{
    ContentHash, DataActionId, DataStoreId, DeploymentId, DraftRevision, FlowId, ItemId,
    ItemRevision, Kind, ModifiedTimestamp, ParseIdError, Part, ResourceId, Revision, VersionId,
};
pub use live::{
    Based, DeploymentStatus, Draft, DraftLock, FlowBase, Found, LiveDataAction, LiveDataStore,
    LiveDeployment, LiveFlow, LiveItem, LiveVersion, Observed, Origin,
};
pub use pointer::pointer_step;
pub use project::{
    ClientAuth, Credential, DriftPolicy, Environment, Gate, Limit, Limits, Project, Prune,
    Selector, Strategy, Tenant,
};
pub use resource::{Declarations, Declared, Location, Metadata, Source, Wanted};
pub use secret::Secret;
pub use source::{SourceField, SourceType, SourceValues, Sourced, ValueSource};
pub use state::{
    DataActionRecord, DataStoreRecord, Deployed, DraftRecord, Failure, FlowRecord, Record,
    RecordedContent, RecordedJson, State, VersionRecord,
};
pub use status::{
    Counts, DeltaCounts, DriftBranch, Outcome, Override, ResourceOutcome, ResourceStatus, Status,
};
pub use step::Step;
pub use trial::{Mismatch, Trial, TrialCounts, TrialFault, TrialOutcome, TrialReport};
pub use window::Window;
