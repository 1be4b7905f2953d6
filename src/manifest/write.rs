//! From a flow back to the text of its manifest.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::model::{Connector, DesiredFlow, Element};

use super::API_VERSION;
use super::flow::default_connector_id;
use super::scalar::{self, Meaning};
use super::template::escape;

/// Returns the manifest of a flow: [`parse`](super::parse) and [`resolve`](super::resolve()) turn
/// it back into the same flow.
///
/// What stands for its default is left out, and so are properties that only the platform knows.
/// Values were filled in before; where they came from is not known any more. The one thing that a
/// manifest cannot say is a key `valueFrom` in a configuration.
pub fn write(desired: &DesiredFlow) -> String {
    let mut writer = Writer { out: String::new() };
    writer.line(0, &format!("apiVersion: {API_VERSION}"));
    writer.line(0, "kind: Flow");
    metadata(&mut writer, desired);
    spec(&mut writer, desired);
    writer.out
}

fn metadata(writer: &mut Writer, desired: &DesiredFlow) {
    writer.line(0, "metadata:");
    writer.text(2, "name", &desired.name);
    if !desired.labels.is_empty() {
        writer.line(2, "labels:");
        for (label, value) in &desired.labels {
            writer.text(4, label, value);
        }
    }
    if let Some(old) = &desired.renamed_from {
        writer.text(2, "renamedFrom", old);
    }
}

fn spec(writer: &mut Writer, desired: &DesiredFlow) {
    let flow = &desired.flow;
    writer.line(0, "spec:");
    if flow.display_name != desired.name {
        writer.text(2, "displayName", &escape(&flow.display_name));
    }
    if let Some(description) = &flow.description {
        writer.text(2, "description", &escape(description));
    }
    if let Some(version) = &flow.version {
        writer.line(2, &format!("version: {version}"));
    }
    writer.list(2, "elements", flow.content.elements.iter().map(element));
    if !flow.content.connectors.is_empty() {
        writer.list(2, "connectors", flow.content.connectors.iter().map(connector));
    }
}

fn element(element: &Element) -> Vec<(&'static str, Value)> {
    let mut fields =
        vec![("id", element.id.clone().into()), ("type", element.element_type.clone().into())];
    if !element.configuration.is_empty() {
        fields.push(("configuration", escaped(&Value::Object(Map::clone(&element.configuration)))));
    }
    fields
}

fn connector(connector: &Connector) -> Vec<(&'static str, Value)> {
    let (source, target) = (&connector.source_id, &connector.target_id);
    let mut fields = Vec::new();
    if connector.id != default_connector_id(source, target) {
        fields.push(("id", connector.id.clone().into()));
    }
    fields.push(("sourceId", source.clone().into()));
    fields.push(("targetId", target.clone().into()));
    if let Some(label) = &connector.label {
        fields.push(("label", escape(label).into()));
    }
    if let Some(condition) = &connector.condition {
        fields.push(("condition", escaped(condition)));
    }
    fields
}

/// Returns a value whose texts stand for themselves, whatever they look like.
fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(escape(text)),
        Value::Array(items) => Value::Array(items.iter().map(escaped).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), escaped(value))).collect())
        }
        plain => plain.clone(),
    }
}

struct Writer {
    out: String,
}

impl Writer {
    fn line(&mut self, indent: usize, text: &str) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.out, "{:indent$}{text}", "");
    }

    fn text(&mut self, indent: usize, key: &str, text: &str) {
        self.entry(indent, "", key, &text.into());
    }

    fn list<'k>(
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
    fn entry(&mut self, indent: usize, lead: &str, key: &str, value: &Value) {
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
            Value::String(text) if is_block(text) => self.block(indent, &start, inner, text),
            simple => self.line(indent, &format!("{start} {}", scalar(simple))),
        }
    }

    fn block(&mut self, indent: usize, start: &str, inner: usize, text: &str) {
        let chomping = if text.ends_with('\n') { "" } else { "-" };
        self.line(indent, &format!("{start} |{chomping}"));
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
fn text(text: &str) -> String {
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

/// Tells whether a text is best read, and safely written, line by line.
fn is_block(text: &str) -> bool {
    let printable = |line: &str| !line.ends_with(' ') && !line.chars().any(is_unprintable);
    text.trim_end_matches('\n').contains('\n')
        && !text.starts_with([' ', '\n'])
        && !text.ends_with("\n\n")
        && text.split('\n').all(printable)
}

fn quoted(text: &str) -> String {
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

/// Line breaks of some YAML versions, byte order marks and what no reader must accept as it is
/// (YAML 1.2, section 5.1).
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        || matches!(u32::from(c), 0x1_fffe.. if u32::from(c) & 0xfffe == 0xfffe)
}
