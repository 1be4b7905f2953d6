//! What the records of a data store may hold.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::cxone::wire::{ErrorDetail, SchemaField};
use crate::emulator::answer::detail;
use crate::emulator::fields::{Fields, unnamed};

/// The longest chain, and the most children, where the schema is silent.
const MAX_DEPTH: u64 = 5;
/// Set by the server, whatever a body says.
const IS_RELATIONSHIP: &str = "is_relationship";

/// A field of a schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::emulator) struct Field {
    pub(in crate::emulator) name: String,
    pub(in crate::emulator) kind: Kind,
    pub(in crate::emulator) constraints: Map<String, Value>,
    /// Properties that the contract does not name.
    pub(in crate::emulator) extra: Map<String, Value>,
}

/// A field's type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::emulator) enum Kind {
    #[default]
    String,
    Number,
    Boolean,
    Datetime,
    Json,
    Relationship,
}

impl Kind {
    const ALL: [(&'static str, Self); 6] = [
        ("string", Self::String),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("datetime", Self::Datetime),
        ("json", Self::Json),
        ("relationship", Self::Relationship),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(own, _)| *own == name).map(|(_, kind)| kind)
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// What a value of this kind must be, when `value` is not; relationships are read elsewhere.
    pub(super) fn mismatch(self, value: &Value) -> Option<&'static str> {
        let (matches, expected) = match self {
            Self::String => (value.is_string(), "must be a string"),
            Self::Number => (value.is_number(), "must be a number"),
            Self::Boolean => (value.is_boolean(), "must be true or false"),
            Self::Datetime => (
                value.as_str().is_some_and(is_rfc3339),
                "must be a date and time as in RFC 3339, such as 2026-01-31T09:30:00Z",
            ),
            Self::Json => (true, ""),
            Self::Relationship => (value.is_object(), "must be an object with ids"),
        };
        (!matches).then_some(expected)
    }
}

/// Stricter than the parser, which takes ISO 8601 and names of time zones.
fn is_rfc3339(text: &str) -> bool {
    let (bytes, is_digit) = (text.as_bytes(), |byte: &u8| byte.is_ascii_digit());
    let shaped = bytes.len() >= 20
        && bytes[..19].iter().zip(b"0000-00-00T00:00:00").all(|(byte, form)| match form {
            b'0' => is_digit(byte),
            b'T' => byte.eq_ignore_ascii_case(&b'T'),
            _ => byte == form,
        });
    let offset = text.get(19..).unwrap_or_default();
    let offset = match offset.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => offset,
    };
    let zoned = match offset.as_bytes() {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].into_iter().all(is_digit),
        _ => false,
    };
    shaped && zoned && text.parse::<Timestamp>().is_ok()
}

impl Field {
    pub(in crate::emulator) fn is_relationship(&self) -> bool {
        self.kind == Kind::Relationship
    }

    pub(super) fn max_depth(&self) -> u64 {
        self.constraints.get("max_depth").and_then(Value::as_u64).unwrap_or(MAX_DEPTH)
    }

    pub(in crate::emulator) fn shown(&self) -> SchemaField {
        let mut constraints = self.constraints.clone();
        if self.is_relationship() {
            constraints.insert(IS_RELATIONSHIP.to_owned(), json!(true));
        }
        SchemaField {
            name: self.name.clone(),
            field_type: self.kind.name().to_owned(),
            constraints,
            extra: self.extra.clone(),
        }
    }
}

/// Reads the fields of a schema, with every fault in them.
pub(in crate::emulator) fn read_fields(items: &[Value]) -> (Vec<Field>, Vec<ErrorDetail>) {
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().enumerate() {
        let at = format!("/fields/{index}");
        match item {
            Value::Object(object) => {
                let mut fields = Fields::of(object, at);
                read.push(read_field(&mut fields, object));
                faults.extend(fields.into_faults());
            }
            _ => faults.push(detail(at, "must be an object")),
        }
    }
    let mut names = BTreeSet::new();
    for (index, field) in read.iter().enumerate() {
        if !field.name.is_empty() && !names.insert(&field.name) {
            let message = format!("the field {:?} comes twice", field.name);
            faults.push(detail(format!("/fields/{index}/name"), message));
        }
    }
    (read, faults)
}

fn read_field(fields: &mut Fields<'_>, object: &Map<String, Value>) -> Field {
    let mut constraints = fields.optional_object("constraints");
    constraints.remove(IS_RELATIONSHIP);
    if constraints.get("max_depth").is_some_and(|depth| depth.as_u64().is_none_or(|it| it == 0)) {
        fields.fault::<()>("constraints/max_depth", "must be an integer from 1");
    }
    Field {
        name: fields.text("name"),
        kind: read_kind(fields),
        constraints,
        extra: unnamed(object, &["name", "type", "constraints"]),
    }
}

fn read_kind(fields: &mut Fields<'_>) -> Kind {
    let name = fields.text("type");
    Kind::named(&name).unwrap_or_else(|| {
        if name.is_empty() {
            return Kind::default();
        }
        let all = Kind::ALL.map(|(name, _)| name).join(", ");
        fields.fault("type", format!("is {name:?}, expected one of {all}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datetime_is_what_rfc_3339_says() {
        for (text, expected) in [
            ("2026-01-31T09:30:00Z", true),
            ("2026-01-31t09:30:00.123456+02:00", true),
            ("2026-01-31 09:30:00Z", false),
            ("2026-01-31T09:30Z", false),
            ("2026-01-31T09:30:00", false),
            ("2026-01-31T09:30:00.Z", false),
            ("2026-01-31T09:30:00+02", false),
            ("2026-02-30T09:30:00Z", false),
            ("2026-01-31T09:30:00Z[Europe/Berlin]", false),
            ("2026-01-31T09:30:0é", false),
            ("yesterday", false),
        ] {
            assert_eq!(is_rfc3339(text), expected, "{text}");
        }
    }

    #[test]
    fn every_fault_of_a_schema_is_found_at_once() {
        let items = [
            json!({"name": "a", "type": "string"}),
            json!({"name": "a", "type": "text"}),
            json!({"name": "b", "type": "relationship", "constraints": {"max_depth": 0}}),
            json!({"type": "number", "constraints": []}),
            json!("c"),
        ];
        let (_, faults) = read_fields(&items);
        let faults: Vec<_> =
            faults.iter().map(|one| format!("{}: {}", one.path, one.message)).collect();
        insta::assert_snapshot!(faults.join("\n"), @r#"
        /fields/1/type: is "text", expected one of string, number, boolean, datetime, json, relationship
        /fields/2/constraints/max_depth: must be an integer from 1
        /fields/3/constraints: must be an object
        /fields/3/name: is missing
        /fields/4: must be an object
        /fields/1/name: the field "a" comes twice
        "#);
    }
}
