//! `spec.fields`: the schema of a data store.

use serde_json::{Map, Value};

use crate::model::{Code, FieldType, SchemaField, SchemaFieldPlace};

use super::super::json::{self, References};
use super::super::report::Report;
use super::super::tree::{Entry, Node};

const KEYS: &[&str] = &["name", "type", "constraints"];

/// How long chains of relationships may be, and how many children an item may have.
pub(in crate::manifest) const MAX_DEPTH: &str = "max_depth";

/// What the platform derives from the type.
pub(in crate::manifest) const IS_RELATIONSHIP: &str = "is_relationship";

/// Returns all fields, or nothing when one of them cannot be read.
pub(super) fn read_all(
    report: &mut Report,
    key: &str,
    node: &Node<'_>,
) -> Option<Vec<(SchemaField, SchemaFieldPlace)>> {
    let read: Vec<_> = report.list(key, node)?.iter().map(|node| field(report, node)).collect();
    read.into_iter().collect()
}

fn field(report: &mut Report, node: &Node<'_>) -> Option<(SchemaField, SchemaFieldPlace)> {
    let fields = report.fields("a field", node, KEYS)?;
    let name = report.required(&fields, "name", |report, key, node| {
        Some((report.filled(key, node)?.to_owned(), node.span))
    });
    let field_type = report.required(&fields, "type", |report, key, node| {
        Some((field_type(report, key, node)?, node.span))
    });
    let constraints = report.optional(&fields, "constraints", |report, key, node| {
        constraints(report, key, node, field_type.as_ref().map(|(field_type, _)| field_type))
    });
    let ((name, name_place), (field_type, type_place)) = (name?, field_type?);
    let place = SchemaFieldPlace { whole: node.span, name: name_place, field_type: type_place };
    let constraints = constraints.unwrap_or_default();
    Some((SchemaField { name, field_type, constraints, extra: Map::new() }, place))
}

fn field_type(report: &mut Report, key: &str, node: &Node<'_>) -> Option<FieldType> {
    let types: Vec<_> = FieldType::ALL.iter().map(|known| (known.as_str(), known)).collect();
    report.choice(key, node, &types).cloned()
}

fn constraints(
    report: &mut Report,
    key: &str,
    node: &Node<'_>,
    field_type: Option<&FieldType>,
) -> Option<Map<String, Value>> {
    for entry in report.mapping(key, node)? {
        match &*entry.key {
            MAX_DEPTH => {
                report.whole_number(MAX_DEPTH, &entry.value, 1..=u32::MAX);
            }
            IS_RELATIONSHIP => {
                if let (Some(flag), Some(field_type)) =
                    (report.flag(IS_RELATIONSHIP, &entry.value), field_type)
                {
                    check_relationship(report, entry, flag, field_type);
                }
            }
            _ => {}
        }
    }
    match json::read(report, node, References::Literal).value {
        Value::Object(mut constraints) => {
            constraints.remove(IS_RELATIONSHIP);
            Some(constraints)
        }
        _ => None,
    }
}

fn check_relationship(report: &mut Report, entry: &Entry<'_>, flag: bool, field_type: &FieldType) {
    if flag != (*field_type == FieldType::Relationship) {
        let message = format!("`{IS_RELATIONSHIP}: {flag}` does not fit `type: {field_type}`");
        let hint = "leave it out: it follows from the type";
        report.add_hinted(Code::BadValue, entry.value.span, message, hint);
    }
}
