//! Reads what was written as a pass would, and leaves out what it would refuse.

use std::collections::{BTreeMap, BTreeSet};

use super::read::Content;
use super::write::Written;
use crate::controller::Manifests;
use crate::delta::{Base, compare_data_store, hash, merge_data_action};
use crate::model::{
    DataActionContent, Declarations, Environment, Finding, Flow, NotExported, Prune, ResourceId,
    Severity,
};

/// The most findings that a reason names.
const NAMED: usize = 3;

/// What can be written.
pub(super) struct Settled {
    pub(super) kept: Vec<Written>,
    pub(super) refused: Vec<NotExported>,
    /// What the project must know besides.
    pub(super) element_types: BTreeSet<String>,
    pub(super) external: BTreeSet<ResourceId>,
}

/// Leaves out, until nothing is wrong any more, what would have errors and what would not be read as
/// it is live. A store is first tried without its records.
pub(super) fn settle(
    mut kept: Vec<Written>,
    beside: &Manifests,
    environment: &Environment,
) -> Settled {
    let mut refused = Vec::new();
    loop {
        let needs = needs(&kept, beside, environment);
        let faults = faults(&kept, beside, environment, &needs);
        if faults.is_empty() {
            let (element_types, external) = needs;
            return Settled { kept, refused, element_types, external };
        }
        let mut left = Vec::with_capacity(kept.len());
        for (place, written) in kept.into_iter().enumerate() {
            match faults.get(&place) {
                None => left.push(written),
                Some(why) if written.has_items() => left.push(written.without_items(why)),
                Some(why) => refused.push(written.of.refused(why.clone())),
            }
        }
        kept = left;
    }
}

type Needs = (BTreeSet<String>, BTreeSet<ResourceId>);

/// What flows use and data actions call, and the project does not know.
fn needs(kept: &[Written], beside: &Manifests, environment: &Environment) -> Needs {
    let project = beside.project();
    let (declared, _) = beside.environment(environment);
    let exported: BTreeSet<&ResourceId> = kept.iter().map(|written| &written.id).collect();
    let has = |id: &ResourceId| {
        exported.contains(id)
            || project.external.contains(id)
            || declared.data_actions.contains_key(id)
            || declared.data_stores.contains_key(id)
    };
    let flows = || kept.iter().filter_map(flow);
    let types =
        flows().flat_map(|flow| &flow.content.elements).map(|element| &element.element_type);
    let types = types.filter(|name| !name.is_empty() && !project.element_types.contains(*name));
    let used = flows().flat_map(|flow| flow.content.uses()).map(|(_, used)| used);
    let called = kept.iter().filter_map(data_action).flat_map(|action| &action.dependencies);
    let used = used.chain(called.map(ResourceId::data_action));
    let used = used.filter(|id| crate::manifest::name_fault(id.kind, &id.name).is_none());
    (types.cloned().collect(), used.filter(|id| !has(id)).collect())
}

fn data_action(written: &Written) -> Option<&DataActionContent> {
    match &written.of.content {
        Content::DataAction(live) => Some(&live.content),
        Content::Flow { .. } | Content::DataStore { .. } => None,
    }
}

fn flow(written: &Written) -> Option<&Flow> {
    match &written.of.content {
        Content::Flow { flow, .. } => Some(flow),
        Content::DataAction(_) | Content::DataStore { .. } => None,
    }
}

/// Returns what is wrong with each that cannot be written, by its place in the list.
fn faults(
    kept: &[Written],
    beside: &Manifests,
    environment: &Environment,
    (element_types, external): &Needs,
) -> BTreeMap<usize, String> {
    let parsed = kept.iter().map(|written| written.parsed.clone());
    let scripts = kept.iter().filter_map(Written::script_file);
    let whole = beside.with(parsed, scripts, (element_types, external));
    let (declared, findings) = whole.environment(environment);
    let errors: Vec<&Finding> =
        findings.iter().filter(|finding| finding.severity() == Severity::Error).collect();
    let fault = |written: &Written| {
        let about = |finding: &&&Finding| written.lies_at(&finding.location.source.path);
        let found: Vec<&Finding> = errors.iter().filter(about).copied().collect();
        if found.is_empty() {
            return (!is_as_live(written, &declared)).then(|| DIFFERS.to_owned());
        }
        Some(told(&found))
    };
    kept.iter().enumerate().filter_map(|(place, one)| Some((place, fault(one)?))).collect()
}

const DIFFERS: &str = "it holds what a manifest cannot say, and would not be read as it is live";

fn told(found: &[&Finding]) -> String {
    let named: Vec<String> = found
        .iter()
        .take(NAMED)
        .map(|finding| format!("{} ({})", finding.message, finding.code.as_str()))
        .collect();
    let more = match found.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!("its manifest would have errors: {}{more}", named.join("; "))
}

/// Tells whether a pass would find no difference.
fn is_as_live(written: &Written, declared: &Declarations) -> bool {
    let id = &written.id;
    match &written.of.content {
        Content::Flow { flow, .. } => declared.flows.get(id).is_some_and(|read| {
            let read = &read.flow;
            hash(&read.content) == hash(&flow.content)
                && read.display_name == flow.display_name
                && read.description == flow.description
        }),
        Content::DataAction(live) => declared.data_actions.get(id).is_some_and(|read| {
            let merge = merge_data_action(Base::Nothing, &live.content, &read.content);
            merge.written.is_empty() && live.name == id.name
        }),
        Content::DataStore { live, .. } => declared.data_stores.get(id).is_some_and(|read| {
            let compared = compare_data_store(read, live, Base::Nothing, Prune::Never);
            compared.is_settled() && live.name == id.name
        }),
    }
}
