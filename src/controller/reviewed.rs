//! Whether what would be done now is what somebody reviewed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::request::{Approved, Reviewed};
use super::{Error, sources};
use crate::plan::Plan;
use crate::render;

/// Refuses a plan that was not signed off, if one was.
pub(super) fn check_approved(approved: Option<&Approved>, hash: &str) -> Result<(), Error> {
    match approved.filter(|approved| !approved.names(hash)) {
        None => Ok(()),
        Some(approved) => {
            let (approved, planned) = (approved.to_string(), hash.to_owned());
            Err(Error::NotApproved { approved, planned })
        }
    }
}

/// Refuses a plan that is not the saved one, and names what moved.
pub(super) fn check(reviewed: &Reviewed, plan: &Plan, hash: &str) -> Result<(), Error> {
    if reviewed.hash == hash {
        return Ok(());
    }
    let mut moved = elsewhere(reviewed, plan);
    if moved.is_empty() {
        let document = render::plan::json(plan, hash);
        moved.extend(flags(reviewed, &document));
        moved.extend(resources(reviewed, &document));
    }
    if moved.is_empty() {
        moved.push("other resources are unchanged than were".to_owned());
    }
    Err(Error::PlanMoved { path: reviewed.path.clone(), moved })
}

fn elsewhere(reviewed: &Reviewed, plan: &Plan) -> Vec<String> {
    let mut moved = Vec::new();
    if reviewed.environment != plan.environment {
        moved.push(format!("it is for {}, not {}", reviewed.environment, plan.environment));
    }
    if reviewed.revision != plan.revision.as_str() {
        let short = reviewed.revision.get(..8).unwrap_or(&reviewed.revision);
        moved.push(format!(
            "git is at {}, not at {short} (--revision names a commit)",
            plan.revision.short()
        ));
    }
    moved
}

/// Names the flags that set a guard aside in one of the two plans only.
fn flags(reviewed: &Reviewed, now: &Value) -> Vec<String> {
    let now = set_aside(now);
    let then_only = reviewed.overrides.difference(&now).map(|flag| {
        format!("it was made with {flag}, which is not given or sets nothing aside now")
    });
    let now_only = now
        .difference(&reviewed.overrides)
        .map(|flag| format!("it was made without {flag}, which sets something aside now"));
    then_only.chain(now_only).collect()
}

/// Returns the flags that set a guard aside in the document of a plan.
pub(super) fn set_aside(plan: &Value) -> BTreeSet<String> {
    let list = plan["overrides"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|one| Some(one["flag"].as_str()?.to_owned())).collect()
}

/// Returns the resources in the document of a plan, by kind and name.
pub(super) fn by_name(plan: &Value) -> BTreeMap<String, Value> {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let list = plan["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|one| (format!("{}/{}", text(one, "kind"), text(one, "name")), one.clone()))
        .collect()
}

/// Says of each resource for which something else would be done now what moved.
fn resources(reviewed: &Reviewed, now: &Value) -> Vec<String> {
    let now = by_name(now);
    let names: BTreeSet<&String> = reviewed.resources.keys().chain(now.keys()).collect();
    let differs = |name: &&&String| reviewed.resources.get(**name) != now.get(**name);
    let values = |name: &String| sources::moved(reviewed.resources.get(name), now.get(name));
    let moved = |name: &String| match (reviewed.resources.get(name), now.get(name)) {
        _ if !values(name).is_empty() => format!("{name}: {}", values(name).join(", ")),
        (Some(then), Some(now)) => format!("{name} moved since: {}", how(then, now)),
        (Some(_), None) => format!("{name} moved since: nothing is to be done about it now"),
        (None, _) => format!("{name} moved since: nothing was to be done about it then"),
    };
    names.iter().filter(differs).map(|name| moved(name)).collect()
}

/// What a plan was built on, by its key in the document and as people call it.
const BASIS: [(&str, &str); 8] = [
    ("flowId", "the flow"),
    ("draftRevision", "the draft revision"),
    ("publishedVersionId", "the published version"),
    ("deploymentId", "what is deployed"),
    ("dataActionId", "the data action"),
    ("modifiedTimestamp", "its modified timestamp"),
    ("dataStoreId", "the data store"),
    ("updatedAt", "its last change"),
];

fn how(then: &Value, now: &Value) -> String {
    let spelled = |value: &Value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let basis = BASIS.iter().filter_map(|(key, name)| {
        let (then, now) = (&then["basis"][*key], &now["basis"][*key]);
        (then != now).then(|| format!("{name} was {} and is {}", spelled(then), spelled(now)))
    });
    let differs = |keys: &[&str]| keys.iter().any(|key| then[*key] != now[*key]);
    let content =
        differs(&["delta", "settings"]).then(|| "other content would be written".to_owned());
    let mut moved: Vec<String> = basis.chain(content).collect();
    if moved.is_empty() {
        moved.push("other steps would be taken, or the plan was made with other flags".to_owned());
    }
    moved.join(", ")
}
