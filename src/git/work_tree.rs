//! The flows folder on disk: what `flowgate validate` reads, and what is not committed yet.

use std::fs::{self, DirEntry, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, Repository, StatusOptions};

use super::snapshot::MAX_FILE;
use super::{Content, Entry, EntryKind, Error, Repo, parallel};

/// Lists the files below a folder on disk, ordered by path, whether git has them or not.
///
/// Left out are `.git` and what git ignores and does not track. Links and other repositories are
/// listed, but neither followed nor entered. The folder need not be in a repository.
pub fn list(folder: &Path) -> Result<Vec<Entry>, Error> {
    let folder = folder.canonicalize().map_err(Error::io("open the folder", folder))?;
    let ignores = Ignores::of(&folder)?;
    let mut entries = Vec::new();
    let mut open = vec![(String::new(), folder)];
    while let Some((parent, folder)) = open.pop() {
        for found in read_folder(&folder)? {
            let path = format!("{parent}{}", found.file_name().to_string_lossy());
            match thing(&found, &ignores)? {
                Thing::Nothing => {}
                Thing::Folder => open.push((format!("{path}/"), found.path())),
                Thing::Entry(kind) => entries.push(Entry { path, kind }),
            }
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

/// Reads entries of [`list`] on all cores and hands each to `each` there. Returns the results in
/// the entries' order.
pub fn map_files<T: Send>(
    folder: &Path,
    entries: &[Entry],
    each: impl Fn(&Entry, Content<'_>) -> T + Sync,
) -> Result<Vec<T>, Error> {
    parallel::map(
        entries,
        || Ok(()),
        |(), entry| match entry.kind {
            EntryKind::File(_) => {
                read_file(&folder.join(&entry.path), |content| each(entry, content))
            }
            EntryKind::Link | EntryKind::Submodule => Ok(each(entry, Content::NotAFile)),
        },
    )
}

impl Repo {
    /// Returns the paths of the flows folder that differ from `HEAD` on disk or in the index,
    /// untracked ones too, relative to the flows folder; none for a bare repository.
    pub fn dirty(&self) -> Result<Vec<String>, Error> {
        if self.is_bare() {
            return Ok(Vec::new());
        }
        let handle = self.handle()?;
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).exclude_submodules(true);
        if !self.prefix().is_empty() {
            options.disable_pathspec_match(true).pathspec(self.prefix());
        }
        let changed = handle
            .statuses(Some(&mut options))
            .map_err(Error::git(format!("compare {} with HEAD", self.path().display())))?;
        let folder = self.in_tree_folder();
        let mut paths: Vec<String> = changed
            .iter()
            .map(|entry| String::from_utf8_lossy(entry.path_bytes()).into_owned())
            .map(|path| path.strip_prefix(&folder).unwrap_or(&path).to_owned())
            .collect();
        paths.sort();
        Ok(paths)
    }
}

enum Thing {
    Nothing,
    Folder,
    Entry(EntryKind),
}

fn thing(found: &DirEntry, ignores: &Ignores) -> Result<Thing, Error> {
    let path = found.path();
    let file_type = found.file_type().map_err(Error::io("look at", &path))?;
    if found.file_name() == ".git" || ignores.skip(&path, file_type.is_dir())? {
        return Ok(Thing::Nothing);
    }
    Ok(match () {
        () if file_type.is_symlink() => Thing::Entry(EntryKind::Link),
        () if file_type.is_dir() && path.join(".git").exists() => {
            Thing::Entry(EntryKind::Submodule)
        }
        () if file_type.is_dir() => Thing::Folder,
        () if file_type.is_file() => Thing::Entry(EntryKind::File(None)),
        // Reading a pipe or a device may never end, and git does not store them either.
        () => Thing::Nothing,
    })
}

fn read_folder(folder: &Path) -> Result<Vec<DirEntry>, Error> {
    fs::read_dir(folder).and_then(Iterator::collect).map_err(Error::io("list the folder", folder))
}

fn read_file<T>(path: &Path, take: impl FnOnce(Content<'_>) -> T) -> Result<T, Error> {
    let failed = || Error::io("read", path);
    let file = File::open(path).map_err(failed())?;
    let size = file.metadata().map_err(failed())?.len();
    let mut bytes = Vec::new();
    if size <= MAX_FILE {
        // One byte more than allowed tells a file that grows from one that fits.
        file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(failed())?;
    }
    let size = size.max(bytes.len() as u64);
    Ok(take(if size > MAX_FILE { Content::TooLarge { size } } else { Content::Bytes(&bytes) }))
}

/// What git leaves out of a work tree.
struct Ignores(Option<WorkTree>);

struct WorkTree {
    handle: Repository,
    index: git2::Index,
    root: PathBuf,
}

impl Ignores {
    /// Reads the rules for a folder; there are none outside a work tree.
    fn of(folder: &Path) -> Result<Self, Error> {
        match Repo::open(folder) {
            Ok(repo) if repo.is_bare() => Ok(Self(None)),
            Ok(repo) => Ok(Self(Some(WorkTree::open(&repo)?))),
            Err(Error::NotARepository { .. }) => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }

    fn skip(&self, path: &Path, is_folder: bool) -> Result<bool, Error> {
        match &self.0 {
            None => Ok(false),
            Some(work_tree) => work_tree.ignores(path, is_folder),
        }
    }
}

impl WorkTree {
    fn open(repo: &Repo) -> Result<Self, Error> {
        let handle = repo.handle()?;
        let index = handle.index().map_err(Error::git("read git's index"))?;
        Ok(Self { handle, index, root: repo.path().to_owned() })
    }

    /// Tells whether git's rules leave a path out; what git tracks stays in all the same.
    fn ignores(&self, path: &Path, is_folder: bool) -> Result<bool, Error> {
        let Ok(path) = path.strip_prefix(&self.root) else { return Ok(false) };
        let Some(path) = path.to_str() else { return Ok(false) };
        let path = if is_folder { format!("{path}/") } else { path.to_owned() };
        let ignored = self
            .handle
            .is_path_ignored(&path)
            .map_err(Error::git(format!("read git's ignore rules for {path}")))?;
        Ok(ignored && !self.tracks(&path)?)
    }

    fn tracks(&self, path: &str) -> Result<bool, Error> {
        if !path.ends_with('/') {
            return Ok(self.index.get_path(Path::new(path), 0).is_some());
        }
        match self.index.find_prefix(path) {
            Ok(_) => Ok(true),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
            Err(error) => Err(Error::git(format!("look for {path} in git's index"))(error)),
        }
    }
}
