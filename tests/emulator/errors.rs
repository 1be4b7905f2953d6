use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::{Answer, Server};

#[tokio::test]
async fn unknown_ids_are_not_found() {
    let server = Server::start().await;
    let flow = server.flow("Known").await;
    let unknown_record = format!("{}/records/y", server.store("known", json!([])).await);
    let unknown_version = format!("/api/v2/flows/{flow}/versions/ver-x");
    for (method, path, body, code) in [
        ("GET", "/api/v2/flows/x", Value::Null, "FLOW_NOT_FOUND"),
        ("PUT", "/api/v2/flows/x", json!({"flow": {}}), "FLOW_NOT_FOUND"),
        ("DELETE", "/api/v2/flows/x", Value::Null, "FLOW_NOT_FOUND"),
        ("GET", "/api/v2/flows/x/versions", Value::Null, "FLOW_NOT_FOUND"),
        ("POST", "/api/v2/flows/x/versions", json!({}), "FLOW_NOT_FOUND"),
        ("POST", "/api/v2/flows/x/publish", json!({"versionId": "y"}), "FLOW_NOT_FOUND"),
        ("GET", "/api/v2/workflow/approvals/x", Value::Null, "FLOW_NOT_FOUND"),
        ("GET", unknown_version.as_str(), Value::Null, "VERSION_NOT_FOUND"),
        ("DELETE", unknown_version.as_str(), Value::Null, "VERSION_NOT_FOUND"),
        ("GET", "/api/v2/flow/versions/y/validate", Value::Null, "VERSION_NOT_FOUND"),
        ("GET", "/api/v2/flow/versions/y/test-results", Value::Null, "VERSION_NOT_FOUND"),
        ("GET", "/api/v2/flow/deployments/z", Value::Null, "DEPLOYMENT_NOT_FOUND"),
        ("POST", "/api/v2/flow/deployments/z/rollback", json!({}), "DEPLOYMENT_NOT_FOUND"),
        ("GET", "/api/v2/dataactions/actions/x", Value::Null, "ACTION_NOT_FOUND"),
        ("PUT", "/api/v2/dataactions/actions/x", json!({}), "ACTION_NOT_FOUND"),
        ("DELETE", "/api/v2/dataactions/actions/x", Value::Null, "ACTION_NOT_FOUND"),
        ("POST", "/api/v2/dataactions/actions/x/test", json!({}), "ACTION_NOT_FOUND"),
        ("GET", "/api/v2/datastores/x", Value::Null, "DATASTORE_NOT_FOUND"),
        ("PUT", "/api/v2/datastores/x", json!({}), "DATASTORE_NOT_FOUND"),
        ("DELETE", "/api/v2/datastores/x", Value::Null, "DATASTORE_NOT_FOUND"),
        ("GET", "/api/v2/datastores/x/schema", Value::Null, "DATASTORE_NOT_FOUND"),
        ("PUT", "/api/v2/datastores/x/schema", json!({}), "DATASTORE_NOT_FOUND"),
        ("GET", "/api/v2/datastores/x/records", Value::Null, "DATASTORE_NOT_FOUND"),
        ("POST", "/api/v2/datastores/x/records", json!({}), "DATASTORE_NOT_FOUND"),
        ("GET", "/api/v2/datastores/x/records/y", Value::Null, "DATASTORE_NOT_FOUND"),
        ("PATCH", "/api/v2/datastores/x/records/y", json!({}), "DATASTORE_NOT_FOUND"),
        ("DELETE", "/api/v2/datastores/x/records/y", Value::Null, "DATASTORE_NOT_FOUND"),
        ("GET", unknown_record.as_str(), Value::Null, "RECORD_NOT_FOUND"),
        ("PATCH", unknown_record.as_str(), json!({}), "RECORD_NOT_FOUND"),
        ("DELETE", unknown_record.as_str(), Value::Null, "RECORD_NOT_FOUND"),
    ] {
        server.send(method, path, body).await.assert_refused(404, code);
    }
    let publish = format!("/api/v2/flows/{flow}/publish");
    let answer = server.send("POST", &publish, json!({"versionId": "y"})).await;
    answer.assert_refused(404, "VERSION_NOT_FOUND");
    server.deploy("x", "y", "PRODUCTION").await.assert_refused(404, "FLOW_NOT_FOUND");
    server.deploy(&flow, "y", "PRODUCTION").await.assert_refused(404, "VERSION_NOT_FOUND");
}

#[tokio::test]
async fn an_unknown_path_is_not_found_and_a_wrong_method_is_not_allowed() {
    let server = Server::start().await;
    server.get("/api/v3/flows").await.assert_refused(404, "UNKNOWN_PATH");
    server.get("/_emulator/nothing").await.assert_refused(404, "UNKNOWN_PATH");
    let answer = server.send("PATCH", "/api/v2/flows", json!({})).await;
    answer.assert_refused(405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), "GET, POST");
    let head = server.send("HEAD", "/api/v2/flows", Value::Null).await;
    assert_eq!(head.status, 405);
}

#[tokio::test]
async fn bad_json_is_a_bad_request() {
    let server = Server::start().await;
    for body in ["{", "nonsense", "\u{0}", &"[".repeat(1000)] {
        let request = server.request("POST", "/api/v2/flows", &Value::Null).body(body.to_owned());
        let answer = Answer::of(request.send().await.expect("is answered")).await;
        answer.assert_refused(400, "MALFORMED_JSON");
        assert!(answer.text("/message").contains("line 1"), "{answer:?}");
    }
    let answer = server.send("POST", "/api/v2/flows", json!([])).await;
    answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_unread() {
    let server = Server::start().await;
    let address = server.base.trim_start_matches("http://");
    let mut socket = tokio::net::TcpStream::connect(address).await.expect("connects");
    let head = format!(
        "POST /api/v2/flows HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Length: 16777217\r\n\r\n",
        server.token
    );
    socket.write_all(head.as_bytes()).await.expect("sends");
    let mut start = [0; 12];
    socket.read_exact(&mut start).await.expect("is answered");
    assert_eq!(&start, b"HTTP/1.1 413");
    let longest = server.request("POST", "/api/v2/flows", &Value::Null);
    let longest = longest.body(" ".repeat(16 * 1024 * 1024));
    let answer = Answer::of(longest.send().await.expect("is answered")).await;
    answer.assert_refused(400, "MALFORMED_JSON");
}

#[tokio::test]
async fn a_body_that_turns_out_too_long_is_refused() {
    let server = Server::start().await;
    let (status, _) = server
        .emulator
        .control(
            reqwest::Method::PUT,
            "/_emulator/settings",
            json!({"elementTypes": [" ".repeat(16 * 1024 * 1024)]}),
        )
        .await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own() {
    let server = Server::start().await;
    let (first, second) = (server.get("/api/v2/flows").await, server.get("/api/v2/flows").await);
    assert_ne!(first.header("x-request-id"), "");
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn pages_and_filters_that_make_no_sense_are_refused() {
    let server = Server::start().await;
    for path in [
        "/api/v2/flows?page=0",
        "/api/v2/flows?pageSize=-1",
        "/api/v2/flows?page=one",
        "/api/v2/flow/deployments?status=DONE",
        "/api/v2/flow/deployments?current=maybe",
    ] {
        server.get(path).await.assert_refused(400, "INVALID_QUERY");
    }
}
