//! `flowgate.yaml`: tenants, environments and their rules.

mod environment;
mod manages;
mod references;
pub(super) mod retention;
pub(super) mod source;
mod tenant;
mod url;
pub(super) mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Code, Finding, Kind, Location, Project, ResourceId, Source, Span};

use super::decode::Fields;
use super::header::{self, DocumentKind};
use super::name::Rule;
use super::report::{Report, quote};
use super::text::{self, File};
use super::tree::{self, Node};

/// The file's name.
const FILE_NAME: &str = "flowgate.yaml";

const SPEC_KEYS: &[&str] = &["paths", "elementTypes", "external", "tenants", "environments"];

/// The element types that every tenant has.
pub(super) const ELEMENT_TYPES: &[&str] =
    &["Begin", "End", "IVR", "Queue", "Agent", "API", "Database", "Conditional"];

/// Returns the element types that every tenant has.
pub fn default_element_types() -> impl Iterator<Item = &'static str> {
    ELEMENT_TYPES.iter().copied()
}

/// The folders that are read when the project names none.
pub(super) const DEFAULT_PATHS: &[&str] = &["flows", "data-actions", "data-stores"];

/// A project and where its parts stand.
#[derive(Debug, Clone)]
pub struct ProjectFile {
    /// What the file says.
    pub project: Project,
    source: Arc<Source>,
    /// None where the project names no paths.
    paths: Option<Vec<Span>>,
    values: BTreeMap<String, BTreeMap<String, Span>>,
    sources: BTreeMap<String, BTreeMap<String, Span>>,
}

impl ProjectFile {
    /// Returns where each of `project.paths` stands, or nothing when they are the default.
    pub(super) fn path_locations(&self) -> Option<impl Iterator<Item = Location>> {
        let places = self.paths.as_ref()?;
        Some(places.iter().map(|place| self.location(Some(*place))))
    }

    /// Returns where the file begins, for findings about what it does not say.
    pub(super) fn beginning(&self) -> Location {
        self.location(None)
    }

    /// Returns where an environment sets a value.
    pub fn value_location(&self, environment: &str, value: &str) -> Location {
        self.location(self.values.get(environment).and_then(|values| values.get(value)).copied())
    }

    /// Returns where an environment declares a source.
    pub(super) fn source_location(&self, environment: &str, source: &str) -> Location {
        let sources = self.sources.get(environment);
        self.location(sources.and_then(|sources| sources.get(source)).copied())
    }

    fn location(&self, span: Option<Span>) -> Location {
        Location { source: Arc::clone(&self.source), span: span.unwrap_or(Span::START) }
    }
}

/// Returns the finding for a flows folder without `flowgate.yaml`.
pub fn missing_project() -> Finding {
    let source = Arc::new(Source { path: FILE_NAME.to_owned(), text: String::new() });
    let message = "the flows folder has no `flowgate.yaml`";
    Finding::new(Code::ProjectFile, &source, Span::START, message)
        .with_hint("name the folder that has one, or write one with `kind: Project`")
}

/// Reads `flowgate.yaml`.
///
/// Returns every finding when there is one; all findings of a project are errors.
pub fn project(file: File) -> Result<ProjectFile, Vec<Finding>> {
    let mut report = text::open(file).map_err(Report::into_findings)?;
    let source = Arc::clone(report.source());
    let documents = tree::read(&source.text, &mut report);
    let mut projects = Projects { report: &mut report, first: None };
    let read: Vec<_> = documents.iter().filter_map(|node| projects.document(node)).collect();
    let findings = report.into_findings();
    match read.into_iter().next() {
        Some(file) if findings.is_empty() => Ok(file),
        None if findings.is_empty() => {
            let message = "the file holds no project";
            let finding = Finding::new(Code::ProjectFile, &source, Span::START, message);
            Err(vec![finding.with_hint("write a document with `kind: Project`")])
        }
        _ => Err(findings),
    }
}

/// The documents of `flowgate.yaml`, of which one is the project.
struct Projects<'r> {
    report: &'r mut Report,
    first: Option<Span>,
}

impl Projects<'_> {
    fn document(&mut self, node: &Node<'_>) -> Option<ProjectFile> {
        let (kind, fields) = header::read(self.report, node)?;
        let place = header::kind_place(&fields);
        if kind != DocumentKind::Project {
            let hint = "keep manifests in the folders of `paths`";
            let message = "`flowgate.yaml` holds a project and nothing else";
            self.report.add_hinted(Code::ProjectFile, place, message, hint);
            return None;
        }
        if let Some(first) = self.first {
            let message = "a second project";
            let finding = Finding::new(Code::ProjectFile, self.report.source(), place, message)
                .with_label(self.report.location(first), "the first is here");
            self.report.push(finding);
            return None;
        }
        self.first = Some(place);
        read(self.report, &fields)
    }
}

fn read(report: &mut Report, fields: &Fields<'_, '_>) -> Option<ProjectFile> {
    let name = report.required(fields, "metadata", metadata);
    let node = report.required(fields, "spec", |_, _, node| Some(node))?;
    let spec = report.fields("spec", node, SPEC_KEYS)?;
    let (paths, path_places) = report
        .optional(&spec, "paths", paths)
        .map(|paths| paths.into_iter().unzip())
        .map_or_else(|| (default_paths(), None), |(paths, places)| (paths, Some(places)));
    let element_types = report.optional(&spec, "elementTypes", element_types);
    let external = report.optional(&spec, "external", external).unwrap_or_default();
    let tenants = report.required(&spec, "tenants", tenant::read_all).unwrap_or_default();
    let declared =
        report.required(&spec, "environments", environment::read_all).unwrap_or_default();
    let values = declared
        .iter()
        .map(|declared| (declared.environment.name.clone(), declared.value_places.clone()))
        .collect();
    let sources = declared
        .iter()
        .map(|declared| (declared.environment.name.clone(), declared.source_places.clone()))
        .collect();
    let places: Vec<_> = declared.iter().map(environment::Declared::places).collect();
    let mut project = Project {
        name: name.unwrap_or_default(),
        paths,
        element_types: element_types
            .unwrap_or_else(|| ELEMENT_TYPES.iter().copied().map(str::to_owned).collect()),
        external,
        tenants,
        environments: declared.into_iter().map(|declared| declared.environment).collect(),
    };
    manages::fill_in(&mut project, &places);
    references::check(report, &project, &places);
    manages::check(report, &project, &places);
    retention::share(report, &mut project, &places);
    let source = Arc::clone(report.source());
    Some(ProjectFile { project, source, paths: path_places, values, sources })
}

fn metadata(report: &mut Report, _: &str, node: &Node<'_>) -> Option<String> {
    let fields = report.fields("metadata", node, &["name"])?;
    report.required(&fields, "name", header::plain_name)
}

fn default_paths() -> Vec<String> {
    DEFAULT_PATHS.iter().map(|path| (*path).to_owned()).collect()
}

fn paths(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Vec<(String, Span)>> {
    if report.list(key, node)?.is_empty() {
        report.add(Code::BadValue, node.span, "`paths` is empty");
    }
    report.each(key, node, path)
}

fn path(report: &mut Report, key: &str, node: &Node<'_>) -> Option<(String, Span)> {
    let text = report.filled(key, node)?;
    let steps: Vec<&str> =
        text.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
    if text.starts_with('/') || text.contains('\\') || steps.contains(&"..") {
        let message = format!("{} does not stay within the flows folder", quote(text));
        let hint = "write it relative to `flowgate.yaml`, with `/` and without `..`";
        report.add_hinted(Code::BadValue, node.span, message, hint);
        return None;
    }
    let path = if steps.is_empty() { ".".to_owned() } else { steps.join("/") };
    Some((path, node.span))
}

fn element_types(report: &mut Report, key: &str, node: &Node<'_>) -> Option<BTreeSet<String>> {
    let read = |report: &mut Report, key: &str, node| report.filled(key, node).map(str::to_owned);
    report.each(key, node, read).map(|types| types.into_iter().collect())
}

/// Reads what git does not declare although manifests name it.
fn external(report: &mut Report, key: &str, node: &Node<'_>) -> Option<BTreeSet<ResourceId>> {
    let read = |report: &mut Report, _: &str, node: &Node<'_>| {
        let id = resource(report, node, "DataAction/legacy-lookup")?;
        if id.kind == Kind::Flow {
            let message = "manifests name data actions and data stores, never flows";
            report.add_hinted(Code::BadValue, node.span, message, "leave it out");
            return None;
        }
        Some(id)
    };
    report.each(key, node, read).map(|resources| resources.into_iter().collect())
}

/// Reads kind and name of a resource.
fn resource(report: &mut Report, node: &Node<'_>, example: &str) -> Option<ResourceId> {
    let text = report.text("a resource", node)?;
    let id = text.parse::<ResourceId>().ok().filter(|id| Rule::of(id.kind).allows(&id.name));
    if id.is_none() {
        let message = format!("{} names no resource", quote(text));
        let hint = format!("write kind and name, such as {example}");
        report.add_hinted(Code::BadValue, node.span, message, hint);
    }
    id
}

/// Returns the items with the name that was there before reported, and left out.
fn unique<T>(
    report: &mut Report,
    what: &str,
    items: Vec<T>,
    name: impl Fn(&T) -> (&str, Span),
) -> Vec<T> {
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        let (text, span) = name(&item);
        if let Some(earlier) = first.get(text) {
            let message = format!("two {what}s are called `{text}`");
            let finding = Finding::new(Code::BadValue, report.source(), span, message)
                .with_label(report.location(*earlier), "the first is here");
            report.push(finding);
        } else {
            first.insert(text.to_owned(), span);
            kept.push(item);
        }
    }
    kept
}
