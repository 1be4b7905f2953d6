//! Markdown in which text from tenants and repositories stays text.

use std::fmt::Write;

use super::escape;
use super::matrix::Row;

/// The most characters of a document: forges refuse comments above 65,536.
const MOST_CHARACTERS: usize = 60_000;
/// What is kept free for the notes on what was cut.
const RESERVE: usize = 500;
/// How wide lists in a fenced block are.
pub(super) const WIDTH: usize = 100;

/// Returns the text as code that nothing can break out of: no table, tag, mention or link.
pub(super) fn code(text: &str) -> String {
    let mut out = String::from("<code>");
    let mut before = ' ';
    for character in escape::plain(text).chars() {
        // A forge links `www.` without being asked.
        let harmless = character.is_alphanumeric()
            || " -/,()→".contains(character)
            || (character == '.' && !before.eq_ignore_ascii_case(&'w'));
        if harmless {
            out.push(character);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "&#{};", u32::from(character));
        }
        before = character;
    }
    out.push_str("</code>");
    out
}

/// Returns a fenced block that its content cannot close.
pub(super) fn fence(language: &str, content: &str) -> String {
    let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{content}{fence}\n")
}

/// A folded section below the table.
#[derive(Debug)]
pub(super) struct Section {
    /// What is seen while it is folded; safe to show.
    pub(super) title: String,
    /// What it unfolds to.
    pub(super) rows: Vec<Row>,
}

/// A document: what is always there, a table, and folded sections.
#[derive(Debug)]
pub(super) struct Document {
    /// Everything before the table, ending with a line break.
    pub(super) head: String,
    /// The table's first line.
    pub(super) columns: &'static [&'static str],
    /// The table's rows, each cell safe to show.
    pub(super) table: Vec<Vec<String>>,
    /// The folded sections.
    pub(super) sections: Vec<Section>,
}

impl Document {
    /// Returns the Markdown, at most 60,000 characters. Where that is too few, rows of the table
    /// and sections are left out from the end, and a note says how many.
    pub(super) fn draw(self) -> String {
        let mut page = Page { text: String::new(), room: MOST_CHARACTERS - RESERVE };
        page.push(&cut(&self.head, page.room / 2));
        if !self.table.is_empty() {
            page.table(self.columns, &self.table);
        }
        page.sections(&self.sections);
        page.text
    }
}

struct Page {
    text: String,
    room: usize,
}

impl Page {
    /// Appends the text if there is room for it.
    fn push(&mut self, text: &str) -> bool {
        let length = text.chars().count();
        let fits = length <= self.room;
        if fits {
            self.text.push_str(text);
            self.room -= length;
        }
        fits
    }

    /// Appends a note, for which room was reserved.
    fn note(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn table(&mut self, columns: &[&str], rows: &[Vec<String>]) {
        let rule = vec!["---"; columns.len()];
        self.push(&format!("\n| {} |\n| {} |\n", columns.join(" | "), rule.join(" | ")));
        // A long table leaves half of the room to the sections.
        let least = self.room / 2;
        for (i, row) in rows.iter().enumerate() {
            let row = format!("| {} |\n", row.join(" | "));
            if self.room < least || !self.push(&row) {
                let left = rows.len() - i;
                self.note(&format!("\n_… and {left} more of {} resources._\n", rows.len()));
                break;
            }
        }
    }

    fn sections(&mut self, sections: &[Section]) {
        for (i, section) in sections.iter().enumerate() {
            if self.section(section) {
                continue;
            }
            let left = sections.len() - i;
            let all = sections.len();
            self.note(&format!(
                "\n_Cut: the details of {left} of {all} resources do not fit in here. The text and \
                 JSON forms have them all._\n"
            ));
            break;
        }
    }

    /// Appends a section, if need be with its last rows cut; gives up when hardly any fits.
    fn section(&mut self, section: &Section) -> bool {
        let rows: Vec<String> = section.rows.iter().map(Row::markdown).collect();
        let body = fence("diff", &rows.concat());
        if self.push(&folded(&section.title, &body)) {
            return true;
        }
        let mut room = self.room.saturating_sub(section.title.chars().count() + RESERVE);
        let fits = |row: &&String| {
            room = room.saturating_sub(row.chars().count());
            room > 0
        };
        let kept: Vec<&String> = rows.iter().take_while(fits).collect();
        if kept.len() < 10 {
            return false;
        }
        let note = format!("# … {} of {} lines are cut\n", rows.len() - kept.len(), rows.len());
        let content: String = kept.into_iter().map(String::as_str).chain([note.as_str()]).collect();
        self.push(&folded(&section.title, &fence("diff", &content)))
    }
}

fn folded(title: &str, body: &str) -> String {
    format!("\n<details><summary>{title}</summary>\n\n{body}\n</details>\n")
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        // Within a fenced block the note must not swallow the rest of the document.
        Some((at, _)) => format!("{}\n```\n\n_… cut_\n", &text[..at]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix::Sign;
    use super::*;

    fn document(resources: usize, rows: usize) -> String {
        let section = |i: usize| Section {
            title: format!("resource {i}"),
            rows: (0..rows).map(|row| Row::new(0, Sign::Add, format!("row {row}"))).collect(),
        };
        Document {
            head: "**Summary**\n".into(),
            columns: &["", "Resource"],
            table: (0..resources).map(|i| vec!["+".into(), format!("resource {i}")]).collect(),
            sections: (0..resources).map(section).collect(),
        }
        .draw()
    }

    #[test]
    fn text_stays_text() {
        insta::assert_snapshot!(code("a|b <img src=x> @team `x` #12 www.evil.example http://x"), @"<code>a&#124;b &#60;img src&#61;x&#62; &#64;team &#96;x&#96; &#35;12 www&#46;evil.example http&#58;//x</code>");
        insta::assert_snapshot!(fence("diff", "+ ```` </details>\n"), @"
        `````diff
        + ```` </details>
        `````
        ");
    }

    #[test]
    fn a_document_is_never_too_long_and_says_what_it_lacks() {
        for (resources, rows) in [(3, 100_000), (5_000, 3), (40_000, 1), (200, 100)] {
            let text = document(resources, rows);
            assert!(text.chars().count() <= MOST_CHARACTERS, "{resources} {rows}");
            assert!(text.contains("Cut: the details of"), "{resources} {rows}");
        }
        assert!(!document(20, 100).contains("cut"));
    }
}
