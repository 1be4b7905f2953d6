//! When a call is sent again. Pure: nothing here waits, reads a clock or rolls dice.

use std::time::Duration;

use http::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use http::{Response, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::exchange::ExchangeError;

/// How often a request that never arrives is sent: a wrong port is to be named soon.
const CONNECTS: u32 = 3;
/// The wait after the first connection that fails; doubles.
const RECONNECT: Duration = Duration::from_millis(500);

/// Whether a call may be sent again after it may have taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// A repeat does no harm: a read, a write guarded by a version, or one with a key.
    Safe,
    /// A repeat may make a twin.
    Never,
}

/// What stands between a call and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// 429: had no effect.
    Limited {
        /// What the tenant asks to wait.
        retry_after: Option<Duration>,
    },
    /// 500, 502, 503 or 504: may have had an effect.
    Unavailable {
        /// What the tenant asks to wait.
        retry_after: Option<Duration>,
    },
    /// Never arrived: had no effect.
    NotSent,
    /// The answer was lost: may have had an effect.
    Unanswered,
}

impl Trouble {
    /// Returns what is wrong with an outcome that may be better the next time.
    pub(super) fn of<B>(
        outcome: &Result<Response<B>, ExchangeError>,
        now: Timestamp,
    ) -> Option<Self> {
        match outcome {
            Err(ExchangeError::NotSent(_)) => Some(Self::NotSent),
            Err(ExchangeError::Unanswered(_)) => Some(Self::Unanswered),
            Ok(response) => {
                Self::of_status(response.status(), retry_after(response.headers(), now))
            }
        }
    }

    fn of_status(status: StatusCode, retry_after: Option<Duration>) -> Option<Self> {
        match status.as_u16() {
            429 => Some(Self::Limited { retry_after }),
            500 | 502 | 503 | 504 => Some(Self::Unavailable { retry_after }),
            _ => None,
        }
    }

    /// Tells whether the call may have taken effect all the same.
    pub(super) fn leaves_doubt(self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Unanswered)
    }
}

/// What to do about a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Send the call again.
    Retry {
        /// After this long.
        after: Duration,
    },
    /// Take the outcome as it is.
    GiveUp,
}

/// How often and how patiently a call is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How often a call is sent at most, the first time included.
    pub attempts: u32,
    /// The longest wait between two attempts, whatever the tenant asks for.
    pub longest_wait: Duration,
}

impl Default for Policy {
    /// Six attempts: half a minute of maintenance or of a full tenant is sat out.
    fn default() -> Self {
        Self { attempts: 6, longest_wait: Duration::from_secs(30) }
    }
}

impl Policy {
    /// Decides about a call that was sent `attempt` times (from 1) and met the same sort of
    /// trouble each time. `jitter` (0 to 999) lengthens a wait by up to a half.
    pub(super) fn decide(
        &self,
        trouble: Trouble,
        attempt: u32,
        repeat: Repeat,
        jitter: u32,
    ) -> Decision {
        if trouble == Trouble::NotSent {
            let after = jittered(doubled(RECONNECT, attempt), jitter).min(self.longest_wait);
            return retry_if(attempt < CONNECTS.min(self.attempts), after);
        }
        let harmless = repeat == Repeat::Safe || !trouble.leaves_doubt();
        retry_if(harmless && attempt < self.attempts, self.wait(trouble, attempt, jitter))
    }

    fn wait(&self, trouble: Trouble, attempt: u32, jitter: u32) -> Duration {
        let own = jittered(doubled(Duration::from_secs(1), attempt), jitter);
        let wait = match trouble {
            Trouble::Limited { retry_after } => retry_after.unwrap_or(own),
            Trouble::Unavailable { retry_after } => retry_after.map_or(own, |asked| asked.max(own)),
            Trouble::NotSent | Trouble::Unanswered => own,
        };
        wait.min(self.longest_wait)
    }
}

fn retry_if(condition: bool, after: Duration) -> Decision {
    if condition { Decision::Retry { after } } else { Decision::GiveUp }
}

fn doubled(first: Duration, attempt: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)))
}

fn jittered(wait: Duration, jitter: u32) -> Duration {
    wait.saturating_add(wait.saturating_mul(jitter.min(999)) / 2000)
}

/// Returns the `n`th number of a seeded sequence, 0 to 999.
pub(super) fn jitter(seed: u64, n: u64) -> u32 {
    // SplitMix64.
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((z ^ (z >> 31)) % 1000).unwrap_or(0)
}

/// Reads `Retry-After`: seconds, or an HTTP date, which counts from the answer's own `Date` where
/// it has one and from `now` otherwise.
///
/// Zero, the past and what cannot be read count as absent: the tenant did refuse.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => until(headers, now)?,
    };
    (!wait.is_zero()).then_some(wait)
}

fn until(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let then = http_date(headers, &RETRY_AFTER)?;
    let now = http_date(headers, &DATE).unwrap_or(now);
    Duration::try_from(then.duration_since(now)).ok()
}

fn http_date(headers: &HeaderMap, name: &HeaderName) -> Option<Timestamp> {
    let text = headers.get(name)?.to_str().ok()?;
    DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);
    const LIMITED: Trouble = Trouble::Limited { retry_after: None };
    const DOWN: Trouble = Trouble::Unavailable { retry_after: None };

    fn wait(trouble: Trouble, attempt: u32, repeat: Repeat) -> Option<Duration> {
        match Policy::default().decide(trouble, attempt, repeat, 0) {
            Decision::Retry { after } => Some(after),
            Decision::GiveUp => None,
        }
    }

    #[test]
    fn each_trouble_has_its_own_wait_and_its_end() {
        let asked = |n| Trouble::Limited { retry_after: Some(n * S) };
        let table = [
            (LIMITED, 1, Repeat::Never, Some(S)),
            (LIMITED, 2, Repeat::Safe, Some(2 * S)),
            (LIMITED, 5, Repeat::Safe, Some(16 * S)),
            (LIMITED, 6, Repeat::Safe, None),
            (asked(7), 1, Repeat::Never, Some(7 * S)),
            (asked(600), 1, Repeat::Safe, Some(30 * S)),
            (DOWN, 1, Repeat::Safe, Some(S)),
            (DOWN, 1, Repeat::Never, None),
            (DOWN, 6, Repeat::Safe, None),
            (Trouble::Unavailable { retry_after: Some(9 * S) }, 1, Repeat::Safe, Some(9 * S)),
            (Trouble::Unanswered, 3, Repeat::Safe, Some(4 * S)),
            (Trouble::Unanswered, 1, Repeat::Never, None),
            (Trouble::NotSent, 1, Repeat::Never, Some(S / 2)),
            (Trouble::NotSent, 2, Repeat::Never, Some(S)),
            (Trouble::NotSent, 3, Repeat::Safe, None),
        ];
        for (trouble, attempt, repeat, expected) in table {
            assert_eq!(
                wait(trouble, attempt, repeat),
                expected,
                "{trouble:?} {attempt} {repeat:?}"
            );
        }
    }

    #[test]
    fn waits_stay_below_the_longest_whatever_the_attempt_and_the_jitter() {
        let policy = Policy { attempts: u32::MAX, ..Policy::default() };
        for attempt in [1, 5, 31, 32, 33, 1_000_000] {
            let decision = policy.decide(DOWN, attempt, Repeat::Safe, u32::MAX);
            assert!(matches!(decision, Decision::Retry { after } if after <= 30 * S));
        }
    }

    #[test]
    fn jitter_is_the_same_for_the_same_seed_and_spreads() {
        let rolls = |seed| (0..100).map(|n| jitter(seed, n)).collect::<Vec<_>>();
        assert_eq!(rolls(1), rolls(1));
        assert_ne!(rolls(1), rolls(2));
        assert!(rolls(1).iter().all(|&roll| roll < 1000));
        assert!(rolls(1).iter().max() > Some(&900) && rolls(1).iter().min() < Some(&100));
    }

    #[test]
    fn only_limits_and_outages_are_worth_another_try() {
        for status in [200, 202, 302, 400, 401, 403, 404, 405, 409, 422, 501, 505] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(Trouble::of_status(status, None), None, "{status}");
        }
        assert_eq!(Trouble::of_status(StatusCode::TOO_MANY_REQUESTS, None), Some(LIMITED));
        for status in [500, 502, 503, 504] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(Trouble::of_status(status, None), Some(DOWN), "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_in_every_form() {
        let now: Timestamp = "2026-11-21T08:00:00Z".parse().expect("a time");
        let table = [
            ("3", None, Some(3)),
            (" 3 ", None, Some(3)),
            ("0", None, None),
            ("-1", None, None),
            ("soon", None, None),
            ("", None, None),
            ("99999999999999999999999", None, None),
            ("Sat, 21 Nov 2026 08:00:05 GMT", None, Some(5)),
            ("Sat, 21 Nov 2026 07:00:05 GMT", None, None),
            ("Sat, 21 Nov 2026 09:00:05 GMT", Some("Sat, 21 Nov 2026 09:00:00 GMT"), Some(5)),
        ];
        for (text, date, seconds) in table {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().expect("a header"));
            if let Some(date) = date {
                headers.insert(DATE, date.parse().expect("a header"));
            }
            assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
