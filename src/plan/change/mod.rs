//! One flow that is live: what is done about it.

mod drift;
mod failed;
mod takeover;

use semver::Version;

use super::build::{Planned, blank_flow};
use super::number::{self, NumberTaken};
use super::policy::{Adopt, Aim, Policy};
use super::retention;
use super::{
    Action, Basis, FlowWork, Overwritten, Refreshed, ResourcePlan, Stage, VersionChange, Work,
};
use crate::delta::{Comparison, Verdict, Watch, carry_extras, hash, verdict};
use crate::model::{
    ContentHash, Deployed, DesiredFlow, FlowContent, FlowRecord, LiveFlow, LivePart, Origin,
    ResourceOutcome, Step, Strategy, VersionId, Wanted,
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
        // owner takes it literally. And what is gone back to had its number once.
        let asked = match (self.watch, &self.policy.aim) {
            (Watch::Draft, Aim::Reconcile) => self.desired.flow.version.as_ref(),
            (Watch::Deployment, _) | (_, Aim::RollBack(_)) => None,
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
}

fn version_place(flow: &DesiredFlow) -> String {
    let span = flow.version_place.unwrap_or(flow.metadata.location.span);
    format!("{}:{}:{}", flow.metadata.location.source.path, span.line, span.column)
}
