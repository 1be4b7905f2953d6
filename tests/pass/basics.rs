//! The ordinary way: a change comes in, is applied, and is then no change any more.

use flowgate::controller::{Error, Mode};
use flowgate::model::{Code, Outcome, ResourceOutcome, Selector, VersionId};
use flowgate::plan::Action;
use http::Method;
use serde_json::json;

use crate::world::{Answer, World, flow, outcome, outcomes, request};

#[tokio::test(start_paused = true)]
async fn a_commit_becomes_a_deployed_version_and_a_note() {
    let world = World::new();
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome Created 1.0.0"]);
    let writes: Vec<_> =
        world.writes().await.into_iter().map(|w| format!("{} {}", w.method, w.path)).collect();
    assert_eq!(
        writes,
        [
            "POST /api/v2/flows",
            "POST /api/v2/flows/flow-000001/versions",
            "POST /api/v2/flows/flow-000001/publish",
            "POST /api/v2/flow/deployments",
        ]
    );
    let note = world.note("development");
    assert_eq!(note.outcome, Outcome::Synced);
    assert_eq!(note.counts.changed, 1);
    assert_eq!(
        note.resources[0].version_id.as_ref().map(VersionId::as_str),
        Some("ver-000001-000001")
    );
    assert!(world.refs().contains("refs/flowgate/state/development"));
    assert_eq!(world.git(&["status", "--porcelain"]), "", "the work tree stays clean");
}

#[tokio::test(start_paused = true)]
async fn a_second_pass_sends_no_write_and_leaves_every_ref_as_it_is() {
    let world = World::new();
    world.reconcile().await;
    let refs = world.refs();
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(report.plan.unchanged, 1);
    assert_eq!(world.writes().await, []);
    assert_eq!(world.refs(), refs);
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_changes_nothing_on_a_new_revision_is_recorded_too() {
    let world = World::new();
    world.reconcile().await;
    world.write("README.md", "about");
    world.commit("docs");
    world.writes().await;
    world.reconcile().await;
    assert_eq!(world.writes().await, []);
    assert_eq!(world.note("development").counts.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_sends_only_reads_and_writes_nothing_in_git() {
    let world = World::new();
    let refs = world.refs();
    let report = world
        .run(&flowgate::controller::Request { mode: Mode::DryRun, ..request("development") })
        .await;
    assert_eq!(report.plan.resources[0].action, Action::Create);
    let methods: Vec<_> =
        world.emulator.requests().into_iter().map(|r| (r.method, r.path)).collect();
    assert!(
        methods.iter().all(|(method, path)| method == "GET" || path.ends_with("/oauth/token")),
        "{methods:?}"
    );
    assert_eq!(world.refs(), refs);
}

#[tokio::test(start_paused = true)]
async fn the_version_number_follows_from_the_delta() {
    let world = World::new();
    world.reconcile().await;
    world.change_prompt("Good morning");
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.1"]);
    let added = flow("welcome", "Good morning")
        .replace("    - {id: end", "    - {id: wait, type: Queue}\n    - {id: end")
        .replace(
            "sourceId: greet, targetId: end",
            "sourceId: greet, targetId: wait}\n    - {sourceId: wait, targetId: end",
        );
    world.write("flows/welcome.yaml", &added);
    world.commit("wait");
    // The connector from greet to end is gone: something that routed calls is removed.
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 2.0.0"]);
    let more = added.replace(
        "  connectors:\n",
        "  connectors:\n    - {id: skip, sourceId: begin, targetId: wait, label: skip}\n",
    );
    world.write("flows/welcome.yaml", &more);
    world.commit("skip");
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 2.1.0"]);
}

#[tokio::test(start_paused = true)]
async fn going_back_to_earlier_content_deploys_the_version_that_is_there() {
    let world = World::new();
    world.reconcile().await;
    world.change_prompt("Hello");
    world.reconcile().await;
    world.change_prompt("Welcome");
    world.writes().await;
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.0"]);
    let writes: Vec<_> = world.writes().await.into_iter().map(|write| write.path).collect();
    assert_eq!(writes, ["/api/v2/flows/flow-000001/publish", "/api/v2/flow/deployments"]);
}

#[tokio::test(start_paused = true)]
async fn an_asked_version_number_is_taken_and_must_be_above_the_highest() {
    let versioned = |number: &str, prompt: &str| {
        flow("welcome", prompt).replace("spec:\n", &format!("spec:\n  version: {number}\n"))
    };
    let world = World::with(&[("flows/welcome.yaml", versioned("2.3.0", "Welcome"))]);
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Created 2.3.0"]);
    world.writes().await;
    world.write("flows/welcome.yaml", &versioned("2.3.0", "Hello"));
    world.commit("forgot the number");
    let Err(Error::Findings(findings)) = world.try_pass(&request("development")).await else {
        panic!("the pass must not run");
    };
    assert_eq!(findings[0].code, Code::VersionNotIncreasing);
    assert_eq!(findings[0].location.span.line, 5);
    world.write("flows/welcome.yaml", &versioned("2.2.0", "Hello"));
    world.commit("went down");
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Failed);
    let message = crate::world::message(&report);
    assert!(
        message.contains("flows/welcome.yaml:5:12: spec.version 2.2.0 is not above 2.3.0"),
        "{message}"
    );
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn order_spelling_and_layout_are_no_difference() {
    let world = World::new();
    world.reconcile().await;
    let shuffled = "\
apiVersion: flowgate.dev/v1
kind: Flow
metadata: {name: welcome, labels: {team: care}}
spec:
  connectors:
    - {targetId: end, sourceId: greet, id: greet->end}
    - {targetId: greet, sourceId: begin}
  elements:
    - {type: End, id: end, configuration: {}}
    - configuration:
        prompt: >-
          Welcome
      type: IVR
      id: greet
    - {id: begin, type: Begin}
";
    world.write("flows/welcome.yaml", shuffled);
    world.commit("shuffled");
    let nodes = json!([
        {"id": "greet", "type": "IVR", "configuration": {"prompt": "Welcome"}, "position": {"x": 7, "y": 9}},
        {"id": "begin", "type": "Begin", "configuration": {}},
        {"id": "end", "type": "End"}
    ]);
    world
        .control(Method::PUT, "flows/welcome/draft", json!({"nodes": nodes, "updatedBy": "bob"}))
        .await;
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(report.plan.unchanged, 1, "{:?}", report.plan.resources);
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn layout_that_the_designer_made_is_carried_into_the_next_version() {
    let world = World::new();
    world.reconcile().await;
    let nodes = json!([
        {"id": "begin", "type": "Begin", "configuration": {}, "position": {"x": 1}},
        {"id": "greet", "type": "IVR", "configuration": {"prompt": "Welcome"}, "position": {"x": 2}},
        {"id": "end", "type": "End", "configuration": {}, "position": {"x": 3}}
    ]);
    world
        .control(Method::PUT, "flows/welcome/draft", json!({"nodes": nodes, "updatedBy": "bob"}))
        .await;
    world.change_prompt("Hello");
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.1"]);
    let version = world.dump().await["versions"]["ver-000001-000002"].clone();
    let greet = json!({"id": "greet", "type": "IVR", "configuration": {"prompt": "Hello"}, "position": {"x": 2}});
    let elements = version["elements"].as_array().expect("elements");
    assert!(elements.contains(&greet), "{version}");
}

#[tokio::test(start_paused = true)]
async fn a_pass_over_unchanged_flows_sends_two_lists_and_a_token() {
    let files: Vec<_> =
        (0..450).map(|n| (format!("flows/f{n}.yaml"), flow(&format!("f{n}"), "Hi"))).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    let world = World::with(&files);
    let report = world.reconcile().await;
    assert_eq!(report.status.map(|status| status.counts.changed), Some(450));
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(report.plan.unchanged, 450);
    let sent = world.emulator.requests().len();
    assert!(sent <= 450 / 200 + 5, "{sent} requests");
}

#[tokio::test(start_paused = true)]
async fn a_selector_narrows_the_pass_and_nothing_else_is_touched() {
    let care = flow("care", "Hi").replace("{name: care}", "{name: care, labels: {team: care}}");
    let world = World::with(&[
        ("flows/care.yaml", care),
        ("flows/welcome.yaml", flow("welcome", "Welcome")),
    ]);
    let selector = Selector::Label { label: "team".to_owned(), value: "care".to_owned() };
    let narrowed =
        flowgate::controller::Request { selector: Some(selector), ..request("development") };
    assert_eq!(outcomes(&world.run(&narrowed).await), ["care Created 1.0.0"]);
}

#[tokio::test(start_paused = true)]
async fn errors_in_manifests_send_nothing_and_leave_no_note() {
    let world = World::new();
    world.write("flows/broken.yaml", &flow("broken", "x").replace("type: End", "type: Ende"));
    world.commit("broken");
    let Err(Error::Findings(findings)) = world.try_pass(&request("development")).await else {
        panic!("the pass must not run");
    };
    assert_eq!(findings[0].code, Code::UnknownElementType);
    assert_eq!(world.emulator.requests(), []);
    assert!(!world.refs().contains("refs/notes"));
}

#[tokio::test(start_paused = true)]
async fn a_dirty_work_tree_is_named_and_not_read() {
    let world = World::new();
    world.write("flows/welcome.yaml", &flow("welcome", "not committed"));
    let report = world.reconcile().await;
    assert_eq!(report.dirty, ["flows/welcome.yaml"]);
    assert!(!world.dump().await.to_string().contains("not committed"));
}

#[tokio::test(start_paused = true)]
async fn a_renamed_flow_keeps_its_id_and_makes_no_twin() {
    let world = World::new();
    world.reconcile().await;
    let renamed = flow("greeting", "Welcome")
        .replace("{name: greeting}", "{name: greeting, renamedFrom: welcome}");
    world.git(&["rm", "--quiet", "flows/welcome.yaml"]);
    world.write("flows/greeting.yaml", &renamed);
    world.commit("rename");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["greeting Updated 1.0.0"]);
    assert!(
        !world
            .git(&["ls-tree", "-r", "--name-only", "refs/flowgate/state/development"])
            .contains("welcome")
    );
    assert_eq!(world.dump().await["flows"].as_object().map(serde_json::Map::len), Some(1));
    world.writes().await;
    world.reconcile().await;
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn orphans_are_kept_until_prune_asks_for_them() {
    let world = World::with(&[
        ("flows/old.yaml", flow("old", "Old")),
        ("flows/welcome.yaml", flow("welcome", "Welcome")),
    ]);
    world.reconcile().await;
    world.git(&["rm", "--quiet", "flows/old.yaml"]);
    world.commit("retire");
    world.writes().await;
    assert_eq!(outcomes(&world.reconcile().await), ["old Kept -"]);
    let prune = flowgate::controller::Request {
        prune: Some(flowgate::model::Prune::Owned),
        ..request("development")
    };
    let report = world.run(&prune).await;
    assert_eq!(outcomes(&report), ["old Kept -"]);
    assert!(crate::world::message(&report).contains("still deployed"), "{report:?}");
    assert_eq!(world.writes().await, []);
    world
        .control(Method::DELETE, "flows/old/deployments/DEVELOPMENT", serde_json::Value::Null)
        .await;
    assert_eq!(outcomes(&world.run(&prune).await), ["old Deleted -"]);
    assert_eq!(outcomes(&world.run(&prune).await), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_second_pass_sends_no_write_where_the_platform_names_no_published_version() {
    let world = World::new();
    world.forgetful(Answer::Arrives).await.expect("a report");
    world.writes().await;
    let second = world.forgetful(Answer::Arrives).await.expect("a report");
    assert_eq!((second.plan.unchanged, world.writes().await), (1, Vec::new()));
    world.change_prompt("Hello");
    let third = world.forgetful(Answer::Arrives).await.expect("a report");
    assert_eq!(outcomes(&third), ["welcome Updated 1.0.1"]);
}

#[tokio::test(start_paused = true)]
async fn a_rename_in_git_alone_is_recorded_without_a_write() {
    let named =
        |name: &str| flow(name, "Hi").replace("spec:\n", "spec:\n  displayName: Front desk\n");
    let world = World::with(&[("flows/old.yaml", named("old"))]);
    world.reconcile().await;
    world.git(&["rm", "--quiet", "flows/old.yaml"]);
    let renamed = named("new").replace("{name: new}", "{name: new, renamedFrom: old}");
    world.write("flows/new.yaml", &renamed);
    world.commit("rename");
    world.writes().await;
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    let records = world.git(&["ls-tree", "-r", "--name-only", "refs/flowgate/state/development"]);
    assert_eq!(records, "Flow/new.json");
    world.write("flows/new.yaml", &named("new"));
    world.commit("done");
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_new_name_without_renamed_from_is_asked_about_and_nothing_is_sent() {
    let named =
        |name: &str| flow(name, "Hi").replace("spec:\n", "spec:\n  displayName: Front desk\n");
    let world = World::with(&[("flows/old.yaml", named("old"))]);
    world.reconcile().await;
    world.git(&["rm", "--quiet", "flows/old.yaml"]);
    world.write("flows/new.yaml", &named("new"));
    world.commit("rename");
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["new Failed -", "old Kept -"]);
    let message = crate::world::message(&report);
    assert!(message.contains("add `renamedFrom: old`"), "{message}");
    assert_eq!(world.writes().await, []);
}
