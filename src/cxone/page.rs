//! Lists that come in pages.

use std::collections::HashSet;

/// The most pages that one list may have.
const MOST_PAGES: u64 = 10_000;

/// One page.
pub(super) struct Page<T> {
    /// What it holds.
    pub(super) items: Vec<T>,
    /// How many there are on all pages.
    pub(super) total: u64,
}

/// What comes after a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The page of that number, from 1.
    Page(u64),
    /// Nothing: the list is complete.
    Complete,
    /// The list moved while it was read, or the server counts wrongly: begin anew.
    Anew(String),
}

/// A list in the making: each thing once, in the order of the pages.
pub(super) struct List<T> {
    id: fn(&T) -> String,
    seen: HashSet<String>,
    items: Vec<T>,
    pages: u64,
    total: Option<u64>,
}

impl<T> List<T> {
    /// Begins an empty list of things that `id` tells apart.
    pub(super) fn new(id: fn(&T) -> String) -> Self {
        Self { id, seen: HashSet::new(), items: Vec::new(), pages: 0, total: None }
    }

    /// Returns what was read.
    pub(super) fn into_items(self) -> Vec<T> {
        self.items
    }

    /// Returns how many pages there are if all are as long as those that were taken.
    pub(super) fn expected_pages(&self) -> u64 {
        let held = self.items.len() as u64;
        let total = self.total.unwrap_or_default();
        total.saturating_mul(self.pages).div_ceil(held.max(1)).min(MOST_PAGES)
    }

    /// Takes the next page. `totalCount` says where the end is, not the size of a page: a server
    /// may give fewer than it was asked for.
    pub(super) fn take(&mut self, page: Page<T>) -> Next {
        self.pages += 1;
        let before = *self.total.get_or_insert(page.total);
        if before != page.total {
            return Next::Anew(format!(
                "totalCount went from {before} to {} meanwhile",
                page.total
            ));
        }
        let known = self.items.len();
        for item in page.items {
            if self.seen.insert((self.id)(&item)) {
                self.items.push(item);
            }
        }
        self.next(page.total, self.items.len() > known)
    }

    fn next(&self, total: u64, grew: bool) -> Next {
        if self.items.len() as u64 >= total {
            Next::Complete
        } else if !grew || self.pages >= MOST_PAGES {
            let (pages, held) = (self.pages, self.items.len());
            Next::Anew(format!(
                "totalCount says {total}, but {pages} page(s) hold {held} and the last one nothing new"
            ))
        } else {
            Next::Page(self.pages + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pages: &[(&[&str], u64)]) -> (Vec<Next>, Vec<String>) {
        let mut list = List::new(String::clone);
        let page = |(items, total): &(&[&str], u64)| Page {
            items: items.iter().map(ToString::to_string).collect(),
            total: *total,
        };
        let nexts = pages.iter().map(|p| list.take(page(p))).collect();
        (nexts, list.into_items())
    }

    #[test]
    fn pages_are_followed_to_the_total_however_small_they_are() {
        let (nexts, items) = read(&[(&["a", "b"], 4), (&["c"], 4), (&["d"], 4)]);
        assert_eq!(nexts, [Next::Page(2), Next::Page(3), Next::Complete]);
        assert_eq!(items, ["a", "b", "c", "d"]);
        assert_eq!(read(&[(&[], 0)]).0, [Next::Complete]);
    }

    #[test]
    fn what_comes_twice_counts_once() {
        let (nexts, items) = read(&[(&["a", "b"], 3), (&["b", "c"], 3)]);
        assert_eq!(nexts, [Next::Page(2), Next::Complete]);
        assert_eq!(items, ["a", "b", "c"]);
    }

    #[test]
    fn a_list_that_does_not_add_up_is_begun_anew() {
        for pages in [
            [(&["a"] as &[&str], 3), (&[], 3)],
            [(&["a"], 3), (&["a"], 3)],
            [(&["a"], 3), (&["b"], 4)],
        ] {
            assert!(matches!(read(&pages).0[1], Next::Anew(_)), "{pages:?}");
        }
    }
}
