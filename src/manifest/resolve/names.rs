//! Names that resources of one kind would share.

use std::collections::BTreeMap;

use crate::model::{Code, DesiredFlow, Finding, Kind, Location, ResourceId, Span};

use super::super::unresolved::{Manifest, Unresolved};

/// The names that are taken, and where.
#[derive(Default)]
pub(super) struct Names {
    resources: BTreeMap<ResourceId, Location>,
    displayed: BTreeMap<String, Location>,
    renames: Vec<Rename>,
}

/// A resource that says what it was called before.
struct Rename {
    old: ResourceId,
    place: Location,
}

impl Names {
    /// Notes the names of a resource, and tells whether its name was free.
    pub(super) fn admit<T: Manifest>(
        &mut self,
        unresolved: &Unresolved<T>,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let metadata = unresolved.desired.metadata();
        let id = unresolved.desired.id();
        if let (Some(old), Some(span)) = (&metadata.renamed_from, unresolved.renamed_from_place)
            && *old != metadata.name
        {
            let old = ResourceId { kind: T::KIND, name: old.clone() };
            let place = Location { span, ..metadata.location.clone() };
            self.renames.push(Rename { old, place });
        }
        if let Some(first) = self.resources.get(&id) {
            let message = format!("there are two {}s `{}`", id.kind.noun(), id.name);
            findings.push(twice(Code::DuplicateResource, &metadata.location, message, first));
            return false;
        }
        self.resources.insert(id, metadata.location.clone());
        true
    }

    /// Notes the name of a flow on the platform; those of other kinds are their names here.
    pub(super) fn display(&mut self, flow: &DesiredFlow, place: Span, findings: &mut Vec<Finding>) {
        let location = Location { span: place, ..flow.metadata.location.clone() };
        let shown = &flow.flow.display_name;
        if let Some(first) = self.displayed.get(shown) {
            let message = format!("two flows are called `{shown}` on the platform");
            findings.push(twice(Code::DuplicateDisplayName, &location, message, first));
        } else {
            self.displayed.insert(shown.clone(), location);
        }
    }

    /// Returns what is wrong with former names: two resources cannot both be one that was there
    /// before.
    pub(super) fn rename_faults(&self) -> Vec<Finding> {
        let mut claimed: BTreeMap<&ResourceId, &Location> = BTreeMap::new();
        let mut findings = Vec::new();
        for Rename { old, place } in &self.renames {
            let noun = old.kind.noun();
            if let Some(holder) = self.resources.get(old) {
                let message = format!("a {noun} `{}` is still declared", old.name);
                findings.push(renamed(old.kind, place, message, holder, "declared here"));
            } else if let Some(first) = claimed.get(old) {
                let message = format!("two {noun}s say they were `{}`", old.name);
                findings.push(renamed(old.kind, place, message, first, "also here"));
            } else {
                claimed.insert(old, place);
            }
        }
        findings
    }
}

fn twice(code: Code, second: &Location, message: String, first: &Location) -> Finding {
    Finding::new(code, &second.source, second.span, message)
        .with_hint("give one of them another name, or remove it")
        .with_label(first.clone(), "first declared here")
}

fn renamed(
    kind: Kind,
    place: &Location,
    message: String,
    other: &Location,
    label: &str,
) -> Finding {
    Finding::new(Code::BadValue, &place.source, place.span, message)
        .with_hint(format!("`renamedFrom` names a {} that is gone, once", kind.noun()))
        .with_label(other.clone(), label)
}
