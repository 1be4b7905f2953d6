//! What passes did, for people and for programs.

mod history;
mod pass;
mod resources;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::model::{Counts, ResourceOutcome};

pub use history::{history, history_json};
pub use pass::{Effort, text};
pub use resources::{TableRow, holds, table, table_json};

/// Returns the counts in words; those that are mostly zero only when they are not.
fn counts(counts: &Counts) -> String {
    let Counts { changed, unchanged, waiting, drifted, failed } = *counts;
    let rare = [(waiting, "waiting"), (drifted, "drifted"), (failed, "failed")];
    let rare = rare.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = [(changed, "changed"), (unchanged, "unchanged")]
        .into_iter()
        .chain(rare)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    parts.join(", ")
}

/// Returns how long ago something was, in its largest unit.
fn age(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(then.as_second()).max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Tells whether a resource is worth a line.
fn is_news(outcome: ResourceOutcome) -> bool {
    outcome != ResourceOutcome::Unchanged
}
