//! What only shows beside the tenant: names and records that git does not declare and the tenant may
//! have, and fields that hold values there.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::delta::{Base, beside_writes};
use crate::model::{
    Based, Code, DataStoreContent, Declarations, Declared, Desired, DesiredDataStore, Finding,
    Found, LiveDataStore, Observed, Project, Prune, ResourceId, State,
};
use crate::plan::Adopt;
use crate::validate;

/// Tells whether a warning is about what a pass finds out: it is then an error, or nothing.
pub(super) fn decides(code: Code) -> bool {
    matches!(code, Code::UndeclaredDependency | Code::UndeclaredRecord)
}

/// Returns what is wrong with what git wants of this tenant, as far as the pass is about it.
pub(super) fn check(
    project: &Project,
    desired: &Desired,
    state: &State,
    selected: &BTreeSet<ResourceId>,
    observed: &Observed,
    (prune, adopt): (Prune, Adopt),
) -> Vec<Finding> {
    let actions = desired.data_actions.iter().filter(|(id, _)| selected.contains(*id));
    let actions = actions.map(|(id, wanted)| (id.clone(), Arc::clone(&wanted.declared)));
    let declared = Declarations { data_actions: actions.collect(), ..Declarations::default() };
    let unknown = observed.data_action_names.as_ref().map(|live| {
        // What git gives another name goes by the old one no longer.
        let renamed = desired.data_actions.values().filter_map(|wanted| {
            let record = wanted.declared.record(state)?;
            (record.name != wanted.declared.metadata.name).then_some(&record.name)
        });
        let renamed: BTreeSet<&String> = renamed.collect();
        let left = live.iter().filter(|(name, _)| !renamed.contains(name));
        let left = left.map(|(name, calls)| (name.clone(), calls.clone())).collect();
        validate::dependencies(&declared, project, &left)
    });
    let stores = desired.data_stores.iter().filter(|(id, _)| selected.contains(*id));
    let faulty = stores.flat_map(|(id, wanted)| {
        let found = observed.data_stores.get(id).unwrap_or(&Found::Absent);
        of_store(&wanted.declared, found, prune, adopt)
    });
    unknown.into_iter().flatten().chain(faulty).collect()
}

fn of_store(
    store: &DesiredDataStore,
    found: &Found<Based<LiveDataStore, DataStoreContent>>,
    prune: Prune,
    adopt: Adopt,
) -> Vec<Finding> {
    match found {
        Found::Absent => validate::new_store(store),
        // What is not taken over is not written.
        Found::Read(based) if based.base.is_none() && adopt == Adopt::Never => Vec::new(),
        Found::Read(based) => {
            let base = based.base.as_ref();
            let left = beside_writes(store, &based.live, Base::of(base), prune);
            validate::live_store(store, &left, base)
        }
        Found::AsRecorded | Found::Unreadable(_) => Vec::new(),
    }
}
