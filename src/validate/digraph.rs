//! Directed graphs: their circles, and an order in which every node follows those it leads to.
//!
//! Nothing here recurses: how deep a graph is, its author decides.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// The most edges that are looked at for shorter circles than the first one of each component.
/// Keeps a component of many thousand nodes from taking time by the square of its size.
const STEPS: usize = 200_000;

/// A directed graph whose nodes are `0..n`.
pub(super) struct Digraph {
    next: Vec<Vec<usize>>,
    /// The strongly connected components, each after those that its edges lead to, and its members
    /// from the smallest on.
    components: Vec<Vec<usize>>,
    /// The component of each node.
    component: Vec<usize>,
}

impl Digraph {
    /// Makes a graph of `nodes` nodes; edges must lie within.
    pub(super) fn new(nodes: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut next = vec![Vec::new(); nodes];
        for (from, to) in edges {
            next[from].push(to);
        }
        let components = components(&next);
        let mut component = vec![0; nodes];
        for (index, members) in components.iter().enumerate() {
            for &node in members {
                component[node] = index;
            }
        }
        Self { next, components, component }
    }

    /// Returns a number for each node that is larger than those of all nodes it leads to, or equal
    /// where a way leads back.
    pub(super) fn ranks(&self) -> &[usize] {
        &self.component
    }

    /// Returns the nodes, each after those it leads to; of several that may come next the smallest.
    ///
    /// Nodes of a circle come one after the other, from the smallest on.
    pub(super) fn order(&self) -> Vec<usize> {
        let (mut waiting, previous) = self.condensed();
        let ready = |index: usize| Reverse((self.components[index][0], index));
        let free = |index: &usize| waiting[*index] == 0;
        let mut open: BinaryHeap<_> = (0..waiting.len()).filter(free).map(ready).collect();
        let mut order = Vec::with_capacity(self.next.len());
        while let Some(Reverse((_, index))) = open.pop() {
            order.extend(&self.components[index]);
            for &before in &previous[index] {
                waiting[before] -= 1;
                open.extend((waiting[before] == 0).then(|| ready(before)));
            }
        }
        order
    }

    /// Returns for each component how many edges leave it, and which components' edges enter it.
    fn condensed(&self) -> (Vec<usize>, Vec<Vec<usize>>) {
        let mut leaving = vec![0; self.components.len()];
        let mut entering = vec![Vec::new(); self.components.len()];
        for (from, targets) in self.next.iter().enumerate() {
            for to in targets {
                let (from, to) = (self.component[from], self.component[*to]);
                if from != to {
                    leaving[from] += 1;
                    entering[to].push(from);
                }
            }
        }
        (leaving, entering)
    }

    /// Returns one circle of each component that has one with an edge that counts.
    ///
    /// It is a shortest one, unless the component is enormous. It begins at its smallest node, which
    /// is not repeated at the end; the circles come in the order of these.
    pub(super) fn circles(&self, counts: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
        let mut steps = STEPS;
        let components = self.components.iter();
        let circles = components.filter_map(|members| self.shortest(members, &counts, &mut steps));
        let mut circles: Vec<_> = circles.map(from_smallest).collect();
        circles.sort();
        circles
    }

    fn shortest(
        &self,
        members: &[usize],
        counts: &impl Fn(usize, usize) -> bool,
        steps: &mut usize,
    ) -> Option<Vec<usize>> {
        let mut best: Option<Vec<usize>> = None;
        for &start in members {
            let shorter_than = best.as_ref().map_or(usize::MAX, Vec::len);
            if best.is_some() && (*steps == 0 || shorter_than == 1) {
                break;
            }
            best = self.circle_through(start, shorter_than, counts, steps).or(best);
        }
        best
    }

    /// Searches breadth-first for a shortest way from `start` back to it whose first edge counts.
    fn circle_through(
        &self,
        start: usize,
        shorter_than: usize,
        counts: &impl Fn(usize, usize) -> bool,
        steps: &mut usize,
    ) -> Option<Vec<usize>> {
        let mut came_from = HashMap::new();
        let mut open = VecDeque::from([(start, 1)]);
        while let Some((node, length)) = open.pop_front() {
            if length >= shorter_than {
                return None;
            }
            *steps = steps.saturating_sub(self.next[node].len());
            for &to in &self.next[node] {
                let stays = self.component[to] == self.component[start];
                if !stays || length == 1 && !counts(node, to) {
                    continue;
                }
                if to == start {
                    return Some(way_back(&came_from, start, node));
                }
                came_from.entry(to).or_insert_with(|| {
                    open.push_back((to, length + 1));
                    node
                });
            }
        }
        None
    }
}

fn components(next: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let edges: usize = next.iter().map(Vec::len).sum();
    let mut graph = DiGraph::<(), (), usize>::with_capacity(next.len(), edges);
    let nodes: Vec<_> = next.iter().map(|_| graph.add_node(())).collect();
    for (from, targets) in next.iter().enumerate() {
        for to in targets {
            graph.add_edge(nodes[from], nodes[*to], ());
        }
    }
    let sorted = |members: Vec<_>| {
        let mut members: Vec<_> = members.into_iter().map(NodeIndex::index).collect();
        members.sort_unstable();
        members
    };
    kosaraju_scc(&graph).into_iter().map(sorted).collect()
}

/// Returns the way from `start` to `end`.
fn way_back(came_from: &HashMap<usize, usize>, start: usize, end: usize) -> Vec<usize> {
    let back = |node: &usize| if *node == start { None } else { came_from.get(node).copied() };
    let mut way: Vec<_> = std::iter::successors(Some(end), back).collect();
    way.reverse();
    way
}

fn from_smallest(mut circle: Vec<usize>) -> Vec<usize> {
    let smallest = circle.iter().enumerate().min_by_key(|(_, node)| **node);
    let at = smallest.map_or(0, |(at, _)| at);
    circle.rotate_left(at);
    circle
}
