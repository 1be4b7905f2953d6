use semver::Version;
use serde_json::json;

use crate::model::{ResourceId, Span};

use super::{assert_found, lines, parsed, resolved, unmark};

const EXAMPLE: &str = include_str!("example.yaml");

#[test]
fn a_flow_is_read_with_its_places() {
    let parsed = parsed(EXAMPLE);
    assert_eq!(parsed.findings(), []);
    assert_eq!(parsed.flows.len(), 2);
    let desired = &parsed.flows[0].desired;
    assert_eq!(desired.metadata.name, "customer-routing");
    assert_eq!(desired.metadata.location.span, Span { line: 4, column: 9, length: 16 });
    assert_eq!(desired.metadata.labels["team"], "care");
    assert_eq!(desired.metadata.renamed_from.as_deref(), Some("old-name"));
    assert_eq!(desired.flow.display_name, "Customer Routing Flow");
    assert_eq!(desired.flow.version, Some(Version::new(1, 4, 0)));
    assert_eq!(desired.version_place, Some(Span { line: 10, column: 12, length: 5 }));
    assert_eq!(desired.element_places[1].whole, Span { line: 13, column: 7, length: 1 });
    assert_eq!(desired.element_places[1].id, Span { line: 13, column: 11, length: 6 });
    assert_eq!(desired.element_places[1].element_type, Span { line: 14, column: 13, length: 3 });
    assert_eq!(desired.connector_places[0].id, Some(Span { line: 29, column: 12, length: 2 }));
    assert_eq!(desired.connector_places[1].id, None);
    assert_eq!(desired.connector_places[1].target_id, Span { line: 30, column: 36, length: 5 });
    assert_eq!(desired.flow.content.connectors[1].id, "lookup->greet");
    assert_eq!(desired.flow.content.connectors[2].condition, Some(json!(["gold", 1.5, null])));
    assert_eq!(parsed.flows[1].desired.flow.display_name, "second");
}

#[test]
fn values_are_filled_in() {
    let resolved = resolved(&[EXAMPLE], "values: {greeting: {text: Hi}, name: Ada}");
    assert_eq!(lines(&resolved.findings), "");
    let flow = &resolved.declared.flows[&ResourceId::flow("customer-routing")].flow;
    assert_eq!(
        serde_json::Value::Object(serde_json::Map::clone(&flow.content.elements[2].configuration)),
        json!({
            "prompt": {"text": "Hi"},
            "text": "Hello, Ada.\nWelcome.\n",
            "folded": "one two",
            "menu": {"1": "sales", "2": "support", "*": "again"},
        })
    );
}

#[test]
fn what_is_wrong_with_a_manifest_is_found_where_it_stands() {
    let head = "apiVersion: flowgate.dev/v1\nkind: Flow\n";
    let meta = "metadata: {name: a}\n";
    let spec = "spec: {elements: []}\n";
    let table = [
        ("wrong-type", "«text»".to_owned()),
        ("wrong-type", "«- »a".replace("«- »", "«-»  ")),
        ("bad-value", format!("apiVersion: «flowgate.dev/v2»\nkind: Flow\n{meta}{spec}")),
        ("bad-value", format!("apiVersion: flowgate.dev/v1\nkind: «Flwo»\n{meta}{spec}")),
        ("missing-field", format!("«a»piVersion: flowgate.dev/v1\nkind: DataStore\n{meta}")),
        ("project-file", format!("apiVersion: flowgate.dev/v1\nkind: «Project»\n{meta}")),
        ("missing-field missing-field", format!("««m»»etadata: {{name: a}}\n{spec}")),
        ("missing-field", format!("«k»ind: Flow\n{meta}{spec}")),
        ("missing-field", format!("{head}metadata: «{{»}}\n{spec}")),
        ("missing-field", format!("{head}{meta}spec: «{{»}}\n")),
        ("wrong-type", format!("{head}{meta}«spec»:\n")),
        ("unknown-key", format!("{head}{meta}{spec}«status»: {{}}\n")),
        ("unknown-key", format!("{head}metadata: {{name: a, «label»: {{}}}}\n{spec}")),
        ("wrong-type", format!("{head}metadata: {{name: «12»}}\n{spec}")),
        ("bad-name", format!("{head}metadata: {{name: «Customer Routing»}}\n{spec}")),
        ("bad-name", format!("{head}metadata: {{name: a, renamedFrom: «a..b»}}\n{spec}")),
        ("bad-value", format!("{head}metadata: {{name: a, renamedFrom: «a»}}\n{spec}")),
        ("wrong-type", format!("{head}metadata: {{name: a, labels: {{team: «1»}}}}\n{spec}")),
        ("wrong-type", format!("{head}metadata: {{name: a, labels: «[»a]}}\n{spec}")),
        (
            "bad-value",
            format!(
                "{head}metadata: {{name: a, annotations: {{x: y, flowgate.dev/drift: «ignore»}}}}\n{spec}"
            ),
        ),
    ];
    for (codes, marked) in table {
        let (text, spans) = unmark(&marked);
        assert_found(&parsed(&text).findings, codes, &spans, &text);
    }
}

#[test]
fn what_is_wrong_with_a_spec_is_found_where_it_stands() {
    let table = [
        ("unknown-key", "elements: []\n«conectors»: []"),
        ("wrong-type", "elements: «{»}"),
        ("wrong-type", "elements: []\n«connectors»:"),
        ("bad-value", "elements: []\ndisplayName: «\"\"»"),
        ("bad-value", "elements: []\ndisplayName: «' '»"),
        ("wrong-type", "elements: []\ndisplayName: «5»"),
        ("wrong-type", "elements: []\ndescription: «true»"),
        ("bad-version", "elements: []\nversion: «1.4»"),
        ("bad-version", "elements: []\nversion: «2»"),
        ("bad-version", "elements: []\nversion: «v1.4.0»"),
        ("bad-version", "elements: []\nversion: «1.4.0-rc.1»"),
        ("bad-version", "elements: []\nversion: «1.4.0+b»"),
        ("bad-version", "elements: []\nversion: «'01.4.0'»"),
        ("bad-version", "elements: []\nversion: «99999999999999999999.0.0»"),
        ("wrong-type", "elements: []\nversion: «[»1, 4, 0]"),
        ("wrong-type", "elements: [«a»]"),
        ("wrong-type", "elements:\n- {id: a, type: IVR}\n«-»"),
        ("missing-field missing-field", "elements: [««{»»}]"),
        ("missing-field", "elements:\n  - «t»ype: IVR"),
        ("bad-value", "elements: [{id: «''», type: IVR}]"),
        ("wrong-type wrong-type", "elements: [{id: «1», type: «true»}]"),
        ("unknown-key", "elements: [{id: a, type: IVR, «Type»: IVR}]"),
        ("wrong-type", "elements: [{id: a, type: IVR, configuration: «[»]}]"),
        ("wrong-type", "elements: [{id: a, type: IVR, «configuration»: }]"),
        ("missing-field", "elements: []\nconnectors: [«{»sourceId: a}]"),
        ("wrong-type", "elements: []\nconnectors: [{sourceId: a, targetId: «~»}]"),
        ("unknown-key", "elements: []\nconnectors: [{sourceId: a, targetId: b, «target»: c}]"),
        ("wrong-type", "elements: []\nconnectors: [{sourceId: a, targetId: b, label: «1»}]"),
    ];
    for (codes, marked) in table {
        let (text, spans) = unmark(&super::flow(marked));
        assert_found(&parsed(&text).findings, codes, &spans, &text);
    }
}

#[test]
fn a_name_on_the_platform_has_at_most_255_characters() {
    let named = |name: &str| parsed(&super::flow(&format!("elements: []\ndisplayName: {name}")));
    assert_eq!(named(&"ä".repeat(255)).findings, []);
    assert_eq!(named(&"ä".repeat(256)).findings.len(), 1);
}

#[test]
fn a_flow_that_cannot_be_read_whole_is_left_out() {
    let broken = super::flow("elements: [{id: a}]");
    let sound = super::flow("elements: [{id: a, type: IVR, colour: red}]");
    assert_eq!((parsed(&broken).flows.len(), parsed(&sound).flows.len()), (0, 1));
}

#[test]
fn findings_say_what_is_wrong_and_what_to_do() {
    let text = "apiVersion: flowgate.dev/v2
kind: flow
---
apiVersion: flowgate.dev/v1
kind: Flow
metadata:
  nme: Customer Routing
spec:
  version: 1.4
  displayName: 42
  elements:
    - {id: a, typ: IVR}
    - {id: b, type: IVR, configuration: {phone: 0049123, big: 12345678901234567890}}
    - {id: c, type: IVR, configuration: {valueFrom: {source: s, field: f}, y: '${values.}'}}
";
    insta::assert_snapshot!(lines(&parsed(text).findings), @r#"
    flows/a.yaml:1:13 bad-value: `flowgate.dev/v2` is no `apiVersion` of flowgate (write `flowgate.dev/v1`)
    flows/a.yaml:2:7 bad-value: `flow` is no `kind` (did you mean `Flow`?)
    flows/a.yaml:7:3 unknown-key: metadata has no key `nme` (did you mean `name`?)
    flows/a.yaml:7:3 missing-field: metadata needs `name`
    flows/a.yaml:9:12 bad-version: `1.4` is not MAJOR.MINOR.PATCH (write 1.4.0)
    flows/a.yaml:10:16 wrong-type: `displayName` takes text, found a whole number (write "42" between quotes)
    flows/a.yaml:12:7 missing-field: an element needs `type`
    flows/a.yaml:12:15 unknown-key: an element has no key `typ` (did you mean `type`?)
    flows/a.yaml:13:49 bad-value: `0049123` begins with a zero, and versions of YAML read such numbers differently (put it between quotes if it is an id, a code or a phone number)
    flows/a.yaml:13:63 number-too-large: `12345678901234567890` is beyond ±9007199254740991, which JSON cannot carry exactly (put it between quotes if it is an id, a code or a phone number)
    flows/a.yaml:14:42 bad-value: `valueFrom` stands for a value in `configuration`, not for all of it (write it as `key: {valueFrom: {source: …, field: …}}`)
    flows/a.yaml:14:80 bad-value: a reference to a value is `${values.name}` (names have a-z, A-Z, 0-9, `_`, `.` and `-`; write `$${` for a literal `${`)
    "#);
}
