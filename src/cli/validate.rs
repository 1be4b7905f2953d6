//! `flowgate validate`.

use std::sync::Arc;

use super::Exit;
use super::args::{Format, Validate};
use super::error::Error as Failure;
use super::terminal::Terminal;
use crate::controller::{Cache, Error, Files, read};
use crate::git::work_tree;
use crate::model::{Environment, Finding, Severity};
use crate::{render, validate};

pub(super) fn run(arguments: &Validate, terminal: &Terminal) -> Result<Exit, Failure> {
    let entries = work_tree::list(&arguments.path)?;
    let files = Files::Folder(&arguments.path, &entries);
    let (findings, flows) = match read(&files, &mut Cache::default()) {
        Err(Error::Findings(findings)) => (findings, 0),
        Err(error) => return Err(error.into()),
        Ok(manifests) => {
            let environments: Vec<&Environment> = match &arguments.environment {
                Some(name) => vec![manifests.choose(Some(name))?],
                None => manifests.project().environments.iter().collect(),
            };
            let mut findings: Vec<Finding> = Vec::new();
            let mut flows = 0;
            for environment in environments {
                let (desired, found) = manifests.environment(environment);
                flows = flows.max(desired.len());
                findings.extend(
                    found.into_iter().filter(|new| is_new(new, &findings)).collect::<Vec<_>>(),
                );
            }
            findings.sort_by(validate::order);
            (findings, flows)
        }
    };
    show(&findings, arguments.format, terminal);
    let failed = findings.iter().any(|finding| finding.severity() == Severity::Error);
    if !failed && arguments.format == Format::Text {
        terminal.note(&format!("{flows} flows are valid"));
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// What two environments share is told once.
fn is_new(new: &Finding, known: &[Finding]) -> bool {
    !known.iter().any(|old| {
        Arc::ptr_eq(&old.location.source, &new.location.source)
            && old.location.span == new.location.span
            && old.code == new.code
            && old.message == new.message
    })
}

/// Prints findings as data.
pub(super) fn show(findings: &[Finding], format: Format, terminal: &Terminal) {
    match format {
        Format::Json => terminal.print_json(&render::findings::json(findings)),
        Format::Markdown => terminal.print(&render::findings::markdown(findings)),
        Format::Text if findings.is_empty() => {}
        Format::Text => terminal.print(&render::findings::text(findings, terminal.out())),
    }
}
