//! The parts that JSON documents share. Their shape is a promise: `docs/reference/plan.md`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::delta::{Delta, FieldChange, PartChange, PartDelta};
use crate::model::{self, HoldReason, Kind, Part};

/// The version of every document.
pub(super) const API_VERSION: &str = "flowgate.dev/v1";

/// Returns a document as a JSON value.
pub(super) fn value(document: &impl Serialize) -> Value {
    // Fails only on a map whose keys are no strings; no document has one.
    serde_json::to_value(document).unwrap_or_default()
}

/// A delta matrix: a list for each part that the kind has, empty where nothing differs.
pub(super) type Matrix<'a> = BTreeMap<&'static str, Vec<Row<'a>>>;

#[derive(Debug, Serialize)]
pub(super) struct Row<'a> {
    id: &'a str,
    label: &'a str,
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<Field<'a>>>,
}

/// A field that differs; an absent side is left out, a null one is null.
#[derive(Debug, Serialize)]
pub(super) struct Field<'a> {
    pointer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a Value>,
}

/// What somebody said to leave as it is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hold<'a> {
    #[serde(rename = "hold")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    by: &'a str,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
}

impl<'a> From<&'a model::Hold> for Hold<'a> {
    fn from(hold: &'a model::Hold) -> Self {
        let document = Self {
            kind: "pause",
            resource: hold.resource.as_ref().map(ToString::to_string),
            by: &hold.by,
            since: hold.since.to_string(),
            reason: None,
            until: None,
            from: None,
            to: None,
        };
        match &hold.reason {
            HoldReason::Paused { reason, until } => Self {
                reason: Some(reason),
                until: until.map(|until| until.to_string()),
                ..document
            },
            HoldReason::RolledBack { from, to } => {
                Self { kind: "rollback", from: Some(from.as_str()), to: Some(to), ..document }
            }
        }
    }
}

/// Returns the delta of a resource of that kind.
pub(super) fn matrix(kind: Kind, delta: &Delta) -> Matrix<'_> {
    let rows = |part: &Part| delta.rows(*part).iter().map(Row::from).collect();
    kind.parts().iter().map(|part| (part.plural(), rows(part))).collect()
}

impl<'a> From<&'a PartDelta> for Row<'a> {
    fn from(row: &'a PartDelta) -> Self {
        let (change, value, fields) = match &row.change {
            PartChange::Added(value) => ("added", Some(value), None),
            PartChange::Removed(value) => ("removed", Some(value), None),
            PartChange::Modified(changes) => ("modified", None, Some(fields(changes))),
        };
        Self { id: &row.id, label: &row.label, change, value, fields }
    }
}

/// Returns the fields as documents spell them.
pub(super) fn fields(changes: &[FieldChange]) -> Vec<Field<'_>> {
    changes.iter().map(Field::from).collect()
}

impl<'a> From<&'a FieldChange> for Field<'a> {
    fn from(change: &'a FieldChange) -> Self {
        let FieldChange { pointer, before, after } = change;
        Self { pointer, before: before.as_ref(), after: after.as_ref() }
    }
}
