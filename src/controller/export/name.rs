//! What live resources are called in git.

use std::collections::{BTreeMap, BTreeSet};

use super::Place;
use super::read::{Candidate, Content};
use crate::delta::hash_value;
use crate::manifest::{name_fault, name_from, name_with_suffix};
use crate::model::{
    AlreadyDeclared, Declarations, Declared, Kind, Metadata, NotExported, ResourceId,
};

/// Resources with their names, and those without.
#[derive(Default)]
pub(super) struct Named {
    pub(super) known_as: Vec<(ResourceId, Candidate)>,
    pub(super) unnamed: Vec<NotExported>,
    pub(super) declared: Vec<AlreadyDeclared>,
}

/// Gives each resource its name: that under which git has it, else that for which flowgate made it,
/// else one like its name on the platform.
pub(super) fn give(
    live: Vec<Candidate>,
    declared: &Declarations,
    project: &str,
    place: Place,
) -> Named {
    let mut naming = Naming { known: Known::of(declared), project, named: Named::default() };
    let (single, twins) = apart(live);
    naming.named.unnamed.extend(twins);
    let mut wishes = Vec::new();
    for one in single {
        match naming.known(&one) {
            Some((id, at)) if place == Place::Project => {
                naming.named.declared.push(AlreadyDeclared { id, place: at });
            }
            Some((id, _)) => naming.named.known_as.push((id, one)),
            None => wishes.extend(naming.wish(one)),
        }
    }
    naming.grant(wishes)
}

/// Takes out what has its name on the platform in common with another of its kind.
fn apart(live: Vec<Candidate>) -> (Vec<Candidate>, Vec<NotExported>) {
    let mut counts: BTreeMap<(Kind, String), usize> = BTreeMap::new();
    for one in &live {
        *counts.entry((one.kind, one.display_name.clone())).or_default() += 1;
    }
    let count = |one: &Candidate| counts.get(&(one.kind, one.display_name.clone())).copied();
    let (single, twins): (Vec<_>, Vec<_>) =
        live.into_iter().partition(|one| count(one).unwrap_or_default() < 2);
    let refused = twins.into_iter().map(|one| {
        let noun = one.kind.noun();
        one.refused(format!("another {noun} has the same name, and git tells them apart by it"))
    });
    let refused = refused.collect();
    (single, refused)
}

/// What git declares, by the name on the platform and by its own.
struct Known {
    by_display_name: BTreeMap<(Kind, String), ResourceId>,
    places: BTreeMap<ResourceId, String>,
}

impl Known {
    fn of(declared: &Declarations) -> Self {
        let mut known = Self { by_display_name: BTreeMap::new(), places: BTreeMap::new() };
        declared.flows.values().for_each(|one| known.add(&**one));
        declared.data_actions.values().for_each(|one| known.add(&**one));
        declared.data_stores.values().for_each(|one| known.add(&**one));
        known
    }

    fn add<T: Declared>(&mut self, one: &T) {
        let Metadata { location, .. } = one.metadata();
        self.by_display_name.insert((T::KIND, one.display_name().to_owned()), one.id());
        self.places.insert(one.id(), location.line());
    }
}

struct Naming<'a> {
    known: Known,
    project: &'a str,
    named: Named,
}

/// A resource, the name that it should have, and whether it is the one that flowgate gave it.
struct Wish {
    name: String,
    own: bool,
    of: Candidate,
}

impl Naming<'_> {
    /// Returns under which name git has it, and where.
    fn known(&self, one: &Candidate) -> Option<(ResourceId, String)> {
        let by_name = self.known.by_display_name.get(&(one.kind, one.display_name.clone()));
        let id = by_name.cloned().or_else(|| self.made_as(one))?;
        let place = self.known.places.get(&id)?.clone();
        Some((id, place))
    }

    /// Returns the resource of this project for which a flow's version was made.
    fn made_as(&self, one: &Candidate) -> Option<ResourceId> {
        let Content::Flow { made_for: Some((project, id)), .. } = &one.content else { return None };
        let ours = project == self.project && id.kind == Kind::Flow;
        (ours && name_fault(id.kind, &id.name).is_none()).then(|| id.clone())
    }

    /// Says what it should be called; takes note of it where nothing can be.
    fn wish(&mut self, one: Candidate) -> Option<Wish> {
        if let Some(id) = self.made_as(&one) {
            return Some(Wish { name: id.name, own: true, of: one });
        }
        if one.kind == Kind::Flow {
            let name = name_from(&one.display_name).unwrap_or_else(|| "flow".to_owned());
            return Some(Wish { name, own: false, of: one });
        }
        if let Some(rule) = name_fault(one.kind, &one.display_name) {
            let noun = one.kind.noun();
            let why = format!("its name cannot be that of a {noun} in git ({rule}); rename it");
            self.named.unnamed.push(one.refused(why));
            return None;
        }
        Some(Wish { name: one.display_name.clone(), own: false, of: one })
    }

    /// Gives names; where several want one, each gets a suffix that follows from its id, but for the one
    /// that had the name before.
    fn grant(mut self, wishes: Vec<Wish>) -> Named {
        let mut counts: BTreeMap<(Kind, String), (usize, usize)> = BTreeMap::new();
        for wish in &wishes {
            let (all, own) = counts.entry((wish.of.kind, wish.name.clone())).or_default();
            *all += 1;
            *own += usize::from(wish.own);
        }
        let mut taken: BTreeSet<ResourceId> = self.known.places.keys().cloned().collect();
        let mut late = Vec::new();
        for wish in wishes {
            let (all, own) =
                counts.get(&(wish.of.kind, wish.name.clone())).copied().unwrap_or_default();
            let first = all == 1 || (wish.own && own == 1);
            let id = ResourceId { kind: wish.of.kind, name: wish.name };
            if first && taken.insert(id.clone()) {
                self.named.known_as.push((id, wish.of));
            } else {
                late.push((id, wish.of));
            }
        }
        for (id, one) in late {
            self.with_suffix(&id, one, &mut taken);
        }
        self.named.known_as.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.named.declared.sort_by(|a, b| a.id.cmp(&b.id));
        self.named
    }

    fn with_suffix(&mut self, id: &ResourceId, one: Candidate, taken: &mut BTreeSet<ResourceId>) {
        let name = name_with_suffix(&id.name, &suffix(&one.platform_id));
        let id = ResourceId { kind: id.kind, name };
        if taken.insert(id.clone()) {
            self.named.known_as.push((id, one));
        } else {
            let why = format!("its name in git would be {}, which another has", id.name);
            self.named.unnamed.push(one.refused(why));
        }
    }
}

/// Returns what tells apart what would have one name, whatever order it comes in.
pub(super) fn suffix(platform_id: &str) -> String {
    let hash = hash_value(&platform_id.into()).to_string();
    let digits = hash.rsplit(':').next().unwrap_or_default();
    digits.chars().take(6).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Flow, FlowContent};

    fn flow(display_name: &str, platform_id: &str, made_for: Option<(&str, &str)>) -> Candidate {
        let flow = Flow {
            display_name: display_name.to_owned(),
            description: None,
            version: None,
            content: FlowContent::default(),
        };
        let made_for = made_for.map(|(project, name)| (project.to_owned(), ResourceId::flow(name)));
        Candidate {
            kind: Kind::Flow,
            platform_id: platform_id.to_owned(),
            display_name: display_name.to_owned(),
            content: Content::Flow { flow: Box::new(flow), made_for },
            notes: Vec::new(),
        }
    }

    /// Names as `platform id: name`, and what has none.
    fn names(live: Vec<Candidate>) -> (BTreeSet<String>, usize) {
        let named = give(live, &Declarations::default(), "bank", Place::Project);
        let name = |(id, one): (ResourceId, Candidate)| format!("{}: {}", one.platform_id, id.name);
        (named.known_as.into_iter().map(name).collect(), named.unnamed.len())
    }

    fn tenant() -> Vec<Candidate> {
        vec![
            flow("Front desk", "f1", None),
            flow("front-desk!", "f2", None),
            flow("Care", "f3", Some(("bank", "welcome"))),
            flow("Welcome", "f4", None),
            flow("Other", "f5", Some(("other", "welcome"))),
            flow("!!!", "f6", None),
            flow("Twin", "f7", None),
            flow("Twin", "f8", None),
        ]
    }

    #[test]
    fn names_are_close_to_what_people_say_and_never_the_same() {
        let (names, unnamed) = names(tenant());
        insta::assert_snapshot!(names.into_iter().collect::<Vec<_>>().join("\n"), @"
        f1: front-desk-4e319c
        f2: front-desk-66518c
        f3: welcome
        f4: welcome-c3d2cf
        f5: other
        f6: flow
        ");
        assert_eq!(unnamed, 2);
    }

    #[test]
    fn the_order_of_the_tenants_list_makes_no_difference() {
        let turned = tenant().into_iter().rev().collect();
        assert_eq!(names(turned), names(tenant()));
    }
}
