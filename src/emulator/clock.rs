//! Wall time that a paused tokio clock drives.

use jiff::Timestamp;
use tokio::time::Instant;

/// Milliseconds since 1970.
pub(super) type Millis = i64;

/// What the emulator takes for the time: a wall time, and what tokio's clock has counted since.
///
/// Under tokio's paused clock it stands still until the test moves on.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    wall: Millis,
    since: Instant,
}

impl Clock {
    /// A clock that starts at the machine's wall time.
    pub fn system() -> Self {
        Self::starting_at(Timestamp::now())
    }

    /// A clock that starts at a given wall time.
    pub fn starting_at(wall: Timestamp) -> Self {
        Self { wall: wall.as_millisecond(), since: Instant::now() }
    }

    pub(super) fn now(&self) -> Millis {
        let elapsed = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.wall.saturating_add(elapsed)
    }
}

/// Spells a time as RFC 3339 in UTC, with milliseconds.
pub(super) fn rfc3339(at: Millis) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX);
    format!("{at:.3}")
}

/// Spells microseconds since 1970 as RFC 3339 in UTC, with all of them.
pub(super) fn rfc3339_micros(at: i64) -> String {
    let at = Timestamp::from_microsecond(at).unwrap_or(Timestamp::MAX);
    format!("{at:.6}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_paused_clock_drives_the_wall_time() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        tokio::time::advance(Duration::from_millis(1500)).await;
        assert_eq!(rfc3339(clock.now()), "1970-01-01T00:00:01.500Z");
    }
}
