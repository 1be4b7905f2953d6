//! Layer 2: what differs between two contents, and which side moved.

mod canonical;
mod data_action;
mod data_store;
mod fields;
mod flow;
mod json;
mod part;
mod resources;
mod side;
#[cfg(test)]
mod tests;
mod verdict;
mod version;

pub use canonical::{Canonical, canonical, hash, hash_value};
pub use data_action::{
    DataActionMerge, compare_data_actions, hash_data_action, merge_data_action,
    overrule_data_action,
};
pub use data_store::{
    DataStoreComparison, ItemChange, LiveChange, RelationChange, SchemaMerge,
    adopted as adopted_data_store, advanced, beside_writes, compare_contents, compare_data_store,
    compare_data_stores, hash_data_store, merge_schema, overrule_data_store, with_foreign,
};
pub use fields::compare_values;
pub use flow::{FlowMerge, apply, compare, merge_flow};
pub use json::canonical_json;
pub use resources::{ResourceChange, ResourceDiff, between};
pub use side::Base;
pub use verdict::{Comparison, Verdict, Watch, carry_extras, verdict};
pub use version::{Bump, next};

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{DeltaCounts, Part};

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// JSON pointer into the element or connector, such as `/configuration/prompt`.
    pub pointer: String,
    /// The value before; `None` when the field was absent.
    pub before: Option<Value>,
    /// The value after; `None` when the field is gone.
    pub after: Option<Value>,
}

/// What happened to an element or a connector.
#[derive(Debug, Clone, PartialEq)]
pub enum PartChange {
    /// Only in the content after; its canonical form.
    Added(Value),
    /// Only in the content before; its canonical form.
    Removed(Value),
    /// In both, with different fields.
    Modified(Vec<FieldChange>),
}

/// One row of a delta matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct PartDelta {
    /// The id of the element, connector, field or record.
    pub id: String,
    /// What it is, for people: an element's type, a connector's `source -> target`.
    pub label: String,
    /// What happened to it.
    pub change: PartChange,
}

/// The delta matrix of a resource: rows by what they are about, each table sorted by id; tables
/// without rows are absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delta(BTreeMap<Part, Vec<PartDelta>>);

impl Delta {
    /// Makes a matrix of tables, whose rows are sorted by id.
    pub fn new(tables: impl IntoIterator<Item = (Part, Vec<PartDelta>)>) -> Self {
        Self(tables.into_iter().filter(|(_, rows)| !rows.is_empty()).collect())
    }

    /// Tells whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the tables that have rows.
    pub fn tables(&self) -> impl Iterator<Item = (Part, &[PartDelta])> {
        self.0.iter().map(|(part, rows)| (*part, rows.as_slice()))
    }

    /// Returns the rows of a table.
    pub fn rows(&self, part: Part) -> &[PartDelta] {
        self.0.get(&part).map(Vec::as_slice).unwrap_or_default()
    }

    /// Counts the rows of each table.
    pub fn counts(&self) -> BTreeMap<Part, DeltaCounts> {
        self.tables().map(|(part, rows)| (part, count(rows))).collect()
    }

    /// Returns the ids of the rows of a table.
    pub fn ids(&self, part: Part) -> ChangedIds {
        let mut ids = ChangedIds::default();
        for row in self.rows(part) {
            let list = match row.change {
                PartChange::Added(_) => &mut ids.added,
                PartChange::Removed(_) => &mut ids.removed,
                PartChange::Modified(_) => &mut ids.modified,
            };
            list.push(row.id.clone());
        }
        ids
    }
}

fn count(rows: &[PartDelta]) -> DeltaCounts {
    let mut counts = DeltaCounts::default();
    for row in rows {
        match row.change {
            PartChange::Added(_) => counts.added += 1,
            PartChange::Removed(_) => counts.removed += 1,
            PartChange::Modified(_) => counts.modified += 1,
        }
    }
    counts
}

/// Ids of the parts that a delta touches, each list sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedIds {
    /// Only in the content after.
    pub added: Vec<String>,
    /// Only in the content before.
    pub removed: Vec<String>,
    /// In both, and different.
    pub modified: Vec<String>,
}
