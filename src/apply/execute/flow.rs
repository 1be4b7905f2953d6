//! The flow itself: its making, its name and description, its end.

use super::{Executor, Halt, Target};
use crate::cxone::{ErrorKind, FlowDetail};
use crate::delta::{FlowMerge, hash, merge_flow};
use crate::model::{Draft, DraftRevision, Drift, DriftPolicy, Flow, FlowId, LivePart, Move, Side};
use crate::rollout::Event;

/// How often a draft is written that somebody else keeps writing.
const TRIES: usize = 3;

fn edited(flow: &FlowDetail) -> String {
    let who = flow.draft.updated_by.as_deref().unwrap_or("someone");
    format!("{who} edited the draft meanwhile")
}

fn keeps_moving() -> Halt {
    Halt::Moved("someone keeps writing the draft; the next pass tries again".to_owned())
}

/// What somebody changed while the draft was about to be written.
fn left(live: &FlowDetail, how: String) -> Drift {
    let Draft { updated_by: by, updated_at: at, .. } = live.draft.clone();
    let moves = vec![Move { part: LivePart::Draft, by, at, how }];
    Drift { side: Side::Both, moves, conflicts: Vec::new() }
}

impl Executor<'_> {
    pub(super) async fn create_flow(&mut self) -> Result<Event, Halt> {
        let flow = &self.desired()?.flow;
        let description = flow.description.as_deref();
        // A flow that replaces one is another flow, even under the same name.
        let replaces = self.record.map_or("", |record| record.id.as_str());
        let key =
            self.key(&["create-flow", &flow.display_name, description.unwrap_or(""), replaces]);
        match self.context.client.create_flow(&flow.display_name, description, &key).await {
            Ok(made) => {
                self.saw(&made);
                Ok(Event::FlowCreated(made.id))
            }
            Err(error) if error.conflict_code() == Some("NAME_EXISTS") => {
                Err(Halt::Moved(format!("a flow named {:?} was made meanwhile", flow.display_name)))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn read(&self, id: &FlowId) -> Result<FlowDetail, Halt> {
        let flow = self.context.client.flow(id).await?;
        let flow = flow.ok_or_else(|| Halt::Moved(format!("flow {id} was deleted meanwhile")))?;
        match &flow.draft.lock {
            Some(lock) => {
                Err(Halt::Locked(format!("{lock}; once it is released, the next pass goes on")))
            }
            None => Ok(flow),
        }
    }

    /// Reads the flow and makes sure that nobody changed its draft since the plan was made.
    pub(super) async fn unmoved(&self, id: &FlowId) -> Result<FlowDetail, Halt> {
        let flow = self.read(id).await?;
        match self.traces.draft {
            Some(expected) if flow.draft.revision != expected && !self.is_as_compared(&flow) => {
                Err(Halt::Moved(format!(
                    "{} (draft revision {expected} became {}); nothing is written over it",
                    edited(&flow),
                    flow.draft.revision
                )))
            }
            _ => Ok(flow),
        }
    }

    /// Tells whether a draft that was written again holds just what flowgate put there.
    fn is_as_compared(&self, flow: &FlowDetail) -> bool {
        let basis = &self.work.basis;
        basis.name.as_ref() == Some(&flow.name)
            && basis.description == flow.description
            && self
                .work
                .base
                .as_ref()
                .is_some_and(|base| hash(&base.content) == hash(&flow.draft.content))
    }

    pub(super) async fn update_flow(&mut self, id: &FlowId) -> Result<Event, Halt> {
        let desired = &self.desired()?.flow;
        for _ in 0..TRIES {
            let mut flow = self.unmoved(id).await?;
            flow.name.clone_from(&desired.display_name);
            if desired.description.is_some() {
                flow.description.clone_from(&desired.description);
            }
            if self.put(flow).await? {
                return Ok(Event::FlowUpdated);
            }
        }
        Err(keeps_moving())
    }

    /// Writes the draft whole; one that somebody wrote meanwhile is merged again first.
    pub(super) async fn write_draft(&mut self, id: &FlowId) -> Result<Event, Halt> {
        let mut beside = None;
        for _ in 0..TRIES {
            let mut flow = self.read(id).await?;
            let expected = self.traces.draft;
            if expected.is_some_and(|expected| flow.draft.revision != expected) {
                beside = self.merge_again(&flow)?;
            }
            let target =
                self.target.clone().ok_or(Halt::Broken("git does not declare this flow"))?;
            flow.name = target.name;
            flow.description = target.description.or(flow.description);
            flow.draft.content = target.content;
            if self.put(flow).await? {
                self.traces.written = true;
                self.traces.left = beside;
                return Ok(Event::DraftWritten);
            }
        }
        Err(keeps_moving())
    }

    /// Decides again on what is live now, by the rules of the plan: what git and somebody changed to
    /// different values is not written, and neither is anything where drift is not left beside git's.
    ///
    /// Returns what somebody changed and keeps, if the merged draft is written.
    fn merge_again(&mut self, live: &FlowDetail) -> Result<Option<Drift>, Halt> {
        let desired = self.desired()?;
        let (git, how) = (&desired.flow, edited(live));
        let moved = || Halt::Moved(format!("{how}; nothing is written over it"));
        let base = self.work.base.as_deref().ok_or_else(moved)?;
        let now = Flow {
            display_name: live.name.clone(),
            description: live.description.clone(),
            version: None,
            content: live.draft.content.clone(),
        };
        let FlowMerge { flow, conflicts } = merge_flow(base, &now, git);
        let keeps = hash(&flow.content) != hash(&git.content)
            || flow.display_name != git.display_name
            || flow.description != git.description;
        let policy = self.context.environment.drift_of(&desired.metadata);
        if !conflicts.is_empty() || (keeps && policy != DriftPolicy::Alert) {
            return Err(moved());
        }
        let Flow { display_name: name, description, content, .. } = flow;
        self.target = Some(Target { name, description, content });
        Ok(keeps.then(|| left(live, how)))
    }

    /// Writes the flow over the draft revision that it was read at; tells whether that one still held.
    async fn put(&mut self, mut flow: FlowDetail) -> Result<bool, Halt> {
        match self.context.client.put_flow(&flow).await {
            Ok(written) => {
                flow.draft.revision = written;
                self.saw(&flow);
                Ok(true)
            }
            Err(error) if error.conflict_code() == Some("VERSION_CONFLICT") => {
                self.is_there(&flow).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A write whose answer was lost and that was sent again meets itself: the tenant then holds just
    /// what was sent, one draft revision on. Anything else was written by someone.
    async fn is_there(&mut self, sent: &FlowDetail) -> Result<bool, Halt> {
        let next = DraftRevision(sent.draft.revision.0.saturating_add(1));
        let flow = self.read(&sent.id).await?;
        let ours = flow.draft.revision == next
            && flow.name == sent.name
            && flow.description == sent.description
            && hash(&flow.draft.content) == hash(&sent.draft.content);
        if ours {
            self.saw(&flow);
        }
        Ok(ours)
    }

    fn saw(&mut self, flow: &FlowDetail) {
        self.traces.draft = Some(flow.draft.revision);
        self.traces.name = Some(flow.name.clone());
        self.traces.description.clone_from(&flow.description);
    }

    pub(super) async fn delete_flow(&self, id: &FlowId) -> Result<Event, Halt> {
        self.unmoved(id).await?;
        match self.context.client.delete_flow(id).await {
            Ok(()) => Ok(Event::FlowDeleted),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound { .. }) => {
                Ok(Event::FlowDeleted)
            }
            Err(error) if error.conflict_code() == Some("FLOW_DEPLOYED") => {
                Ok(Event::InUse("gone from git; kept, because it is still deployed".to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }
}
