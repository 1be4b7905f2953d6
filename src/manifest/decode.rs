//! Typed reads from the tree. Each reports what is wrong and goes on.

use std::ops::RangeInclusive;

use crate::model::{Code, Span};

use super::report::{Report, did_you_mean, quote};
use super::scalar::{MAX_INTEGER, Meaning};
use super::tree::{Entry, Node, Scalar, Value};

/// A mapping whose keys are known.
#[derive(Clone, Copy)]
pub(super) struct Fields<'n, 'a> {
    entries: &'n [Entry<'a>],
    whole: Span,
    what: &'static str,
}

impl<'n, 'a> Fields<'n, 'a> {
    /// Returns the entry of a key.
    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Returns the value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node<'a>> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns where the mapping begins.
    pub(super) fn whole(&self) -> Span {
        self.whole
    }
}

impl Report {
    /// Reads a mapping and reports keys other than the known ones.
    ///
    /// `what` names the mapping with its article, such as `an element`.
    pub(super) fn fields<'n, 'a>(
        &mut self,
        what: &'static str,
        node: &'n Node<'a>,
        known: &[&str],
    ) -> Option<Fields<'n, 'a>> {
        let entries = self.mapping(what, node)?;
        for entry in entries.iter().filter(|entry| !known.contains(&&*entry.key)) {
            self.unknown_key(what, entry, known);
        }
        Some(Fields { entries, whole: node.span, what })
    }

    fn unknown_key(&mut self, what: &str, entry: &Entry<'_>, known: &[&str]) {
        if self.is_merge(entry) {
            return;
        }
        let message = format!("{what} has no key {}", quote(&entry.key));
        let hint = did_you_mean(&entry.key, known.iter().copied())
            .unwrap_or_else(|| format!("it has {}", known.join(", ")));
        self.add_hinted(Code::UnknownKey, entry.key_span, message, hint);
    }

    /// Reports a merge key, and tells whether it is one.
    pub(super) fn is_merge(&mut self, entry: &Entry<'_>) -> bool {
        // Between quotes it is longer, and a key like any other.
        let merge = entry.key == "<<" && entry.key_span.length == 2;
        if merge {
            let message = "the merge key `<<` is not part of YAML 1.2";
            let hint = "repeat the keys, or give the whole value an alias";
            self.add_hinted(Code::UnknownKey, entry.key_span, message, hint);
        }
        merge
    }

    /// Reads the value of a key that must be there.
    pub(super) fn required<'n, 'a, T>(
        &mut self,
        fields: &Fields<'n, 'a>,
        key: &str,
        read: impl FnOnce(&mut Self, &str, &'n Node<'a>) -> Option<T>,
    ) -> Option<T> {
        let Some(node) = fields.get(key) else {
            let message = format!("{} needs `{key}`", fields.what);
            self.add(Code::MissingField, fields.whole, message);
            return None;
        };
        read(self, key, node)
    }

    /// Reads the value of a key that may be there.
    pub(super) fn optional<'n, 'a, T>(
        &mut self,
        fields: &Fields<'n, 'a>,
        key: &str,
        read: impl FnOnce(&mut Self, &str, &'n Node<'a>) -> Option<T>,
    ) -> Option<T> {
        fields.get(key).and_then(|node| read(self, key, node))
    }

    /// Reads a mapping with any keys.
    pub(super) fn mapping<'n, 'a>(
        &mut self,
        what: &str,
        node: &'n Node<'a>,
    ) -> Option<&'n [Entry<'a>]> {
        match &node.value {
            Value::Mapping(entries) => Some(entries),
            _ => self.wrong_type(what, "a mapping", node),
        }
    }

    /// Reads a list.
    pub(super) fn list<'n, 'a>(&mut self, key: &str, node: &'n Node<'a>) -> Option<&'n [Node<'a>]> {
        match &node.value {
            Value::List(items) => Some(items),
            _ => self.wrong_type(key, "a list", node),
        }
    }

    /// Reads a list and each of its items; faulty ones are left out.
    pub(super) fn each<'n, 'a, T>(
        &mut self,
        key: &str,
        node: &'n Node<'a>,
        mut read: impl FnMut(&mut Self, &str, &'n Node<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.list(key, node)?;
        Some(items.iter().filter_map(|item| read(self, key, item)).collect())
    }

    /// Reads a text.
    pub(super) fn text<'n>(&mut self, key: &str, node: &'n Node<'_>) -> Option<&'n str> {
        self.text_scalar(key, node).map(|scalar| &*scalar.text)
    }

    /// Reads a text that is not empty.
    pub(super) fn filled<'n>(&mut self, key: &str, node: &'n Node<'_>) -> Option<&'n str> {
        let text = self.text(key, node)?;
        if text.is_empty() {
            self.add(Code::BadValue, node.span, format!("`{key}` is empty"));
            return None;
        }
        Some(text)
    }

    /// Reads a text with its place.
    pub(super) fn text_scalar<'n, 'a>(
        &mut self,
        key: &str,
        node: &'n Node<'a>,
    ) -> Option<&'n Scalar<'a>> {
        match &node.value {
            Value::Scalar(scalar) if scalar.meaning == Meaning::Text => Some(scalar),
            Value::Scalar(scalar) if scalar.meaning != Meaning::Null => {
                let message = mismatch(key, "text", node);
                let hint = format!("write \"{}\" between quotes", scalar.text);
                self.add_hinted(Code::WrongType, node.span, message, hint);
                None
            }
            _ => self.wrong_type(key, "text", node),
        }
    }

    /// Reads `true` or `false`.
    pub(super) fn flag(&mut self, key: &str, node: &Node<'_>) -> Option<bool> {
        match &node.value {
            Value::Scalar(Scalar { meaning: Meaning::Bool(flag), .. }) => Some(*flag),
            _ => self.wrong_type(key, "true or false", node),
        }
    }

    /// Reads a whole number within a range.
    pub(super) fn whole_number(
        &mut self,
        key: &str,
        node: &Node<'_>,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let Value::Scalar(scalar) = &node.value else {
            return self.wrong_type(key, "a whole number", node);
        };
        match scalar.meaning {
            Meaning::Integer(value) => {
                let within = u32::try_from(value).ok().filter(|value| range.contains(value));
                if within.is_none() {
                    let (low, high) = range.into_inner();
                    let message = format!("`{key}` is from {low} to {high}, found {value}");
                    self.add(Code::BadValue, node.span, message);
                }
                within
            }
            Meaning::TooLarge | Meaning::LeadingZero => {
                self.bad_number(scalar, node.span);
                None
            }
            _ => self.wrong_type(key, "a whole number", node),
        }
    }

    /// Reports a number that cannot be taken as it is written.
    pub(super) fn bad_number(&mut self, scalar: &Scalar<'_>, span: Span) {
        let text = quote(&scalar.text);
        let (code, message) = match scalar.meaning {
            Meaning::LeadingZero => (
                Code::BadValue,
                format!(
                    "{text} begins with a zero, and versions of YAML read such numbers differently"
                ),
            ),
            Meaning::NotFinite => (Code::WrongType, format!("{text} is no number that JSON has")),
            _ => (
                Code::NumberTooLarge,
                format!("{text} is beyond ±{MAX_INTEGER}, which JSON cannot carry exactly"),
            ),
        };
        let hint = "put it between quotes if it is an id, a code or a phone number";
        self.add_hinted(code, span, message, hint);
    }

    /// Reads one of several words.
    pub(super) fn choice<T: Clone>(
        &mut self,
        key: &str,
        node: &Node<'_>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(key, node)?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(value.clone());
        }
        let words = || choices.iter().map(|(word, _)| *word);
        let message = format!("{} is no `{key}`", quote(text));
        let hint = did_you_mean(text, words())
            .unwrap_or_else(|| format!("it is one of {}", words().collect::<Vec<_>>().join(", ")));
        self.add_hinted(Code::BadValue, node.span, message, hint);
        None
    }

    /// Reports a value of the wrong type. Returns nothing, for the caller to pass on.
    pub(super) fn wrong_type<T>(
        &mut self,
        key: &str,
        expected: &str,
        node: &Node<'_>,
    ) -> Option<T> {
        self.add(Code::WrongType, node.span, mismatch(key, expected, node));
        None
    }
}

fn mismatch(key: &str, expected: &str, node: &Node<'_>) -> String {
    let key = if key.contains(' ') { key.to_owned() } else { format!("`{key}`") };
    format!("{key} takes {expected}, found {}", node.describe())
}
