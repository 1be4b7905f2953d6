//! What is done about content that failed in this environment before.

use super::Change;
use crate::model::{DeploymentStatus, LiveDeployment, ResourceOutcome, Step, Strategy};
use crate::plan::{Action, Failed, FlowWork, ResourcePlan, Stage, VersionChange, Work};

impl<'a> Change<'a> {
    /// The newest deployment of the version that holds git's content.
    pub(super) fn last_deployment(&self) -> Option<&LiveDeployment> {
        let version = self.reused()?;
        self.live.deployments.iter().find(|deployment| deployment.version_id == *version)
    }

    /// What is done about content that failed in this environment before.
    pub(super) fn failed_before(&self) -> Option<ResourcePlan> {
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
    pub(super) fn not_rolled_back(&self) -> Option<&'a LiveDeployment> {
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
    pub(super) fn roll_back(&self, failed: &LiveDeployment) -> ResourcePlan {
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
