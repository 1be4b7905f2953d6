//! Data actions.

use serde_json::{Map, Value};

use crate::cxone::values::{DataActionListing, ScriptFailure, ScriptRun, Verdict};
use crate::cxone::wire;
use crate::model::{DataActionContent, DataActionId, ModifiedTimestamp};

use super::said;

impl From<wire::DataAction> for DataActionListing {
    fn from(wire: wire::DataAction) -> Self {
        Self {
            id: DataActionId::new(wire.id),
            name: wire.body.name,
            modified: ModifiedTimestamp(wire.modified_timestamp),
            dependencies: wire.body.dependencies.into_iter().collect(),
        }
    }
}

/// Returns what a data action holds; `None` where the script's text was left out.
pub(in crate::cxone) fn data_action_content(
    body: wire::DataActionBody,
    extra: Map<String, Value>,
) -> Option<DataActionContent> {
    let script = body.script?;
    Some(DataActionContent {
        description: said(body.description),
        action_type: body.action_type,
        trigger: body.trigger,
        enabled: body.enabled.unwrap_or(true),
        dependencies: body.dependencies.into_iter().collect(),
        language: script.language,
        script: script.content?.into(),
        extra,
    })
}

/// Returns the body that makes a data action. What only the platform knows of another one is not in
/// it.
pub(in crate::cxone) fn new_data_action(
    name: &str,
    content: &DataActionContent,
) -> wire::DataActionBody {
    wire::DataActionBody {
        name: name.to_owned(),
        description: said(content.description.clone()),
        action_type: content.action_type.clone(),
        trigger: content.trigger.clone(),
        script: Some(wire::Script {
            language: content.language.clone(),
            content: Some(content.script.to_string()),
        }),
        enabled: Some(content.enabled),
        dependencies: content.dependencies.iter().cloned().collect(),
    }
}

/// Returns the body that takes the place of a data action as it was at `modified`.
pub(in crate::cxone) fn data_action_over(
    id: &DataActionId,
    name: &str,
    content: &DataActionContent,
    modified: ModifiedTimestamp,
) -> wire::DataAction {
    let mut body = new_data_action(name, content);
    // A server that keeps what is absent would keep the old one.
    body.description.get_or_insert_default();
    wire::DataAction {
        id: id.as_str().to_owned(),
        body,
        created_timestamp: None,
        modified_timestamp: modified.0,
        extra: content.extra.clone(),
    }
}

impl From<wire::TestRun> for ScriptRun {
    fn from(wire: wire::TestRun) -> Self {
        let verdict = if wire.status == "SUCCESS" { Verdict::Passed } else { Verdict::Failed };
        let error = match verdict {
            Verdict::Passed => None,
            Verdict::Failed => Some(wire.error.map_or_else(
                || ScriptFailure::untold(&wire.status),
                |error| ScriptFailure::told(error, &wire.status),
            )),
        };
        Self { verdict, output: wire.output, error, logs: wire.logs }
    }
}

impl ScriptFailure {
    fn untold(status: &str) -> Self {
        let message = format!("the tenant says {status} and gives no reason");
        Self { message, line: None, column: None }
    }

    fn told(wire: wire::ScriptError, status: &str) -> Self {
        let message = said(Some(wire.message)).unwrap_or_else(|| Self::untold(status).message);
        Self { message, line: wire.line, column: wire.column }
    }
}
