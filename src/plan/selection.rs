//! What a pass is about.

use std::collections::BTreeSet;

use crate::model::{Desired, ResourceId, Selector};

/// Returns the declared resources that a selector leaves; all of them without one.
pub fn select(desired: &Desired, selector: Option<&Selector>) -> BTreeSet<ResourceId> {
    match selector {
        None => desired.ids().cloned().collect(),
        Some(Selector::Resource(id)) => desired.ids().filter(|one| *one == id).cloned().collect(),
        Some(Selector::Label { label, value }) => labelled(desired, label, value),
    }
}

/// Returns the resources that carry a label, and what they depend on.
fn labelled(desired: &Desired, label: &str, value: &str) -> BTreeSet<ResourceId> {
    let matches = |id: &&ResourceId| {
        let labels = desired.metadata(id).map(|metadata| &metadata.labels);
        labels.is_some_and(|labels| labels.get(label).is_some_and(|carried| carried == value))
    };
    let mut open: Vec<ResourceId> = desired.ids().filter(matches).cloned().collect();
    let mut selected = BTreeSet::new();
    while let Some(id) = open.pop() {
        if desired.declares(&id) && !selected.contains(&id) {
            open.extend(desired.uses(&id));
            selected.insert(id);
        }
    }
    selected
}
