//! Sends requests one attempt at a time: counted, traced, and waited for where the policy says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;
use tokio::time::Instant;

use super::exchange::{Exchange, ExchangeError};
use super::limiter::Limiter;
use super::retry::{Decision, Policy, Repeat, Trouble, jitter};
use super::{ErrorKind, Settings};

/// How many requests were sent, each attempt counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// GET requests.
    pub reads: u64,
    /// Requests that may change the tenant.
    pub writes: u64,
    /// Requests for a token.
    pub tokens: u64,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
    Token,
}

/// How a request is to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) purpose: Purpose,
    pub(super) timeout: Duration,
    pub(super) repeat: Repeat,
}

/// What one call has been through so far.
#[derive(Debug, Default)]
pub(super) struct Tries {
    /// How often it never arrived.
    unsent: u32,
    /// How often it met another trouble.
    failed: u32,
    doubted: bool,
}

impl Tries {
    /// Tells whether an earlier attempt may have taken effect.
    pub(super) fn doubted(&self) -> bool {
        self.doubted
    }

    fn count(&mut self, trouble: Trouble) -> u32 {
        let slot = if trouble == Trouble::NotSent { &mut self.unsent } else { &mut self.failed };
        *slot = slot.saturating_add(1);
        self.doubted |= trouble.leaves_doubt();
        *slot
    }
}

/// What an attempt came to.
pub(super) enum Step {
    /// There is an answer, good or bad.
    Answered(Response<Bytes>),
    /// The wait is over: send the call again.
    Again,
}

/// Sends to one tenant.
pub(super) struct Sender {
    exchange: Arc<dyn Exchange>,
    limiter: Limiter,
    policy: Policy,
    seed: u64,
    rolls: AtomicU64,
    reads: AtomicU64,
    writes: AtomicU64,
    tokens: AtomicU64,
}

impl Sender {
    pub(super) fn new(settings: &Settings, exchange: Arc<dyn Exchange>) -> Self {
        Self {
            exchange,
            limiter: Limiter::new(settings.requests_per_second),
            policy: settings.retry,
            seed: settings.seed,
            rolls: AtomicU64::new(0),
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            tokens: AtomicU64::new(0),
        }
    }

    /// Returns how many requests were sent.
    pub(super) fn counts(&self) -> RequestCounts {
        RequestCounts {
            reads: self.reads.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            tokens: self.tokens.load(Ordering::Relaxed),
        }
    }

    /// Waits until the tenant's limit lets one attempt through.
    pub(super) async fn admit(&self) {
        self.limiter.acquire().await;
    }

    /// Sends a request that was admitted, once, and waits if it is to be sent again.
    ///
    /// # Errors
    ///
    /// The last trouble, when no answer came and the policy gives up.
    pub(super) async fn attempt(
        &self,
        request: http::Request<Bytes>,
        manner: Manner,
        tries: &mut Tries,
    ) -> Result<Step, ErrorKind> {
        let outcome = self.send(request, manner).await;
        let Some(trouble) = Trouble::of(&outcome, Timestamp::now()) else {
            return outcome.map(Step::Answered).map_err(ErrorKind::from);
        };
        let attempt = tries.count(trouble);
        match self.policy.decide(trouble, attempt, manner.repeat, self.roll()) {
            Decision::GiveUp => outcome.map(Step::Answered).map_err(ErrorKind::from),
            Decision::Retry { after } => {
                tracing::debug!(?trouble, attempt, ?after, "sending again");
                self.wait(trouble, after).await;
                Ok(Step::Again)
            }
        }
    }

    /// A limited call waits in the limiter, with all others of the tenant.
    async fn wait(&self, trouble: Trouble, after: Duration) {
        match trouble {
            Trouble::Limited { .. } => self.limiter.slow_down(Instant::now() + after),
            _ => tokio::time::sleep(after).await,
        }
    }

    async fn send(
        &self,
        request: http::Request<Bytes>,
        manner: Manner,
    ) -> Result<Response<Bytes>, ExchangeError> {
        self.count(manner.purpose);
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let start = Instant::now();
        let outcome = self.exchange.send(request, manner.timeout).await;
        let status = outcome.as_ref().map_or(0, |response| response.status().as_u16());
        let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(%method, path, status, ms, "request");
        outcome
    }

    fn count(&self, purpose: Purpose) {
        let counter = match purpose {
            Purpose::Read => &self.reads,
            Purpose::Write => &self.writes,
            Purpose::Token => &self.tokens,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn roll(&self) -> u32 {
        jitter(self.seed, self.rolls.fetch_add(1, Ordering::Relaxed))
    }
}
