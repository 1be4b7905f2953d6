use serde_json::Value;

use super::super::{Document, schema};
use super::{flow, parsed, project_with, read_project};

fn as_json(text: &str) -> Value {
    serde_yaml::from_str(text).expect("sample YAML")
}

/// What a schema cannot say is not among the samples: references, duplicates, promotion.
#[test]
fn the_schema_of_a_flow_agrees_with_the_reader() {
    let validator = jsonschema::validator_for(&schema(Document::Flow)).expect("a schema");
    let samples = [
        "elements: []",
        "elements: [{id: a, type: IVR, configuration: {x: [1, {y: ~}]}}]",
        "elements: []\nconnectors: [{sourceId: a, targetId: b, condition: [1], label: x, id: c}]",
        "elements: []\nversion: 1.4.0",
        "elements: []\nversion: '1.4'",
        "elements: []\nversion: 1.4",
        "elements: []\nversion: 1.4.0-rc",
        "elements: []\nversion: 01.4.0",
        "elements: []\ndisplayName: ''",
        "elements: []\ndisplayName: Name\ndescription: ''",
        "elements: []\ndescription: 5",
        "elements: []\ncolour: red",
        "elements: ~",
        "displayName: x",
        "elements: [{id: a}]",
        "elements: [{id: '', type: x}]",
        "elements: [{id: 1, type: x}]",
        "elements: [{id: a, type: IVR, configuration: []}]",
        "elements: [{id: a, type: IVR, extra: 1}]",
        "elements: []\nconnectors: [{sourceId: a}]",
        "elements: []\nconnectors: [{sourceId: a, targetId: b, label: 5}]",
    ];
    let mut texts: Vec<String> = samples.iter().map(|spec| flow(spec)).collect();
    let sound = flow("elements: []");
    for metadata in [
        "{name: A}",
        "{name: a..b}",
        "{name: a.lock}",
        "{name: a.b, labels: {x: y}}",
        "{name: a, labels: {x: 1}}",
        "{name: a, annotations: {x: y}}",
        "{name: a, annotations: {flowgate.dev/drift: alert}}",
        "{name: a, renamedFrom: b}",
        "{name: a, renamedFrom: B}",
        "{}",
        "{name: a, uid: x}",
    ] {
        texts.push(sound.replace("{name: a}", metadata));
    }
    texts.push(sound.replace("v1", "v2"));
    texts.push(include_str!("example.yaml").split("---").next().unwrap().to_owned());
    for text in texts {
        assert_eq!(
            validator.is_valid(&as_json(&text)),
            parsed(&text).findings().is_empty(),
            "{text}"
        );
    }
}

#[test]
fn the_schema_of_a_project_agrees_with_the_reader() {
    let validator = jsonschema::validator_for(&schema(Document::Project)).expect("a schema");
    let samples = [
        "",
        "branch: main",
        "strategy: deploy",
        "strategy: draft",
        "drift: alert",
        "drift: revert",
        "windows: []",
        "gates: [tests, approval]",
        "gates: [tests, tests]",
        "gates: [other]",
        "manages: [flows, dataStores]",
        "manages: [dataStores]",
        "prune: true",
        "prune: 'true'",
        "limits: {updates: 30%, deletes: 5, from: 0}",
        "limits: {updates: 101%}",
        "limits: {updates: -1}",
        "limits: {update: 1}",
        "protect: [Flow/x]",
        "protect: [DataAction/x]",
        "values: {a.b-c_d: {e: 1}}",
        "values: {'a b': 1}",
        "sources: {s: {url: 'https://a.b', fields: {x: string}}}",
        "sources: {s: {url: 'https://a.b'}}",
        "sources: {s: {url: 'ftp://a.b', fields: {}}}",
        "colour: red",
        "rollbackOnFailure: ~",
    ];
    let mut texts: Vec<String> = samples.iter().map(|keys| project_with(keys)).collect();
    let sound = project_with("");
    for tenant in [
        "name: t, baseUrl: \"http://localhost\", requestsPerSecond: 10",
        "name: t, baseUrl: \"https://a.b?c\"",
        "name: t, baseUrl: \"https://u:p@a.b\"",
        "name: t, baseUrl: \"https://a.b\", requestsPerSecond: 0",
        "name: t, baseUrl: \"https://a.b\", clientAuth: basic, scopes: [a, b]",
        "name: t, baseUrl: \"https://a.b\", clientAuth: other",
        "name: t, baseUrl: \"https://a.b\", scopes: [a b]",
        "name: t, baseUrl: \"https://a.b\", credentials: {clientIdEnv: A, clientSecretFile: b}",
        "name: t, baseUrl: \"https://a.b\", credentials: {clientIdEnv: A}",
        "name: t, baseUrl: \"https://a.b\", credentials: {clientIdEnv: 'a-b', clientSecretEnv: C}",
        "name: t, baseUrl: \"https://a.b\", credentials: {clientIdEnv: A, clientIdFile: a, clientSecretEnv: C}",
        "name: t",
    ] {
        texts.push(sound.replace("name: t, baseUrl: \"https://t.example.com\"", tenant));
    }
    for paths in ["[a, b/c]", "[/a]", "[a/../b]", "[]", "['']", "[..a]"] {
        texts.push(sound.replace("spec:\n", &format!("spec:\n  paths: {paths}\n")));
    }
    texts.push(sound.replace("name: e", "name: E"));
    texts.push(sound.replace("      tenant: t\n", ""));
    texts.push(include_str!("project.yaml").to_owned());
    for text in texts {
        assert_eq!(validator.is_valid(&as_json(&text)), read_project(&text).is_ok(), "{text}");
    }
}
