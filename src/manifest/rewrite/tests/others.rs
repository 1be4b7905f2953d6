use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::model::{
    Cascade, DataActionContent, DataStoreContent, FieldType, Item, ItemId, Relation, ResourceId,
    SchemaField, ScriptForm, ScriptPlace,
};

use super::super::{Rewritten, data_action, data_store, script};
use super::{declared, diff, environment, source};

const ACTION: &str = "apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {name: act}
spec:
  # what it does
  description: >-
    Finds
    the caller
  trigger: {type: MANUAL} # for now
  dependencies: [one, two] # both
  script:
    content: | # in here
      // adds
      return `${values.a}`;
  # cases
  tests: [{name: t, input: {}, expect: {output: 1}}]
";

fn action(text: &str, change: impl FnOnce(&mut DataActionContent)) -> Rewritten {
    let id = ResourceId::data_action("act");
    let before = declared(text).data_actions.remove(&id).expect("an action");
    let mut after = before.content.clone();
    change(&mut after);
    data_action(&source(text), &before, &after, &environment()).expect("rewritten")
}

#[test]
fn a_data_action_is_written_where_it_changes() {
    type Case = (&'static str, fn(&mut DataActionContent), &'static str);
    let table: &[Case] = &[
        ("nothing", |_| {}, ""),
        (
            "a folded text becomes a literal one",
            |action| action.description = Some("Finds\nit".to_owned()),
            "-  description: >-\n+  description: |-\n     Finds\n-    the caller\n+    it\n",
        ),
        (
            "a description goes",
            |action| action.description = None,
            "-  description: >-\n-    Finds\n-    the caller\n",
        ),
        ("a default that is none any more", |action| action.enabled = false, "+  enabled: false\n"),
        (
            "a trigger",
            |action| drop(action.trigger.insert("type".to_owned(), json!("EVENT"))),
            "-  trigger: {type: MANUAL} # for now\n+  trigger: {type: EVENT} # for now\n",
        ),
        (
            "dependencies",
            |action| action.dependencies = ["two".to_owned(), "six".to_owned()].into(),
            "-  dependencies: [one, two] # both\n+  dependencies: [two, six] # both\n",
        ),
        (
            "a script, without what is no difference at its end",
            |action| action.script = "// adds\nreturn 2;\n\n".into(),
            "-    content: | # in here\n+    content: |\n\
             -      return `${values.a}`;\n+      return 2;\n",
        ),
    ];
    for (what, change, expected) in table {
        let rewritten = action(ACTION, change);
        assert!(rewritten.left.is_empty(), "{what}");
        let expected = expected.replace("     Finds\n", "");
        assert_eq!(diff(ACTION, &rewritten.text), expected, "{what}");
    }
}

#[test]
fn a_script_of_its_own_is_not_the_manifests() {
    let id = ResourceId::data_action("act");
    let mut before = (*declared(ACTION).data_actions.remove(&id).expect("an action")).clone();
    let text = ACTION.replace(
        "    content: | # in here\n      // adds\n      return `${values.a}`;\n",
        "    file: a.js # beside\n",
    );
    let beside = crate::model::Source { path: "flows/a.js".to_owned(), text: "x\n".to_owned() };
    before.script_place = ScriptPlace { source: Arc::new(beside), form: ScriptForm::File };
    let after = DataActionContent { script: "y".into(), enabled: false, ..before.content.clone() };
    let rewritten = data_action(&source(&text), &before, &after, &environment());
    assert_eq!(diff(&text, &rewritten.expect("rewritten").text), "+  enabled: false\n");
    assert_eq!(script("x\n", "y"), "y\n");
    assert_eq!(script("x", "y\r\n"), "y");
}

const STORE: &str = "apiVersion: flowgate.dev/v1
kind: DataStore
metadata: {name: a}
spec:
  fields:
    # who
    - {name: name, type: string} # text
    - name: age
      type: number
    - {name: kin, type: relationship, constraints: {max_depth: 2, is_relationship: true}}
  items:
    # Ada
    - id: 550E8400-e29b-41d4-a716-446655440000
      fields: {name: Ada, age: 36}
      relationships:
        - field: kin # family
          childIds: [6BA7B810-9dad-11d1-80b4-00c04fd430c8]
    - id: 6ba7b810-9dad-11d1-80b4-00c04fd430c8
      fields: {name: \"${values.greeting}\"} # filled in
";

fn store(change: impl FnOnce(&mut DataStoreContent)) -> Rewritten {
    let id = ResourceId::data_store("a");
    let before = declared(STORE).data_stores.remove(&id).expect("a store");
    let mut after = before.content.clone();
    change(&mut after);
    data_store(&source(STORE), &before, &after, &environment()).expect("rewritten")
}

fn items(content: &mut DataStoreContent, change: impl FnOnce(&mut Vec<Item>)) {
    let mut items = content.items.to_vec();
    change(&mut items);
    content.items = items.into();
}

fn id(text: &str) -> ItemId {
    ItemId::new(text)
}

#[test]
fn a_data_store_is_written_where_it_changes() {
    type Case = (&'static str, fn(&mut DataStoreContent), &'static str);
    let table: &[Case] = &[
        ("nothing", |_| {}, ""),
        (
            "a value, found by its id in any case",
            |store| items(store, |all| drop(all[0].fields.insert("age".into(), json!(37)))),
            "-      fields: {name: Ada, age: 36}\n+      fields: {name: Ada, age: 37}\n",
        ),
        (
            "a field comes and one goes",
            |store| {
                store.fields.remove(1);
                store.fields.push(SchemaField {
                    name: "born".to_owned(),
                    field_type: FieldType::Datetime,
                    constraints: serde_json::Map::new(),
                    extra: serde_json::Map::new(),
                });
            },
            "-    - name: age\n-      type: number\n+    - {name: born, type: datetime}\n",
        ),
        (
            "a relationship gets another child and another word",
            |store| {
                items(store, |all| {
                    let children = [id("00000000-0000-0000-0000-000000000001")].into();
                    let relation = Relation { children, cascade: Cascade::Delete };
                    all[0].relations.insert("kin".to_owned(), relation);
                });
            },
            "-          childIds: [6BA7B810-9dad-11d1-80b4-00c04fd430c8]\n\
             +          childIds: [\"00000000-0000-0000-0000-000000000001\"]\n\
             +          cascadeAction: delete\n",
        ),
        (
            "a relationship goes",
            |store| items(store, |all| all[0].relations.clear()),
            "-      relationships:\n-        - field: kin # family\n\
             -          childIds: [6BA7B810-9dad-11d1-80b4-00c04fd430c8]\n",
        ),
        (
            "a record goes and one comes",
            |store| {
                items(store, |all| {
                    all.remove(1);
                    all.push(Item {
                        id: id("00000000-0000-0000-0000-000000000001"),
                        fields: serde_json::Map::from_iter([("name".into(), json!("Bob"))]),
                        relations: BTreeMap::new(),
                    });
                });
            },
            "-    - id: 6ba7b810-9dad-11d1-80b4-00c04fd430c8\n\
             -      fields: {name: \"${values.greeting}\"} # filled in\n\
             +    - id: \"00000000-0000-0000-0000-000000000001\"\n+      fields:\n\
             +        name: Bob\n",
        ),
    ];
    for (what, change, expected) in table {
        let rewritten = store(change);
        assert!(rewritten.left.is_empty(), "{what}");
        assert_eq!(diff(STORE, &rewritten.text), *expected, "{what}");
    }
}

#[test]
fn a_value_that_an_environment_fills_in_is_left() {
    let rewritten = store(|store| {
        items(store, |all| drop(all[1].fields.insert("name".into(), json!("Bob"))));
    });
    assert_eq!(rewritten.text, STORE);
    assert_eq!(
        rewritten.left[0].pointer,
        "/items/6ba7b810-9dad-11d1-80b4-00c04fd430c8/fields/name"
    );
}
