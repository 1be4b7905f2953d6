//! From a name to a commit.

use git2::{ErrorClass, ErrorCode, Object, Oid, Repository};
use jiff::Timestamp;

use crate::model::Revision;

use super::{Error, Repo};

/// At least this similar is a name that may have been meant.
const SIMILAR: f64 = 0.75;
const MOST_HINTS: usize = 3;

impl Repo {
    /// Returns the commit to read: `revision` in any spelling of `git rev-parse`, else the tip of
    /// `branch` (here, else as last fetched from `origin`), else `HEAD`.
    ///
    /// A tag is followed to its commit. Errors name similar branches and tags.
    pub fn resolve(&self, revision: Option<&str>, branch: Option<&str>) -> Result<Revision, Error> {
        let handle = self.handle()?;
        let commit = match (revision, branch) {
            (Some(revision), _) => self.named(&handle, revision)?,
            (None, Some(branch)) => self.tip_of(&handle, branch)?,
            (None, None) => self.head(&handle)?,
        };
        self.revision(commit)
    }

    pub(super) fn revision(&self, commit: Oid) -> Result<Revision, Error> {
        commit.to_string().parse().map_err(|_| Error::Unsupported {
            path: self.path().to_owned(),
            feature: "object ids other than SHA-1".to_owned(),
        })
    }

    fn named(&self, handle: &Repository, revision: &str) -> Result<Oid, Error> {
        let object = handle
            .revparse_single(revision)
            .map_err(|error| self.unknown(handle, revision, error))?;
        commit_of(&object).ok_or_else(|| Error::NotACommit { revision: revision.to_owned() })
    }

    fn unknown(&self, handle: &Repository, revision: &str, error: git2::Error) -> Error {
        let revision = revision.to_owned();
        match (error.code(), error.class()) {
            (ErrorCode::Ambiguous, _) => Error::AmbiguousRevision { revision },
            (ErrorCode::GenericError, ErrorClass::Odb | ErrorClass::Object | ErrorClass::Zlib) => {
                Error::object(format!("revision {revision}"))(error)
            }
            _ if !has_commits(handle) => self.no_commits(),
            _ => Error::UnknownRevision { hint: hint(handle, &revision), revision },
        }
    }

    fn tip_of(&self, handle: &Repository, branch: &str) -> Result<Oid, Error> {
        let here = format!("refs/heads/{branch}");
        let at_origin = format!("refs/remotes/origin/{branch}");
        for name in [&here, &at_origin] {
            if let Ok(id) = handle.refname_to_id(name) {
                return commit_id(handle, id, name);
            }
        }
        if !has_commits(handle) {
            return Err(self.no_commits());
        }
        Err(Error::UnknownBranch { branch: branch.to_owned(), hint: hint(handle, branch) })
    }

    fn head(&self, handle: &Repository) -> Result<Oid, Error> {
        match handle.head() {
            Ok(head) => {
                let id = head.target().ok_or_else(|| self.no_commits())?;
                commit_id(handle, id, "HEAD")
            }
            Err(error) if error.code() == ErrorCode::UnbornBranch => Err(self.no_commits()),
            Err(error) => Err(Error::git("read HEAD")(error)),
        }
    }

    fn no_commits(&self) -> Error {
        Error::NoCommits { path: self.path().to_owned() }
    }
}

fn commit_of(object: &Object<'_>) -> Option<Oid> {
    object.peel_to_commit().ok().map(|commit| commit.id())
}

/// Checks that a reference leads to a commit that can be read.
fn commit_id(handle: &Repository, id: Oid, name: &str) -> Result<Oid, Error> {
    let object = handle.find_object(id, None).map_err(Error::object(format!("{name} ({id})")))?;
    commit_of(&object).ok_or_else(|| Error::NotACommit { revision: name.to_owned() })
}

fn has_commits(handle: &Repository) -> bool {
    handle.head().is_ok()
        || handle.references().is_ok_and(|references| references.flatten().next().is_some())
}

/// Says which branches and tags have a name like the one that is not there.
fn hint(handle: &Repository, wanted: &str) -> String {
    // Of `main~5` the part that is missing is a commit, not a name.
    let names = if wanted.contains(['~', '^']) { Vec::new() } else { names(handle) };
    let similar = similar(wanted, names);
    if similar.is_empty() {
        let how = if handle.is_shallow() { " --unshallow" } else { "" };
        return format!("`git fetch{how}` brings what only the remote has");
    }
    let quoted: Vec<String> = similar.iter().map(|name| format!("`{name}`")).collect();
    format!("did you mean {}?", quoted.join(" or "))
}

fn names(handle: &Repository) -> Vec<String> {
    let Ok(references) = handle.references() else { return Vec::new() };
    let is_name = |name: &str| {
        ["refs/heads/", "refs/tags/", "refs/remotes/"].iter().any(|part| name.starts_with(part))
    };
    references
        .flatten()
        .filter(|reference| reference.name().is_ok_and(is_name))
        .filter_map(|reference| reference.shorthand().ok().map(str::to_owned))
        .collect()
}

/// Returns the names most like the wanted one, best first.
fn similar(wanted: &str, names: Vec<String>) -> Vec<String> {
    let mut scored: Vec<(f64, String)> = names
        .into_iter()
        .map(|name| {
            let bare = name.strip_prefix("origin/").unwrap_or(&name);
            (strsim::jaro_winkler(wanted, bare), name)
        })
        .filter(|(score, _)| *score >= SIMILAR)
        .collect();
    scored.sort_by(|(a, left), (b, right)| b.total_cmp(a).then_with(|| left.cmp(right)));
    scored.into_iter().take(MOST_HINTS).map(|(_, name)| name).collect()
}

/// Returns a git time; one that no calendar holds becomes the nearest that one does.
pub(super) fn timestamp(time: git2::Time) -> Timestamp {
    Timestamp::from_second(time.seconds()).unwrap_or(match time.seconds() {
        ..0 => Timestamp::MIN,
        0.. => Timestamp::MAX,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_like_the_wanted_one_come_best_first() {
        let names = ["main", "origin/production", "prodction", "v1.0.0"].map(str::to_owned);
        assert_eq!(
            similar("production", names.to_vec()),
            ["origin/production", "prodction"].map(str::to_owned)
        );
        assert_eq!(similar("zzz", names.to_vec()), Vec::<String>::new());
    }

    #[test]
    fn a_time_outside_the_calendar_is_bent_to_its_edge() {
        assert_eq!(timestamp(git2::Time::new(i64::MAX, 0)), Timestamp::MAX);
        assert_eq!(timestamp(git2::Time::new(i64::MIN, 0)), Timestamp::MIN);
        assert_eq!(timestamp(git2::Time::new(0, 60)), Timestamp::UNIX_EPOCH);
    }
}
