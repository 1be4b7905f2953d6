//! One flow that is live: what is done about it.

use semver::Version;

use super::build::{Planned, blank_flow};
use super::number::{self, NumberTaken};
use super::policy::{Adopt, Failed, Policy};
use super::retention;
use super::{
    Action, Basis, FlowWork, Overwritten, Refreshed, ResourcePlan, Stage, VersionChange, Work,
};
use crate::delta::{Comparison, Verdict, Watch, carry_extras, compare, hash, verdict};
use crate::model::{
    ContentHash, Deployed, DeploymentStatus, DesiredFlow, Drift, DriftPolicy, Flow, FlowContent,
    FlowRecord, LiveDeployment, LiveFlow, LivePart, Naming, Origin, ResourceOutcome, Side, Step,
    Strategy, VersionId, Wanted,
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

/// Says what moved live, one sentence after the other.
fn moved(drift: &Drift) -> String {
    let moves: Vec<&str> = drift.moves.iter().map(|one| one.how.as_str()).collect();
    moves.join("; ")
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
        let reach = (watch, policy.environment.strategy);
        let comparison = verdict(&desired.flow, live, record, reach);
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
                    let record = Box::new(self.refreshed(record));
                    let alone = !self.policy.makes_versions();
                    let draft = alone.then(|| self.desired.flow.content.clone());
                    return Planned::Nothing(Some(Box::new(Refreshed::Flow(record, draft))));
                }
                None => self.take_over(),
            },
            Verdict::GitChanged => self.update(),
            Verdict::Drifted(_) if foreign => self.update(),
            Verdict::Drifted(drift) => self.drifted(drift),
        };
        Planned::something(self.unless_locked(plan))
    }

    /// Leaves a flow alone whose draft would be written while somebody has locked it.
    fn unless_locked(&self, mut plan: ResourcePlan) -> ResourcePlan {
        let writes =
            |step: &Step| matches!(step, Step::UpdateFlow | Step::WriteDraft | Step::Publish);
        let work = plan.work.flow();
        let writes = work.is_some_and(|work| work.steps.iter().any(writes));
        if let Some(lock) = self.live.draft.lock.as_ref().filter(|_| writes) {
            let why = format!("{lock}; once it is released, the next pass goes on");
            plan.leave(ResourceOutcome::Waiting, why);
        }
        plan
    }

    /// Returns the record, if it is about this flow, this version and this deployment.
    fn known(&self) -> Option<&'a FlowRecord> {
        self.record.filter(|record| {
            let version = record.version.as_ref().map(|version| &version.id);
            let deployed = record.deployed.as_ref().map(|deployed| &deployed.deployment);
            let made = || version == self.comparison.version.as_ref();
            let runs = || deployed == self.live.current.as_ref().map(|deployment| &deployment.id);
            record.id == self.live.id
                && match self.policy.environment.strategy {
                    Strategy::Draft => true,
                    Strategy::Version => made(),
                    Strategy::Deploy => made() && runs(),
                }
        })
    }

    /// Brings a record up to what the tenant holds now.
    fn refreshed(&self, record: &FlowRecord) -> FlowRecord {
        FlowRecord {
            display_name: self.live.name.clone(),
            description: self.live.description.clone(),
            draft_revision: self.live.draft.revision,
            published: self.live.published.clone(),
            draft: None,
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
            base: self.comparison.base.clone().map(Box::new),
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

    /// What is done about what somebody changed live.
    fn drifted(&self, drift: &Drift) -> ResourcePlan {
        let plan = match self.policy.drift(&self.desired.metadata) {
            DriftPolicy::Revert => self.revert(drift),
            DriftPolicy::Alert => self.merge_draft(drift).unwrap_or_else(|| self.keep(drift)),
            DriftPolicy::Adopt => self.adopt(drift),
        };
        ResourcePlan { drift: Some(drift.clone()), ..plan }
    }

    /// Nothing is written over it.
    fn keep(&self, drift: &Drift) -> ResourcePlan {
        let (outcome, way_out) = match (drift.conflicts.len(), drift.side) {
            (0, Side::Both) => (
                ResourceOutcome::Drifted,
                "git changed other parts of it. Make git say what is live now too, or undo it in the \
                 tenant",
            ),
            (0, _) => (
                ResourceOutcome::Drifted,
                "Make git say what is live now, or undo it in the tenant",
            ),
            _ => (
                ResourceOutcome::Conflict,
                "git changed the same fields to other values. Make git say what is to be, of \
                 everything that is live, or undo it in the tenant",
            ),
        };
        let moved = moved(drift);
        self.left(outcome, format!("{moved}; nothing is written over it. {way_out}"))
    }

    /// Left alone too, with what both sides changed for people to review.
    fn adopt(&self, drift: &Drift) -> ResourcePlan {
        let mut plan = self.keep(drift);
        if let Work::Flow(work) = &mut plan.work {
            work.merged = self.comparison.merged.clone().map(Box::new);
        }
        plan
    }

    /// Where only the draft is written, what git changed is put beside what somebody else did, unless
    /// the two collide.
    fn merge_draft(&self, drift: &Drift) -> Option<ResourcePlan> {
        let merged = self.comparison.merged.as_ref()?;
        let own = self.policy.environment.strategy == Strategy::Draft;
        if !own || !drift.conflicts.is_empty() || drift.side != Side::Both {
            return None;
        }
        let naming = Naming {
            name: merged.display_name.clone(),
            description: merged.description.clone().or_else(|| self.live.description.clone()),
        };
        let same = hash(&merged.content) == hash(&self.live.draft.content)
            && naming.name == self.live.name
            && naming.description == self.live.description;
        if same {
            return None;
        }
        let work = FlowWork {
            steps: vec![Step::WriteDraft],
            content: merged.content.clone(),
            kept: Some(naming),
            leaves: Some(ResourceOutcome::Drifted),
            ..self.work()
        };
        let reason =
            format!("{}; that stays, and git's changes are written beside it", moved(drift));
        Some(ResourcePlan {
            delta: compare(&self.live.draft.content, &merged.content),
            reason: Some(reason),
            work: Work::Flow(work),
            ..self.blank(Action::Update)
        })
    }

    /// Git is applied over it, after it was saved.
    fn revert(&self, drift: &Drift) -> ResourcePlan {
        let mut plan = self.update();
        if let Work::Flow(work) = &mut plan.work
            && !work.steps.is_empty()
        {
            work.overwrites = self.reverted(drift);
            let name = &self.policy.environment.name;
            plan.reason = Some(format!(
                "{}; reverted, and what was live is saved in refs/flowgate/drift/{name}",
                moved(drift)
            ));
        }
        plan
    }

    /// What moved live, as it is saved.
    fn reverted(&self, drift: &Drift) -> Vec<Overwritten> {
        let deployed = drift.moves.iter().any(|one| one.part == LivePart::Deployment);
        let edited = drift.moves.iter().any(|one| one.part != LivePart::Deployment);
        let current = self.live.current.as_ref().filter(|_| deployed);
        let current = current.and_then(|current| self.live.contents.get(&current.version_id));
        let held = edited.then_some((LivePart::Draft, &self.live.draft.content));
        let parts = held.into_iter().chain(current.map(|content| (LivePart::Deployment, content)));
        parts.map(|(part, content)| self.saved(part, content)).collect()
    }

    fn saved(&self, part: LivePart, content: &FlowContent) -> Overwritten {
        let flow = Flow {
            display_name: self.live.name.clone(),
            description: self.live.description.clone(),
            version: None,
            content: content.clone(),
        };
        Overwritten { part, flow }
    }

    fn take_over(&self) -> ResourcePlan {
        let reused = self.reused().filter(|_| self.policy.makes_versions());
        let version = reused.and_then(|id| self.number_of(id));
        let work = FlowWork {
            version: version.map(|to| VersionChange { from: Some(to.clone()), to }),
            steps: reused.cloned().map(Step::UseVersion).into_iter().collect(),
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
            Verdict::Drifted(drift) => (
                ResourceOutcome::Drifted,
                format!(
                    "taken over as it is published; {}; nothing is written over it. Make git say what is \
                     live now, or undo it in the tenant",
                    moved(drift)
                ),
            ),
        };
        let work = match plan.work {
            Work::Flow(work) => Work::Flow(FlowWork { leaves: Some(leaves), ..work }),
            work => work,
        };
        let drift = match &self.comparison.verdict {
            Verdict::Drifted(drift) => Some(drift.clone()),
            Verdict::InSync | Verdict::GitChanged => None,
        };
        ResourcePlan { reason: Some(reason), drift, work, ..plan }
    }

    fn update(&self) -> ResourcePlan {
        if let Some(plan) = self.failed_before() {
            return plan;
        }
        let version = match self.version_change() {
            Ok(version) => version,
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
            version,
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

    /// The draft that is overwritten, when no version holds it and somebody else made it.
    fn overwrites(&self) -> Vec<Overwritten> {
        let content = &self.live.draft.content;
        let draft = hash(content);
        let kept = draft == self.wanted
            || draft == hash(&FlowContent::default())
            || self.live.contents.values().any(|content| hash(content) == draft);
        let lost = self.live.origin == Origin::Foreign && self.watch == Watch::Draft && !kept;
        lost.then(|| self.saved(LivePart::Draft, content)).into_iter().collect()
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

    /// A draft has no number.
    fn version_change(&self) -> Result<Option<VersionChange>, NumberTaken> {
        if !self.policy.makes_versions() {
            return Ok(None);
        }
        Ok(Some(VersionChange { from: self.current_number(), to: self.number()? }))
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
        if !self.policy.makes_versions() {
            return vec![Step::WriteDraft];
        }
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
        let runs = deployed.is_some() && deployed == self.reused();
        if runs || self.policy.environment.strategy != Strategy::Deploy {
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
        if self.policy.environment.strategy != Strategy::Deploy {
            return None;
        }
        if let Some(failed) = self.not_rolled_back() {
            return Some(self.roll_back(failed));
        }
        if self.policy.failed == Failed::Retry {
            return None;
        }
        let failure = self.record.and_then(|record| record.failure.as_ref());
        let failure = failure.filter(|failure| failure.hash == self.wanted);
        // What came through and was taken back by hand later did not fail.
        let came_through = self.record.and_then(|record| record.deployed.as_ref());
        let came_through = came_through.map(|deployed| &deployed.deployment);
        let last = self.last_deployment().filter(|last| Some(&last.id) != came_through);
        let last = last.filter(|last| {
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
