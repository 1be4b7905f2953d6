//! The recorded state and its compare-and-swap.

use semver::Version;
use serde_json::{Value, json};

use super::{Sandbox, ada};
use crate::git::{self, Error, Repo, Tip, recorded, recorded_draft};
use crate::model::{
    Cascade, Connector, ContentHash, DataActionContent, DataActionId, DataActionRecord,
    DataStoreContent, DataStoreId, DataStoreRecord, Deployed, DeploymentId, DraftRevision, Element,
    Failure, FieldType, FlowContent, FlowId, FlowRecord, Hold, HoldReason, Item, ItemId,
    ModifiedTimestamp, Naming, Record, Relation, ResourceId, SchemaField, State, VersionId,
    VersionRecord,
};

const REF: &str = "refs/flowgate/state/production";

fn object(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn content() -> FlowContent {
    let element = |id: &str, configuration: Value| Element {
        id: id.to_owned(),
        element_type: "IVR".to_owned(),
        configuration: object(&configuration).into(),
        extra: object(&json!({"x": 10.5})),
    };
    let connector = Connector {
        id: "a->b".to_owned(),
        source_id: "a".to_owned(),
        target_id: "b".to_owned(),
        label: Some("found".to_owned()),
        condition: Some(Value::Null),
        extra: object(&json!({"id": "an extra that is called like a known key"})),
    };
    FlowContent {
        elements: vec![
            element("a", json!({"z": 1, "a": [0.1, 9_007_199_254_740_993_u64, null]})),
            element("b", json!({})),
        ],
        connectors: [connector].into(),
    }
}

fn record() -> FlowRecord {
    let hash = ContentHash::new([7; 32]);
    FlowRecord {
        id: FlowId::new("f-1"),
        display_name: "Customer Routing".to_owned(),
        description: Some("First contact".to_owned()),
        draft_revision: DraftRevision(14),
        draft: None,
        published: Some(VersionId::new("v-1")),
        version: Some(VersionRecord {
            id: VersionId::new("v-1"),
            number: Version::new(1, 4, 0),
            hash,
            content: recorded(&content()),
        }),
        deployed: Some(Deployed {
            deployment: DeploymentId::new("d-1"),
            version: VersionId::new("v-1"),
            number: Some(Version::new(1, 4, 0)),
        }),
        failure: Some(Failure {
            hash,
            deployment: DeploymentId::new("d-2"),
            at: ada(0).time,
            error: "two\nlines".to_owned(),
            stuck: true,
        }),
    }
}

fn bare_record(id: &str) -> FlowRecord {
    FlowRecord {
        id: FlowId::new(id),
        display_name: id.to_owned(),
        description: None,
        draft_revision: DraftRevision(0),
        draft: None,
        published: None,
        version: None,
        deployed: None,
        failure: None,
    }
}

fn state(flows: &[(&str, FlowRecord)]) -> State {
    let flows = flows.iter().map(|(name, flow)| ((*name).to_owned(), flow.clone())).collect();
    State { flows, ..State::default() }
}

fn write(repo: &Repo, state: &State, expected: Option<Tip>, second: i64) -> Result<Tip, Error> {
    repo.write_state("production", state, expected, "reconcile\n", &ada(second))
}

#[test]
fn a_draft_without_a_version_is_read_back_as_it_was_written() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let drafted = FlowRecord { draft: Some(recorded_draft(&content())), ..record() };
    let written = state(&[("a", drafted)]);
    write(&repo, &written, None, 0).expect("written");
    assert_eq!(repo.read_state("production").expect("read").0, written);
}

#[test]
fn a_state_is_read_back_as_it_was_written() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    assert_eq!(repo.read_state("production").expect("empty"), (State::default(), None));
    let written = state(&[("customer-routing", record()), ("new", bare_record("f-2"))]);
    let tip = write(&repo, &written, None, 0).expect("written");
    let read = repo.read_state("production").expect("read");
    let version = read.0.flows["customer-routing"].version.as_ref().expect("recorded");
    assert_eq!(git::content(&version.content), Some(content()));
    assert_eq!(read, (written, Some(tip)));
    assert_eq!(sandbox.git(&["fsck", "--strict", "--no-dangling"]), "");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "the work tree stays clean");
}

#[test]
fn every_kind_is_read_back_as_it_was_written() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let action = data_action();
    let store = data_store();
    let written = State {
        flows: [("same".to_owned(), bare_record("f-1"))].into(),
        data_actions: [("same".to_owned(), action.clone())].into(),
        data_stores: [("same".to_owned(), store.clone())].into(),
        holds: Vec::new(),
    };
    let tip = write(&repo, &written, None, 0).expect("written");
    let (read, _) = repo.read_state("production").expect("read");
    assert_eq!(read, written);
    let action_content = git::data_action(&read.data_actions["same"].content);
    assert_eq!(action_content, Some(data_action_content()));
    assert_eq!(git::data_store(&read.data_stores["same"].content), Some(data_store_content()));

    let gone = State { data_stores: std::collections::BTreeMap::new(), ..written };
    write(&repo, &gone, Some(tip), 1).expect("written");
    assert_eq!(repo.read_state("production").expect("read").0, gone);
}

fn data_action_content() -> DataActionContent {
    DataActionContent {
        description: Some("Finds the caller".to_owned()),
        action_type: "SCRIPT".to_owned(),
        trigger: object(&json!({"type": "MANUAL"})),
        enabled: true,
        dependencies: ["base".to_owned()].into(),
        language: "JavaScript".to_owned(),
        script: "function main() {\n  return \"ä\";\n}\n".into(),
        extra: serde_json::Map::new(),
    }
}

fn data_action() -> DataActionRecord {
    DataActionRecord {
        id: DataActionId::new("a-1"),
        name: "same".to_owned(),
        modified: Some(ModifiedTimestamp(1_700_000_000_000)),
        hash: ContentHash::new([1; 32]),
        content: git::recorded_data_action(&data_action_content()),
        untested: Some("test \"known\" failed in the tenant: no".to_owned()),
    }
}

fn data_store_content() -> DataStoreContent {
    let field = |name: &str, field_type, constraints: Value| SchemaField {
        name: name.to_owned(),
        field_type,
        constraints: object(&constraints),
        extra: serde_json::Map::new(),
    };
    let relation = Relation { children: [ItemId::new("i-2")].into(), cascade: Cascade::Update };
    let item = Item {
        id: ItemId::new("i-1"),
        fields: object(&json!({"name": "Ada", "n": 9_007_199_254_740_993_u64, "gone": null})),
        relations: [("household".to_owned(), relation)].into(),
    };
    DataStoreContent {
        description: None,
        fields: vec![
            field("household", FieldType::Relationship, json!({"max_depth": 3})),
            field("name", FieldType::String, json!({})),
        ],
        items: [item].into(),
    }
}

fn data_store() -> DataStoreRecord {
    DataStoreRecord {
        id: DataStoreId::new("s-1"),
        name: "same".to_owned(),
        updated_at: Some("2027-01-15T08:00:00.000001Z".to_owned()),
        hash: ContentHash::new([2; 32]),
        content: git::recorded_data_store(&data_store_content()),
        unnamed: Some(Naming { name: "new".to_owned(), description: None }),
    }
}

#[test]
fn a_record_is_one_small_file_that_people_can_read() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let mut short = record();
    short.version = None;
    write(&repo, &state(&[("customer-routing", short)]), None, 0).expect("written");
    insta::assert_snapshot!(sandbox.git(&["show", &format!("{REF}:Flow/customer-routing.json")]), @r#"
    {
      "apiVersion": "flowgate.dev/v1",
      "deployed": {
        "deployment": "d-1",
        "number": "1.4.0",
        "version": "v-1"
      },
      "description": "First contact",
      "displayName": "Customer Routing",
      "draftRevision": 14,
      "failure": {
        "at": "2027-01-15T08:00:00Z",
        "deployment": "d-2",
        "error": "two\nlines",
        "hash": "sha256:0707070707070707070707070707070707070707070707070707070707070707",
        "stuck": true
      },
      "id": "f-1",
      "kind": "FlowRecord",
      "published": "v-1"
    }
    "#);
}

#[test]
fn a_state_of_many_flows_is_read_back() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let flows = (0..200).map(|number| (format!("flow-{number}"), record())).collect();
    let written = State { flows, ..State::default() };
    let tip = write(&repo, &written, None, 0).expect("written");
    assert_eq!(repo.read_state("production").expect("read"), (written, Some(tip)));
}

#[test]
fn each_change_is_a_commit_on_top_of_the_one_before() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let first = write(&repo, &state(&[("a", record())]), None, 0).expect("written");
    let second = write(&repo, &state(&[("a", record()), ("b", record())]), Some(first), 1);
    let second = second.expect("written");
    let third = write(&repo, &State::default(), Some(second), 2).expect("written");
    let chain = sandbox.git(&["log", "--format=%H %s %an", REF]);
    assert_eq!(
        chain.lines().collect::<Vec<_>>(),
        [third, second, first].map(|tip| format!("{tip} reconcile Ada"))
    );
    assert_eq!(repo.read_state("production").expect("read"), (State::default(), Some(third)));
}

#[test]
fn only_what_differs_is_written_anew() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let before = state(&[("a", record()), ("b", record()), ("gone", bare_record("f-3"))]);
    let tip = write(&repo, &before, None, 0).expect("written");
    let after = state(&[("a", record()), ("b", bare_record("f-2")), ("new", bare_record("f-4"))]);
    let next = write(&repo, &after, Some(tip), 1).expect("written");
    assert_eq!(repo.read_state("production").expect("read"), (after, Some(next)));
    let changed =
        sandbox.git(&["diff-tree", "-r", "--name-status", &tip.to_string(), &next.to_string()]);
    assert_eq!(changed, "M\tFlow/b.json\nD\tFlow/gone.json\nA\tFlow/new.json");
}

#[test]
fn an_unchanged_state_makes_no_commit() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let mut same = state(&[("a", record())]);
    let tip = write(&repo, &same, None, 0).expect("written");
    if let Some(version) = same.flows.get_mut("a").and_then(|flow| flow.version.as_mut()) {
        let mut other = content();
        other.elements.reverse();
        version.content = recorded(&other);
    }
    assert_eq!(write(&repo, &same, Some(tip), 1).expect("nothing to write"), tip);
    assert_eq!(sandbox.git(&["rev-list", "--count", REF]), "1");
}

#[test]
fn a_state_that_someone_else_moved_is_not_overwritten() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let first = write(&repo, &state(&[("a", record())]), None, 0).expect("written");
    let theirs = write(&repo, &state(&[("b", record())]), Some(first), 1).expect("written");
    for (expected, ours) in [(Some(first), "c"), (None, "c"), (Some(first), "b"), (None, "b")] {
        let error = write(&repo, &state(&[(ours, record())]), expected, 2).expect_err("moved");
        assert!(matches!(error, Error::Moved { .. }), "{error}");
    }
    assert_eq!(repo.read_state("production").expect("read").1, Some(theirs));
    sandbox.git(&["update-ref", "-d", REF]);
    let error = write(&repo, &state(&[("c", record())]), Some(theirs), 3).expect_err("gone");
    assert!(matches!(error, Error::Moved { .. }), "{error}");
}

#[test]
fn of_two_that_write_at_once_one_wins() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = &sandbox.open("");
    for round in 0..10 {
        let (_, tip) = repo.read_state("production").expect("read");
        let results = std::thread::scope(|scope| {
            let running = ["a", "b"].map(|name| {
                let ours = state(&[(name, bare_record(&format!("{name}{round}")))]);
                scope.spawn(move || write(repo, &ours, tip, round))
            });
            running.map(|thread| thread.join().expect("no panic"))
        });
        let won = results.iter().filter(|result| result.is_ok()).count();
        assert!(won == 1, "{results:?}");
    }
    assert_eq!(sandbox.git(&["rev-list", "--count", REF]), "10");
}

#[test]
fn all_worktrees_share_the_state_of_an_environment() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    sandbox.git(&["worktree", "add", "-q", "--detach", "linked"]);
    let written = state(&[("a", record())]);
    let tip = write(&sandbox.open("linked"), &written, None, 0).expect("written");
    assert_eq!(sandbox.open("").read_state("production").expect("read"), (written, Some(tip)));
    assert_eq!(sandbox.rev(REF).as_str(), tip.to_string());
}

#[test]
fn a_packed_state_is_read_and_moved() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let first = write(&repo, &state(&[("a", record())]), None, 0).expect("written");
    sandbox.git(&["gc", "-q"]);
    assert!(!sandbox.path(".git").join(REF).exists(), "the reference is packed");
    let error = write(&repo, &state(&[("b", record())]), None, 1).expect_err("it is there");
    assert!(matches!(error, Error::Moved { .. }), "{error}");
    let ours = state(&[("b", record())]);
    let second = write(&repo, &ours, Some(first), 1).expect("written");
    assert_eq!(repo.read_state("production").expect("read"), (ours, Some(second)));
}

#[test]
fn a_file_that_flowgate_did_not_write_stops_the_read() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    write(&repo, &state(&[("a", bare_record("f-1"))]), None, 0).expect("written");
    let good = sandbox.git(&["show", &format!("{REF}:Flow/a.json")]);
    let say = |path: &str, text: &str| {
        let sandbox = Sandbox::unborn();
        sandbox.write(path, text);
        sandbox.commit("foreign");
        sandbox.git(&["update-ref", REF, "HEAD"]);
        let error = sandbox.open("").read_state("production").expect_err("foreign");
        assert!(matches!(error, Error::StateFile { .. }), "{error}");
        error.to_string()
    };
    insta::assert_snapshot!(say("Flow/a.json", "junk"), @"Flow/a.json of refs/flowgate/state/production is not JSON: expected value at line 1 column 1; nothing was changed. See what is there with `git show refs/flowgate/state/production:Flow/a.json`");
    insta::assert_snapshot!(say("Flow/a.json", "[]"), @"Flow/a.json of refs/flowgate/state/production is no FlowRecord, as flowgate writes it; nothing was changed. See what is there with `git show refs/flowgate/state/production:Flow/a.json`");
    insta::assert_snapshot!(say("Flow/a.json", &good.replace("dev/v1", "dev/v2")), @r#"Flow/a.json of refs/flowgate/state/production has apiVersion "flowgate.dev/v2", which this flowgate cannot read; use a newer one; nothing was changed. See what is there with `git show refs/flowgate/state/production:Flow/a.json`"#);
    insta::assert_snapshot!(say("Flow/a.json", &good.replace("draftRevision", "draftRevisions")), @"Flow/a.json of refs/flowgate/state/production cannot be read: unknown field `draftRevisions`, expected one of `apiVersion`, `kind`, `id`, `displayName`, `description`, `draftRevision`, `draft`, `published`, `version`, `deployed`, `failure` at line 4 column 18; nothing was changed. See what is there with `git show refs/flowgate/state/production:Flow/a.json`");
    insta::assert_snapshot!(say("Flow/README", &good), @"Flow/README of refs/flowgate/state/production is no record; nothing was changed. See what is there with `git show refs/flowgate/state/production:Flow/README`");
    insta::assert_snapshot!(say("DataStore/a.json", &good), @"DataStore/a.json of refs/flowgate/state/production is no DataStoreRecord, as flowgate writes it; nothing was changed. See what is there with `git show refs/flowgate/state/production:DataStore/a.json`");
    insta::assert_snapshot!(say("Queue/a.json", &good), @"Queue of refs/flowgate/state/production is of a kind that this flowgate does not know; use a newer one; nothing was changed. See what is there with `git show refs/flowgate/state/production:Queue`");
}

#[test]
fn a_name_that_is_no_file_name_is_refused() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    for name in ["a/b", "a\0b"] {
        let error = write(&repo, &state(&[(name, record())]), None, 0).expect_err("refused");
        assert!(matches!(error, Error::ResourceName { .. }), "{error}");
    }
    assert_eq!(repo.read_state("production").expect("nothing").1, None);
}

#[test]
fn holds_are_kept_beside_the_records() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    assert_eq!(repo.read_holds("production").expect("read"), []);
    let from = sandbox.git(&["rev-parse", "HEAD"]).trim().parse().expect("a revision");
    let hold =
        |resource, reason| Hold { resource, by: "ada".to_owned(), since: ada(0).time, reason };
    let until = Some(ada(60).time);
    let holds = vec![
        hold(None, HoldReason::Paused { reason: "freeze".to_owned(), until }),
        hold(Some(ResourceId::flow("a")), HoldReason::RolledBack { from, to: "1.3.0".to_owned() }),
    ];
    let written = State { holds, ..state(&[("a", record())]) };
    let tip = write(&repo, &written, None, 0).expect("written");
    assert_eq!(repo.read_state("production").expect("read"), (written.clone(), Some(tip)));
    assert_eq!(repo.read_holds("production").expect("read"), written.holds);
    let id = ResourceId::flow("b");
    let other = Record::Flow(Box::new(bare_record("f-2")));
    let tip = repo.write_record("production", &id, &other, Some(tip), &ada(1)).expect("written");
    assert_eq!(repo.read_holds("production").expect("read"), written.holds);
    write(&repo, &state(&[("a", record())]), Some(tip), 2).expect("written");
    assert_eq!(repo.read_holds("production").expect("read"), []);
}
