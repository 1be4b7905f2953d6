//! What is there twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Returns each item whose key an earlier one has, with the first of that key before it.
pub(super) fn repeated<'k, T: Copy>(
    items: impl IntoIterator<Item = (&'k str, T)>,
) -> impl Iterator<Item = (&'k str, T, T)> {
    let mut firsts = HashMap::new();
    items.into_iter().filter_map(move |(key, item)| match firsts.entry(key) {
        Entry::Occupied(first) => Some((key, *first.get(), item)),
        Entry::Vacant(entry) => {
            entry.insert(item);
            None
        }
    })
}
