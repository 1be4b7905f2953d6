use jiff::civil::Weekday;
use jiff::tz::TimeZoneDatabase;
use proptest::prelude::*;

use super::*;

const DAILY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn window(days: &[Weekday], [from, to]: [&str; 2], zone: &str) -> Window {
    let minutes = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap();
        60 * hour.parse::<u16>().unwrap() + minute.parse::<u16>().unwrap()
    };
    Window {
        spelled: format!("… {from}-{to}"),
        days: days.to_vec(),
        from: minutes(from),
        to: minutes(to),
        zone: TimeZoneDatabase::bundled().get(zone).unwrap(),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// `open`, or when the window opens next, in UTC.
fn told(window: &Window, now: &str) -> String {
    match opening(std::slice::from_ref(window), at(now), None) {
        Opening::Open => "open".to_owned(),
        Opening::Closed(closed) => closed.opens_at.unwrap().to_string(),
        Opening::Overridden(..) => unreachable!("no reason was given"),
    }
}

#[test]
fn an_ordinary_week_in_berlin() {
    let weekdays = &DAILY[..5];
    let office = window(weekdays, ["09:00", "16:00"], "Europe/Berlin");
    for (now, expected) in [
        // A Monday in winter, one hour ahead of UTC.
        ("2026-03-02T07:59:59Z", "2026-03-02T08:00:00Z"),
        ("2026-03-02T08:00:00Z", "open"),
        ("2026-03-02T14:59:59.999Z", "open"),
        ("2026-03-02T15:00:00Z", "2026-03-03T08:00:00Z"),
        // The Friday before the clocks go forward: Monday opens an hour earlier by UTC.
        ("2026-03-27T15:00:00Z", "2026-03-30T07:00:00Z"),
        ("2026-03-29T12:00:00Z", "2026-03-30T07:00:00Z"),
        // And before they go back.
        ("2026-10-23T14:00:00Z", "2026-10-26T08:00:00Z"),
    ] {
        assert_eq!(told(&office, now), expected, "{now}");
    }
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    let night = window(&[Weekday::Saturday], ["22:00", "06:00"], "Europe/Berlin");
    for (now, expected) in [
        ("2026-03-07T20:59:59Z", "2026-03-07T21:00:00Z"),
        ("2026-03-07T21:00:00Z", "open"),
        ("2026-03-08T04:59:59Z", "open"),
        ("2026-03-08T05:00:00Z", "2026-03-14T21:00:00Z"),
        ("2026-03-06T23:00:00Z", "2026-03-07T21:00:00Z"),
        // An hour is missing in this night, and one comes twice in the other.
        ("2026-03-29T03:59:59Z", "open"),
        ("2026-03-29T04:00:00Z", "2026-04-04T20:00:00Z"),
        ("2026-10-25T04:59:59Z", "open"),
        ("2026-10-25T05:00:00Z", "2026-10-31T21:00:00Z"),
    ] {
        assert_eq!(told(&night, now), expected, "{now}");
    }
    let to_midnight = window(&[Weekday::Sunday], ["22:00", "00:00"], "UTC");
    assert_eq!(told(&to_midnight, "2026-03-08T23:59:59Z"), "open");
    assert_eq!(told(&to_midnight, "2026-03-09T00:00:00Z"), "2026-03-15T22:00:00Z");
    let whole = window(&[Weekday::Sunday], ["00:00", "24:00"], "UTC");
    assert_eq!(told(&whole, "2026-03-08T23:59:59Z"), "open");
    assert_eq!(told(&whole, "2026-03-09T00:00:00Z"), "2026-03-15T00:00:00Z");
}

/// A place, a window there on every day, and what is told at which moment.
type Setting = (&'static str, [&'static str; 2], &'static [(&'static str, &'static str)]);

/// Where the clocks are set, which hour they skip or show twice, and what that does to a window.
#[test]
fn what_the_clocks_skip_is_no_part_of_a_window_and_what_they_show_twice_is_part_of_it_twice() {
    let table: &[Setting] = &[
        // 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC.
        (
            "Europe/Berlin",
            ["02:30", "04:00"],
            &[
                ("2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"),
                ("2026-03-29T01:00:00Z", "open"),
                ("2026-03-29T02:00:00Z", "2026-03-30T00:30:00Z"),
            ],
        ),
        // All of it is skipped: the next day.
        (
            "Europe/Berlin",
            ["02:15", "02:45"],
            &[
                ("2026-03-28T01:15:00Z", "open"),
                ("2026-03-28T23:00:00Z", "2026-03-30T00:15:00Z"),
                ("2026-03-29T01:00:00Z", "2026-03-30T00:15:00Z"),
            ],
        ),
        // 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC.
        (
            "Europe/Berlin",
            ["01:30", "02:30"],
            &[
                ("2026-10-25T00:29:59Z", "open"),
                ("2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),
                ("2026-10-25T01:00:00Z", "open"),
                ("2026-10-25T01:30:00Z", "2026-10-26T00:30:00Z"),
            ],
        ),
        (
            "Europe/Berlin",
            ["02:15", "02:45"],
            &[
                ("2026-10-25T00:15:00Z", "open"),
                ("2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z"),
                ("2026-10-25T01:44:59Z", "open"),
                ("2026-10-25T01:45:00Z", "2026-10-26T01:15:00Z"),
            ],
        ),
        // 2026-03-08: 02:00 becomes 03:00 at 07:00 UTC; 2026-11-01: 02:00 becomes 01:00 at 06:00 UTC.
        (
            "America/New_York",
            ["02:30", "03:30"],
            &[
                ("2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z"),
                ("2026-03-08T07:29:59Z", "open"),
                ("2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"),
            ],
        ),
        (
            "America/New_York",
            ["01:00", "01:30"],
            &[
                ("2026-11-01T05:00:00Z", "open"),
                ("2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z"),
                ("2026-11-01T06:30:00Z", "2026-11-02T06:00:00Z"),
            ],
        ),
        // Half an hour only. 2026-10-04: 02:00 becomes 02:30 at 15:30 UTC of the day before; 2026-04-05:
        // 02:00 becomes 01:30 at 15:00 UTC of the day before.
        (
            "Australia/Lord_Howe",
            ["02:15", "02:45"],
            &[
                ("2026-10-03T15:29:59Z", "2026-10-03T15:30:00Z"),
                ("2026-10-03T15:30:00Z", "open"),
                ("2026-10-03T15:45:00Z", "2026-10-04T15:15:00Z"),
            ],
        ),
        (
            "Australia/Lord_Howe",
            ["02:00", "02:30"],
            &[("2026-10-03T15:00:00Z", "2026-10-04T15:00:00Z")],
        ),
        (
            "Australia/Lord_Howe",
            ["01:00", "01:45"],
            &[
                ("2026-04-04T14:44:59Z", "open"),
                ("2026-04-04T14:45:00Z", "2026-04-04T15:00:00Z"),
                ("2026-04-04T15:14:59Z", "open"),
                ("2026-04-04T15:15:00Z", "2026-04-05T14:30:00Z"),
            ],
        ),
        // 2011-12-30 never was on Samoa.
        (
            "Pacific/Apia",
            ["09:00", "16:00"],
            &[("2011-12-30T03:00:00Z", "2011-12-30T19:00:00Z"), ("2011-12-30T19:00:00Z", "open")],
        ),
    ];
    for (zone, range, cases) in table {
        let window = window(&DAILY, *range, zone);
        for (now, expected) in *cases {
            assert_eq!(&told(&window, now), expected, "{zone} {range:?} at {now}");
        }
    }
}

#[test]
fn a_weekly_window_that_the_clocks_skip_opens_a_week_later() {
    let sunday = window(&[Weekday::Sunday], ["02:15", "02:45"], "Europe/Berlin");
    assert_eq!(told(&sunday, "2026-03-22T02:00:00Z"), "2026-04-05T00:15:00Z");
}

#[test]
fn one_open_window_is_enough_and_without_any_everything_is_open() {
    let monday = window(&[Weekday::Monday], ["09:00", "10:00"], "UTC");
    let tuesday = window(&[Weekday::Tuesday], ["09:00", "10:00"], "UTC");
    let both = [monday, tuesday];
    assert_eq!(opening(&both, at("2026-03-03T09:00:00Z"), None), Opening::Open);
    assert_eq!(opening(&[], at("2026-03-03T11:00:00Z"), None), Opening::Open);
    let Opening::Closed(closed) = opening(&both, at("2026-03-02T11:00:00Z"), None) else {
        panic!("closed");
    };
    insta::assert_snapshot!(closed.reason(), @"outside the windows … 09:00-10:00 (UTC), … 09:00-10:00 (UTC); the next opens Tue 2026-03-03 09:00 UTC (09:00 UTC)");
}

#[test]
fn a_reason_opens_what_is_closed_and_is_not_needed_for_what_is_open() {
    let monday = [window(&[Weekday::Monday], ["09:00", "10:00"], "Europe/Berlin")];
    let reason = Some("hotfix");
    assert_eq!(opening(&monday, at("2026-03-02T08:30:00Z"), reason), Opening::Open);
    let Opening::Overridden(closed, reason) = opening(&monday, at("2026-03-02T12:00:00Z"), reason)
    else {
        panic!("overridden");
    };
    assert_eq!(reason, "hotfix");
    insta::assert_snapshot!(closed.reason(), @"outside the windows … 09:00-10:00 (Europe/Berlin); the next opens Mon 2026-03-09 09:00 Europe/Berlin (08:00 UTC)");
}

proptest! {
    /// The next opening is open, nothing before it is, and it comes.
    #[test]
    fn the_next_opening_is_the_first_moment_that_is_open(
        days in prop::sample::subsequence(DAILY.to_vec(), 1..=7),
        from in 0_u16..1440,
        length in 1_u16..1440,
        zone in prop::sample::select(vec![
            "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC",
        ]),
        seconds in 1_262_304_000_i64..1_893_456_000,
    ) {
        let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
        let to = (from + length) % 1440;
        let window = Window { spelled: String::new(), days, from, to, zone };
        let now = Timestamp::from_second(seconds).unwrap();
        let opening = opening(std::slice::from_ref(&window), now, None);
        let Opening::Closed(Closed { opens_at: Some(next), .. }) = opening else {
            prop_assert_eq!(opening, Opening::Open);
            return Ok(());
        };
        prop_assert!(next > now && is_open(&window, next));
        let mut before = now;
        while before < next {
            prop_assert!(!is_open(&window, before), "open at {} already", before);
            before += std::time::Duration::from_mins(7);
        }
        let just_before = next - std::time::Duration::from_secs(1);
        prop_assert!(just_before < now || !is_open(&window, just_before));
    }
}
