//! Colours, in one place.

use anstyle::{AnsiColor, Style as Ansi};

use super::Style;
use crate::model::{Outcome, ResourceOutcome};

pub(super) const PLAIN: Ansi = Ansi::new();
pub(super) const STRONG: Ansi = Ansi::new().bold();
pub(super) const QUIET: Ansi = Ansi::new().dimmed();
pub(super) const GOOD: Ansi = AnsiColor::Green.on_default();
pub(super) const BAD: Ansi = AnsiColor::Red.on_default();
pub(super) const CARE: Ansi = AnsiColor::Yellow.on_default();
pub(super) const NEWS: Ansi = AnsiColor::Cyan.on_default();
pub(super) const ALARM: Ansi = AnsiColor::Red.on_default().bold();

impl Style {
    /// Returns the text in a colour, or as it is when colours are off.
    pub(super) fn paint(self, ansi: Ansi, text: &str) -> String {
        if self.color { format!("{ansi}{text}{ansi:#}") } else { text.to_owned() }
    }
}

pub(super) fn resource_outcome(outcome: ResourceOutcome) -> Ansi {
    if outcome == ResourceOutcome::Stuck {
        ALARM
    } else if outcome == ResourceOutcome::Unchanged {
        PLAIN
    } else {
        pass_outcome(outcome.of_pass())
    }
}

pub(super) fn pass_outcome(outcome: Outcome) -> Ansi {
    match outcome {
        Outcome::Synced => GOOD,
        Outcome::Waiting => NEWS,
        Outcome::Drifted => CARE,
        Outcome::Refused | Outcome::Failed => BAD,
    }
}
