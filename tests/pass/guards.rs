//! Plans that refuse themselves.

use flowgate::controller::Request;
use flowgate::model::{Outcome, Prune};
use flowgate::plan::Danger;
use http::Method;
use serde_json::Value;

use crate::world::{PROJECT, World, flow, outcomes, request};

fn with_rule(rule: &str) -> String {
    PROJECT.replace(
        "targetEnvironment: DEVELOPMENT}",
        &format!("targetEnvironment: DEVELOPMENT, {rule}}}"),
    )
}

async fn three(rule: &str) -> World {
    let world = World::with(&[
        ("flows/a.yaml", flow("a", "A")),
        ("flows/b.yaml", flow("b", "B")),
        ("flows/c.yaml", flow("c", "C")),
    ]);
    world.write("flowgate.yaml", &with_rule(rule));
    world.commit("rule");
    world.reconcile().await;
    world.writes().await;
    world
}

async fn refusal(world: &World) -> String {
    let report = world.reconcile().await;
    let status = report.status.expect("a recorded pass");
    assert_eq!(status.outcome, Outcome::Refused);
    assert_eq!(world.writes().await, []);
    assert_eq!(world.note("development").refusals, status.refusals);
    status.refusals.join("\n")
}

#[tokio::test(start_paused = true)]
async fn a_plan_above_the_update_limit_refuses_itself() {
    let world = three("limits: {updates: 50%, from: 3}").await;
    world.write("flows/a.yaml", &flow("a", "AA"));
    world.commit("one");
    assert_eq!(outcomes(&world.reconcile().await), ["a Updated 1.0.1"]);
    world.writes().await;
    world.write("flows/b.yaml", &flow("b", "BB"));
    world.write("flows/c.yaml", &flow("c", "CC"));
    world.commit("two");
    let text = refusal(&world).await;
    assert!(
        text.contains("2 updates of 3 managed resources are above the limit of 50% (1)"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_end_that_would_go_must_be_named() {
    let two_ends = flow("welcome", "Hi").replace(
        "    - {id: end, type: End}\n",
        "    - {id: end, type: End}\n    - {id: bye, type: End}\n",
    ) + "    - {id: c, sourceId: greet, targetId: bye, label: bye}\n";
    let world = World::with(&[("flows/welcome.yaml", two_ends)]);
    world.reconcile().await;
    world.writes().await;
    world.change_prompt("Hi");
    let text = refusal(&world).await;
    assert!(text.contains("--allow-immutable welcome/bye"), "{text}");
    let named =
        Request { allow_immutable: ["welcome/bye".to_owned()].into(), ..request("development") };
    assert_eq!(outcomes(&world.run(&named).await), ["welcome Updated 2.0.0"]);
    let overrides = world.note("development").overrides;
    insta::assert_snapshot!(overrides[0], @r#"--allow-immutable let pass: Flow/welcome would remove End "bye""#);
}

#[tokio::test(start_paused = true)]
async fn an_empty_desired_state_refuses_itself() {
    let world = World::new();
    world.reconcile().await;
    world.writes().await;
    world.git(&["rm", "--quiet", "-r", "flows"]);
    world.commit("oops");
    let text = refusal(&world).await;
    assert!(text.contains("git declares no resource at all"), "{text}");
}

fn pruning(dangers: &[Danger]) -> Request {
    let dangers = dangers.iter().copied().collect();
    Request { prune: Some(Prune::Owned), dangers, ..request("development") }
}

/// Takes `c` out of git, and out of the environment that runs it.
async fn retire(world: &World) {
    world.git(&["rm", "--quiet", "flows/c.yaml"]);
    world.commit("retire");
    let dump = world.dump().await;
    let flows = dump["flows"].as_object().expect("flows");
    let (id, _) = flows.iter().find(|(_, flow)| flow["draft"]["name"] == "c").expect("a flow");
    let all = world.control(Method::GET, "dump", Value::Null).await;
    let deployments = all["deployments"].as_object().expect("deployments").clone();
    for (deployment, _) in deployments.iter().filter(|(_, one)| one["flow_id"] == id.as_str()) {
        let path = format!("/api/v2/flow/deployments/{deployment}/rollback");
        world.call(Method::POST, &path, serde_json::json!({})).await;
    }
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    world.writes().await;
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_deletes_what_is_protected_refuses_itself_unless_the_flag_says_so() {
    let world = three("protect: [Flow/c]").await;
    retire(&world).await;
    assert_eq!(outcomes(&world.reconcile().await), ["c Kept -"], "nothing is pruned");

    let status = world.run(&pruning(&[])).await.status.expect("recorded");
    assert_eq!(status.outcome, Outcome::Refused, "{status:?}");
    insta::assert_snapshot!(status.refusals.join(""), @"protected-resources: 1 of the resources that `protect` names would be deleted: Flow/c; put them back into git, take them out of `protect`, prune nothing, or say --dangerous-delete-protected");
    assert_eq!(world.writes().await, []);

    let report = world.run(&pruning(&[Danger::DeleteProtected])).await;
    assert_eq!(outcomes(&report), ["c Deleted -"]);
    let overrides = world.note("development").overrides;
    insta::assert_snapshot!(overrides[0], @"--dangerous-delete-protected let pass: 1 of the resources that `protect` names would be deleted: Flow/c");
    assert_eq!(overrides.len(), 1);
    let warnings = world.reconcile().await.plan.warnings;
    insta::assert_snapshot!(warnings[0].message, @"`protect` names Flow/c, which neither git nor the state of development has; check how it is spelled, or take it out");
}

#[tokio::test(start_paused = true)]
async fn a_flag_that_lets_nothing_pass_is_not_recorded() {
    let world = three("limits: {updates: 50%, from: 3}").await;
    world.write("flows/a.yaml", &flow("a", "AA"));
    world.commit("one");
    let dangers = [Danger::ExceedLimits, Danger::DeleteAll, Danger::DeleteProtected].into();
    let report = world.run(&Request { dangers, ..request("development") }).await;
    assert_eq!(report.status.map(|status| status.overrides), Some(Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn limits_are_exceeded_by_a_flag_that_is_on_record() {
    let world = three("limits: {updates: 1, deletes: 0, from: 0}").await;
    world.write("flows/a.yaml", &flow("a", "AA"));
    world.write("flows/b.yaml", &flow("b", "BB"));
    retire(&world).await;
    let status = world.run(&pruning(&[])).await.status.expect("recorded");
    insta::assert_snapshot!(status.refusals.join("\n"), @"
    update-limit: 2 updates of 3 managed resources are above the limit of 1; commit the change in smaller parts, raise `limits.updates` for this environment, or say --dangerous-exceed-limits
    delete-limit: 1 deletes of 3 managed resources are above the limit of 0; commit the change in smaller parts, raise `limits.deletes` for this environment, or say --dangerous-exceed-limits
    ");
    let report = world.run(&pruning(&[Danger::ExceedLimits])).await;
    assert_eq!(outcomes(&report), ["a Updated 1.0.1", "b Updated 1.0.1", "c Deleted -"]);
    let passed: Vec<_> = world.note("development").overrides;
    let passed: Vec<String> = passed.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(passed.join("\n"), @"
    --dangerous-exceed-limits let pass: 2 updates of 3 managed resources are above the limit of 1
    --dangerous-exceed-limits let pass: 1 deletes of 3 managed resources are above the limit of 0
    ");
}

#[tokio::test(start_paused = true)]
async fn an_empty_desired_state_passes_by_its_flag_and_deletes_what_prune_deletes() {
    let world = three("prune: true").await;
    world.git(&["rm", "--quiet", "-r", "flows/a.yaml", "flows/b.yaml"]);
    retire(&world).await;
    let text = refusal(&world).await;
    assert!(text.contains("--dangerous-delete-all"), "{text}");
    let dangers = [Danger::DeleteAll].into();
    let report = world.run(&Request { dangers, ..request("development") }).await;
    // The environment runs the other two.
    assert_eq!(outcomes(&report), ["a Kept -", "b Kept -", "c Deleted -"]);
    assert_eq!(world.note("development").overrides[0].flag, "--dangerous-delete-all");
}

#[tokio::test(start_paused = true)]
async fn guards_do_not_hold_up_what_they_let_pass_before() {
    let world = World::new();
    let rule = "gates: [approval], limits: {updates: 0, from: 0}";
    world.write("flowgate.yaml", &with_rule(rule));
    world.commit("rule");
    for _ in 0..2 {
        let status = world.reconcile().await.status.expect("recorded");
        assert_eq!(status.outcome, Outcome::Waiting, "{status:?}");
    }
    let approval = serde_json::json!({"status": "APPROVED"});
    world.control(http::Method::PUT, "approvals/welcome", approval).await;
    let status = world.reconcile().await.status.expect("recorded");
    assert_eq!(status.outcome, Outcome::Synced, "{status:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_pass_names_what_it_did_not_begin() {
    let world = three("limits: {updates: 0, from: 0}").await;
    world.write("flows/a.yaml", &flow("a", "AA"));
    world.commit("one");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["a Waiting 1.0.1"]);
    let counts = report.status.expect("recorded").counts;
    assert_eq!((counts.changed, counts.unchanged, counts.waiting), (0, 2, 1));
}
