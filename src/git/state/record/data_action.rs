//! The record of a data action.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{API_VERSION, Stored, raw};
use crate::model;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::git) struct DataActionRecord {
    api_version: String,
    kind: String,
    id: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified: Option<i64>,
    hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    untested: Option<String>,
    content: Box<RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Content {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    r#type: String,
    trigger: Map<String, Value>,
    enabled: bool,
    dependencies: BTreeSet<String>,
    language: String,
    script: String,
}

/// Returns a content as the state keeps it, without the platform's own properties.
pub fn recorded_data_action(content: &model::DataActionContent) -> model::RecordedJson {
    raw(&Content {
        description: content.description.clone(),
        r#type: content.action_type.clone(),
        trigger: content.trigger.clone(),
        enabled: content.enabled,
        dependencies: content.dependencies.clone(),
        language: content.language.clone(),
        script: content.script.to_string(),
    })
}

/// Reads a content that [`recorded_data_action`] made; `None` when something else did, or a newer
/// flowgate.
pub fn data_action(recorded: &model::RecordedJson) -> Option<model::DataActionContent> {
    let content: Content = serde_json::from_str(recorded.0.get()).ok()?;
    Some(model::DataActionContent {
        description: content.description,
        action_type: content.r#type,
        trigger: content.trigger,
        enabled: content.enabled,
        dependencies: content.dependencies,
        language: content.language,
        script: content.script.into(),
        extra: Map::new(),
    })
}

impl Stored for model::DataActionRecord {
    const KIND: &'static str = "DataActionRecord";
    type File = DataActionRecord;

    fn header(file: &DataActionRecord) -> (&str, &str) {
        (&file.api_version, &file.kind)
    }

    fn to_file(&self) -> DataActionRecord {
        DataActionRecord {
            api_version: API_VERSION.to_owned(),
            kind: Self::KIND.to_owned(),
            id: self.id.to_string(),
            name: self.name.clone(),
            modified: self.modified.map(|modified| modified.0),
            hash: self.hash.to_string(),
            untested: self.untested.clone(),
            content: self.content.0.clone(),
        }
    }

    fn from_file(file: DataActionRecord) -> Result<Self, model::ParseIdError> {
        Ok(Self {
            id: model::DataActionId::new(file.id),
            name: file.name,
            modified: file.modified.map(model::ModifiedTimestamp),
            hash: file.hash.parse()?,
            untested: file.untested,
            content: model::RecordedJson(file.content),
        })
    }
}
