//! Old versions, and the platform's cap.

use flowgate::controller::{Mode, Report, Request};
use flowgate::model::{Outcome, ResourceOutcome};
use http::Method;
use serde_json::{Value, json};

use crate::world::{Crash, ONE, PROJECT, Struck, World, flow, outcome, outcomes, request};

fn keeping(project: &str, keep: u32) -> String {
    project.replace(
        "targetEnvironment: DEVELOPMENT}",
        &format!("targetEnvironment: DEVELOPMENT, versions: {{keep: {keep}}}}}"),
    )
}

/// A world whose flow has so many versions, `ver-000001-000001` first.
async fn with_versions(project: &str, count: usize) -> World {
    let world = World::of(project, &[("flows/welcome.yaml", flow("welcome", "Greeting 1"))]);
    world.reconcile().await;
    for n in 2..=count {
        world.change_prompt(&format!("Greeting {n}"));
        world.reconcile().await;
    }
    world.writes().await;
    world
}

fn dry_run() -> Request {
    Request { mode: Mode::DryRun, ..request("development") }
}

/// The last three digits of the versions that a plan deletes, in its order.
fn deleted(report: &Report) -> Vec<String> {
    let plan = flowgate::render::plan::json(&report.plan, &report.hash);
    let steps = plan["resources"][0]["steps"].as_array().cloned().unwrap_or_default();
    let deleted = steps.iter().filter(|step| step["step"] == "deleteVersion");
    deleted.filter_map(|step| Some(short(step["versionId"].as_str()?))).collect()
}

fn short(id: &str) -> String {
    id.chars().skip(id.len() - 3).collect()
}

/// The versions that were deleted since the last look.
async fn gone(world: &World) -> Vec<String> {
    let writes = world.writes().await;
    let deletes = writes.into_iter().filter(|write| write.method == "DELETE");
    deletes.map(|write| short(&write.path)).collect()
}

async fn versions(world: &World) -> usize {
    let path = "/api/v2/flows/flow-000001/versions";
    let page = world.call(Method::GET, path, Value::Null).await;
    usize::try_from(page["totalCount"].as_u64().expect("a count")).expect("few")
}

#[tokio::test(start_paused = true)]
async fn the_oldest_versions_make_room_for_another() {
    let world = with_versions(ONE, 8).await;
    world.write("flowgate.yaml", &keeping(ONE, 6));
    world.change_prompt("Greeting 9");
    let dry = world.run(&dry_run()).await;
    assert_eq!(deleted(&dry), ["001", "002", "003"]);
    let text = flowgate::render::plan::text(
        &dry.plan,
        flowgate::render::Style { color: false, width: 80 },
    );
    assert!(text.contains("delete version ver-000001-000001 → "), "{text}");
    assert_eq!(world.writes().await, []);

    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.8"]);
    assert_eq!(gone(&world).await, ["001", "002", "003"]);
    assert_eq!(versions(&world).await, 6);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    world.change_prompt("Greeting 10");
    world.reconcile().await;
    assert_eq!((gone(&world).await, versions(&world).await), (vec!["004".to_owned()], 6));
}

#[tokio::test(start_paused = true)]
async fn what_another_environment_runs_is_kept() {
    let open = PROJECT.replace("      gates: [tests, approval]\n", "");
    let world = with_versions(&open, 1).await;
    world.run(&request("production")).await;
    for n in 2..=8 {
        world.change_prompt(&format!("Greeting {n}"));
        world.reconcile().await;
    }
    world.writes().await;
    world.write("flowgate.yaml", &keeping(&open, 4));
    world.change_prompt("Greeting 9");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome Updated 1.0.8"]);
    assert_eq!(gone(&world).await, ["002", "003", "004", "005"]);
    // Production goes on with what it has, and later environments keep to the same number.
    assert_eq!(outcomes(&world.run(&request("production")).await), ["welcome Updated 1.0.8"]);
}

#[tokio::test(start_paused = true)]
async fn versions_that_others_made_are_never_deleted() {
    let world = with_versions(ONE, 1).await;
    for n in 1..=6 {
        let version = json!({
            "flowId": "flow-000001", "version": format!("0.{n}.0"), "name": "theirs",
            "elements": [{"id": "begin", "type": "Begin"}, {"id": "end", "type": "End"}],
            "connectors": [{"id": "c", "sourceId": "begin", "targetId": "end"}], "metadata": {},
        });
        world.call(Method::POST, "/api/v2/flows/flow-000001/versions", version).await;
    }
    world.write("flowgate.yaml", &keeping(ONE, 4));
    world.change_prompt("Hello");
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Updated, "{report:?}");
    assert_eq!((gone(&world).await, versions(&world).await), (vec![], 8));
}

#[tokio::test(start_paused = true)]
async fn near_the_cap_a_plan_warns_at_the_cap_it_refuses_and_says_the_way_out_which_works() {
    let world = with_versions(ONE, 44).await;
    world.change_prompt("Greeting 45");
    assert_eq!(world.reconcile().await.plan.warnings, []);
    world.change_prompt("Greeting 46");
    let dry = world.run(&dry_run()).await;
    let [warning] = dry.plan.warnings.as_slice() else { panic!("{:?}", dry.plan.warnings) };
    insta::assert_snapshot!(warning.message, @"Flow/welcome has 45 versions and the platform keeps 50; set `versions: {keep: 20}` in the environment that owns the drafts, and old ones are deleted");
    world.reconcile().await;
    for n in 47..=50 {
        world.change_prompt(&format!("Greeting {n}"));
        world.reconcile().await;
    }
    world.writes().await;
    world.change_prompt("Greeting 51");
    let status = world.reconcile().await.status.expect("recorded");
    assert_eq!(status.outcome, Outcome::Refused);
    insta::assert_snapshot!(status.refusals.join("\n"), @"version-cap: Flow/welcome has 50 versions and the platform keeps 50; set `versions: {keep: 20}` in the environment that owns the drafts, and old ones are deleted");
    assert_eq!(world.writes().await, []);

    world.write("flowgate.yaml", &keeping(ONE, 20));
    world.commit("the way out");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome Updated 1.0.50"]);
    assert_eq!((gone(&world).await.len(), versions(&world).await), (31, 20));
}

const OLDEST: &str = "/api/v2/flows/flow-000001/versions/ver-000001-000001";

/// A world in which the next pass deletes the oldest version.
async fn crowded() -> World {
    let world = with_versions(ONE, 5).await;
    world.write("flowgate.yaml", &keeping(ONE, 5));
    world.change_prompt("Greeting 6");
    world
}

async fn oldest_is_there(world: &World) -> bool {
    let page = world.call(Method::GET, "/api/v2/flows/flow-000001/versions", Value::Null).await;
    let versions = page["versions"].as_array().cloned().unwrap_or_default();
    versions.iter().any(|version| OLDEST.ends_with(version["id"].as_str().expect("an id")))
}

/// Does something right before one of the requests around the deletion, each in turn; `check` looks at what
/// came of it.
async fn meddle(deed: (Method, &str, Value), check: impl AsyncFn(&World, &Report, &Struck)) {
    let world = crowded().await;
    world.reconcile().await;
    let sent = world.emulator.requests();
    let deletion = sent.iter().position(|request| request.method == "DELETE").expect("a deletion");
    for at in deletion - 2..=deletion + 1 {
        let world = crowded().await;
        let deed = (deed.0.clone(), deed.1.to_owned(), deed.2.clone());
        let (struck, report) = world.meddled_by(&request("development"), at, deed).await;
        check(&world, &report, &struck.expect("a pass of that length")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_version_that_somebody_deploys_meanwhile_is_kept_and_the_rollout_goes_on() {
    let elsewhere = json!({"versionId": "ver-000001-000001", "targetEnvironment": "ELSEWHERE"});
    let deed = (Method::POST, "/_emulator/flows/flow-000001/deployments", elsewhere);
    meddle(deed, async |world, report, struck| {
        assert_eq!(outcome(report), ResourceOutcome::Updated, "{struck:?}: {report:?}");
        assert_eq!(oldest_is_there(world).await, struck.done, "{struck:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_version_that_somebody_publishes_meanwhile_is_not_lost() {
    let body =
        json!({"versionId": "ver-000001-000001", "snapshot": true, "bypassValidation": false});
    let deed = (Method::POST, "/api/v2/flows/flow-000001/publish", body);
    meddle(deed, async |world, report, struck| {
        if !struck.done || oldest_is_there(world).await {
            return;
        }
        // The platform deletes what is published a moment before; the draft holds its content still.
        assert!(struck.request.starts_with("DELETE"), "{struck:?}");
        assert_eq!(outcome(report), ResourceOutcome::Drifted, "{struck:?}: {report:?}");
        let flow = world.call(Method::GET, "/api/v2/flows/flow-000001", Value::Null).await;
        assert!(flow.to_string().contains("Greeting 1\""), "{flow}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_version_that_somebody_deletes_meanwhile_is_gone_and_the_rollout_goes_on() {
    meddle((Method::DELETE, OLDEST, Value::Null), async |world, report, struck| {
        assert_eq!(outcome(report), ResourceOutcome::Updated, "{struck:?}: {report:?}");
        assert!(!oldest_is_there(world).await, "{struck:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_dies_anywhere_while_it_makes_room_leaves_the_next_one_to_finish() {
    for crash in [Crash::Before, Crash::After] {
        let world = with_versions(&keeping(ONE, 4), 4).await;
        for after in 0.. {
            world.change_prompt(&format!("{crash:?} {after}"));
            let died = world.dies(&request("development"), after, crash).await;
            let status = world.reconcile().await.status.expect("recorded");
            assert_eq!(status.outcome, Outcome::Synced, "{crash:?} {after}: {status:?}");
            assert_eq!(versions(&world).await, 4, "{crash:?} after {after}");
            world.writes().await;
            world.reconcile().await;
            assert_eq!(world.writes().await, [], "{crash:?} after {after}");
            if !died {
                assert!(after > 8, "the pass died nowhere");
                break;
            }
        }
    }
}
