//! Which record is a child of which.

use std::collections::{BTreeMap, HashSet};

use crate::model::{DesiredDataStore, ItemId, LiveItem, SchemaField, Span};

use super::super::digraph::Digraph;
use super::schema::Schema;

/// A child of a record in a relationship field.
pub(super) struct Link<'a> {
    pub(super) field: &'a SchemaField,
    /// As a node of the graph.
    pub(super) parent: usize,
    /// As a node of the graph.
    pub(super) child: usize,
    /// Where git declares it; `None` of one that only the store has.
    pub(super) place: Option<LinkPlace>,
}

/// Where a link is declared.
#[derive(Clone, Copy)]
pub(super) struct LinkPlace {
    /// Where the name of the field stands.
    pub(super) field: Span,
    /// Where the child stands.
    pub(super) child: Span,
}

/// The records of a store as the nodes of a graph, by id; edges lead to children in any field.
pub(super) struct Links<'a> {
    pub(super) desired: &'a DesiredDataStore,
    pub(super) ids: Vec<&'a ItemId>,
    pub(super) all: Vec<Link<'a>>,
    pub(super) graph: Digraph,
}

/// A link by the ids of its ends.
struct Edge<'a> {
    field: &'a SchemaField,
    parent: &'a ItemId,
    child: &'a ItemId,
    place: Option<LinkPlace>,
}

impl<'a> Links<'a> {
    /// Reads the children in every relationship field: as git declares them, and of the other records
    /// and fields as the store has them.
    pub(super) fn of(
        desired: &'a DesiredDataStore,
        schema: &Schema<'a>,
        live: &'a BTreeMap<ItemId, LiveItem>,
    ) -> Self {
        let mut edges = declared(desired, schema);
        edges.extend(kept(desired, schema, live));
        let mut ids: Vec<_> = edges.iter().flat_map(|edge| [edge.parent, edge.child]).collect();
        ids.sort_unstable();
        ids.dedup();
        let node = |id| ids.binary_search(&id).ok();
        let link = |Edge { field, parent, child, place }| {
            Some(Link { field, parent: node(parent)?, child: node(child)?, place })
        };
        let all: Vec<_> = edges.into_iter().filter_map(link).collect();
        let ends = all.iter().map(|link| (link.parent, link.child));
        let graph = Digraph::new(ids.len(), ends);
        Self { desired, ids, all, graph }
    }
}

fn declared<'a>(desired: &'a DesiredDataStore, schema: &Schema<'a>) -> Vec<Edge<'a>> {
    let mut edges = Vec::new();
    for (item, place) in desired.content.items.iter().zip(&*desired.item_places) {
        for relation in &place.relations {
            let Some(field) = schema.relationship(&relation.field) else { continue };
            edges.extend(relation.children.iter().map(|(child, place)| {
                let place = LinkPlace { field: relation.name, child: *place };
                Edge { field, parent: &item.id, child, place: Some(place) }
            }));
        }
    }
    edges
}

/// Returns what the store has and git does not replace.
fn kept<'a>(
    desired: &DesiredDataStore,
    schema: &Schema<'a>,
    live: &'a BTreeMap<ItemId, LiveItem>,
) -> Vec<Edge<'a>> {
    let items = desired.content.items.iter();
    let replaced: HashSet<_> =
        items.flat_map(|item| item.relations.keys().map(|field| (&item.id, field))).collect();
    let mut edges = Vec::new();
    for (parent, live) in live {
        for (name, relation) in &live.item.relations {
            if replaced.contains(&(parent, name)) {
                continue;
            }
            let Some(field) = schema.relationship(name) else { continue };
            let edge = |child| Edge { field, parent, child, place: None };
            edges.extend(relation.children.iter().map(edge));
        }
    }
    edges
}
