//! The branch that offers what people changed in the tenant.

use super::super::{Branch, Error};
use super::{Sandbox, ada};

const BRANCH: &str = "flowgate/drift/production";

fn files(text: &str) -> Vec<(String, String)> {
    vec![("a.yaml".to_owned(), text.to_owned())]
}

fn adopt(sandbox: &Sandbox, text: &str) -> Result<Branch, Error> {
    let repo = sandbox.open("team");
    repo.adopt("production", &sandbox.rev("main"), &files(text), "Adopt it", &ada(1))
}

fn flows() -> Sandbox {
    Sandbox::with(&[("team/a.yaml", "one\n"), ("team/b.yaml", "b\n"), ("README", "r\n")])
}

#[test]
fn files_are_offered_on_top_of_the_revision_and_nothing_else_moves() {
    let sandbox = flows();
    let branch = adopt(&sandbox, "two\n").expect("offered");
    assert!(branch.is_new);
    assert_eq!((branch.name.as_str(), &branch.commit), (BRANCH, &sandbox.rev(BRANCH)));
    assert_eq!(sandbox.git(&["diff", "--name-only", "main", BRANCH]), "team/a.yaml");
    assert_eq!(sandbox.git(&["show", "flowgate/drift/production:team/a.yaml"]), "two");
    assert_eq!(
        sandbox.git(&["rev-parse", "flowgate/drift/production^"]),
        sandbox.git(&["rev-parse", "main"])
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.git(&["branch", "--show-current"]), "main");
}

#[test]
fn the_same_offer_makes_no_second_commit_also_below_a_reviewers() {
    let sandbox = flows();
    let first = adopt(&sandbox, "two\n").expect("offered").commit;
    let again = adopt(&sandbox, "two\n").expect("offered");
    assert_eq!((again.is_new, &again.commit), (false, &first));
    sandbox.git(&["checkout", "-q", BRANCH]);
    sandbox.write("README", "reviewed\n");
    sandbox.commit("a reviewer's");
    let again = adopt(&sandbox, "two\n").expect("offered");
    assert_eq!((again.is_new, again.commit), (false, first));
}

#[test]
fn another_offer_comes_on_top_and_takes_the_revision_along() {
    let sandbox = flows();
    let first = adopt(&sandbox, "two\n").expect("offered").commit;
    let second = adopt(&sandbox, "three\n").expect("offered").commit;
    assert_eq!(sandbox.rev("flowgate/drift/production^"), first);
    sandbox.write("README", "new\n");
    let main = sandbox.commit("main moved");
    adopt(&sandbox, "three\n").expect("offered");
    assert_eq!(sandbox.rev("flowgate/drift/production^1"), second);
    assert_eq!(sandbox.rev("flowgate/drift/production^2"), main);
    assert_eq!(sandbox.git(&["diff", "--name-only", "main", BRANCH]), "team/a.yaml");
}

#[test]
fn a_branch_that_was_merged_begins_again_at_the_revision() {
    let sandbox = flows();
    adopt(&sandbox, "two\n").expect("offered");
    sandbox.git(&["merge", "-q", "--no-ff", "-m", "merged", BRANCH]);
    adopt(&sandbox, "three\n").expect("offered");
    assert_eq!(sandbox.rev("flowgate/drift/production^"), sandbox.rev("main"));
    assert_eq!(sandbox.git(&["log", "-1", "--format=%P", BRANCH]), sandbox.rev("main").as_str());
}

#[test]
fn nothing_is_committed_over_what_others_committed() {
    let sandbox = flows();
    adopt(&sandbox, "two\n").expect("offered");
    sandbox.git(&["checkout", "-q", BRANCH]);
    sandbox.write("team/a.yaml", "better\n");
    sandbox.git(&["commit", "-q", "-a", "--amend", "--no-edit"]);
    sandbox.git(&["checkout", "-q", "main"]);
    let amended = sandbox.rev(BRANCH);
    let error = adopt(&sandbox, "three\n").expect_err("taken");
    insta::assert_snapshot!(error, @"branch `flowgate/drift/production` has commits that flowgate did not make; merge or delete it, and the next pass adopts what is then still to be adopted");
    assert_eq!(sandbox.rev(BRANCH), amended);
}

#[test]
fn a_branch_that_is_checked_out_anywhere_is_left() {
    let sandbox = flows();
    let first = adopt(&sandbox, "two\n").expect("offered").commit;
    let elsewhere = tempfile::tempdir().expect("a folder");
    let path = elsewhere.path().join("w").display().to_string();
    sandbox.git(&["worktree", "add", "-q", &path, BRANCH]);
    let error = adopt(&sandbox, "three\n").expect_err("checked out");
    insta::assert_snapshot!(error, @"branch `flowgate/drift/production` is checked out, and flowgate changes no work tree; switch to another branch there");
    sandbox.git(&["worktree", "remove", &path]);
    sandbox.git(&["checkout", "-q", BRANCH]);
    adopt(&sandbox, "three\n").expect_err("checked out");
    assert_eq!(sandbox.rev(BRANCH), first);
}

#[test]
fn a_file_keeps_its_mode_and_its_byte_order_mark() {
    let sandbox = Sandbox::with(&[("team/a.yaml", "\u{feff}one\n")]);
    sandbox.git(&["update-index", "--chmod=+x", "team/a.yaml"]);
    sandbox.git(&["commit", "-q", "-m", "executable"]);
    adopt(&sandbox, "two\n").expect("offered");
    let listed = sandbox.git(&["ls-tree", BRANCH, "team/a.yaml"]);
    assert!(listed.starts_with("100755 blob"), "{listed}");
    assert_eq!(sandbox.git(&["show", "flowgate/drift/production:team/a.yaml"]), "\u{feff}two");
}
