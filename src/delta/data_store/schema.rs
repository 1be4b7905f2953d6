//! The schema and the description.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::compared::{DataStoreComparison, Moved};
use super::normal;
use crate::delta::fields::Fields;
use crate::delta::side::{Base, Recorded, side};
use crate::delta::{PartChange, PartDelta};
use crate::model::{Conflict, DataStoreContent, FieldType, LiveDataStore, Part, SchemaField, Side};

type ByName<'a> = BTreeMap<&'a str, &'a SchemaField>;

/// Compares description and schema; returns the rows that git changed.
pub(super) fn compare(
    wanted: &DataStoreContent,
    live: &LiveDataStore,
    base: Base<'_, DataStoreContent>,
    overruled: Moved,
    compared: &mut DataStoreComparison,
) -> (Part, Vec<PartDelta>) {
    description(wanted, live, base, overruled, compared);
    let before = base.map(|base| by_name(&base.fields));
    let (is, should) = (by_name(&live.fields), by_name(&wanted.fields));
    let declared_before = before.part().into_iter().flat_map(|before| before.keys());
    let names: BTreeSet<&str> = should.keys().chain(declared_before).copied().collect();
    let mut rows = Vec::new();
    let mut schema: BTreeMap<&str, SchemaField> =
        is.iter().map(|(name, field)| (*name, (*field).clone())).collect();
    for name in names {
        let known = before.get(|before| before.get(name).copied());
        let (is, should) = (is.get(name).copied(), should.get(name).copied());
        let Some(side) = moved(&known, is, should) else { continue };
        if side != Side::Git {
            let was = known.part().copied().flatten();
            tell_field(compared, side, name, [was, is, should]);
        }
        if side == Side::Git || overruled == Moved::Overruled {
            rows.extend(row(name, is, should));
            write(&mut schema, name, is, should);
        }
    }
    if !rows.is_empty() {
        compared.schema = Some(in_order(schema, wanted));
    }
    (Part::Field, rows)
}

fn tell_field(
    compared: &mut DataStoreComparison,
    side: Side,
    name: &str,
    [base, live, git]: [Option<&SchemaField>; 3],
) {
    let said = |field: Option<&SchemaField>| field.map(|field| normal::field(field).into());
    let too = if side == Side::Both { ", and git changed it too" } else { "" };
    let values = Conflict {
        part: Some((Part::Field, name.to_owned())),
        pointer: String::new(),
        base: said(base),
        live: said(live),
        git: said(git),
    };
    compared.tell(side, format!("someone changed the field {name:?}{too}"), values);
}

fn description(
    wanted: &DataStoreContent,
    live: &LiveDataStore,
    base: Base<'_, DataStoreContent>,
    overruled: Moved,
    compared: &mut DataStoreComparison,
) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (is, should) = (text(&live.description), text(&wanted.description));
    let written = base.map(|base| text(&base.description) == should);
    // A tenant need not say what it was told.
    if live.description.is_none() && written.part() == Some(&true) {
        return;
    }
    let known = base.map(|base| text(&base.description));
    let Some(side) = side(&known, &is, &should) else { return };
    let value = |text: &String| (!text.is_empty()).then(|| Value::from(text.clone()));
    if side != Side::Git {
        let what = format!("someone changed the description to {is:?}");
        let too = format!(", and git changed it to {should:?}");
        let what = if side == Side::Both { what + &too } else { what };
        let values = Conflict {
            part: None,
            pointer: "/description".to_owned(),
            base: known.part().and_then(value),
            live: value(&is),
            git: value(&should),
        };
        compared.tell(side, what, values);
    }
    if side == Side::Git || overruled == Moved::Overruled {
        let (is, should) = (value(&is), value(&should));
        compared.settings = Fields::under("/description", is.as_ref(), should.as_ref());
    }
}

/// Returns the fields in git's order, those of others after them.
fn in_order(
    mut schema: BTreeMap<&str, SchemaField>,
    wanted: &DataStoreContent,
) -> Vec<SchemaField> {
    let declared = wanted.fields.iter();
    let mut fields: Vec<_> =
        declared.filter_map(|field| schema.remove(field.name.as_str())).collect();
    fields.extend(schema.into_values());
    fields
}

/// A field as it is compared: its type, and of its constraints those that git says or said.
type Seen = Option<(FieldType, Map<String, Value>)>;

/// Returns how fields are looked at of which git says, or said, these.
fn eye<'a>(said: impl Iterator<Item = &'a SchemaField>) -> impl Fn(Option<&SchemaField>) -> Seen {
    let mut scope: BTreeSet<String> =
        said.flat_map(normal::constraints).map(|(key, _)| key).collect();
    scope.insert("max_depth".to_owned());
    move |field| {
        field.map(|field| {
            let mut constraints = normal::constraints(field);
            constraints.retain(|key, _| scope.contains(key));
            (field.field_type.clone(), constraints)
        })
    }
}

/// Tells who moved a field.
fn moved(
    known: &Recorded<Option<&SchemaField>>,
    is: Option<&SchemaField>,
    should: Option<&SchemaField>,
) -> Option<Side> {
    let seen = eye(known.part().copied().flatten().into_iter().chain(should));
    side(&known.get(|known| seen(*known)), &seen(is), &seen(should))
}

/// Returns the fields of the next base: git's where they are live, else those of `base`.
pub(super) fn advanced(
    wanted: &DataStoreContent,
    live: &LiveDataStore,
    base: &DataStoreContent,
) -> Vec<SchemaField> {
    let (should, is) = (by_name(&wanted.fields), by_name(&live.fields));
    let was = by_name(&base.fields);
    let names: BTreeSet<&str> = should.keys().chain(was.keys()).copied().collect();
    let field = |name| {
        let (should, was) = (should.get(name).copied(), was.get(name).copied());
        let seen = eye(was.into_iter().chain(should));
        let given = seen(should) == seen(is.get(name).copied());
        if given { should.cloned() } else { was.cloned() }
    };
    names.into_iter().filter_map(field).collect()
}

/// A schema that was to be written, after somebody wrote it meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaMerge {
    /// What is to be written now.
    pub fields: Vec<SchemaField>,
    /// Whether that is live already.
    pub is_live: bool,
    /// What someone changed and git did not, a sentence each: it stays.
    pub kept: Vec<String>,
    /// What both changed, a sentence each: it stays.
    pub conflicts: Vec<String>,
}

/// Merges a schema that was to become `after` from `before` with what is live `now`.
pub fn merge_schema(
    before: &[SchemaField],
    now: &[SchemaField],
    after: &[SchemaField],
) -> SchemaMerge {
    let (was, is, should) = (by_name(before), by_name(now), by_name(after));
    let names: BTreeSet<&str> = was.keys().chain(is.keys()).chain(should.keys()).copied().collect();
    let mut merge =
        SchemaMerge { fields: Vec::new(), is_live: true, kept: Vec::new(), conflicts: Vec::new() };
    for name in names {
        let (was, is) = (was.get(name).copied(), is.get(name).copied());
        let should = should.get(name).copied();
        let field = match moved(&Recorded::Part(was), is, should) {
            None => is,
            Some(Side::Git) => {
                merge.is_live = false;
                should
            }
            Some(Side::Live) => {
                // What nobody knew of is theirs.
                let known = was.map(|_| format!("someone changed the field {name:?} meanwhile"));
                merge.kept.extend(known);
                is
            }
            Some(Side::Both) => {
                merge.conflicts.push(format!(
                    "someone changed the field {name:?} meanwhile, and git changed it too"
                ));
                is
            }
        };
        merge.fields.extend(field.cloned());
    }
    let place = |field: &SchemaField| after.iter().position(|one| one.name == field.name);
    merge.fields.sort_by_key(|field| place(field).unwrap_or(after.len()));
    merge
}

/// Puts a field into the schema as git wants it, or takes it out.
fn write<'a>(
    schema: &mut BTreeMap<&'a str, SchemaField>,
    name: &'a str,
    is: Option<&SchemaField>,
    should: Option<&SchemaField>,
) {
    let Some(field) = should else {
        schema.remove(name);
        return;
    };
    let extra = is.map(|is| is.extra.clone()).unwrap_or_default();
    schema.insert(name, SchemaField { extra, ..field.clone() });
}

fn by_name(fields: &[SchemaField]) -> ByName<'_> {
    fields.iter().map(|field| (field.name.as_str(), field)).collect()
}

/// Returns the row of a field that differs.
pub(super) fn row(
    name: &str,
    before: Option<&SchemaField>,
    after: Option<&SchemaField>,
) -> Option<PartDelta> {
    let label = after.or(before)?.field_type.as_str().to_owned();
    let change = match (before, after) {
        (None, Some(after)) => PartChange::Added(normal::field(after).into()),
        (Some(before), None) => PartChange::Removed(normal::field(before).into()),
        (Some(before), Some(after)) => {
            PartChange::Modified(Fields::members(&normal::field(before), &normal::field(after)))
        }
        (None, None) => return None,
    };
    Some(PartDelta { id: name.to_owned(), label, change })
}
