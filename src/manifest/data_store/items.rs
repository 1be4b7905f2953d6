//! `spec.items`: the items of a data store, which the platform calls its records.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{
    Cascade, Code, Finding, Item, ItemId, ItemPlace, Relation, RelationPlace, Span, ValuePlace,
};

use super::super::decode::Fields;
use super::super::report::{Report, quote};
use super::super::tree::{self, Node};
use super::super::unresolved::Reader;
use super::Slot;

const KEYS: &[&str] = &["id", "fields", "relationships"];

const RELATION_KEYS: &[&str] = &["field", "childIds", "cascadeAction"];

/// Returns the items that have an id, with as much of them as can be read.
pub(super) fn read_all(
    reader: &mut Reader<'_, Slot>,
    fields: &Fields<'_, '_>,
) -> Vec<(Item, ItemPlace)> {
    let nodes = reader.report.optional(fields, "items", Report::list).unwrap_or_default();
    let mut items = Vec::with_capacity(nodes.len());
    for node in nodes {
        let holes = reader.holes.len();
        match item(reader, items.len(), node) {
            Some(item) => items.push(item),
            // Its holes would be filled in another item.
            None => reader.holes.truncate(holes),
        }
    }
    items
}

fn item(reader: &mut Reader<'_, Slot>, index: usize, node: &Node<'_>) -> Option<(Item, ItemPlace)> {
    let keys = reader.report.fields("a record", node, KEYS)?;
    let (fields, values) =
        keys.get("fields").map(|node| values(reader, index, node)).unwrap_or_default();
    let (relations, relation_places) =
        reader.report.optional(&keys, "relationships", relations).unwrap_or_default();
    let id = reader.report.required(&keys, "id", item_id)?;
    let id_place = keys.get("id").map_or(node.span, |node| node.span);
    let place = ItemPlace { whole: node.span, id: id_place, values, relations: relation_places };
    Some((Item { id, fields, relations }, place))
}

fn values(
    reader: &mut Reader<'_, Slot>,
    item: usize,
    node: &Node<'_>,
) -> (Map<String, Value>, Vec<ValuePlace>) {
    let Some(entries) = reader.report.mapping("fields", node) else { return Default::default() };
    let Value::Object(fields) = reader.value(node, |path| Slot::Value { item, path }) else {
        return Default::default();
    };
    let places = entries
        .iter()
        .filter(|entry| fields.contains_key(&*entry.key))
        .map(|entry| ValuePlace {
            field: entry.key.to_string(),
            key: entry.key_span,
            value: entry.value.span,
        })
        .collect();
    (fields, places)
}

/// Reads a UUID, in lower case whatever it is written in.
fn item_id(report: &mut Report, key: &str, node: &Node<'_>) -> Option<ItemId> {
    // Ids of digits alone are numbers to YAML, and as wrong as any other text.
    let text = match &node.value {
        tree::Value::Scalar(scalar) if !node.is_null() => &*scalar.text,
        _ => report.text(key, node)?,
    };
    if !is_uuid(text) {
        let message = format!("{} is no UUID", quote(text));
        let hint =
            "write 8-4-4-4-12 hexadecimal digits, such as 550e8400-e29b-41d4-a716-446655440000";
        report.add_hinted(Code::BadId, node.span, message, hint);
        return None;
    }
    Some(ItemId::new(text.to_ascii_lowercase()))
}

fn is_uuid(text: &str) -> bool {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    let fits = |(i, b): (usize, u8)| {
        if DASHES.contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() }
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

type Relations = (BTreeMap<String, Relation>, Vec<RelationPlace>);

/// Returns the relations as far as they can be read; of two for one field the first.
fn relations(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Relations> {
    let mut relations = BTreeMap::new();
    let mut places: Vec<RelationPlace> = Vec::new();
    for node in report.list(key, node)? {
        let Some((relation, place)) = relation(report, node) else { continue };
        if let Some(first) = places.iter().find(|first| first.field == place.field) {
            twice(report, &place, first.name);
            continue;
        }
        relations.insert(place.field.clone(), relation);
        places.push(place);
    }
    Some((relations, places))
}

fn twice(report: &mut Report, second: &RelationPlace, first: Span) {
    let message = format!("the record has two relationships in {}", quote(&second.field));
    let finding = Finding::new(Code::BadValue, report.source(), second.name, message)
        .with_hint("list all children in one of them")
        .with_label(report.location(first), "first here");
    report.push(finding);
}

fn relation(report: &mut Report, node: &Node<'_>) -> Option<(Relation, RelationPlace)> {
    let fields = report.fields("a relationship", node, RELATION_KEYS)?;
    let children = report.required(&fields, "childIds", children);
    let cascade = report.optional(&fields, "cascadeAction", cascade).unwrap_or_default();
    let (field, name) = report.required(&fields, "field", |report, key, node| {
        Some((report.filled(key, node)?.to_owned(), node.span))
    })?;
    let children = children?;
    let relation =
        Relation { children: children.iter().map(|(id, _)| id.clone()).collect(), cascade };
    Some((relation, RelationPlace { field, name, children }))
}

fn children(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Vec<(ItemId, Span)>> {
    report.each(key, node, |report, _, node| Some((item_id(report, "a child", node)?, node.span)))
}

fn cascade(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Cascade> {
    let words: Vec<_> = Cascade::ALL.iter().map(|word| (word.as_str(), *word)).collect();
    report.choice(key, node, &words)
}
