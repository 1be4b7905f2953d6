use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::{Answer, Server};

async fn with_fault(fault: Value) -> Server {
    let server = Server::start().await;
    server.control("POST", "/_emulator/faults", fault).await;
    server
}

async fn flow_count(server: &Server) -> Value {
    server.get("/api/v2/flows").await.body["totalCount"].clone()
}

#[tokio::test]
async fn a_fault_answers_in_the_place_of_the_platform() {
    let server = with_fault(json!({
        "method": "POST", "path": "/api/v2/flows", "status": 503,
        "headers": {"Retry-After": "7"}, "body": "<h1>Maintenance</h1>"
    }))
    .await;
    let request = server.request("POST", "/api/v2/flows", &json!({"name": "One"}));
    let response = request.send().await.expect("is answered");
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(response.headers()["content-type"], "text/html");
    assert_eq!(response.text().await.expect("is whole"), "<h1>Maintenance</h1>");
    assert_eq!(flow_count(&server).await, 0);
    server.flow("One").await;
}

#[tokio::test]
async fn a_fault_after_the_effect_hides_that_it_happened() {
    let server = with_fault(json!({"method": "POST", "when": "after", "status": 500})).await;
    let answer = server.send("POST", "/api/v2/flows", json!({"name": "One"})).await;
    assert_eq!((answer.status, answer.text("/code")), (500, "INJECTED_FAULT"));
    assert_eq!(flow_count(&server).await, 1);
}

#[tokio::test]
async fn a_fault_strikes_the_requests_it_counts_down_to() {
    let server =
        with_fault(json!({"path": "/api/v2/flows", "skip": 1, "times": 2, "status": 502})).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(server.get("/api/v2/flows").await.status);
    }
    assert_eq!(statuses, [200, 502, 502, 200, 200]);
    let faults = server.control("GET", "/_emulator/faults", Value::Null).await;
    assert_eq!(
        (&faults["faults"][0]["fired"], &faults["faults"][0]["left"]),
        (&json!(2), &json!(0))
    );
}

#[tokio::test]
async fn a_fault_without_end_stays_until_it_is_removed() {
    let server = with_fault(json!({"times": 0, "status": 500, "body": {"broken": true}})).await;
    for _ in 0..3 {
        assert_eq!(server.get("/api/v2/flows").await.body, json!({"broken": true}));
    }
    server.control("DELETE", "/_emulator/faults/fault-000001", Value::Null).await;
    assert_eq!(server.get("/api/v2/flows").await.status, 200);
}

#[tokio::test]
async fn a_cut_connection_ends_without_an_answer() {
    for (when, flows) in [("before", 0), ("after", 1)] {
        let server = with_fault(json!({"method": "POST", "when": when, "cut": "nothing"})).await;
        let request = server.request("POST", "/api/v2/flows", &json!({"name": "One"}));
        request.send().await.expect_err("there is no answer");
        assert_eq!(flow_count(&server).await, flows, "{when}");
    }
}

#[tokio::test]
async fn a_cut_in_the_body_leaves_it_shorter_than_announced() {
    for (when, flows) in [("before", 0), ("after", 1)] {
        let server = with_fault(json!({"method": "POST", "when": when, "cut": "half"})).await;
        let request = server.request("POST", "/api/v2/flows", &json!({"name": "One"}));
        let response = request.send().await.expect("begins to answer");
        assert_eq!(response.status(), if when == "before" { 503 } else { 201 });
        response.text().await.expect_err("the body ends early");
        assert_eq!(flow_count(&server).await, flows, "{when}");
    }
}

#[tokio::test]
async fn a_cut_connection_is_closed_at_the_socket() {
    let server = with_fault(json!({"cut": "half", "status": 200, "body": "0123456789"})).await;
    let address = server.base.trim_start_matches("http://");
    let mut socket = tokio::net::TcpStream::connect(address).await.expect("connects");
    socket.write_all(b"GET /api/v2/flows HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sends");
    let mut received = Vec::new();
    let _ = socket.read_to_end(&mut received).await;
    let received = String::from_utf8(received).expect("is text").to_ascii_lowercase();
    assert!(received.contains("content-length: 10\r\n"), "{received}");
    assert!(received.ends_with("\r\n\r\n01234"), "{received}");
}

#[tokio::test]
async fn a_long_body_can_be_sent() {
    let server =
        with_fault(json!({"status": 500, "body": "0123456789", "repeat": 1_000_000})).await;
    let response = server.request("GET", "/api/v2/flows", &Value::Null).send().await;
    let text = response.expect("is answered").text().await.expect("is whole");
    assert_eq!(text.len(), 10_000_000);
}

#[tokio::test]
async fn a_token_request_can_fail_too() {
    let server = with_fault(json!({"path": "/oauth/token", "status": 500})).await;
    assert_eq!(server.fetch_token("a", "b", "").await.status, 500);
    assert_eq!(server.fetch_token("a", "b", "").await.status, 200);
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused() {
    let server = Server::start().await;
    for fault in [
        json!({}),
        json!({"status": 42}),
        json!({"status": 99999}),
        json!({"body": "without status", "cut": "half"}),
        json!({"status": 500, "headers": {"bad name": "x"}}),
        json!({"status": 500, "headers": {"Content-Length": "5"}}),
        json!({"status": 500, "stauts": 1}),
        json!({"status": 500, "when": "during"}),
        json!({"status": 500, "body": "0123456789", "repeat": 1_000_000_000_u64}),
    ] {
        let request = server.bare("POST", "/_emulator/faults").body(fault.to_string());
        let answer = Answer::of(request.send().await.expect("is answered")).await;
        answer.assert_refused(400, "INVALID_REQUEST");
    }
}
