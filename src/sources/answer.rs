//! What a source answered.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, Response, StatusCode};
use serde_json::Value;

use super::LONGEST_ANSWER;
use crate::manifest::MAX_INTEGER;
use crate::model::{SourceField, SourceType};

/// The whole answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Object(Value);

/// Reads an answer; fails with what it was instead of a JSON object. Nothing of the body is repeated:
/// it may hold what is nobody's business.
pub(super) fn object(answer: &Response<Bytes>) -> Result<Object, String> {
    check_status(answer.status(), answer.headers())?;
    let body = answer.body();
    if body.len() > LONGEST_ANSWER {
        return Err("the answer is longer than 1 MiB".to_owned());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(Object(Value::Object(object))),
        Ok(other) => Err(format!("the answer is {}, and a JSON object is expected", noun(&other))),
        Err(error) => Err(format!(
            "the answer{} is no JSON (line {}, column {}); a JSON object is expected",
            content_type(answer.headers()),
            error.line(),
            error.column()
        )),
    }
}

fn check_status(status: StatusCode, headers: &HeaderMap) -> Result<(), String> {
    if status.is_success() {
        return Ok(());
    }
    let code = status.as_u16();
    if !status.is_redirection() {
        return Err(format!("it answered {code}, and 200 is expected"));
    }
    let to = text(headers, &LOCATION).map(|to| format!(" to {}", without_query(to)));
    Err(format!(
        "it answered {code}{}; redirects are not followed: write the final address as `url`",
        to.unwrap_or_default()
    ))
}

fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

fn content_type(headers: &HeaderMap) -> String {
    text(headers, &CONTENT_TYPE).map(|name| format!(" ({name})")).unwrap_or_default()
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Returns a field of an answer, if it is what was declared.
pub(super) fn field(answer: &Object, name: &str, field: &SourceField) -> Result<Value, String> {
    let expected = field.value_type;
    let Some(value) = answer.0.pointer(&field.pointer) else {
        return Err(format!(
            "the answer has no {} (field {name}), and {} is expected there",
            field.pointer,
            of_type(expected)
        ));
    };
    if !expected.fits(value) {
        return Err(format!("{name} is {}, and {} is expected", noun(value), of_type(expected)));
    }
    if !is_exact(value) {
        return Err(format!(
            "{name} holds a number beyond ±{MAX_INTEGER}, which is not kept exactly"
        ));
    }
    Ok(value.clone())
}

/// Tells whether every number is one that all readers of JSON understand alike.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            let whole = number.as_i64().map(i64::unsigned_abs).or(number.as_u64());
            whole.is_none_or(|whole| whole <= MAX_INTEGER.unsigned_abs())
        }
        Value::Array(items) => items.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

fn noun(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn of_type(value_type: SourceType) -> &'static str {
    match value_type {
        SourceType::String => "a string",
        SourceType::Number => "a number",
        SourceType::Boolean => "a boolean",
        SourceType::Json => "a value other than null",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(HeaderName, &str)], body: &str) -> Response<Bytes> {
        let mut answer = Response::new(Bytes::from(body.to_owned()));
        *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
        for (name, value) in headers {
            answer.headers_mut().insert(name, value.parse().expect("a value"));
        }
        answer
    }

    #[test]
    fn only_a_json_object_is_an_answer() {
        let html = [(CONTENT_TYPE, "text/html")];
        let moved = [(LOCATION, "https://b.example/cx?key=hunter2")];
        let table = [
            (answer(404, &[], "{}"), "it answered 404, and 200 is expected"),
            (
                answer(304, &[], ""),
                "it answered 304; redirects are not followed: write the final \
                                    address as `url`",
            ),
            (
                answer(302, &moved, ""),
                "it answered 302 to https://b.example/cx; redirects are not \
                                       followed: write the final address as `url`",
            ),
            (
                answer(200, &html, "<html>hunter2</html>"),
                "the answer (text/html) is no JSON (line 1, column 1); a JSON object is expected",
            ),
            (
                answer(204, &[], ""),
                "the answer is no JSON (line 1, column 0); a JSON object is expected",
            ),
            (
                answer(200, &[], "{\"a\": 1"),
                "the answer is no JSON (line 1, column 7); a JSON object is expected",
            ),
            (answer(200, &[], "[1]"), "the answer is a list, and a JSON object is expected"),
            (
                answer(200, &[], &"[".repeat(200)),
                "the answer is no JSON (line 1, column 128); a JSON object is expected",
            ),
        ];
        for (answer, why) in table {
            assert_eq!(object(&answer), Err(why.to_owned()));
        }
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(LONGEST_ANSWER));
        assert_eq!(object(&answer(200, &[], &long)), Err("the answer is longer than 1 MiB".into()));
    }

    #[test]
    fn a_field_is_what_was_declared_or_the_reason_is_told() {
        let answer = object(&answer(
            200,
            &[],
            r#"{"priority": "high", "routing": {"weight": 3}, "on": true, "none": null, "a/b": 1,
                "large": 9007199254740993, "deep": {"id": [-9007199254740993]}}"#,
        ))
        .expect("an object");
        let table = [
            ("/priority", SourceType::String, Ok("\"high\"")),
            ("/routing/weight", SourceType::Number, Ok("3")),
            ("/on", SourceType::Boolean, Ok("true")),
            ("/routing", SourceType::Json, Ok("{\"weight\":3}")),
            ("/a~1b", SourceType::Number, Ok("1")),
            ("/priority", SourceType::Number, Err("f is a string, and a number is expected")),
            ("/on", SourceType::String, Err("f is a boolean, and a string is expected")),
            ("/none", SourceType::Json, Err("f is null, and a value other than null is expected")),
            ("/none", SourceType::String, Err("f is null, and a string is expected")),
            (
                "/gone",
                SourceType::Boolean,
                Err("the answer has no /gone (field f), and a boolean is expected there"),
            ),
            (
                "/large",
                SourceType::Number,
                Err("f holds a number beyond ±9007199254740991, which is not kept exactly"),
            ),
            (
                "/deep",
                SourceType::Json,
                Err("f holds a number beyond ±9007199254740991, which is not kept exactly"),
            ),
        ];
        for (pointer, value_type, expected) in table {
            let declared = SourceField { pointer: pointer.to_owned(), value_type };
            let found = field(&answer, "f", &declared).map(|value| value.to_string());
            assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{pointer}");
        }
    }
}
