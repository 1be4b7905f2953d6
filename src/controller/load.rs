//! Files of the flows folder in, desired state out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::{Error, scripts};
use crate::delta::{hash, hash_data_action, hash_data_store};
use crate::git::{self, BlobId, Entry, EntryKind, Repo, Snapshot, work_tree};
use crate::manifest::{self, Content, File, Parsed, ProjectFile, ScriptFile};
use crate::model::{
    ContentHash, Declarations, Desired, DesiredDataAction, Environment, Finding, Location, Project,
    ResourceId, Severity, Wanted,
};
use crate::validate;

/// The project file's name, at the root of the flows folder.
const PROJECT_FILE: &str = "flowgate.yaml";

/// Where files come from.
pub enum Files<'a> {
    /// A commit.
    Commit(&'a Repo, &'a Snapshot),
    /// The folder as it is on disk.
    Folder(&'a Path, &'a [Entry]),
}

/// Parsed manifests by content, so that a file that did not change is never parsed twice.
///
/// Holds what the last [`read`] used, and nothing older.
#[derive(Debug, Default)]
pub struct Cache {
    parsed: HashMap<(String, BlobId), Arc<Parsed>>,
    last: Option<(Vec<Entry>, Arc<Manifests>)>,
}

/// Everything that the flows folder says, for every environment.
#[derive(Debug)]
pub struct Manifests {
    file: ProjectFile,
    parsed: Vec<Arc<Parsed>>,
    /// What lies at the paths of scripts.
    scripts: BTreeMap<String, ScriptFile>,
    /// By environment; those that had no errors.
    loaded: Mutex<BTreeMap<String, Loaded>>,
    /// What is wrong with scripts, which are the same in every environment.
    script_findings: OnceLock<Vec<Finding>>,
}

/// The desired state of one environment, without errors.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Everything that git declares, values filled in.
    pub desired: Desired,
    /// What is worth a look.
    pub warnings: Vec<Finding>,
}

impl Files<'_> {
    fn entries(&self) -> &[Entry] {
        match self {
            Self::Commit(_, snapshot) => &snapshot.entries,
            Self::Folder(_, entries) => entries,
        }
    }

    fn map<T: Send>(
        &self,
        entries: &[Entry],
        each: impl Fn(File) -> T + Sync,
    ) -> Result<Vec<T>, git::Error> {
        let each = |entry: &Entry, content: git::Content<'_>| {
            each(File { path: entry.path.clone(), content: content_of(entry, content) })
        };
        match self {
            Self::Commit(repo, _) => repo.map_blobs(entries, each),
            Self::Folder(folder, _) => work_tree::map_files(folder, entries, each),
        }
    }
}

fn content_of(entry: &Entry, content: git::Content<'_>) -> Content {
    match (content, entry.kind) {
        (git::Content::Bytes(bytes), _) => Content::Bytes(bytes.to_vec()),
        (git::Content::TooLarge { .. }, _) => Content::TooLarge,
        (git::Content::NotAFile, EntryKind::Submodule) => Content::Submodule,
        (git::Content::NotAFile, _) => Content::Link,
    }
}

/// Reads the project file and parses every manifest below the project's paths.
///
/// Fails with the project file's findings when it has errors; the manifests' own findings come
/// with [`Manifests::environment`]. When no file of a commit changed since the last time, the
/// result is that of the last time.
pub fn read(files: &Files<'_>, cache: &mut Cache) -> Result<Arc<Manifests>, Error> {
    if let (Files::Commit(_, snapshot), Some((entries, manifests))) = (files, &cache.last)
        && *entries == snapshot.entries
    {
        return Ok(Arc::clone(manifests));
    }
    let manifests = Arc::new(read_anew(files, cache)?);
    cache.last = match files {
        Files::Commit(_, snapshot) => Some((snapshot.entries.clone(), Arc::clone(&manifests))),
        Files::Folder(..) => None,
    };
    Ok(manifests)
}

fn read_anew(files: &Files<'_>, cache: &mut Cache) -> Result<Manifests, Error> {
    let project = files.entries().iter().filter(|entry| entry.path == PROJECT_FILE).cloned();
    let project = files.map(&project.collect::<Vec<_>>(), manifest::project)?.pop();
    let project = project
        .unwrap_or_else(|| Err(vec![manifest::missing_project()]))
        .map_err(Error::Findings)?;
    let entries = manifests_below(&project.project.paths, files.entries());
    let parsed = parse(files, &entries, cache)?;
    let scripts = scripts(files, &parsed)?;
    Ok(Manifests {
        file: project,
        parsed,
        scripts,
        loaded: Mutex::default(),
        script_findings: OnceLock::new(),
    })
}

fn manifests_below(paths: &[String], entries: &[Entry]) -> Vec<Entry> {
    let below = |path: &str, entry: &Entry| {
        let path = path.trim_matches('/');
        path == "." || entry.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
    };
    let is_manifest = |entry: &&Entry| {
        let extension = Path::new(&entry.path).extension().and_then(|text| text.to_str());
        matches!(extension, Some("yaml" | "yml")) && entry.path != PROJECT_FILE
    };
    let all = entries.iter().filter(is_manifest);
    all.filter(|entry| paths.iter().any(|path| below(path, entry))).cloned().collect()
}

fn parse(
    files: &Files<'_>,
    entries: &[Entry],
    cache: &mut Cache,
) -> Result<Vec<Arc<Parsed>>, git::Error> {
    let key = |entry: &Entry| match entry.kind {
        EntryKind::File(Some(blob)) => Some((entry.path.clone(), blob)),
        _ => None,
    };
    let mut kept = HashMap::new();
    let mut new = Vec::new();
    for entry in entries {
        match key(entry).and_then(|key| cache.parsed.remove_entry(&key)) {
            Some((key, parsed)) => {
                kept.insert(key.0, parsed);
            }
            None => new.push(entry.clone()),
        }
    }
    let parsed = files.map(&new, |file| Arc::new(manifest::parse(file)))?;
    kept.extend(new.iter().map(|entry| entry.path.clone()).zip(parsed));
    cache.parsed = entries
        .iter()
        .filter_map(|entry| Some((key(entry)?, Arc::clone(kept.get(&entry.path)?))))
        .collect();
    Ok(entries.iter().filter_map(|entry| kept.remove(&entry.path)).collect())
}

/// Reads the script files that manifests name, and no others.
fn scripts(
    files: &Files<'_>,
    parsed: &[Arc<Parsed>],
) -> Result<BTreeMap<String, ScriptFile>, git::Error> {
    let named: HashSet<&str> = parsed.iter().flat_map(|file| file.scripts()).collect();
    let entries = files.entries().iter().filter(|entry| named.contains(entry.path.as_str()));
    let entries: Vec<Entry> = entries.cloned().collect();
    let scripts = files.map(&entries, manifest::script)?;
    Ok(entries.into_iter().map(|entry| entry.path).zip(scripts).collect())
}

impl Manifests {
    /// A project without a manifest.
    pub fn of_project(file: ProjectFile) -> Self {
        Self {
            file,
            parsed: Vec::new(),
            scripts: BTreeMap::new(),
            loaded: Mutex::default(),
            script_findings: OnceLock::new(),
        }
    }

    /// The same without its manifests.
    pub(super) fn without_manifests(&self) -> Self {
        Self::of_project(self.file.clone())
    }

    /// The same with further manifests and scripts, element types and resources of others.
    pub(super) fn with(
        &self,
        parsed: impl IntoIterator<Item = Arc<Parsed>>,
        scripts: impl IntoIterator<Item = (String, ScriptFile)>,
        (element_types, external): (&BTreeSet<String>, &BTreeSet<ResourceId>),
    ) -> Self {
        let mut file = self.file.clone();
        file.project.element_types.extend(element_types.iter().cloned());
        file.project.external.extend(external.iter().cloned());
        Self {
            parsed: self.parsed.iter().cloned().chain(parsed).collect(),
            scripts: self.scripts.clone().into_iter().chain(scripts).collect(),
            ..Self::of_project(file)
        }
    }

    /// Returns what `flowgate.yaml` says.
    pub fn project(&self) -> &Project {
        &self.file.project
    }

    /// Returns the environment of that name, or the only one.
    pub fn choose(&self, name: Option<&str>) -> Result<&Environment, Error> {
        let all = &self.project().environments;
        let known = || all.iter().map(|environment| environment.name.clone()).collect();
        match (name, all.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(Error::WhichEnvironment { known: known() }),
            (Some(name), _) => self
                .project()
                .environment(name)
                .ok_or_else(|| Error::UnknownEnvironment { name: name.to_owned(), known: known() }),
        }
    }

    /// Returns what an environment wants and everything that was found, in the order of files
    /// and lines.
    pub fn environment(&self, environment: &Environment) -> (Declarations, Vec<Finding>) {
        let resolved = manifest::resolve(&self.parsed, &self.scripts, &self.file, environment);
        let mut findings = resolved.findings;
        let mut project = Cow::Borrowed(self.project());
        if !resolved.broken.is_empty() {
            // Names of what cannot be read are no mistakes.
            project.to_mut().external.extend(resolved.broken);
        }
        findings.extend(validate::check(&project, &resolved.declared));
        let scripts = self.script_findings.get_or_init(|| scripts::check(&resolved.declared));
        findings.extend(scripts.iter().cloned());
        findings.sort_by(validate::order);
        (resolved.declared, findings)
    }

    /// Returns how many resources there are and everything that was found, for one environment or for all of
    /// them; what environments share is told once.
    pub fn findings(&self, environment: Option<&str>) -> Result<(usize, Vec<Finding>), Error> {
        let environments = match environment {
            Some(name) => std::slice::from_ref(self.choose(Some(name))?),
            None => &self.project().environments,
        };
        let (mut resources, mut findings, mut told) = (0, Vec::new(), HashSet::new());
        for environment in environments {
            let (wanted, found) = self.environment(environment);
            let Declarations { flows, data_actions, data_stores } = &wanted;
            resources = resources.max(flows.len() + data_actions.len() + data_stores.len());
            findings.extend(found.into_iter().filter(|one| {
                let Location { source, span } = &one.location;
                told.insert((source.path.clone(), *span, one.code, one.message.clone()))
            }));
        }
        findings.sort_by(validate::order);
        Ok((resources, findings))
    }

    /// Returns the data actions, which are the same in every environment but for values in
    /// descriptions: those are the first one's. Fails with all findings of all environments when one
    /// is an error.
    pub fn data_actions(&self) -> Result<BTreeMap<ResourceId, Arc<DesiredDataAction>>, Error> {
        let (_, findings) = self.findings(None)?;
        if findings.iter().any(|finding| finding.severity() == Severity::Error) {
            return Err(Error::Findings(findings));
        }
        let first = self.project().environments.first();
        let declared = first.map(|environment| self.environment(environment).0);
        Ok(declared.map(|declared| declared.data_actions).unwrap_or_default())
    }

    fn loaded(&self) -> MutexGuard<'_, BTreeMap<String, Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the desired state of an environment; fails with all findings when one is an error.
///
/// Filling in, validating and hashing are done once for each environment of the manifests.
pub fn load_environment(manifests: &Manifests, environment: &Environment) -> Result<Loaded, Error> {
    if let Some(loaded) = manifests.loaded().get(&environment.name) {
        return Ok(loaded.clone());
    }
    let loaded = load_anew(manifests, environment)?;
    manifests.loaded().insert(environment.name.clone(), loaded.clone());
    Ok(loaded)
}

fn load_anew(manifests: &Manifests, environment: &Environment) -> Result<Loaded, Error> {
    let (declared, findings) = manifests.environment(environment);
    if findings.iter().any(|finding| finding.severity() == Severity::Error) {
        return Err(Error::Findings(findings));
    }
    let desired = Desired {
        revision: None,
        flows: hashed(declared.flows, |flow| hash(&flow.flow.content)),
        data_actions: hashed(declared.data_actions, |action| hash_data_action(&action.content)),
        data_stores: hashed(declared.data_stores, hash_data_store),
    };
    Ok(Loaded { desired, warnings: findings })
}

fn hashed<T>(
    declared: BTreeMap<ResourceId, Arc<T>>,
    hash: impl Fn(&T) -> ContentHash,
) -> BTreeMap<ResourceId, Wanted<T>> {
    let wanted = |declared: Arc<T>| Wanted { hash: hash(&declared), declared };
    declared.into_iter().map(|(id, declared)| (id, wanted(declared))).collect()
}
