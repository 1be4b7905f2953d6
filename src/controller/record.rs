//! Writes what a pass did into git.

use super::Error;
use crate::apply::{Applied, RecordChange};
use crate::git::{self, Repo, Signature, Tip, note};
use crate::manifest;
use crate::model::{Desired, DesiredFlow, Flow, FlowRecord, Outcome, State, Status, Step};
use crate::plan::Plan;

/// Saves live content that the plan overwrites and that no version holds, as manifests under
/// `refs/flowgate/drift/<environment>`. Nothing is written to the tenant before this succeeded.
pub(super) fn save_overwritten(
    repo: &Repo,
    plan: &Plan,
    desired: &Desired,
    who: &Signature,
) -> Result<(), Error> {
    let publishes = plan.resources.iter().filter(|plan| plan.steps.contains(&Step::Publish));
    let overwritten = publishes.filter_map(|resource| {
        let declared = &*desired.flows.get(&resource.id)?.flow;
        let flow =
            Flow { content: resource.overwrites.clone()?, version: None, ..declared.flow.clone() };
        let live = DesiredFlow { flow, ..declared.clone() };
        Some((format!("{}.yaml", resource.id), manifest::write(&live)))
    });
    let manifests: Vec<(String, String)> = overwritten.collect();
    if manifests.is_empty() {
        return Ok(());
    }
    let message = format!("Live content before {} overwrites it", plan.revision.short());
    repo.write_drift(&plan.environment, &manifests, &message, who)?;
    Ok(())
}

/// What a pass was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Everything that git declares.
    Whole,
    /// What a selector left: it cannot speak for the commit.
    Narrowed,
}

/// Writes state, then note: a note never tells of what the state does not hold.
///
/// A narrowed pass writes no note, because its outcome is not that of the commit, and what is promoted
/// by the note would be what was never reconciled.
///
/// A pass that changed nothing leaves the note of an earlier one on the same commit, if that says
/// the same; so the second pass does not hide what the first one did.
pub(super) fn write(
    repo: &Repo,
    status: &Status,
    scope: Scope,
    (state, tip): (&State, Option<Tip>),
    who: &Signature,
) -> Result<(), git::Error> {
    let message = note::summary_line(status);
    repo.write_state(&status.environment, state, tip, &message, who)?;
    if scope == Scope::Narrowed || says_the_same(repo, status) {
        return Ok(());
    }
    repo.write_note(&status.environment, &status.revision, &note::write(status), who)
}

/// Puts into the state what a pass did and what it found to be behind.
pub(super) fn change(state: &mut State, applied: &[Applied], refreshed: &[(String, FlowRecord)]) {
    for Applied { status, record } in applied {
        match record {
            RecordChange::Keep => {}
            RecordChange::Remove => {
                state.flows.remove(&status.id.name);
            }
            RecordChange::Put(record) => put(state, &status.id.name, record),
        }
    }
    for (name, record) in refreshed {
        put(state, name, record);
    }
}

fn put(state: &mut State, name: &str, record: &FlowRecord) {
    // A renamed flow leaves its old name.
    state.flows.retain(|_, known| known.id != record.id);
    state.flows.insert(name.to_owned(), record.clone());
}

fn says_the_same(repo: &Repo, status: &Status) -> bool {
    let known = repo.read_note(&status.environment, &status.revision).ok().flatten();
    let known = known.and_then(|text| note::read(&text).ok());
    known.is_some_and(|known| {
        let synced = status.outcome == Outcome::Synced;
        status.counts.changed == 0
            && known.outcome == status.outcome
            && (synced || known.resources == status.resources)
    })
}
