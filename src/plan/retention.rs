//! Which versions of a flow are deleted before another is made.

use std::collections::BTreeSet;

use crate::model::{FlowRecord, LiveFlow, MAX_ROLLBACK_DEPTH, VersionId};

/// Returns the versions to delete so that no more than `keep` are left when another is made, oldest first.
///
/// Only versions that this project made go, and not its newest: what others made may be all that somebody has of it. Nor does
/// one that is published, recorded, or in use in any target environment.
pub(super) fn retired(live: &LiveFlow, record: Option<&FlowRecord>, keep: u32) -> Vec<VersionId> {
    let room = (keep as usize).saturating_sub(1);
    let surplus = live.versions.len().saturating_sub(room);
    let kept = kept(live, record);
    let ours = live.versions.iter().filter(|version| version.ours);
    let older = ours.skip(MAX_ROLLBACK_DEPTH as usize).collect::<Vec<_>>().into_iter().rev();
    let retired = older.filter(|version| !kept.contains(&version.id));
    retired.take(surplus).map(|version| version.id.clone()).collect()
}

fn kept<'a>(live: &'a LiveFlow, record: Option<&'a FlowRecord>) -> BTreeSet<&'a VersionId> {
    let current = live.current.as_ref().map(|deployment| &deployment.version_id);
    let recorded = record.into_iter().flat_map(|record| {
        let version = record.version.as_ref().map(|version| &version.id);
        let deployed = record.deployed.as_ref().map(|deployed| &deployed.version);
        version.into_iter().chain(deployed).chain(&record.published)
    });
    let in_flight = live.deployments.iter().filter(|deployment| !deployment.status.is_terminal());
    live.in_use
        .iter()
        .chain(&live.published)
        .chain(current)
        .chain(recorded)
        .chain(in_flight.map(|deployment| &deployment.version_id))
        .collect()
}

#[cfg(test)]
mod tests;
