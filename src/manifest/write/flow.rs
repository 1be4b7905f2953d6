//! Flows.

use serde_json::{Map, Value};

use crate::model::{Connector, DesiredFlow, Element, Flow, Kind};

use super::super::flow::default_connector_id;
use super::super::template::escape;
use super::yaml::Writer;
use super::{document, escaped};

/// Returns the manifest of a flow: [`parse`](crate::manifest::parse()) and [`resolve`](crate::manifest::resolve()) turn
/// it back into the same flow.
///
/// What stands for its default is left out, and so are properties that only the platform knows.
/// Values were filled in before; where they came from is not known any more. The one thing that a
/// manifest cannot say is a key `valueFrom` in a configuration.
pub fn write(desired: &DesiredFlow) -> String {
    let mut writer = document(Kind::Flow);
    metadata(&mut writer, desired);
    spec(&mut writer, &desired.metadata.name, &desired.flow);
    writer.out
}

/// Returns the manifest of a flow that has nothing but a name beside what it holds; otherwise as
/// [`write()`].
pub fn write_flow(name: &str, flow: &Flow) -> String {
    let mut writer = document(Kind::Flow);
    writer.text(2, "name", name);
    spec(&mut writer, name, flow);
    writer.out
}

fn metadata(writer: &mut Writer, desired: &DesiredFlow) {
    writer.text(2, "name", &desired.metadata.name);
    if !desired.metadata.labels.is_empty() {
        writer.line(2, "labels:");
        for (label, value) in &desired.metadata.labels {
            writer.text(4, label, value);
        }
    }
    if let Some(old) = &desired.metadata.renamed_from {
        writer.text(2, "renamedFrom", old);
    }
}

fn spec(writer: &mut Writer, name: &str, flow: &Flow) {
    writer.line(0, "spec:");
    if flow.display_name != name {
        writer.text(2, "displayName", &escape(&flow.display_name));
    }
    if let Some(description) = &flow.description {
        writer.text(2, "description", &escape(description));
    }
    if let Some(version) = &flow.version {
        writer.line(2, &format!("version: {version}"));
    }
    writer.list(2, "elements", flow.content.elements.iter().map(element));
    if !flow.content.connectors.is_empty() {
        writer.list(2, "connectors", flow.content.connectors.iter().map(connector));
    }
}

fn element(element: &Element) -> Vec<(&'static str, Value)> {
    let mut fields =
        vec![("id", element.id.clone().into()), ("type", element.element_type.clone().into())];
    if !element.configuration.is_empty() {
        fields.push(("configuration", escaped(&Value::Object(Map::clone(&element.configuration)))));
    }
    fields
}

fn connector(connector: &Connector) -> Vec<(&'static str, Value)> {
    let (source, target) = (&connector.source_id, &connector.target_id);
    let mut fields = Vec::new();
    if connector.id != default_connector_id(source, target) {
        fields.push(("id", connector.id.clone().into()));
    }
    fields.push(("sourceId", source.clone().into()));
    fields.push(("targetId", target.clone().into()));
    if let Some(label) = &connector.label {
        fields.push(("label", escape(label).into()));
    }
    if let Some(condition) = &connector.condition {
        fields.push(("condition", escaped(condition)));
    }
    fields
}
