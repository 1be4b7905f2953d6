//! What git holds for a pass.

use std::sync::Arc;

use super::load::{self, Cache, Files, Loaded, Manifests};
use super::request::{Course, Request};
use super::{Error, rollback};
use crate::git::{Repo, Snapshot};
use crate::model::{Desired, Environment, Project, Revision};

/// What git holds for a pass.
pub(super) struct Fetched {
    /// The commit whose manifests count.
    pub(super) snapshot: Snapshot,
    manifests: Arc<Manifests>,
    environment: String,
    /// Of a rollback, what git is at.
    head: Option<(Revision, Arc<Manifests>)>,
}

impl Fetched {
    /// Reads the commit that is asked for; of a rollback also the one that it goes back to.
    pub(super) fn read(request: &Request, cache: &mut Cache, repo: &Repo) -> Result<Self, Error> {
        let asked = (request.revision.as_deref(), request.environment.as_deref());
        let head = Self::head(asked, cache, repo)?;
        let Course::RollBack(target) = &request.course else { return Ok(head) };
        let Self { environment, snapshot, manifests, .. } = head;
        let from = snapshot.revision;
        let to = rollback::revision(repo, &environment, &from, target)?;
        let snapshot = repo.snapshot(&to)?;
        let then = load::read(&Files::Commit(repo, &snapshot), cache)?;
        Ok(Self { snapshot, manifests: then, environment, head: Some((from, manifests)) })
    }

    /// Reads the project at the asked revision, else at `HEAD`; when that puts the environment on another
    /// branch, what that branch says is what counts.
    pub(super) fn head(
        (revision, environment): (Option<&str>, Option<&str>),
        cache: &mut Cache,
        repo: &Repo,
    ) -> Result<Self, Error> {
        let asked = repo.resolve(revision, None)?;
        let mut snapshot = repo.snapshot(&asked)?;
        let mut manifests = load::read(&Files::Commit(repo, &snapshot), cache)?;
        let chosen = manifests.choose(environment)?;
        let (environment, branch) = (chosen.name.clone(), chosen.branch.clone());
        if revision.is_none() && branch.is_some() {
            let tip = repo.resolve(None, branch.as_deref())?;
            if tip != asked {
                snapshot = repo.snapshot(&tip)?;
                manifests = load::read(&Files::Commit(repo, &snapshot), cache)?;
            }
        }
        Ok(Self { snapshot, manifests, environment, head: None })
    }

    /// Returns the environment and its rules: those of today, with the values of the commit whose manifests
    /// count. What is rolled back is in today's tenant.
    pub(super) fn rules(&self) -> Result<Environment, Error> {
        let then = self.manifests.choose(Some(&self.environment))?;
        let Some((_, head)) = &self.head else { return Ok(then.clone()) };
        let now = head.choose(Some(&self.environment))?.clone();
        let mut sources = then.sources.clone();
        sources.extend(now.sources);
        Ok(Environment { values: then.values.clone(), sources, ..now })
    }

    /// Returns the project as it is today.
    pub(super) fn project(&self) -> &Project {
        self.head.as_ref().map_or(&self.manifests, |(_, head)| head).project()
    }

    /// Returns the manifests that git is at.
    pub(super) fn manifests(&self) -> &Manifests {
        self.head.as_ref().map_or(&self.manifests, |(_, head)| head)
    }

    /// Returns the commit that is rolled back.
    pub(super) fn from(&self) -> Option<Revision> {
        self.head.as_ref().map(|(from, _)| from.clone())
    }

    /// Returns what the commit wants of what the environment manages.
    pub(super) fn load(&self, environment: &Environment) -> Result<Loaded, Error> {
        let then = self.manifests.choose(Some(&self.environment))?;
        let Loaded { desired, warnings } = load::load_environment(&self.manifests, then)?;
        let mut desired = Desired {
            revision: Some(self.snapshot.revision.clone()),
            ..desired.managed(&environment.manages)
        };
        if let Some((_, head)) = &self.head {
            let (now, _) = head.environment(environment);
            rollback::carry_names(&mut desired, &now);
        }
        Ok(Loaded { desired, warnings })
    }
}
