//! Makes, writes, tests and deletes a data action.

use super::halt::Halt;
use super::outcome::done;
use super::{Applied, Context, RecordChange};
use crate::cxone::{Error, ErrorKind, ScriptRun};
use crate::delta::{Base, canonical_json, compare_data_actions, merge_data_action};
use crate::git;
use crate::model::{
    DataActionContent, DataActionId, DataActionRecord, DesiredDataAction, Expectation,
    LiveDataAction, ModifiedTimestamp, Record, ResourceOutcome, TestCase,
};
use crate::plan::{DataActionStep, DataActionWork, ResourcePlan};

/// How often a write is tried again after somebody else wrote.
const TRIES: usize = 3;

/// Runs the steps of a plan and returns what became of the data action.
pub(super) async fn run(
    (resource, work): (&ResourcePlan, &DataActionWork),
    declared: Option<&DesiredDataAction>,
    record: Option<&DataActionRecord>,
    context: &Context<'_>,
) -> Applied {
    let mut running = Running {
        resource,
        work,
        declared,
        record,
        context,
        live: work.live.as_deref().map(Live::of),
        left: Vec::new(),
        altered: None,
        untested: None,
    };
    match running.steps().await {
        Ok(outcome) => running.ended(outcome, None),
        Err(Halt { outcome, why }) => running.ended(outcome, Some(why)),
    }
}

/// What of the action is live, as far as it is known.
#[derive(Debug, Clone)]
struct Live {
    id: DataActionId,
    modified: ModifiedTimestamp,
}

impl Live {
    fn of(read: &LiveDataAction) -> Self {
        Self { id: read.id.clone(), modified: read.modified }
    }
}

/// What is to be written.
struct Wanted {
    name: String,
    content: DataActionContent,
    /// What of it somebody changed since the plan was made, a sentence each.
    left: Vec<String>,
}

struct Running<'a> {
    resource: &'a ResourcePlan,
    work: &'a DataActionWork,
    declared: Option<&'a DesiredDataAction>,
    record: Option<&'a DataActionRecord>,
    context: &'a Context<'a>,
    live: Option<Live>,
    /// What somebody changed while the steps ran, a sentence each: it stays.
    left: Vec<String>,
    /// What the tenant made of what was written, where that is something else.
    altered: Option<DataActionContent>,
    /// Why the tenant's tests of what is live now did not pass.
    untested: Option<String>,
}

impl Running<'_> {
    async fn steps(&mut self) -> Result<ResourceOutcome, Halt> {
        for step in &self.work.steps {
            match step {
                DataActionStep::Create => self.create().await?,
                DataActionStep::Update => self.update().await?,
                DataActionStep::Test => self.test().await?,
                DataActionStep::Delete => return self.delete().await,
            }
        }
        if !self.left.is_empty() {
            return Err(Halt::moved(format!("{}; that stays as it is", self.left.join("; "))));
        }
        Ok(self.work.leaves.unwrap_or_else(|| done(self.resource.action)))
    }

    fn tell(&self, step: &str) {
        self.context.tell(&self.resource.id, step);
    }

    async fn create(&mut self) -> Result<(), Halt> {
        self.tell("create data action");
        let DataActionWork { name, content, .. } = self.work;
        // One that replaces another is another one, even with the same content.
        let replaces = self.record.map_or("", |record| record.id.as_str());
        let hash = crate::delta::hash_data_action(content).to_string();
        let revision = self.context.revision.as_str();
        let parts = ["create-data-action", name, &hash, replaces, revision];
        let key = self.context.key(&self.resource.id, &parts);
        let made = match self.context.client.create_data_action(name, content, &key).await {
            Ok(made) => made,
            Err(error) => self.find_made(error).await?,
        };
        self.saw(&made)
    }

    /// Looks whether the action is there although no answer said so.
    async fn find_made(&self, error: Error) -> Result<LiveDataAction, Halt> {
        let taken = matches!(error.conflict_code(), Some("NAME_EXISTS" | "IDEMPOTENCY_KEY_REUSED"));
        if !taken && !error.leaves_effect_unknown() {
            return Err(self.explained(&error));
        }
        let listed = self.context.client.data_actions().await?;
        let Some(found) = listed.into_iter().find(|one| one.name == self.work.name) else {
            return Err(error.into());
        };
        let live = self.context.client.data_action(&found.id).await?;
        let same = |live: &LiveDataAction| {
            compare_data_actions(Some(&live.content), Some(&self.work.content)).is_empty()
        };
        live.filter(same).ok_or_else(|| {
            let name = &self.work.name;
            Halt::moved(format!("a data action named {name:?} was made meanwhile ({})", found.id))
        })
    }

    /// Writes over the timestamp that was compared. When somebody wrote in between, what they changed
    /// stays if git did not change the same.
    async fn update(&mut self) -> Result<(), Halt> {
        self.tell("write data action");
        let mut live = self.live.clone().ok_or_else(Halt::broken)?;
        let mut wanted = Wanted {
            name: self.work.name.clone(),
            content: self.work.content.clone(),
            left: Vec::new(),
        };
        for _ in 0..TRIES {
            match self.put(&live, &wanted).await {
                Ok(written) => {
                    self.left = wanted.left;
                    return self.saw_written(&written, &wanted.content);
                }
                Err(error) if error.conflict_code() == Some("VERSION_CONFLICT") => {
                    let now = self.context.client.data_action(&live.id).await?;
                    let now = now.ok_or_else(|| Halt::moved("it was deleted meanwhile"))?;
                    wanted = self.merged(&now)?;
                    live = Live::of(&now);
                    let differs = compare_data_actions(Some(&now.content), Some(&wanted.content));
                    if now.name == wanted.name && differs.is_empty() {
                        self.left = wanted.left;
                        return self.saw_written(&now, &wanted.content);
                    }
                }
                Err(error) => return Err(self.explained(&error)),
            }
        }
        Err(Halt::moved(format!("somebody else kept writing it; given up after {TRIES} tries")))
    }

    async fn put(&self, live: &Live, wanted: &Wanted) -> Result<LiveDataAction, Error> {
        let Wanted { name, content, .. } = wanted;
        let hash = crate::delta::hash_data_action(content).to_string();
        let modified = live.modified.to_string();
        let parts = ["put-data-action", live.id.as_str(), name, &hash, &modified];
        let key = self.context.key(&self.resource.id, &parts);
        let client = &self.context.client;
        client.put_data_action(&live.id, name, content, live.modified, &key).await
    }

    /// Merges name and content that were to be written with what somebody wrote since the plan was made.
    fn merged(&self, now: &LiveDataAction) -> Result<Wanted, Halt> {
        let DataActionWork { name, content, live, .. } = self.work;
        let base = Base::of(live.as_ref().map(|live| &live.content));
        let merge = merge_data_action(base, &now.content, content);
        let renamed = now.name != *name && live.as_ref().is_none_or(|live| live.name != now.name);
        if !merge.conflicts.is_empty() {
            let pointers: Vec<_> =
                merge.conflicts.iter().map(|change| change.pointer.as_str()).collect();
            let why = format!(
                "someone changed {} meanwhile, and git changed it too; nothing is written over it",
                pointers.join(", ")
            );
            return Err(Halt::new(ResourceOutcome::Conflict, why));
        }
        let changed =
            merge.kept.iter().map(|kept| format!("someone changed {} meanwhile", kept.pointer));
        let moved = renamed.then(|| format!("someone renamed it to {:?} meanwhile", now.name));
        let name = if renamed { &now.name } else { name };
        let left = changed.chain(moved).collect();
        Ok(Wanted { name: name.clone(), content: merge.content, left })
    }

    fn saw(&mut self, live: &LiveDataAction) -> Result<(), Halt> {
        self.saw_written(live, &self.work.content.clone())
    }

    /// Notes what is live after a write, and makes sure that it is what was written.
    fn saw_written(
        &mut self,
        live: &LiveDataAction,
        written: &DataActionContent,
    ) -> Result<(), Halt> {
        self.live = Some(Live::of(live));
        let differs = merge_data_action(Base::Nothing, &live.content, written).written;
        if differs.is_empty() {
            return Ok(());
        }
        self.altered = Some(live.content.clone());
        let pointers: Vec<_> = differs.iter().map(|change| change.pointer.as_str()).collect();
        let why = format!("the tenant did not take {} as it was written", pointers.join(", "));
        Err(Halt::new(ResourceOutcome::Failed, why))
    }

    async fn test(&mut self) -> Result<(), Halt> {
        let live = self.live.clone().ok_or_else(Halt::broken)?;
        let cases = self.declared.map(|declared| &*declared.tests).unwrap_or_default();
        for case in cases {
            self.tell(&format!("test {:?}", case.name));
            let run = self.context.client.test_data_action(&live.id, &case.input).await;
            let fault = match run {
                Ok(run) => judge(case, &run).map(|fault| self.placed(&fault, &run)),
                Err(error) => Some(error.to_string()),
            };
            if let Some(fault) = fault {
                let why = format!("test {:?} failed in the tenant: {fault}", case.name);
                self.untested = Some(why.clone());
                return Err(Halt::new(ResourceOutcome::Failed, why));
            }
        }
        Ok(())
    }

    /// Adds where the script failed, and what it printed last.
    fn placed(&self, fault: &str, run: &ScriptRun) -> String {
        let place = run.error.as_ref().zip(self.declared).and_then(|(error, declared)| {
            let location = declared.script_place.locate(error.line?, error.column.unwrap_or(1));
            Some(format!(" (at {}:{})", location.line(), location.span.column))
        });
        let printed = run.logs.last().map(|line| format!("; it printed {line:?} last"));
        format!("{fault}{}{}", place.unwrap_or_default(), printed.unwrap_or_default())
    }

    /// Deletes what was compared: the call itself asks nobody whether someone wrote in between.
    async fn delete(&mut self) -> Result<ResourceOutcome, Halt> {
        self.tell("delete data action");
        let live = self.live.clone().ok_or_else(Halt::broken)?;
        match self.context.client.data_action(&live.id).await? {
            None => return Ok(ResourceOutcome::Deleted),
            Some(now) if now.modified == live.modified => {}
            Some(_) => {
                let why = "gone from git; kept, because someone changed it meanwhile";
                return Err(Halt::new(ResourceOutcome::Kept, why));
            }
        }
        match self.context.client.delete_data_action(&live.id).await {
            Ok(()) => Ok(ResourceOutcome::Deleted),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound { .. }) => {
                Ok(ResourceOutcome::Deleted)
            }
            Err(error) if error.conflict_code() == Some("ACTION_IN_USE") => {
                let why = "gone from git; kept, because a flow or another data action uses it";
                Err(Halt::new(ResourceOutcome::Kept, why))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Says what failed, and for a refused script in which line of git it stands.
    fn explained(&self, error: &Error) -> Halt {
        let ErrorKind::Invalid { faults, .. } = error.kind() else {
            return Halt::new(ResourceOutcome::Failed, error.to_string());
        };
        let place = self.declared.map(|declared| &declared.script_place);
        let places: Vec<String> = faults
            .iter()
            .filter_map(|fault| {
                let location = place?.locate(fault.line?, fault.column.unwrap_or(1));
                Some(format!("{}:{}", location.line(), location.span.column))
            })
            .collect();
        if places.is_empty() {
            return Halt::new(ResourceOutcome::Failed, error.to_string());
        }
        Halt::new(ResourceOutcome::Failed, format!("{error} (at {})", places.join(", ")))
    }

    fn ended(self, outcome: ResourceOutcome, message: Option<String>) -> Applied {
        let planned = self.work.leaves.and_then(|_| self.resource.reason.clone());
        let message = match (message, planned) {
            (Some(message), Some(planned)) if !self.left.is_empty() => {
                Some(format!("{planned}; {message}"))
            }
            (message, planned) => message.or(planned),
        };
        if outcome == ResourceOutcome::Deleted {
            return Applied::ended(self.resource, outcome, message, RecordChange::Remove);
        }
        let record = self.recorded(outcome).unwrap_or(RecordChange::Keep);
        Applied::ended(self.resource, outcome, message, record)
    }

    /// What the state holds from now on: git's content where it was written, else what it held.
    fn recorded(&self, outcome: ResourceOutcome) -> Option<RecordChange> {
        let (live, declared) = (self.live.as_ref()?, self.declared?);
        let written = outcome.is_change()
            || self.untested.is_some()
            || self.altered.is_some()
            || self.work.leaves == Some(outcome)
            || !self.left.is_empty();
        if !written {
            return None;
        }
        let whole = self.work.leaves.is_none() && self.left.is_empty() && self.altered.is_none();
        Some(RecordChange::Put(Box::new(Record::DataAction(DataActionRecord {
            id: live.id.clone(),
            name: self.recorded_name(),
            modified: whole.then_some(live.modified),
            hash: crate::delta::hash_data_action(&declared.content),
            content: git::recorded_data_action(self.altered.as_ref().unwrap_or(&declared.content)),
            untested: self.untested.clone(),
        }))))
    }
}

impl Running<'_> {
    /// The name that flowgate gave last: one that somebody else gave stays theirs.
    fn recorded_name(&self) -> String {
        let wanted = self.declared.map(|declared| &declared.metadata.name);
        let ours = wanted.is_none_or(|wanted| *wanted == self.work.name);
        let known = self.record.filter(|_| !ours).map(|record| &record.name);
        known.unwrap_or(&self.work.name).clone()
    }
}

/// Says what is wrong with a run; nothing when it is what the case expects.
fn judge(case: &TestCase, run: &ScriptRun) -> Option<String> {
    let said = run.error.as_ref().map_or("it failed without a message", |error| &error.message);
    match (&case.expect, run.passed()) {
        (Expectation::Error(text), false) => (!said.contains(text.as_str()))
            .then(|| format!("expected the error {text:?}, got {said:?}")),
        (Expectation::Error(text), true) => Some(format!("expected the error {text:?}, got none")),
        (_, false) => Some(said.to_owned()),
        (Expectation::Output(expected), true) => {
            let output = run.output.as_ref()?;
            let (expected, output) = (canonical_json(expected), canonical_json(output));
            (expected != output).then(|| format!("expected {expected}, got {output}"))
        }
        (Expectation::Success, true) => None,
    }
}
