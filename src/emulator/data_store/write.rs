//! What a body wants to change in a record.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::records::{Cascade, Link, Record, Records, key};
use super::{DataStore, Field};
use crate::cxone::wire::ErrorDetail;
use crate::emulator::answer::detail;
use crate::emulator::fields::Fields;

/// New values by field; `None` empties one.
#[derive(Debug, Default)]
pub(in crate::emulator) struct Changes {
    values: BTreeMap<String, Option<Value>>,
    links: BTreeMap<String, Option<Link>>,
}

impl Changes {
    /// Reads the property `fields` of a body about the record `own_id`, with every fault in it.
    pub(in crate::emulator) fn read(
        body: &Map<String, Value>,
        store: &DataStore,
        records: &Records,
        own_id: &str,
    ) -> (Self, Vec<ErrorDetail>) {
        let mut fields = Fields::of(body, "");
        let values = fields.optional_object("fields");
        let (mut changes, mut faults) = (Self::default(), fields.into_faults());
        for (name, value) in values {
            let at = pointer(&name);
            match store.field(&name) {
                None => faults.push(detail(at, undefined(store, &name))),
                Some(field) if field.is_relationship() => {
                    let known = |id: &str| id == own_id || records.contains(&key(&store.id, id));
                    let (link, wrong) = read_link(&value, &at, known);
                    faults.extend(wrong);
                    changes.links.insert(name, link);
                }
                Some(field) => match field.kind.mismatch(&value).filter(|_| !value.is_null()) {
                    Some(message) => faults.push(detail(at, message)),
                    None => drop(changes.values.insert(name, Some(value).filter(|v| !v.is_null()))),
                },
            }
        }
        (changes, faults)
    }

    /// The record with the changes in it; its version is as it was.
    pub(in crate::emulator) fn applied_to(&self, mut record: Record) -> Record {
        for (name, value) in &self.values {
            match value {
                Some(value) => drop(record.values.insert(name.clone(), value.clone())),
                None => drop(record.values.remove(name)),
            }
        }
        for (name, link) in &self.links {
            match link {
                Some(link) => drop(record.links.insert(name.clone(), link.clone())),
                None => drop(record.links.remove(name)),
            }
        }
        record
    }

    /// The relationship fields that get children.
    pub(super) fn linked<'a>(&'a self, store: &'a DataStore) -> impl Iterator<Item = &'a Field> {
        let linked = |(_, link): &(&String, &Option<Link>)| {
            link.as_ref().is_some_and(|link| !link.ids.is_empty())
        };
        self.links.iter().filter(linked).filter_map(|(name, _)| store.field(name))
    }
}

/// The JSON pointer to a field's value in the body.
pub(super) fn pointer(name: &str) -> String {
    format!("/fields/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn undefined(store: &DataStore, name: &str) -> String {
    let similar = store.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    let hint = similar.map(|field| format!("; there is {:?}, and case matters", field.name));
    format!("the schema of {:?} has no field {name:?}{}", store.name, hint.unwrap_or_default())
}

/// Reads the value of a relationship field; null is none.
fn read_link(
    value: &Value,
    at: &str,
    known: impl Fn(&str) -> bool,
) -> (Option<Link>, Vec<ErrorDetail>) {
    let object = match value {
        Value::Null => return (None, Vec::new()),
        Value::Object(object) => object,
        _ => return (None, vec![detail(at, "must be an object with ids and cascade_action")]),
    };
    let mut fields = Fields::of(object, at);
    for name in object.keys().filter(|name| !["ids", "cascade_action"].contains(&name.as_str())) {
        fields.fault::<()>(name, "is no property of a relationship");
    }
    let (ids, wrong) = read_ids(&fields.list("ids"), at, known);
    let cascade_action = read_cascade(&mut fields);
    let mut faults = fields.into_faults();
    faults.extend(wrong);
    (Some(Link { ids, cascade_action }), faults)
}

fn read_cascade(fields: &mut Fields<'_>) -> Cascade {
    match fields.optional_text("cascade_action").as_deref() {
        None | Some("none" | "") => Cascade::None,
        Some("update") => Cascade::Update,
        Some("delete") => Cascade::Delete,
        Some(other) => {
            let message = format!("is {other:?}, expected none, update or delete");
            fields.fault("cascade_action", message)
        }
    }
}

fn read_ids(
    items: &[Value],
    at: &str,
    known: impl Fn(&str) -> bool,
) -> (Vec<String>, Vec<ErrorDetail>) {
    let (mut ids, mut seen, mut faults) = (Vec::new(), BTreeSet::new(), Vec::new());
    for (index, item) in items.iter().enumerate() {
        let message = match item.as_str().and_then(uuid) {
            None => format!("{item} is no UUID"),
            Some(id) if !known(&id) => format!("the store has no record {id:?}"),
            Some(id) if !seen.insert(id.clone()) => format!("the record {id:?} comes twice"),
            Some(id) => {
                ids.push(id);
                continue;
            }
        };
        faults.push(detail(format!("{at}/ids/{index}"), message));
    }
    (ids, faults)
}

/// A UUID in lower case, when the text is one.
pub(in crate::emulator) fn uuid(text: &str) -> Option<String> {
    let shaped = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    shaped.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_36_characters_of_that_form() {
        for (text, expected) in [
            ("550E8400-e29b-41d4-a716-446655440000", true),
            ("550e8400e29b41d4a716446655440000", false),
            ("{550e8400-e29b-41d4-a716-446655440000}", false),
            ("550e8400-e29b-41d4-a716-44665544000g", false),
            ("", false),
        ] {
            let expected = expected.then(|| text.to_ascii_lowercase());
            assert_eq!(uuid(text), expected, "{text}");
        }
    }
}
