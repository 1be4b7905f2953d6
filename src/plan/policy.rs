//! What a pass may do.

use std::collections::BTreeSet;

use crate::delta::Watch;
use crate::model::{DriftPolicy, Environment, Metadata, Project, Prune, Selector, Step};

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

/// What a pass may do.
#[derive(Debug, Clone)]
pub struct Policy<'a> {
    /// The project.
    pub project: &'a Project,
    /// The environment and its rules.
    pub environment: &'a Environment,
    /// Whether foreign resources are taken over.
    pub adopt: Adopt,
    /// Whether orphans are deleted.
    pub prune: Prune,
    /// Whether failed content is tried again.
    pub failed: Failed,
    /// Whether the revision may come here.
    pub promotion: Promotion,
    /// What the pass is narrowed to.
    pub selector: Option<Selector>,
    /// Elements that may be removed or retyped although they are `Begin` or `End`, as
    /// `flow-name/element-id`.
    pub allow_immutable: BTreeSet<String>,
}

impl Policy<'_> {
    /// Returns which parts of a flow the environment answers for.
    pub fn watch(&self) -> Watch {
        Watch::of(self.project, self.environment)
    }

    /// Returns what is done about drift of a resource: what its annotation says, else what the
    /// environment says.
    pub fn drift(&self, metadata: &Metadata) -> DriftPolicy {
        metadata.drift.unwrap_or(self.environment.drift)
    }

    /// The steps that bring a version to the target environment.
    pub(super) fn deploy_steps(&self) -> impl Iterator<Item = Step> + '_ {
        self.environment.gates.iter().copied().map(Step::Gate).chain([Step::Deploy])
    }
}
