//! What is wrong with a data store beside what the tenant has of it.

use std::collections::{BTreeMap, HashMap};

use crate::model::{
    Code, DataStoreContent, DesiredDataStore, Finding, Item, ItemId, ItemPolicy, LiveDataStore,
    LiveItem, SchemaField,
};

use super::links::Links;
use super::schema::Schema;
use super::{about, child, circle, depth};

/// The most records that a finding names.
const NAMED: usize = 3;

/// Returns what is wrong with a store beside what the tenant has of it, in the order of
/// [`order`](crate::validate::order): children that are nowhere; circles and chains of relationships
/// that git declares and that the store keeps; fields that git changes while records hold values of them.
///
/// `base` is what flowgate wrote last, if it wrote the store: a live field that neither git declares nor
/// the base has is somebody else's and stays.
///
/// Assumes that [`check`](crate::validate::check) found no error, and does not repeat it. A
/// relationship that git declares replaces the live one of the same record and field; the others stay
/// as they are, but none does under [`ItemPolicy::Exact`]. A finding is about something that git
/// declares: what is wrong in the store alone is nobody's mistake here.
pub fn live_store(
    store: &DesiredDataStore,
    live: &LiveDataStore,
    base: Option<&DataStoreContent>,
) -> Vec<Finding> {
    let mut findings = fields_in_use(store, live, base);
    if store.policy == ItemPolicy::Partial {
        findings.extend(beside(store, &live.items));
    }
    findings.sort_by(super::super::order);
    findings
}

/// Returns what is wrong with a store that the tenant does not have yet, as [`live_store`] does:
/// children that git does not declare.
pub fn new_store(store: &DesiredDataStore) -> Vec<Finding> {
    match store.policy {
        ItemPolicy::Partial => child::unknown(store, &BTreeMap::new()),
        ItemPolicy::Exact | ItemPolicy::Ignore => Vec::new(),
    }
}

fn beside(store: &DesiredDataStore, live: &BTreeMap<ItemId, LiveItem>) -> Vec<Finding> {
    let mut findings = child::unknown(store, live);
    let links = Links::of(store, &Schema::of(store), live);
    findings.extend(circle::check(&links));
    findings.extend(depth::check(&links));
    findings
}

/// Finds fields that git removes or gives another type while a live record holds a value of them.
fn fields_in_use(
    store: &DesiredDataStore,
    live: &LiveDataStore,
    base: Option<&DataStoreContent>,
) -> Vec<Finding> {
    let known: HashMap<_, _> = base
        .into_iter()
        .flat_map(|base| &base.fields)
        .map(|field| (field.name.as_str(), &field.field_type))
        .collect();
    let wanted = &store.content.fields;
    let indices = wanted.iter().enumerate().map(|(index, field)| (field.name.as_str(), index));
    let indices: HashMap<_, _> = indices.collect();
    let holders = holders(live);
    let mut findings = Vec::new();
    for field in &live.fields {
        let Some(holders) = holders.get(field.name.as_str()) else { continue };
        match indices.get(field.name.as_str()) {
            None if known.contains_key(field.name.as_str()) => {
                findings.push(removed(store, field, holders));
            }
            // What git wants is what it was: somebody else gave the field another type.
            Some(index) if known.get(field.name.as_str()) == Some(&&wanted[*index].field_type) => {}
            Some(index) if wanted[*index].field_type != field.field_type => {
                findings.push(retyped(store, *index, field, holders));
            }
            None | Some(_) => {}
        }
    }
    findings
}

/// The live records that hold a value of a field.
#[derive(Default)]
struct Holders<'a> {
    count: usize,
    first: Vec<&'a ItemId>,
}

fn holders(live: &LiveDataStore) -> HashMap<&str, Holders<'_>> {
    let mut holders = HashMap::<_, Holders<'_>>::new();
    for LiveItem { item, .. } in live.items.values() {
        for field in held(item) {
            let holders = holders.entry(field).or_default();
            holders.count += 1;
            if holders.first.len() < NAMED {
                holders.first.push(&item.id);
            }
        }
    }
    holders
}

/// Returns the fields that a record holds a value or children in.
fn held(item: &Item) -> impl Iterator<Item = &str> {
    let values = item.fields.iter().filter(|(_, value)| !value.is_null());
    let relations = item.relations.iter().filter(|(_, relation)| !relation.children.is_empty());
    values.map(|(field, _)| field.as_str()).chain(relations.map(|(field, _)| field.as_str()))
}

impl Holders<'_> {
    fn describe(&self) -> String {
        let ids: Vec<_> = self.first.iter().map(|id| id.as_str()).collect();
        let ids = ids.join(", ");
        match (self.count, self.count - self.first.len()) {
            (1, _) => format!("1 record holds a value of it: {ids}"),
            (count, 0) => format!("{count} records hold a value of it: {ids}"),
            (count, more) => format!("{count} records hold a value of it: {ids} and {more} more"),
        }
    }
}

fn removed(store: &DesiredDataStore, field: &SchemaField, holders: &Holders<'_>) -> Finding {
    let message = format!("the field `{}` is removed, but {}", field.name, holders.describe());
    about(store, Code::FieldInUse, store.metadata.location.span, message)
        .with_hint("declare the field again, or empty it in the store first")
}

fn retyped(
    store: &DesiredDataStore,
    index: usize,
    field: &SchemaField,
    holders: &Holders<'_>,
) -> Finding {
    let place = store.field_places.get(index).map(|place| place.field_type);
    let message = format!(
        "the field `{}` changes from {} to {}, but {}",
        field.name,
        field.field_type,
        store.content.fields[index].field_type,
        holders.describe()
    );
    about(store, Code::FieldInUse, place.unwrap_or(store.metadata.location.span), message)
        .with_hint(
            "declare the new type as a field of another name, or empty this one in the store first",
        )
}
