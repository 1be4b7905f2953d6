//! Notes, as flowgate and as plain git write and read them.

use std::thread;

use super::{Sandbox, ada};
use crate::git::{Error, Repo};
use crate::model::Revision;

const REF: &str = "refs/notes/flowgate/production";

#[test]
fn plain_git_shows_the_note() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let text = "Synced production: 1 changed, 0 unchanged\n\n{\n  \"kind\": \"Status\"\n}\n";
    repo.write_note("production", &sandbox.rev("HEAD"), text, &ada(0)).expect("a note");
    let shown = sandbox.git(&["notes", "--ref=flowgate/production", "show"]);
    assert_eq!(shown, text.trim_end());
    let log = sandbox.git(&["log", "-1", "--notes=flowgate/production"]);
    assert!(log.contains("Notes (flowgate/production):\n    Synced production: 1"), "{log}");
    assert_eq!(sandbox.git(&["fsck", "--strict", "--no-dangling"]), "");
}

#[test]
fn a_note_replaces_the_one_before_and_history_keeps_it() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let head = sandbox.rev("HEAD");
    for (second, text) in [(0, "Waiting\n"), (1, "Synced\n"), (2, "Synced\n")] {
        repo.write_note("production", &head, text, &ada(second)).expect("a note");
    }
    assert_eq!(repo.read_note("production", &head).expect("read"), Some("Synced\n".to_owned()));
    assert_eq!(sandbox.git(&["rev-list", "--count", REF]), "2", "the same text makes no commit");
    let before = sandbox.git(&["log", "-1", "--format=%an <%ae> %at", REF]);
    assert_eq!(before, "Ada <ada@acme.example> 1800000001");
}

#[test]
fn environments_and_commits_have_notes_of_their_own() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let first = sandbox.rev("HEAD");
    let second = sandbox.commit("second");
    let repo = sandbox.open("");
    assert_eq!(repo.read_note("production", &first).expect("none"), None);
    repo.write_note("production", &first, "p1", &ada(0)).expect("a note");
    repo.write_note("staging", &first, "s1", &ada(0)).expect("a note");
    assert_eq!(repo.read_note("production", &second).expect("none"), None);
    repo.write_note("production", &second, "p2", &ada(1)).expect("a note");
    assert_eq!(repo.read_note("production", &first).expect("read"), Some("p1".to_owned()));
    assert_eq!(repo.read_note("staging", &first).expect("read"), Some("s1".to_owned()));
    assert_eq!(repo.notes("production").expect("notes").len(), 2);
    assert_eq!(repo.notes("development").expect("notes"), []);
}

#[test]
fn a_note_that_plain_git_wrote_is_read_and_replaced() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let head = sandbox.rev("HEAD");
    sandbox.git(&["notes", "--ref=flowgate/production", "add", "-m", "by hand"]);
    let repo = sandbox.open("");
    assert_eq!(repo.read_note("production", &head).expect("read"), Some("by hand\n".to_owned()));
    repo.write_note("production", &head, "by flowgate\n", &ada(0)).expect("a note");
    assert_eq!(sandbox.git(&["notes", "--ref=flowgate/production", "list"]).lines().count(), 1);
    assert_eq!(sandbox.git(&["notes", "--ref=flowgate/production", "show"]), "by flowgate");
}

#[test]
fn a_fan_out_of_any_depth_is_read_listed_and_written() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let head = sandbox.rev("HEAD");
    let id = head.as_str();
    let repo = sandbox.open("");
    for path in [
        id.to_owned(),
        format!("{}/{}", &id[..2], &id[2..]),
        format!("{}/{}/{}", &id[..2], &id[2..4], &id[4..]),
    ] {
        let blob = sandbox.git(&["rev-parse", "HEAD:a.yaml"]);
        sandbox.git(&["read-tree", "--empty"]);
        sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{path}")]);
        sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},README")]);
        let tree = sandbox.git(&["write-tree"]);
        let commit = sandbox.git(&["commit-tree", "-m", "notes", &tree]);
        sandbox.git(&["update-ref", REF, &commit]);
        assert_eq!(repo.read_note("production", &head).expect("read"), Some("a".to_owned()));
        repo.write_note("production", &head, "new\n", &ada(0)).expect("a note");
        let files = sandbox.git(&["ls-tree", "-r", "--name-only", REF]);
        assert!(
            files.lines().eq([path.as_str(), "README"])
                || files.lines().eq(["README", path.as_str()]),
            "{files}"
        );
        let notes = repo.notes("production").expect("notes");
        assert_eq!(notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["new\n"]);
    }
}

#[test]
fn many_notes_by_both_are_read_by_both() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let handle = repo.handle().expect("a handle");
    let who = ada(0).to_git().expect("a signature");
    let tree = handle.head().and_then(|head| head.peel_to_tree()).expect("a tree");
    for number in 0..100 {
        let message = format!("commit {number}");
        let id = handle.commit(None, &who, &who, &message, &tree, &[]).expect("a commit");
        let revision = repo.revision(id).expect("a revision");
        repo.write_note("production", &revision, &message, &ada(number)).expect("a note");
    }
    sandbox.git(&["notes", "--ref=flowgate/production", "add", "-m", "by hand", "HEAD"]);
    assert_eq!(sandbox.git(&["notes", "--ref=flowgate/production", "list"]).lines().count(), 101);
    let last = sandbox.commit("last");
    repo.write_note("production", &last, "mixed\n", &ada(101)).expect("a note");
    assert_eq!(repo.notes("production").expect("notes").len(), 102);
    assert_eq!(sandbox.git(&["notes", "--ref=flowgate/production", "show"]), "mixed");
}

#[test]
fn notes_come_newest_commit_first_without_those_on_missing_commits() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let repo = sandbox.open("");
    let handle = repo.handle().expect("a handle");
    let tree = handle.head().and_then(|head| head.peel_to_tree()).expect("a tree");
    for second in [5, 9, 1] {
        let who = ada(second).to_git().expect("a signature");
        let id = handle.commit(None, &who, &who, "x", &tree, &[]).expect("a commit");
        let revision = repo.revision(id).expect("a revision");
        let text = second.to_string();
        repo.write_note("production", &revision, &text, &ada(20)).expect("a note");
    }
    let gone = handle.blob(b"gone").expect("a blob").to_string();
    sandbox.git(&["notes", "--ref=flowgate/production", "add", "-m", "gone", &gone]);
    let notes = repo.notes("production").expect("notes");
    assert_eq!(notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["9", "5", "1"]);
    assert_eq!(notes[0].time, ada(9).time);
}

/// Writes notes one after the other and returns those that were not refused.
fn write_many(repo: &Repo, revision: &Revision) -> Vec<String> {
    let mut written = Vec::new();
    for round in 0..20 {
        let text = format!("{round}\n");
        match repo.write_note("production", revision, &text, &ada(round)) {
            Ok(()) => written.push(text),
            Err(Error::Moved { .. } | Error::Busy { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    written
}

#[test]
fn notes_written_at_the_same_time_are_all_kept() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let commits = [sandbox.rev("HEAD"), sandbox.commit("second")];
    let repo = &sandbox.open("");
    let written = thread::scope(|scope| {
        let running =
            commits.each_ref().map(|commit| scope.spawn(move || write_many(repo, commit)));
        running.map(|thread| thread.join().expect("no panic"))
    });
    for (commit, texts) in commits.iter().zip(&written) {
        let note = repo.read_note("production", commit).expect("read");
        assert_eq!(note.as_ref(), texts.last());
    }
    let count: usize = written.iter().map(Vec::len).sum();
    assert_eq!(sandbox.git(&["rev-list", "--count", REF]), count.to_string());
}

#[test]
fn a_note_on_a_commit_that_is_not_there_is_refused() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let nowhere = "0123456789012345678901234567890123456789".parse().expect("an id");
    let repo = sandbox.open("");
    let error = repo.write_note("production", &nowhere, "x", &ada(0)).expect_err("no commit");
    assert!(matches!(error, Error::Object { .. }), "{error}");
    let error = repo.write_note("../x", &nowhere, "x", &ada(0)).expect_err("no environment");
    assert!(matches!(error, Error::EnvironmentName { .. }), "{error}");
}

#[test]
fn a_reference_that_another_git_holds_is_left_alone() {
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    sandbox.write(".git/refs/notes/flowgate/production.lock", "");
    let repo = sandbox.open("");
    let error = repo.write_note("production", &sandbox.rev("HEAD"), "x", &ada(0));
    let error = error.expect_err("locked");
    assert!(matches!(&error, Error::Busy { lock, .. } if lock.exists()), "{error}");
}
