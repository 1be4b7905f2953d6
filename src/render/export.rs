//! What became of a tenant that was exported.

use serde::Serialize;
use serde_json::Value;

use super::document::{self, API_VERSION};
use super::table::{Cell, aligned};
use super::{Style, escape, paint};
use crate::model::{Export, Exported, NotExported};

/// Returns a line for each manifest: what it declares, and where it lies.
pub fn text(export: &Export, style: Style) -> String {
    let row = |one: &Exported| [Cell::new(&one.id), Cell::new(&one.path)];
    let rows: Vec<_> = export.exported.iter().map(row).collect();
    aligned(rows.iter(), style)
}

/// Returns what somebody should look at, a sentence each, safe to show: what was not exported and why,
/// what a manifest does not say, and what the project file needs.
pub fn warnings(export: &Export) -> Vec<String> {
    let left = export.not_exported.iter().map(not_exported);
    let notes = export
        .exported
        .iter()
        .flat_map(|one| one.notes.iter().map(|note| format!("{}: {note}", one.id)));
    let types: Vec<&str> = export.element_types.iter().map(String::as_str).collect();
    let types = (!types.is_empty()).then(|| {
        format!(
            "add to `elementTypes` in flowgate.yaml, beside those that it has: {} (left out, it has the \
             platform's own eight)",
            types.join(", ")
        )
    });
    let external: Vec<String> = export.external.iter().map(ToString::to_string).collect();
    let external = (!external.is_empty()).then(|| {
        format!(
            "add to `external` in flowgate.yaml what flows use and no manifest declares: {}",
            external.join(", ")
        )
    });
    left.chain(notes).chain(types).chain(external).map(|line| escape::plain(&line)).collect()
}

fn not_exported(one: &NotExported) -> String {
    let NotExported { kind, display_name, platform_id, reason, .. } = one;
    format!("not exported: {} {display_name:?} ({platform_id}): {reason}", kind.noun())
}

/// Returns the counts in one line.
pub fn summary(export: &Export, style: Style) -> String {
    let counted = |count: usize| match count {
        1 => "1 resource".to_owned(),
        count => format!("{count} resources"),
    };
    let mut line = format!(
        "{} of {} in {} file{}",
        counted(export.exported.len()),
        export.tenant,
        export.files.len(),
        if export.files.len() == 1 { "" } else { "s" }
    );
    if !export.declared.is_empty() {
        line += &format!("; {} declared already", export.declared.len());
    }
    if !export.not_exported.is_empty() {
        line += &format!("; {} not exported", export.not_exported.len());
    }
    style.paint(paint::STRONG, &escape::plain(&line))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    environment: &'a str,
    tenant: &'a str,
    files: Vec<&'a str>,
    exported: Vec<Resource<'a>>,
    declared: Vec<Declared<'a>>,
    not_exported: Vec<Left<'a>>,
    needs: Needs<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    kind: &'static str,
    name: &'a str,
    display_name: &'a str,
    path: &'a str,
    notes: &'a [String],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Declared<'a> {
    kind: &'static str,
    name: &'a str,
    place: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Left<'a> {
    kind: &'static str,
    display_name: &'a str,
    id: &'a str,
    reason: &'a str,
    unreadable: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Needs<'a> {
    element_types: Vec<&'a str>,
    external: Vec<String>,
}

/// Returns everything as JSON, of kind `Export`: `docs/reference/plan.md`.
pub fn json(export: &Export) -> Value {
    let exported = export.exported.iter().map(|one| Resource {
        kind: one.id.kind.as_str(),
        name: &one.id.name,
        display_name: &one.display_name,
        path: &one.path,
        notes: &one.notes,
    });
    let declared = export.declared.iter().map(|one| Declared {
        kind: one.id.kind.as_str(),
        name: &one.id.name,
        place: &one.place,
    });
    let left = export.not_exported.iter().map(|one| Left {
        kind: one.kind.as_str(),
        display_name: &one.display_name,
        id: &one.platform_id,
        reason: &one.reason,
        unreadable: one.unreadable,
    });
    document::value(&Document {
        api_version: API_VERSION,
        kind: "Export",
        environment: &export.environment,
        tenant: &export.tenant,
        files: export.files.iter().map(|file| &*file.path).collect(),
        exported: exported.collect(),
        declared: declared.collect(),
        not_exported: left.collect(),
        needs: Needs {
            element_types: export.element_types.iter().map(String::as_str).collect(),
            external: export.external.iter().map(ToString::to_string).collect(),
        },
    })
}
