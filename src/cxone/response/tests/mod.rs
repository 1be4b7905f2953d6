mod data_actions;
mod data_stores;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::cxone::values::{DeploymentFilter, Owner};
use crate::cxone::{Fault, IdempotencyKey, request};
use crate::model::{
    DeploymentId, DeploymentStatus, DraftRevision, FlowId, ItemId, ResourceId, VersionId,
};

fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    let status = StatusCode::from_u16(status).expect("a status");
    let hidden = vec![Secret::new("hunter2"), Secret::new("t0ken")];
    Answer { status, headers: HeaderMap::new(), body: body.into(), hidden, repeated: false }
}

fn json_answer(status: u16, body: &Value) -> Answer {
    answer(status, body.to_string())
}

fn flow_id() -> FlowId {
    FlowId::new("42")
}

fn key() -> IdempotencyKey {
    IdempotencyKey::of(&["test"])
}

fn owner() -> Owner {
    Owner { project: "acme".into(), resource: ResourceId::flow("care") }
}

fn publish_error(answer: &Answer) -> Error {
    let version = VersionId::new("7");
    let request = request::publish(&flow_id(), &version, &key());
    published(&request, answer, &version).expect_err("an error")
}

#[test]
fn each_status_has_its_kind() {
    let body = json!({"code": "CODE", "message": "why", "details": [{"path": "/a", "message": "b"}],
                      "currentVersion": 16});
    let (code, message) = ("CODE".to_owned(), "why".to_owned());
    let faults = vec![Fault { pointer: "/a".into(), message: "b".into(), ..Fault::default() }];
    let invalid = ErrorKind::Invalid { code: code.clone(), message: message.clone(), faults };
    let table = [
        (302, ErrorKind::Redirected { status: 302, location: "nowhere".into() }),
        (400, invalid.clone()),
        (422, invalid),
        (403, ErrorKind::Forbidden { scope: "flows:publish".into(), message: message.clone() }),
        (404, ErrorKind::NotFound { message: message.clone() }),
        (405, ErrorKind::EndpointMissing { status: 405, message: message.clone() }),
        (409, ErrorKind::Conflict { code, message: message.clone(), current_version: Some(16) }),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Unavailable { status: 500, message: message.clone() }),
        (501, ErrorKind::Unavailable { status: 501, message: message.clone() }),
        (418, ErrorKind::Unexpected { status: 418, message }),
    ];
    for (status, kind) in table {
        assert_eq!(*publish_error(&json_answer(status, &body)).kind(), kind);
    }
}

#[test]
fn a_404_of_a_list_means_that_the_tenant_has_no_such_endpoint() {
    let missing = |error: &Error| matches!(error.kind(), ErrorKind::EndpointMissing { .. });
    let nothing = answer(404, "");
    assert!(missing(&flows(&request::flows(1), &nothing).err().expect("an error")));
    let filter = DeploymentFilter::default();
    let request = request::deployments(&filter, 1);
    assert!(missing(&deployments(&request, &nothing, &filter).err().expect("an error")));
    let actions = super::data_actions(&request::data_actions(1), &nothing);
    assert!(missing(&actions.err().expect("an error")));
    let stores = super::data_stores(&request::data_stores(1), &nothing);
    assert!(missing(&stores.err().expect("an error")));
    let request = request::create_flow("Care", None, &key());
    let error = created_flow(&request, &nothing).expect_err("an error");
    insta::assert_snapshot!(error, @"POST /api/v2/flows: the tenant does not offer this call (status 404); check baseUrl and tokenUrl, and whether the tenant's API has this endpoint");
}

#[test]
fn a_404_of_one_thing_means_that_it_is_not_there() {
    let nothing = json_answer(404, &json!({"code": "NOT_FOUND", "message": "no such flow"}));
    let (flow_id, version_id) = (flow_id(), VersionId::new("7"));
    assert_eq!(flow(&request::flow(&flow_id), &nothing), Ok(None));
    assert_eq!(version(&request::version(&flow_id, &version_id), &nothing), Ok(None));
    assert_eq!(test_results(&request::test_results(&version_id), &nothing), Ok(None));
    assert_eq!(approval(&request::approval(&flow_id), &nothing), Ok(None));
    let page = versions(&request::versions(&flow_id, 1), &nothing, &owner()).expect("a page");
    assert_eq!((page.items.len(), page.total), (0, 0));
    let error = validate(&request::validate(&version_id), &nothing).expect_err("an error");
    assert!(matches!(error.kind(), ErrorKind::NotFound { .. }));
}

#[test]
fn a_delete_that_finds_nothing_succeeded_only_after_a_doubt() {
    let request = request::delete_flow(&flow_id());
    let nothing = answer(404, "");
    assert!(deleted(&request, &nothing).is_err());
    assert_eq!(deleted(&request, &Answer { repeated: true, ..nothing }), Ok(()));
    assert_eq!(deleted(&request, &answer(204, "")), Ok(()));
    assert_eq!(deleted(&request, &answer(200, "{}")), Ok(()));
    assert!(deleted(&request, &answer(200, "<html>")).is_err());
}

#[test]
fn the_scope_that_the_tenant_names_is_the_one_that_is_named() {
    let body = json!({"code": "FORBIDDEN", "message": "missing scope flow:flows:publish"});
    let error = publish_error(&json_answer(403, &body));
    let ErrorKind::Forbidden { scope, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(scope, "flow:flows:publish");
    let error = publish_error(&answer(403, "<h1>Forbidden</h1>"));
    let ErrorKind::Forbidden { scope, message } = error.kind() else { panic!("{error}") };
    assert_eq!((scope.as_str(), message.as_str()), ("flows:publish", "Forbidden"));
}

#[test]
fn an_answer_that_cannot_be_read_says_what_it_is() {
    let show = |body: &'static str| publish_error(&answer(200, body)).to_string();
    insta::assert_snapshot!(show(""), @"POST /api/v2/flows/42/publish: the answer cannot be read: status 200, EOF while parsing a value at line 1 column 0; it is empty; check that baseUrl and tokenUrl are those of a CXone API");
    insta::assert_snapshot!(show("<html><title>Sign in</title></html>"), @"POST /api/v2/flows/42/publish: the answer cannot be read: status 200, expected value at line 1 column 1; it begins: Sign in; check that baseUrl and tokenUrl are those of a CXone API");
    insta::assert_snapshot!(show(r#"{"versionId": "7"#), @r#"POST /api/v2/flows/42/publish: the answer cannot be read: status 200, EOF while parsing a string at line 1 column 16; it begins: {"versionId": "7; check that baseUrl and tokenUrl are those of a CXone API"#);
    insta::assert_snapshot!(show(r#"{"versionId": "8"}"#), @r#"POST /api/v2/flows/42/publish: the answer cannot be read: status 200, another version was published than the one asked for; it begins: {"versionId": "8"}; check that baseUrl and tokenUrl are those of a CXone API"#);
}

#[test]
fn a_secret_that_the_tenant_echoes_is_not_shown() {
    let body = json!({"code": "hunter2", "message": "Bearer t0ken", "details": ["t0ken"]});
    for status in [200, 400, 403, 404, 405, 409, 418, 500] {
        let error = publish_error(&json_answer(status, &body));
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("t0ken"), "{shown}");
    }
}

#[test]
fn ten_megabytes_make_a_short_error() {
    for (status, body) in [(400, vec![b'x'; 10_000_000]), (200, vec![b'['; 10_000_000])] {
        assert!(publish_error(&answer(status, body)).to_string().len() < 1000);
    }
}

#[test]
fn a_flow_without_its_nodes_is_no_empty_flow() {
    let request = request::flow(&flow_id());
    let bare = json!({"id": "42", "version": 1, "name": "Care"});
    assert!(flow(&request, &json_answer(200, &json!({"flow": bare}))).is_err());
    let mut whole = bare;
    whole["nodes"] = json!([]);
    whole["edges"] = json!([]);
    let read = flow(&request, &json_answer(200, &json!({"flow": whole}))).expect("a flow");
    assert_eq!(read.expect("it is there").draft.revision, DraftRevision(1));

    let request = request::version(&flow_id(), &VersionId::new("7"));
    assert!(version(&request, &json_answer(200, &json!({"id": "7", "version": "1.0.0"}))).is_err());
}

#[test]
fn the_least_that_the_contract_fixes_is_enough() {
    let version = VersionId::new("7");
    let put = request::delete_flow(&flow_id());
    let written = json_answer(200, &json!({"flow": {"version": 15}}));
    assert_eq!(put_flow(&put, &written), Ok(DraftRevision(15)));
    let made = json_answer(201, &json!({"id": "7"}));
    assert_eq!(created_version(&put, &made), Ok(version.clone()));
    let started = json_answer(202, &json!({"id": "d", "status": "PENDING"}));
    let deployment = deployed(&put, &started, &version).expect("a deployment");
    assert_eq!((deployment.version_id, deployment.status), (version, DeploymentStatus::Pending));
    let polled = json_answer(200, &json!({"id": "d", "status": "PAUSED"}));
    let request = request::deployment(&DeploymentId::new("d"));
    let status = super::deployment(&request, &polled).expect("a deployment").status;
    assert_eq!(status, DeploymentStatus::Unknown("PAUSED".into()));
}

#[test]
fn deployments_that_were_not_asked_for_are_left_out_and_those_without_a_version_are_an_error() {
    let filter = DeploymentFilter::default().flow(&flow_id()).target_environment("STAGING");
    let request = request::deployments(&filter, 1);
    let read = |deployment: Value| {
        let body = json!({"deployments": [deployment], "totalCount": 1});
        deployments(&request, &json_answer(200, &body), &filter).map(|page| page.items[0].wanted)
    };
    let base = json!({"id": "d", "status": "SUCCESS", "versionId": "7"});
    let with = |name: &str, value: &str| {
        let mut deployment = base.clone();
        deployment[name] = json!(value);
        deployment
    };
    assert_eq!(read(base.clone()), Ok(true));
    assert_eq!(read(with("flowId", "42")), Ok(true));
    assert_eq!(read(with("flowId", "43")), Ok(false));
    assert_eq!(read(with("targetEnvironment", "PRODUCTION")), Ok(false));
    let error = read(json!({"id": "d", "status": "SUCCESS"})).expect_err("no version");
    assert!(error.to_string().contains("deployment d names no version"), "{error}");
}

/// Calls every reader; they may fail but not panic, and what fails can be shown.
fn read_all(answer: &Answer) {
    let (flow_id, version_id) = (flow_id(), VersionId::new("7"));
    let filter = DeploymentFilter::default();
    let request = request::flow(&flow_id);
    let (schema_fields, item_id) = (data_stores::fields(), ItemId::new("i"));
    let errors = [
        super::data_actions(&request, answer).err(),
        data_action(&request, answer).err(),
        written_data_action(&request, answer, &data_actions::content()).err(),
        script_run(&request, answer).err(),
        super::data_stores(&request, answer).err(),
        data_store(&request, answer).err(),
        created_data_store(&request, answer).err(),
        schema(&request, answer).err(),
        items(&request, answer, &schema_fields).err(),
        item(&request, answer, &schema_fields).err(),
        written_item(&request, answer, &item_id).err(),
        flows(&request::flows(1), answer).err(),
        flow(&request, answer).err(),
        created_flow(&request, answer).err(),
        put_flow(&request, answer).err(),
        versions(&request, answer, &owner()).err(),
        version(&request, answer).err(),
        created_version(&request, answer).err(),
        published(&request, answer, &version_id).err(),
        validate(&request, answer).err(),
        test_results(&request, answer).err(),
        approval(&request, answer).err(),
        deployment(&request, answer).err(),
        deployed(&request, answer, &version_id).err(),
        deployments(&request, answer, &filter).err(),
        done(&request, answer).err(),
        deleted(&request, answer).err(),
    ];
    for error in errors.into_iter().flatten() {
        assert!(error.to_string().chars().all(|c| !c.is_control()));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "flow",
        "flows",
        "version",
        "versions",
        "id",
        "name",
        "nodes",
        "edges",
        "totalCount",
        "elements",
        "connectors",
        "status",
        "details",
        "code",
        "message",
        "path",
        "deployments",
        "versionId",
        "metadata",
        "source",
        "passed",
        "actions",
        "modifiedTimestamp",
        "script",
        "content",
        "trigger",
        "datastores",
        "updatedAt",
        "fields",
        "type",
        "constraints",
        "records",
        "ids",
        "cascade_action",
        "_version",
        "error",
        "logs",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((words.clone(), inner), 0..6).prop_map(|pairs| {
                pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        status in 200_u16..600,
        body in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        read_all(&answer(status, body));
    }

    #[test]
    fn any_json_is_survived_whole_and_cut(status in 200_u16..600, body in any_json(), cut in 0..100_usize) {
        let body = body.to_string().into_bytes();
        let cut = body.len() * cut / 100;
        read_all(&answer(status, body[..cut].to_vec()));
        read_all(&answer(status, body));
    }
}
