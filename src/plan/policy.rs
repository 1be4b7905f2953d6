//! What a pass may do.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::delta::Watch;
use crate::model::{
    DriftPolicy, Environment, Hold, Metadata, Project, Prune, Revision, Selector, Step, Strategy,
    Window,
};

/// Whether live resources that flowgate did not make are taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopt {
    /// They are left alone.
    Never,
    /// They are taken over.
    SameName,
}

/// Whether content that failed in the environment is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// Not until it changes.
    LeaveAlone,
    /// Once more.
    Retry,
}

/// Whether the environment that this one promotes from lets the revision through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promotion {
    /// It does, or there is none.
    Open,
    /// It does not, and why.
    Closed(String),
}

/// Where a pass is to bring the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// To what git says now.
    Reconcile,
    /// Back to what was live before, from the commit that git is at. It was let through then, so gates,
    /// promotion and limits do not hold it up again.
    RollBack(Revision),
}

/// A guard that somebody may set aside for one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// More updates or deletes than the limits allow.
    ExceedLimits,
    /// An empty desired state.
    DeleteAll,
    /// Deleting what `protect` names.
    DeleteProtected,
}

impl Danger {
    /// Returns the flag that sets the guard aside.
    pub fn flag(self) -> &'static str {
        match self {
            Self::ExceedLimits => "--dangerous-exceed-limits",
            Self::DeleteAll => "--dangerous-delete-all",
            Self::DeleteProtected => "--dangerous-delete-protected",
        }
    }
}

/// What a pass may do.
#[derive(Debug, Clone)]
pub struct Policy<'a> {
    /// The project.
    pub project: &'a Project,
    /// The environment and its rules.
    pub environment: &'a Environment,
    /// Where the pass is to bring the tenant.
    pub aim: Aim,
    /// Whether foreign resources are taken over.
    pub adopt: Adopt,
    /// Whether orphans are deleted.
    pub prune: Prune,
    /// Whether failed content is tried again.
    pub failed: Failed,
    /// Whether the revision may come here.
    pub promotion: Promotion,
    /// What somebody said to leave as it is, as far as it still counts.
    pub holds: Vec<Hold>,
    /// What the pass is narrowed to.
    pub selector: Option<Selector>,
    /// Elements that may be removed or retyped although they are `Begin` or `End`, as
    /// `flow-name/element-id`.
    pub allow_immutable: BTreeSet<String>,
    /// Guards that are set aside.
    pub dangers: BTreeSet<Danger>,
    /// Why changes are made outside the environment's windows; `None` when they are not.
    pub outside_window: Option<String>,
    /// When the pass began: what the windows are measured by.
    pub now: Timestamp,
}

impl Policy<'_> {
    /// Returns which parts of a flow the environment answers for.
    pub fn watch(&self) -> Watch {
        Watch::of(self.project, self.environment)
    }

    /// Returns when changes are allowed; always, to go back to what was live.
    pub(super) fn windows(&self) -> &[Window] {
        match self.aim {
            Aim::Reconcile => &self.environment.windows,
            Aim::RollBack(_) => &[],
        }
    }

    /// Returns what is done about drift of a resource: what its annotation says, else what the
    /// environment says.
    pub fn drift(&self, metadata: &Metadata) -> DriftPolicy {
        self.environment.drift_of(metadata)
    }

    /// Tells whether a change is taken further than the draft.
    pub(super) fn makes_versions(&self) -> bool {
        self.environment.strategy != Strategy::Draft
    }

    /// The steps that bring a version to the target environment; none where it is not taken so far.
    pub(super) fn deploy_steps(&self) -> impl Iterator<Item = Step> + '_ {
        let gates = match &self.aim {
            Aim::Reconcile => self.environment.gates.as_slice(),
            Aim::RollBack(_) => &[],
        };
        let deploys = self.environment.strategy == Strategy::Deploy;
        let steps = gates.iter().copied().map(Step::Gate).chain([Step::Deploy]);
        steps.filter(move |_| deploys)
    }
}
