use super::*;
use crate::cxone::{DataActionListing, Handling, ScriptFailure, Verdict};
use crate::model::{DataActionContent, DataActionId, ModifiedTimestamp};

const PATH: &str = "/api/v2/dataactions/actions";

fn id() -> DataActionId {
    DataActionId::new("a1")
}

fn content() -> DataActionContent {
    let Value::Object(trigger) = json!({"type": "MANUAL"}) else { unreachable!() };
    DataActionContent {
        description: None,
        action_type: "SCRIPT".into(),
        trigger,
        enabled: true,
        dependencies: ["zeta".to_owned(), "alpha".to_owned()].into(),
        language: "JavaScript".into(),
        script: "function main() {}".into(),
        extra: serde_json::Map::new(),
    }
}

fn body() -> Value {
    json!({
        "name": "lookup", "type": "SCRIPT", "trigger": {"type": "MANUAL"}, "enabled": true,
        "script": {"language": "JavaScript", "content": "function main() {}"},
        "dependencies": ["alpha", "zeta"],
    })
}

fn with(mut body: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("an object") };
    body.as_object_mut().expect("an object").extend(more);
    body
}

fn live() -> Value {
    with(body(), json!({"id": "a1", "createdTimestamp": 1, "modifiedTimestamp": 7}))
}

#[tokio::test(start_paused = true)]
async fn a_data_action_is_made_as_the_contract_spells_it() {
    let (client, script) = client(Script::new(vec![Ok(answer(201, &live()))]));
    let made = client.create_data_action("lookup", &content(), &key()).await.expect("made");
    assert_eq!((made.id, made.name.as_str()), (id(), "lookup"));
    assert_eq!((made.modified, made.content), (ModifiedTimestamp(7), content()));
    let call = script.last();
    assert_eq!(call.line(), format!("POST {PATH}"));
    assert_eq!((call.timeout.as_secs(), call.body()), (30, body()));
    assert_eq!(call.key(), key().as_str());
}

#[tokio::test(start_paused = true)]
async fn a_data_action_is_written_whole_with_what_only_the_platform_knows() {
    let owned = with(live(), json!({"owner": "ada", "tags": [1]}));
    let answers = vec![
        Ok(answer(200, &owned)),
        Ok(answer(200, &json!({"id": "a1", "name": "new", "modifiedTimestamp": 9}))),
    ];
    let (client, script) = client(Script::new(answers));
    let read = client.data_action(&id()).await.expect("an answer").expect("a data action");
    let written = client
        .put_data_action(&id(), "new", &read.content, read.modified, &key())
        .await
        .expect("written");
    // The answer has no script: what was sent stands.
    assert_eq!((written.modified, written.content), (ModifiedTimestamp(9), read.content));
    let call = script.last();
    assert_eq!(call.line(), format!("PUT {PATH}/a1"));
    let whole = json!({"id": "a1", "name": "new", "description": "", "modifiedTimestamp": 7,
                       "owner": "ada", "tags": [1]});
    assert_eq!(call.body(), with(body(), whole));
}

#[tokio::test(start_paused = true)]
async fn a_put_whose_answer_was_lost_meets_itself() {
    let conflict = json!({"code": "VERSION_CONFLICT", "message": "moved", "currentVersion": 9});
    let (client, _) = client(Script::new(vec![lost(), Ok(answer(409, &conflict))]));
    let put = client.put_data_action(&id(), "n", &content(), ModifiedTimestamp(7), &key()).await;
    let error = put.expect_err("moved");
    assert_eq!(error.conflict_code(), Some("VERSION_CONFLICT"));
    assert_eq!(error.handling(), Handling::Conflict);
}

#[tokio::test(start_paused = true)]
async fn data_actions_are_listed_to_the_total_without_their_scripts() {
    let action = |id: usize| json!({"id": format!("a{id}"), "name": format!("action-{id}"), "modifiedTimestamp": id, "script": null});
    let page = |ids: std::ops::Range<usize>| {
        let actions: Vec<_> = ids.map(action).collect();
        Ok(answer(200, &json!({"actions": actions, "totalCount": 5})))
    };
    let (client, script) = client(Script::new(vec![page(0..2), page(2..4), page(4..5)]));
    let listed = client.data_actions().await.expect("data actions");
    assert_eq!(listed.len(), 5);
    let last = DataActionListing {
        id: DataActionId::new("a4"),
        name: "action-4".into(),
        modified: ModifiedTimestamp(4),
        dependencies: std::collections::BTreeSet::new(),
    };
    assert_eq!(listed.last(), Some(&last));
    let lines: Vec<_> = script.calls().iter().map(Asked::line).collect();
    assert_eq!(lines, [1, 2, 3].map(|page| format!("GET {PATH}?page={page}&pageSize=200")));
}

#[tokio::test(start_paused = true)]
async fn a_test_runs_and_its_repeat_is_the_same_to_the_byte() {
    let passed = json!({"status": "SUCCESS", "output": {"tier": "gold"}, "logs": ["hi"]});
    let (client, script) = client(Script::new(vec![lost(), Ok(answer(200, &passed))]));
    let run = client.test_data_action(&id(), &json!({"customerId": "42"})).await.expect("a run");
    assert!(run.passed() && run.error.is_none());
    assert_eq!((run.output, run.logs), (Some(json!({"tier": "gold"})), vec!["hi".to_owned()]));
    let calls = script.calls();
    assert_eq!(calls[1].line(), format!("POST {PATH}/a1/test"));
    assert_eq!(calls[1].body(), json!({"input": {"customerId": "42"}}));
    assert_eq!((calls[0].key(), calls[0].timeout.as_secs()), (calls[1].key(), 15));
}

#[tokio::test(start_paused = true)]
async fn two_tests_with_one_input_are_two_runs() {
    let run = json!({"status": "SUCCESS"});
    let (client, script) = client(Script { last: Ok(answer(200, &run)), ..Script::new(vec![]) });
    for _ in 0..2 {
        client.test_data_action(&id(), &Value::Null).await.expect("a run");
    }
    let calls = script.calls();
    assert_ne!(calls[0].key(), calls[1].key());
}

#[tokio::test(start_paused = true)]
async fn a_script_that_fails_is_a_run_and_always_has_a_reason() {
    let told = json!({"message": "boom", "line": 3, "column": 5});
    let failure =
        |message: &str, line, column| ScriptFailure { message: message.into(), line, column };
    let table = [
        (json!({"status": "FAILED", "error": told}), failure("boom", Some(3), Some(5))),
        (
            json!({"status": "FAILED", "error": {"message": null, "line": 3}, "logs": null}),
            failure("the tenant says FAILED and gives no reason", Some(3), None),
        ),
        (
            json!({"status": "TIMED_OUT", "output": null}),
            failure("the tenant says TIMED_OUT and gives no reason", None, None),
        ),
    ];
    for (run, error) in table {
        let (client, _) = client(Script::new(vec![Ok(answer(200, &run))]));
        let run = client.test_data_action(&id(), &Value::Null).await.expect("a run");
        assert_eq!((run.verdict, run.error), (Verdict::Failed, Some(error)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_404_of_a_data_action_that_is_there_means_that_the_call_is_missing() {
    let there = || Ok(answer(200, &live()));
    let table = [(there(), true), (status(404), false), (status(403), false)];
    for (second, missing) in table {
        let (client, _) = client(Script::new(vec![status(404), second]));
        let error = client.delete_data_action(&id()).await.expect_err("404");
        let is_missing = matches!(error.kind(), ErrorKind::EndpointMissing { status: 404, .. });
        assert_eq!(is_missing, missing, "{error}");
        assert_eq!(error.call(), format!("DELETE {PATH}/a1"));
    }
}
