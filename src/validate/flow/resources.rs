//! The data actions and data stores that a flow's elements name.

use serde_json::Value;

use crate::model::{Code, DesiredFlow, Element, Finding, Kind, Span};

use super::super::names::Names;
use super::meaning::Meaning;

/// The type of an element, the key of its `configuration` that names a resource, and what it names.
const NAMING: &[(&str, &str, Kind)] =
    &[("API", "dataAction", Kind::DataAction), ("Database", "dataStore", Kind::DataStore)];

/// Returns every name that an element of the flow gives to a resource of the kind, whatever the
/// element's type is.
pub(in super::super) fn named(flow: &DesiredFlow, kind: Kind) -> impl Iterator<Item = &str> {
    let keys = NAMING.iter().filter(move |(_, _, named)| *named == kind).map(|(_, key, _)| *key);
    let elements = &flow.flow.content.elements;
    keys.flat_map(move |key| elements.iter().filter_map(move |element| text(element, key)))
}

fn text<'e>(element: &'e Element, key: &str) -> Option<&'e str> {
    element.configuration.get(key).and_then(Value::as_str)
}

/// Finds elements that name a resource which is neither declared nor external.
pub(super) fn check<'a>(meaning: &Meaning<'a>, names: &mut Names<'a>) -> Vec<Finding> {
    let desired = meaning.desired;
    let elements = desired.flow.content.elements.iter().zip(&meaning.types);
    let mut findings = Vec::new();
    for ((element, element_type), place) in elements.zip(&*desired.element_places) {
        let naming = NAMING.iter().find(|(of, _, _)| of == element_type);
        let Some((_, key, kind)) = naming else { continue };
        let Some(name) = text(element, key) else { continue };
        if !names.has(*kind, name) {
            let finding = undeclared(desired, element, place.id, *kind, name);
            findings.push(finding.with_hint(names.hint(*kind, name)));
        }
    }
    findings
}

fn undeclared(
    desired: &DesiredFlow,
    element: &Element,
    place: Span,
    kind: Kind,
    name: &str,
) -> Finding {
    let noun = kind.noun();
    let message = format!("`{}` names the {noun} `{name}`, which is not declared", element.id);
    Finding::new(Code::UndeclaredResource, &desired.metadata.location.source, place, message)
}
