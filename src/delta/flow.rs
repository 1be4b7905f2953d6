//! Two contents of a flow, element by element.

mod merge;

pub use merge::{FlowMerge, merge_flow};

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::Map;

use super::canonical::{by_key, keys};
use super::fields::{Fields, write_field};
use super::part::FlowPart;
use super::{Delta, FieldChange, PartChange, PartDelta};
use crate::model::{FlowContent, Part};

/// Compares two contents by their managed properties.
///
/// Rows are sorted by id. A part that is in both has one field a difference, with a JSON pointer
/// into its canonical form: objects and arrays of equal length are gone into, other arrays are
/// replaced whole. Values are in their canonical form.
pub fn compare(before: &FlowContent, after: &FlowContent) -> Delta {
    Delta::new([
        (Part::Element, rows(&before.elements, &after.elements)),
        (Part::Connector, rows(&before.connectors, &after.connectors)),
    ])
}

/// Writes a delta into the content it was computed from.
///
/// `apply(a, &compare(a, b))` equals `b` in every managed property. Parts keep their order and
/// the properties that are never compared; added parts come last and have none. On other content
/// than the delta's, parts and fields that are not there are left out.
pub fn apply(before: &FlowContent, delta: &Delta) -> FlowContent {
    FlowContent {
        elements: apply_rows(&before.elements, delta.rows(Part::Element)),
        connectors: apply_rows(&before.connectors, delta.rows(Part::Connector)).into(),
    }
}

fn rows<P: FlowPart>(before: &[P], after: &[P]) -> Vec<PartDelta> {
    let mut before = by_key(before).into_iter().peekable();
    let mut after = by_key(after).into_iter().peekable();
    let mut rows = Vec::new();
    // Both are sorted: the side whose key comes first, or both when it is one key, moves on.
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return rows,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((before, _)), Some((after, _))) => before.cmp(after),
        };
        let before = before.next_if(|_| order.is_le());
        let after = after.next_if(|_| order.is_ge());
        rows.extend(row(before, after));
    }
}

type Keyed<'a, P> = (Cow<'a, str>, &'a P);

fn row<P: FlowPart>(
    before: Option<Keyed<'_, P>>,
    after: Option<Keyed<'_, P>>,
) -> Option<PartDelta> {
    let (key, label, change) = match (before, after) {
        (None, None) => return None,
        (None, Some((key, after))) => (key, after.label(), PartChange::Added(after.canonical())),
        (Some((key, before)), None) => {
            (key, before.label(), PartChange::Removed(before.canonical()))
        }
        (Some((key, before)), Some((_, after))) => {
            let fields = fields(before, after);
            if fields.is_empty() {
                return None;
            }
            (key, after.label(), PartChange::Modified(fields))
        }
    };
    Some(PartDelta { id: key.into_owned(), label, change })
}

fn fields<P: FlowPart>(before: &P, after: &P) -> Vec<FieldChange> {
    let mut fields = Fields::default();
    before.compare(after, &mut fields);
    fields.finish()
}

fn apply_rows<P: FlowPart>(before: &[P], rows: &[PartDelta]) -> Vec<P> {
    let changes: HashMap<&str, &PartChange> =
        rows.iter().map(|row| (row.id.as_str(), &row.change)).collect();
    let kept = keys(before)
        .into_iter()
        .zip(before)
        .filter_map(|(key, part)| apply_change(part, changes.get(key.as_ref()).copied()));
    let added = rows.iter().filter_map(|row| match &row.change {
        PartChange::Added(value) => Some(P::restore(value.clone(), Map::new())),
        PartChange::Removed(_) | PartChange::Modified(_) => None,
    });
    kept.chain(added).collect()
}

/// Returns what becomes of a part; `None` when it goes, or when an added one takes its place.
fn apply_change<P: FlowPart>(part: &P, change: Option<&PartChange>) -> Option<P> {
    let mut value = part.canonical();
    match change {
        Some(PartChange::Added(_) | PartChange::Removed(_)) => return None,
        Some(PartChange::Modified(fields)) => {
            for field in fields {
                write_field(&mut value, field);
            }
        }
        None => {}
    }
    Some(P::restore(value, part.extra().clone()))
}
