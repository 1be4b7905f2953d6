use std::path::Path;

use flowgate::emulator::{Clock, Emulator, Error};
use serde_json::{Value, json};

use crate::server::{Server, order};

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
