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
    let (files, declared) = (export.files.len(), export.declared.len());
    let plural = if files == 1 { "" } else { "s" };
    let also = |count: usize, what: &str| match count {
        0 => String::new(),
        count => format!("; {count} {what}"),
    };
    let line = [
        format!("{} of {} in {files} file{plural}", counted(export.exported.len()), export.tenant),
        also(declared, "declared already"),
        also(export.not_exported.len(), "not exported"),
    ]
    .concat();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlreadyDeclared, Kind, ProjectText, ResourceId};

    fn export() -> Export {
        let exported = |name: &str, notes: &[&str]| Exported {
            id: ResourceId::flow(name),
            display_name: name.to_owned(),
            path: format!("flows/{name}.yaml"),
            notes: notes.iter().map(|&note| note.to_owned()).collect(),
        };
        Export {
            environment: "production".to_owned(),
            tenant: "acme".to_owned(),
            files: vec![ProjectText { path: "flows/a.yaml".to_owned(), text: String::new() }],
            exported: vec![exported("a", &["its draft was edited"]), exported("front-desk", &[])],
            not_exported: vec![NotExported {
                kind: Kind::DataStore,
                display_name: "no/name\u{1b}[2J".to_owned(),
                platform_id: "ds-1".to_owned(),
                reason: "it cannot be read".to_owned(),
                unreadable: true,
            }],
            declared: vec![AlreadyDeclared {
                id: ResourceId::data_action("abc"),
                place: "data-actions/abc.yaml:4".to_owned(),
            }],
            element_types: ["set-variable".to_owned()].into(),
            external: [ResourceId::data_action("theirs")].into(),
        }
    }

    #[test]
    fn people_read_what_was_written_and_what_to_look_at() {
        let style = Style { color: false, width: 80 };
        insta::assert_snapshot!(text(&export(), style), @"
        Flow/a           flows/a.yaml
        Flow/front-desk  flows/front-desk.yaml
        ");
        insta::assert_snapshot!(warnings(&export()).join("\n"), @r#"
        not exported: data store "no/name\u{1b}[2J" (ds-1): it cannot be read
        Flow/a: its draft was edited
        add to `elementTypes` in flowgate.yaml, beside those that it has: set-variable (left out, it has the platform's own eight)
        add to `external` in flowgate.yaml what flows use and no manifest declares: DataAction/theirs
        "#);
        insta::assert_snapshot!(summary(&export(), style), @"2 resources of acme in 1 file; 1 declared already; 1 not exported");
        assert_eq!(summary(&Export::default(), style), "0 resources of  in 0 files");
    }

    #[test]
    fn programs_read_everything() {
        insta::assert_json_snapshot!(json(&export()), @r#"
        {
          "apiVersion": "flowgate.dev/v1",
          "declared": [
            {
              "kind": "DataAction",
              "name": "abc",
              "place": "data-actions/abc.yaml:4"
            }
          ],
          "environment": "production",
          "exported": [
            {
              "displayName": "a",
              "kind": "Flow",
              "name": "a",
              "notes": [
                "its draft was edited"
              ],
              "path": "flows/a.yaml"
            },
            {
              "displayName": "front-desk",
              "kind": "Flow",
              "name": "front-desk",
              "notes": [],
              "path": "flows/front-desk.yaml"
            }
          ],
          "files": [
            "flows/a.yaml"
          ],
          "kind": "Export",
          "needs": {
            "elementTypes": [
              "set-variable"
            ],
            "external": [
              "DataAction/theirs"
            ]
          },
          "notExported": [
            {
              "displayName": "no/name\u001b[2J",
              "id": "ds-1",
              "kind": "DataStore",
              "reason": "it cannot be read",
              "unreadable": true
            }
          ],
          "tenant": "acme"
        }
        "#);
    }
}
