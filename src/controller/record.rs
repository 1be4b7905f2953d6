//! Writes what a pass did into git.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Error;
use crate::apply::{Applied, RecordChange};
use crate::git::{self, Repo, Signature, Tip, note};
use crate::manifest;
use crate::model::{
    DataActionRecord, DataStoreRecord, Declared, Desired, DesiredFlow, FlowRecord, Hold,
    ItemPolicy, Kind, LivePart, Outcome, Record, ResourceId, ResourceStatus, State, Status,
};
use crate::plan::{Overwritten, Plan, Refreshed, ResourcePlan, Work};

/// Saves live content that the plan overwrites and that is nowhere else, as manifests under
/// `refs/flowgate/drift/<environment>`. Nothing is written to the tenant before this succeeded.
pub(super) fn save_overwritten(
    repo: &Repo,
    plan: &Plan,
    desired: &Desired,
    who: &Signature,
) -> Result<(), Error> {
    let overwritten = plan.resources.iter().flat_map(|resource| overwritten(resource, desired));
    let manifests: Vec<(String, String)> = overwritten.collect();
    if manifests.is_empty() {
        return Ok(());
    }
    let message = format!("Live content before {} overwrites it", plan.revision.short());
    repo.write_drift(&plan.environment, &manifests, &message, who)?;
    Ok(())
}

/// Returns what a plan overwrites of a resource, as manifests that would put it back, by path.
fn overwritten(resource: &ResourcePlan, desired: &Desired) -> Vec<(String, String)> {
    let id = &resource.id;
    let file = |text| vec![(format!("{id}.yaml"), text)];
    match &resource.work {
        Work::Flow(work) => {
            let declared = desired.flows.get(id).map(|wanted| &wanted.declared);
            let all = declared.into_iter().flat_map(|declared| {
                work.overwrites.iter().map(|one| overwritten_flow(declared, one))
            });
            all.collect()
        }
        Work::DataAction(work) => {
            let text = |content| manifest::write_data_action(&id.name, content);
            work.overwrites.as_ref().map(text).map(file).unwrap_or_default()
        }
        Work::DataStore(work) => {
            let text = |content| manifest::write_data_store(&id.name, content, ItemPolicy::Partial);
            work.overwrites.as_ref().map(text).map(file).unwrap_or_default()
        }
    }
}

fn overwritten_flow(declared: &DesiredFlow, live: &Overwritten) -> (String, String) {
    let id = declared.id();
    let path = match live.part {
        LivePart::Deployment => format!("{id}.deployed.yaml"),
        _ => format!("{id}.yaml"),
    };
    let text = manifest::write(&DesiredFlow { flow: live.flow.clone(), ..declared.clone() });
    (path, text)
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
/// Nor does a rollback that did not come through: the commit's note says what it was when it was live.
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
    let overrides = status.overrides.iter().map(|one| format!("Override: {one}\n"));
    let overrides: String = overrides.collect();
    // A narrowed pass has no note to say it.
    let message = if overrides.is_empty() {
        note::summary_line(status)
    } else {
        format!("{}\n\n{overrides}", note::summary_line(status))
    };
    repo.write_state(&status.environment, state, tip, &message, who)?;
    let halfway = status.rolled_back_from.is_some() && status.outcome != Outcome::Synced;
    if scope == Scope::Narrowed || halfway || says_the_same(repo, status) {
        return Ok(());
    }
    repo.write_note(&status.environment, &status.revision, &note::write(status), who)
}

/// Puts into the state what a pass did and what it found to be behind.
///
/// What git gave another name leaves its old one, also when the platform's id is another one now.
pub(super) fn change(state: &mut State, applied: &[Applied], plan: &Plan, desired: &Desired) {
    for Applied { status, record } in applied {
        match record {
            RecordChange::Keep => {}
            RecordChange::Remove => remove(state, &status.id),
            RecordChange::Put(record) => {
                put(state, &status.id.name, record);
                leave_old_name(state, &status.id, desired);
            }
        }
    }
    for (name, refreshed) in &plan.refreshed {
        put(state, name, &record_of(refreshed));
    }
}

fn record_of(refreshed: &Refreshed) -> Record {
    match refreshed {
        Refreshed::Flow(record, draft) => Record::Flow(Box::new(FlowRecord {
            draft: draft.as_ref().map(git::recorded_draft),
            ..FlowRecord::clone(record)
        })),
        Refreshed::DataAction(record, base) => Record::DataAction(DataActionRecord {
            content: git::recorded_data_action(base),
            ..record.clone()
        }),
        Refreshed::DataStore(record, base) => Record::DataStore(DataStoreRecord {
            content: git::recorded_data_store(base),
            ..record.clone()
        }),
    }
}

fn leave_old_name(state: &mut State, id: &ResourceId, desired: &Desired) {
    let old = desired.metadata(id).and_then(|metadata| metadata.renamed_from.clone());
    let old = old.map(|name| ResourceId { kind: id.kind, name });
    if let Some(old) = old.filter(|old| old != id && !desired.declares(old)) {
        remove(state, &old);
    }
}

fn remove(state: &mut State, id: &ResourceId) {
    match id.kind {
        Kind::Flow => drop(state.flows.remove(&id.name)),
        Kind::DataAction => drop(state.data_actions.remove(&id.name)),
        Kind::DataStore => drop(state.data_stores.remove(&id.name)),
    }
}

pub(super) fn put(state: &mut State, name: &str, record: &Record) {
    match record {
        Record::Flow(record) => take(&mut state.flows, name, record, |a, b| a.id == b.id),
        Record::DataAction(record) => {
            take(&mut state.data_actions, name, record, |a, b| a.id == b.id);
        }
        Record::DataStore(record) => {
            take(&mut state.data_stores, name, record, |a, b| a.id == b.id);
        }
    }
}

/// Puts a record under its name; one that was renamed leaves its old name.
fn take<R: Clone>(
    records: &mut BTreeMap<String, R>,
    name: &str,
    record: &R,
    same: impl Fn(&R, &R) -> bool,
) {
    records.retain(|_, known| !same(known, record));
    records.insert(name.to_owned(), record.clone());
}

/// Returns the resources that a pass did not change, which is what the next one says of them too.
fn left(status: &Status) -> Vec<&ResourceStatus> {
    status.resources.iter().filter(|one| !one.outcome.is_change()).collect()
}

/// Puts a hold into the state, in place of those of the same kind that it covers.
pub(super) fn hold(state: &mut State, hold: Hold) {
    state.holds.retain(|known| {
        let covered = hold.resource.is_none() || hold.resource == known.resource;
        known.is_pause() != hold.is_pause() || !covered
    });
    state.holds.push(hold);
}

/// Returns when the environment was last synced with the commit of a pass: by it, or by an earlier one.
pub(super) fn synced_at(repo: &Repo, status: &Status) -> Option<Timestamp> {
    match status.outcome {
        Outcome::Synced => Some(status.finished_at),
        _ => noted(repo, status)?.synced_at,
    }
}

/// Returns what the last recorded pass of the same commit did.
fn noted(repo: &Repo, status: &Status) -> Option<Status> {
    let text = repo.read_note(&status.environment, &status.revision).ok().flatten()?;
    note::read(&text).ok()
}

fn says_the_same(repo: &Repo, status: &Status) -> bool {
    noted(repo, status).is_some_and(|known| {
        let synced = status.outcome == Outcome::Synced;
        let overrides = status.overrides.is_empty() || known.overrides == status.overrides;
        status.counts.changed == 0
            && overrides
            && known.outcome == status.outcome
            && known.drift_branch == status.drift_branch
            && (synced || left(&known) == left(status))
    })
}
