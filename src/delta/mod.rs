//! Layer 2: what differs between two contents, and which side moved.

mod canonical;
mod fields;
mod flow;
mod json;
mod part;
mod resources;
#[cfg(test)]
mod tests;
mod verdict;
mod version;

pub use canonical::{Canonical, canonical, hash, hash_value};
pub use flow::{ChangedIds, apply, compare};
pub use json::canonical_json;
pub use resources::{ResourceChange, ResourceDiff, between};
pub use verdict::{Comparison, Verdict, Watch, carry_extras, verdict};
pub use version::{Bump, next};

use serde_json::Value;

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
    /// The element's or connector's id.
    pub id: String,
    /// What it is, for people: an element's type, a connector's `source -> target`.
    pub label: String,
    /// What happened to it.
    pub change: PartChange,
}

/// The delta matrix of a flow: rows of elements and of connectors, each sorted by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlowDelta {
    /// Elements that differ.
    pub elements: Vec<PartDelta>,
    /// Connectors that differ.
    pub connectors: Vec<PartDelta>,
}
