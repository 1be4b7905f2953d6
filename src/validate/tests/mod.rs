//! What the tests of all kinds share.

mod actions;
mod flows;
mod graphs;
mod stores;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Finding, Location, Metadata, Project, Source, Span};

fn project() -> Project {
    let types = ["Begin", "End", "IVR", "Queue", "Agent", "API", "Database", "Conditional"];
    Project {
        name: "acme".into(),
        paths: vec!["flows".into()],
        element_types: types.map(String::from).into(),
        external: BTreeSet::new(),
        tenants: Vec::new(),
        environments: Vec::new(),
    }
}

fn at(line: usize, column: u32) -> Span {
    Span { line: u32::try_from(line).unwrap(), column, length: 1 }
}

/// The metadata of a resource whose name stands in line 4 of a file of that name.
fn metadata(folder: &str, name: &str) -> Metadata {
    let source = Arc::new(Source { path: format!("{folder}/{name}.yaml"), text: String::new() });
    Metadata {
        name: name.into(),
        labels: BTreeMap::new(),
        drift: None,
        renamed_from: None,
        location: Location { source, span: at(4, 9) },
    }
}

fn place(location: &Location) -> String {
    let Span { line, column, .. } = location.span;
    format!("{}:{line}:{column}", location.source.path)
}

fn text(findings: &[Finding]) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let code = finding.code.as_str();
        lines.push(format!("{} {code}: {}", place(&finding.location), finding.message));
        lines.extend(finding.labels.iter().map(|l| format!("  {} {}", place(&l.location), l.text)));
        lines.extend(finding.hint.iter().map(|hint| format!("  help: {hint}")));
    }
    lines.join("\n")
}
