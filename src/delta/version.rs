//! Which version number a delta asks for.

use semver::{BuildMetadata, Prerelease, Version};

use super::{Delta, PartChange, PartDelta};
use crate::model::Part;

/// Which of the three numbers of a version grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bump {
    /// The third: configuration, labels or conditions only.
    Patch,
    /// The second: an element or connector was added.
    Minor,
    /// The first: an element or connector was removed, or is not what it was.
    Major,
}

impl Delta {
    /// Returns which number the delta asks to grow; `None` when nothing differs.
    ///
    /// An element whose type changed, and a connector whose source or target changed, count as
    /// removed.
    pub fn bump(&self) -> Option<Bump> {
        let elements = self.rows(Part::Element).iter().map(|row| part_bump(row, &["/id", "/type"]));
        let ends = ["/id", "/sourceId", "/targetId"];
        let connectors = self.rows(Part::Connector).iter().map(|row| part_bump(row, &ends));
        elements.chain(connectors).max()
    }
}

fn part_bump(row: &PartDelta, identity: &[&str]) -> Bump {
    match &row.change {
        PartChange::Removed(_) => Bump::Major,
        PartChange::Added(_) => Bump::Minor,
        PartChange::Modified(fields) => {
            let retyped = fields.iter().any(|field| identity.contains(&field.pointer.as_str()));
            if retyped { Bump::Major } else { Bump::Patch }
        }
    }
}

/// Returns the version number that follows; the first is 1.0.0.
///
/// What a pre-release or build adds to the number is dropped. A number at its limit stays there.
pub fn next(version: Option<&Version>, bump: Bump) -> Version {
    let Some(&Version { major, minor, patch, .. }) = version else { return Version::new(1, 0, 0) };
    let (major, minor, patch) = match bump {
        Bump::Major => (major.saturating_add(1), 0, 0),
        Bump::Minor => (major, minor.saturating_add(1), 0),
        Bump::Patch => (major, minor, patch.saturating_add(1)),
    };
    Version { major, minor, patch, pre: Prerelease::EMPTY, build: BuildMetadata::EMPTY }
}
