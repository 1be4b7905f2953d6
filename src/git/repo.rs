//! Which repository, and which folder in it.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use git2::{ErrorCode, Repository, RepositoryInitOptions};

use super::Error;

/// A flows folder inside a git repository.
#[derive(Debug, Clone)]
pub struct Repo {
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_dir: Option<PathBuf>,
    prefix: String,
}

impl Repo {
    /// Finds the repository that holds a flows folder.
    ///
    /// `path` is the root of a work tree or a folder below it, a linked worktree, or a bare
    /// repository. Below a bare repository it goes on inside the tree: `repo.git/team/flows`. The
    /// folder need not be on disk, only in the revision that is read later.
    pub fn open(path: &Path) -> Result<Self, Error> {
        // As git itself reads: zlib's checksum shows a damaged object, and hashing each one again
        // would cost time for nothing that git's own reads promise.
        git2::opts::strict_hash_verification(false);
        let place = Place::find(path)?;
        let handle = discover(path, &place.folder)?;
        let git_dir = real(handle.path())?;
        let common_dir = real(handle.commondir())?;
        let work_dir = handle.workdir().map(real).transpose()?;
        // A bare repository may also lie beside the folder that points to it, as `.git` or by a
        // `.git` file, without a work tree.
        let beside = git_dir.parent().map(Path::to_owned);
        let roots = [Some(git_dir.clone()), work_dir.clone(), beside];
        let prefix = place
            .below(roots.iter().flatten())
            .ok_or_else(|| Error::PathSpelling { path: path.to_owned() })?;
        Ok(Self { git_dir, common_dir, work_dir, prefix })
    }

    /// Returns the flows folder relative to the root of the tree, with `/`; empty for the root.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns the git directory that all worktrees of the repository share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// Returns the only folder in which flowgate keeps files: `flowgate` in the common directory.
    pub fn data_dir(&self) -> PathBuf {
        self.common_dir.join("flowgate")
    }

    /// Returns the root of the work tree, if there is one.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_dir.as_deref()
    }

    /// Tells whether there is no work tree.
    pub fn is_bare(&self) -> bool {
        self.work_dir.is_none()
    }

    /// Returns where the repository comes from: the address of `origin` without credentials, else
    /// the name of the repository's folder.
    pub fn origin(&self) -> Result<String, Error> {
        let config = self.handle()?.config().map_err(Error::git("read the git configuration"))?;
        match config.get_string("remote.origin.url") {
            Ok(url) if !url.trim().is_empty() => Ok(without_credentials(url.trim())),
            _ => Ok(folder_name(&self.common_dir)),
        }
    }

    /// Opens the repository once more, for one operation or one thread.
    pub(super) fn handle(&self) -> Result<Repository, Error> {
        Repository::open(&self.git_dir)
            .map_err(|error| open_error(&self.git_dir, &self.git_dir, error))
    }

    /// Returns what the flows folder's paths begin with in the tree: empty, or ending in `/`.
    pub(super) fn in_tree_folder(&self) -> String {
        if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) }
    }

    /// Returns the root of the work tree, or the bare repository.
    pub(super) fn path(&self) -> &Path {
        self.work_dir.as_deref().unwrap_or(&self.git_dir)
    }
}

/// Makes a repository whose first branch is `main`. The folder must be there.
pub fn init(folder: &Path) -> Result<(), Error> {
    let mut options = RepositoryInitOptions::new();
    options.initial_head("main").no_reinit(true);
    let made = Repository::init_opts(folder, &options);
    made.map(drop).map_err(Error::git(format!("make a repository in {}", folder.display())))
}

/// A path, split where it leaves the disk.
struct Place {
    /// The deepest folder that is on disk, links resolved.
    folder: PathBuf,
    /// What follows.
    rest: PathBuf,
}

impl Place {
    fn find(path: &Path) -> Result<Self, Error> {
        let whole = std::path::absolute(path).map_err(Error::io("resolve", path))?;
        let on_disk = whole.ancestors().find(|ancestor| ancestor.exists());
        let on_disk = on_disk.ok_or_else(|| Error::NotARepository { path: path.to_owned() })?;
        if !on_disk.is_dir() {
            return Err(Error::NotAFolder { path: on_disk.to_owned() });
        }
        let rest = whole.strip_prefix(on_disk).unwrap_or(Path::new(""));
        Ok(Self { folder: real(on_disk)?, rest: rest.to_owned() })
    }

    /// Returns the place relative to the first of the roots that holds it, with `/`.
    fn below<'a>(&self, mut roots: impl Iterator<Item = &'a PathBuf>) -> Option<String> {
        let inside = roots.find_map(|root| self.folder.strip_prefix(root).ok())?;
        let whole = inside.join(&self.rest);
        let parts: Option<Vec<&str>> = whole.components().map(plain_name).collect();
        Some(parts?.join("/"))
    }
}

fn plain_name(component: Component<'_>) -> Option<&str> {
    match component {
        Component::Normal(name) => name.to_str(),
        _ => None,
    }
}

fn real(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(Error::io("resolve", path))
}

/// Opens the repository at or above a folder, for the `path` that was asked for.
fn discover(path: &Path, folder: &Path) -> Result<Repository, Error> {
    let nowhere: [&OsStr; 0] = [];
    let git_dir = Repository::discover_path(folder, nowhere)
        .map_err(|error| open_error(path, folder, error))?;
    Repository::open(&git_dir).map_err(|error| open_error(path, &git_dir, error))
}

fn open_error(path: &Path, git_dir: &Path, error: git2::Error) -> Error {
    match error.code() {
        ErrorCode::NotFound => Error::NotARepository { path: path.to_owned() },
        ErrorCode::Owner => Error::Ownership { path: trusted_path(git_dir) },
        _ => match foreign_format(git_dir) {
            Some(feature) => Error::Unsupported { path: path.to_owned(), feature },
            None => Error::git(format!("open the git repository at {}", path.display()))(error),
        },
    }
}

/// Returns the path that `safe.directory` wants: of the work tree, or of a bare repository.
fn trusted_path(git_dir: &Path) -> PathBuf {
    match git_dir.parent() {
        Some(work_dir) if git_dir.ends_with(".git") => work_dir.to_owned(),
        _ => git_dir.to_owned(),
    }
}

/// Returns the extension of git's format that keeps libgit2 from opening a repository.
fn foreign_format(git_dir: &Path) -> Option<String> {
    const KNOWN: [&str; 4] = ["noop", "worktreeconfig", "preciousobjects", "relativeworktrees"];
    let files = [git_dir.join("config"), git_dir.join("../../config")];
    let config = files.iter().find_map(|file| git2::Config::open(file).ok())?;
    let mut foreign = None;
    let entries = config.entries(Some("^extensions\\.")).ok()?;
    entries
        .for_each(|entry| {
            let (Ok(name), Ok(value)) = (entry.name(), entry.value()) else { return };
            let extension = name.trim_start_matches("extensions.");
            let sha1 = extension == "objectformat" && value.eq_ignore_ascii_case("sha1");
            if !sha1 && !KNOWN.contains(&extension) {
                foreign = Some(format!("{name} = {value}"));
            }
        })
        .ok()?;
    foreign
}

/// Returns the name of the folder that people see: the one that holds `.git`, or `x` for `x.git`.
fn folder_name(common_dir: &Path) -> String {
    let visible = match common_dir.file_name() {
        Some(name) if name == ".git" => common_dir.parent().unwrap_or(common_dir),
        _ => common_dir,
    };
    let name = visible.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".git").unwrap_or(&name).to_owned()
}

/// Removes what may be secret from a remote's address: user and password, and for web addresses
/// everything from a `?` or `#` on. An SSH user name is no secret and stays.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let ssh = scheme.eq_ignore_ascii_case("ssh") || scheme.ends_with("+ssh");
    let rest = match rest.find(['?', '#']) {
        Some(end) if !ssh => &rest[..end],
        _ => rest,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = match authority.rsplit_once('@') {
        None => authority.to_owned(),
        Some((user, host)) if ssh => {
            format!("{}@{host}", user.split_once(':').map_or(user, |(name, _)| name))
        }
        Some((_, host)) => host.to_owned(),
    };
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use git2::ErrorClass;

    use super::*;

    #[test]
    fn an_address_loses_its_credentials_and_nothing_else() {
        let cases = [
            ("https://github.com/acme/flows.git", "https://github.com/acme/flows.git"),
            ("https://ada:hunter2@git.acme.example/flows", "https://git.acme.example/flows"),
            ("https://token@git.acme.example:8443/flows", "https://git.acme.example:8443/flows"),
            ("https://a:p@ss@git.acme.example/x@y", "https://git.acme.example/x@y"),
            ("https://git.acme.example/flows?private_token=x", "https://git.acme.example/flows"),
            ("ssh://git@git.acme.example:2222/flows", "ssh://git@git.acme.example:2222/flows"),
            ("ssh://git:hunter2@git.acme.example/flows", "ssh://git@git.acme.example/flows"),
            ("git@github.com:acme/flows.git", "git@github.com:acme/flows.git"),
            ("/srv/git/flows.git", "/srv/git/flows.git"),
            ("https://token@host", "https://host"),
        ];
        for (url, expected) in cases {
            assert_eq!(without_credentials(url), expected, "{url}");
        }
    }

    #[test]
    fn a_repository_is_named_by_the_folder_that_people_see() {
        assert_eq!(folder_name(Path::new("/srv/flows/.git")), "flows");
        assert_eq!(folder_name(Path::new("/srv/flows.git")), "flows");
        assert_eq!(folder_name(Path::new("/srv/flows")), "flows");
    }

    #[test]
    fn a_repository_of_another_user_is_explained() {
        let error = git2::Error::new(ErrorCode::Owner, ErrorClass::Config, "not owned");
        let error = open_error(Path::new("/srv/flows/a"), Path::new("/srv/flows/.git/"), error);
        insta::assert_snapshot!(error, @"the repository at /srv/flows belongs to another user, so git does not trust its settings; if you do, run `git config --global --add safe.directory /srv/flows`");
    }
}
