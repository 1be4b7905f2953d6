//! Layer 3: changes and policy in, a plan out. The plan is the only thing that crosses from
//! deciding to doing.

mod build;
mod change;
mod data_action;
mod data_store;
mod drift;
pub mod guard;
mod items;
mod number;
mod orphan;
mod policy;
mod retention;
mod selection;
pub mod window;
mod work;

pub use build::build;
pub use number::check as check_numbers;
pub use orphan::{Orphans, orphans};
pub use policy::{Adopt, Aim, Danger, Failed, Policy, Promotion};
pub use selection::select;
pub use window::Opening;

pub use work::{
    Basis, DataActionStep, DataActionWork, DataStoreStep, DataStoreWork, FlowWork, ItemStep,
    Overwritten, VersionChange, Work,
};

use crate::delta::{Delta, FieldChange};
use crate::model::{
    DataActionContent, DataActionRecord, DataStoreContent, DataStoreRecord, Drift, FlowContent,
    FlowRecord, Hold, Override, ResourceId, ResourceOutcome, Revision, Side, Step,
};

/// What a pass means to do to one tenant, and why it leaves alone what it leaves alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// The tenant, by name.
    pub tenant: String,
    /// The target environment, as the platform names it.
    pub target_environment: String,
    /// The commit.
    pub revision: Revision,
    /// Every resource that is not as git wants it, by id.
    pub resources: Vec<ResourcePlan>,
    /// How many resources are as git wants them.
    pub unchanged: usize,
    /// Records that are behind although nothing is to do: a draft that was touched and not changed, a
    /// resource with a new name in git. By `metadata.name`.
    pub refreshed: Vec<(String, Refreshed)>,
    /// Where it brings the tenant.
    pub aim: Aim,
    /// What somebody said to leave as it is.
    pub holds: Vec<Hold>,
    /// Why the plan refuses itself; none when it may be applied.
    pub refusals: Vec<Refusal>,
    /// Guards that would have refused it and were set aside.
    pub overrides: Vec<Override>,
    /// What is worth a look and holds nothing up.
    pub warnings: Vec<Warning>,
    /// Whether changes are allowed now. What waits for a window is planned all the same, so that it can be
    /// reviewed before.
    pub opening: Opening,
}

impl Plan {
    /// Returns what is set aside when the plan is applied now, windows included; nothing when the plan
    /// refuses itself or waits for a window.
    pub fn overridden(&self) -> Vec<Override> {
        let guards = self.overrides.iter().cloned();
        match &self.opening {
            _ if !self.refusals.is_empty() => Vec::new(),
            Opening::Closed(_) => Vec::new(),
            Opening::Overridden(closed, reason) if self.resources.iter().any(window::begins) => {
                let flag = "--outside-window".to_owned();
                let reason = Some(reason.clone());
                guards.chain([Override { flag, passed: closed.reason(), reason }]).collect()
            }
            Opening::Overridden(..) | Opening::Open => guards.collect(),
        }
    }
}

/// A record that is behind, and the base that it gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Refreshed {
    /// Of a flow, and what the draft holds without a version, else its base is that.
    Flow(Box<FlowRecord>, Option<FlowContent>),
    /// Of a data action.
    DataAction(DataActionRecord, DataActionContent),
    /// Of a data store.
    DataStore(DataStoreRecord, DataStoreContent),
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The tenant has none: it is made.
    Create,
    /// It is changed, or a change that was begun is finished.
    Update,
    /// It is taken over; without steps, because it is already as git wants it.
    Adopt,
    /// It is deleted.
    Delete,
    /// Nothing is done, and the pass says so with this outcome.
    Leave(ResourceOutcome),
}

/// Whether a plan begins something or goes on with what an earlier pass began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It brings content that this environment has not begun to take: guards look at it.
    New,
    /// It resumes, repairs or records what guards let pass before.
    Resumed,
}

/// What is meant for one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourcePlan {
    /// Which.
    pub id: ResourceId,
    /// Its name on the platform.
    pub display_name: String,
    /// Where git declares it, as `flows/routing.yaml:3`; none for an orphan.
    pub place: Option<String>,
    /// What is done.
    pub action: Action,
    /// Whether that begins something.
    pub stage: Stage,
    /// Why, when the action does not say it: what it waits for, who holds it, what to do.
    pub reason: Option<String>,
    /// Row by row, from what is live to what git wants.
    pub delta: Delta,
    /// What differs and is no row: of a flow `/displayName` and `/description`, of a data action
    /// everything it has.
    pub settings: Vec<FieldChange>,
    /// What somebody changed live that git does not have; `None` when nobody did.
    pub drift: Option<Drift>,
    /// What must have come through before this begins; of a deletion, what must have been tried.
    pub needs: Vec<ResourceId>,
    /// What is done, by kind.
    pub work: Work,
}

impl ResourcePlan {
    /// Tells whether nothing is sent for it.
    pub fn is_idle(&self) -> bool {
        match &self.work {
            Work::Flow(work) => work.steps.is_empty(),
            Work::DataAction(work) => work.steps.is_empty(),
            Work::DataStore(work) => work.steps.is_empty(),
        }
    }

    /// Tells whether it is taken over as it is: the pass records it and writes nothing to the tenant.
    pub fn is_taken_over_as_it_is(&self) -> bool {
        let uses = |step: &Step| matches!(step, Step::UseVersion(_));
        let silent = match &self.work {
            Work::Flow(work) => work.steps.iter().all(uses),
            Work::DataAction(_) | Work::DataStore(_) => self.is_idle(),
        };
        self.action == Action::Adopt && silent
    }

    /// Returns how it ends although its steps come through, where that is known: it is left alone,
    /// whole or in part.
    pub fn leaves(&self) -> Option<ResourceOutcome> {
        match (self.action, &self.work) {
            (Action::Leave(outcome), _) => Some(outcome),
            (_, Work::Flow(work)) => work.leaves,
            (_, Work::DataAction(work)) => work.leaves,
            (_, Work::DataStore(work)) => work.leaves,
        }
    }

    /// Returns who moved away from what flowgate wrote last.
    pub fn changed_by(&self) -> Side {
        self.drift.as_ref().map_or(Side::Git, |drift| drift.side)
    }

    /// Takes back what was meant, for this outcome and reason.
    fn leave(&mut self, outcome: ResourceOutcome, reason: String) {
        self.action = Action::Leave(outcome);
        self.reason = Some(reason);
        match &mut self.work {
            Work::Flow(work) => (work.steps, work.overwrites) = (Vec::new(), Vec::new()),
            Work::DataAction(work) => (work.steps, work.overwrites) = (Vec::new(), None),
            Work::DataStore(work) => (work.steps, work.overwrites) = (Vec::new(), None),
        }
    }
}

/// A guard that refuses the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which guard, in kebab case: `update-limit`, `delete-limit`, `protected-resources`,
    /// `immutable-elements`, `empty-desired-state`, `version-cap`.
    pub guard: &'static str,
    /// The numbers or names, and what to do.
    pub message: String,
}

/// Something that will hold a plan up one day, or a setting that has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is about, in kebab case: `version-cap-near`, `protects-nothing`.
    pub about: &'static str,
    /// The numbers or names, and what to do.
    pub message: String,
}
