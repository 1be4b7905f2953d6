//! Resources that the state holds and git no longer has.

use std::collections::BTreeSet;

use super::policy::{Policy, record_of};
use super::{Action, Basis, ResourcePlan, Stage};
use crate::delta::{FlowDelta, compare, hash};
use crate::model::{
    Desired, FlowContent, FlowId, FlowRecord, LiveFlow, Observed, ObservedFlow, Prune, ResourceId,
    ResourceOutcome, State, Step,
};

/// Plans the orphans: deleted where prune is on and nothing holds them back, else kept with a
/// reason.
pub(super) fn plan(
    desired: &Desired,
    observed: &Observed,
    state: &State,
    policy: &Policy<'_>,
) -> Vec<ResourcePlan> {
    orphans(desired, state)
        .into_iter()
        .map(|(id, record)| orphan(id, record, observed, policy))
        .collect()
}

/// Returns what the state holds and git no longer has. A flow that was renamed is no orphan.
pub fn orphans<'a>(desired: &Desired, state: &'a State) -> Vec<(ResourceId, &'a FlowRecord)> {
    let claimed: BTreeSet<&FlowId> = desired
        .flows
        .values()
        .filter_map(|wanted| record_of(state, &wanted.flow))
        .map(|record| &record.id)
        .collect();
    state
        .flows
        .iter()
        .map(|(name, record)| (ResourceId::flow(name), record))
        .filter(|(id, record)| !desired.flows.contains_key(id) && !claimed.contains(&record.id))
        .collect()
}

fn orphan(
    id: ResourceId,
    record: &FlowRecord,
    observed: &Observed,
    policy: &Policy<'_>,
) -> ResourcePlan {
    let kept = |reason: String| {
        blank(id.clone(), record, Action::Leave(ResourceOutcome::Kept), Some(reason))
    };
    if policy.prune == Prune::Never {
        return kept("gone from git; kept, because prune is off (--prune deletes it)".to_owned());
    }
    if policy.environment.protect.contains(&id) {
        return kept("gone from git; kept, because `protect` names it".to_owned());
    }
    match observed.flows.get(&id).unwrap_or(&ObservedFlow::Absent) {
        ObservedFlow::Absent => {
            blank(id, record, Action::Delete, Some("already gone from the tenant".to_owned()))
        }
        ObservedFlow::Unreadable(why) => {
            blank(id.clone(), record, Action::Leave(ResourceOutcome::Failed), Some(why.clone()))
        }
        ObservedFlow::AsRecorded => kept("gone from git; kept, because it was not read".to_owned()),
        ObservedFlow::Read(live) => read_orphan(id.clone(), record, live, policy),
    }
}

fn read_orphan(
    id: ResourceId,
    record: &FlowRecord,
    live: &LiveFlow,
    policy: &Policy<'_>,
) -> ResourcePlan {
    if let Some(deployment) = live.current.as_ref() {
        let reason = format!(
            "gone from git; kept, because it is still deployed to {} (deployment {})",
            policy.environment.target_environment, deployment.id
        );
        return blank(id, record, Action::Leave(ResourceOutcome::Kept), Some(reason));
    }
    let known = record.version.as_ref().map(|version| version.hash);
    let draft = hash(&live.draft.content);
    if draft != hash(&FlowContent::default()) && Some(draft) != known {
        let reason = "gone from git; kept, because someone edited its draft".to_owned();
        return blank(id, record, Action::Leave(ResourceOutcome::Kept), Some(reason));
    }
    ResourcePlan {
        delta: compare(&live.draft.content, &FlowContent::default()),
        steps: vec![Step::DeleteFlow],
        basis: Basis {
            flow: Some(live.id.clone()),
            draft: Some(live.draft.revision),
            ..Basis::default()
        },
        ..blank(id, record, Action::Delete, None)
    }
}

fn blank(
    id: ResourceId,
    record: &FlowRecord,
    action: Action,
    reason: Option<String>,
) -> ResourcePlan {
    ResourcePlan {
        id,
        display_name: record.display_name.clone(),
        place: None,
        action,
        stage: Stage::New,
        reason,
        delta: FlowDelta::default(),
        settings: Vec::new(),
        version: None,
        steps: Vec::new(),
        basis: Basis { flow: Some(record.id.clone()), ..Basis::default() },
        content: FlowContent::default(),
        overwrites: None,
    }
}
