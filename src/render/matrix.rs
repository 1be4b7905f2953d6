//! The delta matrix as rows: one drawing for plans and diffs, terminals and Markdown.

use std::collections::BTreeMap;

use anstyle::Style as Ansi;
use serde_json::Value;

use super::table::wrap;
use super::{Style, escape, paint, textdiff};
use crate::delta::{FieldChange, FlowDelta, PartChange, PartDelta};

/// Values longer than this are drawn as a text diff.
const SHORT: usize = 60;

/// What a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Nothing changed here.
    Context,
    /// Came.
    Add,
    /// Went.
    Remove,
    /// Is different.
    Change,
}

/// One line, safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    depth: usize,
    sign: Sign,
    text: String,
}

impl Row {
    /// Makes a row; `text` must be one line and safe to show.
    pub(super) fn new(depth: usize, sign: Sign, text: impl Into<String>) -> Self {
        Self { depth, sign, text: text.into() }
    }

    /// Draws the row for a terminal, below a heading.
    pub(super) fn text(&self, style: Style) -> String {
        let (sign, ansi): (_, Ansi) = match self.sign {
            Sign::Context => (' ', paint::PLAIN),
            Sign::Add => ('+', paint::GOOD),
            Sign::Remove => ('-', paint::BAD),
            Sign::Change => ('~', paint::CARE),
        };
        let row = style.paint(ansi, &format!("{sign} {}", self.text));
        format!("    {}{row}\n", "    ".repeat(self.depth))
    }

    /// Draws the row for a fenced `diff` block, which colours by the first character.
    pub(super) fn markdown(&self) -> String {
        let sign = match self.sign {
            Sign::Context => ' ',
            Sign::Add => '+',
            Sign::Remove => '-',
            Sign::Change => '!',
        };
        format!("{sign} {}{}\n", "  ".repeat(self.depth), self.text)
    }
}

/// Returns the rows of a resource that is in both contents.
pub(super) fn changed(delta: &FlowDelta) -> Vec<Row> {
    let elements = delta.elements.iter().flat_map(|row| part("element", row, row.label.clone()));
    let connectors = delta.connectors.iter().flat_map(|row| {
        let label = if row.id == row.label.replace(" -> ", "->") { "" } else { &row.label };
        part("connector", row, label.to_owned())
    });
    elements.chain(connectors).collect()
}

/// Returns the rows of settings that differ.
pub(super) fn settings(fields: &[FieldChange]) -> Vec<Row> {
    fields.iter().flat_map(|change| field(0, change)).collect()
}

/// Returns the rows of a content that came or went whole: the ids of its elements by type, in
/// lines of at most `width` columns, and how many connectors there are.
pub(super) fn whole(delta: &FlowDelta, sign: Sign, width: usize) -> Vec<Row> {
    let mut by_type: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in &delta.elements {
        by_type.entry(&row.label).or_default().push(escape::plain(&row.id));
    }
    let mut rows = vec![Row::new(0, sign, counted(delta.elements.len(), "element"))];
    for (element_type, ids) in by_type {
        let name = escape::plain(element_type);
        let lines = wrap(&ids, width.saturating_sub(name.chars().count() + 12).max(20));
        rows.extend(lines.into_iter().enumerate().map(|(i, line)| {
            let name =
                if i == 0 { format!("{name}:") } else { " ".repeat(name.chars().count() + 1) };
            Row::new(1, sign, format!("{name} {line}"))
        }));
    }
    if !delta.connectors.is_empty() {
        rows.push(Row::new(0, sign, counted(delta.connectors.len(), "connector")));
    }
    rows
}

/// Returns a count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn part(noun: &str, row: &PartDelta, label: String) -> Vec<Row> {
    let label = if label.is_empty() { label } else { format!(" ({})", escape::plain(&label)) };
    let heading = |sign| Row::new(0, sign, format!("{noun} {}{label}", escape::plain(&row.id)));
    match &row.change {
        PartChange::Removed(_) => vec![heading(Sign::Remove)],
        PartChange::Added(value) => {
            std::iter::once(heading(Sign::Add)).chain(contents(value)).collect()
        }
        PartChange::Modified(fields) => std::iter::once(heading(Sign::Change))
            .chain(fields.iter().flat_map(|change| field(1, change)))
            .collect(),
    }
}

/// Returns a row for each property of an added part that its heading does not name.
fn contents(value: &Value) -> Vec<Row> {
    let member = |pointer: String, value: &Value| {
        let row = format!("{}: {}", escape::plain(&pointer), escape::value(value));
        Row::new(1, Sign::Add, row)
    };
    let members = |prefix: &str| value.pointer(prefix).and_then(Value::as_object);
    let own = ["label", "condition"].into_iter().filter_map(|key| Some((key, value.get(key)?)));
    let own = own.map(|(key, value)| member(format!("/{key}"), value));
    let configured = members("/configuration").into_iter().flatten();
    let configured = configured.map(|(key, value)| {
        member(format!("/configuration/{}", key.replace('~', "~0").replace('/', "~1")), value)
    });
    own.chain(configured).collect()
}

fn field(depth: usize, change: &FieldChange) -> Vec<Row> {
    let pointer = escape::plain(&change.pointer);
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => modified(depth, &pointer, before, after),
        (None, Some(after)) => {
            vec![Row::new(depth, Sign::Add, format!("{pointer}: {}", escape::value(after)))]
        }
        (Some(before), None) => {
            vec![Row::new(depth, Sign::Remove, format!("{pointer}: {}", escape::value(before)))]
        }
        (None, None) => Vec::new(),
    }
}

fn modified(depth: usize, pointer: &str, before: &Value, after: &Value) -> Vec<Row> {
    let heading = Row::new(depth, Sign::Change, format!("{pointer}:"));
    let below = match (before, after) {
        (Value::String(before), Value::String(after)) if is_long(before) || is_long(after) => {
            textdiff::rows(depth + 1, before, after)
        }
        (Value::Object(_) | Value::Array(_), Value::Object(_) | Value::Array(_))
            if is_long(&before.to_string()) || is_long(&after.to_string()) =>
        {
            textdiff::rows(depth + 1, &format!("{before:#}\n"), &format!("{after:#}\n"))
        }
        _ => {
            let row = format!("{pointer}: {} → {}", escape::value(before), escape::value(after));
            return vec![Row::new(depth, Sign::Change, row)];
        }
    };
    std::iter::once(heading).chain(below).collect()
}

fn is_long(text: &str) -> bool {
    text.contains('\n') || text.chars().count() > SHORT
}
