//! `flowgate test`.

use std::sync::Arc;
use std::time::Instant;

use super::args::{Format, Test, TestFormat};
use super::error::Error as Failure;
use super::terminal::Terminal;
use super::{Exit, validate};
use crate::controller::{Cache, Error, Files, Manifests, read, trials};
use crate::git::{Repo, work_tree};
use crate::model::TrialReport;
use crate::render;
use crate::sandbox::Limits;

pub(super) fn run(arguments: &Test, terminal: &Terminal) -> Result<Exit, Failure> {
    let report = manifests(arguments).and_then(|manifests| Ok(trials(&manifests, arguments)?));
    let report = match report {
        Err(Failure::Controller(Error::Findings(findings))) => {
            // JUnit has no place for what is not about a test.
            let format = arguments.format.other().unwrap_or(Format::Text);
            validate::show(&findings, format, terminal);
            terminal.error("the manifests have errors; no test ran");
            return Ok(Exit::Failed);
        }
        report => report?,
    };
    match arguments.format.other() {
        None => terminal.print(&render::trials::junit(&report)),
        Some(format) => {
            let text = |style| render::trials::text(&report, style);
            terminal.show(format, text, || render::trials::json(&report));
        }
    }
    Ok(if report.counts().failed > 0 { Exit::Failed } else { Exit::Done })
}

/// Reads a commit, or the files on disk, which need not be in a repository.
fn manifests(arguments: &Test) -> Result<Arc<Manifests>, Failure> {
    let mut cache = Cache::default();
    if arguments.revision.is_some() {
        let repo = Repo::open(&arguments.path)?;
        let snapshot = repo.snapshot(&repo.resolve(arguments.revision.as_deref(), None)?)?;
        return Ok(read(&Files::Commit(&repo, &snapshot), &mut cache)?);
    }
    let entries = work_tree::list(&arguments.path)?;
    Ok(read(&Files::Folder(&arguments.path, &entries), &mut cache)?)
}

fn trials(manifests: &Manifests, arguments: &Test) -> Result<TrialReport, Error> {
    let actions = manifests.data_actions()?;
    let (chosen, others): (Vec<_>, Vec<_>) =
        trials::cases(&actions).partition(|case| case.matches(&arguments.filter));
    let begun = Instant::now();
    let trials = trials::run(&actions, &chosen, &Limits::default());
    Ok(TrialReport { trials, filtered_out: others.len(), elapsed: begun.elapsed() })
}

impl TestFormat {
    /// Returns the format that other commands have too.
    fn other(self) -> Option<Format> {
        match self {
            Self::Text => Some(Format::Text),
            Self::Json => Some(Format::Json),
            Self::Markdown => Some(Format::Markdown),
            Self::Junit => None,
        }
    }
}
