//! Data actions.

use serde_json::Value;

use crate::model::{DataActionContent, Kind};

use super::super::data_action::{LANGUAGE, TYPE, default_trigger};
use super::super::template::escape;
use super::document;
use super::yaml::Writer;

/// Returns the manifest of a data action: [`parse`](crate::manifest::parse()) and
/// [`resolve`](crate::manifest::resolve()) turn it back into the same content.
///
/// The script stands in the manifest itself, as a literal block wherever YAML can hold it as one.
/// What stands for its default is left out, and so are properties that only the platform knows.
/// Types, languages and names other than manifests can say are written as they are, and are then not
/// read back.
pub fn write_data_action(name: &str, content: &DataActionContent) -> String {
    let mut writer = all_but_script(name, content);
    writer.lines(4, "content", &content.script);
    writer.out
}

/// Returns the manifest of a data action whose script lies in a file beside it; otherwise as
/// [`write_data_action`].
pub fn write_data_action_beside(name: &str, content: &DataActionContent, file: &str) -> String {
    let mut writer = all_but_script(name, content);
    writer.text(4, "file", file);
    writer.out
}

fn all_but_script(name: &str, content: &DataActionContent) -> Writer {
    let mut writer = document(Kind::DataAction);
    writer.text(2, "name", name);
    writer.line(0, "spec:");
    if let Some(description) = &content.description {
        writer.text(2, "description", &escape(description));
    }
    if content.action_type != TYPE {
        writer.text(2, "type", &content.action_type);
    }
    if content.trigger != default_trigger() {
        writer.entry(2, "", "trigger", &Value::Object(content.trigger.clone()));
    }
    if !content.enabled {
        writer.line(2, "enabled: false");
    }
    if !content.dependencies.is_empty() {
        let names = content.dependencies.iter().map(String::as_str).collect::<Value>();
        writer.entry(2, "", "dependencies", &names);
    }
    writer.line(2, "script:");
    if content.language != LANGUAGE {
        writer.text(4, "language", &content.language);
    }
    writer
}
