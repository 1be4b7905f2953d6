//! How long and how often a deployment is looked at.

use std::time::Duration;

use tokio::time::Instant;

/// First look at once, then at growing intervals, for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polling {
    /// The first interval; each one after it is twice as long.
    pub first: Duration,
    /// The longest interval.
    pub longest: Duration,
    /// How long in all.
    pub limit: Duration,
}

impl Default for Polling {
    /// The contract's: 0.25 s growing to 5 s, for 5 minutes.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(250),
            longest: Duration::from_secs(5),
            limit: Duration::from_mins(5),
        }
    }
}

/// The looks at one deployment.
#[derive(Debug)]
pub(super) struct Looks {
    polling: Polling,
    next: Option<Duration>,
    until: Option<Instant>,
}

impl Looks {
    pub(super) fn new(polling: Polling) -> Self {
        Self { polling, next: None, until: Instant::now().checked_add(polling.limit) }
    }

    /// Waits until the next look is due; `false` when the time is up.
    pub(super) async fn wait(&mut self) -> bool {
        let Some(pause) = self.next else {
            self.next = Some(self.polling.first);
            return true;
        };
        // A limit beyond what the clock can tell is none.
        if self.until.is_some_and(|until| Instant::now() + pause > until) {
            return false;
        }
        tokio::time::sleep(pause).await;
        self.next = Some((pause * 2).min(self.polling.longest));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn looks_come_at_once_then_at_growing_intervals_until_the_time_is_up() {
        let begun = Instant::now();
        let mut looks = Looks::new(Polling::default());
        let mut at = Vec::new();
        while looks.wait().await {
            at.push(begun.elapsed().as_millis());
        }
        assert_eq!(at[..7], [0, 250, 750, 1750, 3750, 7750, 12750]);
        assert!(*at.last().expect("looks") <= 300_000, "{at:?}");
        assert!(at.len() > 60, "{at:?}");
    }
}
