//! Versions: snapshots that never change.

use serde_json::{Map, Value, json};

use crate::emulator::answer::{Answer, Refusal};
use crate::emulator::call::Call;
use crate::emulator::clock::rfc3339;
use crate::emulator::content::Content;
use crate::emulator::document::{Made, Version};
use crate::emulator::fields::Fields;
use crate::emulator::state::State;

/// How many versions a flow may have.
const CAP: usize = 50;

/// `GET /api/v2/flows/{flow}/versions`: newest first, without elements.
pub(in crate::emulator) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let flow_id = call.param(0);
    call.state.flow(&flow_id)?;
    let page = call.page()?;
    let (versions, total) = page.of(call.state.versions_of(&flow_id).rev());
    let versions: Vec<_> = versions.into_iter().map(|one| summary(call.state, one)).collect();
    Ok(Answer::ok(json!({
        "versions": versions, "totalCount": total, "page": page.number, "pageSize": page.size,
    })))
}

/// `GET /api/v2/flows/{flow}/versions/{version}`.
pub(in crate::emulator) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.state.flow(&call.param(0))?;
    let version = call.state.version_of(&call.param(0), &call.param(1))?;
    Ok(Answer::ok(whole(call.state, version)))
}

/// `POST /api/v2/flows/{flow}/versions`. The same number with the same content gives the version
/// that is there.
pub(in crate::emulator) fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let flow_id = call.param(0);
    let flow_name = call.state.flow(&flow_id)?.draft.name.clone();
    let types = call.state.settings().element_types;
    let new = read_new(&call.object()?, &flow_id, flow_name, &types)?;
    if let Some(twin) = call.state.versions_of(&flow_id).find(|one| one.number == new.number) {
        return answer_twin(call.state, twin, &new);
    }
    if call.state.versions_of(&flow_id).count() >= CAP {
        let message = format!("the flow {flow_id} has {CAP} versions; delete some first");
        return Err(Refusal::bad_request("VERSION_LIMIT_REACHED", message));
    }
    let id = call.state.next_version_id(&flow_id);
    let version = Version { id: id.clone(), created_at: call.now, ..new };
    let answer =
        Answer::created(whole(call.state, &version)).having_made(Made::Version(id.clone()));
    call.state.versions.insert(id, version);
    Ok(answer)
}

fn answer_twin(state: &State, twin: &Version, new: &Version) -> Result<Answer, Refusal> {
    if twin.elements == new.elements && twin.connectors == new.connectors {
        return Ok(Answer::ok(whole(state, twin)).having_made(Made::Version(twin.id.clone())));
    }
    let message = format!("version {} exists with other content, as {}", twin.number, twin.id);
    Err(Refusal::conflict("VERSION_EXISTS", message))
}

fn read_new(
    body: &Map<String, Value>,
    flow_id: &str,
    flow_name: String,
    types: &[String],
) -> Result<Version, Refusal> {
    let mut fields = Fields::of(body, "");
    let version = Version {
        id: String::new(),
        flow_id: flow_id.to_owned(),
        number: fields.text("version"),
        name: fields.optional_text("name").unwrap_or(flow_name),
        description: fields.optional_text("description"),
        created_at: 0,
        elements: fields.list("elements"),
        connectors: fields.list("connectors"),
        metadata: body.get("metadata").cloned().unwrap_or_else(|| json!({})),
    };
    if !version.number.is_empty() && semver::Version::parse(&version.number).is_err() {
        let message = format!("{:?} is no semantic version such as 1.4.0", version.number);
        fields.fault::<()>("version", message);
    }
    if fields.optional_text("flowId").is_some_and(|own| own != flow_id) {
        fields.fault::<()>("flowId", format!("must be {flow_id:?}, as in the path"));
    }
    if !version.metadata.is_object() {
        fields.fault::<()>("metadata", "must be an object");
    }
    let content = Content {
        elements: &version.elements,
        connectors: &version.connectors,
        at: ("/elements", "/connectors"),
    };
    fields.also(content.structure_faults());
    fields.also(content.completeness_faults(types));
    fields.finish()?;
    Ok(version)
}

/// `DELETE /api/v2/flows/{flow}/versions/{version}`.
pub(in crate::emulator) fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (flow_id, id) = (call.param(0), call.param(1));
    call.state.flow(&flow_id)?;
    call.state.version_of(&flow_id, &id)?;
    let holding = call.state.holding(&flow_id, call.now);
    if let Some(deployment) = holding.iter().find(|one| one.version_id == id) {
        let target = &deployment.target_environment;
        let message = format!("the version {id} is deployed to {target} by {}", deployment.id);
        return Err(Refusal::conflict("VERSION_DEPLOYED", message));
    }
    call.state.versions.remove(&id);
    call.state.test_results.remove(&id);
    let flow = call.state.flow_mut(&flow_id)?;
    if flow.published_version_id.as_ref() == Some(&id) {
        flow.published_version_id = None;
    }
    Ok(Answer::no_content())
}

fn is_published(state: &State, version: &Version) -> bool {
    let flow = state.flows.get(&version.flow_id);
    flow.is_some_and(|flow| flow.published_version_id.as_ref() == Some(&version.id))
}

fn summary(state: &State, version: &Version) -> Value {
    json!({
        "id": version.id,
        "flowId": version.flow_id,
        "version": version.number,
        "name": version.name,
        "description": version.description,
        "createdAt": rfc3339(version.created_at),
        "published": is_published(state, version),
        "metadata": version.metadata,
    })
}

fn whole(state: &State, version: &Version) -> Value {
    let mut whole = summary(state, version);
    whole["elements"] = json!(version.elements);
    whole["connectors"] = json!(version.connectors);
    whole
}
