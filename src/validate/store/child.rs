//! The children of records.

use std::collections::{BTreeMap, HashSet};

use crate::model::{
    Code, DesiredDataStore, Finding, Item, ItemId, ItemPolicy, LiveItem, RelationPlace, Span,
};

use super::super::repeated::repeated as repeated_keys;
use super::{about, location};

/// Finds children that are listed twice in one relationship.
pub(super) fn repeated(desired: &DesiredDataStore) -> Vec<Finding> {
    let finding = |(id, first, again)| {
        about(desired, Code::BadValue, again, format!("the child `{id}` is listed twice"))
            .with_hint("remove one of the two")
            .with_label(location(desired, first), "first listed here")
    };
    let children = |place| repeated_keys(ids(place)).map(finding);
    relations(desired).flat_map(|(_, place)| children(place)).collect()
}

/// Finds children that git does not declare. Where its list is all there is, none may be such.
pub(super) fn undeclared(desired: &DesiredDataStore) -> Vec<Finding> {
    let declared = declared(desired);
    let missing = children(desired).filter(|child| !declared.contains(child.id));
    missing.map(|child| not_declared(desired, &child)).collect()
}

fn not_declared(desired: &DesiredDataStore, child: &Child<'_>) -> Finding {
    let message = format!("`{}` has the child `{}`, which is not declared", child.parent, child.id);
    if desired.policy == ItemPolicy::Exact {
        return about(desired, Code::UnknownRecord, child.place, message)
            .with_hint("list the record under `spec.items`: the policy `exact` keeps no others");
    }
    about(desired, Code::UndeclaredRecord, child.place, message)
        .with_hint("list the record under `spec.items`, or see to it that the store has it")
}

/// Finds children that neither git declares nor the store has.
pub(super) fn unknown(
    desired: &DesiredDataStore,
    live: &BTreeMap<ItemId, LiveItem>,
) -> Vec<Finding> {
    let declared = declared(desired);
    let known = |id| declared.contains(id) || live.contains_key(id);
    let finding = |child: Child<'_>| {
        let message = format!(
            "`{}` has the child `{}`, which neither git declares nor the store has",
            child.parent, child.id
        );
        about(desired, Code::UnknownRecord, child.place, message)
            .with_hint("list the record under `spec.items`, or remove it from the children")
    };
    children(desired).filter(|child| !known(child.id)).map(finding).collect()
}

/// A child of a declared record.
struct Child<'a> {
    parent: &'a ItemId,
    id: &'a ItemId,
    place: Span,
}

fn declared(desired: &DesiredDataStore) -> HashSet<&ItemId> {
    desired.content.items.iter().map(|item| &item.id).collect()
}

/// Returns every child of every declared record, once a relationship.
fn children(desired: &DesiredDataStore) -> impl Iterator<Item = Child<'_>> {
    relations(desired).flat_map(|(item, place)| {
        let mut seen = HashSet::new();
        let children = place.children.iter().filter(move |(id, _)| seen.insert(id));
        children.map(|(id, place)| Child { parent: &item.id, id, place: *place })
    })
}

fn relations(desired: &DesiredDataStore) -> impl Iterator<Item = (&Item, &RelationPlace)> {
    let items = desired.content.items.iter().zip(&*desired.item_places);
    items.flat_map(|(item, place)| place.relations.iter().map(move |place| (item, place)))
}

fn ids(place: &RelationPlace) -> impl Iterator<Item = (&str, Span)> {
    place.children.iter().map(|(id, place)| (id.as_str(), *place))
}
