//! The recorded state of an environment: a commit chain whose tree has a file a resource.

mod record;

pub use record::{content, recorded};

use std::collections::BTreeMap;
use std::fmt;

use git2::{FileMode, ObjectType, Oid, Repository, Tree, TreeBuilder, TreeEntry};

use crate::model::{FlowRecord, Kind, State};

use super::{Error, Repo, Signature, parallel, refs};

const FOLDER: &str = "refs/flowgate/state";
const EXTENSION: &str = ".json";

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
        let files = list(&handle, &name, tip)?;
        let records =
            parallel::map(&files, || self.handle(), |handle, file| file.read(handle, &name))?;
        let names = files.into_iter().map(|file| file.resource);
        Ok((State { flows: names.zip(records).collect() }, Some(Tip(tip))))
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

/// A file of the state's tree.
struct RecordFile {
    resource: String,
    blob: Oid,
}

impl RecordFile {
    fn path(&self) -> String {
        format!("{}/{}{EXTENSION}", Kind::Flow, self.resource)
    }

    fn read(&self, handle: &Repository, reference: &str) -> Result<FlowRecord, Error> {
        let blob = handle
            .find_blob(self.blob)
            .map_err(Error::object(format!("{} of {reference}", self.path())))?;
        record::read(blob.content()).map_err(|problem| foreign(reference, &self.path(), problem))
    }
}

fn list(handle: &Repository, reference: &str, tip: Oid) -> Result<Vec<RecordFile>, Error> {
    let mut files = Vec::new();
    for kind in &refs::tree(handle, reference, tip)? {
        let folder = String::from_utf8_lossy(kind.name_bytes()).into_owned();
        if kind.kind() != Some(ObjectType::Tree) || folder != Kind::Flow.as_str() {
            let problem = "is of a kind that this flowgate does not know; use a newer one";
            return Err(foreign(reference, &folder, problem));
        }
        let tree = handle
            .find_tree(kind.id())
            .map_err(Error::object(format!("{folder} of {reference}")))?;
        for file in &tree {
            let name = String::from_utf8_lossy(file.name_bytes());
            match name.strip_suffix(EXTENSION) {
                Some(resource) if file.kind() == Some(ObjectType::Blob) => {
                    files.push(RecordFile { resource: resource.to_owned(), blob: file.id() });
                }
                _ => return Err(foreign(reference, &format!("{folder}/{name}"), "is no record")),
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
    if !state.flows.is_empty() {
        let folder = Kind::Flow.as_str();
        let before = before.and_then(|before| before.get_name(folder));
        let before = before.and_then(|before| handle.find_tree(before.id()).ok());
        let flows = write_flows(handle, before.as_ref(), &state.flows)?;
        root.insert(folder, flows, FileMode::Tree.into()).map_err(failed())?;
    }
    root.write().map_err(failed())
}

/// Writes the folder of flows on top of the one before: only what differs costs a write.
fn write_flows(
    handle: &Repository,
    before: Option<&Tree<'_>>,
    flows: &BTreeMap<String, FlowRecord>,
) -> Result<Oid, Error> {
    let failed = || Error::git("write the state's flows");
    let mut folder = handle.treebuilder(before).map_err(failed())?;
    let is_kept = |file: &TreeEntry<'_>| {
        let resource = file.name().ok().and_then(|name| name.strip_suffix(EXTENSION));
        resource.is_some_and(|resource| flows.contains_key(resource))
    };
    folder.filter(is_kept).map_err(failed())?;
    for (name, flow) in flows {
        write_flow(handle, &mut folder, name, flow)?;
    }
    folder.write().map_err(failed())
}

fn write_flow(
    handle: &Repository,
    folder: &mut TreeBuilder<'_>,
    name: &str,
    flow: &FlowRecord,
) -> Result<(), Error> {
    let failed = || Error::git(format!("write the state of flow {name}"));
    let unnamed = |_| Error::ResourceName { resource: name.to_owned() };
    let file = format!("{name}{EXTENSION}");
    let text = record::write(flow);
    let id = Oid::hash_object(ObjectType::Blob, text.as_bytes()).map_err(failed())?;
    let recorded = folder.get(&file).map_err(unnamed)?.map(|entry| entry.id());
    if recorded != Some(id) {
        let blob = handle.blob(text.as_bytes()).map_err(failed())?;
        folder.insert(&file, blob, FileMode::Blob.into()).map_err(unnamed)?;
    }
    Ok(())
}
