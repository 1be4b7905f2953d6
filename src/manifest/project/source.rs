//! `sources` of an environment.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderName;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};

use crate::model::{Code, Credential, SourceField, SourceType, Span, ValueSource};

use super::super::decode::Fields;
use super::super::json;
use super::super::name;
use super::super::report::{Report, quote};
use super::super::tree::{self, Entry, Node};
use super::tenant;
use super::url::{self, PlainHttp, Query};

const KEYS: &[&str] = &["url", "fields", "timeoutSeconds", "headers"];
const FIELD_KEYS: &[&str] = &["type", "pointer"];
const HEADER_KEYS: &[&str] = &["env", "file"];

/// How long an answer may take when the source does not say.
pub(in super::super) const DEFAULT_TIMEOUT_SECONDS: u32 = 5;

/// The longest that a source may ask for.
pub(in super::super) const MAX_TIMEOUT_SECONDS: u32 = 60;

/// Headers that belong to the connection.
const RESERVED: &[HeaderName] = &[HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

/// The sources of an environment, each with where it is named.
pub(super) type Sources = BTreeMap<String, (ValueSource, Span)>;

/// Returns the sources that can be read; what is wrong with the others has been reported.
pub(super) fn read_all(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Sources> {
    let entries = report.mapping(key, node)?;
    Some(entries.iter().filter_map(|entry| source(report, entry)).collect())
}

fn source(report: &mut Report, entry: &Entry<'_>) -> Option<(String, (ValueSource, Span))> {
    if report.is_merge(entry) {
        return None;
    }
    if !name::is_value(&entry.key) {
        let message = format!("{} cannot be the name of a source", quote(&entry.key));
        let hint = "use a-z, A-Z, 0-9, `_`, `.` and `-`";
        report.add_hinted(Code::BadName, entry.key_span, message, hint);
    }
    let fields = report.fields("a source", &entry.value, KEYS)?;
    let url = report.required(&fields, "url", address);
    let declared = report.required(&fields, "fields", source_fields);
    let timeout = report.optional(&fields, "timeoutSeconds", |report, key, node| {
        report.whole_number(key, node, 1..=MAX_TIMEOUT_SECONDS)
    });
    let headers = report.optional(&fields, "headers", headers).unwrap_or_default();
    let seconds = timeout.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
    let source = ValueSource {
        url: url?,
        fields: declared?,
        timeout: Duration::from_secs(u64::from(seconds)),
        headers,
    };
    Some((entry.key.to_string(), (source, entry.key_span)))
}

fn address(report: &mut Report, key: &str, node: &Node<'_>) -> Option<String> {
    let text = report.text(key, node)?;
    match url::check(text, Query::Allowed, PlainHttp::Loopback) {
        Ok(()) => Some(text.to_owned()),
        Err((fault, _)) => {
            let hint =
                "write it like https://config.acme.example/cx; credentials go into `headers`";
            report.add_hinted(Code::BadValue, node.span, format!("`{key}` {fault}"), hint);
            None
        }
    }
}

fn source_fields(
    report: &mut Report,
    key: &str,
    node: &Node<'_>,
) -> Option<BTreeMap<String, SourceField>> {
    let entries = report.mapping(key, node)?;
    if entries.is_empty() {
        report.add(Code::BadValue, node.span, "a source without fields gives nothing");
    }
    let mut fields = BTreeMap::new();
    for entry in entries {
        if report.is_merge(entry) {
            continue;
        }
        if let Some(field) = source_field(report, entry) {
            fields.insert(entry.key.to_string(), field);
        }
    }
    Some(fields)
}

/// Reads a type, or a type and where the field is.
fn source_field(report: &mut Report, entry: &Entry<'_>) -> Option<SourceField> {
    let own = || json::pointer(&[json::Step::Key(entry.key.to_string())]);
    if !matches!(entry.value.value, tree::Value::Mapping(_)) {
        let value_type = value_type(report, &entry.key, &entry.value)?;
        return Some(SourceField { pointer: own(), value_type });
    }
    let fields = report.fields("a field", &entry.value, FIELD_KEYS)?;
    let value_type = report.required(&fields, "type", value_type);
    let pointer = match fields.get("pointer") {
        Some(node) => pointer(report, node),
        None => Some(own()),
    };
    Some(SourceField { pointer: pointer?, value_type: value_type? })
}

fn value_type(report: &mut Report, _: &str, node: &Node<'_>) -> Option<SourceType> {
    report.choice("type", node, SourceType::WORDS)
}

fn pointer(report: &mut Report, node: &Node<'_>) -> Option<String> {
    let text = report.filled("pointer", node)?;
    if !text.starts_with('/') {
        let message = format!("{} is no JSON pointer", quote(text));
        let hint = "write it from the root of the answer, such as /routing/priority";
        report.add_hinted(Code::BadValue, node.span, message, hint);
        return None;
    }
    Some(text.to_owned())
}

fn headers(
    report: &mut Report,
    key: &str,
    node: &Node<'_>,
) -> Option<BTreeMap<String, Credential>> {
    let mut headers = BTreeMap::new();
    for entry in report.mapping(key, node)? {
        let Some((name, value)) = header(report, entry) else { continue };
        if headers.contains_key(&name) {
            // Their names are alike in upper and lower case.
            let message = format!("the header {} stands here twice", quote(&name));
            report.add(Code::BadValue, entry.key_span, message);
        }
        headers.insert(name, value);
    }
    Some(headers)
}

fn header(report: &mut Report, entry: &Entry<'_>) -> Option<(String, Credential)> {
    if report.is_merge(entry) {
        return None;
    }
    let name = entry.key.parse::<HeaderName>().ok().filter(|name| !RESERVED.contains(name));
    if name.is_none() {
        let message = format!("{} is no header that a source can be sent", quote(&entry.key));
        report.add(Code::BadName, entry.key_span, message);
    }
    let value = header_value(report, &entry.value);
    Some((name?.as_str().to_owned(), value?))
}

/// Reads where a header's value is found. A text is not repeated in the finding: it may be the secret.
fn header_value(report: &mut Report, node: &Node<'_>) -> Option<Credential> {
    if !matches!(node.value, tree::Value::Mapping(_)) {
        let message = "the value of a header does not stand in git";
        let hint = "name the environment variable that holds it: `{env: CX_CONFIG_KEY}`";
        report.add_hinted(Code::WrongType, node.span, message, hint);
        return None;
    }
    let fields: Fields<'_, '_> = report.fields("a header", node, HEADER_KEYS)?;
    tenant::credential(report, "a header needs", &fields, "env", "file")
}
