//! Places in a text: lines and columns to bytes, and back.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::model::{Source, Span};

/// A character's place; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Where a scalar stands as it is written, quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) from: Position,
    pub(super) to: Position,
}

/// The lines of a text. They are looked up for findings and references only, so the index is
/// built when first asked for.
#[derive(Debug)]
pub(super) struct Lines {
    source: Arc<Source>,
    starts: OnceCell<Vec<usize>>,
}

impl Lines {
    pub(super) fn new(source: Arc<Source>) -> Self {
        Self { source, starts: OnceCell::new() }
    }

    /// Returns how many characters stand between a position and the end of its line, at least 1.
    pub(super) fn rest_of_line(&self, position: Position) -> u32 {
        let rest = &self.source.text[self.offset(position)..];
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        count(line).max(1)
    }

    /// Returns the place of the byte at `offset`, one character long.
    pub(super) fn span_at(&self, offset: usize) -> Span {
        let line = self.starts().partition_point(|start| *start <= offset);
        let start = self.starts().get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.source.text.get(start..offset).unwrap_or_default();
        Span { line: narrow(line.max(1)), column: count(before) + 1, length: 1 }
    }

    /// Returns where the occurrence number `nth` (from 0) of `needle` stands in an extent.
    ///
    /// `None` when it is spelled otherwise there, with escapes or folded over lines, say.
    pub(super) fn find(&self, extent: Extent, needle: &str, nth: usize) -> Option<Span> {
        let from = self.offset(extent.from);
        let to = self.offset(extent.to).max(from);
        let (found, _) = self.source.text[from..to].match_indices(needle).nth(nth)?;
        Some(Span { length: count(needle), ..self.span_at(from + found) })
    }

    /// Returns the character at a position and everything before it.
    pub(super) fn up_to(&self, position: Position) -> (&str, Option<char>) {
        let (before, after) = self.source.text.split_at(self.offset(position));
        (before, after.chars().next())
    }

    fn offset(&self, position: Position) -> usize {
        let text = &self.source.text;
        let line = (position.line as usize).saturating_sub(1);
        let Some(start) = self.starts().get(line).copied() else { return text.len() };
        let column = (position.column as usize).saturating_sub(1);
        text[start..].char_indices().nth(column).map_or(text.len(), |(i, _)| start + i)
    }

    fn starts(&self) -> &[usize] {
        self.starts.get_or_init(|| line_starts(&self.source.text))
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends_line = |i: usize| match bytes[i] {
        b'\n' => true,
        b'\r' => bytes.get(i + 1) != Some(&b'\n'),
        _ => false,
    };
    std::iter::once(0).chain((0..bytes.len()).filter(|i| ends_line(*i)).map(|i| i + 1)).collect()
}

fn count(text: &str) -> u32 {
    narrow(text.chars().count())
}

/// Files have at most 16 MiB, so every count fits.
pub(super) fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
