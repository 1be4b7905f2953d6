//! `windows` of an environment.

use jiff::civil::Weekday;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::model::{Code, Window};

use super::super::report::{Report, did_you_mean, quote};
use super::super::tree::Node;

const KEYS: &[&str] = &["allow", "timezone"];

/// Every day with its word, in the order of the week.
const DAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

/// The word for all of them.
const DAILY: &str = "daily";

const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// What `allow` takes, as a regular expression; that a range is empty is for the reader to find.
pub(in crate::manifest) const PATTERN: &str = concat!(
    "^(daily|(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(-(Mon|Tue|Wed|Thu|Fri|Sat|Sun))?",
    "(,(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(-(Mon|Tue|Wed|Thu|Fri|Sat|Sun))?)*)",
    " ([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
);

/// Reads a list of windows, of which there must be one.
pub(super) fn read_all(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Vec<Window>> {
    if report.list(key, node)?.is_empty() {
        let hint = "leave it out to allow changes at any time";
        report.add_hinted(Code::BadValue, node.span, "`windows` is empty", hint);
    }
    report.each(key, node, |report, _, node| window(report, node))
}

fn window(report: &mut Report, node: &Node<'_>) -> Option<Window> {
    let fields = report.fields("a window", node, KEYS)?;
    let allow = report.required(&fields, "allow", allow);
    let zone = report.required(&fields, "timezone", timezone);
    let (spelled, (days, from, to)) = allow?;
    Some(Window { spelled, days, from, to, zone: zone? })
}

type Times = (Vec<Weekday>, u16, u16);

fn allow(report: &mut Report, key: &str, node: &Node<'_>) -> Option<(String, Times)> {
    let text = report.text(key, node)?;
    match times(text) {
        Ok(times) => Some((text.to_owned(), times)),
        Err(fault) => {
            let message = format!("{} is no window: {fault}", quote(text));
            let hint =
                "write days and times, such as `Mon-Fri 09:00-16:00` or `Sat,Sun 22:00-06:00`";
            report.add_hinted(Code::BadValue, node.span, message, hint);
            None
        }
    }
}

/// Reads days and times; the error says what is wrong.
fn times(text: &str) -> Result<Times, String> {
    let (days, range) = text.split_once(' ').ok_or("it has no blank between days and times")?;
    let days = days_of(days)?;
    let (from, to) = range.split_once('-').ok_or("it has no `-` between two times")?;
    let (from, to) = (minute(from)?, minute(to)?);
    if from == MINUTES_OF_A_DAY {
        return Err("24:00 is an end and no beginning".to_owned());
    }
    if from == to {
        return Err("it ends when it begins; a whole day is `00:00-24:00`".to_owned());
    }
    Ok((days, from, to))
}

fn days_of(text: &str) -> Result<Vec<Weekday>, String> {
    if text == DAILY {
        return Ok(DAYS.map(|(_, day)| day).to_vec());
    }
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut at, last) = (day(first)?, day(last)?);
        days.push(at);
        while at != last {
            at = at.next();
            days.push(at);
        }
    }
    Ok(days)
}

fn day(text: &str) -> Result<Weekday, String> {
    let found = DAYS.iter().find(|(word, _)| *word == text).map(|(_, day)| *day);
    found.ok_or_else(|| {
        let words = DAYS.map(|(word, _)| word).join(", ");
        format!("{} is no day; days are {words}, or {DAILY} for all of them", quote(text))
    })
}

/// Reads `HH:MM` as minutes after midnight.
fn minute(text: &str) -> Result<u16, String> {
    let number = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| digits)
    };
    let read = || {
        let (hour, minute) = text.split_once(':')?;
        let minute = number(minute).filter(|minute| *minute < 60)?;
        Some(60 * number(hour)? + minute)
    };
    let within = read().filter(|minute| *minute <= MINUTES_OF_A_DAY);
    within.ok_or_else(|| format!("{} is no time from 00:00 to 24:00", quote(text)))
}

/// Looks a time zone up in the database that is built in, so that every machine agrees.
fn timezone(report: &mut Report, key: &str, node: &Node<'_>) -> Option<TimeZone> {
    let text = report.text(key, node)?;
    let database = TimeZoneDatabase::bundled();
    let found = database.get(text).ok().filter(|zone| zone.iana_name().is_some());
    if found.is_none() {
        let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
        let hint = did_you_mean(text, names.iter().map(String::as_str)).unwrap_or_else(|| {
            "write a name of the IANA database, such as Europe/Berlin".to_owned()
        });
        let message = format!("there is no time zone {}", quote(text));
        report.add_hinted(Code::BadValue, node.span, message, hint);
    }
    found
}
