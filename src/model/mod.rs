//! Layer 0: plain data that every other layer speaks.
//!
//! Nothing here reads a file, a clock or a network, and nothing here decides.

mod diagnostic;
mod flow;
mod id;
mod live;
mod project;
mod secret;
mod state;
mod status;
mod step;

pub use diagnostic::{Code, Finding, Label, Severity, Span};
pub use flow::{
    Connector, ConnectorPlace, Desired, DesiredFlow, Element, ElementPlace, Flow, FlowContent,
    Location, Source, Wanted,
};
pub use id::{
    ContentHash, DeploymentId, DraftRevision, FlowId, Kind, ParseIdError, ResourceId, Revision,
    VersionId,
};
pub use live::{
    DeploymentStatus, Draft, LiveDeployment, LiveFlow, LiveVersion, Observed, ObservedFlow, Origin,
};
pub use project::{
    ClientAuth, Credential, DriftPolicy, Environment, Gate, Limit, Limits, Project, Prune,
    Selector, Strategy, Tenant,
};
pub use secret::Secret;
pub use state::{Deployed, Failure, FlowRecord, RecordedContent, State, VersionRecord};
pub use status::{Counts, DeltaCounts, Outcome, ResourceOutcome, ResourceStatus, Status};
pub use step::Step;
