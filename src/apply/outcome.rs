//! What a rollout's end means for the status and for the state.

use jiff::Timestamp;
use semver::Version;

use super::execute::Traces;
use crate::delta::hash;
use crate::git;
use crate::model::{
    DeploymentId, DraftRecord, Drift, Failure, Flow, FlowContent, FlowRecord, Record, ResourceId,
    ResourceOutcome, ResourceStatus, Step, Strategy, VersionId, VersionRecord,
};
use crate::plan::{Action, Basis, FlowWork, Plan, ResourcePlan, Work};
use crate::rollout::{End, IllegalTransition, Rollout};

/// What the state does about a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordChange {
    /// It stays as it is.
    Keep,
    /// It is written.
    Put(Box<Record>),
    /// It is removed.
    Remove,
}

/// What became of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// For people and notes.
    pub status: ResourceStatus,
    /// For the state.
    pub record: RecordChange,
}

impl Applied {
    /// A resource that the plan leaves alone.
    pub(super) fn left(
        resource: &ResourcePlan,
        outcome: ResourceOutcome,
        recorded: Option<String>,
    ) -> Self {
        let mut status = status(resource, outcome, resource.reason.clone());
        status.platform_id = status.platform_id.or(recorded);
        Self { status, record: RecordChange::Keep }
    }

    /// A resource that is gone from git and from the tenant.
    pub(super) fn forgotten(resource: &ResourcePlan) -> Self {
        let status = status(resource, ResourceOutcome::Deleted, resource.reason.clone());
        Self { status, record: RecordChange::Remove }
    }

    /// A flow that is taken over as it is.
    ///
    /// What is somebody else's is not recorded, neither an edited draft nor a version that they deployed:
    /// in the next pass it is still theirs.
    pub(super) fn taken_over(
        (resource, work): (&ResourcePlan, &FlowWork),
        outcome: ResourceOutcome,
        desired: &Flow,
    ) -> Self {
        let Basis { flow, draft, published, name, description, deployed, .. } = work.basis.clone();
        let mut status = status(resource, outcome, resource.reason.clone());
        let Some(id) = flow else { return Self { status, record: RecordChange::Keep } };
        let used = work.steps.iter().find_map(|step| match step {
            Step::UseVersion(id) => Some(id.clone()),
            _ => None,
        });
        status.version_id.clone_from(&used);
        let number = work.version.as_ref().map(|version| version.to.clone());
        let record = FlowRecord {
            id,
            display_name: name.unwrap_or_else(|| desired.display_name.clone()),
            description,
            draft_revision: draft
                .filter(|_| outcome != ResourceOutcome::Drifted)
                .unwrap_or_default(),
            draft: None,
            published,
            deployed: deployed.filter(|deployed| Some(&deployed.version) == used.as_ref()),
            version: used.zip(number).map(|(id, number)| version_record(id, number, &work.content)),
            failure: None,
        };
        Self { status, record: RecordChange::Put(Box::new(Record::Flow(Box::new(record)))) }
    }

    /// A resource that was not tried, because one that it needs did not come through.
    pub(super) fn held(resource: &ResourcePlan, by: &ResourceId) -> Self {
        let why = format!("not tried, because {by} failed");
        let status = status(resource, ResourceOutcome::Held, Some(why));
        Self { status, record: RecordChange::Keep }
    }

    /// A resource that was worked on.
    pub(super) fn ended(
        resource: &ResourcePlan,
        outcome: ResourceOutcome,
        message: Option<String>,
        record: RecordChange,
    ) -> Self {
        let mut status = status(resource, outcome, message);
        if let RecordChange::Put(record) = &record {
            status.platform_id = Some(record.platform_id());
        }
        Self { status, record }
    }

    /// A rollout that met an event it has no rule for: a defect, told as a failure.
    pub(super) fn broken(
        resource: &ResourcePlan,
        record: Option<&FlowRecord>,
        illegal: &IllegalTransition,
    ) -> Self {
        let why = format!("{illegal}; this is a defect of flowgate, please report it");
        let recorded = record.map(|record| record.id.to_string());
        let mut applied = Self::left(resource, ResourceOutcome::Failed, recorded);
        applied.status.message = Some(why);
        applied
    }
}

/// Returns what becomes of a plan's resources when a guard refuses it: nothing.
pub fn not_begun(plan: &Plan) -> Vec<Applied> {
    let held = |resource: &ResourcePlan| {
        if let Action::Leave(outcome) = resource.action {
            return Applied::left(resource, outcome, None);
        }
        let mut applied = Applied::left(resource, ResourceOutcome::Waiting, None);
        applied.status.message = Some("not begun, because a guard refused the plan".to_owned());
        applied
    };
    plan.resources.iter().map(held).collect()
}

/// A rollout that came to its end.
pub(super) struct Ended<'a> {
    /// What was meant.
    pub resource: &'a ResourcePlan,
    /// What of it is the flow's own.
    pub work: &'a FlowWork,
    /// What the state held before.
    pub record: Option<&'a FlowRecord>,
    /// How far it came.
    pub rollout: &'a Rollout,
    /// What it left in the tenant.
    pub traces: Traces,
    /// What git says of the flow.
    pub desired: Option<&'a Flow>,
    /// How far a change is taken.
    pub strategy: Strategy,
    /// When.
    pub now: Timestamp,
}

impl Ended<'_> {
    /// Turns the end into a status and a record.
    pub(super) fn into_applied(self, end: End) -> Applied {
        let (outcome, message, failure) = match end {
            End::Done => self.came_through(),
            End::Deleted => return self.deleted(),
            End::Kept(why) => (ResourceOutcome::Kept, Some(why), None),
            End::Waiting(why) => (ResourceOutcome::Waiting, Some(why), None),
            End::Drifted(how) => (ResourceOutcome::Drifted, Some(how), None),
            End::Failed(why) => (ResourceOutcome::Failed, Some(why), None),
            End::DeploymentFailed(id, error) => {
                let message = format!("deployment {id} failed: {error}");
                (ResourceOutcome::Failed, Some(message), Some(self.failure(id, error, false)))
            }
            End::RolledBack(id, error) => {
                let message = format!("deployment {id} failed and was rolled back: {error}");
                (ResourceOutcome::RolledBack, Some(message), Some(self.failure(id, error, false)))
            }
            End::Stuck(id, error) => {
                let message = format!("deployment {id} failed: {error}");
                (ResourceOutcome::Stuck, Some(message), Some(self.failure(id, error, true)))
            }
        };
        let mut status = status(self.resource, outcome, message);
        status.platform_id = self.rollout.flow().map(ToString::to_string).or(status.platform_id);
        status.version_id = self.rollout.version().cloned();
        status.drift = self.traces.left.clone().or(status.drift);
        let started = self.rollout.deployment().cloned();
        let runs = self.traces.deployed.as_ref().map(|deployed| deployed.deployment.clone());
        status.deployment_id = started.or(runs).or(status.deployment_id);
        Applied { status, record: self.record(outcome, failure) }
    }

    /// The steps came through; something that somebody changed may have been left, or undone.
    fn came_through(&self) -> (ResourceOutcome, Option<String>, Option<Failure>) {
        let reason = self.resource.drift.as_ref().and(self.resource.reason.clone());
        let (outcome, message) = match (&self.traces.left, self.work.leaves) {
            (Some(left), _) => (ResourceOutcome::Drifted, Some(told(left))),
            (None, Some(leaves)) => (leaves, reason),
            (None, None) => (done(self.resource.action), reason),
        };
        (outcome, message, None)
    }

    /// Tells whether the draft keeps something that somebody changed.
    fn leaves_something(&self) -> bool {
        self.traces.left.is_some() || (self.work.leaves.is_some() && self.traces.written)
    }

    /// Returns what the draft was given without a version.
    fn draft(&self, desired: &Flow, done: bool) -> Option<DraftRecord> {
        let before = self.record.and_then(|record| record.draft.clone());
        if self.strategy == Strategy::Draft {
            let written = done || self.traces.written;
            let given = || DraftRecord {
                revision: self.traces.draft,
                ..git::recorded_draft(&desired.content)
            };
            return if written { Some(given()) } else { before };
        }
        let version = self.rollout.version();
        before.filter(|_| version.is_none() || self.traces.published.as_ref() != version)
    }

    fn deleted(self) -> Applied {
        let status = status(self.resource, ResourceOutcome::Deleted, None);
        Applied { status, record: RecordChange::Remove }
    }

    fn failure(&self, deployment: DeploymentId, error: String, stuck: bool) -> Failure {
        Failure { hash: hash(&self.work.content), deployment, at: self.now, error, stuck }
    }

    fn record(self, outcome: ResourceOutcome, failure: Option<Failure>) -> RecordChange {
        let (Some(id), Some(desired)) = (self.rollout.flow(), self.desired) else {
            return RecordChange::Keep;
        };
        let before = self.record;
        let content = &self.work.content;
        let number = self.work.version.as_ref().map(|version| version.to.clone());
        let version = self.rollout.version().zip(number);
        let version = version.map(|(id, number)| version_record(id.clone(), number, content));
        let leaves = self.leaves_something();
        let done = outcome.is_change() || leaves;
        let draft = self.draft(desired, done);
        let kept = before.and_then(|record| record.failure.clone()).filter(|_| !done);
        let recorded = before.map(|record| record.draft_revision);
        // What the draft holds is not all git's then: it is read in every pass.
        let seen = self.traces.draft.filter(|_| !leaves);
        let (name, description) = if leaves {
            let known = before.and_then(|record| record.description.clone());
            (None, desired.description.clone().or(known))
        } else {
            (self.traces.name, self.traces.description)
        };
        RecordChange::Put(Box::new(Record::Flow(Box::new(FlowRecord {
            id: id.clone(),
            display_name: name.unwrap_or_else(|| desired.display_name.clone()),
            description,
            draft_revision: seen.or(recorded).unwrap_or_default(),
            draft,
            published: self.traces.published,
            version: version.or_else(|| before.and_then(|record| record.version.clone())),
            deployed: self.traces.deployed,
            failure: failure.or(kept),
        }))))
    }
}

fn version_record(id: VersionId, number: Version, content: &FlowContent) -> VersionRecord {
    VersionRecord { id, number, hash: hash(content), content: git::recorded(content) }
}

/// Says what somebody changed while the draft was written, and that it is still there.
fn told(left: &Drift) -> String {
    let moves: Vec<&str> = left.moves.iter().map(|one| one.how.as_str()).collect();
    format!("{}; that stays, and git's changes are written beside it", moves.join("; "))
}

/// Returns how a resource ends whose steps came through.
pub(super) fn done(action: Action) -> ResourceOutcome {
    match action {
        Action::Create => ResourceOutcome::Created,
        Action::Adopt => ResourceOutcome::Adopted,
        Action::Delete => ResourceOutcome::Deleted,
        Action::Update => ResourceOutcome::Updated,
        Action::Leave(outcome) => outcome,
    }
}

fn status(
    resource: &ResourcePlan,
    outcome: ResourceOutcome,
    message: Option<String>,
) -> ResourceStatus {
    let (platform_id, deployment_id) = match &resource.work {
        Work::Flow(work) => {
            let running = work.basis.deployed.as_ref();
            (
                work.basis.flow.as_ref().map(ToString::to_string),
                running.map(|running| running.deployment.clone()),
            )
        }
        Work::DataAction(work) => (work.id.as_ref().map(ToString::to_string), None),
        Work::DataStore(work) => (work.id.as_ref().map(ToString::to_string), None),
    };
    ResourceStatus {
        id: resource.id.clone(),
        outcome,
        message,
        version: resource.work.version().map(|version| version.to.clone()),
        platform_id,
        version_id: None,
        deployment_id,
        parts: resource.delta.counts(),
        drift: resource.drift.clone(),
    }
}
