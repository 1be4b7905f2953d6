//! `tenants` of a project.

use std::path::PathBuf;

use crate::model::{ClientAuth, Code, Credential, Span, Tenant};

use super::super::decode::Fields;
use super::super::header;
use super::super::report::{Report, quote};
use super::super::tree::Node;
use super::unique;
use super::url::{self, PlainHttp, Query};

const KEYS: &[&str] = &[
    "name",
    "baseUrl",
    "tokenUrl",
    "clientAuth",
    "scopes",
    "requestsPerSecond",
    "insecure",
    "credentials",
];

const CREDENTIAL_KEYS: &[&str] =
    &["clientIdEnv", "clientIdFile", "clientSecretEnv", "clientSecretFile"];

/// What the platform grants a tenant (section 2 of the API contract).
const DEFAULT_REQUESTS_PER_SECOND: u32 = 100;

/// Returns the tenants as far as they have a name; what is missing has been reported.
pub(super) fn read_all(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Vec<Tenant>> {
    if report.list(key, node)?.is_empty() {
        report.add(Code::BadValue, node.span, "a project needs a tenant");
    }
    let tenants = report.each(key, node, |report, _, node| tenant(report, node))?;
    let tenants = unique(report, "tenant", tenants, |(tenant, span)| (&tenant.name, *span));
    Some(tenants.into_iter().map(|(tenant, _)| tenant).collect())
}

fn tenant(report: &mut Report, node: &Node<'_>) -> Option<(Tenant, Span)> {
    let fields = report.fields("a tenant", node, KEYS)?;
    let insecure = report.optional(&fields, "insecure", Report::flag).unwrap_or(false);
    let plain = if insecure { PlainHttp::Anywhere } else { PlainHttp::Loopback };
    let base_url = report.required(&fields, "baseUrl", |report, key, node| {
        address(report, key, node, Query::Refused, plain)
    });
    let token_url = report.optional(&fields, "tokenUrl", |report, key, node| {
        address(report, key, node, Query::Allowed, plain)
    });
    let client_auth = report.optional(&fields, "clientAuth", client_auth);
    let scopes = report.optional(&fields, "scopes", scopes);
    let requests_per_second = report.optional(&fields, "requestsPerSecond", |report, key, node| {
        report.whole_number(key, node, 1..=10_000)
    });
    let (client_id, client_secret) =
        report.optional(&fields, "credentials", credentials).unwrap_or_default();
    let name = report.required(&fields, "name", header::plain_name)?;
    let tenant = Tenant {
        name,
        base_url: base_url.unwrap_or_default().trim_end_matches('/').to_owned(),
        token_url,
        client_auth: client_auth.unwrap_or(ClientAuth::Form),
        scopes: scopes.unwrap_or_default(),
        requests_per_second: requests_per_second.unwrap_or(DEFAULT_REQUESTS_PER_SECOND),
        insecure,
        client_id,
        client_secret,
    };
    Some((tenant, fields.get("name").map_or(fields.whole(), |node| node.span)))
}

fn address(
    report: &mut Report,
    key: &str,
    node: &Node<'_>,
    query: Query,
    plain: PlainHttp,
) -> Option<String> {
    let text = report.text(key, node)?;
    match url::check(text, query, plain) {
        Ok(()) => Some(text.to_owned()),
        Err((fault, hint)) => {
            report.add_hinted(Code::BadValue, node.span, format!("`{key}` {fault}"), hint);
            None
        }
    }
}

fn client_auth(report: &mut Report, key: &str, node: &Node<'_>) -> Option<ClientAuth> {
    report.choice(key, node, &[("form", ClientAuth::Form), ("basic", ClientAuth::Basic)])
}

fn scopes(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Vec<String>> {
    report.each(key, node, |report, key, node| {
        let scope = report.filled(key, node)?;
        if scope.contains(char::is_whitespace) {
            let message = format!("{} is no single scope", quote(scope));
            let hint = "write one list item a scope";
            report.add_hinted(Code::BadValue, node.span, message, hint);
            return None;
        }
        Some(scope.to_owned())
    })
}

type Pair = (Option<Credential>, Option<Credential>);

fn credentials(report: &mut Report, _: &str, node: &Node<'_>) -> Option<Pair> {
    let fields = report.fields("credentials", node, CREDENTIAL_KEYS)?;
    let id = credential(report, "credentials need", &fields, "clientIdEnv", "clientIdFile");
    let secret =
        credential(report, "credentials need", &fields, "clientSecretEnv", "clientSecretFile");
    Some((id, secret))
}

/// Reads where a credential is found, in one of two keys. `needs` begins the finding about none.
pub(super) fn credential(
    report: &mut Report,
    needs: &str,
    fields: &Fields<'_, '_>,
    variable_key: &str,
    file_key: &str,
) -> Option<Credential> {
    let variable = report.optional(fields, variable_key, variable);
    let file = report.optional(fields, file_key, Report::filled);
    match (fields.entry(variable_key), fields.entry(file_key)) {
        (Some(_), Some(second)) => {
            let message = format!("`{variable_key}` and `{file_key}` are both given");
            report.add_hinted(Code::BadValue, second.key_span, message, "keep one of them");
        }
        (None, None) => {
            let message = format!("{needs} `{variable_key}` or `{file_key}`");
            report.add(Code::MissingField, fields.whole(), message);
        }
        _ => {}
    }
    variable.or_else(|| file.map(|path| Credential::File(PathBuf::from(path))))
}

/// Reads the name of a variable. The text is not repeated in the finding: people paste secrets.
fn variable(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Credential> {
    let text = report.filled(key, node)?;
    let named = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit());
    if !named {
        let message = format!("`{key}` is not the name of an environment variable");
        let hint = "write the variable's name, never the credential itself";
        report.add_hinted(Code::BadValue, node.span, message, hint);
        return None;
    }
    Some(Credential::Env(text.to_owned()))
}
