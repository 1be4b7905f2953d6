//! How fast a tenant is asked.

use std::sync::{Mutex as StdMutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// Lets requests through in the order in which they ask, never more than so many in one second.
///
/// A tenth of the rate may go at once; the rest is spaced so that no window of one second, wherever
/// it begins, holds more than the rate: a bucket of `b` tokens that gains one each
/// `1 / (n - b + 1)` second gives at most `b + (n - b)` in any second. The price is that a long run
/// goes at about nine tenths of the rate.
#[derive(Debug)]
pub(super) struct Limiter {
    spacing: Duration,
    /// How far ahead of the spacing a burst may run.
    slack: Duration,
    /// When the bucket is full again. Held while waiting, which makes the queue fair.
    full_at: Mutex<Instant>,
    paused_until: StdMutex<Instant>,
}

impl Limiter {
    /// Makes a limiter of so many requests in any one second; 0 counts as 1.
    pub(super) fn new(requests_per_second: u32) -> Self {
        let rate = requests_per_second.max(1);
        let burst = (rate / 10).max(1);
        let nanos = 1_000_000_000_u64.div_ceil(u64::from(rate - burst + 1));
        let spacing = Duration::from_nanos(nanos);
        let now = Instant::now();
        Self {
            spacing,
            slack: spacing * (burst - 1),
            full_at: Mutex::new(now),
            paused_until: StdMutex::new(now),
        }
    }

    /// Waits until a request may be sent, which then counts as sent at once.
    pub(super) async fn acquire(&self) {
        let mut full_at = self.full_at.lock().await;
        loop {
            let ready = self.ready_at(*full_at);
            if Instant::now() >= ready {
                break;
            }
            // A pause may begin while this waits: look again.
            sleep_until(ready).await;
        }
        *full_at = (*full_at).max(Instant::now()) + self.spacing;
    }

    /// Lets nothing through before `until`.
    pub(super) fn slow_down(&self, until: Instant) {
        let mut paused = self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        *paused = (*paused).max(until);
    }

    fn ready_at(&self, full_at: Instant) -> Instant {
        let paused = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        full_at.checked_sub(self.slack).map_or(paused, |ready| ready.max(paused))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    async fn sent_at(limiter: &Limiter, count: usize) -> Vec<Duration> {
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..count {
            limiter.acquire().await;
            times.push(start.elapsed());
        }
        times
    }

    fn most_in_a_second(times: &[Duration]) -> usize {
        let second = Duration::from_secs(1);
        let within = |from: Duration| {
            times.iter().filter(|time| (from..from + second).contains(time)).count()
        };
        times.iter().map(|from| within(*from)).max().unwrap_or(0)
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_holds_more_than_the_rate_and_most_hold_nearly_as_many() {
        for rate in [1, 2, 5, 9, 10, 37, 100] {
            let times = sent_at(&Limiter::new(rate), 3 * rate as usize + 2).await;
            let most = most_in_a_second(&times);
            assert!(most <= rate as usize, "{most} at {rate}");
            assert!(most * 10 >= rate as usize * 9, "{most} at {rate}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_second_does_not_make_the_next_burst_larger() {
        let limiter = Limiter::new(100);
        sent_at(&limiter, 50).await;
        tokio::time::advance(Duration::from_mins(1)).await;
        assert!(most_in_a_second(&sent_at(&limiter, 300).await) <= 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_up_those_who_already_wait() {
        let limiter = Arc::new(Limiter::new(1));
        limiter.acquire().await;
        let start = Instant::now();
        let waiting = tokio::spawn({
            let limiter = Arc::clone(&limiter);
            async move { limiter.acquire().await }
        });
        tokio::task::yield_now().await;
        limiter.slow_down(start + Duration::from_secs(30));
        limiter.slow_down(start + Duration::from_secs(3));
        waiting.await.expect("no panic");
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    proptest! {
        #[test]
        fn no_rate_and_no_pattern_of_idling_exceeds_the_limit(
            rate in 0_u32..300,
            gaps in proptest::collection::vec(0_u64..50, 1..400),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .expect("a runtime");
            let times = runtime.block_on(async {
                let limiter = Limiter::new(rate);
                let start = Instant::now();
                let mut times = Vec::new();
                for gap in gaps {
                    tokio::time::sleep(Duration::from_millis(gap)).await;
                    limiter.acquire().await;
                    times.push(start.elapsed());
                }
                times
            });
            prop_assert!(most_in_a_second(&times) <= rate.max(1) as usize);
        }
    }
}
