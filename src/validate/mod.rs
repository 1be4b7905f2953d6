//! Layer 1: what is wrong with flows that are well-formed, before anything is sent.
//!
//! The manifest layer has already refused what is no flow at all: YAML, keys, types, values. Here
//! ids are matched, types are looked up, and the graph of elements and connectors is walked. A
//! mistake is reported once: a misspelt id does not also make half of the flow unreachable.
//!
//! Time is linear in the number of elements and connectors.

mod graph;
mod ids;
mod meaning;
mod references;
mod typo;
mod ways;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{DesiredFlow, Finding, Project, ResourceId};

use meaning::Meaning;

/// Returns everything that is wrong with the flows, in the order of [`order`].
///
/// Each flow is looked at by itself: what only several show together, such as a name that two have,
/// the manifest layer has found already.
pub fn check(project: &Project, flows: &BTreeMap<ResourceId, Arc<DesiredFlow>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for flow in flows.values() {
        let meaning = Meaning::of(flow, project);
        findings.extend(ids::elements(&meaning));
        findings.extend(ids::connectors(&meaning));
        findings.extend(references::element_types(&meaning, project));
        findings.extend(references::connectors(&meaning));
        findings.extend(ways::check(&meaning));
    }
    findings.sort_by(order);
    findings
}

/// Compares findings by file, line, column and code: the order in which they are shown.
pub fn order(a: &Finding, b: &Finding) -> Ordering {
    let key = |finding: &Finding| {
        let span = finding.location.span;
        (span.line, span.column, finding.code)
    };
    let files = a.location.source.path.cmp(&b.location.source.path);
    files.then_with(|| key(a).cmp(&key(b)))
}

#[cfg(test)]
mod tests;
