//! The flows folder at a commit.

use std::fmt;

use git2::{ObjectType, Odb, Oid, Repository, Tree};
use jiff::Timestamp;

use crate::model::Revision;

use super::revision::timestamp;
use super::{Error, Repo, parallel};

/// A file above this many bytes is not read.
pub(super) const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Names the content of a file: equal ids, equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(Oid);

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A file; its content's id is known unless it was listed on disk.
    File(Option<BlobId>),
    /// A symbolic link; never followed.
    Link,
    /// Another repository; never entered.
    Submodule,
}

/// One path of the flows folder that is not a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the flows folder, with `/`. Bytes that are not UTF-8 are replaced.
    pub path: String,
    /// What lies there.
    pub kind: EntryKind,
}

/// What was found in place of a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// All of its bytes.
    Bytes(&'a [u8]),
    /// It is larger than 16 MiB, and was not read.
    TooLarge {
        /// Its size in bytes.
        size: u64,
    },
    /// It is a link or a submodule.
    NotAFile,
}

/// Everything below the flows folder at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The commit.
    pub revision: Revision,
    /// When it was committed.
    pub time: Timestamp,
    /// Ordered by path.
    pub entries: Vec<Entry>,
}

impl Repo {
    /// Lists the flows folder at a commit, from git's objects and not from the work tree.
    pub fn snapshot(&self, revision: &Revision) -> Result<Snapshot, Error> {
        let handle = self.handle()?;
        let commit = Oid::from_str(revision.as_str())
            .and_then(|id| handle.find_commit(id))
            .map_err(Error::object(format!("commit {revision}")))?;
        let tree =
            commit.tree().map_err(Error::object(format!("the tree of commit {revision}")))?;
        let folder = self.folder(&handle, tree, revision)?;
        let entries = list(&handle, folder)
            .map_err(Error::object(format!("the folders of commit {revision}")))?;
        Ok(Snapshot { revision: revision.clone(), time: timestamp(commit.time()), entries })
    }

    /// Reads entries of a snapshot on all cores and hands each to `each` there, so that parsing
    /// runs beside reading. Returns the results in the entries' order.
    pub fn map_blobs<T: Send>(
        &self,
        entries: &[Entry],
        each: impl Fn(&Entry, Content<'_>) -> T + Sync,
    ) -> Result<Vec<T>, Error> {
        let read = |handle: &Repository, entry: &Entry| {
            let EntryKind::File(Some(id)) = entry.kind else {
                return Ok(each(entry, Content::NotAFile));
            };
            let result =
                handle.odb().and_then(|odb| read_blob(&odb, id, |content| each(entry, content)));
            result.map_err(Error::object(format!("{} (object {id})", entry.path)))
        };
        parallel::map(entries, || self.handle(), read)
    }

    fn folder<'a>(
        &self,
        handle: &'a Repository,
        root: Tree<'a>,
        revision: &Revision,
    ) -> Result<Tree<'a>, Error> {
        if self.prefix().is_empty() {
            return Ok(root);
        }
        let missing = || Error::NoFolder {
            folder: self.prefix().to_owned(),
            revision: revision.short().to_owned(),
        };
        let entry = root.get_path(self.prefix().as_ref()).map_err(|_| missing())?;
        if entry.kind() != Some(ObjectType::Tree) {
            return Err(missing());
        }
        handle.find_tree(entry.id()).map_err(Error::object(format!("folder {}", self.prefix())))
    }
}

/// Lists everything below a folder, ordered by path.
fn list(handle: &Repository, folder: Tree<'_>) -> Result<Vec<Entry>, git2::Error> {
    let mut entries = Vec::new();
    // A stack of its own: how deep folders nest is the committer's choice.
    let mut open = vec![(String::new(), folder)];
    while let Some((parent, folder)) = open.pop() {
        for entry in &folder {
            let path = format!("{parent}{}", String::from_utf8_lossy(entry.name_bytes()));
            match kind_of(entry.filemode(), entry.id()) {
                Some(kind) => entries.push(Entry { path, kind }),
                None => open.push((format!("{path}/"), handle.find_tree(entry.id())?)),
            }
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

/// Returns what a mode of git's trees stands for, `None` for a folder.
fn kind_of(mode: i32, id: Oid) -> Option<EntryKind> {
    const FORMAT: i32 = 0o170_000;
    match mode & FORMAT {
        0o040_000 => None,
        0o120_000 => Some(EntryKind::Link),
        0o160_000 => Some(EntryKind::Submodule),
        _ => Some(EntryKind::File(Some(BlobId(id)))),
    }
}

/// Reads a blob unless its header says that it is too large.
fn read_blob<T>(
    odb: &Odb<'_>,
    id: BlobId,
    take: impl FnOnce(Content<'_>) -> T,
) -> Result<T, git2::Error> {
    let (size, _) = odb.read_header(id.0)?;
    let size = size as u64;
    if size > MAX_FILE {
        return Ok(take(Content::TooLarge { size }));
    }
    let object = odb.read(id.0)?;
    Ok(take(Content::Bytes(object.data())))
}
