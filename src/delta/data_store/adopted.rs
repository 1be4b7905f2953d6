//! What git and the tenant say together of a store.

use std::collections::BTreeSet;

use super::compared::{DataStoreComparison, LiveChange};
use super::normal;
use crate::model::{
    Conflict, DataStoreContent, DesiredDataStore, Item, ItemPolicy, LiveDataStore, Part,
    SchemaField, Side,
};

/// Returns what git wants with what someone changed live and git did not; where both did, git's.
pub fn adopted(
    wanted: &DataStoreContent,
    live: &LiveDataStore,
    compared: &DataStoreComparison,
) -> DataStoreContent {
    let mut content = wanted.clone();
    let mut items = content.items.to_vec();
    for LiveChange { side, values: moved, .. } in &compared.moved {
        match &moved.part {
            _ if *side == Side::Both => {}
            None => content.description.clone_from(&live.description),
            Some((Part::Field, name)) => field(&mut content.fields, name, live),
            Some((_, id)) => item(&mut items, id, moved, live),
        }
    }
    content.items = items.into();
    content
}

fn field(fields: &mut Vec<SchemaField>, name: &str, live: &LiveDataStore) {
    let place = fields.iter().position(|field| field.name == name);
    let is = live.fields.iter().find(|field| field.name == name);
    match (place.and_then(|place| fields.get_mut(place)), is) {
        (Some(field), Some(is)) => {
            field.field_type.clone_from(&is.field_type);
            field.constraints = spoken(field, is);
        }
        (None, Some(is)) => {
            fields.push(SchemaField { extra: serde_json::Map::new(), ..is.clone() });
        }
        (_, None) => fields.retain(|field| field.name != name),
    }
}

/// Returns the constraints that are live, without those that only the platform says.
fn spoken(field: &SchemaField, is: &SchemaField) -> serde_json::Map<String, serde_json::Value> {
    let known = |key: &String| field.constraints.contains_key(key) || key == "max_depth";
    normal::constraints(is).into_iter().filter(|(key, _)| known(key)).collect()
}

fn item(items: &mut Vec<Item>, id: &str, moved: &Conflict, live: &LiveDataStore) {
    let is = live.items.values().find(|is| is.item.id.as_str() == id).map(|is| &is.item);
    let Some(item) = items.iter_mut().find(|item| item.id.as_str() == id) else { return };
    let Some(is) = is else {
        items.retain(|item| item.id.as_str() != id);
        return;
    };
    let name = |kind: &str| {
        moved.pointer.strip_prefix(kind).map(|step| step.replace("~1", "/").replace("~0", "~"))
    };
    if let Some(name) = name("/fields/") {
        match is.fields.get(&name).filter(|value| !value.is_null()) {
            Some(value) => drop(item.fields.insert(name, value.clone())),
            None => drop(item.fields.remove(&name)),
        }
    } else if let Some(field) = name("/relationships/") {
        match is.relations.get(&field).filter(|relation| !relation.children.is_empty()) {
            Some(relation) => drop(item.relations.insert(field, relation.clone())),
            None => drop(item.relations.remove(&field)),
        }
    }
}

/// Returns what git wants with what others made in a store whose list is everything: items and
/// values in git's fields that neither git nor `base` say.
///
/// Under any other policy those are nobody's business, and git's own is returned.
pub fn with_foreign(
    wanted: &DesiredDataStore,
    live: &LiveDataStore,
    base: &DataStoreContent,
) -> DesiredDataStore {
    if wanted.policy != ItemPolicy::Exact {
        return wanted.clone();
    }
    let declared: BTreeSet<&str> =
        wanted.content.fields.iter().map(|field| field.name.as_str()).collect();
    let mut items = wanted.content.items.to_vec();
    for is in live.items.values().map(|is| &is.item) {
        let before = base.items.iter().find(|before| before.id == is.id);
        match items.iter_mut().find(|item| item.id == is.id) {
            Some(item) => add(item, is, before, &declared),
            None if before.is_none() => {
                let mut item = Item { fields: serde_json::Map::new(), ..is.clone() };
                item.relations.clear();
                add(&mut item, is, None, &declared);
                items.push(item);
            }
            None => {}
        }
    }
    let content = DataStoreContent { items: items.into(), ..wanted.content.clone() };
    DesiredDataStore { content, ..wanted.clone() }
}

/// Adds to an item what is live in git's fields and nobody else ever said.
fn add(item: &mut Item, is: &Item, before: Option<&Item>, declared: &BTreeSet<&str>) {
    let value = |name: &String| before.and_then(|before| before.fields.get(name));
    let relation = |name: &String| before.and_then(|before| before.relations.get(name));
    for (name, live) in &is.fields {
        if declared.contains(name.as_str()) && value(name).is_none() && !live.is_null() {
            item.fields.entry(name.clone()).or_insert_with(|| live.clone());
        }
    }
    for (name, live) in &is.relations {
        let new = relation(name).is_none() && !live.children.is_empty();
        if declared.contains(name.as_str()) && new {
            item.relations.entry(name.clone()).or_insert_with(|| live.clone());
        }
    }
}
