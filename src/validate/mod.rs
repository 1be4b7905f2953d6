//! Layer 1: what is wrong with resources that are well-formed, before anything is sent.
//!
//! The manifest layer has already refused what is no resource at all: YAML, keys, types, values. Here
//! names and ids are matched, values are held against a schema, and three graphs are walked: of the
//! elements and connectors of a flow, of data actions and what they depend on, of the records of a
//! store and their children. A mistake is reported once: a misspelt id does not also make half of a
//! flow unreachable.
//!
//! Most is found offline, by [`check`]; [`dependencies`], [`live_store`] and [`new_store`] find what
//! only shows beside the tenant.
//!
//! Time is linear in what is declared and live, but for sorting. Nothing recurses along a graph.

mod action;
mod digraph;
mod flow;
mod names;
mod path;
mod repeated;
mod store;
mod typo;

use std::cmp::Ordering;

use crate::model::{Declarations, Finding, Project};

use names::Names;

pub use action::{dependencies, dependency_order};
pub use store::{live_store, new_store};

/// Returns everything that is wrong with what git declares, in the order of [`order`].
pub fn check(project: &Project, declared: &Declarations) -> Vec<Finding> {
    let mut names = Names::of(project, declared);
    let mut findings = Vec::new();
    for flow in declared.flows.values() {
        findings.extend(flow::check(flow, project, &mut names));
    }
    findings.extend(action::check(declared, &mut names));
    for store in declared.data_stores.values() {
        findings.extend(store::check(store));
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
