//! Gates: what must be so before a version is deployed.

use super::{Executor, Halt};
use crate::cxone::{ApprovalStatus, TestResults};
use crate::model::{FlowId, VersionId};
use crate::rollout::Event;

impl Executor<'_> {
    pub(super) async fn approval_gate(
        &self,
        flow: &FlowId,
        version: &VersionId,
    ) -> Result<Event, Halt> {
        let Some(approval) = self.context.client.approval(flow).await? else {
            return Ok(Event::GateClosed(format!(
                "approval of version {version} is not there yet"
            )));
        };
        if let Some(other) = approval.version.as_ref().filter(|named| *named != version) {
            return Ok(Event::GateClosed(format!(
                "approval of version {version} is not there yet (there is one of version {other})"
            )));
        }
        let by = approval.approver.map(|who| format!(" by {who}")).unwrap_or_default();
        Ok(match approval.status {
            ApprovalStatus::Approved => Event::GateOpen,
            ApprovalStatus::Pending => {
                Event::GateClosed(format!("approval of version {version} is pending"))
            }
            ApprovalStatus::Denied => {
                Event::GateClosed(format!("approval of version {version} was denied{by}"))
            }
            ApprovalStatus::Unknown(text) => Event::GateClosed(format!(
                "approval of version {version} has the status {text:?}, which approves nothing"
            )),
        })
    }
}

pub(super) fn tests_gate(results: Option<TestResults>, version: &VersionId) -> Event {
    match results {
        None => Event::GateClosed(format!("test results of version {version} are not there yet")),
        Some(results) if results.passed => Event::GateOpen,
        Some(results) => {
            let failed = match (results.failed, results.total) {
                (Some(failed), Some(total)) => format!("{failed} of {total} tests"),
                _ => "the tests".to_owned(),
            };
            Event::GateClosed(format!("{failed} of version {version} failed"))
        }
    }
}
