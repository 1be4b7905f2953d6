//! What must be there only once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::model::{Code, Finding, Span};

use super::meaning::Meaning;

/// Finds elements of one flow that share an id.
pub(super) fn elements(meaning: &Meaning<'_>) -> Vec<Finding> {
    let desired = meaning.desired;
    let ids = desired.flow.content.elements.iter().map(|element| element.id.as_str());
    let places = desired.element_places.iter().map(|place| place.id);
    let finding = |(id, first, again)| {
        Finding::new(
            Code::DuplicateElement,
            &desired.location.source,
            again,
            format!("two elements have the id `{id}`"),
        )
        .with_hint("give each element an id of its own, and check the connectors that name it")
        .with_label(meaning.location(first), "first declared here")
    };
    repeated(ids.zip(places)).map(finding).collect()
}

/// Finds connectors of one flow that share an id, their own or the one they have by default.
pub(super) fn connectors(meaning: &Meaning<'_>) -> Vec<Finding> {
    let desired = meaning.desired;
    let ids = desired.flow.content.connectors.iter().map(|connector| connector.id.as_str());
    let places = desired.connector_places.iter().map(|place| place.id.unwrap_or(place.whole));
    let finding = |(id, first, again): (&str, Span, Span)| {
        Finding::new(
            Code::DuplicateConnector,
            &desired.location.source,
            again,
            format!("two connectors have the id `{id}`"),
        )
        .with_hint(
            "remove one, or give each an `id` of its own (without one it is `source->target`)",
        )
        .with_label(meaning.location(first), "first declared here")
    };
    repeated(ids.zip(places)).map(finding).collect()
}

/// Returns each item whose key an earlier one has, with the first of that key before it.
fn repeated<'k, T: Copy>(
    items: impl IntoIterator<Item = (&'k str, T)>,
) -> impl Iterator<Item = (&'k str, T, T)> {
    let mut firsts = HashMap::new();
    items.into_iter().filter_map(move |(key, item)| match firsts.entry(key) {
        Entry::Occupied(first) => Some((key, *first.get(), item)),
        Entry::Vacant(entry) => {
            entry.insert(item);
            None
        }
    })
}
