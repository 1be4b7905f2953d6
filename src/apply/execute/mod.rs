//! Carries out one command of a rollout and says what happened.

mod deployment;
mod flow;
mod gate;
mod version;

use super::polling::Looks;
use super::{Context, ProgressEvent};
use crate::cxone::{Error, IdempotencyKey};
use crate::delta::hash;
use crate::model::{
    ContentHash, Deployed, DesiredFlow, DraftRevision, Drift, Flow, FlowContent, FlowRecord, Gate,
    Step, VersionId,
};
use crate::plan::{FlowWork, ResourcePlan};
use crate::rollout::{Command, Event};

/// What a rollout left in the tenant, as far as it is known: for the state.
#[derive(Debug, Clone, Default)]
pub(super) struct Traces {
    /// The draft revision after the last write.
    pub draft: Option<DraftRevision>,
    /// The published version.
    pub published: Option<VersionId>,
    /// The flow's name.
    pub name: Option<String>,
    /// What the flow is for.
    pub description: Option<String>,
    /// What the target environment runs.
    pub deployed: Option<Deployed>,
    /// Whether the draft was written without a version.
    pub written: bool,
    /// What somebody changed while the draft was written, and that it still holds.
    pub left: Option<Drift>,
}

/// What the draft is to hold in the end.
#[derive(Debug, Clone)]
struct Target {
    name: String,
    /// `None` where git says nothing of it.
    description: Option<String>,
    content: FlowContent,
}

/// Runs the commands of one resource.
pub(super) struct Executor<'a> {
    resource: &'a ResourcePlan,
    work: &'a FlowWork,
    flow: Option<&'a DesiredFlow>,
    record: Option<&'a FlowRecord>,
    context: &'a Context<'a>,
    wanted: ContentHash,
    target: Option<Target>,
    version: Option<VersionId>,
    looks: Option<Looks>,
    traces: Traces,
}

/// Why a command has no ordinary event.
enum Halt {
    /// The tenant is not as the plan has it.
    Moved(String),
    /// Somebody has locked the draft.
    Locked(String),
    /// The call failed.
    Call(Error),
    /// The plan lacks what the command needs.
    Broken(&'static str),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl Target {
    fn of(work: &FlowWork, git: &Flow) -> Self {
        let (name, description) = match &work.kept {
            Some(kept) => (kept.name.clone(), kept.description.clone()),
            None => (git.display_name.clone(), git.description.clone()),
        };
        Self { name, description, content: work.content.clone() }
    }
}

impl<'a> Executor<'a> {
    pub(super) fn new(
        (resource, work): (&'a ResourcePlan, &'a FlowWork),
        flow: Option<&'a DesiredFlow>,
        record: Option<&'a FlowRecord>,
        context: &'a Context<'a>,
    ) -> Self {
        let version = work.steps.iter().find_map(|step| match step {
            Step::UseVersion(id) => Some(id.clone()),
            _ => None,
        });
        let basis = &work.basis;
        let traces = Traces {
            draft: basis.draft,
            published: basis.published.clone(),
            name: basis.name.clone(),
            description: basis.description.clone(),
            deployed: basis.deployed.clone(),
            ..Traces::default()
        };
        let wanted = hash(&work.content);
        let target = flow.map(|flow| Target::of(work, &flow.flow));
        let looks = None;
        Self { resource, work, flow, record, context, wanted, target, version, looks, traces }
    }

    pub(super) fn into_traces(self) -> Traces {
        self.traces
    }

    /// Carries out a command; every failure is an event too.
    pub(super) async fn execute(&mut self, command: &Command) -> Event {
        self.tell(command);
        match self.try_execute(command).await {
            Ok(event) => event,
            Err(Halt::Moved(how)) => Event::Moved(how),
            Err(Halt::Locked(why)) => Event::DraftLocked(why),
            Err(Halt::Call(error)) if writes_draft(command) && is_locked(&error) => {
                Event::DraftLocked(error.to_string())
            }
            Err(Halt::Call(error)) => Event::Error(self.explain(&error)),
            Err(Halt::Broken(why)) => Event::Error(why.to_owned()),
        }
    }

    fn tell(&self, command: &Command) {
        let step = match command {
            Command::CreateFlow => "create flow",
            Command::UpdateFlow(_) => "update flow",
            Command::DeleteVersion(..) => "delete version",
            Command::WriteDraft(_) => "write draft",
            Command::CreateVersion(_) => "create version",
            Command::Validate(_) => "validate",
            Command::Publish(..) => "publish",
            Command::CheckGate(gate, ..) => gate.as_str(),
            Command::Deploy(..) => "deploy",
            Command::Poll(_) => "deploying",
            Command::RollBack(_) => "roll back",
            Command::Verify(_) => "verify",
            Command::DeleteFlow(_) => "delete flow",
            Command::Finish(_) => return,
        };
        let id = self.resource.id.clone();
        self.context.progress.event(&ProgressEvent::At { id, step: step.to_owned() });
    }

    async fn try_execute(&mut self, command: &Command) -> Result<Event, Halt> {
        match command {
            Command::CreateFlow => self.create_flow().await,
            Command::UpdateFlow(flow) => self.update_flow(flow).await,
            Command::DeleteVersion(flow, version) => self.delete_version(flow, version).await,
            Command::WriteDraft(flow) => self.write_draft(flow).await,
            Command::CreateVersion(flow) => self.create_version(flow).await,
            Command::Validate(version) => {
                let validation = self.context.client.validate(version).await?;
                Ok(self.judge(&validation))
            }
            Command::Publish(flow, version) => self.publish(flow, version).await,
            Command::CheckGate(Gate::Tests, _, version) => {
                Ok(gate::tests_gate(self.context.client.test_results(version).await?, version))
            }
            Command::CheckGate(Gate::Approval, flow, version) => {
                self.approval_gate(flow, version).await
            }
            Command::Deploy(flow, version) => self.deploy(flow, version).await,
            Command::Poll(deployment) => self.poll(deployment).await,
            Command::RollBack(deployment) => self.roll_back(deployment).await,
            Command::Verify(flow) => self.verify(flow).await,
            Command::DeleteFlow(flow) => self.delete_flow(flow).await,
            Command::Finish(_) => Err(Halt::Broken("nothing is left to do")),
        }
    }

    fn desired(&self) -> Result<&'a DesiredFlow, Halt> {
        self.flow.ok_or(Halt::Broken("git does not declare this flow"))
    }

    fn key(&self, parts: &[&str]) -> IdempotencyKey {
        self.context.key(&self.resource.id, parts)
    }
}

/// Tells whether a command can meet somebody's lock on the draft.
fn writes_draft(command: &Command) -> bool {
    matches!(
        command,
        Command::UpdateFlow(_)
            | Command::WriteDraft(_)
            | Command::Publish(..)
            | Command::DeleteFlow(_)
    )
}

fn is_locked(error: &Error) -> bool {
    error.conflict_code() == Some("FLOW_LOCKED")
}

/// Tells whether what was to be made may be there, made by this request or by an earlier one of
/// the same content.
fn may_have_taken_effect(error: &Error) -> bool {
    let made = ["VERSION_EXISTS", "DEPLOYMENT_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED"];
    error.leaves_effect_unknown() || error.conflict_code().is_some_and(|code| made.contains(&code))
}
