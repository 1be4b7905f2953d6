//! The notes on reconciled commits, as `git notes` has them.
//!
//! A notes reference points to a commit whose tree has one blob a noted object, at the object's id
//! in hexadecimal. The id may be cut into folders of two digits (fan-out); git decides how often,
//! so every way is read.

use std::cmp::Reverse;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, ObjectType, Oid, Repository, Tree};
use jiff::Timestamp;

use crate::model::Revision;

use super::revision::timestamp;
use super::{Error, Repo, Signature, refs};

const FOLDER: &str = "refs/notes/flowgate";
const ID_DIGITS: usize = 40;
/// How often a note is written anew on top of what others wrote meanwhile.
const ATTEMPTS: usize = 16;

/// A note and the commit that it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The noted commit.
    pub revision: Revision,
    /// When the noted commit was committed.
    pub time: Timestamp,
    /// The whole note. Bytes that are not UTF-8 are replaced.
    pub text: String,
}

impl Repo {
    /// Puts a note on a commit, in place of the one that is there.
    ///
    /// Other commits' notes that are written at the same time are kept. What was there before stays
    /// in the reference's history. Writing the same text again changes nothing.
    pub fn write_note(
        &self,
        environment: &str,
        revision: &Revision,
        text: &str,
        who: &Signature,
    ) -> Result<(), Error> {
        let name = refs::name(FOLDER, environment)?;
        let handle = self.handle()?;
        let noted = id_of(revision).map_err(Error::object(format!("commit {revision}")))?;
        handle.find_commit(noted).map_err(Error::object(format!("commit {revision}")))?;
        let blob = handle
            .blob(text.as_bytes())
            .map_err(Error::git(format!("write the note on commit {revision}")))?;
        let mut attempts = 1;
        loop {
            match put(&handle, &name, noted, blob, who) {
                Err(Error::Moved { .. } | Error::Busy { .. }) if attempts < ATTEMPTS => {
                    attempts += 1;
                }
                result => return result,
            }
        }
    }

    /// Returns the note on a commit, `None` if there is none.
    pub fn read_note(
        &self,
        environment: &str,
        revision: &Revision,
    ) -> Result<Option<String>, Error> {
        let name = refs::name(FOLDER, environment)?;
        let handle = self.handle()?;
        let Some(tip) = refs::tip(&handle, &name)? else { return Ok(None) };
        let tree = refs::tree(&handle, &name, tip)?;
        let text = find(&handle, tree, revision.as_str())
            .and_then(|found| found.map(|(_, blob)| text(&handle, blob)).transpose());
        text.map_err(Error::object(format!("the note on commit {revision} in {name}")))
    }

    /// Returns all notes of an environment, those on the newest commits first.
    ///
    /// Notes on commits that the repository does not have (a shallow clone, a branch that is gone)
    /// are left out.
    pub fn notes(&self, environment: &str) -> Result<Vec<Note>, Error> {
        let name = refs::name(FOLDER, environment)?;
        let handle = self.handle()?;
        let Some(tip) = refs::tip(&handle, &name)? else { return Ok(Vec::new()) };
        let tree = refs::tree(&handle, &name, tip)?;
        let blobs = list(&handle, tree).map_err(Error::object(format!("the notes of {name}")))?;
        let mut notes = Vec::with_capacity(blobs.len());
        for (noted, blob) in blobs {
            let Ok(commit) = handle.find_commit(noted) else { continue };
            let text = text(&handle, blob)
                .map_err(Error::object(format!("the note on commit {noted} in {name}")))?;
            let time = timestamp(commit.time());
            notes.push(Note { revision: self.revision(noted)?, time, text });
        }
        notes.sort_by(|a, b| (Reverse(a.time), &a.revision).cmp(&(Reverse(b.time), &b.revision)));
        Ok(notes)
    }
}

/// Writes one note on top of what the reference holds now.
fn put(
    handle: &Repository,
    name: &str,
    noted: Oid,
    blob: Oid,
    who: &Signature,
) -> Result<(), Error> {
    let tip = refs::tip(handle, name)?;
    let before = tip.map(|tip| refs::tree(handle, name, tip)).transpose()?;
    let unchanged = before.as_ref().map(Tree::id);
    let tree = with_note(handle, before, noted, blob)
        .map_err(Error::git(format!("put the note on commit {noted} into {name}")))?;
    if Some(tree) != unchanged {
        refs::advance(handle, name, tip, tree, &format!("flowgate: note on {noted}\n"), who)?;
    }
    Ok(())
}

fn with_note<'a>(
    handle: &'a Repository,
    before: Option<Tree<'a>>,
    noted: Oid,
    blob: Oid,
) -> Result<Oid, git2::Error> {
    let id = noted.to_string();
    let tree = match before {
        Some(tree) => tree,
        None => handle.find_tree(handle.treebuilder(None)?.write()?)?,
    };
    let path = match find(handle, tree.clone(), &id)? {
        Some((path, _)) => path,
        // One level of folders keeps each new tree small, however many notes there are.
        None => format!("{}/{}", &id[..2], &id[2..]),
    };
    TreeUpdateBuilder::new().upsert(path, blob, FileMode::Blob).create_updated(handle, &tree)
}

/// Returns the path and the blob of the note on an object, at whatever fan-out.
fn find<'a>(
    handle: &'a Repository,
    mut tree: Tree<'a>,
    id: &str,
) -> Result<Option<(String, Oid)>, git2::Error> {
    let mut path = String::new();
    let mut rest = id;
    loop {
        if let Some(entry) = tree.get_name(rest) {
            return Ok(Some((path + rest, entry.id())));
        }
        let Some((folder, below)) = rest.split_at_checked(2) else { return Ok(None) };
        let next = match tree.get_name(folder) {
            Some(entry) if entry.kind() == Some(ObjectType::Tree) => entry.id(),
            _ => return Ok(None),
        };
        tree = handle.find_tree(next)?;
        path = format!("{path}{folder}/");
        rest = below;
    }
}

/// Returns every noted object with its note's blob. Files that are no notes are left out, as git
/// does.
fn list(handle: &Repository, root: Tree<'_>) -> Result<Vec<(Oid, Oid)>, git2::Error> {
    let mut notes = Vec::new();
    let mut open = vec![(String::new(), root)];
    while let Some((digits, tree)) = open.pop() {
        for entry in &tree {
            let Ok(name) = entry.name() else { continue };
            let digits = format!("{digits}{name}");
            if !is_hex(&digits) {
                continue;
            }
            match entry.kind() {
                Some(ObjectType::Tree) if name.len() == 2 => {
                    open.push((digits, handle.find_tree(entry.id())?));
                }
                Some(ObjectType::Blob) if digits.len() == ID_DIGITS => {
                    notes.push((Oid::from_str(&digits)?, entry.id()));
                }
                _ => {}
            }
        }
    }
    Ok(notes)
}

fn is_hex(digits: &str) -> bool {
    digits.len() <= ID_DIGITS && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn id_of(revision: &Revision) -> Result<Oid, git2::Error> {
    Oid::from_str(revision.as_str())
}

fn text(handle: &Repository, blob: Oid) -> Result<String, git2::Error> {
    Ok(String::from_utf8_lossy(handle.find_blob(blob)?.content()).into_owned())
}
