//! What a pass is about.

use std::collections::BTreeSet;

use crate::model::{Desired, ResourceId, Selector};

/// Returns the resources that a selector leaves: those that carry its label, and what they depend
/// on; everything without a selector.
pub fn select(desired: &Desired, selector: Option<&Selector>) -> BTreeSet<ResourceId> {
    let matches = |id: &&ResourceId| {
        let labels = desired.metadata(id).map(|metadata| &metadata.labels);
        selector.is_none_or(|selector| labels.is_some_and(|labels| selector.matches(labels)))
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
