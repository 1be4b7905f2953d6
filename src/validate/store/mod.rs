//! What is wrong with data stores: their fields, and the values and children of their records.

mod child;
mod circle;
mod depth;
mod links;
mod live;
mod relation;
mod schema;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Code, DesiredDataStore, Finding, Location, Span};

use super::repeated::repeated;
use links::Links;
use schema::Schema;

pub use live::{live_store, new_store};

/// Finds what is wrong with a data store, as far as it shows without the tenant.
pub(super) fn check(desired: &DesiredDataStore) -> Vec<Finding> {
    let mut schema = Schema::of(desired);
    let mut findings = schema::duplicates(desired);
    findings.extend(duplicates(desired));
    findings.extend(value::check(desired, &mut schema));
    findings.extend(relation::check(desired, &mut schema));
    findings.extend(child::repeated(desired));
    findings.extend(child::undeclared(desired));
    let live = BTreeMap::new();
    let links = Links::of(desired, &schema, &live);
    findings.extend(circle::check(&links));
    findings.extend(depth::check(&links));
    findings
}

/// Finds records that share an id.
fn duplicates(desired: &DesiredDataStore) -> Vec<Finding> {
    let ids = desired.content.items.iter().map(|item| item.id.as_str());
    let places = desired.item_places.iter().map(|place| place.id);
    let finding = |(id, first, again)| {
        about(desired, Code::DuplicateRecord, again, format!("two records have the id `{id}`"))
            .with_hint("keep one of the two, or give each an id of its own")
            .with_label(location(desired, first), "first listed here")
    };
    repeated(ids.zip(places)).map(finding).collect()
}

/// Makes a finding about a place of the store's manifest.
fn about(desired: &DesiredDataStore, code: Code, place: Span, message: String) -> Finding {
    Finding::new(code, &desired.metadata.location.source, place, message)
}

/// Returns a place of the store's manifest.
fn location(desired: &DesiredDataStore, span: Span) -> Location {
    Location { source: Arc::clone(&desired.metadata.location.source), span }
}
