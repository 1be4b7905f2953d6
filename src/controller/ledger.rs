//! Writes records into git while a pass runs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::apply::Ledger;
use crate::git::{self, Repo, Signature, Tip};
use crate::model::{Hold, Record, ResourceId, State};

use super::record;

/// The state of an environment while a pass runs on it.
pub(super) struct Claims {
    repo: Repo,
    environment: String,
    who: Signature,
    held: Mutex<(State, Option<Tip>)>,
}

impl Claims {
    /// Takes the state as it was read.
    pub(super) fn new(
        repo: Repo,
        environment: &str,
        who: Signature,
        held: (State, Option<Tip>),
    ) -> Self {
        Self { repo, environment: environment.to_owned(), who, held: Mutex::new(held) }
    }

    /// Returns the state with everything that was claimed, and where it is written.
    pub(super) fn state(&self) -> (State, Option<Tip>) {
        self.held().clone()
    }

    /// Records a hold, in place of those of the same kind that it covers.
    pub(super) fn hold(&self, hold: Hold) -> Result<(), git::Error> {
        let mut current = self.held();
        let (state, tip) = &mut *current;
        let message = hold.sentence();
        record::hold(state, hold);
        *tip = Some(self.repo.write_state(&self.environment, state, *tip, &message, &self.who)?);
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, (State, Option<Tip>)> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for Claims {
    fn claim(&self, id: &ResourceId, made: &Record) -> Result<(), String> {
        let mut held = self.held();
        let (state, tip) = &mut *held;
        let written = self.repo.write_record(&self.environment, id, made, *tip, &self.who);
        *tip = Some(written.map_err(|error| format!("made, but not recorded: {error}"))?);
        record::put(state, &id.name, made);
        Ok(())
    }
}
