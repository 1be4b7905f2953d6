//! `kind: Flow`: from a file to flows that wait for an environment's values.

use std::collections::BTreeMap;
use std::sync::Arc;

use semver::Version;
use serde_json::{Map, Value};

use crate::model::{
    Code, Connector, ConnectorPlace, DesiredFlow, Element, ElementPlace, Finding, Flow,
    FlowContent, Source, Span,
};

use super::decode::Fields;
use super::header::{self, DocumentKind};
use super::json::{self, Gap, References, Step};
use super::report::{Report, quote};
use super::scalar::Meaning;
use super::template::{self, Template, Text};
use super::text::{self, File};
use super::tree::{self, Entry, Node, Scalar};

const METADATA_KEYS: &[&str] = &["name", "labels", "annotations", "renamedFrom"];
const SPEC_KEYS: &[&str] = &["displayName", "description", "version", "elements", "connectors"];
const ELEMENT_KEYS: &[&str] = &["id", "type", "configuration"];
const CONNECTOR_KEYS: &[&str] = &["id", "sourceId", "targetId", "label", "condition"];

/// The longest name that the platform shows.
const MAX_DISPLAY_NAME: usize = 255;

/// What one file declares, whatever the environment.
///
/// Depends on nothing but the file's path and bytes, so it can be kept by the two.
#[derive(Debug)]
pub struct Parsed {
    pub(super) source: Arc<Source>,
    pub(super) flows: Vec<Declared>,
    pub(super) findings: Vec<Finding>,
}

impl Parsed {
    /// Returns the file, for findings of others about it.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Returns what is wrong with the file in every environment, in the order of its text.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// A flow as its manifest declares it: texts with references stand as they are written.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) desired: Arc<DesiredFlow>,
    pub(super) display_name_place: Span,
    pub(super) renamed_from_place: Option<Span>,
    pub(super) holes: Vec<Hole>,
}

/// A text of a flow that waits for values.
#[derive(Debug)]
pub(super) struct Hole {
    pub(super) slot: Slot,
    pub(super) template: Template,
}

/// Where in a flow a text goes.
#[derive(Debug)]
pub(super) enum Slot {
    DisplayName,
    Description,
    Label { connector: usize },
    Condition { connector: usize, path: Vec<Step> },
    Configuration { element: usize, path: Vec<Step> },
}

/// Reads the flows of one file, and everything that is wrong with it.
///
/// A flow of which an element or a connector cannot be read is left out: what remains of it would
/// only give rise to findings that are not true. Empty documents are skipped.
pub fn parse(file: File) -> Parsed {
    match text::open(file) {
        Ok(report) => documents(report),
        Err(report) => finish(report, Vec::new()),
    }
}

fn documents(mut report: Report) -> Parsed {
    let source = Arc::clone(report.source());
    let documents = tree::read(&source.text, &mut report);
    let flows = documents.iter().filter_map(|node| document(&mut report, node)).collect();
    finish(report, flows)
}

fn finish(report: Report, flows: Vec<Declared>) -> Parsed {
    Parsed { source: Arc::clone(report.source()), flows, findings: report.into_findings() }
}

fn document(report: &mut Report, node: &Node<'_>) -> Option<Declared> {
    let (kind, fields) = header::read(report, node)?;
    let place = header::kind_place(&fields);
    match kind {
        DocumentKind::Flow => flow(report, &fields),
        DocumentKind::Project => {
            let hint = "keep it in `flowgate.yaml` at the root of the flows folder only";
            let message = "a project stands among the manifests";
            report.add_hinted(Code::ProjectFile, place, message, hint);
            None
        }
        DocumentKind::Later => {
            let hint = "this version reconciles flows only; keep the document outside `paths`";
            let message = "data actions and data stores are not reconciled in this version";
            report.add_hinted(Code::Unsupported, place, message, hint);
            None
        }
    }
}

fn flow(report: &mut Report, fields: &Fields<'_, '_>) -> Option<Declared> {
    let metadata = report.required(fields, "metadata", metadata);
    let spec = report.required(fields, "spec", spec);
    let (metadata, spec) = (metadata?, spec?);
    Some(declare(report, metadata, spec))
}

fn declare(report: &Report, metadata: Metadata, spec: Spec) -> Declared {
    let display_name = spec.display_name.unwrap_or_else(|| metadata.name.clone());
    let (element_places, elements): (Vec<_>, _) = spec.elements.into_iter().unzip();
    let (connector_places, connectors): (Vec<_>, Vec<_>) = spec.connectors.into_iter().unzip();
    let content = FlowContent { elements, connectors: connectors.into() };
    let (version, version_place) = spec.version.unzip();
    let flow = Flow { display_name, description: spec.description, version, content };
    Declared {
        desired: Arc::new(DesiredFlow {
            location: report.location(metadata.name_place),
            name: metadata.name,
            labels: metadata.labels,
            renamed_from: metadata.renamed_from,
            element_places: element_places.into(),
            connector_places: connector_places.into(),
            version_place,
            flow,
        }),
        display_name_place: spec.display_name_place.unwrap_or(metadata.name_place),
        renamed_from_place: metadata.renamed_from_place,
        holes: spec.holes,
    }
}

struct Metadata {
    name: String,
    name_place: Span,
    labels: BTreeMap<String, String>,
    renamed_from: Option<String>,
    renamed_from_place: Option<Span>,
}

fn metadata(report: &mut Report, _: &str, node: &Node<'_>) -> Option<Metadata> {
    let fields = report.fields("metadata", node, METADATA_KEYS)?;
    let labels = report.optional(&fields, "labels", texts).unwrap_or_default();
    report.optional(&fields, "annotations", annotations);
    let renamed_from = report.optional(&fields, "renamedFrom", header::resource_name);
    let renamed_from_place = fields.get("renamedFrom").map(|node| node.span);
    let name = report.required(&fields, "name", header::resource_name)?;
    if renamed_from.as_ref() == Some(&name) {
        let message = "`renamedFrom` is the name itself";
        report.add(Code::BadValue, renamed_from_place.unwrap_or(fields.whole()), message);
    }
    let name_place = fields.get("name").map_or(fields.whole(), |node| node.span);
    Some(Metadata { name, name_place, labels, renamed_from, renamed_from_place })
}

fn texts(report: &mut Report, key: &str, node: &Node<'_>) -> Option<BTreeMap<String, String>> {
    let entries = report.mapping(key, node)?;
    let read = |entry: &Entry<'_>| {
        let text = report.text(&entry.key, &entry.value)?;
        Some((entry.key.to_string(), text.to_owned()))
    };
    Some(entries.iter().filter_map(read).collect())
}

fn annotations(report: &mut Report, key: &str, node: &Node<'_>) -> Option<()> {
    let entries = report.mapping(key, node)?;
    for entry in entries {
        report.text(&entry.key, &entry.value);
        if entry.key == "flowgate.dev/drift" {
            let message = "drift rules of single flows are not available in this version";
            let hint = "drift is alerted in every flow; leave the annotation out";
            report.add_hinted(Code::Unsupported, entry.key_span, message, hint);
        }
    }
    Some(())
}

struct Spec {
    display_name: Option<String>,
    display_name_place: Option<Span>,
    description: Option<String>,
    version: Option<(Version, Span)>,
    elements: Vec<(ElementPlace, Element)>,
    connectors: Vec<(ConnectorPlace, Connector)>,
    holes: Vec<Hole>,
}

/// Returns nothing when an element or a connector cannot be read.
fn spec(report: &mut Report, _: &str, node: &Node<'_>) -> Option<Spec> {
    let fields = report.fields("spec", node, SPEC_KEYS)?;
    let mut holes = Vec::new();
    let mut reader = Reader { report, holes: &mut holes };
    let display_name = reader.optional_text(&fields, "displayName", Slot::DisplayName);
    let description = reader.optional_text(&fields, "description", Slot::Description);
    let elements = reader.elements(&fields);
    let connectors = reader.connectors(&fields);
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

/// Reads the parts of a flow that may refer to values.
struct Reader<'r> {
    report: &'r mut Report,
    holes: &'r mut Vec<Hole>,
}

impl Reader<'_> {
    fn optional_text(&mut self, fields: &Fields<'_, '_>, key: &str, slot: Slot) -> Option<String> {
        let node = fields.get(key)?;
        let scalar = self.report.text_scalar(key, node)?;
        match template::read(self.report, &scalar.text, node.span, scalar.extent) {
            Text::Literal(text) => Some(text),
            Text::Template(template) => {
                self.holes.push(Hole { slot, template });
                Some(scalar.text.to_string())
            }
        }
    }

    fn value(&mut self, node: &Node<'_>, slot: impl Fn(Vec<Step>) -> Slot) -> Value {
        let (value, gaps) = json::read(self.report, node, References::Known);
        let hole = |Gap { path, template }| Hole { slot: slot(path), template };
        self.holes.extend(gaps.into_iter().map(hole));
        value
    }

    /// Returns all elements, or nothing when one of them cannot be read.
    fn elements(&mut self, fields: &Fields<'_, '_>) -> Option<Vec<(ElementPlace, Element)>> {
        let items = self.report.required(fields, "elements", Report::list)?;
        let read: Vec<_> =
            items.iter().enumerate().map(|(i, node)| self.element(i, node)).collect();
        read.into_iter().collect()
    }

    fn element(&mut self, index: usize, node: &Node<'_>) -> Option<(ElementPlace, Element)> {
        let fields = self.report.fields("an element", node, ELEMENT_KEYS)?;
        let id = self.report.required(&fields, "id", placed);
        let element_type = self.report.required(&fields, "type", placed);
        let configuration = self.configuration(index, &fields);
        let ((id, id_place), (element_type, type_place)) = (id?, element_type?);
        let place = ElementPlace { whole: node.span, id: id_place, element_type: type_place };
        Some((
            place,
            Element { id, element_type, configuration: configuration.into(), extra: Map::new() },
        ))
    }

    fn configuration(&mut self, element: usize, fields: &Fields<'_, '_>) -> Map<String, Value> {
        let Some(node) = fields.get("configuration") else { return Map::new() };
        if self.report.mapping("configuration", node).is_none() {
            return Map::new();
        }
        match self.value(node, |path| Slot::Configuration { element, path }) {
            Value::Object(map) => map,
            _ => Map::new(),
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

fn placed(report: &mut Report, key: &str, node: &Node<'_>) -> Option<(String, Span)> {
    Some((report.filled(key, node)?.to_owned(), node.span))
}
