use super::*;
use crate::cxone::{DeploymentFilter, Owner};
use crate::model::{DeploymentStatus, ResourceId};

fn flows_page(ids: std::ops::Range<usize>, total: usize) -> Outcome {
    let flow = |id| json!({"id": format!("f{id}"), "name": format!("Flow {id}"), "version": 1});
    let flows: Vec<_> = ids.map(flow).collect();
    Ok(answer(200, &json!({"flows": flows, "totalCount": total, "page": 1, "pageSize": 2})))
}

fn owner() -> Owner {
    Owner { project: "acme".into(), resource: ResourceId::flow("care") }
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_to_the_total() {
    let pages = vec![flows_page(0..2, 5), flows_page(2..4, 5), flows_page(4..5, 5)];
    let (client, script) = client(Script::new(pages));
    let flows = client.flows().await.expect("flows");
    assert_eq!(flows.len(), 5);
    let lines: Vec<_> = script.calls().iter().map(Asked::line).collect();
    assert_eq!(lines, [1, 2, 3].map(|page| format!("GET /api/v2/flows?page={page}&pageSize=200")));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_moves_is_read_anew_and_each_flow_counts_once() {
    let pages =
        vec![flows_page(0..2, 3), flows_page(1..3, 4), flows_page(0..2, 4), flows_page(1..4, 4)];
    let (client, _) = client(Script::new(pages));
    let ids: Vec<_> =
        client.flows().await.expect("flows").into_iter().map(|flow| flow.id).collect();
    assert_eq!(ids, ["f0", "f1", "f2", "f3"].map(FlowId::new));
}

#[tokio::test(start_paused = true)]
async fn a_list_without_an_end_is_an_error() {
    for last in [flows_page(0..0, 9), flows_page(0..2, 9)] {
        let (client, script) = client(Script { last, ..Script::new(vec![flows_page(0..2, 9)]) });
        let error = client.flows().await.expect_err("no end");
        assert!(error.to_string().contains("does not add up: totalCount says 9"), "{error}");
        // Three readings of a first page and the four that it lets expect.
        assert!(script.calls().len() <= 15);
    }
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_is_not_there_has_no_versions() {
    let (client, _) = client(Script::new(vec![status(404)]));
    assert_eq!(client.versions(&flow_id(), &owner()).await, Ok(Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn versions_come_newest_first_with_whose_they_are() {
    let source = json!({"project": "acme", "resource": "Flow/care"});
    let hash = format!("sha256:{}", "0a".repeat(32));
    let versions = json!([
        {"id": "v1", "version": "1.0.0", "createdAt": "2026-11-20T08:00:00Z", "metadata": {}},
        {"id": "v2", "version": "1.1.0", "createdAt": "2026-11-21T08:00:00Z",
         "metadata": {"source": source, "contentHash": hash}},
        {"id": "v0", "version": "draft 3", "createdAt": "2026-11-19T08:00:00Z"},
    ]);
    let page = json!({"totalCount": 3, "versions": versions});
    let (client, _) = client(Script::new(vec![Ok(answer(200, &page))]));
    let versions = client.versions(&flow_id(), &owner()).await.expect("versions");
    let shown: Vec<_> = versions
        .iter()
        .map(|it| (it.id.as_str(), it.number.is_some(), it.ours, it.claimed_hash.is_some()))
        .collect();
    assert_eq!(
        shown,
        [("v2", true, true, true), ("v1", true, false, false), ("v0", false, false, false)]
    );
}

#[tokio::test(start_paused = true)]
async fn deployments_come_newest_first_where_all_say_when() {
    let deployment = |id: &str, started: Option<&str>| json!({"id": id, "status": "SUCCESS", "versionId": "v", "flowId": "42", "startedAt": started});
    let table = [
        (Some("2026-11-21T08:00:00Z"), ["b", "a"]),
        (None, ["a", "b"]),
        (Some("yesterday"), ["a", "b"]),
    ];
    for (second, order) in table {
        let list = [deployment("a", Some("2026-11-20T08:00:00Z")), deployment("b", second)];
        let page = json!({"deployments": list, "totalCount": 2});
        let (client, script) = client(Script::new(vec![Ok(answer(200, &page))]));
        let filter = DeploymentFilter::default()
            .flow(&flow_id())
            .target_environment("PRODUCTION EU")
            .status(DeploymentStatus::Success)
            .current();
        let found = client.deployments(&filter).await.expect("deployments");
        let ids: Vec<_> = found.iter().map(|(_, deployment)| deployment.id.as_str()).collect();
        assert_eq!(ids, order);
        assert_eq!(found[0].0, Some(flow_id()));
        assert_eq!(
            script.calls()[0].line(),
            "GET /api/v2/flow/deployments?flowId=42&targetEnvironment=PRODUCTION%20EU&status=SUCCESS&current=true&page=1&pageSize=1000"
        );
    }
}
