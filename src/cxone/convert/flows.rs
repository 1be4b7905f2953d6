//! Flows, their versions and their deployments.

use std::sync::Arc;

use jiff::Timestamp;
use semver::Version;
use serde_json::{Map, Value};

use crate::model::{
    Connector, DeploymentId, DeploymentStatus, Draft, DraftLock, DraftRevision, Element,
    FlowContent, FlowId, LiveVersion, MAX_ROLLBACK_DEPTH, VersionId,
};

use crate::cxone::values::{
    Approval, ApprovalStatus, DeploymentDetail, FlowDetail, FlowListing, NewDeployment, NewVersion,
    Owner, Published, TestResults, Validation,
};
use crate::cxone::wire;

/// Types of which elements must outlive a rollback.
const IMMUTABLE_TYPES: [&str; 2] = ["Begin", "End"];

impl From<wire::Element> for Element {
    fn from(wire: wire::Element) -> Self {
        let wire::Element { id, element_type, configuration, extra } = wire;
        Self { id, element_type, configuration: configuration.into(), extra }
    }
}

impl From<&Element> for wire::Element {
    fn from(element: &Element) -> Self {
        let Element { id, element_type, configuration, extra } = element.clone();
        Self { id, element_type, configuration: Arc::unwrap_or_clone(configuration), extra }
    }
}

impl From<wire::Connector> for Connector {
    fn from(wire: wire::Connector) -> Self {
        let wire::Connector { id, source_id, target_id, label, condition, extra } = wire;
        Self { id, source_id, target_id, label, condition, extra }
    }
}

impl From<&Connector> for wire::Connector {
    fn from(connector: &Connector) -> Self {
        let Connector { id, source_id, target_id, label, condition, extra } = connector.clone();
        Self { id, source_id, target_id, label, condition, extra }
    }
}

/// Returns content of elements (nodes) and connectors (edges).
pub(in crate::cxone) fn content(
    elements: Vec<wire::Element>,
    connectors: Vec<wire::Connector>,
) -> FlowContent {
    FlowContent {
        elements: elements.into_iter().map(Element::from).collect(),
        connectors: connectors.into_iter().map(Connector::from).collect(),
    }
}

impl From<wire::FlowSummary> for FlowListing {
    fn from(wire: wire::FlowSummary) -> Self {
        Self {
            id: FlowId::new(wire.id),
            name: wire.name,
            draft_revision: DraftRevision(wire.version),
            published: wire.published_version_id.map(VersionId::new),
        }
    }
}

impl From<wire::FlowDraft> for FlowDetail {
    fn from(wire: wire::FlowDraft) -> Self {
        let mut rest = wire.extra;
        keep(&mut rest, "publishedVersionId", wire.published_version_id.as_ref());
        keep(&mut rest, "updatedAt", wire.updated_at.as_ref());
        keep(&mut rest, "updatedBy", wire.updated_by.as_ref());
        keep(&mut rest, "lockedBy", wire.locked_by.as_ref());
        keep(&mut rest, "lockedAt", wire.locked_at.as_ref());
        let at = wire.locked_at.as_deref().and_then(time);
        Self {
            id: FlowId::new(wire.id),
            name: wire.name,
            description: wire.description,
            draft: Draft {
                revision: DraftRevision(wire.version),
                content: content(wire.nodes, wire.edges),
                updated_by: wire.updated_by,
                updated_at: wire.updated_at.as_deref().and_then(time),
                lock: wire.locked_by.map(|by| DraftLock { by, at }),
            },
            published: wire.published_version_id.map(VersionId::new),
            rest,
        }
    }
}

impl From<&FlowDetail> for wire::FlowDraft {
    fn from(flow: &FlowDetail) -> Self {
        Self {
            id: flow.id.as_str().to_owned(),
            version: flow.draft.revision.0,
            name: flow.name.clone(),
            description: flow.description.clone(),
            nodes: flow.draft.content.elements.iter().map(wire::Element::from).collect(),
            edges: flow.draft.content.connectors.iter().map(wire::Connector::from).collect(),
            // These come back as they came, out of `rest`.
            published_version_id: None,
            updated_at: None,
            updated_by: None,
            locked_by: None,
            locked_at: None,
            extra: flow.rest.clone(),
        }
    }
}

fn keep(rest: &mut Map<String, Value>, name: &str, text: Option<&String>) {
    if let Some(text) = text {
        rest.insert(name.to_owned(), Value::String(text.clone()));
    }
}

/// Reads RFC 3339; `None` for any other text.
pub(in crate::cxone) fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// Returns a listed version; its metadata may be anything.
pub(in crate::cxone) fn live_version(wire: wire::VersionSummary, owner: &Owner) -> LiveVersion {
    let text = |pointer| wire.metadata.pointer(pointer).and_then(Value::as_str);
    let resource = owner.resource.to_string();
    LiveVersion {
        number: Version::parse(&wire.version).ok(),
        claimed_hash: text("/contentHash").and_then(|hash| hash.parse().ok()),
        ours: text("/source/project") == Some(&owner.project)
            && text("/source/resource") == Some(&resource),
        id: VersionId::new(wire.id),
    }
}

/// Returns the project and the resource that a version's metadata names.
pub(in crate::cxone) fn owner(metadata: &Value) -> Option<Owner> {
    let text = |pointer| metadata.pointer(pointer).and_then(Value::as_str);
    let resource = text("/source/resource")?.parse().ok()?;
    Some(Owner { project: text("/source/project")?.to_owned(), resource })
}

/// Returns the body that makes a version.
pub(in crate::cxone) fn new_version(flow: &FlowId, new: &NewVersion) -> wire::NewVersion {
    wire::NewVersion {
        flow_id: flow.as_str().to_owned(),
        version: new.number.to_string(),
        name: new.name.clone(),
        description: new.description.clone(),
        elements: new.content.elements.iter().map(wire::Element::from).collect(),
        connectors: new.content.connectors.iter().map(wire::Connector::from).collect(),
        metadata: version_metadata(new),
    }
}

fn version_metadata(new: &NewVersion) -> wire::VersionMetadata {
    let created_at = new.created_at.to_string();
    let immutable = |element: &&Element| IMMUTABLE_TYPES.contains(&element.element_type.as_str());
    wire::VersionMetadata {
        delta_matrix: wire::DeltaMatrix {
            added: new.changed.added.clone(),
            removed: new.changed.removed.clone(),
            modified: new.changed.modified.clone(),
            computed_at: created_at.clone(),
        },
        rollback_safety_directive: wire::RollbackSafetyDirective {
            immutable_nodes: new
                .content
                .elements
                .iter()
                .filter(immutable)
                .map(|element| element.id.clone())
                .collect(),
            preserve_routing_logic: true,
            max_rollback_depth: MAX_ROLLBACK_DEPTH,
        },
        created_by: new.created_by.clone(),
        created_at,
        content_hash: new.hash.to_string(),
        source: wire::VersionSource {
            repository: new.origin.repository.clone(),
            commit: new.origin.commit.to_string(),
            path: new.origin.path.clone(),
            project: new.origin.owner.project.clone(),
            resource: new.origin.owner.resource.to_string(),
        },
    }
}

impl From<wire::Published> for Published {
    fn from(wire: wire::Published) -> Self {
        Self { version: VersionId::new(wire.version_id), snapshot: wire.snapshot_id }
    }
}

impl From<wire::Validation> for Validation {
    fn from(wire: wire::Validation) -> Self {
        let valid = wire.status == "VALID";
        Self { valid, message: wire.message, missing: wire.missing_dependencies }
    }
}

impl From<wire::TestResults> for TestResults {
    fn from(wire: wire::TestResults) -> Self {
        Self { passed: wire.passed, total: wire.total, failed: wire.failed }
    }
}

impl From<wire::Approval> for Approval {
    fn from(wire: wire::Approval) -> Self {
        let status = match wire.status.as_str() {
            "APPROVED" => ApprovalStatus::Approved,
            "PENDING" => ApprovalStatus::Pending,
            "DENIED" => ApprovalStatus::Denied,
            _ => ApprovalStatus::Unknown(wire.status),
        };
        Self { status, version: wire.version_id.map(VersionId::new), approver: wire.approver }
    }
}

impl From<&NewDeployment> for wire::NewDeployment {
    fn from(new: &NewDeployment) -> Self {
        Self {
            flow_id: new.flow.as_str().to_owned(),
            version_id: new.version.as_str().to_owned(),
            target_environment: new.target_environment.clone(),
            rollback_on_failure: new.rollback_on_failure,
            skip_validation: false,
            metadata: wire::DeploymentMetadata {
                triggered_by: new.triggered_by.clone(),
                timestamp: new.at.to_string(),
            },
        }
    }
}

impl From<wire::Deployment> for DeploymentDetail {
    fn from(wire: wire::Deployment) -> Self {
        Self {
            status: status(wire.status, &wire.id),
            id: DeploymentId::new(wire.id),
            error: wire.error,
            flow: wire.flow_id.map(FlowId::new),
            version: wire.version_id.map(VersionId::new),
            previous: wire.previous_version_id.map(VersionId::new),
            target_environment: wire.target_environment,
            triggered_by: wire
                .metadata
                .get("triggeredBy")
                .and_then(Value::as_str)
                .map(str::to_owned),
            started_at: wire.started_at.as_deref().and_then(time),
        }
    }
}

const STATUSES: [(&str, DeploymentStatus); 6] = [
    ("PENDING", DeploymentStatus::Pending),
    ("IN_PROGRESS", DeploymentStatus::InProgress),
    ("SUCCESS", DeploymentStatus::Success),
    ("FAILED", DeploymentStatus::Failed),
    ("ROLLBACK_IN_PROGRESS", DeploymentStatus::RollbackInProgress),
    ("ROLLED_BACK", DeploymentStatus::RolledBack),
];

fn status(text: String, deployment: &str) -> DeploymentStatus {
    if let Some((_, status)) = STATUSES.into_iter().find(|(name, _)| *name == text) {
        status
    } else {
        tracing::warn!(deployment, status = text, "a deployment has a status that is not known");
        DeploymentStatus::Unknown(text)
    }
}

/// Returns a status as the platform spells it.
pub(in crate::cxone) fn status_text(status: &DeploymentStatus) -> &str {
    if let DeploymentStatus::Unknown(text) = status {
        return text;
    }
    let known = STATUSES.iter().find(|(_, known)| known == status);
    known.map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::ResourceId;

    #[test]
    fn an_element_and_a_connector_keep_what_is_not_known_of_them() {
        let element = json!({"id": "a", "type": "IVR", "configuration": {}, "position": {"x": 1}});
        let wire: wire::Element = serde_json::from_value(element.clone()).expect("an element");
        let model = Element::from(wire);
        assert_eq!(model.extra["position"]["x"], 1);
        assert_eq!(json!(wire::Element::from(&model)), element);

        let bare = json!({"id": "c", "sourceId": "a", "targetId": "b", "label": null, "colour": 3});
        let wire: wire::Connector = serde_json::from_value(bare).expect("a connector");
        let model = Connector::from(wire);
        assert_eq!((&model.label, &model.condition), (&None, &None));
        let back = json!({"id": "c", "sourceId": "a", "targetId": "b", "colour": 3});
        assert_eq!(json!(wire::Connector::from(&model)), back);
    }

    #[test]
    fn an_absent_configuration_is_an_empty_one() {
        let wire: wire::Element =
            serde_json::from_value(json!({"id": "a", "type": "Begin"})).expect("an element");
        assert!(Element::from(wire).configuration.is_empty());
    }

    #[test]
    fn a_flow_is_written_back_complete() {
        let flow = json!({
            "id": "f", "version": 14, "name": "Care", "description": "all channels",
            "nodes": [{"id": "a", "type": "Begin", "configuration": {}}],
            "edges": [], "publishedVersionId": "v1", "updatedAt": "2026-11-21T08:00:00.000Z",
            "updatedBy": "ada", "lockedBy": "ada", "lockedAt": "2026-11-21T08:00:01.000Z", "theme": {"dark": true},
        });
        let wire: wire::FlowDraft = serde_json::from_value(flow.clone()).expect("a flow");
        let detail = FlowDetail::from(wire);
        assert_eq!(detail.draft.updated_at, time("2026-11-21T08:00:00Z"));
        assert_eq!(detail.published, Some(VersionId::new("v1")));
        assert_eq!(json!(wire::FlowDraft::from(&detail)), flow);
    }

    #[test]
    fn a_version_is_ours_by_project_and_resource() {
        let owner =
            Owner { project: "acme".into(), resource: ResourceId::flow("customer-routing") };
        let ours = json!({"project": "acme", "resource": "Flow/customer-routing"});
        let table = [
            (json!({"source": ours}), true),
            (json!({"source": {"project": "acme", "resource": "Flow/other"}}), false),
            (json!({"source": {"project": "other", "resource": "Flow/customer-routing"}}), false),
            (json!({"source": "acme"}), false),
            (json!("text"), false),
            (json!(null), false),
        ];
        for (metadata, expected) in table {
            let summary = json!({"id": "v", "version": "1.0", "metadata": metadata});
            let wire = serde_json::from_value(summary).expect("a version");
            let version = live_version(wire, &owner);
            assert_eq!(version.ours, expected, "{metadata}");
            assert_eq!((version.number, version.claimed_hash), (None, None));
            assert_eq!(super::owner(&metadata).as_ref() == Some(&owner), expected, "{metadata}");
        }
    }

    #[test]
    fn every_status_survives_and_others_are_kept_as_text() {
        for (name, expected) in STATUSES {
            assert_eq!(status(name.to_owned(), "d"), expected);
            assert_eq!(status_text(&expected), name);
        }
        let odd = DeploymentStatus::Unknown("PAUSED".into());
        assert_eq!(status("PAUSED".into(), "d"), odd);
        assert_eq!(status_text(&odd), "PAUSED");
        assert!(!odd.is_terminal());
    }
}
