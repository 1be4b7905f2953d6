//! Where output goes, and how much colour it gets.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::Value;

use super::args::Format;

use crate::apply::{Progress, ProgressEvent};
use crate::render::Style;

/// The process's stdout and stderr.
pub(super) struct Terminal {
    out: Style,
    err: Style,
    interactive: bool,
}

#[expect(clippy::unused_self, reason = "whoever prints has been handed the terminal")]
impl Terminal {
    /// Looks at the process: colour where it is a terminal and `NO_COLOR` is not set.
    pub(super) fn of_process() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let width = console_width();
        let colour = |is_terminal: bool| wanted && (is_terminal || forced);
        let interactive = std::io::stderr().is_terminal();
        Self {
            out: Style { color: colour(std::io::stdout().is_terminal()), width },
            err: Style { color: colour(interactive), width },
            interactive,
        }
    }

    /// How stdout is drawn.
    pub(super) fn out(&self) -> Style {
        self.out
    }

    /// How stderr is drawn.
    pub(super) fn err(&self) -> Style {
        self.err
    }

    /// Writes data to stdout, ended by one line break. A reader that went away is no error.
    pub(super) fn print(&self, text: &str) {
        let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
    }

    /// Writes a JSON document to stdout.
    pub(super) fn print_json(&self, value: &impl Serialize) {
        // Cannot fail: what is printed has texts for keys.
        self.print(&serde_json::to_string_pretty(value).unwrap_or_default());
    }

    /// Writes data as it is asked for; Markdown is the text in a fence.
    pub(super) fn show(
        &self,
        format: Format,
        text: impl Fn(Style) -> String,
        json: impl FnOnce() -> Value,
    ) {
        match format {
            Format::Text => self.print(&text(self.out)),
            Format::Json => self.print_json(&json()),
            Format::Markdown => {
                let plain = text(Style { color: false, ..self.out });
                self.print(&format!("```text\n{}\n```", plain.trim_end()));
            }
        }
    }

    /// Writes what is not data to stderr.
    pub(super) fn note(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Writes a warning to stderr.
    pub(super) fn warning(&self, text: &str) {
        self.labelled("warning", anstyle::AnsiColor::Yellow, text);
    }

    /// Writes an error to stderr.
    pub(super) fn error(&self, text: &str) {
        self.labelled("error", anstyle::AnsiColor::Red, text);
    }

    fn labelled(&self, label: &str, colour: anstyle::AnsiColor, text: &str) {
        let style = colour.on_default().bold();
        let label = format!("{label}:");
        let label = if self.err.color { format!("{style}{label}{style:#}") } else { label };
        self.note(&format!("{label} {text}"));
    }

    /// Returns what shows progress: bars on a terminal, nothing elsewhere.
    pub(super) fn bars(&self) -> Bars {
        Bars { interactive: self.interactive, bar: Mutex::new(None) }
    }
}

fn console_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let (_, measured) = console::Term::stderr().size();
    columns.unwrap_or(usize::from(measured)).clamp(60, 160)
}

/// Progress bars of a pass.
pub(super) struct Bars {
    interactive: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    /// Takes the bar away, so that what follows stands on a clean line.
    pub(super) fn clear(&self) {
        if let Some(bar) = self.current().take() {
            bar.finish_and_clear();
        }
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn begin(&self, what: &'static str, total: usize) {
        self.clear();
        if !self.interactive || total == 0 {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        let template = "{prefix:>9} [{bar:28}] {pos}/{len} {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        *self.current() = Some(bar);
    }
}

impl Progress for Bars {
    fn event(&self, event: &ProgressEvent) {
        match event {
            ProgressEvent::ObserveStarted { total } => self.begin("observe", *total),
            ProgressEvent::ApplyStarted { total } => self.begin("apply", *total),
            ProgressEvent::Observed | ProgressEvent::RecordWritten => {
                if let Some(bar) = self.current().as_ref() {
                    bar.inc(1);
                }
            }
            ProgressEvent::At { id, step } => {
                if let Some(bar) = self.current().as_ref() {
                    bar.set_message(format!("{id}: {step}"));
                }
            }
            ProgressEvent::Finished { id, outcome } => {
                if let Some(bar) = self.current().as_ref() {
                    bar.inc(1);
                    bar.set_message(format!("{id}: {outcome}"));
                }
            }
        }
    }
}
