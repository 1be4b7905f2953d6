//! Flows and their drafts.

use serde_json::{Map, Value, json};

use crate::cxone::wire::{FlowPage, FlowSummary};
use crate::emulator::answer::{Answer, Refusal, detail};
use crate::emulator::call::Call;
use crate::emulator::clock::rfc3339;
use crate::emulator::content::Content;
use crate::emulator::document::{Draft, Flow, Lock, Made};
use crate::emulator::fields::{Fields, unnamed};

/// Properties of a flow that the contract names; all others are kept as they are.
const NAMED: [&str; 11] = [
    "id",
    "version",
    "name",
    "description",
    "nodes",
    "edges",
    "publishedVersionId",
    "updatedAt",
    "updatedBy",
    "lockedBy",
    "lockedAt",
];

/// `GET /api/v2/flows`.
pub(in crate::emulator) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let page = call.page()?;
    let query = call.query();
    let name = query.get("name");
    let named = |flow: &&Flow| name.is_none_or(|name| flow.draft.name == name);
    let (flows, total_count) = page.of(call.state.flows.values().filter(named));
    let flows = flows.into_iter().map(summary).collect();
    let page = FlowPage { flows, total_count, page: page.number, page_size: page.size };
    Ok(Answer::ok(json!(page)))
}

fn summary(flow: &Flow) -> FlowSummary {
    FlowSummary {
        id: flow.id.clone(),
        name: flow.draft.name.clone(),
        version: flow.draft.version,
        published_version_id: flow.published_version_id.clone(),
        updated_at: Some(rfc3339(flow.updated_at)),
    }
}

/// `POST /api/v2/flows`.
pub(in crate::emulator) fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let object = call.object()?;
    let mut fields = Fields::of(&object, "");
    let name = fields.text("name");
    let description = fields.optional_text("description");
    fields.finish()?;
    call.state.check_name_is_free(&name, None)?;
    let flow = Flow {
        id: call.state.next_id("flow"),
        draft: Draft {
            version: 1,
            name,
            description,
            nodes: Vec::new(),
            edges: Vec::new(),
            extra: unnamed(&object, &NAMED),
        },
        published_version_id: None,
        updated_at: call.now,
        updated_by: call.client_id.clone(),
    };
    let answer = Answer::created(view(&flow)).having_made(Made::Flow(flow.id.clone()));
    call.state.flows.insert(flow.id.clone(), flow);
    Ok(answer)
}

/// `GET /api/v2/flows/{flow}`.
pub(in crate::emulator) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let flow = call.state.flow(&call.param(0))?;
    let mut shown = view(flow);
    if let Some(lock) = lock_of(call, &flow.id) {
        shown["flow"]["lockedBy"] = json!(lock.held_by);
        shown["flow"]["lockedAt"] = json!(rfc3339(lock.since));
    }
    Ok(Answer::ok(shown))
}

fn lock_of<'a>(call: &'a Call<'_>, id: &str) -> Option<&'a Lock> {
    call.state.flow_locks.get(id).filter(|lock| lock.holds_at(call.now))
}

/// Refuses whoever does not hold a draft that somebody has locked.
pub(in crate::emulator) fn check_unlocked(call: &Call<'_>, id: &str) -> Result<(), Refusal> {
    match lock_of(call, id).filter(|lock| lock.held_by != call.client_id) {
        None => Ok(()),
        Some(lock) => {
            let message = format!("the draft of {id} is locked by {}", lock.held_by);
            Err(Refusal::conflict("FLOW_LOCKED", message))
        }
    }
}

/// `PUT /api/v2/flows/{flow}`: the complete draft takes the place of the one it was read from.
pub(in crate::emulator) fn replace(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    let current = call.state.flow(&id)?.draft.version;
    let draft = read_draft(&call.object()?, &id)?;
    check_unlocked(call, &id)?;
    if draft.version != current {
        let message = format!("the draft is at version {current}, not {}", draft.version);
        return Err(Refusal::conflict("VERSION_CONFLICT", message).with_current_version(current));
    }
    let author = call.client_id.clone();
    let body = save(call, &id, Draft { version: current + 1, ..draft }, author)?;
    Ok(Answer::ok(body).having_made(Made::Flow(id)))
}

/// Puts a draft in place and returns the flow as it is then.
pub(in crate::emulator) fn save(
    call: &mut Call<'_>,
    id: &str,
    draft: Draft,
    author: String,
) -> Result<Value, Refusal> {
    call.state.check_name_is_free(&draft.name, Some(id))?;
    let flow = call.state.flow_mut(id)?;
    flow.draft = draft;
    flow.updated_at = call.now;
    flow.updated_by = author;
    Ok(view(flow))
}

fn read_draft(body: &Map<String, Value>, id: &str) -> Result<Draft, Refusal> {
    let Some(Value::Object(flow)) = body.get("flow") else {
        return Err(Refusal::schema(vec![detail("/flow", "must be the complete flow")]));
    };
    let mut fields = Fields::of(flow, "/flow");
    let draft = Draft {
        version: fields.integer("version"),
        name: fields.text("name"),
        description: fields.optional_text("description"),
        nodes: fields.list("nodes"),
        edges: fields.list("edges"),
        extra: unnamed(flow, &NAMED),
    };
    if fields.optional_text("id").is_some_and(|own| own != id) {
        fields.fault::<()>("id", format!("must be {id:?}, as in the path"));
    }
    fields.also(content(&draft).structure_faults());
    fields.finish()?;
    Ok(draft)
}

/// A draft's content, where it stands in the body of `PUT`.
pub(in crate::emulator) fn content(draft: &Draft) -> Content<'_> {
    Content { elements: &draft.nodes, connectors: &draft.edges, at: ("/flow/nodes", "/flow/edges") }
}

/// `DELETE /api/v2/flows/{flow}`: with its versions, and what was decided about them.
pub(in crate::emulator) fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    call.state.flow(&id)?;
    check_unlocked(call, &id)?;
    let holding = call.state.holding(&id, call.now);
    if let Some(deployment) = holding.first() {
        let target = &deployment.target_environment;
        let message = format!("the flow {id} is deployed to {target} by {}", deployment.id);
        return Err(Refusal::conflict("FLOW_DEPLOYED", message));
    }
    let versions: Vec<String> = call.state.versions_of(&id).map(|one| one.id.clone()).collect();
    for version in versions {
        call.state.versions.remove(&version);
        call.state.test_results.remove(&version);
    }
    call.state.approvals.remove(&id);
    call.state.flow_locks.remove(&id);
    call.state.flows.remove(&id);
    Ok(Answer::no_content())
}

/// A flow as the API shows it.
pub(in crate::emulator) fn view(flow: &Flow) -> Value {
    let draft = &flow.draft;
    let mut object = draft.extra.clone();
    let named = json!({
        "id": flow.id,
        "version": draft.version,
        "name": draft.name,
        "description": draft.description,
        "nodes": draft.nodes,
        "edges": draft.edges,
        "publishedVersionId": flow.published_version_id,
        "updatedAt": rfc3339(flow.updated_at),
        "updatedBy": flow.updated_by,
    });
    if let Value::Object(named) = named {
        object.extend(named.into_iter().filter(|(_, value)| !value.is_null()));
    }
    json!({ "flow": object })
}
