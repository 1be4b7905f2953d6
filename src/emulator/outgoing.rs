//! The answer as it goes out, whole or cut.

use std::io;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::answer::Answer;
use super::fault::{Canned, Cut};

/// Bytes to be sent, and where they end.
pub(super) struct Outgoing {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    cut: Option<Cut>,
}

impl From<Answer> for Outgoing {
    fn from(answer: Answer) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in answer.headers {
            set(&mut headers, name, &value);
        }
        let body = answer.body.map(|body| Bytes::from(body.to_string()));
        if body.is_some() {
            set(&mut headers, "content-type", "application/json");
        }
        Self { status: answer.status, headers, body: body.unwrap_or_default(), cut: None }
    }
}

impl From<&Canned> for Outgoing {
    fn from(canned: &Canned) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in &canned.headers {
            set(&mut headers, name, value);
        }
        let status = StatusCode::from_u16(canned.status).unwrap_or(StatusCode::OK);
        let body = Bytes::from(canned.body.repeat(canned.repeat));
        Self { status, headers, body, cut: None }
    }
}

impl Outgoing {
    pub(super) fn cut(self, cut: Option<Cut>) -> Self {
        Self { cut, ..self }
    }

    /// The status that the other side gets to see as part of a whole answer.
    pub(super) fn seen_status(&self) -> Option<u16> {
        self.cut.is_none().then(|| self.status.as_u16())
    }

    pub(super) fn into_response(mut self, request_id: &str) -> Response {
        set(&mut self.headers, "x-request-id", request_id);
        let length = self.body.len();
        let body = match self.cut {
            None => Body::from(self.body),
            Some(cut) => {
                self.headers.insert(header::CONTENT_LENGTH, length.max(1).into());
                cut_body(&self.body, cut)
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// A body that ends in an error, upon which the server drops the connection.
fn cut_body(body: &Bytes, cut: Cut) -> Body {
    let kept = match cut {
        Cut::Nothing => Bytes::new(),
        Cut::Half => body.slice(..body.len() / 2),
    };
    let sent = stream::iter((!kept.is_empty()).then_some(Ok(kept)));
    let end = stream::once(async move {
        if cut == Cut::Half {
            // Lets the server flush what it has before it learns of the end.
            tokio::task::yield_now().await;
        }
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    Body::from_stream(sent.chain(end))
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        headers.insert(name, value);
    }
}
