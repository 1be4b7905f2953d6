//! Values from outside git: where they are asked for, and where in a flow they stand.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{Credential, Span};

/// An endpoint that answers a `GET` with a JSON object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueSource {
    /// What is asked; may carry a query.
    pub url: String,
    /// The fields that flows may take from the answer, by name.
    pub fields: BTreeMap<String, SourceField>,
    /// How long an answer may take, body included.
    pub timeout: Duration,
    /// Headers to send, and where the whole value of each is found.
    pub headers: BTreeMap<String, Credential>,
}

impl ValueSource {
    /// Returns the address without its query, which may hold a key.
    pub fn address(&self) -> &str {
        self.url.split_once('?').map_or(self.url.as_str(), |(address, _)| address)
    }
}

/// A field of a source's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceField {
    /// Where in the answer it is, as a JSON pointer.
    pub pointer: String,
    /// What it must be.
    pub value_type: SourceType,
}

/// What a field of a source holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceType {
    /// A text.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Any JSON but `null`.
    Json,
}

impl SourceType {
    /// Every type with its word in `flowgate.yaml`.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("string", Self::String),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("json", Self::Json),
    ];

    /// Returns the type as `flowgate.yaml` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Json => "json",
        }
    }

    /// Tells whether a value is of this type.
    pub fn fits(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Json => !value.is_null(),
        }
    }
}

/// A place in a flow whose value comes from a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced {
    /// The element's id.
    pub element: String,
    /// JSON pointer into the element, such as `/configuration/priority`.
    pub pointer: String,
    /// The source, by name.
    pub source: String,
    /// The field of the source.
    pub field: String,
    /// Where the manifest names the source.
    pub source_place: Span,
    /// Where the manifest names the field.
    pub field_place: Span,
    /// What the source answered; `None` until it is asked.
    pub value: Option<Value>,
}

impl Sourced {
    /// Returns source and field as people write them: `cx-config.routing_priority`.
    pub fn origin(&self) -> String {
        format!("{}.{}", self.source, self.field)
    }
}

/// What the sources of an environment answered: by source and field the value, or why there is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceValues(BTreeMap<String, BTreeMap<String, Result<Value, String>>>);

impl SourceValues {
    /// Keeps what a source answered.
    pub fn insert(&mut self, source: String, fields: BTreeMap<String, Result<Value, String>>) {
        self.0.insert(source, fields);
    }

    /// Returns the values that a flow was given.
    pub fn of(sourced: &[Sourced]) -> Self {
        let mut values = Self::default();
        for Sourced { source, field, value, .. } in sourced {
            if let Some(value) = value {
                let fields = values.0.entry(source.clone()).or_default();
                fields.insert(field.clone(), Ok(value.clone()));
            }
        }
        values
    }

    /// Returns a value, or why there is none.
    pub fn get(&self, source: &str, field: &str) -> Result<&Value, &str> {
        let found = self.0.get(source).and_then(|fields| fields.get(field));
        found
            .map_or(Err("the source was not asked"), |value| value.as_ref().map_err(String::as_str))
    }
}
