//! Whole repositories in a temporary folder, made and read by the real `git` as well.

mod adopted;
mod lock;
mod notes;
mod reading;
mod state;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jiff::Timestamp;
use tempfile::TempDir;

use super::{Identity, Repo, Signature};
use crate::model::Revision;

/// A temporary folder in which git runs without the user's settings.
struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    /// A folder without a repository.
    fn empty() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A repository on branch `main` without a commit.
    fn unborn() -> Self {
        let sandbox = Self::empty();
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox
    }

    /// A repository with one commit of the given files.
    fn with(files: &[(&str, &str)]) -> Self {
        let sandbox = Self::unborn();
        for (path, text) in files {
            sandbox.write(path, text);
        }
        sandbox.commit("first");
        sandbox
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        fs::write(path, text).expect("the file is written");
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new("git");
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
            command.env_remove(name);
        }
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Ada")
                .env(format!("GIT_{role}_EMAIL"), "ada@acme.example")
                .env(format!("GIT_{role}_DATE"), "2026-01-02T03:04:05Z");
        }
        command
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .current_dir(self.root())
            .args(["-c", "core.fsync=none"])
            .args(args)
            .output()
            .expect("git runs")
    }

    /// Runs git, which must succeed, and returns what it prints without the last line break.
    fn git(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {error}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Commits everything and returns the commit.
    fn commit(&self, message: &str) -> Revision {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.rev("HEAD")
    }

    fn rev(&self, revision: &str) -> Revision {
        self.git(&["rev-parse", revision]).parse().expect("a commit id")
    }

    fn open(&self, path: &str) -> Repo {
        Repo::open(&self.path(path)).expect("the repository opens")
    }
}

fn ada(second: i64) -> Signature {
    let time = Timestamp::from_second(1_800_000_000 + second).expect("a time");
    Identity { name: "Ada".to_owned(), email: "ada@acme.example".to_owned() }.at(time)
}
