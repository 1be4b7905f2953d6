//! Chains of children's children, each within one field.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::iter::successors;

use crate::model::{Code, Finding, Span};

use super::super::path::{SHOWN, path};
use super::about;
use super::links::{Link, Links};

/// The most records that are named of a chain before its first declared relationship.
const BEFORE: usize = 3;

/// Finds chains with a declared relationship that are longer than their field allows, each at its
/// first declared relationship. A relationship that is part of a circle is no part of a chain.
pub(super) fn check(links: &Links<'_>) -> Vec<Finding> {
    let ranks = links.graph.ranks();
    let mut fields = BTreeMap::<_, Vec<_>>::new();
    for link in &links.all {
        if ranks[link.parent] != ranks[link.child] {
            fields.entry(link.field.name.as_str()).or_default().push(link);
        }
    }
    let chains = fields.into_values().map(|mut of_field| {
        of_field.sort_by_key(|link| ranks[link.parent]);
        Chains::of(of_field)
    });
    chains.flat_map(|chains| chains.too_long(links)).collect()
}

/// The longest chains of one field.
struct Chains<'a> {
    /// Those of a child before those of its parent.
    links: Vec<&'a Link<'a>>,
    down: HashMap<usize, Down>,
    up: HashMap<usize, Up>,
}

/// The longest chain from a record to one that has no children.
#[derive(Clone, Copy)]
struct Down {
    length: u64,
    child: usize,
}

/// The longest chain to a record from one that is nobody's child.
#[derive(Clone, Copy)]
struct Up {
    length: u64,
    /// Whether one of its relationships is declared.
    declared: bool,
    parent: usize,
}

impl<'a> Chains<'a> {
    fn of(links: Vec<&'a Link<'a>>) -> Self {
        let down = down(&links);
        let up = up(&links);
        Self { links, down, up }
    }

    fn too_long(&self, links: &Links<'_>) -> Vec<Finding> {
        let mut seen = HashSet::new();
        let mut findings = Vec::new();
        for link in &self.links {
            let Some(place) = link.place else { continue };
            let above = self.up.get(&link.parent);
            let first = above.is_none_or(|up| !up.declared);
            let length = self.length(link.parent);
            if first && length > link.field.max_depth() && seen.insert(link.parent) {
                findings.push(self.finding(links, link, place.field, length));
            }
        }
        findings
    }

    /// Returns how many relationships the longest chain through a record has.
    fn length(&self, node: usize) -> u64 {
        let up = self.up.get(&node).map_or(0, |up| up.length);
        let down = self.down.get(&node).map_or(0, |down| down.length);
        up + down
    }

    fn finding(&self, links: &Links<'_>, link: &Link<'_>, place: Span, length: u64) -> Finding {
        let name = &link.field.name;
        let most = link.field.max_depth();
        let message = format!(
            "`{name}` makes a chain of {length} relationships, and takes at most {most}: {}",
            self.path(links, link.parent)
        );
        about(links.desired, Code::RelationshipTooDeep, place, message).with_hint(
            "shorten the chain, or raise `max_depth` in the field's `constraints` (5 where it is absent)",
        )
    }

    /// Writes the longest chain through a record, what is far from it left out.
    fn path(&self, links: &Links<'_>, node: usize) -> String {
        let up = |node: &usize| self.up.get(node).map(|up| up.parent);
        let down = |node: &usize| self.down.get(node).map(|down| down.child);
        let id = |node: usize| links.ids[node].as_str();
        let mut steps: Vec<_> = shown(successors(up(&node), up).map(id), BEFORE);
        steps.reverse();
        let left = SHOWN - 1 - steps.len();
        steps.extend(shown(successors(Some(node), down).map(id), left));
        path(&steps)
    }
}

/// Returns the first `most` steps, and a sign that there are more.
fn shown<'a>(mut steps: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let mut shown: Vec<_> = steps.by_ref().take(most).collect();
    shown.extend(steps.next().map(|_| "…"));
    shown
}

fn down(links: &[&Link<'_>]) -> HashMap<usize, Down> {
    let mut longest = HashMap::<usize, Down>::new();
    for link in links {
        let length = longest.get(&link.child).map_or(0, |down| down.length) + 1;
        let known = longest.get(&link.parent).map_or(0, |down| down.length);
        if length > known {
            longest.insert(link.parent, Down { length, child: link.child });
        }
    }
    longest
}

fn up(links: &[&Link<'_>]) -> HashMap<usize, Up> {
    let mut longest = HashMap::<usize, Up>::new();
    for link in links.iter().rev() {
        let above = longest.get(&link.parent);
        let (length, declared) = above.map_or((0, false), |up| (up.length, up.declared));
        let (length, declared) = (length + 1, declared || link.place.is_some());
        let known = longest.get(&link.child).map_or((0, false), |up| (up.length, up.declared));
        if (length, declared) > known {
            longest.insert(link.child, Up { length, declared, parent: link.parent });
        }
    }
    longest
}
