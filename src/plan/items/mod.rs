//! The order in which a store's items are written.
//!
//! ```text
//! make ─► write values ─► take children away ─► give children, leaves first ─► delete, parents first
//! ```
//!
//! So a child is there before somebody names it, an edge is gone before its reverse comes, and nobody
//! names an item that is deleted.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::{DataStoreStep, ItemStep};
use crate::delta::{DataStoreComparison, RelationChange};
use crate::model::{Cascade, Item, ItemId, Relation, SchemaField};

/// Returns the steps that write items; those of one step do not depend on each other.
pub(super) fn steps(compared: &DataStoreComparison) -> Vec<DataStoreStep> {
    let create = compared.created.iter().cloned().map(ItemStep::Create).collect();
    let write = compared.changed.iter().map(|change| ItemStep::Write {
        id: change.id.clone(),
        revision: change.revision,
        before: change.before.clone(),
        after: change.after.clone(),
    });
    let relations = relations(compared);
    let (taken, rest) = shrink(relations);
    let shrink = taken.into_iter().chain(released(&compared.deleted)).map(relate).collect();
    let mut waves = vec![create, write.collect(), shrink];
    waves.extend(leaves_first(rest).into_iter().map(|wave| wave.into_iter().map(relate).collect()));
    waves.extend(parents_first(&compared.deleted));
    waves.into_iter().filter(|wave| !wave.is_empty()).map(DataStoreStep::Items).collect()
}

/// Every relation that changes, those of new items included.
fn relations(compared: &DataStoreComparison) -> Vec<RelationChange> {
    let of_new = compared.created.iter().flat_map(|item| {
        let given = item.relations.iter().filter(|(_, relation)| !relation.children.is_empty());
        given.map(|(field, relation)| RelationChange {
            id: item.id.clone(),
            revision: None,
            field: field.clone(),
            before: Relation::default(),
            after: relation.clone(),
        })
    });
    compared.related.iter().cloned().chain(of_new).collect()
}

fn relate(change: RelationChange) -> ItemStep {
    let RelationChange { id, revision, field, before, after } = change;
    ItemStep::Relate { id, revision, field, before, after }
}

/// Splits what takes children away from what gives some; one that does both is two.
fn shrink(relations: Vec<RelationChange>) -> (Vec<RelationChange>, Vec<RelationChange>) {
    let (mut shrunk, mut rest) = (Vec::new(), Vec::new());
    for change in relations {
        let loses = change.before.children.difference(&change.after.children).next().is_some();
        let gains = change.after.children.difference(&change.before.children).next().is_some();
        match (loses, gains) {
            (true, true) => {
                let both = change.before.children.intersection(&change.after.children);
                let between =
                    Relation { children: both.cloned().collect(), cascade: change.after.cascade };
                shrunk.push(RelationChange { after: between.clone(), ..change.clone() });
                rest.push(RelationChange { before: between, ..change });
            }
            (true, false) => shrunk.push(change),
            (false, _) => rest.push(change),
        }
    }
    (shrunk, rest)
}

/// Relations of items that go, which would take their children with them although those stay.
fn released(deleted: &[Item]) -> Vec<RelationChange> {
    let gone: BTreeSet<&ItemId> = deleted.iter().map(|item| &item.id).collect();
    let takes = |relation: &Relation| {
        relation.cascade == Cascade::Delete
            && relation.children.iter().any(|child| !gone.contains(child))
    };
    let of_item = |item: &Item| {
        let taking = item.relations.iter().filter(|(_, relation)| takes(relation));
        let release = taking.map(|(field, relation)| RelationChange {
            id: item.id.clone(),
            revision: None,
            field: field.clone(),
            before: relation.clone(),
            after: Relation::default(),
        });
        release.collect::<Vec<_>>()
    };
    deleted.iter().flat_map(of_item).collect()
}

/// Puts relations into waves: an item's own only after those of its children.
fn leaves_first(relations: Vec<RelationChange>) -> Vec<Vec<RelationChange>> {
    let mut edges: BTreeMap<ItemId, BTreeSet<ItemId>> = BTreeMap::new();
    for change in &relations {
        edges.entry(change.id.clone()).or_default().extend(change.after.children.iter().cloned());
    }
    let heights = heights(&edges);
    let mut waves: BTreeMap<usize, Vec<RelationChange>> = BTreeMap::new();
    for change in relations {
        let height = heights.get(&change.id).copied().unwrap_or_default();
        waves.entry(height).or_default().push(change);
    }
    waves.into_values().collect()
}

/// Puts items that go into waves: one that names others before those.
fn parents_first(deleted: &[Item]) -> Vec<Vec<ItemStep>> {
    let gone: BTreeMap<&ItemId, &Item> = deleted.iter().map(|item| (&item.id, item)).collect();
    let named = |item: &Item| {
        let children = item.relations.values().flat_map(|relation| &relation.children);
        children.filter(|child| gone.contains_key(child)).cloned().collect::<BTreeSet<_>>()
    };
    let edges = deleted.iter().map(|item| (item.id.clone(), named(item))).collect();
    let mut waves: BTreeMap<usize, Vec<ItemStep>> = BTreeMap::new();
    for (id, height) in heights(&edges) {
        let item = gone.get(&id).copied().cloned();
        waves.entry(height).or_default().extend(item.map(ItemStep::Delete));
    }
    waves.into_values().rev().collect()
}

/// Returns how far each item stands above the lowest of those below it. What is in a circle stands as
/// high as it is found first: the platform refuses it anyway.
fn heights(edges: &BTreeMap<ItemId, BTreeSet<ItemId>>) -> BTreeMap<ItemId, usize> {
    let mut heights: BTreeMap<ItemId, usize> = BTreeMap::new();
    let mut begun: BTreeSet<&ItemId> = BTreeSet::new();
    for start in edges.keys() {
        let mut path = vec![start];
        while let Some(&id) = path.last() {
            let below = edges.get(id);
            let open = below.into_iter().flatten().find(|child| {
                edges.contains_key(*child)
                    && !heights.contains_key(*child)
                    && !begun.contains(child)
            });
            if let Some(child) = open.filter(|_| !heights.contains_key(id)) {
                begun.insert(id);
                path.push(child);
                continue;
            }
            let highest = below.into_iter().flatten().filter_map(|child| heights.get(child)).max();
            let height = highest.map_or(0, |highest| highest + 1);
            heights.entry(id.clone()).or_insert(height);
            path.pop();
        }
    }
    heights
}

/// Returns how a schema is written before the items and after them: new fields come before the first
/// record that has them, and fields go after the last one that had them.
pub(super) fn schema_steps(
    live: &[SchemaField],
    wanted: &[SchemaField],
) -> (Option<DataStoreStep>, Option<DataStoreStep>) {
    let stays = |field: &&SchemaField| wanted.iter().any(|kept| kept.name == field.name);
    let gone: Vec<SchemaField> = live.iter().filter(|field| !stays(field)).cloned().collect();
    let comes = wanted.iter().any(|field| !live.contains(field));
    let grown = || [wanted, &gone].concat();
    (
        comes.then(|| DataStoreStep::PutSchema { before: live.to_vec(), after: grown() }),
        (!gone.is_empty())
            .then(|| DataStoreStep::PutSchema { before: grown(), after: wanted.to_vec() }),
    )
}
