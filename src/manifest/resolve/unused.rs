//! What the project names and no manifest takes up.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Code, Declarations, Environment, Finding, Location};

use super::super::parse::Parsed;
use super::super::project::ProjectFile;

/// Returns the folders of `paths` in which no manifest lies.
pub(super) fn empty_paths(parsed: &[Arc<Parsed>], file: &ProjectFile) -> Vec<Finding> {
    let lies_in = |folder: &str, path: &str| {
        folder == "."
            || path
                .strip_prefix(folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let empty = |folder: &str| !parsed.iter().any(|file| lies_in(folder, &file.source.path));
    let finding = |location: &Location, folders: &str| {
        let message = format!("no manifest lies in {folders}");
        Finding::new(Code::EmptyPath, &location.source, location.span, message)
    };
    let paths = &file.project.paths;
    let Some(locations) = file.path_locations() else {
        // Not every repository has manifests of every kind, but none at all is a mistake.
        let all = paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
        let none = paths.iter().all(|path| empty(path));
        return none.then(|| finding(&file.beginning(), &all)).into_iter().collect();
    };
    let named = paths.iter().zip(locations).filter(|(folder, _)| empty(folder));
    named.map(|(folder, location)| finding(&location, &format!("`{folder}`"))).collect()
}

/// Returns the values of an environment that are not among the used ones.
pub(super) fn unused_values(
    file: &ProjectFile,
    environment: &Environment,
    used: &BTreeSet<&str>,
) -> Vec<Finding> {
    let unused = environment.values.keys().filter(|name| !used.contains(name.as_str()));
    let finding = |name: &String| {
        let location = file.value_location(&environment.name, name);
        let message = format!("no manifest uses the value `{name}`");
        Finding::new(Code::UnusedValue, &location.source, location.span, message)
            .with_hint(format!("refer to it with `${{values.{name}}}`, or remove it"))
    };
    unused.map(finding).collect()
}

/// Returns the sources of an environment from which no flow takes a value.
pub(super) fn unused_sources(
    file: &ProjectFile,
    environment: &Environment,
    declared: &Declarations,
) -> Vec<Finding> {
    let sourced = declared.flows.values().flat_map(|flow| &*flow.sourced);
    let used: BTreeSet<&String> = sourced.map(|sourced| &sourced.source).collect();
    let unused = environment.sources.keys().filter(|name| !used.contains(name));
    let finding = |name: &String| {
        let location = file.source_location(&environment.name, name);
        let message = format!("no flow takes a value from the source `{name}`");
        Finding::new(Code::UnusedSource, &location.source, location.span, message)
            .with_hint("take one with `valueFrom`, or remove it; it is not asked")
    };
    unused.map(finding).collect()
}
