//! What files declare, in one environment: values filled in, files looked at together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::model::{
    Code, DesiredFlow, Environment, Finding, Flow, Location, ResourceId, Severity, Source, Span,
};

use super::flow::{Declared, Parsed, Slot, display_name_fault};
use super::json::{Step, descend};
use super::project::ProjectFile;
use super::template::{Filling, Template};

/// The desired flows of an environment, and everything that is wrong.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The flows, complete only if no finding is an error. Those without references are shared with
    /// the parsed files.
    pub flows: BTreeMap<ResourceId, Arc<DesiredFlow>>,
    /// Findings of the files first, in their order, then of the files together.
    pub findings: Vec<Finding>,
}

/// Fills in the values of an environment, and finds what only several files together show.
///
/// The findings include those of the parsed files, so that the caller has all at once. The
/// environment must be one of the project's. Of two flows with one name the first stays.
pub fn resolve(
    parsed: &[Arc<Parsed>],
    project: &ProjectFile,
    environment: &Environment,
) -> Resolved {
    let mut findings: Vec<Finding> =
        parsed.iter().flat_map(|file| file.findings.iter().cloned()).collect();
    let mut filling = Filling::new(environment);
    let mut names = Names::default();
    let mut flows = BTreeMap::new();
    for (source, declared) in flows_of(parsed) {
        let desired = fill(declared, source, &mut filling, &mut findings);
        if names.admit(declared, source, &desired, &mut findings) {
            flows.insert(ResourceId::flow(desired.name.clone()), desired);
        }
    }
    let (used, unresolved) = filling.finish();
    findings.extend(unresolved);
    findings.extend(rename_faults(parsed, &names));
    findings.extend(empty_paths(parsed, project));
    // What a broken file uses is not known.
    let all_read = findings.iter().all(|finding| finding.severity() == Severity::Warning);
    if all_read && !parsed.is_empty() {
        findings.extend(unused_values(project, environment, &used));
    }
    Resolved { flows, findings }
}

fn flows_of(parsed: &[Arc<Parsed>]) -> impl Iterator<Item = (&Arc<Source>, &Declared)> {
    parsed.iter().flat_map(|file| file.flows.iter().map(move |flow| (&file.source, flow)))
}

/// Returns the flow with its values; where one is missing, the text stays as it is written.
fn fill(
    declared: &Declared,
    source: &Arc<Source>,
    filling: &mut Filling<'_>,
    findings: &mut Vec<Finding>,
) -> Arc<DesiredFlow> {
    if declared.holes.is_empty() {
        return Arc::clone(&declared.desired);
    }
    let mut desired = DesiredFlow::clone(&declared.desired);
    for hole in &declared.holes {
        put(&mut desired.flow, &hole.slot, &hole.template, source, filling);
        if let (Slot::DisplayName, Some(fault)) =
            (&hole.slot, display_name_fault(&desired.flow.display_name))
        {
            let place = declared.display_name_place;
            findings.push(Finding::new(Code::BadValue, source, place, fault));
        }
    }
    Arc::new(desired)
}

fn put(
    flow: &mut Flow,
    slot: &Slot,
    template: &Template,
    source: &Arc<Source>,
    filling: &mut Filling<'_>,
) {
    match slot {
        Slot::DisplayName => {
            if let Some(text) = filling.text(template, source) {
                flow.display_name = text;
            }
        }
        Slot::Description => {
            if let Some(text) = filling.text(template, source) {
                flow.description = Some(text);
            }
        }
        Slot::Label { connector } => {
            if let Some(text) = filling.text(template, source) {
                Arc::make_mut(&mut flow.content.connectors)[*connector].label = Some(text);
            }
        }
        Slot::Condition { .. } | Slot::Configuration { .. } => {
            if let (Some(value), Some(place)) =
                (filling.value(template, source), free_form(flow, slot))
            {
                *place = value;
            }
        }
    }
}

fn free_form<'f>(flow: &'f mut Flow, slot: &Slot) -> Option<&'f mut Value> {
    match slot {
        Slot::Condition { connector, path } => {
            let connectors = Arc::make_mut(&mut flow.content.connectors);
            let condition = connectors.get_mut(*connector)?.condition.as_mut()?;
            descend(condition, path)
        }
        Slot::Configuration { element, path } => {
            let (Step::Key(key), rest) = path.split_first()? else { return None };
            let configuration = &mut flow.content.elements.get_mut(*element)?.configuration;
            descend(Arc::make_mut(configuration).get_mut(key)?, rest)
        }
        Slot::DisplayName | Slot::Description | Slot::Label { .. } => None,
    }
}

/// The names that are taken, and where.
#[derive(Default)]
struct Names {
    resources: BTreeMap<String, Location>,
    displayed: BTreeMap<String, Location>,
}

impl Names {
    /// Notes the names of a flow, and tells whether its name was free.
    fn admit(
        &mut self,
        declared: &Declared,
        source: &Arc<Source>,
        desired: &DesiredFlow,
        findings: &mut Vec<Finding>,
    ) -> bool {
        if let Some(first) = self.resources.get(&desired.name) {
            let message = format!("there are two flows `{}`", desired.name);
            findings.push(twice(Code::DuplicateResource, &desired.location, message, first));
            return false;
        }
        self.resources.insert(desired.name.clone(), desired.location.clone());
        let location = at(source, declared.display_name_place);
        let shown = &desired.flow.display_name;
        if let Some(first) = self.displayed.get(shown) {
            let message = format!("two flows are called `{shown}` on the platform");
            findings.push(twice(Code::DuplicateDisplayName, &location, message, first));
        } else {
            self.displayed.insert(shown.clone(), location);
        }
        true
    }
}

fn twice(code: Code, second: &Location, message: String, first: &Location) -> Finding {
    Finding::new(code, &second.source, second.span, message)
        .with_hint("give one of them another name, or remove it")
        .with_label(first.clone(), "first declared here")
}

fn at(source: &Arc<Source>, span: Span) -> Location {
    Location { source: Arc::clone(source), span }
}

/// Two flows cannot both be one that was there before.
fn rename_faults(parsed: &[Arc<Parsed>], names: &Names) -> Vec<Finding> {
    let mut claimed: BTreeMap<&str, Location> = BTreeMap::new();
    let mut findings = Vec::new();
    for (source, declared) in flows_of(parsed) {
        let (Some(old), Some(place)) =
            (declared.desired.renamed_from.as_deref(), declared.renamed_from_place)
        else {
            continue;
        };
        if old == declared.desired.name {
            continue;
        }
        if let Some(holder) = names.resources.get(old) {
            let message = format!("a flow `{old}` is still declared");
            findings.push(renamed(source, place, message, holder, "declared here"));
        } else if let Some(first) = claimed.get(old) {
            let message = format!("two flows say they were `{old}`");
            findings.push(renamed(source, place, message, first, "also here"));
        } else {
            claimed.insert(old, at(source, place));
        }
    }
    findings
}

fn renamed(
    source: &Arc<Source>,
    place: Span,
    message: String,
    other: &Location,
    label: &str,
) -> Finding {
    Finding::new(Code::BadValue, source, place, message)
        .with_hint("`renamedFrom` names a flow that is gone, once")
        .with_label(other.clone(), label)
}

fn empty_paths(parsed: &[Arc<Parsed>], file: &ProjectFile) -> Vec<Finding> {
    let lies_in = |folder: &str, path: &str| {
        folder == "."
            || path
                .strip_prefix(folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let empty = |folder: &str| !parsed.iter().any(|file| lies_in(folder, &file.source.path));
    let finding = |(i, folder): (usize, &String)| {
        let message = format!("no manifest lies in `{folder}`");
        let location = file.path_location(i);
        Finding::new(Code::EmptyPath, &location.source, location.span, message)
    };
    let folders = file.project.paths.iter().enumerate();
    folders.filter(|(_, folder)| empty(folder)).map(finding).collect()
}

fn unused_values(
    file: &ProjectFile,
    environment: &Environment,
    used: &BTreeSet<&str>,
) -> Vec<Finding> {
    let unused = environment.values.keys().filter(|name| !used.contains(name.as_str()));
    let finding = |name: &String| {
        let location = file.value_location(&environment.name, name);
        let message = format!("no manifest uses the value `{name}`");
        Finding::new(Code::UnusedValue, &location.source, location.span, message)
            .with_hint(format!("refer to it with `${{values.{name}}}`, or remove it"))
    };
    unused.map(finding).collect()
}
