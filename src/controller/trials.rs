//! Runs the cases of `spec.tests` on this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::parallel;
use crate::delta::compare_values;
use crate::model::{
    Code, Declared, Desired, DesiredDataAction, Expectation, Finding, Location, Mismatch,
    ResourceId, State, TestCase, Trial, TrialFault, TrialOutcome,
};
use crate::render;
use crate::sandbox::{self, Fault, FaultKind, Limits, Script};

#[cfg(test)]
mod tests;

/// The data actions that git declares.
pub type Actions = BTreeMap<ResourceId, Arc<DesiredDataAction>>;

/// A case with the data action that it is about.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The data action.
    pub action: &'a DesiredDataAction,
    /// The case.
    pub case: &'a TestCase,
}

impl Case<'_> {
    /// Tells whether a text occurs in `action/case`; every case matches when there is no text.
    pub fn matches(&self, texts: &[String]) -> bool {
        let name = format!("{}/{}", self.action.metadata.name, self.case.name);
        texts.is_empty() || texts.iter().any(|text| name.contains(text))
    }
}

/// Returns every case, by the names of the data actions and in the order in which they stand there.
pub fn cases(actions: &Actions) -> impl Iterator<Item = Case<'_>> {
    actions.values().flat_map(|action| action.tests.iter().map(|case| Case { action, case }))
}

/// Runs the cases side by side on every core, each within the limits and in an engine of its own,
/// and returns what came of them, in their order.
///
/// Scripts call those of `actions` that they depend on.
pub fn run(actions: &Actions, cases: &[Case<'_>], limits: &Limits) -> Vec<Trial> {
    let scripts = actions.values().map(|action| script(action)).collect();
    parallel::map(cases, |case| trial(case, actions, &scripts, limits))
}

/// Returns a finding for each case that failed, at the case.
pub fn findings(trials: &[Trial]) -> Vec<Finding> {
    trials.iter().filter_map(finding).collect()
}

/// Runs the cases of the data actions that changed since the state was written, and of those that
/// depend on them, as far as they are selected; returns what failed.
pub(super) fn check(
    desired: &Desired,
    state: &State,
    selected: &BTreeSet<ResourceId>,
) -> Vec<Finding> {
    let touched = touched(desired, state);
    if touched.is_empty() {
        return Vec::new();
    }
    let actions = desired.data_actions.iter();
    let actions: Actions =
        actions.map(|(id, wanted)| (id.clone(), Arc::clone(&wanted.declared))).collect();
    let chosen = cases(&actions).filter(|Case { action, .. }| {
        touched.contains(action.metadata.name.as_str()) && selected.contains(&action.id())
    });
    findings(&run(&actions, &chosen.collect::<Vec<_>>(), &Limits::default()))
}

/// Returns the names of the data actions whose content is not the recorded one, and of those that
/// depend on them, directly or not.
fn touched<'d>(desired: &'d Desired, state: &State) -> BTreeSet<&'d str> {
    let mut dependents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut open = Vec::new();
    for wanted in desired.data_actions.values() {
        let action = &*wanted.declared;
        let name = action.metadata.name.as_str();
        for dependency in &action.content.dependencies {
            dependents.entry(dependency).or_default().push(name);
        }
        if action.record(state).is_none_or(|record| record.hash != wanted.hash) {
            open.push(name);
        }
    }
    let mut touched = BTreeSet::new();
    while let Some(name) = open.pop() {
        if touched.insert(name) {
            open.extend(dependents.get(name).into_iter().flatten());
        }
    }
    touched
}

fn script(action: &DesiredDataAction) -> (String, Script) {
    let content = Arc::clone(&action.content.script);
    let dependencies = action.content.dependencies.clone();
    (action.metadata.name.clone(), Script { content, dependencies })
}

fn trial(
    Case { action, case }: &Case<'_>,
    actions: &Actions,
    scripts: &BTreeMap<String, Script>,
    limits: &Limits,
) -> Trial {
    let name = &action.metadata.name;
    let source = Arc::clone(&action.metadata.location.source);
    let trial = Trial {
        action: name.clone(),
        case: case.name.clone(),
        location: Location { source, span: case.place },
        outcome: TrialOutcome::Passed,
        logs: Vec::new(),
        duration: Duration::ZERO,
    };
    if let Some(undeclared) = undeclared(name, scripts) {
        let undeclared = undeclared.to_owned();
        return Trial { outcome: TrialOutcome::Skipped { undeclared }, ..trial };
    }
    let run = sandbox::run(name, scripts, &case.input, limits);
    let outcome = judge(&case.expect, run.result, |fault| place(fault, action, actions));
    Trial { outcome, logs: run.logs, duration: run.duration, ..trial }
}

/// Returns an action that a script may call, directly or not, and that is not there.
fn undeclared<'s>(entry: &'s str, scripts: &'s BTreeMap<String, Script>) -> Option<&'s str> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![entry]);
    while let Some(name) = open.pop() {
        let Some(script) = scripts.get(name) else { return Some(name) };
        if seen.insert(name) {
            open.extend(script.dependencies.iter().map(String::as_str));
        }
    }
    None
}

/// Returns where a fault is: in the script that it names, else in that of the action.
fn place(fault: &Fault, action: &DesiredDataAction, actions: &Actions) -> Option<Location> {
    let (line, column) = (fault.line?, fault.column.unwrap_or(1));
    let script = match &fault.script {
        Some(name) => actions.get(&ResourceId::data_action(name))?,
        None => action,
    };
    Some(script.script_place.locate(line, column))
}

fn judge(
    expect: &Expectation,
    result: Result<Value, Fault>,
    place: impl Fn(&Fault) -> Option<Location>,
) -> TrialOutcome {
    let fault = |fault: Fault| TrialFault { location: place(&fault), message: fault.message };
    let mismatch = match (expect, result) {
        (Expectation::Success, Ok(_)) => return TrialOutcome::Passed,
        (Expectation::Output(expected), Ok(returned)) => {
            if compare_values("/output", expected, &returned).is_empty() {
                return TrialOutcome::Passed;
            }
            Mismatch::Output { expected: expected.clone(), returned }
        }
        (Expectation::Error(expected), Ok(returned)) => {
            Mismatch::NoError { expected: expected.clone(), returned }
        }
        (Expectation::Error(expected), Err(thrown)) if is_of_script(&thrown) => {
            if thrown.message.contains(expected) {
                return TrialOutcome::Passed;
            }
            Mismatch::OtherError { expected: expected.clone(), fault: fault(thrown) }
        }
        (_, Err(thrown)) => Mismatch::Fault(fault(thrown)),
    };
    TrialOutcome::Failed(mismatch)
}

/// Tells whether a fault comes from what the script does; no case expects any other.
fn is_of_script(fault: &Fault) -> bool {
    !matches!(fault.kind, FaultKind::Busy | FaultKind::Engine | FaultKind::Missing)
}

fn finding(trial: &Trial) -> Option<Finding> {
    let TrialOutcome::Failed(mismatch) = &trial.outcome else { return None };
    let Trial { action, case, location, .. } = trial;
    let reason = render::trials::reason(mismatch);
    let message = format!("the test `{case}` of `{action}` fails: {reason}");
    let finding = Finding::new(Code::FailingTest, &location.source, location.span, message)
        .with_hint(format!("to run it again: flowgate test --filter {action}"));
    let place = mismatch.fault().and_then(|fault| fault.location.clone());
    Some(match place {
        Some(place) => finding.with_label(place, "the error comes from here"),
        None => finding,
    })
}
