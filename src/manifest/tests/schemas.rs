use serde_json::Value;

use crate::model::Kind;

use super::super::{Document, schema};
use super::{flow, parsed, project_with, read_project};

fn as_json(text: &str) -> Value {
    serde_yaml::from_str(text).expect("sample YAML")
}

/// What a schema cannot say is not among the samples: references, duplicates, promotion.
#[test]
fn the_schema_of_a_flow_agrees_with_the_reader() {
    let validator =
        jsonschema::validator_for(&schema(Document::Resource(Kind::Flow))).expect("a schema");
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
        "elements: [{id: a, type: IVR, configuration: {x: [{valueFrom: {source: s, field: f}}]}}]",
        "elements: [{id: a, type: IVR, configuration: {valueFrom: {source: s, field: f}}}]",
        "elements: [{id: a, type: IVR, configuration: {x: {valueFrom: {source: s}}}}]",
        "elements: [{id: a, type: IVR, configuration: {x: {valueFrom: {source: s, field: f}, y: 1}}}]",
        "elements: [{id: a, type: IVR, configuration: {x: {y: {valueFrom: s.f}}}}]",
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
        "{name: a, annotations: {flowgate.dev/drift: revert}}",
        "{name: a, annotations: {flowgate.dev/drift: ignore}}",
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

/// Checks that the schema of a kind takes a text if, and only if, the reader finds nothing.
fn assert_agree(kind: Kind, samples: &[&str], example: &str) {
    let validator = jsonschema::validator_for(&schema(Document::Resource(kind))).expect("a schema");
    let of = |spec: &&str| super::resource(kind.as_str(), "Abc_1", spec);
    let sound = of(&samples[0]);
    let others = ["ab", "a.b-c", "a b c", "a..b", "-abc", "abc.lock"];
    let renamed = others.map(|name| sound.replace("Abc_1", name));
    for text in samples.iter().map(of).chain(renamed).chain([example.to_owned()]) {
        let found = parsed(&text).findings;
        assert_eq!(validator.is_valid(&as_json(&text)), found.is_empty(), "{found:?}\n{text}");
    }
}

#[test]
fn the_schema_of_a_data_action_agrees_with_the_reader() {
    let samples = [
        "script: {content: x}",
        "description: x",
        "script: {content: x, language: JavaScript}\ntype: SCRIPT\nenabled: false",
        "script: {content: x, language: Lua}",
        "script: {content: 5}",
        "script: {}",
        "script: {content: x, file: x.js}",
        "script: {file: lib/../x.js}",
        "script: {file: ../x.js}",
        "script: {file: x}",
        "script: {file: .js}",
        "script: {file: lib/.js}",
        "script: {file: /x.js}",
        "script: {file: 'a\\x.js'}",
        "script: {content: x}\ntype: HTTP",
        "script: {content: x}\nenabled: 1",
        "script: {content: x}\ntrigger: {type: T, more: [1]}",
        "script: {content: x}\ntrigger: {more: 1}",
        "script: {content: x}\ntrigger: {type: ''}",
        "script: {content: x}\ndependencies: [abc, A_b-1]",
        "script: {content: x}\ndependencies: [abc, abc]",
        "script: {content: x}\ndependencies: [a b]",
        "script: {content: x}\ndisplayName: x",
        "script: {content: x}\ntests: [{name: a, input: {x: 1}, expect: {output: ~}}]",
        "script: {content: x}\ntests: [{name: a, expect: {error: x}}, {name: b}]",
        "script: {content: x}\ntests: [{name: a, expect: {error: ''}}]",
        "script: {content: x}\ntests: [{name: a, expect: {}}]",
        "script: {content: x}\ntests: [{name: a, expect: {output: 1, error: x}}]",
        "script: {content: x}\ntests: [{name: a, input: 5}]",
        "script: {content: x}\ntests: [{input: {}}]",
    ];
    assert_agree(Kind::DataAction, &samples, include_str!("data-action.yaml"));
}

#[test]
fn the_schema_of_a_data_store_agrees_with_the_reader() {
    let id = "550e8400-e29b-41d4-A716-446655440000";
    let with = |spec: &str| spec.replace("ID", id);
    let samples = [
        "fields: []",
        "items: []",
        "fields: [{name: a, type: string}, {name: b, type: relationship}]",
        "fields: [{name: a, type: text}]",
        "fields: [{name: '', type: string}]",
        "fields: [{name: a}]",
        "fields: [{name: a, type: json, label: x}]",
        "fields: [{name: a, type: number, constraints: {max_depth: 1, unit: [m]}}]",
        "fields: [{name: a, type: number, constraints: {max_depth: 0}}]",
        "fields: [{name: a, type: number, constraints: {max_depth: x}}]",
        "fields: [{name: a, type: relationship, constraints: {is_relationship: true}}]",
        "fields: [{name: a, type: relationship, constraints: {is_relationship: 1}}]",
        "fields: []\nrecords: {policy: exact}\nitems: []",
        "fields: []\nrecords: {policy: ignore}",
        "fields: []\nrecords: {policy: ignore}\nitems: []",
        "fields: []\nrecords: {}\nitems: []",
        "fields: []\nrecords: {policy: none}",
        "fields: []\nrecords: {keep: all}",
        "fields: []\nitems: [{id: ID, fields: {a: [1, {b: ~}]}}]",
        "fields: []\nitems: [{id: ID, fields: [1]}]",
        "fields: []\nitems: [{fields: {}}]",
        "fields: []\nitems: [{id: x}]",
        "fields: []\nitems: [{id: ID, label: x}]",
        "fields: []\nitems: [{id: ID, relationships: [{field: a, childIds: [ID]}]}]",
        "fields: []\nitems: [{id: ID, relationships: [{field: a, childIds: [x]}]}]",
        "fields: []\nitems: [{id: ID, relationships: [{field: a}]}]",
        "fields: []\nitems: [{id: ID, relationships: [{field: a, childIds: [], cascadeAction: update}]}]",
        "fields: []\nitems: [{id: ID, relationships: [{field: a, childIds: [], cascadeAction: all}]}]",
    ]
    .map(with);
    let samples: Vec<&str> = samples.iter().map(String::as_str).collect();
    assert_agree(Kind::DataStore, &samples, include_str!("data-store.yaml"));
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
        "drift: ignore",
        "windows: []",
        "windows: [{allow: 'Mon-Fri 09:00-16:00', timezone: Europe/Berlin}]",
        "windows: [{allow: 'Mon,Wed,Sat-Mon 22:00-06:00', timezone: UTC}]",
        "windows: [{allow: 'daily 00:00-24:00', timezone: UTC}]",
        "windows: [{allow: 'Daily 00:00-24:00', timezone: UTC}]",
        "windows: [{allow: 'Mon-Fri,  09:00-16:00', timezone: UTC}]",
        "windows: [{allow: 'Mon-Tue-Wed 09:00-16:00', timezone: UTC}]",
        "windows: [{allow: 'Mon 09:00-25:00', timezone: UTC}]",
        "windows: [{allow: 'Mon 24:00-09:00', timezone: UTC}]",
        "windows: [{allow: 'Mon 09:00-16:00'}]",
        "versions: {keep: 4}",
        "versions: {keep: 49}",
        "versions: {keep: 50}",
        "versions: {keep: 3}",
        "versions: {}",
        "gates: [tests, approval]",
        "gates: [tests, tests]",
        "gates: [other]",
        "manages: [flows, dataStores]",
        "manages: [dataStores]",
        "manages: []",
        "manages: [queues]",
        "prune: true",
        "prune: 'true'",
        "limits: {updates: 30%, deletes: 5, from: 0}",
        "limits: {updates: 101%}",
        "limits: {updates: -1}",
        "limits: {update: 1}",
        "protect: [Flow/x]",
        "protect: [DataAction/x]",
        "protect: [DataAction/X_y, DataStore/X.y]",
        "protect: [Flow/X]",
        "protect: [DataStore/x..y]",
        "protect: [Queue/x]",
        "values: {a.b-c_d: {e: 1}}",
        "values: {'a b': 1}",
        "sources: {s: {url: 'https://a.b', fields: {x: string}}}",
        "sources: {s: {url: 'https://a.b'}}",
        "sources: {s: {url: 'ftp://a.b', fields: {}}}",
        "sources: {s: {url: 'https://a.b', fields: {}}}",
        "sources: {s: {url: 'https://a.b', fields: {x: text}}}",
        "sources: {s: {url: 'https://a.b', fields: {x: {type: number, pointer: /a/b}}}}",
        "sources: {s: {url: 'https://a.b', fields: {x: {type: number, pointer: a}}}}",
        "sources: {s: {url: 'https://a.b', fields: {x: json}, timeoutSeconds: 60}}",
        "sources: {s: {url: 'https://a.b', fields: {x: json}, timeoutSeconds: 61}}",
        "sources: {s: {url: 'https://a.b', fields: {x: json}, headers: {X-Key: {env: A}}}}",
        "sources: {s: {url: 'https://a.b', fields: {x: json}, headers: {X-Key: {file: a/b}}}}",
        "sources: {s: {url: 'https://a.b', fields: {x: json}, headers: {X-Key: {}}}}",
        "sources: {s: {url: 'https://a.b', fields: {x: json}, headers: {X-Key: secret}}}",
        "sources: {'s t': {url: 'https://a.b', fields: {x: json}}}",
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
    for external in ["[]", "[DataAction/old, DataStore/Crm]", "[Flow/x]", "[crm]", "crm"] {
        texts.push(sound.replace("spec:\n", &format!("spec:\n  external: {external}\n")));
    }
    texts.push(sound.replace("name: e", "name: E"));
    texts.push(sound.replace("      tenant: t\n", ""));
    texts.push(include_str!("project.yaml").to_owned());
    for text in texts {
        assert_eq!(validator.is_valid(&as_json(&text)), read_project(&text).is_ok(), "{text}");
    }
}
