//! A data action, and who names whom.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::clock::Millis;
use super::collection::{Collection, Index};
use super::document::Countdown;
use super::graph::way_back;
use crate::sandbox::Script;

/// A data action. Its type, trigger and language can be one thing only, and need no keeping.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DataAction {
    pub(super) id: String,
    pub(super) body: Body,
    pub(super) created: Millis,
    /// Later with every change, even within a millisecond.
    pub(super) modified: Millis,
}

/// What `PUT` replaces.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Body {
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// With properties that the contract does not name.
    pub(super) trigger: Map<String, Value>,
    pub(super) content: String,
    pub(super) enabled: bool,
    pub(super) dependencies: Vec<String>,
    /// Properties that the contract does not name.
    pub(super) extra: Map<String, Value>,
}

/// A scripted failure of tests: which data actions it is for, and what the platform says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TestFailure {
    pub(super) id: String,
    /// Id or name, of a data action that need not exist yet; any when absent.
    pub(super) data_action: Option<String>,
    pub(super) countdown: Countdown,
    pub(super) error: String,
}

/// The tenant's data actions.
pub(super) type DataActions = Collection<DataAction, ByName>;

/// Ids by name, and those that name a data action.
#[derive(Debug, Default)]
pub(super) struct ByName {
    ids: BTreeMap<String, String>,
    /// A name and the id of a data action that depends on it.
    callers: BTreeSet<(String, String)>,
}

impl Index<DataAction> for ByName {
    fn add(&mut self, id: &str, action: &DataAction) {
        self.ids.insert(action.body.name.clone(), id.to_owned());
        let caller = |name: &String| (name.clone(), id.to_owned());
        self.callers.extend(action.body.dependencies.iter().map(caller));
    }

    fn remove(&mut self, id: &str, action: &DataAction) {
        // While changes are taken back, the name may be another's already.
        if self.ids.get(&action.body.name).is_some_and(|own| own == id) {
            self.ids.remove(&action.body.name);
        }
        for name in &action.body.dependencies {
            self.callers.remove(&(name.clone(), id.to_owned()));
        }
    }
}

impl DataActions {
    pub(super) fn named(&self, name: &str) -> Option<&DataAction> {
        self.get(self.index().ids.get(name)?)
    }

    /// A data action that depends on that name.
    pub(super) fn caller_of(&self, name: &str) -> Option<&DataAction> {
        let mut from = self.index().callers.range((name.to_owned(), String::new())..);
        let (called, id) = from.next()?;
        if called == name { self.get(id) } else { None }
    }

    /// The cycle that `body` would close, as names from its own back to it; `own_id` is that of
    /// the data action whose body it replaces.
    pub(super) fn cycle<'a>(
        &'a self,
        own_id: Option<&str>,
        body: &'a Body,
    ) -> Option<Vec<&'a str>> {
        way_back(&body.name, |name| {
            let live = || self.named(name).filter(|action| Some(action.id.as_str()) != own_id);
            let found = if name == body.name { Some(body) } else { live().map(|one| &one.body) };
            found.map_or_else(Vec::new, Body::called)
        })
    }

    /// The scripts that running `action` may take, by name.
    ///
    /// Fails with the first dependency that does not exist, and who names it.
    pub(super) fn scripts_of<'a>(
        &'a self,
        action: &'a DataAction,
    ) -> Result<BTreeMap<String, Script>, Unknown<'a>> {
        let mut scripts = BTreeMap::new();
        let mut open = vec![action];
        while let Some(action) = open.pop() {
            let body = &action.body;
            scripts.insert(body.name.clone(), body.script());
            for name in body.called() {
                let called = self.named(name).ok_or(Unknown { name, caller: &body.name })?;
                if !scripts.contains_key(name) {
                    open.push(called);
                }
            }
        }
        Ok(scripts)
    }
}

/// A dependency that does not exist.
#[derive(Debug)]
pub(super) struct Unknown<'a> {
    pub(super) name: &'a str,
    pub(super) caller: &'a str,
}

impl Body {
    fn called(&self) -> Vec<&str> {
        self.dependencies.iter().map(String::as_str).collect()
    }

    fn script(&self) -> Script {
        let dependencies = self.dependencies.iter().cloned().collect();
        Script { content: self.content.as_str().into(), dependencies }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(id: &str, name: &str, dependencies: &[&str]) -> DataAction {
        let body = Body {
            name: name.into(),
            description: None,
            trigger: Map::new(),
            content: String::new(),
            enabled: true,
            dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
            extra: Map::new(),
        };
        DataAction { id: id.into(), body, created: 0, modified: 0 }
    }

    fn actions(all: &[DataAction]) -> DataActions {
        let mut actions = DataActions::new("dataActions");
        for one in all {
            actions.insert(one.id.clone(), one.clone());
        }
        actions
    }

    #[test]
    fn a_cycle_runs_over_all_data_actions_together() {
        let live = actions(&[action("1", "b", &["c"]), action("2", "c", &["a"])]);
        let new = action("3", "a", &["x", "b"]);
        assert_eq!(live.cycle(None, &new.body), Some(vec!["a", "b", "c", "a"]));
        let selfish = action("3", "d", &["d"]);
        assert_eq!(live.cycle(None, &selfish.body), Some(vec!["d", "d"]));
        let changed = action("2", "c", &["d"]);
        assert_eq!(live.cycle(Some("2"), &changed.body), None);
    }

    #[test]
    fn a_name_given_up_by_a_rename_closes_no_cycle() {
        let live = actions(&[action("1", "a", &["b"]), action("2", "b", &[])]);
        let renamed = action("2", "c", &["a"]);
        assert_eq!(live.cycle(Some("2"), &renamed.body), None);
        let kept = action("2", "b", &["a"]);
        assert_eq!(live.cycle(Some("2"), &kept.body), Some(vec!["b", "a", "b"]));
    }

    #[test]
    fn the_scripts_of_an_action_are_those_it_may_call() {
        let live = actions(&[
            action("1", "a", &["b", "c"]),
            action("2", "b", &["c"]),
            action("3", "c", &[]),
            action("4", "d", &["e"]),
        ]);
        let of = |name| live.scripts_of(live.named(name).expect("is there"));
        let names: Vec<String> = of("a").expect("all exist").into_keys().collect();
        assert_eq!(names, ["a", "b", "c"]);
        let unknown = of("d").expect_err("e does not exist");
        assert_eq!((unknown.name, unknown.caller), ("e", "d"));
    }

    #[test]
    fn a_rename_taken_back_leaves_the_names_right() {
        let mut live = actions(&[action("1", "a", &["b"])]);
        live.insert("1", action("1", "b", &[]));
        live.insert("2", action("2", "a", &[]));
        crate::emulator::collection::Tracked::undo(&mut live);
        assert!(live.named("b").is_none() && live.named("a").is_none());
    }
}
