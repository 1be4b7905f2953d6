//! The branch that offers what people changed in the tenant.
//!
//! ```text
//! revision ──► adoption                 the branch is new, or was merged
//!     tip ──► adoption                  what was offered before was not merged yet
//! revision ─┘
//! ```
//!
//! Every adoption's tree is that of the reconciled revision with the adopted files. It names its own
//! tree in its message, so that a commit of somebody else, also one that was amended, is told from it.
//! Nothing is ever committed over somebody else's commit.

use git2::{Commit, FileMode, Oid, Repository, Tree, build::TreeUpdateBuilder};

use super::{Error, Repo, Signature, refs};
use crate::model::Revision;

const FOLDER: &str = "refs/heads/flowgate/drift";

/// How the line of the message begins that names the commit's tree.
const MARK: &str = "Flowgate-Tree: ";

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The branch, and the commit that offers what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Without `refs/heads/`.
    pub name: String,
    /// The commit.
    pub commit: Revision,
    /// Whether the commit is new.
    pub is_new: bool,
}

/// Returns the name of an environment's branch, without `refs/heads/`.
pub fn adopted_branch(environment: &str) -> String {
    format!("flowgate/drift/{environment}")
}

impl Repo {
    /// Offers files on the branch `flowgate/drift/<environment>`, on top of a revision.
    ///
    /// Paths are relative to the flows folder. A file that began with a byte order mark still does, and
    /// one that could be executed still can. Work tree, index and `HEAD` stay as they are.
    ///
    /// What the branch offers already makes no commit. Fails with [`Error::CheckedOut`] and
    /// [`Error::TakenBranch`] before anything is written.
    pub fn adopt(
        &self,
        environment: &str,
        revision: &Revision,
        files: &[(String, String)],
        message: &str,
        who: &Signature,
    ) -> Result<Branch, Error> {
        let name = refs::name(FOLDER, environment)?;
        let branch = adopted_branch(environment);
        let handle = self.handle()?;
        let failed = || Error::git(format!("prepare branch {branch}"));
        let revision = Oid::from_str(revision.as_str()).map_err(failed())?;
        let tree = self.tree_with(&handle, revision, files).map_err(failed())?;
        let tip = refs::tip(&handle, &name)?;
        let offer = Offer { handle: &handle, revision, tree };
        let found = |commit: Oid, is_new| {
            Ok(Branch { name: branch.clone(), commit: self.revision(commit)?, is_new })
        };
        let parents = match tip.map(|tip| offer.after(tip)).transpose().map_err(failed())? {
            None => vec![revision],
            Some(After::Offered(commit)) => return found(commit, false),
            Some(After::Taken) => return Err(Error::TakenBranch { branch }),
            Some(After::On(parents)) => parents,
        };
        if is_checked_out(&handle, &branch) {
            return Err(Error::CheckedOut { branch });
        }
        let message = format!("{}\n\n{MARK}{tree}\n", message.trim_end());
        let commit = refs::advance_on(&handle, &name, (tip, &parents), tree, &message, who)?;
        found(commit, true)
    }

    fn tree_with(
        &self,
        handle: &Repository,
        revision: Oid,
        files: &[(String, String)],
    ) -> Result<Oid, git2::Error> {
        let tree = handle.find_commit(revision)?.tree()?;
        let mut builder = TreeUpdateBuilder::new();
        for (path, text) in files {
            let path = format!("{}{path}", self.in_tree_folder());
            let (mode, mark) = before(handle, &tree, &path);
            builder.upsert(&path, handle.blob(format!("{mark}{text}").as_bytes())?, mode);
        }
        builder.create_updated(handle, &tree)
    }
}

/// Returns how a file stands in a tree, and the byte order mark if it has one.
fn before(handle: &Repository, tree: &Tree<'_>, path: &str) -> (FileMode, &'static str) {
    let Ok(entry) = tree.get_path(std::path::Path::new(path)) else { return (FileMode::Blob, "") };
    let executable = entry.filemode() == i32::from(FileMode::BlobExecutable);
    let mode = if executable { FileMode::BlobExecutable } else { FileMode::Blob };
    let marked = handle
        .find_blob(entry.id())
        .is_ok_and(|blob| blob.content().starts_with(BYTE_ORDER_MARK.as_bytes()));
    (mode, if marked { BYTE_ORDER_MARK } else { "" })
}

/// Looks in the repository's own work tree and in linked ones.
fn is_checked_out(handle: &Repository, branch: &str) -> bool {
    let own = Repository::open(handle.commondir()).ok().filter(|own| !own.is_bare());
    let names = handle.worktrees().ok();
    let names = names.iter().flat_map(|names| names.iter().flatten().flatten());
    let linked = names
        .filter_map(|name| Repository::open_from_worktree(&handle.find_worktree(name).ok()?).ok());
    let reference = format!("refs/heads/{branch}");
    let mut all = own.into_iter().chain(linked);
    all.any(|work_tree| work_tree.head().is_ok_and(|head| head.name() == Ok(&reference)))
}

/// What is to be offered, and where.
struct Offer<'r> {
    handle: &'r Repository,
    revision: Oid,
    tree: Oid,
}

/// What an existing branch means for an offer.
enum After {
    /// It is there already.
    Offered(Oid),
    /// Somebody else works there.
    Taken,
    /// It comes on top of these.
    On(Vec<Oid>),
}

impl Offer<'_> {
    fn after(&self, tip: Oid) -> Result<After, git2::Error> {
        if tip == self.revision || self.handle.graph_descendant_of(self.revision, tip)? {
            return Ok(After::On(vec![self.revision]));
        }
        if let Some(commit) = self.offered(tip)? {
            return Ok(After::Offered(commit));
        }
        if !is_ours(&self.handle.find_commit(tip)?) {
            return Ok(After::Taken);
        }
        let above = self.handle.graph_descendant_of(tip, self.revision)?;
        Ok(After::On(if above { vec![tip] } else { vec![tip, self.revision] }))
    }

    /// Looks for the same offer on the way from the tip back to the revision; it may have commits of
    /// others on top.
    fn offered(&self, tip: Oid) -> Result<Option<Oid>, git2::Error> {
        let mut walk = self.handle.revwalk()?;
        walk.push(tip)?;
        walk.hide(self.revision)?;
        walk.simplify_first_parent()?;
        for commit in walk {
            let commit = self.handle.find_commit(commit?)?;
            if is_ours(&commit) {
                // An older offer is none any more.
                let same = commit.tree_id() == self.tree
                    && self.handle.graph_descendant_of(commit.id(), self.revision)?;
                return Ok(same.then(|| commit.id()));
            }
        }
        Ok(None)
    }
}

/// Tells whether flowgate made a commit, and nobody amended it.
fn is_ours(commit: &Commit<'_>) -> bool {
    let mark = format!("{MARK}{}", commit.tree_id());
    commit.message().is_ok_and(|message| message.lines().any(|line| line == mark))
}
