//! Resources that the state holds and git no longer has.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::Policy;
use super::{
    Action, Basis, DataActionWork, DataStoreWork, FlowWork, ResourcePlan, Stage, Work, data_action,
    data_store,
};
use crate::delta::{Delta, compare, compare_data_actions, hash};
use crate::model::{
    DataActionRecord, DataStoreRecord, Declared, Desired, FlowContent, FlowRecord, Found, Kind,
    LiveFlow, Observed, Prune, ResourceId, ResourceOutcome, State, Step, Wanted,
};

/// What the state holds and git no longer has, of the kinds that the environment manages.
#[derive(Debug)]
pub struct Orphans<'a> {
    /// Flows.
    pub flows: Vec<(ResourceId, &'a FlowRecord)>,
    /// Data actions.
    pub data_actions: Vec<(ResourceId, &'a DataActionRecord)>,
    /// Data stores.
    pub data_stores: Vec<(ResourceId, &'a DataStoreRecord)>,
}

/// Returns what the state holds and git no longer has. What was renamed is no orphan, nor is what
/// another environment manages.
pub fn orphans<'a>(desired: &Desired, state: &'a State, manages: &BTreeSet<Kind>) -> Orphans<'a> {
    Orphans {
        flows: of_kind(&desired.flows, state, manages),
        data_actions: of_kind(&desired.data_actions, state, manages),
        data_stores: of_kind(&desired.data_stores, state, manages),
    }
}

fn of_kind<'a, T: Declared>(
    declared: &BTreeMap<ResourceId, Wanted<T>>,
    state: &'a State,
    manages: &BTreeSet<Kind>,
) -> Vec<(ResourceId, &'a T::Record)> {
    let claimed: BTreeSet<&str> =
        declared.values().filter_map(|wanted| wanted.declared.recorded_name(state)).collect();
    T::records(state)
        .iter()
        .filter(|(name, _)| manages.contains(&T::KIND) && !claimed.contains(name.as_str()))
        .map(|(name, record)| (ResourceId { kind: T::KIND, name: name.clone() }, record))
        .collect()
}

/// Plans the orphans: deleted where prune is on and nothing holds them back, else kept with a
/// reason.
pub(super) fn plan(
    desired: &Desired,
    observed: &Observed,
    state: &State,
    policy: &Policy<'_>,
) -> Vec<ResourcePlan> {
    let orphans = orphans(desired, state, &policy.environment.manages);
    let flows = orphans.flows.into_iter().map(|(id, record)| flow(&id, record, observed, policy));
    let data_actions = orphans.data_actions.into_iter().map(|(id, record)| {
        let found = observed.data_actions.get(&id).unwrap_or(&Found::Absent);
        let deletion = |based: &_| {
            let work = data_action::delete(record, based)?;
            let settings = compare_data_actions(Some(&work.content), None);
            Ok((Work::DataAction(work), Delta::default(), settings))
        };
        let idle = Work::DataAction(DataActionWork::gone(record));
        orphan(&id, &record.name, idle, found, policy, deletion)
    });
    let data_stores = orphans.data_stores.into_iter().map(|(id, record)| {
        let found = observed.data_stores.get(&id).unwrap_or(&Found::Absent);
        let deletion = |based: &_| {
            let work = data_store::delete(record, based)?;
            Ok((Work::DataStore(work), data_store::removed(based), Vec::new()))
        };
        let idle = Work::DataStore(DataStoreWork {
            id: Some(record.id.clone()),
            ..DataStoreWork::default()
        });
        orphan(&id, &record.name, idle, found, policy, deletion)
    });
    flows.chain(data_actions).chain(data_stores).collect()
}

fn flow(
    id: &ResourceId,
    record: &FlowRecord,
    observed: &Observed,
    policy: &Policy<'_>,
) -> ResourcePlan {
    let basis = Basis { flow: Some(record.id.clone()), ..Basis::default() };
    let idle = Work::Flow(FlowWork { basis, ..FlowWork::default() });
    let found = observed.flows.get(id).unwrap_or(&Found::Absent);
    orphan(id, &record.display_name, idle, found, policy, |live| {
        let work = Work::Flow(delete(record, live, policy)?);
        Ok((work, compare(&live.draft.content, &FlowContent::default()), Vec::new()))
    })
}

type Deletion = (Work, Delta, Vec<crate::delta::FieldChange>);

/// Plans one orphan: `deletion` says what is done about one that was read, or why it is kept.
fn orphan<T>(
    id: &ResourceId,
    display_name: &str,
    idle: Work,
    found: &Found<T>,
    policy: &Policy<'_>,
    deletion: impl FnOnce(&T) -> Result<Deletion, String>,
) -> ResourcePlan {
    let left = |action, reason: String| ResourcePlan {
        id: id.clone(),
        display_name: display_name.to_owned(),
        place: None,
        action,
        stage: Stage::New,
        reason: Some(reason),
        delta: Delta::default(),
        settings: Vec::new(),
        drift: None,
        needs: Vec::new(),
        work: idle,
    };
    let kept = Action::Leave(ResourceOutcome::Kept);
    if policy.prune == Prune::Never {
        return left(kept, "gone from git; kept, because prune is off (--prune deletes it)".into());
    }
    match found {
        Found::Absent => left(Action::Delete, "already gone from the tenant".into()),
        Found::Unreadable(why) => left(Action::Leave(ResourceOutcome::Failed), why.clone()),
        Found::AsRecorded => left(kept, "gone from git; kept, because it was not read".into()),
        Found::Read(live) => match deletion(live) {
            Err(why) => left(kept, format!("gone from git; kept, because {why}")),
            Ok((work, delta, settings)) => ResourcePlan {
                reason: None,
                delta,
                settings,
                work,
                ..left(Action::Delete, String::new())
            },
        },
    }
}

fn delete(record: &FlowRecord, live: &LiveFlow, policy: &Policy<'_>) -> Result<FlowWork, String> {
    if let Some(deployment) = live.current.as_ref() {
        return Err(format!(
            "it is still deployed to {} (deployment {})",
            policy.environment.target_environment, deployment.id
        ));
    }
    let version = record.version.as_ref().map(|version| version.hash);
    let written = record.draft.as_ref().map(|draft| draft.hash);
    let draft = hash(&live.draft.content);
    let ours = [version, written, Some(hash(&FlowContent::default()))].contains(&Some(draft));
    if !ours {
        return Err("someone edited its draft".to_owned());
    }
    Ok(FlowWork {
        steps: vec![Step::DeleteFlow],
        basis: Basis {
            flow: Some(live.id.clone()),
            draft: Some(live.draft.revision),
            ..Basis::default()
        },
        ..FlowWork::default()
    })
}

/// Keeps what is used by a resource that stays: what git declares, and flows that are kept. What uses it
/// in git no longer does, once it is deployed, frees it; a flow without values from its sources is
/// deployed later, and until then uses what it did.
pub(super) fn keep_used(
    resources: &mut [ResourcePlan],
    desired: &Desired,
    observed: &Observed,
    state: &State,
) {
    let mut users = live_users(resources, desired, observed);
    for id in desired.ids() {
        users.extend(desired.uses(id).into_iter().map(|used| (used, id.to_string())));
    }
    for wanted in desired.flows.values().filter(|wanted| wanted.declared.missing.is_some()) {
        let id = wanted.declared.id();
        let used = wanted.declared.record(state).map(FlowRecord::uses).unwrap_or_default();
        users.extend(used.into_iter().map(|used| (used, id.to_string())));
    }
    let kept = resources.iter().filter(|plan| !desired.declares(&plan.id));
    for plan in kept.filter(|plan| plan.action != Action::Delete) {
        let name = &plan.id.name;
        let used = match plan.id.kind {
            Kind::Flow => state.flows.get(name).map(FlowRecord::uses),
            Kind::DataAction => state.data_actions.get(name).map(DataActionRecord::uses),
            Kind::DataStore => None,
        };
        let used = used.unwrap_or_default();
        users.extend(used.into_iter().map(|used| (used, plan.id.to_string())));
    }
    for plan in resources.iter_mut().filter(|plan| plan.action == Action::Delete) {
        if let Some(user) = users.get(&plan.id) {
            let why = format!("gone from git; kept, because {user} uses it");
            plan.leave(ResourceOutcome::Kept, why);
            plan.delta = Delta::default();
            plan.settings = Vec::new();
        }
    }
}

/// Data actions that only the tenant has, by what they depend on.
fn live_users(
    resources: &[ResourcePlan],
    desired: &Desired,
    observed: &Observed,
) -> BTreeMap<ResourceId, String> {
    let ours = resources.iter().filter(|plan| plan.id.kind == Kind::DataAction);
    let ours: BTreeSet<&String> = ours.map(|plan| &plan.display_name).collect();
    let all = observed.data_action_names.iter().flatten();
    let foreign = all.filter(|(name, _)| {
        !desired.declares(&ResourceId::data_action(name.as_str())) && !ours.contains(name)
    });
    foreign
        .flat_map(|(name, calls)| calls.iter().map(move |call| (call, name)))
        .map(|(call, name)| (ResourceId::data_action(call), format!("the data action {name}")))
        .collect()
}
