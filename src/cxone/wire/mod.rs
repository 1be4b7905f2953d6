//! The bodies that go over the wire, as the API spells them.
//!
//! Shared with the emulator, and the only thing that is: no rule lives here. Reading is lenient
//! (unknown properties are kept or ignored, everything that the platform may leave out is
//! optional, and `null` is as good as absent), writing is exact.

mod data_action;
mod data_store;

pub use data_action::{
    DataAction, DataActionBody, DataActionPage, Script, ScriptError, TestInput, TestRun,
};
pub use data_store::{
    DataStore, DataStoreNaming, DataStorePage, NewDataStore, NewRecord, Record, RecordPage,
    RecordPatch, RelationValue, Schema, SchemaField,
};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Reads `null` as if the property were absent: platforms write either.
fn null_as_absent<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a property that is there, even when it is `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Answer of the token endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    /// The bearer token.
    pub access_token: String,
    /// `Bearer`.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub token_type: String,
    /// Life time in seconds.
    pub expires_in: u64,
    /// Granted scopes, separated by blanks.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub scope: String,
}

/// Body of an error answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// `UPPER_SNAKE`.
    pub code: String,
    /// For people.
    pub message: String,
    /// One entry a fault.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub details: Vec<ErrorDetail>,
    /// For the platform's support.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub request_id: String,
    /// With `VERSION_CONFLICT`: the draft revision that holds now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
}

/// One fault of a refused body.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// JSON pointer into the request's body.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub path: String,
    /// For people.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub message: String,
    /// In the text at `path`, from 1: where a script breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// In that line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// A step of a flow: `nodes` of a draft, `elements` of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// Unique within the flow.
    pub id: String,
    /// `Begin`, `IVR`, …
    #[serde(rename = "type")]
    pub element_type: String,
    /// Free-form.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub configuration: Map<String, Value>,
    /// Everything else, kept as it is.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A way between elements: `edges` of a draft, `connectors` of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connector {
    /// Unique within the flow.
    pub id: String,
    /// The element it leaves.
    pub source_id: String,
    /// The element it enters.
    pub target_id: String,
    /// The outcome that takes this way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// When this way is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
    /// Everything else, kept as it is.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// `{"flow": …}`, around a draft in both directions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowEnvelope {
    /// The draft.
    pub flow: FlowDraft,
}

/// A flow with its draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowDraft {
    /// The flow's id.
    pub id: String,
    /// The draft revision.
    pub version: u64,
    /// The flow's name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The draft's steps.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub nodes: Vec<Element>,
    /// The draft's ways.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub edges: Vec<Connector>,
    /// The version that is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_version_id: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// Who wrote the draft last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
    /// Who keeps others from writing it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_by: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_at: Option<String>,
    /// Everything else, kept as it is.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A flow in a list: no nodes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowSummary {
    /// The flow's id.
    pub id: String,
    /// The flow's name.
    pub name: String,
    /// The draft revision.
    pub version: u64,
    /// The version that is published.
    #[serde(default)]
    pub published_version_id: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    pub updated_at: Option<String>,
}

/// A page of `GET /api/v2/flows`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowPage {
    /// This page's flows.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub flows: Vec<FlowSummary>,
    /// How many there are on all pages.
    pub total_count: u64,
    /// This page's number, from 1.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub page: u64,
    /// How many a page the server gives.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub page_size: u64,
}

/// Body of `POST /api/v2/flows`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewFlow {
    /// The flow's name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A version in a list: no elements, no connectors.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionSummary {
    /// The version's id.
    pub id: String,
    /// The flow's id.
    #[serde(default)]
    pub flow_id: Option<String>,
    /// The semantic version.
    pub version: String,
    /// The flow's name when the version was made.
    #[serde(default)]
    pub name: Option<String>,
    /// What changed.
    #[serde(default)]
    pub description: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Whether it is the published one.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub published: bool,
    /// As its maker wrote it; see [`VersionMetadata`].
    #[serde(default, deserialize_with = "null_as_absent")]
    pub metadata: Value,
}

/// A page of `GET /api/v2/flows/{flowId}/versions`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionPage {
    /// How many there are on all pages.
    pub total_count: u64,
    /// This page's versions, newest first.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub versions: Vec<VersionSummary>,
}

/// Body of `POST /api/v2/flows/{flowId}/versions`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewVersion {
    /// The flow's id.
    pub flow_id: String,
    /// The semantic version.
    pub version: String,
    /// The flow's name.
    pub name: String,
    /// How many elements were added, removed, modified.
    pub description: String,
    /// The steps.
    pub elements: Vec<Element>,
    /// The ways.
    pub connectors: Vec<Connector>,
    /// What changed and who changed it.
    pub metadata: VersionMetadata,
}

/// `metadata` of a version that flowgate makes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionMetadata {
    /// Ids of the elements that changed.
    pub delta_matrix: DeltaMatrix,
    /// What a rollback must leave alone.
    pub rollback_safety_directive: RollbackSafetyDirective,
    /// Who made it.
    pub created_by: String,
    /// RFC 3339.
    pub created_at: String,
    /// `sha256:…` of the canonical content; flowgate's own.
    pub content_hash: String,
    /// Where the content came from; flowgate's own.
    pub source: VersionSource,
}

/// Ids of the elements that changed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeltaMatrix {
    /// Only in this version.
    pub added: Vec<String>,
    /// Only in the one before.
    pub removed: Vec<String>,
    /// In both, and different.
    pub modified: Vec<String>,
    /// RFC 3339.
    pub computed_at: String,
}

/// What a rollback must leave alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RollbackSafetyDirective {
    /// Ids of `Begin` and `End`.
    pub immutable_nodes: Vec<String>,
    /// Always true.
    pub preserve_routing_logic: bool,
    /// How many versions back a rollback may go.
    pub max_rollback_depth: u32,
}

/// Where a version's content came from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VersionSource {
    /// The repository's address without credentials, or its folder's name.
    pub repository: String,
    /// The commit.
    pub commit: String,
    /// The manifest, relative to the repository.
    pub path: String,
    /// The project's `metadata.name`.
    pub project: String,
    /// Such as `Flow/customer-routing`.
    pub resource: String,
}

/// A whole version: answer of `POST …/versions` and `GET …/versions/{versionId}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowVersion {
    /// The version's id.
    pub id: String,
    /// The flow's id.
    #[serde(default)]
    pub flow_id: Option<String>,
    /// The semantic version.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub version: String,
    /// The flow's name when the version was made.
    #[serde(default)]
    pub name: Option<String>,
    /// What changed.
    #[serde(default)]
    pub description: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Whether it is the published one.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub published: bool,
    /// The steps.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub elements: Vec<Element>,
    /// The ways.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub connectors: Vec<Connector>,
    /// As its maker wrote it.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub metadata: Value,
}

/// Body of `POST /api/v2/flows/{flowId}/publish`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishRequest {
    /// The version to publish.
    pub version_id: String,
    /// Whether a snapshot is kept.
    pub snapshot: bool,
    /// Whether invalid versions pass.
    pub bypass_validation: bool,
}

/// Answer of `POST /api/v2/flows/{flowId}/publish`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The version that is published.
    pub version_id: String,
    /// The snapshot's id.
    #[serde(default)]
    pub snapshot_id: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    pub published_at: Option<String>,
}

/// Answer of `GET /api/v2/flow/versions/{versionId}/validate`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Validation {
    /// `VALID` or `INVALID`.
    pub status: String,
    /// For people.
    #[serde(default)]
    pub message: Option<String>,
    /// Names of data actions and data stores that the tenant lacks.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub missing_dependencies: Vec<String>,
}

/// Answer of `GET /api/v2/flow/versions/{versionId}/test-results`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResults {
    /// Whether all passed.
    pub passed: bool,
    /// How many ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// How many failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
}

/// Answer of `GET /api/v2/workflow/approvals/{flowId}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// `APPROVED`, `PENDING` or `DENIED`.
    pub status: String,
    /// The version it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
}

/// Body of `POST /api/v2/flow/deployments`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewDeployment {
    /// The flow's id.
    pub flow_id: String,
    /// The version to deploy.
    pub version_id: String,
    /// Such as `PRODUCTION`.
    pub target_environment: String,
    /// Whether a failure is to be rolled back.
    pub rollback_on_failure: bool,
    /// Whether invalid versions pass.
    pub skip_validation: bool,
    /// Who and when.
    pub metadata: DeploymentMetadata,
}

/// `metadata` of a deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentMetadata {
    /// Who deploys.
    pub triggered_by: String,
    /// RFC 3339.
    pub timestamp: String,
}

/// A deployment: answer of `POST`, `GET` and the lists.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// The deployment's id.
    pub id: String,
    /// `PENDING`, `IN_PROGRESS`, `SUCCESS`, `FAILED`, `ROLLBACK_IN_PROGRESS`, `ROLLED_BACK`.
    pub status: String,
    /// The flow's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// The version it deploys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Such as `PRODUCTION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_environment: Option<String>,
    /// What a rollback goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_version_id: Option<String>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// As whoever started it wrote it; see [`DeploymentMetadata`].
    #[serde(default, deserialize_with = "null_as_absent")]
    pub metadata: Value,
}

/// A page of `GET /api/v2/flow/deployments`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentPage {
    /// This page's deployments.
    #[serde(default, deserialize_with = "null_as_absent")]
    pub deployments: Vec<Deployment>,
    /// How many there are on all pages.
    pub total_count: u64,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_is_as_good_as_absent() {
        let validation = json!({"status": "VALID", "message": null, "missingDependencies": null});
        let read: Validation = serde_json::from_value(validation).expect("a validation");
        assert!(read.missing_dependencies.is_empty());

        let draft = json!({"id": "f", "version": 1, "name": "Care", "description": null,
                           "nodes": null, "edges": null, "updatedBy": null});
        let read: FlowDraft = serde_json::from_value(draft).expect("a draft");
        assert!(read.nodes.is_empty() && read.edges.is_empty() && read.extra.is_empty());

        let version = json!({"id": "v", "version": "1.0.0", "published": null, "metadata": null});
        let read: VersionSummary = serde_json::from_value(version).expect("a version");
        assert!(!read.published && read.metadata.is_null());

        let element = json!({"id": "a", "type": "Begin", "configuration": null});
        let read: Element = serde_json::from_value(element).expect("an element");
        assert!(read.configuration.is_empty());
    }
}
