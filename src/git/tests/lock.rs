//! The lock between handles, worktrees and processes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{Sandbox, ada};
use crate::git::{Error, Holder, Repo};

const FOLDER: &str = "FLOWGATE_TEST_LOCK_FOLDER";

fn holder(operator: &str) -> Holder {
    let (operator, host) = (operator.to_owned(), "build-1".to_owned());
    Holder { operator, host, pid: 4711, since: ada(0).time }
}

fn refusal(repo: &Repo) -> Error {
    let error = repo.lock("production", &holder("grace")).expect_err("it is held");
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    error
}

#[test]
fn a_held_lock_is_refused_and_free_after_the_drop() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    sandbox.git(&["worktree", "add", "-q", "--detach", "linked"]);
    let (repo, linked) = (sandbox.open(""), sandbox.open("linked"));
    let lock = repo.lock("production", &holder("ada\nlovelace")).expect("it is free");
    insta::assert_snapshot!(refusal(&linked), @"environment production is locked by ada lovelace on build-1 (process 4711) since 2027-01-15T08:00:00Z; wait until that run ends, or end it");
    linked.lock("staging", &holder("grace")).expect("another environment is free");
    drop(lock);
    linked.lock("production", &holder("grace")).expect("it is free again");
    assert_eq!(sandbox.git(&["status", "--porcelain", "--", ":!linked"]), "");
}

#[test]
fn a_holder_that_cannot_be_read_still_holds() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let _lock = repo.lock("production", &holder("ada")).expect("it is free");
    for text in ["", "junk", "{}"] {
        sandbox.write(".git/flowgate/lock/production", text);
        let error = refusal(&repo).to_string();
        assert!(error.contains("locked by another process"), "{error}");
    }
}

#[test]
fn a_lock_file_that_cannot_be_opened_is_no_free_lock() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    sandbox.write(".git/flowgate/lock/production/x", "a folder is in the way");
    let error = repo.lock("production", &holder("ada")).expect_err("refused");
    assert!(matches!(error, Error::Io { .. }), "{error}");
    let error = repo.lock("../../x", &holder("ada")).expect_err("refused");
    assert!(matches!(error, Error::EnvironmentName { .. }), "{error}");
}

#[test]
fn a_process_that_dies_leaves_no_lock() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let mut child = spawn_holder(sandbox.root());
    let error = refusal(&repo).to_string();
    assert!(error.contains("locked by child"), "{error}");
    child.kill().expect("the child dies");
    child.wait().expect("the child is gone");
    repo.lock("production", &holder("ada")).expect("it is free again");
}

/// Starts this test program again as a process that holds the lock; returns once it does.
fn spawn_holder(folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "git::tests::lock::hold_for_another_test", "--nocapture"])
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let output = child.stdout.take().expect("a pipe");
    let held = BufReader::new(output).lines().any(|line| line.is_ok_and(|line| line == "held"));
    assert!(held, "the child holds the lock");
    child
}

/// The other process of [`a_process_that_dies_leaves_no_lock`]; does nothing when it is run alone.
#[test]
#[expect(clippy::print_stdout, reason = "tells the parent that the lock is held")]
fn hold_for_another_test() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let repo = Repo::open(Path::new(&folder)).expect("the repository opens");
    let _lock = repo.lock("production", &holder("child")).expect("it is free");
    println!("\nheld");
    // Ends when the parent does, should that not kill it.
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("the parent's end");
}
