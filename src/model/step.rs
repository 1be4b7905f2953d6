//! What can be done to a flow.

use super::{DeploymentId, Gate, VersionId};

/// One thing to do; the steps of a resource are done in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make the flow, empty.
    CreateFlow,
    /// Write name and description.
    UpdateFlow,
    /// Delete an old version, to make room for another.
    DeleteVersion(VersionId),
    /// Write the draft: name, description and content.
    WriteDraft,
    /// Make the version.
    CreateVersion,
    /// Take the version that has the content already.
    UseVersion(VersionId),
    /// Ask the platform whether the version is valid.
    Validate,
    /// Publish the version; the draft takes its content.
    Publish,
    /// Look whether the gate is open.
    Gate(Gate),
    /// Deploy the version to the target environment and poll to the end.
    Deploy,
    /// Poll a deployment of the version that is in flight already.
    Attach(DeploymentId),
    /// Roll back a deployment that failed in an earlier pass.
    RollBack(DeploymentId),
    /// Delete the flow.
    DeleteFlow,
}
