use serde_json::{Value, json};

use crate::server::{Answer, Server};

const GRANT: &str = "grant_type=client_credentials";

#[tokio::test]
async fn a_token_is_given_for_a_form() {
    let server = Server::start().await;
    let answer = server.fetch_token("client", "secret", "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text("/token_type"), "Bearer");
    assert_eq!(answer.body["expires_in"], 3600);
    assert!(answer.text("/scope").contains("flows:publish"));
}

#[tokio::test]
async fn a_token_is_given_for_basic_credentials() {
    let server = Server::start().await;
    let basic = Some("Basic Y2xpZW50OnNlY3JldA==");
    let answer = server.form("/api/v2/oauth/token", GRANT.into(), basic).await;
    assert_eq!(answer.status, 200);
    let token = answer.text("/access_token").to_owned();
    let request = server.bare("GET", "/api/v2/flows").bearer_auth(token);
    assert_eq!(request.send().await.expect("is answered").status(), 200);
}

#[tokio::test]
async fn bad_credentials_are_an_invalid_client() {
    let server = Server::start().await;
    server.control("PUT", "/_emulator/clients/ada", json!({"secret": "right"})).await;
    for (path, form, authorization) in [
        ("/oauth/token", format!("{GRANT}&client_id=ada&client_secret=wrong"), None),
        ("/oauth/token", format!("{GRANT}&client_id=bob&client_secret=right"), None),
        ("/oauth/token", format!("{GRANT}&client_id=ada"), None),
        ("/api/v2/oauth/token", GRANT.to_owned(), None),
        ("/api/v2/oauth/token", GRANT.to_owned(), Some("Basic bm9ib2R5OnNlY3JldA==")),
    ] {
        let answer = server.form(path, form, authorization).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(answer.body["error"], "invalid_client");
        assert!(!answer.text("/error_description").is_empty());
    }
    assert_eq!(server.fetch_token("ada", "right", "").await.status, 200);
}

#[tokio::test]
async fn another_grant_type_and_unknown_scopes_are_refused() {
    let server = Server::start().await;
    let form = "grant_type=password&client_id=a&client_secret=b".to_owned();
    let answer = server.form("/oauth/token", form, None).await;
    assert_eq!((answer.status, answer.text("/error")), (400, "unsupported_grant_type"));
    let answer = server.fetch_token("a", "b", "everything").await;
    assert_eq!((answer.status, answer.text("/error")), (400, "invalid_scope"));
}

#[tokio::test]
async fn a_configured_client_gets_its_own_scopes_only() {
    let server = Server::start().await;
    let client = json!({"secret": "s", "scopes": ["flow:read", "deployment:read"]});
    server.control("PUT", "/_emulator/clients/ada", client).await;
    let all = server.fetch_token("ada", "s", "").await;
    assert_eq!(all.text("/scope"), "flow:read deployment:read");
    let some = server.fetch_token("ada", "s", "flows:read flows:write").await;
    assert_eq!(some.text("/scope"), "flows:read");
    let clients = server.control("GET", "/_emulator/clients", Value::Null).await;
    assert_eq!(clients["clients"]["ada"]["scopes"][0], "flow:read");
    assert!(!clients.to_string().contains("secret"));
    server.control("DELETE", "/_emulator/clients/ada", Value::Null).await;
    assert_eq!(server.fetch_token("anyone", "x", "").await.status, 200);
}

#[tokio::test]
async fn a_request_without_a_good_token_is_unauthorized() {
    let server = Server::start().await;
    for authorization in [None, Some("Bearer nonsense"), Some("Basic Y2xpZW50OnNlY3JldA==")] {
        let mut request = server.bare("GET", "/api/v2/flows");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answer = Answer::of(request.send().await.expect("is answered")).await;
        answer.assert_refused(401, "UNAUTHORIZED");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn an_expired_or_revoked_token_is_unauthorized() {
    let server = Server::start().await;
    server.settings(json!({"tokenSeconds": 0})).await;
    server.scoped("").await.get("/api/v2/flows").await.assert_refused(401, "UNAUTHORIZED");
    assert_eq!(server.get("/api/v2/flows").await.status, 200);
    server.control("DELETE", "/_emulator/tokens", Value::Null).await;
    server.get("/api/v2/flows").await.assert_refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn every_endpoint_needs_its_scope_in_any_spelling() {
    const READ: [&str; 3] = ["flow:read", "flows:read", "flow:flows:read"];
    const WRITE: [&str; 3] = ["flow:write", "flows:write", "flow:flows:write"];
    let server = Server::start().await;
    let endpoints: [(&str, &str, &[&str]); 17] = [
        ("GET", "/api/v2/flows", &READ),
        ("POST", "/api/v2/flows", &WRITE),
        ("GET", "/api/v2/flows/x", &READ),
        ("PUT", "/api/v2/flows/x", &WRITE),
        ("DELETE", "/api/v2/flows/x", &WRITE),
        ("GET", "/api/v2/flows/x/versions", &READ),
        ("POST", "/api/v2/flows/x/versions", &WRITE),
        ("GET", "/api/v2/flows/x/versions/y", &READ),
        ("DELETE", "/api/v2/flows/x/versions/y", &WRITE),
        ("POST", "/api/v2/flows/x/publish", &["flows:publish"]),
        ("GET", "/api/v2/flow/versions/y/validate", &READ),
        ("GET", "/api/v2/flow/versions/y/test-results", &READ),
        ("GET", "/api/v2/workflow/approvals/x", &["deployment:read"]),
        ("GET", "/api/v2/flow/deployments", &["deployment:read"]),
        ("POST", "/api/v2/flow/deployments", &["deployment:write"]),
        ("GET", "/api/v2/flow/deployments/z", &["deployment:read"]),
        ("POST", "/api/v2/flow/deployments/z/rollback", &["deployment:write"]),
    ];
    server.settings(json!({"requestsPerSecond": 0})).await;
    let without = server.scoped("datastore:read").await;
    for (method, path, spellings) in endpoints {
        let refused = without.send(method, path, Value::Null).await;
        refused.assert_refused(403, "MISSING_SCOPE");
        for spelling in spellings {
            assert!(refused.text("/message").contains(spelling), "{refused:?}");
            let answer = server.scoped(spelling).await.send(method, path, Value::Null).await;
            assert_ne!(answer.status, 403, "{method} {path} with {spelling}");
        }
    }
}
