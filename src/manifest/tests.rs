//! Tests of the whole layer: text in, findings and values out.

mod agreement;
mod data_actions;
mod data_stores;
mod files;
mod flows;
mod projects;
mod resolving;
mod schemas;
mod sourced;
mod writing;
mod yaml;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Environment, Finding, Span};

use super::{Content, File, Parsed, ProjectFile, Resolved, ScriptFile, parse, project, resolve};

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), content: Content::Bytes(text.into()) }
}

fn parsed(text: &str) -> Parsed {
    parse(file("flows/a.yaml", text))
}

/// A flow named `a` with this `spec`, each line of which is indented by two.
fn flow(spec: &str) -> String {
    resource("Flow", "a", spec)
}

/// A resource with this `spec`, each line of which is indented by two.
fn resource(kind: &str, name: &str, spec: &str) -> String {
    let indented = indent(spec, "  ");
    format!(
        "apiVersion: flowgate.dev/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{indented}"
    )
}

/// A project whose only environment `e` has these further keys.
fn project_with(environment: &str) -> String {
    let indented = indent(environment, "      ");
    format!(
        "apiVersion: flowgate.dev/v1
kind: Project
metadata: {{name: p}}
spec:
  tenants: [{{name: t, baseUrl: \"https://t.example.com\"}}]
  environments:
    - name: e
      tenant: t
      targetEnvironment: X
{indented}"
    )
}

fn indent(text: &str, by: &str) -> String {
    text.lines().flat_map(|line| [by, line, "\n"]).collect()
}

fn read_project(text: &str) -> Result<ProjectFile, Vec<Finding>> {
    project(file("flowgate.yaml", text))
}

fn resolved(files: &[&str], environment: &str) -> Resolved {
    resolved_with(files, &BTreeMap::new(), environment)
}

fn resolved_with(
    files: &[&str],
    scripts: &BTreeMap<String, ScriptFile>,
    environment: &str,
) -> Resolved {
    let parsed: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(i, text)| Arc::new(parse(file(&format!("flows/{i}.yaml"), text))))
        .collect();
    let project = read_project(&project_with(environment)).expect("the project is sound");
    let environment: Environment = project.project.environments[0].clone();
    resolve(&parsed, scripts, &project, &environment)
}

/// Takes the marks `«` and `»` out of a text and returns what they enclose.
fn unmark(marked: &str) -> (String, Vec<Span>) {
    let mut text = String::new();
    let mut spans: Vec<Span> = Vec::new();
    let (mut line, mut column) = (1, 1);
    for c in marked.chars() {
        match c {
            '«' => spans.push(Span { line, column, length: 0 }),
            '»' => {
                let span = spans.iter_mut().rev().find(|span| span.length == 0).expect("a mark");
                span.length = column - span.column;
            }
            '\n' => (line, column) = (line + 1, 1),
            _ => column += 1,
        }
        if !matches!(c, '«' | '»') {
            text.push(c);
        }
    }
    (text, spans)
}

/// Checks that the findings are of these codes and point at the marks, in order.
fn assert_found(findings: &[Finding], codes: &str, spans: &[Span], about: &str) {
    let found: Vec<_> = findings.iter().map(|f| (f.code.as_str(), f.location.span)).collect();
    let expected: Vec<_> = codes.split(' ').zip(spans.iter().copied()).collect();
    assert_eq!(spans.len(), codes.split(' ').count(), "marks in {about}");
    let messages: Vec<_> = findings.iter().map(|f| &f.message).collect();
    assert_eq!(found, expected, "{messages:?} in\n{about}");
}

/// One line a finding, for snapshots.
fn lines(findings: &[Finding]) -> String {
    let line = |f: &Finding| {
        let at = f.location.span;
        let hint = f.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        let path = &f.location.source.path;
        format!("{path}:{}:{} {}: {}{hint}", at.line, at.column, f.code.as_str(), f.message)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}
