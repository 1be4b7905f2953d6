//! `flowgate validate`.

use super::Exit;
use super::args::{Format, Validate};
use super::error::Error as Failure;
use super::terminal::Terminal;
use crate::controller::{Cache, Error, Files, read};
use crate::git::work_tree;
use crate::model::{Finding, Severity};
use crate::render;

pub(super) fn run(arguments: &Validate, terminal: &Terminal) -> Result<Exit, Failure> {
    let entries = work_tree::list(&arguments.path)?;
    let files = Files::Folder(&arguments.path, &entries);
    let environment = arguments.environment.as_deref();
    let manifests = read(&files, &mut Cache::default());
    let (resources, findings) =
        match manifests.and_then(|manifests| manifests.findings(environment)) {
            Err(Error::Findings(findings)) => (0, findings),
            result => result?,
        };
    show(&findings, arguments.format, terminal);
    let failed = findings.iter().any(|finding| finding.severity() == Severity::Error);
    if !failed && arguments.format == Format::Text {
        terminal.note(&match resources {
            1 => "1 resource is valid".to_owned(),
            count => format!("{count} resources are valid"),
        });
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
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
