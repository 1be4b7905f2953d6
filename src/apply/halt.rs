//! Why the steps of a data action or a data store end early.

use crate::cxone::Error;
use crate::model::ResourceOutcome;

/// Why the steps ended early, and what that makes of the resource.
pub(super) struct Halt {
    /// What became of it.
    pub outcome: ResourceOutcome,
    /// Why, for people.
    pub why: String,
}

impl Halt {
    pub(super) fn new(outcome: ResourceOutcome, why: impl Into<String>) -> Self {
        Self { outcome, why: why.into() }
    }

    /// A step that did not work.
    pub(super) fn failed(why: impl Into<String>) -> Self {
        Self::new(ResourceOutcome::Failed, why)
    }

    /// Somebody else was there first.
    pub(super) fn moved(why: impl Into<String>) -> Self {
        Self::new(ResourceOutcome::Drifted, why)
    }

    /// A plan that lacks what its steps need.
    pub(super) fn broken() -> Self {
        Self::failed(
            "the plan lacks what the step needs; this is a defect of flowgate, please report it",
        )
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::failed(error.to_string())
    }
}
