use serde_json::{Value, json};

use crate::server::{ACTIONS, Answer, Server, new_action, order};

const ECHO: &str = "function main(context) { return { got: context.input }; }";

fn depending(name: &str, dependencies: &[&str]) -> Value {
    let mut body = new_action(name, ECHO);
    body["dependencies"] = json!(dependencies);
    body
}

/// Replaces what was read, with one property changed.
async fn put(server: &Server, path: &str, property: &str, value: Value) -> Answer {
    let mut body = server.get(path).await.body;
    body[property] = value;
    server.send("PUT", path, body).await
}

async fn test(server: &Server, path: &str, input: Value) -> Value {
    let answer = server.send("POST", &format!("{path}/test"), json!({"input": input})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn a_new_data_action_has_an_id_and_times() {
    let server = Server::start().await;
    let mut body = new_action("customer-lookup", ECHO);
    body["colour"] = json!("blue");
    let answer = server.send("POST", ACTIONS, body.clone()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.text("/id"), "action-000001");
    assert!(answer.body["createdTimestamp"].as_i64() > Some(1_600_000_000_000));
    assert_eq!(answer.body["createdTimestamp"], answer.body["modifiedTimestamp"]);
    for (property, value) in body.as_object().expect("is an object") {
        assert_eq!(answer.body[property], *value, "{property}");
    }
    assert_eq!(server.get(&format!("{ACTIONS}/action-000001")).await.body, answer.body);
}

#[tokio::test]
async fn what_may_be_left_out_has_a_default() {
    let server = Server::start().await;
    let mut body = new_action("customer-lookup", ECHO);
    for property in ["description", "enabled", "dependencies"] {
        body.as_object_mut().expect("is an object").remove(property);
    }
    let action = server.get(&server.action(body).await).await.body;
    assert_eq!((&action["enabled"], &action["dependencies"]), (&json!(true), &json!([])));
    assert!(action.get("description").is_none());
}

#[tokio::test]
async fn data_actions_are_listed_in_pages_without_scripts() {
    let server = Server::start().await;
    for number in 0..5 {
        server.action(new_action(&format!("action-{number}"), ECHO)).await;
    }
    let page = server.get(&format!("{ACTIONS}?page=2&pageSize=2")).await.body;
    assert_eq!(page["totalCount"], 5);
    let actions = page["actions"].as_array().expect("is a list");
    let names: Vec<_> = actions.iter().map(|action| &action["name"]).collect();
    assert_eq!(names, ["action-2", "action-3"]);
    assert_eq!(actions[0]["script"], json!({"language": "JavaScript"}));
    assert!(actions[0]["modifiedTimestamp"].is_i64());
    let found = server.get(&format!("{ACTIONS}?name=action-3")).await.body;
    assert_eq!(
        (&found["totalCount"], &found["actions"][0]["name"]),
        (&json!(1), &json!("action-3"))
    );
    assert_eq!(server.get(&format!("{ACTIONS}?name=action")).await.body["totalCount"], 0);
    server.settings(json!({"pageSizeCap": 3})).await;
    let page = server.get(&format!("{ACTIONS}?pageSize=200")).await.body;
    assert_eq!(page["actions"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_body_that_breaks_the_rules_is_refused_with_pointers() {
    let server = Server::start().await;
    for (pointer, value, expected) in [
        ("/name", json!("ab"), "/name"),
        ("/name", json!("a".repeat(65)), "/name"),
        ("/name", json!("customer lookup"), "/name"),
        ("/name", json!("kündigung"), "/name"),
        ("/name", Value::Null, "/name"),
        ("/type", json!("WEBHOOK"), "/type"),
        ("/trigger", json!("MANUAL"), "/trigger"),
        ("/trigger/type", json!("SCHEDULED"), "/trigger/type"),
        ("/script", Value::Null, "/script"),
        ("/script/language", json!("Python"), "/script/language"),
        ("/script/content", json!(""), "/script/content"),
        ("/enabled", json!("yes"), "/enabled"),
        ("/dependencies", json!("other"), "/dependencies"),
        ("/dependencies", json!(["other", 3]), "/dependencies/1"),
    ] {
        let mut body = new_action("customer-lookup", ECHO);
        *body.pointer_mut(pointer).expect("is there") = value.clone();
        let answer = server.send("POST", ACTIONS, body).await;
        answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
        assert_eq!(answer.detail_paths(), [expected], "{value}");
    }
    let bare = server.send("POST", ACTIONS, json!({})).await;
    assert_eq!(bare.detail_paths(), ["/type", "/name", "/trigger", "/script"]);
}

#[tokio::test]
async fn a_script_is_measured_in_bytes() {
    let server = Server::start().await;
    let of_length = |bytes: usize| {
        let filler = "é".repeat((bytes - ECHO.len() - 4) / 2);
        format!("{ECHO}/*{filler}{}*/", " ".repeat((bytes - ECHO.len()) % 2))
    };
    let longest = of_length(65_536);
    assert_eq!(longest.len(), 65_536);
    server.action(new_action("longest", &longest)).await;
    let answer = server.send("POST", ACTIONS, new_action("longer", &of_length(65_537))).await;
    answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
    assert_eq!(answer.detail_paths(), ["/script/content"]);
    assert!(answer.text("/details/0/message").contains("65537 bytes"), "{answer:?}");
}

#[tokio::test]
async fn a_script_that_cannot_be_used_is_refused_with_its_place() {
    let server = Server::start().await;
    let broken = "function main(context) {\n  return 1 +;\n}";
    let answer = server.send("POST", ACTIONS, new_action("broken", broken)).await;
    answer.assert_refused(400, "SCRIPT_SYNTAX_ERROR");
    let detail = &answer.body["details"][0];
    assert_eq!((&detail["path"], &detail["line"]), (&json!("/script/content"), &json!(2)));
    assert!(detail["column"].is_u64(), "{answer:?}");
    let headless = server.send("POST", ACTIONS, new_action("headless", "let a = 1;")).await;
    headless.assert_refused(400, "SCRIPT_SYNTAX_ERROR");
    assert!(headless.text("/message").contains("main"), "{headless:?}");
    assert_eq!(server.get(ACTIONS).await.body["totalCount"], 0);
    let good = server.action(new_action("good", ECHO)).await;
    let script = json!({"language": "JavaScript", "content": broken});
    put(&server, &good, "script", script).await.assert_refused(400, "SCRIPT_SYNTAX_ERROR");
}

#[tokio::test]
async fn a_name_belongs_to_one_data_action() {
    let server = Server::start().await;
    let first = server.action(new_action("first", ECHO)).await;
    let twin = server.send("POST", ACTIONS, new_action("first", ECHO)).await;
    twin.assert_refused(409, "NAME_EXISTS");
    let second = server.action(new_action("second", ECHO)).await;
    put(&server, &second, "name", json!("first")).await.assert_refused(409, "NAME_EXISTS");
    let renamed = put(&server, &first, "name", json!("third")).await;
    assert_eq!((renamed.status, renamed.text("/name")), (200, "third"));
    server.action(new_action("first", ECHO)).await;
}

#[tokio::test]
async fn dependencies_form_no_cycle_over_all_data_actions_together() {
    let server = Server::start().await;
    let base = server.action(depending("base", &["later", "unknown"])).await;
    server.action(depending("middle", &["base"])).await;
    let answer = server.send("POST", ACTIONS, depending("later", &["middle"])).await;
    answer.assert_refused(400, "DEPENDENCY_CYCLE");
    assert!(answer.text("/message").contains("later → middle → base → later"), "{answer:?}");
    assert_eq!(answer.detail_paths(), ["/dependencies"]);
    let selfish = server.send("POST", ACTIONS, depending("selfish", &["selfish"])).await;
    assert!(selfish.text("/message").contains("selfish → selfish"));
    let answer = put(&server, &base, "dependencies", json!(["middle"])).await;
    answer.assert_refused(400, "DEPENDENCY_CYCLE");
    assert_eq!(put(&server, &base, "dependencies", json!([])).await.status, 200);
    server.action(depending("later", &["middle"])).await;
}

#[tokio::test]
async fn the_same_key_makes_one_data_action() {
    let server = Server::start().await;
    let body = new_action("customer-lookup", ECHO);
    let first = server.keyed("POST", ACTIONS, body.clone(), "k").await;
    let again = server.keyed("POST", ACTIONS, body, "k").await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    let other = server.keyed("POST", ACTIONS, new_action("other", ECHO), "k").await;
    other.assert_refused(409, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(server.get(ACTIONS).await.body["totalCount"], 1);
}

#[tokio::test]
async fn a_data_action_is_replaced_by_who_read_it_last() {
    let server = Server::start().await;
    let path = server.action(new_action("customer-lookup", ECHO)).await;
    let read = server.get(&path).await.body;
    let mut changed = read.clone();
    changed["enabled"] = json!(false);
    let answer = server.send("PUT", &path, changed.clone()).await;
    assert_eq!((answer.status, &answer.body["enabled"]), (200, &json!(false)));
    assert_eq!(answer.body["createdTimestamp"], read["createdTimestamp"]);
    let stale = server.send("PUT", &path, changed).await;
    stale.assert_refused(409, "VERSION_CONFLICT");
    assert_eq!(stale.body["currentVersion"], answer.body["modifiedTimestamp"]);
    let mut blind = read.clone();
    blind.as_object_mut().expect("is an object").remove("modifiedTimestamp");
    let answer = server.send("PUT", &path, blind).await;
    assert_eq!(answer.detail_paths(), ["/modifiedTimestamp"]);
    put(&server, &path, "id", json!("action-000099"))
        .await
        .assert_refused(400, "SCHEMA_VALIDATION_FAILED");
}

#[tokio::test]
async fn the_time_of_change_grows_with_each_change() {
    let server = Server::start().await;
    let path = server.action(new_action("customer-lookup", ECHO)).await;
    let mut last = server.get(&path).await.body["modifiedTimestamp"].as_i64();
    for _ in 0..20 {
        let next = put(&server, &path, "enabled", json!(true)).await.body;
        assert!(next["modifiedTimestamp"].as_i64() > last, "{next}");
        last = next["modifiedTimestamp"].as_i64();
    }
}

#[tokio::test]
async fn a_data_action_in_use_cannot_be_deleted() {
    let server = Server::start().await;
    let base = server.action(new_action("customer-lookup", ECHO)).await;
    let caller = server.action(depending("caller", &["customer-lookup"])).await;
    let answer = server.send("DELETE", &base, Value::Null).await;
    answer.assert_refused(409, "ACTION_IN_USE");
    assert!(answer.text("/message").contains("caller"), "{answer:?}");
    assert_eq!(server.send("DELETE", &caller, Value::Null).await.status, 204);

    let flow = server.flow("Routing").await;
    let version = crate::versions::version_with_dependencies(&server, &flow).await;
    let mut deployment = order(&flow, &version, "PRODUCTION");
    deployment["skipValidation"] = json!(true);
    let deployment = server.send("POST", "/api/v2/flow/deployments", deployment).await;
    let answer = server.send("DELETE", &base, Value::Null).await;
    answer.assert_refused(409, "ACTION_IN_USE");
    assert!(answer.text("/message").contains(&flow), "{answer:?}");
    let rollback = format!("/api/v2/flow/deployments/{}/rollback", deployment.text("/id"));
    server.send("POST", &rollback, json!({})).await;
    assert_eq!(server.send("DELETE", &base, Value::Null).await.status, 204);
    server.get(&base).await.assert_refused(404, "ACTION_NOT_FOUND");
}

#[tokio::test]
async fn a_test_runs_the_script_in_the_sandbox() {
    let server = Server::start().await;
    let script = "function main(context) {\n  console.log('looking');\n  return {tier: context.input.id === '42' ? 'gold' : 'none'};\n}";
    let path = server.action(new_action("customer-lookup", script)).await;
    let run = test(&server, &path, json!({"id": "42"})).await;
    assert_eq!((&run["status"], &run["output"]), (&json!("SUCCESS"), &json!({"tier": "gold"})));
    assert!(run["logs"][0].as_str().is_some_and(|line| line.contains("looking")), "{run}");
    assert!(run["durationMs"].is_u64() && run.get("error").is_none());
    let missing = server.send("POST", &format!("{path}/test"), json!({})).await;
    assert_eq!(missing.detail_paths(), ["/input"]);
}

#[tokio::test]
async fn a_test_that_throws_fails_with_its_place() {
    let server = Server::start().await;
    let script = "function main(context) {\n  throw new Error('no such customer');\n}";
    let path = server.action(new_action("customer-lookup", script)).await;
    let run = test(&server, &path, json!({})).await;
    assert_eq!((&run["status"], &run["error"]["line"]), (&json!("FAILED"), &json!(2)));
    assert!(run["error"]["message"].as_str().is_some_and(|it| it.contains("no such customer")));
    assert!(run.get("output").is_none());
}

#[tokio::test]
async fn a_test_calls_the_scripts_it_depends_on() {
    let server = Server::start().await;
    let double = "function main(context) {\n  if (context.input < 0) throw new Error('too small');\n  return context.input * 2;\n}";
    server.action(new_action("double", double)).await;
    let mut body = new_action(
        "caller",
        "function main(context) { return context.actions.double(context.input.n); }",
    );
    body["dependencies"] = json!(["double"]);
    let path = server.action(body).await;
    assert_eq!(test(&server, &path, json!({"n": 21})).await["output"], 42);
    let run = test(&server, &path, json!({"n": -1})).await;
    let message = run["error"]["message"].as_str().expect("is there");
    assert!(message.contains("in double, line 2") && message.contains("too small"), "{run}");
    assert!(run["error"].get("line").is_none(), "the place is in another script: {run}");
}

#[tokio::test]
async fn a_test_without_its_dependency_fails_and_names_it() {
    let server = Server::start().await;
    let path = server.action(depending("caller", &["unknown"])).await;
    let run = test(&server, &path, json!({})).await;
    assert_eq!(run["status"], "FAILED");
    let message = run["error"]["message"].as_str().expect("is there");
    assert_eq!(message, r#""caller" depends on "unknown", which does not exist"#);
}

#[tokio::test]
async fn a_script_without_end_holds_up_nobody_else() {
    let server = Server::start().await;
    let path = server.action(new_action("endless", "function main() { while (true) {} }")).await;
    let slow = test(&server, &path, json!({}));
    let others = async {
        for _ in 0..3 {
            assert_eq!(server.get(ACTIONS).await.status, 200);
        }
        server.requests_under_way()
    };
    let (run, under_way) = tokio::join!(slow, others);
    assert_eq!(run["status"], "FAILED");
    assert_eq!(under_way, 1, "the others did not wait for the test");
    assert_eq!(server.get(ACTIONS).await.status, 200);
}

#[tokio::test]
async fn a_test_is_run_again_whatever_its_key() {
    let server = Server::start().await;
    let path = server.action(new_action("customer-lookup", ECHO)).await;
    let test = format!("{path}/test");
    let body = json!({"input": {}});
    server.control("POST", "/_emulator/test-failures", json!({})).await;
    let first = server.keyed("POST", &test, body.clone(), "k").await;
    let again = server.keyed("POST", &test, body, "k").await;
    assert_eq!((first.text("/status"), again.text("/status")), ("FAILED", "SUCCESS"));
}

#[tokio::test]
async fn a_test_fails_when_that_was_scripted() {
    let server = Server::start().await;
    let failure = json!({"dataAction": "lookup", "skip": 1, "error": "no connection"});
    server.control("POST", "/_emulator/test-failures", failure).await;
    let other = server.action(new_action("other", ECHO)).await;
    let path = server.action(new_action("lookup", ECHO)).await;
    let mut statuses = Vec::new();
    for path in [&other, &path, &path, &path] {
        statuses.push(test(&server, path, json!({})).await);
    }
    let seen: Vec<_> = statuses.iter().map(|run| &run["status"]).collect();
    assert_eq!(seen, ["SUCCESS", "SUCCESS", "FAILED", "SUCCESS"]);
    assert_eq!(statuses[2]["error"]["message"], "no connection");
    let failures = server.control("GET", "/_emulator/test-failures", Value::Null).await;
    assert_eq!(failures["testFailures"][0]["fired"], 1);
    server.control("DELETE", "/_emulator/test-failures/test-failure-000001", Value::Null).await;
    server.control("DELETE", "/_emulator/test-failures", Value::Null).await;
}

#[tokio::test]
async fn a_person_edits_a_data_action() {
    let server = Server::start().await;
    let path = server.action(new_action("customer-lookup", ECHO)).await;
    let before = server.get(&path).await.body;
    let script = "function main() { return 1; }";
    let edit = json!({"script": script, "enabled": false});
    let edited = server.control("PUT", "/_emulator/data-actions/customer-lookup", edit).await;
    assert_eq!(edited["script"]["content"], script);
    assert_eq!((&edited["enabled"], &edited["name"]), (&json!(false), &before["name"]));
    assert!(edited["modifiedTimestamp"].as_i64() > before["modifiedTimestamp"].as_i64());
    assert_eq!(server.get(&path).await.body, edited);
    let stale = server.send("PUT", &path, before).await;
    stale.assert_refused(409, "VERSION_CONFLICT");
    let request = server.bare("PUT", "/_emulator/data-actions/action-000001");
    let request = request.body(json!({"script": "function ("}).to_string());
    let broken = Answer::of(request.send().await.expect("is answered")).await;
    broken.assert_refused(400, "SCRIPT_SYNTAX_ERROR");
}

#[tokio::test]
async fn every_call_needs_the_scope() {
    let server = Server::start().await;
    let path = server.action(new_action("customer-lookup", ECHO)).await;
    let test = format!("{path}/test");
    let poor = server.scoped("flows:read datastore:write").await;
    for (method, path) in [
        ("GET", ACTIONS),
        ("POST", ACTIONS),
        ("GET", &path),
        ("PUT", &path),
        ("DELETE", &path),
        ("POST", &test),
    ] {
        let answer = poor.send(method, path, json!({})).await;
        answer.assert_refused(403, "MISSING_SCOPE");
        assert!(answer.text("/message").contains("DataActions.ReadWrite"), "{answer:?}");
    }
    let rich = server.scoped("DataActions.ReadWrite").await;
    assert_eq!(rich.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_flow_lacks_what_the_tenant_neither_has_nor_is_said_to_have() {
    let server = Server::start().await;
    let flow = server.flow("Routing").await;
    let version = crate::versions::version_with_dependencies(&server, &flow).await;
    let validate = format!("/api/v2/flow/versions/{version}/validate");
    let missing = async || server.get(&validate).await.body["missingDependencies"].clone();
    assert_eq!(missing().await, json!(["customer-lookup", "customers"]));
    let action = server.action(new_action("customer-lookup", ECHO)).await;
    assert_eq!(missing().await, json!(["customers"]));
    server.store("customers", json!([])).await;
    assert_eq!(missing().await, json!([]));
    put(&server, &action, "name", json!("other-name")).await;
    assert_eq!(missing().await, json!(["customer-lookup"]));
}
