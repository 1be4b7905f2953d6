//! A tree as YAML, in the style of its surroundings.

use saphyr_parser::ScalarStyle;
use serde_json::Value;

use super::super::write::yaml::{self, Writer};
use super::tree::Tree;

/// Whether a text may be written line by line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// As a literal block.
    Blocks,
    /// Only between quotes, because something follows on the line.
    Quoted,
}

/// Returns `key: value` as lines, the first without its indentation, the last without its end.
pub(super) fn entry(key: &str, tree: &Tree, indent: usize, lines: Lines) -> String {
    let mut writer = Writer::default();
    put(&mut writer, indent, "", key, tree, lines);
    cut(&writer.out, indent)
}

/// Returns `- value` as lines, the first without its indentation, the last without its end.
pub(super) fn item(tree: &Tree, indent: usize, lines: Lines) -> String {
    let mut writer = Writer::default();
    put_item(&mut writer, indent, tree, lines);
    cut(&writer.out, indent)
}

/// Returns a whole document, without the end of its last line.
pub(super) fn document(tree: &Tree) -> String {
    let mut writer = Writer::default();
    if let Tree::Map(entries) = tree {
        for (key, tree) in entries {
            put(&mut writer, 0, "", key, tree, Lines::Blocks);
        }
    }
    cut(&writer.out, 0)
}

fn cut(out: &str, indent: usize) -> String {
    let out = out.strip_suffix('\n').unwrap_or(out);
    out.get(indent..).unwrap_or_default().to_owned()
}

fn put(writer: &mut Writer, indent: usize, lead: &str, key: &str, tree: &Tree, lines: Lines) {
    let start = format!("{lead}{}:", yaml::text(key));
    let inner = indent + lead.len() + 2;
    match tree {
        Tree::Map(entries) if !entries.is_empty() => {
            writer.line(indent, &start);
            for (key, tree) in entries {
                put(writer, inner, "", key, tree, lines);
            }
        }
        Tree::List(items, _) if !items.is_empty() => {
            writer.line(indent, &start);
            for item in items {
                put_item(writer, inner, item, lines);
            }
        }
        Tree::Leaf(value) if lines == Lines::Blocks => writer.entry(indent, lead, key, value),
        other => writer.line(indent, &format!("{start} {}", flow(other))),
    }
}

fn put_item(writer: &mut Writer, indent: usize, tree: &Tree, lines: Lines) {
    match tree {
        Tree::Map(entries) if !entries.is_empty() => {
            for (i, (key, tree)) in entries.iter().enumerate() {
                let lead = if i == 0 { "- " } else { "  " };
                put(writer, indent, lead, key, tree, lines);
            }
        }
        Tree::List(items, _) if !items.is_empty() => {
            writer.line(indent, "-");
            for item in items {
                put_item(writer, indent + 2, item, lines);
            }
        }
        other => writer.line(indent, &format!("- {}", flow(other))),
    }
}

/// Returns a value on one line.
pub(super) fn flow(tree: &Tree) -> String {
    match tree {
        Tree::Leaf(Value::String(text)) => flow_text(text),
        Tree::Leaf(value) => value.to_string(),
        Tree::List(items, _) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Tree::Map(entries) => {
            let entries = entries.iter().map(|(key, tree)| flow_entry(key, tree));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Returns `key: value` on one line.
pub(super) fn flow_entry(key: &str, tree: &Tree) -> String {
    format!("{}: {}", flow_text(key), flow(tree))
}

fn flow_text(text: &str) -> String {
    if text.contains([',', '[', ']', '{', '}']) { yaml::quoted(text) } else { yaml::text(text) }
}

/// Where a scalar stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// How it was spelled.
    pub(super) style: ScalarStyle,
    /// How far lines of a block are to be indented; `None` where there can be none.
    pub(super) block: Option<usize>,
    /// Whether it stands between brackets.
    pub(super) flow: bool,
}

/// Returns a scalar, spelled as the one was that it replaces, if it can be.
pub(super) fn scalar(value: &Value, around: Around) -> String {
    let Value::String(text) = value else { return value.to_string() };
    let was_block = matches!(around.style, ScalarStyle::Literal | ScalarStyle::Folded);
    if let Some(indent) = around.block
        && (was_block || yaml::spans_lines(text))
        && yaml::is_block(text)
        && !text.trim_start_matches('\n').starts_with(' ')
    {
        return block(text, indent);
    }
    match around.style {
        ScalarStyle::SingleQuoted if yaml::is_printable(text) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        ScalarStyle::Plain if around.flow => flow_text(text),
        ScalarStyle::Plain => yaml::text(text),
        _ => yaml::quoted(text),
    }
}

fn block(text: &str, indent: usize) -> String {
    let mut writer = Writer::default();
    writer.block(0, "", indent, text);
    let out = writer.out.strip_suffix('\n').unwrap_or(&writer.out);
    out.trim_start_matches(' ').to_owned()
}
