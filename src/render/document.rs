//! The parts that JSON documents share. Their shape is a promise: `docs/reference/plan.md`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::delta::{Delta, FieldChange, PartChange, PartDelta};
use crate::model::{self, Conflict, Drift, HoldReason, Kind, Move, Part};

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
            kind: "paused",
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
                Self { kind: "rolledBack", from: Some(from.as_str()), to: Some(to), ..document }
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

/// What somebody changed live.
#[derive(Debug, Serialize)]
pub(super) struct DriftDocument<'a> {
    side: &'static str,
    moves: Vec<MoveDocument<'a>>,
    conflicts: Vec<ConflictDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct MoveDocument<'a> {
    part: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    how: &'a str,
}

/// A field with three values; an absent side is left out, a null one is null.
#[derive(Debug, Serialize)]
struct ConflictDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    pointer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    git: Option<&'a Value>,
}

impl<'a> From<&'a Drift> for DriftDocument<'a> {
    fn from(drift: &'a Drift) -> Self {
        Self {
            side: drift.side.as_str(),
            moves: drift.moves.iter().map(MoveDocument::from).collect(),
            conflicts: drift.conflicts.iter().map(ConflictDocument::from).collect(),
        }
    }
}

impl<'a> From<&'a Move> for MoveDocument<'a> {
    fn from(moved: &'a Move) -> Self {
        Self {
            part: moved.part.as_str(),
            by: moved.by.as_deref(),
            at: moved.at.map(|at| at.to_string()),
            how: &moved.how,
        }
    }
}

impl<'a> From<&'a Conflict> for ConflictDocument<'a> {
    fn from(conflict: &'a Conflict) -> Self {
        let place = conflict.part.as_ref();
        Self {
            part: place.map(|(part, _)| part.as_str()),
            id: place.map(|(_, id)| id.as_str()),
            pointer: &conflict.pointer,
            base: conflict.base.as_ref(),
            live: conflict.live.as_ref(),
            git: conflict.git.as_ref(),
        }
    }
}
