use std::time::Duration;

use bytes::Bytes;
use flowgate::cxone::exchange::{Exchange, ExchangeError};
use flowgate::cxone::wire;
use flowgate::emulator::{Clock, Emulator};
use http::{Method, Request, Response};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::server::{ACTIONS, STORES, new_action, new_version, order, uuid};

const TIMEOUT: Duration = Duration::from_secs(15);

/// A client that uses the seam, as the project's own does.
struct Tenant {
    emulator: Emulator,
    token: String,
}

impl Tenant {
    async fn start() -> Self {
        let emulator =
            Emulator::in_memory(Clock::starting_at(Timestamp::UNIX_EPOCH)).expect("starts");
        let mut tenant = Self { emulator, token: String::new() };
        let form = "grant_type=client_credentials&client_id=a&client_secret=b";
        let answer =
            tenant.send("POST", "/oauth/token", form.to_owned()).await.expect("is answered");
        json(&answer)["access_token"].as_str().expect("is there").clone_into(&mut tenant.token);
        tenant
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        body: String,
    ) -> Result<Response<Bytes>, ExchangeError> {
        let request = Request::builder()
            .method(method)
            .uri(format!("https://us-1.api.nicecxone.com{path}"))
            .header("authorization", format!("Bearer {}", self.token))
            .body(Bytes::from(body))
            .expect("is a request");
        self.emulator.send(request, TIMEOUT).await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Value {
        json(&self.send(method, path, body.to_string()).await.expect("is answered"))
    }

    async fn control(&self, path: &str, body: Value) {
        let (status, answer) = self.emulator.control(Method::POST, path, body).await;
        assert!(status.is_success(), "{answer}");
    }

    /// Starts the deployment of a new flow and returns its path.
    async fn deploy(&self) -> String {
        let flow = self.call("POST", "/api/v2/flows", json!({"name": "Routing"})).await;
        let flow = flow["flow"]["id"].as_str().expect("is there");
        let path = format!("/api/v2/flows/{flow}/versions");
        let version = self.call("POST", &path, new_version(flow, "1.0.0")).await;
        let version = version["id"].as_str().expect("is there");
        let body = order(flow, version, "PRODUCTION");
        let deployment = self.call("POST", "/api/v2/flow/deployments", body).await;
        format!("/api/v2/flow/deployments/{}", deployment["id"].as_str().expect("is there"))
    }

    async fn status(&self, deployment: &str) -> Value {
        self.call("GET", deployment, Value::Null).await["status"].clone()
    }
}

fn json(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).expect("is JSON")
}

async fn advance(millis: u64) {
    tokio::time::advance(Duration::from_millis(millis)).await;
}

#[tokio::test(start_paused = true)]
async fn the_paused_clock_drives_a_deployment() {
    let tenant = Tenant::start().await;
    let deployment = tenant.deploy().await;
    for (wait, status) in
        [(0, "PENDING"), (299, "PENDING"), (1, "IN_PROGRESS"), (699, "IN_PROGRESS")]
    {
        advance(wait).await;
        assert_eq!(tenant.status(&deployment).await, status);
    }
    advance(1).await;
    let done = tenant.call("GET", &deployment, Value::Null).await;
    assert_eq!(done["status"], "SUCCESS");
    assert_eq!(done["startedAt"], "1970-01-01T00:00:00.000Z");
    assert_eq!(done["finishedAt"], "1970-01-01T00:00:01.000Z");
}

#[tokio::test(start_paused = true)]
async fn the_paused_clock_drives_a_rollback() {
    let tenant = Tenant::start().await;
    tenant.control("/_emulator/outcomes", json!({"outcome": "FAILED"})).await;
    let deployment = tenant.deploy().await;
    advance(1000).await;
    assert_eq!(tenant.status(&deployment).await, "FAILED");
    tenant.call("POST", &format!("{deployment}/rollback"), json!({})).await;
    assert_eq!(tenant.status(&deployment).await, "ROLLBACK_IN_PROGRESS");
    advance(500).await;
    assert_eq!(tenant.status(&deployment).await, "ROLLED_BACK");
}

#[tokio::test(start_paused = true)]
async fn a_token_expires_by_the_paused_clock() {
    let tenant = Tenant::start().await;
    advance(3_599_999).await;
    let answer = tenant.send("GET", "/api/v2/flows", String::new()).await.expect("is answered");
    assert_eq!(answer.status(), 200);
    advance(1).await;
    let answer = tenant.send("GET", "/api/v2/flows", String::new()).await.expect("is answered");
    assert_eq!(answer.status(), 401);
}

#[tokio::test(start_paused = true)]
async fn a_cut_is_an_unanswered_exchange() {
    for (when, flows) in [("before", 0), ("after", 1)] {
        for cut in ["nothing", "half"] {
            let tenant = Tenant::start().await;
            let fault = json!({"method": "POST", "when": when, "cut": cut});
            tenant.control("/_emulator/faults", fault).await;
            let body = json!({"name": "One"}).to_string();
            let answer = tenant.send("POST", "/api/v2/flows", body).await;
            assert!(matches!(answer, Err(ExchangeError::Unanswered(_))), "{when} {cut}");
            let list = tenant.call("GET", "/api/v2/flows", Value::Null).await;
            assert_eq!(list["totalCount"], flows, "{when} {cut}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_an_unanswered_exchange() {
    for (when, flows) in [("before", 0), ("after", 1)] {
        let tenant = Tenant::start().await;
        let fault = json!({"method": "POST", "when": when, "delayMs": 20_000});
        tenant.control("/_emulator/faults", fault).await;
        let body = json!({"name": "One"}).to_string();
        let answer = tenant.send("POST", "/api/v2/flows", body).await;
        assert!(matches!(answer, Err(ExchangeError::Unanswered(_))), "{when}");
        let list = tenant.call("GET", "/api/v2/flows", Value::Null).await;
        assert_eq!(list["totalCount"], flows, "{when}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delay_within_the_timeout_is_only_a_delay() {
    let tenant = Tenant::start().await;
    tenant.control("/_emulator/faults", json!({"delayMs": 10_000})).await;
    let started = tokio::time::Instant::now();
    let answer = tenant.send("GET", "/api/v2/flows", String::new()).await.expect("is answered");
    assert_eq!((answer.status().as_u16(), started.elapsed()), (200, Duration::from_secs(10)));
}

#[tokio::test(start_paused = true)]
async fn a_client_at_the_limit_is_not_refused() {
    let tenant = Tenant::start().await;
    for _ in 0..1000 {
        let answer = tenant.send("GET", "/api/v2/flows", String::new()).await.expect("is answered");
        assert_eq!(answer.status(), 200);
        advance(10).await;
    }
}

#[tokio::test(start_paused = true)]
async fn requests_over_the_limit_are_told_when_to_come_again() {
    let tenant = Tenant::start().await;
    let limit = json!({"requestsPerSecond": 2});
    tenant.emulator.control(Method::PUT, "/_emulator/settings", limit).await;
    let mut statuses = Vec::new();
    for wait in [0, 0, 0, 500, 0, 1000] {
        advance(wait).await;
        let answer = tenant.send("GET", "/api/v2/flows", String::new()).await.expect("is answered");
        if answer.status() == 429 {
            assert_eq!(answer.headers()["retry-after"], "1");
            assert_eq!(json(&answer)["code"], "RATE_LIMITED");
        }
        statuses.push(answer.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429, 200, 429, 200]);
    let form = "grant_type=client_credentials&client_id=a&client_secret=b".to_owned();
    for _ in 0..5 {
        let answer = tenant.send("POST", "/oauth/token", form.clone()).await.expect("is answered");
        assert_eq!(answer.status(), 200, "tokens come from another host");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_for_a_time_ends_by_the_paused_clock() {
    let tenant = Tenant::start().await;
    let lock = json!({"heldBy": "release train", "forMs": 60_000});
    tenant.emulator.control(Method::PUT, "/_emulator/locks/PRODUCTION", lock).await;
    let (_, locks) = tenant.emulator.control(Method::GET, "/_emulator/locks", Value::Null).await;
    assert_eq!(locks["locks"]["PRODUCTION"]["until"], "1970-01-01T00:01:00.000Z");
    advance(60_000).await;
    let (_, locks) = tenant.emulator.control(Method::GET, "/_emulator/locks", Value::Null).await;
    assert_eq!(locks["locks"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn answers_read_as_the_wire_types() {
    fn reads<T: DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).expect("reads as the wire type")
    }
    let tenant = Tenant::start().await;
    let deployment = tenant.deploy().await;
    let get = async |path: &str| tenant.call("GET", path, Value::Null).await;
    let flow = "/api/v2/flows/flow-000001";
    let version = "ver-000001-000001";
    let publish = json!({"versionId": version, "snapshot": true, "bypassValidation": false});
    let published: wire::Published =
        reads(tenant.call("POST", &format!("{flow}/publish"), publish).await);
    assert_eq!(published.snapshot_id.as_deref(), Some("snap-000001"));
    let draft: wire::FlowEnvelope = reads(get(flow).await);
    assert_eq!(draft.flow.published_version_id.as_deref(), Some(version));
    assert!(draft.flow.extra.is_empty());
    let flows: wire::FlowPage = reads(get("/api/v2/flows").await);
    assert_eq!(flows.flows[0].version, 2);
    let versions: wire::VersionPage = reads(get(&format!("{flow}/versions")).await);
    assert!(versions.versions[0].published);
    let whole: wire::FlowVersion = reads(get(&format!("{flow}/versions/{version}")).await);
    assert_eq!(whole.elements.len(), 3);
    let validation: wire::Validation =
        reads(get(&format!("/api/v2/flow/versions/{version}/validate")).await);
    assert_eq!(validation.status, "VALID");
    let one: wire::Deployment = reads(get(&deployment).await);
    assert_eq!(one.version_id.as_deref(), Some(version));
    let all: wire::DeploymentPage = reads(get("/api/v2/flow/deployments").await);
    assert_eq!(all.total_count, 1);
    let error: wire::ErrorBody = reads(get("/api/v2/flows/unknown").await);
    assert_eq!(error.code, "FLOW_NOT_FOUND");
}

#[tokio::test(start_paused = true)]
async fn answers_about_data_read_as_the_wire_types() {
    fn reads<T: DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).expect("reads as the wire type")
    }
    let tenant = Tenant::start().await;
    let get = async |path: &str| tenant.call("GET", path, Value::Null).await;
    let body = new_action("lookup", "function main(context) { return context.input; }");
    let action: wire::DataAction = reads(tenant.call("POST", ACTIONS, body).await);
    assert!(action.extra.is_empty(), "{action:?}");
    let put = serde_json::to_value(&action).expect("is JSON");
    let path = format!("{ACTIONS}/{}", action.id);
    let replaced: wire::DataAction = reads(tenant.call("PUT", &path, put).await);
    assert_eq!(replaced.modified_timestamp, action.modified_timestamp + 1, "the clock stands");
    let page: wire::DataActionPage = reads(get(ACTIONS).await);
    assert_eq!((page.total_count, page.actions[0].body.name.as_str()), (1, "lookup"));
    let input = json!(wire::TestInput { input: json!({"id": 1}) });
    let run: wire::TestRun = reads(tenant.call("POST", &format!("{path}/test"), input).await);
    assert_eq!((run.status.as_str(), run.output), ("SUCCESS", Some(json!({"id": 1}))));
    let fields = json!([{"name": "knows", "type": "relationship"}]);
    let body = json!({"name": "customers", "fields": fields});
    let store: wire::DataStore = reads(tenant.call("POST", STORES, body).await);
    let path = format!("{STORES}/{}", store.id);
    let stores: wire::DataStorePage = reads(get(STORES).await);
    assert_eq!(stores.datastores, [store]);
    let schema: wire::Schema = reads(get(&format!("{path}/schema")).await);
    assert_eq!(schema.fields[0].constraints["is_relationship"], true);
    let records = format!("{path}/records");
    let body = json!(wire::NewRecord { id: Some(uuid(1)), fields: serde_json::Map::new() });
    let record: wire::Record = reads(tenant.call("POST", &records, body).await);
    let page: wire::RecordPage = reads(get(&records).await);
    assert_eq!((page.total_count, page.records), (1, vec![record]));
}

#[tokio::test(start_paused = true)]
async fn a_slow_script_does_not_move_the_paused_clock() {
    let tenant = Tenant::start().await;
    let body = new_action("endless", "function main() { while (true) {} }");
    tenant.call("POST", ACTIONS, body).await;
    let started = tokio::time::Instant::now();
    let test = format!("{ACTIONS}/action-000001/test");
    let run = tenant.call("POST", &test, json!({"input": null})).await;
    assert_eq!((&run["status"], started.elapsed()), (&json!("FAILED"), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_a_script_counts_once() {
    let tenant = Tenant::start().await;
    let limit = json!({"requestsPerSecond": 2});
    tenant.emulator.control(Method::PUT, "/_emulator/settings", limit).await;
    for name in ["first", "second"] {
        let body = new_action(name, "function main() {}").to_string();
        let answer = tenant.send("POST", ACTIONS, body).await.expect("is answered");
        assert_eq!(answer.status(), 201);
    }
    assert_eq!(tenant.emulator.requests().len(), 3, "with that for the token");
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_records_are_written_linked_and_listed() {
    let tenant = Tenant::start().await;
    let no_limit = json!({"requestsPerSecond": 0});
    tenant.emulator.control(Method::PUT, "/_emulator/settings", no_limit).await;
    let fields =
        json!([{"name": "name", "type": "string"}, {"name": "next", "type": "relationship"}]);
    tenant.call("POST", STORES, json!({"name": "customers", "fields": fields})).await;
    let records = format!("{STORES}/store-000001/records");
    for number in 0..10_000 {
        let mut body = json!({"id": uuid(number), "fields": {"name": format!("{number}")}});
        if number % 5 > 0 {
            body["fields"]["next"] = json!({"ids": [uuid(number - 1)], "cascade_action": "none"});
        }
        let answer = tenant.send("POST", &records, body.to_string()).await.expect("is answered");
        assert_eq!(answer.status(), 201);
    }
    let mut seen = 0;
    for page in 1..=50 {
        let path = format!("{records}?page={page}&pageSize=200");
        let answer: wire::RecordPage =
            serde_json::from_value(tenant.call("GET", &path, Value::Null).await).expect("a page");
        assert_eq!((answer.total_count, answer.records.len()), (10_000, 200));
        seen += answer.records.len();
    }
    assert_eq!(seen, 10_000);
}
