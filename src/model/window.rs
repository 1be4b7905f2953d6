//! When changes are allowed.

use std::fmt;

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;

/// Days and a time of day at which changes are allowed, on the clocks of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Days and times as `flowgate.yaml` spells them, such as `Mon-Fri 09:00-16:00`.
    pub spelled: String,
    /// The days on which it begins.
    pub days: Vec<Weekday>,
    /// When it begins, in minutes after midnight.
    pub from: u16,
    /// When it ends, in minutes after midnight, up to 1440; it lasts into the next day when this is not
    /// after `from`.
    pub to: u16,
    /// Whose clocks count.
    pub zone: TimeZone,
}

impl Window {
    /// Tells whether changes are allowed when the clocks of the place show this.
    ///
    /// Only what the clocks show counts: an hour that they skip is no part of a window, and one that they show
    /// twice is part of it twice.
    pub fn covers(&self, clock: DateTime) -> bool {
        let [hours, minutes] = [clock.hour(), clock.minute()].map(|n| u16::from(n.unsigned_abs()));
        let minute = 60 * hours + minutes;
        let begins_today = self.days.contains(&clock.weekday());
        let began_yesterday = self.days.contains(&clock.weekday().previous());
        if self.from < self.to {
            begins_today && (self.from..self.to).contains(&minute)
        } else {
            (begins_today && minute >= self.from) || (began_yesterday && minute < self.to)
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = self.zone.iana_name().unwrap_or("an unnamed time zone");
        write!(f, "{} ({zone})", self.spelled)
    }
}
