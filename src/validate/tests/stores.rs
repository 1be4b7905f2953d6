use std::collections::BTreeMap;
use std::sync::Arc;

use insta::assert_snapshot;
use serde_json::{Map, Value, json};

use super::super::*;
use super::{at, metadata, project, text};
use crate::model::{
    Code, DataStoreContent, DataStoreId, Declarations, DesiredDataStore, FieldType, Item, ItemId,
    ItemPlace, ItemPolicy, LiveDataStore, LiveItem, Relation, RelationPlace, ResourceId,
    SchemaField, SchemaFieldPlace, Span, ValuePlace,
};

/// Fields from a text such as `name:string team:relationship/3`, which has a `max_depth` of 3.
pub(super) fn fields(text: &str) -> Vec<SchemaField> {
    let field = |part: &str| {
        let (name, field_type) = part.split_once(':').unwrap();
        let (field_type, depth) = field_type.split_once('/').unwrap_or((field_type, ""));
        let depth = depth.parse::<u64>().ok();
        SchemaField {
            name: name.into(),
            field_type: FieldType::from(field_type),
            constraints: depth
                .map(|depth| ("max_depth".to_owned(), json!(depth)))
                .into_iter()
                .collect(),
            extra: Map::new(),
        }
    };
    text.split_whitespace().map(field).collect()
}

/// A record from a text such as `a name="Ada" team>b,c`. Its parts stand ten columns apart in the
/// line, and children one column apart.
pub(super) fn item(text: &str, line: usize) -> (Item, ItemPlace) {
    let mut parts = text.split_whitespace();
    let id = ItemId::new(parts.next().unwrap_or_default());
    let mut item = Item { id, fields: Map::new(), relations: BTreeMap::new() };
    let mut place = ItemPlace {
        whole: at(line, 7),
        id: at(line, 8),
        values: Vec::new(),
        relations: Vec::new(),
    };
    for (column, part) in (2..).map(|n| n * 10).zip(parts) {
        if let Some((field, value)) = part.split_once('=') {
            let value: Value = serde_json::from_str(value).unwrap();
            item.fields.insert(field.into(), value);
            let (key, value) = (at(line, column), at(line, column + 5));
            place.values.push(ValuePlace { field: field.into(), key, value });
        } else {
            let (field, children) = part.split_once('>').unwrap();
            let children = children.split(',').filter(|id| !id.is_empty()).map(ItemId::new);
            let children: Vec<_> =
                (column + 1..).zip(children).map(|(c, id)| (id, at(line, c))).collect();
            let relation: &mut Relation = item.relations.entry(field.into()).or_default();
            relation.children.extend(children.iter().map(|(id, _)| id.clone()));
            let name = at(line, column);
            place.relations.push(RelationPlace { field: field.into(), name, children });
        }
    }
    (item, place)
}

/// A store whose fields stand on lines from 11, and its records, one a line of `items`, from 101.
pub(super) fn store(policy: ItemPolicy, schema: &str, items: &str) -> DesiredDataStore {
    let schema = fields(schema);
    let place = |line| SchemaFieldPlace {
        whole: at(line, 7),
        name: at(line, 14),
        field_type: at(line, 26),
    };
    let lines = items.lines().map(str::trim).filter(|line| !line.is_empty());
    let (items, item_places): (Vec<_>, Vec<_>) =
        lines.zip(101..).map(|(text, line)| item(text, line)).unzip();
    DesiredDataStore {
        metadata: metadata("data-stores", "people"),
        field_places: (0..schema.len()).map(|index| place(11 + index)).collect(),
        content: DataStoreContent { description: None, fields: schema, items: items.into() },
        policy,
        item_places: item_places.into(),
    }
}

/// What the tenant has, in the same words.
pub(super) fn live(schema: &str, items: &str) -> LiveDataStore {
    let items = items.lines().map(str::trim).filter(|line| !line.is_empty());
    let item = |text| {
        let (item, _) = item(text, 1);
        (item.id.clone(), LiveItem { item, revision: None })
    };
    LiveDataStore {
        id: DataStoreId::new("store-1"),
        name: "people".into(),
        description: None,
        updated_at: None,
        fields: fields(schema),
        items: items.map(item).collect(),
    }
}

pub(super) fn check_store(store: DesiredDataStore) -> Vec<Finding> {
    let data_stores = BTreeMap::from([(ResourceId::data_store("people"), Arc::new(store))]);
    check(&project(), &Declarations { data_stores, ..Declarations::default() })
}

fn found(schema: &str, items: &str) -> String {
    text(&check_store(store(ItemPolicy::Exact, schema, items)))
}

const SCHEMA: &str = "name:string age:number vip:boolean since:datetime notes:json \
                      team:relationship home:relationship/2";

#[test]
fn a_sound_store_has_no_findings() {
    let items = r#"
        a name="Ada" age=36.5 vip=true since="2026-03-01T09:30:00Z" notes=[1,{"x":null}] team>b,c
        b name=null age=null vip=null since=null notes=null home>c
        c
    "#;
    assert_eq!(found(SCHEMA, items), "");
    assert_eq!(found("", ""), "");
}

#[test]
fn fields_records_and_children_that_are_there_twice_are_found() {
    assert_snapshot!(
        found("name:string name:number kin:relationship", "a kin>b,c,b\n b kin>c\n a\n c"),
        @"
        data-stores/people.yaml:12:14 duplicate-field: two fields have the name `name`
          data-stores/people.yaml:11:14 first declared here
          help: remove one of the two, or rename it
        data-stores/people.yaml:101:23 bad-value: the child `b` is listed twice
          data-stores/people.yaml:101:21 first listed here
          help: remove one of the two
        data-stores/people.yaml:103:8 duplicate-record: two records have the id `a`
          data-stores/people.yaml:101:8 first listed here
          help: keep one of the two, or give each an id of its own
        "
    );
}

#[test]
fn fields_that_the_store_does_not_have_are_found() {
    assert_snapshot!(
        found("name:string kin:relationship", "a Name=1 nmae=2 colour=3 Kin>b\n b whatever>b"),
        @"
        data-stores/people.yaml:101:20 undefined-field: the data store `people` has no field `Name`
          help: did you mean `name`?
        data-stores/people.yaml:101:30 undefined-field: the data store `people` has no field `nmae`
          help: did you mean `name`?
        data-stores/people.yaml:101:40 undefined-field: the data store `people` has no field `colour`
          help: the fields are `name`, `kin`; declare it under `spec.fields`, or remove it here
        data-stores/people.yaml:101:50 undefined-field: the data store `people` has no field `Kin`
          help: did you mean `kin`?
        data-stores/people.yaml:102:20 undefined-field: the data store `people` has no field `whatever`
          help: the fields are `name`, `kin`; declare it under `spec.fields`, or remove it here
        "
    );
    assert_snapshot!(found("", "a name=1"), @"
    data-stores/people.yaml:101:20 undefined-field: the data store `people` has no field `name`
      help: declare it under `spec.fields`, or remove it here
    ");
}

#[test]
fn values_of_another_type_are_found() {
    let items = r#"
        a name=42 age="42" vip="yes" since="yesterday" notes=1 team="b"
        b name=[] age=true vip=0 since=2026 team=null
        c name={} age={}
    "#;
    assert_snapshot!(found(SCHEMA, items), @r#"
    data-stores/people.yaml:101:25 wrong-type: `name` takes text, found a number
      help: write "42" between quotes
    data-stores/people.yaml:101:35 wrong-type: `age` takes a number, found text
      help: write it without quotes
    data-stores/people.yaml:101:45 wrong-type: `vip` takes true or false, found text
      help: write it without quotes
    data-stores/people.yaml:101:55 wrong-type: `since` takes a date and time with an offset (RFC 3339), found text
      help: write it as in 2026-03-01T09:30:00Z
    data-stores/people.yaml:101:75 wrong-type: `team` is a relationship, and takes no value
      help: name the children under `relationships`: `{field: team, childIds: […]}`
    data-stores/people.yaml:102:25 wrong-type: `name` takes text, found a list
    data-stores/people.yaml:102:35 wrong-type: `age` takes a number, found true or false
    data-stores/people.yaml:102:45 wrong-type: `vip` takes true or false, found a number
    data-stores/people.yaml:102:55 wrong-type: `since` takes a date and time with an offset (RFC 3339), found a number
      help: write it as in 2026-03-01T09:30:00Z
    data-stores/people.yaml:102:65 wrong-type: `team` is a relationship, and takes no value
      help: name the children under `relationships`: `{field: team, childIds: […]}`
    data-stores/people.yaml:103:25 wrong-type: `name` takes text, found a mapping
    data-stores/people.yaml:103:35 wrong-type: `age` takes a number, found a mapping
    "#);
}

#[test]
fn a_datetime_is_a_moment_as_rfc_3339_writes_it() {
    let is_taken = |text: &str| {
        let items = format!("a since={}", json!(text));
        found("since:datetime", &items).is_empty()
    };
    for text in [
        "2026-03-01T09:30:00Z",
        "2026-03-01T09:30:00.123456Z",
        "2026-03-01t09:30:00z",
        "2026-03-01T09:30:00+05:30",
        "2026-12-31T23:59:60Z",
        "2024-02-29T00:00:00-08:00",
    ] {
        assert!(is_taken(text), "{text}");
    }
    for text in [
        "",
        "2026-03-01",
        "2026-03-01T09:30Z",
        "2026-03-01T09:30:00",
        "2026-03-01T09:30:00.Z",
        "2026-03-01T09:30:00+0530",
        "2026-03-01T09:30:00+05",
        "2026-03-01T09:30:00[Europe/Berlin]",
        "2026-03-01T09:30:00Z[UTC]",
        "20260301T093000Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-03-01T25:00:00Z",
        "２026-03-01T09:30:00Z",
    ] {
        assert!(!is_taken(text), "{text}");
    }
}

#[test]
fn a_relationship_in_a_field_of_another_type_is_found() {
    assert_snapshot!(found("name:string", "a name>b\n b"), @"
    data-stores/people.yaml:101:20 not-a-relationship: `name` is no relationship: its type is string
      help: name a field of the type relationship, or put a value under `fields`
    ");
}

#[test]
fn a_record_has_at_most_max_depth_children_in_a_field() {
    let records = "b\n c\n d\n e\n f\n g";
    assert_eq!(found(SCHEMA, &format!("a team>b,c,d,e,f home>b,c\n{records}")), "");
    assert_snapshot!(found(SCHEMA, &format!("a team>b,c,d,e,f,g home>b,c,d\n{records}")), @"
    data-stores/people.yaml:101:20 too-many-children: `team` of the record `a` has 6 children, and takes at most 5
      help: name fewer, or raise `max_depth` in the field's `constraints` (5 where it is absent)
    data-stores/people.yaml:101:30 too-many-children: `home` of the record `a` has 3 children, and takes at most 2
      help: name fewer, or raise `max_depth` in the field's `constraints` (5 where it is absent)
    ");
}

#[test]
fn a_chain_is_held_to_its_fields_max_depth() {
    let chain = "a team>b\n b team>c home>c\n c team>d home>d\n d team>e\n e team>f\n f home>g\n g";
    assert_eq!(found(SCHEMA, chain), "");
    assert_snapshot!(found(SCHEMA, &format!("{chain} team>h\n h\n x team>b home>b\n f team>g")), @"
    data-stores/people.yaml:101:20 relationship-too-deep: `team` makes a chain of 7 relationships, and takes at most 5: a → b → c → d → e → f → g → h
      help: shorten the chain, or raise `max_depth` in the field's `constraints` (5 where it is absent)
    data-stores/people.yaml:109:20 relationship-too-deep: `team` makes a chain of 7 relationships, and takes at most 5: x → b → c → d → e → f → g → h
      help: shorten the chain, or raise `max_depth` in the field's `constraints` (5 where it is absent)
    data-stores/people.yaml:109:30 relationship-too-deep: `home` makes a chain of 3 relationships, and takes at most 2: x → b → c → d
      help: shorten the chain, or raise `max_depth` in the field's `constraints` (5 where it is absent)
    data-stores/people.yaml:110:8 duplicate-record: two records have the id `f`
      data-stores/people.yaml:106:8 first listed here
      help: keep one of the two, or give each an id of its own
    ");
}

#[test]
fn circles_are_printed_as_paths_over_all_fields() {
    let items = "d home>d\n b team>c\n c home>a,x\n a team>b,e\n e\n x team>y\n y home>x";
    assert_snapshot!(found(SCHEMA, items), @"
    data-stores/people.yaml:101:21 relationship-cycle: a record is its own child: d → d
      help: remove one of these relationships
    data-stores/people.yaml:104:21 relationship-cycle: records are children of each other in a circle: a → b → c → a
      data-stores/people.yaml:102:21 a child of `b` in `team`
      data-stores/people.yaml:103:21 a child of `c` in `home`
      help: remove one of these relationships
    data-stores/people.yaml:106:21 relationship-cycle: records are children of each other in a circle: x → y → x
      data-stores/people.yaml:107:21 a child of `y` in `home`
      help: remove one of these relationships
    ");
}

#[test]
fn every_child_of_an_exact_list_is_in_it() {
    let items = "a team>b,x home>y\n b team>x";
    assert_snapshot!(text(&check_store(store(ItemPolicy::Exact, SCHEMA, items))), @"
    data-stores/people.yaml:101:22 unknown-record: `a` has the child `x`, which is not declared
      help: list the record under `spec.items`: the policy `exact` keeps no others
    data-stores/people.yaml:101:31 unknown-record: `a` has the child `y`, which is not declared
      help: list the record under `spec.items`: the policy `exact` keeps no others
    data-stores/people.yaml:102:21 unknown-record: `b` has the child `x`, which is not declared
      help: list the record under `spec.items`: the policy `exact` keeps no others
    ");
}

#[test]
fn a_child_outside_a_partial_list_is_warned_of() {
    let items = "a team>b,x\n b";
    assert_snapshot!(text(&check_store(store(ItemPolicy::Partial, SCHEMA, items))), @"
    data-stores/people.yaml:101:22 undeclared-record: `a` has the child `x`, which is not declared
      help: list the record under `spec.items`, or see to it that the store has it
    ");
}

fn beside(items: &str, live_items: &str) -> String {
    text(&live_store(&store(ItemPolicy::Partial, SCHEMA, items), &live(SCHEMA, live_items), None))
}

#[test]
fn a_child_is_declared_or_in_the_store() {
    assert_snapshot!(beside("a team>b,x,y\n b", "x"), @"
    data-stores/people.yaml:101:23 unknown-record: `a` has the child `y`, which neither git declares nor the store has
      help: list the record under `spec.items`, or remove it from the children
    ");
    let new = store(ItemPolicy::Partial, SCHEMA, "a team>b,x\n b");
    assert_snapshot!(text(&new_store(&new)), @"
    data-stores/people.yaml:101:22 unknown-record: `a` has the child `x`, which neither git declares nor the store has
      help: list the record under `spec.items`, or remove it from the children
    ");
    let exact = store(ItemPolicy::Exact, SCHEMA, "a team>b,x\n b");
    assert_eq!(new_store(&exact), []);
}

#[test]
fn declared_and_live_relationships_make_circles_together() {
    assert_snapshot!(beside("b team>c\n c", "a home>b\n b\n c home>a"), @"
    data-stores/people.yaml:101:21 relationship-cycle: records are children of each other in a circle: a → b → c → a
      help: remove one of these relationships; those that have no place here the store has already
    ");
}

#[test]
fn a_declared_relationship_replaces_the_live_one_of_its_record_and_field() {
    assert_eq!(beside("a team>b\n b team>", "b team>a"), "");
    let exact = store(ItemPolicy::Exact, SCHEMA, "a team>b\n b");
    assert_eq!(live_store(&exact, &live(SCHEMA, "b team>a"), None), []);
}

#[test]
fn what_is_wrong_in_the_store_alone_is_not_reported() {
    let chain = "m team>n\n n team>o\n o team>p\n p team>q\n q team>r\n r team>s\n s";
    let items = format!("x team>y\n y team>x\n a\n z home>x,m\n {chain}");
    assert_eq!(beside("a", &items), "");
    assert_eq!(beside("a home>x\n x", &items), "");
}

#[test]
fn declared_and_live_relationships_make_chains_together() {
    let live = "p0 team>p1\n p1 team>p2\n p2 team>p3\n p3 team>a\n p4 team>a\n b team>q1\n q1 team>q2\n q2";
    assert_snapshot!(beside("a team>b\n b", live), @"
    data-stores/people.yaml:101:20 relationship-too-deep: `team` makes a chain of 7 relationships, and takes at most 5: … → p1 → p2 → p3 → a → b → q1 → q2
      help: shorten the chain, or raise `max_depth` in the field's `constraints` (5 where it is absent)
    ");
    assert_eq!(beside("a\n b", live), "");
}

#[test]
fn a_field_in_use_is_neither_removed_nor_retyped() {
    let held = "a age=1 kin>b name=\"Ada\"\n b age=2 old=0\n c age=3 old=null\n d age=4 unknown=1";
    let before = live("age:number old:json kin:relationship name:string empty:string", held);
    let after =
        store(ItemPolicy::Partial, "name:string age:string kin:json empty:number", "a age=null");
    let base = DataStoreContent { fields: before.fields.clone(), ..DataStoreContent::default() };
    assert_snapshot!(text(&live_store(&after, &before, Some(&base))), @"
    data-stores/people.yaml:4:9 field-in-use: the field `old` is removed, but 1 record holds a value of it: b
      help: declare the field again, or empty it in the store first
    data-stores/people.yaml:12:26 field-in-use: the field `age` changes from number to string, but 4 records hold a value of it: a, b, c and 1 more
      help: declare the new type as a field of another name, or empty this one in the store first
    data-stores/people.yaml:13:26 field-in-use: the field `kin` changes from relationship to json, but 1 record holds a value of it: a
      help: declare the new type as a field of another name, or empty this one in the store first
    ");
    let exact = DesiredDataStore { policy: ItemPolicy::Exact, ..after };
    assert_eq!(live_store(&exact, &before, Some(&base)).len(), 3);
    // What flowgate did not write is not git's to remove.
    assert_eq!(live_store(&exact, &before, None).len(), 2);
}

#[test]
fn records_without_a_place_do_not_panic() {
    let mut bare = store(ItemPolicy::Exact, "x:string x:json", "a x=1 y>a\n a y>b");
    bare.item_places = bare.item_places[..1].into();
    bare.field_places = Arc::default();
    check_store(bare.clone());
    live_store(&bare, &live("x:number", "a x=1"), None);
}

fn chain(length: usize) -> String {
    let lines: Vec<_> =
        (0..length).map(|n| format!("{} team>{}", 100_000 + n, 100_001 + n)).collect();
    lines.join("\n")
}

#[test]
fn a_chain_of_100_000_records_is_walked() {
    let items = format!("{}\n 200000", chain(100_000));
    let findings = check_store(store(ItemPolicy::Exact, SCHEMA, &items));
    assert_snapshot!(text(&findings), @"
    data-stores/people.yaml:101:20 relationship-too-deep: `team` makes a chain of 100000 relationships, and takes at most 5: 100000 → 100001 → 100002 → 100003 → 100004 → 100005 → 100006 → 100007 → 100008 → 100009 → 100010 → …
      help: shorten the chain, or raise `max_depth` in the field's `constraints` (5 where it is absent)
    ");
    let circle = format!("{items} home>100000");
    let findings = check_store(store(ItemPolicy::Exact, SCHEMA, &circle));
    assert_snapshot!(findings[0].message, @"records are children of each other in a circle: 100000 → 100001 → 100002 → 100003 → 100004 → 100005 → 100006 → 100007 → 100008 → 100009 → … (99991 more) → 100000");
    assert_eq!(findings.len(), 1);
}

#[test]
fn many_records_above_one_long_chain_are_checked_in_little_work() {
    let heads = (0..5_000).map(|n| format!("head{n} team>100000"));
    let items: Vec<_> = heads.chain([chain(5_000), "105000".into()]).collect();
    let findings = check_store(store(ItemPolicy::Exact, SCHEMA, &items.join("\n")));
    let too_deep = findings.iter().filter(|finding| finding.code == Code::RelationshipTooDeep);
    assert_eq!(too_deep.count(), 5_000);
}

#[test]
fn ten_thousand_misspelt_fields_are_each_found_once() {
    let items: Vec<_> = (0..10_000).map(|n| format!("{n} nmae=1 colour{n}=1")).collect();
    let findings = check_store(store(ItemPolicy::Exact, SCHEMA, &items.join("\n")));
    assert_eq!(findings.len(), 20_000);
}

#[test]
fn findings_point_into_the_stores_file() {
    let findings = check_store(store(ItemPolicy::Exact, SCHEMA, "a nmae=1"));
    assert_eq!(findings[0].location.span, Span { line: 101, column: 20, length: 1 });
    assert_eq!(findings[0].location.source.path, "data-stores/people.yaml");
}
