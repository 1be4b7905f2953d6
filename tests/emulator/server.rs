//! An emulator behind a socket, and a client that speaks plain HTTP to it.

use std::sync::Once;

use flowgate::emulator::{Clock, Emulator};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

/// A running emulator with a token for everything.
pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) emulator: Emulator,
    http: reqwest::Client,
    pub(crate) token: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("the body is whole");
        Self { status, headers, body: serde_json::from_str(&text).unwrap_or_default() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("is text"))
    }

    pub(crate) fn text(&self, pointer: &str) -> &str {
        let value = self.body.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("no text at {pointer} in {}", self.body))
    }

    /// Checks status and code of an error answer, and that its body is of the contract's form.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{self:?}");
        assert!(!self.text("/message").is_empty());
        assert!(self.body["details"].is_array());
        assert_eq!(self.text("/requestId"), self.header("x-request-id"));
        assert_ne!(self.text("/requestId"), "");
    }

    /// The JSON pointers of the details.
    pub(crate) fn detail_paths(&self) -> Vec<&str> {
        let details = self.body["details"].as_array().expect("has details");
        details.iter().map(|detail| detail["path"].as_str().expect("has a path")).collect()
    }
}

impl Server {
    /// Starts an emulator in memory whose deployments take no time.
    pub(crate) async fn start() -> Self {
        let emulator = Emulator::in_memory(Clock::system()).expect("starts");
        let server = Self::with(emulator).await;
        server.settings(json!({"pendingMs": 0, "runMs": 0, "rollbackMs": 0})).await;
        server
    }

    pub(crate) async fn with(emulator: Emulator) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let base = format!("http://{}", listener.local_addr().expect("has an address"));
        let shared = emulator.clone();
        tokio::spawn(async move { shared.serve(listener, std::future::pending()).await });
        let http = reqwest::Client::builder().no_proxy().build().expect("builds");
        let mut server = Self { base, emulator, http, token: String::new() };
        let token = server.fetch_token("client", "secret", "").await;
        token.text("/access_token").clone_into(&mut server.token);
        server
    }

    /// The same server, used with a token that has only these scopes.
    pub(crate) async fn scoped(&self, scopes: &str) -> Self {
        let token = self.fetch_token("client", "secret", scopes).await;
        Self {
            base: self.base.clone(),
            emulator: self.emulator.clone(),
            http: self.http.clone(),
            token: token.text("/access_token").to_owned(),
        }
    }

    pub(crate) async fn fetch_token(&self, id: &str, secret: &str, scope: &str) -> Answer {
        let scope = scope.replace(' ', "+");
        let form = format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope={scope}"
        );
        self.form("/oauth/token?environment=prod", form, None).await
    }

    pub(crate) async fn form(
        &self,
        path: &str,
        form: String,
        authorization: Option<&str>,
    ) -> Answer {
        let mut request = self
            .http
            .post(format!("{}{path}", self.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        Answer::of(request.send().await.expect("is answered")).await
    }

    /// A request without a token.
    pub(crate) fn bare(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("is a method");
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// A request with the token and, unless it is null, a body.
    pub(crate) fn request(&self, method: &str, path: &str, body: &Value) -> RequestBuilder {
        let request = self.bare(method, path).bearer_auth(&self.token);
        if body.is_null() { request } else { request.body(body.to_string()) }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        Answer::of(self.request(method, path, &body).send().await.expect("is answered")).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Value::Null).await
    }

    pub(crate) async fn keyed(&self, method: &str, path: &str, body: Value, key: &str) -> Answer {
        let request = self.request(method, path, &body).header("idempotency-key", key);
        Answer::of(request.send().await.expect("is answered")).await
    }

    /// A control call, which must succeed.
    pub(crate) async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let request = self.bare(method, path).body(body.to_string());
        let answer = Answer::of(request.send().await.expect("is answered")).await;
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        answer.body
    }

    /// How many requests have come in and are not answered yet.
    pub(crate) fn requests_under_way(&self) -> usize {
        self.emulator.requests().iter().filter(|seen| seen.status.is_none()).count()
    }

    pub(crate) async fn settings(&self, settings: Value) {
        self.control("PUT", "/_emulator/settings", settings).await;
    }

    /// Makes a flow and returns its id.
    pub(crate) async fn flow(&self, name: &str) -> String {
        let answer = self.send("POST", "/api/v2/flows", json!({"name": name})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.text("/flow/id").to_owned()
    }

    /// Makes a version and returns its id.
    pub(crate) async fn version(&self, flow: &str, number: &str) -> String {
        let path = format!("/api/v2/flows/{flow}/versions");
        let answer = self.send("POST", &path, new_version(flow, number)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.text("/id").to_owned()
    }

    /// Makes a data action and returns its path.
    pub(crate) async fn action(&self, body: Value) -> String {
        let answer = self.send("POST", ACTIONS, body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        format!("{ACTIONS}/{}", answer.text("/id"))
    }

    /// Makes a data store and returns its path.
    pub(crate) async fn store(&self, name: &str, fields: Value) -> String {
        let answer = self.send("POST", STORES, json!({"name": name, "fields": fields})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        format!("{STORES}/{}", answer.text("/id"))
    }

    /// Makes a record and returns its path.
    pub(crate) async fn record(&self, store: &str, id: &str, fields: Value) -> String {
        let path = format!("{store}/records");
        let answer = self.send("POST", &path, json!({"id": id, "fields": fields})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        format!("{path}/{id}")
    }

    pub(crate) async fn deploy(&self, flow: &str, version: &str, target: &str) -> Answer {
        self.send("POST", "/api/v2/flow/deployments", order(flow, version, target)).await
    }
}

pub(crate) const ACTIONS: &str = "/api/v2/dataactions/actions";
pub(crate) const STORES: &str = "/api/v2/datastores";

/// The body of a data action that keeps every rule.
pub(crate) fn new_action(name: &str, content: &str) -> Value {
    json!({
        "name": name,
        "description": "finds the caller",
        "type": "SCRIPT",
        "trigger": {"type": "MANUAL"},
        "script": {"language": "JavaScript", "content": content},
        "enabled": true,
        "dependencies": []
    })
}

/// The UUID that ends in that number.
pub(crate) fn uuid(number: u32) -> String {
    format!("550e8400-e29b-41d4-a716-{number:012}")
}

/// The body of a version that keeps every rule.
pub(crate) fn new_version(flow: &str, number: &str) -> Value {
    json!({
        "flowId": flow,
        "version": number,
        "name": "Customer Routing",
        "description": "1 added",
        "elements": [
            {"id": "begin", "type": "Begin"},
            {"id": "greet", "type": "IVR", "configuration": {"prompt": number}, "position": {"x": 1}},
            {"id": "end", "type": "End"}
        ],
        "connectors": [
            {"id": "c1", "sourceId": "begin", "targetId": "greet", "colour": "red"},
            {"id": "c2", "sourceId": "greet", "targetId": "end", "label": "ok"}
        ],
        "metadata": {"contentHash": "sha256:00", "own": {"kept": [1, null]}}
    })
}

/// The body of a deployment.
pub(crate) fn order(flow: &str, version: &str, target: &str) -> Value {
    json!({
        "flowId": flow, "versionId": version, "targetEnvironment": target,
        "rollbackOnFailure": true, "skipValidation": false,
        "metadata": {"triggeredBy": "test", "timestamp": "2026-01-01T00:00:00Z"}
    })
}
