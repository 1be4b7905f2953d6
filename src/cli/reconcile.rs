//! `flowgate reconcile`.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::args::{Format, Reconcile};
use super::connect::Behind;
use super::error::Error as Failure;
use super::terminal::Terminal;
use super::{Exit, plan_file, validate};
use crate::apply::{Polling, Progress, Refresh};
use crate::controller::{Adopted, Cache, Error, Mode, Offer, Outside, Report, Request, pass};
use crate::git::{Repo, note};
use crate::model::{Outcome, Prune, Selector, Status};
use crate::plan::{Action, Adopt, Failed};
use crate::render;

pub(super) fn run(arguments: &Reconcile, terminal: &Terminal) -> Result<Exit, Failure> {
    if arguments.plan.is_some() && (arguments.dry_run || arguments.out.is_some()) {
        terminal.error("--plan applies a saved plan; it does not go with --dry-run or --out");
        return Ok(Exit::Usage);
    }
    let path = arguments.path.display().to_string();
    if path.contains("://") {
        let why = format!("an address is not taken yet: clone {path} and give the folder");
        return Err(Failure::Refused(why));
    }
    let request = request(arguments)?;
    let repo = Repo::open(&arguments.path)?;
    let behind = if arguments.emulator {
        Behind::Emulator(repo.data_dir().join("emulator"))
    } else {
        Behind::Network
    };
    let bars = Arc::new(terminal.bars());
    let progress: Arc<dyn Progress> = bars.clone();
    let identity = repo.identity();
    let outside = Outside {
        repo: &repo,
        connect: &|tenant| behind.connect(tenant),
        now: &Timestamp::now,
        operator: arguments.operator.as_deref().unwrap_or(&identity.name),
        host: &host(),
        polling: polling(arguments),
        progress,
    };
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::io("start the runtime"))?;
    let result = runtime.block_on(pass(&request, &mut Cache::default(), &outside));
    bars.clear();
    match result {
        Ok(report) => show(&report, arguments, terminal),
        Err(Error::Findings(findings)) => {
            validate::show(&findings, arguments.format, terminal);
            terminal.error("the manifests have errors; nothing was sent");
            Ok(Exit::Failed)
        }
        Err(Error::NotRecorded { status, source }) => {
            let text =
                |style| render::status::text(&status, &render::status::Effort::default(), style);
            terminal.show(arguments.format, text, || note::json(&status));
            Err(Error::NotRecorded { status, source }.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn request(arguments: &Reconcile) -> Result<Request, Failure> {
    let mode = match (&arguments.plan, arguments.dry_run) {
        (_, true) => Mode::DryRun,
        (None, false) => Mode::Apply,
        (Some(path), false) => Mode::ApplyReviewed(plan_file::read(path)?),
    };
    Ok(Request {
        environment: arguments.environment.clone(),
        revision: arguments.revision.clone(),
        mode,
        refresh: match arguments.refresh {
            Some(_) => Refresh::Full,
            None => Refresh::Changed,
        },
        adopt: if arguments.adopt { Adopt::SameName } else { Adopt::Never },
        prune: arguments.prune.then_some(Prune::Owned),
        failed: if arguments.retry { Failed::Retry } else { Failed::LeaveAlone },
        selector: arguments.selector.clone(),
        allow_immutable: arguments.allow_immutable.iter().cloned().collect(),
    })
}

fn polling(arguments: &Reconcile) -> Polling {
    Polling {
        longest: Duration::from_secs(arguments.poll_interval),
        limit: Duration::from_secs(arguments.poll_timeout),
        ..Polling::default()
    }
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .unwrap_or_else(|| "unknown host".to_owned())
}

fn show(report: &Report, arguments: &Reconcile, terminal: &Terminal) -> Result<Exit, Failure> {
    if !report.warnings.is_empty() {
        terminal.note(&render::findings::text(&report.warnings, terminal.err()));
    }
    if !report.dirty.is_empty() {
        terminal.warning(&dirty(&report.dirty));
    }
    if let Some(selector) = &arguments.selector {
        terminal.note(&narrowed(report, selector));
    }
    // A plan is saved for review before anything else is shown of it.
    if let Some(path) = &arguments.out {
        let plan = render::plan::json(&report.plan, &report.hash);
        plan_file::save(path, &plan)?;
    }
    match &report.status {
        None => show_plan(report, arguments.format, terminal),
        Some(status) if status.outcome == Outcome::Refused && arguments.format != Format::Json => {
            show_plan(report, arguments.format, terminal);
            terminal.error(&format!("refused: {}", status.refusals.join("; ")));
        }
        Some(status) => {
            let effort = render::status::Effort {
                requests: report.requests.reads + report.requests.writes,
                writes: report.requests.writes,
                elapsed: report.finished_at.duration_since(report.started_at).unsigned_abs(),
            };
            let text = |style| match &arguments.selector {
                Some(selector) if status.resources.is_empty() => nothing_selected(status, selector),
                _ => render::status::text(status, &effort, style),
            };
            terminal.show(arguments.format, text, || note::json(status));
        }
    }
    if let Some(adopted) = &report.adopted {
        show_adopted(adopted, terminal);
    }
    Ok(exit(report, arguments.detailed_exitcode))
}

fn show_adopted(adopted: &Adopted, terminal: &Terminal) {
    let Adopted { branch, files, left, offer } = adopted;
    let count = match files.len() {
        1 => "1 file".to_owned(),
        several => format!("{several} files"),
    };
    match offer {
        Offer::Planned | Offer::Nothing if files.is_empty() => {}
        Offer::Planned | Offer::Nothing => {
            terminal.note(&format!("Would adopt on branch {branch}: {count}"));
        }
        Offer::Made(_) => terminal
            .note(&format!("Adopted on branch {branch}: {count}; open a pull request from it")),
        Offer::Standing(commit) => terminal.note(&format!(
            "Still to be merged from branch {branch}: {count} ({})",
            commit.short()
        )),
        Offer::Failed(why) => terminal.warning(&format!("nothing was adopted: {why}")),
    }
    for one in left {
        terminal.warning(&format!("not adopted: {one}"));
    }
}

fn show_plan(report: &Report, format: Format, terminal: &Terminal) {
    match format {
        Format::Text => terminal.print(&render::plan::text(&report.plan, terminal.out())),
        Format::Json => terminal.print_json(&render::plan::json(&report.plan, &report.hash)),
        Format::Markdown => terminal.print(&render::plan::markdown(&report.plan, &report.hash)),
    }
}

/// Says of a narrowed pass that did nothing no more than it knows.
fn nothing_selected(status: &Status, Selector { label, value }: &Selector) -> String {
    format!(
        "Nothing to do for {label}={value}: {} resources are as git wants them; the others were not \
         looked at",
        status.counts.unchanged
    )
}

/// What a selector left out is not said by the counts.
fn narrowed(report: &Report, selector: &Selector) -> String {
    let Selector { label, value } = selector;
    if report.plan.resources.is_empty() && report.plan.unchanged == 0 {
        return format!("warning: no resource carries the label {label}={value}");
    }
    let note = if report.status.is_some() { "; the commit gets no note" } else { "" };
    format!("narrowed to resources with the label {label}={value}{note}")
}

fn dirty(files: &[String]) -> String {
    let named: Vec<_> = files.iter().take(5).map(String::as_str).collect();
    let more = match files.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("not committed, so not read: {}{more}", named.join(", "))
}

fn exit(report: &Report, detailed: bool) -> Exit {
    let left = report.plan.resources.iter().filter_map(|resource| match resource.action {
        Action::Leave(outcome) => Some(outcome.of_pass()),
        _ => None,
    });
    let refused = (!report.plan.refusals.is_empty()).then_some(Outcome::Refused);
    let worst = match &report.status {
        Some(status) => status.outcome,
        None => left.chain(refused).max().unwrap_or(Outcome::Synced),
    };
    let planned = report.plan.resources.iter().any(|resource| !resource.is_idle());
    let pending = report.status.is_none() && planned;
    match worst {
        Outcome::Failed => Exit::Failed,
        Outcome::Refused | Outcome::Drifted | Outcome::Waiting => Exit::Held,
        Outcome::Synced if detailed && pending => Exit::Pending,
        Outcome::Synced => Exit::Done,
    }
}
