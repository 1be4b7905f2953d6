//! Changes and policy in, a plan out.

use super::change::{Change, Planned, blank};
use super::policy::{Policy, Promotion, record_of};
use super::{Action, Plan, ResourcePlan, VersionChange, guard, number};
use crate::delta::Watch;
use crate::model::{
    Desired, DesiredFlow, FlowContent, FlowRecord, Observed, ObservedFlow, ResourceId,
    ResourceOutcome, Revision, State, Step,
};

/// Makes the plan of a pass.
///
/// Resources come out in the order of their ids; the same arguments give the same plan. A resource
/// that cannot be taken further is left with an outcome and a reason, and does not stop the
/// others; a guard refuses the plan as a whole.
pub fn build(
    desired: &Desired,
    revision: &Revision,
    observed: &Observed,
    state: &State,
    policy: &Policy<'_>,
) -> Plan {
    let mut resources = Vec::new();
    let mut unchanged = 0;
    let mut refreshed = Vec::new();
    for (id, wanted) in desired.flows.iter().filter(|(_, wanted)| policy.selects(&wanted.flow)) {
        let flow = &*wanted.flow;
        let record = record_of(state, flow);
        match observed.flows.get(id).unwrap_or(&ObservedFlow::Absent) {
            ObservedFlow::AsRecorded => unchanged += 1,
            ObservedFlow::Unreadable(why) => {
                resources.push(leave(id, flow, ResourceOutcome::Failed, why.clone()));
            }
            ObservedFlow::Absent => resources.push(match name_holder(desired, state, flow) {
                Some((outcome, reason)) => leave(id, flow, outcome, reason),
                None => create(id, flow, record, policy),
            }),
            ObservedFlow::Read(live) => match Change::of(id, wanted, live, record, policy).plan() {
                Planned::Something(plan) => resources.push(*plan),
                Planned::Nothing(record) => {
                    unchanged += 1;
                    refreshed.push((flow.name.clone(), *record));
                }
            },
        }
    }
    if policy.selector.is_none() {
        resources.extend(super::orphan::plan(desired, observed, state, policy));
    }
    for plan in &mut resources {
        hold_for_promotion(plan, &policy.promotion);
    }
    resources.sort_by(|a, b| a.id.cmp(&b.id));
    let refusals = guard::check(desired, state, &resources, policy);
    Plan {
        project: policy.project.name.clone(),
        environment: policy.environment.name.clone(),
        tenant: policy.environment.tenant.clone(),
        target_environment: policy.environment.target_environment.clone(),
        revision: revision.clone(),
        resources,
        unchanged,
        refreshed,
        refusals,
    }
}

/// The platform gives a name once: a flow cannot be made while another of ours still has its name.
fn name_holder(
    desired: &Desired,
    state: &State,
    flow: &DesiredFlow,
) -> Option<(ResourceOutcome, String)> {
    let name = &flow.flow.display_name;
    let holds = |(holder, record): &(&String, &FlowRecord)| {
        record.display_name == *name && **holder != flow.name
    };
    let (holder, _) = state.flows.iter().find(holds)?;
    if desired.flows.contains_key(&ResourceId::flow(holder)) {
        let why = format!("Flow/{holder} still has the name {name:?} and gives it up first");
        return Some((ResourceOutcome::Waiting, why));
    }
    let why = format!(
        "the name {name:?} still belongs to Flow/{holder}, which is gone from git; if this is the same \
         flow under a new name, add `renamedFrom: {holder}` to its metadata"
    );
    Some((ResourceOutcome::Failed, why))
}

/// A revision that may not come here changes nothing; what is left alone anyway keeps its reason.
fn hold_for_promotion(plan: &mut ResourcePlan, promotion: &Promotion) {
    if let Promotion::Closed(why) = promotion
        && !matches!(plan.action, Action::Leave(_))
        && !plan.steps.is_empty()
    {
        plan.action = Action::Leave(ResourceOutcome::Waiting);
        plan.reason = Some(why.clone());
        plan.steps.clear();
        plan.overwrites = None;
    }
}

fn leave(
    id: &ResourceId,
    flow: &DesiredFlow,
    outcome: ResourceOutcome,
    reason: String,
) -> ResourcePlan {
    ResourcePlan { reason: Some(reason), ..blank(id, flow, Action::Leave(outcome)) }
}

fn create(
    id: &ResourceId,
    flow: &DesiredFlow,
    record: Option<&FlowRecord>,
    policy: &Policy<'_>,
) -> ResourcePlan {
    let delta = crate::delta::compare(&FlowContent::default(), &flow.flow.content);
    // Only the draft's owner takes `spec.version` literally.
    let asked = flow.flow.version.clone().filter(|_| policy.watch() == Watch::Draft);
    let to = asked.unwrap_or_else(number::first);
    let mut steps = vec![Step::CreateFlow, Step::CreateVersion, Step::Validate];
    if policy.watch() == Watch::Draft {
        steps.push(Step::Publish);
    }
    steps.extend(policy.deploy_steps());
    ResourcePlan {
        delta,
        version: Some(VersionChange { from: None, to }),
        steps,
        content: flow.flow.content.clone(),
        reason: record.map(|record| format!("flow {} is gone from the tenant", record.id)),
        ..blank(id, flow, Action::Create)
    }
}
