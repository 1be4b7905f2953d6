//! `flowgate status`, `history` and `diff`: what git knows, without asking a tenant.

use jiff::Timestamp;

use super::args::{Diff, Format, History, Inspect};
use super::error::Error as Failure;
use super::terminal::Terminal;
use super::{Exit, validate};
use crate::controller::{Cache, Compared, Error, Files, compare, overview, read};
use crate::git::{Repo, note};
use crate::model::Status;
use crate::render;

const NOTHING_RECORDED: &str = "no pass is recorded in this clone; if another one runs flowgate, fetch \
                                its notes and state (docs/reference/git.md says how)";

/// Returns the environments to show: the named one, or all that the project has at `HEAD`.
fn environments(repo: &Repo, name: Option<&str>) -> Result<Vec<String>, Error> {
    let snapshot = repo.snapshot(&repo.resolve(None, None)?)?;
    let manifests = read(&Files::Commit(repo, &snapshot), &mut Cache::default())?;
    Ok(match name {
        Some(name) => vec![manifests.choose(Some(name))?.name.clone()],
        None => manifests.project().environments.iter().map(|one| one.name.clone()).collect(),
    })
}

/// Shows each environment under its name; a JSON document is about one only.
fn each(
    arguments: &Inspect,
    terminal: &Terminal,
    show: impl Fn(&Repo, &str) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    let repo = Repo::open(&arguments.path)?;
    let names = environments(&repo, arguments.environment.as_deref());
    let Some(names) = told(names, arguments.format, terminal)? else { return Ok(Exit::Failed) };
    if arguments.format == Format::Json && names.len() > 1 {
        return Err(Error::WhichEnvironment { known: names }.into());
    }
    for (place, name) in names.iter().enumerate() {
        if names.len() > 1 {
            let gap = if place == 0 { "" } else { "\n" };
            terminal.print(&format!("{gap}{name}:"));
        }
        show(&repo, name)?;
    }
    Ok(Exit::Done)
}

/// Tells findings as findings and everything else as an error.
fn told<T>(
    result: Result<T, Error>,
    format: Format,
    terminal: &Terminal,
) -> Result<Option<T>, Failure> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Findings(findings)) => {
            validate::show(&findings, format, terminal);
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn status(arguments: &Inspect, terminal: &Terminal) -> Result<Exit, Failure> {
    each(arguments, terminal, |repo, name| {
        let (state, _) = repo.read_state(name)?;
        let passes = passes(repo, name, usize::MAX, terminal)?;
        if passes.is_empty() && state.is_empty() {
            terminal.note(NOTHING_RECORDED);
        }
        let rows = overview(&state, &passes);
        let last = passes.into_iter().max_by_key(|pass| pass.finished_at);
        let last: Vec<_> = last.into_iter().collect();
        let now = Timestamp::now();
        let text = |style| {
            let heading = render::status::history(&last, now, style);
            let held = render::status::holds(&state.holds, style);
            format!("{heading}\n{held}{}", render::status::table(&rows, now, style))
        };
        terminal.show(arguments.format, text, || render::status::table_json(&rows, &state.holds));
        Ok(())
    })
}

pub(super) fn history(arguments: &History, terminal: &Terminal) -> Result<Exit, Failure> {
    let inspect = &arguments.inspect;
    each(inspect, terminal, |repo, name| {
        let passes = passes(repo, name, arguments.limit, terminal)?;
        if passes.is_empty() {
            terminal.note(NOTHING_RECORDED);
        }
        let now = Timestamp::now();
        let text = |style| render::status::history(&passes, now, style);
        terminal.show(inspect.format, text, || render::status::history_json(&passes));
        Ok(())
    })
}

/// Reads the recorded passes; notes of others are named and left out.
fn passes(
    repo: &Repo,
    environment: &str,
    limit: usize,
    terminal: &Terminal,
) -> Result<Vec<Status>, Failure> {
    let mut passes = Vec::new();
    for found in repo.notes(environment)?.into_iter().take(limit) {
        match note::read(&found.text) {
            Ok(status) => passes.push(status),
            Err(error) => terminal.warning(&format!(
                "the note on {} was not written by flowgate: {error}",
                found.revision.short()
            )),
        }
    }
    Ok(passes)
}

pub(super) fn diff(arguments: &Diff, terminal: &Terminal) -> Result<Exit, Failure> {
    let repo = Repo::open(&arguments.path)?;
    let environment = arguments.environment.as_deref();
    let compared = compare(&repo, &arguments.before, &arguments.after, environment);
    let Some(compared) = told(compared, arguments.format, terminal)? else {
        return Ok(Exit::Failed);
    };
    if arguments.format == Format::Json && compared.len() > 1 {
        let names: Vec<_> = compared.iter().map(|one| one.environments.join(" and ")).collect();
        let names = names.join(", not so in ");
        let why = format!("not the same differs in {names}; name one with --environment");
        return Err(Failure::Refused(why));
    }
    for Compared { environments, resources } in &compared {
        if compared.len() > 1 {
            terminal.print(&format!("In {}:\n", environments.join(" and ")));
        }
        match arguments.format {
            Format::Text => terminal.print(&render::diff::text(resources, terminal.out())),
            Format::Json => terminal.print_json(&render::diff::json(resources)),
            Format::Markdown => terminal.print(&render::diff::markdown(resources)),
        }
    }
    Ok(Exit::Done)
}
