//! The names by which flows and scripts call data actions and data stores.

use std::collections::{BTreeMap, HashSet};

use crate::model::{Declarations, Kind, Project, ResourceId};

use super::typo::Guesses;

/// Every name that may be called: of what git declares, and of what the project lists as external.
pub(super) struct Names<'a> {
    known: BTreeMap<Kind, Known<'a>>,
}

struct Known<'a> {
    names: HashSet<&'a str>,
    guesses: Guesses<'a>,
}

impl<'a> Names<'a> {
    /// Collects the names.
    pub(super) fn of(project: &'a Project, declared: &'a Declarations) -> Self {
        let external = |kind| project.external.iter().filter(move |id| id.kind == kind);
        let actions = declared.data_actions.keys().chain(external(Kind::DataAction));
        let stores = declared.data_stores.keys().chain(external(Kind::DataStore));
        let known = [(Kind::DataAction, Known::of(actions)), (Kind::DataStore, Known::of(stores))];
        Self { known: BTreeMap::from(known) }
    }

    /// Tells whether a data action or data store has the name.
    pub(super) fn has(&self, kind: Kind, name: &str) -> bool {
        self.known.get(&kind).is_some_and(|known| known.names.contains(name))
    }

    /// Returns the name that an unknown one most likely misspells.
    pub(super) fn guess(&mut self, kind: Kind, name: &'a str) -> Option<&'a str> {
        self.known.get_mut(&kind)?.guesses.guess(name)
    }

    /// Returns what to do about a name that is not known.
    pub(super) fn hint(&mut self, kind: Kind, name: &'a str) -> String {
        let listing = format!(
            "if the tenant has it, list `{kind}/{name}` under `spec.external` in flowgate.yaml"
        );
        match self.guess(kind, name) {
            Some(guess) => format!("did you mean `{guess}`? {listing}"),
            None => format!("declare it, or, {listing}"),
        }
    }
}

impl<'a> Known<'a> {
    fn of(ids: impl Iterator<Item = &'a ResourceId>) -> Self {
        let names: HashSet<_> = ids.map(|id| id.name.as_str()).collect();
        Self { guesses: Guesses::among(names.iter().copied()), names }
    }
}
