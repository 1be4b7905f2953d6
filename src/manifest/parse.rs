//! From a file to resources that wait for an environment's values.

use std::sync::Arc;

use crate::model::{
    Code, DesiredDataAction, DesiredDataStore, DesiredFlow, Finding, Kind, ResourceId, Source,
};

use super::decode::Fields;
use super::header::{self, DocumentKind};
use super::metadata;
use super::report::Report;
use super::text::{self, File};
use super::tree::{self, Node};
use super::unresolved::{Manifest, Unresolved};

/// What one file declares, whatever the environment.
///
/// Depends on nothing but the file's path and bytes, so it can be kept by the two.
#[derive(Debug)]
pub struct Parsed {
    pub(super) source: Arc<Source>,
    pub(super) flows: Vec<Unresolved<DesiredFlow>>,
    pub(super) data_actions: Vec<Unresolved<DesiredDataAction>>,
    pub(super) data_stores: Vec<Unresolved<DesiredDataStore>>,
    pub(super) broken: Vec<ResourceId>,
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

    /// Returns the script files that the file's data actions name, relative to the flows folder.
    ///
    /// Each lies in the flows folder, as far as a path tells. Some may be named twice.
    pub fn scripts(&self) -> impl Iterator<Item = &str> {
        let named = self.data_actions.iter().filter_map(|action| action.rest.as_ref());
        named.map(|script| script.path.as_str())
    }
}

/// Reads the resources of one file, and everything that is wrong with it.
///
/// A flow of which an element or a connector cannot be read is left out: what remains of it would
/// only give rise to findings that are not true. So are a data action without a script and a data
/// store without its schema. Empty documents are skipped.
pub fn parse(file: File) -> Parsed {
    match text::open(file) {
        Ok(mut report) => {
            let mut parsed = Parsed::empty(&report);
            let source = Arc::clone(report.source());
            for node in tree::read(&source.text, &mut report) {
                parsed.document(&mut report, &node);
            }
            parsed.finish(report)
        }
        Err(report) => Parsed::empty(&report).finish(report),
    }
}

impl Parsed {
    fn empty(report: &Report) -> Self {
        Self {
            source: Arc::clone(report.source()),
            flows: Vec::new(),
            data_actions: Vec::new(),
            data_stores: Vec::new(),
            broken: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn finish(self, report: Report) -> Self {
        Self { findings: report.into_findings(), ..self }
    }

    fn document(&mut self, report: &mut Report, node: &Node<'_>) {
        let Some((kind, fields)) = header::read(report, node) else { return };
        let broken = &mut self.broken;
        match kind {
            DocumentKind::Resource(Kind::Flow) => {
                self.flows.extend(resource(report, &fields, broken));
            }
            DocumentKind::Resource(Kind::DataAction) => {
                self.data_actions.extend(resource(report, &fields, broken));
            }
            DocumentKind::Resource(Kind::DataStore) => {
                self.data_stores.extend(resource(report, &fields, broken));
            }
            DocumentKind::Project => {
                let hint = "keep it in `flowgate.yaml` at the root of the flows folder only";
                let message = "a project stands among the manifests";
                report.add_hinted(Code::ProjectFile, header::kind_place(&fields), message, hint);
            }
        }
    }
}

fn resource<T: Manifest>(
    report: &mut Report,
    fields: &Fields<'_, '_>,
    broken: &mut Vec<ResourceId>,
) -> Option<Unresolved<T>> {
    let named = report
        .required(fields, "metadata", |report, _, node| metadata::read(report, node, T::KIND));
    let spec = report.required(fields, "spec", |report, _, node| T::spec(report, node));
    let named = named?;
    let Some(spec) = spec else {
        broken.push(ResourceId { kind: T::KIND, name: named.metadata.name });
        return None;
    };
    Some(T::declare(spec, named))
}
