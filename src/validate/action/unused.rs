//! Data actions that nobody needs.

use std::collections::HashSet;

use crate::model::{Code, Declarations, DesiredDataAction, Finding, Kind};

use super::super::flow::named;
use super::super::names::Names;

/// Finds data actions that no flow and no other data action names; a misspelt name counts as what it
/// was probably meant to be.
pub(super) fn check<'a>(declared: &'a Declarations, names: &mut Names<'a>) -> Vec<Finding> {
    let by_flows = declared.flows.values().flat_map(|flow| named(flow, Kind::DataAction));
    let by_actions = declared.data_actions.values().flat_map(|action| others(action));
    let mut used = HashSet::new();
    for name in by_flows.chain(by_actions) {
        let known = names.has(Kind::DataAction, name);
        used.insert(if known { Some(name) } else { names.guess(Kind::DataAction, name) });
    }
    let unused = |action: &&DesiredDataAction| !used.contains(&Some(&*action.metadata.name));
    declared.data_actions.values().map(|action| &**action).filter(unused).map(finding).collect()
}

fn others(action: &DesiredDataAction) -> impl Iterator<Item = &str> {
    let names = action.content.dependencies.iter().map(String::as_str);
    names.filter(|name| *name != action.metadata.name)
}

fn finding(action: &DesiredDataAction) -> Finding {
    let place = &action.metadata.location;
    let message = format!("no flow and no other data action uses `{}`", action.metadata.name);
    Finding::new(Code::UnusedDataAction, &place.source, place.span, message).with_hint(
        "name it in the `configuration.dataAction` of an element of type `API`, or remove it",
    )
}
