//! Findings for programs.

use serde::Serialize;

use crate::model::{Finding, Label, Location, Severity};

use super::summary::Summary;

/// All findings; `apiVersion` grows when the shape changes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingsDocument {
    api_version: &'static str,
    kind: &'static str,
    findings: Vec<Item>,
    errors: usize,
    warnings: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    code: &'static str,
    severity: &'static str,
    #[serde(flatten)]
    place: Place,
    end_column: u32,
    message: String,
    hint: Option<String>,
    labels: Vec<LabelItem>,
}

#[derive(Debug, Serialize)]
struct LabelItem {
    #[serde(flatten)]
    place: Place,
    message: String,
}

#[derive(Debug, Serialize)]
struct Place {
    file: String,
    line: u32,
    column: u32,
}

/// Returns the findings as a document: texts as they are, lines and columns from 1, columns in
/// characters, `endColumn` the first one after the place.
pub fn json(findings: &[Finding]) -> FindingsDocument {
    let Summary { errors, warnings, .. } = Summary::of(findings);
    let items = super::sorted(findings).into_iter().map(item).collect();
    FindingsDocument {
        api_version: "flowgate.dev/v1",
        kind: "Findings",
        findings: items,
        errors,
        warnings,
    }
}

fn item(finding: &Finding) -> Item {
    let span = finding.location.span;
    Item {
        code: finding.code.as_str(),
        severity: match finding.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        place: place(&finding.location),
        end_column: span.column.saturating_add(span.length),
        message: finding.message.clone(),
        hint: finding.hint.clone(),
        labels: finding.labels.iter().map(label).collect(),
    }
}

fn label(label: &Label) -> LabelItem {
    LabelItem { place: place(&label.location), message: label.text.clone() }
}

fn place(location: &Location) -> Place {
    let Location { source, span } = location;
    Place { file: source.path.clone(), line: span.line, column: span.column }
}
