//! Layer 3: what may happen while one flow is rolled out. Pure: a state and an event give the next
//! state and the next command; whoever runs it does the waiting.
//!
//! ```text
//! steps in order:  CreateFlow → UpdateFlow → DeleteVersion → CreateVersion → Validate → Publish → gates → Deploy
//!                  or, where the draft alone is written: CreateFlow → WriteDraft
//!                                                                │ invalid      │ closed      │
//!                                                                ▼              ▼             ▼
//!                                                              Failed        Waiting       Polling ──success──▶ next step
//!                                                                                             │ failed
//!                                                                                             ▼
//!                                        RolledBack ◀──rolled back── PollingRollback ◀── RollingBack
//!                                                                          │ anything else      │ refused
//!                                                                          ▼                    ▼
//!                                                                        Stuck ◀────────────────┘
//! no step left:    Verifying → Done
//! ```

use std::collections::VecDeque;

use crate::model::{DeploymentId, DeploymentStatus, FlowId, Gate, Step, VersionId};

#[cfg(test)]
mod tests;

/// Whether a deployment that fails is rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// By exactly one request.
    RollBack,
    /// The platform is left as it is.
    Stop,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make the flow.
    CreateFlow,
    /// Write name and description.
    UpdateFlow(FlowId),
    /// Delete an old version.
    DeleteVersion(FlowId, VersionId),
    /// Write the draft.
    WriteDraft(FlowId),
    /// Make the version.
    CreateVersion(FlowId),
    /// Ask whether the version is valid.
    Validate(VersionId),
    /// Publish the version.
    Publish(FlowId, VersionId),
    /// Look at a gate.
    CheckGate(Gate, FlowId, VersionId),
    /// Deploy the version.
    Deploy(FlowId, VersionId),
    /// Look at a deployment, after the pause that polling makes.
    Poll(DeploymentId),
    /// Ask for the rollback of a deployment.
    RollBack(DeploymentId),
    /// Read back what is live.
    Verify(FlowId),
    /// Delete the flow.
    DeleteFlow(FlowId),
    /// Nothing: it ended.
    Finish(End),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The flow is there.
    FlowCreated(FlowId),
    /// Name and description are written.
    FlowUpdated,
    /// The old version is deleted.
    VersionDeleted,
    /// The draft is written.
    DraftWritten,
    /// The version is there.
    VersionCreated(VersionId),
    /// The version is valid.
    Valid,
    /// The version is not valid, and why.
    Invalid(String),
    /// The version is published.
    Published,
    /// The gate is open.
    GateOpen,
    /// The gate is closed, and why.
    GateClosed(String),
    /// The deployment is accepted, or one of the version was in flight already.
    Deploying(DeploymentId),
    /// Something else holds the target environment, and who.
    EnvironmentLocked(String),
    /// How the deployment stands, and what the platform says went wrong.
    Seen(DeploymentStatus, Option<String>),
    /// The deployment did not end in the time that polling takes.
    PollingTimedOut,
    /// The rollback is accepted, or was under way already.
    RollbackAccepted,
    /// What is live is what git wants.
    Verified,
    /// What is live is something else, and what.
    Differs(String),
    /// The flow is deleted.
    FlowDeleted,
    /// What was to be deleted is in use and stays, and by what.
    InUse(String),
    /// Someone else moved what the plan was built on, and how.
    Moved(String),
    /// Somebody keeps others from writing the draft, and who.
    DraftLocked(String),
    /// The command failed, and why.
    Error(String),
}

/// How a rollout ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Everything is as git wants it.
    Done,
    /// The flow is deleted.
    Deleted,
    /// The flow is kept, and why.
    Kept(String),
    /// A gate is closed, the environment or the draft is held, or the deployment takes longer than
    /// polling.
    Waiting(String),
    /// Someone else moved what the plan was built on.
    Drifted(String),
    /// Something failed that has no deployment to roll back.
    Failed(String),
    /// The deployment failed and no rollback was asked for.
    DeploymentFailed(DeploymentId, String),
    /// The deployment failed and the environment is back on what it ran before.
    RolledBack(DeploymentId, String),
    /// The deployment failed and so did its rollback.
    Stuck(DeploymentId, String),
}

/// An event that cannot follow the command that was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} cannot follow {command:?}")]
pub struct IllegalTransition {
    command: Box<Command>,
    event: Box<Event>,
}

/// One flow's rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    steps: VecDeque<Step>,
    on_failure: OnFailure,
    flow: Option<FlowId>,
    version: Option<VersionId>,
    deployment: Option<DeploymentId>,
    failure: Option<String>,
    command: Command,
}

impl Rollout {
    /// Begins a rollout of the steps of a plan; `flow` is the live flow, when there is one.
    pub fn new(steps: &[Step], flow: Option<FlowId>, on_failure: OnFailure) -> Self {
        let mut rollout = Self {
            steps: steps.iter().cloned().collect(),
            on_failure,
            flow,
            version: None,
            deployment: None,
            failure: None,
            command: Command::Finish(End::Done),
        };
        rollout.command = rollout.advance();
        rollout
    }

    /// Returns what to do now.
    pub fn command(&self) -> &Command {
        &self.command
    }

    /// Returns the flow, once there is one.
    pub fn flow(&self) -> Option<&FlowId> {
        self.flow.as_ref()
    }

    /// Returns the version, once it is made or chosen.
    pub fn version(&self) -> Option<&VersionId> {
        self.version.as_ref()
    }

    /// Returns the deployment that was started, attached to or rolled back.
    pub fn deployment(&self) -> Option<&DeploymentId> {
        self.deployment.as_ref()
    }

    /// Takes what happened and decides what comes next.
    ///
    /// Fails when the event cannot follow the current command; the rollout is then unchanged.
    pub fn happened(&mut self, event: Event) -> Result<(), IllegalTransition> {
        let next = match (&self.command, event) {
            (Command::Finish(_), event) => return Err(self.illegal(event)),
            (Command::Poll(deployment), event) => self.polled(&deployment.clone(), event)?,
            (Command::RollBack(deployment), event) => {
                self.rollback_answered(&deployment.clone(), event)?
            }
            (_, Event::Error(why)) => Command::Finish(End::Failed(why)),
            (_, Event::Moved(how)) => Command::Finish(End::Drifted(how)),
            (_, Event::DraftLocked(why)) => Command::Finish(End::Waiting(why)),
            (_, event) => self.stepped(event)?,
        };
        self.command = next;
        Ok(())
    }

    fn illegal(&self, event: Event) -> IllegalTransition {
        IllegalTransition { command: Box::new(self.command.clone()), event: Box::new(event) }
    }

    fn stepped(&mut self, event: Event) -> Result<Command, IllegalTransition> {
        match (&self.command, event) {
            (Command::CreateFlow, Event::FlowCreated(flow)) => self.flow = Some(flow),
            (Command::CreateVersion(_), Event::VersionCreated(version)) => {
                self.version = Some(version);
            }
            (Command::Deploy(..), Event::Deploying(deployment)) => {
                self.deployment = Some(deployment.clone());
                return Ok(Command::Poll(deployment));
            }
            (Command::UpdateFlow(_), Event::FlowUpdated)
            // An old version that somebody uses now stays, and nothing is lost by that.
            | (Command::DeleteVersion(..), Event::VersionDeleted | Event::InUse(_))
            | (Command::WriteDraft(_), Event::DraftWritten)
            | (Command::Validate(_), Event::Valid)
            | (Command::Publish(..), Event::Published)
            | (Command::CheckGate(..), Event::GateOpen) => {}
            (Command::Validate(_), Event::Invalid(why))
            | (Command::Verify(_), Event::Differs(why)) => {
                return Ok(Command::Finish(End::Failed(why)));
            }
            (Command::CheckGate(..), Event::GateClosed(why))
            | (Command::Deploy(..), Event::EnvironmentLocked(why)) => {
                return Ok(Command::Finish(End::Waiting(why)));
            }
            (Command::Verify(_), Event::Verified) => return Ok(Command::Finish(End::Done)),
            (Command::DeleteFlow(_), Event::FlowDeleted) => {
                return Ok(Command::Finish(End::Deleted));
            }
            (Command::DeleteFlow(_), Event::InUse(why)) => {
                return Ok(Command::Finish(End::Kept(why)));
            }
            (_, event) => return Err(self.illegal(event)),
        }
        Ok(self.advance())
    }

    /// Takes the next step that needs somebody to act.
    fn advance(&mut self) -> Command {
        while let Some(step) = self.steps.pop_front() {
            match self.command_for(step) {
                Ok(Some(command)) => return command,
                Ok(None) => {}
                Err(why) => return Command::Finish(End::Failed(why)),
            }
        }
        match self.flow.clone() {
            Some(flow) => Command::Verify(flow),
            None => Command::Finish(End::Done),
        }
    }

    fn command_for(&mut self, step: Step) -> Result<Option<Command>, String> {
        let flow = self.flow.clone().ok_or("the plan has no flow for this step");
        let version = self.version.clone().ok_or("the plan has no version for this step");
        Ok(Some(match step {
            Step::CreateFlow => Command::CreateFlow,
            Step::UpdateFlow => Command::UpdateFlow(flow?),
            Step::DeleteVersion(version) => Command::DeleteVersion(flow?, version),
            Step::WriteDraft => Command::WriteDraft(flow?),
            Step::CreateVersion => Command::CreateVersion(flow?),
            Step::UseVersion(version) => {
                self.version = Some(version);
                return Ok(None);
            }
            Step::Validate => Command::Validate(version?),
            Step::Publish => Command::Publish(flow?, version?),
            Step::Gate(gate) => Command::CheckGate(gate, flow?, version?),
            Step::Deploy => Command::Deploy(flow?, version?),
            Step::Attach(deployment) => {
                self.deployment = Some(deployment.clone());
                Command::Poll(deployment)
            }
            Step::RollBack(deployment) => {
                self.deployment = Some(deployment.clone());
                self.failure = Some("the deployment failed in an earlier pass".to_owned());
                Command::RollBack(deployment)
            }
            Step::DeleteFlow => Command::DeleteFlow(flow?),
        }))
    }

    fn polled(
        &mut self,
        deployment: &DeploymentId,
        event: Event,
    ) -> Result<Command, IllegalTransition> {
        let id = deployment.clone();
        let rolling_back = self.failure.is_some();
        match event {
            Event::Seen(DeploymentStatus::Success, _) if !rolling_back => Ok(self.advance()),
            Event::Seen(DeploymentStatus::Failed, error) if !rolling_back => {
                Ok(self.failed(id, error))
            }
            Event::Seen(DeploymentStatus::RolledBack, error) => {
                let why = self.failure.take().or(error);
                Ok(Command::Finish(End::RolledBack(id, why.unwrap_or_else(no_reason))))
            }
            Event::Seen(DeploymentStatus::Failed | DeploymentStatus::Success, error) => {
                Ok(self.stuck(id, &error.unwrap_or_else(no_reason)))
            }
            // The platform rolls back by itself: nothing is asked for a second time.
            Event::Seen(DeploymentStatus::RollbackInProgress, error) => {
                self.failure.get_or_insert_with(|| error.unwrap_or_else(no_reason));
                Ok(Command::Poll(id))
            }
            Event::Seen(_, _) => Ok(Command::Poll(id)),
            Event::PollingTimedOut => Ok(Command::Finish(End::Waiting(format!(
                "deployment {id} has not ended yet; the next pass goes on polling it"
            )))),
            Event::Error(why) => Ok(Command::Finish(End::Failed(why))),
            event => Err(self.illegal(event)),
        }
    }

    fn failed(&mut self, deployment: DeploymentId, error: Option<String>) -> Command {
        let error = error.unwrap_or_else(no_reason);
        match self.on_failure {
            OnFailure::Stop => Command::Finish(End::DeploymentFailed(deployment, error)),
            OnFailure::RollBack => {
                self.failure = Some(error);
                Command::RollBack(deployment)
            }
        }
    }

    fn rollback_answered(
        &mut self,
        deployment: &DeploymentId,
        event: Event,
    ) -> Result<Command, IllegalTransition> {
        match event {
            Event::RollbackAccepted => Ok(Command::Poll(deployment.clone())),
            Event::Error(why) => Ok(self.stuck(deployment.clone(), &why)),
            event => Err(self.illegal(event)),
        }
    }

    fn stuck(&self, deployment: DeploymentId, rollback: &str) -> Command {
        let failure = self.failure.clone().unwrap_or_else(no_reason);
        let why = format!("{failure}; and its rollback failed: {rollback}");
        Command::Finish(End::Stuck(deployment, why))
    }
}

fn no_reason() -> String {
    "the platform gave no reason".to_owned()
}
