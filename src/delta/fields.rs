//! Field by field: what differs between two JSON values, and how to write it into one.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::FieldChange;
use super::json::{normal_number, normal_value};

/// Collects the fields that differ, with the pointer to where the comparison stands.
///
/// Nothing is allocated for fields that are equal.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pointer: String,
    changes: Vec<FieldChange>,
}

impl Fields {
    /// Compares what stands at a pointer.
    pub(super) fn under(
        pointer: &str,
        before: Option<&Value>,
        after: Option<&Value>,
    ) -> Vec<FieldChange> {
        let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", pointer));
        let mut fields = Self { pointer: parent.to_owned(), changes: Vec::new() };
        fields.value(key, before, after);
        fields.finish()
    }

    /// Compares two objects; pointers begin at their members.
    pub(super) fn members(
        before: &Map<String, Value>,
        after: &Map<String, Value>,
    ) -> Vec<FieldChange> {
        let mut fields = Self::default();
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            fields.value(key, before.get(key), after.get(key));
        }
        fields.finish()
    }

    /// Returns what was collected.
    pub(super) fn finish(self) -> Vec<FieldChange> {
        self.changes
    }

    /// Compares a text.
    pub(super) fn text(&mut self, key: &str, before: Option<&str>, after: Option<&str>) {
        if before != after {
            self.at(key, |fields| fields.push(before.map(Value::from), after.map(Value::from)));
        }
    }

    /// Compares a value; an object or an array of equal length is gone into.
    pub(super) fn value(&mut self, key: &str, before: Option<&Value>, after: Option<&Value>) {
        match (before, after) {
            (None, None) => {}
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                self.object(key, before, after);
            }
            (Some(Value::Array(before)), Some(Value::Array(after)))
                if before.len() == after.len() =>
            {
                self.array(key, before, after);
            }
            (Some(before), Some(after)) if same(before, after) => {}
            _ => self.at(key, |fields| {
                fields.push(before.map(normal_value), after.map(normal_value));
            }),
        }
    }

    /// Compares two objects, key by key.
    pub(super) fn object(
        &mut self,
        key: &str,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
    ) {
        // What is spelled alike is equal, and most is.
        if before == after {
            return;
        }
        self.at(key, |fields| {
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for key in keys {
                fields.value(key, before.get(key), after.get(key));
            }
        });
    }

    fn array(&mut self, key: &str, before: &[Value], after: &[Value]) {
        self.at(key, |fields| {
            for (i, (before, after)) in before.iter().zip(after).enumerate() {
                fields.value(&i.to_string(), Some(before), Some(after));
            }
        });
    }

    fn at(&mut self, key: &str, compare: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        self.pointer.push('/');
        for character in key.chars() {
            match character {
                '~' => self.pointer.push_str("~0"),
                '/' => self.pointer.push_str("~1"),
                _ => self.pointer.push(character),
            }
        }
        compare(self);
        self.pointer.truncate(length);
    }

    fn push(&mut self, before: Option<Value>, after: Option<Value>) {
        self.changes.push(FieldChange { pointer: self.pointer.clone(), before, after });
    }
}

/// Compares two values of any shape; pointers begin with the one at which they stand.
///
/// Numbers are compared by value. Nothing differs exactly when the result is empty.
pub fn compare_values(pointer: &str, before: &Value, after: &Value) -> Vec<FieldChange> {
    Fields::under(pointer, Some(before), Some(after))
}

/// Tells whether two values that are not both objects or both arrays of one length are equal.
fn same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Number(before), Value::Number(after)) => {
            normal_number(before) == normal_number(after)
        }
        _ => before == after,
    }
}

/// Writes the field's value after into `value`, or takes the field out.
///
/// A field whose parent `value` does not have is left alone.
pub(super) fn write_field(value: &mut Value, change: &FieldChange) {
    let Some((parent, key)) = change.pointer.rsplit_once('/') else { return };
    let key = key.replace("~1", "/").replace("~0", "~");
    match (value.pointer_mut(parent), &change.after) {
        (Some(Value::Object(map)), Some(after)) => {
            map.insert(key, after.clone());
        }
        (Some(Value::Object(map)), None) => {
            map.remove(&key);
        }
        (Some(Value::Array(items)), Some(after)) => {
            if let Some(slot) = key.parse().ok().and_then(|i: usize| items.get_mut(i)) {
                *slot = after.clone();
            }
        }
        _ => {}
    }
}
