//! Which passes there were.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{age, counts};
use crate::model::{self, Status};
use crate::render::document::{self, API_VERSION};
use crate::render::table::{self, Cell};
use crate::render::{Style, escape, paint};

/// Returns a table with a line a pass, newest first, then a line for everything that somebody set aside;
/// ages are relative to `now`.
pub fn history(passes: &[Status], now: Timestamp, style: Style) -> String {
    let row = |status: &Status| {
        [
            Cell::new(&status.revision.short()),
            Cell::painted(&status.outcome, paint::pass_outcome(status.outcome)),
            Cell::new(&format!("{} ago", age(now, status.finished_at))),
            Cell::new(&counts(&status.counts)),
            Cell::new(&status.operator),
        ]
    };
    let passes = newest_first(passes);
    let cells: Vec<_> = passes.iter().copied().map(row).collect();
    let head = ["REVISION", "OUTCOME", "WHEN", "RESOURCES", "OPERATOR"];
    let overrides = passes.iter().flat_map(|status| overrides(status));
    std::iter::once(table::table(head, &cells, style)).chain(overrides).collect()
}

fn overrides(status: &Status) -> impl Iterator<Item = String> + '_ {
    let revision = status.revision.short();
    let line = move |one| escape::plain(&format!("Override at {revision}: {one}"));
    status.overrides.iter().map(move |one| line(one) + "\n")
}

/// Returns the passes as JSON, of kind `History`, newest first: `passes` of `environment`,
/// `revision`, `outcome`, `startedAt`, `finishedAt` (RFC 3339), `operator`, `planHash`,
/// `refusals`, `overrides` (`flag`, `passed`, `reason`; left out when there was none) and `counts`.
pub fn history_json(passes: &[Status]) -> Value {
    let passes = newest_first(passes).into_iter().map(Pass::from).collect();
    document::value(&Document { api_version: API_VERSION, kind: "History", passes })
}

fn newest_first(passes: &[Status]) -> Vec<&Status> {
    let mut sorted: Vec<&Status> = passes.iter().collect();
    sorted.sort_by_key(|status| Reverse(status.finished_at));
    sorted
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    passes: Vec<Pass<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pass<'a> {
    environment: &'a str,
    revision: &'a str,
    outcome: &'static str,
    started_at: String,
    finished_at: String,
    operator: &'a str,
    plan_hash: &'a str,
    refusals: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<Override<'a>>,
    counts: CountsDocument,
}

#[derive(Debug, Serialize)]
struct Override<'a> {
    flag: &'a str,
    passed: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl<'a> From<&'a model::Override> for Override<'a> {
    fn from(one: &'a model::Override) -> Self {
        Self { flag: &one.flag, passed: &one.passed, reason: one.reason.as_deref() }
    }
}

#[derive(Debug, Serialize)]
struct CountsDocument {
    changed: usize,
    unchanged: usize,
    waiting: usize,
    drifted: usize,
    failed: usize,
}

impl<'a> From<&'a Status> for Pass<'a> {
    fn from(status: &'a Status) -> Self {
        let counts = status.counts;
        Self {
            environment: &status.environment,
            revision: status.revision.as_str(),
            outcome: status.outcome.as_str(),
            started_at: status.started_at.to_string(),
            finished_at: status.finished_at.to_string(),
            operator: &status.operator,
            plan_hash: &status.plan_hash,
            refusals: &status.refusals,
            overrides: status.overrides.iter().map(Override::from).collect(),
            counts: CountsDocument {
                changed: counts.changed,
                unchanged: counts.unchanged,
                waiting: counts.waiting,
                drifted: counts.drifted,
                failed: counts.failed,
            },
        }
    }
}
