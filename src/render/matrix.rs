//! The delta matrix as rows: one drawing for plans and diffs, terminals and Markdown.

use crate::model::{Kind, Part, Sourced, pointer_step};
use std::collections::BTreeMap;

use anstyle::Style as Ansi;
use serde_json::Value;

use super::table::wrap;
use super::{Style, escape, paint, textdiff};
use crate::delta::{Delta, FieldChange, PartChange, PartDelta};

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

/// The most rows of one table that are drawn; the JSON forms have them all.
const SHOWN: usize = 50;

/// Returns the rows of a resource that is in both contents.
///
/// Beside the values of elements that come from sources stands which ones.
pub(super) fn changed(delta: &Delta, sourced: &[Sourced]) -> Vec<Row> {
    delta.tables().flat_map(|(about, rows)| table(about, rows, sourced)).collect()
}

/// Returns a row for each value that comes from a source.
pub(super) fn sourced(sourced: &[Sourced]) -> impl Iterator<Item = Row> {
    sourced.iter().filter_map(|place| {
        let value = escape::value(place.value.as_ref()?);
        let (element, pointer) = (escape::plain(&place.element), escape::plain(&place.pointer));
        let origin = escape::plain(&place.origin());
        let row = format!("{element} {pointer}: {value} (from {origin})");
        Some(Row::new(0, Sign::Add, row))
    })
}

fn table(about: Part, rows: &[PartDelta], sourced: &[Sourced]) -> Vec<Row> {
    let sourced = if about == Part::Element { sourced } else { &[] };
    let mut drawn: Vec<Row> = rows
        .iter()
        .take(SHOWN)
        .flat_map(|row| part(noun(about), row, label(about, row), Origins { sourced, of: &row.id }))
        .collect();
    if let Some(more @ 1..) = rows.len().checked_sub(SHOWN) {
        let nouns = about.plural();
        drawn.push(Row::new(0, Sign::Context, format!("… and {more} more {nouns}")));
    }
    drawn
}

fn noun(about: Part) -> &'static str {
    match about {
        Part::Element => "element",
        Part::Connector => "connector",
        Part::Field => "field",
        Part::Item => "record",
        Part::Relation => "relationship",
    }
}

/// Where values of one element come from.
#[derive(Clone, Copy)]
struct Origins<'a> {
    sourced: &'a [Sourced],
    of: &'a str,
}

impl Origins<'_> {
    /// Of nothing that has any.
    const NONE: Self = Self { sourced: &[], of: "" };

    /// Returns what stands behind the value at a pointer: ` (from cx-config.priority)`, with the way
    /// to it where only a part of the value comes from there.
    fn of(&self, pointer: &str) -> String {
        let own = self.sourced.iter().filter(|place| place.element == self.of);
        let told: Vec<String> = own.filter_map(|place| origin(place, pointer)).collect();
        if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
    }
}

fn origin(place: &Sourced, pointer: &str) -> Option<String> {
    let below = |long: &str, short: &str| {
        long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let from = escape::plain(&format!("from {}", place.origin()));
    if below(pointer, &place.pointer) {
        return Some(from);
    }
    let within = below(&place.pointer, pointer);
    within.then(|| format!("{} {from}", escape::plain(&place.pointer)))
}

/// A connector whose id says where it leads needs no label.
fn label(about: Part, row: &PartDelta) -> String {
    let says_it = about == Part::Connector && row.id == row.label.replace(" -> ", "->");
    if says_it { String::new() } else { row.label.clone() }
}

/// Returns the rows of settings that differ.
pub(super) fn settings(fields: &[FieldChange]) -> Vec<Row> {
    fields.iter().flat_map(|change| field(0, change, Origins::NONE)).collect()
}

/// Returns the rows of a resource that came or went whole: what there is of each part, and by type what
/// has one, in lines of at most `width` columns; of a data action, what it is for and what it needs.
pub(super) fn whole(
    kind: Kind,
    (settings, delta): (&[FieldChange], &Delta),
    sign: Sign,
    width: usize,
) -> Vec<Row> {
    if kind == Kind::DataAction {
        return whole_action(settings, sign);
    }
    let settings = self::settings(settings);
    if delta.is_empty() && kind == Kind::Flow {
        return settings;
    }
    settings.into_iter().chain(whole_parts(kind, delta, sign, width)).collect()
}

fn whole_parts(kind: Kind, delta: &Delta, sign: Sign, width: usize) -> Vec<Row> {
    let shown = |part: &&Part| **part == kind.parts()[0] || !delta.rows(**part).is_empty();
    kind.parts().iter().filter(shown).flat_map(|part| counts(*part, delta, sign, width)).collect()
}

fn counts(part: Part, delta: &Delta, sign: Sign, width: usize) -> Vec<Row> {
    let mut rows = vec![Row::new(0, sign, counted(delta.rows(part).len(), noun(part)))];
    if matches!(part, Part::Element | Part::Field) {
        rows.extend(by_type(delta.rows(part), sign, width));
    }
    rows
}

fn by_type(rows: &[PartDelta], sign: Sign, width: usize) -> Vec<Row> {
    let mut by_type: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in rows {
        by_type.entry(&row.label).or_default().push(escape::plain(&row.id));
    }
    let mut drawn = Vec::new();
    for (name, ids) in by_type {
        let name = escape::plain(name);
        let lines = wrap(&ids, width.saturating_sub(name.chars().count() + 12).max(20));
        drawn.extend(lines.into_iter().enumerate().map(|(i, line)| {
            let name =
                if i == 0 { format!("{name}:") } else { " ".repeat(name.chars().count() + 1) };
            Row::new(1, sign, format!("{name} {line}"))
        }));
    }
    drawn
}

fn whole_action(settings: &[FieldChange], sign: Sign) -> Vec<Row> {
    let value = |pointer: &str| {
        let change = settings.iter().find(|change| change.pointer == pointer)?;
        change.after.as_ref().or(change.before.as_ref())
    };
    let description = value("/description").and_then(Value::as_str);
    let dependencies = value("/dependencies").and_then(Value::as_array);
    let names = dependencies.into_iter().flatten().filter_map(Value::as_str);
    let names: Vec<String> = names.map(escape::plain).collect();
    let lines = value("/script/content").and_then(Value::as_str).map(|text| text.lines().count());
    let told = [
        description.map(|text| format!("description: {}", escape::quoted(text))),
        (!names.is_empty()).then(|| format!("depends on {}", names.join(", "))),
        lines.map(|lines| format!("script of {}", counted(lines, "line"))),
    ];
    told.into_iter().flatten().map(|text| Row::new(0, sign, text)).collect()
}

/// Returns a count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn part(noun: &str, row: &PartDelta, label: String, origins: Origins<'_>) -> Vec<Row> {
    let label = if label.is_empty() { label } else { format!(" ({})", escape::plain(&label)) };
    let heading = |sign| Row::new(0, sign, format!("{noun} {}{label}", escape::plain(&row.id)));
    match &row.change {
        PartChange::Removed(_) => vec![heading(Sign::Remove)],
        PartChange::Added(value) => {
            std::iter::once(heading(Sign::Add)).chain(contents(value, origins)).collect()
        }
        PartChange::Modified(fields) => std::iter::once(heading(Sign::Change))
            .chain(fields.iter().flat_map(|change| field(1, change, origins)))
            .collect(),
    }
}

/// Returns a row for each property of an added part that its heading does not name.
fn contents(value: &Value, origins: Origins<'_>) -> Vec<Row> {
    let member = |pointer: String, value: &Value| {
        let origin = origins.of(&pointer);
        let row = format!("{}: {}{origin}", escape::plain(&pointer), escape::value(value));
        Row::new(1, Sign::Add, row)
    };
    let members = |prefix: &str| value.pointer(prefix).and_then(Value::as_object);
    let own = ["label", "condition", "constraints"]
        .into_iter()
        .filter_map(|key| Some((key, value.get(key)?)));
    let own = own.map(|(key, value)| member(format!("/{key}"), value));
    let below = ["/configuration", "/fields"].into_iter().flat_map(|parent| {
        let all = members(parent).into_iter().flatten();
        all.map(move |(key, value)| {
            let key = pointer_step(key);
            (format!("{parent}/{key}"), value)
        })
    });
    own.chain(below.map(|(pointer, value)| member(pointer, value))).collect()
}

fn field(depth: usize, change: &FieldChange, origins: Origins<'_>) -> Vec<Row> {
    let (pointer, origin) = (escape::plain(&change.pointer), origins.of(&change.pointer));
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => modified(depth, &pointer, (before, after), &origin),
        (None, Some(after)) => {
            let row = format!("{pointer}: {}{origin}", escape::value(after));
            vec![Row::new(depth, Sign::Add, row)]
        }
        (Some(before), None) => {
            vec![Row::new(depth, Sign::Remove, format!("{pointer}: {}", escape::value(before)))]
        }
        (None, None) => Vec::new(),
    }
}

fn modified(
    depth: usize,
    pointer: &str,
    (before, after): (&Value, &Value),
    origin: &str,
) -> Vec<Row> {
    let heading = Row::new(depth, Sign::Change, format!("{pointer}:{origin}"));
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
            let (before, after) = (escape::value(before), escape::value(after));
            let row = format!("{pointer}: {before} → {after}{origin}");
            return vec![Row::new(depth, Sign::Change, row)];
        }
    };
    std::iter::once(heading).chain(below).collect()
}

fn is_long(text: &str) -> bool {
    text.contains('\n') || text.chars().count() > SHORT
}
