//! JavaScript, run while nobody holds the tenant.
//!
//! A handler that has to know what a script does asks [`Scripts::outcome_of`]. At first that
//! refuses: the request's changes are taken back, the script runs, and the request is handled anew
//! with the outcome at hand. So the handler reads straight, a slow script holds up its own request
//! only, and what the state says is never older than the answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::answer::Refusal;
use crate::sandbox::{self, Fault, FaultKind, Limits, Run, Script};

/// What a request wants to be run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Job {
    /// Does the text compile, and has it a `main`? The result is null when it has.
    Check(Arc<str>),
    /// What does `main` of `entry` give?
    Run { entry: String, scripts: BTreeMap<String, Script>, input: Value },
}

/// What one request has had run, and what it waits for.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    done: Option<(Job, Run)>,
    wanted: Option<Job>,
}

impl Scripts {
    /// Gives the outcome when the job has run; refuses, and has it run, when it has not.
    pub(super) fn outcome_of(&mut self, job: Job) -> Result<Run, Refusal> {
        match self.done.take() {
            Some((done, outcome)) if done == job => Ok(outcome),
            _ => {
                self.wanted = Some(job);
                Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "SCRIPT_RUNNING", "is running"))
            }
        }
    }

    /// Whether the request is handled for the first time.
    pub(super) fn are_untouched(&self) -> bool {
        self.done.is_none()
    }

    /// Runs what the request waits for; false when it waits for nothing.
    pub(super) async fn catch_up(&mut self) -> bool {
        let Some(job) = self.wanted.take() else { return false };
        let outcome = apart(job.clone()).await;
        self.done = Some((job, outcome));
        true
    }
}

/// Runs the job where blocking harms nobody.
async fn apart(job: Job) -> Run {
    let work = tokio::task::spawn_blocking(move || perform(&job));
    work.await.unwrap_or_else(|error| {
        let message = format!("the sandbox broke down: {error}");
        let kind = FaultKind::Engine;
        checked(Err(Fault { kind, message, script: None, line: None, column: None }))
    })
}

fn perform(job: &Job) -> Run {
    let limits = Limits::default();
    match job {
        Job::Check(content) => checked(sandbox::check(content, &limits).map(|()| Value::Null)),
        Job::Run { entry, scripts, input } => sandbox::run(entry, scripts, input, &limits),
    }
}

fn checked(result: Result<Value, Fault>) -> Run {
    Run { result, logs: Vec::new(), duration: Duration::ZERO }
}
