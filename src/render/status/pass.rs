//! What one pass did.

use std::time::Duration;

use super::{counts, is_news};
use crate::model::{DeltaCounts, Outcome, ResourceStatus, Status};
use crate::render::table::{Cell, aligned};
use crate::render::{Style, escape, paint};

/// What a pass cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    /// Requests sent, tokens aside.
    pub requests: u64,
    /// Those of them that may change something.
    pub writes: u64,
    /// From begin to end.
    pub elapsed: Duration,
}

/// Returns what a pass did, as text that ends with a line break: a line for each resource that is
/// not unchanged, the refusals, what was set aside, and last one line with the counts.
pub fn text(status: &Status, effort: &Effort, style: Style) -> String {
    let rows: Vec<_> =
        status.resources.iter().filter(|one| is_news(one.outcome)).map(resource).collect();
    let loud = style.paint(paint::ALARM, "REFUSED");
    let refusals = status.refusals.iter().map(|why| format!("{loud}: {}\n", escape::plain(why)));
    let care = style.paint(paint::CARE, "Override");
    let overrides =
        status.overrides.iter().map(|one| format!("{care}: {}\n", escape::plain(&one.to_string())));
    std::iter::once(aligned(rows.iter(), style))
        .chain(refusals)
        .chain(overrides)
        .chain([summary(status, effort, style), "\n".into()])
        .collect()
}

fn resource(status: &ResourceStatus) -> [Cell; 5] {
    let version = status.version.as_ref().map(ToString::to_string).unwrap_or_default();
    [
        Cell::painted(&status.outcome, paint::resource_outcome(status.outcome)),
        Cell::new(&status.id),
        Cell::new(&version),
        Cell::painted(&changes(status.parts.values().copied().sum()), paint::QUIET),
        Cell::new(&status.message.as_deref().unwrap_or_default()),
    ]
}

/// Returns how many parts were added, modified and removed; nothing when none was.
fn changes(DeltaCounts { added, removed, modified }: DeltaCounts) -> String {
    if added + modified + removed == 0 {
        return String::new();
    }
    format!("+{added} ~{modified} -{removed}")
}

fn summary(status: &Status, effort: &Effort, style: Style) -> String {
    let Effort { requests, writes, elapsed } = effort;
    let cost = format!("{requests} requests, {writes} writes, {:.1} s", elapsed.as_secs_f64());
    let environment = escape::plain(&status.environment);
    let back = status.rolled_back_from.as_ref().filter(|from| **from != status.revision);
    let back = back.map(|from| format!(", rolled back from {}", from.short())).unwrap_or_default();
    let revision = status.revision.short();
    let counted = counts(&status.counts);
    let ansi = paint::pass_outcome(status.outcome).bold();
    if status.outcome == Outcome::Synced && status.counts.changed == 0 {
        let nothing = style.paint(ansi, "Nothing to do");
        return format!(
            "{nothing}: {environment} is as git wants it at {revision}{back}: {counted} ({cost})"
        );
    }
    let outcome = style.paint(ansi, status.outcome.as_str());
    format!("{outcome} {environment} at {revision}{back}: {counted} ({cost})")
}
