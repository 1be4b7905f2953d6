//! Data actions, data stores and records, by what they are called.

use super::State;
use crate::emulator::answer::Refusal;
use crate::emulator::clock::Millis;
use crate::emulator::data_action::DataAction;
use crate::emulator::data_store::{DataStore, Record, key};

impl State {
    pub(in crate::emulator) fn data_action(&self, id: &str) -> Result<&DataAction, Refusal> {
        self.data_actions.get(id).ok_or_else(|| no_action(id))
    }

    /// A data action by its id, or else by its name.
    pub(in crate::emulator) fn data_action_called(
        &self,
        id_or_name: &str,
    ) -> Result<&DataAction, Refusal> {
        let by_name = || self.data_actions.named(id_or_name);
        self.data_actions.get(id_or_name).or_else(by_name).ok_or_else(|| no_action(id_or_name))
    }

    pub(in crate::emulator) fn data_store(&self, id: &str) -> Result<&DataStore, Refusal> {
        self.data_stores.get(id).ok_or_else(|| no_data_store(id))
    }

    /// A data store by its id, or else by its name.
    pub(in crate::emulator) fn data_store_called(
        &self,
        id_or_name: &str,
    ) -> Result<&DataStore, Refusal> {
        let by_name = || self.data_stores.named(id_or_name);
        self.data_stores.get(id_or_name).or_else(by_name).ok_or_else(|| no_data_store(id_or_name))
    }

    /// Lets a store's time of change move on.
    pub(in crate::emulator) fn touch_data_store(&mut self, id: &str, now: Millis) {
        if let Some(store) = self.data_stores.get(id).cloned() {
            self.data_stores.insert(id, store.touched(now));
        }
    }

    /// Removes a store with its records.
    pub(in crate::emulator) fn remove_data_store(&mut self, id: &str) {
        let records: Vec<String> = self.records.of(id).map(Record::key).collect();
        for key in &records {
            self.remove_record(key);
        }
        self.data_stores.remove(id);
    }

    /// A record by its id, in whatever case, as one of that store.
    pub(in crate::emulator) fn record(&self, store_id: &str, id: &str) -> Result<&Record, Refusal> {
        self.data_store(store_id)?;
        let missing = || Refusal::not_found("RECORD_NOT_FOUND", format!("no record {id:?}"));
        self.records.get(&key(store_id, &id.to_ascii_lowercase())).ok_or_else(missing)
    }

    /// Removes a record with its lock.
    pub(in crate::emulator) fn remove_record(&mut self, key: &str) {
        self.records.remove(key);
        self.record_locks.remove(key);
    }
}

fn no_action(id: &str) -> Refusal {
    Refusal::not_found("ACTION_NOT_FOUND", format!("no data action {id:?}"))
}

fn no_data_store(id: &str) -> Refusal {
    Refusal::not_found("DATASTORE_NOT_FOUND", format!("no data store {id:?}"))
}
