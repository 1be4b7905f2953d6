//! What elements and connectors have in common when they are compared.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::json::{normal_map, normal_value, write_object, write_string, write_value};
use crate::model::{Connector, Element};

/// An element or a connector, seen through its managed properties.
pub(super) trait FlowPart: Sized {
    /// Returns its id; malformed content may hold it twice.
    fn id(&self) -> &str;
    /// Returns what it is, for people.
    fn label(&self) -> String;
    /// Returns the properties that are never compared.
    fn extra(&self) -> &Map<String, Value>;
    /// Returns its canonical form: managed properties only, numbers normal, nothing absent spelled.
    fn canonical(&self) -> Value;
    /// Appends the canonical JSON of its canonical form, without building the latter.
    fn write(&self, out: &mut String);
    /// Collects the managed properties that differ in `after`.
    fn compare(&self, after: &Self, fields: &mut Fields);
    /// Makes a part of its canonical form; what is missing there is empty.
    fn restore(canonical: Value, extra: Map<String, Value>) -> Self;
}

impl FlowPart for Element {
    fn id(&self) -> &str {
        &self.id
    }

    fn label(&self) -> String {
        self.element_type.clone()
    }

    fn extra(&self) -> &Map<String, Value> {
        &self.extra
    }

    fn canonical(&self) -> Value {
        let mut map = Map::new();
        map.insert("id".into(), self.id.clone().into());
        map.insert("type".into(), self.element_type.clone().into());
        map.insert("configuration".into(), normal_map(&self.configuration).into());
        map.into()
    }

    fn write(&self, out: &mut String) {
        out.push_str("{\"configuration\":");
        write_object(out, &self.configuration);
        out.push_str(",\"id\":");
        write_string(out, &self.id);
        out.push_str(",\"type\":");
        write_string(out, &self.element_type);
        out.push('}');
    }

    fn compare(&self, after: &Self, fields: &mut Fields) {
        fields.text("id", Some(&self.id), Some(&after.id));
        fields.text("type", Some(&self.element_type), Some(&after.element_type));
        fields.object("configuration", &self.configuration, &after.configuration);
    }

    fn restore(canonical: Value, extra: Map<String, Value>) -> Self {
        let mut map = members(canonical);
        Self {
            id: take_text(&mut map, "id").unwrap_or_default(),
            element_type: take_text(&mut map, "type").unwrap_or_default(),
            configuration: map.remove("configuration").map(members).unwrap_or_default().into(),
            extra,
        }
    }
}

impl FlowPart for Connector {
    fn id(&self) -> &str {
        &self.id
    }

    fn label(&self) -> String {
        format!("{} -> {}", self.source_id, self.target_id)
    }

    fn extra(&self) -> &Map<String, Value> {
        &self.extra
    }

    fn canonical(&self) -> Value {
        let mut map = Map::new();
        if let Some(condition) = managed_condition(self) {
            map.insert("condition".into(), normal_value(condition));
        }
        map.insert("id".into(), self.id.clone().into());
        if let Some(label) = managed_label(self) {
            map.insert("label".into(), label.into());
        }
        map.insert("sourceId".into(), self.source_id.clone().into());
        map.insert("targetId".into(), self.target_id.clone().into());
        map.into()
    }

    fn write(&self, out: &mut String) {
        out.push('{');
        if let Some(condition) = managed_condition(self) {
            out.push_str("\"condition\":");
            write_value(out, condition);
            out.push(',');
        }
        out.push_str("\"id\":");
        write_string(out, &self.id);
        if let Some(label) = managed_label(self) {
            out.push_str(",\"label\":");
            write_string(out, label);
        }
        out.push_str(",\"sourceId\":");
        write_string(out, &self.source_id);
        out.push_str(",\"targetId\":");
        write_string(out, &self.target_id);
        out.push('}');
    }

    fn compare(&self, after: &Self, fields: &mut Fields) {
        fields.text("id", Some(&self.id), Some(&after.id));
        fields.text("sourceId", Some(&self.source_id), Some(&after.source_id));
        fields.text("targetId", Some(&self.target_id), Some(&after.target_id));
        fields.text("label", managed_label(self), managed_label(after));
        fields.value("condition", managed_condition(self), managed_condition(after));
    }

    fn restore(canonical: Value, extra: Map<String, Value>) -> Self {
        let mut map = members(canonical);
        Self {
            id: take_text(&mut map, "id").unwrap_or_default(),
            source_id: take_text(&mut map, "sourceId").unwrap_or_default(),
            target_id: take_text(&mut map, "targetId").unwrap_or_default(),
            label: take_text(&mut map, "label"),
            condition: map.remove("condition"),
            extra,
        }
    }
}

fn managed_label(connector: &Connector) -> Option<&str> {
    connector.label.as_deref().filter(|label| !label.is_empty())
}

fn managed_condition(connector: &Connector) -> Option<&Value> {
    connector.condition.as_ref().filter(|condition| !condition.is_null())
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn take_text(map: &mut Map<String, Value>, key: &str) -> Option<String> {
    match map.remove(key) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}
