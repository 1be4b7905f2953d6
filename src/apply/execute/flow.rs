//! The flow itself: its making, its name and description, its end.

use super::{Executor, Halt};
use crate::cxone::{Error, ErrorKind, FlowDetail};
use crate::delta::hash;
use crate::model::{DraftRevision, FlowId};
use crate::rollout::Event;

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

    /// Reads the flow and makes sure that nobody wrote its draft since the plan was made.
    pub(super) async fn unmoved(&self, id: &FlowId) -> Result<FlowDetail, Halt> {
        let Some(flow) = self.context.client.flow(id).await? else {
            return Err(Halt::Moved(format!("flow {id} was deleted meanwhile")));
        };
        match self.traces.draft {
            Some(expected) if flow.draft.revision != expected => {
                let who = flow.draft.updated_by.as_deref().unwrap_or("someone");
                Err(Halt::Moved(format!(
                    "{who} edited the draft meanwhile (draft revision {expected} became {}); \
                     nothing is written over it",
                    flow.draft.revision
                )))
            }
            _ => Ok(flow),
        }
    }

    pub(super) async fn update_flow(&mut self, id: &FlowId) -> Result<Event, Halt> {
        let desired = &self.desired()?.flow;
        let mut flow = self.unmoved(id).await?;
        flow.name.clone_from(&desired.display_name);
        if desired.description.is_some() {
            flow.description.clone_from(&desired.description);
        }
        match self.context.client.put_flow(&flow).await {
            Ok(written) => {
                flow.draft.revision = written;
                self.saw(&flow);
                Ok(Event::FlowUpdated)
            }
            Err(error) if error.conflict_code() == Some("VERSION_CONFLICT") => {
                self.explain_conflict(&flow, &error).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A write whose answer was lost and that was sent again meets itself: the tenant then holds just
    /// what was sent, one draft revision on. Anything else was written by someone.
    async fn explain_conflict(&mut self, sent: &FlowDetail, error: &Error) -> Result<Event, Halt> {
        let next = DraftRevision(sent.draft.revision.0.saturating_add(1));
        match self.context.client.flow(&sent.id).await? {
            Some(flow)
                if flow.draft.revision == next
                    && flow.name == sent.name
                    && flow.description == sent.description
                    && hash(&flow.draft.content) == hash(&sent.draft.content) =>
            {
                self.saw(&flow);
                Ok(Event::FlowUpdated)
            }
            _ => Err(Halt::Moved(format!("someone wrote the draft meanwhile ({error})"))),
        }
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
