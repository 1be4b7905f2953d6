//! The fields of a store.

use std::collections::HashMap;

use crate::model::{Code, DesiredDataStore, FieldType, Finding, SchemaField, Span};

use super::super::repeated::repeated;
use super::super::typo::Guesses;
use super::{about, location};

/// The most fields that a hint lists.
const LISTED: usize = 8;

/// The fields of a store, to be looked up.
pub(super) struct Schema<'a> {
    desired: &'a DesiredDataStore,
    fields: HashMap<&'a str, &'a SchemaField>,
    guesses: Guesses<'a>,
}

impl<'a> Schema<'a> {
    /// Reads the fields; of two with one name the first.
    pub(super) fn of(desired: &'a DesiredDataStore) -> Self {
        let mut fields = HashMap::new();
        for field in &desired.content.fields {
            fields.entry(field.name.as_str()).or_insert(field);
        }
        let guesses = Guesses::among(fields.keys().copied());
        Self { desired, fields, guesses }
    }

    /// Returns the field of that name. Case matters.
    pub(super) fn field(&self, name: &str) -> Option<&'a SchemaField> {
        self.fields.get(name).copied()
    }

    /// Returns the field of that name when it is a relationship.
    pub(super) fn relationship(&self, name: &str) -> Option<&'a SchemaField> {
        self.field(name).filter(|field| field.field_type == FieldType::Relationship)
    }

    /// Makes the finding about a field that the store does not have.
    pub(super) fn undefined(&mut self, name: &'a str, place: Span) -> Finding {
        let store = &self.desired.metadata.name;
        let message = format!("the data store `{store}` has no field `{name}`");
        let hint = match self.guesses.guess(name) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None => format!("{}declare it under `spec.fields`, or remove it here", self.listed()),
        };
        about(self.desired, Code::UndefinedField, place, message).with_hint(hint)
    }

    fn listed(&self) -> String {
        let fields = &self.desired.content.fields;
        if fields.is_empty() || fields.len() > LISTED {
            return String::new();
        }
        let quoted: Vec<_> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
        format!("the fields are {}; ", quoted.join(", "))
    }
}

/// Finds fields that share a name.
pub(super) fn duplicates(desired: &DesiredDataStore) -> Vec<Finding> {
    let names = desired.content.fields.iter().map(|field| field.name.as_str());
    let places = desired.field_places.iter().map(|place| place.name);
    let finding = |(name, first, again)| {
        about(desired, Code::DuplicateField, again, format!("two fields have the name `{name}`"))
            .with_hint("remove one of the two, or rename it")
            .with_label(location(desired, first), "first declared here")
    };
    repeated(names.zip(places)).map(finding).collect()
}
