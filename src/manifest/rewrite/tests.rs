//! Texts before and after.

mod flows;
mod others;
mod random;

use std::collections::BTreeMap;
use std::sync::Arc;

use similar::{ChangeTag, TextDiff};

use crate::model::{Environment, Flow, ResourceId, Source};

use super::super::{Content, File, parse, project, resolve};
use super::{Error, Rewritten};

const PROJECT: &str = "apiVersion: flowgate.dev/v1
kind: Project
metadata: {name: p}
spec:
  tenants: [{name: t, baseUrl: \"https://t.example.com\"}]
  environments:
    - {name: e, tenant: t, targetEnvironment: X, values: {greeting: Hello, menu: {a: 1}}}
";

fn source(text: &str) -> Source {
    Source { path: "flows/a.yaml".to_owned(), text: text.to_owned() }
}

fn environment() -> Environment {
    let content = Content::Bytes(PROJECT.into());
    let project = project(File { path: "flowgate.yaml".to_owned(), content }).expect("a project");
    project.project.environments[0].clone()
}

fn declared(text: &str) -> crate::model::Declarations {
    let path = "flows/a.yaml".to_owned();
    let parsed = parse(File { path, content: Content::Bytes(text.into()) });
    let project =
        File { path: "flowgate.yaml".to_owned(), content: Content::Bytes(PROJECT.into()) };
    let project = super::super::project(project).expect("a project");
    let resolved = resolve(&[Arc::new(parsed)], &BTreeMap::new(), &project, &environment());
    resolved.declared
}

/// Rewrites the flow `a` of a text.
fn flow(text: &str, change: impl FnOnce(&mut Flow)) -> Result<Rewritten, Error> {
    let before = declared(text).flows.remove(&ResourceId::flow("a")).expect("a flow");
    let mut after = before.flow.clone();
    change(&mut after);
    super::flow(&source(text), &before, &after, &environment())
}

/// Returns the lines that went and came; all others are the same, byte for byte.
fn diff(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let changed = diff.iter_all_changes().filter_map(|change| match change.tag() {
        ChangeTag::Equal => None,
        ChangeTag::Delete => Some(format!("-{}", change.value())),
        ChangeTag::Insert => Some(format!("+{}", change.value())),
    });
    changed.collect()
}
