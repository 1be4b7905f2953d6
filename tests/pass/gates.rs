//! Gates, promotion, and whatever else a version waits for.

use flowgate::controller::Request;
use flowgate::model::{Outcome, ResourceOutcome, Selector, Status};
use flowgate::plan::Adopt;
use http::Method;
use serde_json::{Value, json};

use crate::world::{PROJECT, World, flow, message, outcome, outcomes, request};

/// A world in which `development` is synced and `production` may follow.
async fn promoted() -> World {
    let world = World::new();
    world.reconcile().await;
    world.writes().await;
    world
}

async fn pass_tests(world: &World) {
    world.control(Method::PUT, "test-results/ver-000001-000001", json!({"passed": true})).await;
}

#[tokio::test(start_paused = true)]
async fn closed_gates_wait_and_the_next_pass_resumes_with_the_same_version() {
    let world = promoted().await;
    let report = world.run(&request("production")).await;
    assert_eq!(outcomes(&report), ["welcome Waiting 1.0.0"]);
    assert!(message(&report).contains("test results of version"), "{}", message(&report));
    assert_eq!(world.note("production").outcome, Outcome::Waiting);

    pass_tests(&world).await;
    let report = world.run(&request("production")).await;
    assert!(message(&report).contains("approval of version"), "{}", message(&report));

    for (approval, reason) in [
        (json!({"status": "PENDING", "versionId": "1.0.0"}), "is pending"),
        (json!({"status": "DENIED", "versionId": "1.0.0", "approver": "bob"}), "was denied by bob"),
    ] {
        world.control(Method::PUT, "approvals/welcome", approval).await;
        let report = world.run(&request("production")).await;
        assert_eq!(outcome(&report), ResourceOutcome::Waiting);
        assert!(message(&report).contains(reason), "{}", message(&report));
    }
    assert_eq!(world.writes().await, [], "waiting writes nothing");

    let approval = json!({"status": "APPROVED", "versionId": "1.0.0", "approver": "bob"});
    world.control(Method::PUT, "approvals/welcome", approval).await;
    let report = world.run(&request("production")).await;
    assert_eq!(report.status.as_ref().map(|status| status.outcome), Some(Outcome::Synced));
    let paths: Vec<_> = world.writes().await.into_iter().map(|write| write.path).collect();
    assert_eq!(paths, ["/api/v2/flow/deployments"], "built once, promoted");
    assert_eq!(world.run(&request("production")).await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn tests_that_failed_and_approvals_of_other_versions_open_nothing() {
    let world = promoted().await;
    let failed = json!({"passed": false, "total": 12, "failed": 2});
    world.control(Method::PUT, "test-results/ver-000001-000001", failed).await;
    let report = world.run(&request("production")).await;
    assert!(message(&report).contains("2 of 12 tests"), "{}", message(&report));

    let approval = json!({"status": "APPROVED", "versionId": "1.0.0"});
    world.control(Method::PUT, "approvals/welcome", approval).await;
    world.change_prompt("Hello");
    world.reconcile().await;
    world.control(Method::PUT, "test-results/ver-000001-000002", json!({"passed": true})).await;
    world.writes().await;
    let report = world.run(&request("production")).await;
    assert_eq!(outcomes(&report), ["welcome Waiting 1.0.1"]);
    assert!(
        message(&report).contains("there is one of version ver-000001-000001"),
        "{}",
        message(&report)
    );
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_revision_comes_only_after_it_is_synced_where_it_is_promoted_from() {
    let world = World::new();
    let report = world.run(&request("production")).await;
    assert_eq!(outcomes(&report), ["welcome Waiting 1.0.0"]);
    assert!(
        message(&report).contains("development has not been reconciled"),
        "{}",
        message(&report)
    );
    assert_eq!(world.writes().await, []);
    world.next_deployment("FAILED").await;
    world.reconcile().await;
    let report = world.run(&request("production")).await;
    assert!(message(&report).contains("development is Failed"), "{}", message(&report));
}

#[tokio::test(start_paused = true)]
async fn no_outcome_but_synced_opens_the_promotion() {
    for outcome in Outcome::ALL {
        let world = promoted().await;
        let note = Status { outcome: *outcome, ..world.note("development") };
        let note = flowgate::git::note::write(&note);
        world.git(&["notes", "--ref=flowgate/development", "add", "--force", "-m", &note]);
        let report = world.run(&request("production")).await;
        let promotion = format!("development is {outcome} at ");
        let closed = message(&report).contains(&promotion);
        assert_eq!(closed, *outcome != Outcome::Synced, "{outcome}: {}", message(&report));
        assert_eq!(world.writes().await, [], "{outcome}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_earlier_revision_that_is_synced_may_come_while_the_newest_may_not() {
    let world = promoted().await;
    world.write("flowgate.yaml", &PROJECT.replace("      gates: [tests, approval]\n", ""));
    world.commit("no gates");
    world.reconcile().await;
    world.change_prompt("not reconciled in development yet");
    world.writes().await;
    assert_eq!(outcome(&world.run(&request("production")).await), ResourceOutcome::Waiting);
    assert_eq!(world.writes().await, []);
    let earlier = Request { revision: Some("HEAD~1".to_owned()), ..request("production") };
    assert_eq!(outcomes(&world.run(&earlier).await), ["welcome Updated 1.0.0"]);
    let paths: Vec<_> = world.writes().await.into_iter().map(|write| write.path).collect();
    assert_eq!(paths, ["/api/v2/flow/deployments"], "the same version, deployed");
}

#[tokio::test(start_paused = true)]
async fn content_that_values_make_another_gets_a_version_of_its_own() {
    let values = |greeting: &str| format!("values: {{greeting: {greeting}}}");
    let project = PROJECT
        .replace(
            "targetEnvironment: DEVELOPMENT}",
            &format!("targetEnvironment: DEVELOPMENT, {}}}", values("a")),
        )
        .replace("gates: [tests, approval]", &values("b"));
    let world =
        World::of(&project, &[("flows/welcome.yaml", flow("welcome", "${values.greeting}"))]);
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Created 1.0.0"]);
    assert_eq!(outcomes(&world.run(&request("production")).await), ["welcome Updated 1.0.1"]);
    // With equal values there would have been one: the content decides.
    let equal = project.replace("greeting: b", "greeting: a");
    world.write("flowgate.yaml", &equal);
    world.commit("equal");
    world.reconcile().await;
    world.writes().await;
    assert_eq!(outcomes(&world.run(&request("production")).await), ["welcome Updated 1.0.0"]);
    let paths: Vec<_> = world.writes().await.into_iter().map(|write| write.path).collect();
    assert_eq!(paths, ["/api/v2/flow/deployments"]);
}

#[tokio::test(start_paused = true)]
async fn an_environment_that_another_pipeline_holds_is_waited_for() {
    let world = World::new();
    world.control(Method::PUT, "locks/DEVELOPMENT", json!({"heldBy": "release train"})).await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Waiting);
    assert!(message(&report).contains("release train"), "{}", message(&report));
    world.control(Method::DELETE, "locks/DEVELOPMENT", Value::Null).await;
    world.writes().await;
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.0"]);
    let paths: Vec<_> = world.writes().await.into_iter().map(|write| write.path).collect();
    assert_eq!(paths, ["/api/v2/flow/deployments"]);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_takes_longer_than_polling_is_attached_to_by_the_next_pass() {
    let world = World::new();
    world.control(Method::PUT, "settings", json!({"runMs": 400_000})).await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Waiting);
    assert!(message(&report).contains("has not ended yet"), "{}", message(&report));
    world.writes().await;
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.0"]);
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_narrowed_pass_leaves_no_note_and_opens_no_promotion() {
    let world = World::new();
    let selector = Selector::Label { label: "team".to_owned(), value: "nobody".to_owned() };
    let narrowed = Request { selector: Some(selector), ..request("development") };
    world.run(&narrowed).await;
    assert!(!world.refs().contains("refs/notes"));
    let report = world.run(&request("production")).await;
    assert!(message(&report).contains("development has not been reconciled"), "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_is_taken_over_waits_at_its_gates_like_any_other() {
    let world = promoted().await;
    world.git(&["update-ref", "-d", "refs/flowgate/state/development"]);
    let gated = PROJECT.replace("{name: bank}", "{name: other}").replace(
        "targetEnvironment: DEVELOPMENT}",
        "targetEnvironment: DEVELOPMENT, gates: [approval]}",
    );
    world.write("flowgate.yaml", &gated);
    world.write("flows/welcome.yaml", &flow("welcome", "Hello"));
    world.commit("another project takes over");
    let adopt = Request { adopt: Adopt::SameName, ..request("development") };
    assert_eq!(outcome(&world.run(&adopt).await), ResourceOutcome::Waiting);
    let approval = json!({"status": "APPROVED"});
    world.control(Method::PUT, "approvals/welcome", approval).await;
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.1"]);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_being_deployed_elsewhere_is_waited_for() {
    let world = promoted().await;
    let no_gates = PROJECT.replace("      gates: [tests, approval]\n", "");
    world.write("flowgate.yaml", &no_gates);
    world.commit("no gates");
    world.reconcile().await;
    world.control(Method::PUT, "settings", json!({"runMs": 600_000})).await;
    let again = json!({"versionId": "1.0.0", "targetEnvironment": "ELSEWHERE"});
    let fault = json!({"method": "POST", "path": "/api/v2/flow/deployments", "status": 409,
        "body": {"code": "DEPLOYMENT_IN_PROGRESS", "message": "busy"}});
    world.control(Method::POST, "flows/welcome/deployments", again).await;
    world.control(Method::POST, "faults", fault).await;
    let report = world.run(&request("production")).await;
    assert_eq!(outcome(&report), ResourceOutcome::Waiting, "{report:?}");
    assert!(message(&report).contains("another environment"), "{}", message(&report));
}
