//! The text of a note: a part for people, and the status as JSON.

mod document;
mod drift;

use serde_json::Value;

use crate::model::{Counts, DeltaCounts, ResourceStatus, Status};

use document::{API_VERSION, Document, KIND};

/// A message in the part for people is cut after this many characters; the JSON has all of it.
const LONGEST_MESSAGE: usize = 200;

/// Why no status could be read from a note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Somebody else's note.
    #[error("the note holds no flowgate status; a person or another tool wrote it")]
    Foreign,
    /// A status of another flowgate.
    #[error(
        "the note's status has apiVersion {0:?}, which this flowgate cannot read; use a newer one"
    )]
    ApiVersion(String),
    /// A status with something missing or misspelled.
    #[error("the note's status cannot be read: {0}")]
    Malformed(String),
}

/// Returns the note of a pass: a summary line, a line a refusal, an override, the branch of
/// adopted drift and a resource, then the status as
/// JSON, with blank lines between. The same status gives the same bytes.
pub fn write(status: &Status) -> String {
    let refusals = status.refusals.iter().map(|refusal| format!("Refused: {}", cut(refusal)));
    let overrides = status.overrides.iter();
    let overrides = overrides.map(|one| format!("Override: {}", cut(&one.to_string())));
    let branch = status.drift_branch.iter().map(|branch| format!("Drift: {branch}"));
    let lines = refusals.chain(overrides).chain(branch);
    let lines: Vec<String> = lines.chain(status.resources.iter().map(resource_line)).collect();
    let body = if lines.is_empty() { String::new() } else { format!("{}\n\n", lines.join("\n")) };
    format!("{}\n\n{body}{}\n", summary_line(status), Document::of(status).to_json())
}

/// Returns the note's JSON document alone.
pub fn json(status: &Status) -> Value {
    Document::of(status).to_value()
}

/// Reads the status back from a note: from the last JSON document of kind `Status` that begins at
/// the beginning of a line. Text around it and unknown keys in it are ignored.
pub fn read(note: &str) -> Result<Status, ReadError> {
    let status = line_starts(note)
        .rev()
        .filter(|&start| note[start..].starts_with('{'))
        .find_map(|start| status_at(&note[start..]))
        .ok_or(ReadError::Foreign)?;
    let api_version = status.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if api_version != API_VERSION {
        return Err(ReadError::ApiVersion(api_version.to_owned()));
    }
    let document: Document =
        serde_json::from_value(status).map_err(|error| ReadError::Malformed(error.to_string()))?;
    document.into_model().map_err(ReadError::Malformed)
}

/// Returns a text with every run of blanks, line breaks and control characters as one blank.
pub(super) fn one_line(text: &str) -> String {
    let is_gap = |c: char| c.is_whitespace() || c.is_control();
    text.split(is_gap).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn line_starts(text: &str) -> impl DoubleEndedIterator<Item = usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1))
}

fn status_at(text: &str) -> Option<Value> {
    let document = serde_json::Deserializer::from_str(text).into_iter::<Value>().next()?.ok()?;
    (document.get("kind")?.as_str()? == KIND).then_some(document)
}

/// Returns the first line of a note: `Synced production: 3 changed, 120 unchanged`.
pub fn summary_line(status: &Status) -> String {
    let Counts { changed, unchanged, waiting, drifted, failed } = status.counts;
    let mut parts = vec![format!("{changed} changed"), format!("{unchanged} unchanged")];
    parts.extend(counted([(waiting, "waiting"), (drifted, "drifted"), (failed, "failed")]));
    format!("{} {}: {}", status.outcome, one_line(&status.environment), parts.join(", "))
}

fn resource_line(resource: &ResourceStatus) -> String {
    let id = one_line(&resource.id.to_string());
    let version = resource.version.as_ref().map_or(String::new(), |version| format!(" {version}"));
    let delta = delta_text(resource.parts.values().copied().sum());
    let message = resource.message.as_deref().map(cut);
    let details: Vec<String> = delta.into_iter().chain(message).collect();
    let details = match details.as_slice() {
        [] => String::new(),
        parts => format!(": {}", parts.join("; ")),
    };
    format!("{} {id}{version}{details}", resource.outcome)
}

/// Returns `2 added` and the like; `None` if nothing differs.
fn delta_text(DeltaCounts { added, removed, modified }: DeltaCounts) -> Option<String> {
    let parts = counted([(added, "added"), (removed, "removed"), (modified, "modified")]);
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Returns `2 added` and the like, without what there is none of.
fn counted(counts: [(usize, &str); 3]) -> Vec<String> {
    let some = counts.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, word)| format!("{count} {word}")).collect()
}

fn cut(text: &str) -> String {
    let line = one_line(text);
    match line.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests;
