//! Plans that were reviewed, and applied only as they were.

use flowgate::controller::{Approved, Error, Mode, Report, Request, Reviewed};
use flowgate::model::ResourceOutcome;
use flowgate::plan::Danger;
use flowgate::render;
use http::Method;
use serde_json::json;

use crate::world::{ONE, World, flow, outcome, outcomes, request};

fn dry_run() -> Request {
    Request { mode: Mode::DryRun, ..request("development") }
}

fn reviewed(report: &Report) -> Request {
    let document = render::plan::json(&report.plan, &report.hash);
    let reviewed = Reviewed::read("plan.json".to_owned(), &document).expect("a plan");
    Request { mode: Mode::ApplyReviewed(reviewed), ..request("development") }
}

/// Applies a plan that must be refused, and returns what moved.
async fn moved(world: &World, request: &Request) -> String {
    world.writes().await;
    let refs = world.refs();
    let error = world.try_pass(request).await.expect_err("something moved");
    let Error::PlanMoved { moved, .. } = error else { panic!("{error}") };
    assert_eq!(world.writes().await, [], "{moved:?}");
    assert_eq!(world.refs(), refs, "{moved:?}");
    moved.join("; ")
}

/// A world with one flow that is live and changed in git, and the plan of that.
async fn changed() -> (World, Report) {
    let world = World::of(ONE, &[("flows/welcome.yaml", flow("welcome", "Welcome"))]);
    world.reconcile().await;
    world.change_prompt("Hello");
    let plan = world.run(&dry_run()).await;
    (world, plan)
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_applied_while_it_holds() {
    let (world, plan) = changed().await;
    assert_eq!(outcomes(&world.run(&reviewed(&plan)).await), ["welcome Updated 1.0.1"]);
    let now = moved(&world, &reviewed(&plan)).await;
    insta::assert_snapshot!(now, @"Flow/welcome moved since: nothing is to be done about it now");
}

#[tokio::test(start_paused = true)]
async fn another_commit_is_named() {
    let (world, plan) = changed().await;
    world.change_prompt("Good morning");
    let now = moved(&world, &reviewed(&plan)).await;
    assert!(now.starts_with("git is at ") && now.contains("not at "), "{now}");
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_was_written_is_named() {
    let (world, plan) = changed().await;
    let edit = json!({"nodes": [], "edges": []});
    world.control(Method::PUT, "flows/flow-000001/draft", edit).await;
    let now = moved(&world, &reviewed(&plan)).await;
    assert!(now.contains("Flow/welcome moved since: the draft revision was 2 and is 3"), "{now}");
}

#[tokio::test(start_paused = true)]
async fn a_version_that_was_published_or_deployed_is_named() {
    let (world, plan) = changed().await;
    let version = json!({
        "flowId": "flow-000001", "version": "2.0.0", "name": "theirs",
        "elements": [{"id": "begin", "type": "Begin"}, {"id": "end", "type": "End"}],
        "connectors": [{"id": "c", "sourceId": "begin", "targetId": "end"}], "metadata": {},
    });
    world.call(Method::POST, "/api/v2/flows/flow-000001/versions", version).await;
    let theirs = json!({"versionId": "2.0.0", "targetEnvironment": "DEVELOPMENT"});
    world.control(Method::POST, "flows/flow-000001/deployments", theirs).await;
    let body =
        json!({"versionId": "ver-000001-000002", "snapshot": true, "bypassValidation": false});
    world.call(Method::POST, "/api/v2/flows/flow-000001/publish", body).await;
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    let now = moved(&world, &reviewed(&plan)).await;
    assert!(
        now.contains("the published version was ver-000001-000001 and is ver-000001-000002")
            && now.contains("what is deployed was dep-000001 and is dep-000002"),
        "{now}"
    );
}

#[tokio::test(start_paused = true)]
async fn flags_that_set_a_guard_aside_belong_to_the_plan() {
    let rule = "targetEnvironment: DEVELOPMENT, limits: {updates: 0, from: 0}}";
    let project = ONE.replace("targetEnvironment: DEVELOPMENT}", rule);
    let world = World::of(&project, &[("flows/welcome.yaml", flow("welcome", "Welcome"))]);
    world.reconcile().await;
    world.change_prompt("Hello");
    let dangers = [Danger::ExceedLimits].into();
    let plan = world.run(&Request { dangers, ..dry_run() }).await;
    let now = moved(&world, &reviewed(&plan)).await;
    insta::assert_snapshot!(now, @"it was made with --dangerous-exceed-limits, which is not given or sets nothing aside now");
    let with_flag = Request { dangers: [Danger::ExceedLimits].into(), ..reviewed(&plan) };
    assert_eq!(outcome(&world.run(&with_flag).await), ResourceOutcome::Updated);
}

#[tokio::test(start_paused = true)]
async fn only_the_plan_that_was_signed_off_is_applied() {
    let (world, plan) = changed().await;
    let approving = |hash: &str| {
        let approved = Approved::parse(hash);
        assert!(approved.is_some(), "{hash}");
        Request { approved, ..request("development") }
    };
    world.writes().await;
    let other = "0123456789ab";
    let error = world.try_pass(&approving(other)).await.expect_err("another plan");
    let text = error.to_string();
    assert!(text.contains("sha256:0123456789ab") && text.contains(&plan.hash), "{text}");
    assert_eq!(world.writes().await, []);

    let digits = plan.hash.trim_start_matches("sha256:");
    let report = world.run(&approving(&digits[..12])).await;
    assert_eq!(outcomes(&report), ["welcome Updated 1.0.1"]);
    assert_eq!(world.note("development").plan_hash, plan.hash);
}

#[test]
fn a_hash_is_sha256_and_64_digits_or_at_least_12_of_its_beginning() {
    let whole = "0123456789abcdef".repeat(4);
    let hash = format!("sha256:{whole}");
    for text in [&whole, &hash, &whole[..12], &hash[..19], &whole.to_uppercase()] {
        assert!(Approved::parse(text).is_some_and(|approved| approved.names(&hash)), "{text}");
    }
    for text in
        ["", "sha256:", &whole[..11], "0123456789xy", &format!("{whole}0"), "md5:0123456789ab"]
    {
        assert_eq!(Approved::parse(text), None, "{text}");
    }
    assert!(Approved::parse(&whole[1..]).is_some_and(|approved| !approved.names(&hash)));
}
