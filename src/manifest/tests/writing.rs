use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Map;

use crate::model::{DesiredFlow, ResourceId};

use super::super::write;
use super::{agreement, lines, parsed, resolved};

fn example() -> DesiredFlow {
    parsed(include_str!("example.yaml")).flows[0].desired.as_ref().clone()
}

#[test]
fn a_manifest_reads_as_a_person_would_write_it() {
    let resolved =
        resolved(&[include_str!("example.yaml")], "values: {greeting: 'Hi: you', name: Ada}");
    let text = write(&resolved.flows[&ResourceId::flow("customer-routing")]);
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
        desired.labels.insert(text.clone(), text.clone());
        desired.flow.display_name = text;
        let written = write(&desired);
        let resolved = resolved(&[&written], "");
        prop_assert_eq!(lines(&resolved.findings), "", "{}", written);
        let read = &resolved.flows[&ResourceId::flow("customer-routing")];
        prop_assert_eq!(&read.flow, &desired.flow, "{}", written);
        prop_assert_eq!(&read.labels, &desired.labels);
        prop_assert_eq!(&read.renamed_from, &desired.renamed_from);
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
