use serde_json::json;

use crate::model::{ResourceId, Severity};

use super::{flow, lines, resolved, unmark};

fn named(name: &str, spec: &str) -> String {
    flow(spec).replace("{name: a}", &format!("{{name: {name}}}"))
}

fn configured(value: &str) -> String {
    flow(&format!("elements:\n- {{id: x, type: IVR, configuration: {{k: {value}}}}}"))
}

#[test]
fn references_become_values() {
    let values = "values: {t: text, n: 5, f: 1.5, b: true, l: [1], x.y-z_1: v}";
    let table = [
        ("\"${values.t}\"", json!("text")),
        ("\"${values.n}\"", json!(5)),
        ("\"${values.l}\"", json!([1])),
        ("\"${values.x.y-z_1}\"", json!("v")),
        ("\"a ${values.t} ${values.n} ${values.f} ${values.b}\"", json!("a text 5 1.5 true")),
        ("[x, {y: '${values.n}'}]", json!(["x", {"y": 5}])),
        ("\"$${values.t}\"", json!("${values.t}")),
        ("\"$$${values.t}\"", json!("$${values.t}")),
        ("\"$${values.t} ${values.t}\"", json!("${values.t} text")),
        ("\"${other} $x ${\"", json!("${other} $x ${")),
        ("\"$${other}\"", json!("${other}")),
    ];
    for (written, expected) in table {
        let resolved = resolved(&[&configured(written)], values);
        let errors = resolved.findings.iter().filter(|f| f.severity() == Severity::Error);
        assert_eq!(errors.count(), 0, "{written}");
        let flow = &resolved.declared.flows[&ResourceId::flow("a")].flow;
        assert_eq!(flow.content.elements[0].configuration["k"], expected, "{written}");
    }
}

#[test]
fn names_labels_and_conditions_take_values() {
    let spec = "displayName: Flow ${values.n}
description: ${values.n}
elements: []
connectors:
- {sourceId: a, targetId: b, label: \"${values.n}\", condition: {is: \"${values.n}\"}}
- {sourceId: b, targetId: c, condition: \"${values.n}\"}";
    let resolved = resolved(&[&flow(spec)], "values: {n: 5}");
    assert_eq!(lines(&resolved.findings), "");
    let flow = &resolved.declared.flows[&ResourceId::flow("a")].flow;
    assert_eq!(flow.display_name, "Flow 5");
    assert_eq!(flow.description.as_deref(), Some("5"));
    assert_eq!(flow.content.connectors[0].label.as_deref(), Some("5"));
    assert_eq!(flow.content.connectors[0].condition, Some(json!({"is": 5})));
    assert_eq!(flow.content.connectors[1].condition, Some(json!(5)));
}

#[test]
fn faults_with_values_point_at_the_reference() {
    let table = [
        ("unresolved-value", "\"ä «${values.greting}»\""),
        ("unresolved-value", "'${values.n} «${values.x}»'"),
        ("unresolved-value", "\"$${values.x} «${values.x}»\""),
        ("unresolved-value", "\"one\n      ä «${values.x}»\""),
        ("unresolved-value", "&anchor \"«${values.x}»\""),
        // Spelled with an escape, the reference cannot be found in the text.
        ("unresolved-value", "«\"\\x24{values.x}\"»"),
        ("wrong-type", "\"a «${values.l}»\""),
        ("wrong-type", "\"a «${values.nothing}»\""),
    ];
    for (code, marked) in table {
        let (text, spans) = unmark(&configured(marked));
        let resolved = resolved(&[&text], "values: {greeting: g, n: 1, l: [1], nothing: ~}");
        super::assert_found(&resolved.findings, code, &spans, &text);
    }
}

#[test]
fn references_in_block_texts_are_found() {
    let marked = flow(
        "description: |\n  ä\n  x «${values.x}»\nelements: []\ndisplayName: >-\n  a\n  «${values.y}»",
    );
    let (text, spans) = unmark(&marked);
    let mut findings = resolved(&[&text], "").findings;
    findings.sort_by_key(|f| f.location.span);
    super::assert_found(&findings, "unresolved-value unresolved-value", &spans, &text);
}

#[test]
fn a_text_whose_value_is_missing_stays_as_it_is() {
    let resolved = resolved(&[&configured("\"${values.x}\"")], "");
    let flow = &resolved.declared.flows[&ResourceId::flow("a")].flow;
    assert_eq!(flow.content.elements[0].configuration["k"], json!("${values.x}"));
}

#[test]
fn files_are_looked_at_together() {
    let files = [
        named("a", "elements: []"),
        named("a", "elements: []"),
        named("b", "elements: []\ndisplayName: a"),
        named("c, renamedFrom: b", "elements: []"),
        named("d, renamedFrom: gone", "elements: []"),
        named("e, renamedFrom: gone", "elements: []\nversion: x"),
    ];
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let resolved = resolved(&files, "values: {unused: 1}");
    insta::assert_snapshot!(lines(&resolved.findings), @r"
    flows/5.yaml:6:12 bad-version: `x` is not MAJOR.MINOR.PATCH (write three whole numbers such as 1.4.0, or leave it out)
    flows/1.yaml:3:18 duplicate-resource: there are two flows `a` (give one of them another name, or remove it)
    flows/2.yaml:6:16 duplicate-display-name: two flows are called `a` on the platform (give one of them another name, or remove it)
    flows/3.yaml:3:34 bad-value: a flow `b` is still declared (`renamedFrom` names a flow that is gone, once)
    flows/5.yaml:3:34 bad-value: two flows say they were `gone` (`renamedFrom` names a flow that is gone, once)
    ");
    assert_eq!(resolved.declared.flows.len(), 5);
    let places: Vec<_> = resolved.findings.iter().map(|f| f.labels.len()).collect();
    assert_eq!(places, [0, 1, 1, 1, 1]);
}

#[test]
fn names_are_shared_within_a_kind_only() {
    let action = |metadata: &str| super::resource("DataAction", metadata, "script: {content: x}");
    let store = |metadata: &str| super::resource("DataStore", metadata, "fields: []");
    let files = [
        named("abc", "elements: []"),
        action("abc"),
        store("abc, renamedFrom: old"),
        action("abc"),
        store("Abc, renamedFrom: old"),
        action("new, renamedFrom: abc"),
        action("newer, renamedFrom: old"),
    ];
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let resolved = resolved(&files, "");
    insta::assert_snapshot!(lines(&resolved.findings), @r"
    flows/3.yaml:3:18 duplicate-resource: there are two data actions `abc` (give one of them another name, or remove it)
    flows/5.yaml:3:36 bad-value: a data action `abc` is still declared (`renamedFrom` names a data action that is gone, once)
    flows/4.yaml:3:36 bad-value: two data stores say they were `old` (`renamedFrom` names a data store that is gone, once)
    ");
    let declared = &resolved.declared;
    let counts = (declared.flows.len(), declared.data_actions.len(), declared.data_stores.len());
    assert_eq!(counts, (1, 3, 2));
}

#[test]
fn the_default_paths_may_be_empty_but_not_all_of_them() {
    let sound = super::resource("DataAction", "abc", "script: {content: x}");
    assert_eq!(lines(&resolved(&[&sound], "").findings), "");
    let named = super::project_with("").replace("spec:\n", "spec:\n  paths: [flows, stores]\n");
    let project = super::read_project(&named).expect("the project is sound");
    let parsed = [std::sync::Arc::new(super::parsed(&sound))];
    let environment = &project.project.environments[0];
    let resolved =
        super::resolve(&parsed, &std::collections::BTreeMap::new(), &project, environment);
    assert_eq!(
        lines(&resolved.findings),
        "flowgate.yaml:5:18 empty-path: no manifest lies in `stores`"
    );
}

#[test]
fn values_and_paths_without_use_are_warnings() {
    let unused = resolved(&[&flow("elements: []")], "values: {unused: 1}");
    insta::assert_snapshot!(lines(&unused.findings), @"flowgate.yaml:10:16 unused-value: no manifest uses the value `unused` (refer to it with `${values.unused}`, or remove it)");
    let empty = resolved(&[], "values: {unused: 1}");
    insta::assert_snapshot!(lines(&empty.findings), @"flowgate.yaml:1:1 empty-path: no manifest lies in `flows`, `data-actions`, `data-stores`");
    let mut findings = unused.findings.iter().chain(&empty.findings);
    assert!(findings.all(|f| f.severity() == Severity::Warning));
}

#[test]
fn an_empty_name_is_found_once_it_is_filled_in() {
    let resolved =
        resolved(&[&flow("elements: []\ndisplayName: '${values.n}'")], "values: {n: ''}");
    assert_eq!(lines(&resolved.findings), "flows/0.yaml:6:16 bad-value: `displayName` is empty");
}
