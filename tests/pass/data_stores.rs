//! Data stores: schema, records and relationships, whatever others do meanwhile.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use flowgate::controller::{Error, Report, Request};
use flowgate::model::{Code, Outcome, Prune, ResourceOutcome};
use flowgate::plan::Adopt;
use http::Method;
use serde_json::{Value, json};

use crate::world::{Crash, Deed, ONE, World, message, outcome, outcomes, request};

/// What a data store says.
#[derive(Clone)]
struct Said<'a> {
    name: &'a str,
    metadata: &'a str,
    description: &'a str,
    fields: &'a [&'a str],
    policy: &'a str,
    items: Vec<String>,
}

const FIELDS: &[&str] = &[
    "{name: name, type: string}",
    "{name: age, type: number}",
    "{name: household, type: relationship}",
];

fn people(items: &[String]) -> Said<'static> {
    Said {
        name: "people",
        metadata: "",
        description: "Who calls",
        fields: FIELDS,
        policy: "partial",
        items: items.to_vec(),
    }
}

impl Said<'_> {
    fn text(&self) -> String {
        let Self { name, metadata, description, fields, policy, items } = self;
        let mut text = format!(
            "apiVersion: flowgate.dev/v1
kind: DataStore
metadata: {{name: {name}{metadata}}}
spec:
  description: {description}
  fields: [{}]
  records: {{policy: {policy}}}
",
            fields.join(", ")
        );
        if !items.is_empty() {
            text.push_str("  items:\n");
        }
        for item in items {
            writeln!(text, "    - {item}").expect("a text");
        }
        text
    }
}

fn id(n: usize) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

fn item(n: usize, fields: &str) -> String {
    format!("{{id: {}, fields: {{{fields}}}}}", id(n))
}

/// An item with children.
fn parent(n: usize, fields: &str, children: &[usize]) -> String {
    let children = children.iter().map(|n| id(*n)).collect::<Vec<_>>().join(", ");
    let relation = format!("{{field: household, childIds: [{children}]}}");
    format!("{{id: {}, fields: {{{fields}}}, relationships: [{relation}]}}", id(n))
}

fn commit(world: &World, store: &Said<'_>, message: &str) {
    world.write(&format!("data-stores/{}.yaml", store.name), &store.text());
    world.commit(message);
}

fn world(store: &Said<'_>) -> World {
    let world = World::of(ONE, &[]);
    commit(&world, store, "store");
    world
}

fn two_items() -> [String; 2] {
    [item(1, "name: Ada, age: 36"), item(2, "name: Bob")]
}

/// `people` with Ada and Bob, reconciled.
async fn reconciled() -> World {
    let world = world(&people(&two_items()));
    assert_eq!(outcomes(&world.reconcile().await), ["people Created -"]);
    world.writes().await;
    world
}

/// The mutating requests since the last call, ids shortened.
async fn sent(world: &World) -> Vec<String> {
    let writes = world.writes().await.into_iter();
    let short = |path: String| {
        path.replace("/api/v2/datastores", "").replace("00000000-0000-4000-8000-00000000000", "")
    };
    writes.map(|write| format!("{} {}", write.method, short(write.path))).collect()
}

/// A record's values and children.
async fn record(world: &World, n: usize) -> Value {
    world.dump().await["records"][format!("store-000001/{}", id(n))].clone()
}

async fn value(world: &World, n: usize, field: &str) -> Value {
    record(world, n).await["values"][field].clone()
}

async fn children(world: &World, n: usize) -> Vec<String> {
    let ids = record(world, n).await["links"]["household"]["ids"].clone();
    serde_json::from_value(ids).unwrap_or_default()
}

async fn records(world: &World) -> usize {
    world.dump().await["records"].as_object().map_or(0, serde_json::Map::len)
}

async fn store(world: &World) -> Value {
    world.dump().await["dataStores"]["store-000001"].clone()
}

async fn count(world: &World) -> usize {
    world.dump().await["dataStores"].as_object().map_or(0, serde_json::Map::len)
}

fn edit(n: usize, fields: &Value) -> Deed {
    let path = format!("/_emulator/data-stores/store-000001/records/{}", id(n));
    (Method::PUT, path, json!({ "fields": fields }))
}

async fn edited(world: &World, n: usize, fields: Value) {
    let (method, path, body) = edit(n, &fields);
    world.call(method, &path, body).await;
}

/// Another client makes a record.
async fn made(world: &World, n: usize, fields: Value) {
    let body = json!({"id": id(n), "fields": fields});
    world.call(Method::POST, "/api/v2/datastores/store-000001/records", body).await;
    world.writes().await;
}

fn adopting() -> Request {
    Request { adopt: Adopt::SameName, ..request("development") }
}

fn pruning() -> Request {
    Request { prune: Some(Prune::Owned), ..request("development") }
}

/// The next pass finds nothing to do, and says so with one list of each kind.
async fn settled(world: &World, why: &str) {
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), [""; 0], "{why}: {}", message_or_none(&report));
    assert_eq!(sent(world).await, [""; 0], "{why}");
    world.reconcile().await;
    let requests: Vec<_> = world.emulator.requests().into_iter().map(|seen| seen.path).collect();
    assert_eq!(requests.len(), 4, "{why}: {requests:?}");
}

fn message_or_none(report: &Report) -> String {
    let status = report.status.as_ref().expect("applied");
    status.resources.first().and_then(|one| one.message.clone()).unwrap_or_default()
}

fn code(ended: Result<Report, Error>) -> Code {
    match ended {
        Err(Error::Findings(findings)) => findings[0].code,
        other => panic!("expected findings, got {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn records_are_made_and_then_left_alone() {
    let world = world(&people(&two_items()));
    assert_eq!(outcomes(&world.reconcile().await), ["people Created -"]);
    let mut writes = sent(&world).await;
    writes[1..].sort();
    assert_eq!(writes, ["POST ", "POST /store-000001/records", "POST /store-000001/records"]);
    assert_eq!(value(&world, 1, "age").await, 36);
    settled(&world, "made").await;
    let shuffled = people(&[item(2, "name: Bob"), item(1, "age: 36.0, name: Ada")]);
    commit(&world, &Said { metadata: ", labels: {team: care}", ..shuffled }, "shuffled");
    world.reconcile().await;
    settled(&world, "shuffled").await;
}

#[tokio::test(start_paused = true)]
async fn only_what_changed_of_a_record_is_sent() {
    let world = reconciled().await;
    for (items, writes, field, expected) in [
        ([item(1, "name: Ada, age: 37"), item(2, "name: Bob")], 1, "age", json!(37)),
        ([item(1, "name: Ada, age: null"), item(2, "name: Bob")], 1, "age", json!(null)),
        ([item(1, "name: Ada, age: 5"), item(2, "name: Rob")], 2, "age", json!(5)),
        // A field that git lets go of is emptied.
        ([item(1, "name: Ada"), item(2, "name: Rob")], 1, "age", json!(null)),
    ] {
        commit(&world, &people(&items), "change");
        assert_eq!(outcomes(&world.reconcile().await), ["people Updated -"], "{items:?}");
        assert_eq!(sent(&world).await.len(), writes, "{items:?}");
        assert_eq!(value(&world, 1, field).await, expected, "{items:?}");
        settled(&world, "changed").await;
    }
}

#[tokio::test(start_paused = true)]
async fn relationships_come_go_and_turn_round_in_one_pass() {
    let world = world(&people(&[parent(1, "", &[2]), parent(2, "", &[3]), item(3, "")]));
    for (what, items, expected) in [
        (
            "made",
            [parent(1, "", &[2]), parent(2, "", &[3]), item(3, "")],
            [vec![2], vec![3], vec![]],
        ),
        (
            "turned",
            [item(1, ""), parent(2, "", &[1]), parent(3, "", &[2])],
            [vec![], vec![1], vec![2]],
        ),
        (
            "moved",
            [parent(1, "", &[3]), parent(2, "", &[1]), item(3, "")],
            [vec![3], vec![1], vec![]],
        ),
        ("gone", [item(1, ""), item(2, ""), item(3, "")], [vec![], vec![], vec![]]),
    ] {
        if what != "made" {
            commit(&world, &people(&items), what);
        }
        world.reconcile().await;
        for (n, expected) in (1..).zip(expected) {
            let expected: Vec<String> = expected.into_iter().map(id).collect();
            assert_eq!(children(&world, n).await, expected, "{what}: {n}");
        }
        settled(&world, what).await;
    }
}

#[tokio::test(start_paused = true)]
async fn new_records_that_name_each_other_by_two_ways_are_made_and_then_linked() {
    let fields = [FIELDS, &["{name: boss, type: relationship}"]].concat();
    let ring = format!(
        "{{id: {}, relationships: [{{field: household, childIds: [{}]}}, {{field: boss, childIds: [{}], cascadeAction: update}}]}}",
        id(1),
        id(2),
        id(3)
    );
    let said =
        Said { fields: &fields, ..people(&[ring, parent(2, "", &[3]), item(3, "name: Cy")]) };
    let world = world(&said);
    assert_eq!(outcomes(&world.reconcile().await), ["people Created -"]);
    let writes = sent(&world).await;
    let first_patch = writes.iter().position(|one| one.starts_with("PATCH"));
    assert_eq!((first_patch, writes.len()), (Some(4), 7), "{writes:?}");
    settled(&world, "linked").await;
    commit(&world, &Said { description: "Others", ..said }, "naming");
    world.reconcile().await;
    assert_eq!(sent(&world).await, ["PUT /store-000001"]);
    settled(&world, "named").await;
}

#[tokio::test(start_paused = true)]
async fn a_locked_record_is_waited_for_and_given_up_in_the_end() {
    for (hold, expected) in [(json!(2000), "Updated"), (json!(null), "Failed")] {
        let world = reconciled().await;
        let lock = format!("data-stores/people/records/{}/lock", id(1));
        world.control(Method::PUT, &lock, json!({"heldBy": "bob", "forMs": hold})).await;
        commit(&world, &people(&[item(1, "name: Ann, age: 36"), item(2, "name: Rob")]), "both");
        let report = world.reconcile().await;
        assert_eq!(outcome(&report).to_string(), expected, "{}", message(&report));
        assert_eq!(value(&world, 2, "name").await, "Rob", "the other one is written");
        if expected == "Failed" {
            assert!(message(&report).contains("locked by bob"), "{}", message(&report));
            world.control(Method::DELETE, &lock, Value::Null).await;
            // What was written is no drift when git moves on.
            commit(&world, &people(&[item(1, "name: Ann, age: 36"), item(2, "name: Bo")]), "on");
            let report = world.reconcile().await;
            assert_eq!(outcomes(&report), ["people Updated -"], "{}", message(&report));
        }
        settled(&world, expected).await;
    }
}

/// Edits the record 1 before each request of a pass that changes its name.
async fn meddled(fields: Value) -> Vec<(World, String, Report)> {
    let mut all = Vec::new();
    for at in 0..30 {
        let world = reconciled().await;
        commit(&world, &people(&[item(1, "name: Ann, age: 36"), item(2, "name: Rob")]), "both");
        let (struck, report) =
            world.meddled_by(&request("development"), at, edit(1, &fields)).await;
        let Some(struck) = struck else { return all };
        all.push((world, struck.request, report));
    }
    panic!("the pass is longer than expected");
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_another_field_during_the_pass_is_kept() {
    for (world, before, report) in meddled(json!({"age": 99})).await {
        assert_eq!(value(&world, 1, "age").await, 99, "{before}");
        assert_eq!(value(&world, 1, "name").await, "Ann", "{before}");
        assert_eq!(value(&world, 2, "name").await, "Rob", "{before}");
        let ended = outcome(&report);
        assert!(matches!(ended, ResourceOutcome::Drifted | ResourceOutcome::Updated), "{before}");
        for _ in 0..2 {
            let report = world.reconcile().await;
            assert_eq!(outcome(&report), ResourceOutcome::Drifted, "{before}");
            assert!(message(&report).contains("changed \"age\""), "{}", message(&report));
            assert_eq!(value(&world, 1, "age").await, 99, "{before}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_the_same_field_during_the_pass_is_not_written_over() {
    for (world, before, report) in meddled(json!({"name": "Bob's"})).await {
        assert_eq!(value(&world, 1, "name").await, "Bob's", "{before}: {}", message(&report));
        assert_eq!(value(&world, 2, "name").await, "Rob", "{before}");
        for _ in 0..2 {
            let ended = outcome(&world.reconcile().await);
            let left = matches!(ended, ResourceOutcome::Drifted | ResourceOutcome::Conflict);
            assert!(left, "{before}: {ended}");
            assert_eq!(value(&world, 1, "name").await, "Bob's", "{before}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_live_edit_is_left_and_the_others_go_on() {
    let world = reconciled().await;
    edited(&world, 1, json!({"age": 99})).await;
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted);
    assert_eq!(sent(&world).await, [""; 0]);
    // Whatever git does to the other one, back and forth.
    for name in ["Rob", "Robert", "Bob", "Rob"] {
        commit(
            &world,
            &people(&[item(1, "name: Ada, age: 36"), item(2, &format!("name: {name}"))]),
            name,
        );
        let report = world.reconcile().await;
        assert_eq!(outcome(&report), ResourceOutcome::Drifted, "{name}: {}", message(&report));
        assert_eq!(value(&world, 2, "name").await, name, "{}", message(&report));
        assert_eq!(sent(&world).await, ["PATCH /store-000001/records/2"]);
    }
    assert_eq!(value(&world, 1, "age").await, 99);
    commit(&world, &people(&[item(1, "name: Ada, age: 40"), item(2, "name: Rob")]), "both");
    for _ in 0..2 {
        assert_eq!(outcome(&world.reconcile().await), ResourceOutcome::Conflict);
        assert_eq!(sent(&world).await, [""; 0]);
    }
    edited(&world, 1, json!({"age": 40})).await;
    world.reconcile().await;
    settled(&world, "undone").await;
}

#[tokio::test(start_paused = true)]
async fn a_record_in_conflict_stays_one_while_others_are_written() {
    let world = reconciled().await;
    edited(&world, 1, json!({"age": 99})).await;
    commit(&world, &people(&[item(1, "name: Ada, age: 40"), item(2, "name: Rob")]), "both");
    for _ in 0..3 {
        let report = world.reconcile().await;
        assert_eq!(outcome(&report), ResourceOutcome::Conflict, "{}", message(&report));
        assert_eq!(value(&world, 1, "age").await, 99);
        assert_eq!(value(&world, 2, "name").await, "Rob");
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_someone_deleted_is_drift() {
    let world = reconciled().await;
    world.delete(&format!("/api/v2/datastores/store-000001/records/{}", id(2))).await;
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted);
    assert!(message(&report).contains("deleted the record"), "{}", message(&report));
    assert_eq!(sent(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn lost_answers_make_no_twin_and_no_failure() {
    for (method, cut) in [
        ("POST", "nothing"),
        ("POST", "half"),
        ("PATCH", "nothing"),
        ("PATCH", "half"),
        ("PUT", "nothing"),
    ] {
        for skip in 0..3 {
            let world = world(&people(&[parent(1, "name: Ada", &[2]), item(2, "name: Bob")]));
            let fault = json!({"path": "/api/v2/datastores/**", "method": method, "skip": skip, "when": "after", "cut": cut});
            let stores = json!({"path": "/api/v2/datastores", "method": method, "skip": skip, "when": "after", "cut": cut});
            if method == "POST" {
                world.control(Method::POST, "faults", fault).await;
                world.control(Method::POST, "faults", stores).await;
                assert_eq!(
                    outcomes(&world.reconcile().await),
                    ["people Created -"],
                    "{method} {cut} {skip}"
                );
            } else {
                world.reconcile().await;
                world.control(Method::POST, "faults", fault).await;
                let said = people(&[item(1, "name: Ann"), parent(2, "name: Rob", &[1])]);
                let fields = [FIELDS, &["{name: more, type: json}"]].concat();
                commit(&world, &Said { description: "Others", fields: &fields, ..said }, "turned");
                let report = world.reconcile().await;
                assert_eq!(
                    outcomes(&report),
                    ["people Updated -"],
                    "{method} {cut} {skip}: {}",
                    message(&report)
                );
            }
            assert_eq!(
                (count(&world).await, records(&world).await),
                (1, 2),
                "{method} {cut} {skip}"
            );
            settled(&world, &format!("{method} {cut} {skip}")).await;
        }
    }
}

/// Lets a pass die at each of its requests, and runs the next.
async fn dies_everywhere(before: Option<&Said<'_>>, then: &Said<'_>, request: &Request) {
    for crash in [Crash::Before, Crash::After] {
        for at in 0.. {
            let world = world(before.unwrap_or(then));
            if before.is_some() {
                world.reconcile().await;
                commit(&world, then, "then");
            }
            if !world.dies(request, at, crash).await {
                assert!(at > 6, "the pass has {at} requests only");
                break;
            }
            let status = world.run(request).await.status.expect("applied");
            assert_eq!(status.outcome, Outcome::Synced, "{crash:?} at {at}: {status:?}");
            assert_eq!(records(&world).await, then.items.len(), "{crash:?} at {at}");
            assert_eq!(count(&world).await, 1, "{crash:?} at {at}");
            settled(&world, &format!("{crash:?} at {at}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_pass_that_dies_is_finished_without_twins() {
    let said = people(&[parent(1, "name: Ada", &[2]), parent(2, "name: Bob", &[3]), item(3, "")]);
    dies_everywhere(None, &said, &request("development")).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_dies_is_finished() {
    let before =
        people(&[parent(1, "name: Ada", &[2]), item(2, "name: Bob"), item(4, "name: Dee")]);
    let fields = [&FIELDS[..1], &FIELDS[2..], &["{name: more, type: json}"]].concat();
    let items = [item(1, "name: Ann, more: [1]"), parent(2, "name: Bob", &[1, 3]), item(3, "")];
    let then = Said { description: "Others", fields: &fields, ..people(&items) };
    dies_everywhere(Some(&before), &then, &pruning()).await;
}

#[tokio::test(start_paused = true)]
async fn partial_leaves_foreign_records_and_fields_alone() {
    let world = reconciled().await;
    let fields = json!({"fields": [
        {"name": "name", "type": "string"}, {"name": "age", "type": "number"},
        {"name": "household", "type": "relationship", "constraints": {"is_relationship": true}},
        {"name": "theirs", "type": "string"},
    ]});
    world.call(Method::PUT, "/api/v2/datastores/store-000001/schema", fields).await;
    made(&world, 9, json!({"name": "Foreign"})).await;
    edited(&world, 1, json!({"theirs": "x"})).await;
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), [""; 0], "{}", message_or_none(&report));
    let more = [FIELDS, &["{name: more, type: json}"]].concat();
    let said = people(&[item(1, "name: Ann, age: 36"), item(2, "name: Bob")]);
    commit(&world, &Said { fields: &more, ..said }, "more");
    assert_eq!(outcomes(&world.run(&pruning()).await), ["people Updated -"]);
    assert_eq!(value(&world, 1, "theirs").await, "x");
    assert_eq!(value(&world, 9, "name").await, "Foreign");
    let names = store(&world).await["fields"].to_string();
    assert!(names.contains("theirs") && names.contains("more"), "{names}");
    settled(&world, "partial").await;
}

#[tokio::test(start_paused = true)]
async fn exact_deletes_foreign_records_after_saving_them() {
    let exact = |items: &[String]| Said { policy: "exact", ..people(items) };
    let world = world(&exact(&two_items()));
    world.reconcile().await;
    made(
        &world,
        9,
        json!({"name": "Foreign", "household": {"ids": [id(1)], "cascade_action": "delete"}}),
    )
    .await;
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["people Updated -"], "{}", message_or_none(&report));
    assert_eq!(records(&world).await, 2, "and its children stay");
    let saved = world.git(&["show", "refs/flowgate/drift/development:DataStore/people.yaml"]);
    assert!(saved.contains("Foreign") && saved.contains(&id(9)), "{saved}");
    settled(&world, "exact").await;
    commit(&world, &exact(&two_items()[..1]), "fewer");
    assert_eq!(outcomes(&world.reconcile().await), ["people Updated -"]);
    assert_eq!(sent(&world).await.len(), 1);
    assert_eq!(records(&world).await, 1);
    settled(&world, "fewer").await;
}

#[tokio::test(start_paused = true)]
async fn ignore_neither_touches_nor_reads_records() {
    let ignore = Said { policy: "ignore", ..people(&[]) };
    let world = world(&ignore);
    world.reconcile().await;
    made(&world, 9, json!({"name": "Foreign"})).await;
    commit(&world, &Said { description: "Others", ..ignore }, "others");
    world.reconcile().await;
    let read = world.emulator.requests().into_iter().any(|seen| seen.path.contains("/records"));
    assert!(!read, "records were read");
    assert_eq!(records(&world).await, 1);
    settled(&world, "ignore").await;
}

#[tokio::test(start_paused = true)]
async fn the_schema_grows_and_shrinks() {
    let world = reconciled().await;
    let fields = [FIELDS, &["{name: more, type: json}"]].concat();
    commit(
        &world,
        &Said {
            fields: &fields,
            ..people(&[item(1, "name: Ada, age: 36, more: [1]"), item(2, "name: Bob")])
        },
        "more",
    );
    assert_eq!(outcomes(&world.reconcile().await), ["people Updated -"]);
    assert_eq!(sent(&world).await, ["PUT /store-000001/schema", "PATCH /store-000001/records/1"]);
    settled(&world, "grown").await;
    commit(&world, &people(&two_items()), "back");
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["people Updated -"], "{}", message_or_none(&report));
    assert_eq!(sent(&world).await, ["PATCH /store-000001/records/1", "PUT /store-000001/schema"]);
    assert!(!store(&world).await["fields"].to_string().contains("more"));
    settled(&world, "shrunk").await;
}

#[tokio::test(start_paused = true)]
async fn a_field_that_foreign_records_use_is_not_removed() {
    let world = reconciled().await;
    made(&world, 9, json!({"age": 7})).await;
    let said = Said {
        fields: &[FIELDS[0], FIELDS[2]],
        ..people(&[item(1, "name: Ada"), item(2, "name: Bob")])
    };
    commit(&world, &said, "no age");
    assert_eq!(code(world.try_pass(&request("development")).await), Code::FieldInUse);
    assert_eq!(sent(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_child_is_found_before_any_write() {
    let world = World::of(ONE, &[]);
    commit(&world, &people(&[parent(1, "", &[7])]), "orphan");
    code(world.try_pass(&request("development")).await);
    assert_eq!(sent(&world).await, [""; 0]);
    let world = reconciled().await;
    made(&world, 7, json!({"name": "Foreign"})).await;
    commit(
        &world,
        &people(&[parent(1, "name: Ada, age: 36", &[7]), item(2, "name: Bob")]),
        "live child",
    );
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["people Updated -"], "{}", message_or_none(&report));
    settled(&world, "live child").await;
}

#[tokio::test(start_paused = true)]
async fn a_record_that_git_drops_stays_until_prune() {
    let world = reconciled().await;
    commit(&world, &people(&two_items()[..1]), "drop");
    world.reconcile().await;
    assert_eq!(sent(&world).await, [""; 0]);
    assert_eq!(records(&world).await, 2);
    settled(&world, "kept").await;
    world.writes().await;
    assert_eq!(outcomes(&world.run(&pruning()).await), ["people Updated -"]);
    assert_eq!(sent(&world).await, ["DELETE /store-000001/records/2"]);
    assert_eq!(records(&world).await, 1);
    settled(&world, "pruned").await;
}

#[tokio::test(start_paused = true)]
async fn a_record_that_someone_edits_while_it_is_to_be_pruned_stays() {
    for at in 0..30 {
        let world = reconciled().await;
        commit(&world, &people(&two_items()[..1]), "drop");
        let (struck, report) =
            world.meddled_by(&pruning(), at, edit(2, &json!({"name": "Bob's"}))).await;
        let Some(struck) = struck else { return };
        // The call takes no revision: the one moment that nobody can guard.
        if struck.done && !struck.request.starts_with("DELETE") {
            assert_eq!(value(&world, 2, "name").await, "Bob's", "{struck:?} {report:?}");
        }
    }
    panic!("the pass is longer than expected");
}

/// `people` is gone from git, and `keep` is not.
async fn retired() -> World {
    let world = reconciled().await;
    commit(&world, &Said { name: "keep", ..people(&[]) }, "keep");
    world.reconcile().await;
    world.git(&["rm", "--quiet", "data-stores/people.yaml"]);
    world.commit("retire");
    world.writes().await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_store_is_pruned_with_what_flowgate_put_there_and_nothing_else() {
    let world = retired().await;
    assert_eq!(outcomes(&world.reconcile().await), ["people Kept -"]);
    made(&world, 9, json!({"name": "Foreign"})).await;
    let report = world.run(&pruning()).await;
    assert_eq!(outcomes(&report), ["people Kept -"]);
    assert!(message(&report).contains("1 record"), "{}", message(&report));
    world.delete(&format!("/api/v2/datastores/store-000001/records/{}", id(9))).await;
    world.writes().await;
    assert_eq!(outcomes(&world.run(&pruning()).await), ["people Deleted -"]);
    assert_eq!(sent(&world).await, ["DELETE /store-000001"]);
    assert_eq!((count(&world).await, records(&world).await), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_someone_edited_is_not_pruned() {
    let world = retired().await;
    edited(&world, 1, json!({"age": 99})).await;
    assert_eq!(outcomes(&world.run(&pruning()).await), ["people Kept -"]);
    assert_eq!(value(&world, 1, "age").await, 99);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_someone_renamed_is_not_pruned() {
    let world = retired().await;
    let naming = json!({"name": "bobs", "description": "Who calls"});
    world.call(Method::PUT, "/api/v2/datastores/store-000001", naming).await;
    let report = world.run(&pruning()).await;
    assert_eq!(outcomes(&report), ["people Kept -"]);
    assert!(message(&report).contains("renamed it to \"bobs\""), "{}", message(&report));
}

#[tokio::test(start_paused = true)]
async fn a_store_whose_name_the_tenant_cannot_change_is_pruned_all_the_same() {
    let world = reconciled().await;
    let fault = json!({"method": "PUT", "path": "/api/v2/datastores/store-000001", "times": 0, "status": 405});
    world.control(Method::POST, "faults", fault).await;
    world.git(&["rm", "--quiet", "data-stores/people.yaml"]);
    commit(&world, &renamed(), "rename");
    world.reconcile().await;
    world.git(&["rm", "--quiet", "data-stores/folk.yaml"]);
    commit(&world, &Said { name: "keep", ..people(&[]) }, "retire");
    let report = world.run(&pruning()).await;
    assert_eq!(outcomes(&report), ["folk Deleted -", "keep Created -"], "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_changes_takes_up_what_is_there() {
    let world = reconciled().await;
    made(&world, 9, json!({"name": "Foreign"})).await;
    for (policy, records_left) in [("ignore", 3), ("partial", 3), ("exact", 2), ("partial", 2)] {
        let items = if policy == "ignore" { Vec::new() } else { two_items().to_vec() };
        commit(&world, &Said { policy, ..people(&items) }, policy);
        let report = world.reconcile().await;
        let status = report.status.as_ref().expect("applied");
        assert_eq!(status.outcome, Outcome::Synced, "{policy}: {status:?}");
        assert_eq!(records(&world).await, records_left, "{policy}");
        settled(&world, policy).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_relationship_that_someone_changed_is_left_and_the_others_go_on() {
    let said = |children: &[usize], name: &str| {
        people(&[parent(1, "", &[2]), parent(2, "", children), item(3, ""), item(4, name)])
    };
    let world = world(&said(&[3], "name: Dee"));
    world.reconcile().await;
    edited(&world, 1, json!({"household": {"ids": [id(3)], "cascade_action": "none"}})).await;
    for name in ["name: Di", "name: Dee"] {
        commit(&world, &said(&[3, 4], name), name);
        let report = world.reconcile().await;
        assert_eq!(outcome(&report), ResourceOutcome::Drifted, "{}", message(&report));
        assert_eq!(children(&world, 1).await, [id(3)]);
        assert_eq!(children(&world, 2).await, [id(3), id(4)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_half_way_is_completed_although_git_moved_on() {
    let world = world(&people(&[parent(1, "name: Ada", &[2]), item(2, "name: Bob"), item(3, "")]));
    let fault = json!({"method": "PATCH", "path": "/api/v2/datastores/*/records/*", "times": 1, "status": 400});
    world.control(Method::POST, "faults", fault).await;
    assert_eq!(outcomes(&world.reconcile().await), ["people Failed -"]);
    commit(
        &world,
        &people(&[parent(1, "name: Ann", &[2, 3]), item(2, "name: Rob"), item(3, "")]),
        "on",
    );
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["people Updated -"], "{}", message(&report));
    assert_eq!(value(&world, 2, "name").await, "Rob");
    settled(&world, "completed").await;
}

#[tokio::test(start_paused = true)]
async fn a_description_that_goes_back_and_forth_is_written_each_time() {
    let world = reconciled().await;
    for description in ["One", "Two", "One", "Two"] {
        commit(&world, &Said { description, ..people(&two_items()) }, description);
        assert_eq!(outcomes(&world.reconcile().await), ["people Updated -"]);
        assert_eq!(store(&world).await["description"], description);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_someone_fills_during_the_pass_is_not_deleted() {
    for at in 0..30 {
        let world = retired().await;
        let body = json!({"id": id(9), "fields": {"name": "Foreign"}});
        let deed = (Method::POST, "/api/v2/datastores/store-000001/records".to_owned(), body);
        let (struck, report) = world.meddled_by(&pruning(), at, deed).await;
        let Some(struck) = struck else { return };
        if struck.done && !struck.request.starts_with("DELETE") {
            assert_eq!(value(&world, 9, "name").await, "Foreign", "{struck:?} {report:?}");
        }
    }
    panic!("the pass is longer than expected");
}

fn renamed() -> Said<'static> {
    Said { name: "folk", metadata: ", renamedFrom: people", ..people(&two_items()) }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_git_renames_keeps_its_id_and_records() {
    let world = reconciled().await;
    world.git(&["rm", "--quiet", "data-stores/people.yaml"]);
    commit(&world, &renamed(), "rename");
    assert_eq!(outcomes(&world.reconcile().await), ["folk Updated -"]);
    assert_eq!(sent(&world).await, ["PUT /store-000001"]);
    assert_eq!(store(&world).await["name"], "folk");
    settled(&world, "renamed").await;
    commit(&world, &Said { metadata: "", ..renamed() }, "done");
    world.reconcile().await;
    settled(&world, "done").await;
}

#[tokio::test(start_paused = true)]
async fn a_tenant_without_the_naming_call_keeps_the_id_and_says_so() {
    for status in [404, 405] {
        let world = reconciled().await;
        let fault = json!({"method": "PUT", "path": "/api/v2/datastores/store-000001", "times": 0, "status": status});
        world.control(Method::POST, "faults", fault).await;
        world.git(&["rm", "--quiet", "data-stores/people.yaml"]);
        commit(&world, &renamed(), "rename");
        let report = world.reconcile().await;
        assert_eq!(outcomes(&report), ["folk Updated -"], "{status}: {}", message(&report));
        assert!(message(&report).contains("no call"), "{}", message(&report));
        assert_eq!(store(&world).await["name"], "people");
        settled(&world, "unnamed").await;
        let said =
            Said { items: vec![item(1, "name: Ann, age: 36"), item(2, "name: Bob")], ..renamed() };
        commit(&world, &said, "on");
        assert_eq!(outcomes(&world.reconcile().await), ["folk Updated -"]);
        assert_eq!(sent(&world).await, ["PATCH /store-000001/records/1"]);
        settled(&world, "on").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_and_a_description_are_each_left_to_who_changed_them() {
    // Somebody renamed it, git describes it anew; and the other way round.
    let naming = |name: &str, description: &str| {
        let body = json!({"name": name, "description": description});
        (Method::PUT, "/api/v2/datastores/store-000001".to_owned(), body)
    };
    for (theirs, said, expected) in [
        (
            naming("bobs", "Who calls"),
            Said { description: "Ours", ..people(&two_items()) },
            ["bobs", "Ours"],
        ),
        (naming("people", "Bob's"), renamed(), ["folk", "Bob's"]),
    ] {
        for at in 0..12 {
            let world = reconciled().await;
            if said.name == "folk" {
                world.git(&["rm", "--quiet", "data-stores/people.yaml"]);
            }
            commit(&world, &said, "ours");
            let (struck, _) = world.meddled_by(&request("development"), at, theirs.clone()).await;
            let struck = struck.expect("a request");
            if struck.request.starts_with("PUT") {
                // What they write after ours is theirs.
                break;
            }
            for _ in 0..2 {
                let live = store(&world).await;
                assert_eq!([&live["name"], &live["description"]], expected, "{struck:?}");
                let report = world.reconcile().await;
                assert_eq!(outcome(&report), ResourceOutcome::Drifted, "{struck:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_someone_adds_during_the_pass_stays() {
    let theirs = json!({"fields": [
        {"name": "name", "type": "string"}, {"name": "age", "type": "number"},
        {"name": "household", "type": "relationship", "constraints": {"is_relationship": true}},
        {"name": "theirs", "type": "string"},
    ]});
    for at in 0..30 {
        let world = reconciled().await;
        let fields = [FIELDS, &["{name: more, type: json}"]].concat();
        commit(&world, &Said { fields: &fields, ..people(&two_items()) }, "more");
        let deed =
            (Method::PUT, "/api/v2/datastores/store-000001/schema".to_owned(), theirs.clone());
        let (struck, _) = world.meddled_by(&request("development"), at, deed).await;
        let Some(struck) = struck else { return };
        if struck.request.starts_with("PUT") {
            continue;
        }
        let names = store(&world).await["fields"].to_string();
        assert!(names.contains("theirs"), "{struck:?}: {names}");
    }
    panic!("the pass is longer than expected");
}

/// Another client's store of the same name.
async fn foreign(world: &World, items: &[(usize, Value)]) {
    let body = json!({"name": "people", "description": "Who calls", "fields": [
        {"name": "name", "type": "string"}, {"name": "age", "type": "number"},
        {"name": "household", "type": "relationship", "constraints": {"is_relationship": true}},
    ]});
    world.call(Method::POST, "/api/v2/datastores", body).await;
    for (n, fields) in items {
        made(world, *n, fields.clone()).await;
    }
    world.writes().await;
}

#[tokio::test(start_paused = true)]
async fn a_foreign_store_is_asked_about_and_what_is_lost_of_it_is_saved() {
    let world = world(&people(&two_items()));
    foreign(&world, &[(1, json!({"name": "Theirs"})), (9, json!({"name": "Foreign"}))]).await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted);
    assert!(message(&report).contains("--adopt"), "{}", message(&report));
    assert_eq!(sent(&world).await, [""; 0]);
    assert_eq!(outcomes(&world.run(&adopting()).await), ["people Adopted -"]);
    let saved = world.git(&["show", "refs/flowgate/drift/development:DataStore/people.yaml"]);
    assert!(saved.contains("Theirs") && !saved.contains("Foreign"), "{saved}");
    assert_eq!(value(&world, 9, "name").await, "Foreign");
    assert_eq!(value(&world, 1, "name").await, "Ada");
    settled(&world, "adopted").await;
}

#[tokio::test(start_paused = true)]
async fn a_foreign_store_that_equals_git_is_taken_over_without_a_write() {
    let world = world(&people(&two_items()));
    foreign(&world, &[(1, json!({"name": "Ada", "age": 36})), (2, json!({"name": "Bob"}))]).await;
    assert_eq!(outcomes(&world.reconcile().await), ["people Adopted -"]);
    assert_eq!(sent(&world).await, [""; 0]);
    settled(&world, "adopted").await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_someone_deleted_is_made_again() {
    let world = reconciled().await;
    world.delete("/api/v2/datastores/store-000001?force=true").await;
    let report = world.reconcile().await;
    assert_eq!(outcomes(&report), ["people Created -"], "{}", message(&report));
    assert_eq!((count(&world).await, records(&world).await), (1, 2));
    settled(&world, "again").await;
}

#[tokio::test(start_paused = true)]
async fn two_thousand_records_are_made_in_one_pass_and_then_left_alone() {
    let items: Vec<String> = (0..2000).map(|n| item(n, &format!("name: N{n}"))).collect();
    let world = world(&people(&items));
    assert_eq!(outcomes(&world.reconcile().await), ["people Created -"]);
    assert_eq!(records(&world).await, 2000);
    settled(&world, "many").await;
    let mut items = items;
    items[77] = item(77, "name: Other");
    commit(&world, &people(&items), "one");
    assert_eq!(outcomes(&world.reconcile().await), ["people Updated -"]);
    let ids: BTreeSet<String> = sent(&world).await.into_iter().collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_person_and_git_changed_alike_is_the_base_of_the_next_change() {
    let world = reconciled().await;
    edited(&world, 1, json!({"age": 37})).await;
    for age in [37, 38, 36] {
        let items = [item(1, &format!("name: Ada, age: {age}")), item(2, "name: Bob")];
        commit(&world, &people(&items), "age");
        let report = world.reconcile().await;
        assert_eq!(report.status.expect("applied").outcome, Outcome::Synced, "{age}");
        assert_eq!(value(&world, 1, "age").await, age);
    }
}

#[tokio::test(start_paused = true)]
async fn exact_empties_what_somebody_else_filled_in() {
    let exact = Said { policy: "exact", ..people(&two_items()) };
    let world = world(&exact);
    world.reconcile().await;
    edited(&world, 2, json!({"age": 12})).await;
    assert_eq!(outcomes(&world.reconcile().await), ["people Updated -"]);
    assert_eq!(value(&world, 2, "age").await, Value::Null);
    settled(&world, "emptied").await;
}

#[tokio::test(start_paused = true)]
async fn a_field_gets_another_type_only_when_it_was_empty_before() {
    let world = reconciled().await;
    let fields = ["{name: name, type: string}", "{name: age, type: string}", FIELDS[2]];
    let items = [item(1, "name: Ada"), item(2, "name: Bob")];
    commit(&world, &Said { fields: &fields, ..people(&items) }, "empty and retype");
    let error = world.try_pass(&request("development")).await.expect_err("a finding");
    assert!(error.to_string().contains("errors"), "{error}");
    assert_eq!(sent(&world).await, [""; 0]);
    commit(&world, &people(&items), "empty");
    world.reconcile().await;
    commit(&world, &Said { fields: &fields, ..people(&items) }, "retype");
    assert_eq!(outcomes(&world.reconcile().await), ["people Updated -"]);
}

#[tokio::test(start_paused = true)]
async fn a_locked_record_that_goes_is_waited_for() {
    let world = reconciled().await;
    let lock = format!("data-stores/store-000001/records/{}/lock", id(2));
    world.control(Method::PUT, &lock, json!({"heldBy": "ada", "forMs": 2_000})).await;
    commit(&world, &Said { policy: "exact", ..people(&two_items()[..1]) }, "fewer");
    assert_eq!(outcomes(&world.reconcile().await), ["people Updated -"]);
    settled(&world, "fewer").await;
}
