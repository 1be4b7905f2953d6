use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use semver::Version;
use serde_json::{Map, Value, json};

use super::json::write_value;
use super::part::FlowPart;
use super::*;
use crate::model::{
    Connector, DeltaCounts, Desired, DesiredFlow, Element, Flow, FlowContent, Location, Metadata,
    Part, ResourceId, Source, Span, Wanted,
};

fn element(id: &str, element_type: &str, configuration: &Value) -> Element {
    Element {
        id: id.into(),
        element_type: element_type.into(),
        configuration: configuration.as_object().cloned().unwrap_or_default().into(),
        extra: Map::new(),
    }
}

fn connector(id: &str, source: &str, target: &str) -> Connector {
    Connector {
        id: id.into(),
        source_id: source.into(),
        target_id: target.into(),
        label: None,
        condition: None,
        extra: Map::new(),
    }
}

fn elements(elements: Vec<Element>) -> FlowContent {
    FlowContent { elements, connectors: Arc::default() }
}

fn configured(configuration: &Value) -> FlowContent {
    elements(vec![element("e", "IVR", configuration)])
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-3i32..4).prop_map(Value::from),
        (-3i32..4).prop_map(|n| Value::from(f64::from(n))),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        "[a-c~/ é]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            any_map(inner).prop_map(Value::from),
        ]
    })
}

fn any_map(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    btree_map("[ab~/]{0,2}", inner, 0..4).prop_map(|map| map.into_iter().collect())
}

/// Few ids, so that contents share some and hold some twice, numbered ones included.
fn any_id() -> impl Strategy<Value = String> {
    "[a-d](#2)?"
}

prop_compose! {
    fn any_element()(
        id in any_id(),
        element_type in "(IVR|Queue)",
        configuration in any_map(any_json()),
        extra in any_map(any_json()),
    ) -> Element {
        Element { id, element_type, configuration: configuration.into(), extra }
    }
}

prop_compose! {
    fn any_connector()(
        id in any_id(),
        source_id in any_id(),
        target_id in any_id(),
        label in option::of("[xy]{0,1}"),
        condition in option::of(any_json()),
        extra in any_map(any_json()),
    ) -> Connector {
        Connector { id, source_id, target_id, label, condition, extra }
    }
}

prop_compose! {
    fn any_content()(
        elements in vec(any_element(), 0..6),
        connectors in vec(any_connector(), 0..6),
    ) -> FlowContent {
        FlowContent { elements, connectors: connectors.into() }
    }
}

/// A content, and the same one in another order, with other extras and other spellings.
fn any_respelling() -> impl Strategy<Value = (FlowContent, FlowContent)> {
    any_content().prop_flat_map(|content| {
        let shuffled = (
            Just(content.elements.clone()).prop_shuffle(),
            Just(content.connectors.to_vec()).prop_shuffle(),
        );
        let respelled = shuffled.prop_map(|(mut elements, mut connectors)| {
            for element in &mut elements {
                element.extra.insert("x".into(), json!(7));
                Arc::make_mut(&mut element.configuration).values_mut().for_each(respell);
            }
            for connector in &mut connectors {
                connector.extra.clear();
                connector.label = Some(connector.label.take().unwrap_or_default());
                connector.condition = connector.condition.take().or(Some(Value::Null));
                connector.condition.iter_mut().for_each(respell);
            }
            FlowContent { elements, connectors: connectors.into() }
        });
        (Just(content), respelled)
    })
}

/// Turns small whole numbers into floats.
fn respell(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(small) = number.as_i64().and_then(|n| i32::try_from(n).ok()) {
                *value = json!(f64::from(small));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(respell),
        Value::Object(map) => map.values_mut().for_each(respell),
        _ => {}
    }
}

proptest! {
    #[test]
    fn a_content_does_not_differ_from_itself(content in any_content()) {
        prop_assert!(compare(&content, &content).is_empty());
    }

    #[test]
    fn order_extras_and_spellings_are_no_difference((content, respelled) in any_respelling()) {
        prop_assert_eq!(compare(&content, &respelled), Delta::default());
        prop_assert_eq!(hash(&content), hash(&respelled));
        prop_assert_eq!(canonical(&content), canonical(&respelled));
    }

    #[test]
    fn a_delta_leads_from_one_content_to_the_other(a in any_content(), b in any_content()) {
        let reached = apply(&a, &compare(&a, &b));
        prop_assert_eq!(canonical(&reached), canonical(&b));
    }

    #[test]
    fn hashes_are_equal_exactly_when_the_delta_is_empty(a in any_content(), b in any_content()) {
        let empty = compare(&a, &b).is_empty();
        prop_assert_eq!(hash(&a) == hash(&b), empty);
        prop_assert_eq!(canonical(&a) == canonical(&b), empty);
    }

    #[test]
    fn the_hash_is_that_of_the_canonical_json(content in any_content()) {
        let Canonical { elements, connectors } = canonical(&content);
        let elements: Vec<_> = elements.into_values().collect();
        let connectors: Vec<_> = connectors.into_values().collect();
        let whole = json!({"elements": elements, "connectors": connectors});
        prop_assert_eq!(hash(&content), hash_value(&whole));
    }

    #[test]
    fn parts_write_their_canonical_json(element in any_element(), connector in any_connector()) {
        let (mut streamed, mut built) = (String::new(), String::new());
        element.write(&mut streamed);
        write_value(&mut built, &element.canonical());
        connector.write(&mut streamed);
        write_value(&mut built, &connector.canonical());
        prop_assert_eq!(streamed, built);
    }

    #[test]
    fn canonical_json_reads_back(value in any_json()) {
        let read: Value = serde_json::from_str(&canonical_json(&value)).unwrap();
        prop_assert_eq!(canonical_json(&read), canonical_json(&value));
    }
}

#[test]
fn the_hash_is_stable_over_releases() {
    let content = FlowContent {
        elements: vec![element("b", "End", &json!({})), element("a", "Begin", &json!({"n": 3.0}))],
        connectors: [connector("a->b", "a", "b")].into(),
    };
    insta::assert_snapshot!(
        hash(&content),
        @"sha256:6cb929b6fc2e30b98c3f3598256fea2b9fa457a58c4e29810d382293e7e9d57c"
    );
}

#[test]
fn numbers_that_are_equal_are_no_difference() {
    for (a, b) in [("3", "3.0"), ("3", "3e0"), ("0", "-0.0"), ("0.1", "1e-1"), ("100", "1E2")] {
        let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        let (a, b) = (configured(&json!({"n": read(a)})), configured(&json!({"n": read(b)})));
        assert!(compare(&a, &b).is_empty(), "{a:?} {b:?}");
        assert_eq!(hash(&a), hash(&b));
    }
}

#[test]
fn texts_and_arrays_are_compared_as_they_are() {
    let pairs = [
        (json!({"t": "\u{e9}"}), json!({"t": "e\u{301}"})),
        (json!({"t": [1, 2]}), json!({"t": [2, 1]})),
        (json!({"t": null}), json!({})),
        (json!({"t": "3"}), json!({"t": 3})),
        (json!({"t": {}}), json!({"t": []})),
        (json!({"t": 9_007_199_254_740_992_u64}), json!({"t": 9_007_199_254_740_993_u64})),
    ];
    for (a, b) in pairs {
        let (a, b) = (configured(&a), configured(&b));
        assert!(!compare(&a, &b).is_empty(), "{a:?} {b:?}");
        assert_ne!(hash(&a), hash(&b));
    }
}

fn drawn(delta: &Delta) -> String {
    let mut lines = Vec::new();
    for row in delta.tables().flat_map(|(_, rows)| rows) {
        match &row.change {
            PartChange::Added(value) => lines.push(format!("+ {} {value}", row.id)),
            PartChange::Removed(value) => lines.push(format!("- {} {value}", row.id)),
            PartChange::Modified(fields) => {
                lines.push(format!("~ {} ({})", row.id, row.label));
                lines.extend(fields.iter().map(|field| {
                    let side = |value: &Option<Value>| {
                        value.as_ref().map_or("absent".into(), ToString::to_string)
                    };
                    let (before, after) = (side(&field.before), side(&field.after));
                    format!("    {}: {before} -> {after}", field.pointer)
                }));
            }
        }
    }
    lines.join("\n")
}

#[test]
fn fields_are_named_by_their_json_pointers() {
    let before = json!({
        "a/b": 1, "m~n": 1, "": 1, "gone": true, "kept": [1, {"x": 1}],
        "grown": [1], "deep": {"deeper": {"one": 1.0, "two": 2}}, "kind": {"a": 1},
    });
    let after = json!({
        "a/b": 2, "m~n": 2, "": 2, "new": null, "kept": [1, {"x": 2}],
        "grown": [1, 2], "deep": {"deeper": {"one": 1, "two": "2"}}, "kind": [1],
    });
    insta::assert_snapshot!(drawn(&compare(&configured(&before), &configured(&after))), @r#"
    ~ e (IVR)
        /configuration/: 1 -> 2
        /configuration/a~1b: 1 -> 2
        /configuration/deep/deeper/two: 2 -> "2"
        /configuration/gone: true -> absent
        /configuration/grown: [1] -> [1,2]
        /configuration/kept/1/x: 1 -> 2
        /configuration/kind: {"a":1} -> [1]
        /configuration/m~0n: 1 -> 2
        /configuration/new: absent -> null
    "#);
}

#[test]
fn a_retype_is_a_change_of_the_type_field() {
    let delta = compare(
        &elements(vec![element("e", "IVR", &json!({}))]),
        &elements(vec![element("e", "Queue", &json!({}))]),
    );
    insta::assert_snapshot!(drawn(&delta), @r#"
    ~ e (Queue)
        /type: "IVR" -> "Queue"
    "#);
}

#[test]
fn rows_are_sorted_by_id() {
    let before = FlowContent {
        elements: vec![element("z", "IVR", &json!({})), element("b", "End", &json!({}))],
        connectors: [connector("z->b", "z", "b")].into(),
    };
    let after = FlowContent {
        elements: vec![element("c", "End", &json!({})), element("a", "Begin", &json!({}))],
        connectors: [Connector { label: Some("found".into()), ..connector("1", "a", "c") }].into(),
    };
    let delta = compare(&before, &after);
    insta::assert_snapshot!(drawn(&delta), @r#"
    + a {"configuration":{},"id":"a","type":"Begin"}
    - b {"configuration":{},"id":"b","type":"End"}
    + c {"configuration":{},"id":"c","type":"End"}
    - z {"configuration":{},"id":"z","type":"IVR"}
    + 1 {"id":"1","label":"found","sourceId":"a","targetId":"c"}
    - z->b {"id":"z->b","sourceId":"z","targetId":"b"}
    "#);
    assert_eq!(delta.counts()[&Part::Element], DeltaCounts { added: 2, removed: 2, modified: 0 });
    assert_eq!(delta.counts()[&Part::Connector], DeltaCounts { added: 1, removed: 1, modified: 0 });
    assert_eq!(delta.ids(Part::Element).added, ["a", "c"]);
    assert_eq!(delta.ids(Part::Element).removed, ["b", "z"]);
}

#[test]
fn an_id_that_is_there_twice_is_kept_twice() {
    let twice = elements(vec![
        element("e", "Queue", &json!({})),
        element("e", "IVR", &json!({})),
        element("e#2", "End", &json!({})),
    ]);
    let keys: Vec<_> = canonical(&twice).elements.into_keys().collect();
    assert_eq!(keys, ["e", "e#2", "e#3"]);
    let once = elements(vec![element("e", "IVR", &json!({})), element("e#2", "End", &json!({}))]);
    insta::assert_snapshot!(drawn(&compare(&twice, &once)), @r#"- e#3 {"configuration":{},"id":"e","type":"Queue"}"#);
    assert_eq!(apply(&twice, &compare(&twice, &once)), once);
}

#[test]
fn applying_keeps_order_and_extras() {
    let mut before =
        elements(vec![element("z", "IVR", &json!({})), element("a", "End", &json!({}))]);
    before.elements[0].extra.insert("x".into(), json!(120));
    let after = elements(vec![
        element("a", "End", &json!({})),
        element("m", "Queue", &json!({})),
        element("z", "IVR", &json!({"prompt": "hi"})),
    ]);
    let reached = apply(&before, &compare(&before, &after));
    let ids: Vec<_> = reached.elements.iter().map(|element| element.id.as_str()).collect();
    assert_eq!(ids, ["z", "a", "m"]);
    assert_eq!(reached.elements[0].extra, before.elements[0].extra);
    assert_eq!(reached.elements[0].configuration["prompt"], "hi");
}

#[test]
fn the_bump_follows_from_the_worst_change() {
    let base = || FlowContent {
        elements: vec![element("a", "Begin", &json!({})), element("b", "End", &json!({}))],
        connectors: [connector("c", "a", "b")].into(),
    };
    let changed = |change: fn(&mut FlowContent)| {
        let mut content = base();
        change(&mut content);
        compare(&base(), &content).bump()
    };
    assert_eq!(changed(|_| {}), None);
    assert_eq!(changed(|c| c.elements[0].extra = Map::from_iter([("x".into(), json!(1))])), None);
    assert_eq!(
        changed(
            |c| c.elements[0].configuration = Arc::new(Map::from_iter([("x".into(), json!(1))]))
        ),
        Some(Bump::Patch)
    );
    assert_eq!(
        changed(|c| Arc::make_mut(&mut c.connectors)[0].label = Some("x".into())),
        Some(Bump::Patch)
    );
    assert_eq!(
        changed(|c| Arc::make_mut(&mut c.connectors)[0].condition = Some(json!(1))),
        Some(Bump::Patch)
    );
    assert_eq!(changed(|c| c.elements.push(element("n", "IVR", &json!({})))), Some(Bump::Minor));
    assert_eq!(
        changed(|c| c.connectors = [&c.connectors[..], &[connector("n", "a", "b")]].concat().into()),
        Some(Bump::Minor)
    );
    assert_eq!(changed(|c| c.elements[0].element_type = "IVR".into()), Some(Bump::Major));
    assert_eq!(
        changed(|c| Arc::make_mut(&mut c.connectors)[0].target_id = "a".into()),
        Some(Bump::Major)
    );
    assert_eq!(
        changed(|c| Arc::make_mut(&mut c.connectors)[0].source_id = "b".into()),
        Some(Bump::Major)
    );
    assert_eq!(changed(|c| c.connectors = Arc::default()), Some(Bump::Major));
    assert_eq!(
        changed(|c| {
            c.elements.clear();
            c.elements.push(element("n", "IVR", &json!({})));
        }),
        Some(Bump::Major)
    );
}

#[test]
fn the_next_version_grows_by_the_bump() {
    let table = [
        (None, Bump::Patch, "1.0.0"),
        (Some("1.2.3"), Bump::Patch, "1.2.4"),
        (Some("1.2.3"), Bump::Minor, "1.3.0"),
        (Some("1.2.3"), Bump::Major, "2.0.0"),
        (Some("1.2.3-rc.1+build"), Bump::Patch, "1.2.4"),
    ];
    for (version, bump, expected) in table {
        let version = version.map(|text| Version::parse(text).unwrap());
        assert_eq!(next(version.as_ref(), bump).to_string(), expected);
    }
}

fn desired(
    name: &str,
    display_name: &str,
    content: FlowContent,
) -> (ResourceId, Wanted<DesiredFlow>) {
    let hash = hash(&content);
    let source = Arc::new(Source { path: format!("flows/{name}.yaml"), text: String::new() });
    let flow = DesiredFlow {
        sourced: [].into(),
        missing: None,
        metadata: Metadata {
            name: name.into(),
            labels: std::collections::BTreeMap::new(),
            drift: None,
            renamed_from: None,
            location: Location { source, span: Span::START },
        },
        element_places: Arc::default(),
        connector_places: Arc::default(),
        version_place: None,
        flow: Flow { display_name: display_name.into(), description: None, version: None, content },
    };
    (ResourceId::flow(name), Wanted { declared: Arc::new(flow), hash })
}

fn state(flows: impl Iterator<Item = (ResourceId, Wanted<DesiredFlow>)>) -> Desired {
    Desired { flows: flows.collect(), ..Desired::default() }
}

#[test]
fn desired_states_are_compared_resource_by_resource() {
    let one = || configured(&json!({}));
    let before = [desired("gone", "Gone", one()), desired("named", "Old", one())];
    let after = [desired("named", "New", one()), desired("new", "New", one())];
    let same = desired("same", "Same", one());
    let diffs = between(
        &state(before.into_iter().chain([same.clone()])),
        &state(after.into_iter().chain([same])),
    );
    let drawn: Vec<_> = diffs
        .iter()
        .map(|diff| {
            let (elements, settings) = (diff.delta.rows(Part::Element).len(), diff.settings.len());
            format!("{} {:?} {} {elements} {settings}", diff.id, diff.change, diff.place)
        })
        .collect();
    insta::assert_snapshot!(drawn.join("\n"), @"
    Flow/gone Removed flows/gone.yaml:1 1 0
    Flow/named Modified flows/named.yaml:1 0 1
    Flow/new Added flows/new.yaml:1 1 0
    ");
}
