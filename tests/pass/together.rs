//! Data stores, data actions and flows in one pass.

use flowgate::controller::Request;
use flowgate::model::{Outcome, Prune, ResourceOutcome, Selector};
use http::Method;
use serde_json::{Value, json};

use crate::world::{Crash, ONE, World, message, outcomes, request};

const ADA: &str = "00000000-0000-4000-8000-000000000001";

fn store(name: &str, who: &str) -> String {
    format!(
        "apiVersion: flowgate.dev/v1
kind: DataStore
metadata: {{name: {name}}}
spec:
  fields: [{{name: name, type: string}}]
  items:
    - {{id: {ADA}, fields: {{name: {who}}}}}
"
    )
}

fn action(name: &str, dependencies: &str, returns: &str) -> String {
    format!(
        "apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {{name: {name}}}
spec:
  dependencies: [{dependencies}]
  script:
    content: 'function main(context) {{ return {returns}; }}'
  tests:
    - {{name: one, input: {{}}, expect: {{output: {returns}}}}}
"
    )
}

/// A flow that asks an action and a store.
fn flow(name: &str, labels: &str, action: &str, store: &str) -> String {
    format!(
        "apiVersion: flowgate.dev/v1
kind: Flow
metadata: {{name: {name}{labels}}}
spec:
  elements:
    - {{id: begin, type: Begin}}
    - {{id: ask, type: API, configuration: {{dataAction: {action}}}}}
    - {{id: look, type: Database, configuration: {{dataStore: {store}}}}}
    - {{id: end, type: End}}
  connectors:
    - {{sourceId: begin, targetId: ask}}
    - {{sourceId: ask, targetId: look}}
    - {{sourceId: look, targetId: end}}
"
    )
}

/// `care` asks `lookup`, which calls `base`, and looks into `people`; `free` asks `other`.
fn files() -> Vec<(&'static str, String)> {
    vec![
        ("data-stores/people.yaml", store("people", "Ada")),
        ("data-stores/places.yaml", store("places", "Berlin")),
        ("data-actions/base.yaml", action("base", "", "1")),
        ("data-actions/lookup.yaml", action("lookup", "base", "2")),
        ("data-actions/other.yaml", action("other", "", "3")),
        ("flows/care.yaml", flow("care", ", labels: {team: care}", "lookup", "people")),
        ("flows/free.yaml", flow("free", "", "other", "places")),
    ]
}

fn world() -> World {
    World::of(ONE, &files())
}

async fn reconciled() -> World {
    let world = world();
    let report = world.reconcile().await;
    assert_eq!(report.status.as_ref().map(|status| status.counts.changed), Some(7), "{report:?}");
    world.writes().await;
    world
}

fn rule(rule: &str) -> String {
    ONE.replace("DEVELOPMENT}", &format!("DEVELOPMENT, {rule}}}"))
}

fn pruning() -> Request {
    Request { prune: Some(Prune::Owned), ..request("development") }
}

fn narrowed(request: Request) -> Request {
    let selector = Selector::Label { label: "team".to_owned(), value: "care".to_owned() };
    Request { selector: Some(selector), ..request }
}

/// Methods and paths of all requests since the last call, tokens aside.
async fn seen(world: &World) -> Vec<String> {
    let all = world.emulator.requests();
    world.writes().await;
    let all = all.into_iter().filter(|seen| !seen.path.ends_with("/token"));
    all.map(|seen| format!("{} {}", seen.method, seen.path)).collect()
}

/// The next pass finds nothing to do, and asks for one page of each list.
async fn settled(world: &World, unchanged: usize, why: &str) {
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!((outcomes(&report), report.plan.unchanged), (Vec::new(), unchanged), "{why}");
    let mut requests = seen(world).await;
    requests.sort();
    let lists = [
        "GET /api/v2/dataactions/actions",
        "GET /api/v2/datastores",
        "GET /api/v2/flow/deployments",
        "GET /api/v2/flows",
    ];
    assert_eq!(requests, lists, "{why}");
}

#[tokio::test(start_paused = true)]
async fn everything_is_made_after_what_it_uses_and_then_left_alone() {
    let world = world();
    let report = world.reconcile().await;
    let status = report.status.expect("applied");
    assert_eq!((status.outcome, status.counts.changed), (Outcome::Synced, 7));
    let writes = seen(&world).await;
    let at = |what: &str| {
        writes.iter().position(|one| one.starts_with(what)).unwrap_or_else(|| panic!("{what}"))
    };
    let last = |what: &str| {
        writes.iter().rposition(|one| one.starts_with(what)).unwrap_or_else(|| panic!("{what}"))
    };
    // `lookup` is the last action that is made, for it needs another; no flow comes before what it uses.
    assert!(
        at("POST /api/v2/dataactions/actions/action-000001/test")
            < last("POST /api/v2/dataactions/actions")
    );
    assert!(last("POST /api/v2/dataactions/actions") < last("POST /api/v2/flows"));
    assert!(at("POST /api/v2/datastores") < at("POST /api/v2/flows"));
    settled(&world, 7, "made").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_difference_in_git_sends_nothing() {
    let world = reconciled().await;
    for (path, text) in files() {
        let labelled = text.replace("metadata: {name: ", "metadata: {labels: {a: b}, name: ");
        let labelled = labelled.replace(", labels: {team: care}", "");
        world.write(path, &format!("# about\n{labelled}\n"));
    }
    world.git(&["mv", "flows/care.yaml", "flows/moved.yaml"]);
    world.commit("spelling");
    settled(&world, 7, "spelled otherwise").await;
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_dies_anywhere_is_finished_without_twins() {
    for crash in [Crash::Before, Crash::After] {
        for at in 0.. {
            let world = world();
            if !world.dies(&request("development"), at, crash).await {
                assert!(at > 20, "the pass has {at} requests only");
                break;
            }
            let status = world.reconcile().await.status.expect("applied");
            assert_eq!(status.outcome, Outcome::Synced, "{crash:?} at {at}: {status:?}");
            let dump = world.dump().await;
            let count = |kind: &str| dump[kind].as_object().map_or(0, serde_json::Map::len);
            let counts = ["dataStores", "records", "dataActions", "flows", "versions"].map(count);
            assert_eq!(counts, [2, 2, 3, 2, 2], "{crash:?} at {at}");
            settled(&world, 7, &format!("{crash:?} at {at}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_test_in_the_tenant_holds_up_its_flow_and_nothing_else() {
    let world = reconciled().await;
    for (path, text) in files() {
        world.write(
            path,
            &text.replace("id: end", "id: bye").replace("targetId: end", "targetId: bye"),
        );
    }
    world.write("data-actions/lookup.yaml", &action("lookup", "base", "4"));
    world.commit("all");
    let failure = json!({"dataAction": "lookup", "times": 0, "error": "no connection"});
    world.control(Method::POST, "test-failures", failure).await;
    let allowed = ["care/end", "free/end"].map(str::to_owned).into();
    let request = Request { allow_immutable: allowed, ..request("development") };
    let held = ["lookup Failed -", "care Held 2.0.0"];
    let report = world.run(&request).await;
    assert_eq!(outcomes(&report), [held[0], held[1], "free Updated 2.0.0"]);
    let status = report.status.as_ref().expect("applied");
    assert_eq!(status.outcome, Outcome::Failed);
    assert!(message(&report).contains("no connection"), "{}", message(&report));
    let why = status.resources[1].message.clone().unwrap_or_default();
    assert!(why.contains("DataAction/lookup"), "{why}");

    world.writes().await;
    assert_eq!(outcomes(&world.run(&request).await), held);
    let writes = world.writes().await;
    assert!(writes.len() == 1 && writes[0].path.ends_with("/test"), "{writes:?}");

    world.control(Method::DELETE, "test-failures", Value::Null).await;
    world.write("data-actions/lookup.yaml", &action("lookup", "base", "5"));
    world.commit("mended");
    assert_eq!(outcomes(&world.run(&request).await), ["lookup Updated -", "care Updated 2.0.0"]);
    settled(&world, 7, "mended").await;
}

#[tokio::test(start_paused = true)]
async fn a_failing_store_holds_up_its_flow_only() {
    let world = world();
    let fault = json!({"method": "POST", "path": "/api/v2/datastores", "times": 1, "status": 400});
    world.control(Method::POST, "faults", fault).await;
    let report = world.reconcile().await;
    let status = report.status.expect("applied");
    assert_eq!((status.counts.failed, status.counts.changed), (2, 5), "{status:?}");
    let report = world.reconcile().await;
    assert_eq!(report.status.map(|status| status.counts.changed), Some(2));
    settled(&world, 7, "again").await;
}

#[tokio::test(start_paused = true)]
async fn a_selector_takes_along_what_is_used_and_touches_nothing_else() {
    let world = world();
    let report = world.run(&narrowed(request("development"))).await;
    let expected = ["people Created -", "base Created -", "lookup Created -", "care Created 1.0.0"];
    assert_eq!(outcomes(&report), expected);
    let dump = world.dump().await.to_string();
    assert!(!dump.contains("\"places\"") && !dump.contains("\"other\""), "{dump}");
    world.reconcile().await;
    settled(&world, 7, "the rest").await;
    for path in ["flows/free.yaml", "data-actions/other.yaml", "data-stores/places.yaml"] {
        world.git(&["rm", "--quiet", path]);
    }
    world.write("data-stores/people.yaml", &store("people", "Ann"));
    world.commit("retire");
    world.writes().await;
    let report = world.run(&narrowed(pruning())).await;
    assert_eq!(outcomes(&report), ["people Updated -"]);
    let writes = seen(&world).await;
    assert!(!writes.iter().any(|one| one.starts_with("DELETE")), "{writes:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_deleted_after_what_used_it() {
    let world = reconciled().await;
    for path in [
        "flows/care.yaml",
        "data-actions/base.yaml",
        "data-actions/lookup.yaml",
        "data-stores/people.yaml",
    ] {
        world.git(&["rm", "--quiet", path]);
    }
    world.commit("retire");
    let kept = ["people Kept -", "base Kept -", "lookup Kept -", "care Kept -"];
    assert_eq!(outcomes(&world.reconcile().await), kept);
    world.writes().await;
    // Still deployed: nothing that it uses goes.
    let report = world.run(&pruning()).await;
    assert_eq!(outcomes(&report), kept, "{report:?}");
    world.control(Method::DELETE, "flows/care/deployments/DEVELOPMENT", Value::Null).await;
    world.writes().await;
    let gone = ["people Deleted -", "base Deleted -", "lookup Deleted -", "care Deleted -"];
    assert_eq!(outcomes(&world.run(&pruning()).await), gone);
    let writes = seen(&world).await;
    let order = |what: &str| writes.iter().position(|one| one.contains(what));
    let places: Vec<_> =
        ["DELETE /api/v2/flows", "DELETE /api/v2/dataactions", "DELETE /api/v2/datastores"]
            .map(order)
            .to_vec();
    assert!(places.is_sorted() && places[0].is_some(), "{writes:?}");
    settled(&world, 3, "pruned").await;
}

#[tokio::test(start_paused = true)]
async fn a_store_stays_while_the_flow_that_no_longer_uses_it_waits_at_a_gate() {
    let world = reconciled().await;
    world.write("flowgate.yaml", &rule("gates: [approval]"));
    world.write("flows/care.yaml", &flow("care", "", "lookup", "places"));
    world.git(&["rm", "--quiet", "data-stores/people.yaml"]);
    world.commit("move on");
    assert_eq!(outcomes(&world.run(&pruning()).await), ["people Kept -", "care Waiting 1.0.1"]);
    let report = world.run(&pruning()).await;
    assert!(
        message(&report).contains("flow-000001 is deployed and uses it"),
        "{}",
        message(&report)
    );
    world.control(Method::PUT, "approvals/care", json!({"status": "APPROVED"})).await;
    assert_eq!(outcomes(&world.run(&pruning()).await), ["people Deleted -", "care Updated 1.0.1"]);
}

#[tokio::test(start_paused = true)]
async fn an_environment_that_manages_flows_only_never_asks_for_the_rest() {
    let world = reconciled().await;
    world.write("flowgate.yaml", &rule("manages: [flows], prune: true"));
    world.write("data-actions/lookup.yaml", &action("lookup", "base", "9"));
    for path in ["flows/free.yaml", "data-actions/other.yaml", "data-stores/places.yaml"] {
        world.git(&["rm", "--quiet", path]);
    }
    world.commit("flows only");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["free Kept -"]);
    let requests = seen(&world).await;
    let others: Vec<_> = requests.iter().filter(|one| one.contains("/data")).collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(world.dump().await["dataActions"].as_object().map(serde_json::Map::len), Some(3));
}

#[tokio::test(start_paused = true)]
async fn what_a_version_lacks_is_named_with_the_line_of_its_element() {
    let external = ONE.replace("spec:\n", "spec:\n  external: [DataAction/theirs]\n");
    let world = World::of(
        &external,
        &[
            ("data-stores/people.yaml", store("people", "Ada")),
            ("flows/care.yaml", flow("care", "", "theirs", "people")),
        ],
    );
    let report = world.reconcile().await;
    let status = report.status.expect("applied");
    let flow = status.resources.iter().find(|one| one.id.name == "care").expect("care");
    assert_eq!(flow.outcome, ResourceOutcome::Failed);
    let why = flow.message.clone().unwrap_or_default();
    assert!(why.contains("theirs (flows/care.yaml:7)"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn stores_and_actions_of_many_pages_cost_one_page_each_two_hundred() {
    let actions: Vec<_> = (0..250)
        .map(|n| {
            (
                format!("data-actions/a{n}.yaml"),
                action(&format!("abc{n}"), "", "1")
                    .split("  tests:")
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            )
        })
        .collect();
    let files: Vec<_> = actions.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    let world = World::of(ONE, &files);
    let report = world.reconcile().await;
    assert_eq!(report.status.map(|status| status.counts.changed), Some(250));
    world.writes().await;
    assert_eq!(world.reconcile().await.plan.unchanged, 250);
    let requests = seen(&world).await;
    assert!(requests.len() <= 4, "{requests:?}");
}
