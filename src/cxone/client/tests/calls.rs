use jiff::Timestamp;
use semver::Version;

use super::*;
use crate::cxone::{ApprovalStatus, NewDeployment, NewVersion, Owner, Published, VersionOrigin};
use crate::delta::ChangedIds;
use crate::model::{
    Connector, ContentHash, DeploymentId, DeploymentStatus, DraftRevision, Element, FlowContent,
    ResourceId, VersionId,
};

const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

fn version_id() -> VersionId {
    VersionId::new("7")
}

fn now() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().expect("a time")
}

fn element(id: &str, element_type: &str) -> Element {
    Element {
        id: id.into(),
        element_type: element_type.into(),
        configuration: std::sync::Arc::default(),
        extra: serde_json::Map::new(),
    }
}

fn new_version() -> NewVersion {
    let connector = Connector {
        id: "c1".into(),
        source_id: "begin".into(),
        target_id: "end".into(),
        label: None,
        condition: None,
        extra: serde_json::Map::new(),
    };
    let owner = Owner { project: "acme".into(), resource: ResourceId::flow("care") };
    NewVersion {
        number: Version::new(1, 1, 0),
        name: "Care".into(),
        description: "1 added".into(),
        content: FlowContent {
            elements: vec![element("begin", "Begin"), element("end", "End"), element("q", "Queue")],
            connectors: [connector].into(),
        },
        hash: ContentHash::new([10; 32]),
        changed: ChangedIds { added: vec!["q".into()], ..ChangedIds::default() },
        created_by: "ada".into(),
        created_at: now(),
        origin: VersionOrigin {
            repository: "https://git.example/flows".into(),
            commit: REVISION.parse().expect("a revision"),
            path: "flows/care.yaml".into(),
            owner,
        },
    }
}

#[tokio::test(start_paused = true)]
async fn a_version_is_made_as_the_contract_spells_it() {
    let (client, script) = client(Script::new(vec![Ok(answer(201, &json!({"id": "7"})))]));
    let id = client.create_version(&flow_id(), &new_version(), &key()).await.expect("a version");
    assert_eq!(id, version_id());
    assert_eq!(script.calls()[0].line(), "POST /api/v2/flows/42/versions");
    assert_eq!(script.calls()[0].timeout.as_secs(), 30);
    let at = "2026-11-21T08:00:00Z";
    assert_eq!(
        script.last().body(),
        json!({
            "flowId": "42", "version": "1.1.0", "name": "Care", "description": "1 added",
            "elements": [
                {"id": "begin", "type": "Begin", "configuration": {}},
                {"id": "end", "type": "End", "configuration": {}},
                {"id": "q", "type": "Queue", "configuration": {}},
            ],
            "connectors": [{"id": "c1", "sourceId": "begin", "targetId": "end"}],
            "metadata": {
                "deltaMatrix": {"added": ["q"], "removed": [], "modified": [], "computedAt": at},
                "rollbackSafetyDirective": {
                    "immutableNodes": ["begin", "end"],
                    "preserveRoutingLogic": true,
                    "maxRollbackDepth": 3,
                },
                "createdBy": "ada",
                "createdAt": at,
                "contentHash": format!("sha256:{}", "0a".repeat(32)),
                "source": {
                    "repository": "https://git.example/flows", "commit": REVISION,
                    "path": "flows/care.yaml", "project": "acme", "resource": "Flow/care",
                },
            },
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_draft_is_written_complete_over_its_revision() {
    let mut flow = flow_body();
    flow["flow"]["theme"] = json!("dark");
    let written = json!({"flow": {"version": 15}});
    let (client, script) =
        client(Script::new(vec![Ok(answer(200, &flow)), Ok(answer(200, &written))]));
    let detail = client.flow(&flow_id()).await.expect("an answer").expect("a flow");
    assert_eq!(client.put_flow(&detail).await, Ok(DraftRevision(15)));
    assert_eq!(script.calls()[1].line(), "PUT /api/v2/flows/42");
    assert_eq!(script.last().body(), flow);
}

#[tokio::test(start_paused = true)]
async fn publishing_keeps_a_snapshot_and_bypasses_nothing() {
    let published =
        json!({"versionId": "7", "snapshotId": "s", "publishedAt": "2026-11-21T08:00:00Z"});
    let (client, script) = client(Script::new(vec![Ok(answer(200, &published))]));
    let published = client.publish(&flow_id(), &version_id(), &key()).await.expect("published");
    assert_eq!(published, Published { version: version_id(), snapshot: Some("s".into()) });
    assert_eq!(script.calls()[0].line(), "POST /api/v2/flows/42/publish");
    let expected = json!({"versionId": "7", "snapshot": true, "bypassValidation": false});
    assert_eq!(script.last().body(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_is_started_as_the_contract_spells_it() {
    let started = json!({"id": "d", "status": "PENDING"});
    let (client, script) = client(Script::new(vec![Ok(answer(202, &started))]));
    let new = NewDeployment {
        flow: flow_id(),
        version: version_id(),
        target_environment: "PRODUCTION".into(),
        rollback_on_failure: true,
        triggered_by: "ada".into(),
        at: now(),
    };
    let deployment = client.deploy(&new, &key()).await.expect("started");
    assert_eq!(deployment.id, DeploymentId::new("d"));
    assert_eq!(script.calls()[0].line(), "POST /api/v2/flow/deployments");
    assert_eq!(
        script.last().body(),
        json!({
            "flowId": "42", "versionId": "7", "targetEnvironment": "PRODUCTION",
            "rollbackOnFailure": true, "skipValidation": false,
            "metadata": {"triggeredBy": "ada", "timestamp": "2026-11-21T08:00:00Z"},
        })
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_a_version_is_read() {
    let answers = [
        json!({"status": "INVALID", "message": "no", "missingDependencies": ["lookup"]}),
        json!({"passed": false, "total": 3, "failed": 1}),
        json!({"status": "APPROVED", "versionId": "7", "approver": "ada"}),
        json!({"id": "d", "status": "FAILED", "error": "no agent", "previousVersionId": "6"}),
        json!({"id": "7", "version": "1.0.0", "elements": [{"id": "a", "type": "Begin"}], "connectors": []}),
    ];
    let answers = answers.iter().map(|body| Ok(answer(200, body))).collect();
    let (client, script) = client(Script::new(answers));

    let validation = client.validate(&version_id()).await.expect("an answer");
    assert_eq!((validation.valid, validation.missing), (false, vec!["lookup".to_owned()]));
    let tests = client.test_results(&version_id()).await.expect("an answer").expect("results");
    assert_eq!((tests.passed, tests.total, tests.failed), (false, Some(3), Some(1)));
    let approval = client.approval(&flow_id()).await.expect("an answer").expect("an approval");
    assert_eq!((approval.status, approval.version), (ApprovalStatus::Approved, Some(version_id())));
    let deployment = client.deployment(&DeploymentId::new("d")).await.expect("an answer");
    assert_eq!(deployment.status, DeploymentStatus::Failed);
    assert_eq!(deployment.previous, Some(VersionId::new("6")));
    let (number, content) =
        client.version(&flow_id(), &version_id()).await.expect("an answer").expect("a version");
    assert_eq!((number.as_str(), content.elements.len()), ("1.0.0", 1));

    let lines: Vec<_> = script.calls().iter().map(Asked::line).collect();
    assert_eq!(
        lines,
        [
            "GET /api/v2/flow/versions/7/validate",
            "GET /api/v2/flow/versions/7/test-results",
            "GET /api/v2/workflow/approvals/42",
            "GET /api/v2/flow/deployments/d",
            "GET /api/v2/flows/42/versions/7",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn deletes_name_what_they_delete() {
    let (client, script) = client(Script::new(vec![status(204), status(204)]));
    client.delete_version(&flow_id(), &version_id()).await.expect("gone");
    client.delete_flow(&flow_id()).await.expect("gone");
    let calls = script.calls();
    let lines: Vec<_> = calls.iter().map(Asked::line).collect();
    assert_eq!(lines, ["DELETE /api/v2/flows/42/versions/7", "DELETE /api/v2/flows/42"]);
    assert!(calls.iter().all(|call| call.request.headers().contains_key("idempotency-key")));
    assert!(calls.iter().all(|call| call.timeout.as_secs() == 15));
}
