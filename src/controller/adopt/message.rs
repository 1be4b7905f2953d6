//! What the commit on the branch says.

use std::fmt::Write as _;

use serde_json::Value;

use crate::model::Conflict;
use crate::plan::ResourcePlan;

/// The most characters of a value that are shown.
const SHOWN: usize = 200;

/// A resource of which something is adopted.
#[derive(Debug)]
pub(super) struct Part<'p> {
    pub(super) resource: &'p ResourcePlan,
    /// What could not be written, without a subject: a pointer and why.
    pub(super) left: Vec<String>,
}

/// Returns who changed what and when, what git keeps although somebody changed it, and what could
/// not be written.
pub(super) fn message(environment: &str, parts: &[Part<'_>]) -> String {
    let mut out = format!("Adopt what changed live in {environment}\n");
    for part in parts {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "\n{}", part.resource.id);
        if let Some(drift) = &part.resource.drift {
            for moved in &drift.moves {
                let _ = writeln!(out, "- {}", moved.how);
            }
            for conflict in &drift.conflicts {
                out.push_str(&conflicting(conflict));
            }
        }
        for left in &part.left {
            let _ = writeln!(out, "- not written: {left}");
        }
    }
    out
}

fn conflicting(conflict: &Conflict) -> String {
    let part = conflict.part.as_ref().map(|(_, id)| format!("{id} "));
    format!(
        "- conflict at {}{}: git's value is kept\n  before: {}\n  live: {}\n  git: {}\n",
        part.unwrap_or_default(),
        if conflict.pointer.is_empty() { "as a whole" } else { &conflict.pointer },
        shown(conflict.base.as_ref()),
        shown(conflict.live.as_ref()),
        shown(conflict.git.as_ref()),
    )
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
