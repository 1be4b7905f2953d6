//! The values of records.

use jiff::Timestamp;
use serde_json::Value;

use crate::model::{Code, DesiredDataStore, FieldType, Finding, ValuePlace};

use super::about;
use super::schema::Schema;

/// Finds values of fields that the store does not have, and values of another type than their field.
pub(super) fn check<'a>(desired: &'a DesiredDataStore, schema: &mut Schema<'a>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (item, place) in desired.content.items.iter().zip(&*desired.item_places) {
        for place in &place.values {
            let Some(field) = schema.field(&place.field) else {
                findings.push(schema.undefined(&place.field, place.key));
                continue;
            };
            let value = item.fields.get(&place.field).unwrap_or(&Value::Null);
            if !waits(value) && !takes(&field.field_type, value) {
                findings.push(mismatch(desired, &field.field_type, value, place));
            }
        }
    }
    findings
}

/// Tells whether a value stands as it is written because the environment does not set what it names,
/// which is a finding already.
fn waits(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("${values."))
}

/// Tells whether a field takes a value. One that is no relationship can be empty.
fn takes(field_type: &FieldType, value: &Value) -> bool {
    match field_type {
        FieldType::Relationship => false,
        FieldType::Json | FieldType::Other(_) => true,
        _ if value.is_null() => true,
        FieldType::String => value.is_string(),
        FieldType::Number => value.is_number(),
        FieldType::Boolean => value.is_boolean(),
        FieldType::Datetime => value.as_str().is_some_and(is_moment),
    }
}

/// Tells whether a text is a date and time with an offset, as RFC 3339 has it.
fn is_moment(text: &str) -> bool {
    // jiff takes more spellings of ISO 8601 than RFC 3339 has, and than the platform promises to.
    has_shape(text.as_bytes()) && text.parse::<Timestamp>().is_ok()
}

fn has_shape(text: &[u8]) -> bool {
    const SECONDS: &[u8] = b"0000-00-00T00:00:00";
    let Some((begin, rest)) = text.split_at_checked(SECONDS.len()) else { return false };
    let rest = match rest {
        [b'.', fraction @ ..] => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            &fraction[digits..]
        }
        _ => rest,
    };
    is_like(begin, SECONDS)
        && (is_like(rest, b"Z") || is_like(rest, b"+00:00") || is_like(rest, b"-00:00"))
}

/// Tells whether a text is the pattern, of which `0` stands for any digit, in either case.
fn is_like(text: &[u8], pattern: &[u8]) -> bool {
    let fits = |(byte, wanted): (&u8, &u8)| match wanted {
        b'0' => byte.is_ascii_digit(),
        _ => byte.eq_ignore_ascii_case(wanted),
    };
    text.len() == pattern.len() && text.iter().zip(pattern).all(fits)
}

fn mismatch(
    desired: &DesiredDataStore,
    field_type: &FieldType,
    value: &Value,
    place: &ValuePlace,
) -> Finding {
    let field = &place.field;
    let message = match field_type {
        FieldType::Relationship => format!("`{field}` is a relationship, and takes no value"),
        _ => format!("`{field}` takes {}, found {}", expected(field_type), describe(value)),
    };
    let finding = about(desired, Code::WrongType, place.value, message);
    match (field_type, value) {
        (FieldType::Relationship, _) => finding.with_hint(format!(
            "name the children under `relationships`: `{{field: {field}, childIds: […]}}`"
        )),
        (FieldType::Datetime, _) => finding.with_hint("write it as in 2026-03-01T09:30:00Z"),
        (FieldType::String, Value::Number(_) | Value::Bool(_)) => {
            finding.with_hint(format!("write \"{value}\" between quotes"))
        }
        (FieldType::Number | FieldType::Boolean, Value::String(_)) => {
            finding.with_hint("write it without quotes")
        }
        _ => finding,
    }
}

fn expected(field_type: &FieldType) -> &str {
    match field_type {
        FieldType::String => "text",
        FieldType::Number => "a number",
        FieldType::Boolean => "true or false",
        FieldType::Datetime => "a date and time with an offset (RFC 3339)",
        FieldType::Json | FieldType::Relationship | FieldType::Other(_) => field_type.as_str(),
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
