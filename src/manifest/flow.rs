//! `kind: Flow`.

use std::sync::Arc;

use semver::Version;
use serde_json::{Map, Value};

use crate::model::{
    Code, Connector, ConnectorPlace, DesiredFlow, Element, ElementPlace, Flow, FlowContent, Source,
    Sourced, Span,
};

use super::decode::Fields;
use super::json::{Step, ValueFrom, descend, pointer};
use super::metadata::Named;
use super::report::{Report, quote};
use super::scalar::Meaning;
use super::template::{Filling, Template};
use super::tree::{self, Node, Scalar};
use super::unresolved::{Hole, Manifest, Reader, Unresolved};

const SPEC_KEYS: &[&str] = &["displayName", "description", "version", "elements", "connectors"];
const ELEMENT_KEYS: &[&str] = &["id", "type", "configuration"];
const CONNECTOR_KEYS: &[&str] = &["id", "sourceId", "targetId", "label", "condition"];

/// The longest name that the platform shows.
const MAX_DISPLAY_NAME: usize = 255;

/// The keys of `configuration` that name a resource, by the type of the element.
const NAMING: &[(&str, &str)] = &[("API", "dataAction"), ("Database", "dataStore")];

/// What `elements` says, and what of it comes from sources.
type Elements = (Vec<(ElementPlace, Element)>, Vec<Sourced>);

/// Where in a flow a text goes.
#[derive(Debug)]
pub(super) enum Slot {
    DisplayName,
    Description,
    Label { connector: usize },
    Condition { connector: usize, path: Vec<Step> },
    Configuration { element: usize, path: Vec<Step> },
}

impl Manifest for DesiredFlow {
    type Spec = Spec;
    type Slot = Slot;
    /// Where the name on the platform stands.
    type Rest = Span;

    fn spec(report: &mut Report, node: &Node<'_>) -> Option<Spec> {
        spec(report, node)
    }

    fn declare(spec: Spec, named: Named) -> Unresolved<Self> {
        declare(spec, named)
    }

    fn put(
        &mut self,
        slot: &Slot,
        template: &Template,
        source: &Arc<Source>,
        filling: &mut Filling<'_>,
    ) {
        put(&mut self.flow, slot, template, source, filling);
    }
}

fn declare(spec: Spec, named: Named) -> Unresolved<DesiredFlow> {
    let Named { metadata, renamed_from_place } = named;
    let display_name = spec.display_name.unwrap_or_else(|| metadata.name.clone());
    let (element_places, elements): (Vec<_>, _) = spec.elements.into_iter().unzip();
    let (connector_places, connectors): (Vec<_>, Vec<_>) = spec.connectors.into_iter().unzip();
    let content = FlowContent { elements, connectors: connectors.into() };
    let (version, version_place) = spec.version.unzip();
    let missing = (!spec.sourced.is_empty()).then(|| "its sources were not asked".to_owned());
    let flow = Flow { display_name, description: spec.description, version, content };
    Unresolved {
        renamed_from_place,
        holes: spec.holes,
        rest: spec.display_name_place.unwrap_or(metadata.location.span),
        desired: Arc::new(DesiredFlow {
            metadata,
            element_places: element_places.into(),
            connector_places: connector_places.into(),
            version_place,
            flow,
            sourced: spec.sourced.into(),
            missing,
        }),
    }
}

pub(super) struct Spec {
    display_name: Option<String>,
    display_name_place: Option<Span>,
    description: Option<String>,
    version: Option<(Version, Span)>,
    elements: Vec<(ElementPlace, Element)>,
    connectors: Vec<(ConnectorPlace, Connector)>,
    holes: Vec<Hole<Slot>>,
    sourced: Vec<Sourced>,
}

/// Returns nothing when an element or a connector cannot be read.
fn spec(report: &mut Report, node: &Node<'_>) -> Option<Spec> {
    let fields = report.fields("spec", node, SPEC_KEYS)?;
    let mut reader = Reader::new(report);
    let display_name = reader.optional_text(&fields, "displayName", Slot::DisplayName);
    let description = reader.optional_text(&fields, "description", Slot::Description);
    let (elements, sourced) = reader.elements(&fields).unzip();
    let connectors = reader.connectors(&fields);
    let holes = reader.holes;
    let version = report.optional(&fields, "version", version);
    let display_name_place = fields.get("displayName").map(|node| node.span);
    if let (Some(name), Some(place)) = (&display_name, display_name_place) {
        check_display_name(report, name, place);
    }
    let (elements, connectors) = (elements?, connectors?);
    Some(Spec {
        display_name,
        display_name_place,
        description,
        version,
        elements,
        connectors,
        holes,
        sourced: sourced.unwrap_or_default(),
    })
}

/// Reports a name that the platform does not take.
pub(super) fn display_name_fault(name: &str) -> Option<&'static str> {
    if name.trim().is_empty() {
        Some("`displayName` is empty")
    } else if name.chars().count() > MAX_DISPLAY_NAME {
        Some("`displayName` is longer than 255 characters")
    } else {
        None
    }
}

fn check_display_name(report: &mut Report, name: &str, place: Span) {
    if let Some(fault) = display_name_fault(name) {
        report.add(Code::BadValue, place, fault);
    }
}

fn version(report: &mut Report, key: &str, node: &Node<'_>) -> Option<(Version, Span)> {
    let tree::Value::Scalar(scalar) = &node.value else {
        return report.wrong_type(key, "a version such as 1.4.0", node);
    };
    match Version::parse(&scalar.text) {
        Ok(version) if version.pre.is_empty() && version.build.is_empty() => {
            Some((version, node.span))
        }
        _ => {
            let message = format!("{} is not MAJOR.MINOR.PATCH", quote(&scalar.text));
            report.add_hinted(Code::BadVersion, node.span, message, version_hint(scalar));
            None
        }
    }
}

fn version_hint(scalar: &Scalar<'_>) -> String {
    let completed = match scalar.meaning {
        Meaning::Integer(_) => format!("{}.0.0", scalar.text),
        Meaning::Float(_) => format!("{}.0", scalar.text),
        _ => scalar.text.trim_start_matches(['v', 'V']).to_owned(),
    };
    match Version::parse(&completed) {
        Ok(version) if version.pre.is_empty() && version.build.is_empty() => {
            format!("write {version}")
        }
        _ => "write three whole numbers such as 1.4.0, or leave it out".to_owned(),
    }
}

impl Reader<'_, Slot> {
    /// Returns all elements, or nothing when one of them cannot be read.
    fn elements(&mut self, fields: &Fields<'_, '_>) -> Option<Elements> {
        let items = self.report.required(fields, "elements", Report::list)?;
        let mut sourced = Vec::new();
        let read: Vec<_> =
            items.iter().enumerate().map(|(i, node)| self.element(i, node, &mut sourced)).collect();
        Some((read.into_iter().collect::<Option<_>>()?, sourced))
    }

    fn element(
        &mut self,
        index: usize,
        node: &Node<'_>,
        sourced: &mut Vec<Sourced>,
    ) -> Option<(ElementPlace, Element)> {
        let fields = self.report.fields("an element", node, ELEMENT_KEYS)?;
        let id = self.report.required(&fields, "id", placed);
        let element_type = self.report.required(&fields, "type", placed);
        let (configuration, from) = self.configuration(index, &fields);
        let ((id, id_place), (element_type, type_place)) = (id?, element_type?);
        for from in from {
            self.check_naming(&element_type, &from);
            sourced.push(placed_in(&id, from));
        }
        let place = ElementPlace { whole: node.span, id: id_place, element_type: type_place };
        Some((
            place,
            Element { id, element_type, configuration: configuration.into(), extra: Map::new() },
        ))
    }

    fn configuration(
        &mut self,
        element: usize,
        fields: &Fields<'_, '_>,
    ) -> (Map<String, Value>, Vec<ValueFrom>) {
        let Some(node) = fields.get("configuration") else { return Default::default() };
        if self.report.mapping("configuration", node).is_none() {
            return Default::default();
        }
        match self.sourced_value(node, |path| Slot::Configuration { element, path }) {
            (Value::Object(map), from) => (map, from),
            _ => Default::default(),
        }
    }

    /// Reports a resource whose name comes from a source: what a flow uses decides what comes before
    /// it, and must be known without asking.
    fn check_naming(&mut self, element_type: &str, from: &ValueFrom) {
        let naming = NAMING
            .iter()
            .any(|(of, key)| *of == element_type && from.path == [Step::Key((*key).to_owned())]);
        if naming {
            let message = "the resource that an element uses cannot come from a source";
            let hint = "write its name, or `${values.name}`";
            self.report.add_hinted(Code::BadValue, from.source.1, message, hint);
        }
    }

    /// Returns all connectors, or nothing when one of them cannot be read. A flow may have none.
    fn connectors(&mut self, fields: &Fields<'_, '_>) -> Option<Vec<(ConnectorPlace, Connector)>> {
        let Some(node) = fields.get("connectors") else { return Some(Vec::new()) };
        let items = self.report.list("connectors", node)?;
        let read: Vec<_> =
            items.iter().enumerate().map(|(i, node)| self.connector(i, node)).collect();
        read.into_iter().collect()
    }

    fn connector(
        &mut self,
        connector: usize,
        node: &Node<'_>,
    ) -> Option<(ConnectorPlace, Connector)> {
        let fields = self.report.fields("a connector", node, CONNECTOR_KEYS)?;
        let id = self.report.optional(&fields, "id", placed);
        let source = self.report.required(&fields, "sourceId", placed);
        let target = self.report.required(&fields, "targetId", placed);
        let label = self.optional_text(&fields, "label", Slot::Label { connector });
        let condition = fields
            .get("condition")
            .map(|node| self.value(node, |path| Slot::Condition { connector, path }));
        let ((source_id, source_place), (target_id, target_place)) = (source?, target?);
        let place = ConnectorPlace {
            whole: node.span,
            id: id.as_ref().map(|(_, place)| *place),
            source_id: source_place,
            target_id: target_place,
        };
        let id = id.map_or_else(|| default_connector_id(&source_id, &target_id), |(id, _)| id);
        let extra = Map::new();
        Some((place, Connector { id, source_id, target_id, label, condition, extra }))
    }
}

/// Returns the id of a connector that is given none.
pub(super) fn default_connector_id(source: &str, target: &str) -> String {
    format!("{source}->{target}")
}

fn placed_in(element: &str, from: ValueFrom) -> Sourced {
    let ((source, source_place), (field, field_place)) = (from.source, from.field);
    Sourced {
        element: element.to_owned(),
        pointer: format!("/configuration{}", pointer(&from.path)),
        source,
        field,
        source_place,
        field_place,
        value: None,
    }
}

fn placed(report: &mut Report, key: &str, node: &Node<'_>) -> Option<(String, Span)> {
    Some((report.filled(key, node)?.to_owned(), node.span))
}

fn put(
    flow: &mut Flow,
    slot: &Slot,
    template: &Template,
    source: &Arc<Source>,
    filling: &mut Filling<'_>,
) {
    match slot {
        Slot::DisplayName => {
            if let Some(text) = filling.text(template, source) {
                flow.display_name = text;
            }
        }
        Slot::Description => {
            if let Some(text) = filling.text(template, source) {
                flow.description = Some(text);
            }
        }
        Slot::Label { connector } => {
            if let Some(text) = filling.text(template, source) {
                Arc::make_mut(&mut flow.content.connectors)[*connector].label = Some(text);
            }
        }
        Slot::Condition { .. } | Slot::Configuration { .. } => {
            if let (Some(value), Some(place)) =
                (filling.value(template, source), free_form(flow, slot))
            {
                *place = value;
            }
        }
    }
}

fn free_form<'f>(flow: &'f mut Flow, slot: &Slot) -> Option<&'f mut Value> {
    match slot {
        Slot::Condition { connector, path } => {
            let connectors = Arc::make_mut(&mut flow.content.connectors);
            let condition = connectors.get_mut(*connector)?.condition.as_mut()?;
            descend(condition, path)
        }
        Slot::Configuration { element, path } => {
            let (Step::Key(key), rest) = path.split_first()? else { return None };
            let configuration = &mut flow.content.elements.get_mut(*element)?.configuration;
            descend(Arc::make_mut(configuration).get_mut(key)?, rest)
        }
        Slot::DisplayName | Slot::Description | Slot::Label { .. } => None,
    }
}
