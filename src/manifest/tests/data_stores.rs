use std::fmt::Write as _;

use serde_json::json;

use crate::model::{
    Cascade, FieldType, ItemId, ItemPlace, ItemPolicy, Relation, ResourceId, Span, ValuePlace,
};

use super::{assert_found, lines, parsed, resolved, unmark};

const EXAMPLE: &str = include_str!("data-store.yaml");

const ADA: &str = "550e8400-e29b-41d4-a716-446655440000";
const BOB: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

fn store(spec: &str) -> String {
    super::resource("DataStore", "Customers", spec)
}

fn at(line: u32, column: u32, length: u32) -> Span {
    Span { line, column, length }
}

#[test]
fn a_data_store_is_read_with_its_places() {
    let parsed = parsed(EXAMPLE);
    assert_eq!(lines(parsed.findings()), "");
    let desired = &parsed.data_stores[0].desired;
    assert_eq!(desired.metadata.name, "Customers.EU");
    assert_eq!(desired.content.description.as_deref(), Some("Who calls"));
    assert_eq!(desired.policy, ItemPolicy::Exact);
    let [name, household] = &*desired.content.fields else { panic!("two fields") };
    assert_eq!((name.name.as_str(), &name.field_type), ("name", &FieldType::String));
    assert_eq!(household.field_type, FieldType::Relationship);
    assert_eq!(json!(household.constraints), json!({"max_depth": 3, "note": "${values.x}"}));
    assert_eq!(household.max_depth(), 3);
    assert_eq!(desired.field_places[0].whole, at(7, 7, 1));
    assert_eq!(desired.field_places[0].name, at(7, 14, 4));
    assert_eq!(desired.field_places[1].field_type, at(9, 13, 12));
    let [ada, bob] = &*desired.content.items else { panic!("two items") };
    assert_eq!((ada.id.as_str(), bob.id.as_str()), (ADA, BOB));
    assert_eq!(json!(ada.fields), json!({"name": "Ada", "extra": {"tags": ["a", null]}}));
    let relation = &ada.relations["household"];
    let children = [ItemId::new(BOB)].into();
    assert_eq!(*relation, Relation { children, cascade: Cascade::Update });
    assert!(bob.fields.is_empty() && bob.relations.is_empty());
}

#[test]
fn the_parts_of_an_item_keep_their_places() {
    let parsed = parsed(EXAMPLE);
    let ItemPlace { whole, id, values, relations } = &parsed.data_stores[0].desired.item_places[0];
    assert_eq!((*whole, *id), (at(13, 7, 1), at(13, 11, 36)));
    let value = |field: &str, key, value| ValuePlace { field: field.to_owned(), key, value };
    let expected =
        [value("name", at(15, 9, 4), at(15, 15, 3)), value("extra", at(16, 9, 5), at(16, 16, 1))];
    assert_eq!(*values, expected);
    let [household] = &**relations else { panic!("one relation") };
    assert_eq!((household.field.as_str(), household.name), ("household", at(18, 18, 9)));
    let twice = [(ItemId::new(BOB), at(20, 13, 36)), (ItemId::new(BOB), at(21, 13, 36))];
    assert_eq!(household.children, twice);
}

#[test]
fn a_data_store_has_defaults() {
    let parsed = parsed(&store("fields: []"));
    assert_eq!(lines(parsed.findings()), "");
    let desired = &parsed.data_stores[0].desired;
    assert_eq!(desired.policy, ItemPolicy::Partial);
    assert_eq!(desired.content, crate::model::DataStoreContent::default());
}

#[test]
fn what_is_wrong_with_a_data_store_is_found_where_it_stands() {
    let table = [
        ("missing-field", "«d»escription: x".to_owned()),
        ("unknown-key", "fields: []\n«records»: {}\n".replace("records", "record")),
        ("wrong-type", "fields: «{»}".to_owned()),
        ("missing-field missing-field", "fields: [««{»»}]".to_owned()),
        ("bad-value", "fields: [{name: '', type: string}]".replace("''", "«''»")),
        ("wrong-type", "fields: [{name: «5», type: string}]".to_owned()),
        ("bad-value", "fields: [{name: a, type: «strng»}]".to_owned()),
        ("unknown-key", "fields: [{name: a, type: string, «max_depth»: 1}]".to_owned()),
        ("wrong-type", "fields: [{name: a, type: string, constraints: «[»]}]".to_owned()),
        ("bad-value", field("{max_depth: «0»}")),
        ("wrong-type", field("{max_depth: «'3'»}")),
        ("wrong-type", field("{max_depth: «1.5»}")),
        ("number-too-large", field("{max_depth: 1, most: «99999999999999999999»}")),
        ("bad-value", field("{is_relationship: «false»}")),
        ("bad-value", "fields: []\nrecords: {policy: «all»}".to_owned()),
        ("unknown-key", "fields: []\nrecords: {«polcy»: exact}".to_owned()),
        ("bad-value", "fields: []\nrecords: {policy: ignore}\n«items»: []".to_owned()),
        ("wrong-type", "fields: []\nitems: «x»".to_owned()),
        ("missing-field", "fields: []\nitems: [«{»fields: {}}]".to_owned()),
        ("bad-id", "fields: []\nitems: [{id: «ada»}]".to_owned()),
        ("bad-id", "fields: []\nitems: [{id: «42»}]".to_owned()),
        ("wrong-type", "fields: []\nitems: [{id: «~»}]".to_owned()),
        ("bad-id", "fields: []\nitems: [{id: «550e8400e29b41d4a716446655440000»}]".to_owned()),
        ("bad-id", "fields: []\nitems: [{id: «550e8400-e29b-41d4-a716-44665544000g»}]".to_owned()),
        ("unknown-key", item("«field»: {}")),
        ("wrong-type", item("fields: «[»]")),
        ("number-too-large", item("fields: {a: {b: «9007199254740992»}}")),
        ("bad-value", item("fields: {a: {«valueFrom»: x}}")),
        ("wrong-type", item("relationships: «{»}")),
        ("missing-field missing-field", item("relationships: [««{»»}]")),
        ("bad-id", item("relationships: [{field: a, childIds: [«x»]}]")),
        ("wrong-type", item("relationships: [{field: a, childIds: «x»}]")),
        ("bad-value", item("relationships: [{field: a, childIds: [], cascadeAction: «remove»}]")),
        (
            "bad-value",
            item("relationships: [{field: a, childIds: []}, {field: «a», childIds: []}]"),
        ),
    ];
    for (codes, marked) in table {
        let (text, spans) = unmark(&store(&marked));
        assert_found(&parsed(&text).findings, codes, &spans, &text);
    }
}

fn field(constraints: &str) -> String {
    format!("fields: [{{name: a, type: relationship, constraints: {constraints}}}]")
}

fn item(rest: &str) -> String {
    format!("fields: []\nitems: [{{id: {ADA}, {rest}}}]")
}

#[test]
fn findings_say_what_is_wrong_and_what_to_do() {
    let text = store(&item(
        "relationships: [{field: a, childIds: [x], cascadeAction: updat}, {field: a, childIds: []}]",
    ));
    insta::assert_snapshot!(lines(&parsed(&text).findings), @r"
    flows/a.yaml:6:92 bad-id: `x` is no UUID (write 8-4-4-4-12 hexadecimal digits, such as 550e8400-e29b-41d4-a716-446655440000)
    flows/a.yaml:6:111 bad-value: `updat` is no `cascadeAction` (did you mean `update`?)
    flows/a.yaml:6:127 bad-value: the record has two relationships in `a` (list all children in one of them)
    ");
}

#[test]
fn what_can_be_read_of_a_store_stays() {
    let spec = format!(
        "fields: []\nitems: [{{id: x}}, {{id: {ADA}, fields: [], relationships: [{{field: a, \
         childIds: [x, {BOB}]}}, {{}}]}}, 5]"
    );
    let parsed = parsed(&store(&spec));
    let content = &parsed.data_stores[0].desired.content;
    assert_eq!(content.items.len(), 1);
    assert_eq!(content.items[0].relations["a"].children.len(), 1);
    let unsound = super::parsed(&store("fields: [{name: a}]"));
    assert!(unsound.data_stores.is_empty());
    assert_eq!(unsound.broken, [ResourceId::data_store("Customers")]);
}

#[test]
fn ids_are_in_lower_case_whatever_they_are_written_in() {
    let upper = store(&format!(
        "fields: []\nitems: [{{id: {}, relationships: [{{field: a, childIds: [{}]}}]}}]",
        ADA.to_uppercase(),
        BOB.to_uppercase()
    ));
    let item = &parsed(&upper).data_stores[0].desired.content.items[0];
    assert_eq!(item.id.as_str(), ADA);
    assert!(item.relations["a"].children.contains(&ItemId::new(BOB)));
}

#[test]
fn what_the_type_says_already_is_no_constraint() {
    let parsed = parsed(&store(&field("{is_relationship: true, max_depth: 2}")));
    assert_eq!(lines(parsed.findings()), "");
    let field = &parsed.data_stores[0].desired.content.fields[0];
    assert_eq!(json!(field.constraints), json!({"max_depth": 2}));
}

#[test]
fn descriptions_and_values_of_items_take_values_of_the_environment() {
    // The first item is left out, and takes its references with it.
    let spec = format!(
        "description: Of ${{values.n}}\nfields: []\nitems:\n- {{id: x, fields: {{a: '${{values.n}}'}}}}\n\
         - {{id: {ADA}, fields: {{a: '${{values.l}}', b: [x, 'n ${{values.n}}'], c: '$${{values.n}}'}}}}"
    );
    let resolved = resolved(&[&store(&spec)], "values: {n: 5, l: [1]}");
    let content = &resolved.declared.data_stores[&ResourceId::data_store("Customers")].content;
    assert_eq!(content.description.as_deref(), Some("Of 5"));
    let expected = json!({"a": [1], "b": ["x", "n 5"], "c": "${values.n}"});
    assert_eq!(json!(content.items[0].fields), expected);
    assert_eq!(resolved.findings.len(), 1, "{}", lines(&resolved.findings));
}

#[test]
fn ten_thousand_records_fit_into_a_file() {
    let mut spec = "fields: []\nitems:".to_owned();
    for i in 0..10_000 {
        write!(
            spec,
            "\n- id: 550e8400-e29b-41d4-a716-{i:012}\n  fields:\n    name: Ada Lovelace the {i}th\n    \
             phone: \"+4930{i:07}\"\n    since: 2026-11-21T17:00:00Z\n    note: {}\n  relationships:\n  \
             - field: household\n    childIds:\n    - {BOB}\n    - {ADA}\n    cascadeAction: update",
            "Called about the bill. ".repeat(20)
        )
        .expect("a text takes everything");
    }
    let text = store(&spec);
    assert!(text.len() > 4 * 1024 * 1024);
    let parsed = parsed(&text);
    assert_eq!(lines(parsed.findings()), "");
    assert_eq!(parsed.data_stores[0].desired.content.items.len(), 10_000);
}
