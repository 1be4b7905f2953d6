//! Data actions: made, written, tested and deleted, whatever others do meanwhile.

use std::fmt::Write as _;

use flowgate::controller::Request;
use flowgate::model::{Outcome, Prune, ResourceOutcome};
use flowgate::plan::Adopt;
use http::Method;
use serde_json::{Value, json};

use crate::world::{Crash, Deed, ONE, World, message, outcome, outcomes, request};

/// What a data action says, each part under a name.
#[derive(Clone)]
struct Said<'a> {
    name: &'a str,
    description: &'a str,
    /// What its script returns.
    returns: &'a str,
    /// What its test expects; none without one.
    expects: Option<&'a str>,
    dependencies: &'a str,
    metadata: &'a str,
}

const LOOKUP: Said<'static> = Said {
    name: "lookup",
    description: "Finds the caller",
    returns: "1",
    expects: Some("1"),
    dependencies: "",
    metadata: "",
};

impl Said<'_> {
    fn text(&self) -> String {
        let Self { name, description, returns, expects, dependencies, metadata } = self;
        let mut text = format!(
            "apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {{name: {name}{metadata}}}
spec:
  description: {description}
  dependencies: [{dependencies}]
  script:
    language: JavaScript
    content: |
      function main(context) {{
        return {returns};
      }}
"
        );
        if let Some(expected) = expects {
            let case = format!(
                "  tests:\n    - {{name: one, input: {{}}, expect: {{output: {expected}}}}}\n"
            );
            text.write_str(&case).expect("a text");
        }
        text
    }

    fn path(&self) -> String {
        format!("data-actions/{}.yaml", self.name)
    }
}

fn world(actions: &[Said<'_>]) -> World {
    let world = World::of(ONE, &[]);
    commit(&world, actions, "actions");
    world
}

fn commit(world: &World, actions: &[Said<'_>], message: &str) {
    for action in actions {
        world.write(&action.path(), &action.text());
    }
    world.commit(message);
}

/// `lookup`, reconciled.
async fn reconciled() -> World {
    let world = world(&[LOOKUP]);
    assert_eq!(outcomes(&world.reconcile().await), ["lookup Created -"]);
    world.writes().await;
    world
}

/// Methods and paths of the mutating requests since the last call.
async fn sent(world: &World) -> Vec<String> {
    let writes = world.writes().await.into_iter();
    writes
        .map(|write| format!("{} {}", write.method, write.path.replace("/api/v2/dataactions", "")))
        .collect()
}

async fn live(world: &World, name: &str) -> Value {
    let dump = world.dump().await;
    let all = dump["dataActions"].as_object().cloned().unwrap_or_default();
    let mut named = all.into_values().filter(|one| one["body"]["name"] == name);
    named.next().unwrap_or_default()
}

async fn count(world: &World) -> usize {
    world.dump().await["dataActions"].as_object().map_or(0, serde_json::Map::len)
}

async fn description(world: &World) -> Value {
    live(world, "lookup").await["body"]["description"].clone()
}

async fn returns(world: &World, text: &str) -> bool {
    live(world, "lookup").await["body"]["content"].to_string().contains(&format!("return {text};"))
}

/// Another client's data action of that name, which does the same as `LOOKUP`.
async fn foreign(world: &World, description: &str) {
    let body = json!({
        "name": "lookup", "description": description, "type": "SCRIPT",
        "trigger": {"type": "MANUAL"}, "enabled": true, "dependencies": [],
        "script": {"language": "JavaScript", "content": "function main(context) {\n  return 1;\n}\n"},
    });
    world.call(Method::POST, "/api/v2/dataactions/actions", body).await;
    world.writes().await;
}

/// Commits that `lookup` returns 2.
fn two(world: &World) {
    commit(world, &[TWO], "two");
}

const TWO: Said<'static> = Said { returns: "2", expects: Some("2"), ..LOOKUP };

fn moved_on(report: &flowgate::controller::Report) -> (ResourceOutcome, String) {
    (outcome(report), message(report))
}

fn edit(name: &str, body: Value) -> Deed {
    (Method::PUT, format!("/_emulator/data-actions/{name}"), body)
}

async fn edited(world: &World, name: &str, body: Value) {
    world.control(Method::PUT, &format!("data-actions/{name}"), body).await;
}

fn with(adopt: Adopt, prune: Option<Prune>) -> Request {
    Request { adopt, prune, ..request("development") }
}

#[tokio::test(start_paused = true)]
async fn a_data_action_is_made_tested_and_then_left_alone() {
    let world = world(&[LOOKUP]);
    assert_eq!(outcomes(&world.reconcile().await), ["lookup Created -"]);
    assert_eq!(sent(&world).await, ["POST /actions", "POST /actions/action-000001/test"]);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    assert_eq!(sent(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_changed_script_is_one_put_and_its_tests() {
    let world = reconciled().await;
    commit(&world, &[Said { returns: "2", expects: Some("2"), ..LOOKUP }], "two");
    assert_eq!(outcomes(&world.reconcile().await), ["lookup Updated -"]);
    let id = "action-000001";
    assert_eq!(
        sent(&world).await,
        [format!("PUT /actions/{id}"), format!("POST /actions/{id}/test")]
    );
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    assert_eq!(sent(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn spelling_order_and_labels_are_no_difference() {
    let base = Said { name: "base", expects: None, ..LOOKUP };
    let more = Said { name: "more", expects: None, ..LOOKUP };
    let user = Said { dependencies: "base, more", ..LOOKUP };
    let world = world(&[base.clone(), more.clone(), user.clone()]);
    world.reconcile().await;
    world.writes().await;
    let shuffled = Said { dependencies: "more, base", metadata: ", labels: {team: care}", ..user };
    commit(&world, &[shuffled], "shuffled");
    world.reconcile().await;
    assert_eq!(world.reconcile().await.plan.unchanged, 3);
    assert_eq!(sent(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_script_moved_into_a_file_is_no_difference() {
    let world = reconciled().await;
    let (head, _) = LOOKUP
        .text()
        .split_once("    content:")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("a script");
    world.write("data-actions/lookup.js", "function main(context) {\n  return 1;\n}\n");
    world.write("data-actions/lookup.yaml", &format!("{head}    file: lookup.js\n  tests:\n    - {{name: one, input: {{}}, expect: {{output: 1}}}}\n"));
    world.commit("file");
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    assert_eq!(sent(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_put_that_meets_a_touch_is_sent_again() {
    for at in 0..20 {
        let world = reconciled().await;
        two(&world);
        let touch = edit("lookup", json!({"description": "Finds the caller"}));
        let (struck, report) = world.meddled_by(&request("development"), at, touch).await;
        let Some(struck) = struck else { return };
        assert_eq!(outcome(&report), ResourceOutcome::Updated, "{struck:?}: {}", message(&report));
        assert!(returns(&world, "2").await, "{struck:?}");
        assert_eq!(outcomes(&world.reconcile().await), [""; 0], "{struck:?}");
    }
    panic!("the pass is longer than expected");
}

#[tokio::test(start_paused = true)]
async fn what_a_person_wrote_during_the_pass_stays_and_is_drift() {
    for at in 0..20 {
        let world = reconciled().await;
        two(&world);
        let bob = edit("lookup", json!({"description": "Bob's"}));
        let (struck, report) = world.meddled_by(&request("development"), at, bob).await;
        let Some(struck) = struck else { return };
        assert_eq!(description(&world).await, "Bob's", "{struck:?}");
        assert!(returns(&world, "2").await, "{struck:?}");
        if !struck.request.ends_with("/test") {
            assert_eq!(outcome(&report), ResourceOutcome::Drifted, "{struck:?}");
            assert!(message(&report).contains("/description"), "{struck:?}: {}", message(&report));
        }
        world.writes().await;
        let (next, why) = moved_on(&world.reconcile().await);
        assert_eq!(next, ResourceOutcome::Drifted, "{struck:?}: {why}");
        assert_eq!(sent(&world).await, [""; 0], "{struck:?}");
        assert_eq!(description(&world).await, "Bob's", "{struck:?}");
    }
    panic!("the pass is longer than expected");
}

#[tokio::test(start_paused = true)]
async fn the_same_part_written_during_the_pass_is_a_conflict() {
    for at in 0..20 {
        let world = reconciled().await;
        two(&world);
        let script = "function main(context) {\n  return 'Bob';\n}\n";
        let (struck, report) = world
            .meddled_by(&request("development"), at, edit("lookup", json!({"script": script})))
            .await;
        let Some(struck) = struck else { return };
        assert!(returns(&world, "'Bob'").await, "{struck:?}");
        if !struck.request.ends_with("/test") {
            assert_eq!(
                outcome(&report),
                ResourceOutcome::Conflict,
                "{struck:?}: {}",
                message(&report)
            );
        }
        world.writes().await;
        let next = outcome(&world.reconcile().await);
        assert!(matches!(next, ResourceOutcome::Conflict | ResourceOutcome::Drifted), "{struck:?}");
        assert_eq!(sent(&world).await, [""; 0], "{struck:?}");
    }
    panic!("the pass is longer than expected");
}

#[tokio::test(start_paused = true)]
async fn a_rename_during_the_pass_is_not_taken_back() {
    for at in 0..20 {
        let world = reconciled().await;
        two(&world);
        let (struck, report) = world
            .meddled_by(&request("development"), at, edit("lookup", json!({"name": "bobs"})))
            .await;
        let Some(struck) = struck else { return };
        for _ in 0..3 {
            assert_eq!(live(&world, "lookup").await, Value::Null, "{struck:?}: {report:?}");
            assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Drifted, "{struck:?}");
        }
        assert_eq!(count(&world).await, 1);
    }
    panic!("the pass is longer than expected");
}

#[tokio::test(start_paused = true)]
async fn a_live_edit_alone_is_drift_and_is_left() {
    let world = reconciled().await;
    edited(&world, "lookup", json!({"description": "Bob's"})).await;
    for _ in 0..2 {
        let (ended, why) = moved_on(&world.reconcile().await);
        assert_eq!(ended, ResourceOutcome::Drifted);
        assert!(why.contains("someone changed /description"), "{why}");
        assert_eq!(sent(&world).await, [""; 0]);
    }
    commit(&world, &[Said { description: "Bob's", ..LOOKUP }], "as live");
    assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Updated);
    assert_eq!(sent(&world).await, ["POST /actions/action-000001/test"]);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn git_and_a_person_at_the_same_part_are_a_conflict() {
    let world = reconciled().await;
    edited(&world, "lookup", json!({"description": "Bob's"})).await;
    commit(&world, &[Said { description: "Ours", ..LOOKUP }], "ours");
    for _ in 0..2 {
        let (ended, why) = moved_on(&world.reconcile().await);
        assert_eq!(ended, ResourceOutcome::Conflict, "{why}");
        assert_eq!(sent(&world).await, [""; 0]);
    }
    assert_eq!(description(&world).await, "Bob's");
    edited(&world, "lookup", json!({"description": "Ours"})).await;
    world.reconcile().await;
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn what_git_changed_elsewhere_is_written_beside_a_live_edit() {
    let world = reconciled().await;
    edited(&world, "lookup", json!({"description": "Bob's"})).await;
    for returns in ["2", "3", "1"] {
        commit(&world, &[Said { returns, expects: Some(returns), ..LOOKUP }], returns);
        let (ended, why) = moved_on(&world.reconcile().await);
        assert_eq!(ended, ResourceOutcome::Drifted, "{why}");
        assert_eq!(sent(&world).await.len(), 2);
        assert!(self::returns(&world, returns).await);
        assert_eq!(description(&world).await, "Bob's");
        assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Drifted);
        assert_eq!(sent(&world).await, [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn lost_answers_make_no_twin_and_no_failure() {
    for (method, cut) in
        [("POST", "nothing"), ("POST", "half"), ("PUT", "nothing"), ("PUT", "half")]
    {
        let world = if method == "PUT" { reconciled().await } else { world(&[LOOKUP]) };
        if method == "PUT" {
            two(&world);
        }
        let fault = json!({"path": "/api/v2/dataactions/actions/**", "method": method, "when": "after", "cut": cut});
        world.control(Method::POST, "faults", fault).await;
        let fault = json!({"path": "/api/v2/dataactions/actions", "method": method, "when": "after", "cut": cut});
        world.control(Method::POST, "faults", fault).await;
        let ended = outcome(&world.reconcile().await);
        assert!(
            matches!(ended, ResourceOutcome::Created | ResourceOutcome::Updated),
            "{method} {cut}: {ended}"
        );
        assert_eq!(count(&world).await, 1, "{method} {cut}");
        world.writes().await;
        assert_eq!(world.reconcile().await.plan.unchanged, 1, "{method} {cut}");
        assert_eq!(sent(&world).await, [""; 0]);
    }
}

/// Lets a pass die at each of its requests, and runs the next.
async fn dies_everywhere(before: Option<&[Said<'_>]>, then: &[Said<'_>]) {
    for crash in [Crash::Before, Crash::After] {
        for at in 0.. {
            let world = world(before.unwrap_or(then));
            if before.is_some() {
                world.reconcile().await;
                commit(&world, then, "then");
            }
            if !world.dies(&request("development"), at, crash).await {
                assert!(at > 3, "the pass has {at} requests only");
                break;
            }
            world.writes().await;
            let status = world.reconcile().await.status.expect("applied");
            assert_eq!(status.outcome, Outcome::Synced, "{crash:?} at {at}: {status:?}");
            let tested = sent(&world).await.iter().any(|one| one.ends_with("/test"));
            assert!(tested, "{crash:?} at {at}: what was not tested is tested");
            assert_eq!(count(&world).await, then.len(), "{crash:?} at {at}");
            assert_eq!(world.reconcile().await.plan.unchanged, then.len(), "{crash:?} at {at}");
            assert_eq!(sent(&world).await, [""; 0], "{crash:?} at {at}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_pass_that_dies_is_finished_without_twins() {
    dies_everywhere(None, &[LOOKUP]).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_dies_is_finished() {
    dies_everywhere(Some(&[LOOKUP]), &[TWO]).await;
}

#[tokio::test(start_paused = true)]
async fn a_foreign_one_of_the_same_name_is_asked_about_and_saved_before_it_is_taken_over() {
    let world = world(&[LOOKUP]);
    foreign(&world, "Theirs").await;
    let (ended, why) = moved_on(&world.reconcile().await);
    assert_eq!(ended, ResourceOutcome::Drifted);
    assert!(why.contains("--adopt"), "{why}");
    assert_eq!(sent(&world).await, [""; 0]);
    assert_eq!(outcomes(&world.run(&with(Adopt::SameName, None)).await), ["lookup Adopted -"]);
    assert_eq!(description(&world).await, "Finds the caller");
    let saved = world.git(&["show", "refs/flowgate/drift/development:DataAction/lookup.yaml"]);
    assert!(saved.contains("Theirs") && saved.contains("return 1;"), "{saved}");
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_one_that_equals_git_is_taken_over_without_a_write() {
    let world = world(&[Said { expects: None, ..LOOKUP }]);
    foreign(&world, "Finds the caller").await;
    assert_eq!(outcomes(&world.reconcile().await), ["lookup Adopted -"]);
    assert_eq!(sent(&world).await, [""; 0]);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_was_deleted_live_is_made_again() {
    let world = reconciled().await;
    world.delete("/api/v2/dataactions/actions/action-000001").await;
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["lookup Created -"]);
    assert_eq!(count(&world).await, 1);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_git_renames_keeps_its_id() {
    let world = reconciled().await;
    world.git(&["rm", "--quiet", "data-actions/lookup.yaml"]);
    let renamed = Said { name: "find", metadata: ", renamedFrom: lookup", ..LOOKUP };
    commit(&world, &[renamed], "rename");
    assert_eq!(outcomes(&world.reconcile().await), ["find Updated -"]);
    assert_eq!(live(&world, "find").await["id"], "action-000001");
    assert_eq!(count(&world).await, 1);
    world.writes().await;
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    commit(&world, &[Said { name: "find", ..LOOKUP }], "done");
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    assert_eq!(sent(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn one_that_a_person_renamed_is_drift_whatever_git_changes_besides() {
    let world = reconciled().await;
    edited(&world, "lookup", json!({"name": "bobs"})).await;
    let (ended, why) = moved_on(&world.reconcile().await);
    assert_eq!(ended, ResourceOutcome::Drifted);
    assert!(why.contains("renamed it from \"lookup\" to \"bobs\""), "{why}");
    assert_eq!(sent(&world).await, [""; 0]);
    two(&world);
    for _ in 0..3 {
        assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Drifted);
        let name = live(&world, "bobs").await;
        assert!(name["body"]["content"].to_string().contains("return 2;"), "{name}");
    }
    assert_eq!(sent(&world).await.len(), 2, "one write and its test");
    edited(&world, "bobs", json!({"name": "lookup"})).await;
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

fn pruning() -> Request {
    with(Adopt::Never, Some(Prune::Owned))
}

/// `base` and `lookup`, which uses it; `lookup` and then both are gone from git.
async fn chain() -> World {
    let base = Said { name: "base", ..LOOKUP };
    let keep = Said { name: "keep", ..LOOKUP };
    let all = [base, keep, Said { dependencies: "base", ..LOOKUP }];
    let world = world(&all[..1]);
    world.reconcile().await;
    // One after the other: what is made side by side gets its id in any order.
    for count in 2..=all.len() {
        commit(&world, &all[..count], "more");
        world.reconcile().await;
    }
    world.git(&["rm", "--quiet", "data-actions/lookup.yaml", "data-actions/base.yaml"]);
    world.commit("retire");
    world.writes().await;
    world
}

#[tokio::test(start_paused = true)]
async fn orphans_are_kept_until_prune_and_then_go_users_first() {
    let world = chain().await;
    assert_eq!(outcomes(&world.reconcile().await), ["base Kept -", "lookup Kept -"]);
    assert_eq!(sent(&world).await, [""; 0]);
    assert_eq!(outcomes(&world.run(&pruning()).await), ["base Deleted -", "lookup Deleted -"]);
    let deletes = ["DELETE /actions/action-000003", "DELETE /actions/action-000001"];
    assert_eq!(sent(&world).await, deletes);
    assert_eq!(world.run(&pruning()).await.plan.unchanged, 1);
    assert_eq!(sent(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_orphan_that_a_foreign_one_uses_is_kept() {
    let world = chain().await;
    let body = json!({
        "name": "theirs", "type": "SCRIPT", "trigger": {"type": "MANUAL"}, "dependencies": ["base"],
        "script": {"language": "JavaScript", "content": "function main() {}"},
    });
    world.call(Method::POST, "/api/v2/dataactions/actions", body).await;
    let report = world.run(&pruning()).await;
    assert_eq!(outcomes(&report), ["base Kept -", "lookup Deleted -"]);
    assert!(message(&report).contains("uses it"), "{}", message(&report));
}

#[tokio::test(start_paused = true)]
async fn an_orphan_that_someone_changed_is_kept() {
    let world = chain().await;
    edited(&world, "lookup", json!({"description": "Bob's"})).await;
    let report = world.run(&pruning()).await;
    assert_eq!(outcomes(&report), ["base Kept -", "lookup Kept -"]);
    assert_eq!(count(&world).await, 3);
}

#[tokio::test(start_paused = true)]
async fn an_orphan_that_someone_changes_during_the_pass_is_kept() {
    for at in 0..20 {
        let world = chain().await;
        let (struck, report) =
            world.meddled_by(&pruning(), at, edit("lookup", json!({"description": "Bob's"}))).await;
        let Some(struck) = struck else { return };
        // The call takes no timestamp: the one moment that nobody can guard.
        if struck.done && !struck.request.starts_with("DELETE") {
            assert_eq!(description(&world).await, "Bob's", "{struck:?}: {report:?}");
        }
    }
    panic!("the pass is longer than expected");
}

#[tokio::test(start_paused = true)]
async fn an_orphan_that_someone_renamed_is_kept() {
    let world = chain().await;
    edited(&world, "lookup", json!({"name": "bobs"})).await;
    assert_eq!(outcomes(&world.run(&pruning()).await), ["base Kept -", "lookup Kept -"]);
    assert_eq!(live(&world, "bobs").await["id"], "action-000003");
}

#[tokio::test(start_paused = true)]
async fn protected_and_limited_orphans_refuse_the_plan_that_would_delete_them() {
    let world = chain().await;
    let rule = |rule: &str| ONE.replace("DEVELOPMENT}", &format!("DEVELOPMENT, {rule}}}"));
    world.write("flowgate.yaml", &rule("protect: [DataAction/lookup]"));
    world.commit("protect");
    let report = world.run(&pruning()).await;
    assert_eq!(outcomes(&report), ["base Waiting -", "lookup Waiting -"]);
    let status = report.status.expect("recorded");
    assert_eq!(status.outcome, Outcome::Refused);
    assert!(status.refusals[0].contains("would be deleted: DataAction/lookup"), "{status:?}");
    assert_eq!(outcomes(&world.reconcile().await), ["base Kept -", "lookup Kept -"]);
    world.write("flowgate.yaml", &rule("limits: {deletes: 1, from: 0}"));
    world.commit("limit");
    let report = world.run(&pruning()).await;
    assert_eq!(report.status.expect("recorded").outcome, Outcome::Refused);
    assert_eq!(count(&world).await, 3);
    world.writes().await;
}

#[tokio::test(start_paused = true)]
async fn a_failing_dependency_holds_up_its_users_only() {
    let base = Said { name: "base", ..LOOKUP };
    let free = Said { name: "free", ..LOOKUP };
    let world = world(&[base, free, Said { dependencies: "base", ..LOOKUP }]);
    let failure = json!({"dataAction": "base", "times": 0, "error": "no connection"});
    world.control(Method::POST, "test-failures", failure).await;
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["base Failed -", "free Created -", "lookup Held -"]);
    let status = report.status.expect("applied");
    assert!(
        status.resources[0].message.as_deref().unwrap_or_default().contains("no connection"),
        "{status:?}"
    );
    assert!(
        status.resources[2].message.as_deref().unwrap_or_default().contains("base"),
        "{status:?}"
    );
    world.writes().await;
    world.reconcile().await;
    let writes = sent(&world).await;
    assert!(writes.len() == 1 && writes[0].ends_with("/test"), "{writes:?}");
    world.control(Method::DELETE, "test-failures", Value::Null).await;
    assert_eq!(outcomes(&world.reconcile().await), ["base Updated -", "lookup Created -"]);
    assert_eq!(world.reconcile().await.plan.unchanged, 3);
}

#[tokio::test(start_paused = true)]
async fn a_refused_script_names_its_line() {
    let world = world(&[LOOKUP]);
    let refused = json!({"method": "POST", "path": "/api/v2/dataactions/actions", "status": 400, "body": {
        "code": "SCRIPT_SYNTAX_ERROR", "message": "no", "details": [{"path": "/script/content", "message": "odd", "line": 2, "column": 3}]}});
    world.control(Method::POST, "faults", refused).await;
    let (ended, why) = moved_on(&world.reconcile().await);
    assert_eq!(ended, ResourceOutcome::Failed);
    assert!(why.contains("data-actions/lookup.yaml:11:9"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn what_a_person_and_git_changed_alike_is_the_base_of_the_next_change() {
    let world = world(&[Said { expects: None, ..LOOKUP }]);
    world.reconcile().await;
    for text in ["Theirs and ours", "Ours again", "Finds the caller"] {
        if text.starts_with("Theirs") {
            edited(&world, "lookup", json!({"description": text})).await;
        }
        commit(&world, &[Said { description: text, expects: None, ..LOOKUP }], text);
        let report = world.reconcile().await;
        let settled = report.plan.unchanged == 1 || outcome(&report) == ResourceOutcome::Updated;
        assert!(settled, "{text}: {report:?}");
        assert_eq!(description(&world).await, text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_reaches_through_what_is_unchanged() {
    let base = Said { name: "base", ..LOOKUP };
    let middle = Said { name: "middle", dependencies: "base", ..LOOKUP };
    let user = Said { name: "user", dependencies: "middle", ..LOOKUP };
    let world = world(&[base, middle, user]);
    world.reconcile().await;
    let failing = json!({"dataAction": "base", "times": 0, "error": "down"});
    world.control(Method::POST, "test-failures", failing).await;
    let (base, user) = (
        Said { name: "base", returns: "2", expects: Some("2"), ..LOOKUP },
        Said { description: "Uses it still", dependencies: "middle", name: "user", ..LOOKUP },
    );
    commit(&world, &[base, user], "change both ends");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["base Failed -", "user Held -"]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_renamed_in_git_and_deleted_live_leaves_its_old_name() {
    let world = reconciled().await;
    world.delete("/api/v2/dataactions/actions/action-000001").await;
    world.git(&["rm", "--quiet", "data-actions/lookup.yaml"]);
    commit(
        &world,
        &[Said { name: "found", metadata: ", renamedFrom: lookup", ..LOOKUP }],
        "rename",
    );
    assert_eq!(outcomes(&world.reconcile().await), ["found Created -"]);
    let report = world.reconcile().await;
    assert_eq!((outcomes(&report), report.plan.unchanged), (Vec::<String>::new(), 1));
}
