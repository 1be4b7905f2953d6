//! What flowgate leaves as it is because somebody said so.

use std::fmt;

use jiff::Timestamp;

use super::{ResourceId, Revision};

/// Why something is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldReason {
    /// Somebody paused it.
    Paused {
        /// Why, in their words.
        reason: String,
        /// When it ends by itself; `None` when somebody must resume it.
        until: Option<Timestamp>,
    },
    /// Somebody rolled it back.
    RolledBack {
        /// The commit that is not applied while it is the one that git is at.
        from: Revision,
        /// What it was rolled back to: a commit, in full, or the version of a flow.
        to: String,
    },
}

/// Somebody's word that a resource, or everything in an environment, is to be left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What is held; `None` for everything.
    pub resource: Option<ResourceId>,
    /// Who said so.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: HoldReason,
}

impl Hold {
    /// Tells whether it is about a resource.
    pub fn covers(&self, id: &ResourceId) -> bool {
        self.resource.as_ref().is_none_or(|held| held == id)
    }

    /// Says what is held, by whom, why and how long, as `Flow/a is paused by …`.
    pub fn sentence(&self) -> String {
        match &self.resource {
            Some(id) => format!("{id} is {self}"),
            None => format!("everything is {self}"),
        }
    }

    /// Tells whether it is a pause.
    pub fn is_pause(&self) -> bool {
        matches!(self.reason, HoldReason::Paused { .. })
    }

    /// Tells whether it still counts for a pass of a commit: a pause until it ends, a rollback until
    /// git moves.
    pub fn stands(&self, revision: &Revision, now: Timestamp) -> bool {
        match &self.reason {
            HoldReason::Paused { until, .. } => until.is_none_or(|until| now < until),
            HoldReason::RolledBack { from, .. } => from == revision,
        }
    }
}

impl fmt::Display for Hold {
    /// Writes who, since when, why and how long, as `paused by ada since …: a reason, until …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, since, .. } = self;
        match &self.reason {
            HoldReason::Paused { reason, until } => {
                write!(f, "paused by {by} since {since:.0}: {reason}")?;
                match until {
                    Some(until) => write!(f, ", until {until:.0}"),
                    None => f.write_str(", until it is resumed"),
                }
            }
            HoldReason::RolledBack { from, to } => write!(
                f,
                "rolled back to {} by {by} at {since:.0}, until git moves on from {} or it is resumed",
                to.parse().map_or(to.clone(), |to: Revision| to.short().to_owned()),
                from.short()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(digit: char) -> Revision {
        digit.to_string().repeat(40).parse().expect("a revision")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn hold(reason: HoldReason) -> Hold {
        let since = at("2026-03-02T03:00:00Z");
        Hold { resource: Some(ResourceId::flow("a")), by: "ada".to_owned(), since, reason }
    }

    #[test]
    fn a_pause_ends_at_its_time_and_without_one_never() {
        let until = Some(at("2026-03-02T09:00:00Z"));
        let pause = |until| hold(HoldReason::Paused { reason: "freeze".to_owned(), until });
        let (before, after) = (at("2026-03-02T08:59:59Z"), at("2026-03-02T09:00:00Z"));
        assert!(pause(until).stands(&revision('a'), before));
        assert!(!pause(until).stands(&revision('a'), after));
        assert!(pause(None).stands(&revision('a'), after));
    }

    #[test]
    fn a_rollback_stands_until_git_moves() {
        let back =
            hold(HoldReason::RolledBack { from: revision('a'), to: revision('b').to_string() });
        let now = at("2027-03-02T09:00:00Z");
        assert!(back.stands(&revision('a'), now));
        assert!(!back.stands(&revision('c'), now));
    }

    #[test]
    fn a_hold_says_who_why_and_how_long() {
        let reason = "freeze before the elections".to_owned();
        let pause = hold(HoldReason::Paused { reason, until: None });
        insta::assert_snapshot!(pause, @"paused by ada since 2026-03-02T03:00:00Z: freeze before the elections, until it is resumed");
        let to = revision('b').to_string();
        let back = hold(HoldReason::RolledBack { from: revision('a'), to });
        insta::assert_snapshot!(back, @"rolled back to bbbbbbbb by ada at 2026-03-02T03:00:00Z, until git moves on from aaaaaaaa or it is resumed");
    }
}
