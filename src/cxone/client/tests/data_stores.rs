use super::*;
use crate::cxone::{DataStoreDetail, Force, Handling};
use crate::model::{
    Cascade, DataStoreId, FieldType, Item, ItemId, ItemPatch, ItemRevision, Relation, SchemaField,
};

const PATH: &str = "/api/v2/datastores";
const ADA: &str = "550e8400-e29b-41d4-a716-446655440000";
const BOB: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

fn id() -> DataStoreId {
    DataStoreId::new("s1")
}

fn ada() -> ItemId {
    ItemId::new(ADA)
}

fn field(name: &str, field_type: FieldType) -> SchemaField {
    SchemaField {
        name: name.into(),
        field_type,
        constraints: serde_json::Map::new(),
        extra: serde_json::Map::new(),
    }
}

fn schema() -> Vec<SchemaField> {
    vec![field("name", FieldType::String), field("household", FieldType::Relationship)]
}

fn object(value: Value) -> serde_json::Map<String, Value> {
    serde_json::from_value(value).expect("an object")
}

fn store() -> Value {
    json!({"id": "s1", "name": "customers", "description": "", "updatedAt": 1_700_000_000_000_u64})
}

fn records(ids: std::ops::Range<usize>, total: usize) -> Outcome {
    let record = |id| json!({"id": format!("R{id}"), "fields": {"name": "Ada"}, "_version": 1});
    let records: Vec<_> = ids.map(record).collect();
    Ok(answer(200, &json!({"records": records, "totalCount": total})))
}

#[tokio::test(start_paused = true)]
async fn a_data_store_is_made_as_the_contract_spells_it() {
    let (client, script) = client(Script::new(vec![Ok(answer(201, &store()))]));
    let mut fields = schema();
    fields[1].constraints = object(json!({"max_depth": 3}));
    let made = client.create_data_store("customers", Some(""), &fields, &key()).await;
    let expected = DataStoreDetail {
        id: id(),
        name: "customers".into(),
        description: None,
        updated_at: Some("1700000000000".into()),
    };
    assert_eq!(made, Ok(expected));
    let call = script.last();
    assert_eq!((call.line(), call.timeout.as_secs()), (format!("POST {PATH}"), 30));
    let household = json!({"name": "household", "type": "relationship",
                           "constraints": {"max_depth": 3, "is_relationship": true}});
    let fields = json!([{"name": "name", "type": "string"}, household]);
    assert_eq!(call.body(), json!({"name": "customers", "fields": fields}));
}

#[tokio::test(start_paused = true)]
async fn schema_and_name_are_written_by_their_own_calls() {
    let (client, script) = client(Script::new(vec![status(204), Ok(answer(200, &store()))]));
    client.put_schema(&id(), &schema()[..1], &key()).await.expect("written");
    client.name_data_store(&id(), "clients", None, &key()).await.expect("written");
    let calls = script.calls();
    assert_eq!(calls[0].line(), format!("PUT {PATH}/s1/schema"));
    assert_eq!(calls[0].body(), json!({"fields": [{"name": "name", "type": "string"}]}));
    assert_eq!(calls[1].line(), format!("PUT {PATH}/s1"));
    assert_eq!(calls[1].body(), json!({"name": "clients", "description": ""}));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_cannot_name_a_data_store_is_told_from_one_that_has_none() {
    let there = || Ok(answer(200, &store()));
    let table = [
        (vec![status(405)], Some(405)),
        (vec![status(404), there()], Some(404)),
        (vec![status(404), status(404)], None),
        (vec![Ok(text_answer(404, "<h1>Not here</h1>")), there()], Some(404)),
    ];
    for (answers, missing) in table {
        let count = answers.len();
        let (client, script) = client(Script::new(answers));
        let error = client.name_data_store(&id(), "n", None, &key()).await.expect_err("refused");
        match (error.kind(), missing) {
            (ErrorKind::EndpointMissing { status, .. }, Some(expected)) => {
                assert_eq!(*status, expected);
            }
            (ErrorKind::NotFound { .. }, None) => {}
            _ => panic!("{error}"),
        }
        assert!(error.to_string().starts_with("PUT /api/v2/datastores/s1: "), "{error}");
        assert_eq!(script.calls().len(), count);
    }
}

#[tokio::test(start_paused = true)]
async fn items_are_read_to_the_total_and_after_the_first_page_side_by_side() {
    let pages = [0..200, 200..400, 400..600, 600..800, 800..900];
    let pages = pages.map(|ids| records(ids, 900)).into();
    let (client, script) = client(Script::new(pages));
    let items = client.items(&id(), &schema()).await.expect("items");
    assert_eq!(items.len(), 900);
    assert_eq!(items[899].item.id, ItemId::new("r899"));
    assert_eq!(items[899].revision, Some(ItemRevision(1)));
    let calls = script.calls();
    let lines: Vec<_> = calls.iter().map(Asked::line).collect();
    let line = |page| format!("GET {PATH}/s1/records?page={page}&pageSize=1000");
    assert_eq!(lines, [1, 2, 3, 4, 5].map(line));
    let times: Vec<_> = calls.iter().map(|call| call.at).collect();
    assert!(times[0] < times[1] && times[1] == times[4], "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_items_come_at_the_tenants_rate() {
    let pages = (0..50).map(|page| records(page * 200..(page + 1) * 200, 10_000)).collect();
    let (client, script) = client(Script::new(pages));
    let task = tokio::spawn(async move { client.items(&id(), &schema()).await });
    assert_eq!(task.await.expect("no panic").expect("items").len(), 10_000);
    assert_eq!(script.calls().len(), 50);
    assert!(script.start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn pages_that_shrink_are_followed_all_the_same() {
    let pages = vec![records(0..4, 9), records(4..6, 9), records(6..8, 9), records(8..9, 9)];
    let (client, _) = client(Script::new(pages));
    assert_eq!(client.items(&id(), &schema()).await.expect("items").len(), 9);
}

#[tokio::test(start_paused = true)]
async fn items_that_move_while_they_are_read_are_read_anew() {
    let torn = [records(0..2, 4), records(2..4, 3)];
    let whole = [records(0..2, 3), records(2..3, 3)];
    let (client, _) = client(Script::new(torn.into_iter().chain(whole).collect()));
    assert_eq!(client.items(&id(), &schema()).await.expect("items").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_fails_the_list() {
    let pages = vec![records(0..2, 9), records(2..4, 9), Ok(text_answer(200, "<h1>Sign in</h1>"))];
    let (client, _) = client(Script { last: records(6..8, 9), ..Script::new(pages) });
    let error = client.items(&id(), &schema()).await.expect_err("a page that is HTML");
    assert!(error.to_string().contains("it begins: Sign in"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn items_of_no_data_store_are_told_from_a_call_that_is_missing() {
    let there = Ok(answer(200, &store()));
    for (second, missing) in [(status(404), false), (there, true)] {
        let (client, _) = client(Script::new(vec![status(404), second]));
        let error = client.items(&id(), &schema()).await.expect_err("404");
        assert_eq!(matches!(error.kind(), ErrorKind::EndpointMissing { .. }), missing, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_is_made_of_its_fields_only() {
    let made = json!({"id": ADA.to_uppercase(), "fields": {"name": "Ada"}, "_version": 1});
    let (client, script) = client(Script::new(vec![Ok(answer(201, &made))]));
    let relation = Relation { children: [ItemId::new(BOB)].into(), cascade: Cascade::Update };
    let item = Item {
        id: ada(),
        fields: object(json!({"name": "Ada", "age": null})),
        relations: [("household".to_owned(), relation)].into(),
    };
    assert_eq!(client.create_item(&id(), &item, &key()).await, Ok(Some(ItemRevision(1))));
    let call = script.last();
    assert_eq!(call.line(), format!("POST {PATH}/s1/records"));
    assert_eq!(call.body(), json!({"id": ADA, "fields": {"name": "Ada"}}));
    assert_eq!(call.key(), key().as_str());
}

#[tokio::test(start_paused = true)]
async fn an_item_that_the_tenant_names_otherwise_is_an_error() {
    let (client, _) = client(Script::new(vec![Ok(answer(201, &json!({"id": BOB})))]));
    let item = Item { id: ada(), fields: serde_json::Map::new(), relations: [].into() };
    let error = client.create_item(&id(), &item, &key()).await.expect_err("another one");
    assert!(error.to_string().contains("another record was written"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_patch_sends_what_changes_and_over_what() {
    let relation = Relation { children: [ItemId::new(BOB)].into(), cascade: Cascade::Delete };
    let field = "household".to_owned();
    let relation_body = json!({"ids": [BOB], "cascade_action": "delete"});
    let table = [
        (
            ItemPatch::Fields(object(json!({"name": "Ada", "age": null}))),
            Some(ItemRevision(3)),
            json!({"fields": {"name": "Ada", "age": null}, "_version": 3}),
        ),
        (
            ItemPatch::Relation { field: field.clone(), relation },
            Some(ItemRevision(4)),
            json!({"fields": {"household": relation_body}, "_version": 4}),
        ),
        (
            ItemPatch::Relation { field, relation: Relation::default() },
            None,
            json!({"fields": {"household": {"ids": [], "cascade_action": "none"}}}),
        ),
    ];
    for (patch, over, body) in table {
        let patched = json!({"id": ADA, "fields": {}, "_version": 9, "_links": {}});
        let (client, script) = client(Script::new(vec![Ok(answer(200, &patched))]));
        let revision = client.patch_item(&id(), &ada(), &patch, over, &key()).await;
        assert_eq!(revision, Ok(Some(ItemRevision(9))));
        let call = script.last();
        assert_eq!(call.line(), format!("PATCH {PATH}/s1/records/{ADA}"));
        assert_eq!((call.body(), call.timeout.as_secs()), (body, 15));
    }
}

#[tokio::test(start_paused = true)]
async fn a_patch_whose_answer_was_lost_meets_itself() {
    let moved = json!({"code": "VERSION_CONFLICT", "message": "moved", "currentVersion": 4});
    let (client, script) = client(Script::new(vec![status(503), Ok(answer(409, &moved))]));
    let patch = ItemPatch::Fields(object(json!({"name": "Ada"})));
    let patched = client.patch_item(&id(), &ada(), &patch, Some(ItemRevision(3)), &key()).await;
    let error = patched.expect_err("moved");
    assert_eq!(error.conflict_code(), Some("VERSION_CONFLICT"));
    assert_eq!(error.handling(), Handling::Conflict);
    let calls = script.calls();
    assert_eq!((calls[0].body(), calls[0].key()), (calls[1].body(), calls[1].key()));
}

#[tokio::test(start_paused = true)]
async fn an_item_is_read_by_the_schema() {
    let record = json!({"id": ADA, "fields": {"household": {"ids": [BOB]}}, "_version": 2});
    let (client, script) = client(Script::new(vec![Ok(answer(200, &record)), status(404)]));
    let live = client.item(&id(), &ada(), &schema()).await.expect("an answer").expect("an item");
    assert_eq!(live.item.relations["household"].children, [ItemId::new(BOB)].into());
    assert_eq!(client.item(&id(), &ada(), &schema()).await, Ok(None));
    assert_eq!(script.last().line(), format!("GET {PATH}/s1/records/{ADA}"));
}

#[tokio::test(start_paused = true)]
async fn a_delete_is_forced_only_when_that_is_asked_for() {
    let full = json!({"code": "DATASTORE_NOT_EMPTY", "message": "2 records"});
    let answers = vec![Ok(answer(409, &full)), status(204), status(204), status(204)];
    let (client, script) = client(Script::new(answers));
    let error = client.delete_data_store(&id(), Force::Never).await.expect_err("not empty");
    assert_eq!(error.conflict_code(), Some("DATASTORE_NOT_EMPTY"));
    client.delete_data_store(&id(), Force::Always).await.expect("gone");
    client.delete_item(&id(), &ada()).await.expect("gone");
    client.delete_item(&id(), &ada()).await.expect("gone");
    let calls = script.calls();
    let lines: Vec<_> = calls.iter().map(Asked::line).collect();
    let item = format!("DELETE {PATH}/s1/records/{ADA}");
    let expected =
        [format!("DELETE {PATH}/s1"), format!("DELETE {PATH}/s1?force=true"), item.clone(), item];
    assert_eq!(lines, expected);
    // An item's id comes back, and a refused delete may be forced: no two are one write.
    let keys: std::collections::HashSet<_> = calls.iter().map(Asked::key).collect();
    assert_eq!(keys.len(), 4);
}
