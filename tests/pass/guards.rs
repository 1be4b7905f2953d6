//! Plans that refuse themselves.

use flowgate::controller::Request;
use flowgate::model::Outcome;

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

#[tokio::test(start_paused = true)]
async fn a_flow_with_fifty_versions_says_so_before_the_platform_does() {
    let world = World::new();
    for n in 0..50 {
        world.change_prompt(&format!("Greeting {n}"));
        world.reconcile().await;
    }
    world.writes().await;
    world.change_prompt("One too many");
    let text = refusal(&world).await;
    assert!(text.contains("version-cap") && text.contains("50 versions"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_protected_flow_is_never_pruned() {
    let world = three("protect: [Flow/c]").await;
    world.git(&["rm", "--quiet", "flows/c.yaml"]);
    world.commit("retire");
    let prune = Request { prune: Some(flowgate::model::Prune::Owned), ..request("development") };
    let report = world.run(&prune).await;
    assert_eq!(outcomes(&report), ["c Kept -"]);
    assert!(crate::world::message(&report).contains("protect"), "{report:?}");
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
