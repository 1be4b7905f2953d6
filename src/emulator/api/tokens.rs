//! Tokens: giving them out, and looking at the one a request carries.

use http::StatusCode;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::cxone::wire;
use crate::emulator::answer::{Answer, Refusal};
use crate::emulator::call::Call;
use crate::emulator::clock::Millis;
use crate::emulator::document::Token;
use crate::emulator::scope::{self, Scope};
use crate::emulator::state::State;
use crate::emulator::text::{Pairs, basic_credentials};

/// `POST /oauth/token`: credentials in the form.
pub(in crate::emulator) fn by_form(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let form = form(call)?;
    let credentials = form.get("client_id").zip(form.get("client_secret"));
    let credentials = credentials.map(|(id, secret)| (id.to_owned(), secret.to_owned()));
    Ok(give(call, &form, credentials, "client_id and client_secret are needed in the form"))
}

/// `POST /api/v2/oauth/token`: credentials by HTTP Basic.
pub(in crate::emulator) fn by_basic(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let form = form(call)?;
    let credentials = call.request.header("authorization").and_then(basic_credentials);
    Ok(give(call, &form, credentials, "an Authorization: Basic header is needed"))
}

fn form(call: &Call<'_>) -> Result<Pairs, Refusal> {
    let text = String::from_utf8_lossy(call.request.bytes()?);
    Ok(Pairs::parse(&text))
}

fn give(
    call: &mut Call<'_>,
    form: &Pairs,
    credentials: Option<(String, String)>,
    hint: &str,
) -> Answer {
    if form.get("grant_type") != Some("client_credentials") {
        return denied("unsupported_grant_type", "grant_type must be client_credentials");
    }
    let Some((client_id, secret)) = credentials else {
        return denied("invalid_client", hint);
    };
    let Some(allowed) = allowed_scopes(call.state, &client_id, &secret) else {
        return denied("invalid_client", "unknown client, or wrong secret");
    };
    let scopes = scope::grant(&allowed, form.get("scope").unwrap_or_default());
    if scopes.is_empty() {
        return denied("invalid_scope", "the client has none of the scopes asked for");
    }
    issue(call, &client_id, scopes)
}

/// What the client may have; any client may have everything until clients are configured.
fn allowed_scopes(state: &State, client_id: &str, secret: &str) -> Option<Vec<String>> {
    if state.clients.len() == 0 {
        return (!client_id.is_empty() && !secret.is_empty()).then(scope::all);
    }
    let client = state.clients.get(client_id).filter(|client| client.secret == secret)?;
    Some(client.scopes.clone())
}

fn issue(call: &mut Call<'_>, client_id: &str, scopes: Vec<String>) -> Answer {
    drop_expired(call.state, call.now);
    let seconds = call.state.settings().token_seconds;
    let number = call.state.next_number("token");
    let text = format!("{client_id} {number} {}", call.now);
    let access_token = format!("emulator-{}", crate::emulator::hex(&Sha256::digest(text)));
    let scope = scopes.join(" ");
    let expires_at = call.now + Millis::from(seconds) * 1000;
    let token = Token { client_id: client_id.to_owned(), scopes, expires_at };
    call.state.tokens.insert(&access_token, token);
    let token_type = "Bearer".to_owned();
    let token = wire::Token { access_token, token_type, expires_in: seconds.into(), scope };
    Answer::ok(json!(token)).with_header("cache-control", "no-store")
}

fn drop_expired(state: &mut State, now: Millis) {
    let expired = |(key, token): (&String, &Token)| (token.expires_at <= now).then(|| key.clone());
    let keys: Vec<String> = state.tokens.iter().filter_map(expired).collect();
    for key in keys {
        state.tokens.remove(&key);
    }
}

/// The token endpoint's own form of an error.
fn denied(error: &str, description: &str) -> Answer {
    let status = match error {
        "invalid_client" => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    Answer::new(status, json!({"error": error, "error_description": description}))
}

/// Whose request it is, when its token is good and has that scope.
pub(in crate::emulator) fn authorize(
    state: &State,
    header: Option<&str>,
    needed: Scope,
    now: Millis,
) -> Result<String, Refusal> {
    let bearer = header.and_then(|header| header.trim().split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, text)) = bearer else {
        return Err(unauthorized("an Authorization: Bearer header with a token is needed"));
    };
    let Some(token) = state.tokens.get(text.trim()).filter(|token| now < token.expires_at) else {
        return Err(unauthorized("the token is unknown or expired; fetch a new one"));
    };
    if needed.is_among(&token.scopes) {
        return Ok(token.client_id.clone());
    }
    let message = format!("the token lacks the scope {}", needed.names());
    Err(Refusal::new(StatusCode::FORBIDDEN, "MISSING_SCOPE", message))
}

fn unauthorized(message: &str) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
        .with_header("www-authenticate", "Bearer")
}
