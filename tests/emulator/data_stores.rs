use serde_json::{Value, json};

use crate::server::{Answer, STORES, Server, uuid};

fn fields() -> Value {
    json!([
        {"name": "name", "type": "string", "label": "Full name"},
        {"name": "age", "type": "number", "constraints": {"minimum": 0}},
        {"name": "household", "type": "relationship", "constraints": {"max_depth": 3}}
    ])
}

/// The names of a schema's fields.
fn names(schema: &Value) -> Vec<&str> {
    let fields = schema["fields"].as_array().expect("is a list");
    fields.iter().map(|field| field["name"].as_str().expect("is there")).collect()
}

#[tokio::test]
async fn a_new_data_store_is_listed_and_read() {
    let server = Server::start().await;
    let body = json!({"name": "customers", "description": "who calls", "fields": fields()});
    let answer = server.send("POST", STORES, body).await;
    assert_eq!((answer.status, answer.text("/id")), (201, "store-000001"));
    assert_eq!(answer.text("/description"), "who calls");
    let updated_at = answer.text("/updatedAt");
    assert_eq!((updated_at.len(), &updated_at[26..]), (27, "Z"), "microseconds: {updated_at}");
    assert_eq!(server.get(&format!("{STORES}/store-000001")).await.body, answer.body);
    let entry = json!({"id": "store-000001", "name": "customers", "updatedAt": updated_at});
    assert_eq!(server.get(STORES).await.body, json!({"datastores": [entry], "totalCount": 1}));
}

#[tokio::test]
async fn data_stores_are_listed_in_pages() {
    let server = Server::start().await;
    for number in 0..5 {
        server.store(&format!("store {number}"), json!([])).await;
    }
    let page = server.get(&format!("{STORES}?page=2&pageSize=2")).await.body;
    assert_eq!(
        (&page["totalCount"], &page["datastores"][0]["name"]),
        (&json!(5), &json!("store 2"))
    );
    assert_eq!(page["datastores"].as_array().map(Vec::len), Some(2));
    let found = server.get(&format!("{STORES}?name=store+3")).await.body;
    assert_eq!(
        (&found["totalCount"], &found["datastores"][0]["name"]),
        (&json!(1), &json!("store 3"))
    );
}

#[tokio::test]
async fn a_schema_is_served_with_what_the_server_knows_of_relationships() {
    let server = Server::start().await;
    let mut given = fields();
    given[0]["constraints"] = json!({"is_relationship": true});
    let store = server.store("customers", given).await;
    let schema = server.get(&format!("{store}/schema")).await.body;
    let mut expected = fields();
    expected[2]["constraints"]["is_relationship"] = json!(true);
    assert_eq!(schema, json!({ "fields": expected }));
}

#[tokio::test]
async fn a_schema_that_makes_no_sense_is_refused() {
    let server = Server::start().await;
    let wrong = json!([
        {"name": "a", "type": "text"},
        {"name": "b", "type": "string"},
        {"name": "b", "type": "number"},
        {"name": "c", "type": "relationship", "constraints": {"max_depth": -1}}
    ]);
    let paths = ["/fields/0/type", "/fields/3/constraints/max_depth", "/fields/2/name"];
    let body = json!({"name": "customers", "fields": wrong});
    let created = server.send("POST", STORES, body).await;
    created.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
    assert_eq!(created.detail_paths(), paths);
    let store = server.store("customers", json!([])).await;
    let put = server.send("PUT", &format!("{store}/schema"), json!({"fields": wrong})).await;
    assert_eq!(put.detail_paths(), paths);
    let bare = server.send("PUT", &format!("{store}/schema"), json!({})).await;
    assert_eq!(bare.detail_paths(), ["/fields"]);
    let nameless = server.send("POST", STORES, json!({"fields": 3})).await;
    assert_eq!(nameless.detail_paths(), ["/name", "/fields"]);
}

#[tokio::test]
async fn a_name_belongs_to_one_data_store() {
    let server = Server::start().await;
    let first = server.store("first", json!([])).await;
    let second = server.store("second", json!([])).await;
    let twin = server.send("POST", STORES, json!({"name": "first"})).await;
    twin.assert_refused(409, "NAME_EXISTS");
    let taken = server.send("PUT", &second, json!({"name": "first", "description": ""})).await;
    taken.assert_refused(409, "NAME_EXISTS");
    let naming = json!({"name": "third", "description": "renamed"});
    let renamed = server.send("PUT", &first, naming).await;
    assert_eq!((renamed.status, renamed.text("/name")), (200, "third"));
    let naming = json!({"name": "third", "description": ""});
    let emptied = server.send("PUT", &first, naming).await;
    assert!(emptied.body.get("description").is_none(), "{emptied:?}");
    server.store("first", json!([])).await;
}

#[tokio::test]
async fn a_field_in_use_is_neither_removed_nor_retyped() {
    let server = Server::start().await;
    let store = server.store("customers", fields()).await;
    let path = format!("{store}/schema");
    let record = server.record(&store, &uuid(1), json!({"name": "Ada", "age": 36})).await;
    let smaller = json!({"fields": [{"name": "age", "type": "string"}]});
    let answer = server.send("PUT", &path, smaller.clone()).await;
    answer.assert_refused(409, "FIELD_IN_USE");
    let details = answer.body["details"].to_string();
    assert!(details.contains("name") && details.contains("age"), "{details}");
    assert!(!details.contains("household"), "it holds nothing: {details}");
    assert_eq!(names(&server.get(&path).await.body), ["name", "age", "household"]);
    let mut wider = fields();
    wider[1]["constraints"] = json!({});
    wider.as_array_mut().expect("is a list").push(json!({"name": "vip", "type": "boolean"}));
    let answer = server.send("PUT", &path, json!({ "fields": wider })).await;
    assert_eq!((answer.status, names(&answer.body).len()), (200, 4));
    let empty = json!({"fields": {"name": null, "age": null}});
    server.send("PATCH", &record, empty).await;
    assert_eq!(server.send("PUT", &path, smaller).await.status, 200);
    assert_eq!(names(&server.get(&path).await.body), ["age"]);
}

#[tokio::test]
async fn the_time_of_change_grows_with_schema_naming_and_records() {
    let server = Server::start().await;
    let store = server.store("customers", fields()).await;
    let (one, two) = (uuid(1), uuid(2));
    let records = format!("{store}/records");
    let first = format!("{records}/{one}");
    let mut last = server.get(&store).await.text("/updatedAt").to_owned();
    for (method, path, body, changes) in [
        ("POST", records.clone(), json!({"id": one, "fields": {}}), true),
        ("PATCH", first.clone(), json!({"fields": {"name": "Ada"}}), true),
        ("PATCH", first.clone(), json!({"fields": {"nome": "Ada"}}), false),
        ("POST", records, json!({"id": two, "fields": {}}), true),
        ("DELETE", first, Value::Null, true),
        ("PUT", format!("{store}/schema"), json!({"fields": fields()}), true),
        ("PUT", store.clone(), json!({"name": "people"}), true),
        ("GET", format!("{store}/schema"), Value::Null, false),
    ] {
        server.send(method, &path, body).await;
        let next = server.get(&store).await.text("/updatedAt").to_owned();
        assert_eq!(next > last, changes, "{method} {path}: {last} {next}");
        last = next;
    }
}

#[tokio::test]
async fn a_data_store_with_records_is_deleted_only_by_force() {
    let server = Server::start().await;
    let store = server.store("customers", fields()).await;
    let record = server.record(&store, &uuid(1), json!({})).await;
    server.send("DELETE", &store, Value::Null).await.assert_refused(409, "DATASTORE_NOT_EMPTY");
    let maybe = server.send("DELETE", &format!("{store}?force=maybe"), Value::Null).await;
    maybe.assert_refused(400, "INVALID_QUERY");
    let forced = server.send("DELETE", &format!("{store}?force=true"), Value::Null).await;
    assert_eq!(forced.status, 204);
    server.get(&store).await.assert_refused(404, "DATASTORE_NOT_FOUND");
    server.get(&record).await.assert_refused(404, "DATASTORE_NOT_FOUND");
    let empty = server.store("customers", json!([])).await;
    assert_ne!(empty, store, "an id never comes twice");
    assert_eq!(server.get(&format!("{empty}/records")).await.body["totalCount"], 0);
    assert_eq!(server.send("DELETE", &empty, Value::Null).await.status, 204);
}

#[tokio::test]
async fn the_same_key_makes_one_data_store() {
    let server = Server::start().await;
    let first = server.keyed("POST", STORES, json!({"name": "customers"}), "k").await;
    let again = server.keyed("POST", STORES, json!({"name": "customers"}), "k").await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    let other = server.keyed("POST", STORES, json!({"name": "others"}), "k").await;
    other.assert_refused(409, "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn reading_and_writing_need_their_scopes() {
    let server = Server::start().await;
    let store = server.store("customers", fields()).await;
    let record = server.record(&store, &uuid(1), json!({})).await;
    let (schema, records) = (format!("{store}/schema"), format!("{store}/records"));
    let refused = |answer: &Answer, scope: &str| {
        answer.assert_refused(403, "MISSING_SCOPE");
        assert!(answer.text("/message").contains(scope), "{answer:?}");
    };
    let writer = server.scoped("datastore:write").await;
    for path in [STORES, &store, &schema, &records, &record] {
        refused(&writer.get(path).await, "datastore:read");
    }
    let reader = server.scoped("datastore:read").await;
    for (method, path) in [
        ("POST", STORES),
        ("PUT", &store),
        ("PUT", &schema),
        ("POST", &records),
        ("PATCH", &record),
        ("DELETE", &record),
        ("DELETE", &store),
    ] {
        refused(&reader.send(method, path, json!({})).await, "datastore:write");
    }
    assert_eq!(reader.get(&record).await.status, 200);
}
