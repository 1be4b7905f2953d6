use serde_json::{Value, json};

use crate::server::{Server, new_version};

#[tokio::test]
async fn a_version_is_kept_verbatim() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let path = format!("/api/v2/flows/{flow}/versions");
    let answer = server.send("POST", &path, new_version(&flow, "1.1.0")).await;
    assert_eq!(answer.status, 201);
    for property in
        ["flowId", "version", "name", "description", "elements", "connectors", "metadata"]
    {
        assert_eq!(answer.body[property], new_version(&flow, "1.1.0")[property], "{property}");
    }
    assert_eq!(answer.body["published"], false);
    let read = server.get(&format!("{path}/{}", answer.text("/id"))).await;
    assert_eq!((read.status, read.body), (200, answer.body));
}

#[tokio::test]
async fn versions_are_listed_newest_first_without_elements() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let other = server.flow("Other").await;
    for number in ["1.0.0", "2.0.0", "1.0.1"] {
        server.version(&flow, number).await;
    }
    server.version(&other, "1.0.0").await;
    let page = server.get(&format!("/api/v2/flows/{flow}/versions?pageSize=2")).await.body;
    assert_eq!(page["totalCount"], 3);
    assert_eq!(page["versions"][0]["version"], "1.0.1");
    assert_eq!(page["versions"][1]["version"], "2.0.0");
    assert_eq!(page["versions"][0]["metadata"]["contentHash"], "sha256:00");
    assert!(page["versions"][0].get("elements").is_none());
    let next = server.get(&format!("/api/v2/flows/{flow}/versions?pageSize=2&page=2")).await.body;
    assert_eq!(next["versions"][0]["version"], "1.0.0");
}

#[tokio::test]
async fn a_version_that_breaks_the_rules_is_refused_with_pointers() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let path = format!("/api/v2/flows/{flow}/versions");
    let end = json!({"id": "end", "type": "End"});
    for (pointer, value, expected) in [
        ("/version", json!("1.1"), "/version"),
        ("/version", json!("v1.1.0"), "/version"),
        ("/version", json!(1), "/version"),
        ("/flowId", json!("flow-000099"), "/flowId"),
        ("/metadata", json!("text"), "/metadata"),
        ("/elements", json!(null), "/elements"),
        ("/connectors", json!(null), "/connectors"),
        ("/connectors", json!([]), "/elements/0"),
        ("/elements/1/type", json!("set-variable"), "/elements/1/type"),
        ("/elements/1/id", json!("begin"), "/elements/1/id"),
        ("/elements/1/configuration", json!([]), "/elements/1/configuration"),
        ("/elements/0", end.clone(), "/elements"),
        ("/elements/2/type", json!("Agent"), "/elements"),
        ("/connectors/0/sourceId", json!("nowhere"), "/connectors/0/sourceId"),
        ("/connectors/0/targetId", json!("nowhere"), "/connectors/0/targetId"),
        ("/connectors/1/id", json!("c1"), "/connectors/1/id"),
        ("/connectors/1/targetId", json!(null), "/connectors/1/targetId"),
    ] {
        let mut body = new_version(&flow, "1.0.0");
        *body.pointer_mut(pointer).expect("is there") = value;
        let answer = server.send("POST", &path, body).await;
        answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
        assert!(answer.detail_paths().contains(&expected), "{pointer}: {answer:?}");
    }
    assert_eq!(server.get(&path).await.body["totalCount"], 0);
}

#[tokio::test]
async fn a_tenant_can_gain_element_types() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    server.settings(json!({"elementTypes": ["Begin", "End", "IVR", "set-variable"]})).await;
    let mut body = new_version(&flow, "1.0.0");
    body["elements"][1]["type"] = json!("set-variable");
    let answer = server.send("POST", &format!("/api/v2/flows/{flow}/versions"), body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

#[tokio::test]
async fn the_same_number_is_the_same_version_or_a_conflict() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let version = server.version(&flow, "1.0.0").await;
    let path = format!("/api/v2/flows/{flow}/versions");
    let same = server.send("POST", &path, new_version(&flow, "1.0.0")).await;
    assert_eq!((same.status, same.text("/id")), (200, version.as_str()));
    let mut other = new_version(&flow, "1.0.0");
    other["elements"][1]["configuration"]["prompt"] = json!("other");
    server.send("POST", &path, other).await.assert_refused(409, "VERSION_EXISTS");
}

#[tokio::test]
async fn a_flow_has_at_most_fifty_versions() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    server.settings(json!({"requestsPerSecond": 0})).await;
    let mut first = String::new();
    for number in 0..50 {
        let id = server.version(&flow, &format!("1.0.{number}")).await;
        if number == 0 {
            first = id;
        }
    }
    let path = format!("/api/v2/flows/{flow}/versions");
    let answer = server.send("POST", &path, new_version(&flow, "2.0.0")).await;
    answer.assert_refused(400, "VERSION_LIMIT_REACHED");
    let deleted = server.send("DELETE", &format!("{path}/{first}"), Value::Null).await;
    assert_eq!(deleted.status, 204);
    server.version(&flow, "2.0.0").await;
}

#[tokio::test]
async fn a_deployed_version_cannot_be_deleted() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let (first, second) =
        (server.version(&flow, "1.0.0").await, server.version(&flow, "2.0.0").await);
    server.deploy(&flow, &first, "PRODUCTION").await;
    let path = |version: &str| format!("/api/v2/flows/{flow}/versions/{version}");
    server.send("DELETE", &path(&first), Value::Null).await.assert_refused(409, "VERSION_DEPLOYED");
    server.deploy(&flow, &second, "PRODUCTION").await;
    assert_eq!(server.send("DELETE", &path(&first), Value::Null).await.status, 204);
}

#[tokio::test]
async fn publishing_makes_the_version_the_draft() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let version = server.version(&flow, "1.0.0").await;
    let body = json!({"versionId": version, "snapshot": true, "bypassValidation": false});
    let answer = server.send("POST", &format!("/api/v2/flows/{flow}/publish"), body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.text("/versionId"), version);
    assert_eq!(answer.text("/snapshotId"), "snap-000001");
    assert!(!answer.text("/publishedAt").is_empty());
    let draft = server.get(&format!("/api/v2/flows/{flow}")).await.body;
    assert_eq!(draft["flow"]["version"], 2);
    assert_eq!(draft["flow"]["name"], "Routing");
    assert_eq!(draft["flow"]["publishedVersionId"], json!(version));
    assert_eq!(draft["flow"]["nodes"], new_version(&flow, "1.0.0")["elements"]);
    assert_eq!(draft["flow"]["edges"], new_version(&flow, "1.0.0")["connectors"]);
    let versions = server.get(&format!("/api/v2/flows/{flow}/versions")).await.body;
    assert_eq!(versions["versions"][0]["published"], true);
    assert_eq!(
        server.get("/api/v2/flows").await.body["flows"][0]["publishedVersionId"],
        json!(version)
    );
}

pub(crate) async fn version_with_dependencies(server: &Server, flow: &str) -> String {
    let mut body = new_version(flow, "1.0.0");
    body["elements"] = json!([
        {"id": "begin", "type": "Begin"},
        {"id": "look", "type": "API", "configuration": {"dataAction": "customer-lookup"}},
        {"id": "store", "type": "Database", "configuration": {"dataStore": "customers"}},
        {"id": "end", "type": "End"}
    ]);
    body["connectors"] = json!([
        {"id": "c1", "sourceId": "begin", "targetId": "look"},
        {"id": "c2", "sourceId": "look", "targetId": "store"},
        {"id": "c3", "sourceId": "store", "targetId": "end"}
    ]);
    let answer = server.send("POST", &format!("/api/v2/flows/{flow}/versions"), body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.text("/id").to_owned()
}

#[tokio::test]
async fn validation_names_what_the_tenant_lacks() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let version = version_with_dependencies(&server, &flow).await;
    let path = format!("/api/v2/flow/versions/{version}/validate");
    let answer = server.get(&path).await.body;
    assert_eq!(answer["status"], "INVALID");
    assert_eq!(answer["missingDependencies"], json!(["customer-lookup", "customers"]));
    server
        .control("PUT", "/_emulator/dependencies", json!({"dataActions": ["customer-lookup"]}))
        .await;
    assert_eq!(server.get(&path).await.body["missingDependencies"], json!(["customers"]));
    server.control("PUT", "/_emulator/dependencies", json!({"dataStores": ["*"]})).await;
    let answer = server.get(&path).await.body;
    assert_eq!((&answer["status"], &answer["missingDependencies"]), (&json!("VALID"), &json!([])));
}

#[tokio::test]
async fn an_invalid_version_is_published_and_deployed_only_past_validation() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let version = version_with_dependencies(&server, &flow).await;
    let publish = format!("/api/v2/flows/{flow}/publish");
    let refused = server.send("POST", &publish, json!({"versionId": version})).await;
    refused.assert_refused(400, "VALIDATION_FAILED");
    assert!(refused.text("/message").contains("customer-lookup, customers"));
    let body = json!({"versionId": version, "bypassValidation": true});
    let bypassed = server.send("POST", &publish, body).await;
    assert_eq!(bypassed.status, 200);
    assert!(bypassed.body["snapshotId"].is_null());
    server.deploy(&flow, &version, "PRODUCTION").await.assert_refused(400, "VALIDATION_FAILED");
    let mut order = crate::server::order(&flow, &version, "PRODUCTION");
    order["skipValidation"] = json!(true);
    assert_eq!(server.send("POST", "/api/v2/flow/deployments", order).await.status, 202);
}

#[tokio::test]
async fn test_results_are_there_once_recorded() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let version = server.version(&flow, "1.0.0").await;
    let path = format!("/api/v2/flow/versions/{version}/test-results");
    server.get(&path).await.assert_refused(404, "NO_TEST_RESULTS");
    let control = format!("/_emulator/test-results/{version}");
    server.control("PUT", &control, json!({"passed": false, "total": 12, "failed": 1})).await;
    let results = server.get(&path).await.body;
    assert_eq!(results["passed"], false);
    assert_eq!((&results["total"], &results["failed"]), (&json!(12), &json!(1)));
    assert!(results["finishedAt"].is_string());
    server.control("DELETE", &control, Value::Null).await;
    server.get(&path).await.assert_refused(404, "NO_TEST_RESULTS");
}

#[tokio::test]
async fn approvals_are_there_once_decided() {
    let server = Server::start().await;
    let flow = server.flow("Customer Routing").await;
    let version = server.version(&flow, "1.0.0").await;
    let path = format!("/api/v2/workflow/approvals/{flow}");
    server.get(&path).await.assert_refused(404, "NO_APPROVAL");
    for (called, named) in [(flow.as_str(), version.as_str()), ("Customer%20Routing", "1.0.0")] {
        let decision = json!({"status": "APPROVED", "versionId": named, "approver": "ada"});
        server.control("PUT", &format!("/_emulator/approvals/{called}"), decision).await;
        let approval = server.get(&path).await.body;
        assert_eq!(approval["status"], "APPROVED");
        assert_eq!(approval["versionId"], json!(version));
        assert_eq!(approval["approver"], "ada");
        assert!(approval["decidedAt"].is_string());
        server.control("DELETE", &format!("/_emulator/approvals/{called}"), Value::Null).await;
    }
    server.get(&path).await.assert_refused(404, "NO_APPROVAL");
}
