//! What a pass tells while it runs.

use crate::model::{ResourceId, ResourceOutcome};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgressEvent {
    /// Live state is read, of so many resources.
    ObserveStarted {
        /// How many.
        total: usize,
    },
    /// One more resource is read.
    Observed,
    /// The plan is run, with steps for so many resources and writes of so many records.
    ApplyStarted {
        /// How many in all.
        total: usize,
    },
    /// One more record is written.
    RecordWritten,
    /// A resource is at a step.
    At {
        /// Which resource.
        id: ResourceId,
        /// What is done, such as `publish`.
        step: String,
    },
    /// A resource is done.
    Finished {
        /// Which resource.
        id: ResourceId,
        /// What became of it.
        outcome: ResourceOutcome,
    },
}

/// Whoever wants to know. Called from many tasks; must not block.
pub trait Progress: Send + Sync {
    /// Takes an event.
    fn event(&self, event: &ProgressEvent);
}

impl Progress for () {
    fn event(&self, _: &ProgressEvent) {}
}
