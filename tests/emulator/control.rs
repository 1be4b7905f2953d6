use serde_json::{Value, json};

use crate::server::{Answer, Server};

async fn refused(server: &Server, method: &str, path: &str, body: Value) -> Answer {
    let request = server.bare(method, path).body(body.to_string());
    Answer::of(request.send().await.expect("is answered")).await
}

#[tokio::test]
async fn the_help_lists_every_endpoint_with_an_example() {
    let server = Server::start().await;
    let help = server.control("GET", "/_emulator/", Value::Null).await;
    let endpoints = help["endpoints"].as_array().expect("is a list");
    assert!(endpoints.len() > 30);
    for endpoint in endpoints {
        assert!(endpoint["about"].is_string());
        let takes_body = ["PUT", "POST"].contains(&endpoint["method"].as_str().expect("is text"))
            && endpoint["path"] != "/_emulator/reset";
        assert_eq!(endpoint["example"].is_object(), takes_body, "{endpoint}");
    }
}

#[tokio::test]
async fn settings_change_one_by_one() {
    let server = Server::start().await;
    let before = server.control("GET", "/_emulator/settings", Value::Null).await;
    assert_eq!(before["requestsPerSecond"], 100);
    let after = server.control("PUT", "/_emulator/settings", json!({"runMs": 9})).await;
    assert_eq!((&after["runMs"], &after["requestsPerSecond"]), (&json!(9), &json!(100)));
    for wrong in [json!({"runMs": -1}), json!({"runMillis": 1}), json!({"pageSizeCap": 0})] {
        refused(&server, "PUT", "/_emulator/settings", wrong)
            .await
            .assert_refused(400, "INVALID_REQUEST");
    }
}

#[tokio::test]
async fn a_designer_edits_the_draft() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let edit = json!({"nodes": [{"id": "n", "type": "set-variable"}], "updatedBy": "ada"});
    let edited = server.control("PUT", "/_emulator/flows/Routing/draft", edit).await;
    assert_eq!(edited["flow"]["version"], 2);
    let draft = server.get(&format!("/api/v2/flows/{flow}")).await.body;
    assert_eq!(draft, edited);
    assert_eq!(
        (&draft["flow"]["updatedBy"], &draft["flow"]["name"]),
        (&json!("ada"), &json!("Routing"))
    );
    let renamed = json!({"name": "Renamed"});
    server.control("PUT", &format!("/_emulator/flows/{flow}/draft"), renamed).await;
    assert_eq!(server.get("/api/v2/flows?name=Renamed").await.body["totalCount"], 1);
    let dangling = json!({"edges": [{"id": "e", "sourceId": "n", "targetId": "x"}]});
    let answer = refused(&server, "PUT", "/_emulator/flows/Renamed/draft", dangling).await;
    answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
}

#[tokio::test]
async fn what_is_scripted_must_make_sense() {
    let server = Server::start().await;
    server.flow("Routing").await;
    for (path, body, status) in [
        ("/_emulator/approvals/Routing", json!({"status": "MAYBE"}), 400),
        ("/_emulator/approvals/Unknown", json!({"status": "APPROVED"}), 404),
        ("/_emulator/approvals/Routing", json!({"status": "APPROVED", "versionId": "9.9.9"}), 404),
        ("/_emulator/test-results/unknown", json!({"passed": true}), 404),
        ("/_emulator/clients/ada", json!({"secret": ""}), 400),
        ("/_emulator/locks/PRODUCTION", json!({}), 400),
        ("/_emulator/flows/Routing/draft", json!({"name": " "}), 400),
        ("/_emulator/data-actions/unknown", json!({"enabled": true}), 404),
        ("/_emulator/data-stores/unknown/records/x", json!({"fields": {}}), 404),
        ("/_emulator/data-stores/unknown/records/x/lock", json!({"heldBy": "ada"}), 404),
    ] {
        let answer = refused(&server, "PUT", path, body).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
    }
    let outcome =
        refused(&server, "POST", "/_emulator/outcomes", json!({"outcome": "PERHAPS"})).await;
    outcome.assert_refused(400, "INVALID_REQUEST");
    for path in [
        "/_emulator/outcomes/x",
        "/_emulator/faults/x",
        "/_emulator/locks/x",
        "/_emulator/clients/x",
        "/_emulator/test-results/x",
        "/_emulator/approvals/Routing",
        "/_emulator/flows/Routing/deployments/PRODUCTION",
        "/_emulator/test-failures/x",
    ] {
        refused(&server, "DELETE", path, Value::Null).await.assert_refused(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn requests_are_recorded_and_control_calls_are_not() {
    let server = Server::start().await;
    server.control("DELETE", "/_emulator/requests", Value::Null).await;
    server.fetch_token("a", "b", "").await;
    server.get("/api/v2/flows?page=1").await;
    server.keyed("POST", "/api/v2/flows", json!({"name": "One"}), "the-key").await;
    server.send("POST", "/api/v2/flows", json!({"name": "One"})).await;
    let all = server.control("GET", "/_emulator/requests", Value::Null).await;
    assert_eq!(all["counts"]["total"], 4);
    assert_eq!(all["counts"]["mutating"], 2);
    assert_eq!(all["counts"]["byStatus"], json!({"200": 2, "201": 1, "409": 1}));
    assert_eq!(all["requests"][0]["mutating"], false, "a token is no change");
    assert_eq!(
        (&all["requests"][1]["query"], &all["requests"][1]["status"]),
        (&json!("page=1"), &json!(200))
    );
    assert_eq!(all["requests"][2]["idempotencyKey"], "the-key");
    let some = server
        .control("GET", "/_emulator/requests?mutating=true&method=post&path=/api/v2/*", Value::Null)
        .await;
    assert_eq!(some["requests"].as_array().map(Vec::len), Some(2));
    assert_eq!(server.emulator.requests().len(), 4);
}

#[tokio::test]
async fn a_struck_request_is_recorded_with_its_fault() {
    let server = Server::start().await;
    server.control("POST", "/_emulator/faults", json!({"cut": "nothing"})).await;
    server.control("DELETE", "/_emulator/requests", Value::Null).await;
    let _ = server.request("GET", "/api/v2/flows", &Value::Null).send().await;
    let seen = &server.emulator.requests()[0];
    assert_eq!((seen.status, seen.fault.as_deref()), (None, Some("fault-000001")));
}

#[tokio::test]
async fn a_reset_empties_the_tenant_and_reuses_no_id() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    server.control("POST", "/_emulator/outcomes", json!({"outcome": "FAILED"})).await;
    let dump = server.control("GET", "/_emulator/dump", Value::Null).await;
    assert_eq!(dump["flows"][&flow]["draft"]["name"], "Routing");
    assert!(dump.get("tokens").is_none() && dump.get("clients").is_none());
    server.control("POST", "/_emulator/reset", Value::Null).await;
    server.get("/api/v2/flows").await.assert_refused(401, "UNAUTHORIZED");
    let server = server.scoped("").await;
    assert_eq!(server.get("/api/v2/flows").await.body["totalCount"], 0);
    let outcomes = server.control("GET", "/_emulator/outcomes", Value::Null).await;
    assert_eq!(outcomes["outcomes"], json!([]));
    assert_ne!(server.flow("Routing").await, flow);
}
