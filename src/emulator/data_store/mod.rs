//! Data stores: schema and records, and the rules between them.

mod links;
mod records;
mod schema;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::clock::Millis;
use super::collection::{Collection, Index};

pub(super) use links::{check_links, doomed_with};
pub(super) use records::{Cascade, Record, Records, key};
pub(super) use schema::{Field, read_fields};
pub(super) use write::{Changes, uuid};

/// Microseconds since 1970.
pub(super) type Micros = i64;

/// A data store, without its records.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DataStore {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) fields: Vec<Field>,
    /// Later with every change of naming, schema or records, even within a millisecond.
    pub(super) updated_at: Micros,
}

impl DataStore {
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The same store after a change.
    pub(super) fn touched(self, now: Millis) -> Self {
        Self { updated_at: now.saturating_mul(1000).max(self.updated_at + 1), ..self }
    }
}

/// The tenant's data stores.
pub(super) type DataStores = Collection<DataStore, ByName>;

/// Ids by name.
#[derive(Debug, Default)]
pub(super) struct ByName(BTreeMap<String, String>);

impl Index<DataStore> for ByName {
    fn add(&mut self, id: &str, store: &DataStore) {
        self.0.insert(store.name.clone(), id.to_owned());
    }

    fn remove(&mut self, id: &str, store: &DataStore) {
        // While changes are taken back, the name may be another's already.
        if self.0.get(&store.name).is_some_and(|own| own == id) {
            self.0.remove(&store.name);
        }
    }
}

impl DataStores {
    pub(super) fn named(&self, name: &str) -> Option<&DataStore> {
        self.get(self.index().0.get(name)?)
    }
}
