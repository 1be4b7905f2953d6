//! The graph checks against a second, plain implementation.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::digraph::Digraph;
use super::super::{live_store, order};
use super::stores::{check_store, live, store};
use crate::model::{Code, Finding, ItemPolicy};

/// More nodes than any graph here has.
const FAR: usize = 1_000;

type Edges = BTreeSet<(usize, usize)>;

fn edges(nodes: usize, most: usize) -> impl Strategy<Value = Edges> {
    prop::collection::btree_set((0..nodes, 0..nodes), 0..most)
}

/// The length of the shortest way between any two nodes, of one edge at least (Floyd–Warshall).
fn distances(nodes: usize, edges: &Edges) -> Vec<Vec<usize>> {
    let mut distance = vec![vec![FAR; nodes]; nodes];
    for &(from, to) in edges {
        distance[from][to] = 1;
    }
    for via in 0..nodes {
        for from in 0..nodes {
            for to in 0..nodes {
                let detour = distance[from][via] + distance[via][to];
                distance[from][to] = distance[from][to].min(detour);
            }
        }
    }
    distance
}

fn steps(circle: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    let next = circle.iter().skip(1).chain(circle.first());
    circle.iter().copied().zip(next.copied())
}

/// The nodes that a node reaches and that reach it, when it is on a circle.
fn companions(distance: &[Vec<usize>], node: usize) -> BTreeSet<usize> {
    let together = |other: &usize| distance[node][*other] < FAR && distance[*other][node] < FAR;
    (0..distance.len()).filter(together).collect()
}

/// Takes again and again the smallest node whose targets are all taken.
fn plain_order(nodes: usize, edges: &Edges) -> Vec<usize> {
    let mut order = Vec::new();
    while order.len() < nodes {
        let ready = |node: &usize| {
            !order.contains(node)
                && edges.iter().all(|(from, to)| from != node || order.contains(to))
        };
        order.push((0..nodes).find(ready).unwrap());
    }
    order
}

const NODES: usize = 8;

proptest! {
    #[test]
    fn a_shortest_circle_of_every_component_is_found(
        edges in edges(NODES, 20),
        counting in edges(NODES, 40),
    ) {
        let counts = |edge: &(usize, usize)| counting.contains(edge);
        let graph = Digraph::new(NODES, edges.iter().copied());
        let circles = graph.circles(|from, to| counts(&(from, to)));
        let distance = distances(NODES, &edges);

        // The length of the shortest circle with an edge that counts, of each component by its nodes.
        let mut expected = BTreeMap::new();
        for &(from, to) in edges.iter().filter(|edge| counts(edge)) {
            let length = if from == to { 1 } else { 1 + distance[to][from] };
            if length < FAR {
                let shortest = expected.entry(companions(&distance, from)).or_insert(length);
                *shortest = length.min(*shortest);
            }
        }
        let found: Vec<_> =
            circles.iter().map(|c| (companions(&distance, c[0]), c.len())).collect();
        prop_assert_eq!(found.len(), expected.len());
        prop_assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), expected);

        for circle in &circles {
            prop_assert!(steps(circle).all(|step| edges.contains(&step)), "{:?}", circle);
            prop_assert!(steps(circle).any(|step| counts(&step)), "{:?}", circle);
            prop_assert_eq!(circle.iter().min(), circle.first());
            prop_assert_eq!(circle.iter().collect::<BTreeSet<_>>().len(), circle.len());
        }
        prop_assert!(circles.is_sorted());
    }

    #[test]
    fn nodes_come_after_those_they_lead_to(edges in edges(NODES, 20)) {
        let order = Digraph::new(NODES, edges.iter().copied()).order();
        let distance = distances(NODES, &edges);
        let position = |node| order.iter().position(|other| *other == node).unwrap();
        prop_assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), NODES);
        prop_assert_eq!(order.len(), NODES);
        for &(from, to) in &edges {
            prop_assert!(position(to) < position(from) || distance[to][from] < FAR);
        }
    }

    #[test]
    fn without_circles_the_smallest_node_that_may_come_next_does(edges in edges(NODES, 20)) {
        let edges: Edges = edges.into_iter().filter(|(from, to)| from != to).collect();
        let distance = distances(NODES, &edges);
        prop_assume!((0..NODES).all(|node| distance[node][node] >= FAR));
        let order = Digraph::new(NODES, edges.iter().copied()).order();
        prop_assert_eq!(order, plain_order(NODES, &edges));
    }

    #[test]
    fn ranks_fall_along_every_edge_that_is_on_no_circle(edges in edges(NODES, 20)) {
        let graph = Digraph::new(NODES, edges.iter().copied());
        let distance = distances(NODES, &edges);
        for &(from, to) in &edges {
            let (above, below) = (graph.ranks()[from], graph.ranks()[to]);
            let back = from == to || distance[to][from] < FAR;
            prop_assert_eq!(above == below, back);
            prop_assert!(above >= below);
        }
    }
}

const FIELDS: [&str; 2] = ["home", "team"];
const SCHEMA: &str = "home:relationship/2 team:relationship/2";

/// A relationship from one record to another: field, parent, child.
type Links = BTreeSet<(usize, usize, usize)>;

fn links() -> impl Strategy<Value = Links> {
    prop::collection::btree_set((0..FIELDS.len(), 0..NODES, 0..NODES), 0..14)
}

/// Links from smaller to larger records only, so that none come back.
fn forward(links: Links) -> Links {
    let forward = |(field, from, to): (usize, usize, usize)| (field, from.min(to), from.max(to));
    links.into_iter().map(forward).filter(|(_, from, to)| from != to).collect()
}

/// The records of `ids` as the store's builder reads them.
fn items(ids: &BTreeSet<usize>, links: &Links) -> String {
    let line = |id: &usize| {
        let relation = |field: usize| {
            let of = |(f, from, to): &(usize, usize, usize)| {
                (*f == field && from == id).then(|| format!("r{to}"))
            };
            let children: Vec<_> = links.iter().filter_map(of).collect();
            (!children.is_empty()).then(|| format!(" {}>{}", FIELDS[field], children.join(",")))
        };
        format!("r{id}{}", (0..FIELDS.len()).filter_map(relation).collect::<String>())
    };
    ids.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn of_code(findings: &[Finding], code: Code) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.code == code).collect()
}

/// Every way from a record within a field that nothing can be added to at its end.
fn ways(links: &Links, field: usize, way: Vec<usize>) -> Vec<Vec<usize>> {
    let end = way[way.len() - 1];
    let children: Vec<_> = links.iter().filter(|l| (l.0, l.1) == (field, end)).collect();
    if children.is_empty() {
        return vec![way];
    }
    let longer = |link: &&(usize, usize, usize)| [way.as_slice(), &[link.2]].concat();
    children.iter().map(longer).flat_map(|way| ways(links, field, way)).collect()
}

/// The length of the longest way with a declared relationship, by field, where it is above 2.
fn longest(links: &Links, declared: &Links) -> BTreeMap<&'static str, usize> {
    let mut longest = BTreeMap::new();
    for (field, name) in FIELDS.into_iter().enumerate() {
        for way in (0..NODES).flat_map(|start| ways(links, field, vec![start])) {
            let mut steps = way.windows(2).map(|step| (field, step[0], step[1]));
            if way.len() > 3 && steps.any(|link| declared.contains(&link)) {
                let known = longest.entry(name).or_insert(0);
                *known = (way.len() - 1).max(*known);
            }
        }
    }
    longest
}

/// The lengths that findings tell, the longest by field.
fn told(findings: &[Finding]) -> BTreeMap<&'static str, usize> {
    let mut told = BTreeMap::new();
    for finding in of_code(findings, Code::RelationshipTooDeep) {
        let field =
            FIELDS.into_iter().find(|f| finding.message.contains(&format!("`{f}`"))).unwrap();
        let mut words = finding.message.split_whitespace();
        let length: usize = words.find_map(|word| word.parse().ok()).unwrap();
        let known = told.entry(field).or_insert(0);
        *known = length.max(*known);
    }
    told
}

/// The records along the path that a message ends with, without signs that something is left out.
fn printed(finding: &Finding) -> Vec<usize> {
    let (_, path) = finding.message.rsplit_once(": ").unwrap();
    path.split(" → ").filter_map(|id| id.strip_prefix('r')?.parse().ok()).collect()
}

/// What is linked once the declared records are written: theirs replace the live ones by field.
fn together(ids: &BTreeSet<usize>, declared: &Links, live: &Links) -> Links {
    let replaced: BTreeSet<_> =
        declared.iter().filter(|l| ids.contains(&l.1)).map(|l| (l.0, l.1)).collect();
    let kept = live.iter().filter(|l| !replaced.contains(&(l.0, l.1)));
    declared.iter().filter(|l| ids.contains(&l.1)).chain(kept).copied().collect()
}

fn all() -> BTreeSet<usize> {
    (0..NODES).collect()
}

proptest! {
    #[test]
    fn chains_are_as_long_as_a_plain_search_finds_them(links in links().prop_map(forward)) {
        let findings = check_store(store(ItemPolicy::Exact, SCHEMA, &items(&all(), &links)));
        prop_assert_eq!(told(&findings), longest(&links, &links));
        for finding in of_code(&findings, Code::RelationshipTooDeep) {
            let field = usize::from(finding.message.contains("`team`"));
            let steps = printed(finding);
            prop_assert!(steps.windows(2).all(|s| links.contains(&(field, s[0], s[1]))));
        }
    }

    #[test]
    fn chains_through_the_store_are_as_long_as_a_plain_search_finds_them(
        ids in prop::collection::btree_set(0..NODES, 0..NODES),
        declared in links().prop_map(forward),
        held in links().prop_map(forward),
    ) {
        let desired = store(ItemPolicy::Partial, SCHEMA, &items(&ids, &declared));
        let findings = live_store(&desired, &live(SCHEMA, &items(&all(), &held)), None);
        let declared: Links = declared.into_iter().filter(|l| ids.contains(&l.1)).collect();
        let links = together(&ids, &declared, &held);
        prop_assert_eq!(told(&findings), longest(&links, &declared));
        prop_assert!(findings.is_sorted_by(|a, b| order(a, b).is_le()));
    }

    #[test]
    fn circles_of_records_are_reported_when_one_is_declared(
        ids in prop::collection::btree_set(0..NODES, 0..NODES),
        declared in links(),
        held in links(),
    ) {
        let desired = store(ItemPolicy::Partial, SCHEMA, &items(&ids, &declared));
        let findings = live_store(&desired, &live(SCHEMA, &items(&all(), &held)), None);
        let declared: Links = declared.into_iter().filter(|l| ids.contains(&l.1)).collect();
        let links = together(&ids, &declared, &held);
        let ends = |links: &Links| links.iter().map(|l| (l.1, l.2)).collect::<Edges>();
        let (edges, counting) = (ends(&links), ends(&declared));
        let distance = distances(NODES, &edges);
        let back = counting.iter().any(|(from, to)| from == to || distance[*to][*from] < FAR);
        let circles = of_code(&findings, Code::RelationshipCycle);
        prop_assert_eq!(!circles.is_empty(), back);
        for finding in circles {
            let path = printed(finding);
            prop_assert_eq!(path.first(), path.last());
            prop_assert!(path.windows(2).all(|s| edges.contains(&(s[0], s[1]))));
            prop_assert!(path.windows(2).any(|s| counting.contains(&(s[0], s[1]))));
        }
    }

    #[test]
    fn orphans_are_what_neither_git_nor_the_store_has(
        ids in prop::collection::btree_set(0..NODES, 0..NODES),
        held in prop::collection::btree_set(0..NODES, 0..NODES),
        declared in links(),
    ) {
        let named = |findings: &[Finding], code| {
            let child = |finding: &Finding| {
                let is_child = |part: &&str| finding.message.contains(&format!("child `{part}`"));
                let id = finding.message.split('`').find(is_child);
                id.unwrap().to_owned()
            };
            of_code(findings, code).into_iter().map(child).collect::<BTreeSet<_>>()
        };
        let links = declared.iter().filter(|l| ids.contains(&l.1));
        let orphans = |known: &dyn Fn(usize) -> bool| {
            links.clone().filter(|l| !known(l.2)).map(|l| format!("r{}", l.2)).collect()
        };
        let text = items(&ids, &declared);
        let exact = store(ItemPolicy::Exact, SCHEMA, &text);
        let partial = store(ItemPolicy::Partial, SCHEMA, &text);
        let beside = live_store(&partial, &live(SCHEMA, &items(&held, &Links::new())), None);
        let outside: BTreeSet<_> = orphans(&|id| ids.contains(&id));
        prop_assert_eq!(&named(&check_store(exact), Code::UnknownRecord), &outside);
        prop_assert_eq!(&named(&check_store(partial), Code::UndeclaredRecord), &outside);
        let nowhere = orphans(&|id| ids.contains(&id) || held.contains(&id));
        prop_assert_eq!(named(&beside, Code::UnknownRecord), nowhere);
    }
}
