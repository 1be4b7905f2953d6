//! A tenant as manifests, and the way back: export, commit, take over, and nothing is written.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flowgate::controller::{
    Cache, ExportRequest, Files, Place, Report, Request, Which, export, read,
};
use flowgate::cxone::exchange::{Exchange, ExchangeError};
use flowgate::cxone::{Client, Settings};
use flowgate::emulator::Emulator;
use flowgate::git::work_tree;
use flowgate::model::{Export, Outcome, ResourceId, ResourceOutcome, Secret, Tenant};
use flowgate::plan::Adopt;
use futures::future::BoxFuture;
use http::Method;
use serde_json::{Value, json};

use crate::world::{ONE, World, flow, message, outcome, outcomes, request};

/// Exports the tenant of `development`, and writes the files into the project.
pub(crate) async fn exported(world: &World, which: Which) -> Export {
    let export = looked_at(world, which, Place::Project).await;
    for file in &export.files {
        world.write(&file.path, &file.text);
    }
    export
}

pub(crate) async fn looked_at(world: &World, which: Which, place: Place) -> Export {
    looked_through(world, Arc::new(world.emulator.clone()), which, place).await
}

async fn looked_through(
    world: &World,
    exchange: Arc<dyn Exchange>,
    which: Which,
    place: Place,
) -> Export {
    let entries = work_tree::list(world.path()).expect("the folder");
    let files = Files::Folder(world.path(), &entries);
    let manifests = read(&files, &mut Cache::default()).expect("a project");
    let request = ExportRequest { environment: Some("development".into()), which, place };
    let connect = |tenant: &Tenant| {
        let settings = Settings::of(tenant, "id".to_owned(), Secret::new("secret"), 1);
        Client::new(settings, Arc::clone(&exchange)).map_err(|error| error.to_string())
    };
    export(&manifests, &request, &connect).await.unwrap_or_else(|error| panic!("{error:?}"))
}

pub(crate) fn adopting() -> Request {
    Request { adopt: Adopt::SameName, ..request("development") }
}

/// What was not exported, as `name: reason`.
pub(crate) fn left(export: &Export) -> Vec<String> {
    let left = export.not_exported.iter();
    left.map(|one| format!("{}: {}", one.display_name, one.reason)).collect()
}

/// A flow's content as a version and a draft have it.
pub(crate) struct Content {
    pub(crate) elements: Value,
    pub(crate) connectors: Value,
}

/// A flow that says something and ends.
fn saying(prompt: &Value) -> Content {
    Content {
        elements: json!([
            {"id": "end", "type": "End", "position": {"x": 3}},
            {"id": "say", "type": "IVR", "configuration": {"prompt": prompt}, "position": {"x": 2}},
            {"id": "begin", "type": "Begin"},
        ]),
        connectors: json!([
            {"id": "2", "sourceId": "say", "targetId": "end"},
            {"id": "begin->say", "sourceId": "begin", "targetId": "say", "label": "yes"},
        ]),
    }
}

/// Makes a flow as a person would.
pub(crate) async fn made(world: &World, name: &str, description: Option<&str>) -> String {
    let body = json!({"name": name, "description": description});
    let made = world.call(Method::POST, "/api/v2/flows", body).await;
    made["flow"]["id"].as_str().expect("an id").to_owned()
}

/// Makes a version, and publishes it.
pub(crate) async fn published(world: &World, id: &str, number: &str, content: &Content) -> String {
    let body = json!({
        "flowId": id, "version": number, "name": "v", "description": "",
        "elements": content.elements, "connectors": content.connectors,
        "metadata": {"createdBy": "ada"},
    });
    let made = world.call(Method::POST, &format!("/api/v2/flows/{id}/versions"), body).await;
    let version = made["id"].as_str().expect("an id").to_owned();
    let publish = json!({"versionId": version, "snapshot": true, "bypassValidation": false});
    world.call(Method::POST, &format!("/api/v2/flows/{id}/publish"), publish).await;
    version
}

/// Deploys a version, and waits until it runs.
pub(crate) async fn deployed(world: &World, id: &str, version: &str) {
    let body = json!({
        "flowId": id, "versionId": version, "targetEnvironment": "DEVELOPMENT",
        "rollbackOnFailure": true, "skipValidation": false,
        "metadata": {"triggeredBy": "ada", "timestamp": "2026-03-02T09:00:00Z"},
    });
    let made = world.call(Method::POST, "/api/v2/flow/deployments", body).await;
    let path = format!("/api/v2/flow/deployments/{}", made["id"].as_str().expect("an id"));
    loop {
        let now = world.call(Method::GET, &path, Value::Null).await;
        if now["status"] == "SUCCESS" {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn running(world: &World, name: &str, content: &Content) -> String {
    let id = made(world, name, None).await;
    let version = published(world, &id, "1.0.0", content).await;
    deployed(world, &id, &version).await;
    id
}

async fn edited(world: &World, id: &str, prompt: &str) {
    let path = format!("/api/v2/flows/{id}");
    let mut draft = world.call(Method::GET, &path, Value::Null).await;
    draft["flow"]["nodes"][1]["configuration"]["prompt"] = prompt.into();
    world.call(Method::PUT, &path, draft).await;
}

/// Takes over what was exported, which must send no write, and reconciles once more.
pub(crate) async fn taken_over(world: &World) -> Report {
    world.commit("the tenant as it is");
    world.writes().await;
    let report = world.run(&adopting()).await;
    assert_eq!(world.writes().await, []);
    report
}

#[tokio::test(start_paused = true)]
async fn what_runs_is_exported_and_taken_over_without_a_write() {
    let world = World::of(ONE, &[]);
    running(&world, "Zürich – Front desk", &saying(&json!("Hi: ${values.x} $${"))).await;
    let export = exported(&world, Which::Published).await;
    assert_eq!(left(&export), [""; 0]);
    insta::assert_snapshot!(export.files[0].text, @r#"
    apiVersion: flowgate.dev/v1
    kind: Flow
    metadata:
      name: zurich-front-desk
    spec:
      displayName: "Zürich – Front desk"
      elements:
        - id: begin
          type: Begin
        - id: say
          type: IVR
          configuration:
            prompt: "Hi: $${values.x} $$${"
        - id: end
          type: End
      connectors:
        - sourceId: begin
          targetId: say
          label: "yes"
        - id: "2"
          sourceId: say
          targetId: end
    "#);
    assert_eq!(export.files[0].path, "flows/zurich-front-desk.yaml");
    let report = taken_over(&world).await;
    assert_eq!(outcomes(&report), ["zurich-front-desk Adopted 1.0.0"]);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    assert_eq!(world.writes().await, []);
    let again = looked_at(&world, Which::Published, Place::Project).await;
    assert_eq!(
        (again.files.len(), again.declared[0].place.as_str()),
        (0, "flows/zurich-front-desk.yaml:4")
    );
}

#[tokio::test(start_paused = true)]
async fn an_edited_draft_outlives_the_taking_over() {
    let world = World::of(ONE, &[]);
    let id = running(&world, "welcome", &saying(&json!("Hi"))).await;
    edited(&world, &id, "Not published yet").await;
    let export = exported(&world, Which::Published).await;
    assert!(export.exported[0].notes[0].contains("holds what is not published"), "{export:?}");
    assert!(export.files[0].text.contains("prompt: Hi\n"), "{}", export.files[0].text);
    let report = taken_over(&world).await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted);
    assert!(message(&report).contains("taken over as it is published; "), "{}", message(&report));
    let report = world.reconcile().await;
    assert_eq!(outcome(&report), ResourceOutcome::Drifted);
    assert_eq!(world.writes().await, []);
    // It is ours now: what git says next is no question of whose it is.
    edited(&world, &id, "Hi").await;
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    let drafts = looked_at(&world, Which::Drafts, Place::Elsewhere).await;
    assert!(drafts.files[0].text.contains("prompt: Hi\n"));
}

#[tokio::test(start_paused = true)]
async fn what_else_somebody_deployed_keeps_running() {
    let world = World::of(ONE, &[]);
    let id = running(&world, "welcome", &saying(&json!("Hi"))).await;
    published(&world, &id, "1.1.0", &saying(&json!("Hello"))).await;
    let export = exported(&world, Which::Published).await;
    assert!(export.exported[0].notes[0].contains("does not run the published version"));
    let report = taken_over(&world).await;
    assert_eq!(outcomes(&report), ["welcome Drifted 1.1.0"]);
    assert!(message(&report).contains("runs version 1.0.0"), "{}", message(&report));
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Drifted 1.1.0"]);
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_runs_nowhere_is_taken_over_first_and_deployed_by_the_next_pass() {
    let world = World::of(ONE, &[]);
    let id = made(&world, "welcome", Some("First contact")).await;
    published(&world, &id, "1.0.0", &saying(&json!("Hi"))).await;
    exported(&world, Which::Published).await;
    let report = taken_over(&world).await;
    assert_eq!(outcomes(&report), ["welcome Adopted 1.0.0"]);
    assert!(message(&report).contains("the next pass deploys it"), "{}", message(&report));
    assert_eq!(outcomes(&world.reconcile().await), ["welcome Updated 1.0.0"]);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_exported_is_named_with_the_reason() {
    let world = World::of(ONE, &[]);
    let types = ["Begin", "End", "IVR", "API", "set-variable"];
    world.control(Method::PUT, "settings", json!({"elementTypes": types})).await;
    world.control(Method::PUT, "dependencies", json!({"dataActions": ["theirs"]})).await;
    made(&world, "Only a draft", None).await;
    running(&world, "Odd number", &saying(&json!(9_007_199_254_740_993_i64))).await;
    running(&world, "Front desk", &saying(&json!("a"))).await;
    running(&world, "front-desk", &saying(&json!("b"))).await;
    let mut more = saying(&json!("c"));
    more.elements[1]["type"] = "API".into();
    more.elements[1]["configuration"] = json!({"dataAction": "theirs"});
    running(&world, "Theirs", &more).await;
    more.elements[1]["type"] = "set-variable".into();
    running(&world, "Variables", &more).await;
    let action = json!({
        "name": "no_main", "description": "", "type": "SCRIPT", "trigger": {"type": "MANUAL"},
        "script": {"language": "JavaScript", "content": "var main = 3;"}, "enabled": true,
        "dependencies": [],
    });
    let (status, _) = world.try_call(Method::POST, "/api/v2/dataactions/actions", action).await;
    let store = json!({"name": "no/name", "description": "", "fields": []});
    world.call(Method::POST, "/api/v2/datastores", store).await;
    let fields = json!([{"name": "n", "type": "number"}]);
    let store = json!({"name": "numbers", "description": "", "fields": fields});
    let store = world.call(Method::POST, "/api/v2/datastores", store).await;
    let records = format!("/api/v2/datastores/{}/records", store["id"].as_str().expect("an id"));
    let odd = json!({"fields": {"n": 9_007_199_254_740_993_i64}});
    world.call(Method::POST, &records, odd).await;

    let export = exported(&world, Which::Published).await;
    insta::assert_snapshot!(left(&export).join("\n"), @"
    no/name: its name cannot be that of a data store in git (use 1 to 63 characters of a-z, A-Z, 0-9, `.`, `_` and `-`, the first and last a letter or digit, without `..` and not ending in `.lock`); rename it
    Odd number: its manifest would have errors: `9007199254740993` is beyond ±9007199254740991, which JSON cannot carry exactly (number-too-large)
    Only a draft: it has no published version; publish it, or export drafts with --drafts
    ");
    let names: Vec<_> = export.exported.iter().map(|one| one.id.to_string()).collect();
    insta::assert_snapshot!(names.join("\n"), @"
    DataStore/numbers
    Flow/front-desk-8d8714
    Flow/front-desk-cd8072
    Flow/theirs
    Flow/variables
    ");
    insta::assert_snapshot!(export.exported[0].notes.join("\n"), @"its records are not written and left to others (`policy: ignore`): its manifest would have errors: `9007199254740993` is beyond ±9007199254740991, which JSON cannot carry exactly (number-too-large)");
    assert_eq!(export.element_types, BTreeSet::from(["set-variable".to_owned()]));
    assert_eq!(export.external, BTreeSet::from([ResourceId::data_action("theirs")]));
    assert!(status.is_client_error(), "{status}");
    let knows = "spec:\n  external: [DataAction/theirs]\n  elementTypes: [Begin, End, IVR, API, set-variable]";
    world.write("flowgate.yaml", &ONE.replacen("spec:", knows, 1));
    assert_eq!(taken_over(&world).await.status.expect("applied").outcome, Outcome::Synced);
}

#[tokio::test(start_paused = true)]
async fn a_flow_of_this_project_keeps_its_name() {
    let named = flow("welcome", "Hi").replace("spec:\n", "spec:\n  displayName: Front door\n");
    let world = World::of(ONE, &[("flows/welcome.yaml", named)]);
    world.reconcile().await;
    let elsewhere = looked_at(&world, Which::Published, Place::Elsewhere).await;
    assert_eq!(elsewhere.files[0].path, "flows/welcome.yaml");
    world.git(&["rm", "--quiet", "-r", "flows"]);
    let lost = exported(&world, Which::Published).await;
    assert_eq!(lost.files[0].path, "flows/welcome.yaml");
    assert_eq!(lost.exported[0].display_name, "Front door");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_named_and_the_rest_is_exported() {
    let world = World::of(ONE, &[]);
    let id = running(&world, "a", &saying(&json!("Hi"))).await;
    running(&world, "b", &saying(&json!("Hi"))).await;
    let fault = json!({"method": "GET", "path": format!("/api/v2/flows/{id}"), "times": 0,
                       "status": 403, "body": "no"});
    world.control(Method::POST, "faults", fault).await;
    let export = exported(&world, Which::Published).await;
    assert!(export.is_partial() && left(&export)[0].starts_with("a: "), "{export:?}");
    assert_eq!(export.files.len(), 1);
    world.control(Method::DELETE, "faults", Value::Null).await;
    let rest = exported(&world, Which::Published).await;
    assert_eq!((rest.exported[0].id.name.as_str(), rest.declared[0].id.name.as_str()), ("a", "b"));
    assert!(!rest.is_partial());
}

/// A tenant whose stores hold more records than it shows.
struct Crowded(Emulator);

impl Exchange for Crowded {
    fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, ExchangeError>> {
        Box::pin(async move {
            let records = request.uri().path().ends_with("/records");
            let answer = self.0.send(request, timeout).await?;
            if !records {
                return Ok(answer);
            }
            let mut page: Value = serde_json::from_slice(answer.body()).expect("JSON");
            page["totalCount"] = 10_001.into();
            Ok(answer.map(|_| Bytes::from(page.to_string())))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_of_many_records_is_exported_without_them() {
    let world = World::of(ONE, &[]);
    let fields = json!([{"name": "n", "type": "number"}]);
    let store = json!({"name": "numbers", "description": "Many", "fields": fields});
    let store = world.call(Method::POST, "/api/v2/datastores", store).await;
    let records = format!("/api/v2/datastores/{}/records", store["id"].as_str().expect("an id"));
    world.call(Method::POST, &records, json!({"fields": {"n": 1}})).await;
    let crowded = Arc::new(Crowded(world.emulator.clone()));
    let export = looked_through(&world, crowded, Which::Published, Place::Project).await;
    insta::assert_snapshot!(export.exported[0].notes.join("\n"), @"it holds 10001 records, and more than 10000 are not written: they are left to others (`policy: ignore`)");
    world.write(&export.files[0].path, &export.files[0].text);
    assert_eq!(outcomes(&taken_over(&world).await), ["numbers Adopted -"]);
    assert_eq!(world.reconcile().await.plan.unchanged, 1);
    assert_eq!(world.writes().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_may_not_be_listed_is_named_and_the_others_are_exported() {
    let world = World::of(ONE, &[]);
    running(&world, "Welcome", &saying(&json!("Hello"))).await;
    let fault = json!({"method": "GET", "path": "/api/v2/datastores", "times": 0, "status": 403,
        "body": "{\"code\": \"FORBIDDEN\", \"message\": \"datastore:read\"}"});
    world.control(Method::POST, "faults", fault).await;
    let export = exported(&world, Which::Published).await;
    assert_eq!(export.exported.len(), 1);
    let [unread] = export.not_exported.as_slice() else { panic!("{:?}", export.not_exported) };
    assert!(unread.unreadable && unread.reason.contains("datastore:read"), "{unread:?}");
}

#[tokio::test(start_paused = true)]
async fn a_data_action_may_call_what_others_bring() {
    let world = World::of(&ONE.replace("spec:\n", "spec:\n  external: [DataAction/ghost]\n"), &[]);
    let body = json!({"name": "lookup", "type": "SCRIPT", "trigger": {"type": "MANUAL"},
        "script": {"language": "JavaScript", "content": "function main() { return 1; }"},
        "enabled": true, "dependencies": ["ghost"]});
    world.call(Method::POST, "/api/v2/dataactions/actions", body).await;
    exported(&world, Which::Published).await;
    world.commit("the tenant as it is");
    world.writes().await;
    assert_eq!(outcomes(&world.run(&adopting()).await), ["lookup Adopted -"]);
    assert_eq!(world.writes().await, []);
}
