//! A list of the tenant, for looking things up.

use std::collections::{BTreeMap, BTreeSet};

/// What the tenant lists of a kind, by id and by name.
pub(super) struct Listed<I, L> {
    by_id: BTreeMap<I, L>,
    /// Those that no record claims: what is recorded is found by its id.
    by_name: BTreeMap<String, I>,
}

impl<I: Ord + Clone, L> Listed<I, L> {
    /// Takes a list; `key` says the id and the name of each.
    pub(super) fn new(
        listings: Vec<L>,
        claimed: &BTreeSet<&I>,
        key: impl Fn(&L) -> (&I, &String),
    ) -> Self {
        let free = listings.iter().map(&key).filter(|(id, _)| !claimed.contains(id));
        let by_name = free.map(|(id, name)| (name.clone(), id.clone())).collect();
        let by_id = listings.into_iter().map(|one| (key(&one).0.clone(), one)).collect();
        Self { by_id, by_name }
    }

    /// Tells whether the tenant lists the id.
    pub(super) fn contains(&self, id: &I) -> bool {
        self.by_id.contains_key(id)
    }

    /// Finds one by the id that the state has, else by its name.
    pub(super) fn find(&self, recorded: Option<&I>, name: &str) -> Option<&L> {
        let known = recorded.and_then(|id| self.by_id.get(id));
        known.or_else(|| self.by_name.get(name).and_then(|id| self.by_id.get(id)))
    }
}
