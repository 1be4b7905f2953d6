//! What must be there only once.

use crate::model::{Code, Finding, Span};

use super::super::repeated::repeated;
use super::meaning::Meaning;

/// Finds elements of one flow that share an id.
pub(super) fn elements(meaning: &Meaning<'_>) -> Vec<Finding> {
    let desired = meaning.desired;
    let ids = desired.flow.content.elements.iter().map(|element| element.id.as_str());
    let places = desired.element_places.iter().map(|place| place.id);
    let finding = |(id, first, again)| {
        Finding::new(
            Code::DuplicateElement,
            &desired.metadata.location.source,
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
            &desired.metadata.location.source,
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
