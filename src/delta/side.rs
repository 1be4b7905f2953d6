//! Three sides of one part: what flowgate wrote last, what is live, what git wants.

use crate::model::Side;

/// What flowgate wrote last of a resource.
#[derive(Debug)]
pub enum Base<'a, T> {
    /// This.
    Recorded(&'a T),
    /// Nothing, or nothing that counts: whatever differs is git's to write.
    Nothing,
}

impl<T> Clone for Base<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Base<'_, T> {}

impl<'a, T> Base<'a, T> {
    /// Wraps what the state holds.
    pub fn of(recorded: Option<&'a T>) -> Self {
        recorded.map_or(Self::Nothing, Self::Recorded)
    }

    /// Returns the same with what `part` is of it.
    pub(super) fn map<P>(self, part: impl FnOnce(&'a T) -> P) -> Recorded<P> {
        match self {
            Self::Recorded(base) => Recorded::Part(part(base)),
            Self::Nothing => Recorded::Nothing,
        }
    }
}

/// A part of a [`Base`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recorded<P> {
    /// This.
    Part(P),
    /// Nothing that counts.
    Nothing,
}

impl<P> Recorded<P> {
    /// Returns the part, if it is known.
    pub(super) fn part(&self) -> Option<&P> {
        match self {
            Self::Part(part) => Some(part),
            Self::Nothing => None,
        }
    }

    /// Returns what `inner` is of the part.
    pub(super) fn get<Q>(&self, inner: impl FnOnce(&P) -> Q) -> Recorded<Q> {
        match self {
            Self::Part(part) => Recorded::Part(inner(part)),
            Self::Nothing => Recorded::Nothing,
        }
    }
}

/// Tells who moved a part; `None` where live is what git wants.
pub(super) fn side<P: PartialEq>(base: &Recorded<P>, live: &P, wanted: &P) -> Option<Side> {
    if live == wanted {
        return None;
    }
    Some(match base {
        Recorded::Nothing => Side::Git,
        Recorded::Part(base) if base == live => Side::Git,
        Recorded::Part(base) if base == wanted => Side::Live,
        Recorded::Part(_) => Side::Both,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_says_which_side_moved() {
        let recorded = |base| Recorded::Part(base);
        assert_eq!(side(&recorded(1), &1, &1), None);
        assert_eq!(side(&recorded(1), &2, &2), None);
        assert_eq!(side(&recorded(1), &1, &2), Some(Side::Git));
        assert_eq!(side(&recorded(1), &2, &1), Some(Side::Live));
        assert_eq!(side(&recorded(1), &2, &3), Some(Side::Both));
        assert_eq!(side(&Recorded::Nothing, &2, &3), Some(Side::Git));
    }
}
