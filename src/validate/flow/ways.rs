//! Where a flow begins, where it ends, and what lies on no way between.

use crate::model::{Code, Finding, Span};

use super::graph::Graph;
use super::meaning::{Meaning, Node};

/// Finds what is wrong with the ways through a flow.
///
/// Without a `Begin` nothing is called unreachable, and without an `End` nothing a dead end; nor where
/// a connector with an unknown end may be the way that is missing, which is a finding of its own.
pub(super) fn check(meaning: &Meaning<'_>) -> Vec<Finding> {
    if meaning.types.is_empty() {
        return vec![empty(meaning)];
    }
    let graph = Graph::of(meaning);
    let mut findings = from_begin(meaning, &graph);
    findings.extend(to_end(meaning, &graph));
    findings
}

fn empty(meaning: &Meaning<'_>) -> Finding {
    let message = format!("flow `{}` has no elements", meaning.desired.metadata.name);
    about_flow(meaning, Code::NoBegin, message)
        .with_hint("a flow has at least a `Begin`, an `End` and a connector between them")
}

fn from_begin(meaning: &Meaning<'_>, graph: &Graph) -> Vec<Finding> {
    let (begins, places): (Vec<_>, Vec<_>) = meaning.of_type("Begin").unzip();
    if begins.is_empty() {
        return vec![none(meaning, Code::NoBegin, "Begin")];
    }
    let reached = graph.reached(begins);
    let unclear = graph.leads_anywhere(&reached);
    let missed = meaning.nodes().filter(|node| !unclear && !reached[node.index]);
    let unreachable = missed.map(|node| unreachable(meaning, graph, &node));
    many_begins(meaning, &places).into_iter().chain(unreachable).collect()
}

fn to_end(meaning: &Meaning<'_>, graph: &Graph) -> Vec<Finding> {
    let (ends, _): (Vec<_>, Vec<_>) = meaning.of_type("End").unzip();
    if ends.is_empty() {
        return vec![none(meaning, Code::NoEnd, "End")];
    }
    let leading = graph.leading(ends);
    let unclear = graph.comes_from_anywhere(&leading);
    let missed = meaning.nodes().filter(|node| !unclear && !leading[node.index]);
    missed.map(|node| dead_end(meaning, graph, &node)).collect()
}

fn none(meaning: &Meaning<'_>, code: Code, element_type: &str) -> Finding {
    let message =
        format!("flow `{}` has no `{element_type}` element", meaning.desired.metadata.name);
    let id = element_type.to_lowercase();
    let hint = format!("add an element such as `{{id: {id}, type: {element_type}}}`");
    about_flow(meaning, code, message).with_hint(hint)
}

fn about_flow(meaning: &Meaning<'_>, code: Code, message: String) -> Finding {
    let place = &meaning.desired.metadata.location;
    Finding::new(code, &place.source, place.span, message)
}

fn many_begins(meaning: &Meaning<'_>, places: &[Span]) -> Option<Finding> {
    let [first, second, more @ ..] = places else { return None };
    let message =
        format!("flow `{}` has {} `Begin` elements", meaning.desired.metadata.name, places.len());
    let finding =
        Finding::new(Code::ManyBegins, &meaning.desired.metadata.location.source, *second, message)
            .with_hint("keep the one at which every contact arrives")
            .with_label(meaning.location(*first), "the first one");
    let label = |finding: Finding, place: &Span| {
        finding.with_label(meaning.location(*place), "another one")
    };
    Some(more.iter().fold(finding, label))
}

fn unreachable(meaning: &Meaning<'_>, graph: &Graph, node: &Node<'_>) -> Finding {
    let hint = if graph.is_entered(node.index) {
        "the elements that lead to it cannot be reached either: connect the first of them"
    } else {
        "no connector leads to it: add one, or remove the element"
    };
    let message = format!("no way from `Begin` leads to `{}`", node.id);
    Finding::new(Code::Unreachable, &meaning.desired.metadata.location.source, node.place, message)
        .with_hint(hint)
}

fn dead_end(meaning: &Meaning<'_>, graph: &Graph, node: &Node<'_>) -> Finding {
    let hint = if graph.is_left(node.index) {
        "the elements it leads to do not reach an `End` either: connect the last of them"
    } else {
        "no connector leaves it: add one, or remove the element"
    };
    let message = format!("no way from `{}` leads to an `End`", node.id);
    Finding::new(Code::DeadEnd, &meaning.desired.metadata.location.source, node.place, message)
        .with_hint(hint)
}
