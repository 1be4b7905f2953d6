//! `flowgate reconcile`.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::args::{Format, PassArgs, Reconcile};
use super::connect::{self, Behind};
use super::error::Error as Failure;
use super::terminal::Terminal;
use super::{Exit, plan_file, validate};
use crate::apply::{Polling, Progress, Refresh};
use crate::controller::{
    Adopted, Cache, Course, Error, Mode, Offer, Outside, Report, Request, pass,
};
use crate::git::{Repo, note};
use crate::model::{Outcome, Prune, ResourceOutcome, Selector, Status};
use crate::plan::{Adopt, Danger, Failed, ResourcePlan};
use crate::{render, sources};

pub(super) fn run(arguments: &Reconcile, terminal: &Terminal) -> Result<Exit, Failure> {
    if arguments.plan.is_some() && (arguments.run.dry_run || arguments.out.is_some()) {
        terminal.error("--plan applies a saved plan; it does not go with --dry-run or --out");
        return Ok(Exit::Usage);
    }
    if arguments.approve_hash.is_some() && arguments.run.dry_run {
        terminal.error(
            "--approve-hash applies a plan that was signed off; it does not go with --dry-run",
        );
        return Ok(Exit::Usage);
    }
    let shown = Shown {
        format: arguments.run.format,
        out: arguments.out.as_deref(),
        detailed: arguments.detailed_exitcode,
    };
    execute(&arguments.run, &request(arguments)?, shown, terminal)
}

/// How what a pass found and did is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    /// In which form.
    pub format: Format,
    /// Where the plan is saved.
    pub out: Option<&'a Path>,
    /// Whether pending changes are an exit code of their own.
    pub detailed: bool,
}

/// Runs a pass and shows what came of it.
pub(super) fn execute(
    run: &PassArgs,
    request: &Request,
    shown: Shown<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let path = run.path.display().to_string();
    if path.contains("://") {
        let why = format!("an address is not taken yet: clone {path} and give the folder");
        return Err(Failure::Refused(why));
    }
    let repo = Repo::open(&run.path)?;
    let behind = if run.emulator {
        Behind::Emulator(repo.data_dir().join("emulator"))
    } else {
        Behind::Network
    };
    let bars = Arc::new(terminal.bars());
    let progress: Arc<dyn Progress> = bars.clone();
    let identity = repo.identity();
    let network = connect::source_network();
    let outside = Outside {
        repo: &repo,
        connect: &|tenant| behind.connect(tenant),
        sources: sources::Access { exchange: &network, credential: &connect::header },
        now: &Timestamp::now,
        operator: run.operator.as_deref().unwrap_or(&identity.name),
        host: &host(),
        polling: polling(run),
        progress,
    };
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::io("start the runtime"))?;
    let result = runtime.block_on(pass(request, &mut Cache::default(), &outside));
    bars.clear();
    match result {
        Ok(report) => show(&report, request, shown, terminal),
        Err(Error::Findings(findings)) => {
            validate::show(&findings, shown.format, terminal);
            terminal.error("the manifests have errors; nothing was sent");
            Ok(Exit::Failed)
        }
        Err(Error::NotRecorded { status, source }) => {
            let text =
                |style| render::status::text(&status, &render::status::Effort::default(), style);
            terminal.show(shown.format, text, || note::json(&status));
            Err(Error::NotRecorded { status, source }.into())
        }
        Err(error @ (Error::PlanMoved { .. } | Error::NotApproved { .. })) => {
            terminal.error(&error.to_string());
            Ok(Exit::Held)
        }
        Err(error) => Err(error.into()),
    }
}

fn request(arguments: &Reconcile) -> Result<Request, Failure> {
    let mode = match (&arguments.plan, arguments.run.dry_run) {
        (_, true) => Mode::DryRun,
        (None, false) => Mode::Apply,
        (Some(path), false) => Mode::ApplyReviewed(plan_file::read(path)?),
    };
    Ok(Request {
        environment: arguments.run.environment.clone(),
        revision: arguments.revision.clone(),
        course: if arguments.resume { Course::Resume } else { Course::Reconcile },
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
        dangers: dangers(arguments),
        outside_window: arguments.outside_window.clone(),
        approved: arguments.approve_hash.clone(),
    })
}

fn dangers(arguments: &Reconcile) -> BTreeSet<Danger> {
    let given = [
        (arguments.dangerous_exceed_limits, Danger::ExceedLimits),
        (arguments.dangerous_delete_all, Danger::DeleteAll),
        (arguments.dangerous_delete_protected, Danger::DeleteProtected),
    ];
    given.into_iter().filter(|(given, _)| *given).map(|(_, danger)| danger).collect()
}

fn polling(run: &PassArgs) -> Polling {
    Polling {
        longest: Duration::from_secs(run.poll_interval),
        limit: Duration::from_secs(run.poll_timeout),
        ..Polling::default()
    }
}

pub(super) fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .unwrap_or_else(|| "unknown host".to_owned())
}

fn show(
    report: &Report,
    request: &Request,
    shown: Shown<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    if !report.warnings.is_empty() {
        terminal.note(&render::findings::text(&report.warnings, terminal.err()));
    }
    if !report.dirty.is_empty() {
        terminal.warning(&dirty(&report.dirty));
    }
    if let Some(selector) = &request.selector {
        terminal.note(&narrowed(report, selector));
    }
    // A plan is saved for review before anything else is shown of it.
    if let Some(path) = shown.out {
        let plan = render::plan::json(&report.plan, &report.hash);
        plan_file::save(path, &plan)?;
    }
    match &report.status {
        None => show_plan(report, shown.format, terminal),
        Some(status) if status.outcome == Outcome::Refused && shown.format != Format::Json => {
            show_plan(report, shown.format, terminal);
            terminal.error(&format!("refused: {}", status.refusals.join("; ")));
        }
        Some(status) => {
            for warning in &report.plan.warnings {
                terminal.warning(&warning.message);
            }
            let effort = render::status::Effort {
                requests: report.requests.reads + report.requests.writes,
                writes: report.requests.writes,
                elapsed: report.finished_at.duration_since(report.started_at).unsigned_abs(),
            };
            let text = |style| match &request.selector {
                Some(selector) if status.resources.is_empty() => nothing_selected(status, selector),
                _ => render::status::text(status, &effort, style),
            };
            terminal.show(shown.format, text, || note::json(status));
        }
    }
    if let Some(adopted) = &report.adopted {
        show_adopted(adopted, terminal);
    }
    Ok(exit(report, shown.detailed))
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
            terminal.note(&format!("Would offer on branch {branch}: {count}"));
        }
        Offer::Made(_) => terminal
            .note(&format!("Offered on branch {branch}: {count}; open a pull request from it")),
        Offer::Standing(commit) => terminal.note(&format!(
            "Still to be merged from branch {branch}: {count} ({})",
            commit.short()
        )),
        Offer::Failed(why) => terminal.warning(&format!("nothing is offered: {why}")),
    }
    for one in left {
        terminal.warning(&format!("not offered: {one}"));
    }
}

fn show_plan(report: &Report, format: Format, terminal: &Terminal) {
    match format {
        Format::Text => {
            let plan = render::plan::text(&report.plan, terminal.out());
            terminal
                .print(&format!("{plan}{}", render::plan::hash_line(&report.plan, &report.hash)));
        }
        Format::Json => terminal.print_json(&render::plan::json(&report.plan, &report.hash)),
        Format::Markdown => terminal.print(&render::plan::markdown(&report.plan, &report.hash)),
    }
}

/// Says of a narrowed pass that did nothing no more than it knows.
fn nothing_selected(status: &Status, selector: &Selector) -> String {
    format!(
        "Nothing to do for {selector}: {} resources are as git wants them; the others were not \
         looked at",
        status.counts.unchanged
    )
}

/// What a selector left out is not said by the counts.
fn narrowed(report: &Report, selector: &Selector) -> String {
    let what = match selector {
        Selector::Label { label, value } => format!("resources with the label {label}={value}"),
        Selector::Resource(id) => id.to_string(),
    };
    if report.plan.resources.is_empty() && report.plan.unchanged == 0 {
        return format!("warning: there are no {what}");
    }
    let note = if report.status.is_some() { "; the commit gets no note" } else { "" };
    format!("narrowed to {what}{note}")
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
    let left = report.plan.resources.iter().filter_map(ResourcePlan::leaves);
    let left = left.map(ResourceOutcome::of_pass);
    let refused = (!report.plan.refusals.is_empty()).then_some(Outcome::Refused);
    let plan = &report.plan;
    let waits = plan.resources.iter().any(|resource| plan.waits(resource).is_some());
    let waiting = waits.then_some(Outcome::Waiting);
    let worst = match &report.status {
        Some(status) => status.outcome,
        None => left.chain(refused).chain(waiting).max().unwrap_or(Outcome::Synced),
    };
    let resources = report.plan.resources.iter();
    let planned = resources.clone().any(|one| !one.is_idle() && !one.is_taken_over_as_it_is());
    let pending = report.status.is_none() && planned;
    match worst {
        Outcome::Failed => Exit::Failed,
        Outcome::Refused | Outcome::Drifted | Outcome::Waiting => Exit::Held,
        Outcome::Synced if detailed && pending => Exit::Pending,
        Outcome::Synced => Exit::Done,
    }
}
