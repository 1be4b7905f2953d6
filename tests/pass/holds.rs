//! Rolling back, pausing and resuming.

use std::time::Duration;

use flowgate::controller::{Course, Desk, Error, Mode, Report, Request, Target};
use flowgate::git::{Holder, Repo};
use flowgate::model::{HoldReason, Outcome, Prune, ResourceId, Selector};
use http::Method;
use serde_json::{Value, json};

use crate::world::{Crash, World, flow, message, outcomes, request};

fn course(course: Course) -> Request {
    Request { course, prune: Some(Prune::Never), ..request("development") }
}

fn roll_back(target: Target) -> Request {
    course(Course::RollBack(target))
}

/// A world in which `welcome` says `Welcome`, then `Hello`, each synced. Returns the first commit.
async fn twice() -> (World, String) {
    let world = World::new();
    world.reconcile().await;
    let first = world.git(&["rev-parse", "HEAD"]);
    world.change_prompt("Hello");
    world.reconcile().await;
    world.writes().await;
    (world, first)
}

async fn paths(world: &World) -> Vec<String> {
    let writes = world.writes().await.into_iter();
    writes.map(|write| format!("{} {}", write.method, write.path)).collect()
}

fn outcome_of(report: &Report) -> Outcome {
    report.status.as_ref().expect("an applied pass").outcome
}

/// The prompt that runs.
async fn live_prompt(world: &World) -> Value {
    let dump = world.dump().await;
    let current = dump["deployments"].as_object().expect("deployments");
    let newest = current.values().max_by_key(|one| one["id"].as_str().map(str::to_owned));
    let version = newest.expect("a deployment")["version_id"].as_str().expect("a version");
    let elements = dump["versions"][version]["elements"].as_array().expect("elements");
    let greet = elements.iter().find(|element| element["id"] == "greet").expect("greet");
    greet["configuration"]["prompt"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_rollback_deploys_the_version_that_was_live_again() {
    let (world, first) = twice().await;
    let report = world.run(&roll_back(Target::LastSynced)).await;
    assert_eq!(outcomes(&report), ["welcome Updated 1.0.0"]);
    assert_eq!(report.plan.revision.as_str(), first);
    assert_eq!(
        paths(&world).await,
        ["POST /api/v2/flows/flow-000001/publish", "POST /api/v2/flow/deployments"]
    );
    assert_eq!(live_prompt(&world).await, "Welcome");
    let status = report.status.expect("applied");
    let from = status.rolled_back_from.expect("a rollback");
    assert_eq!(from.as_str(), world.git(&["rev-parse", "HEAD"]));
    let note = world.git(&["notes", "--ref=flowgate/development", "show", &first]);
    assert!(note.contains("\"rolledBackFrom\""), "{note}");
}

#[tokio::test(start_paused = true)]
async fn what_is_rolled_back_stays_so_until_git_moves() {
    let (world, first) = twice().await;
    world.run(&roll_back(Target::Revision(first))).await;
    world.writes().await;
    for _ in 0..2 {
        let report = world.reconcile().await;
        assert_eq!(outcome_of(&report), Outcome::Waiting);
        assert!(message(&report).contains("rolled back to"), "{}", message(&report));
        assert!(message(&report).contains("by ada"), "{}", message(&report));
        assert_eq!(paths(&world).await, [""; 0]);
    }
    world.change_prompt("Good day");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome Updated 1.0.2"]);
    assert_eq!(live_prompt(&world).await, "Good day");
    assert!(report.plan.holds.is_empty());
    let repo = Repo::open(world.path()).expect("a repository");
    assert_eq!(repo.read_holds("development").expect("read"), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_rolled_back_goes_forward_when_it_is_resumed() {
    let (world, _) = twice().await;
    world.run(&roll_back(Target::LastSynced)).await;
    world.writes().await;
    world.run(&roll_back(Target::LastSynced)).await;
    assert_eq!(paths(&world).await, [""; 0], "the same again does nothing");
    let dry = Request { mode: Mode::DryRun, ..course(Course::Resume) };
    assert_eq!(world.run(&dry).await.plan.resources[0].reason, None);
    assert_eq!(outcome_of(&world.reconcile().await), Outcome::Waiting, "a dry run resumes nothing");
    let report = world.run(&course(Course::Resume)).await;
    assert_eq!(outcomes(&report), ["welcome Updated 1.0.1"]);
    assert_eq!(live_prompt(&world).await, "Hello");
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_is_shown_first_and_a_dry_run_writes_nothing() {
    let (world, first) = twice().await;
    let before = world.refs();
    let dry = Request { mode: Mode::DryRun, ..roll_back(Target::LastSynced) };
    let report = world.run(&dry).await;
    assert_eq!(report.plan.revision.as_str(), first);
    assert!(!report.plan.resources[0].is_idle());
    assert_eq!(paths(&world).await, [""; 0]);
    assert_eq!(world.refs(), before);
}

#[tokio::test(start_paused = true)]
async fn one_flow_goes_back_to_a_version_and_the_others_stay() {
    let world = World::with(&[
        ("flows/welcome.yaml", flow("welcome", "Welcome")),
        ("flows/other.yaml", flow("other", "Other")),
    ]);
    world.reconcile().await;
    world.change_prompt("Hello");
    world.write("flows/other.yaml", &flow("other", "Changed"));
    world.commit("both");
    world.reconcile().await;
    world.writes().await;
    let version = Target::Version("1.0.0".parse().expect("a number"));
    let id = ResourceId::flow("welcome");
    let back = Request { selector: Some(Selector::Resource(id)), ..roll_back(version) };
    let report = world.run(&back).await;
    assert_eq!(outcomes(&report), ["welcome Updated 1.0.0"]);
    assert_eq!(paths(&world).await.len(), 2, "published and deployed again");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome Waiting 1.0.1"]);
    assert_eq!(report.plan.unchanged, 1);
    world.write("flows/other.yaml", &flow("other", "Changed again"));
    world.commit("git moves");
    assert_eq!(world.reconcile().await.plan.resources.len(), 2, "and then both are taken further");
}

#[tokio::test(start_paused = true)]
async fn only_what_was_synced_can_be_gone_back_to() {
    let (world, _) = twice().await;
    world.write("README.md", "never reconciled");
    world.commit("docs");
    let never = world.git(&["rev-parse", "HEAD"]);
    world.write("README.md", "nor this");
    world.commit("more docs");
    let failed = async |target| match world.try_pass(&roll_back(target)).await {
        Err(Error::Rollback { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    let why = failed(Target::Revision(never)).await;
    assert!(why.contains("was never reconciled"), "{why}");
    assert!(why.contains("newest first"), "{why}");
    assert_eq!(paths(&world).await, [""; 0]);

    let fresh = World::new();
    fresh.reconcile().await;
    let error = fresh.try_pass(&roll_back(Target::LastSynced)).await.expect_err("nothing earlier");
    assert!(error.to_string().contains("no earlier commit was synced"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_not_there_is_named_with_those_that_are() {
    let (world, _) = twice().await;
    let version = Target::Version("7.0.0".parse().expect("a number"));
    let selector = Some(Selector::Resource(ResourceId::flow("welcome")));
    let back = Request { selector, ..roll_back(version) };
    let error = world.try_pass(&back).await.expect_err("no such version");
    assert!(error.to_string().contains("it has 1.0.1, 1.0.0"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_died_is_never_rolled_forward_by_the_next_pass() {
    for crash in [Crash::Before, Crash::After] {
        for request in 0.. {
            let (world, first) = twice().await;
            let died = world.dies(&roll_back(Target::LastSynced), request, crash).await;
            let wrote = !world.writes().await.is_empty();
            let report = world.reconcile().await;
            if wrote {
                assert_eq!(paths(&world).await, [""; 0], "request {request}, {crash:?}");
            }
            drop(report);
            world.run(&roll_back(Target::Revision(first))).await;
            assert_eq!(live_prompt(&world).await, "Welcome", "request {request}, {crash:?}");
            if !died {
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_was_rolled_back_is_not_promoted() {
    let (world, _) = twice().await;
    world.run(&roll_back(Target::LastSynced)).await;
    let report = world.run(&request("production")).await;
    assert!(message(&report).contains("development was rolled back"), "{}", message(&report));
}

fn pause(world: &World, resources: &[ResourceId], until: Option<&str>) -> Result<usize, Error> {
    let repo = Repo::open(world.path()).expect("a repository");
    let (pauses, reason) =
        (until.map(|time| time.parse().expect("a time")), "elections".to_owned());
    let reason = HoldReason::Paused { reason, until: pauses };
    desk(&repo, |desk| desk.pause(resources, &reason)).map(|(_, pauses)| pauses.len())
}

fn desk<T>(repo: &Repo, act: impl FnOnce(Desk<'_>) -> T) -> T {
    let since = "2026-03-02T08:00:00Z".parse().expect("a time");
    let holder = Holder { operator: "bob".to_owned(), host: "desk".to_owned(), pid: 1, since };
    act(Desk { repo, environment: Some("development"), holder: &holder })
}

fn resume(world: &World, resources: &[ResourceId]) -> usize {
    let repo = Repo::open(world.path()).expect("a repository");
    desk(&repo, |desk| desk.resume(resources, |_| true)).expect("resumed").1.len()
}

#[tokio::test(start_paused = true)]
async fn while_everything_is_paused_nothing_is_written_and_everybody_reads_why() {
    let world = World::new();
    world.reconcile().await;
    world.change_prompt("Hello");
    world.writes().await;
    pause(&world, &[], None).expect("paused");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome Waiting 1.0.1"]);
    assert_eq!(
        message(&report),
        "paused by bob since 2026-03-02T08:00:00Z: elections, until it is resumed"
    );
    assert_eq!(paths(&world).await, [""; 0]);
    assert_eq!(resume(&world, &[]), 1);
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.1"]);
    assert_eq!(resume(&world, &[]), 0);
}

#[tokio::test(start_paused = true)]
async fn a_paused_flow_holds_up_no_other() {
    let world = World::with(&[
        ("flows/welcome.yaml", flow("welcome", "Welcome")),
        ("flows/other.yaml", flow("other", "Other")),
    ]);
    pause(&world, &[ResourceId::flow("welcome")], None).expect("paused");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["other Created 1.0.0", "welcome Waiting 1.0.0"]);
    assert_eq!(resume(&world, &[ResourceId::flow("other")]), 0);
    assert_eq!(resume(&world, &[ResourceId::flow("welcome")]), 1);
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Created 1.0.0"]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_by_itself_at_its_time() {
    let world = World::new();
    pause(&world, &[], Some("2026-03-02T09:30:00Z")).expect("paused");
    assert_eq!(outcome_of(&world.reconcile().await), Outcome::Waiting);
    tokio::time::sleep(Duration::from_mins(31)).await;
    assert_eq!(outcome_of(&world.reconcile().await), Outcome::Synced);
    let repo = Repo::open(world.path()).expect("a repository");
    assert_eq!(repo.read_holds("development").expect("read"), []);
}

#[tokio::test(start_paused = true)]
async fn a_pause_stands_during_a_rollback_too() {
    let (world, _) = twice().await;
    pause(&world, &[], None).expect("paused");
    let report = world.run(&roll_back(Target::LastSynced)).await;
    assert_eq!(outcome_of(&report), Outcome::Waiting);
    assert_eq!(paths(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_cannot_be_paused() {
    let world = World::new();
    let error = pause(&world, &[ResourceId::flow("welcom")], None).expect_err("a typo");
    assert_eq!(error.to_string(), "neither git nor the recorded state has Flow/welcom");
}

#[tokio::test(start_paused = true)]
async fn data_actions_go_back_with_their_flows() {
    let action = |script: &str| {
        json!({"apiVersion": "flowgate.dev/v1", "kind": "DataAction",
            "metadata": {"name": "lookup"},
            "spec": {"type": "SCRIPT", "trigger": {"type": "MANUAL"}, "enabled": true,
                "script": {"language": "JavaScript", "content": script}}})
        .to_string()
    };
    let world = World::with(&[
        ("flows/welcome.yaml", flow("welcome", "Welcome")),
        ("data-actions/lookup.yaml", action("function main() { return 1; }")),
    ]);
    world.reconcile().await;
    world.write("data-actions/lookup.yaml", &action("function main() { return 2; }"));
    world.write("flows/new.yaml", &flow("new", "New"));
    world.commit("second");
    world.reconcile().await;
    let report = world.run(&roll_back(Target::LastSynced)).await;
    assert_eq!(outcomes(&report), ["lookup Updated -", "new Kept -"]);
    let actions = world.dump().await["dataActions"].to_string();
    assert!(actions.contains("return 1;") && !actions.contains("return 2;"), "{actions}");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_something_kept_back_is_finished_by_the_next_one() {
    let (world, first) = twice().await;
    let renamed = |name: &str| json!({"updatedBy": "bob", "name": name});
    world.control(Method::PUT, "flows/welcome/draft", renamed("Bobs")).await;
    let back = roll_back(Target::Revision(first.clone()));
    let report = world.run(&back).await;
    assert_eq!(outcome_of(&report), Outcome::Drifted, "{}", message(&report));
    world.control(Method::PUT, "flows/Bobs/draft", renamed("welcome")).await;
    let report = world.run(&roll_back(Target::LastSynced)).await;
    assert_eq!(report.plan.revision.as_str(), first, "it goes on to where it was going");
    assert_eq!(outcome_of(&report), Outcome::Synced, "{:?}", report.status);
    assert_eq!(live_prompt(&world).await, "Welcome");
    world.run(&back).await;
}

#[tokio::test(start_paused = true)]
async fn what_drifted_after_it_was_synced_can_be_gone_back_to() {
    let (world, _) = twice().await;
    let second = world.git(&["rev-parse", "HEAD"]);
    let edit = json!({"updatedBy": "bob", "name": "Bobs"});
    world.control(Method::PUT, "flows/welcome/draft", edit).await;
    assert_eq!(outcome_of(&world.reconcile().await), Outcome::Drifted);
    let renamed = flow("welcome", "Hi").replace("spec:", "spec:\n  displayName: Bobs");
    world.write("flows/welcome.yaml", &renamed);
    world.commit("third");
    assert_eq!(outcome_of(&world.reconcile().await), Outcome::Synced);
    let report = world.run(&roll_back(Target::LastSynced)).await;
    assert_eq!(report.plan.revision.as_str(), second);
    assert_eq!(live_prompt(&world).await, "Hello");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_follows_todays_rules_and_yesterdays_values() {
    let valued = |settings: &str| {
        crate::world::ONE.replace("DEVELOPMENT}", &format!("DEVELOPMENT, {settings}}}"))
    };
    let greeting = flow("welcome", "${values.greeting}");
    let files = [("flows/welcome.yaml", greeting)];
    let world = World::of(&valued("values: {greeting: Welcome}"), &files);
    world.reconcile().await;
    world.write("flowgate.yaml", &valued("strategy: version, values: {greeting: Hello}"));
    world.commit("versions only");
    world.reconcile().await;
    world.writes().await;
    world.run(&roll_back(Target::LastSynced)).await;
    assert_eq!(paths(&world).await, ["POST /api/v2/flows/flow-000001/publish"]);
    let draft = world.dump().await["flows"]["flow-000001"]["draft"]["nodes"].to_string();
    assert!(draft.contains("Welcome"), "{draft}");
}

#[tokio::test(start_paused = true)]
async fn what_was_renamed_since_goes_back_as_the_same_flow() {
    let world = World::with(&[("flows/care.yaml", flow("old-care", "Welcome"))]);
    world.reconcile().await;
    let renamed = flow("new-care", "Hello")
        .replace("{name: new-care}", "{name: new-care, renamedFrom: old-care}");
    world.write("flows/care.yaml", &renamed);
    world.commit("renamed");
    world.reconcile().await;
    let report = world.run(&roll_back(Target::LastSynced)).await;
    assert_eq!(outcomes(&report), ["old-care Updated 1.0.0"]);
    let dump = world.dump().await;
    assert_eq!(dump["flows"].as_object().map(serde_json::Map::len), Some(1), "no twin");
    assert_eq!(outcomes(&world.run(&course(Course::Resume)).await), ["new-care Updated 1.0.1"]);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_is_paused_holds_nothing_up_later() {
    let (world, _) = twice().await;
    pause(&world, &[], None).expect("paused");
    world.run(&roll_back(Target::LastSynced)).await;
    assert_eq!(resume(&world, &[]), 1, "the pause alone");
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}
