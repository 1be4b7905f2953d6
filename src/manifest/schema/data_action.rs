//! `kind: DataAction`.

use serde_json::{Value, json};

use crate::model::{Kind, MAX_SCRIPT_BYTES};

use super::super::data_action::{LANGUAGE, TYPE, default_trigger};
use super::super::name::Rule;
use super::{closed, described, filled, list, name};

pub(super) fn spec() -> Value {
    closed(
        json!({
            "description": {"type": "string"},
            "type": {"enum": [TYPE], "default": TYPE},
            "trigger": {
                "type": "object",
                "properties": {"type": filled()},
                "required": ["type"],
                "default": default_trigger(),
            },
            "enabled": {"type": "boolean", "default": true},
            "dependencies": {
                "type": "array",
                "items": name(Rule::of(Kind::DataAction)),
                "uniqueItems": true,
                "description": "The data actions that the script calls",
            },
            "script": script(),
            "tests": list(&test()),
        }),
        &["script"],
    )
}

fn script() -> Value {
    let file = json!({"type": "string", "pattern": r"^[^/\\]([^\\]*[^/\\])?\.js$"});
    // Characters, where the limit is bytes: a schema cannot count those.
    let content = json!({"type": "string", "maxLength": MAX_SCRIPT_BYTES});
    let mut schema = closed(
        json!({
            "language": {"enum": [LANGUAGE], "default": LANGUAGE},
            "file": described(file, "A .js file of the flows folder, relative to the manifest"),
            "content": content,
        }),
        &[],
    );
    schema["oneOf"] = json!([{"required": ["file"]}, {"required": ["content"]}]);
    schema
}

fn test() -> Value {
    let mut expect = closed(json!({"output": {}, "error": filled()}), &[]);
    expect["oneOf"] = json!([{"required": ["output"]}, {"required": ["error"]}]);
    closed(
        json!({
            "name": filled(),
            "input": {"type": "object", "default": {}},
            "expect": described(expect, "By default that the script ends without an error"),
        }),
        &["name"],
    )
}
