//! Documents in memory that know what a request changed.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One document to be written through: its new bytes, or `None` when it is gone.
pub(super) struct Change {
    pub(super) collection: &'static str,
    pub(super) key: String,
    pub(super) document: Option<Vec<u8>>,
}

/// What the store and the transaction need to know of any collection.
pub(super) trait Tracked {
    fn name(&self) -> &'static str;
    /// Takes in a stored document, as part of opening.
    fn load(&mut self, key: &str, document: &[u8]) -> serde_json::Result<()>;
    /// What changed since the last [`Tracked::settle`] or [`Tracked::undo`].
    fn changes(&self) -> serde_json::Result<Vec<Change>>;
    /// Takes the changes for good.
    fn settle(&mut self);
    /// Takes the changes back.
    fn undo(&mut self);
    fn clear(&mut self);
    fn dump(&self) -> serde_json::Result<Value>;
}

/// What is derived from the documents of a collection, and follows each of their changes.
pub(super) trait Index<T>: Default {
    fn add(&mut self, key: &str, item: &T);
    fn remove(&mut self, key: &str, item: &T);
}

/// No index.
impl<T> Index<T> for () {
    fn add(&mut self, _: &str, _: &T) {}
    fn remove(&mut self, _: &str, _: &T) {}
}

/// Documents of one kind by id, in the order of their ids, with what is derived from them.
#[derive(Debug)]
pub(super) struct Collection<T, I = ()> {
    name: &'static str,
    items: BTreeMap<String, T>,
    index: I,
    /// What the changed documents were before this request.
    before: BTreeMap<String, Option<T>>,
}

impl<T: Clone, I: Index<T>> Collection<T, I> {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, items: BTreeMap::new(), index: I::default(), before: BTreeMap::new() }
    }

    pub(super) fn index(&self) -> &I {
        &self.index
    }

    pub(super) fn get(&self, key: &str) -> Option<&T> {
        self.items.get(key)
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.items.contains_key(key)
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&String, &T)> {
        self.items.iter()
    }

    pub(super) fn values(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.values()
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.items.keys().cloned().collect()
    }

    /// The documents whose id starts with `prefix`.
    pub(super) fn prefixed(
        &self,
        prefix: &str,
    ) -> impl DoubleEndedIterator<Item = &T> + use<'_, T, I> {
        let end = format!("{prefix}\u{10ffff}");
        let range = (Bound::Included(prefix.to_owned()), Bound::Excluded(end));
        self.items.range(range).map(|(_, item)| item)
    }

    pub(super) fn insert(&mut self, key: impl Into<String>, item: T) {
        let key = key.into();
        self.remember(&key);
        self.put(key, item);
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<T> {
        self.remember(key);
        self.take(key)
    }

    fn put(&mut self, key: String, item: T) {
        self.take(&key);
        self.index.add(&key, &item);
        self.items.insert(key, item);
    }

    fn take(&mut self, key: &str) -> Option<T> {
        let item = self.items.remove(key)?;
        self.index.remove(key, &item);
        Some(item)
    }

    fn remember(&mut self, key: &str) {
        if !self.before.contains_key(key) {
            self.before.insert(key.to_owned(), self.items.get(key).cloned());
        }
    }
}

/// An index would not learn of a change in place.
impl<T: Clone> Collection<T> {
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        self.remember(key);
        self.items.get_mut(key)
    }
}

impl<T: Clone + Serialize + DeserializeOwned, I: Index<T>> Tracked for Collection<T, I> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn load(&mut self, key: &str, document: &[u8]) -> serde_json::Result<()> {
        self.put(key.to_owned(), serde_json::from_slice(document)?);
        Ok(())
    }

    fn changes(&self) -> serde_json::Result<Vec<Change>> {
        let change = |key: &String| {
            let document = self.items.get(key).map(serde_json::to_vec).transpose()?;
            Ok(Change { collection: self.name, key: key.clone(), document })
        };
        self.before.keys().map(change).collect()
    }

    fn settle(&mut self) {
        self.before.clear();
    }

    fn undo(&mut self) {
        for (key, item) in std::mem::take(&mut self.before) {
            match item {
                Some(item) => self.put(key, item),
                None => drop(self.take(&key)),
            }
        }
    }

    fn clear(&mut self) {
        for key in self.keys() {
            self.remove(&key);
        }
    }

    fn dump(&self) -> serde_json::Result<Value> {
        serde_json::to_value(&self.items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded() -> Collection<u32> {
        let mut numbers = Collection::<u32>::new("numbers");
        numbers.insert("a", 1);
        numbers.insert("b", 2);
        numbers.settle();
        numbers
    }

    #[test]
    fn a_refused_request_leaves_no_trace() {
        let mut numbers = loaded();
        numbers.insert("c", 3);
        numbers.remove("a");
        *numbers.get_mut("b").expect("b is there") = 20;
        numbers.undo();
        assert_eq!(numbers.values().copied().collect::<Vec<_>>(), [1, 2]);
        assert!(numbers.changes().expect("serialises").is_empty());
    }

    #[test]
    fn changes_are_the_touched_documents_only() {
        let mut numbers = loaded();
        numbers.remove("a");
        numbers.insert("c", 3);
        let changes: Vec<_> = numbers
            .changes()
            .expect("serialises")
            .into_iter()
            .map(|change| (change.key, change.document))
            .collect();
        assert_eq!(changes, [("a".to_owned(), None), ("c".to_owned(), Some(b"3".to_vec()))]);
    }

    #[test]
    fn a_prefix_gives_only_its_own_documents() {
        let mut numbers = Collection::<u32>::new("numbers");
        for (key, item) in [("ver-1-1", 1), ("ver-1-2", 2), ("ver-10-3", 3), ("ver-2-4", 4)] {
            numbers.insert(key, item);
        }
        assert_eq!(numbers.prefixed("ver-1-").copied().collect::<Vec<_>>(), [1, 2]);
    }

    /// Counts the documents by value.
    #[derive(Debug, Default, PartialEq)]
    struct ByValue(BTreeMap<u32, usize>);

    impl Index<u32> for ByValue {
        fn add(&mut self, _: &str, item: &u32) {
            *self.0.entry(*item).or_default() += 1;
        }

        fn remove(&mut self, _: &str, item: &u32) {
            *self.0.entry(*item).or_default() -= 1;
            self.0.retain(|_, count| *count > 0);
        }
    }

    #[test]
    fn an_index_follows_changes_and_their_undoing() {
        let mut numbers = Collection::<u32, ByValue>::new("numbers");
        numbers.load("a", b"1").expect("loads");
        numbers.insert("b", 1);
        numbers.insert("a", 2);
        assert_eq!(numbers.index().0, BTreeMap::from([(1, 1), (2, 1)]));
        numbers.settle();
        numbers.remove("a");
        numbers.insert("b", 3);
        numbers.insert("c", 3);
        assert_eq!(numbers.index().0, BTreeMap::from([(3, 2)]));
        numbers.undo();
        assert_eq!(numbers.index().0, BTreeMap::from([(1, 1), (2, 1)]));
    }
}
