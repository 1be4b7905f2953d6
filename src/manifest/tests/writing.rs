use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Map;

use crate::model::{
    Cascade, DataActionContent, DataStoreContent, DesiredFlow, FieldType, Item, ItemId, ItemPolicy,
    Relation, ResourceId, SchemaField, ScriptForm,
};

use super::super::{write, write_data_action, write_data_store};
use super::{agreement, lines, parsed, resolved};

fn example() -> DesiredFlow {
    parsed(include_str!("example.yaml")).flows[0].desired.as_ref().clone()
}

#[test]
fn a_manifest_reads_as_a_person_would_write_it() {
    let resolved =
        resolved(&[include_str!("example.yaml")], "values: {greeting: 'Hi: you', name: Ada}");
    let text = write(&resolved.declared.flows[&ResourceId::flow("customer-routing")]);
    insta::assert_snapshot!(text, @r#"
    apiVersion: flowgate.dev/v1
    kind: Flow
    metadata:
      name: customer-routing
      labels:
        team: care
      renamedFrom: old-name
    spec:
      displayName: Customer Routing Flow
      description: First contact, all channels
      version: 1.4.0
      elements:
        - id: begin
          type: Begin
        - id: lookup
          type: API
          configuration:
            dataAction: customer-lookup
            timeoutSeconds: 5
        - id: greet
          type: IVR
          configuration:
            folded: one two
            menu:
              "*": again
              "1": sales
              "2": support
            prompt: "Hi: you"
            text: |
              Hello, Ada.
              Welcome.
        - id: end
          type: End
      connectors:
        - id: c1
          sourceId: begin
          targetId: lookup
        - sourceId: lookup
          targetId: greet
          label: found
          condition:
            tier:
              - gold
              - 1.5
              - null
        - sourceId: greet
          targetId: end
          condition:
            - gold
            - 1.5
            - null
    "#);
}

proptest! {
    #[test]
    fn a_written_flow_is_read_as_it_was(
        values in prop::collection::btree_map("\\PC{1,6}", agreement::any_value(), 0..6),
        condition in agreement::any_value(),
        text in "[ -~ä\n]{1,40}",
    ) {
        let mut desired = example();
        let configuration: Map<_, _> = values.into_iter().collect();
        prop_assume!(!has_reserved_key(&configuration.clone().into()));
        prop_assume!(!has_reserved_key(&condition));
        prop_assume!(!text.trim().is_empty());
        desired.flow.content.elements[2].configuration = configuration.into();
        Arc::make_mut(&mut desired.flow.content.connectors)[0].condition = Some(condition);
        Arc::make_mut(&mut desired.flow.content.connectors)[0].label = Some(text.clone());
        desired.flow.description = Some("${values.x} $${values.y} $${z} ${z}".to_owned());
        desired.metadata.labels.insert(text.clone(), text.clone());
        desired.flow.display_name = text;
        let written = write(&desired);
        let resolved = resolved(&[&written], "");
        prop_assert_eq!(lines(&resolved.findings), "", "{}", written);
        let read = &resolved.declared.flows[&ResourceId::flow("customer-routing")];
        prop_assert_eq!(&read.flow, &desired.flow, "{}", written);
        prop_assert_eq!(&read.metadata.labels, &desired.metadata.labels);
        prop_assert_eq!(&read.metadata.renamed_from, &desired.metadata.renamed_from);
    }
}

/// `valueFrom` means something in a configuration.
fn has_reserved_key(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Object(map) => {
            map.iter().any(|(key, value)| key == "valueFrom" || has_reserved_key(value))
        }
        serde_json::Value::Array(items) => items.iter().any(has_reserved_key),
        _ => false,
    }
}

fn example_action() -> DataActionContent {
    let text = include_str!("data-action.yaml");
    parsed(text).data_actions[0].desired.content.clone()
}

fn example_store() -> DataStoreContent {
    let text = include_str!("data-store.yaml");
    parsed(text).data_stores[0].desired.content.clone()
}

#[test]
fn a_data_action_reads_as_a_person_would_write_it() {
    let text = write_data_action("Customer_Lookup", &example_action());
    insta::assert_snapshot!(text, @r#"
    apiVersion: flowgate.dev/v1
    kind: DataAction
    metadata:
      name: Customer_Lookup
    spec:
      description: Finds the caller
      trigger:
        "on": "${values.x}"
        type: EVENT
      enabled: false
      dependencies:
        - base-transform
        - other
      script:
        content: |
          function main(context) {
            return `${context.input}`;
          }
    "#);
}

#[test]
fn a_data_store_reads_as_a_person_would_write_it() {
    let text = write_data_store("Customers", &example_store(), ItemPolicy::Exact);
    insta::assert_snapshot!(text, @r#"
    apiVersion: flowgate.dev/v1
    kind: DataStore
    metadata:
      name: Customers
    spec:
      description: Who calls
      fields:
        - name: name
          type: string
        - name: household
          type: relationship
          constraints:
            max_depth: 3
            note: "${values.x}"
      records:
        policy: exact
      items:
        - id: "550e8400-e29b-41d4-a716-446655440000"
          fields:
            extra:
              tags:
                - a
                - null
            name: Ada
          relationships:
            - field: household
              childIds:
                - "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
              cascadeAction: update
        - id: "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    "#);
}

#[test]
fn what_is_the_default_is_not_written() {
    let text = super::resource("DataAction", "abc", "script: {content: 'main()'}");
    let content = &parsed(&text).data_actions[0].desired.content;
    let written = write_data_action("abc", content);
    let (_, spec) = written.split_once("spec:\n").expect("a spec");
    assert_eq!(spec, "  script:\n    content: |-\n      main()\n");
    let written = write_data_store("abc", &DataStoreContent::default(), ItemPolicy::Partial);
    let (_, spec) = written.split_once("spec:\n").expect("a spec");
    assert_eq!(spec, "  fields: []\n");
}

#[test]
fn scripts_are_blocks_wherever_yaml_can_hold_them() {
    let blocks =
        ["x", "x\n", "x\n\n", "\n\nx", "  x\n y\n", "a\tb \n\n  \n c", "é ☎\n# x\n---\n...\n"];
    let others =
        ["", "\n", " ", "x\n  ", "\tx", "  \nx", "x\r\n", "x\u{2028}", "x\u{85}", "x\u{1}\n"];
    for (script, is_block) in
        blocks.map(|s| (s, true)).into_iter().chain(others.map(|s| (s, false)))
    {
        let content = DataActionContent { script: script.into(), ..example_action() };
        let written = write_data_action("abc", &content);
        let parsed = parsed(&written);
        assert_eq!(lines(parsed.findings()), "", "{written}");
        let read = &parsed.data_actions[0].desired;
        assert_eq!(read.content, content, "{written}");
        let form = read.script_place.form;
        assert_eq!(matches!(form, ScriptForm::Block { .. }), is_block, "{script:?} {written}");
    }
}

fn any_script() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => "[ \t]{0,3}[!-~ ]{0,12}[ \t]{0,2}",
        2 => Just(String::new()),
        1 => "\\PC{0,6}",
        1 => ".{0,6}",
    ];
    (
        prop::collection::vec(line, 0..6),
        prop::sample::select(vec!["\n", "\r\n", "\n\n"]),
        any::<bool>(),
    )
        .prop_map(|(lines, end, ended)| lines.join(end) + if ended { end } else { "" })
}

/// Returns what another reader makes of a part of a document.
fn theirs(text: &str, path: &[&str]) -> serde_json::Value {
    let mut value: serde_json::Value =
        serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    for key in path {
        value = value[*key].take();
    }
    value
}

/// To writers of YAML 1.1 these are line breaks.
fn has_break_of_yaml_1_1(text: &str) -> bool {
    text.contains(['\u{85}', '\u{2028}', '\u{2029}'])
}

proptest! {
    #[test]
    fn a_written_data_action_is_read_as_it_was(
        script in any_script(),
        trigger in prop::collection::btree_map("[a-z<]{1,6}", agreement::any_value(), 0..4),
        description in prop::option::of("[ -~ä\n]{0,20}"),
    ) {
        let mut content = DataActionContent { script: script.into(), description, ..example_action() };
        content.trigger.extend(trigger.into_iter().filter(|(key, _)| key != "type" && key != "<<"));
        let written = write_data_action("Customer_Lookup", &content);
        let resolved = resolved(&[&written], "");
        prop_assert_eq!(lines(&resolved.findings), "", "{}", written);
        let id = ResourceId::data_action("Customer_Lookup");
        prop_assert_eq!(&resolved.declared.data_actions[&id].content, &content, "{}", written);
        let script = theirs(&written, &["spec", "script", "content"]);
        if !has_break_of_yaml_1_1(&content.script) {
            prop_assert_eq!(script.as_str(), Some(&*content.script), "{}", written);
        }
    }

    #[test]
    fn a_written_data_store_is_read_as_it_was(
        description in prop::option::of("[ -~ä\n]{0,20}"),
        constraints in prop::collection::btree_map("[a-z_]{1,4}", agreement::any_value(), 0..3),
        names in prop::collection::vec("\\PC{1,8}", 0..4),
        items in prop::collection::vec(
            prop::collection::btree_map("\\PC{1,6}", agreement::any_value(), 0..4), 0..4),
        cascade in prop::sample::select(Cascade::ALL),
        policy in prop::sample::select(ItemPolicy::ALL),
    ) {
        let id = |i: usize| ItemId::new(format!("{i:08x}-9dad-11d1-80b4-00c04fd430c8"));
        let field = |name: &String| SchemaField {
            name: name.clone(),
            field_type: FieldType::ALL[name.len() % FieldType::ALL.len()].clone(),
            constraints: constraints.clone().into_iter().collect(),
            extra: Map::new(),
        };
        let item = |(i, fields): (usize, BTreeMap<_, _>)| Item {
            id: id(i),
            fields: fields.into_iter().collect(),
            relations: names
                .iter()
                .map(|name| (name.clone(), Relation { children: (0..i).map(id).collect(), cascade }))
                .collect(),
        };
        let fields = names.iter().map(field).collect();
        let mut items: Vec<Item> = items.into_iter().enumerate().map(item).collect();
        prop_assume!(!items.iter().any(|item| has_reserved_key(&item.fields.clone().into())));
        if policy == ItemPolicy::Ignore {
            items.clear();
        }
        let content = DataStoreContent { description, fields, items: items.into() };
        let written = write_data_store("Customers", &content, policy);
        let resolved = resolved(&[&written], "");
        prop_assert_eq!(lines(&resolved.findings), "", "{}", written);
        let read = &resolved.declared.data_stores[&ResourceId::data_store("Customers")];
        prop_assert_eq!(&read.content, &content, "{}", written);
        prop_assert_eq!(read.policy, policy);
    }
}
