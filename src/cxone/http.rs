//! The exchange over a network.

use std::error::Error as StdError;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response, Uri};
use reqwest::redirect;

use super::exchange::{Exchange, ExchangeError};

/// The longest answer that is read unless less is asked for, in bytes.
const LONGEST: usize = 64 * MEBIBYTE;
const MEBIBYTE: usize = 1024 * 1024;
/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(8);

/// Where plain `http`, which anybody on the way can read, may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// To this machine.
    Loopback,
    /// Anywhere: the tenant is marked `insecure`.
    Anywhere,
}

/// Sends requests over TCP and TLS.
///
/// Follows no redirects, so that credentials go nowhere but where they were sent. Certificates
/// are checked against those that the machine trusts. The system's proxies are used, except for
/// loopback. Nothing is connected, and no certificate is read, before the first request.
pub struct Network {
    plain: PlainHttp,
    /// In bytes.
    longest: usize,
    outside: LazyLock<Built>,
    loopback: LazyLock<Built>,
}

/// A client, and why it trusts no certificate if that is so.
type Built = Result<(reqwest::Client, Option<String>), String>;

impl Network {
    /// Makes a network that sends plain `http` only where `plain` allows.
    pub fn new(plain: PlainHttp) -> Self {
        Self {
            plain,
            longest: LONGEST,
            outside: LazyLock::new(|| build(builder)),
            loopback: LazyLock::new(|| build(|| builder().no_proxy())),
        }
    }

    /// Reads no answer that is longer than so many bytes.
    #[must_use]
    pub fn reading_at_most(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let host = host(request.uri());
        check(request.uri(), self.plain)?;
        let built = if is_loopback(request.uri()) { &self.loopback } else { &self.outside };
        let (client, distrust) =
            LazyLock::force(built).as_ref().map_err(|why| ExchangeError::NotSent(why.clone()))?;
        let request = reqwest::Request::try_from(request)
            .map_err(|error| ExchangeError::NotSent(format!("{host}: {error}")))?;
        let response = client
            .execute(request)
            .await
            .map_err(|error| failure(&host, &error, distrust.as_ref()))?;
        read(response, &host, self.longest).await
    }
}

impl Exchange for Network {
    fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, ExchangeError>> {
        async move {
            let host = host(request.uri());
            let exchange = tokio::time::timeout(timeout, self.exchange(request)).await;
            exchange.unwrap_or_else(|_| {
                let seconds = timeout.as_secs_f32();
                let text = format!("{host} did not answer completely within {seconds} s");
                Err(ExchangeError::Unanswered(text))
            })
        }
        .boxed()
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().redirect(redirect::Policy::none()).connect_timeout(CONNECT)
}

/// Builds a client that checks certificates; on a machine without any, one that trusts none, so
/// that plain `http` works and `https` fails with the reason.
fn build(builder: fn() -> reqwest::ClientBuilder) -> Built {
    // Somebody else's provider does as well: then this one is not installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match builder().build() {
        Ok(client) => Ok((client, None)),
        Err(why) => without_trust(builder, &deepest(&why)),
    }
}

fn without_trust(builder: fn() -> reqwest::ClientBuilder, why: &str) -> Built {
    match builder().tls_certs_only([]).build() {
        Ok(client) => Ok((client, Some(why.to_owned()))),
        Err(error) => Err(format!("cannot set up a network client: {}", deepest(&error))),
    }
}

fn check(uri: &Uri, plain: PlainHttp) -> Result<(), ExchangeError> {
    let refuse = |why: &str| Err(ExchangeError::NotSent(format!("{}: {why}", host(uri))));
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if plain == PlainHttp::Anywhere || is_loopback(uri) => Ok(()),
        Some("http") => refuse(
            "plain http would show the credentials to anybody on the way; use https, or mark the \
             tenant with `insecure: true`",
        ),
        _ => refuse("only http and https can be asked"),
    }
}

fn host(uri: &Uri) -> String {
    let host = uri.host().unwrap_or("no host");
    uri.port_u16().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

async fn read(
    mut response: reqwest::Response,
    host: &str,
    longest: usize,
) -> Result<Response<Bytes>, ExchangeError> {
    let lost = |what: &str| ExchangeError::Unanswered(format!("the answer of {host} {what}"));
    let too_long = || lost(&format!("is longer than {} MiB", longest / MEBIBYTE));
    let announced = response.content_length().unwrap_or(0);
    if announced > longest as u64 {
        return Err(too_long());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| lost(&format!("was cut off: {}", deepest(&error))))?
    {
        if body.len() + chunk.len() > longest {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    let mut whole = Response::new(body.freeze());
    *whole.status_mut() = response.status();
    *whole.headers_mut() = std::mem::take(response.headers_mut());
    Ok(whole)
}

fn failure(host: &str, error: &reqwest::Error, distrust: Option<&String>) -> ExchangeError {
    if !error.is_connect() {
        let text = format!("{host} did not answer: {}", deepest(error));
        return ExchangeError::Unanswered(text);
    }
    let text = match (tls_error(error), distrust) {
        (Some(rustls::Error::InvalidCertificate(_)), Some(why)) => {
            format!(
                "the certificate of {host} cannot be checked, because this machine trusts none: {why}"
            )
        }
        (Some(tls), _) => format!("no safe connection to {host}: {tls}"),
        (None, _) if error.is_timeout() => {
            format!("cannot reach {host}: no connection within {} s", CONNECT.as_secs())
        }
        (None, _) => format!("cannot reach {host}: {}", deepest(error)),
    };
    ExchangeError::NotSent(text)
}

/// Returns the innermost cause, which is the one that says something.
fn deepest(error: &dyn StdError) -> String {
    causes(error).last().unwrap_or(error).to_string()
}

fn tls_error(error: &dyn StdError) -> Option<&rustls::Error> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn causes<'e>(error: &'e dyn StdError) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause| next_cause(*cause))
}

/// An I/O error names the cause of what it wraps, and so skips what it wraps.
fn next_cause<'e>(cause: &'e (dyn StdError + 'static)) -> Option<&'e (dyn StdError + 'static)> {
    match cause.downcast_ref().and_then(std::io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => cause.source(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    const PATIENT: Duration = Duration::from_secs(10);

    fn get(url: &str) -> Request<Bytes> {
        Request::get(url).body(Bytes::new()).expect("a request")
    }

    async fn ask(url: &str, timeout: Duration) -> Result<Response<Bytes>, ExchangeError> {
        Network::new(PlainHttp::Loopback).send(get(url), timeout).await
    }

    /// Answers one connection with these bytes, and then either hangs up or says nothing more.
    async fn serve(answer: &'static str, hangs_up: bool) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/x", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut request = [0; 1024];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(answer.as_bytes()).await;
            if !hangs_up {
                std::future::pending::<()>().await;
            }
        });
        url
    }

    #[tokio::test]
    async fn an_answer_comes_whole_whatever_its_status() {
        let url =
            serve("HTTP/1.1 503 Down\r\nretry-after: 3\r\ncontent-length: 6\r\n\r\n<html>", false)
                .await;
        let answer = ask(&url, PATIENT).await.expect("an answer");
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (503, &b"<html>"[..]));
        assert_eq!(answer.headers()["retry-after"], "3");
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let url = serve(
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            false,
        )
        .await;
        assert_eq!(ask(&url, PATIENT).await.expect("an answer").status(), 302);
    }

    #[tokio::test]
    async fn a_refused_port_is_named_and_nothing_was_sent() {
        let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let error = ask(&format!("http://{address}/"), PATIENT).await.expect_err("refused");
        let ExchangeError::NotSent(text) = error else { panic!("{error}") };
        assert!(text.starts_with(&format!("cannot reach {address}: Connection refused")), "{text}");
    }

    #[tokio::test]
    async fn a_host_that_does_not_exist_is_named() {
        let network = Network::new(PlainHttp::Anywhere);
        let error = network.send(get("http://no-such-host.invalid/"), PATIENT).await;
        let text = error.expect_err("no such host").to_string();
        assert!(text.contains("no-such-host.invalid"), "{text}");
    }

    #[tokio::test]
    async fn a_cut_body_is_no_answer() {
        let url = serve("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":", true).await;
        let error = ask(&url, PATIENT).await.expect_err("cut");
        assert!(
            matches!(&error, ExchangeError::Unanswered(text) if text.contains("was cut off")),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_connection_that_ends_without_an_answer_is_no_answer() {
        let url = serve("", true).await;
        assert!(matches!(ask(&url, PATIENT).await, Err(ExchangeError::Unanswered(_))));
    }

    #[tokio::test]
    async fn an_answer_that_comes_too_slowly_is_no_answer() {
        let url = serve("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", false).await;
        let error = ask(&url, Duration::from_millis(200)).await.expect_err("too slow");
        assert!(
            matches!(&error, ExchangeError::Unanswered(text) if text.contains("within 0.2 s")),
            "{error}"
        );
    }

    #[tokio::test]
    async fn an_answer_that_is_too_long_is_not_read() {
        let url = serve("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", false).await;
        let error = ask(&url, PATIENT).await.expect_err("too long");
        assert!(error.to_string().contains("longer than 64 MiB"), "{error}");
    }

    #[tokio::test]
    async fn an_unsafe_connection_is_not_used() {
        let url = serve("HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n", true).await;
        let error = ask(&url.replace("http:", "https:"), PATIENT).await.expect_err("no TLS");
        let ExchangeError::NotSent(text) = error else { panic!("{error}") };
        assert!(text.starts_with("no safe connection to 127.0.0.1:"), "{text}");
    }

    #[test]
    fn plain_http_goes_to_loopback_only_unless_it_is_allowed() {
        let table = [
            ("https://api.example/", true),
            ("http://localhost:8080/", true),
            ("http://127.0.0.1/", true),
            ("http://127.8.9.1/", true),
            ("http://[::1]:80/", true),
            ("http://api.example/", false),
            ("http://127.0.0.1.evil.example/", false),
            ("http://localhost.evil.example/", false),
            ("ftp://localhost/", false),
        ];
        for (url, allowed) in table {
            let uri = url.parse().expect("a URL");
            assert_eq!(check(&uri, PlainHttp::Loopback).is_ok(), allowed, "{url}");
        }
        let uri = "http://api.example/".parse().expect("a URL");
        assert_eq!(check(&uri, PlainHttp::Anywhere), Ok(()));
    }

    #[tokio::test]
    async fn a_machine_that_trusts_no_certificate_says_so_and_still_speaks_plain_http() {
        let none = || builder().tls_certs_only([]);
        let client = none().build().expect("a client");
        let url = serve("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", false).await;
        assert_eq!(client.get(url).send().await.expect("an answer").status(), 200);

        assert!(without_trust(none, "none found").is_ok_and(|(_, why)| why.is_some()));
    }
}
