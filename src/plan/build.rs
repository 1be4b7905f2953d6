//! Changes and policy in, a plan out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::change::Change;
use super::policy::{Policy, Promotion};
use super::{
    Action, FlowWork, Plan, Refreshed, ResourcePlan, Stage, VersionChange, Work, data_action,
    data_store, guard, number, selection, window,
};
use crate::delta::{Delta, Watch};
use crate::model::{
    Declared, Desired, DesiredFlow, FlowContent, FlowRecord, Found, Hold, Kind, LiveFlow, Observed,
    ResourceId, ResourceOutcome, Revision, State, Step, Wanted,
};

/// What a comparison comes to.
pub(super) enum Planned {
    /// Everything is as git wants it, and the record of that where it may be behind.
    Nothing(Option<Box<Refreshed>>),
    /// Something is done, or left alone for a reason.
    Something(Box<ResourcePlan>),
}

impl Planned {
    pub(super) fn something(plan: ResourcePlan) -> Self {
        Self::Something(Box::new(plan))
    }
}

/// Makes the plan of a pass.
///
/// Resources come out in the order in which their kinds are made, then by name; the same arguments give
/// the same plan. A resource that cannot be taken further is left with an outcome and a reason, and does
/// not stop the others that do not need it; a guard refuses the plan as a whole.
pub fn build(
    desired: &Desired,
    revision: &Revision,
    observed: &Observed,
    state: &State,
    policy: &Policy<'_>,
) -> Plan {
    let mut plan = Plan {
        project: policy.project.name.clone(),
        environment: policy.environment.name.clone(),
        tenant: policy.environment.tenant.clone(),
        target_environment: policy.environment.target_environment.clone(),
        revision: revision.clone(),
        resources: Vec::new(),
        unchanged: 0,
        refreshed: Vec::new(),
        aim: policy.aim.clone(),
        holds: policy.holds.clone(),
        refusals: Vec::new(),
        overrides: Vec::new(),
        warnings: Vec::new(),
        opening: window::opening(policy.windows(), policy.now, policy.outside_window.as_deref()),
    };
    for (id, planned) in compare(desired, observed, state, policy) {
        match planned {
            Planned::Something(resource) => plan.resources.push(*resource),
            Planned::Nothing(record) => {
                plan.unchanged += 1;
                plan.refreshed.extend(record.map(|record| (id.name.clone(), *record)));
            }
        }
    }
    if policy.selector.is_none() {
        plan.resources.extend(super::orphan::plan(desired, observed, state, policy));
    }
    for resource in &mut plan.resources {
        hold_for_promotion(resource, &policy.promotion);
        hold(resource, &policy.holds);
        name_sources(resource, desired);
    }
    super::orphan::keep_used(&mut plan.resources, desired, observed, state);
    plan.resources.sort_by(|a, b| a.id.cmp(&b.id));
    link(&mut plan.resources, desired);
    (plan.refusals, plan.overrides) = guard::check(desired, state, &plan.resources, policy);
    plan.warnings = guard::warn(desired, state, &plan.resources, policy);
    plan
}

fn compare<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
    state: &'a State,
    policy: &'a Policy<'a>,
) -> impl Iterator<Item = (&'a ResourceId, Planned)> {
    let selected = selection::select(desired, policy.selector.as_ref());
    let ids = desired.ids().filter(move |id| selected.contains(*id));
    ids.filter_map(move |id| Some((id, plan_of(id, desired, observed, state, policy)?)))
}

fn plan_of(
    id: &ResourceId,
    desired: &Desired,
    observed: &Observed,
    state: &State,
    policy: &Policy<'_>,
) -> Option<Planned> {
    Some(match id.kind {
        Kind::Flow => {
            let found = observed.flows.get(id).unwrap_or(&Found::Absent);
            flow(id, desired.flows.get(id)?, found, (desired, state), policy)
        }
        Kind::DataAction => {
            let wanted = desired.data_actions.get(id)?;
            let found = observed.data_actions.get(id).unwrap_or(&Found::Absent);
            let holder = || name_holder(desired, id, &id.name, &state.data_actions, |r| &r.name);
            match holder().filter(|_| *found == Found::Absent) {
                Some((outcome, why)) => {
                    Planned::something(data_action::leave(&wanted.declared, outcome, why))
                }
                None => data_action::plan(wanted, found, wanted.declared.record(state), policy),
            }
        }
        Kind::DataStore => {
            let wanted = desired.data_stores.get(id)?;
            let found = observed.data_stores.get(id).unwrap_or(&Found::Absent);
            let holder = || name_holder(desired, id, &id.name, &state.data_stores, |r| &r.name);
            match holder().filter(|_| *found == Found::Absent) {
                Some((outcome, why)) => {
                    Planned::something(data_store::leave(&wanted.declared, outcome, why))
                }
                None => data_store::plan(wanted, found, wanted.declared.record(state), policy),
            }
        }
    })
}

fn flow(
    id: &ResourceId,
    wanted: &Wanted<DesiredFlow>,
    found: &Found<LiveFlow>,
    (desired, state): (&Desired, &State),
    policy: &Policy<'_>,
) -> Planned {
    let flow = &*wanted.declared;
    let record = flow.record(state);
    let leave = |outcome, reason| Planned::something(leave(flow, outcome, reason));
    if let Some(why) = &flow.missing {
        return leave(ResourceOutcome::Failed, format!("{why}; the flow stays as it is"));
    }
    match found {
        Found::AsRecorded => Planned::Nothing(None),
        Found::Unreadable(why) => leave(ResourceOutcome::Failed, why.clone()),
        Found::Absent => {
            let name = &flow.flow.display_name;
            match name_holder(desired, id, name, &state.flows, |record| &record.display_name) {
                Some((outcome, reason)) => leave(outcome, reason),
                None => Planned::something(create(flow, record, policy)),
            }
        }
        Found::Read(live) => Change::of(wanted, live, record, policy).plan(),
    }
}

/// The platform gives a name once: a resource cannot be made while another of ours still has its name.
fn name_holder<R>(
    desired: &Desired,
    id: &ResourceId,
    name: &str,
    records: &BTreeMap<String, R>,
    name_of: impl Fn(&R) -> &String,
) -> Option<(ResourceOutcome, String)> {
    let holds = |(holder, record): &(&String, &R)| name_of(record) == name && **holder != id.name;
    let (holder, _) = records.iter().find(holds)?;
    let holder = ResourceId { kind: id.kind, name: holder.clone() };
    if desired.declares(&holder) {
        let why = format!("{holder} still has the name {name:?} and gives it up first");
        return Some((ResourceOutcome::Waiting, why));
    }
    let ResourceId { kind, name: old } = &holder;
    let noun = kind.noun();
    let why = format!(
        "the name {name:?} still belongs to {holder}, which is gone from git; if this is the same \
         {noun} under a new name, add `renamedFrom: {old}` to its metadata"
    );
    Some((ResourceOutcome::Failed, why))
}

/// A revision that may not come here changes nothing; what is left alone anyway keeps its reason.
fn hold_for_promotion(plan: &mut ResourcePlan, promotion: &Promotion) {
    if let Promotion::Closed(why) = promotion
        && !matches!(plan.action, Action::Leave(_))
        && !plan.is_idle()
    {
        plan.leave(ResourceOutcome::Waiting, why.clone());
    }
}

/// What somebody said to leave as it is stays so; what is left alone anyway keeps its reason.
fn hold(plan: &mut ResourcePlan, holds: &[Hold]) {
    let holds = holds.iter().filter(|hold| hold.covers(&plan.id));
    // A pause is somebody's word, a rollback ends by itself.
    let hold = holds.max_by_key(|hold| hold.is_pause());
    if let Some(hold) = hold
        && !matches!(plan.action, Action::Leave(_))
        && !plan.is_idle()
    {
        plan.leave(ResourceOutcome::Waiting, hold.to_string());
    }
}

/// Says which values of a flow come from sources.
fn name_sources(plan: &mut ResourcePlan, desired: &Desired) {
    if let Work::Flow(work) = &mut plan.work
        && let Some(wanted) = desired.flows.get(&plan.id)
        && wanted.declared.missing.is_none()
    {
        work.sourced = Arc::clone(&wanted.declared.sourced);
    }
}

/// Says what comes before what: what a resource uses before itself, and of what is deleted, who may use
/// it before it.
fn link(resources: &mut [ResourcePlan], desired: &Desired) {
    let planned: BTreeSet<ResourceId> = resources.iter().map(|plan| plan.id.clone()).collect();
    let deleted: Vec<(ResourceId, BTreeSet<ResourceId>)> = resources
        .iter()
        .filter(|plan| plan.action == Action::Delete)
        .map(|plan| (plan.id.clone(), used_before(plan)))
        .collect();
    for plan in resources {
        plan.needs = if plan.action == Action::Delete {
            let before = deleted.iter().filter(|(id, uses)| {
                id.kind > plan.id.kind || (*id != plan.id && uses.contains(&plan.id))
            });
            before.map(|(id, _)| id.clone()).collect()
        } else {
            needs(&plan.id, desired, &planned)
        };
    }
}

/// Returns what a resource uses of what is planned, through whatever is unchanged.
fn needs(id: &ResourceId, desired: &Desired, planned: &BTreeSet<ResourceId>) -> Vec<ResourceId> {
    let mut needs = BTreeSet::new();
    let mut seen = BTreeSet::from([id.clone()]);
    let mut open: Vec<ResourceId> = desired.uses(id).into_iter().collect();
    while let Some(used) = open.pop() {
        if planned.contains(&used) {
            needs.insert(used);
        } else if seen.insert(used.clone()) {
            open.extend(desired.uses(&used));
        }
    }
    needs.remove(id);
    needs.into_iter().collect()
}

/// What an orphan used when it was read.
fn used_before(plan: &ResourcePlan) -> BTreeSet<ResourceId> {
    match &plan.work {
        Work::DataAction(work) => {
            work.content.dependencies.iter().map(ResourceId::data_action).collect()
        }
        Work::Flow(_) | Work::DataStore(_) => BTreeSet::new(),
    }
}

/// A plan for a resource with nothing in it yet.
pub(super) fn blank<T: Declared>(declared: &T, action: Action, work: Work) -> ResourcePlan {
    let metadata = declared.metadata();
    ResourcePlan {
        id: declared.id(),
        display_name: declared.display_name().to_owned(),
        place: Some(metadata.location.line()),
        action,
        stage: Stage::New,
        reason: None,
        delta: Delta::default(),
        settings: Vec::new(),
        drift: None,
        needs: Vec::new(),
        work,
    }
}

/// A plan for a flow with nothing in it yet.
pub(super) fn blank_flow(flow: &DesiredFlow, action: Action, work: FlowWork) -> ResourcePlan {
    blank(flow, action, Work::Flow(work))
}

fn leave(flow: &DesiredFlow, outcome: ResourceOutcome, reason: String) -> ResourcePlan {
    let action = Action::Leave(outcome);
    ResourcePlan { reason: Some(reason), ..blank_flow(flow, action, FlowWork::default()) }
}

fn create(flow: &DesiredFlow, record: Option<&FlowRecord>, policy: &Policy<'_>) -> ResourcePlan {
    let delta = crate::delta::compare(&FlowContent::default(), &flow.flow.content);
    // Only the draft's owner takes `spec.version` literally.
    let asked = flow.flow.version.clone().filter(|_| policy.watch() == Watch::Draft);
    let to = asked.unwrap_or_else(number::first);
    let mut steps = vec![Step::CreateFlow];
    let version = if policy.makes_versions() {
        steps.extend([Step::CreateVersion, Step::Validate]);
        Some(VersionChange { from: None, to })
    } else {
        steps.push(Step::WriteDraft);
        None
    };
    if version.is_some() && policy.watch() == Watch::Draft {
        steps.push(Step::Publish);
    }
    steps.extend(policy.deploy_steps());
    let work =
        FlowWork { version, steps, content: flow.flow.content.clone(), ..FlowWork::default() };
    ResourcePlan {
        delta,
        reason: record.map(|record| format!("flow {} is gone from the tenant", record.id)),
        ..blank_flow(flow, Action::Create, work)
    }
}
