//! The whole client against a script, under a paused clock.

#![expect(clippy::unnecessary_wraps, reason = "what a script holds is an outcome, good or bad")]

mod calls;
mod data_actions;
mod data_stores;
mod lists;
mod retries;
mod tokens;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cxone::exchange::{Exchange, ExchangeError};
use crate::cxone::{Client, ErrorKind, IdempotencyKey, Policy, RequestCounts, Settings};
use crate::model::{ClientAuth, FlowId, Secret};

type Outcome = Result<Response<Bytes>, ExchangeError>;

/// Answers from a list, and records what was asked when.
struct Script {
    start: Instant,
    tokens: Mutex<VecDeque<Outcome>>,
    answers: Mutex<VecDeque<Outcome>>,
    /// What comes when the list is at its end.
    last: Outcome,
    asked: Mutex<Vec<Asked>>,
}

#[derive(Debug, Clone)]
struct Asked {
    at: Duration,
    request: Request<Bytes>,
    timeout: Duration,
}

impl Asked {
    fn is_token(&self) -> bool {
        self.request.uri().path().ends_with("/oauth/token")
    }

    fn bearer(&self) -> &str {
        let value = self.request.headers()["authorization"].to_str().expect("text");
        value.strip_prefix("Bearer ").expect("a bearer token")
    }

    fn line(&self) -> String {
        let target = self.request.uri().path_and_query().expect("a path");
        format!("{} {target}", self.request.method())
    }

    fn key(&self) -> &str {
        self.request.headers()["idempotency-key"].to_str().expect("text")
    }

    fn body(&self) -> Value {
        serde_json::from_slice(self.request.body()).expect("JSON")
    }
}

impl Exchange for Script {
    fn send(&self, request: Request<Bytes>, timeout: Duration) -> BoxFuture<'_, Outcome> {
        let asked = Asked { at: self.start.elapsed(), request, timeout };
        let token = asked.is_token();
        let nth = {
            let mut all = self.asked.lock().expect("not poisoned");
            all.push(asked);
            all.iter().filter(|asked| asked.is_token()).count()
        };
        async move {
            // Long enough for others to ask meanwhile.
            tokio::time::sleep(Duration::from_millis(1)).await;
            let list = if token { &self.tokens } else { &self.answers };
            let next = list.lock().expect("not poisoned").pop_front();
            let otherwise = || if token { Ok(token_answer(nth, 3600)) } else { self.last.clone() };
            next.unwrap_or_else(otherwise)
        }
        .boxed()
    }
}

impl Script {
    fn new(answers: Vec<Outcome>) -> Self {
        Self {
            start: Instant::now(),
            tokens: Mutex::default(),
            answers: Mutex::new(answers.into()),
            last: Ok(answer(200, &flow_body())),
            asked: Mutex::default(),
        }
    }

    fn with_tokens(self, tokens: Vec<Outcome>) -> Self {
        Self { tokens: Mutex::new(tokens.into()), ..self }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("not poisoned").clone()
    }

    /// What was asked, tokens left out.
    fn calls(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| !asked.is_token()).collect()
    }

    /// The last call.
    fn last(&self) -> Asked {
        self.calls().pop().expect("a call")
    }

    fn tokens(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(Asked::is_token).collect()
    }

    /// Waits between calls, in whole seconds.
    fn waits(&self) -> Vec<u64> {
        let calls = self.calls();
        calls.windows(2).map(|pair| pair[1].at.abs_diff(pair[0].at).as_secs()).collect()
    }
}

fn settings() -> Settings {
    Settings {
        base_url: "https://api.example/".into(),
        token_url: None,
        client_auth: ClientAuth::Form,
        scopes: Vec::new(),
        client_id: "id".into(),
        client_secret: Secret::new("hunter2"),
        credentials_source: "the environment variables CXONE_ID and CXONE_SECRET".into(),
        requests_per_second: 100,
        retry: Policy::default(),
        seed: 7,
    }
}

fn client(script: Script) -> (Client, Arc<Script>) {
    client_with(script, settings())
}

fn client_with(script: Script, settings: Settings) -> (Client, Arc<Script>) {
    let script = Arc::new(script);
    let exchange: Arc<dyn Exchange> = Arc::<Script>::clone(&script);
    (Client::new(settings, exchange).expect("good settings"), script)
}

fn answer(status: u16, body: &Value) -> Response<Bytes> {
    text_answer(status, &body.to_string())
}

fn text_answer(status: u16, body: &str) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::from(body.to_owned())).expect("an answer")
}

fn limited(retry_after: &str) -> Outcome {
    let builder = Response::builder().status(429).header("retry-after", retry_after);
    Ok(builder.body(Bytes::new()).expect("an answer"))
}

fn status(status: u16) -> Outcome {
    Ok(text_answer(status, ""))
}

fn token_answer(nth: usize, expires_in: u64) -> Response<Bytes> {
    let token = format!("token-{nth}");
    answer(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": expires_in}))
}

fn lost() -> Outcome {
    Err(ExchangeError::Unanswered("api.example did not answer: connection reset".into()))
}

fn refused() -> Outcome {
    Err(ExchangeError::NotSent("cannot reach api.example: connection refused".into()))
}

fn flow_body() -> Value {
    json!({"flow": {"id": "42", "version": 14, "name": "Care", "nodes": [], "edges": []}})
}

fn flow_id() -> FlowId {
    FlowId::new("42")
}

fn key() -> IdempotencyKey {
    IdempotencyKey::of(&["test"])
}

#[test]
fn addresses_that_cannot_work_are_refused_before_anything_is_sent() {
    for url in [
        "",
        "api.example",
        "/api",
        "ftp://api.example",
        "https://id:hunter2@api.example",
        "http://a b",
    ] {
        let settings = Settings { base_url: url.into(), ..settings() };
        let error = Client::new(settings, Arc::new(Script::new(Vec::new()))).expect_err(url);
        assert!(matches!(error.kind(), ErrorKind::Misconfigured(_)), "{url}");
        assert!(!error.to_string().contains("hunter2"));
    }
}

#[tokio::test(start_paused = true)]
async fn calls_may_run_in_tasks_of_their_own() {
    let (client, script) = client(Script::new(Vec::new()));
    let tasks = (0..3).map(|_| {
        tokio::spawn({
            let client = client.clone();
            async move { client.flow(&flow_id()).await }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic").expect("a flow");
    }
    assert_eq!(script.asked().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_is_counted() {
    let (client, _) =
        client(Script::new(vec![status(503), Ok(answer(200, &flow_body())), status(204)]));
    client.flow(&flow_id()).await.expect("a flow");
    client.delete_flow(&flow_id()).await.expect("gone");
    assert_eq!(client.clone().requests(), RequestCounts { reads: 2, writes: 1, tokens: 1 });
}

#[tokio::test(start_paused = true)]
async fn no_credential_shows_in_debug_or_in_errors() {
    let no_token = Ok(text_answer(400, "secret hunter2"));
    // The call is sent with the second token.
    let echo = Ok(text_answer(400, "secret hunter2, token token-2"));
    let (client, script) = client(Script::new(vec![echo]).with_tokens(vec![no_token]));
    let first = client.flow(&flow_id()).await.expect_err("no token");
    let second = client.flow(&flow_id()).await.expect_err("a bad request");
    let sent = format!("{:?}", script.calls());
    let shown = format!("{client:?} {first} {first:?} {second} {second:?} {sent} {:?}", settings());
    assert!(!shown.contains("hunter2") && !shown.contains("token-2"), "{shown}");
}
