use std::collections::BTreeSet;

use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::delta::{canonical, hash};

/// A content in short: elements as id, type and prompt; connectors as id, source, target and label.
fn content(elements: &[(&str, &str, Value)], connectors: &[(&str, &str, &str, &str)]) -> Flow {
    let elements = elements.iter().map(|(id, element_type, configuration)| Element {
        id: (*id).to_owned(),
        element_type: (*element_type).to_owned(),
        configuration: configuration.as_object().cloned().unwrap_or_default().into(),
        extra: Map::new(),
    });
    let connectors = connectors.iter().map(|(id, source, target, label)| Connector {
        id: (*id).to_owned(),
        source_id: (*source).to_owned(),
        target_id: (*target).to_owned(),
        label: (!label.is_empty()).then(|| (*label).to_owned()),
        condition: None,
        extra: Map::new(),
    });
    flow(FlowContent { elements: elements.collect(), connectors: connectors.collect() })
}

fn flow(content: FlowContent) -> Flow {
    Flow { display_name: "F".to_owned(), description: None, version: None, content }
}

fn base() -> Flow {
    content(
        &[
            ("begin", "Begin", json!({})),
            ("greet", "IVR", json!({"prompt": "Hi", "retry": {"count": 3, "wait": 5}})),
            ("end", "End", json!({})),
        ],
        &[("c1", "begin", "greet", ""), ("c2", "greet", "end", "")],
    )
}

/// The base with something done to its parts.
fn changed(change: impl FnOnce(&mut Vec<Element>, &mut Vec<Connector>)) -> Flow {
    let Flow { content, .. } = base();
    let (mut elements, mut connectors) = (content.elements, content.connectors.to_vec());
    change(&mut elements, &mut connectors);
    flow(FlowContent { elements, connectors: connectors.into() })
}

fn configured(key: &str, value: Value) -> Flow {
    changed(|elements, _| {
        let mut greet = Map::clone(&elements[1].configuration);
        greet.insert(key.to_owned(), value);
        elements[1].configuration = greet.into();
    })
}

fn told(merge: &FlowMerge) -> Vec<String> {
    let value = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
    let conflicts = merge.conflicts.iter().map(|conflict| {
        let part = conflict.part.as_ref().map_or("", |(_, id)| id.as_str());
        let sides = [&conflict.base, &conflict.live, &conflict.git].map(value).join(" | ");
        format!("{part}{}: {sides}", conflict.pointer)
    });
    conflicts.collect()
}

#[test]
fn different_elements_and_different_fields_of_one_element_merge() {
    let live = changed(|elements, connectors| {
        elements.push(Element { id: "bye".to_owned(), ..elements[1].clone() });
        connectors.push(Connector { id: "c3".to_owned(), ..connectors[1].clone() });
    });
    let live = Flow { display_name: "G".to_owned(), ..live };
    let git = configured("prompt", json!("Hello"));
    let merge = merge_flow(&base(), &live, &git);
    assert_eq!(told(&merge), [""; 0]);
    let ids: Vec<_> = merge.flow.content.elements.iter().map(|e| e.id.as_str()).collect();
    assert_eq!(ids, ["begin", "greet", "end", "bye"]);
    assert_eq!(merge.flow.content.elements[1].configuration["prompt"], "Hello");
    assert_eq!((merge.flow.content.connectors.len(), merge.flow.display_name.as_str()), (3, "G"));

    let merge = merge_flow(
        &base(),
        &configured("retry", json!({"count": 4, "wait": 5})),
        &configured("retry", json!({"count": 3, "wait": 6, "tone": true})),
    );
    assert_eq!(told(&merge), [""; 0]);
    let retry = &merge.flow.content.elements[1].configuration["retry"];
    assert_eq!(*retry, json!({"count": 4, "wait": 6, "tone": true}));
}

#[test]
fn one_field_with_two_values_is_a_conflict_that_names_all_three() {
    let table = [
        (
            configured("prompt", json!("Bob")),
            configured("prompt", json!("Git")),
            "greet/configuration/prompt: \"Hi\" | \"Bob\" | \"Git\"",
        ),
        (
            configured("retry", json!({"count": 4, "wait": 5})),
            configured("retry", json!(0)),
            "greet/configuration/retry: {\"count\":3,\"wait\":5} | {\"count\":4,\"wait\":5} | 0",
        ),
        (
            configured("list", json!([1])),
            configured("list", json!([2])),
            "greet/configuration/list: - | [1] | [2]",
        ),
        (
            changed(|e, _| e[1].element_type = "Queue".to_owned()),
            changed(|e, _| e[1].element_type = "Agent".to_owned()),
            "greet/type: \"IVR\" | \"Queue\" | \"Agent\"",
        ),
        (
            changed(|_, c| c[0].label = Some("a".to_owned())),
            changed(|_, c| c[0].label = Some("b".to_owned())),
            "c1/label: - | \"a\" | \"b\"",
        ),
        (
            changed(|_, c| c[0].target_id = "end".to_owned()),
            changed(|_, c| c[0].target_id = "begin".to_owned()),
            "c1/targetId: \"greet\" | \"end\" | \"begin\"",
        ),
        (
            Flow { display_name: "A".to_owned(), ..base() },
            Flow { display_name: "B".to_owned(), ..base() },
            "/displayName: \"F\" | \"A\" | \"B\"",
        ),
    ];
    for (live, git, expected) in table {
        let merge = merge_flow(&base(), &live, &git);
        assert_eq!(told(&merge), [expected]);
        assert_eq!(hash(&merge.flow.content), hash(&git.content), "git's value stays");
    }
}

#[test]
fn a_part_that_one_side_removed_and_the_other_changed_is_a_conflict() {
    let removed = changed(|elements, connectors| {
        elements.remove(1);
        connectors.clear();
    });
    let touched = configured("prompt", json!("Hello"));
    let whole = "greet: {\"configuration\":{\"prompt\":\"Hi\"";
    for (live, git) in [(&removed, &touched), (&touched, &removed)] {
        let merge = merge_flow(&base(), live, git);
        assert!(told(&merge)[0].starts_with(whole), "{:?}", told(&merge));
        assert_eq!(merge.conflicts.len(), 1);
    }
    let merge = merge_flow(&base(), &removed, &base());
    assert_eq!((told(&merge), hash(&merge.flow.content)), (Vec::new(), hash(&removed.content)));
}

#[test]
fn a_connector_to_an_element_that_the_other_side_removed_is_a_conflict_and_never_dangles() {
    let removed = changed(|elements, connectors| {
        elements.remove(1);
        connectors.clear();
    });
    let joined = changed(|_, connectors| {
        let id = "c3".to_owned();
        connectors.push(Connector { id, source_id: "greet".to_owned(), ..connectors[0].clone() });
    });
    let ids = |flow: &Flow| -> Vec<String> {
        let elements = flow.content.elements.iter().map(|element| element.id.clone());
        elements.chain(flow.content.connectors.iter().map(|one| one.id.clone())).collect()
    };
    // Git removed the end: its form of the connector is none.
    let merge = merge_flow(&base(), &joined, &removed);
    assert_eq!(merge.conflicts.len(), 1);
    assert!(told(&merge)[0].starts_with("c3: - | {"), "{:?}", told(&merge));
    assert_eq!(ids(&merge.flow), ["begin", "end"]);
    // Git added the connector: its end stays with it.
    let merge = merge_flow(&base(), &removed, &joined);
    assert_eq!(merge.conflicts.len(), 1);
    assert_eq!(ids(&merge.flow), ["begin", "greet", "end", "c3"]);
}

#[test]
fn what_both_added_is_merged_without_a_base() {
    let added = |configuration: Value| {
        changed(|elements, _| {
            let configuration = configuration.as_object().cloned().unwrap_or_default().into();
            let id = "bye".to_owned();
            elements.push(Element { id, configuration, ..elements[1].clone() });
        })
    };
    let merge =
        merge_flow(&base(), &added(json!({"a": 1, "c": 1})), &added(json!({"b": 2, "c": 2})));
    assert_eq!(told(&merge), ["bye/configuration/c: - | 1 | 2"]);
    let bye = &merge.flow.content.elements[3];
    assert_eq!(Value::from(Map::clone(&bye.configuration)), json!({"a": 1, "b": 2, "c": 2}));
}

#[test]
fn the_platform_s_own_properties_are_carried_from_live() {
    let mut live = base();
    live.content.elements[1].extra.insert("x".to_owned(), json!(7));
    let merge = merge_flow(&base(), &live, &configured("prompt", json!("Hello")));
    assert_eq!(merge.flow.content.elements[1].extra["x"], 7);
}

#[test]
fn a_description_that_git_leaves_out_is_no_side() {
    let described = |text: Option<&str>| Flow { description: text.map(str::to_owned), ..base() };
    let table = [
        (Some("a"), Some("b"), None, None, 0),
        (Some("a"), Some("b"), Some("a"), Some("b"), 0),
        (Some("a"), Some("b"), Some("c"), Some("c"), 1),
        (None, Some("b"), Some("b"), Some("b"), 0),
    ];
    for (base, live, git, expected, conflicts) in table {
        let merge = merge_flow(&described(base), &described(live), &described(git));
        assert_eq!(merge.flow.description.as_deref(), expected);
        assert_eq!(merge.conflicts.len(), conflicts);
    }
}

prop_compose! {
    fn any_fields()(fields in proptest::array::uniform4(0..3u8)) -> Map<String, Value> {
        let [plain, inner, other, list] = fields;
        let mut map = Map::new();
        let mut put = |key: &str, field: u8, value: Value| {
            if field > 0 {
                map.insert(key.to_owned(), value);
            }
        };
        put("plain", plain, json!(plain));
        put("list", list, json!([list]));
        put("deep", inner, if inner == 2 { json!({"a/b": other}) } else { json!(inner) });
        map
    }
}

prop_compose! {
    fn any_flow()(
        name in "[FG]",
        description in option::of("[xy]"),
        elements in btree_map("[a-d]", ("[TU]", any_fields()), 0..5),
        connectors in btree_map("[p-s]", ("[a-d]", "[a-d]", option::of("[xy]")), 0..5),
    ) -> Flow {
        let elements = elements.into_iter().map(|(id, (element_type, configuration))| Element {
            id, element_type, configuration: configuration.into(), extra: Map::new(),
        });
        let connectors = connectors.into_iter().map(|(id, (source_id, target_id, label))| {
            Connector { id, source_id, target_id, label, condition: None, extra: Map::new() }
        });
        let content = FlowContent { elements: elements.collect(), connectors: connectors.collect() };
        Flow { display_name: name, description, version: None, content }
    }
}

/// A flow, and two that somebody made of it: each part of theirs is the flow's own, or another's.
fn any_three() -> impl Strategy<Value = (Flow, Flow, Flow)> {
    let picks = proptest::array::uniform32(0..4u8);
    (any_flow(), any_flow(), any_flow(), picks.clone(), picks).prop_map(
        |(base, one, other, picks, others)| {
            let (live, git) = (edited(&base, &one, &picks), edited(&base, &other, &others));
            (base, live, git)
        },
    )
}

/// Takes most parts from one flow and some from another; a part that the latter lacks goes.
fn edited(from: &Flow, with: &Flow, picks: &[u8]) -> Flow {
    let picked = |id: &str| {
        let at = usize::from(id.bytes().next().unwrap_or_default()) % picks.len();
        picks.get(at).is_some_and(|pick| *pick == 0)
    };
    let stays = from.content.elements.iter().filter(|one| !picked(&one.id));
    let comes = with.content.elements.iter().filter(|one| picked(&one.id));
    let elements = stays.chain(comes).cloned().collect();
    let stays = from.content.connectors.iter().filter(|one| !picked(&one.id));
    let comes = with.content.connectors.iter().filter(|one| picked(&one.id));
    let connectors = stays.chain(comes).cloned().collect();
    let name = if picked("F") { with } else { from };
    Flow { content: FlowContent { elements, connectors }, ..name.clone() }
}

fn same(one: &Flow, other: &Flow) -> bool {
    one.display_name == other.display_name && hash(&one.content) == hash(&other.content)
}

fn names(conflicts: &[Conflict]) -> BTreeSet<(String, String, Option<String>, Option<String>)> {
    let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    let told = conflicts.iter().map(|one| {
        let part = format!("{:?}", one.part);
        (part, one.pointer.clone(), text(&one.live), text(&one.git))
    });
    told.collect()
}

/// Connectors with an end that is not there, as they are spelled.
fn dangling(content: &FlowContent) -> BTreeSet<(String, String)> {
    let known = ids(content);
    let ends = content.connectors.iter().flat_map(|one| {
        [(one.id.clone(), one.source_id.clone()), (one.id.clone(), one.target_id.clone())]
    });
    ends.filter(|(_, end)| !known.contains(end.as_str())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn merging_with_a_side_that_did_not_move_gives_the_other(base in any_flow(), moved in any_flow()) {
        let live = merge_flow(&base, &moved, &base);
        prop_assert!(live.conflicts.is_empty() && same(&live.flow, &moved), "{live:?}");
        let git = merge_flow(&base, &base, &moved);
        prop_assert!(git.conflicts.is_empty() && same(&git.flow, &moved), "{git:?}");
    }

    #[test]
    fn merging_two_sides_that_agree_gives_what_they_agree_on(base in any_flow(), both in any_flow()) {
        let merge = merge_flow(&base, &both, &both);
        prop_assert!(merge.conflicts.is_empty() && same(&merge.flow, &both), "{merge:?}");
    }

    #[test]
    fn no_part_is_lost_or_doubled((base, live, git) in any_three()) {
        let merge = merge_flow(&base, &live, &git);
        let all = [&base, &live, &git].map(|side| canonical(&side.content));
        let merged = canonical(&merge.flow.content);
        prop_assert_eq!(merged.elements.len(), merge.flow.content.elements.len());
        for pick in [|side: &crate::delta::Canonical| side.elements.clone(),
            |side: &crate::delta::Canonical| side.connectors.clone()]
        {
            let ([base, live, git], merged) = (all.each_ref().map(pick), pick(&merged));
            for id in merged.keys() {
                prop_assert!(live.contains_key(id) || git.contains_key(id), "{} is from nowhere", id);
            }
            for id in live.keys().chain(git.keys()) {
                let at = |one: &Conflict| one.part.as_ref().is_some_and(|(_, part)| part == id);
                let removed = base.get(id).is_some_and(|was| {
                    [live.get(id), git.get(id)].contains(&None)
                        && [live.get(id), git.get(id)].contains(&Some(was))
                });
                prop_assert!(
                    merged.contains_key(id) || removed || merge.conflicts.iter().any(at),
                    "{} is lost", id
                );
            }
        }
    }

    #[test]
    fn no_connector_dangles_that_did_not_on_a_side((base, live, git) in any_three()) {
        let merge = merge_flow(&base, &live, &git);
        let (live, git) = (dangling(&live.content), dangling(&git.content));
        for end in dangling(&merge.flow.content) {
            prop_assert!(live.contains(&end) || git.contains(&end), "{:?} dangles", end);
        }
    }

    #[test]
    fn a_conflict_is_one_from_both_sides((base, live, git) in any_three()) {
        let here = names(&merge_flow(&base, &live, &git).conflicts);
        let swapped = merge_flow(&base, &git, &live).conflicts.into_iter().map(|one| Conflict {
            live: one.git.clone(),
            git: one.live.clone(),
            ..one
        });
        // Of a description git must say something before it can collide.
        let described = |one: &Conflict| one.pointer != "/description";
        let swapped: Vec<_> = swapped.filter(described).collect();
        let here: BTreeSet<_> =
            here.into_iter().filter(|(_, pointer, ..)| pointer != "/description").collect();
        prop_assert_eq!(here, names(&swapped));
    }

    #[test]
    fn what_did_not_collide_has_what_each_side_changed((base, live, git) in any_three()) {
        let merge = merge_flow(&base, &live, &git);
        prop_assume!(merge.conflicts.is_empty());
        // Merged once more over either side, nothing is left to take.
        let again = merge_flow(&base, &live, &merge.flow);
        prop_assert!(again.conflicts.is_empty() && same(&again.flow, &merge.flow), "{again:?}");
        let again = merge_flow(&base, &git, &merge.flow);
        prop_assert!(again.conflicts.is_empty() && same(&again.flow, &merge.flow), "{again:?}");
    }
}
