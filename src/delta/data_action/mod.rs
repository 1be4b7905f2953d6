//! Two contents of a data action, property by property.
//!
//! No difference is made by the order of dependencies, by an absent and an empty description, by the
//! spelling of numbers in the trigger, by line breaks at the end of the script, and by properties that
//! only the platform knows, those in the trigger included.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::fields::Fields;
use super::json::normal_map;
use super::side::{Base, side};
use super::{FieldChange, hash_value};
use crate::model::{ContentHash, DataActionContent, Side};

/// A property that is compared and merged by itself.
struct Property {
    /// Where plans and diffs show it.
    pointer: &'static str,
    read: fn(&DataActionContent) -> Value,
    copy: fn(&DataActionContent, &mut DataActionContent),
}

const PROPERTIES: &[Property] = &[
    Property {
        pointer: "/description",
        read: |content| content.description.clone().filter(|text| !text.is_empty()).into(),
        copy: |from, into| into.description.clone_from(&from.description),
    },
    Property {
        pointer: "/type",
        read: |content| content.action_type.clone().into(),
        copy: |from, into| into.action_type.clone_from(&from.action_type),
    },
    Property {
        pointer: "/trigger",
        read: |content| normal_map(&content.trigger).into(),
        copy: |from, into| into.trigger.clone_from(&from.trigger),
    },
    Property {
        pointer: "/enabled",
        read: |content| content.enabled.into(),
        copy: |from, into| into.enabled = from.enabled,
    },
    Property {
        pointer: "/dependencies",
        read: |content| content.dependencies.iter().cloned().collect(),
        copy: |from, into| into.dependencies.clone_from(&from.dependencies),
    },
    Property {
        pointer: "/script/language",
        read: |content| content.language.clone().into(),
        copy: |from, into| into.language.clone_from(&from.language),
    },
    Property {
        pointer: "/script/content",
        read: |content| Value::from(content.script.trim_end_matches(['\n', '\r'])),
        copy: |from, into| into.script = Arc::clone(&from.script),
    },
];

/// Returns the hash of a data action's content, the name left out; contents have one hash exactly
/// when [`compare_data_actions`] finds nothing.
pub fn hash_data_action(content: &DataActionContent) -> ContentHash {
    let properties = PROPERTIES.iter().map(|one| (one.pointer.to_owned(), (one.read)(content)));
    hash_value(&Value::Object(properties.collect::<Map<_, _>>()))
}

/// Compares two contents; one that is absent has no properties.
///
/// Pointers are `/description`, `/type`, `/trigger` and what is in it, `/enabled`, `/dependencies`,
/// `/script/language` and `/script/content`, in this order.
pub fn compare_data_actions(
    before: Option<&DataActionContent>,
    after: Option<&DataActionContent>,
) -> Vec<FieldChange> {
    PROPERTIES.iter().flat_map(|property| changes(property, before, after)).collect()
}

fn changes(
    property: &Property,
    before: Option<&DataActionContent>,
    after: Option<&DataActionContent>,
) -> Vec<FieldChange> {
    let read = |content: Option<&DataActionContent>| {
        content.map(property.read).filter(|value| !value.is_null())
    };
    let (before, after) = (read(before), read(after));
    match (&before, &after) {
        // A set has no first member that could be compared with another's first.
        (Some(Value::Array(_)), Some(Value::Array(_))) if before != after => {
            vec![FieldChange { pointer: property.pointer.to_owned(), before, after }]
        }
        _ => Fields::under(property.pointer, before.as_ref(), after.as_ref()),
    }
}

/// What becomes of a data action that is live.
#[derive(Debug, Clone, PartialEq)]
pub struct DataActionMerge {
    /// What is to be live: git's content, with the platform's own properties, and with what someone
    /// changed live where git did not.
    pub content: DataActionContent,
    /// What git changed, from live to wanted.
    pub written: Vec<FieldChange>,
    /// What someone changed live and git did not, from wanted to live: it stays.
    pub kept: Vec<FieldChange>,
    /// What both changed, from live to wanted.
    pub conflicts: Vec<FieldChange>,
}

/// Compares live content with what git wants, and says of each property who moved it.
pub fn merge_data_action(
    base: Base<'_, DataActionContent>,
    live: &DataActionContent,
    wanted: &DataActionContent,
) -> DataActionMerge {
    let (live, own) = split_trigger(base, live, wanted);
    let live = &live;
    let mut content = wanted.clone();
    content.extra.clone_from(&live.extra);
    let mut merge =
        DataActionMerge { content, written: Vec::new(), kept: Vec::new(), conflicts: Vec::new() };
    for property in PROPERTIES {
        let (is, should) = ((property.read)(live), (property.read)(wanted));
        match side(&base.map(property.read), &is, &should) {
            None => {}
            Some(Side::Git) => merge.written.extend(changes(property, Some(live), Some(wanted))),
            Some(Side::Both) => merge.conflicts.extend(changes(property, Some(live), Some(wanted))),
            Some(Side::Live) => {
                merge.kept.extend(changes(property, Some(wanted), Some(live)));
                (property.copy)(live, &mut merge.content);
            }
        }
    }
    merge.content.trigger.extend(own);
    merge
}

/// Compares as [`merge_data_action`] does, and writes git's over what someone changed live.
pub fn overrule_data_action(
    base: &DataActionContent,
    live: &DataActionContent,
    wanted: &DataActionContent,
) -> DataActionMerge {
    let said = |key: &String| base.trigger.contains_key(key) || wanted.trigger.contains_key(key);
    // As if what is live had been written by flowgate, except for what is the platform's own.
    let mut known = live.clone();
    known.trigger.retain(|key, _| said(key));
    merge_data_action(Base::Recorded(&known), live, wanted)
}

impl DataActionMerge {
    /// Returns what git and the tenant say together, without what only the platform says: git's where
    /// both changed something.
    pub fn adopted(
        &self,
        base: &DataActionContent,
        wanted: &DataActionContent,
    ) -> DataActionContent {
        let mut content = DataActionContent { extra: Map::new(), ..self.content.clone() };
        content
            .trigger
            .retain(|key, _| base.trigger.contains_key(key) || wanted.trigger.contains_key(key));
        content
    }
}

/// Takes out of the live trigger what neither git nor flowgate ever said: the platform's own, which is
/// carried along.
fn split_trigger(
    base: Base<'_, DataActionContent>,
    live: &DataActionContent,
    wanted: &DataActionContent,
) -> (DataActionContent, Map<String, Value>) {
    let known = base.map(|base| &base.trigger);
    let said = |key: &String| {
        wanted.trigger.contains_key(key)
            || known.part().is_some_and(|known| known.contains_key(key))
    };
    let (ours, own) = live.trigger.clone().into_iter().partition(|(key, _)| said(key));
    (DataActionContent { trigger: ours, ..live.clone() }, own)
}
