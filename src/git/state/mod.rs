//! The recorded state of an environment: a commit chain whose tree has a file a resource.

mod record;

pub use record::{
    content, data_action, data_store, recorded, recorded_data_action, recorded_data_store,
    recorded_draft,
};

use std::collections::BTreeMap;
use std::fmt;

use git2::{FileMode, ObjectType, Oid, Repository, Tree, TreeBuilder, TreeEntry};

use crate::model::{Hold, Kind, Record, ResourceId, State};

use record::{Holds, Stored};

use super::{Error, Repo, Signature, parallel, refs};

const FOLDER: &str = "refs/flowgate/state";
const EXTENSION: &str = ".json";
const HOLDS: &str = "holds.json";

/// Names the commit that a state was read from or written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tip(Oid);

impl fmt::Display for Tip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Repo {
    /// Reads the state of an environment; an empty one without a tip if none was ever written.
    ///
    /// Fails rather than leave out what it cannot read, because the next write would lose that.
    pub fn read_state(&self, environment: &str) -> Result<(State, Option<Tip>), Error> {
        let name = refs::name(FOLDER, environment)?;
        let handle = self.handle()?;
        let Some(tip) = refs::tip(&handle, &name)? else { return Ok((State::default(), None)) };
        let tree = refs::tree(&handle, &name, tip)?;
        let files = list(&handle, &name, &tree)?;
        let mut state = State { holds: holds(&handle, &name, &tree)?, ..State::default() };
        let records =
            parallel::map(&files, || self.handle(), |handle, file| file.read(handle, &name))?;
        for (file, record) in files.into_iter().zip(records) {
            match record {
                Record::Flow(record) => drop(state.flows.insert(file.resource, *record)),
                Record::DataAction(record) => {
                    drop(state.data_actions.insert(file.resource, record));
                }
                Record::DataStore(record) => drop(state.data_stores.insert(file.resource, record)),
            }
        }
        Ok((state, Some(Tip(tip))))
    }

    /// Reads what somebody said to leave as it is in an environment, and nothing else of its state.
    pub fn read_holds(&self, environment: &str) -> Result<Vec<Hold>, Error> {
        let name = refs::name(FOLDER, environment)?;
        let handle = self.handle()?;
        match refs::tip(&handle, &name)? {
            Some(tip) => holds(&handle, &name, &refs::tree(&handle, &name, tip)?),
            None => Ok(Vec::new()),
        }
    }

    /// Records the state of an environment on top of the tip that it was read from.
    ///
    /// `expected` is `None` where there was no state. If the reference is elsewhere by now, the error
    /// is [`Error::Moved`] and nothing was written. A state equal to the recorded one makes no commit
    /// and gives back the same tip.
    pub fn write_state(
        &self,
        environment: &str,
        state: &State,
        expected: Option<Tip>,
        message: &str,
        who: &Signature,
    ) -> Result<Tip, Error> {
        let name = refs::name(FOLDER, environment)?;
        let handle = self.handle()?;
        let tip = refs::tip(&handle, &name)?;
        if tip != expected.map(|expected| expected.0) {
            return Err(Error::Moved { reference: name });
        }
        let before = tip.map(|tip| refs::tree(&handle, &name, tip)).transpose()?;
        let tree = write_tree(&handle, before.as_ref(), state)?;
        match (tip, before) {
            (Some(tip), Some(before)) if before.id() == tree => Ok(Tip(tip)),
            _ => refs::advance(&handle, &name, tip, tree, message, who).map(Tip),
        }
    }
}

impl Repo {
    /// Records one resource on top of the tip that the state was read from or written as; the others stay
    /// as they are. Fails as [`Repo::write_state`] does.
    pub fn write_record(
        &self,
        environment: &str,
        id: &ResourceId,
        record: &Record,
        expected: Option<Tip>,
        who: &Signature,
    ) -> Result<Tip, Error> {
        let name = refs::name(FOLDER, environment)?;
        let handle = self.handle()?;
        let tip = refs::tip(&handle, &name)?;
        if tip != expected.map(|expected| expected.0) {
            return Err(Error::Moved { reference: name });
        }
        let failed = || Error::git("write a record of the state");
        let before = tip.map(|tip| refs::tree(&handle, &name, tip)).transpose()?;
        let known = before.as_ref().and_then(|before| before.get_name(id.kind.as_str()));
        let unread = Error::object(format!("the folder {} of {name}", id.kind));
        let known = known.map(|known| handle.find_tree(known.id())).transpose().map_err(unread)?;
        let mut folder = handle.treebuilder(known.as_ref()).map_err(failed())?;
        match record {
            Record::Flow(record) => write_record(&handle, &mut folder, &id.name, &**record)?,
            Record::DataAction(record) => write_record(&handle, &mut folder, &id.name, record)?,
            Record::DataStore(record) => write_record(&handle, &mut folder, &id.name, record)?,
        }
        let folder = folder.write().map_err(failed())?;
        let mut root = handle.treebuilder(before.as_ref()).map_err(failed())?;
        root.insert(id.kind.as_str(), folder, FileMode::Tree.into()).map_err(failed())?;
        let tree = root.write().map_err(failed())?;
        refs::advance(&handle, &name, tip, tree, &format!("Made {id}"), who).map(Tip)
    }
}

/// A file of the state's tree.
struct RecordFile {
    kind: Kind,
    resource: String,
    blob: Oid,
}

impl RecordFile {
    fn path(&self) -> String {
        format!("{}/{}{EXTENSION}", self.kind, self.resource)
    }

    fn read(&self, handle: &Repository, reference: &str) -> Result<Record, Error> {
        let blob = handle
            .find_blob(self.blob)
            .map_err(Error::object(format!("{} of {reference}", self.path())))?;
        let content = blob.content();
        let record = match self.kind {
            Kind::Flow => record::read(content).map(|record| Record::Flow(Box::new(record))),
            Kind::DataAction => record::read(content).map(Record::DataAction),
            Kind::DataStore => record::read(content).map(Record::DataStore),
        };
        record.map_err(|problem| foreign(reference, &self.path(), problem))
    }
}

fn holds(handle: &Repository, reference: &str, tree: &Tree<'_>) -> Result<Vec<Hold>, Error> {
    let Some(file) = tree.get_name(HOLDS) else { return Ok(Vec::new()) };
    let blob = handle.find_blob(file.id());
    let blob = blob.map_err(Error::object(format!("{HOLDS} of {reference}")))?;
    let read = record::read::<Holds>(blob.content());
    read.map(|holds| holds.0).map_err(|problem| foreign(reference, HOLDS, problem))
}

fn list(handle: &Repository, reference: &str, tree: &Tree<'_>) -> Result<Vec<RecordFile>, Error> {
    let mut files = Vec::new();
    for folder in tree {
        let name = String::from_utf8_lossy(folder.name_bytes()).into_owned();
        if name == HOLDS {
            continue;
        }
        let kind = name.parse::<Kind>().ok().filter(|_| folder.kind() == Some(ObjectType::Tree));
        let Some(kind) = kind else {
            let problem = "is of a kind that this flowgate does not know; use a newer one";
            return Err(foreign(reference, &name, problem));
        };
        let tree = handle
            .find_tree(folder.id())
            .map_err(Error::object(format!("{name} of {reference}")))?;
        for file in &tree {
            let file_name = String::from_utf8_lossy(file.name_bytes());
            match file_name.strip_suffix(EXTENSION) {
                Some(resource) if file.kind() == Some(ObjectType::Blob) => {
                    files.push(RecordFile { kind, resource: resource.to_owned(), blob: file.id() });
                }
                _ => {
                    return Err(foreign(reference, &format!("{name}/{file_name}"), "is no record"));
                }
            }
        }
    }
    Ok(files)
}

fn foreign(reference: &str, file: &str, problem: impl Into<String>) -> Error {
    let (reference, file) = (reference.to_owned(), file.to_owned());
    Error::StateFile { reference, file, problem: problem.into() }
}

fn write_tree(handle: &Repository, before: Option<&Tree<'_>>, state: &State) -> Result<Oid, Error> {
    let failed = || Error::git("write the state's tree");
    let mut root = handle.treebuilder(None).map_err(failed())?;
    for kind in Kind::ALL {
        let known = before.and_then(|before| before.get_name(kind.as_str()));
        let known = known.and_then(|known| handle.find_tree(known.id()).ok());
        let folder = match kind {
            Kind::Flow => write_folder(handle, known.as_ref(), &state.flows)?,
            Kind::DataAction => write_folder(handle, known.as_ref(), &state.data_actions)?,
            Kind::DataStore => write_folder(handle, known.as_ref(), &state.data_stores)?,
        };
        if let Some(folder) = folder {
            root.insert(kind.as_str(), folder, FileMode::Tree.into()).map_err(failed())?;
        }
    }
    if !state.holds.is_empty() {
        let text = record::write(&Holds(state.holds.clone()));
        let blob = handle.blob(text.as_bytes()).map_err(failed())?;
        root.insert(HOLDS, blob, FileMode::Blob.into()).map_err(failed())?;
    }
    root.write().map_err(failed())
}

/// Writes the folder of a kind on top of the one before: only what differs costs a write. A kind of
/// which there is nothing has none.
fn write_folder<R: Stored>(
    handle: &Repository,
    before: Option<&Tree<'_>>,
    records: &BTreeMap<String, R>,
) -> Result<Option<Oid>, Error> {
    if records.is_empty() {
        return Ok(None);
    }
    let failed = || Error::git("write a folder of the state");
    let mut folder = handle.treebuilder(before).map_err(failed())?;
    let is_kept = |file: &TreeEntry<'_>| {
        let resource = file.name().ok().and_then(|name| name.strip_suffix(EXTENSION));
        resource.is_some_and(|resource| records.contains_key(resource))
    };
    folder.filter(is_kept).map_err(failed())?;
    for (name, record) in records {
        write_record(handle, &mut folder, name, record)?;
    }
    folder.write().map(Some).map_err(failed())
}

fn write_record<R: Stored>(
    handle: &Repository,
    folder: &mut TreeBuilder<'_>,
    name: &str,
    record: &R,
) -> Result<(), Error> {
    let failed = || Error::git(format!("write the state of {name}"));
    let unnamed = |_| Error::ResourceName { resource: name.to_owned() };
    let file = format!("{name}{EXTENSION}");
    let text = record::write(record);
    let id = Oid::hash_object(ObjectType::Blob, text.as_bytes()).map_err(failed())?;
    let recorded = folder.get(&file).map_err(unnamed)?.map(|entry| entry.id());
    if recorded != Some(id) {
        let blob = handle.blob(text.as_bytes()).map_err(failed())?;
        folder.insert(&file, blob, FileMode::Blob.into()).map_err(unnamed)?;
    }
    Ok(())
}
