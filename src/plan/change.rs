//! One flow that is live: what is done about it.

use semver::Version;

use super::build::{Planned, blank_flow};
use super::number::{self, NumberTaken};
use super::policy::{Adopt, Failed, Policy};
use super::retention;
use super::{Action, Basis, FlowWork, Refreshed, ResourcePlan, Stage, VersionChange, Work};
use crate::delta::{Comparison, Verdict, Watch, carry_extras, hash, verdict};
use crate::model::{
    ContentHash, Deployed, DeploymentStatus, DesiredFlow, FlowContent, FlowRecord, LiveDeployment,
    LiveFlow, Origin, ResourceOutcome, Step, VersionId, Wanted,
};

/// A flow that is live, with all that its plan depends on.
pub(super) struct Change<'a> {
    desired: &'a DesiredFlow,
    live: &'a LiveFlow,
    record: Option<&'a FlowRecord>,
    policy: &'a Policy<'a>,
    watch: Watch,
    comparison: Comparison,
    wanted: ContentHash,
}

impl<'a> Change<'a> {
    /// Compares a flow with what was read of it.
    pub(super) fn of(
        wanted: &'a Wanted<DesiredFlow>,
        live: &'a LiveFlow,
        record: Option<&'a FlowRecord>,
        policy: &'a Policy<'a>,
    ) -> Self {
        let (desired, wanted) = (&*wanted.declared, wanted.hash);
        let watch = policy.watch();
        let comparison = verdict(&desired.flow, live, record, watch);
        Self { desired, live, record, policy, watch, comparison, wanted }
    }

    /// Returns what is done about the flow.
    pub(super) fn plan(self) -> Planned {
        let foreign = self.live.origin == Origin::Foreign;
        if foreign && self.policy.adopt == Adopt::Never {
            return Planned::something(self.ask_to_adopt());
        }
        if foreign && self.is_what_is_published() {
            return Planned::something(self.take_over_as_it_is());
        }
        let plan = match &self.comparison.verdict {
            Verdict::InSync => match self.known() {
                Some(record) => {
                    return Planned::Nothing(Some(Box::new(Refreshed::Flow(Box::new(
                        self.refreshed(record),
                    )))));
                }
                None => self.take_over(),
            },
            Verdict::GitChanged => self.update(),
            Verdict::LiveChanged(_) | Verdict::BothChanged(_) if foreign => self.update(),
            Verdict::LiveChanged(moved) => self.drifted(ResourceOutcome::Drifted, moved),
            Verdict::BothChanged(moved) => self.drifted(ResourceOutcome::Conflict, moved),
        };
        Planned::something(plan)
    }

    /// Returns the record, if it is about this flow, this version and this deployment.
    fn known(&self) -> Option<&'a FlowRecord> {
        self.record.filter(|record| {
            let version = record.version.as_ref().map(|version| &version.id);
            let deployed = record.deployed.as_ref().map(|deployed| &deployed.deployment);
            record.id == self.live.id
                && version == self.comparison.version.as_ref()
                && deployed == self.live.current.as_ref().map(|deployment| &deployment.id)
        })
    }

    /// Brings a record up to what the tenant holds now.
    fn refreshed(&self, record: &FlowRecord) -> FlowRecord {
        FlowRecord {
            display_name: self.live.name.clone(),
            description: self.live.description.clone(),
            draft_revision: self.live.draft.revision,
            published: self.live.published.clone(),
            failure: None,
            ..record.clone()
        }
    }

    fn blank(&self, action: Action) -> ResourcePlan {
        ResourcePlan {
            delta: self.comparison.delta.clone(),
            settings: self.comparison.settings.clone(),
            ..blank_flow(self.desired, action, self.work())
        }
    }

    /// Nothing to do yet, on what was read.
    fn work(&self) -> FlowWork {
        FlowWork {
            basis: Basis {
                flow: Some(self.live.id.clone()),
                draft: Some(self.live.draft.revision),
                published: self.live.published.clone(),
                name: Some(self.live.name.clone()),
                description: self.live.description.clone(),
                deployed: self.live.current.as_ref().map(|current| Deployed {
                    deployment: current.id.clone(),
                    version: current.version_id.clone(),
                    number: self.number_of(&current.version_id),
                }),
                newest_deployment: self.live.deployments.first().map(|newest| newest.id.clone()),
                versions: self.live.versions.len(),
                foreign_versions: self.live.versions.iter().filter(|one| !one.ours).count(),
            },
            ..FlowWork::default()
        }
    }

    fn left(&self, outcome: ResourceOutcome, reason: String) -> ResourcePlan {
        let version = self
            .reused()
            .and_then(|id| self.number_of(id))
            .map(|to| VersionChange { from: self.current_number(), to });
        let work = Work::Flow(FlowWork { version, ..self.work() });
        ResourcePlan { reason: Some(reason), work, ..self.blank(Action::Leave(outcome)) }
    }

    fn ask_to_adopt(&self) -> ResourcePlan {
        let reason = format!(
            "a flow of this name ({}) is live and was not made by this project; --adopt takes it over",
            self.live.id
        );
        self.left(ResourceOutcome::Drifted, reason)
    }

    fn drifted(&self, outcome: ResourceOutcome, moved: &[String]) -> ResourcePlan {
        let way_out = match outcome {
            ResourceOutcome::Conflict => {
                "git changed it too. First commit just what the tenant holds, without the other \
                 change, and reconcile; then commit the other change again"
            }
            _ => "Make git say what is live now, or undo it in the tenant",
        };
        let moved = moved.join("; ");
        self.left(outcome, format!("{moved}; nothing is written over it. {way_out}"))
    }

    fn take_over(&self) -> ResourcePlan {
        let version = self.reused().and_then(|id| self.number_of(id));
        let work = FlowWork {
            version: version.map(|to| VersionChange { from: Some(to.clone()), to }),
            steps: self.reused().cloned().map(Step::UseVersion).into_iter().collect(),
            content: self.content(),
            ..self.work()
        };
        ResourcePlan { work: Work::Flow(work), ..self.blank(Action::Adopt) }
    }

    /// Tells whether git says just what is published of a flow whose draft is this environment's.
    fn is_what_is_published(&self) -> bool {
        let published = self.live.published.as_ref().and_then(|id| self.live.contents.get(id));
        self.watch == Watch::Draft
            && published.is_some_and(|content| hash(content) == self.wanted)
            && self.reused().is_some()
            && self.comparison.settings.is_empty()
    }

    /// Takes a flow over without a request: the published version is the base from now on. An edited draft
    /// and another version that runs are somebody's, and nobody asked to lose them.
    fn take_over_as_it_is(&self) -> ResourcePlan {
        let plan = self.take_over();
        let (leaves, reason) = match &self.comparison.verdict {
            Verdict::InSync => return plan,
            Verdict::GitChanged => (
                ResourceOutcome::Adopted,
                format!(
                    "taken over as it is; {} does not run it, and the next pass deploys it",
                    self.policy.environment.target_environment
                ),
            ),
            Verdict::LiveChanged(moved) | Verdict::BothChanged(moved) => (
                ResourceOutcome::Drifted,
                format!(
                    "taken over as it is published; {}; nothing is written over it. Make git say what is \
                     live now, or undo it in the tenant",
                    moved.join("; ")
                ),
            ),
        };
        let work = match plan.work {
            Work::Flow(work) => Work::Flow(FlowWork { leaves: Some(leaves), ..work }),
            work => work,
        };
        ResourcePlan { reason: Some(reason), work, ..plan }
    }

    fn update(&self) -> ResourcePlan {
        if let Some(plan) = self.failed_before() {
            return plan;
        }
        let number = match self.number() {
            Ok(number) => number,
            Err(taken) => {
                let reason = format!("{}: {taken}", version_place(self.desired));
                return self.left(ResourceOutcome::Failed, reason);
            }
        };
        let action = match self.live.origin {
            Origin::Foreign => Action::Adopt,
            Origin::Empty => Action::Create,
            Origin::Recorded | Origin::Ours => Action::Update,
        };
        let work = FlowWork {
            version: Some(VersionChange { from: self.current_number(), to: number }),
            steps: self.steps(),
            content: self.content(),
            overwrites: self.overwrites(),
            ..self.work()
        };
        ResourcePlan { stage: self.stage(), work: Work::Flow(work), ..self.blank(action) }
    }

    /// An earlier pass made or chose the version, and recorded that.
    fn stage(&self) -> Stage {
        let begun = self.record.and_then(|record| record.version.as_ref());
        match begun.filter(|version| version.hash == self.wanted) {
            Some(version) if Some(&version.id) == self.reused() => Stage::Resumed,
            _ => Stage::New,
        }
    }

    fn content(&self) -> FlowContent {
        carry_extras(&self.desired.flow.content, &self.live.draft.content)
    }

    /// The draft that publishing overwrites, when no version holds it.
    fn overwrites(&self) -> Option<FlowContent> {
        let draft = hash(&self.live.draft.content);
        let kept = draft == self.wanted
            || draft == hash(&FlowContent::default())
            || self.live.contents.values().any(|content| hash(content) == draft);
        (self.watch == Watch::Draft && !kept).then(|| self.live.draft.content.clone())
    }

    fn reused(&self) -> Option<&VersionId> {
        self.comparison.version.as_ref()
    }

    fn number_of(&self, id: &VersionId) -> Option<Version> {
        self.live.version(id).and_then(|version| version.number.clone())
    }

    fn current_number(&self) -> Option<Version> {
        let deployed = self.live.current.as_ref().map(|deployment| &deployment.version_id);
        deployed.or(self.live.published.as_ref()).and_then(|id| self.number_of(id))
    }

    fn number(&self) -> Result<Version, NumberTaken> {
        if let Some(number) = self.reused().and_then(|id| self.number_of(id)) {
            return Ok(number);
        }
        // Another environment's content may have the number that git gives: only the draft's
        // owner takes it literally.
        let asked = match self.watch {
            Watch::Draft => self.desired.flow.version.as_ref(),
            Watch::Deployment => None,
        };
        number::choose(asked, &self.live.versions, &self.comparison.delta)
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.comparison.settings.is_empty() {
            steps.push(Step::UpdateFlow);
        }
        let published = self.reused().is_some() && self.live.published.as_ref() == self.reused();
        let stale = hash(&self.live.draft.content) != self.wanted;
        if let Some(id) = self.reused() {
            steps.push(Step::UseVersion(id.clone()));
        } else {
            steps.extend(self.retired().into_iter().map(Step::DeleteVersion));
            steps.push(Step::CreateVersion);
        }
        if !published {
            steps.push(Step::Validate);
        }
        if self.watch == Watch::Draft && (!published || stale) {
            steps.push(Step::Publish);
        }
        steps.extend(self.deployment_steps());
        steps
    }

    /// Old versions that make room for another.
    fn retired(&self) -> Vec<VersionId> {
        let keep = self.policy.environment.keep_versions;
        keep.map_or_else(Vec::new, |keep| retention::retired(self.live, self.record, keep))
    }

    fn deployment_steps(&self) -> Vec<Step> {
        let deployed = self.live.current.as_ref().map(|deployment| &deployment.version_id);
        if deployed.is_some() && deployed == self.reused() {
            return Vec::new();
        }
        match self.last_deployment().filter(|last| !last.status.is_terminal()) {
            Some(in_flight) => vec![Step::Attach(in_flight.id.clone())],
            None => self.policy.deploy_steps().collect(),
        }
    }

    /// The newest deployment of the version that holds git's content.
    fn last_deployment(&self) -> Option<&LiveDeployment> {
        let version = self.reused()?;
        self.live.deployments.iter().find(|deployment| deployment.version_id == *version)
    }

    /// What is done about content that failed in this environment before.
    fn failed_before(&self) -> Option<ResourcePlan> {
        if let Some(failed) = self.not_rolled_back() {
            return Some(self.roll_back(failed));
        }
        if self.policy.failed == Failed::Retry {
            return None;
        }
        let failure = self.record.and_then(|record| record.failure.as_ref());
        let failure = failure.filter(|failure| failure.hash == self.wanted);
        let last = self.last_deployment().filter(|last| {
            matches!(last.status, DeploymentStatus::Failed | DeploymentStatus::RolledBack)
        });
        let deployment = last.map(|last| &last.id).or(failure.map(|f| &f.deployment))?;
        let error = failure
            .map(|failure| failure.error.clone())
            .or_else(|| last.and_then(|last| last.error.clone()))
            .unwrap_or_else(|| "the platform gave no reason".to_owned());
        let stuck = failure.is_some_and(|failure| failure.stuck);
        let outcome = match last.map(|last| &last.status) {
            _ if stuck => ResourceOutcome::Stuck,
            Some(DeploymentStatus::Failed) => ResourceOutcome::Failed,
            _ => ResourceOutcome::RolledBack,
        };
        let reason = format!(
            "this content failed in {} before (deployment {deployment}: {error}); \
             change it, or try once more with --retry",
            self.policy.environment.name
        );
        Some(self.left(outcome, reason))
    }

    /// The newest deployment, if it failed in a pass that could not see to it: of a version of ours,
    /// and unknown to the record.
    fn not_rolled_back(&self) -> Option<&'a LiveDeployment> {
        let newest = self.live.deployments.first()?;
        let id = &newest.version_id;
        let recorded = self.record.and_then(|record| record.version.as_ref());
        let ours = self.live.version(id).is_some_and(|version| version.ours)
            || recorded.is_some_and(|version| version.id == *id);
        let failure = self.record.and_then(|record| record.failure.as_ref());
        let open = newest.status == DeploymentStatus::Failed
            && failure.is_none_or(|failure| failure.deployment != newest.id)
            && self.policy.environment.rollback_on_failure;
        (open && ours && self.live.contents.contains_key(id)).then_some(newest)
    }

    /// Rolls back first; content that came into git meanwhile is the next pass's.
    fn roll_back(&self, failed: &LiveDeployment) -> ResourcePlan {
        let version = &failed.version_id;
        let to = self.number_of(version);
        let reason = format!("deployment {} failed in a pass that did not roll it back", failed.id);
        let work = FlowWork {
            version: to.map(|to| VersionChange { from: self.current_number(), to }),
            steps: vec![Step::UseVersion(version.clone()), Step::RollBack(failed.id.clone())],
            content: self.live.contents.get(version).cloned().unwrap_or_default(),
            ..self.work()
        };
        ResourcePlan {
            stage: Stage::Resumed,
            reason: Some(reason),
            work: Work::Flow(work),
            ..self.blank(Action::Update)
        }
    }
}

fn version_place(flow: &DesiredFlow) -> String {
    let span = flow.version_place.unwrap_or(flow.metadata.location.span);
    format!("{}:{}:{}", flow.metadata.location.source.path, span.line, span.column)
}
