//! Values from outside git: fetched once a pass, part of the plan, and no reason to stop the rest.

use std::time::Duration;

use flowgate::controller::{Cache, Error, Mode, Report, Request, Reviewed};
use flowgate::model::{Outcome, Prune, Selector};
use flowgate::render;
use flowgate::render::Style;
use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::world::{ONE, PROJECT, World, flow, message, outcomes, request};

const CONFIG: &str = "https://config.acme.example/cx?team=care";
const CRM: &str = "https://crm.acme.example/";

const SOURCES: &str = "sources: {\
     cx-config: {url: 'https://config.acme.example/cx?team=care', \
     fields: {priority: string, wait: {type: number, pointer: /queue/wait}}, \
     headers: {X-Api-Key: {env: CONFIG_KEY}}}, \
     crm: {url: 'https://crm.acme.example/', fields: {open: boolean}, timeoutSeconds: 2}}";

/// A project whose environment `development` has sources.
fn project(of: &str) -> String {
    of.replace(
        "targetEnvironment: DEVELOPMENT}",
        &format!("targetEnvironment: DEVELOPMENT, {SOURCES}}}"),
    )
}

/// A flow that takes fields of a source.
fn taking(name: &str, source: &str, fields: &[&str]) -> String {
    let keys: Vec<String> = fields
        .iter()
        .map(|field| format!("{field}: {{valueFrom: {{source: {source}, field: {field}}}}}"))
        .collect();
    flow(name, "Hi").replace("prompt: \"Hi\"", &format!("prompt: Hi, {}", keys.join(", ")))
}

fn welcome() -> String {
    taking("welcome", "cx-config", &["priority"])
}

fn world(files: &[(&str, String)]) -> World {
    let world = World::of(&project(ONE), files);
    world.sources.answer(CONFIG, 200, r#"{"priority": "low", "queue": {"wait": 5}}"#);
    world.sources.answer(CRM, 200, r#"{"open": true}"#);
    world
}

fn one() -> World {
    world(&[("flows/welcome.yaml", welcome())])
}

fn set_priority(world: &World, priority: &str) {
    let body = json!({"priority": priority, "queue": {"wait": 5}, "other": 1});
    world.sources.answer(CONFIG, 200, &body.to_string());
}

/// The configuration of `greet` in the draft of a flow, by the number in which it was made.
async fn live(world: &World, flow: u8) -> Value {
    let path = format!("/api/v2/flows/flow-00000{flow}");
    let answer = world.call(Method::GET, &path, Value::Null).await;
    let nodes = answer["flow"]["nodes"].as_array().or(answer["flow"]["draft"]["nodes"].as_array());
    let nodes = nodes.unwrap_or_else(|| panic!("{answer}"));
    let greet = nodes.iter().find(|node| node["id"] == "greet").expect("greet");
    greet["configuration"].clone()
}

/// The plan as people read it.
fn shown(report: &Report) -> String {
    let text = render::plan::text(&report.plan, Style { color: false, width: 100 });
    text.replace(report.plan.revision.short(), "REVISION")
}

async fn dry_run(world: &World) -> Report {
    world.run(&Request { mode: Mode::DryRun, ..request("development") }).await
}

#[tokio::test(start_paused = true)]
async fn a_value_is_asked_once_and_deployed_and_asked_again_without_a_write() {
    let files = [
        ("flows/a.yaml", taking("a", "cx-config", &["priority"])),
        ("flows/b.yaml", taking("b", "cx-config", &["priority", "wait"])),
    ];
    let world = world(&files);
    assert_eq!(outcomes(&world.reconcile().await), ["a Created 1.0.0", "b Created 1.0.0"]);
    assert_eq!(world.sources.asked(), [format!("GET {CONFIG} hunter2")]);
    assert_eq!(live(&world, 1).await, json!({"prompt": "Hi", "priority": "low"}));
    world.writes().await;
    assert_eq!(world.reconcile().await.plan.unchanged, 2);
    assert_eq!(world.writes().await, []);
    assert_eq!(world.sources.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_changed_value_makes_a_version_without_a_commit() {
    let world = one();
    world.reconcile().await;
    set_priority(&world, "high");
    insta::assert_snapshot!(shown(&dry_run(&world).await), @r#"
    Plan of bank for development: tenant sandbox, target environment DEVELOPMENT, revision REVISION
      ~ update

    ~ Flow/welcome "welcome" 1.0.0 → 1.0.1 (flows/welcome.yaml:3)
        ~ element greet (IVR)
            ~ /configuration/priority: "low" → "high" (from cx-config.priority)
        steps: create version 1.0.1 → validate → publish → deploy to DEVELOPMENT

    Plan: 0 to create, 1 to update, 0 to delete, 0 unchanged, 0 left alone.
    "#);
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.1"]);
    assert_eq!(live(&world, 1).await["priority"], "high");
    world.writes().await;
    world.reconcile().await;
    assert_eq!(world.writes().await, []);
    // And back again: the version that was is taken once more.
    set_priority(&world, "low");
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.0"]);
}

#[tokio::test(start_paused = true)]
async fn manifests_that_were_kept_from_an_earlier_pass_do_not_keep_its_values() {
    let (world, mut cache) = (one(), Cache::default());
    assert_eq!(outcomes(&world.reconcile_again(&mut cache).await), ["welcome Created 1.0.0"]);
    set_priority(&world, "high");
    assert_eq!(outcomes(&world.reconcile_again(&mut cache).await), ["welcome Updated 1.0.1"]);
    assert_eq!(world.reconcile_again(&mut cache).await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_first_plan_shows_each_value_beside_its_source() {
    let world = one();
    let report = dry_run(&world).await;
    insta::assert_snapshot!(shown(&report), @r#"
    Plan of bank for development: tenant sandbox, target environment DEVELOPMENT, revision REVISION
      + create

    + Flow/welcome "welcome" 1.0.0 (flows/welcome.yaml:3)
        + 3 elements
            + Begin: begin
            + End: end
            + IVR: greet
        + 2 connectors
        + greet /configuration/priority: "low" (from cx-config.priority)
        steps: create flow → create version 1.0.0 → validate → publish → deploy to DEVELOPMENT

    Plan: 1 to create, 0 to update, 0 to delete, 0 unchanged, 0 left alone.
    "#);
    let document = render::plan::json(&report.plan, &report.hash);
    assert_eq!(
        document["resources"][0]["sources"],
        json!([{"element": "greet", "pointer": "/configuration/priority", "source": "cx-config",
                "field": "priority", "value": "low"}])
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_down_fails_only_the_flows_that_use_it() {
    let world = world(&[
        ("flows/open.yaml", taking("open", "crm", &["open"])),
        ("flows/plain.yaml", flow("plain", "Hi")),
        ("flows/welcome.yaml", welcome()),
    ]);
    world.reconcile().await;
    world.sources.answer(CONFIG, 503, "down");
    world.sources.answer(CRM, 200, r#"{"open": false}"#);
    world.write("flows/plain.yaml", &flow("plain", "Hello"));
    world.write("flows/welcome.yaml", &welcome().replace("prompt: Hi", "prompt: Hello"));
    world.commit("both");
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(
        outcomes(&report),
        ["open Updated 1.0.1", "plain Updated 1.0.1", "welcome Failed -"]
    );
    let status = report.status.expect("a recorded pass");
    assert_eq!(status.outcome, Outcome::Failed);
    assert_eq!(
        status.resources[2].message.as_deref(),
        Some(
            "source cx-config of development (https://config.acme.example/cx): it answered 503, \
             and 200 is expected; the flow stays as it is"
        )
    );
    let sent = world.emulator.requests();
    let welcome = sent.iter().filter(|one| one.path.contains("flow-000003")).count();
    assert_eq!(welcome, 0, "{sent:?}");
    assert_eq!(live(&world, 1).await, json!({"prompt": "Hi", "open": false}));
    assert_eq!(live(&world, 3).await, json!({"prompt": "Hi", "priority": "low"}));
    set_priority(&world, "low");
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.1"]);
}

#[tokio::test(start_paused = true)]
async fn every_way_in_which_a_source_fails_is_told_and_nothing_is_sent() {
    let table = [
        (200, r#"{"priority": 5}"#, "priority is a number, and a string is expected"),
        (200, r#"{"priority": null}"#, "priority is null, and a string is expected"),
        (200, "{}", "the answer has no /priority (field priority), and a string is expected there"),
        (200, "[]", "the answer is a list, and a JSON object is expected"),
        (200, "<html>", "the answer is no JSON (line 1, column 1); a JSON object is expected"),
        (404, "{}", "it answered 404, and 200 is expected"),
        (302, "", "it answered 302; redirects are not followed: write the final address as `url`"),
    ];
    for (status, body, why) in table {
        let world = one();
        world.sources.answer(CONFIG, status, body);
        let report = world.reconcile().await;
        assert_eq!(outcomes(&report), ["welcome Failed -"], "{why}");
        let expected = format!(
            "source cx-config of development (https://config.acme.example/cx): {why}; the flow \
             stays as it is"
        );
        assert_eq!(message(&report), expected);
        assert_eq!(world.writes().await, [], "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_of_the_wrong_type_fails_only_the_flows_that_take_it() {
    let world = world(&[
        ("flows/a.yaml", taking("a", "cx-config", &["wait"])),
        ("flows/b.yaml", taking("b", "cx-config", &["priority"])),
    ]);
    world.sources.answer(CONFIG, 200, r#"{"priority": "low", "queue": {"wait": "5"}}"#);
    assert_eq!(outcomes(&world.reconcile().await), ["a Failed -", "b Created 1.0.0"]);
}

#[tokio::test(start_paused = true)]
async fn a_source_is_asked_once_more_and_then_no_more() {
    let world = one();
    world.sources.answer(CONFIG, 500, "");
    world.reconcile().await;
    assert_eq!(world.sources.asked().len(), 2);
    world.sources.answer(CONFIG, 404, "");
    world.reconcile().await;
    assert_eq!(world.sources.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn slow_sources_are_waited_for_side_by_side_and_not_for_ever() {
    let world = world(&[
        ("flows/open.yaml", taking("open", "crm", &["open"])),
        ("flows/welcome.yaml", welcome()),
    ]);
    world.sources.answer_after(CONFIG, Duration::from_secs(4), 200, r#"{"priority": "low"}"#);
    world.sources.answer_after(CRM, Duration::from_secs(3), 200, r#"{"open": true}"#);
    let begun = Instant::now();
    let report = dry_run(&world).await;
    let reasons: Vec<_> = report.plan.resources.iter().map(|one| one.reason.as_deref()).collect();
    let late = "source crm of development (https://crm.acme.example/): it did not answer in time; \
                the flow stays as it is";
    assert_eq!(reasons, [Some(late), None]);
    // Two seconds each time, and half of one between.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn only_sources_that_the_pass_needs_are_asked() {
    let labelled = welcome().replace("{name: welcome}", "{name: welcome, labels: {team: care}}");
    let world = world(&[
        ("flows/open.yaml", taking("open", "crm", &["open"])),
        ("flows/plain.yaml", flow("plain", "Hi")),
        ("flows/welcome.yaml", labelled),
    ]);
    let care = Selector::Label { label: "team".to_owned(), value: "care".to_owned() };
    world.run(&Request { selector: Some(care), ..request("development") }).await;
    assert_eq!(world.sources.asked(), [format!("GET {CONFIG} hunter2")]);
    world.reconcile().await;
    assert_eq!(world.sources.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_flow_without_its_values_is_no_orphan_and_keeps_what_it_uses() {
    let action = "apiVersion: flowgate.dev/v1\nkind: DataAction\nmetadata: {name: lookup}\nspec:\n  \
                  script: {content: 'function main() { return {} }'}\n";
    let using = welcome()
        .replace("type: IVR, configuration: {", "type: API, configuration: {dataAction: lookup, ");
    let world =
        world(&[("data-actions/lookup.yaml", action.to_owned()), ("flows/welcome.yaml", using)]);
    world.reconcile().await;
    world.sources.answer(CONFIG, 503, "");
    std::fs::remove_file(world.path().join("data-actions/lookup.yaml")).expect("a file");
    world.write("flows/welcome.yaml", &welcome());
    world.commit("without lookup");
    world.writes().await;
    let prune = Request { prune: Some(Prune::Owned), ..request("development") };
    let report = world.run(&prune).await;
    assert_eq!(outcomes(&report), ["lookup Kept -", "welcome Failed -"]);
    assert_eq!(world.writes().await, []);
    set_priority(&world, "low");
    assert_eq!(outcomes(&world.run(&prune).await), ["lookup Deleted -", "welcome Updated 2.0.0"]);
}

#[tokio::test(start_paused = true)]
async fn a_reviewed_plan_is_refused_when_a_value_moved_since() {
    let world = one();
    let report = dry_run(&world).await;
    let document = render::plan::json(&report.plan, &report.hash);
    let reviewed = Reviewed::read("plan.json".to_owned(), &document).expect("a plan");
    let apply = Request { mode: Mode::ApplyReviewed(reviewed), ..request("development") };
    set_priority(&world, "high");
    assert_ne!(dry_run(&world).await.hash, report.hash);
    let error = world.try_pass(&apply).await.expect_err("moved");
    let Error::PlanMoved { moved, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*moved, [r#"Flow/welcome: cx-config.priority is "high" now, and was "low""#]);
    assert_eq!(world.writes().await, []);
    world.sources.answer(CONFIG, 404, "");
    let error = world.try_pass(&apply).await.expect_err("gone");
    let Error::PlanMoved { moved, .. } = &error else { panic!("{error:?}") };
    assert!(moved[0].contains("it answered 404"), "{moved:?}");
    set_priority(&world, "low");
    assert_eq!(outcomes(&world.run(&apply).await), ["welcome Created 1.0.0"]);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_git_gave_to_another_value_fails_that_flow_alone() {
    let numbered = welcome().replace("spec:\n", "spec:\n  version: 2.0.0\n");
    let world =
        world(&[("flows/plain.yaml", flow("plain", "Hi")), ("flows/welcome.yaml", numbered)]);
    world.reconcile().await;
    set_priority(&world, "high");
    world.write("flows/plain.yaml", &flow("plain", "Hello"));
    world.commit("plain");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["plain Updated 1.0.1", "welcome Failed -"]);
    let status = report.status.expect("a recorded pass");
    let message = status.resources[1].message.clone().unwrap_or_default();
    assert!(message.contains("spec.version 2.0.0 is not above 2.0.0"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn an_environment_with_other_values_gets_a_version_of_its_own() {
    let both = project(PROJECT).replace(
        "      gates: [tests, approval]\n",
        &format!("      {}\n", SOURCES.replace("team=care", "team=prod")),
    );
    let world = World::of(&both, &[("flows/welcome.yaml", welcome())]);
    set_priority(&world, "low");
    world.sources.answer(&CONFIG.replace("care", "prod"), 200, r#"{"priority": "low"}"#);
    world.reconcile().await;
    assert_eq!(outcomes(&world.run(&request("production")).await), ["welcome Updated 1.0.0"]);
    world.sources.answer(&CONFIG.replace("care", "prod"), 200, r#"{"priority": "high"}"#);
    assert_eq!(outcomes(&world.run(&request("production")).await), ["welcome Updated 1.0.1"]);
    world.writes().await;
    world.reconcile().await;
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_there_is_named_and_one_that_is_never_shows() {
    let world = one();
    let report = world.reconcile().await;
    let shown = format!("{report:?} {}", world.git(&["log", "--all", "--patch", "--notes=*"]));
    assert!(!shown.contains("hunter2"), "a secret shows");
    world.write("flowgate.yaml", &project(ONE).replace("CONFIG_KEY", "OTHER_KEY"));
    world.commit("key");
    let report = world.reconcile().await;
    assert!(message(&report).contains("Env(\"OTHER_KEY\") is not set"), "{}", message(&report));
    assert_eq!(world.sources.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_someone_changed_live_is_drift_and_not_overwritten() {
    let world = one();
    world.reconcile().await;
    let nodes = json!([
        {"id": "begin", "type": "Begin", "configuration": {}},
        {"id": "greet", "type": "IVR", "configuration": {"prompt": "Hi", "priority": "urgent"}},
        {"id": "end", "type": "End", "configuration": {}}
    ]);
    let edit = json!({"nodes": nodes, "updatedBy": "bob"});
    world.control(Method::PUT, "flows/welcome/draft", edit).await;
    world.writes().await;
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Drifted 1.0.0"]);
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_comes_from_a_source_is_never_adopted_as_a_value() {
    let adopting =
        project(ONE).replace("DEVELOPMENT, sources", "DEVELOPMENT, drift: adopt, sources");
    let world = World::of(&adopting, &[("flows/welcome.yaml", welcome())]);
    set_priority(&world, "low");
    world.reconcile().await;
    let edit = |priority: &str, prompt: &str| {
        json!({"updatedBy": "bob", "nodes": [
            {"id": "begin", "type": "Begin", "configuration": {}},
            {"id": "greet", "type": "IVR",
             "configuration": {"prompt": prompt, "priority": priority}},
            {"id": "end", "type": "End", "configuration": {}}
        ]})
    };
    world.control(Method::PUT, "flows/welcome/draft", edit("low", "Bob was here")).await;
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["welcome Drifted 1.0.0"]);
    let offered = || world.git(&["show", "flowgate/drift/development:flows/welcome.yaml"]);
    assert_eq!(offered(), welcome().replace("prompt: Hi", "prompt: Bob was here").trim());

    world.control(Method::PUT, "flows/welcome/draft", edit("high", "Bob was here again")).await;
    let report = world.reconcile().await;
    assert_eq!(offered(), welcome().replace("prompt: Hi", "prompt: Bob was here again").trim());
    let left = &report.adopted.as_ref().expect("adopted").left;
    assert!(
        left.iter().any(|one| one.contains("/elements/greet/configuration/priority")),
        "{left:?}"
    );
}
