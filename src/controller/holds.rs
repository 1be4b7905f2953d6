//! Pausing and resuming, between passes.

use super::Error;
use super::fetch::Fetched;
use super::load::Cache;
use super::record;
use crate::git::{Holder, Repo};
use crate::model::{Hold, HoldReason, ResourceId, State};

/// Who pauses or resumes, in which environment of which repository.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The environment; the project's only one when absent.
    pub environment: Option<&'a str>,
    /// Who acts, where and when.
    pub holder: &'a Holder,
}

impl Desk<'_> {
    /// Pauses everything, or single resources, and returns the environment's name and the pauses.
    ///
    /// A pause replaces those that it covers. Fails when neither git nor the state knows a resource, and
    /// while a pass runs.
    pub fn pause(
        &self,
        resources: &[ResourceId],
        reason: &HoldReason,
    ) -> Result<(String, Vec<Hold>), Error> {
        self.change(|state, known| {
            if let Some(unknown) = resources.iter().find(|id| !known(id)) {
                return Err(Error::UnknownResource { id: unknown.clone() });
            }
            let scopes: Vec<_> = match resources {
                [] => vec![None],
                some => some.iter().cloned().map(Some).collect(),
            };
            let pauses: Vec<Hold> = scopes.into_iter().map(|id| self.hold(id, reason)).collect();
            for pause in &pauses {
                record::hold(state, pause.clone());
            }
            Ok(pauses)
        })
    }

    /// Lifts the holds that `which` tells, of everything or of single resources, and returns the
    /// environment's name and what was lifted. Fails while a pass runs.
    pub fn resume(
        &self,
        resources: &[ResourceId],
        which: impl Fn(&Hold) -> bool,
    ) -> Result<(String, Vec<Hold>), Error> {
        self.change(|state, _| {
            let named = |hold: &Hold| {
                let about = hold.resource.as_ref();
                let asked = about.is_some_and(|id| resources.contains(id));
                (resources.is_empty() || asked) && which(hold)
            };
            let (lifted, kept) = std::mem::take(&mut state.holds).into_iter().partition(named);
            state.holds = kept;
            Ok(lifted)
        })
    }

    fn hold(&self, resource: Option<ResourceId>, reason: &HoldReason) -> Hold {
        let (by, since) = (self.holder.operator.clone(), self.holder.since);
        Hold { resource, by, since, reason: reason.clone() }
    }

    /// Changes the recorded holds under the environment's lock; the second argument tells whether a
    /// resource is known.
    fn change(
        &self,
        change: impl FnOnce(&mut State, &dyn Fn(&ResourceId) -> bool) -> Result<Vec<Hold>, Error>,
    ) -> Result<(String, Vec<Hold>), Error> {
        let fetched = Fetched::head((None, self.environment), &mut Cache::default(), self.repo)?;
        let environment = &fetched.rules()?;
        let _lock = self.repo.lock(&environment.name, self.holder)?;
        let (mut state, tip) = self.repo.read_state(&environment.name)?;
        let declared = fetched.manifests().environment(environment).0;
        let before = state.clone();
        let known = |id: &ResourceId| declared.declares(id) || before.knows(id);
        let changed = change(&mut state, &known)?;
        if state != before {
            let message = message(&changed);
            let who = self.repo.identity().at(self.holder.since);
            self.repo.write_state(&environment.name, &state, tip, &message, &who)?;
        }
        Ok((environment.name.clone(), changed))
    }
}

fn message(holds: &[Hold]) -> String {
    let lines: Vec<String> = holds.iter().map(Hold::sentence).collect();
    lines.join("; ")
}
