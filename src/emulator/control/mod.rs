//! The control API: what a person, a pipeline or chance would do to the tenant.

mod data;
mod faults;
mod outcomes;
mod people;
mod tenant;
mod test_failures;

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::call::{Call, Handler, invalid};
use super::document::Countdown;

/// The path below which every control call lies.
pub(super) const PREFIX: &str = "/_emulator";

/// A row of the control API, with what its help says.
pub(super) struct Endpoint {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) handle: Handler,
    about: &'static str,
    /// A body to send, as JSON; empty where there is none.
    example: &'static str,
}

const fn row(
    method: &'static str,
    path: &'static str,
    handle: Handler,
    about: &'static str,
    example: &'static str,
) -> Endpoint {
    Endpoint { method, path, handle, about, example }
}

#[rustfmt::skip]
pub(super) static ENDPOINTS: &[Endpoint] = &[
    row("GET", "/_emulator/", help, "this help", ""),
    row("GET", "/_emulator", help, "this help", ""),
    row("GET", "/_emulator/settings", tenant::settings, "durations, limits and element types", ""),
    row("PUT", "/_emulator/settings", tenant::set_settings, "changes the settings that are named",
        r#"{"pendingMs":300,"runMs":700,"rollbackMs":500,"requestsPerSecond":100,"pageSizeCap":200,"tokenSeconds":3600,"elementTypes":["Begin","End"]}"#),
    row("GET", "/_emulator/dependencies", tenant::dependencies, "data actions and data stores that are taken to exist", ""),
    row("PUT", "/_emulator/dependencies", tenant::set_dependencies, "declares them; * is any name",
        r#"{"dataActions":["customer-lookup"],"dataStores":["*"]}"#),
    row("GET", "/_emulator/clients", tenant::clients, "configured clients, without secrets", ""),
    row("PUT", "/_emulator/clients/{clientId}", tenant::set_client, "configures a client; from then on only configured ones get tokens",
        r#"{"secret":"s3cret","scopes":["flows:read"]}"#),
    row("DELETE", "/_emulator/clients/{clientId}", tenant::remove_client, "removes a client; without any, all get tokens", ""),
    row("DELETE", "/_emulator/tokens", tenant::revoke_tokens, "makes every token invalid", ""),
    row("GET", "/_emulator/locks", tenant::locks, "who holds which target environment", ""),
    row("PUT", "/_emulator/locks/{targetEnvironment}", tenant::set_lock, "another pipeline takes it, for a time or until removed",
        r#"{"heldBy":"release train","forMs":60000}"#),
    row("DELETE", "/_emulator/locks/{targetEnvironment}", tenant::remove_lock, "gives it back", ""),
    row("GET", "/_emulator/approvals", people::approvals, "all decisions by flow id", ""),
    row("PUT", "/_emulator/approvals/{flow}", people::set_approval, "decides about a flow (id or name; versionId may be a version number)",
        r#"{"status":"APPROVED","versionId":"1.0.0","approver":"ada"}"#),
    row("DELETE", "/_emulator/approvals/{flow}", people::remove_approval, "takes the decision back", ""),
    row("PUT", "/_emulator/test-results/{versionId}", people::set_test_results, "records test results of a version",
        r#"{"passed":false,"total":12,"failed":1}"#),
    row("DELETE", "/_emulator/test-results/{versionId}", people::remove_test_results, "forgets them", ""),
    row("PUT", "/_emulator/flows/{flow}/draft", people::edit_draft, "edits the draft as a designer would; only what is named changes",
        r#"{"nodes":[],"edges":[],"name":"New name","description":"…","updatedBy":"ada"}"#),
    row("PUT", "/_emulator/flows/{flow}/lock", people::lock_draft, "a person locks the draft, for a time or until removed",
        r#"{"heldBy":"ada","forMs":60000}"#),
    row("DELETE", "/_emulator/flows/{flow}/lock", people::unlock_draft, "gives it back", ""),
    row("POST", "/_emulator/flows/{flow}/deployments", people::deploy_by_hand, "deploys a version at once, past every check",
        r#"{"versionId":"1.0.0","targetEnvironment":"PRODUCTION","triggeredBy":"ada"}"#),
    row("DELETE", "/_emulator/flows/{flow}/deployments/{targetEnvironment}", people::undeploy, "takes the flow out of an environment", ""),
    row("PUT", "/_emulator/data-actions/{action}", data::edit_action, "edits a data action as a person would; only what is named changes",
        r#"{"script":"function main(context) { return {}; }","name":"new-name","description":"…","enabled":true,"dependencies":[]}"#),
    row("PUT", "/_emulator/data-stores/{store}/records/{record}", data::edit_record, "edits a record as a person would, past its lock",
        r#"{"fields":{"name":"Ada"}}"#),
    row("GET", "/_emulator/record-locks", data::record_locks, "who holds which record, by store id and record id", ""),
    row("PUT", "/_emulator/data-stores/{store}/records/{record}/lock", data::lock_record, "a person takes the record, for a time or until removed",
        r#"{"heldBy":"ada","forMs":60000}"#),
    row("DELETE", "/_emulator/data-stores/{store}/records/{record}/lock", data::unlock_record, "gives it back", ""),
    row("GET", "/_emulator/test-failures", test_failures::list, "scripted failures of data actions' tests", ""),
    row("POST", "/_emulator/test-failures", test_failures::add, "lets tests fail although the script is right; times 0 is always",
        r#"{"dataAction":"customer-lookup","skip":0,"times":1,"error":"no connection"}"#),
    row("DELETE", "/_emulator/test-failures", test_failures::clear, "removes all", ""),
    row("DELETE", "/_emulator/test-failures/{id}", test_failures::remove, "removes one", ""),
    row("GET", "/_emulator/outcomes", outcomes::list, "scripted deployment outcomes", ""),
    row("POST", "/_emulator/outcomes", outcomes::add, "scripts how matching deployments end; times 0 is always",
        r#"{"flow":"Customer Routing","targetEnvironment":"PRODUCTION","skip":0,"times":1,"outcome":"FAILED","error":"out of ports","rollback":"SUCCESS","rollbackError":"…"}"#),
    row("DELETE", "/_emulator/outcomes", outcomes::clear, "removes all", ""),
    row("DELETE", "/_emulator/outcomes/{id}", outcomes::remove, "removes one", ""),
    row("GET", "/_emulator/faults", faults::list, "injected faults", ""),
    row("POST", "/_emulator/faults", faults::add, "makes matching requests go wrong; times 0 is always",
        r#"{"method":"POST","path":"/api/v2/flows/*/versions","skip":0,"times":1,"when":"after","delayMs":0,"status":503,"headers":{"Retry-After":"2"},"body":"<h1>Maintenance</h1>","repeat":1,"cut":"half"}"#),
    row("DELETE", "/_emulator/faults", faults::clear, "removes all", ""),
    row("DELETE", "/_emulator/faults/{id}", faults::remove, "removes one", ""),
    row("GET", "/_emulator/requests", tenant::requests, "requests received (?mutating=true&method=POST&path=/api/v2/flows/**), and counts of all", ""),
    row("DELETE", "/_emulator/requests", tenant::clear_requests, "forgets them", ""),
    row("GET", "/_emulator/dump", tenant::dump, "everything the tenant holds, as stored", ""),
    row("POST", "/_emulator/reset", tenant::reset, "empties the tenant, its settings and scripts", ""),
];

fn help(_: &mut Call<'_>) -> Result<Answer, Refusal> {
    let entry = |endpoint: &Endpoint| {
        let mut entry = json!({
            "method": endpoint.method, "path": endpoint.path, "about": endpoint.about,
        });
        if let Ok(example) = serde_json::from_str::<Value>(endpoint.example) {
            entry["example"] = example;
        }
        entry
    };
    let endpoints: Vec<Value> = ENDPOINTS.iter().map(entry).collect();
    Ok(Answer::ok(json!({ "endpoints": endpoints })))
}

/// Reads `skip` and `times`; once when not said, always when 0.
fn countdown(skip: Option<u64>, times: Option<u64>) -> Countdown {
    let left = match times {
        None => Some(1),
        Some(0) => None,
        Some(times) => Some(times),
    };
    Countdown { skip: skip.unwrap_or(0), left, fired: 0 }
}

fn none_such(what: &str, id: &str) -> Refusal {
    Refusal::not_found("NOT_FOUND", format!("there is no {what} {id:?}"))
}

fn one_of(name: &str, value: &str, allowed: &[&str]) -> Result<(), Refusal> {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(invalid(format!("{name} is {value:?}, expected one of {}", allowed.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_in_the_reference() {
        let reference = include_str!("../../../docs/reference/emulator.md");
        for Endpoint { method, path, .. } in ENDPOINTS {
            let named = format!("`{method} {path}`");
            assert!(reference.contains(&named), "{named} is not in the reference");
        }
    }

    #[test]
    fn every_example_is_json() {
        for endpoint in ENDPOINTS.iter().filter(|endpoint| !endpoint.example.is_empty()) {
            serde_json::from_str::<Value>(endpoint.example).expect(endpoint.path);
        }
    }
}
