//! Data actions.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::cxone::wire::{DataAction as Shown, ErrorDetail};
use crate::cxone::wire::{DataActionBody, DataActionPage, Script};
use crate::emulator::answer::{Answer, Refusal, detail};
use crate::emulator::call::Call;
use crate::emulator::data_action::{Body, DataAction};
use crate::emulator::document::Made;
use crate::emulator::fields::{Fields, unnamed};
use crate::emulator::script::Job;
use crate::emulator::state::State;
use crate::sandbox::{Fault, FaultKind};

const TYPE: &str = "SCRIPT";
const LANGUAGE: &str = "JavaScript";
/// The longest script, in bytes of UTF-8.
const SCRIPT_LIMIT: usize = 65_536;

/// Properties of a data action that the contract names; all others are kept as they are.
const NAMED: [&str; 10] = [
    "id",
    "name",
    "description",
    "type",
    "trigger",
    "script",
    "enabled",
    "dependencies",
    "createdTimestamp",
    "modifiedTimestamp",
];

/// `GET /api/v2/dataactions/actions`: without the scripts' texts.
pub(in crate::emulator) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let page = call.page()?;
    let query = call.query();
    let actions = &call.state.data_actions;
    let (found, total_count) = match query.get("name") {
        Some(name) => page.of(actions.named(name).into_iter()),
        None => page.of(actions.values()),
    };
    let actions = found.into_iter().map(|action| shown(action, None)).collect();
    Ok(Answer::ok(json!(DataActionPage { actions, total_count })))
}

/// `GET /api/v2/dataactions/actions/{action}`.
pub(in crate::emulator) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::ok(view(call.state.data_action(&call.param(0))?)))
}

/// `POST /api/v2/dataactions/actions`.
pub(in crate::emulator) fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let object = call.object()?;
    let mut fields = Fields::of(&object, "");
    let body = read_body(&mut fields, &object);
    fields.finish()?;
    check(call, None, &body)?;
    let id = call.state.next_id("action");
    let action = DataAction { id: id.clone(), body, created: call.now, modified: call.now };
    let answer = Answer::created(view(&action)).having_made(Made::DataAction(id.clone()));
    call.state.data_actions.insert(id, action);
    Ok(answer)
}

/// `PUT /api/v2/dataactions/actions/{action}`: the whole takes the place of what was read.
pub(in crate::emulator) fn replace(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    let current = call.state.data_action(&id)?.modified;
    let object = call.object()?;
    let mut fields = Fields::of(&object, "");
    let body = read_body(&mut fields, &object);
    let read = fields.integer("modifiedTimestamp");
    if fields.optional_text("id").is_some_and(|own| own != id) {
        fields.fault::<()>("id", format!("must be {id:?}, as in the path"));
    }
    fields.finish()?;
    if i64::try_from(read) != Ok(current) {
        return Err(moved(current, read));
    }
    Ok(Answer::ok(save(call, &id, body)?).having_made(Made::DataAction(id)))
}

fn moved(current: i64, read: u64) -> Refusal {
    let message = format!("the data action was modified at {current}, not at {read}");
    let refusal = Refusal::conflict("VERSION_CONFLICT", message);
    match u64::try_from(current) {
        Ok(current) => refusal.with_current_version(current),
        Err(_) => refusal,
    }
}

/// Puts a body in place and returns the data action as it is then.
pub(in crate::emulator) fn save(
    call: &mut Call<'_>,
    id: &str,
    body: Body,
) -> Result<Value, Refusal> {
    check(call, Some(id), &body)?;
    let current = call.state.data_action(id)?;
    let modified = call.now.max(current.modified + 1);
    let action = DataAction { body, modified, ..current.clone() };
    let view = view(&action);
    call.state.data_actions.insert(id, action);
    Ok(view)
}

fn read_body(fields: &mut Fields<'_>, object: &Map<String, Value>) -> Body {
    fields.fixed("type", TYPE);
    let body = Body {
        name: fields.text("name"),
        description: fields.optional_text("description"),
        trigger: read_trigger(fields),
        content: read_script(fields),
        enabled: fields.optional_flag("enabled").unwrap_or(true),
        dependencies: fields.optional_texts("dependencies"),
        extra: unnamed(object, &NAMED),
    };
    fields.also(rule_faults(&body));
    body
}

fn read_trigger(fields: &mut Fields<'_>) -> Map<String, Value> {
    let Some(object) = fields.object("trigger") else { return Map::new() };
    let mut trigger = Fields::of(object, "/trigger");
    trigger.fixed("type", "MANUAL");
    fields.also(trigger.into_faults());
    object.clone()
}

fn read_script(fields: &mut Fields<'_>) -> String {
    let Some(object) = fields.object("script") else { return String::new() };
    let mut script = Fields::of(object, "/script");
    script.fixed("language", LANGUAGE);
    let content = script.text("content");
    fields.also(script.into_faults());
    content
}

/// What a body by itself may not break, besides its shape.
pub(in crate::emulator) fn rule_faults(body: &Body) -> Vec<ErrorDetail> {
    let mut faults = Vec::new();
    if !body.name.is_empty() && !is_name(&body.name) {
        let message = format!("{:?} does not match ^[a-zA-Z0-9_\\-]{{3,64}}$", body.name);
        faults.push(detail("/name", message));
    }
    let length = body.content.len();
    if length > SCRIPT_LIMIT {
        let message = format!("has {length} bytes, at most {SCRIPT_LIMIT} are allowed");
        faults.push(detail("/script/content", message));
    }
    faults
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (3..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// What a body may not break beside the others: its name, its dependencies, and its script.
fn check(call: &mut Call<'_>, own_id: Option<&str>, body: &Body) -> Result<(), Refusal> {
    check_name(call.state, own_id, &body.name)?;
    if let Some(cycle) = call.state.data_actions.cycle(own_id, body) {
        let message = format!("the dependencies form a cycle: {}", cycle.join(" → "));
        let details = vec![detail("/dependencies", message.clone())];
        return Err(Refusal::bad_request("DEPENDENCY_CYCLE", message).with_details(details));
    }
    let outcome = call.scripts.outcome_of(Job::Check(body.content.as_str().into()))?;
    outcome.result.map(|_| ()).map_err(|fault| broken(&fault))
}

fn check_name(state: &State, own_id: Option<&str>, name: &str) -> Result<(), Refusal> {
    match state.data_actions.named(name).filter(|one| Some(one.id.as_str()) != own_id) {
        None => Ok(()),
        Some(other) => {
            let message = format!("the data action {} is already named {name:?}", other.id);
            Err(Refusal::conflict("NAME_EXISTS", message))
        }
    }
}

fn broken(fault: &Fault) -> Refusal {
    if matches!(fault.kind, FaultKind::Busy | FaultKind::Engine) {
        let (status, code) = (StatusCode::SERVICE_UNAVAILABLE, "SANDBOX_UNAVAILABLE");
        return Refusal::new(status, code, &fault.message).with_header("retry-after", "1");
    }
    let place = match (fault.line, fault.column) {
        (Some(line), Some(column)) => format!(" at {line}:{column}"),
        (Some(line), None) => format!(" at line {line}"),
        _ => String::new(),
    };
    let detail = ErrorDetail {
        line: fault.line,
        column: fault.column,
        ..detail("/script/content", &fault.message)
    };
    let message = format!("the script cannot be used{place}: {}", fault.message);
    Refusal::bad_request("SCRIPT_SYNTAX_ERROR", message).with_details(vec![detail])
}

/// `DELETE /api/v2/dataactions/actions/{action}`.
pub(in crate::emulator) fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    let name = &call.state.data_action(&id)?.body.name;
    let in_use = |by: String| {
        let message = format!("the data action {name:?} is named by {by}");
        Err(Refusal::conflict("ACTION_IN_USE", message))
    };
    if let Some(caller) = call.state.data_actions.caller_of(name) {
        return in_use(format!("the data action {:?}", caller.body.name));
    }
    if let Some(deployment) = call.state.deployment_that_names("API", "dataAction", name, call.now)
    {
        let (flow, target) = (&deployment.flow_id, &deployment.target_environment);
        return in_use(format!("the flow {flow}, deployed to {target} by {}", deployment.id));
    }
    call.state.data_actions.remove(&id);
    Ok(Answer::no_content())
}

/// A data action as the API shows it.
fn view(action: &DataAction) -> Value {
    json!(shown(action, Some(action.body.content.clone())))
}

fn shown(action: &DataAction, content: Option<String>) -> Shown {
    let body = &action.body;
    Shown {
        id: action.id.clone(),
        body: DataActionBody {
            name: body.name.clone(),
            description: body.description.clone(),
            action_type: TYPE.to_owned(),
            trigger: body.trigger.clone(),
            script: Some(Script { language: LANGUAGE.to_owned(), content }),
            enabled: Some(body.enabled),
            dependencies: body.dependencies.clone(),
        },
        created_timestamp: Some(action.created),
        modified_timestamp: action.modified,
        extra: body.extra.clone(),
    }
}
