//! When changes are allowed.

use flowgate::controller::{Approved, Mode, Report, Request};
use flowgate::model::{Outcome, ResourceId, ResourceOutcome, Selector};
use http::Method;
use serde_json::json;

use crate::world::{ONE, World, flow, message, outcome, outcomes, request};

/// The passes begin on Monday, 2026-03-02, at 09:00 UTC, which is 10:00 in Berlin.
fn project(allow: &str) -> String {
    let window = format!("windows: [{{allow: '{allow}', timezone: Europe/Berlin}}]");
    ONE.replace(
        "targetEnvironment: DEVELOPMENT}",
        &format!("targetEnvironment: DEVELOPMENT, {window}}}"),
    )
}

const CLOSED: &str = "Mon 11:00-12:00";

fn world(allow: &str) -> World {
    World::of(&project(allow), &[("flows/welcome.yaml", flow("welcome", "Welcome"))])
}

fn outside(reason: &str) -> Request {
    Request { outside_window: Some(reason.to_owned()), ..request("development") }
}

fn dry_run() -> Request {
    Request { mode: Mode::DryRun, ..request("development") }
}

fn waits(report: &Report) -> Vec<String> {
    report.plan.resources.iter().filter_map(|resource| report.plan.waits(resource)).collect()
}

#[tokio::test(start_paused = true)]
async fn outside_the_windows_everything_waits_and_the_reason_says_until_when() {
    let world = world(CLOSED);
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome Waiting 1.0.0"]);
    insta::assert_snapshot!(message(&report), @"outside the windows Mon 11:00-12:00 (Europe/Berlin); the next opens Mon 2026-03-02 11:00 Europe/Berlin (10:00 UTC)");
    assert_eq!(world.writes().await, []);
    let note = world.note("development");
    assert_eq!((note.outcome, note.overrides.len()), (Outcome::Waiting, 0));

    tokio::time::advance(std::time::Duration::from_hours(1)).await;
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Created 1.0.0"]);
    assert_eq!(world.note("development").outcome, Outcome::Synced);
}

#[tokio::test(start_paused = true)]
async fn data_actions_and_data_stores_wait_as_well() {
    let store = "apiVersion: flowgate.dev/v1\nkind: DataStore\nmetadata: {name: customers}\nspec:\n  \
                 fields: [{name: name, type: string}]\n";
    let action = "apiVersion: flowgate.dev/v1\nkind: DataAction\nmetadata: {name: lookup}\nspec:\n  \
                  type: SCRIPT\n  trigger: {type: MANUAL}\n  enabled: true\n  script: {language: \
                  JavaScript, content: 'function main() { return {}; }'}\n";
    let files =
        [("data-stores/a.yaml", store.to_owned()), ("data-actions/a.yaml", action.to_owned())];
    let world = World::of(&project(CLOSED), &files);
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["customers Waiting -", "lookup Waiting -"]);
    assert_eq!(world.writes().await, []);
    assert_eq!(
        outcomes(&world.run(&outside("now")).await),
        ["customers Created -", "lookup Created -"]
    );
}

#[tokio::test(start_paused = true)]
async fn inside_a_window_nothing_waits_and_a_reason_is_not_recorded() {
    let world = world("Mon 10:00-12:00");
    assert_eq!(outcomes(&world.run(&outside("why not")).await), ["welcome Created 1.0.0"]);
    assert_eq!(world.note("development").overrides, []);
}

#[tokio::test(start_paused = true)]
async fn going_ahead_outside_the_windows_is_on_record_with_its_reason() {
    let world = world(CLOSED);
    assert_eq!(
        outcomes(&world.run(&outside("callers hear silence")).await),
        ["welcome Created 1.0.0"]
    );
    let note = world.note("development");
    let [over] = note.overrides.as_slice() else { panic!("{:?}", note.overrides) };
    assert_eq!(
        (over.flag.as_str(), over.reason.as_deref()),
        ("--outside-window", Some("callers hear silence"))
    );
    assert!(over.passed.contains("Mon 11:00-12:00 (Europe/Berlin)"), "{over:?}");
    let text = world.git(&["notes", "--ref=flowgate/development", "show", "HEAD"]);
    assert!(
        text.contains("Override: --outside-window \"callers hear silence\" let pass: outside"),
        "{text}"
    );

    // The next pass sets nothing aside, and does not hide that this one did.
    let report = world.run(&outside("again")).await;
    assert_eq!(report.status.map(|status| status.overrides), Some(Vec::new()));
    assert_eq!(world.note("development").overrides.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_unchanged_does_not_wait() {
    let world = world("Mon 10:00-10:30");
    world.reconcile().await;
    world.writes().await;
    tokio::time::advance(std::time::Duration::from_hours(1)).await;
    let report = world.reconcile().await;
    assert_eq!(report.status.map(|status| status.outcome), Some(Outcome::Synced));
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_the_same_one_before_and_in_its_window() {
    let world = world(CLOSED);
    let before = world.run(&dry_run()).await;
    assert_eq!(waits(&before).len(), 1);
    assert!(!before.plan.resources[0].is_idle(), "its steps can be reviewed");
    tokio::time::advance(std::time::Duration::from_hours(1)).await;
    let then = world.run(&dry_run()).await;
    assert_eq!(waits(&then), [""; 0]);
    assert_eq!(before.hash, then.hash);
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_was_signed_off_before_its_window_waits_and_is_applied_in_it() {
    let world = world(CLOSED);
    let approved = Approved::parse(&world.run(&dry_run()).await.hash);
    assert!(approved.is_some());
    let signed_off = Request { approved, ..request("development") };
    assert_eq!(outcome(&world.run(&signed_off).await), ResourceOutcome::Waiting);
    assert_eq!(world.writes().await, []);
    tokio::time::advance(std::time::Duration::from_hours(1)).await;
    assert_eq!(outcome(&world.run(&signed_off).await), ResourceOutcome::Created);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_in_flight_is_followed_to_its_end_after_the_window_closed() {
    let world = world("Mon 10:00-10:02");
    world.control(Method::PUT, "settings", json!({"runMs": 400_000})).await;
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Waiting);
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome Updated 1.0.0"], "{report:?}");
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_failed_after_the_window_closed_is_rolled_back() {
    let world = world("Mon 10:00-10:20");
    world.reconcile().await;
    world.change_prompt("Bad");
    world.control(Method::PUT, "settings", json!({"runMs": 1_500_000})).await;
    world.next_deployment("FAILED").await;
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Waiting);
    world.writes().await;
    tokio::time::advance(std::time::Duration::from_hours(1)).await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::RolledBack, "{report:?}");
    let paths: Vec<_> = world.writes().await.into_iter().map(|write| write.path).collect();
    assert_eq!(paths, ["/api/v2/flow/deployments/dep-000002/rollback"]);
}

#[tokio::test(start_paused = true)]
async fn what_would_be_overwritten_is_saved_when_it_is_and_not_while_it_waits() {
    let world = world("Mon 10:00-10:30");
    world.call(Method::POST, "/api/v2/flows", json!({"name": "welcome"})).await;
    let nodes = json!({"nodes": [{"id": "x", "type": "IVR"}], "edges": []});
    world.control(Method::PUT, "flows/flow-000001/draft", nodes).await;
    tokio::time::advance(std::time::Duration::from_hours(1)).await;
    let adopt = flowgate::plan::Adopt::SameName;
    let adopting = Request { adopt, ..request("development") };
    assert_eq!(outcome(&world.run(&adopting).await), ResourceOutcome::Waiting);
    assert!(!world.refs().contains("refs/flowgate/drift"));
    let now = Request { adopt, ..outside("now") };
    let report = world.run(&now).await;
    assert_eq!(outcome(&report), ResourceOutcome::Adopted, "{report:?}");
    assert!(world.refs().contains("refs/flowgate/drift/development"));
}

#[tokio::test(start_paused = true)]
async fn a_guard_refuses_outside_the_windows_too() {
    let world = world("Mon 10:00-10:30");
    world.reconcile().await;
    world.writes().await;
    let rule =
        project("Mon 10:00-10:30").replace("windows:", "limits: {updates: 0, from: 0}, windows:");
    world.write("flowgate.yaml", &rule);
    world.change_prompt("Hello");
    tokio::time::advance(std::time::Duration::from_hours(1)).await;
    let status = world.reconcile().await.status.expect("recorded");
    assert_eq!(status.outcome, Outcome::Refused, "{status:?}");
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_a_narrowed_pass_set_aside_stands_in_the_states_history() {
    let world = world(CLOSED);
    let welcome = Selector::Resource(ResourceId::flow("welcome"));
    let narrowed = Request { selector: Some(welcome), ..outside("callers hear silence") };
    assert_eq!(outcomes(&world.run(&narrowed).await), ["welcome Created 1.0.0"]);
    let history = world.git(&["log", "-1", "--format=%B", "refs/flowgate/state/development"]);
    assert!(history.contains("Override: --outside-window \"callers hear silence\""), "{history}");
    assert!(!world.refs().contains("refs/notes/flowgate/"), "a narrowed pass has no note");
}
