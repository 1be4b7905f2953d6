use std::collections::BTreeSet;
use std::sync::Arc;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Map, json};

use super::super::*;
use super::{at, metadata, place, project, text};
use crate::model::{
    Code, Connector, ConnectorPlace, Declarations, DesiredFlow, Element, ElementPlace, Flow,
    FlowContent, ResourceId,
};

/// A flow from a text such as `begin:Begin ask:API=lookup begin>ask`: elements stand on lines from
/// 11, connectors on lines from 101. What follows `=` is a data action and a data store at once.
pub(super) fn flow(name: &str, text: &str) -> DesiredFlow {
    let (mut elements, mut connectors) = (Vec::new(), Vec::new());
    let (mut element_places, mut connector_places) = (Vec::new(), Vec::new());
    for part in text.split_whitespace() {
        if let Some((id, element_type)) = part.split_once(':') {
            let line = 11 + elements.len();
            let (element_type, resource) =
                element_type.split_once('=').map_or((element_type, None), |(t, r)| (t, Some(r)));
            let naming = |r| ["dataAction", "dataStore"].map(|key| (key.to_owned(), json!(r)));
            element_places.push(ElementPlace {
                whole: at(line, 7),
                id: at(line, 12),
                element_type: at(line, 30),
            });
            elements.push(Element {
                id: id.into(),
                element_type: element_type.into(),
                configuration: Arc::new(resource.into_iter().flat_map(naming).collect()),
                extra: Map::new(),
            });
        } else {
            let (source_id, target_id) = part.split_once('>').unwrap();
            let line = 101 + connectors.len();
            let whole = at(line, 7);
            connector_places.push(ConnectorPlace {
                whole,
                id: None,
                source_id: at(line, 18),
                target_id: at(line, 36),
            });
            connectors.push(Connector {
                id: format!("{source_id}->{target_id}"),
                source_id: source_id.into(),
                target_id: target_id.into(),
                label: None,
                condition: None,
                extra: Map::new(),
            });
        }
    }
    DesiredFlow {
        sourced: [].into(),
        missing: None,
        metadata: metadata("flows", name),
        element_places: element_places.into(),
        connector_places: connector_places.into(),
        version_place: None,
        flow: Flow {
            display_name: name.into(),
            description: None,
            version: None,
            content: FlowContent { elements, connectors: connectors.into() },
        },
    }
}

fn check_all(flows: impl IntoIterator<Item = DesiredFlow>) -> Vec<Finding> {
    let flows = flows
        .into_iter()
        .map(|flow| (ResourceId::flow(flow.metadata.name.clone()), Arc::new(flow)))
        .collect();
    check(&project(), &Declarations { flows, ..Declarations::default() })
}

fn found(flow_text: &str) -> String {
    text(&check_all([flow("care", flow_text)]))
}

#[test]
fn a_sound_flow_has_no_findings() {
    assert_eq!(found("begin:Begin ask:IVR end:End begin>ask ask>ask ask>end"), "");
}

#[test]
fn both_places_of_a_repeated_id_are_named() {
    assert_snapshot!(
        found("begin:Begin ask:IVR ask:Queue end:End begin>ask ask>end ask>end"),
        @"
        flows/care.yaml:13:12 duplicate-element: two elements have the id `ask`
          flows/care.yaml:12:12 first declared here
          help: give each element an id of its own, and check the connectors that name it
        flows/care.yaml:103:7 duplicate-connector: two connectors have the id `ask->end`
          flows/care.yaml:102:7 first declared here
          help: remove one, or give each an `id` of its own (without one it is `source->target`)
        "
    );
}

#[test]
fn a_misspelt_end_of_a_connector_is_one_finding() {
    assert_snapshot!(
        found("begin:Begin lookup:API ask:IVR end:End begin>lokup Lookup>ask ask>end"),
        @"
        flows/care.yaml:101:36 dangling-connector: the connector leads to `lokup`, which is no element of the flow
          help: did you mean `lookup`?
        flows/care.yaml:102:18 dangling-connector: the connector starts at `Lookup`, which is no element of the flow
          help: did you mean `lookup`?
        "
    );
}

#[test]
fn an_element_that_is_not_declared_is_one_finding_an_end() {
    assert_snapshot!(found("begin:Begin end:End begin>survey survey>end"), @"
    flows/care.yaml:101:36 dangling-connector: the connector leads to `survey`, which is no element of the flow
      help: declare an element with the id `survey`, or remove the connector
    flows/care.yaml:102:18 dangling-connector: the connector starts at `survey`, which is no element of the flow
      help: declare an element with the id `survey`, or remove the connector
    ");
    assert_snapshot!(found("begin:Begin end:End begin>survey begin>end callback>end"), @"
    flows/care.yaml:101:36 dangling-connector: the connector leads to `survey`, which is no element of the flow
      help: declare an element with the id `survey`, or remove the connector
    flows/care.yaml:103:18 dangling-connector: the connector starts at `callback`, which is no element of the flow
      help: declare an element with the id `callback`, or remove the connector
    ");
}

#[test]
fn a_way_to_an_unknown_element_does_not_call_what_follows_unreachable() {
    assert_snapshot!(found("begin:Begin ask:IVR wait:Queue end:End begin>nowhere ask>wait wait>end"), @"
    flows/care.yaml:101:36 dangling-connector: the connector leads to `nowhere`, which is no element of the flow
      help: declare an element with the id `nowhere`, or remove the connector
    ");
}

#[test]
fn unknown_element_types_are_found_and_do_not_hide_begin_and_end() {
    assert_snapshot!(
        found("begin:begin ask:Callback end:END begin>ask ask>end"),
        @"
        flows/care.yaml:11:30 unknown-element-type: `begin` is not one of the project's element types
          help: did you mean `Begin`? if the tenant has the type `begin`, add it to `spec.elementTypes` in flowgate.yaml
        flows/care.yaml:12:30 unknown-element-type: `Callback` is not one of the project's element types
          help: the types are `API`, `Agent`, `Begin`, `Conditional`, `Database`, `End`, `IVR`, `Queue`; if the tenant has the type `Callback`, add it to `spec.elementTypes` in flowgate.yaml
        flows/care.yaml:13:30 unknown-element-type: `END` is not one of the project's element types
          help: did you mean `End`? if the tenant has the type `END`, add it to `spec.elementTypes` in flowgate.yaml
        "
    );
}

#[test]
fn a_flow_without_begin_does_not_call_everything_unreachable() {
    assert_snapshot!(found("ask:IVR wait:Queue end:End ask>end"), @"
    flows/care.yaml:4:9 no-begin: flow `care` has no `Begin` element
      help: add an element such as `{id: begin, type: Begin}`
    flows/care.yaml:12:12 dead-end: no way from `wait` leads to an `End`
      help: no connector leaves it: add one, or remove the element
    ");
}

#[test]
fn a_flow_without_end_does_not_call_everything_a_dead_end() {
    assert_snapshot!(found("begin:Begin ask:IVR wait:Queue begin>ask"), @"
    flows/care.yaml:4:9 no-end: flow `care` has no `End` element
      help: add an element such as `{id: end, type: End}`
    flows/care.yaml:13:12 unreachable-element: no way from `Begin` leads to `wait`
      help: no connector leads to it: add one, or remove the element
    ");
}

#[test]
fn every_begin_is_named_and_all_count_as_beginnings() {
    assert_snapshot!(found("a:Begin b:Begin c:Begin end:End a>end b>end c>end"), @"
    flows/care.yaml:12:30 many-begins: flow `care` has 3 `Begin` elements
      flows/care.yaml:11:30 the first one
      flows/care.yaml:13:30 another one
      help: keep the one at which every contact arrives
    ");
}

#[test]
fn elements_off_every_way_are_found_with_their_cause() {
    assert_snapshot!(
        found("begin:Begin a:IVR b:IVR c:Queue d:Queue end:End begin>end a>b b>end begin>c c>d"),
        @"
        flows/care.yaml:12:12 unreachable-element: no way from `Begin` leads to `a`
          help: no connector leads to it: add one, or remove the element
        flows/care.yaml:13:12 unreachable-element: no way from `Begin` leads to `b`
          help: the elements that lead to it cannot be reached either: connect the first of them
        flows/care.yaml:14:12 dead-end: no way from `c` leads to an `End`
          help: the elements it leads to do not reach an `End` either: connect the last of them
        flows/care.yaml:15:12 dead-end: no way from `d` leads to an `End`
          help: no connector leaves it: add one, or remove the element
        "
    );
}

#[test]
fn an_empty_flow_is_one_finding() {
    assert_snapshot!(found(""), @"
    flows/care.yaml:4:9 no-begin: flow `care` has no elements
      help: a flow has at least a `Begin`, an `End` and a connector between them
    ");
}

#[test]
fn findings_come_by_file_line_column_and_code() {
    let mut parts = [flow("b", "x:Foo y:Foo x>z"), flow("a", "begin:Begin begin:Begin")];
    let findings = check_all(parts.clone());
    let places: Vec<_> = findings.iter().map(|f| (place(&f.location), f.code)).collect();
    assert!(findings.is_sorted_by(|a, b| order(a, b).is_le()), "{places:?}");
    parts.reverse();
    assert_eq!(check_all(parts), findings);
}

#[test]
fn parts_without_a_place_do_not_panic() {
    let mut bare = flow("bare", "begin:Begin begin:Foo end:End a>b a>b");
    bare.element_places = bare.element_places[..1].into();
    bare.connector_places = Arc::default();
    check_all([bare]);
}

#[test]
fn a_large_flow_whose_connectors_are_all_wrong_is_checked_in_little_work() {
    let elements = (0..5_000).map(|i| format!("element{i}:IVR"));
    let connectors = (0..5_000).map(|i| format!("elemnt{i}>elment{i}"));
    let large: Vec<_> = elements.chain(connectors).collect();
    let findings = check_all([flow("large", &large.join(" "))]);
    assert_eq!(findings.iter().filter(|f| f.code == Code::DanglingConnector).count(), 10_000);
}

/// Adds what follows from the edges until nothing new follows.
fn closure(start: &[usize], edges: &[(usize, usize)]) -> BTreeSet<usize> {
    let mut seen: BTreeSet<usize> = start.iter().copied().collect();
    loop {
        let more: Vec<_> = edges.iter().filter(|e| seen.contains(&e.0)).map(|e| e.1).collect();
        let before = seen.len();
        seen.extend(more);
        if seen.len() == before {
            return seen;
        }
    }
}

/// An id that no other one resembles, so that no guess is made.
fn id(node: usize) -> String {
    char::from(b'a' + u8::try_from(node).unwrap()).to_string().repeat(8)
}

fn ids_of(findings: &[Finding], code: Code) -> BTreeSet<usize> {
    let lines = findings.iter().filter(|f| f.code == code).map(|f| f.location.span.line);
    lines.map(|line| usize::try_from(line).unwrap() - 11).collect()
}

proptest! {
    #[test]
    fn reachability_agrees_with_a_transitive_closure(
        types in prop::collection::vec(0..4_usize, 1..10),
        edges in prop::collection::vec((0..12_usize, 0..12_usize), 0..24),
    ) {
        let names = ["Begin", "End", "IVR", "Queue"];
        let elements = types.iter().enumerate().map(|(n, t)| format!("{}:{}", id(n), names[*t]));
        let connectors = edges.iter().map(|(a, b)| format!("{}>{}", id(*a), id(*b)));
        let parts: Vec<_> = elements.chain(connectors).collect();
        let findings = check_all([flow("random", &parts.join(" "))]);

        let declared = 0..types.len();
        let of = |kind| declared.clone().filter(|n| types[*n] == kind).collect::<Vec<_>>();
        let backwards: Vec<_> = edges.iter().map(|(a, b)| (*b, *a)).collect();
        let expected = |start: Vec<usize>, edges: &[(usize, usize)]| {
            if start.is_empty() {
                return BTreeSet::new();
            }
            let loose = (types.len()..12).filter(|n| !edges.iter().any(|e| e.1 == *n));
            let seen = closure(&start.into_iter().chain(loose).collect::<Vec<_>>(), edges);
            let open = |n: &usize| {
                edges.iter().any(|e| e.1 == *n) && !edges.iter().any(|e| e.0 == *n)
            };
            if (types.len()..12).filter(open).any(|n| seen.contains(&n)) {
                return BTreeSet::new();
            }
            declared.clone().filter(|n| !seen.contains(n)).collect()
        };
        prop_assert_eq!(ids_of(&findings, Code::Unreachable), expected(of(0), &edges));
        prop_assert_eq!(ids_of(&findings, Code::DeadEnd), expected(of(1), &backwards));
    }
}
