//! Columns that line up, whatever the alphabet.

use anstyle::Style as Ansi;
use unicode_width::UnicodeWidthStr;

use super::{Style, escape, paint};

/// One cell; its text is made safe when it is drawn.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    ansi: Ansi,
}

impl Cell {
    /// Makes a cell without colour.
    pub(super) fn new(text: &impl ToString) -> Self {
        Self::painted(text, paint::PLAIN)
    }

    /// Makes a cell that is drawn in a colour.
    pub(super) fn painted(text: &impl ToString, ansi: Ansi) -> Self {
        Self { text: escape::plain(&text.to_string()), ansi }
    }

    /// Makes a cell of what may be absent.
    pub(super) fn optional(text: Option<impl ToString>) -> Self {
        text.map_or_else(|| Self::painted(&"-", paint::QUIET), |text| Self::new(&text))
    }
}

/// Draws a heading and rows; every line ends with a line break and has no blanks before it.
pub(super) fn table<const N: usize>(
    heading: [&str; N],
    rows: &[[Cell; N]],
    style: Style,
) -> String {
    let heading = heading.map(|name| Cell::painted(&name, paint::STRONG));
    aligned(std::iter::once(&heading).chain(rows), style)
}

/// Draws rows without a heading.
pub(super) fn aligned<'a, const N: usize>(
    rows: impl Iterator<Item = &'a [Cell; N]> + Clone,
    style: Style,
) -> String {
    let mut widths = [0; N];
    for row in rows.clone() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.text.width().max(*width);
        }
    }
    rows.map(|row| line(row, &widths, style)).collect()
}

fn line<const N: usize>(row: &[Cell; N], widths: &[usize; N], style: Style) -> String {
    let mut out = String::new();
    // Blanks are put before the cell that needs them, so that no line ends in any.
    let mut gap = 0;
    for (cell, width) in row.iter().zip(widths) {
        if !cell.text.is_empty() {
            out.push_str(&" ".repeat(gap));
            out.push_str(&style.paint(cell.ansi, &cell.text));
            gap = 0;
        }
        gap += width + 2 - cell.text.width();
    }
    out.push('\n');
    out
}

/// Breaks a list into lines of at most `width` columns, between its entries; an entry that is
/// wider has a line of its own.
pub(super) fn wrap(entries: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        let comma = if i + 1 < entries.len() { "," } else { "" };
        match lines.last_mut() {
            Some(line) if line.width() + entry.width() + 2 <= width => {
                line.push(' ');
                line.push_str(entry);
            }
            _ => lines.push(entry.clone()),
        }
        lines.iter_mut().last().into_iter().for_each(|line| line.push_str(comma));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { color: false, width: 80 };

    #[test]
    fn columns_line_up_in_every_alphabet() {
        let rows = [
            [Cell::new(&"予約"), Cell::new(&"Synced"), Cell::new(&"x")],
            [Cell::new(&"a\u{1b}[0m"), Cell::optional(None::<&str>), Cell::new(&"")],
        ];
        insta::assert_snapshot!(table(["RESOURCE", "OUTCOME", "X"], &rows, STYLE), @r"
        RESOURCE    OUTCOME  X
        予約        Synced   x
        a\u001b[0m  -
        ");
    }

    #[test]
    fn lists_are_broken_between_entries() {
        let entries: Vec<_> = ["one", "two", "three", "overlong-entry", "x"].map(Into::into).into();
        insta::assert_snapshot!(wrap(&entries, 12).join("\n"), @"
        one, two,
        three,
        overlong-entry,
        x
        ");
    }
}
