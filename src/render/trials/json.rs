//! Tests for programs.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::{reason, why_skipped};
use crate::model::{Location, Mismatch, Trial, TrialCounts, TrialOutcome, TrialReport};
use crate::render::document::{self, API_VERSION};

/// Returns the tests as JSON, of kind `TestReport`: `docs/reference/commands.md`.
pub fn json(report: &TrialReport) -> Value {
    let TrialCounts { passed, failed, skipped } = report.counts();
    document::value(&Document {
        api_version: API_VERSION,
        kind: "TestReport",
        counts: Counts { passed, failed, skipped, filtered_out: report.filtered_out },
        duration_ms: milliseconds(report.elapsed),
        tests: report.trials.iter().map(Test::from).collect(),
    })
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    counts: Counts,
    duration_ms: f64,
    tests: Vec<Test<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
    filtered_out: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Test<'a> {
    action: &'a str,
    case: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    outcome: &'static str,
    duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    logs: &'a [String],
}

#[derive(Debug, Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

/// What was expected is a value, or a text of an error's message.
#[derive(Debug, Serialize)]
struct Failure<'a> {
    kind: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    returned: Option<&'a Value>,
}

impl<'a> From<&'a Trial> for Test<'a> {
    fn from(trial: &'a Trial) -> Self {
        let (outcome, failure, reason) = match &trial.outcome {
            TrialOutcome::Passed => ("passed", None, None),
            TrialOutcome::Failed(mismatch) => ("failed", Some(Failure::from(mismatch)), None),
            TrialOutcome::Skipped { undeclared } => {
                ("skipped", None, Some(why_skipped(undeclared)))
            }
        };
        Self {
            action: &trial.action,
            case: &trial.case,
            place: Place::from(&trial.location),
            outcome,
            duration_ms: milliseconds(trial.duration),
            failure,
            reason,
            logs: &trial.logs,
        }
    }
}

impl<'a> From<&'a Location> for Place<'a> {
    fn from(Location { source, span }: &'a Location) -> Self {
        Self { file: &source.path, line: span.line, column: span.column }
    }
}

impl<'a> From<&'a Mismatch> for Failure<'a> {
    fn from(mismatch: &'a Mismatch) -> Self {
        let (kind, expected, returned) = match mismatch {
            Mismatch::Fault(_) => ("error", None, None),
            Mismatch::Output { expected, returned } => {
                ("output", Some(expected.clone()), Some(returned))
            }
            Mismatch::OtherError { expected, .. } => {
                ("otherError", Some(Value::from(expected.as_str())), None)
            }
            Mismatch::NoError { expected, returned } => {
                ("noError", Some(Value::from(expected.as_str())), Some(returned))
            }
        };
        let location = mismatch.fault().and_then(|fault| fault.location.as_ref());
        Self {
            kind,
            message: reason(mismatch),
            place: location.map(Place::from),
            expected,
            returned,
        }
    }
}

/// Returns milliseconds with at most three decimals.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
