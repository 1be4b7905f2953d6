//! What people change live in data actions and data stores, under every policy.

use flowgate::controller::{Adopted, Offer, Report};
use flowgate::model::{ResourceOutcome, Side};
use http::Method;
use serde_json::{Value, json};

use crate::world::{ONE, World, message, outcome, outcomes};

const BRANCH: &str = "flowgate/drift/development";

const ACTION: &str = "# callers
apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {name: lookup}
spec:
  description: Finds # why
  enabled: true
  script:
    file: lookup.js # beside
";

const STORE: &str = "apiVersion: flowgate.dev/v1
kind: DataStore
metadata: {name: people}
spec:
  fields:
    # who
    - {name: name, type: string}
    - {name: note, type: string} # said
    - {name: household, type: relationship}
  items:
    # Ada
    - id: 00000000-0000-4000-8000-000000000001
      fields: {name: Ada, note: first} # two
      relationships:
        - field: household
          childIds: [00000000-0000-4000-8000-000000000002] # kin
    - {id: 00000000-0000-4000-8000-000000000002, fields: {name: Bob}}
    - {id: 00000000-0000-4000-8000-000000000003, fields: {name: Cy}}
";

/// What someone changes, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Description,
    Script,
    Schema,
    Value,
    Relation,
}

const PARTS: [Part; 5] =
    [Part::Description, Part::Script, Part::Schema, Part::Value, Part::Relation];

/// What git changes meanwhile.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Git {
    Nothing,
    Beside,
    TheSame,
}

fn id(n: usize) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

impl Part {
    fn file(self) -> &'static str {
        match self {
            Self::Description => "data-actions/lookup.yaml",
            Self::Script => "data-actions/lookup.js",
            _ => "data-stores/people.yaml",
        }
    }

    /// What the file says that someone changes, and what git changes it to.
    fn texts(self) -> [&'static str; 2] {
        match self {
            Self::Description => ["Finds", "Git"],
            Self::Script => ["return 1", "return 3"],
            Self::Schema => ["{name: note, type: string}", "{name: note, type: boolean}"],
            Self::Value => ["name: Ada", "name: Git"],
            Self::Relation => ["-000000000002] #", "-000000000003] #"],
        }
    }

    async fn edit(self, world: &World) {
        match self {
            Self::Description => action(world, json!({"description": "Live"})).await,
            Self::Script => {
                let script = "function main() { return 2; }\n";
                action(world, json!({ "script": script })).await;
            }
            Self::Schema => {
                let fields = json!({"fields": [
                    {"name": "name", "type": "string"},
                    {"name": "household", "type": "relationship",
                        "constraints": {"is_relationship": true}},
                ]});
                world.call(Method::PUT, "/api/v2/datastores/store-000001/schema", fields).await;
            }
            Self::Value => record(world, json!({"name": "Live"})).await,
            Self::Relation => {
                let ids = [id(2), id(3)];
                record(world, json!({"household": {"ids": ids, "cascade_action": "none"}})).await;
            }
        }
        world.writes().await;
    }

    /// What is live of it.
    async fn live(self, world: &World) -> Value {
        let dump = world.dump().await;
        let action = &dump["dataActions"]["action-000001"]["body"];
        let ada = &dump["records"][format!("store-000001/{}", id(1))];
        match self {
            Self::Description => action["description"].clone(),
            Self::Script => {
                let path = "/api/v2/dataactions/actions/action-000001";
                let read = world.call(Method::GET, path, Value::Null).await;
                read["script"]["content"].as_str().expect("a script").into()
            }
            Self::Schema => {
                let fields = dump["dataStores"]["store-000001"]["fields"].clone();
                fields.to_string().contains("note").into()
            }
            Self::Value => ada["values"]["name"].clone(),
            Self::Relation => ada["links"]["household"]["ids"].clone(),
        }
    }
}

async fn action(world: &World, body: Value) {
    world.control(Method::PUT, "data-actions/lookup", body).await;
}

async fn record(world: &World, fields: Value) {
    let path = format!("data-stores/store-000001/records/{}", id(1));
    world.control(Method::PUT, &path, json!({ "fields": fields })).await;
}

/// Both resources reconciled, then changed live and, maybe, in git.
async fn moved(policy: &str, part: Part, git: Git) -> World {
    let project = ONE.replace("DEVELOPMENT}", &format!("DEVELOPMENT, drift: {policy}}}"));
    let store =
        if part == Part::Schema { STORE.replace(", note: first", "") } else { STORE.into() };
    let files = [
        ("data-actions/lookup.yaml", ACTION.to_owned()),
        ("data-actions/lookup.js", "function main() { return 1; }\n".to_owned()),
        ("data-stores/people.yaml", store),
    ];
    let world = World::of(&project, &files);
    assert_eq!(outcomes(&world.reconcile().await), ["people Created -", "lookup Created -"]);
    world.writes().await;
    part.edit(&world).await;
    match git {
        Git::Nothing => {}
        Git::TheSame => replace(&world, part.file(), part.texts()),
        Git::Beside => match part {
            Part::Description | Part::Script => {
                replace(&world, "data-actions/lookup.yaml", ["enabled: true", "enabled: false"]);
            }
            _ => replace(&world, "data-stores/people.yaml", ["name: Cy", "name: Cyd"]),
        },
    }
    if git != Git::Nothing {
        world.commit("git moves too");
    }
    world
}

fn replace(world: &World, path: &str, [from, to]: [&str; 2]) {
    let text = std::fs::read_to_string(world.path().join(path)).expect("a file");
    assert!(text.contains(from), "{from} in {text}");
    world.write(path, &text.replace(from, to));
}

fn all() -> impl Iterator<Item = (Part, Git)> {
    let gits = [Git::Nothing, Git::Beside, Git::TheSame];
    PARTS.into_iter().flat_map(move |part| gits.map(|git| (part, git)))
}

fn side(report: &Report) -> Side {
    report.plan.resources[0].drift.as_ref().expect("drift").side
}

/// What a pass that leaves drift alone comes to.
fn left(git: Git) -> (ResourceOutcome, Side) {
    match git {
        Git::Nothing => (ResourceOutcome::Drifted, Side::Live),
        Git::Beside => (ResourceOutcome::Drifted, Side::Both),
        Git::TheSame => (ResourceOutcome::Conflict, Side::Both),
    }
}

#[tokio::test(start_paused = true)]
async fn alert_writes_what_git_changed_beside_it_and_nothing_over_it() {
    for (part, git) in all() {
        let world = moved("alert", part, git).await;
        let before = part.live(&world).await;
        let report = world.reconcile().await;
        let why = format!("{part:?} {git:?}: {}", message(&report));
        assert_eq!((outcome(&report), side(&report)), left(git), "{why}");
        assert_eq!(part.live(&world).await, before, "{why}");
        assert_eq!(world.writes().await.is_empty(), git != Git::Beside, "{why}");
        assert_eq!(report.adopted, None, "{why}");
        let conflicts = &report.plan.resources[0].drift.as_ref().expect("drift").conflicts;
        assert_eq!(conflicts.len(), usize::from(git == Git::TheSame), "{why}");
        for conflict in conflicts {
            assert_ne!(conflict.base, conflict.git, "{why}");
            assert_ne!(conflict.live, conflict.git, "{why}");
            assert_ne!(conflict.live, conflict.base, "{why}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn revert_saves_what_is_live_and_puts_gits_back_once() {
    for (part, git) in all() {
        let world = moved("revert", part, git).await;
        let live = part.live(&world).await;
        let report = world.reconcile().await;
        let why = format!("{part:?} {git:?}: {}", message(&report));
        assert_eq!(outcome(&report), ResourceOutcome::Updated, "{why}");
        let gits = if git == Git::Nothing { Side::Live } else { Side::Both };
        assert_eq!(side(&report), gits, "{why}");
        assert_ne!(part.live(&world).await, live, "{why}");
        assert!(message_of_plan(&report).contains("git's is put back"), "{why}");
        let resource = report.plan.resources[0].id.to_string();
        let saved =
            world.git(&["show", &format!("refs/flowgate/drift/development:{resource}.yaml")]);
        let shows = match part {
            Part::Description => saved.contains("description: Live"),
            Part::Script => saved.contains("return 2"),
            Part::Schema => !saved.contains("note"),
            Part::Value => saved.contains("name: Live"),
            Part::Relation => saved.contains("000000000003"),
        };
        assert!(shows, "{why}: {saved}");
        world.writes().await;
        let again = world.reconcile().await;
        assert_eq!(outcomes(&again), [""; 0], "{why}");
        assert_eq!(world.writes().await.len(), 0, "{why}");
    }
}

fn message_of_plan(report: &Report) -> String {
    report.plan.resources[0].reason.clone().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn adopt_offers_what_is_live_and_is_in_sync_once_that_is_merged() {
    for (part, git) in all() {
        let world = moved("adopt", part, git).await;
        let before = part.live(&world).await;
        let report = world.reconcile().await;
        let why = format!("{part:?} {git:?}: {}", message(&report));
        assert_eq!((outcome(&report), side(&report)), left(git), "{why}");
        assert_eq!(part.live(&world).await, before, "{why}");
        if git == Git::TheSame {
            assert_eq!(report.adopted, None, "{why}");
            continue;
        }
        let Some(Adopted { branch, files, left, offer: Offer::Made(commit) }) = &report.adopted
        else {
            panic!("{why}: {:?}", report.adopted);
        };
        assert_eq!(
            (branch.as_str(), files.as_slice(), left.len()),
            (BRANCH, &[part.file().to_owned()][..], 0)
        );
        let said = world.git(&["log", "-1", "--format=%B", BRANCH]);
        assert!(said.starts_with("Adopt what changed live in development\n"), "{said}");
        assert!(said.contains("someone "), "{said}");

        // The same again is no new commit, and sends nothing.
        world.writes().await;
        let again = world.reconcile().await;
        let offer = again.adopted.expect("still adopted").offer;
        assert_eq!(offer, Offer::Standing(commit.clone()), "{why}");
        assert_eq!(world.writes().await.len(), 0, "{why}");
        assert_eq!(world.git(&["status", "--porcelain"]), "", "{why}");

        world.git(&["merge", "--quiet", "--no-edit", BRANCH]);
        let text = std::fs::read_to_string(world.path().join("data-stores/people.yaml"));
        assert!(text.expect("a store").contains("    # Ada\n"), "{why}");
        let synced = world.reconcile().await;
        assert_eq!(outcomes(&synced), [""; 0], "{why}: {:?}", synced.status);
        assert_eq!(world.writes().await.len(), 0, "{why}");
        assert_eq!(part.live(&world).await, before, "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_what_would_be_adopted_and_commits_nothing() {
    let world = moved("adopt", Part::Value, Git::Nothing).await;
    let before = world.refs();
    let request = flowgate::controller::Request {
        mode: flowgate::controller::Mode::DryRun,
        ..crate::world::request("development")
    };
    let adopted = world.run(&request).await.adopted.expect("adopted");
    assert_eq!((adopted.files.len(), adopted.offer), (1, Offer::Planned));
    assert_eq!(world.refs(), before);
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_cannot_be_written_does_not_stop_the_pass() {
    let world = moved("adopt", Part::Value, Git::Beside).await;
    world.git(&["checkout", "--quiet", "-b", BRANCH]);
    let report = world.reconcile().await;
    let Some(Adopted { offer: Offer::Failed(why), .. }) = &report.adopted else {
        panic!("{:?}", report.adopted);
    };
    assert!(why.contains("is checked out"), "{why}");
    assert_eq!(world.writes().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_the_list_is_everything_a_record_of_others_is_adopted_instead_of_deleted() {
    let project = ONE.replace("DEVELOPMENT}", "DEVELOPMENT, drift: adopt}");
    let text = STORE.replace("  items:\n", "  records: {policy: exact}\n  items:\n");
    let world = World::of(&project, &[("data-stores/people.yaml", text)]);
    world.reconcile().await;
    let body = json!({"id": id(9), "fields": {"name": "Zoe"}});
    world.call(Method::POST, "/api/v2/datastores/store-000001/records", body).await;
    record(&world, json!({"note": "first"})).await;
    world.writes().await;
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted, "{}", message(&report));
    assert_eq!(world.writes().await.len(), 0);
    world.git(&["merge", "--quiet", BRANCH]);
    let text = std::fs::read_to_string(world.path().join("data-stores/people.yaml"));
    assert!(text.expect("a store").contains("name: Zoe"));
    assert_eq!(outcomes(&world.reconcile().await), [""; 0]);
    assert_eq!(world.writes().await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_annotation_says_it_for_one_resource() {
    let world = moved("revert", Part::Value, Git::Nothing).await;
    let annotated = "metadata: {name: people, annotations: {flowgate.dev/drift: alert}}";
    replace(&world, "data-stores/people.yaml", ["metadata: {name: people}", annotated]);
    world.commit("annotated");
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted, "{}", message(&report));
    assert_eq!(world.writes().await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_someone_deleted_is_put_back_or_goes_from_git() {
    for policy in ["revert", "adopt"] {
        let world = moved(policy, Part::Value, Git::Nothing).await;
        let path = format!("/api/v2/datastores/store-000001/records/{}", id(3));
        world.delete(&path).await;
        let report = world.reconcile().await;
        if policy == "adopt" {
            let diff = world.git(&["diff", "main", BRANCH]);
            assert!(diff.contains(&format!("-    - {{id: {}", id(3))), "{diff}");
            world.git(&["merge", "--quiet", BRANCH]);
        } else {
            assert_eq!(outcome(&report), ResourceOutcome::Updated, "{}", message(&report));
        }
        world.writes().await;
        assert_eq!(outcomes(&world.reconcile().await), [""; 0], "{policy}");
        assert_eq!(world.writes().await.len(), 0, "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_during_a_revert_is_saved_before_it_is_written_over() {
    for part in [Part::Description, Part::Value] {
        for at in 0..30 {
            let world = moved("revert", part, Git::Nothing).await;
            let deed = match part {
                Part::Description => {
                    ("/_emulator/data-actions/lookup".to_owned(), json!({"description": "Again"}))
                }
                _ => (
                    format!("/_emulator/data-stores/store-000001/records/{}", id(1)),
                    json!({"fields": {"name": "Again"}}),
                ),
            };
            let request = crate::world::request("development");
            let (struck, _) = world.meddled_by(&request, at, (Method::PUT, deed.0, deed.1)).await;
            let Some(struck) = struck else {
                assert!(at > 3, "{part:?}: the pass is shorter than expected");
                break;
            };
            for _ in 0..2 {
                world.reconcile().await;
            }
            let why = format!("{part:?} before {}", struck.request);
            let gits = if part == Part::Description { "Finds" } else { "Ada" };
            assert_eq!(part.live(&world).await, gits, "{why}");
            let saved = world.git(&["log", "-p", "--format=", "refs/flowgate/drift/development"]);
            assert!(saved.contains("Again"), "{why}: {saved}");
        }
    }
}
