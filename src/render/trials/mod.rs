//! What came of tests of data actions, for a terminal, a program, a CI system.

mod json;
mod junit;
mod text;

pub use json::json;
pub use junit::junit;
pub use text::text;

use serde_json::Value;

use super::escape;
use crate::delta::{FieldChange, compare_values};
use crate::model::Mismatch;

/// Where a result stands in the pointers of its differences, as in `spec.tests`' `expect`.
const RESULT: &str = "/output";

/// Returns in one sentence without a full stop why a case failed. Values in it are cut; what was
/// thrown is as it was.
pub fn reason(mismatch: &Mismatch) -> String {
    match mismatch {
        Mismatch::Fault(fault) => fault.message.clone(),
        Mismatch::Output { expected, returned } => differs(&differences(expected, returned)),
        Mismatch::OtherError { expected, fault } => {
            let expected = escape::quoted(expected);
            format!("expected an error with {expected}, got: {}", fault.message)
        }
        Mismatch::NoError { expected, returned } => {
            let (expected, returned) = (escape::quoted(expected), escape::value(returned));
            format!("expected an error with {expected}, but it returned {returned}")
        }
    }
}

fn differences(expected: &Value, returned: &Value) -> Vec<FieldChange> {
    compare_values(RESULT, expected, returned)
}

/// Says what the first difference is, and how many more there are.
fn differs(changes: &[FieldChange]) -> String {
    let Some(FieldChange { pointer, before, after }) = changes.first() else {
        return "the result is another one".to_owned();
    };
    let said = |value: &Option<Value>| value.as_ref().map_or("nothing".into(), escape::value);
    let first = format!("{pointer} is {}, expected {}", said(after), said(before));
    match changes.len() {
        1 => first,
        more => format!("{first} ({} more differ)", more - 1),
    }
}

fn why_skipped(undeclared: &str) -> String {
    format!("may call {undeclared}, which git does not declare; the tenant tests it")
}

#[cfg(test)]
mod tests;
