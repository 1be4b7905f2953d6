//! What is done about what somebody changed live.

use super::Change;
use crate::delta::{compare, hash};
use crate::model::{
    Drift, DriftPolicy, Flow, FlowContent, LivePart, Naming, ResourceOutcome, Side, Step, Strategy,
};
use crate::plan::{Action, FlowWork, Overwritten, ResourcePlan, Work};

/// Says what moved live, one sentence after the other.
pub(super) fn moved(drift: &Drift) -> String {
    let moves: Vec<&str> = drift.moves.iter().map(|one| one.how.as_str()).collect();
    moves.join("; ")
}

impl Change<'_> {
    /// What is done about what somebody changed live.
    pub(super) fn drifted(&self, drift: &Drift) -> ResourcePlan {
        let plan = match self.policy.drift(&self.desired.metadata) {
            DriftPolicy::Revert => self.revert(drift),
            DriftPolicy::Alert => self.merge_draft(drift).unwrap_or_else(|| self.keep(drift)),
            DriftPolicy::Adopt => self.adopt(drift),
        };
        ResourcePlan { drift: Some(drift.clone()), ..plan }
    }

    /// Nothing is written over it.
    pub(super) fn keep(&self, drift: &Drift) -> ResourcePlan {
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
    pub(super) fn adopt(&self, drift: &Drift) -> ResourcePlan {
        let mut plan = self.keep(drift);
        let merged = self.comparison.merged.clone().map(Box::new);
        if let (Work::Flow(work), Some(merged)) = (&mut plan.work, merged) {
            work.merged = Some(merged);
            if drift.conflicts.is_empty() {
                let name = &self.policy.environment.name;
                plan.reason = Some(format!(
                    "{}; left as it is, and offered on the branch flowgate/drift/{name}",
                    moved(drift)
                ));
            }
        }
        plan
    }

    /// Where only the draft is written, what git changed is put beside what somebody else did, unless
    /// the two collide.
    pub(super) fn merge_draft(&self, drift: &Drift) -> Option<ResourcePlan> {
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
    pub(super) fn revert(&self, drift: &Drift) -> ResourcePlan {
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
    pub(super) fn reverted(&self, drift: &Drift) -> Vec<Overwritten> {
        let deployed = drift.moves.iter().any(|one| one.part == LivePart::Deployment);
        let edited = drift.moves.iter().any(|one| one.part != LivePart::Deployment);
        let current = self.live.current.as_ref().filter(|_| deployed);
        let current = current.and_then(|current| self.live.contents.get(&current.version_id));
        let held = edited.then_some((LivePart::Draft, &self.live.draft.content));
        let parts = held.into_iter().chain(current.map(|content| (LivePart::Deployment, content)));
        parts.map(|(part, content)| self.saved(part, content)).collect()
    }

    pub(super) fn saved(&self, part: LivePart, content: &FlowContent) -> Overwritten {
        let flow = Flow {
            display_name: self.live.name.clone(),
            description: self.live.description.clone(),
            version: None,
            content: content.clone(),
        };
        Overwritten { part, flow }
    }
}
