//! Opening, resolving, listing.

use super::Sandbox;
use crate::git::{Content, EntryKind, Error, Repo, work_tree};

const FLOWS: [(&str, &str); 4] = [
    ("README.md", "outside"),
    ("care/flowgate.yaml", "project"),
    ("care/flows/b.yaml", "b"),
    ("care/flows/a.yaml", "a"),
];

fn paths(entries: &[crate::git::Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.path.as_str()).collect()
}

fn texts(repo: &Repo) -> Vec<String> {
    let revision = repo.resolve(None, None).expect("HEAD");
    let snapshot = repo.snapshot(&revision).expect("a snapshot");
    let read = repo.map_blobs(&snapshot.entries, |entry, content| match content {
        Content::Bytes(bytes) => format!("{}={}", entry.path, String::from_utf8_lossy(bytes)),
        Content::TooLarge { size } => format!("{} has {size} bytes", entry.path),
        Content::NotAFile => format!("{} is no file", entry.path),
    });
    read.expect("all are read")
}

const CARE: [&str; 3] = ["flowgate.yaml=project", "flows/a.yaml=a", "flows/b.yaml=b"];

#[test]
fn a_subfolder_is_read_at_a_commit_and_not_from_the_work_tree() {
    let sandbox = Sandbox::with(&FLOWS);
    sandbox.write("care/flows/a.yaml", "changed on disk");
    let repo = sandbox.open("care");
    assert_eq!((repo.prefix(), repo.is_bare()), ("care", false));
    assert_eq!(texts(&repo), CARE);
}

#[test]
fn a_folder_that_is_only_in_the_commit_is_found() {
    let sandbox = Sandbox::with(&FLOWS);
    std::fs::remove_dir_all(sandbox.path("care")).expect("the folder goes");
    assert_eq!(texts(&sandbox.open("care")), CARE);
}

#[test]
fn a_bare_repository_goes_on_inside_its_tree() {
    let sandbox = Sandbox::with(&FLOWS);
    sandbox.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    let repo = sandbox.open("bare.git/care");
    assert_eq!((repo.prefix(), repo.is_bare()), ("care", true));
    assert_eq!(texts(&repo), CARE);
    assert_eq!(sandbox.open("bare.git").prefix(), "");
    assert_eq!(sandbox.open("bare.git").dirty().expect("nothing"), Vec::<String>::new());
}

#[test]
fn a_bare_repository_beside_its_git_file_is_found() {
    let sandbox = Sandbox::with(&FLOWS);
    sandbox.git(&["clone", "-q", "--bare", ".", "project/.bare"]);
    sandbox.write("project/.git", "gitdir: ./.bare\n");
    assert_eq!(texts(&sandbox.open("project/care")), CARE);
}

#[test]
fn a_linked_worktree_shares_the_common_directory() {
    let sandbox = Sandbox::with(&FLOWS);
    sandbox.git(&["branch", "other"]);
    sandbox.git(&["worktree", "add", "-q", "linked", "other"]);
    let (main, linked) = (sandbox.open(""), sandbox.open("linked/care"));
    assert_eq!(linked.prefix(), "care");
    assert_eq!(linked.common_dir(), main.common_dir());
    assert_eq!(texts(&linked), CARE);
}

#[test]
fn a_worktree_of_a_bare_repository_is_found() {
    let sandbox = Sandbox::with(&FLOWS);
    sandbox.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    sandbox.git(&["-C", "bare.git", "worktree", "add", "-q", "../linked", "main"]);
    let linked = sandbox.open("linked/care");
    assert_eq!((linked.prefix(), linked.is_bare()), ("care", false));
    assert_eq!(texts(&linked), CARE);
}

#[test]
fn a_shallow_clone_is_read_like_any_other() {
    let sandbox = Sandbox::with(&FLOWS);
    sandbox.commit("second");
    let origin = format!("file://{}", sandbox.root().display());
    sandbox.git(&["clone", "-q", "--depth", "1", &origin, "shallow"]);
    let repo = sandbox.open("shallow/care");
    assert_eq!(texts(&repo), CARE);
    let error = repo.resolve(Some("HEAD~1"), None).expect_err("cut off").to_string();
    assert!(error.ends_with("`git fetch --unshallow` brings what only the remote has"), "{error}");
}

#[test]
fn packed_objects_and_references_are_read() {
    let sandbox = Sandbox::with(&FLOWS);
    sandbox.git(&["gc", "-q"]);
    sandbox.git(&["pack-refs", "--all"]);
    assert_eq!(texts(&sandbox.open("care")), CARE);
}

#[test]
fn hundreds_of_files_come_back_in_order() {
    let sandbox = Sandbox::unborn();
    for number in 0..300 {
        sandbox.write(&format!("flows/{}/{number:04}.yaml", number % 7), &number.to_string());
    }
    sandbox.commit("many");
    let texts = texts(&sandbox.open("flows"));
    assert_eq!(texts.len(), 300);
    assert!(texts.is_sorted());
    assert_eq!(texts[0], "0/0000.yaml=0");
}

#[cfg(unix)]
#[test]
fn links_submodules_and_large_files_are_named_and_not_read() {
    let sandbox = Sandbox::with(&[("b.yaml", "b")]);
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path("link.yaml")).expect("a link");
    sandbox.write("large.yaml", &"x".repeat(16 * 1024 * 1024 + 1));
    sandbox.git(&["init", "-q", "sub"]);
    sandbox.git(&["-C", "sub", "commit", "-q", "--allow-empty", "-m", "inner"]);
    sandbox.git(&["-c", "advice.addEmbeddedRepo=false", "add", "sub"]);
    sandbox.commit("all kinds");
    let expected =
        ["b.yaml=b", "large.yaml has 16777217 bytes", "link.yaml is no file", "sub is no file"];
    assert_eq!(texts(&sandbox.open("")), expected);

    let on_disk = work_tree::list(sandbox.root()).expect("a list");
    let kinds: Vec<EntryKind> = on_disk.iter().map(|entry| entry.kind).collect();
    let file = EntryKind::File(None);
    assert_eq!(kinds, [file, file, EntryKind::Link, EntryKind::Submodule]);
    let sizes = work_tree::map_files(sandbox.root(), &on_disk, |_, content| match content {
        Content::Bytes(bytes) => bytes.len() as u64,
        Content::TooLarge { size } => size,
        Content::NotAFile => 0,
    });
    assert_eq!(sizes.expect("sizes"), [1, 16_777_217, 0, 0]);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_do_not_hide_the_others() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::with(&[("a.yaml", "a")]);
    let folder = sandbox.root().join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("b.yaml"), "b").expect("a file");
    sandbox.commit("latin");
    assert_eq!(texts(&sandbox.open("")), ["a.yaml=a", "caf\u{fffd}/b.yaml=b"]);
}

#[test]
fn the_time_of_a_snapshot_is_the_commits() {
    let sandbox = Sandbox::with(&FLOWS);
    let repo = sandbox.open("");
    let snapshot = repo.snapshot(&sandbox.rev("HEAD")).expect("a snapshot");
    assert_eq!(snapshot.time.to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(snapshot.revision, sandbox.rev("HEAD"));
}

#[test]
fn equal_files_have_equal_blob_ids() {
    let sandbox = Sandbox::with(&[("a.yaml", "same"), ("b.yaml", "same"), ("c.yaml", "other")]);
    let snapshot = sandbox.open("").snapshot(&sandbox.rev("HEAD")).expect("a snapshot");
    let kinds: Vec<EntryKind> = snapshot.entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds[0], kinds[1]);
    assert_ne!(kinds[0], kinds[2]);
}

#[test]
fn a_revision_goes_before_the_branch_and_the_branch_before_head() {
    let sandbox = Sandbox::with(&FLOWS);
    let first = sandbox.rev("HEAD");
    sandbox.git(&["tag", "-a", "-m", "tagged", "v1.0.0"]);
    sandbox.git(&["branch", "stable"]);
    let second = sandbox.commit("second");
    let repo = sandbox.open("");
    let resolve = |revision, branch| repo.resolve(revision, branch).expect("a commit");
    assert_eq!(resolve(None, None), second);
    assert_eq!(resolve(None, Some("stable")), first);
    for spelling in ["v1.0.0", "HEAD~1", first.as_str(), first.short(), "main^", "@~"] {
        assert_eq!(resolve(Some(spelling), Some("main")), first, "{spelling}");
    }
    sandbox.git(&["checkout", "-q", "--detach", "v1.0.0"]);
    assert_eq!(resolve(None, None), first);
}

#[test]
fn a_branch_that_is_only_at_origin_is_found_there() {
    let sandbox = Sandbox::with(&FLOWS);
    sandbox.git(&["branch", "stable"]);
    sandbox.git(&["clone", "-q", ".", "clone"]);
    let repo = sandbox.open("clone");
    assert_eq!(repo.resolve(None, Some("stable")).expect("a commit"), sandbox.rev("stable"));
}

#[test]
fn what_cannot_be_resolved_is_explained() {
    let sandbox = Sandbox::with(&FLOWS);
    sandbox.git(&["branch", "production"]);
    let repo = sandbox.open("care");
    let say = |revision, branch| repo.resolve(revision, branch).expect_err("nothing").to_string();
    insta::assert_snapshot!(say(Some("prodction"), None), @"no revision `prodction` in the repository; did you mean `production`?");
    insta::assert_snapshot!(say(Some("a..b"), None), @"no revision `a..b` in the repository; `git fetch` brings what only the remote has");
    insta::assert_snapshot!(say(Some(""), None), @"no revision `` in the repository; `git fetch` brings what only the remote has");
    insta::assert_snapshot!(say(Some("a\0b"), None), @"no revision `a\0b` in the repository; `git fetch` brings what only the remote has");
    insta::assert_snapshot!(say(Some("HEAD:README.md"), None), @"`HEAD:README.md` does not name a commit; give a commit, a branch or a tag");
    insta::assert_snapshot!(say(None, Some("mian")), @"no branch `mian`, neither here nor on origin; did you mean `main`?");
    insta::assert_snapshot!(say(None, Some("bad..name\0")), @"no branch `bad..name\0`, neither here nor on origin; `git fetch` brings what only the remote has");
}

#[test]
fn a_folder_that_the_commit_lacks_is_named() {
    let sandbox = Sandbox::with(&FLOWS);
    let repo = sandbox.open("cares/deep");
    let error = repo.snapshot(&sandbox.rev("HEAD")).expect_err("no such folder");
    assert!(matches!(error, Error::NoFolder { folder, .. } if folder == "cares/deep"));
}

#[test]
fn a_path_that_is_a_file_is_refused() {
    let sandbox = Sandbox::with(&FLOWS);
    for path in ["README.md", "README.md/x"] {
        let error = Repo::open(&sandbox.path(path)).expect_err("a file is no folder");
        assert!(matches!(error, Error::NotAFolder { .. }), "{error}");
    }
    let error = Repo::open(&sandbox.path("nowhere/../x")).expect_err("not a plain path");
    assert!(matches!(error, Error::PathSpelling { .. }), "{error}");
}

#[test]
fn a_repository_without_commits_says_so() {
    let sandbox = Sandbox::unborn();
    let repo = sandbox.open("");
    for (revision, branch) in [(None, None), (Some("HEAD"), None), (None, Some("main"))] {
        let error = repo.resolve(revision, branch).expect_err("no commit");
        assert!(matches!(error, Error::NoCommits { .. }), "{error}");
    }
}

#[test]
fn outside_a_repository_nothing_opens() {
    let sandbox = Sandbox::empty();
    for path in ["", "sub/folder"] {
        let error = Repo::open(&sandbox.path(path)).expect_err("no repository");
        assert!(matches!(error, Error::NotARepository { .. }), "{error}");
    }
}

#[test]
fn a_sha_256_repository_is_refused_by_name() {
    let sandbox = Sandbox::empty();
    sandbox.git(&["init", "-q", "--object-format=sha256"]);
    let error = Repo::open(sandbox.root()).expect_err("unsupported").to_string();
    assert!(error.contains("extensions.objectformat = sha256"), "{error}");
}

#[test]
fn a_damaged_object_is_named() {
    let sandbox = Sandbox::with(&FLOWS);
    let damage = |revision| {
        let id = sandbox.git(&["rev-parse", revision]);
        let file = sandbox.path(&format!(".git/objects/{}/{}", &id[..2], &id[2..]));
        std::fs::remove_file(&file).expect("the object goes");
        std::fs::write(&file, "junk").expect("junk is there");
        id
    };
    let blob = damage("HEAD:care/flows/a.yaml");
    let repo = sandbox.open("care");
    let snapshot = repo.snapshot(&sandbox.rev("HEAD")).expect("a snapshot");
    let error = repo.map_blobs(&snapshot.entries, |_, _| ()).expect_err("damaged").to_string();
    assert!(error.starts_with(&format!("cannot read flows/a.yaml (object {blob})")), "{error}");
    let commit = damage("HEAD");
    for (revision, branch) in [(Some("HEAD"), None), (None, Some("main")), (None, None)] {
        let error = repo.resolve(revision, branch).expect_err("damaged");
        assert!(matches!(error, Error::Object { .. }), "{commit}: {error}");
    }
}

#[test]
fn dirty_names_staged_changed_and_untracked_files_of_the_folder() {
    let sandbox = Sandbox::with(&FLOWS);
    sandbox.write(".gitignore", "ignored.yaml\n");
    sandbox.commit("ignore");
    let repo = sandbox.open("care");
    assert_eq!(repo.dirty().expect("clean"), Vec::<String>::new());
    sandbox.write("README.md", "outside of the folder");
    sandbox.write("careful.yaml", "outside of the folder");
    sandbox.write("care/ignored.yaml", "x");
    sandbox.write("care/flows/a.yaml", "changed");
    sandbox.write("care/flows/new/c.yaml", "untracked");
    sandbox.write("care/staged.yaml", "staged");
    sandbox.git(&["add", "care/staged.yaml"]);
    std::fs::remove_file(sandbox.path("care/flows/b.yaml")).expect("the file goes");
    assert_eq!(
        repo.dirty().expect("changes"),
        ["flows/a.yaml", "flows/b.yaml", "flows/new/c.yaml", "staged.yaml"]
    );
    let whole = sandbox.open("").dirty().expect("changes");
    assert!(whole.contains(&"README.md".to_owned()) && whole.len() == 6, "{whole:?}");
}

#[test]
fn the_work_tree_is_what_lies_on_disk_without_what_git_ignores() {
    let sandbox = Sandbox::with(&FLOWS);
    sandbox.write(".gitignore", "*.tmp.yaml\nbuild/\n");
    sandbox.write("care/kept.tmp.yaml", "tracked before it was ignored");
    sandbox.git(&["add", "-f", "care/kept.tmp.yaml"]);
    sandbox.write("care/build/kept.yaml", "tracked in an ignored folder");
    sandbox.git(&["add", "-f", "care/build/kept.yaml"]);
    sandbox.write("care/x.tmp.yaml", "ignored");
    sandbox.write("care/other/build/out.yaml", "ignored");
    sandbox.write("care/untracked.yaml", "new");
    let entries = work_tree::list(&sandbox.path("care")).expect("a list");
    assert_eq!(
        paths(&entries),
        [
            "build/kept.yaml",
            "flowgate.yaml",
            "flows/a.yaml",
            "flows/b.yaml",
            "kept.tmp.yaml",
            "untracked.yaml"
        ]
    );
}

#[test]
fn a_work_tree_need_not_be_in_a_repository() {
    let sandbox = Sandbox::empty();
    sandbox.write("flowgate.yaml", "project");
    sandbox.write("flows/a.yaml", "a");
    let entries = work_tree::list(sandbox.root()).expect("a list");
    assert_eq!(paths(&entries), ["flowgate.yaml", "flows/a.yaml"]);
    let error = work_tree::list(&sandbox.path("nowhere")).expect_err("no such folder");
    assert!(error.to_string().starts_with("cannot open the folder"), "{error}");
}

#[test]
fn origin_is_the_remote_without_credentials_else_the_folder() {
    let sandbox = Sandbox::empty();
    sandbox.git(&["init", "-q", "flows"]);
    let repo = sandbox.open("flows");
    assert_eq!(repo.origin().expect("a name"), "flows");
    let url = "https://ada:hunter2@git.acme.example/flows.git";
    sandbox.git(&["-C", "flows", "remote", "add", "origin", url]);
    assert_eq!(repo.origin().expect("a name"), "https://git.acme.example/flows.git");
}

#[test]
fn the_identity_is_gits_user() {
    let sandbox = Sandbox::unborn();
    sandbox.git(&["config", "user.name", "Grace Hopper"]);
    sandbox.git(&["config", "user.email", "grace@acme.example"]);
    let identity = sandbox.open("").identity();
    assert_eq!(
        (identity.name.as_str(), identity.email.as_str()),
        ("Grace Hopper", "grace@acme.example")
    );
}
