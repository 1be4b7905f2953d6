//! What the files of a new project say.

use std::collections::BTreeSet;

use crate::manifest::{Document, default_element_types, schema, write_text};
use crate::model::{Kind, ProjectText};

/// What differs from project to project.
pub(super) struct Setup {
    pub(super) name: String,
    pub(super) base_url: String,
    pub(super) environment: String,
    pub(super) target: String,
    /// The flows folder below the root of the repository, `.` for the root itself.
    pub(super) folder: String,
    /// Whether a manifest uses the value that the environment sets.
    pub(super) with_values: bool,
    /// Beside those that every tenant has.
    pub(super) element_types: BTreeSet<String>,
    pub(super) external: Vec<String>,
}

/// Returns the files of the flows folder, the first flow with them if there is no other.
pub(super) fn of_folder(setup: &Setup, first_flow: bool) -> Vec<ProjectText> {
    let flow = first_flow.then(|| file("flows/welcome.yaml", include_str!("welcome.yaml")));
    let plain = [
        file(".gitattributes", include_str!("gitattributes")),
        file(".vscode/settings.json", include_str!("vscode.json")),
        file("README.md", &filled(include_str!("README.md"), setup)),
        file("flowgate.yaml", &project(setup)),
    ];
    plain.into_iter().chain(flow).chain(schemas()).collect()
}

/// Returns what CI systems read at the root of the repository.
pub(super) fn of_ci(setup: &Setup) -> Vec<ProjectText> {
    vec![
        file(".github/workflows/flowgate.yml", &filled(include_str!("github.yml"), setup)),
        file(".gitlab-ci.yml", &filled(include_str!("gitlab.yml"), setup)),
    ]
}

/// Returns `flowgate.yaml`.
pub(super) fn project(setup: &Setup) -> String {
    filled(include_str!("project.yaml"), setup)
}

fn schemas() -> impl Iterator<Item = ProjectText> {
    let documents = [
        ("project", Document::Project),
        ("flow", Document::Resource(Kind::Flow)),
        ("data-action", Document::Resource(Kind::DataAction)),
        ("data-store", Document::Resource(Kind::DataStore)),
    ];
    documents.into_iter().map(|(name, document)| {
        let text = format!("{:#}\n", schema(document));
        file(&format!(".flowgate/schemas/{name}.schema.json"), &text)
    })
}

fn file(path: &str, text: &str) -> ProjectText {
    ProjectText { path: path.to_owned(), text: text.to_owned() }
}

fn filled(text: &str, setup: &Setup) -> String {
    let values = if setup.with_values { include_str!("values.yaml") } else { "" };
    text.replace("@NAME@", &setup.name)
        .replace("@NEEDS@\n", &needs(setup))
        .replace("@BASE_URL@", &write_text(&setup.base_url))
        .replace("@ENVIRONMENT@", &setup.environment)
        .replace("@TARGET@", &write_text(&setup.target))
        .replace("@FOLDER@", &shell(&setup.folder))
        .replace("@VALUES@", values)
}

/// What the manifests use, and a project must name.
fn needs(setup: &Setup) -> String {
    let mut text = String::new();
    if !setup.element_types.is_empty() {
        let types = default_element_types().map(str::to_owned);
        let types = types.chain(setup.element_types.iter().cloned());
        text += "  # What the platform has, and the tenant's own.\n";
        text += &list("elementTypes", types);
    }
    if !setup.external.is_empty() {
        text += "  # What flows use and another team maintains.\n";
        text += &list("external", setup.external.iter().cloned());
    }
    text + "\n"
}

fn list(key: &str, items: impl Iterator<Item = String>) -> String {
    let items = items.map(|item| format!("    - {}\n", write_text(&item)));
    let lines: Vec<String> = std::iter::once(format!("  {key}:\n")).chain(items).collect();
    lines.concat()
}

/// Returns a path as a shell takes it for one word.
fn shell(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{self, Content, File};
    use crate::model::ResourceId;

    fn setup() -> Setup {
        Setup {
            name: "front-desk".to_owned(),
            base_url: "https://eu-1.api.nicecxone.com".to_owned(),
            environment: "production".to_owned(),
            target: "yes: PRODUCTION".to_owned(),
            folder: "it's here".to_owned(),
            with_values: false,
            element_types: ["set-variable".to_owned(), "yes".to_owned()].into(),
            external: vec!["DataAction/theirs".to_owned()],
        }
    }

    #[test]
    fn a_project_file_says_what_the_tenant_needs() {
        let content = Content::Bytes(project(&setup()).into_bytes());
        let read = manifest::project(File { path: "flowgate.yaml".to_owned(), content });
        let read = read.expect("a project").project;
        assert_eq!(read.element_types.len(), 10);
        assert!(read.element_types.contains("yes") && read.element_types.contains("Begin"));
        assert_eq!(read.external, [ResourceId::data_action("theirs")].into());
        assert_eq!(read.environments[0].target_environment, "yes: PRODUCTION");
        assert_eq!(read.name, "front-desk");
    }

    #[test]
    fn files_for_others_are_what_those_read() {
        let files = of_folder(&setup(), true).into_iter().chain(of_ci(&setup()));
        for ProjectText { path, text } in files {
            assert!(!text.contains("@FOLDER@") && !text.contains("@NAME@"), "{path}");
            match path.rsplit('.').next() {
                Some("json") => {
                    drop(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"));
                }
                Some("yml" | "yaml") => {
                    drop(serde_yaml::from_str::<serde_json::Value>(&text).expect("YAML"));
                }
                _ => {}
            }
        }
        assert_eq!(shell("it's here"), r"'it'\''s here'");
    }
}
