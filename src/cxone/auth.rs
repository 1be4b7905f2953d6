//! One token a tenant, shared by all tasks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, USER_AGENT};
use http::{Method, Response, StatusCode};
use serde_json::Value;
use tokio::time::Instant;

use crate::model::{ClientAuth, Secret};

use super::request::{AGENT, encoded};
use super::retry::Repeat;
use super::sender::{Manner, Purpose, Sender, Step, Tries};
use super::{Error, ErrorKind, Settings, text, wire};

/// How long before its end a token is replaced.
const MARGIN: Duration = Duration::from_mins(1);
const TIMEOUT: Duration = Duration::from_secs(10);

/// A token and how long it is good for.
#[derive(Debug, Clone)]
pub(super) struct Token {
    text: Secret,
    stale_at: Instant,
}

impl Token {
    /// Returns the token itself.
    pub(super) fn secret(&self) -> &Secret {
        &self.text
    }

    /// Tells whether the token need not be replaced yet.
    pub(super) fn is_fresh(&self) -> bool {
        Instant::now() < self.stale_at
    }
}

type Fetch = Shared<BoxFuture<'static, Result<Token, Error>>>;

/// Gets tokens, one request at a time, and keeps the last one.
pub(super) struct Tokens {
    source: Arc<Source>,
    held: Mutex<Option<Fetch>>,
}

impl Tokens {
    /// Makes an empty store for the tenant of the settings.
    pub(super) fn new(settings: &Settings, base_url: &str, sender: Arc<Sender>) -> Self {
        let source =
            Source { url: token_url(settings, base_url), settings: settings.clone(), sender };
        Self { source: Arc::new(source), held: Mutex::new(None) }
    }

    /// Returns the token that is held, or a new one.
    ///
    /// Whoever asks while a request for a token is under way waits for that one, and shares its
    /// failure too; who asks after a failure begins anew.
    pub(super) async fn get(&self) -> Result<Token, Error> {
        let fetch = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            match held.as_ref().filter(|fetch| is_usable(fetch)) {
                Some(fetch) => fetch.clone(),
                None => held.insert(self.fetch()).clone(),
            }
        };
        fetch.await
    }

    /// Drops a token that was refused, unless it has been replaced already.
    pub(super) fn forget(&self, refused: &Token) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let is_held =
            |fetch: &Fetch| matches!(fetch.peek(), Some(Ok(token)) if token.text == refused.text);
        if held.as_ref().is_some_and(is_held) {
            *held = None;
        }
    }

    /// Returns the kind of error of a call whose token was refused twice.
    pub(super) fn refused(&self) -> ErrorKind {
        self.source.refused("two tokens in a row were refused with status 401".to_owned())
    }

    fn fetch(&self) -> Fetch {
        let source = Arc::clone(&self.source);
        async move { source.fetch().await }.boxed().shared()
    }
}

fn is_usable(fetch: &Fetch) -> bool {
    match fetch.peek() {
        None => true,
        Some(Ok(token)) => token.is_fresh(),
        Some(Err(_)) => false,
    }
}

/// Where tokens come from.
struct Source {
    settings: Settings,
    url: String,
    sender: Arc<Sender>,
}

impl Source {
    async fn fetch(&self) -> Result<Token, Error> {
        let manner = Manner { purpose: Purpose::Token, timeout: TIMEOUT, repeat: Repeat::Safe };
        let mut tries = Tries::default();
        loop {
            let request =
                token_request(&self.settings, &self.url).map_err(|kind| self.error(kind))?;
            self.sender.admit().await;
            // The life of a token counts from before it was asked for: it never ends early.
            let asked_at = Instant::now();
            let step = self.sender.attempt(request, manner, &mut tries).await;
            if let Step::Answered(response) = step.map_err(|kind| self.error(kind))? {
                return self.read(&response, asked_at).map_err(|kind| self.error(kind));
            }
        }
    }

    fn read(&self, response: &Response<Bytes>, asked_at: Instant) -> Result<Token, ErrorKind> {
        if !response.status().is_success() {
            return Err(self.refusal(response));
        }
        let token = read_token(response.body())?;
        let stale_at = asked_at
            .checked_add(useful_life(Duration::from_secs(token.expires_in)))
            .unwrap_or(asked_at);
        Ok(Token { text: Secret::new(token.access_token), stale_at })
    }

    fn refusal(&self, response: &Response<Bytes>) -> ErrorKind {
        let said = self.said(response.body());
        let status = response.status().as_u16();
        match status {
            300..=399 => {
                let location = response.headers().get(LOCATION);
                let location = location.map_or(&b"nowhere"[..], HeaderValue::as_bytes);
                ErrorKind::Redirected { status, location: text::excerpt(location, &self.hidden()) }
            }
            400 | 401 | 403 => self.refused(format!("status {status}: {said}")),
            404 | 405 => ErrorKind::EndpointMissing { status, message: said },
            429 => ErrorKind::RateLimited,
            500..=599 => ErrorKind::Unavailable { status, message: said },
            _ => ErrorKind::Unexpected { status, message: said },
        }
    }

    /// Returns what an error body says: `invalid_client: no such client`.
    fn said(&self, body: &[u8]) -> String {
        let body_value: Value = serde_json::from_slice(body).unwrap_or_default();
        let texts =
            ["error", "code", "error_description", "message"].map(|name| body_value.get(name));
        let texts: Vec<_> = texts.into_iter().flatten().filter_map(Value::as_str).collect();
        if texts.is_empty() {
            text::excerpt(body, &self.hidden())
        } else {
            text::plain(&texts.join(": "), &self.hidden())
        }
    }

    fn hidden(&self) -> [Secret; 3] {
        let secret = &self.settings.client_secret;
        let basic = basic(&self.settings.client_id, secret);
        [secret.clone(), Secret::new(encoded(secret.expose())), Secret::new(basic)]
    }

    fn refused(&self, reason: String) -> ErrorKind {
        ErrorKind::Credentials { source_name: self.settings.credentials_source.clone(), reason }
    }

    fn error(&self, kind: ErrorKind) -> Error {
        let url = self.url.split('?').next().unwrap_or_default();
        Error::new(format!("POST {url}"), kind)
    }
}

/// Reads a token; an error shows nothing of the body, which may be one.
fn read_token(body: &[u8]) -> Result<wire::Token, ErrorKind> {
    let unreadable = |what: &str| ErrorKind::Unreadable(what.to_owned());
    if text::is_html(&String::from_utf8_lossy(&body[..body.len().min(64)])) {
        return Err(unreadable(&format!("a page, not a token: {}", text::excerpt(body, &[]))));
    }
    let token: wire::Token = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = if error.is_eof() { "the answer ends early" } else { "this is no token" };
        unreadable(&format!("{what}, line {line}, column {column}"))
    })?;
    let fits = !token.access_token.is_empty() && HeaderValue::from_str(&token.access_token).is_ok();
    if fits { Ok(token) } else { Err(unreadable("access_token does not fit in a header")) }
}

/// Returns how long a token is used: until a minute before its end, or for half of a life that is
/// not longer than two minutes, but at least for a second, so that none is asked for in a circle.
fn useful_life(life: Duration) -> Duration {
    life.saturating_sub(MARGIN).max(life / 2).min(life).max(Duration::from_secs(1))
}

fn token_url(settings: &Settings, base_url: &str) -> String {
    let path = match settings.client_auth {
        ClientAuth::Form => "/oauth/token",
        ClientAuth::Basic => "/api/v2/oauth/token",
    };
    settings.token_url.clone().unwrap_or_else(|| format!("{base_url}{path}"))
}

fn token_request(settings: &Settings, url: &str) -> Result<http::Request<Bytes>, ErrorKind> {
    let id = &settings.client_id;
    let secret = &settings.client_secret;
    let scope = settings.scopes.join(" ");
    let mut form = vec![("grant_type", "client_credentials")];
    let mut builder = http::Request::builder()
        .method(Method::POST)
        .uri(url)
        .header(USER_AGENT, AGENT)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    match settings.client_auth {
        ClientAuth::Form => {
            form.extend([("client_id", id.as_str()), ("client_secret", secret.expose())]);
        }
        ClientAuth::Basic => builder = builder.header(AUTHORIZATION, basic_header(id, secret)?),
    }
    if !scope.is_empty() {
        form.push(("scope", &scope));
    }
    let pairs: Vec<_> =
        form.into_iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let request = builder.body(Bytes::from(pairs.join("&")));
    request.map_err(|error| ErrorKind::Misconfigured(format!("{url} is no token URL: {error}")))
}

fn basic_header(id: &str, secret: &Secret) -> Result<HeaderValue, ErrorKind> {
    let mut value =
        HeaderValue::from_str(&format!("Basic {}", basic(id, secret))).map_err(|_| {
            ErrorKind::Misconfigured("the credentials do not fit in a header".to_owned())
        })?;
    value.set_sensitive(true);
    Ok(value)
}

fn basic(id: &str, secret: &Secret) -> String {
    base64(format!("{id}:{}", secret.expose()).as_bytes())
}

/// Writes bytes in base 64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let len = chunk.len();
        [18, 12, 6, 0].into_iter().enumerate().map(move |(i, shift)| {
            let digit = DIGITS[(bits >> shift & 63) as usize];
            if i <= len { char::from(digit) } else { '=' }
        })
    };
    bytes.chunks(3).flat_map(group).collect()
}

/// Tells whether a status says that the token is not accepted.
pub(super) fn is_refused(response: &Response<Bytes>) -> bool {
    response.status() == StatusCode::UNAUTHORIZED
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(client_auth: ClientAuth) -> Settings {
        Settings {
            base_url: "https://api.example".into(),
            token_url: None,
            client_auth,
            scopes: vec!["flow:read".into(), "flows:publish".into()],
            client_id: "Aladdin".into(),
            client_secret: Secret::new("open sesame"),
            credentials_source: "CXONE_ID".into(),
            requests_per_second: 10,
            retry: crate::cxone::Policy::default(),
            seed: 1,
        }
    }

    #[test]
    fn base64_agrees_with_the_vectors_of_its_rfc() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn credentials_go_by_form_or_by_basic() {
        let url = token_url(&settings(ClientAuth::Form), "https://api.example");
        let form = token_request(&settings(ClientAuth::Form), &url).expect("a request");
        assert_eq!(form.uri(), "https://api.example/oauth/token");
        assert_eq!(form.headers()[CONTENT_TYPE], "application/x-www-form-urlencoded");
        assert_eq!(
            form.body(),
            "grant_type=client_credentials&client_id=Aladdin&client_secret=open%20sesame&scope=flow%3Aread%20flows%3Apublish"
        );

        let url = token_url(&settings(ClientAuth::Basic), "https://api.example");
        let basic = token_request(&settings(ClientAuth::Basic), &url).expect("a request");
        assert_eq!(basic.uri(), "https://api.example/api/v2/oauth/token");
        assert_eq!(basic.headers()[AUTHORIZATION], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(
            basic.body(),
            "grant_type=client_credentials&scope=flow%3Aread%20flows%3Apublish"
        );
    }

    #[test]
    fn a_token_url_of_its_own_is_taken_as_it_is() {
        let url = "https://acme.mynicecx.com/oauth/token?environment=prod".to_owned();
        let settings = Settings { token_url: Some(url.clone()), ..settings(ClientAuth::Basic) };
        assert_eq!(token_url(&settings, "https://api.example"), url);
        let request = token_request(&settings, &url).expect("a request");
        assert_eq!(request.uri().query(), Some("environment=prod"));
    }

    #[test]
    fn a_token_is_used_until_a_minute_before_its_end_and_never_not_at_all() {
        for (life, useful) in [(3600, 3540), (120, 60), (100, 50), (60, 30), (2, 1), (1, 1), (0, 1)]
        {
            let seconds = useful_life(Duration::from_secs(life)).as_secs();
            assert_eq!(seconds, useful, "{life}");
        }
    }

    #[test]
    fn an_answer_that_is_no_token_is_named_without_being_shown() {
        let table = [
            ("", "the answer ends early, line 1, column 0"),
            (r#"{"access_token":"s3cr"#, "the answer ends early, line 1, column 21"),
            (r#"{"access_token":"s3cret"}"#, "this is no token, line 1, column 25"),
            (
                r#"{"access_token":"s3cret","expires_in":"x"}"#,
                "this is no token, line 1, column 41",
            ),
            ("<html><h1>Sign in</h1></html>", "a page, not a token: Sign in"),
            (r#"{"access_token":"","expires_in":1}"#, "access_token does not fit in a header"),
            (r#"{"access_token":"a\nb","expires_in":1}"#, "access_token does not fit in a header"),
        ];
        for (body, what) in table {
            let error = read_token(body.as_bytes()).expect_err("no token");
            assert_eq!(error, ErrorKind::Unreadable(what.to_owned()), "{body}");
        }
    }
}
