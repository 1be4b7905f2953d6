//! Whether changes are allowed now, and when they are next.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime};
use jiff::tz::AmbiguousOffset;
use jiff::{Timestamp, ToSpan};

use super::{Plan, ResourcePlan, Work};
use crate::model::{ResourceOutcome, Step, Window};

/// How many days ahead the next opening is looked for. A window comes every week at the latest, and the
/// clocks of a place skip it at most once.
const DAYS_AHEAD: i64 = 15;

/// Whether the environment's windows let changes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// They do, or there are none.
    Open,
    /// They do not.
    Closed(Closed),
    /// They do not, and somebody goes ahead for this reason.
    Overridden(Closed, String),
}

/// Windows none of which is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// All of them, as people spell them.
    pub windows: Vec<String>,
    /// When the next one opens, on the clocks of its place and in UTC.
    pub opens: Option<String>,
    /// The same as a moment.
    pub opens_at: Option<Timestamp>,
}

impl Closed {
    /// Says in one sentence which windows are closed and when the next one opens.
    pub fn reason(&self) -> String {
        let windows = self.windows.join(", ");
        let opens = self.opens.as_ref().map(|opens| format!("; the next opens {opens}"));
        format!("outside the windows {windows}{}", opens.unwrap_or_default())
    }
}

/// Tells whether a moment is within one of the windows; it is when there is none. `reason` goes ahead
/// all the same.
pub fn opening(windows: &[Window], now: Timestamp, reason: Option<&str>) -> Opening {
    if windows.is_empty() || windows.iter().any(|window| is_open(window, now)) {
        return Opening::Open;
    }
    let next = windows.iter().filter_map(|window| Some((opens(window, now)?, window)));
    let next = next.min_by_key(|(at, _)| *at);
    let closed = Closed {
        windows: windows.iter().map(ToString::to_string).collect(),
        opens: next.map(|(at, window)| spelled(window, at)),
        opens_at: next.map(|(at, _)| at),
    };
    match reason {
        Some(reason) => Opening::Overridden(closed, reason.to_owned()),
        None => Opening::Closed(closed),
    }
}

fn is_open(window: &Window, at: Timestamp) -> bool {
    window.covers(window.zone.to_datetime(at))
}

/// Returns when a closed window opens next: what the clocks show comes into it where it begins, or where
/// the clocks are set.
fn opens(window: &Window, now: Timestamp) -> Option<Timestamp> {
    let today = window.zone.to_datetime(now).date();
    let days = (-1..=DAYS_AHEAD).filter_map(|days| today.checked_add(days.days()).ok());
    let begins = days.filter_map(|day| begin(window, day)).flat_map(|clock| moments(window, clock));
    let end = now.checked_add((24 * DAYS_AHEAD).hours()).ok()?;
    let set = window.zone.following(now).map(|transition| transition.timestamp());
    let set = set.take_while(|at| *at <= end);
    begins.chain(set).filter(|at| *at > now && is_open(window, *at)).min()
}

fn begin(window: &Window, day: Date) -> Option<DateTime> {
    let [hour, minute] = [window.from / 60, window.from % 60].map(|part| i8::try_from(part).ok());
    DateTime::new(day.year(), day.month(), day.day(), hour?, minute?, 0, 0).ok()
}

/// Returns the moments at which the clocks show something: none where they skip it, two where they show
/// it twice.
fn moments(window: &Window, clock: DateTime) -> Vec<Timestamp> {
    let offsets = match window.zone.to_ambiguous_timestamp(clock).offset() {
        AmbiguousOffset::Unambiguous { offset } => vec![offset],
        AmbiguousOffset::Gap { .. } => Vec::new(),
        AmbiguousOffset::Fold { before, after } => vec![before, after],
    };
    offsets.into_iter().filter_map(|offset| offset.to_timestamp(clock).ok()).collect()
}

/// Spells a moment on the clocks of the window's place, and in UTC.
fn spelled(window: &Window, at: Timestamp) -> String {
    let there = at.to_zoned(window.zone.clone());
    let zone = window.zone.iana_name().unwrap_or_default();
    format!("{} {zone} ({})", there.strftime("%a %Y-%m-%d %H:%M"), at.strftime("%H:%M UTC"))
}

impl Plan {
    /// Tells why a resource is not begun now; nothing when it is, or when nothing is sent for it.
    pub fn waits(&self, resource: &ResourcePlan) -> Option<String> {
        let Opening::Closed(closed) = &self.opening else { return None };
        begins(resource).then(|| closed.reason())
    }

    /// Returns what of the plan is done now: what waits for a window is left as it is. A deployment that was
    /// begun is followed to its end, and rolled back when it failed, also while the windows are closed.
    pub fn due(&self) -> Cow<'_, Self> {
        if !self.resources.iter().any(|resource| self.waits(resource).is_some()) {
            return Cow::Borrowed(self);
        }
        let mut due = self.clone();
        for resource in &mut due.resources {
            if let Some(why) = self.waits(resource) {
                resource.leave(ResourceOutcome::Waiting, why);
            }
        }
        Cow::Owned(due)
    }
}

/// Tells whether something is begun that was not.
pub fn begins(resource: &ResourcePlan) -> bool {
    let goes_on = |step: &Step| {
        matches!(step, Step::UseVersion(_) | Step::Validate | Step::Attach(_) | Step::RollBack(_))
    };
    match &resource.work {
        Work::Flow(work) => !work.steps.iter().all(goes_on),
        Work::DataAction(_) | Work::DataStore(_) => !resource.is_idle(),
    }
}

#[cfg(test)]
mod tests;
