//! YAML as a person would write it: block style, no quotes where none are needed.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::super::scalar::{self, Meaning};

/// A document as it is written, line by line.
#[derive(Default)]
pub(in crate::manifest) struct Writer {
    pub(in crate::manifest) out: String,
}

impl Writer {
    pub(in crate::manifest) fn line(&mut self, indent: usize, text: &str) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.out, "{:indent$}{text}", "");
    }

    pub(in crate::manifest) fn text(&mut self, indent: usize, key: &str, text: &str) {
        self.entry(indent, "", key, &text.into());
    }

    pub(in crate::manifest) fn list<'k>(
        &mut self,
        indent: usize,
        key: &str,
        items: impl ExactSizeIterator<Item = Vec<(&'k str, Value)>>,
    ) {
        if items.len() == 0 {
            return self.line(indent, &format!("{key}: []"));
        }
        self.line(indent, &format!("{key}:"));
        for fields in items {
            for (i, (key, value)) in fields.iter().enumerate() {
                let dash = if i == 0 { "- " } else { "  " };
                self.entry(indent + 2, dash, key, value);
            }
        }
    }

    /// Writes a key and its value. `lead` stands before the key and is part of its indentation.
    pub(in crate::manifest) fn entry(
        &mut self,
        indent: usize,
        lead: &str,
        key: &str,
        value: &Value,
    ) {
        let start = format!("{lead}{}:", text(key));
        let inner = indent + lead.len() + 2;
        match value {
            Value::Object(map) if !map.is_empty() => {
                self.line(indent, &start);
                self.map(inner, map);
            }
            Value::Array(items) if !items.is_empty() => {
                self.line(indent, &start);
                self.items(inner, items);
            }
            Value::String(text) if spans_lines(text) && is_block(text) => {
                self.block(indent, &start, inner, text);
            }
            simple => self.line(indent, &format!("{start} {}", scalar(simple))),
        }
    }

    /// Writes a text as a literal block, whatever its length, if YAML can.
    pub(in crate::manifest) fn lines(&mut self, indent: usize, key: &str, text: &str) {
        if is_block(text) {
            self.block(indent, &format!("{key}:"), indent + 2, text);
        } else {
            self.text(indent, key, text);
        }
    }

    /// Writes a text as a literal block behind `start`, its lines indented by `inner`.
    pub(in crate::manifest) fn block(
        &mut self,
        indent: usize,
        start: &str,
        inner: usize,
        text: &str,
    ) {
        // Without it, the spaces that the text begins with would be taken for indentation.
        let begins = text.trim_start_matches('\n').starts_with(' ');
        let indicator = if begins { "2" } else { "" };
        let chomping = match text.strip_suffix('\n') {
            None => "-",
            Some(text) if text.ends_with('\n') => "+",
            Some(_) => "",
        };
        self.line(indent, &format!("{start} |{indicator}{chomping}"));
        for line in text.lines() {
            self.line(if line.is_empty() { 0 } else { inner }, line);
        }
    }

    fn map(&mut self, indent: usize, map: &Map<String, Value>) {
        for (key, value) in map {
            self.entry(indent, "", key, value);
        }
    }

    fn items(&mut self, indent: usize, items: &[Value]) {
        for item in items {
            match item {
                Value::Object(map) if !map.is_empty() => {
                    for (i, (key, value)) in map.iter().enumerate() {
                        self.entry(indent, if i == 0 { "- " } else { "  " }, key, value);
                    }
                }
                Value::Array(inner) if !inner.is_empty() => {
                    self.line(indent, "-");
                    self.items(indent + 2, inner);
                }
                simple => self.line(indent, &format!("- {}", scalar(simple))),
            }
        }
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(string) => text(string),
        other => other.to_string(),
    }
}

/// Returns a text as it is where nobody reads it as anything else, otherwise between quotes.
pub fn text(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Narrower than YAML 1.2, so that YAML 1.1 readers agree.
fn is_plain(text: &str) -> bool {
    const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let inner = |c: char| c.is_alphanumeric() || " _.,/()'-".contains(c);
    starts
        && !text.ends_with(' ')
        && text.chars().all(inner)
        && scalar::plain(text) == Meaning::Text
        && !WORDS.contains(&text.to_lowercase().as_str())
}

/// Tells whether a text is best read line by line.
pub(in crate::manifest) fn spans_lines(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
}

/// Tells whether a literal block can hold a text, and every reader sees the same text in it.
pub(in crate::manifest) fn is_block(text: &str) -> bool {
    let printable = |c: char| c == '\n' || c == '\t' || !is_unprintable(c);
    let blank = |line: &str| line.trim_matches([' ', '\t']).is_empty();
    let lines = || text.split('\n');
    // Where a block of blank lines ends, and where it begins, readers differ.
    text.chars().all(printable)
        && !text.trim_start_matches('\n').starts_with('\t')
        && !lines().next_back().is_some_and(|line| !line.is_empty() && blank(line))
        && lines().find(|line| !line.is_empty()).is_some_and(|line| !blank(line))
}

pub(in crate::manifest) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_unprintable(c) => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Tells whether a text can stand between single quotes on one line.
pub(in crate::manifest) fn is_printable(text: &str) -> bool {
    !text.chars().any(is_unprintable)
}

/// Line breaks of some YAML versions, byte order marks and what no reader must accept as it is
/// (YAML 1.2, section 5.1).
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        || matches!(u32::from(c), 0x1_fffe.. if u32::from(c) & 0xfffe == 0xfffe)
}
