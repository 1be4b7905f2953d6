use serde_json::{Value, json};

use crate::server::{Server, new_version, order};

#[tokio::test]
async fn the_same_key_gives_the_first_answer_again() {
    let server = Server::start().await;
    let body = json!({"name": "Routing"});
    let first = server.keyed("POST", "/api/v2/flows", body.clone(), "k").await;
    let again = server.keyed("POST", "/api/v2/flows", body, "k").await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
    let flow = first.text("/flow/id");

    let versions = format!("/api/v2/flows/{flow}/versions");
    let first = server.keyed("POST", &versions, new_version(flow, "1.0.0"), "k").await;
    let again = server.keyed("POST", &versions, new_version(flow, "1.0.0"), "k").await;
    assert_eq!((again.status, again.text("/id")), (201, first.text("/id")));
    let version = first.text("/id");

    let body = order(flow, version, "PRODUCTION");
    let first = server.keyed("POST", "/api/v2/flow/deployments", body.clone(), "k").await;
    let again = server.keyed("POST", "/api/v2/flow/deployments", body, "k").await;
    assert_eq!((again.status, again.text("/id")), (202, first.text("/id")));
    assert_eq!(server.get("/api/v2/flow/deployments").await.body["totalCount"], 1);
}

#[tokio::test]
async fn a_repeated_publish_and_put_happen_once() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let version = server.version(&flow, "1.0.0").await;
    let publish = format!("/api/v2/flows/{flow}/publish");
    for _ in 0..2 {
        let answer = server.keyed("POST", &publish, json!({"versionId": version}), "k").await;
        assert_eq!(answer.status, 200);
    }
    let path = format!("/api/v2/flows/{flow}");
    let draft = server.get(&path).await.body;
    assert_eq!(draft["flow"]["version"], 2);
    for _ in 0..2 {
        assert_eq!(server.keyed("PUT", &path, draft.clone(), "k").await.body["flow"]["version"], 3);
    }
    for _ in 0..2 {
        assert_eq!(server.keyed("DELETE", &path, Value::Null, "k").await.status, 204);
    }
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let server = Server::start().await;
    server.keyed("POST", "/api/v2/flows", json!({"name": "One"}), "k").await;
    let answer = server.keyed("POST", "/api/v2/flows", json!({"name": "Two"}), "k").await;
    answer.assert_refused(409, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(
        server.keyed("POST", "/api/v2/flows", json!({"name": "Two"}), "l").await.status,
        201
    );
}

#[tokio::test]
async fn the_spelling_of_the_body_makes_no_difference() {
    let server = Server::start().await;
    let bodies =
        [r#"{"name":"One","description":"d"}"#, r#"{ "description": "d", "name": "One" }"#];
    for body in bodies {
        let request = server.request("POST", "/api/v2/flows", &Value::Null).body(body);
        let request = request.header("idempotency-key", "k");
        assert_eq!(request.send().await.expect("is answered").status(), 201);
    }
    assert_eq!(server.get("/api/v2/flows").await.body["totalCount"], 1);
}

#[tokio::test]
async fn a_key_is_forgotten_with_what_it_made() {
    let server = Server::start().await;
    let first = server.keyed("POST", "/api/v2/flows", json!({"name": "One"}), "k").await;
    let flow = first.text("/flow/id");
    server.send("DELETE", &format!("/api/v2/flows/{flow}"), Value::Null).await;
    let second = server.keyed("POST", "/api/v2/flows", json!({"name": "One"}), "k").await;
    assert_eq!(second.status, 201);
    assert_ne!(second.text("/flow/id"), flow);
}

#[tokio::test]
async fn a_refused_request_uses_no_key_up() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let version = server.version(&flow, "1.0.0").await;
    server.control("PUT", "/_emulator/locks/PRODUCTION", json!({"heldBy": "them"})).await;
    let body = order(&flow, &version, "PRODUCTION");
    let refused = server.keyed("POST", "/api/v2/flow/deployments", body.clone(), "k").await;
    refused.assert_refused(409, "ENVIRONMENT_LOCKED");
    server.control("DELETE", "/_emulator/locks/PRODUCTION", Value::Null).await;
    assert_eq!(server.keyed("POST", "/api/v2/flow/deployments", body, "k").await.status, 202);
}
