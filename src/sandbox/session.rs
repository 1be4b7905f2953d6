//! What the scripts of one run share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::logs::Logs;
use super::{Fault, FaultKind, Limits, Script};

/// What a limit counts as that the clock cannot hold.
const LONGEST: Duration = Duration::from_hours(24);

/// One run: its scripts, its limits, its console.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) limits: Limits,
    pub(super) scripts: BTreeMap<String, Script>,
    deadline: Instant,
    logs: Mutex<Logs>,
}

impl Session {
    /// Starts the clock.
    pub(super) fn new(limits: &Limits, scripts: BTreeMap<String, Script>) -> Arc<Self> {
        let limits = Limits {
            wall: limits.wall,
            memory: limits.memory.max(1 << 20),
            stack: limits.stack.clamp(64 << 10, 8 << 20),
        };
        let now = Instant::now();
        let deadline = now.checked_add(limits.wall).unwrap_or(now + LONGEST);
        Arc::new(Self { limits, scripts, deadline, logs: Mutex::default() })
    }

    /// Returns whether the time is up.
    pub(super) fn expired(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Returns how much time is left.
    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    pub(super) fn timed_out(&self) -> Fault {
        let message = format!("not done within {:?}", self.limits.wall);
        Fault::new(FaultKind::TimedOut, message)
    }

    /// Adds to the console and returns whether there is room for more.
    pub(super) fn log(&self, text: &str) -> bool {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).add(text)
    }

    pub(super) fn logs(&self) -> Vec<String> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).lines()
    }
}
