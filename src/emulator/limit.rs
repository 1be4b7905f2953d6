//! How many requests a second the tenant takes.

use std::time::Duration;

use tokio::time::Instant;

/// How much earlier than the rate allows a request may come: requests that left evenly spaced
/// arrive bunched.
const JITTER: Duration = Duration::from_millis(50);

/// A token bucket: a second's worth of requests at once, then evenly at the rate.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    /// When the bucket would be full again.
    full_at: Option<Instant>,
}

impl Limiter {
    /// Takes one request, or says how long to wait; a rate of 0 takes them all.
    pub(super) fn take(&mut self, per_second: u32, now: Instant) -> Result<(), Duration> {
        if per_second == 0 {
            return Ok(());
        }
        let next = self.full_at.map_or(now, |at| at.max(now)) + Duration::from_secs(1) / per_second;
        let allowed = now + Duration::from_secs(1) + JITTER;
        if next > allowed {
            return Err(next - allowed);
        }
        self.full_at = Some(next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_at_once(limiter: &mut Limiter, per_second: u32, tries: usize) -> usize {
        let now = Instant::now();
        (0..tries).filter(|_| limiter.take(per_second, now).is_ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_passes_at_once_and_no_more() {
        for (per_second, taken) in [(1, 1), (5, 5), (100, 105)] {
            assert_eq!(taken_at_once(&mut Limiter::default(), per_second, 300), taken);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_keeps_the_rate_is_never_refused() {
        let mut limiter = Limiter::default();
        assert_eq!(taken_at_once(&mut limiter, 100, 100), 100);
        for _ in 0..500 {
            tokio::time::advance(Duration::from_millis(10)).await;
            assert_eq!(limiter.take(100, Instant::now()), Ok(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_is_long_enough() {
        let mut limiter = Limiter::default();
        taken_at_once(&mut limiter, 2, 10);
        let wait = limiter.take(2, Instant::now()).expect_err("is over the limit");
        tokio::time::advance(wait).await;
        assert_eq!(limiter.take(2, Instant::now()), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn zero_is_no_limit() {
        assert_eq!(taken_at_once(&mut Limiter::default(), 0, 1000), 1000);
    }
}
