use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::model::{DesiredFlow, ResourceId, SourceValues};

use super::super::fill;
use super::{assert_found, flow, lines, project_with, read_project, resolved, unmark};

const SOURCES: &str = "sources:
  cx-config: {url: 'https://a.b', fields: {priority: string, weights: json}}
  crm: {url: 'https://c.d', fields: {open: boolean}}";

fn configured(configuration: &str) -> String {
    flow(&format!("elements:\n- {{id: x, type: IVR, configuration: {configuration}}}"))
}

fn desired(configuration: &str) -> Arc<DesiredFlow> {
    let resolved = resolved(&[&configured(configuration)], SOURCES);
    Arc::clone(&resolved.declared.flows[&ResourceId::flow("a")])
}

fn configuration(flow: &DesiredFlow) -> Value {
    Value::Object((*flow.flow.content.elements[0].configuration).clone())
}

const BOTH: &str = "{k: {valueFrom: {source: cx-config, field: priority}}, \
     list: [1, {a/b~c: {valueFrom: {source: crm, field: open}}}], text: '${values.t}'}";

fn values(priority: Result<Value, &str>, open: Result<Value, &str>) -> SourceValues {
    let mut values = SourceValues::default();
    let fields = |name: &str, value: Result<Value, &str>| {
        BTreeMap::from([(name.to_owned(), value.map_err(str::to_owned))])
    };
    values.insert("cx-config".to_owned(), fields("priority", priority));
    values.insert("crm".to_owned(), fields("open", open));
    values
}

#[test]
fn references_stand_as_they_are_written_until_their_sources_answer() {
    let flow = desired("{k: {valueFrom: {source: cx-config, field: priority}}}");
    let written = json!({"k": {"valueFrom": {"field": "priority", "source": "cx-config"}}});
    assert_eq!(configuration(&flow), written);
    assert_eq!(flow.missing.as_deref(), Some("its sources were not asked"));
    assert_eq!(flow.sourced[0].origin(), "cx-config.priority");
    assert_eq!(flow.sourced[0].pointer, "/configuration/k");
}

#[test]
fn what_sources_answer_keeps_its_type_and_stands_anywhere_below_a_configuration() {
    let texts = configured(BOTH);
    let resolved = resolved(&[&texts], &format!("values: {{t: hi}}\n{SOURCES}"));
    assert_eq!(lines(&resolved.findings), "");
    let flow = &resolved.declared.flows[&ResourceId::flow("a")];
    // Text of a source is no template.
    let filled = fill(flow, &values(Ok(json!("${values.t}")), Ok(json!(true))));
    assert_eq!(filled.missing, None);
    let expected = json!({"k": "${values.t}", "list": [1, {"a/b~c": true}], "text": "hi"});
    assert_eq!(configuration(&filled), expected);
    let told: Vec<_> = filled.sourced.iter().map(|one| (&*one.pointer, &one.value)).collect();
    let open = ("/configuration/list/1/a~1b~0c", &Some(json!(true)));
    assert_eq!(told, [("/configuration/k", &Some(json!("${values.t}"))), open]);
}

#[test]
fn a_value_may_be_any_json_at_all() {
    let flow = desired("{k: {valueFrom: {source: cx-config, field: priority}}}");
    for value in [json!({"a": [1.5, {}]}), json!(0), json!(""), json!([]), json!(false)] {
        let filled = fill(&flow, &values(Ok(value.clone()), Ok(json!(true))));
        assert_eq!(configuration(&filled), json!({"k": value}));
    }
}

#[test]
fn a_flow_with_one_value_missing_takes_none_and_says_each_reason_once() {
    let text = BOTH.replace("1,", "{valueFrom: {source: crm, field: open}},");
    let flow = desired(&text);
    let some = fill(&flow, &values(Ok(json!("high")), Err("crm is down")));
    assert_eq!(some.missing.as_deref(), Some("crm is down"));
    assert_eq!(configuration(&some), configuration(&flow));
    let none = fill(&flow, &values(Err("no such host"), Err("crm is down")));
    assert_eq!(none.missing.as_deref(), Some("no such host; crm is down"));
    let unasked = fill(&flow, &SourceValues::default());
    assert_eq!(unasked.missing.as_deref(), Some("the source was not asked"));
}

#[test]
fn a_flow_without_references_is_never_missing_anything() {
    let flow = desired("{k: 1}");
    assert_eq!((flow.missing.as_ref(), flow.sourced.len()), (None, 0));
}

#[test]
fn sources_and_fields_that_are_not_declared_are_found_where_they_are_named() {
    let table = [
        ("unknown-source", "{k: {valueFrom: {source: «cx-confg», field: priority}}}"),
        ("unknown-source", "{k: {valueFrom: {source: cx-config, field: «prioriti»}}}"),
        ("unknown-source", "{k: [{valueFrom: {source: crm, field: «priority»}}]}"),
        ("unknown-source", "{k: &a {valueFrom: {source: «x», field: y}}, l: *a}"),
    ];
    let sources = SOURCES.split("\n  crm").next().unwrap_or_default();
    for (codes, marked) in table {
        let (text, spans) = unmark(&configured(marked));
        let environment = if marked.contains("crm") { SOURCES } else { sources };
        let mut findings = resolved(&[&text], environment).findings;
        findings.retain(|finding| finding.code.as_str() != "unused-source");
        assert_found(&findings, codes, &spans, &text);
    }
}

#[test]
fn the_resource_that_an_element_uses_comes_from_no_source() {
    let element = |kind: &str, configuration: &str| {
        flow(&format!("elements:\n- {{id: x, type: {kind}, configuration: {configuration}}}"))
    };
    let from = "{valueFrom: {source: «cx-config», field: priority}}";
    for (kind, key) in [("API", "dataAction"), ("Database", "dataStore")] {
        let (text, spans) = unmark(&element(kind, &format!("{{{key}: {from}}}")));
        assert_found(&super::parsed(&text).findings, "bad-value", &spans, &text);
        let (text, _) = unmark(&element(kind, &format!("{{input: {{{key}: {from}}}}}")));
        assert_eq!(lines(&super::parsed(&text).findings), "");
    }
}

#[test]
fn a_source_that_no_flow_uses_is_named_where_it_is_declared() {
    let text = configured("{k: {valueFrom: {source: crm, field: open}}}");
    insta::assert_snapshot!(lines(&resolved(&[&text], SOURCES).findings), @"flowgate.yaml:11:9 unused-source: no flow takes a value from the source `cx-config` (take one with `valueFrom`, or remove it; it is not asked)");
}

#[test]
fn findings_about_references_say_what_would_do() {
    let text = configured(
        "{a: {valueFrom: {source: cx-konfig, field: x}}, b: {valueFrom: {source: other, field: x}}, \
         c: {valueFrom: {source: crm, field: opn}}, d: {valueFrom: {source: crm, field: x}}}",
    );
    let mut findings = resolved(&[&text], SOURCES).findings;
    findings.retain(|finding| finding.code.as_str() != "unused-source");
    insta::assert_snapshot!(lines(&findings), @"
    flows/0.yaml:6:64 unknown-source: environment `e` has no source `cx-konfig` (did you mean `cx-config`?)
    flows/0.yaml:6:111 unknown-source: environment `e` has no source `other` (declare it under `sources` of `e` in flowgate.yaml)
    flows/0.yaml:6:166 unknown-source: the source `crm` of `e` has no field `opn` (did you mean `open`?)
    flows/0.yaml:6:209 unknown-source: the source `crm` of `e` has no field `x` (declare it with its type under `fields` of `crm` in flowgate.yaml)
    ");
}

#[test]
fn a_project_without_sources_has_none() {
    let project = read_project(&project_with("")).expect("sound").project;
    assert!(project.environments[0].sources.is_empty());
}
