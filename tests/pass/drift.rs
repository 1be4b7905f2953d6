//! Somebody changed a flow in the tenant: every side, every policy, every strategy.

use flowgate::controller::{Report, Request};
use flowgate::model::{LivePart, Move, Outcome, ResourceOutcome, Side};
use flowgate::plan::ResourcePlan;
use flowgate::render;
use http::Method;
use serde_json::{Value, json};

use crate::world::{ONE, Struck, World, flow, message, outcome, outcomes, request};

/// The project with settings of its environment.
fn project(settings: &str) -> String {
    ONE.replace("DEVELOPMENT}", &format!("DEVELOPMENT, {settings}}}"))
}

fn world(settings: &str) -> World {
    World::of(&project(settings), &[("flows/welcome.yaml", flow("welcome", "Welcome"))])
}

/// Version 1.0.0 greets with "Welcome", 1.0.1 with "Hello"; both were deployed.
async fn settled(settings: &str) -> World {
    let world = world(settings);
    world.reconcile().await;
    world.change_prompt("Hello");
    world.reconcile().await;
    world
}

fn nodes(greet: &Value) -> Value {
    json!([
        {"id": "begin", "type": "Begin", "configuration": {}},
        {"id": "greet", "type": "IVR", "configuration": greet},
        {"id": "end", "type": "End", "configuration": {}}
    ])
}

fn edit(greet: &Value) -> Value {
    json!({"updatedBy": "bob", "nodes": nodes(greet)})
}

async fn edits(world: &World, body: Value) {
    world.control(Method::PUT, "flows/flow-000001/draft", body).await;
}

fn commit(world: &World, change: impl FnOnce(String) -> String) {
    world.write("flows/welcome.yaml", &change(flow("welcome", "Hello")));
    world.commit("git changes it too");
}

async fn prompt(world: &World) -> Value {
    world.dump().await["flows"]["flow-000001"]["draft"]["nodes"][1]["configuration"].clone()
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Deed {
    Edits,
    Deploys,
    Renames,
}

impl Deed {
    const ALL: [Self; 3] = [Self::Edits, Self::Deploys, Self::Renames];

    async fn is_done(self, world: &World) {
        match self {
            Self::Edits => edits(world, edit(&json!({"prompt": "Bob was here"}))).await,
            Self::Renames => edits(world, json!({"name": "Bobs", "updatedBy": "bob"})).await,
            Self::Deploys => {
                let order = json!({
                    "versionId": "1.0.0", "targetEnvironment": "DEVELOPMENT", "triggeredBy": "bob",
                });
                world.control(Method::POST, "flows/flow-000001/deployments", order).await;
            }
        }
    }

    fn part(self) -> LivePart {
        match self {
            Self::Edits => LivePart::Draft,
            Self::Deploys => LivePart::Deployment,
            Self::Renames => LivePart::Name,
        }
    }

    /// Where the live content is saved, and a text in it.
    fn saved(self) -> (&'static str, &'static str) {
        match self {
            Self::Edits => ("Flow/welcome.yaml", "Bob was here"),
            Self::Deploys => ("Flow/welcome.deployed.yaml", "Welcome"),
            Self::Renames => ("Flow/welcome.yaml", "displayName: Bobs"),
        }
    }

    /// What git does that collides.
    fn answered(self, world: &World) {
        match self {
            Self::Edits | Self::Deploys => world.change_prompt("Hey"),
            Self::Renames => {
                commit(world, |flow| flow.replace("spec:\n", "spec:\n  displayName: Front door\n"));
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Git {
    Rests,
    ChangesOtherFields,
    ChangesTheSame,
}

impl Git {
    const ALL: [Self; 3] = [Self::Rests, Self::ChangesOtherFields, Self::ChangesTheSame];

    fn is_done(self, world: &World, deed: Deed) {
        match self {
            Self::Rests => {}
            Self::ChangesOtherFields => {
                commit(world, |flow| flow.replace("\"Hello\"", "\"Hello\", timeout: 5"));
            }
            Self::ChangesTheSame => deed.answered(world),
        }
    }
}

async fn all(settings: &str, check: impl AsyncFn(&World, Deed, Git)) {
    for deed in Deed::ALL {
        for git in Git::ALL {
            let world = settled(settings).await;
            deed.is_done(&world).await;
            git.is_done(&world, deed);
            world.writes().await;
            check(&world, deed, git).await;
        }
    }
}

fn planned(report: &Report) -> &ResourcePlan {
    assert_eq!(report.plan.resources.len(), 1, "{:?}", report.plan.resources);
    &report.plan.resources[0]
}

/// What is left alone, and says so the same way in plan, status and note.
async fn left_alone(world: &World, deed: Deed, git: Git) -> Report {
    let report = world.reconcile().await;
    let collides = git == Git::ChangesTheSame;
    let expected = if collides { ResourceOutcome::Conflict } else { ResourceOutcome::Drifted };
    assert_eq!(outcome(&report), expected, "{deed:?} {git:?}: {}", message(&report));
    assert_eq!(world.writes().await, [], "{deed:?} {git:?}");
    assert_eq!(report.status.as_ref().map(|one| one.outcome), Some(Outcome::Drifted));

    let drift = planned(&report).drift.clone().expect("drift");
    let side = if git == Git::Rests { Side::Live } else { Side::Both };
    assert_eq!(drift.side, side, "{deed:?} {git:?}");
    let [Move { part, by, at, how }] = drift.moves.as_slice() else { panic!("{drift:?}") };
    assert_eq!((*part, by.as_deref(), at.is_some()), (deed.part(), Some("bob"), true));
    assert!(how.contains("bob"), "{how}");
    assert_eq!(drift.conflicts.len(), usize::from(collides), "{drift:?}");
    for conflict in &drift.conflicts {
        let sides = [&conflict.base, &conflict.live, &conflict.git];
        assert!(sides.iter().all(|side| side.is_some()), "{conflict:?}");
    }
    assert_eq!(world.note("development").resources[0].drift, Some(drift));
    report
}

#[tokio::test(start_paused = true)]
async fn alert_writes_nothing_over_what_somebody_changed() {
    all("drift: alert", async |world, deed, git| {
        left_alone(world, deed, git).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn adopt_writes_nothing_and_offers_what_both_changed() {
    all("drift: adopt", async |world, deed, git| {
        let report = left_alone(world, deed, git).await;
        let work = planned(&report).work.flow().expect("a flow");
        let merged = work.merged.as_ref().expect("something to adopt");
        let greet = &merged.content.elements[1].configuration;
        let (prompt, name) = match (deed, git) {
            (Deed::Edits | Deed::Deploys, Git::ChangesTheSame) => ("Hey", "welcome"),
            (Deed::Edits, _) => ("Bob was here", "welcome"),
            (Deed::Deploys, _) => ("Welcome", "welcome"),
            (Deed::Renames, Git::ChangesTheSame) => ("Hello", "Front door"),
            (Deed::Renames, _) => ("Hello", "Bobs"),
        };
        assert_eq!((&greet["prompt"], merged.display_name.as_str()), (&json!(prompt), name));
        let timeout = (git == Git::ChangesOtherFields).then_some(&json!(5)).cloned();
        assert_eq!(greet.get("timeout").cloned(), timeout, "{deed:?} {git:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn revert_saves_what_is_live_and_then_applies_git() {
    all("drift: revert", async |world, deed, git| {
        let report = world.reconcile().await;
        assert_eq!(outcome(&report), ResourceOutcome::Updated, "{deed:?} {git:?} {report:?}");
        assert!(message(&report).contains("bob"), "{}", message(&report));
        let (path, text) = deed.saved();
        let saved = world.git(&["show", &format!("refs/flowgate/drift/development:{path}")]);
        assert!(saved.contains(text), "{deed:?} {git:?}: {saved}");
        assert_eq!(world.reconcile().await.plan.unchanged, 1, "{deed:?} {git:?}");
        let wanted =
            if git == Git::ChangesTheSame && deed != Deed::Renames { "Hey" } else { "Hello" };
        assert_eq!(prompt(world).await["prompt"], wanted, "{deed:?} {git:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_annotation_of_a_flow_counts_more_than_its_environment() {
    let world = settled("drift: alert").await;
    Deed::Edits.is_done(&world).await;
    let annotated = flow("welcome", "Hello").replace(
        "metadata: {name: welcome}",
        "metadata: {name: welcome, annotations: {flowgate.dev/drift: revert}}",
    );
    world.write("flows/welcome.yaml", &annotated);
    world.commit("revert this one");
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Updated);
}

#[tokio::test(start_paused = true)]
async fn git_that_has_all_of_a_live_change_and_more_goes_on() {
    let world = settled("drift: alert").await;
    Deed::Edits.is_done(&world).await;
    commit(&world, |flow| flow.replace("\"Hello\"", "\"Bob was here\", timeout: 5"));
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Updated);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn the_plan_shows_who_moved_what_and_all_three_values() {
    let world = settled("drift: alert").await;
    Deed::Edits.is_done(&world).await;
    world.change_prompt("Hey");
    let report = world.reconcile().await;
    let text = render::plan::text(&report.plan, render::Style { color: false, width: 80 });
    for line in [
        "bob edited the draft",
        "conflict greet/configuration/prompt",
        "base: \"Hello\"",
        "live: \"Bob was here\"",
        "git:  \"Hey\"",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let document = render::plan::json(&report.plan, &report.hash);
    let resource = &document["resources"][0];
    assert_eq!(resource["changedBy"], "both");
    assert_eq!(resource["drift"]["moves"][0]["by"], "bob");
    let conflict = json!({
        "part": "element", "id": "greet", "pointer": "/configuration/prompt",
        "base": "Hello", "live": "Bob was here", "git": "Hey",
    });
    assert_eq!(resource["drift"]["conflicts"], json!([conflict]));
    let markdown = render::plan::markdown(&report.plan, &report.hash);
    assert!(markdown.contains("base: \"Hello\""), "{markdown}");
}

async fn methods(world: &World) -> Vec<String> {
    let writes = world.writes().await;
    writes.into_iter().map(|one| format!("{} {}", one.method, one.path)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_strategy_draft_writes_the_draft_and_nothing_else() {
    let world = world("strategy: draft");
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Created -"]);
    let put = "PUT /api/v2/flows/flow-000001";
    let writes = methods(&world).await;
    assert_eq!(writes[writes.len() - 2..], ["POST /api/v2/flows", put]);
    world.reconcile().await;
    assert_eq!(methods(&world).await, [""; 0]);
    assert_eq!(world.emulator.requests().len(), 0);
    world.reconcile().await;
    assert_eq!(world.emulator.requests().len(), 3, "a token and two lists");

    world.change_prompt("Hello");
    world.writes().await;
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Updated);
    let writes = methods(&world).await;
    assert_eq!(writes.last().map(String::as_str), Some(put));
    assert_eq!(prompt(&world).await["prompt"], "Hello");

    // A lost state is found again without a write.
    world.git(&["update-ref", "-d", "refs/flowgate/state/development"]);
    world.writes().await;
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Adopted -"]);
    assert_eq!(world.writes().await, []);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn the_strategy_version_publishes_and_does_not_deploy() {
    let world = world("strategy: version, gates: [approval]");
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Created 1.0.0"]);
    let dump = world.dump().await;
    assert_eq!(dump["deployments"], json!({}));
    assert_eq!(dump["flows"]["flow-000001"]["published_version_id"], "ver-000001-000001");
    world.writes().await;
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    assert_eq!(world.emulator.requests().len(), 3, "a token and two lists");

    // Going further later takes the version that is there.
    world.write("flowgate.yaml", &project("strategy: deploy"));
    world.commit("deploy");
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.0"]);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_draft_alone_takes_git_s_change_beside_somebody_elses() {
    let world = world("strategy: draft");
    world.reconcile().await;
    edits(&world, edit(&json!({"prompt": "Welcome", "tone": 1}))).await;
    world.change_prompt("Hello");
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted, "{}", message(&report));
    assert_eq!(prompt(&world).await, json!({"prompt": "Hello", "tone": 1}));
    world.writes().await;
    // Theirs is still not in git: it is told again, and nothing is written.
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Drifted);
    assert_eq!(world.writes().await, []);

    world.change_prompt("Hey");
    edits(&world, edit(&json!({"prompt": "Hi", "tone": 1}))).await;
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Conflict);
    assert_eq!(prompt(&world).await["prompt"], "Hi");

    commit(&world, |flow| flow.replace("\"Hello\"", "\"Hi\", tone: 1"));
    world.reconcile().await;
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

/// An edit before each request of a pass is live or saved afterwards.
async fn nothing_is_lost(settings: &str, drifted: bool, change: &Value) {
    let edited = &change["nodes"][1]["configuration"];
    for at in 0..40 {
        let world = world(settings);
        world.reconcile().await;
        if drifted {
            edits(&world, edit(&json!({"prompt": "Bob was here"}))).await;
        }
        world.change_prompt("Hello");
        let struck = world.meddled(&request("development"), at, change.clone()).await;
        let Some(struck) = struck else { return };
        // The publish call takes no draft revision: the one moment that nobody can guard.
        if struck.ends_with("/publish") {
            continue;
        }
        let live = prompt(&world).await;
        let kept = live == *edited || live["tone"] == 1;
        assert!(kept || saved(&world, "Bob again"), "{settings}, {at}, {struck}: {live}");
    }
    panic!("the pass is longer than expected");
}

fn saved(world: &World, text: &str) -> bool {
    world.refs().contains("refs/flowgate/drift/development")
        && world.git(&["log", "-p", "refs/flowgate/drift/development"]).contains(text)
}

#[tokio::test(start_paused = true)]
async fn an_edit_before_any_request_is_never_lost_with_any_strategy() {
    for strategy in ["draft", "version"] {
        let settings = format!("strategy: {strategy}");
        nothing_is_lost(&settings, false, &edit(&json!({"prompt": "Bob again"}))).await;
        nothing_is_lost(&settings, false, &edit(&json!({"prompt": "Welcome", "tone": 1}))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_between_saving_and_reverting_is_never_lost() {
    for strategy in ["draft", "version", "deploy"] {
        let settings = format!("strategy: {strategy}, drift: revert");
        nothing_is_lost(&settings, true, &edit(&json!({"prompt": "Bob again"}))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_somebody_has_locked_waits_and_names_them() {
    for strategy in ["draft", "version", "deploy"] {
        let world = world(&format!("strategy: {strategy}"));
        world.reconcile().await;
        world.control(Method::PUT, "flows/welcome/lock", json!({"heldBy": "grace"})).await;
        // A lock alone is no change.
        assert_eq!(world.reconcile().await.plan.unchanged, 1);
        world.change_prompt("Hello");
        world.writes().await;
        let report = world.reconcile().await;
        assert_eq!(outcome(&report), ResourceOutcome::Waiting);
        assert!(message(&report).contains("grace has locked the draft"), "{}", message(&report));
        assert_eq!(world.writes().await, []);
        world.control(Method::DELETE, "flows/welcome/lock", Value::Null).await;
        assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Updated);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_taken_during_a_pass_is_a_reason_to_wait_and_no_failure() {
    for strategy in ["draft", "version", "deploy"] {
        for at in 0..40 {
            let world = world(&format!("strategy: {strategy}"));
            world.reconcile().await;
            world.change_prompt("Hello");
            let path = "/_emulator/flows/flow-000001/lock".to_owned();
            let deed = (Method::PUT, path, json!({"heldBy": "grace"}));
            let (struck, report) = world.meddled_by(&request("development"), at, deed).await;
            let Some(Struck { request: struck, .. }) = struck else { break };
            let ended = outcome(&report);
            let expected = [ResourceOutcome::Waiting, ResourceOutcome::Updated];
            assert!(expected.contains(&ended), "{struck}: {}", message(&report));
            world.control(Method::DELETE, "flows/welcome/lock", Value::Null).await;
            world.reconcile().await;
            assert_eq!(prompt(&world).await["prompt"], "Hello");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_draft_written_twice_without_a_change_is_written_all_the_same() {
    let world = world("strategy: draft");
    world.reconcile().await;
    world.change_prompt("Hello");
    // Somebody saves what is there, right before the write.
    let touch = edit(&json!({"prompt": "Welcome"}));
    let mut reached = false;
    for at in 0..20 {
        world.change_prompt(&format!("Hello {at}"));
        let touch = if at == 0 { touch.clone() } else { json!({"updatedBy": "bob"}) };
        let pass: Request = request("development");
        let Some(struck) = world.meddled(&pass, at, touch).await else { break };
        reached |= struck.starts_with("PUT");
        world.reconcile().await;
        assert_eq!(prompt(&world).await["prompt"], format!("Hello {at}"), "{struck}");
    }
    assert!(reached, "no write was met");
}

#[tokio::test(start_paused = true)]
async fn an_adopted_edit_comes_back_through_git_with_every_comment() {
    let world = settled("drift: adopt").await;
    let commented = flow("welcome", "Hello")
        .replace("  elements:\n", "  # who answers first\n  elements:\n")
        .replace("\"Hello\"}}", "\"Hello\", timeout: 5}}   # asked for by marketing");
    world.write("flows/welcome.yaml", &commented);
    world.commit("git changes another field");
    edits(&world, edit(&json!({"prompt": "Bob was here"}))).await;
    world.writes().await;

    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted);
    assert_eq!(world.writes().await, [], "nothing is deployed from the branch");
    let message = world.git(&["log", "-1", "--format=%B", "flowgate/drift/development"]);
    assert!(message.starts_with("Adopt what changed live in development"), "{message}");
    assert!(message.contains("bob edited the draft"), "{message}");
    let adopted = world.git(&["show", "flowgate/drift/development:flows/welcome.yaml"]);
    assert_eq!(adopted, commented.replace("\"Hello\"", "\"Bob was here\"").trim());

    world.reconcile().await;
    assert_eq!(
        world.git(&["rev-list", "--count", "main..flowgate/drift/development"]),
        "1",
        "the same again makes no commit"
    );
    let offered = world.note("development").drift_branch.expect("a branch");
    assert_eq!(offered.name, "flowgate/drift/development");
    assert_eq!(offered.commit.as_str(), world.git(&["rev-parse", "flowgate/drift/development"]));
    world.git(&["merge", "--quiet", "flowgate/drift/development"]);
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome Updated 1.0.2"]);
    assert_eq!(prompt(&world).await["prompt"], "Bob was here");
    world.writes().await;
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_keeps_moving_is_not_taken_for_written() {
    // Somebody saves right before each of the writes: none of them comes through.
    let world = settled("strategy: draft").await;
    commit(&world, |flow| flow.replace("\"Hello\"", "\"Hello\", timeout: 5"));
    let conflict = json!({"method": "PUT", "path": "/api/v2/flows/*", "times": 3, "status": 409,
        "body": "{\"code\": \"VERSION_CONFLICT\", \"message\": \"it moved\"}"});
    world.control(Method::POST, "faults", conflict).await;
    edits(&world, edit(&json!({"prompt": "Bob was here"}))).await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted, "{}", message(&report));
    assert_eq!(prompt(&world).await, json!({"prompt": "Bob was here"}));

    let report = world.reconcile().await;
    let drift = planned(&report).drift.as_ref().expect("drift");
    assert_eq!(drift.side, Side::Both, "git's change is still to be written");
    assert_eq!(prompt(&world).await, json!({"prompt": "Bob was here", "timeout": 5}));
    let report = world.reconcile().await;
    let drift = planned(&report).drift.as_ref().expect("drift");
    assert_eq!((drift.side, drift.moves[0].by.as_deref()), (Side::Live, None), "not flowgate");
}

#[tokio::test(start_paused = true)]
async fn a_version_that_somebody_deploys_during_a_pass_is_never_overruled() {
    for at in 0..40 {
        let world = settled("drift: alert").await;
        world.change_prompt("Good day");
        let order = json!({
            "versionId": "1.0.0", "targetEnvironment": "DEVELOPMENT", "triggeredBy": "bob",
        });
        let path = "/_emulator/flows/flow-000001/deployments".to_owned();
        let deed = (Method::POST, path, order);
        let (struck, report) = world.meddled_by(&request("development"), at, deed).await;
        let Some(Struck { request, done }) = struck else { return };
        // The call to deploy takes no mark of what it replaces: the one moment that nobody can guard.
        let unguarded = request == "POST /api/v2/flow/deployments";
        let after = request.starts_with("GET /api/v2/flow/deployments/");
        if done && !unguarded && !after {
            let ended = report.status.as_ref().expect("applied").outcome;
            assert_ne!(ended, Outcome::Synced, "{request}: {:?}", outcomes(&report));
        }
    }
    panic!("the pass is longer than expected");
}
