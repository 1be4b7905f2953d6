//! The relationship fields of records.

use crate::model::{Code, DesiredDataStore, FieldType, Finding, Item, RelationPlace, SchemaField};

use super::about;
use super::schema::Schema;

/// Finds relationships in fields that the store does not have, or that are no relationships, and
/// those with too many children.
pub(super) fn check<'a>(desired: &'a DesiredDataStore, schema: &mut Schema<'a>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (item, places) in desired.content.items.iter().zip(&*desired.item_places) {
        for place in &places.relations {
            match schema.field(&place.field) {
                None => findings.push(schema.undefined(&place.field, place.name)),
                Some(field) if field.field_type != FieldType::Relationship => {
                    findings.push(not_a_relationship(desired, field, place));
                }
                Some(field) => findings.extend(too_many(desired, item, field, place)),
            }
        }
    }
    findings
}

fn not_a_relationship(
    desired: &DesiredDataStore,
    field: &SchemaField,
    place: &RelationPlace,
) -> Finding {
    let SchemaField { name, field_type, .. } = field;
    let message = format!("`{name}` is no relationship: its type is {field_type}");
    about(desired, Code::NotARelationship, place.name, message)
        .with_hint("name a field of the type relationship, or put a value under `fields`")
}

fn too_many(
    desired: &DesiredDataStore,
    item: &Item,
    field: &SchemaField,
    place: &RelationPlace,
) -> Option<Finding> {
    let children = item.relations.get(&field.name)?.children.len();
    let most = field.max_depth();
    let message = format!(
        "`{}` of the record `{}` has {children} children, and takes at most {most}",
        field.name, item.id
    );
    let found = u64::try_from(children).is_ok_and(|children| children <= most);
    (!found).then(|| {
        about(desired, Code::TooManyChildren, place.name, message).with_hint(
            "name fewer, or raise `max_depth` in the field's `constraints` (5 where it is absent)",
        )
    })
}
