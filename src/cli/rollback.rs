//! `flowgate rollback`.

use std::collections::BTreeSet;

use super::Exit;
use super::args::Rollback;
use super::error::Error as Failure;
use super::hold;
use super::reconcile::{self, Shown};
use super::terminal::Terminal;
use crate::apply::Refresh;
use crate::controller::{Course, Mode, Request, Target};
use crate::model::{Kind, Prune, ResourceId, Selector};
use crate::plan::{Adopt, Failed};

pub(super) fn run(arguments: &Rollback, terminal: &Terminal) -> Result<Exit, Failure> {
    if arguments.resume {
        return hold::lift(arguments, terminal);
    }
    let shown = Shown { format: arguments.run.format, out: None, detailed: false };
    let exit = reconcile::execute(&arguments.run, &request(arguments), shown, terminal)?;
    if !arguments.run.dry_run && matches!(exit, Exit::Done | Exit::Held) {
        terminal.note("it stays so until git moves, or until `flowgate rollback --resume`");
    }
    Ok(exit)
}

fn request(arguments: &Rollback) -> Request {
    Request {
        environment: arguments.run.environment.clone(),
        revision: None,
        course: Course::RollBack(target(arguments.to.as_deref(), arguments.resource.as_ref())),
        mode: if arguments.run.dry_run { Mode::DryRun } else { Mode::Apply },
        refresh: Refresh::Changed,
        adopt: Adopt::Never,
        prune: Some(Prune::Never),
        // What was live may have failed before it was.
        failed: Failed::Retry,
        selector: arguments.resource.clone().map(Selector::Resource),
        allow_immutable: BTreeSet::new(),
        dangers: BTreeSet::new(),
        outside_window: None,
        approved: None,
    }
}

/// A flow has versions; of everything else a commit is meant.
fn target(to: Option<&str>, resource: Option<&ResourceId>) -> Target {
    let Some(to) = to else { return Target::LastSynced };
    let flow = resource.filter(|id| id.kind == Kind::Flow);
    match flow.and_then(|_| to.parse().ok()) {
        Some(version) => Target::Version(version),
        None => Target::Revision(to.to_owned()),
    }
}
