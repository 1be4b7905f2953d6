//! A data store that is live, compared with what git wants: schema, items and the edges between them.
//!
//! No difference is made by the order of fields, items and children, by a field of `null` and an
//! absent one, by a relation without children and an absent one, by the spelling of numbers and
//! moments, by `max_depth: 5` of a relationship and an absent one, and by what only the platform
//! knows.
//!
//! Of the schema, git speaks for the fields it declares and those it declared before; of an item, for
//! the values it lists and those it listed before. Everything else in the store is left as it is,
//! except under [`ItemPolicy::Exact`], where items and values that git does not list go.

mod adopted;
mod advanced;
mod compared;
mod items;
mod normal;
mod schema;
mod whole;

pub use adopted::{adopted, with_foreign};
pub use advanced::advanced;
pub use compared::{DataStoreComparison, ItemChange, LiveChange, RelationChange};
pub use schema::{SchemaMerge, merge_schema};
pub use whole::{compare_contents, compare_data_stores, hash_data_store};

use std::collections::BTreeSet;

use compared::Moved;

use super::{Base, Delta};
use crate::model::{
    DataStoreContent, DesiredDataStore, ItemPolicy, LiveDataStore, Prune, SchemaField,
};

/// Compares a live store with what git wants and with what flowgate wrote last.
///
/// With [`Base::Nothing`] everything that differs is git's to write; what the tenant held there and
/// git does not is in `overwritten`. Items that git listed before and lists no longer go when `prune`
/// says so and nobody changed them.
pub fn compare_data_store(
    wanted: &DesiredDataStore,
    live: &LiveDataStore,
    base: Base<'_, DataStoreContent>,
    prune: Prune,
) -> DataStoreComparison {
    compare(&wanted.content, (wanted.policy, prune, Moved::Stays), live, base)
}

/// Compares as [`compare_data_store`] does, and writes git's over what someone changed live.
///
/// `moved`, `kept` and `conflicts` say what that is; items that lose something of it are whole in
/// `overwritten`.
pub fn overrule_data_store(
    wanted: &DesiredDataStore,
    live: &LiveDataStore,
    base: &DataStoreContent,
    prune: Prune,
) -> DataStoreComparison {
    let rules = (wanted.policy, prune, Moved::Overruled);
    let mut compared = compare(&wanted.content, rules, live, Base::Recorded(base));
    let lost: BTreeSet<_> = compared.overwritten.iter().map(|item| item.id.clone()).collect();
    let whole = lost.iter().filter_map(|id| live.items.get(id));
    compared.overwritten = whole.map(|is| is.item.clone()).collect();
    compared
}

/// Returns what a live store holds that its writes do not replace: for what is to be found beside it
/// before anything is written.
///
/// Its schema has only the fields that go or change their type.
pub fn beside_writes(
    wanted: &DesiredDataStore,
    live: &LiveDataStore,
    base: Base<'_, DataStoreContent>,
    prune: Prune,
) -> LiveDataStore {
    let compared = compare_data_store(wanted, live, base, prune);
    let mut left = live.clone();
    // A field gets its new type before the items are written: what they hold until then counts.
    let retyped: BTreeSet<&str> = compared
        .schema
        .iter()
        .flatten()
        .filter(|field| {
            live.fields.iter().any(|is| is.name == field.name && is.field_type != field.field_type)
        })
        .map(|field| field.name.as_str())
        .collect();
    for item in compared.deleted.iter().filter(|_| retyped.is_empty()) {
        left.items.remove(&item.id);
    }
    for change in &compared.changed {
        let Some(is) = left.items.get_mut(&change.id) else { continue };
        let written = change.after.iter().filter(|(name, _)| !retyped.contains(name.as_str()));
        is.item.fields.extend(written.map(|(name, value)| (name.clone(), value.clone())));
    }
    for change in compared.related {
        let Some(is) = left.items.get_mut(&change.id) else { continue };
        is.item.relations.insert(change.field, change.after);
    }
    let stays = |field: &SchemaField| {
        let same =
            |other: &SchemaField| other.name == field.name && other.field_type == field.field_type;
        compared.schema.as_ref().is_none_or(|schema| schema.iter().any(same))
    };
    left.fields.retain(|field| !stays(field));
    left
}

fn compare(
    wanted: &DataStoreContent,
    (policy, prune, moved): (ItemPolicy, Prune, Moved),
    live: &LiveDataStore,
    base: Base<'_, DataStoreContent>,
) -> DataStoreComparison {
    let mut compared = DataStoreComparison::default();
    let mut delta = vec![schema::compare(wanted, live, base, moved, &mut compared)];
    if policy != ItemPolicy::Ignore {
        let rules = (policy, prune, moved);
        delta.extend(items::compare(wanted, live, base, rules, &mut compared));
    }
    compared.delta = Delta::new(delta);
    compared
}
