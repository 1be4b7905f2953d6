//! Layer 6: runs a plan against a tenant. Observing comes before it, reading back after it.

mod execute;
mod observe;
mod outcome;
mod polling;
mod progress;

use std::sync::Arc;

use futures::StreamExt;
use jiff::Timestamp;

pub use observe::{Refresh, observe};
use outcome::Ended;
pub use outcome::{Applied, RecordChange, not_begun};
pub use polling::Polling;
pub use progress::{Progress, ProgressEvent};

use crate::cxone::Client;
use crate::delta::Watch;
use crate::model::{Desired, DesiredFlow, Environment, FlowRecord, Revision, State};
use crate::plan::{Action, Plan, ResourcePlan, record_of};
use crate::rollout::{Command, OnFailure, Rollout};
use execute::Executor;

/// How many resources are worked on side by side. The tenant's limiter sets the pace; this bounds
/// what is under way when something goes wrong.
const SIDE_BY_SIDE: usize = 16;

/// Where a pass comes from and goes to.
#[derive(Clone)]
pub struct Context<'a> {
    /// The tenant.
    pub client: Client,
    /// The environment and its rules.
    pub environment: &'a Environment,
    /// Which parts of a flow the environment answers for.
    pub watch: Watch,
    /// The project's name.
    pub project: &'a str,
    /// The repository's address without credentials, or its folder's name.
    pub repository: String,
    /// The flows folder within the repository; empty for its root.
    pub prefix: &'a str,
    /// The commit.
    pub revision: &'a Revision,
    /// When the commit was made: what a version says of its making, so that a repeat of the same
    /// pass sends the same bytes.
    pub committed_at: Timestamp,
    /// When the pass began.
    pub started_at: Timestamp,
    /// Who runs it.
    pub operator: &'a str,
    /// How deployments are polled.
    pub polling: Polling,
    /// Who is told what happens.
    pub progress: Arc<dyn Progress>,
}

/// Runs every step of the plan and returns what became of each of its resources, in its order.
///
/// Resources are independent: one that fails stops no other. Nothing is returned early; a resource
/// whose effect is unknown is `Failed` and the next pass observes it again.
pub async fn run(
    plan: &Plan,
    desired: &Desired,
    state: &State,
    context: &Context<'_>,
) -> Vec<Applied> {
    let total = plan.resources.iter().filter(|resource| !resource.steps.is_empty()).count();
    context.progress.event(&ProgressEvent::ApplyStarted { total });
    let rollouts = plan.resources.iter().enumerate().map(|(place, resource)| async move {
        let flow = desired.flows.get(&resource.id).map(|wanted| &*wanted.flow);
        let record = match flow {
            Some(flow) => record_of(state, flow),
            None => state.flows.get(&resource.id.name),
        };
        let applied = roll_out(resource, flow, record, context).await;
        let outcome = applied.status.outcome;
        context.progress.event(&ProgressEvent::Finished { id: resource.id.clone(), outcome });
        (place, applied)
    });
    // Whichever is done makes room for the next: one long deployment holds up no other.
    let mut applied: Vec<_> =
        futures::stream::iter(rollouts).buffer_unordered(SIDE_BY_SIDE).collect().await;
    applied.sort_by_key(|(place, _)| *place);
    applied.into_iter().map(|(_, applied)| applied).collect()
}

async fn roll_out(
    resource: &ResourcePlan,
    flow: Option<&DesiredFlow>,
    record: Option<&FlowRecord>,
    context: &Context<'_>,
) -> Applied {
    if let Action::Leave(outcome) = resource.action {
        return Applied::left(resource, outcome, record);
    }
    if resource.action == Action::Delete && resource.steps.is_empty() {
        return Applied::forgotten(resource);
    }
    let on_failure =
        if context.environment.rollback_on_failure { OnFailure::RollBack } else { OnFailure::Stop };
    let mut rollout = Rollout::new(&resource.steps, resource.basis.flow.clone(), on_failure);
    let mut executor = Executor::new(resource, flow, record, context);
    loop {
        if let Command::Finish(end) = rollout.command() {
            let ended = Ended {
                resource,
                record,
                rollout: &rollout,
                traces: executor.into_traces(),
                desired: flow.map(|flow| &flow.flow),
                now: context.started_at,
            };
            return ended.into_applied(end.clone());
        }
        let event = executor.execute(rollout.command()).await;
        if let Err(illegal) = rollout.happened(event) {
            return Applied::broken(resource, record, &illegal);
        }
    }
}
