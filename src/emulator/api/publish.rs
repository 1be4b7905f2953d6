//! Publishing: a version becomes the draft.

use serde_json::json;

use crate::cxone::wire::Published;
use crate::emulator::answer::{Answer, Refusal};
use crate::emulator::api::{evidence, flows};
use crate::emulator::call::Call;
use crate::emulator::clock::rfc3339;
use crate::emulator::document::{Draft, Made};
use crate::emulator::fields::Fields;

/// `POST /api/v2/flows/{flow}/publish`.
pub(in crate::emulator) fn publish(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let flow_id = call.param(0);
    call.state.flow(&flow_id)?;
    let object = call.object()?;
    let mut fields = Fields::of(&object, "");
    let version_id = fields.text("versionId");
    let (snapshot, bypass) = (fields.flag("snapshot"), fields.flag("bypassValidation"));
    fields.finish()?;
    flows::check_unlocked(call, &flow_id)?;
    let version = call.state.version_of(&flow_id, &version_id)?;
    if !bypass {
        evidence::check_valid(call.state, version, "bypassValidation")?;
    }
    take_over(call, &flow_id, &version_id)?;
    let published = Published {
        version_id: version_id.clone(),
        snapshot_id: snapshot.then(|| call.state.next_id("snap")),
        published_at: Some(rfc3339(call.now)),
    };
    Ok(Answer::ok(json!(published)).having_made(Made::Version(version_id)))
}

fn take_over(call: &mut Call<'_>, flow_id: &str, version_id: &str) -> Result<(), Refusal> {
    let version = call.state.version(version_id)?;
    let (nodes, edges) = (version.elements.clone(), version.connectors.clone());
    let flow = call.state.flow_mut(flow_id)?;
    let draft = flow.draft.clone();
    flow.draft = Draft { version: draft.version + 1, nodes, edges, ..draft };
    flow.published_version_id = Some(version_id.to_owned());
    flow.updated_at = call.now;
    flow.updated_by.clone_from(&call.client_id);
    Ok(())
}
