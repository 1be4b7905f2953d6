//! `${values.x}` inside texts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::model::{Code, Environment, Finding, Source, Span};

use super::lines::Extent;
use super::name;
use super::report::{Report, did_you_mean};

const OPEN: &str = "${values.";

/// A text with references to values.
#[derive(Debug)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, PartialEq)]
enum Part {
    Literal(String),
    Reference(Reference),
}

/// `${values.name}` and where it stands.
#[derive(Debug, PartialEq)]
struct Reference {
    name: String,
    span: Span,
}

/// A text as it is read: final, or waiting for values.
#[derive(Debug)]
pub(super) enum Text {
    Literal(String),
    Template(Template),
}

/// Reads a text, and reports references that name no value.
///
/// `$${` stands for `${`. Only `${values.` begins a reference: other `${…}` belongs to the
/// platform and stays as it is.
pub(super) fn read(report: &mut Report, text: &str, span: Span, extent: Extent) -> Text {
    if !text.contains("${") {
        return Text::Literal(text.to_owned());
    }
    let mut reader = Reader { report, text, span, extent, parts: Vec::new(), at: 0 };
    reader.run();
    match reader.parts.as_mut_slice() {
        [] => Text::Literal(String::new()),
        [Part::Literal(literal)] => Text::Literal(std::mem::take(literal)),
        _ => Text::Template(Template { parts: reader.parts }),
    }
}

/// Returns a text that [`read`] turns back into `text`.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (i, c) in text.char_indices() {
        let rest = &text[i..];
        if rest.starts_with(OPEN) || (rest.starts_with("${") && text[..i].ends_with('$')) {
            escaped.push('$');
        }
        escaped.push(c);
    }
    escaped
}

/// Tells whether a text refers to a value.
pub(super) fn refers(text: &str) -> bool {
    let mut rest = text;
    while let Some(found) = rest.find("${") {
        let escaped = rest[..found].ends_with('$');
        if !escaped && rest[found..].starts_with(OPEN) {
            return true;
        }
        rest = &rest[found + 2..];
    }
    false
}

struct Reader<'r, 't> {
    report: &'r mut Report,
    text: &'t str,
    span: Span,
    extent: Extent,
    parts: Vec<Part>,
    at: usize,
}

impl Reader<'_, '_> {
    fn run(&mut self) {
        while let Some(found) = self.text[self.at..].find('$') {
            let dollar = self.at + found;
            self.literal(self.at, dollar);
            let rest = &self.text[dollar..];
            if rest.starts_with("$${") {
                self.literal(dollar + 1, dollar + 3);
            } else if rest.starts_with(OPEN) {
                self.reference(dollar);
            } else {
                self.literal(dollar, dollar + 1);
            }
        }
        self.literal(self.at, self.text.len());
    }

    fn literal(&mut self, from: usize, to: usize) {
        self.at = to;
        let text = &self.text[from..to];
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Literal(literal)) => literal.push_str(text),
            _ => self.parts.push(Part::Literal(text.to_owned())),
        }
    }

    fn reference(&mut self, dollar: usize) {
        let rest = &self.text[dollar..];
        let inner = &rest[OPEN.len()..];
        match inner.split_once('}') {
            Some((value, _)) if name::is_value(value) => {
                let written = &rest[..=OPEN.len() + value.len()];
                let span = self.locate(dollar, written);
                self.parts.push(Part::Reference(Reference { name: value.to_owned(), span }));
                self.at = dollar + written.len();
            }
            _ => {
                let span = self.locate(dollar, OPEN);
                self.report.add_hinted(
                    Code::BadValue,
                    span,
                    "a reference to a value is `${values.name}`",
                    "names have a-z, A-Z, 0-9, `_`, `.` and `-`; write `$${` for a literal `${`",
                );
                self.literal(dollar, dollar + OPEN.len());
            }
        }
    }

    fn locate(&self, at: usize, written: &str) -> Span {
        let nth = self.text[..at].matches(written).count();
        self.report.lines().find(self.extent, written, nth).unwrap_or(self.span)
    }
}

/// Fills in the values of one environment.
pub(super) struct Filling<'e> {
    environment: &'e Environment,
    used: BTreeSet<&'e str>,
    findings: Vec<Finding>,
}

impl<'e> Filling<'e> {
    pub(super) fn new(environment: &'e Environment) -> Self {
        Self { environment, used: BTreeSet::new(), findings: Vec::new() }
    }

    /// Returns the names of the values that were used, and what was wrong.
    pub(super) fn finish(self) -> (BTreeSet<&'e str>, Vec<Finding>) {
        (self.used, self.findings)
    }

    /// Returns what a text stands for: a value of any type when it is one reference.
    pub(super) fn value(&mut self, template: &Template, source: &Arc<Source>) -> Option<Value> {
        match template.parts.as_slice() {
            [Part::Reference(reference)] => self.look_up(reference, source).cloned(),
            _ => self.text(template, source).map(Value::String),
        }
    }

    /// Returns the text with each reference replaced by its value's text.
    pub(super) fn text(&mut self, template: &Template, source: &Arc<Source>) -> Option<String> {
        // Every part is looked at, so that all findings come at once.
        let parts: Vec<Option<String>> =
            template.parts.iter().map(|part| self.part(part, source)).collect();
        parts.into_iter().collect()
    }

    fn part(&mut self, part: &Part, source: &Arc<Source>) -> Option<String> {
        let reference = match part {
            Part::Literal(text) => return Some(text.clone()),
            Part::Reference(reference) => reference,
        };
        match self.look_up(reference, source)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            other => {
                let message = format!(
                    "value `{}` is {}, and only text, numbers and true or false fit into a text",
                    reference.name,
                    describe(other)
                );
                self.add(Code::WrongType, reference, source, message, None);
                None
            }
        }
    }

    fn look_up(&mut self, reference: &Reference, source: &Arc<Source>) -> Option<&'e Value> {
        let values: &'e BTreeMap<String, Value> = &self.environment.values;
        if let Some((name, value)) = values.get_key_value(&reference.name) {
            self.used.insert(name);
            return Some(value);
        }
        let environment = &self.environment.name;
        let message = format!("environment `{environment}` sets no value `{}`", reference.name);
        let hint = did_you_mean(&reference.name, values.keys().map(String::as_str))
            .unwrap_or_else(|| format!("add it to `values` of `{environment}` in flowgate.yaml"));
        self.add(Code::UnresolvedValue, reference, source, message, Some(hint));
        None
    }

    fn add(
        &mut self,
        code: Code,
        reference: &Reference,
        source: &Arc<Source>,
        message: String,
        hint: Option<String>,
    ) {
        let mut finding = Finding::new(code, source, reference.span, message);
        finding.hint = hint;
        self.findings.push(finding);
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
