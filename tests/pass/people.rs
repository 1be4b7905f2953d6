//! People work on the tenant too.

use flowgate::apply::Refresh;
use flowgate::controller::{Mode, Request};
use flowgate::model::{Outcome, ResourceOutcome};
use flowgate::plan::Adopt;
use http::Method;
use serde_json::{Value, json};

use crate::world::{World, flow, message, outcome, outcomes, request};

async fn edit(world: &World, prompt: &str) {
    let nodes = json!([
        {"id": "begin", "type": "Begin", "configuration": {}},
        {"id": "greet", "type": "IVR", "configuration": {"prompt": prompt}},
        {"id": "end", "type": "End", "configuration": {}}
    ]);
    world
        .control(Method::PUT, "flows/welcome/draft", json!({"nodes": nodes, "updatedBy": "bob"}))
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_edited_draft_is_left_alone_and_named() {
    let world = World::new();
    world.reconcile().await;
    edit(&world, "Bob was here").await;
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted);
    assert!(message(&report).contains("bob edited the draft"), "{}", message(&report));
    assert_eq!(report.status.map(|status| status.outcome), Some(Outcome::Drifted));

    world.change_prompt("Hello");
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Conflict);
    assert_eq!(world.writes().await, []);

    world.change_prompt("Bob was here");
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.1"]);
}

#[tokio::test(start_paused = true)]
async fn touching_a_draft_without_changing_it_is_no_drift() {
    let world = World::new();
    world.reconcile().await;
    edit(&world, "Welcome").await;
    world.writes().await;
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_someone_deployed_by_hand_is_left_alone() {
    let world = World::new();
    world.reconcile().await;
    world.change_prompt("Hello");
    world.reconcile().await;
    let by_hand =
        json!({"versionId": "1.0.0", "targetEnvironment": "DEVELOPMENT", "triggeredBy": "bob"});
    world.control(Method::POST, "flows/welcome/deployments", by_hand).await;
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted);
    assert!(message(&report).contains("runs version 1.0.0"), "{}", message(&report));
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn an_edit_between_two_requests_of_a_pass_is_not_overwritten() {
    let mut reached_the_end = false;
    for at in 0..40 {
        let world = World::new();
        world.reconcile().await;
        world.change_prompt("Hello");
        let Some(struck) = world.meddled(&request("development"), at, bob_edits()).await else {
            reached_the_end = true;
            break;
        };
        // The publish call takes no draft revision: the one moment that nobody can guard.
        if !struck.ends_with("/publish") {
            let dump = world.dump().await["flows"]["flow-000001"].to_string();
            assert!(dump.contains("Bob was here"), "request {at}, {struck}: {dump}");
        }
    }
    assert!(reached_the_end, "the pass is longer than expected");
}

fn bob_edits() -> Value {
    json!({"updatedBy": "bob", "nodes": [
        {"id": "begin", "type": "Begin", "configuration": {}},
        {"id": "greet", "type": "IVR", "configuration": {"prompt": "Bob was here"}},
        {"id": "end", "type": "End", "configuration": {}}
    ]})
}

#[tokio::test(start_paused = true)]
async fn a_save_between_reading_and_writing_the_description_is_not_taken_for_ours() {
    for at in 0..40 {
        let world = World::with(&[("flows/welcome.yaml", described("Welcome", "For all"))]);
        world.reconcile().await;
        world.write("flows/welcome.yaml", &described("Welcome", "For everyone"));
        world.commit("description");
        let Some(struck) = world.meddled(&request("development"), at, bob_edits()).await else {
            return;
        };
        if struck.ends_with("/publish") {
            continue;
        }
        let flow = world.dump().await["flows"]["flow-000001"]["draft"].to_string();
        assert!(flow.contains("Bob was here"), "request {at}, {struck}: {flow}");
    }
    panic!("the pass is longer than expected");
}

fn described(prompt: &str, description: &str) -> String {
    flow("welcome", prompt).replace("spec:\n", &format!("spec:\n  description: {description}\n"))
}

#[tokio::test(start_paused = true)]
async fn a_description_comes_from_git_and_one_that_a_person_wrote_is_left_alone() {
    let world = World::with(&[("flows/welcome.yaml", described("Welcome", "For all"))]);
    world.reconcile().await;
    world.write("flows/welcome.yaml", &described("Welcome", "For everyone"));
    world.commit("description");
    world.writes().await;
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.0"]);
    let methods: Vec<_> = world.writes().await.into_iter().map(|write| write.method).collect();
    assert_eq!(methods, ["PUT"]);
    world
        .control(
            Method::PUT,
            "flows/welcome/draft",
            json!({"description": "Bob's", "updatedBy": "bob"}),
        )
        .await;
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted);
    assert!(message(&report).contains("changed the description"), "{}", message(&report));
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_version_of_ours_that_someone_promoted_by_hand_is_left_alone() {
    let world = World::new();
    world.git(&["checkout", "--quiet", "-b", "side"]);
    open_gates(&world).await;
    world.run(&request("production")).await;
    world.change_prompt("Emergency");
    world.reconcile().await;
    let by_hand =
        json!({"versionId": "1.0.1", "targetEnvironment": "PRODUCTION", "triggeredBy": "bob"});
    world.control(Method::POST, "flows/welcome/deployments", by_hand).await;
    world.writes().await;
    let earlier = Request { revision: Some("main".to_owned()), ..request("production") };
    let report = world.run(&earlier).await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted, "{report:?}");
    assert_eq!(world.writes().await, []);
}

/// Syncs `development` and lets version 1.0.0 through the gates of `production`.
async fn open_gates(world: &World) {
    world.reconcile().await;
    world.control(Method::PUT, "test-results/ver-000001-000001", json!({"passed": true})).await;
    let approval = json!({"status": "APPROVED", "versionId": "1.0.0"});
    world.control(Method::PUT, "approvals/welcome", approval).await;
}

#[tokio::test(start_paused = true)]
async fn a_foreign_flow_of_the_same_name_is_taken_over_only_when_asked() {
    let world = World::new();
    // Somebody else's project made it.
    world.reconcile().await;
    edit(&world, "Theirs").await;
    world.git(&["update-ref", "-d", "refs/flowgate/state/development"]);
    let renamed = std::fs::read_to_string(world.path().join("flowgate.yaml"))
        .expect("the project")
        .replace("{name: bank}", "{name: other}");
    world.write("flowgate.yaml", &renamed);
    world.write("flows/welcome.yaml", &flow("welcome", "Ours"));
    world.commit("other project");
    world.writes().await;

    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted);
    assert!(message(&report).contains("--adopt"), "{}", message(&report));
    assert_eq!(world.writes().await, []);

    let adopt = Request { adopt: Adopt::SameName, ..request("development") };
    assert_eq!(outcome(&world.run(&adopt).await), ResourceOutcome::Adopted);
    let saved = world.git(&["show", "refs/flowgate/drift/development:Flow/welcome.yaml"]);
    assert!(saved.contains("Theirs"), "{saved}");
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_state_is_found_again_without_a_write() {
    let world = World::new();
    world.reconcile().await;
    world.git(&["update-ref", "-d", "refs/flowgate/state/development"]);
    world.writes().await;
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Adopted 1.0.0"]);
    assert_eq!(world.writes().await, []);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_someone_deleted_is_made_again() {
    let world = World::new();
    world.reconcile().await;
    world.control(Method::DELETE, "flows/welcome/deployments/DEVELOPMENT", Value::Null).await;
    world.delete("/api/v2/flows/flow-000001").await;
    world.writes().await;
    let dry = Request { mode: Mode::DryRun, ..request("development") };
    let reason = world.run(&dry).await.plan.resources[0].reason.clone();
    assert_eq!(reason.as_deref(), Some("flow flow-000001 is gone from the tenant"));
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome Created 1.0.0"]);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_refresh_reads_everything_and_changes_nothing() {
    let world = World::new();
    world.reconcile().await;
    world.writes().await;
    let full = Request { refresh: Refresh::Full, ..request("development") };
    assert_eq!(world.run(&full).await.plan.unchanged, 1);
    assert!(world.emulator.requests().len() > 3);
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_lost_state_does_not_make_a_failed_deployment_anybody_elses() {
    let world = World::new();
    world.reconcile().await;
    world.git(&["update-ref", "-d", "refs/flowgate/state/development"]);
    world.change_prompt("Hello");
    world.next_deployment("FAILED").await;
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::RolledBack);
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::RolledBack);
    world.change_prompt("Good day");
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.2"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_commit_that_renamed_can_be_reverted() {
    let world = World::with(&[("flows/welcome.yaml", flow("welcome", "Welcome"))]);
    world.reconcile().await;
    let renamed = flow("welcome", "Hello").replace("spec:\n", "spec:\n  displayName: Front door\n");
    world.write("flows/welcome.yaml", &renamed);
    world.commit("rename");
    world.next_deployment("FAILED").await;
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::RolledBack);
    world.change_prompt("Welcome");
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.0"]);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_flow_is_never_found_by_the_name_that_another_record_holds() {
    let named = |name: &str, display: &str| {
        flow(name, "Hi").replace("spec:\n", &format!("spec:\n  displayName: {display}\n"))
    };
    let world = World::with(&[("flows/a.yaml", named("a", "Front desk"))]);
    world.reconcile().await;
    world.write("flows/a.yaml", &named("a", "Old desk"));
    world.write("flows/c.yaml", &named("c", "Front desk"));
    world.commit("swap");
    let adopt = Request { adopt: Adopt::SameName, ..request("development") };
    world.run(&adopt).await;
    world.run(&adopt).await;
    assert_eq!(world.run(&adopt).await.plan.unchanged, 2);
    assert_eq!(world.dump().await["flows"].as_object().map(serde_json::Map::len), Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_touched_draft_costs_its_reads_once() {
    let world = World::new();
    world.reconcile().await;
    edit(&world, "Welcome").await;
    world.reconcile().await;
    world.writes().await;
    world.reconcile().await;
    assert_eq!(world.emulator.requests().len(), 3, "a token and two lists");
}
