//! What is done about a flow that somebody else made.

use super::Change;
use super::drift::moved;
use crate::delta::{Verdict, Watch, hash};
use crate::model::{ResourceOutcome, Step};
use crate::plan::{Action, FlowWork, ResourcePlan, VersionChange, Work};

impl Change<'_> {
    pub(super) fn ask_to_adopt(&self) -> ResourcePlan {
        let reason = format!(
            "a flow of this name ({}) is live and was not made by this project; --adopt takes it over",
            self.live.id
        );
        self.left(ResourceOutcome::Drifted, reason)
    }

    pub(super) fn take_over(&self) -> ResourcePlan {
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
    pub(super) fn is_what_is_published(&self) -> bool {
        let published = self.live.published.as_ref().and_then(|id| self.live.contents.get(id));
        self.watch == Watch::Draft
            && published.is_some_and(|content| hash(content) == self.wanted)
            && self.reused().is_some()
            && self.comparison.settings.is_empty()
    }

    /// Takes a flow over without a request: the published version is the base from now on. An edited draft
    /// and another version that runs are somebody's, and nobody asked to lose them.
    pub(super) fn take_over_as_it_is(&self) -> ResourcePlan {
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
}
