use serde_json::{Value, json};

use crate::server::Server;

fn draft(version: u64) -> Value {
    json!({"flow": {
        "version": version,
        "name": "Routing",
        "description": "first contact",
        "colour": "blue",
        "nodes": [
            {"id": "begin", "type": "Begin", "configuration": {}, "position": {"x": 1.5}},
            {"id": "tag", "type": "set-variable"}
        ],
        "edges": [{"id": "e", "sourceId": "begin", "targetId": "tag", "condition": {"if": true}, "bend": 3}]
    }})
}

#[tokio::test]
async fn a_new_flow_has_an_empty_draft() {
    let server = Server::start().await;
    let body = json!({"name": "Routing", "description": "first contact"});
    let answer = server.send("POST", "/api/v2/flows", body).await;
    assert_eq!(answer.status, 201);
    let flow = &answer.body["flow"];
    assert_eq!(flow["id"], "flow-000001");
    assert_eq!(flow["version"], 1);
    assert_eq!(flow["description"], "first contact");
    assert_eq!((&flow["nodes"], &flow["edges"]), (&json!([]), &json!([])));
    assert_eq!(flow["updatedBy"], "client");
    assert_eq!(server.get("/api/v2/flows/flow-000001").await.body, answer.body);
}

#[tokio::test]
async fn a_flow_needs_a_name_that_is_free() {
    let server = Server::start().await;
    for name in [json!(null), json!(""), json!(3)] {
        let answer = server.send("POST", "/api/v2/flows", json!({"name": name})).await;
        answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
        assert_eq!(answer.detail_paths(), ["/name"]);
    }
    server.flow("Routing").await;
    let again = server.send("POST", "/api/v2/flows", json!({"name": "Routing"})).await;
    again.assert_refused(409, "NAME_EXISTS");
}

#[tokio::test]
async fn a_draft_is_replaced_whole_and_kept_as_it_is() {
    let server = Server::start().await;
    let path = format!("/api/v2/flows/{}", server.flow("Routing").await);
    let answer = server.send("PUT", &path, draft(1)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["flow"]["version"], 2);
    let read = server.get(&path).await.body;
    for property in ["nodes", "edges", "colour", "description"] {
        assert_eq!(read["flow"][property], draft(1)["flow"][property], "{property}");
    }
}

#[tokio::test]
async fn a_draft_that_moved_is_a_conflict_that_names_the_current_version() {
    let server = Server::start().await;
    let path = format!("/api/v2/flows/{}", server.flow("Routing").await);
    server.send("PUT", &path, draft(1)).await;
    for stale in [1, 3] {
        let answer = server.send("PUT", &path, draft(stale)).await;
        answer.assert_refused(409, "VERSION_CONFLICT");
        assert_eq!(answer.body["currentVersion"], 2);
    }
}

#[tokio::test]
async fn a_draft_that_breaks_the_rules_is_refused_with_pointers() {
    let server = Server::start().await;
    let path = format!("/api/v2/flows/{}", server.flow("Routing").await);
    for (pointer, value, expected) in [
        ("/flow/version", json!("1"), "/flow/version"),
        ("/flow/name", json!(""), "/flow/name"),
        ("/flow/nodes", json!({}), "/flow/nodes"),
        ("/flow/nodes/1/type", json!(7), "/flow/nodes/1/type"),
        ("/flow/nodes/1/id", json!("begin"), "/flow/nodes/1/id"),
        ("/flow/edges/0/targetId", json!("nowhere"), "/flow/edges/0/targetId"),
    ] {
        let mut body = draft(1);
        *body.pointer_mut(pointer).expect("is there") = value;
        let answer = server.send("PUT", &path, body).await;
        answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
        assert!(answer.detail_paths().contains(&expected), "{answer:?}");
    }
    let mut other = draft(1);
    other["flow"]["id"] = json!("flow-000099");
    let answer = server.send("PUT", &path, other).await;
    assert_eq!(answer.detail_paths(), ["/flow/id"]);
    let bare = server.send("PUT", &path, draft(1)["flow"].clone()).await;
    assert_eq!(bare.detail_paths(), ["/flow"]);
}

#[tokio::test]
async fn a_flow_cannot_take_anothers_name() {
    let server = Server::start().await;
    server.flow("Taken").await;
    let path = format!("/api/v2/flows/{}", server.flow("Routing").await);
    let mut body = draft(1);
    body["flow"]["name"] = json!("Taken");
    server.send("PUT", &path, body).await.assert_refused(409, "NAME_EXISTS");
    assert_eq!(server.send("PUT", &path, draft(1)).await.status, 200, "its own name is free to it");
}

#[tokio::test]
async fn flows_are_listed_in_pages_without_nodes() {
    let server = Server::start().await;
    for number in 0..5 {
        server.flow(&format!("Flow {number}")).await;
    }
    let page = server.get("/api/v2/flows?page=2&pageSize=2").await.body;
    assert_eq!(
        (&page["totalCount"], &page["page"], &page["pageSize"]),
        (&json!(5), &json!(2), &json!(2))
    );
    let names: Vec<_> =
        page["flows"].as_array().expect("is a list").iter().map(|flow| &flow["name"]).collect();
    assert_eq!(names, ["Flow 2", "Flow 3"]);
    assert!(page["flows"][0].get("nodes").is_none());
    assert_eq!(server.get("/api/v2/flows?page=9").await.body["flows"], json!([]));
    let found = server.get("/api/v2/flows?name=Flow+3").await.body;
    assert_eq!((&found["totalCount"], &found["flows"][0]["name"]), (&json!(1), &json!("Flow 3")));
}

#[tokio::test]
async fn the_page_size_is_capped() {
    let server = Server::start().await;
    assert_eq!(server.get("/api/v2/flows?pageSize=1000").await.body["pageSize"], 200);
    server.settings(json!({"pageSizeCap": 1})).await;
    server.flow("One").await;
    server.flow("Two").await;
    let page = server.get("/api/v2/flows?pageSize=200").await.body;
    assert_eq!((&page["totalCount"], &page["pageSize"]), (&json!(2), &json!(1)));
    assert_eq!(page["flows"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_deleted_flow_is_gone_with_its_versions() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let version = server.version(&flow, "1.0.0").await;
    let path = format!("/api/v2/flows/{flow}");
    assert_eq!(server.send("DELETE", &path, Value::Null).await.status, 204);
    server.get(&path).await.assert_refused(404, "FLOW_NOT_FOUND");
    let validate = format!("/api/v2/flow/versions/{version}/validate");
    server.get(&validate).await.assert_refused(404, "VERSION_NOT_FOUND");
    assert_ne!(server.flow("Routing").await, flow, "an id never comes twice");
}

#[tokio::test]
async fn a_deployed_flow_cannot_be_deleted() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let version = server.version(&flow, "1.0.0").await;
    let deployment = server.deploy(&flow, &version, "PRODUCTION").await;
    let path = format!("/api/v2/flows/{flow}");
    server.send("DELETE", &path, Value::Null).await.assert_refused(409, "FLOW_DEPLOYED");
    let rollback = format!("/api/v2/flow/deployments/{}/rollback", deployment.text("/id"));
    server.send("POST", &rollback, json!({})).await;
    assert_eq!(server.send("DELETE", &path, Value::Null).await.status, 204);
}

#[tokio::test]
async fn a_locked_draft_is_neither_written_nor_published_nor_deleted_by_others() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let (path, lock) = (format!("/api/v2/flows/{flow}"), format!("/_emulator/flows/{flow}/lock"));
    server.control("PUT", &lock, json!({"heldBy": "ada"})).await;
    assert_eq!(server.get(&path).await.body["flow"]["lockedBy"], "ada");
    server.send("PUT", &path, draft(1)).await.assert_refused(409, "FLOW_LOCKED");
    let order = json!({"versionId": "ver-x", "snapshot": true, "bypassValidation": false});
    server.send("POST", &format!("{path}/publish"), order).await.assert_refused(409, "FLOW_LOCKED");
    server.send("DELETE", &path, Value::Null).await.assert_refused(409, "FLOW_LOCKED");

    // Who holds it may write it.
    server.control("PUT", &lock, json!({"heldBy": "client"})).await;
    assert_eq!(server.send("PUT", &path, draft(1)).await.status, 200);
    server.control("DELETE", &lock, Value::Null).await;
    let read = server.get(&path).await.body;
    assert_eq!(read["flow"]["lockedBy"], Value::Null);
    assert_eq!(server.send("DELETE", &path, Value::Null).await.status, 204);
}
