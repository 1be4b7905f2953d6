//! Two desired states, resource by resource; no tenant is needed.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::Fields;
use super::{FieldChange, FlowDelta, compare};
use crate::model::{DesiredFlow, FlowContent, ResourceId, Wanted};

/// Where a resource is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceChange {
    /// Only in the desired state after.
    Added,
    /// Only in the desired state before.
    Removed,
    /// In both, and different.
    Modified,
}

/// One resource that differs between two desired states.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceDiff {
    /// Which.
    pub id: ResourceId,
    /// Its name on the platform: after, or before when it was removed.
    pub display_name: String,
    /// Where git declares it, as `flows/routing.yaml:3`: after, or before when it was removed.
    pub place: String,
    /// Whether it came, went or changed.
    pub change: ResourceChange,
    /// Element by element; everything when it came or went.
    pub delta: FlowDelta,
    /// Pointers `/displayName`, `/description` and `/version`, where they differ; empty unless the
    /// resource is in both.
    pub settings: Vec<FieldChange>,
}

/// Compares two desired states; returns the resources that differ, sorted by id.
///
/// Labels and layout of the manifests are no difference: the platform does not see them.
pub fn between(
    before: &BTreeMap<ResourceId, Wanted>,
    after: &BTreeMap<ResourceId, Wanted>,
) -> Vec<ResourceDiff> {
    let ids: BTreeSet<&ResourceId> = before.keys().chain(after.keys()).collect();
    let diff = |id| diff(id, before.get(id).map(declared), after.get(id).map(declared));
    ids.into_iter().filter_map(diff).collect()
}

fn declared(wanted: &Wanted) -> &DesiredFlow {
    &wanted.flow
}

fn diff(
    id: &ResourceId,
    before: Option<&DesiredFlow>,
    after: Option<&DesiredFlow>,
) -> Option<ResourceDiff> {
    let nothing = FlowContent::default();
    let delta = compare(
        before.map_or(&nothing, |desired| &desired.flow.content),
        after.map_or(&nothing, |desired| &desired.flow.content),
    );
    let (change, settings) = match (before, after) {
        (None, _) => (ResourceChange::Added, Vec::new()),
        (_, None) => (ResourceChange::Removed, Vec::new()),
        (Some(before), Some(after)) => (ResourceChange::Modified, settings(before, after)),
    };
    let same = change == ResourceChange::Modified && delta.is_empty() && settings.is_empty();
    let side = after.or(before).filter(|_| !same)?;
    Some(ResourceDiff {
        id: id.clone(),
        display_name: side.flow.display_name.clone(),
        place: format!("{}:{}", side.location.source.path, side.location.span.line),
        change,
        delta,
        settings,
    })
}

fn settings(before: &DesiredFlow, after: &DesiredFlow) -> Vec<FieldChange> {
    let (before, after) = (&before.flow, &after.flow);
    let version = |version: &Option<semver::Version>| version.as_ref().map(ToString::to_string);
    let mut fields = Fields::default();
    fields.text("displayName", Some(&before.display_name), Some(&after.display_name));
    fields.text("description", before.description.as_deref(), after.description.as_deref());
    fields.text("version", version(&before.version).as_deref(), version(&after.version).as_deref());
    fields.finish()
}
