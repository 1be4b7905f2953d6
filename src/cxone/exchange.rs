//! The one seam: a request goes out, an answer comes back.

use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;

/// Why no answer came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The request never reached the server: refused, no such host, no route.
    #[error("{0}")]
    NotSent(String),
    /// The request may have taken effect: reset, timed out, or the answer was cut.
    #[error("{0}")]
    Unanswered(String),
}

/// Something that answers HTTP requests: a network, or the emulator in this process.
pub trait Exchange: Send + Sync {
    /// Sends a request with an absolute URL and returns the whole answer, whatever its status.
    ///
    /// The answer's body is complete: a body that ends before its announced length is
    /// [`ExchangeError::Unanswered`]. Gives up after `timeout`, which covers the body too.
    fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, ExchangeError>>;
}
