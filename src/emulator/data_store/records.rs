//! Records, and what is known of them without a search.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::emulator::collection::{Collection, Index};

/// A record. A field without a value is absent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::emulator) struct Record {
    pub(in crate::emulator) store_id: String,
    /// A UUID in lower case.
    pub(in crate::emulator) id: String,
    pub(in crate::emulator) version: u64,
    pub(in crate::emulator) values: Map<String, Value>,
    /// Values of relationship fields.
    pub(in crate::emulator) links: BTreeMap<String, Link>,
}

/// The value of a relationship field, in the API's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::emulator) struct Link {
    pub(in crate::emulator) ids: Vec<String>,
    pub(in crate::emulator) cascade_action: Cascade,
}

/// What happens to the children when something happens to their parent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::emulator) enum Cascade {
    #[default]
    None,
    /// Their version grows with each change of the parent.
    Update,
    /// They are deleted with the parent.
    Delete,
}

impl Record {
    /// A record without values, as its first write makes it.
    pub(in crate::emulator) fn new(store_id: String, id: String) -> Self {
        Self { store_id, id, version: 1, values: Map::new(), links: BTreeMap::new() }
    }

    pub(in crate::emulator) fn key(&self) -> String {
        key(&self.store_id, &self.id)
    }

    /// The children of the fields with that cascade, each once.
    pub(in crate::emulator) fn children(&self, cascade: Cascade) -> BTreeSet<&str> {
        let links = self.links.values().filter(|link| link.cascade_action == cascade);
        links.flat_map(|link| &link.ids).map(String::as_str).collect()
    }
}

/// Records carry their store's id first, so that a store's records lie side by side.
pub(in crate::emulator) fn key(store_id: &str, id: &str) -> String {
    format!("{store_id}/{id}")
}

/// The records of all data stores.
pub(in crate::emulator) type Records = Collection<Record, Known>;

/// Counts, and references from child to parent.
#[derive(Debug, Default)]
pub(in crate::emulator) struct Known {
    /// Records by store.
    counts: BTreeMap<String, u64>,
    /// Values by store and field.
    values: BTreeMap<(String, String), u64>,
    /// Store, child, field, parent.
    parents: BTreeSet<[String; 4]>,
}

impl Known {
    fn entries(record: &Record) -> impl Iterator<Item = [String; 4]> + '_ {
        let of_link = |(field, link): (&'_ String, &'_ Link)| {
            let entry =
                |child: &String| [&record.store_id, child, field, &record.id].map(Clone::clone);
            link.ids.iter().map(entry).collect::<Vec<_>>()
        };
        record.links.iter().flat_map(of_link)
    }

    fn fields(record: &Record) -> impl Iterator<Item = (String, String)> + '_ {
        let names = record.values.keys().chain(record.links.keys());
        names.map(|field| (record.store_id.clone(), field.clone()))
    }
}

impl Index<Record> for Known {
    fn add(&mut self, _: &str, record: &Record) {
        *self.counts.entry(record.store_id.clone()).or_default() += 1;
        for field in Self::fields(record) {
            *self.values.entry(field).or_default() += 1;
        }
        self.parents.extend(Self::entries(record));
    }

    fn remove(&mut self, _: &str, record: &Record) {
        if let Some(count) = self.counts.get_mut(&record.store_id) {
            *count -= 1;
        }
        for field in Self::fields(record) {
            if let Some(count) = self.values.get_mut(&field) {
                *count -= 1;
            }
        }
        for entry in Self::entries(record) {
            self.parents.remove(&entry);
        }
    }
}

impl Records {
    /// A store's records, in the order of their ids.
    pub(in crate::emulator) fn of(&self, store_id: &str) -> impl Iterator<Item = &Record> {
        self.prefixed(&key(store_id, ""))
    }

    pub(in crate::emulator) fn count_of(&self, store_id: &str) -> u64 {
        self.index().counts.get(store_id).copied().unwrap_or_default()
    }

    /// How many records have a value in that field.
    pub(in crate::emulator) fn values_in(&self, store_id: &str, field: &str) -> u64 {
        let field = (store_id.to_owned(), field.to_owned());
        self.index().values.get(&field).copied().unwrap_or_default()
    }

    /// The records that name a child, each with the field in which it does.
    pub(in crate::emulator) fn parents_of<'a>(
        &'a self,
        store_id: &str,
        child: &str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let (store_id, child) = (store_id.to_owned(), child.to_owned());
        let from = [store_id.clone(), child.clone(), String::new(), String::new()];
        self.index()
            .parents
            .range(from..)
            .take_while(move |entry| entry[0] == store_id && entry[1] == child)
            .map(|[_, _, field, parent]| (field.as_str(), parent.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::collection::Tracked;

    fn record(id: &str, children: &[&str]) -> Record {
        let ids = children.iter().map(|&id| id.to_owned()).collect();
        let link = Link { ids, cascade_action: Cascade::None };
        let values = Map::from_iter([("name".to_owned(), Value::from(id))]);
        let links = BTreeMap::from([("household".to_owned(), link)]);
        Record { store_id: "store-1".into(), id: id.into(), version: 1, values, links }
    }

    fn parents(records: &Records, child: &str) -> Vec<String> {
        let named = records.parents_of("store-1", child);
        named.map(|(field, parent)| format!("{parent}.{field}")).collect()
    }

    #[test]
    fn what_is_known_follows_the_records() {
        let mut records = Records::new("records");
        for one in [record("a", &["b", "c"]), record("b", &["c"]), record("c", &[])] {
            records.insert(one.key(), one);
        }
        records.settle();
        assert_eq!(parents(&records, "c"), ["a.household", "b.household"]);
        records.remove("store-1/a");
        records.insert("store-1/b", record("b", &[]));
        assert_eq!((records.count_of("store-1"), records.values_in("store-1", "name")), (2, 2));
        assert!(parents(&records, "c").is_empty());
        records.undo();
        assert_eq!((records.count_of("store-1"), records.values_in("store-1", "name")), (3, 3));
        assert_eq!(parents(&records, "b"), ["a.household"]);
        assert_eq!(records.count_of("store-2"), 0);
    }
}
