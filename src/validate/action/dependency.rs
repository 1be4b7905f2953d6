//! Dependencies on what nobody knows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::model::{
    Code, Declarations, DesiredDataAction, Finding, Kind, Location, Project, ResourceId,
};

use super::super::names::Names;
use super::super::typo::Guesses;

/// Returns where an action names a dependency.
pub(super) fn location(action: &DesiredDataAction, dependency: &str) -> Location {
    let Location { source, span } = &action.metadata.location;
    let span = action.dependency_places.get(dependency).unwrap_or(span);
    Location { source: Arc::clone(source), span: *span }
}

/// Makes a finding about a dependency.
pub(super) fn finding(
    code: Code,
    action: &DesiredDataAction,
    dependency: &str,
    message: String,
) -> Finding {
    let Location { source, span } = location(action, dependency);
    Finding::new(code, &source, span, message)
}

/// Finds dependencies that are neither declared nor external.
pub(super) fn undeclared<'a>(declared: &'a Declarations, names: &mut Names<'a>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (action, name) in all(declared) {
        if !names.has(Kind::DataAction, name) {
            let message = format!(
                "`{}` depends on the data action `{name}`, which is not declared",
                action.metadata.name
            );
            let finding = finding(Code::UndeclaredDependency, action, name, message);
            findings.push(finding.with_hint(names.hint(Kind::DataAction, name)));
        }
    }
    findings
}

/// Returns findings about dependencies that neither git declares nor the tenant has, and about those that
/// come back to where they began through a data action that only the tenant has.
///
/// `live` are all data actions of the tenant by name, each with those that it depends on. What the
/// project lists as external is others' to bring, and is not looked for.
pub fn dependencies(declared: &Declarations, project: &Project, live: &Live) -> Vec<Finding> {
    let mut findings = unknown(declared, project, live);
    findings.extend(circles(declared, live));
    findings
}

/// The tenant's data actions by name, each with those that it depends on.
type Live = BTreeMap<String, BTreeSet<String>>;

/// Finds circles that only show beside the tenant: of each dependency on what git does not declare, a
/// shortest way back.
fn circles(declared: &Declarations, live: &Live) -> Vec<Finding> {
    let ours: HashMap<&str, &BTreeSet<String>> = declared
        .data_actions
        .values()
        .map(|action| (action.metadata.name.as_str(), &action.content.dependencies))
        .collect();
    let calls = |name: &str| ours.get(name).copied().or_else(|| live.get(name));
    let beyond = all(declared).filter(|(_, name)| !ours.contains_key(name));
    let circle = |(action, name): (&'_ DesiredDataAction, &'_ str)| {
        let start = action.metadata.name.as_str();
        let mut around = vec![start.to_owned()];
        around.extend(way(name, start, calls)?);
        let message =
            format!("data actions depend on each other in a circle: {}", around.join(" → "));
        let hint = "remove one of these dependencies, or move what both sides need into a third";
        Some(finding(Code::DependencyCycle, action, name, message).with_hint(hint))
    };
    beyond.filter_map(circle).collect()
}

/// Returns the names on a shortest way, both ends included.
fn way<'a>(
    from: &str,
    to: &str,
    calls: impl Fn(&str) -> Option<&'a BTreeSet<String>>,
) -> Option<Vec<String>> {
    let mut came: HashMap<String, Option<String>> = HashMap::from([(from.to_owned(), None)]);
    let mut open = VecDeque::from([from.to_owned()]);
    while let Some(name) = open.pop_front() {
        if name == to {
            let mut way = vec![name];
            while let Some(Some(before)) = way.last().and_then(|last| came.get(last)) {
                way.push(before.clone());
            }
            way.reverse();
            return Some(way);
        }
        for next in calls(&name).into_iter().flatten() {
            if !came.contains_key(next) {
                came.insert(next.clone(), Some(name.clone()));
                open.push_back(next.clone());
            }
        }
    }
    None
}

fn unknown(declared: &Declarations, project: &Project, live: &Live) -> Vec<Finding> {
    let ours = declared.data_actions.keys().map(|id| id.name.as_str());
    let known: HashSet<_> = ours.chain(live.keys().map(String::as_str)).collect();
    let mut guesses = Guesses::among(known.iter().copied());
    let external = |name: &str| project.external.contains(&ResourceId::data_action(name));
    let missing = all(declared).filter(|(_, name)| !known.contains(name) && !external(name));
    let finding = |(action, name): (&'_ DesiredDataAction, _)| {
        let message = format!(
            "`{}` depends on the data action `{name}`, which neither git declares nor the tenant has",
            action.metadata.name
        );
        finding(Code::UnknownDependency, action, name, message)
            .with_hint(hint(name, guesses.guess(name)))
    };
    missing.map(finding).collect()
}

fn hint(name: &str, guess: Option<&str>) -> String {
    guess.map_or_else(
        || {
            format!(
                "declare it, remove the dependency, or list `{}` as external",
                ResourceId::data_action(name)
            )
        },
        |guess| format!("did you mean `{guess}`?"),
    )
}

/// Returns every dependency of every declared data action.
fn all(declared: &Declarations) -> impl Iterator<Item = (&DesiredDataAction, &str)> {
    declared.data_actions.values().flat_map(|action| {
        action.content.dependencies.iter().map(|name| (&**action, name.as_str()))
    })
}
