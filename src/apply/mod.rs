//! Layer 6: runs a plan against a tenant. Observing comes before it, reading back after it.

mod data_action;
mod data_store;
mod execute;
mod halt;
mod observe;
mod outcome;
mod polling;
mod progress;
mod schedule;

use std::sync::Arc;

use jiff::Timestamp;

pub use observe::{Refresh, observe};
use outcome::Ended;
pub use outcome::{Applied, RecordChange, not_begun};
pub use polling::Polling;
pub use progress::{Progress, ProgressEvent};

use crate::cxone::{Client, IdempotencyKey};
use crate::delta::Watch;
use crate::model::{
    Declared, Desired, DesiredFlow, Environment, FlowRecord, Record, ResourceId, Revision, State,
    Wanted,
};
use crate::plan::{Action, DataStoreStep, FlowWork, Plan, ResourcePlan, Work};
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
    /// Takes what must be known even if the pass dies.
    pub ledger: Arc<dyn Ledger>,
}

/// Takes records before the pass ends.
///
/// The platform keeps nothing that says who made a data store. So that the next pass knows its own even
/// if this one dies while it fills it, its id is recorded as soon as there is one.
pub trait Ledger: Send + Sync {
    /// Records a resource that was just made; the error says why that could not be.
    fn claim(&self, id: &ResourceId, record: &Record) -> Result<(), String>;
}

impl Ledger for () {
    fn claim(&self, _: &ResourceId, _: &Record) -> Result<(), String> {
        Ok(())
    }
}

impl Context<'_> {
    /// Returns the key of a request about a resource: equal parts make an equal key.
    fn key(&self, resource: &ResourceId, parts: &[&str]) -> IdempotencyKey {
        let resource = resource.to_string();
        let scope = [self.project, &self.environment.name, resource.as_str()];
        IdempotencyKey::of(&[&scope, parts].concat())
    }

    /// Tells what is done to a resource now.
    fn tell(&self, resource: &ResourceId, step: impl Into<String>) {
        self.progress.event(&ProgressEvent::At { id: resource.clone(), step: step.into() });
    }
}

/// Runs every step of the plan and returns what became of each of its resources, in its order.
///
/// A resource waits for those that it needs, and is `Held` when one of them did not
/// come through; it holds up no other. Nothing is deleted before everything else was tried. Nothing is
/// returned early; a resource whose effect is unknown is `Failed` and the next pass observes it again.
pub async fn run(
    plan: &Plan,
    desired: &Desired,
    state: &State,
    context: &Context<'_>,
) -> Vec<Applied> {
    let total = plan.resources.iter().filter(|resource| !resource.is_idle()).map(weight).sum();
    context.progress.event(&ProgressEvent::ApplyStarted { total });
    let run = |resource| async move {
        let applied = apply(resource, desired, state, context).await;
        let outcome = applied.status.outcome;
        context.progress.event(&ProgressEvent::Finished { id: applied.status.id.clone(), outcome });
        applied
    };
    schedule::run(&plan.resources, run).await
}

/// How much of a progress bar a resource is: itself and the records that are written.
fn weight(resource: &ResourcePlan) -> usize {
    let records = |step: &DataStoreStep| match step {
        DataStoreStep::Items(items) => items.len(),
        _ => 0,
    };
    let steps = match &resource.work {
        Work::DataStore(work) => work.steps.as_slice(),
        Work::Flow(_) | Work::DataAction(_) => &[],
    };
    1 + steps.iter().map(records).sum::<usize>()
}

async fn apply(
    resource: &ResourcePlan,
    desired: &Desired,
    state: &State,
    context: &Context<'_>,
) -> Applied {
    let name = &resource.id.name;
    match &resource.work {
        Work::Flow(work) => {
            let (flow, record) = sides(desired.flows.get(&resource.id), name, state);
            match set_aside(resource, record.map(|record| record.id.to_string())) {
                Some(applied) => applied,
                None => roll_out((resource, work), flow, record, context).await,
            }
        }
        Work::DataAction(work) => {
            let (declared, record) = sides(desired.data_actions.get(&resource.id), name, state);
            match set_aside(resource, record.map(|record| record.id.to_string())) {
                Some(applied) => applied,
                None => data_action::run((resource, work), declared, record, context).await,
            }
        }
        Work::DataStore(work) => {
            let (declared, record) = sides(desired.data_stores.get(&resource.id), name, state);
            match set_aside(resource, record.map(|record| record.id.to_string())) {
                Some(applied) => applied,
                None => data_store::run((resource, work), declared, record, context).await,
            }
        }
    }
}

/// Returns what git and the state say of a resource.
fn sides<'a, T: Declared>(
    wanted: Option<&'a Wanted<T>>,
    name: &str,
    state: &'a State,
) -> (Option<&'a T>, Option<&'a T::Record>) {
    let declared = wanted.map(|wanted| &*wanted.declared);
    let record = match declared {
        Some(declared) => declared.record(state),
        None => T::records(state).get(name),
    };
    (declared, record)
}

/// Returns what becomes of a resource of which nothing is sent.
fn set_aside(resource: &ResourcePlan, recorded: Option<String>) -> Option<Applied> {
    if let Action::Leave(outcome) = resource.action {
        return Some(Applied::left(resource, outcome, recorded));
    }
    let forgotten = resource.action == Action::Delete && resource.is_idle();
    forgotten.then(|| Applied::forgotten(resource))
}

async fn roll_out(
    (resource, work): (&ResourcePlan, &FlowWork),
    flow: Option<&DesiredFlow>,
    record: Option<&FlowRecord>,
    context: &Context<'_>,
) -> Applied {
    if let (Some(outcome), Some(flow)) = (work.leaves, flow)
        && resource.is_taken_over_as_it_is()
    {
        return Applied::taken_over((resource, work), outcome, &flow.flow);
    }
    let on_failure =
        if context.environment.rollback_on_failure { OnFailure::RollBack } else { OnFailure::Stop };
    let mut rollout = Rollout::new(&work.steps, work.basis.flow.clone(), on_failure);
    let mut executor = Executor::new((resource, work), flow, record, context);
    loop {
        if let Command::Finish(end) = rollout.command() {
            let ended = Ended {
                resource,
                work,
                record,
                rollout: &rollout,
                traces: executor.into_traces(),
                desired: flow.map(|flow| &flow.flow),
                strategy: context.environment.strategy,
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
