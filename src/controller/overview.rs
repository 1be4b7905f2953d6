//! What is live, as far as git knows: state and notes as rows.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{Deployed, ResourceId, ResourceOutcome, ResourceStatus, State, Status};
use crate::render::status::TableRow;

/// Returns a row for each resource that the state holds or the last pass names, by id.
///
/// `passes` are the recorded passes in any order. Version and deployment are those that run.
pub fn overview(state: &State, passes: &[Status]) -> Vec<TableRow> {
    let last = passes.iter().max_by_key(|pass| pass.finished_at);
    let told = |id: &ResourceId| {
        last.and_then(|pass| pass.resources.iter().find(|resource| resource.id == *id))
    };
    let recorded = recorded(state).map(|(id, deployed)| {
        let since = changed_at(&id, passes);
        row(&id, told(&id), deployed, since)
    });
    let known: BTreeSet<ResourceId> = self::recorded(state).map(|(id, _)| id).collect();
    let only_told = last.into_iter().flat_map(|pass| &pass.resources).filter(|resource| {
        let gone = resource.outcome == ResourceOutcome::Deleted;
        !gone && !known.contains(&resource.id)
    });
    let mut rows: Vec<_> =
        recorded.chain(only_told.map(|told| row(&told.id, Some(told), None, None))).collect();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    rows
}

/// Every resource that the state holds, with what runs of a flow.
fn recorded(state: &State) -> impl Iterator<Item = (ResourceId, Option<&Deployed>)> {
    let flows = state.flows.iter();
    let flows = flows.map(|(name, record)| (ResourceId::flow(name), record.deployed.as_ref()));
    let actions = state.data_actions.keys().map(|name| (ResourceId::data_action(name), None));
    let stores = state.data_stores.keys().map(|name| (ResourceId::data_store(name), None));
    stores.chain(actions).chain(flows)
}

fn row(
    id: &ResourceId,
    told: Option<&ResourceStatus>,
    deployed: Option<&Deployed>,
    since: Option<Timestamp>,
) -> TableRow {
    // What the last pass did is done; what it could not do still stands.
    let outcome = match told.map(|told| told.outcome) {
        Some(outcome) if !outcome.is_change() => outcome,
        _ => ResourceOutcome::Unchanged,
    };
    TableRow {
        id: id.clone(),
        outcome,
        version: deployed.and_then(|deployed| deployed.number.clone()),
        deployment: deployed.map(|deployed| deployed.deployment.clone()),
        since,
        drift: told.filter(|told| !told.outcome.is_change()).and_then(|told| told.drift.clone()),
    }
}

fn changed_at(id: &ResourceId, passes: &[Status]) -> Option<Timestamp> {
    let changed = passes.iter().filter(|pass| {
        pass.resources.iter().any(|resource| resource.id == *id && resource.outcome.is_change())
    });
    changed.map(|pass| pass.finished_at).max()
}
