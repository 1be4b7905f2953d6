//! Ways along edges, as far as they lead.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The shortest way from `start` back to it, both ends included; `None` when there is none.
pub(super) fn way_back<'a>(
    start: &'a str,
    next: impl Fn(&'a str) -> Vec<&'a str>,
) -> Option<Vec<&'a str>> {
    let mut came_from = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(from) = open.pop_front() {
        for to in next(from) {
            if to == start {
                return Some(retraced(start, from, &came_from));
            }
            if !came_from.contains_key(to) {
                came_from.insert(to, from);
                open.push_back(to);
            }
        }
    }
    None
}

fn retraced<'a>(
    start: &'a str,
    last: &'a str,
    came_from: &BTreeMap<&'a str, &'a str>,
) -> Vec<&'a str> {
    let mut way = vec![start];
    let mut at = last;
    while at != start {
        way.push(at);
        at = came_from[at];
    }
    way.push(start);
    way.reverse();
    way
}

/// How many edges the longest way from `start` has; counts no further than one above `limit`.
///
/// There must be no way back.
pub(super) fn longest_way<'a>(
    start: &'a str,
    limit: u64,
    next: impl Fn(&'a str) -> Vec<&'a str>,
) -> u64 {
    let mut level = BTreeSet::from([start]);
    let mut length = 0;
    while length <= limit {
        level = level.into_iter().flat_map(&next).collect();
        if level.is_empty() {
            break;
        }
        length += 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn next<'a>(edges: &[(&'a str, &'a str)], from: &str) -> Vec<&'a str> {
        edges.iter().filter(|(own, _)| *own == from).map(|(_, to)| *to).collect()
    }

    #[test]
    fn the_shortest_way_back_is_found() {
        for (edges, expected) in [
            (vec![("a", "b"), ("b", "c")], None),
            (vec![("a", "a")], Some(vec!["a", "a"])),
            (vec![("a", "b"), ("b", "c"), ("c", "b")], None),
            (
                vec![("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("c", "a")],
                Some(vec!["a", "b", "c", "a"]),
            ),
        ] {
            assert_eq!(way_back("a", |from| next(&edges, from)), expected, "{edges:?}");
        }
    }

    #[test]
    fn the_longest_way_is_counted_in_edges_up_to_the_limit() {
        let edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")];
        for (start, limit, expected) in [("d", 9, 0), ("c", 9, 1), ("a", 9, 3), ("a", 1, 2)] {
            assert_eq!(longest_way(start, limit, |from| next(&edges, from)), expected, "{start}");
        }
    }

    const NODES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    /// The longest way by trying all; none when it is longer than there are nodes.
    fn longest(edges: &[(&str, &str)], from: &str, steps: usize) -> Option<u64> {
        if steps > NODES.len() {
            return None;
        }
        let beyond = next(edges, from).into_iter().map(|to| longest(edges, to, steps + 1));
        let lengths: Option<Vec<u64>> = beyond.collect();
        Some(lengths?.into_iter().map(|length| length + 1).max().unwrap_or(0))
    }

    fn ends() -> impl Strategy<Value = (usize, usize)> {
        (0..NODES.len(), 0..NODES.len())
    }

    proptest! {
        #[test]
        fn a_way_back_is_one(ends in prop::collection::vec(ends(), 0..9)) {
            let edges: Vec<_> = ends.iter().map(|&(from, to)| (NODES[from], NODES[to])).collect();
            let mut reached: BTreeSet<&str> = next(&edges, "a").into_iter().collect();
            for _ in NODES {
                reached.extend(reached.clone().into_iter().flat_map(|from| next(&edges, from)));
            }
            let way = way_back("a", |from| next(&edges, from));
            prop_assert_eq!(way.is_some(), reached.contains("a"));
            for step in way.unwrap_or_default().windows(2) {
                prop_assert!(edges.contains(&(step[0], step[1])));
            }
        }

        #[test]
        fn the_longest_way_is_the_longest(ends in prop::collection::vec(ends(), 0..9)) {
            let edges: Vec<_> = ends.iter().map(|&(from, to)| (NODES[from], NODES[to])).collect();
            if let Some(length) = longest(&edges, "a", 0) {
                prop_assert_eq!(longest_way("a", 9, |from| next(&edges, from)), length);
            }
        }
    }
}
