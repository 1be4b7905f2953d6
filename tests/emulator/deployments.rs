use serde_json::{Value, json};

use crate::server::{Answer, Server, order};

struct Deployed {
    server: Server,
    flow: String,
    versions: [String; 3],
}

async fn with_versions() -> Deployed {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let versions = [
        server.version(&flow, "1.0.0").await,
        server.version(&flow, "2.0.0").await,
        server.version(&flow, "3.0.0").await,
    ];
    Deployed { server, flow, versions }
}

impl Deployed {
    async fn deploy(&self, version: usize, target: &str) -> Answer {
        self.server.deploy(&self.flow, &self.versions[version], target).await
    }

    async fn roll_back(&self, deployment: &Answer) -> Answer {
        let path = format!("/api/v2/flow/deployments/{}/rollback", deployment.text("/id"));
        self.server.send("POST", &path, json!({})).await
    }

    async fn read(&self, deployment: &Answer) -> Value {
        self.server.get(&format!("/api/v2/flow/deployments/{}", deployment.text("/id"))).await.body
    }

    /// The ids of the versions that the list gives for that query.
    async fn listed(&self, query: &str) -> Vec<String> {
        let page = self.server.get(&format!("/api/v2/flow/deployments?{query}")).await.body;
        let list = page["deployments"].as_array().expect("is a list").clone();
        list.iter().map(|one| one["versionId"].as_str().expect("is there").to_owned()).collect()
    }
}

#[tokio::test]
async fn a_deployment_is_accepted_and_succeeds() {
    let all = with_versions().await;
    let answer = all.deploy(0, "PRODUCTION").await;
    assert_eq!((answer.status, answer.text("/status")), (202, "PENDING"));
    let read = all.read(&answer).await;
    assert_eq!(read["status"], "SUCCESS");
    assert_eq!(read["flowId"], json!(all.flow));
    assert_eq!(read["versionId"], json!(all.versions[0]));
    assert_eq!(read["targetEnvironment"], "PRODUCTION");
    assert_eq!(read["metadata"]["triggeredBy"], "test");
    assert!(read["startedAt"].is_string() && read["finishedAt"].is_string());
    assert!(read.get("previousVersionId").is_none());
    let next = all.deploy(1, "PRODUCTION").await;
    assert_eq!(next.text("/previousVersionId"), all.versions[0]);
    let elsewhere = all.deploy(1, "STAGING").await;
    assert!(elsewhere.body.get("previousVersionId").is_none());
}

#[tokio::test]
async fn a_deployment_that_names_too_little_is_refused() {
    let server = Server::start().await;
    let answer =
        server.send("POST", "/api/v2/flow/deployments", json!({"skipValidation": 1})).await;
    answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
    let expected = ["/flowId", "/versionId", "/targetEnvironment", "/skipValidation"];
    assert_eq!(answer.detail_paths(), expected);
}

#[tokio::test]
async fn a_version_under_way_is_not_deployed_twice() {
    let all = with_versions().await;
    all.server.settings(json!({"pendingMs": 3_600_000})).await;
    let first = all.deploy(0, "PRODUCTION").await;
    for target in ["PRODUCTION", "STAGING"] {
        let answer = all.deploy(0, target).await;
        answer.assert_refused(409, "DEPLOYMENT_IN_PROGRESS");
        assert!(answer.text("/message").contains(first.text("/id")));
    }
    all.deploy(1, "PRODUCTION").await.assert_refused(409, "ENVIRONMENT_LOCKED");
    assert_eq!(all.deploy(1, "STAGING").await.status, 202);
    all.roll_back(&first).await.assert_refused(409, "DEPLOYMENT_IN_PROGRESS");
    let delete =
        all.server.send("DELETE", &format!("/api/v2/flows/{}", all.flow), Value::Null).await;
    delete.assert_refused(409, "FLOW_DEPLOYED");
}

#[tokio::test]
async fn an_environment_held_by_another_pipeline_is_locked() {
    let all = with_versions().await;
    let lock = "/_emulator/locks/PRODUCTION";
    all.server.control("PUT", lock, json!({"heldBy": "release train"})).await;
    let answer = all.deploy(0, "PRODUCTION").await;
    answer.assert_refused(409, "ENVIRONMENT_LOCKED");
    assert!(answer.text("/message").contains("release train"));
    assert_eq!(all.deploy(0, "STAGING").await.status, 202);
    all.server.control("DELETE", lock, Value::Null).await;
    assert_eq!(all.deploy(0, "PRODUCTION").await.status, 202);
}

#[tokio::test]
async fn scripted_outcomes_apply_to_the_deployments_they_are_for() {
    let all = with_versions().await;
    let script = json!({
        "flow": "Routing", "targetEnvironment": "PRODUCTION", "skip": 1,
        "outcome": "FAILED", "error": "out of ports"
    });
    all.server.control("POST", "/_emulator/outcomes", script).await;
    let mut ends = Vec::new();
    for (version, target) in
        [(0, "STAGING"), (0, "PRODUCTION"), (1, "PRODUCTION"), (1, "PRODUCTION")]
    {
        let answer = all.deploy(version, target).await;
        ends.push(all.read(&answer).await);
    }
    let statuses: Vec<_> =
        ends.iter().map(|end| end["status"].as_str().expect("is there")).collect();
    assert_eq!(statuses, ["SUCCESS", "SUCCESS", "FAILED", "SUCCESS"]);
    assert_eq!(ends[2]["error"], "out of ports");
    let outcomes = all.server.control("GET", "/_emulator/outcomes", Value::Null).await;
    assert_eq!(
        (&outcomes["outcomes"][0]["fired"], &outcomes["outcomes"][0]["left"]),
        (&json!(1), &json!(0))
    );
}

#[tokio::test]
async fn a_rollback_brings_the_previous_version_back() {
    let all = with_versions().await;
    all.deploy(0, "PRODUCTION").await;
    let second = all.deploy(1, "PRODUCTION").await;
    assert_eq!(all.listed("current=true").await, [all.versions[1].as_str()]);
    let answer = all.roll_back(&second).await;
    assert_eq!((answer.status, answer.text("/status")), (202, "ROLLBACK_IN_PROGRESS"));
    let read = all.read(&second).await;
    assert_eq!(read["status"], "ROLLED_BACK");
    assert_eq!(read["previousVersionId"], json!(all.versions[0]));
    assert_eq!(all.listed("current=true").await, [all.versions[0].as_str()]);
    all.roll_back(&second).await.assert_refused(409, "ALREADY_ROLLED_BACK");
}

#[tokio::test]
async fn a_failed_deployment_changes_nothing_and_can_be_rolled_back() {
    let all = with_versions().await;
    all.deploy(0, "PRODUCTION").await;
    let script = json!({"outcome": "FAILED", "rollback": "FAILED", "rollbackError": "no way back"});
    all.server.control("POST", "/_emulator/outcomes", script).await;
    let second = all.deploy(1, "PRODUCTION").await;
    assert_eq!(all.listed("current=true").await, [all.versions[0].as_str()]);
    assert_eq!(all.roll_back(&second).await.status, 202);
    let stuck = all.read(&second).await;
    assert_eq!((&stuck["status"], &stuck["error"]), (&json!("FAILED"), &json!("no way back")));
    assert_eq!(all.listed("current=true").await, [all.versions[0].as_str()]);
}

#[tokio::test]
async fn a_rollback_under_way_is_not_started_twice() {
    let all = with_versions().await;
    let first = all.deploy(0, "PRODUCTION").await;
    all.server.settings(json!({"rollbackMs": 3_600_000})).await;
    let second = all.deploy(1, "PRODUCTION").await;
    all.roll_back(&first).await.assert_refused(409, "DEPLOYMENT_SUPERSEDED");
    assert_eq!(all.roll_back(&second).await.status, 202);
    assert_eq!(all.roll_back(&second).await.status, 202);
    assert_eq!(all.read(&second).await["status"], "ROLLBACK_IN_PROGRESS");
    all.roll_back(&first).await.assert_refused(409, "DEPLOYMENT_SUPERSEDED");
}

#[tokio::test]
async fn a_rollback_needs_the_version_to_go_back_to() {
    let all = with_versions().await;
    all.deploy(0, "PRODUCTION").await;
    let second = all.deploy(1, "PRODUCTION").await;
    let path = format!("/api/v2/flows/{}/versions/{}", all.flow, all.versions[0]);
    assert_eq!(all.server.send("DELETE", &path, Value::Null).await.status, 204);
    all.roll_back(&second).await.assert_refused(409, "PREVIOUS_VERSION_GONE");
}

#[tokio::test]
async fn deployments_are_filtered_and_listed_newest_first() {
    let all = with_versions().await;
    let [first, second, third] = &all.versions;
    let other = all.server.flow("Other").await;
    let others = all.server.version(&other, "1.0.0").await;
    all.deploy(0, "PRODUCTION").await;
    all.deploy(1, "PRODUCTION").await;
    all.deploy(0, "STAGING").await;
    all.server.deploy(&other, &others, "PRODUCTION").await;
    all.server.control("POST", "/_emulator/outcomes", json!({"outcome": "FAILED"})).await;
    all.deploy(2, "STAGING").await;
    let flow = &all.flow;
    for (query, expected) in [
        (String::new(), vec![third, &others, first, second, first]),
        (format!("flowId={flow}"), vec![third, first, second, first]),
        ("targetEnvironment=STAGING".to_owned(), vec![third, first]),
        ("status=FAILED".to_owned(), vec![third]),
        ("status=PENDING".to_owned(), vec![]),
        ("current=true".to_owned(), vec![&others, first, second]),
        ("current=false&status=FAILED".to_owned(), vec![third]),
        (format!("current=true&flowId={flow}&targetEnvironment=PRODUCTION"), vec![second]),
        ("pageSize=2&page=2".to_owned(), vec![first, second]),
        ("flowId=unknown".to_owned(), vec![]),
    ] {
        assert_eq!(all.listed(&query).await.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let page = all.server.get("/api/v2/flow/deployments?pageSize=2").await.body;
    assert_eq!(page["totalCount"], 5);
}

#[tokio::test]
async fn a_person_can_deploy_and_undeploy_by_hand() {
    let all = with_versions().await;
    all.deploy(0, "PRODUCTION").await;
    let body =
        json!({"versionId": "2.0.0", "targetEnvironment": "PRODUCTION", "triggeredBy": "ada"});
    let by_hand = all.server.control("POST", "/_emulator/flows/Routing/deployments", body).await;
    assert_eq!(by_hand["status"], "SUCCESS");
    assert_eq!(by_hand["previousVersionId"], json!(all.versions[0]));
    assert_eq!(by_hand["metadata"]["triggeredBy"], "ada");
    assert_eq!(all.listed("current=true").await, [all.versions[1].as_str()]);
    all.server
        .control("DELETE", "/_emulator/flows/Routing/deployments/PRODUCTION", Value::Null)
        .await;
    assert!(all.listed("current=true").await.is_empty());
    let fresh = all.deploy(0, "PRODUCTION").await;
    assert!(fresh.body.get("previousVersionId").is_none());
}

#[tokio::test]
async fn the_body_of_an_order_is_the_one_of_the_contract() {
    let all = with_versions().await;
    let mut body = order(&all.flow, &all.versions[0], "PRODUCTION");
    body["unknown"] = json!(true);
    let answer = all.server.send("POST", "/api/v2/flow/deployments", body).await;
    assert_eq!(answer.status, 202, "what the contract does not name is no error: {answer:?}");
}
