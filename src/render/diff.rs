//! What differs between two revisions, without a tenant.

use serde::Serialize;
use serde_json::Value;

use super::document::{self, API_VERSION, Field, Matrix};
use super::markdown::{Document as Page, Section, WIDTH, code};
use super::matrix::{self, Row, Sign};
use super::{Style, escape, paint};
use crate::delta::{ResourceChange, ResourceDiff};

/// Returns the differences as text that ends with a line break, last one line with the counts.
pub fn text(changes: &[ResourceDiff], style: Style) -> String {
    let mut out = String::new();
    for change in changes {
        out.push_str(&heading(change, style));
        for row in rows(change, style.width) {
            out.push_str(&row.text(style));
        }
        out.push('\n');
    }
    out + &style.paint(paint::STRONG, &summary(changes)) + "\n"
}

/// Returns the differences as JSON, of kind `Diff`: `docs/reference/plan.md`.
pub fn json(changes: &[ResourceDiff]) -> Value {
    let resources = changes.iter().map(Resource::from).collect();
    document::value(&Document { api_version: API_VERSION, kind: "Diff", resources })
}

/// Returns the differences as Markdown of at most 60,000 characters; text from the repository
/// stays text.
pub fn markdown(changes: &[ResourceDiff]) -> String {
    let row = |change: &ResourceDiff| {
        vec![
            words(change.change).1.to_owned(),
            code(&change.id.to_string()),
            code(&change.display_name),
            code(&change.place),
        ]
    };
    let section = |change: &ResourceDiff| Section {
        title: format!("{} {}", words(change.change).1, code(&change.id.to_string())),
        rows: rows(change, WIDTH),
    };
    Page {
        head: format!("**{}**\n", summary(changes)),
        columns: &["", "Resource", "Name", "Declared"],
        table: changes.iter().map(row).collect(),
        sections: changes.iter().map(section).collect(),
    }
    .draw()
}

fn words(change: ResourceChange) -> (char, &'static str) {
    match change {
        ResourceChange::Added => ('+', "added"),
        ResourceChange::Removed => ('-', "removed"),
        ResourceChange::Modified => ('~', "modified"),
    }
}

fn heading(change: &ResourceDiff, style: Style) -> String {
    let ansi = match change.change {
        ResourceChange::Added => paint::GOOD,
        ResourceChange::Removed => paint::BAD,
        ResourceChange::Modified => paint::CARE,
    };
    let (sign, _) = words(change.change);
    let id = escape::plain(&change.id.to_string());
    let id = style.paint(ansi.bold(), &format!("{sign} {id}"));
    let place = style.paint(paint::QUIET, &format!("({})", escape::plain(&change.place)));
    format!("{id} {} {place}\n", escape::quoted(&change.display_name))
}

fn rows(change: &ResourceDiff, width: usize) -> Vec<Row> {
    let whole =
        |sign| matrix::whole(change.id.kind, (&change.settings, &change.delta), sign, width);
    match change.change {
        ResourceChange::Added => whole(Sign::Add),
        ResourceChange::Removed => whole(Sign::Remove),
        ResourceChange::Modified => {
            let mut rows = matrix::settings(&change.settings);
            rows.extend(matrix::changed(&change.delta, &[]));
            rows
        }
    }
}

fn summary(changes: &[ResourceDiff]) -> String {
    if changes.is_empty() {
        return "No differences.".into();
    }
    let count = |kind| changes.iter().filter(|change| change.change == kind).count();
    let (added, removed) = (count(ResourceChange::Added), count(ResourceChange::Removed));
    let modified = count(ResourceChange::Modified);
    format!("Diff: {added} added, {removed} removed, {modified} modified.")
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    resources: Vec<Resource<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    kind: &'static str,
    name: &'a str,
    display_name: &'a str,
    place: &'a str,
    change: &'static str,
    settings: Vec<Field<'a>>,
    delta: Matrix<'a>,
}

impl<'a> From<&'a ResourceDiff> for Resource<'a> {
    fn from(diff: &'a ResourceDiff) -> Self {
        Self {
            kind: diff.id.kind.as_str(),
            name: &diff.id.name,
            display_name: &diff.display_name,
            place: &diff.place,
            change: words(diff.change).1,
            settings: document::fields(&diff.settings),
            delta: document::matrix(diff.id.kind, &diff.delta),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::delta::compare;
    use crate::model::{Element, FlowContent, ResourceId};

    const STYLE: Style = Style { color: false, width: 80 };

    fn content(prompt: Option<&str>) -> FlowContent {
        let element = |prompt| Element {
            id: "greet".into(),
            element_type: "IVR".into(),
            configuration: Map::from_iter([("prompt".into(), json!(prompt))]).into(),
            extra: Map::new(),
        };
        FlowContent {
            elements: prompt.map(element).into_iter().collect(),
            connectors: std::sync::Arc::default(),
        }
    }

    fn diff(
        name: &str,
        change: ResourceChange,
        before: Option<&str>,
        after: Option<&str>,
    ) -> ResourceDiff {
        ResourceDiff {
            id: ResourceId::flow(name),
            display_name: name.to_uppercase(),
            place: format!("flows/{name}.yaml:3"),
            change,
            delta: compare(&content(before), &content(after)),
            settings: Vec::new(),
        }
    }

    fn diffs() -> Vec<ResourceDiff> {
        vec![
            diff("changed", ResourceChange::Modified, Some("Hi"), Some("Hello")),
            diff("gone", ResourceChange::Removed, Some("Hi"), None),
            diff("new", ResourceChange::Added, None, Some("Hello")),
        ]
    }

    #[test]
    fn a_diff_shows_resources_and_elements() {
        insta::assert_snapshot!(text(&diffs(), STYLE), @r#"
        ~ Flow/changed "CHANGED" (flows/changed.yaml:3)
            ~ element greet (IVR)
                ~ /configuration/prompt: "Hi" → "Hello"

        - Flow/gone "GONE" (flows/gone.yaml:3)
            - 1 element
                - IVR: greet

        + Flow/new "NEW" (flows/new.yaml:3)
            + 1 element
                + IVR: greet

        Diff: 1 added, 1 removed, 1 modified.
        "#);
        insta::assert_snapshot!(text(&[], STYLE), @"No differences.");
    }

    #[test]
    fn a_diff_has_a_json_form() {
        insta::assert_snapshot!(format!("{:#}", json(&diffs()[..1])), @r#"
        {
          "apiVersion": "flowgate.dev/v1",
          "kind": "Diff",
          "resources": [
            {
              "change": "modified",
              "delta": {
                "connectors": [],
                "elements": [
                  {
                    "change": "modified",
                    "fields": [
                      {
                        "after": "Hello",
                        "before": "Hi",
                        "pointer": "/configuration/prompt"
                      }
                    ],
                    "id": "greet",
                    "label": "IVR"
                  }
                ]
              },
              "displayName": "CHANGED",
              "kind": "Flow",
              "name": "changed",
              "place": "flows/changed.yaml:3",
              "settings": []
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_diff_has_a_markdown_form() {
        insta::assert_snapshot!(markdown(&diffs()), @r#"
        **Diff: 1 added, 1 removed, 1 modified.**

        |  | Resource | Name | Declared |
        | --- | --- | --- | --- |
        | modified | <code>Flow/changed</code> | <code>CHANGED</code> | <code>flows/changed.yaml&#58;3</code> |
        | removed | <code>Flow/gone</code> | <code>GONE</code> | <code>flows/gone.yaml&#58;3</code> |
        | added | <code>Flow/new</code> | <code>NEW</code> | <code>flows/new&#46;yaml&#58;3</code> |

        <details><summary>modified <code>Flow/changed</code></summary>

        ```diff
        ! element greet (IVR)
        !   /configuration/prompt: "Hi" → "Hello"
        ```

        </details>

        <details><summary>removed <code>Flow/gone</code></summary>

        ```diff
        - 1 element
        -   IVR: greet
        ```

        </details>

        <details><summary>added <code>Flow/new</code></summary>

        ```diff
        + 1 element
        +   IVR: greet
        ```

        </details>
        "#);
    }
}
