//! Tests for a terminal.

use std::time::Duration;

use super::{differences, reason, why_skipped};
use crate::model::{Location, Mismatch, Trial, TrialCounts, TrialOutcome, TrialReport};
use crate::render::table::{Cell, aligned};
use crate::render::{Style, escape, matrix, paint};

/// Returns a row for each case, what is wrong with each that failed, and last one line with the
/// counts; ends with a line break.
pub fn text(report: &TrialReport, style: Style) -> String {
    if report.trials.is_empty() {
        return none(report.filtered_out);
    }
    let rows: Vec<_> = report.trials.iter().map(row).collect();
    let failures = report.trials.iter().filter_map(|trial| failure(trial, style));
    std::iter::once(aligned(rows.iter(), style))
        .chain(failures)
        .chain(["\n".into(), summary(report, style), "\n".into()])
        .collect()
}

/// Returns what is wrong with a case and where the error is, as indented lines.
pub(super) fn details(mismatch: &Mismatch, style: Style) -> String {
    let what = match mismatch {
        Mismatch::Output { expected, returned } => {
            let rows = matrix::settings(&differences(expected, returned));
            let rows = rows.into_iter().map(|row| row.text(style));
            std::iter::once("    expected → returned:\n".to_owned()).chain(rows).collect()
        }
        other => indented(reason(other).lines()),
    };
    let fault = mismatch.fault().and_then(|fault| fault.location.as_ref());
    let fault = fault.map(|location| format!("    at {}\n", place(location)));
    what + &fault.unwrap_or_default()
}

fn none(filtered_out: usize) -> String {
    match filtered_out {
        0 => "0 tests: no data action has any under spec.tests\n".to_owned(),
        all => format!("0 of {all} tests ran: --filter matches no action/case\n"),
    }
}

fn row(trial: &Trial) -> [Cell; 4] {
    let (outcome, ansi, note) = match &trial.outcome {
        TrialOutcome::Passed => ("ok", paint::GOOD, String::new()),
        TrialOutcome::Failed(_) => ("FAILED", paint::ALARM, String::new()),
        TrialOutcome::Skipped { undeclared } => ("skipped", paint::CARE, why_skipped(undeclared)),
    };
    let ran = !matches!(trial.outcome, TrialOutcome::Skipped { .. });
    [
        Cell::painted(&outcome, ansi),
        Cell::new(&name(trial)),
        Cell::optional(ran.then(|| short(trial.duration))),
        Cell::painted(&note, paint::QUIET),
    ]
}

fn failure(trial: &Trial, style: Style) -> Option<String> {
    let TrialOutcome::Failed(mismatch) = &trial.outcome else { return None };
    let title = style.paint(paint::ALARM, &format!("FAILED {}", escape::plain(&name(trial))));
    let place = style.paint(paint::QUIET, &format!("({})", place(&trial.location)));
    let (details, console) = (details(mismatch, style), console(&trial.logs));
    Some(format!("\n{title} {place}\n{details}{console}"))
}

fn console(logs: &[String]) -> String {
    if logs.is_empty() {
        return String::new();
    }
    let lines = logs.iter().map(|line| format!("  {line}"));
    format!("    console:\n{}", indented(lines))
}

fn indented(lines: impl Iterator<Item = impl AsRef<str>>) -> String {
    let line = |line| format!("    {}\n", escape::plain(AsRef::as_ref(&line)).trim_end());
    lines.map(line).collect::<Vec<_>>().concat()
}

fn summary(report: &TrialReport, style: Style) -> String {
    let TrialCounts { passed, failed, skipped } = report.counts();
    let ansi = if failed == 0 { paint::GOOD } else { paint::BAD };
    let mut counts = vec![format!("{passed} passed")];
    let more = [(failed, "failed"), (skipped, "skipped")].into_iter().filter(|(n, _)| *n > 0);
    counts.extend(more.map(|(number, what)| format!("{number} {what}")));
    let counts = style.paint(ansi.bold(), &counts.join(", "));
    let (all, elapsed) = (report.trials.len(), report.elapsed.as_secs_f64());
    let left_out = match report.filtered_out {
        0 => String::new(),
        more => format!(" ({more} filtered out)"),
    };
    format!("{counts} of {all} in {elapsed:.1} s{left_out}")
}

fn name(trial: &Trial) -> String {
    format!("{}/{}", trial.action, trial.case)
}

fn place(location: &Location) -> String {
    escape::plain(&format!("{}:{}", location.line(), location.span.column))
}

fn short(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.1} s") }
}
