//! What sources answer, put into what git wants.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::delta::hash;
use crate::manifest;
use crate::model::{Desired, DesiredFlow, Environment, ResourceId, SourceValues, Wanted};
use crate::sources::{self, Access};

/// Asks the sources that the selected flows use, each once, and returns what git wants with their
/// answers.
///
/// A flow whose source has no answer says why; so does one that is not selected. Nothing is asked
/// where no flow uses a source.
pub(super) async fn fill(
    desired: Desired,
    selected: &BTreeSet<ResourceId>,
    environment: &Environment,
    access: Access<'_>,
) -> Desired {
    let used: BTreeSet<String> = desired
        .flows
        .iter()
        .filter(|(id, _)| selected.contains(*id))
        .flat_map(|(_, wanted)| &*wanted.declared.sourced)
        .map(|sourced| sourced.source.clone())
        .collect();
    if used.is_empty() {
        return desired;
    }
    let values = sources::ask(environment, used.iter().map(String::as_str), access).await;
    put(desired, &values)
}

fn put(mut desired: Desired, values: &SourceValues) -> Desired {
    let sourced = |wanted: &&mut Wanted<DesiredFlow>| !wanted.declared.sourced.is_empty();
    for wanted in desired.flows.values_mut().filter(sourced) {
        let filled = manifest::fill(&wanted.declared, values);
        *wanted = Wanted { hash: hash(&filled.flow.content), declared: Arc::new(filled) };
    }
    desired
}

/// Names the values in which two plans of one flow differ, from their documents.
pub(super) fn moved(reviewed: Option<&Value>, now: Option<&Value>) -> Vec<String> {
    let list = |plan: Option<&Value>| plan?.get("sources")?.as_array().cloned();
    let (had, has) = (list(reviewed).unwrap_or_default(), list(now).unwrap_or_default());
    let same_place =
        |a: &Value, b: &Value| a["element"] == b["element"] && a["pointer"] == b["pointer"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    has.iter()
        .filter_map(|now| {
            let was = had.iter().find(|was| same_place(was, now))?;
            let origin = format!("{}.{}", text(&now["source"]), text(&now["field"]));
            let moved = was["value"] != now["value"];
            moved.then(|| format!("{origin} is {} now, and was {}", now["value"], was["value"]))
        })
        .collect()
}
