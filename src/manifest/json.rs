//! Free-form values: any YAML that JSON can carry, with references to values noted.

use serde_json::{Map, Number, Value, json};

use crate::model::{Code, Span, pointer_step};

use super::report::Report;
use super::scalar::Meaning;
use super::template::{self, Template, Text};
use super::tree::{self, Entry, Node, Scalar};

/// A step from a value into one of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// A text within a value that waits for values, and the way to it.
#[derive(Debug)]
pub(super) struct Gap {
    pub(super) path: Vec<Step>,
    pub(super) template: Template,
}

/// A part of a value that comes from a source, and the way to it.
#[derive(Debug)]
pub(super) struct ValueFrom {
    pub(super) path: Vec<Step>,
    pub(super) source: (String, Span),
    pub(super) field: (String, Span),
}

/// A value as it is read, with what is missing from it. What comes from a source stands as it is
/// written.
#[derive(Debug, Default)]
pub(super) struct FreeForm {
    pub(super) value: Value,
    pub(super) gaps: Vec<Gap>,
    pub(super) sourced: Vec<ValueFrom>,
}

/// What a free-form value may refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum References {
    /// Values of the environment and, below its root, fields of sources.
    Sources,
    /// Values of the environment.
    Values,
    /// Nothing: every text is what it says.
    Literal,
}

/// The key of a reference to a field of a source.
const VALUE_FROM: &str = "valueFrom";
const VALUE_FROM_KEYS: &[&str] = &["source", "field"];

/// Reads a value; parts that JSON cannot carry are reported and become `null`.
pub(super) fn read(report: &mut Report, node: &Node<'_>, references: References) -> FreeForm {
    let (gaps, sourced) = (Vec::new(), Vec::new());
    let mut reader = Reader { report, references, path: Vec::new(), gaps, sourced };
    let value = reader.value(node);
    FreeForm { value, gaps: reader.gaps, sourced: reader.sourced }
}

/// Returns a path as a JSON pointer.
pub(super) fn pointer(path: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Key(key) => format!("/{}", pointer_step(key)),
        Step::Index(index) => format!("/{index}"),
    };
    path.iter().map(step).collect()
}

/// Returns the part of a value that a path leads to.
pub(super) fn descend<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

struct Reader<'r, 'n> {
    report: &'r mut Report,
    references: References,
    path: Vec<BorrowedStep<'n>>,
    gaps: Vec<Gap>,
    sourced: Vec<ValueFrom>,
}

#[derive(Clone, Copy)]
enum BorrowedStep<'n> {
    Key(&'n str),
    Index(usize),
}

impl<'n> Reader<'_, 'n> {
    fn value(&mut self, node: &'n Node<'_>) -> Value {
        match &node.value {
            tree::Value::Scalar(scalar) => self.scalar(scalar, node),
            tree::Value::List(items) => {
                let read = |(i, item)| self.at(BorrowedStep::Index(i), item);
                Value::Array(items.iter().enumerate().map(read).collect())
            }
            tree::Value::Mapping(entries) => match self.value_from(entries) {
                Some(reference) => reference,
                None => Value::Object(self.mapping(entries)),
            },
        }
    }

    fn mapping(&mut self, entries: &'n [Entry<'_>]) -> Map<String, Value> {
        let mut map = Map::new();
        for entry in entries {
            if self.is_reserved(entry) {
                continue;
            }
            let value = self.at(BorrowedStep::Key(&entry.key), &entry.value);
            map.insert(entry.key.to_string(), value);
        }
        map
    }

    /// Reads a reference to a field of a source, where one may stand.
    fn value_from(&mut self, entries: &'n [Entry<'_>]) -> Option<Value> {
        let allowed = self.references == References::Sources && !self.path.is_empty();
        let [entry] = entries else { return None };
        if !allowed || entry.key != VALUE_FROM {
            return None;
        }
        Some(self.reference(&entry.value).unwrap_or_default())
    }

    /// Returns the reference as it is written.
    fn reference(&mut self, node: &'n Node<'_>) -> Option<Value> {
        let fields = self.report.fields("`valueFrom`", node, VALUE_FROM_KEYS)?;
        let source = self.report.required(&fields, "source", placed);
        let field = self.report.required(&fields, "field", placed);
        let (source, field) = (source?, field?);
        let written = json!({VALUE_FROM: {"source": source.0, "field": field.0}});
        let path = self.path.iter().copied().map(Step::from).collect();
        self.sourced.push(ValueFrom { path, source, field });
        Some(written)
    }

    fn is_reserved(&mut self, entry: &Entry<'_>) -> bool {
        let misplaced = entry.key == VALUE_FROM && self.references != References::Literal;
        if misplaced {
            let (message, hint) = match self.references {
                References::Sources if self.path.is_empty() => (
                    "`valueFrom` stands for a value in `configuration`, not for all of it",
                    "write it as `key: {valueFrom: {source: …, field: …}}`",
                ),
                References::Sources => (
                    "`valueFrom` has other keys beside it",
                    "leave it alone in its mapping: `{valueFrom: {source: …, field: …}}`",
                ),
                References::Values | References::Literal => (
                    "values from sources go into the `configuration` of elements only",
                    "set the value under `values` of the environment, and refer to it with \
                     `${values.name}`",
                ),
            };
            self.report.add_hinted(Code::BadValue, entry.key_span, message, hint);
        }
        misplaced || self.report.is_merge(entry)
    }

    fn at(&mut self, step: BorrowedStep<'n>, node: &'n Node<'_>) -> Value {
        self.path.push(step);
        let value = self.value(node);
        self.path.pop();
        value
    }

    fn scalar(&mut self, scalar: &Scalar<'_>, node: &Node<'_>) -> Value {
        match scalar.meaning {
            Meaning::Null => Value::Null,
            Meaning::Bool(flag) => Value::Bool(flag),
            Meaning::Integer(value) => Value::from(value),
            Meaning::Float(value) => Number::from_f64(value).map_or(Value::Null, Value::Number),
            Meaning::TooLarge | Meaning::NotFinite | Meaning::LeadingZero => {
                self.report.bad_number(scalar, node.span);
                Value::Null
            }
            Meaning::Text => Value::String(self.text(scalar, node)),
        }
    }

    fn text(&mut self, scalar: &Scalar<'_>, node: &Node<'_>) -> String {
        if self.references == References::Literal {
            return scalar.text.to_string();
        }
        match template::read(self.report, &scalar.text, node.span, scalar.extent) {
            Text::Literal(text) => text,
            Text::Template(template) => {
                let path = self.path.iter().copied().map(Step::from).collect();
                self.gaps.push(Gap { path, template });
                scalar.text.to_string()
            }
        }
    }
}

fn placed(report: &mut Report, key: &str, node: &Node<'_>) -> Option<(String, Span)> {
    Some((report.filled(key, node)?.to_owned(), node.span))
}

impl From<BorrowedStep<'_>> for Step {
    fn from(step: BorrowedStep<'_>) -> Self {
        match step {
            BorrowedStep::Key(key) => Self::Key(key.to_owned()),
            BorrowedStep::Index(index) => Self::Index(index),
        }
    }
}
