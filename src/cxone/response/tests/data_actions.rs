use super::*;
use crate::model::{DataActionContent, DataActionId, ModifiedTimestamp};

fn id() -> DataActionId {
    DataActionId::new("a1")
}

pub(super) fn content() -> DataActionContent {
    DataActionContent {
        description: None,
        action_type: "SCRIPT".into(),
        trigger: serde_json::Map::new(),
        enabled: true,
        dependencies: [].into(),
        language: "JavaScript".into(),
        script: "x".into(),
        extra: serde_json::Map::new(),
    }
}

#[test]
fn null_and_absent_are_one_and_an_action_is_enabled_unless_it_says_no() {
    let request = request::data_action(&id());
    let script = json!({"language": "JavaScript", "content": "x"});
    let bare = json!({"id": "a1", "name": "n", "type": "SCRIPT", "modifiedTimestamp": 7, "script": script});
    let mut nulls = bare.clone();
    for name in ["description", "trigger", "enabled", "dependencies", "createdTimestamp"] {
        nulls[name] = Value::Null;
    }
    let mut said = bare.clone();
    said["description"] = json!("");
    said["enabled"] = json!(true);
    for body in [&bare, &nulls, &said] {
        let read = data_action(&request, &json_answer(200, body)).expect("an answer");
        assert_eq!(read.expect("a data action").content, content(), "{body}");
    }
    said["enabled"] = json!(false);
    let read = data_action(&request, &json_answer(200, &said)).expect("an answer");
    assert!(!read.expect("a data action").content.enabled);
}

#[test]
fn what_only_the_platform_knows_is_kept_and_its_times_are_not() {
    let body = json!({"id": "a1", "name": "n", "type": "SCRIPT", "createdTimestamp": 1, "modifiedTimestamp": 7,
                      "script": {"content": "x"}, "owner": {"name": "ada"}});
    let read = data_action(&request::data_action(&id()), &json_answer(200, &body));
    let read = read.expect("an answer").expect("a data action");
    assert_eq!(Value::from(read.content.extra), json!({"owner": {"name": "ada"}}));
    assert_eq!(read.modified, ModifiedTimestamp(7));
}

#[test]
fn a_data_action_without_its_script_is_no_empty_one() {
    for script in [json!(null), json!({}), json!({"content": null})] {
        let body = json!({"id": "a1", "name": "n", "modifiedTimestamp": 7, "script": script});
        let error = data_action(&request::data_action(&id()), &json_answer(200, &body));
        let error = error.expect_err("no script").to_string();
        assert!(error.contains("the data action has no script.content"), "{error}");
    }
}

#[test]
fn a_404_of_a_data_action_means_that_it_is_not_there() {
    let nothing = json_answer(404, &json!({"code": "NOT_FOUND"}));
    assert_eq!(data_action(&request::data_action(&id()), &nothing), Ok(None));
    let request = request::test_data_action(&id(), &Value::Null, jiff::Timestamp::UNIX_EPOCH);
    let error = script_run(&request, &nothing).expect_err("an error");
    assert!(matches!(error.kind(), ErrorKind::NotFound { .. }));
}

#[test]
fn a_script_that_does_not_compile_is_refused_with_its_place() {
    let detail =
        json!({"path": "/script/content", "message": "unexpected }", "line": 3, "column": 5});
    let body = json!({"code": "SCRIPT_SYNTAX_ERROR", "message": "the script cannot be used", "details": [detail]});
    let request = request::create_data_action("lookup", &content(), &key());
    let error = written_data_action(&request, &json_answer(400, &body), &content());
    let error = error.expect_err("refused");
    insta::assert_snapshot!(error, @"POST /api/v2/dataactions/actions: the tenant refuses the content: SCRIPT_SYNTAX_ERROR (the script cannot be used): /script/content: unexpected } (line 3, column 5)");
    let ErrorKind::Invalid { faults, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((faults[0].line, faults[0].column), (Some(3), Some(5)));
}

#[test]
fn each_call_names_its_scope_and_pages_in_place_of_answers_are_told() {
    let request = request::data_actions(1);
    let error = super::super::data_actions(&request, &answer(403, "")).err().expect("forbidden");
    insta::assert_snapshot!(error, @"GET /api/v2/dataactions/actions: the credentials may not do this; grant the client the scope DataActions.ReadWrite in CXone, and name it if the tenant's scopes are listed in flowgate.yaml");
    let page = answer(200, "<html><title>Sign in</title></html>");
    let error = super::super::data_actions(&request, &page).err().expect("a page");
    insta::assert_snapshot!(error, @"GET /api/v2/dataactions/actions: the answer cannot be read: status 200, expected value at line 1 column 1; it begins: Sign in; check that baseUrl and tokenUrl are those of a CXone API");
}
