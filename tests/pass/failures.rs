//! What fails, and what becomes of the rest.

use flowgate::controller::Request;
use flowgate::model::{Outcome, ResourceOutcome};
use flowgate::plan::Failed;
use http::Method;
use serde_json::json;

use crate::world::{PROJECT, World, flow, message, outcome, outcomes, request};

fn rollbacks(writes: &[flowgate::emulator::SeenRequest]) -> usize {
    writes.iter().filter(|write| write.path.ends_with("/rollback")).count()
}

#[tokio::test(start_paused = true)]
async fn a_failed_deployment_is_rolled_back_by_one_request_and_not_tried_again() {
    let world = World::new();
    world.reconcile().await;
    world.change_prompt("Hello");
    world.next_deployment("FAILED").await;
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome RolledBack 1.0.1"]);
    assert!(message(&report).contains("no ports"), "{}", message(&report));
    assert_eq!(rollbacks(&world.writes().await), 1);
    assert_eq!(world.note("development").outcome, Outcome::Failed);

    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::RolledBack);
    assert!(message(&report).contains("--retry"), "{}", message(&report));
    assert_eq!(world.writes().await, []);

    let retry = Request { failed: Failed::Retry, ..request("development") };
    assert_eq!(outcomes(&world.run(&retry).await), ["welcome Updated 1.0.1"]);
    let paths: Vec<_> = world.writes().await.into_iter().map(|write| write.path).collect();
    assert_eq!(paths, ["/api/v2/flow/deployments"]);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn content_that_failed_is_left_behind_when_git_moves_on_or_back() {
    for prompt in ["Good day", "Welcome"] {
        let world = World::new();
        world.reconcile().await;
        world.change_prompt("Hello");
        world.next_deployment("FAILED").await;
        world.reconcile().await;
        world.change_prompt(prompt);
        let report = world.reconcile().await;
        assert_eq!(outcome(&report), ResourceOutcome::Updated, "{prompt}");
        assert_eq!(world.reconcile().await.plan.unchanged, 1, "{prompt}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_deployment_that_fails_is_rolled_back_to_nothing() {
    let world = World::new();
    world.next_deployment("FAILED").await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::RolledBack);
    assert_eq!(rollbacks(&world.writes().await), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_fails_is_stuck_and_stays_so_without_writes() {
    let world = World::new();
    world.reconcile().await;
    world.change_prompt("Hello");
    let script = json!({"outcome": "FAILED", "rollback": "FAILED", "rollbackError": "no way back"});
    world.control(Method::POST, "outcomes", script).await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Stuck);
    assert!(message(&report).contains("no way back"), "{}", message(&report));
    world.writes().await;
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Stuck);
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn without_rollback_a_failed_deployment_is_left_as_it_is() {
    let world = World::new();
    let off = PROJECT.replace("DEVELOPMENT}", "DEVELOPMENT, rollbackOnFailure: false}");
    world.write("flowgate.yaml", &off);
    world.commit("no rollback");
    world.next_deployment("FAILED").await;
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Failed);
    assert_eq!(rollbacks(&world.writes().await), 0);
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Failed);
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn one_flow_that_fails_stops_no_other_and_the_counts_are_true() {
    let world = World::with(&[
        ("flows/a.yaml", flow("a", "A")),
        ("flows/b.yaml", flow("b", "B")),
        ("flows/c.yaml", flow("c", "C")),
    ]);
    let refused = json!({
        "method": "POST", "path": "/api/v2/flows/flow-000002/versions", "times": 0, "status": 400,
        "body": {"code": "SCHEMA_VALIDATION_FAILED", "message": "no", "details": [{"path": "/elements/1/configuration", "message": "too loud"}]}
    });
    world.control(Method::POST, "faults", refused).await;
    let report = world.reconcile().await;
    let failed: Vec<_> =
        outcomes(&report).into_iter().filter(|line| line.contains("Failed")).collect();
    assert_eq!(failed.len(), 1, "{:?}", outcomes(&report));
    let status = report.status.expect("applied");
    assert_eq!((status.counts.changed, status.counts.failed), (2, 1));
    let failed = status.resources.iter().find(|one| one.outcome == ResourceOutcome::Failed);
    let message = failed.and_then(|one| one.message.clone()).unwrap_or_default();
    assert!(message.contains("too loud") && message.contains(".yaml:7:7"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn an_invalid_version_names_the_line_of_what_is_missing() {
    let calling = flow("welcome", "Hi")
        .replace("    - {id: end", "    - {id: lookup, type: API, configuration: {dataAction: find-caller}}\n    - {id: end")
        .replace("sourceId: greet, targetId: end", "sourceId: greet, targetId: lookup}\n    - {sourceId: lookup, targetId: end");
    let external = PROJECT.replace("spec:\n", "spec:\n  external: [DataAction/find-caller]\n");
    let world = World::of(&external, &[("flows/welcome.yaml", calling)]);
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Failed);
    assert!(
        message(&report).contains("find-caller (flows/welcome.yaml:8)"),
        "{}",
        message(&report)
    );
    let published = world.writes().await.iter().any(|write| write.path.ends_with("/publish"));
    assert!(!published);
}

#[tokio::test(start_paused = true)]
async fn every_lost_answer_is_looked_for_and_makes_no_twin() {
    for skip in 0..4 {
        for cut in ["nothing", "half"] {
            let world = World::new();
            let fault = json!({"path": "/api/**", "method": "POST", "skip": skip, "when": "after", "cut": cut});
            world.control(Method::POST, "faults", fault).await;
            let report = world.reconcile().await;
            assert_eq!(outcomes(&report), ["welcome Created 1.0.0"], "{skip} {cut}");
            let dump = world.dump().await.to_string();
            assert!(!dump.contains("flow-000002"), "{skip} {cut}");
            assert!(!dump.contains("ver-000001-000002"), "{skip} {cut}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_limits_and_fails_for_a_while_is_waited_for() {
    let world = World::new();
    for fault in [
        json!({"path": "/api/v2/flows", "method": "GET", "times": 2, "status": 503, "body": "<h1>Maintenance</h1>"}),
        json!({"path": "/api/v2/flow/deployments", "times": 1, "status": 429, "headers": {"Retry-After": "7"}}),
        json!({"path": "/api/v2/flows", "method": "POST", "times": 1, "status": 401}),
    ] {
        world.control(Method::POST, "faults", fault).await;
    }
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Created 1.0.0"]);
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_stays_down_fails_the_pass_and_records_nothing() {
    let world = World::new();
    let fault = json!({"path": "/api/v2/flows", "times": 0, "status": 503});
    world.control(Method::POST, "faults", fault).await;
    let error = world.try_pass(&request("development")).await.expect_err("the list cannot be read");
    assert!(error.to_string().contains("503"), "{error}");
    assert!(!world.refs().contains("refs/notes"));
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_cannot_be_read_fails_alone() {
    let world = World::with(&[("flows/a.yaml", flow("a", "A")), ("flows/b.yaml", flow("b", "B"))]);
    world.reconcile().await;
    world.write("flows/a.yaml", &flow("a", "AA"));
    world.write("flows/b.yaml", &flow("b", "BB"));
    world.commit("both");
    let fault = json!({"path": "/api/v2/flows/flow-000001", "times": 0, "status": 500});
    world.control(Method::POST, "faults", fault).await;
    let report = world.reconcile().await;
    let mut words: Vec<_> = outcomes(&report)
        .iter()
        .map(|line| line.split(' ').nth(1).unwrap_or("").to_owned())
        .collect();
    words.sort();
    assert_eq!(words, ["Failed", "Updated"]);
}
