//! Two revisions, offline.

use std::sync::Arc;

use super::Error;
use super::load::{self, Cache, Files, Manifests};
use crate::delta::{ResourceDiff, between};
use crate::git::Repo;

/// What differs between two revisions in some environments.
#[derive(Debug)]
pub struct Compared {
    /// The environments in which just this differs.
    pub environments: Vec<String>,
    /// The resources that differ.
    pub resources: Vec<ResourceDiff>,
}

/// Compares the desired states of two revisions without asking any tenant: in one environment, or in
/// every one that both revisions have.
///
/// Environments in which the same differs come together. Each side's errors are findings.
pub fn compare(
    repo: &Repo,
    before: &str,
    after: &str,
    environment: Option<&str>,
) -> Result<Vec<Compared>, Error> {
    let mut cache = Cache::default();
    let after = read(repo, after, &mut cache)?;
    let before = read(repo, before, &mut cache)?;
    let names: Vec<String> = if let Some(name) = environment {
        vec![after.choose(Some(name))?.name.clone()]
    } else {
        let all = after.project().environments.iter().map(|one| one.name.clone());
        all.filter(|name| before.project().environment(name).is_some()).collect()
    };
    let mut all: Vec<Compared> = Vec::new();
    for name in names {
        let had = load::load_environment(&before, before.choose(Some(&name))?)?.desired;
        let wanted = load::load_environment(&after, after.choose(Some(&name))?)?.desired;
        let resources = between(&had, &wanted);
        match all.iter_mut().find(|known| known.resources == resources) {
            Some(known) => known.environments.push(name),
            None => all.push(Compared { environments: vec![name], resources }),
        }
    }
    Ok(all)
}

fn read(repo: &Repo, revision: &str, cache: &mut Cache) -> Result<Arc<Manifests>, Error> {
    let snapshot = repo.snapshot(&repo.resolve(Some(revision), None)?)?;
    load::read(&Files::Commit(repo, &snapshot), cache)
}
