//! A git repository, an emulated tenant and a paused clock.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use flowgate::apply::{Polling, Refresh};
use flowgate::controller::{Cache, Course, Error, Mode, Outside, Report, Request, pass};
use flowgate::cxone::exchange::{Exchange, ExchangeError};
use flowgate::cxone::{Client, Settings};
use flowgate::emulator::{Clock, Emulator, SeenRequest};
use flowgate::git::{Repo, note};
use flowgate::model::{Credential, ResourceOutcome, Secret, Status, Tenant};
use flowgate::plan::{Adopt, Failed};
use flowgate::sources;
use futures::future::BoxFuture;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

pub(crate) const PROJECT: &str = "\
apiVersion: flowgate.dev/v1
kind: Project
metadata: {name: bank}
spec:
  tenants:
    - {name: sandbox, baseUrl: 'http://localhost', credentials: {clientIdEnv: A, clientSecretEnv: B}}
  environments:
    - {name: development, tenant: sandbox, targetEnvironment: DEVELOPMENT}
    - name: production
      tenant: sandbox
      targetEnvironment: PRODUCTION
      promotesFrom: development
      gates: [tests, approval]
";

/// A project with one environment.
pub(crate) const ONE: &str = "\
apiVersion: flowgate.dev/v1
kind: Project
metadata: {name: bank}
spec:
  tenants:
    - {name: sandbox, baseUrl: 'http://localhost', credentials: {clientIdEnv: A, clientSecretEnv: B}}
  environments:
    - {name: development, tenant: sandbox, targetEnvironment: DEVELOPMENT}
";

/// A flow that greets and ends.
pub(crate) fn flow(name: &str, prompt: &str) -> String {
    format!(
        "apiVersion: flowgate.dev/v1
kind: Flow
metadata: {{name: {name}}}
spec:
  elements:
    - {{id: begin, type: Begin}}
    - {{id: greet, type: IVR, configuration: {{prompt: \"{prompt}\"}}}}
    - {{id: end, type: End}}
  connectors:
    - {{sourceId: begin, targetId: greet}}
    - {{sourceId: greet, targetId: end}}
"
    )
}

/// Where time begins, as the wall has it.
fn epoch() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("a time")
}

/// What a request meets on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    /// It is never sent.
    Before,
    /// It has its effect, and nobody hears of it.
    After,
}

/// Lets so many requests through; at the next one the process is as good as dead.
struct Mortal {
    emulator: Emulator,
    left: AtomicUsize,
    crash: Crash,
}

impl Exchange for Mortal {
    fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, ExchangeError>> {
        Box::pin(async move {
            let lives = self
                .left
                .try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if lives.is_ok() {
                return self.emulator.send(request, timeout).await;
            }
            if self.crash == Crash::After {
                let _ = self.emulator.send(request, timeout).await;
            }
            std::future::pending().await
        })
    }
}

/// What a person does, by the control API or as a client of the tenant.
pub(crate) type Deed = (Method, String, Value);

/// Lets a person do something right before one of the requests.
struct Meddler {
    emulator: Emulator,
    left: AtomicUsize,
    deed: Deed,
    struck: Mutex<Option<Struck>>,
}

/// The request before which a person did something.
#[derive(Clone, Debug)]
pub(crate) struct Struck {
    /// Its method and path.
    pub(crate) request: String,
    /// Whether the tenant let them.
    pub(crate) done: bool,
}

impl Exchange for Meddler {
    fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, ExchangeError>> {
        Box::pin(async move {
            if self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
                let (status, _) = act(&self.emulator, self.deed.clone()).await;
                let request = format!("{} {}", request.method(), request.uri().path());
                let struck = Struck { request, done: status.is_success() };
                *self.struck.lock().expect("no panic") = Some(struck);
            }
            self.emulator.send(request, timeout).await
        })
    }
}

/// A platform that keeps no metadata of versions and does not say which one is published, and what
/// it does with the answer to a create.
pub(crate) struct Forgetful {
    pub(crate) emulator: Emulator,
    pub(crate) answer: Answer,
}

/// What becomes of the answer to the create of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It arrives.
    Arrives,
    /// It is lost, and the request sent again is told that the version is there.
    Exists,
    /// The process dies before it arrives.
    Dies,
}

impl Exchange for Forgetful {
    fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, ExchangeError>> {
        Box::pin(async move {
            let versions = request.uri().path().ends_with("/versions");
            let flows = !versions && request.uri().path().starts_with("/api/v2/flows");
            let creates = versions && request.method() == Method::POST;
            let answer = self.emulator.send(request, timeout).await?;
            match self.answer {
                Answer::Exists if creates => {
                    let body = json!({"code": "VERSION_EXISTS", "message": "it is there"});
                    let refused =
                        http::Response::builder().status(409).body(Bytes::from(body.to_string()));
                    Ok(refused.expect("an answer"))
                }
                Answer::Dies if creates => std::future::pending().await,
                _ if versions => Ok(answer.map(|body| without_metadata(&body))),
                _ if flows => Ok(answer.map(|body| without_published(&body))),
                _ => Ok(answer),
            }
        })
    }
}

fn without_published(body: &Bytes) -> Bytes {
    let mut answer: Value = serde_json::from_slice(body).expect("JSON");
    let (flows, flow) = (answer["flows"].take(), answer["flow"].take());
    let bare = |mut flow: Value| {
        flow.as_object_mut().map(|fields| fields.remove("publishedVersionId"));
        flow
    };
    if let Value::Array(flows) = flows {
        answer["flows"] = flows.into_iter().map(bare).collect();
    }
    answer["flow"] = bare(flow);
    Bytes::from(answer.to_string())
}

fn without_metadata(body: &Bytes) -> Bytes {
    let mut page: Value = serde_json::from_slice(body).expect("JSON");
    for version in page["versions"].as_array_mut().into_iter().flatten() {
        version["metadata"] = Value::Null;
    }
    Bytes::from(page.to_string())
}

/// Keys of other clients.
static KEYS: AtomicUsize = AtomicUsize::new(0);

/// Lets a person do something.
async fn act(emulator: &Emulator, (method, path, body): Deed) -> (StatusCode, Value) {
    if path.starts_with("/_emulator/") {
        return emulator.control(method, &path, body).await;
    }
    let send = async |method: Method, path: &str, token: &str, (form, body): (&str, String)| {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://localhost{path}"))
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", format!("application/{form}"))
            .header("Idempotency-Key", KEYS.fetch_add(1, Ordering::Relaxed).to_string())
            .body(Bytes::from(body))
            .expect("a request");
        emulator.send(request, Duration::from_secs(1)).await.expect("an answer")
    };
    let form = "grant_type=client_credentials&client_id=other&client_secret=client".to_owned();
    let token = send(Method::POST, "/oauth/token", "", ("x-www-form-urlencoded", form)).await;
    let token: Value = serde_json::from_slice(token.body()).expect("JSON");
    let token = token["access_token"].as_str().expect("a token");
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let answer = send(method, &path, token, ("json", text)).await;
    let body = serde_json::from_slice(answer.body()).unwrap_or_default();
    (answer.status(), body)
}

/// What the sources of values answer, by address; whatever is not there refuses the connection.
#[derive(Default)]
pub(crate) struct Sources {
    answers: Mutex<BTreeMap<String, Answered>>,
    asked: Mutex<Vec<String>>,
}

/// What one source answers, and how long that takes.
#[derive(Clone)]
struct Answered {
    status: u16,
    body: String,
    after: Duration,
}

impl Sources {
    /// Lets a source answer at once.
    pub(crate) fn answer(&self, url: &str, status: u16, body: &str) {
        self.answer_after(url, Duration::ZERO, status, body);
    }

    /// Lets a source take its time.
    pub(crate) fn answer_after(&self, url: &str, after: Duration, status: u16, body: &str) {
        let answered = Answered { status, body: body.to_owned(), after };
        self.answers.lock().expect("no panic").insert(url.to_owned(), answered);
    }

    /// Returns what was asked since the last call, as method, address and key.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }
}

impl Exchange for Sources {
    fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, ExchangeError>> {
        Box::pin(async move {
            let url = request.uri().to_string();
            let key = request.headers().get("x-api-key");
            let key = key.map_or("", |key| key.to_str().expect("text"));
            let seen = format!("{} {url} {key}", request.method());
            self.asked.lock().expect("no panic").push(seen.trim_end().to_owned());
            let answered = self.answers.lock().expect("no panic").get(&url).cloned();
            let refused = || ExchangeError::NotSent("cannot reach it: refused".to_owned());
            let Answered { status, body, after } = answered.ok_or_else(refused)?;
            let late = |_| ExchangeError::Unanswered("it did not answer in time".to_owned());
            tokio::time::timeout(timeout, tokio::time::sleep(after)).await.map_err(late)?;
            let answer = http::Response::builder().status(status).body(Bytes::from(body));
            Ok(answer.expect("an answer"))
        })
    }
}

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) emulator: Emulator,
    pub(crate) sources: Sources,
    begun: Instant,
}

impl World {
    /// A repository with one commit: the project and the given flows.
    pub(crate) fn with(files: &[(&str, String)]) -> Self {
        Self::of(PROJECT, files)
    }

    /// A repository with one commit: the given project and files.
    pub(crate) fn of(project: &str, files: &[(&str, String)]) -> Self {
        let world = Self {
            folder: TempDir::new().expect("a folder"),
            emulator: Emulator::in_memory(Clock::starting_at(epoch())).expect("an emulator"),
            sources: Sources::default(),
            begun: Instant::now(),
        };
        world.git(&["init", "--quiet", "--initial-branch=main"]);
        world.write("flowgate.yaml", project);
        for (path, text) in files {
            world.write(path, text);
        }
        world.commit("first");
        world
    }

    /// A repository with the flow `welcome`.
    pub(crate) fn new() -> Self {
        Self::with(&[("flows/welcome.yaml", flow("welcome", "Welcome"))])
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@bank.example"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// Commits the flow `welcome` with another prompt.
    pub(crate) fn change_prompt(&self, prompt: &str) {
        self.write("flows/welcome.yaml", &flow("welcome", prompt));
        self.commit(prompt);
    }

    pub(crate) async fn try_pass(&self, request: &Request) -> Result<Report, Error> {
        self.pass_through(request, Arc::new(self.emulator.clone())).await
    }

    /// Runs a pass that must come to its end.
    pub(crate) async fn run(&self, request: &Request) -> Report {
        self.try_pass(request).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Runs a pass on `development` that must come to its end.
    pub(crate) async fn reconcile(&self) -> Report {
        self.run(&request("development")).await
    }

    /// Runs a pass whose process dies at a request; tells whether it came that far.
    pub(crate) async fn dies(&self, request: &Request, after: usize, crash: Crash) -> bool {
        let left = AtomicUsize::new(after);
        let mortal = Mortal { emulator: self.emulator.clone(), left, crash };
        let pass = self.pass_through(request, Arc::new(mortal));
        tokio::time::timeout(Duration::from_hours(1), pass).await.is_err()
    }

    /// Runs a pass on `development` against a platform that keeps no metadata; `None` if the
    /// process died.
    pub(crate) async fn forgetful(&self, answer: Answer) -> Option<Report> {
        let exchange = Arc::new(Forgetful { emulator: self.emulator.clone(), answer });
        let request = request("development");
        let pass = self.pass_through(&request, exchange);
        let ended = tokio::time::timeout(Duration::from_hours(1), pass).await.ok()?;
        Some(ended.unwrap_or_else(|error| panic!("{error:?}")))
    }

    /// Runs a pass during which a person edits the draft, right before the request of that number;
    /// returns its path, or nothing when the pass is shorter.
    pub(crate) async fn meddled(
        &self,
        request: &Request,
        at: usize,
        edit: Value,
    ) -> Option<String> {
        let deed = (Method::PUT, "/_emulator/flows/flow-000001/draft".to_owned(), edit);
        let (struck, _) = self.meddled_by(request, at, deed).await;
        let Struck { request, done } = struck?;
        assert!(done, "the edit before {request}");
        Some(request)
    }

    /// Runs a pass during which a person does something right before the request of that number.
    pub(crate) async fn meddled_by(
        &self,
        request: &Request,
        at: usize,
        deed: Deed,
    ) -> (Option<Struck>, Report) {
        let meddler = Arc::new(Meddler {
            emulator: self.emulator.clone(),
            left: AtomicUsize::new(at),
            deed,
            struck: Mutex::default(),
        });
        let report = self.pass_through(request, Arc::clone(&meddler) as Arc<dyn Exchange>).await;
        let report = report.unwrap_or_else(|error| panic!("{error:?}"));
        let struck = meddler.struck.lock().expect("no panic").clone();
        (struck, report)
    }

    /// Runs a pass on `development` in a process that had others before.
    pub(crate) async fn reconcile_again(&self, cache: &mut Cache) -> Report {
        let emulator = Arc::new(self.emulator.clone());
        let report = self.cached_pass(&request("development"), cache, emulator).await;
        report.unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn pass_through(
        &self,
        request: &Request,
        exchange: Arc<dyn Exchange>,
    ) -> Result<Report, Error> {
        self.cached_pass(request, &mut Cache::default(), exchange).await
    }

    async fn cached_pass(
        &self,
        request: &Request,
        cache: &mut Cache,
        exchange: Arc<dyn Exchange>,
    ) -> Result<Report, Error> {
        let repo = Repo::open(self.folder.path())?;
        let connect = |tenant: &Tenant| {
            let settings = Settings::of(tenant, "id".to_owned(), Secret::new("secret"), 1);
            Client::new(settings, Arc::clone(&exchange)).map_err(|error| error.to_string())
        };
        let key = |place: &Credential| match place {
            Credential::Env(name) if name == "CONFIG_KEY" => Ok(Secret::new("hunter2")),
            other => Err(format!("{other:?} is not set")),
        };
        let now = || epoch() + self.begun.elapsed();
        let outside = Outside {
            repo: &repo,
            connect: &connect,
            sources: sources::Access { exchange: &self.sources, credential: &key },
            now: &now,
            operator: "ada",
            host: "desk",
            polling: Polling::default(),
            progress: Arc::new(()),
        };
        pass(request, cache, &outside).await
    }

    /// Calls the emulator's control API.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) =
            self.emulator.control(method, &format!("/_emulator/{path}"), body).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    /// Deletes something through the API, as another client would.
    pub(crate) async fn delete(&self, path: &str) {
        self.call(Method::DELETE, path, Value::Null).await;
    }

    /// Calls the tenant as another client would, which must be let.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = act(&self.emulator, (method, path.to_owned(), body)).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    /// Calls the tenant as another client would.
    pub(crate) async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        act(&self.emulator, (method, path.to_owned(), body)).await
    }

    /// Lets the next deployment end as scripted.
    pub(crate) async fn next_deployment(&self, outcome: &str) {
        self.control(Method::POST, "outcomes", json!({"outcome": outcome, "error": "no ports"}))
            .await;
    }

    /// Returns the mutating requests since the last call.
    pub(crate) async fn writes(&self) -> Vec<SeenRequest> {
        let seen = self.emulator.requests();
        self.control(Method::DELETE, "requests", Value::Null).await;
        seen.into_iter().filter(|request| request.mutating).collect()
    }

    /// Asks the platform as a client would.
    pub(crate) async fn dump(&self) -> Value {
        self.control(Method::GET, "dump", Value::Null).await
    }

    pub(crate) fn refs(&self) -> String {
        self.git(&["for-each-ref", "--format=%(refname) %(objectname)"])
    }

    pub(crate) fn note(&self, environment: &str) -> Status {
        let name = format!("--ref=flowgate/{environment}");
        note::read(&self.git(&["notes", &name, "show", "HEAD"])).expect("a note")
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// An ordinary pass on an environment.
pub(crate) fn request(environment: &str) -> Request {
    Request {
        environment: Some(environment.to_owned()),
        revision: None,
        course: Course::Reconcile,
        mode: Mode::Apply,
        refresh: Refresh::Changed,
        adopt: Adopt::Never,
        prune: None,
        failed: Failed::LeaveAlone,
        selector: None,
        allow_immutable: std::collections::BTreeSet::default(),
        dangers: std::collections::BTreeSet::default(),
        outside_window: None,
        approved: None,
    }
}

/// What became of each resource that is not unchanged, as `name outcome version`.
pub(crate) fn outcomes(report: &Report) -> Vec<String> {
    let status = report.status.as_ref().expect("an applied pass");
    status
        .resources
        .iter()
        .map(|resource| {
            let version = resource.version.as_ref().map_or("-".to_owned(), ToString::to_string);
            format!("{} {} {version}", resource.id.name, resource.outcome)
        })
        .collect()
}

/// The one resource's outcome.
pub(crate) fn outcome(report: &Report) -> ResourceOutcome {
    let status = report.status.as_ref().expect("an applied pass");
    assert_eq!(status.resources.len(), 1, "{:?}", status.resources);
    status.resources[0].outcome
}

/// The one resource's message.
pub(crate) fn message(report: &Report) -> String {
    let status = report.status.as_ref().expect("an applied pass");
    status.resources[0].message.clone().unwrap_or_default()
}
