//! Changes to a text by place, made at once.

use std::ops::Range;

/// A text and what is to be changed in it.
pub(super) struct Edits<'t> {
    pub(super) text: &'t str,
    eol: &'static str,
    made: Vec<(Range<usize>, String)>,
}

impl<'t> Edits<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self { text, eol, made: Vec::new() }
    }

    /// Puts lines in the place of a range.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &str) {
        self.made.push((range, with.replace('\n', self.eol)));
    }

    pub(super) fn remove(&mut self, range: Range<usize>) {
        self.made.push((range, String::new()));
    }

    /// Removes the lines that a range touches.
    pub(super) fn remove_lines(&mut self, range: Range<usize>) {
        let whole = self.line_start(range.start)..self.next_line(range.end);
        self.remove(whole);
    }

    /// Inserts lines after the line that a place is in.
    pub(super) fn insert_after(&mut self, at: usize, indent: usize, lines: &str) {
        let at = self.next_line(at);
        let ended = at == 0 || self.text[..at].ends_with('\n');
        let lines = format!("{:indent$}{lines}", "");
        let lines = if ended { format!("{lines}\n") } else { format!("\n{lines}") };
        self.replace(at..at, &lines);
    }

    /// Inserts lines before the line that a place is in, and before the comments right above it.
    pub(super) fn insert_before(&mut self, at: usize, indent: usize, lines: &str) {
        let mut start = self.line_start(at);
        while start > 0 {
            let above = self.line_start(start - 1);
            if !self.text[above..start].trim_start().starts_with('#') {
                break;
            }
            start = above;
        }
        self.replace(start..start, &format!("{:indent$}{lines}\n", ""));
    }

    /// Returns the text with every change; `None` when two are about the same place.
    ///
    /// What is inserted at one place comes out in the order in which it was inserted.
    pub(super) fn finish(mut self) -> Option<String> {
        self.made.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.len());
        let mut at = 0;
        for (range, with) in &self.made {
            out.push_str(self.text.get(at..range.start)?);
            out.push_str(with);
            at = range.end;
        }
        out.push_str(self.text.get(at..)?);
        Some(out)
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |found| found + 1)
    }

    fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |found| at + found + 1)
    }

    /// Returns what stands before a place on its line.
    pub(super) fn lead(&self, at: usize) -> &'t str {
        &self.text[self.line_start(at)..at]
    }

    pub(super) fn column(&self, at: usize) -> usize {
        self.lead(at).chars().count()
    }

    /// Tells whether only blanks stand before a place on its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.lead(at).bytes().all(|b| b == b' ')
    }

    /// Tells whether only blanks and dashes stand before a place on its line.
    pub(super) fn follows_dash(&self, at: usize) -> bool {
        self.lead(at).split(' ').all(|word| matches!(word, "" | "-")) && !self.begins_line(at)
    }

    /// Tells whether only blanks stand after a place on its line.
    pub(super) fn ends_line(&self, at: usize) -> bool {
        self.text[at..].lines().next().is_none_or(|rest| rest.trim().is_empty())
    }

    /// Returns where the blanks behind a place end.
    pub(super) fn past_blanks(&self, at: usize) -> usize {
        self.text.len() - self.text[at..].trim_start_matches([' ', '\t']).len()
    }

    /// Returns where the dash of a list item stands.
    pub(super) fn dash(&self, item: usize) -> Option<usize> {
        if self.follows_dash(item) {
            return self.lead(item).rfind('-').map(|found| self.line_start(item) + found);
        }
        let mut end = self.line_start(item);
        while self.begins_line(item) && end > 0 {
            let start = self.line_start(end - 1);
            let line = self.text[start..end].trim();
            match line.strip_prefix('-') {
                Some(rest) if rest.is_empty() || rest.trim_start().starts_with('#') => {
                    return self.text[start..end].find('-').map(|found| start + found);
                }
                None if line.is_empty() || line.starts_with('#') => end = start,
                _ => return None,
            }
        }
        None
    }
}
