//! What somebody changed in the tenant since flowgate wrote last.

use jiff::Timestamp;
use serde_json::Value;

use super::Part;

/// Who moved away from the base, where live and git differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Live is what flowgate wrote last.
    Git,
    /// Git wants what flowgate wrote last.
    Live,
    /// Neither.
    Both,
}

impl Side {
    /// Every side.
    pub const ALL: &'static [Self] = &[Self::Git, Self::Live, Self::Both];

    /// Returns the word for it in plans and notes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Live => "live",
            Self::Both => "both",
        }
    }
}

/// What of a live resource moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LivePart {
    /// A flow's draft.
    Draft,
    /// The version that the target environment runs.
    Deployment,
    /// The name on the platform.
    Name,
    /// The description.
    Description,
    /// A property of a data action.
    Definition,
    /// The fields of a data store.
    Schema,
    /// Managed records of a data store.
    Records,
}

impl LivePart {
    /// Every part.
    pub const ALL: &'static [Self] = &[
        Self::Draft,
        Self::Deployment,
        Self::Name,
        Self::Description,
        Self::Definition,
        Self::Schema,
        Self::Records,
    ];

    /// Returns the word for it in plans and notes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Deployment => "deployment",
            Self::Name => "name",
            Self::Description => "description",
            Self::Definition => "definition",
            Self::Schema => "schema",
            Self::Records => "records",
        }
    }
}

/// One thing that somebody changed in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// What moved.
    pub part: LivePart,
    /// Who moved it, where the platform says.
    pub by: Option<String>,
    /// When, where the platform says.
    pub at: Option<Timestamp>,
    /// The same as a sentence without a full stop, such as `ada edited the draft at … (draft revision 7)`.
    pub how: String,
}

/// A field that git and somebody in the tenant set to different values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The element, connector, field or record that it belongs to; `None` for the resource itself.
    pub part: Option<(Part, String)>,
    /// JSON pointer into the part, such as `/configuration/prompt`; empty for the whole part.
    pub pointer: String,
    /// What flowgate wrote last; `None` when it was absent.
    pub base: Option<Value>,
    /// What is live; `None` when it is absent.
    pub live: Option<Value>,
    /// What git wants; `None` when it is absent.
    pub git: Option<Value>,
}

/// What somebody changed in the tenant and git does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Whether git moved too: [`Side::Live`] or [`Side::Both`].
    pub side: Side,
    /// What moved live.
    pub moves: Vec<Move>,
    /// Where both moved to different values. Empty where the two can be merged.
    pub conflicts: Vec<Conflict>,
}
