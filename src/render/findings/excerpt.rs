//! The lines of a file that a finding quotes.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::model::{Location, Source, Span};

use super::visible::visible_line;

/// Lines with more bytes than this are cut around what they are quoted for.
const LONGEST: usize = 1_000;
/// How many characters of a cut line are quoted before the place.
const BEFORE: usize = 100;
/// How many characters of a cut line are quoted in all.
const QUOTED: usize = 400;
/// Places of one file that are at most this many lines apart are quoted together.
const NEAR: usize = 8;

/// A place that is quoted, with what is written under it.
pub(super) struct Mark<'a> {
    pub(super) location: &'a Location,
    pub(super) label: Option<&'a str>,
}

/// Quoted lines.
pub(super) struct Excerpt<'a> {
    /// Where the first mark stands, which is on the first quoted line.
    pub(super) location: &'a Location,
    /// The lines, visible and cut; `None` when the file has no such line.
    pub(super) text: Option<String>,
    /// Byte ranges of `text`, and what is written under them.
    pub(super) marks: Vec<(Range<usize>, &'a Mark<'a>)>,
    /// Whether the beginning of a line is left out, so that columns in `text` are not the file's.
    pub(super) is_cut: bool,
}

impl<'a> Excerpt<'a> {
    fn add(&mut self, line: &str, marks: Vec<&'a Mark<'a>>) {
        let quote = Quote::new(line, marks.first().map_or(0, |mark| column(mark.location.span)));
        let text = self.text.get_or_insert_default();
        if !text.is_empty() || !self.marks.is_empty() {
            text.push('\n');
        }
        let start = text.len();
        for mark in marks {
            let range = quote.range(mark.location.span);
            self.marks.push((start + range.start..start + range.end, mark));
        }
        self.is_cut |= quote.skipped > 0;
        text.push_str(&quote.text);
    }
}

/// A line as it is shown.
struct Quote {
    text: String,
    /// How many characters of the line stand before those that are shown.
    skipped: usize,
}

impl Quote {
    /// Shows all of a line, or what stands around a column when it is long.
    fn new(line: &str, column: usize) -> Self {
        if line.len() <= LONGEST {
            return Self { text: visible_line(line), skipped: 0 };
        }
        let skipped = column.saturating_sub(BEFORE);
        let rest = &line[byte_of(line, skipped)..];
        let shown = &rest[..byte_of(rest, QUOTED)];
        let [before, after] =
            [skipped > 0, shown.len() < rest.len()].map(|cut| if cut { "…" } else { "" });
        // The ellipsis stands where a character stood, so that it does not move the others.
        let text = format!("{before}{}{after}", visible_line(shown));
        Self { text, skipped: skipped.saturating_sub(before.chars().count()) }
    }

    /// Returns the bytes of `text` that a span covers, cut at its end.
    fn range(&self, span: Span) -> Range<usize> {
        let start = byte_of(&self.text, column(span).saturating_sub(self.skipped));
        let length = byte_of(&self.text[start..], span.length as usize);
        start..start + length
    }
}

/// Returns where the character number `index` begins, or where the text ends before that.
fn byte_of(text: &str, index: usize) -> usize {
    if text.is_ascii() {
        return index.min(text.len());
    }
    text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
}

fn column(span: Span) -> usize {
    (span.column as usize).saturating_sub(1)
}

/// The lines of all files that are quoted, split once a file.
#[derive(Default)]
pub(super) struct Pages<'a> {
    lines: HashMap<*const Source, Vec<&'a str>>,
}

impl<'a> Pages<'a> {
    /// Quotes the lines of all marks, those of the first mark first.
    pub(super) fn excerpts(&mut self, marks: &'a [Mark<'a>]) -> Vec<Excerpt<'a>> {
        let mut sorted: Vec<_> = marks.iter().collect();
        sorted.sort_by_key(|mark| (&mark.location.source.path, mark.location.span));
        let mut groups: Vec<Vec<&'a Mark<'a>>> = Vec::new();
        for mark in sorted {
            match groups.last_mut() {
                Some(group) if self.belongs(group, mark) => group.push(mark),
                _ => groups.push(vec![mark]),
            }
        }
        let is_first =
            |mark: &&Mark<'_>| marks.first().is_some_and(|first| std::ptr::eq(*mark, first));
        groups.sort_by_key(|group| !group.iter().any(is_first));
        groups.into_iter().filter_map(|group| self.excerpt(group)).collect()
    }

    fn belongs(&mut self, group: &[&'a Mark<'a>], mark: &'a Mark<'a>) -> bool {
        let Some(last) = group.last() else { return false };
        let near = index(mark.location.span).saturating_sub(index(last.location.span)) <= NEAR;
        let short = [*last, mark]
            .iter()
            .all(|mark| self.line(mark.location).is_some_and(|line| line.len() <= LONGEST));
        near && short && Arc::ptr_eq(&last.location.source, &mark.location.source)
    }

    fn excerpt(&mut self, group: Vec<&'a Mark<'a>>) -> Option<Excerpt<'a>> {
        let (first, last) = (group.first()?, group.last()?);
        let source = &first.location.source;
        let (from, to) = (index(first.location.span), index(last.location.span));
        let lines = self.of(source).get(from..=to).unwrap_or_default();
        let mut excerpt = Excerpt {
            location: first.location,
            text: (!lines.is_empty()).then(String::new),
            marks: Vec::new(),
            is_cut: false,
        };
        let mut marks = group.into_iter().peekable();
        for (line, number) in lines.iter().zip(from..) {
            let here = std::iter::from_fn(|| marks.next_if(|m| index(m.location.span) == number));
            excerpt.add(line, here.collect());
        }
        Some(excerpt)
    }

    fn line(&mut self, location: &'a Location) -> Option<&'a str> {
        self.of(&location.source).get(index(location.span)).copied()
    }

    fn of(&mut self, source: &'a Arc<Source>) -> &[&'a str] {
        self.lines.entry(Arc::as_ptr(source)).or_insert_with(|| split(&source.text))
    }
}

fn index(span: Span) -> usize {
    (span.line as usize).saturating_sub(1)
}

/// Splits a text as YAML does; an empty one has no lines.
fn split(text: &str) -> Vec<&str> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .flat_map(|line| line.split('\r'))
        .collect()
}
