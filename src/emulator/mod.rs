//! The CXone API on embedded storage, for one tenant.
//!
//! People learn with it, pipelines are tested against it over HTTP, and the project's own tests run
//! on it in-process under tokio's paused clock. It keeps the contract by itself: of the project it
//! uses the wire types, the [`Exchange`] seam and the sandbox that scripts run in, so that it cannot
//! agree with the client's mistakes.
//!
//! A request goes through `service`: it is recorded in the `journal`, an injected `fault` may
//! strike it, `route` finds its handler in `api` or `control`, the handler changes the `state`, and
//! what changed goes to the `store` before the answer leaves. A handler that refuses has changed
//! nothing. One that needs a `script` run is handled anew once it has run, so that no script runs
//! while the state is held. Nothing runs in the background: where a deployment stands is computed
//! from the `clock` when somebody asks.

mod answer;
mod api;
mod call;
mod clock;
mod collection;
mod content;
#[expect(
    clippy::unnecessary_wraps,
    reason = "handlers are of one type, whether they can refuse or not"
)]
mod control;
mod data_action;
mod data_store;
mod deployment;
mod document;
mod fault;
mod fields;
mod graph;
mod idempotency;
mod journal;
mod limit;
mod outgoing;
mod route;
mod scope;
mod script;
mod service;
mod state;
mod store;
mod text;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::serve::ListenerExt;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

pub use clock::Clock;
pub use journal::SeenRequest;
pub use store::Error;

use crate::cxone::exchange::{Exchange, ExchangeError};
use service::Service;
use store::Store;

/// One tenant of the emulated platform; clones are the same tenant.
#[derive(Clone)]
pub struct Emulator {
    service: Arc<Service>,
}

impl Emulator {
    /// Opens the tenant whose data lie in `dir`; makes the directory where it is missing.
    ///
    /// Every write that was answered is on disk before its answer leaves. One process at a time
    /// may have a directory open; the next gets [`Error::InUse`].
    pub fn open(dir: &Path, clock: Clock) -> Result<Self, Error> {
        Self::new(Some(Store::open(dir)?), clock)
    }

    /// Starts an empty tenant that is gone with its last clone.
    pub fn in_memory(clock: Clock) -> Result<Self, Error> {
        Self::new(None, clock)
    }

    fn new(store: Option<Store>, clock: Clock) -> Result<Self, Error> {
        Ok(Self { service: Arc::new(Service::new(store, clock)?) })
    }

    /// Returns the API and the control API as one axum router.
    pub fn router(&self) -> Router {
        let service = Arc::clone(&self.service);
        Router::new()
            .fallback(move |request: Request<Body>| async move { service.answer(request).await })
    }

    /// Serves HTTP on `listener` until `shutdown` is done and the last answer has left.
    pub async fn serve(
        &self,
        listener: tokio::net::TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        // Small answers must not wait for the other side's acknowledgements.
        let listener = listener.tap_io(|socket| {
            let _ = socket.set_nodelay(true);
        });
        axum::serve(listener, self.router()).with_graceful_shutdown(shutdown).await
    }

    /// Calls the control API in-process, such as `("PUT", "/_emulator/locks/PRODUCTION", …)`.
    ///
    /// Returns the status and the body, which is [`Value::Null`] when the answer has none.
    pub async fn control(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = Request::new(body);
        *request.method_mut() = method;
        let Ok(uri) = path.parse() else { return (StatusCode::BAD_REQUEST, Value::Null) };
        *request.uri_mut() = uri;
        let (parts, body) = self.service.answer(request).await.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        (parts.status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Returns the requests received since the last clearing, oldest first, at most 10,000.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.service.requests()
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
    ) -> Result<http::Response<Bytes>, ExchangeError> {
        let answered = self.router().oneshot(request.map(Body::from)).await;
        let response: Response = answered.unwrap_or_else(|never| match never {});
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await;
        let body =
            body.map_err(|_| ExchangeError::Unanswered("the connection was cut".to_owned()))?;
        Ok(http::Response::from_parts(parts, body))
    }
}

impl Exchange for Emulator {
    fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, ExchangeError>> {
        async move {
            let late = |_| ExchangeError::Unanswered(format!("no answer within {timeout:?}"));
            tokio::time::timeout(timeout, self.exchange(request)).await.map_err(late)?
        }
        .boxed()
    }
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
