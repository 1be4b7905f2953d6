use std::path::Path;

use flowgate::emulator::{Clock, Emulator, Error};
use serde_json::{Value, json};

use crate::server::{ACTIONS, Server, new_action, order, uuid};

fn open(dir: &Path) -> Emulator {
    Emulator::open(dir, Clock::system()).expect("opens")
}

/// What a crash would leave: the files as they are while the emulator still runs.
fn copy_of(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("makes a directory");
    for entry in std::fs::read_dir(dir).expect("lists") {
        let entry = entry.expect("reads");
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copies");
    }
    copy
}

#[tokio::test]
async fn a_crash_loses_no_answered_write() {
    let dir = tempfile::tempdir().expect("makes a directory");
    let server = Server::with(open(dir.path())).await;
    let flow = server.flow("Routing").await;
    let version = server.version(&flow, "1.0.0").await;
    let body = order(&flow, &version, "PRODUCTION");
    let deployment = server.keyed("POST", "/api/v2/flow/deployments", body.clone(), "k").await;
    server.control("POST", "/_emulator/outcomes", json!({"outcome": "FAILED", "skip": 5})).await;
    server
        .control("PUT", &format!("/_emulator/approvals/{flow}"), json!({"status": "DENIED"}))
        .await;
    let dump = server.control("GET", "/_emulator/dump", Value::Null).await;

    let crashed = copy_of(dir.path());
    let server = Server::with(open(crashed.path())).await;
    let mut after = server.control("GET", "/_emulator/dump", Value::Null).await;
    // Opening and fetching a token are counted.
    after["counters"] = dump["counters"].clone();
    assert_eq!(after, dump);
    let again = server.keyed("POST", "/api/v2/flow/deployments", body, "k").await;
    assert_eq!(again.text("/id"), deployment.text("/id"), "keys survive");
    let read = server.get(&format!("/api/v2/flow/deployments/{}", deployment.text("/id"))).await;
    assert_eq!(read.text("/startedAt"), deployment.text("/startedAt"), "times survive");
    assert_eq!(server.flow("Next").await, "flow-000002", "ids go on");
}

#[tokio::test]
async fn a_refused_write_is_not_on_disk_either() {
    let dir = tempfile::tempdir().expect("makes a directory");
    let server = Server::with(open(dir.path())).await;
    server.flow("Routing").await;
    let twin = server.send("POST", "/api/v2/flows", json!({"name": "Routing"})).await;
    twin.assert_refused(409, "NAME_EXISTS");
    let crashed = copy_of(dir.path());
    let server = Server::with(open(crashed.path())).await;
    assert_eq!(server.get("/api/v2/flows").await.body["totalCount"], 1);
}

#[tokio::test]
async fn a_directory_in_use_is_refused_by_name() {
    let dir = tempfile::tempdir().expect("makes a directory");
    let first = open(dir.path());
    let error = Emulator::open(dir.path(), Clock::system()).err().expect("is refused");
    assert!(matches!(error, Error::InUse { .. }));
    assert!(error.to_string().contains(&dir.path().display().to_string()), "{error}");
    drop(first);
    open(dir.path());
}

#[tokio::test]
async fn a_script_waits_for_the_next_process() {
    let dir = tempfile::tempdir().expect("makes a directory");
    let first = open(dir.path());
    let script = json!({"flow": "Routing", "outcome": "FAILED", "error": "out of ports"});
    let (status, _) = first.control(reqwest::Method::POST, "/_emulator/outcomes", script).await;
    assert_eq!(status, 201);
    let settings = json!({"pendingMs": 0, "runMs": 0});
    first.control(reqwest::Method::PUT, "/_emulator/settings", settings).await;
    drop(first);

    let server = Server::with(open(dir.path())).await;
    let flow = server.flow("Routing").await;
    let version = server.version(&flow, "1.0.0").await;
    let deployment = server.deploy(&flow, &version, "PRODUCTION").await;
    let read = server.get(&format!("/api/v2/flow/deployments/{}", deployment.text("/id"))).await;
    assert_eq!((read.text("/status"), read.text("/error")), ("FAILED", "out of ports"));
}

const MAIN: &str = "function main(context) { return context.input; }";

#[tokio::test]
async fn data_actions_and_data_stores_survive_a_crash() {
    let dir = tempfile::tempdir().expect("makes a directory");
    let server = Server::with(open(dir.path())).await;
    let body = new_action("lookup", MAIN);
    let made = server.keyed("POST", ACTIONS, body.clone(), "k").await;
    server.control("POST", "/_emulator/test-failures", json!({"error": "no connection"})).await;
    let fields =
        json!([{"name": "name", "type": "string"}, {"name": "knows", "type": "relationship"}]);
    let store = server.store("customers", fields).await;
    let child = server.record(&store, &uuid(2), json!({"name": "Bob"})).await;
    let link = json!({"knows": {"ids": [uuid(2)], "cascade_action": "none"}});
    let parent = server.record(&store, &uuid(1), link).await;
    let lock = format!("/_emulator/data-stores/customers/records/{}/lock", uuid(1));
    server.control("PUT", &lock, json!({"heldBy": "ada"})).await;
    let paths = [format!("{ACTIONS}/action-000001"), store.clone(), child.clone(), parent.clone()];
    let mut before = Vec::new();
    for path in &paths {
        before.push(server.get(path).await.body);
    }

    let crashed = copy_of(dir.path());
    let server = Server::with(open(crashed.path())).await;
    for (path, before) in paths.iter().zip(before) {
        assert_eq!(server.get(path).await.body, before, "{path}");
    }
    let again = server.keyed("POST", ACTIONS, body.clone(), "k").await;
    assert_eq!((again.status, again.body), (201, made.body), "keys survive");
    server.send("POST", ACTIONS, body).await.assert_refused(409, "NAME_EXISTS");
    let test = format!("{ACTIONS}/action-000001/test");
    let run = server.send("POST", &test, json!({"input": 1})).await;
    assert_eq!(run.text("/error/message"), "no connection", "scripts survive");
    let patch = json!({"fields": {"name": "Ada"}});
    server.send("PATCH", &parent, patch).await.assert_refused(409, "RECORD_LOCKED");
    let delete = server.send("DELETE", &child, Value::Null).await;
    delete.assert_refused(409, "RECORD_REFERENCED");
    let schema = json!({"fields": []});
    let emptied = server.send("PUT", &format!("{store}/schema"), schema).await;
    emptied.assert_refused(409, "FIELD_IN_USE");
    assert_eq!(server.store("next", json!([])).await, "/api/v2/datastores/store-000002");
}

#[tokio::test]
async fn a_refused_record_leaves_no_trace_on_disk() {
    let dir = tempfile::tempdir().expect("makes a directory");
    let server = Server::with(open(dir.path())).await;
    let store = server.store("customers", json!([{"name": "knows", "type": "relationship"}])).await;
    let record = server.record(&store, &uuid(1), json!({})).await;
    let before = server.get(&store).await.body;
    let circle = json!({"fields": {"knows": {"ids": [uuid(1)], "cascade_action": "update"}}});
    let refused = server.send("PATCH", &record, circle).await;
    refused.assert_refused(409, "CIRCULAR_REFERENCE");
    let crashed = copy_of(dir.path());
    let server = Server::with(open(crashed.path())).await;
    assert_eq!(server.get(&record).await.body["_version"], 1);
    assert_eq!(server.get(&store).await.body, before);
    assert_eq!(server.send("DELETE", &record, Value::Null).await.status, 204);
}
