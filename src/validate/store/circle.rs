//! Records that are children of each other in a circle.

use std::collections::HashMap;

use crate::model::{Code, Finding};

use super::super::path::{SHOWN, path};
use super::links::{Link, LinkPlace, Links};
use super::{about, location};

/// Finds circles with a declared relationship, whatever fields they lead through: of all records that
/// reach each other one, a shortest.
pub(super) fn check(links: &Links<'_>) -> Vec<Finding> {
    let declared = Declared::of(links);
    let circles = links.graph.circles(|from, to| declared.places.contains_key(&(from, to)));
    circles.iter().filter_map(|circle| finding(links, &declared, circle)).collect()
}

/// The links that git declares, by their ends; of several the first.
struct Declared<'a> {
    places: HashMap<(usize, usize), (&'a Link<'a>, LinkPlace)>,
}

impl<'a> Declared<'a> {
    fn of(links: &'a Links<'a>) -> Self {
        let mut places = HashMap::new();
        for link in &links.all {
            if let Some(place) = link.place {
                places.entry((link.parent, link.child)).or_insert((link, place));
            }
        }
        Self { places }
    }
}

fn finding(links: &Links<'_>, declared: &Declared<'_>, circle: &[usize]) -> Option<Finding> {
    let around: Vec<_> = circle.iter().chain(circle.first()).copied().collect();
    let ids: Vec<_> = around.iter().map(|node| links.ids[*node].as_str()).collect();
    let message = match *ids {
        [_, _] => format!("a record is its own child: {}", path(&ids)),
        _ => format!("records are children of each other in a circle: {}", path(&ids)),
    };
    let steps = around.windows(2).filter_map(|step| declared.places.get(&(step[0], step[1])));
    let known: Vec<_> = steps.collect();
    let ((_, first), more) = known.split_first()?;
    let hint = if known.len() < circle.len() {
        "remove one of these relationships; those that have no place here the store has already"
    } else {
        "remove one of these relationships"
    };
    let finding =
        about(links.desired, Code::RelationshipCycle, first.child, message).with_hint(hint);
    Some(more.iter().take(SHOWN).fold(finding, |finding, (link, place)| {
        let text = format!("a child of `{}` in `{}`", links.ids[link.parent], link.field.name);
        finding.with_label(location(links.desired, place.child), text)
    }))
}
