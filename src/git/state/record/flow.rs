//! The record of a flow. Elements and connectors have one order, because theirs means nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{API_VERSION, Stored, raw};
use crate::{delta, model};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::git) struct FlowRecord {
    api_version: String,
    kind: String,
    id: String,
    display_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    draft_revision: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    draft: Option<DraftRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<VersionRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deployed: Option<Deployed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DraftRecord {
    hash: String,
    elements: Box<RawValue>,
    connectors: Box<RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VersionRecord {
    id: String,
    number: semver::Version,
    hash: String,
    elements: Box<RawValue>,
    connectors: Box<RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Element {
    id: String,
    r#type: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    configuration: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    extra: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Connector {
    id: String,
    source_id: String,
    target_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    // A condition of JSON `null` is a condition; an absent one is none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    condition: Option<Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    extra: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Deployed {
    deployment: String,
    version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<semver::Version>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Failure {
    hash: String,
    deployment: String,
    at: Timestamp,
    error: String,
    stuck: bool,
}

fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// Returns a content as the state keeps it.
pub fn recorded(content: &model::FlowContent) -> model::RecordedContent {
    let mut elements: Vec<_> = content.elements.iter().map(Element::of).collect();
    elements.sort_by(|a, b| a.id.cmp(&b.id));
    let mut connectors: Vec<_> = content.connectors.iter().map(Connector::of).collect();
    connectors.sort_by(|a, b| a.id.cmp(&b.id));
    model::RecordedContent { elements: raw(&elements), connectors: raw(&connectors) }
}

/// Returns a draft without a version as the state keeps it.
pub fn recorded_draft(content: &model::FlowContent) -> model::DraftRecord {
    model::DraftRecord { hash: delta::hash(content), content: recorded(content), revision: None }
}

/// Reads a content that [`recorded`] made; `None` when something else did, or a newer flowgate.
pub fn content(recorded: &model::RecordedContent) -> Option<model::FlowContent> {
    let elements: Vec<Element> = serde_json::from_str(recorded.elements.0.get()).ok()?;
    let connectors: Vec<Connector> = serde_json::from_str(recorded.connectors.0.get()).ok()?;
    Some(model::FlowContent {
        elements: elements.into_iter().map(Element::into_model).collect(),
        connectors: connectors.into_iter().map(Connector::into_model).collect(),
    })
}

impl Stored for model::FlowRecord {
    const KIND: &'static str = "FlowRecord";
    type File = FlowRecord;

    fn header(file: &FlowRecord) -> (&str, &str) {
        (&file.api_version, &file.kind)
    }

    fn to_file(&self) -> FlowRecord {
        let flow = self;
        FlowRecord {
            api_version: API_VERSION.to_owned(),
            kind: Self::KIND.to_owned(),
            id: flow.id.to_string(),
            display_name: flow.display_name.clone(),
            description: flow.description.clone(),
            draft_revision: flow.draft_revision.0,
            draft: flow.draft.as_ref().map(DraftRecord::of),
            published: flow.published.as_ref().map(ToString::to_string),
            version: flow.version.as_ref().map(VersionRecord::of),
            deployed: flow.deployed.as_ref().map(Deployed::of),
            failure: flow.failure.as_ref().map(Failure::of),
        }
    }

    fn from_file(file: FlowRecord) -> Result<Self, model::ParseIdError> {
        Ok(Self {
            id: model::FlowId::new(file.id),
            display_name: file.display_name,
            description: file.description,
            draft_revision: model::DraftRevision(file.draft_revision),
            draft: file.draft.map(DraftRecord::into_model).transpose()?,
            published: file.published.map(model::VersionId::new),
            version: file.version.map(VersionRecord::into_model).transpose()?,
            deployed: file.deployed.map(Deployed::into_model),
            failure: file.failure.map(Failure::into_model).transpose()?,
        })
    }
}

impl DraftRecord {
    fn of(draft: &model::DraftRecord) -> Self {
        let model::RecordedContent { elements, connectors } = draft.content.clone();
        Self {
            hash: draft.hash.to_string(),
            elements: elements.0,
            connectors: connectors.0,
            revision: draft.revision.map(|revision| revision.0),
        }
    }

    fn into_model(self) -> Result<model::DraftRecord, model::ParseIdError> {
        Ok(model::DraftRecord {
            hash: self.hash.parse()?,
            content: model::RecordedContent {
                elements: model::RecordedJson(self.elements),
                connectors: model::RecordedJson(self.connectors),
            },
            revision: self.revision.map(model::DraftRevision),
        })
    }
}

impl VersionRecord {
    fn of(version: &model::VersionRecord) -> Self {
        let model::RecordedContent { elements, connectors } = version.content.clone();
        Self {
            id: version.id.to_string(),
            number: version.number.clone(),
            hash: version.hash.to_string(),
            elements: elements.0,
            connectors: connectors.0,
        }
    }

    fn into_model(self) -> Result<model::VersionRecord, model::ParseIdError> {
        Ok(model::VersionRecord {
            id: model::VersionId::new(self.id),
            number: self.number,
            hash: self.hash.parse()?,
            content: model::RecordedContent {
                elements: model::RecordedJson(self.elements),
                connectors: model::RecordedJson(self.connectors),
            },
        })
    }
}

impl Element {
    fn of(element: &model::Element) -> Self {
        Self {
            id: element.id.clone(),
            r#type: element.element_type.clone(),
            configuration: Map::clone(&element.configuration),
            extra: element.extra.clone(),
        }
    }

    fn into_model(self) -> model::Element {
        model::Element {
            id: self.id,
            element_type: self.r#type,
            configuration: self.configuration.into(),
            extra: self.extra,
        }
    }
}

impl Connector {
    fn of(connector: &model::Connector) -> Self {
        Self {
            id: connector.id.clone(),
            source_id: connector.source_id.clone(),
            target_id: connector.target_id.clone(),
            label: connector.label.clone(),
            condition: connector.condition.clone(),
            extra: connector.extra.clone(),
        }
    }

    fn into_model(self) -> model::Connector {
        model::Connector {
            id: self.id,
            source_id: self.source_id,
            target_id: self.target_id,
            label: self.label,
            condition: self.condition,
            extra: self.extra,
        }
    }
}

impl Deployed {
    fn of(deployed: &model::Deployed) -> Self {
        Self {
            deployment: deployed.deployment.to_string(),
            version: deployed.version.to_string(),
            number: deployed.number.clone(),
        }
    }

    fn into_model(self) -> model::Deployed {
        model::Deployed {
            deployment: model::DeploymentId::new(self.deployment),
            version: model::VersionId::new(self.version),
            number: self.number,
        }
    }
}

impl Failure {
    fn of(failure: &model::Failure) -> Self {
        Self {
            hash: failure.hash.to_string(),
            deployment: failure.deployment.to_string(),
            at: failure.at,
            error: failure.error.clone(),
            stuck: failure.stuck,
        }
    }

    fn into_model(self) -> Result<model::Failure, model::ParseIdError> {
        Ok(model::Failure {
            hash: self.hash.parse()?,
            deployment: model::DeploymentId::new(self.deployment),
            at: self.at,
            error: self.error,
            stuck: self.stuck,
        })
    }
}
