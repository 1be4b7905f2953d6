use serde_json::{Value, json};

use crate::server::{Answer, Server, uuid};

fn fields() -> Value {
    json!([
        {"name": "name", "type": "string"},
        {"name": "age", "type": "number"},
        {"name": "vip", "type": "boolean"},
        {"name": "since", "type": "datetime"},
        {"name": "notes", "type": "json"},
        {"name": "a/b", "type": "string"},
        {"name": "household", "type": "relationship"}
    ])
}

async fn customers(server: &Server) -> String {
    server.store("customers", fields()).await
}

async fn patch(server: &Server, record: &str, body: Value) -> Answer {
    server.send("PATCH", record, body).await
}

#[tokio::test]
async fn a_new_record_is_at_version_one() {
    let server = Server::start().await;
    let store = customers(&server).await;
    let values = json!({
        "name": "Ada", "age": 36.5, "vip": true, "since": "2026-01-31T09:30:00+01:00",
        "notes": {"any": [1, null]}, "a/b": null
    });
    let path = format!("{store}/records");
    let answer = server.send("POST", &path, json!({"id": uuid(1), "fields": values})).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let mut kept = values;
    kept.as_object_mut().expect("is an object").remove("a/b");
    assert_eq!(answer.body, json!({"id": uuid(1), "fields": kept, "_version": 1}));
    assert_eq!(server.get(&format!("{path}/{}", uuid(1))).await.body, answer.body);
}

#[tokio::test]
async fn a_record_gets_a_uuid_when_it_brings_none() {
    let server = Server::start().await;
    let path = format!("{}/records", customers(&server).await);
    let first = server.send("POST", &path, json!({"fields": {}})).await;
    let second = server.send("POST", &path, json!({})).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.text("/id"), second.text("/id"));
    let shape: String =
        first.text("/id").chars().map(|c| if c == '-' { '-' } else { 'x' }).collect();
    assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    let taken = server.send("POST", &path, json!({"id": first.text("/id")})).await;
    taken.assert_refused(409, "RECORD_EXISTS");
}

#[tokio::test]
async fn a_uuid_is_one_in_whatever_case() {
    let server = Server::start().await;
    let path = format!("{}/records", customers(&server).await);
    let upper = "550E8400-E29B-41D4-A716-44665544000A";
    let answer = server.send("POST", &path, json!({"id": upper})).await;
    assert_eq!(answer.text("/id"), upper.to_ascii_lowercase());
    let again = server.send("POST", &path, json!({"id": upper.to_ascii_lowercase()})).await;
    again.assert_refused(409, "RECORD_EXISTS");
    assert_eq!(server.get(&format!("{path}/{upper}")).await.status, 200);
}

#[tokio::test]
async fn a_value_that_is_undefined_or_of_another_type_is_refused() {
    let server = Server::start().await;
    let store = customers(&server).await;
    let record = server.record(&store, &uuid(1), json!({})).await;
    for (name, value, pointer) in [
        ("nome", json!("Ada"), "/fields/nome"),
        ("Name", json!("Ada"), "/fields/Name"),
        ("name", json!(3), "/fields/name"),
        ("age", json!("36"), "/fields/age"),
        ("vip", json!("yes"), "/fields/vip"),
        ("since", json!("2026-01-31"), "/fields/since"),
        ("since", json!(1_769_000_000), "/fields/since"),
        ("a/b", json!([]), "/fields/a~1b"),
        ("household", json!([uuid(1)]), "/fields/household"),
    ] {
        let body = json!({"fields": {name: value}});
        for answer in [
            server.send("POST", &format!("{store}/records"), body.clone()).await,
            patch(&server, &record, body).await,
        ] {
            answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
            assert_eq!(answer.detail_paths(), [pointer], "{answer:?}");
        }
    }
    let wrong_case = patch(&server, &record, json!({"fields": {"Name": "Ada"}})).await;
    assert!(wrong_case.text("/details/0/message").contains(r#"there is "name""#));
    assert_eq!(server.get(&record).await.body["_version"], 1);
}

#[tokio::test]
async fn all_faults_of_a_record_are_told_at_once() {
    let server = Server::start().await;
    let store = customers(&server).await;
    let body = json!({"id": "1", "fields": {"nome": 1, "age": "old", "household": {"ids": ["x"]}}});
    let answer = server.send("POST", &format!("{store}/records"), body).await;
    answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
    let paths = ["/id", "/fields/age", "/fields/household/ids/0", "/fields/nome"];
    assert_eq!(answer.detail_paths(), paths);
    let shapeless = server.send("POST", &format!("{store}/records"), json!({"fields": []})).await;
    assert_eq!(shapeless.detail_paths(), ["/fields"]);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_empties() {
    let server = Server::start().await;
    let store = customers(&server).await;
    let record = server.record(&store, &uuid(1), json!({"name": "Ada", "age": 36})).await;
    let answer = patch(&server, &record, json!({"fields": {"age": 37}, "_version": 1})).await;
    assert_eq!(answer.status, 200);
    let expected = json!({"id": uuid(1), "fields": {"name": "Ada", "age": 37}, "_version": 2});
    assert_eq!(answer.body, expected);
    let answer = patch(&server, &record, json!({"fields": {"age": null}})).await;
    assert_eq!(answer.body, json!({"id": uuid(1), "fields": {"name": "Ada"}, "_version": 3}));
    assert_eq!(server.get(&record).await.body, answer.body);
}

#[tokio::test]
async fn a_record_that_moved_is_a_conflict() {
    let server = Server::start().await;
    let store = customers(&server).await;
    let record = server.record(&store, &uuid(1), json!({})).await;
    for stale in [0, 2] {
        let body = json!({"fields": {"name": "Ada"}, "_version": stale});
        let answer = patch(&server, &record, body).await;
        answer.assert_refused(409, "VERSION_CONFLICT");
        assert_eq!(answer.body["currentVersion"], 1);
    }
    let answer = patch(&server, &record, json!({"fields": {}, "_version": "1"})).await;
    assert_eq!(answer.detail_paths(), ["/_version"]);
}

#[tokio::test]
async fn of_many_who_read_the_same_version_one_writes() {
    let server = Server::start().await;
    let store = customers(&server).await;
    let record = server.record(&store, &uuid(1), json!({})).await;
    for round in 1..=5 {
        let writers = (0..16).map(|writer| {
            patch(&server, &record, json!({"fields": {"age": writer}, "_version": round}))
        });
        let answers = futures::future::join_all(writers).await;
        let written: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(written.len(), 1);
        assert_eq!(written[0].body["_version"], round + 1);
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            refused.assert_refused(409, "VERSION_CONFLICT");
        }
        assert_eq!(server.get(&record).await.body, written[0].body);
    }
}

#[tokio::test]
async fn a_locked_record_is_neither_changed_nor_deleted() {
    let server = Server::start().await;
    let store = customers(&server).await;
    let record = server.record(&store, &uuid(1), json!({})).await;
    let lock = format!("/_emulator/data-stores/customers/records/{}/lock", uuid(1));
    server.control("PUT", &lock, json!({"heldBy": "ada"})).await;
    let locks = server.control("GET", "/_emulator/record-locks", Value::Null).await;
    assert_eq!(locks["locks"][format!("store-000001/{}", uuid(1))]["heldBy"], "ada");
    for answer in [
        patch(&server, &record, json!({"fields": {"name": "Bob"}})).await,
        server.send("DELETE", &record, Value::Null).await,
    ] {
        answer.assert_refused(409, "RECORD_LOCKED");
        assert!(answer.text("/message").contains("ada"), "{answer:?}");
    }
    let edit = lock.trim_end_matches("/lock");
    let edited = server.control("PUT", edit, json!({"fields": {"name": "Ada"}})).await;
    assert_eq!((&edited["_version"], &edited["fields"]["name"]), (&json!(2), &json!("Ada")));
    server.control("DELETE", &lock, Value::Null).await;
    assert_eq!(patch(&server, &record, json!({"fields": {"name": "Bob"}})).await.status, 200);
    let again = Answer::of(server.bare("DELETE", &lock).send().await.expect("is answered")).await;
    again.assert_refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn records_are_listed_in_pages() {
    let server = Server::start().await;
    let store = customers(&server).await;
    let other = server.store("others", fields()).await;
    server.record(&other, &uuid(0), json!({})).await;
    for number in 1..=5 {
        server.record(&store, &uuid(number), json!({"age": number})).await;
    }
    let page = server.get(&format!("{store}/records?page=2&pageSize=2")).await.body;
    assert_eq!(page["totalCount"], 5);
    let record = |number| json!({"id": uuid(number), "fields": {"age": number}, "_version": 1});
    assert_eq!(page["records"], json!([record(3), record(4)]));
    let beyond = server.get(&format!("{store}/records?page=9")).await.body;
    assert_eq!(beyond, json!({"records": [], "totalCount": 5}));
    server.settings(json!({"pageSizeCap": 1})).await;
    let capped = server.get(&format!("{store}/records?pageSize=200")).await.body;
    assert_eq!(capped["records"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_deleted_record_is_gone_and_its_key_with_it() {
    let server = Server::start().await;
    let store = customers(&server).await;
    let path = format!("{store}/records");
    let body = json!({"id": uuid(1), "fields": {"name": "Ada"}});
    let first = server.keyed("POST", &path, body.clone(), "k").await;
    let again = server.keyed("POST", &path, body.clone(), "k").await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    let record = format!("{path}/{}", uuid(1));
    let change = json!({"fields": {"age": 1}, "_version": 1});
    for _ in 0..2 {
        let answer = server.keyed("PATCH", &record, change.clone(), "k").await;
        assert_eq!((answer.status, &answer.body["_version"]), (200, &json!(2)));
    }
    assert_eq!(server.send("DELETE", &record, Value::Null).await.status, 204);
    server.get(&record).await.assert_refused(404, "RECORD_NOT_FOUND");
    server.send("DELETE", &record, Value::Null).await.assert_refused(404, "RECORD_NOT_FOUND");
    assert_eq!(server.keyed("POST", &path, body, "k").await.body["_version"], 1);
}
