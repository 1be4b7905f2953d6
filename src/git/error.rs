//! What can go wrong with a repository, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use super::lock::Holder;

/// Why git could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No repository holds the folder.
    #[error("{path} is not in a git repository; give a folder of a clone, or run `git init` and commit the flows", path = path.display())]
    NotARepository {
        /// The folder that was asked for.
        path: PathBuf,
    },
    /// The flows folder is something else than a folder.
    #[error("{path} is not a folder; give the folder that holds flowgate.yaml", path = path.display())]
    NotAFolder {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// The path cannot be written with `/` and UTF-8, as git's trees are addressed here.
    #[error("the path {path} is not UTF-8 or steps through a folder that does not exist; rename the folder or give its plain path", path = path.display())]
    PathSpelling {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// The repository belongs to another user, and nothing says that it is trusted.
    #[error("the repository at {path} belongs to another user, so git does not trust its settings; if you do, run `git config --global --add safe.directory {path}`", path = path.display())]
    Ownership {
        /// The repository.
        path: PathBuf,
    },
    /// The repository is stored in a way that flowgate cannot read.
    #[error("the repository at {path} uses {feature}, which flowgate cannot read; use a clone with SHA-1 objects and plain reference files", path = path.display())]
    Unsupported {
        /// The repository.
        path: PathBuf,
        /// What it uses, as its configuration spells it.
        feature: String,
    },
    /// There is nothing to read yet.
    #[error("the repository at {path} has no commits yet; commit the flows first", path = path.display())]
    NoCommits {
        /// The repository.
        path: PathBuf,
    },
    /// Nothing has that name.
    #[error("no revision `{revision}` in the repository; {hint}")]
    UnknownRevision {
        /// As it was asked for.
        revision: String,
        /// Similar names, or what to do.
        hint: String,
    },
    /// More than one object has ids that begin like this.
    #[error("`{revision}` is short for more than one object; give more digits of the commit id")]
    AmbiguousRevision {
        /// As it was asked for.
        revision: String,
    },
    /// The name stands for a file or a folder.
    #[error("`{revision}` does not name a commit; give a commit, a branch or a tag")]
    NotACommit {
        /// As it was asked for.
        revision: String,
    },
    /// A branch that flowgate is to write is checked out.
    #[error(
        "branch `{branch}` is checked out, and flowgate changes no work tree; switch to another branch there"
    )]
    CheckedOut {
        /// Without `refs/heads/`.
        branch: String,
    },
    /// A branch that flowgate is to write holds commits of others.
    #[error(
        "branch `{branch}` has commits that flowgate did not make; merge or delete it, and the next pass adopts what is then still to be adopted"
    )]
    TakenBranch {
        /// Without `refs/heads/`.
        branch: String,
    },
    /// The environment's branch is neither here nor known from `origin`.
    #[error("no branch `{branch}`, neither here nor on origin; {hint}")]
    UnknownBranch {
        /// As the environment names it.
        branch: String,
        /// Similar names, or what to do.
        hint: String,
    },
    /// The commit does not have the flows folder.
    #[error("commit {revision} has no folder `{folder}`; check the path, or commit the folder")]
    NoFolder {
        /// The folder, relative to the root of the tree.
        folder: String,
        /// The commit, shortened.
        revision: String,
    },
    /// An object is damaged or not there.
    #[error(
        "cannot read {object}; `git fsck` tells what is damaged, and `git fetch --refetch` fetches again what a partial clone lacks"
    )]
    Object {
        /// Which.
        object: String,
        /// What libgit2 says.
        source: git2::Error,
    },
    /// The environment's name cannot be part of a reference.
    #[error(
        "environment {name:?} cannot be part of a git reference; use letters, digits, `-` and `_`"
    )]
    EnvironmentName {
        /// The name.
        name: String,
    },
    /// The resource's name cannot be a file name in git.
    #[error("{resource:?} cannot be a file name in git; rename the resource")]
    ResourceName {
        /// The name.
        resource: String,
    },
    /// Somebody else moved the reference; nothing was written over it.
    #[error(
        "{reference} was changed by someone else meanwhile; nothing was overwritten, run again"
    )]
    Moved {
        /// The reference.
        reference: String,
    },
    /// Another process is writing the reference, or died while it did.
    #[error("{reference} is being written by another git process; run again, and if no git process runs remove {lock}", lock = lock.display())]
    Busy {
        /// The reference.
        reference: String,
        /// The lock file that git makes.
        lock: PathBuf,
    },
    /// A file of the recorded state is not one that this flowgate writes.
    #[error(
        "{file} of {reference} {problem}; nothing was changed. See what is there with `git show {reference}:{file}`"
    )]
    StateFile {
        /// The reference.
        reference: String,
        /// The file in its tree.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Someone else holds the environment.
    #[error("environment {environment} is locked by {}; wait until that run ends, or end it", Holder::describe(holder.as_ref()))]
    Locked {
        /// The environment.
        environment: String,
        /// Who, where that can be read.
        holder: Option<Holder>,
    },
    /// The file system refused.
    #[error("cannot {doing} {path}", path = path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// libgit2 refused.
    #[error("cannot {doing}")]
    Git {
        /// What was being done, to what.
        doing: String,
        /// Why not.
        source: git2::Error,
    },
}

impl Error {
    pub(super) fn git(doing: impl Into<String>) -> impl FnOnce(git2::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Git { doing, source }
    }

    pub(super) fn object(object: impl Into<String>) -> impl FnOnce(git2::Error) -> Self {
        let object = object.into();
        move |source| Self::Object { object, source }
    }

    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
