//! flowgate's references, and the one way in which they move.

use git2::{ErrorCode, Oid, Reference, Repository};

use super::{Error, Signature};

/// Returns the name of an environment's reference below a folder of references.
///
/// An environment is one component, so that its name is also a file name and no environment's
/// reference lies below another's.
pub(super) fn name(folder: &str, environment: &str) -> Result<String, Error> {
    let name = format!("{folder}/{environment}");
    if environment.contains('/') || !Reference::is_valid_name(&name) {
        return Err(Error::EnvironmentName { name: environment.to_owned() });
    }
    Ok(name)
}

/// Returns the commit that a reference points to, `None` if there is no such reference.
pub(super) fn tip(handle: &Repository, name: &str) -> Result<Option<Oid>, Error> {
    match handle.refname_to_id(name) {
        Ok(id) => Ok(Some(id)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(Error::git(format!("read {name}"))(error)),
    }
}

/// Returns the tree of a commit that a reference points to.
pub(super) fn tree<'a>(
    handle: &'a Repository,
    name: &str,
    commit: Oid,
) -> Result<git2::Tree<'a>, Error> {
    handle
        .find_commit(commit)
        .and_then(|commit| commit.tree())
        .map_err(Error::object(format!("commit {commit} of {name}")))
}

/// Commits a tree on top of `from` and moves the reference there, if it still is at `from`.
///
/// With `None` the reference is made, if nobody made it meanwhile. Otherwise the error is
/// [`Error::Moved`] and the reference is as the other left it.
pub(super) fn advance(
    handle: &Repository,
    name: &str,
    from: Option<Oid>,
    tree: Oid,
    message: &str,
    who: &Signature,
) -> Result<Oid, Error> {
    advance_on(handle, name, (from, from.as_slice()), tree, message, who)
}

/// Commits a tree on top of `parents` and moves the reference there, if it still is at `from`.
///
/// Fails as [`advance`] does.
pub(super) fn advance_on(
    handle: &Repository,
    name: &str,
    (from, parents): (Option<Oid>, &[Oid]),
    tree: Oid,
    message: &str,
    who: &Signature,
) -> Result<Oid, Error> {
    let who = who.to_git()?;
    let commit = || -> Result<Oid, git2::Error> {
        let tree = handle.find_tree(tree)?;
        let parents = parents.iter().map(|parent| handle.find_commit(*parent));
        let parents = parents.collect::<Result<Vec<_>, _>>()?;
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        handle.commit(None, &who, &who, message, &tree, &parents)
    };
    let commit = commit().map_err(Error::git(format!("make a commit for {name}")))?;
    // The zero id stands for a reference that does not exist; compared under git's own lock.
    let expected = from.unwrap_or(Oid::ZERO_SHA1);
    match handle.reference_matching(name, commit, true, expected, "flowgate") {
        Ok(_) => Ok(commit),
        Err(error) => Err(write_error(handle, name, error)),
    }
}

fn write_error(handle: &Repository, name: &str, error: git2::Error) -> Error {
    let reference = name.to_owned();
    match error.code() {
        ErrorCode::Modified | ErrorCode::Exists | ErrorCode::NotFound => Error::Moved { reference },
        ErrorCode::Locked => {
            Error::Busy { reference, lock: handle.commondir().join(format!("{name}.lock")) }
        }
        _ => Error::git(format!("write {name}"))(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_one_component_of_a_reference() {
        for good in ["production", "eu-1", "team_a", "v1.0"] {
            assert!(name("refs/notes/flowgate", good).is_ok(), "{good}");
        }
        for bad in ["", "a/b", "..", ".hidden", "a..b", "a b", "x.lock", "a:b", "a\0b", "../../x"] {
            assert!(name("refs/notes/flowgate", bad).is_err(), "{bad:?}");
        }
    }
}
