//! What came of running the cases of `spec.tests`.

use std::time::Duration;

use serde_json::Value;

use super::Location;

/// Why a script gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialFault {
    /// What happened, in one sentence without a full stop; may hold line breaks of what was thrown.
    pub message: String,
    /// Where, in the script that it happened in; `None` where the engine could not tell.
    pub location: Option<Location>,
}

/// What a run did in place of what its case expects.
#[derive(Debug, Clone, PartialEq)]
pub enum Mismatch {
    /// It ended with an error.
    Fault(TrialFault),
    /// It returned another value.
    Output {
        /// What the case expects.
        expected: Value,
        /// What was returned.
        returned: Value,
    },
    /// It ended with an error whose message lacks a text.
    OtherError {
        /// The text.
        expected: String,
        /// The error.
        fault: TrialFault,
    },
    /// It returned a value where an error was to be thrown.
    NoError {
        /// A text of the error's message.
        expected: String,
        /// What was returned.
        returned: Value,
    },
}

impl Mismatch {
    /// Returns the error with which the run ended, if with one.
    pub fn fault(&self) -> Option<&TrialFault> {
        match self {
            Self::Fault(fault) | Self::OtherError { fault, .. } => Some(fault),
            Self::Output { .. } | Self::NoError { .. } => None,
        }
    }
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TrialOutcome {
    /// As it expects.
    Passed,
    /// Otherwise.
    Failed(Mismatch),
    /// It was not run, because its script may call, directly or not, an action that git does not
    /// declare. The tenant can run it.
    Skipped {
        /// The name of that action.
        undeclared: String,
    },
}

/// What came of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The data action.
    pub action: String,
    /// The case.
    pub case: String,
    /// Where the case begins.
    pub location: Location,
    /// How it ended.
    pub outcome: TrialOutcome,
    /// What the scripts wrote to the console, in order; no entry holds a line break.
    pub logs: Vec<String>,
    /// How long it took.
    pub duration: Duration,
}

/// How many cases ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrialCounts {
    /// As they expect.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// Not run.
    pub skipped: usize,
}

/// What came of some of the cases that git declares.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialReport {
    /// Each case, by the names of the data actions and in the order in which they stand there.
    pub trials: Vec<Trial>,
    /// How many further cases git declares that were not asked for.
    pub filtered_out: usize,
    /// How long all of them took together.
    pub elapsed: Duration,
}

impl TrialReport {
    /// Counts the cases by how they ended.
    pub fn counts(&self) -> TrialCounts {
        self.trials.iter().collect()
    }
}

impl<'a> FromIterator<&'a Trial> for TrialCounts {
    fn from_iter<I: IntoIterator<Item = &'a Trial>>(trials: I) -> Self {
        trials.into_iter().fold(Self::default(), |mut counts, trial| {
            let slot = match trial.outcome {
                TrialOutcome::Passed => &mut counts.passed,
                TrialOutcome::Failed(_) => &mut counts.failed,
                TrialOutcome::Skipped { .. } => &mut counts.skipped,
            };
            *slot += 1;
            counts
        })
    }
}
