use super::*;
use crate::model::{
    Cascade, DataStoreId, FieldType, ItemPatch, ItemRevision, LiveItem, Relation, SchemaField,
};

const ADA: &str = "550e8400-e29b-41d4-a716-446655440000";
const BOB: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

fn id() -> DataStoreId {
    DataStoreId::new("s1")
}

pub(super) fn fields() -> Vec<SchemaField> {
    let body = json!({"fields": [
        {"name": "name", "type": "string"},
        {"name": "household", "type": "relationship"},
        {"name": "family", "type": "uuids", "constraints": {"is_relationship": true}},
    ]});
    let read = schema(&request::schema(&id()), &json_answer(200, &body));
    read.expect("an answer").expect("a schema")
}

fn read(fields_of_item: &Value) -> LiveItem {
    let body = json!({"id": ADA.to_uppercase(), "fields": fields_of_item, "_version": 3});
    let request = request::item(&id(), &ItemId::new(ADA));
    let read = item(&request, &json_answer(200, &body), &fields());
    read.expect("an answer").expect("an item")
}

#[test]
fn a_field_is_a_relationship_by_its_type_or_by_its_constraints() {
    let read = |field: Value| {
        let body = json!({"fields": [field]});
        let read = schema(&request::schema(&id()), &json_answer(200, &body));
        read.expect("an answer").expect("a schema").remove(0)
    };
    let table = [
        (json!({"type": "relationship"}), FieldType::Relationship, json!({})),
        (
            json!({"type": "json", "constraints": {"is_relationship": true, "max_depth": 3}}),
            FieldType::Relationship,
            json!({"max_depth": 3}),
        ),
        (
            json!({"type": "string", "constraints": {"is_relationship": false}}),
            FieldType::String,
            json!({}),
        ),
        (json!({"type": "string", "constraints": null}), FieldType::String, json!({})),
        (json!({"type": "money"}), FieldType::Other("money".into()), json!({})),
    ];
    for (mut field, field_type, constraints) in table {
        field["name"] = json!("f");
        field["label"] = json!("F");
        let read = read(field);
        assert_eq!((read.field_type, Value::from(read.constraints)), (field_type, constraints));
        assert_eq!(Value::from(read.extra), json!({"label": "F"}));
    }
}

#[test]
fn a_schema_without_its_fields_is_no_empty_schema() {
    let request = request::schema(&id());
    assert!(schema(&request, &json_answer(200, &json!({}))).is_err());
    assert!(schema(&request, &json_answer(200, &json!({"fields": null}))).is_err());
    assert_eq!(schema(&request, &json_answer(200, &json!({"fields": []}))), Ok(Some(Vec::new())));
    assert_eq!(schema(&request, &answer(404, "")), Ok(None));
}

#[test]
fn relations_are_told_from_fields_by_the_schema() {
    let live = read(&json!({
        "name": "Ada", "Household": 1, "stray": {"ids": [BOB]},
        "household": {"ids": [BOB.to_uppercase(), BOB], "cascade_action": "update"},
        "family": {"ids": null, "cascade_action": null, "note": "of no use"},
    }));
    assert_eq!((live.item.id.as_str(), live.revision), (ADA, Some(ItemRevision(3))));
    let kept = json!({"name": "Ada", "Household": 1, "stray": {"ids": [BOB]}});
    assert_eq!(Value::from(live.item.fields), kept);
    let children = [ItemId::new(BOB)].into();
    assert_eq!(live.item.relations["household"], Relation { children, cascade: Cascade::Update });
    assert_eq!(live.item.relations["family"], Relation::default());
}

#[test]
fn a_relation_that_is_none_stays_among_the_fields() {
    for value in [
        json!("text"),
        json!(7),
        json!([]),
        json!([BOB]),
        json!([[BOB], "none"]),
        json!({}),
        json!({"children": [BOB]}),
        json!({"ids": BOB}),
        json!({"ids": [7]}),
        json!({"ids": [BOB], "cascade_action": "NONE"}),
    ] {
        let live = read(&json!({"household": value}));
        assert_eq!(live.item.fields["household"], value);
        assert!(live.item.relations.is_empty(), "{value}");
    }
}

#[test]
fn null_is_a_field_without_a_value_and_a_relation_without_children() {
    let live = read(&json!({"name": null, "household": null}));
    assert_eq!(Value::from(live.item.fields), json!({"name": null}));
    assert_eq!(live.item.relations["household"], Relation::default());
    assert!(read(&Value::Null).item.fields.is_empty());
}

#[test]
fn the_mark_of_the_last_change_is_kept_as_text_or_not_at_all() {
    let table = [
        (json!("2026-11-21T08:00:00Z"), Some("2026-11-21T08:00:00Z")),
        (json!(1_700_000_000_000_u64), Some("1700000000000")),
        (json!(""), None),
        (json!(null), None),
        (json!(true), None),
        (json!({}), None),
    ];
    for (mark, expected) in table {
        let body =
            json!({"datastores": [{"id": "s1", "name": "n", "updatedAt": mark}], "totalCount": 1});
        let page = super::super::data_stores(&request::data_stores(1), &json_answer(200, &body));
        let updated_at = page.expect("a page").items.remove(0).updated_at;
        assert_eq!(updated_at.as_deref(), expected);
    }
}

#[test]
fn a_written_item_need_not_say_what_it_holds() {
    let ada = ItemId::new(ADA);
    let patch = ItemPatch::Fields(serde_json::Map::new());
    let request = request::patch_item(&id(), &ada, &patch, None, &key());
    let table = [
        (answer(204, ""), None),
        (json_answer(200, &json!({"id": ADA.to_uppercase(), "_version": 4})), Some(4)),
        (json_answer(200, &json!({"id": null, "fields": null, "_version": null})), None),
    ];
    for (answer, revision) in table {
        assert_eq!(written_item(&request, &answer, &ada), Ok(revision.map(ItemRevision)));
    }
    assert!(written_item(&request, &answer(200, "<html>"), &ada).is_err());
    let error = written_item(&request, &json_answer(403, &json!({})), &ada).expect_err("forbidden");
    let ErrorKind::Forbidden { scope, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(scope, "datastore:write");
}

#[test]
fn every_conflict_of_an_item_reaches_the_caller_by_its_code() {
    let ada = ItemId::new(ADA);
    let request = request::item(&id(), &ada);
    for code in ["VERSION_CONFLICT", "RECORD_LOCKED", "CIRCULAR_REFERENCE", "RECORD_EXISTS"] {
        let body = json!({"code": code, "message": "no"});
        let error = written_item(&request, &json_answer(409, &body), &ada).expect_err("a conflict");
        assert_eq!(error.conflict_code(), Some(code));
    }
}

#[test]
fn a_list_of_items_names_the_scope_to_read_them() {
    let error = items(&request::items(&id(), 1), &answer(403, ""), &fields()).err();
    let error = error.expect("forbidden");
    let ErrorKind::Forbidden { scope, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(scope, "datastore:read");
}
