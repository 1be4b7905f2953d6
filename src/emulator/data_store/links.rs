//! What relationships must not do, and what they take along.

use std::collections::BTreeMap;

use super::records::{Cascade, Record, Records, key};
use super::write::{Changes, pointer};
use super::{DataStore, Field};
use crate::cxone::wire::ErrorDetail;
use crate::emulator::answer::{Refusal, detail};
use crate::emulator::graph::{longest_way, way_back};

/// Refuses changes that close a cycle over all relationship fields together, or make a chain or a
/// number of children longer than their field allows. `record` has the changes in it.
pub(in crate::emulator) fn check_links(
    records: &Records,
    store: &DataStore,
    record: &Record,
    changes: &Changes,
) -> Result<(), Refusal> {
    if changes.linked(store).next().is_none() {
        return Ok(());
    }
    let graph = Graph { records, record };
    if let Some(cycle) = way_back(&record.id, |id| graph.children(id)) {
        let message = format!("the relationships form a circle: {}", cycle.join(" → "));
        return Err(Refusal::conflict("CIRCULAR_REFERENCE", message));
    }
    let faults: Vec<ErrorDetail> =
        changes.linked(store).filter_map(|field| graph.depth_fault(field)).collect();
    if faults.is_empty() {
        return Ok(());
    }
    let message = "relationships go deeper, or have more children, than the schema allows";
    Err(Refusal::bad_request("MAX_DEPTH_EXCEEDED", message).with_details(faults))
}

/// A store's records, one of them as it is going to be.
struct Graph<'a> {
    records: &'a Records,
    record: &'a Record,
}

impl<'a> Graph<'a> {
    fn get(&self, id: &str) -> Option<&'a Record> {
        let live = || self.records.get(&key(&self.record.store_id, id));
        if id == self.record.id { Some(self.record) } else { live() }
    }

    fn children(&self, id: &str) -> Vec<&'a str> {
        let links = self.get(id).into_iter().flat_map(|record| record.links.values());
        links.flat_map(|link| &link.ids).map(String::as_str).collect()
    }

    fn children_in(&self, id: &str, field: &str) -> Vec<&'a str> {
        let link = self.get(id).and_then(|record| record.links.get(field));
        link.into_iter().flat_map(|link| &link.ids).map(String::as_str).collect()
    }

    fn parents_in(&self, id: &str, field: &str) -> Vec<&'a str> {
        let parents = self.records.parents_of(&self.record.store_id, id);
        parents.filter(|(own, _)| *own == field).map(|(_, parent)| parent).collect()
    }

    fn depth_fault(&self, field: &Field) -> Option<ErrorDetail> {
        let (limit, name, id) = (field.max_depth(), field.name.as_str(), self.record.id.as_str());
        let children = self.children_in(id, name).len() as u64;
        let below = longest_way(id, limit, |id| self.children_in(id, name));
        let above = longest_way(id, limit, |id| self.parents_in(id, name));
        let what = if children > limit {
            format!("{children} children")
        } else if above + below > limit {
            format!("a chain of at least {} relationships", above + below)
        } else {
            return None;
        };
        Some(detail(
            format!("{}/ids", pointer(name)),
            format!("{what}, at most {limit} are allowed"),
        ))
    }
}

/// The record and what is deleted with it, by key.
pub(in crate::emulator) fn doomed_with<'a>(
    records: &'a Records,
    record: &'a Record,
) -> BTreeMap<String, &'a Record> {
    let mut doomed = BTreeMap::new();
    let mut open = vec![record];
    while let Some(record) = open.pop() {
        if doomed.insert(record.key(), record).is_none() {
            let children = record.children(Cascade::Delete).into_iter();
            open.extend(children.filter_map(|id| records.get(&key(&record.store_id, id))));
        }
    }
    doomed
}
