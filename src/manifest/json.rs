//! Free-form values: any YAML that JSON can carry, with references to values noted.

use serde_json::{Map, Number, Value};

use crate::model::Code;

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

/// Whether a free-form value may refer to values of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum References {
    Known,
    Literal,
}

/// Reads a value; parts that JSON cannot carry are reported and become `null`.
pub(super) fn read(
    report: &mut Report,
    node: &Node<'_>,
    references: References,
) -> (Value, Vec<Gap>) {
    let mut reader = Reader { report, references, path: Vec::new(), gaps: Vec::new() };
    let value = reader.value(node);
    (value, reader.gaps)
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
            tree::Value::Mapping(entries) => Value::Object(self.mapping(entries)),
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

    fn is_reserved(&mut self, entry: &Entry<'_>) -> bool {
        let external = entry.key == "valueFrom" && self.references == References::Known;
        if external {
            let message = "values from external sources are not available in this version";
            let hint = "set the value under `values` of the environment, and refer to it with \
                        `${values.name}`";
            self.report.add_hinted(Code::Unsupported, entry.key_span, message, hint);
        }
        external || self.report.is_merge(entry)
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

impl From<BorrowedStep<'_>> for Step {
    fn from(step: BorrowedStep<'_>) -> Self {
        match step {
            BorrowedStep::Key(key) => Self::Key(key.to_owned()),
            BorrowedStep::Index(index) => Self::Index(index),
        }
    }
}
