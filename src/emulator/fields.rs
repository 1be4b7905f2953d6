//! Reading a body's properties.

use serde_json::{Map, Value};

use super::answer::{Refusal, detail};
use crate::cxone::wire::ErrorDetail;

/// The properties that the contract does not name; they are kept as they are.
pub(super) fn unnamed(object: &Map<String, Value>, named: &[&str]) -> Map<String, Value> {
    let extra = object.iter().filter(|(name, _)| !named.contains(&name.as_str()));
    extra.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Reads an object's properties and gathers every fault on the way.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    /// JSON pointer to the object.
    at: String,
    faults: Vec<ErrorDetail>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(object: &'a Map<String, Value>, at: impl Into<String>) -> Self {
        Self { object, at: at.into(), faults: Vec::new() }
    }

    /// A text that must be there and not empty.
    pub(super) fn text(&mut self, name: &str) -> String {
        match self.object.get(name) {
            Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
            Some(Value::String(_)) => self.fault(name, "must not be empty"),
            Some(_) => self.fault(name, "must be a string"),
            None => self.fault(name, "is missing"),
        }
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Option<String> {
        match self.object.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => Some(self.fault(name, "must be a string")),
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        self.optional_flag(name).unwrap_or_default()
    }

    pub(super) fn optional_flag(&mut self, name: &str) -> Option<bool> {
        match self.object.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => Some(self.fault(name, "must be true or false")),
        }
    }

    pub(super) fn integer(&mut self, name: &str) -> u64 {
        match self.object.get(name) {
            None => self.fault(name, "is missing"),
            Some(value) => match value.as_u64() {
                Some(number) => number,
                None => self.fault(name, "must be an integer from 0"),
            },
        }
    }

    pub(super) fn list(&mut self, name: &str) -> Vec<Value> {
        match self.object.get(name) {
            Some(Value::Array(items)) => items.clone(),
            Some(_) => self.fault(name, "must be a list"),
            None => self.fault(name, "is missing"),
        }
    }

    /// A list of texts, none of them empty; empty when it is absent.
    pub(super) fn optional_texts(&mut self, name: &str) -> Vec<String> {
        let items = match self.object.get(name) {
            None | Some(Value::Null) => return Vec::new(),
            Some(_) => self.list(name),
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) if !text.is_empty() => texts.push(text),
                _ => self.fault(&format!("{name}/{index}"), "must be a string that is not empty"),
            }
        }
        texts
    }

    pub(super) fn object(&mut self, name: &str) -> Option<&'a Map<String, Value>> {
        match self.object.get(name) {
            Some(Value::Object(object)) => Some(object),
            Some(_) => self.fault(name, "must be an object"),
            None => self.fault(name, "is missing"),
        }
    }

    /// An object that is empty when it is absent.
    pub(super) fn optional_object(&mut self, name: &str) -> Map<String, Value> {
        match self.object.get(name) {
            None | Some(Value::Null) => Map::new(),
            Some(_) => self.object(name).cloned().unwrap_or_default(),
        }
    }

    /// A text that can be one thing only.
    pub(super) fn fixed(&mut self, name: &str, only: &str) {
        let text = self.text(name);
        if !text.is_empty() && text != only {
            self.fault::<()>(name, format!("is {text:?}, expected {only:?}"));
        }
    }

    /// Records a fault of a property; returns a stand-in that is never used.
    pub(super) fn fault<T: Default>(&mut self, name: &str, message: impl Into<String>) -> T {
        self.faults.push(detail(format!("{}/{name}", self.at), message));
        T::default()
    }

    /// Adds what another check has found.
    pub(super) fn also(&mut self, faults: Vec<ErrorDetail>) {
        self.faults.extend(faults);
    }

    pub(super) fn into_faults(self) -> Vec<ErrorDetail> {
        self.faults
    }

    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.faults.is_empty() { Ok(()) } else { Err(Refusal::schema(self.faults)) }
    }
}
