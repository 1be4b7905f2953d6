//! Who can be reached from whom.

use std::collections::HashMap;

use super::meaning::Meaning;

/// The elements of a flow and the ways between them.
///
/// A node is an element, by the index of its id's first declaration, or an id that no element has.
/// Of such an id nobody knows the ways that are not written down: it counts as reached when no
/// connector enters it, and as leading to an `End` when none leaves it.
pub(super) struct Graph {
    next: Vec<Vec<usize>>,
    previous: Vec<Vec<usize>>,
    elements: usize,
}

impl Graph {
    /// Reads the connectors of a flow, misspelt ends as they were probably meant.
    pub(super) fn of(meaning: &Meaning<'_>) -> Self {
        let nodes = nodes(meaning);
        let elements = meaning.types.len();
        let unconnected = vec![Vec::new(); elements + meaning.missing.len()];
        let mut graph = Self { next: unconnected.clone(), previous: unconnected, elements };
        for connector in &*meaning.desired.flow.content.connectors {
            let source = nodes.get(connector.source_id.as_str());
            if let (Some(&source), Some(&target)) =
                (source, nodes.get(connector.target_id.as_str()))
            {
                graph.next[source].push(target);
                graph.previous[target].push(source);
            }
        }
        graph
    }

    /// Tells for each node whether a way from one of `begins` leads to it.
    pub(super) fn reached(&self, begins: Vec<usize>) -> Vec<bool> {
        walk(&self.next, begins, self.undeclared_without(&self.previous))
    }

    /// Tells for each node whether a way from it leads to one of `ends`.
    pub(super) fn leading(&self, ends: Vec<usize>) -> Vec<bool> {
        walk(&self.previous, ends, self.undeclared_without(&self.next))
    }

    /// Tells whether a connector enters the node.
    pub(super) fn is_entered(&self, node: usize) -> bool {
        self.previous.get(node).is_some_and(|sources| !sources.is_empty())
    }

    /// Tells whether a connector leaves the node.
    pub(super) fn is_left(&self, node: usize) -> bool {
        self.next.get(node).is_some_and(|targets| !targets.is_empty())
    }

    /// Tells whether one of the reached nodes is an id that no element has and no connector leaves:
    /// what was meant by it may lead anywhere.
    pub(super) fn leads_anywhere(&self, reached: &[bool]) -> bool {
        self.undeclared_without(&self.next).any(|node| reached[node])
    }

    /// Tells whether one of the leading nodes is an id that no element has and no connector enters:
    /// what was meant by it may be entered from anywhere.
    pub(super) fn comes_from_anywhere(&self, leading: &[bool]) -> bool {
        self.undeclared_without(&self.previous).any(|node| leading[node])
    }

    fn undeclared_without<'a>(
        &self,
        ways: &'a [Vec<usize>],
    ) -> impl Iterator<Item = usize> + use<'a> {
        let lone = |(node, way): (usize, &Vec<usize>)| way.is_empty().then_some(node);
        ways.iter().enumerate().skip(self.elements).filter_map(lone)
    }
}

/// Gives every id that the flow mentions its node.
fn nodes<'a>(meaning: &Meaning<'a>) -> HashMap<&'a str, usize> {
    let mut nodes = meaning.declared.clone();
    for (offset, (id, guess)) in meaning.missing.iter().enumerate() {
        let meant = guess.and_then(|guess| meaning.declared.get(guess).copied());
        nodes.insert(id, meant.unwrap_or(meaning.types.len() + offset));
    }
    nodes
}

fn walk(ways: &[Vec<usize>], mut open: Vec<usize>, more: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut seen = vec![false; ways.len()];
    open.extend(more);
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut seen[node], true) {
            open.extend(&ways[node]);
        }
    }
    seen
}
