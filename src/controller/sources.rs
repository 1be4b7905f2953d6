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

/// Names the values in which two plans of one flow differ, or why they are missing now. The plans are
/// their documents.
pub(super) fn moved(reviewed: Option<&Value>, now: Option<&Value>) -> Vec<String> {
    let (had, has) = (sourced(reviewed), sourced(now));
    if has.is_empty() && !had.is_empty() {
        let reason = now.and_then(|now| now.get("reason")?.as_str());
        return reason.map(str::to_owned).into_iter().collect();
    }
    has.iter().filter_map(|now| moved_value(had, now)).collect()
}

fn sourced(plan: Option<&Value>) -> &[Value] {
    let list = plan.and_then(|plan| plan.get("sources")?.as_array());
    list.map(Vec::as_slice).unwrap_or_default()
}

fn moved_value(had: &[Value], now: &Value) -> Option<String> {
    let same_place =
        |was: &&Value| was["element"] == now["element"] && was["pointer"] == now["pointer"];
    let was = had.iter().find(same_place).filter(|was| was["value"] != now["value"])?;
    let (source, field) = (now["source"].as_str()?, now["field"].as_str()?);
    Some(format!("{source}.{field} is {} now, and was {}", now["value"], was["value"]))
}
