//! Two desired states, resource by resource; no tenant is needed.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::Fields;
use super::{Delta, FieldChange, compare, compare_data_actions, compare_data_stores};
use crate::model::{
    Declared, Desired, DesiredDataAction, DesiredFlow, FlowContent, ResourceId, Wanted,
};

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
    pub delta: Delta,
    /// What differs and is no row: of a flow that is in both `/displayName`, `/description` and
    /// `/version`, of a data action everything it has, of a store `/description` and
    /// `/records/policy`.
    pub settings: Vec<FieldChange>,
}

/// Compares two desired states; returns the resources that differ, sorted by id.
///
/// Labels and layout of the manifests are no difference: the platform does not see them.
pub fn between(before: &Desired, after: &Desired) -> Vec<ResourceDiff> {
    let stores = of_kind(&before.data_stores, &after.data_stores, compare_data_stores);
    let actions = of_kind(&before.data_actions, &after.data_actions, |before, after| {
        let content =
            |side: Option<&'_ DesiredDataAction>| side.map(|action| action.content.clone());
        let (before, after) = (content(before), content(after));
        (compare_data_actions(before.as_ref(), after.as_ref()), Delta::default())
    });
    let flows = of_kind(&before.flows, &after.flows, flow);
    stores.into_iter().chain(actions).chain(flows).collect()
}

fn of_kind<T: Declared>(
    before: &BTreeMap<ResourceId, Wanted<T>>,
    after: &BTreeMap<ResourceId, Wanted<T>>,
    compare: impl Fn(Option<&T>, Option<&T>) -> (Vec<FieldChange>, Delta),
) -> Vec<ResourceDiff> {
    let ids: BTreeSet<&ResourceId> = before.keys().chain(after.keys()).collect();
    let diff = |id: &ResourceId| {
        let before = before.get(id).map(|wanted| &*wanted.declared);
        let after = after.get(id).map(|wanted| &*wanted.declared);
        let (settings, delta) = compare(before, after);
        let change = match (before, after) {
            (None, _) => ResourceChange::Added,
            (_, None) => ResourceChange::Removed,
            (Some(_), Some(_)) => ResourceChange::Modified,
        };
        let same = change == ResourceChange::Modified && delta.is_empty() && settings.is_empty();
        let shown = after.or(before).filter(|_| !same)?;
        Some(ResourceDiff {
            id: id.clone(),
            display_name: shown.display_name().to_owned(),
            place: shown.metadata().location.line(),
            change,
            delta,
            settings,
        })
    };
    ids.into_iter().filter_map(diff).collect()
}

fn flow(before: Option<&DesiredFlow>, after: Option<&DesiredFlow>) -> (Vec<FieldChange>, Delta) {
    let nothing = FlowContent::default();
    let delta = compare(
        before.map_or(&nothing, |desired| &desired.flow.content),
        after.map_or(&nothing, |desired| &desired.flow.content),
    );
    let settings = before.zip(after).map(|(before, after)| settings(before, after));
    (settings.unwrap_or_default(), delta)
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
