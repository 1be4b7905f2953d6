//! `kind: DataAction`.

mod cases;
mod script;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::model::{
    Code, DataActionContent, DesiredDataAction, Finding, Kind, Source, Span, TestCase,
};

use super::decode::Fields;
use super::header;
use super::json::{self, References};
use super::metadata::Named;
use super::name::Rule;
use super::report::{Report, quote};
use super::template::{Filling, Template};
use super::tree::Node;
use super::unresolved::{Hole, Manifest, Reader, Unresolved};

use script::Script;
pub(super) use script::ScriptReference;

const SPEC_KEYS: &[&str] =
    &["description", "type", "trigger", "enabled", "dependencies", "script", "tests"];

/// The only type that the platform has.
pub(super) const TYPE: &str = "SCRIPT";

/// The only language that the platform runs.
pub(super) const LANGUAGE: &str = "JavaScript";

/// Returns what starts a data action that does not say.
pub(super) fn default_trigger() -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), Value::from("MANUAL"))])
}

/// What `spec` says.
pub(in crate::manifest) struct Spec {
    description: Option<String>,
    action_type: String,
    trigger: Map<String, Value>,
    enabled: bool,
    dependencies: BTreeMap<String, Span>,
    script: Script,
    tests: Vec<TestCase>,
    holes: Vec<Hole<Slot>>,
}

/// Where in a data action a text goes. In scripts `${…}` is JavaScript's.
#[derive(Debug, Clone, Copy)]
pub(in crate::manifest) enum Slot {
    Description,
}

impl Manifest for DesiredDataAction {
    type Spec = Spec;
    type Slot = Slot;
    /// The file of its script, if it is not in the manifest.
    type Rest = Option<ScriptReference>;

    fn spec(report: &mut Report, node: &Node<'_>) -> Option<Spec> {
        spec(report, node)
    }

    fn declare(spec: Spec, named: Named) -> Unresolved<Self> {
        declare(spec, named)
    }

    fn put(
        &mut self,
        slot: &Slot,
        template: &Template,
        source: &Arc<Source>,
        filling: &mut Filling<'_>,
    ) {
        let Slot::Description = slot;
        if let Some(text) = filling.text(template, source) {
            self.content.description = Some(text);
        }
    }
}

fn declare(spec: Spec, named: Named) -> Unresolved<DesiredDataAction> {
    let Named { metadata, renamed_from_place } = named;
    let (language, script, script_place, rest) = spec.script.into_parts();
    let content = DataActionContent {
        description: spec.description,
        action_type: spec.action_type,
        trigger: spec.trigger,
        enabled: spec.enabled,
        dependencies: spec.dependencies.keys().cloned().collect(),
        language,
        script,
        extra: Map::new(),
    };
    let desired = DesiredDataAction {
        metadata,
        content,
        script_place,
        dependency_places: spec.dependencies,
        tests: spec.tests.into(),
    };
    Unresolved { desired: Arc::new(desired), renamed_from_place, holes: spec.holes, rest }
}

/// Returns nothing without a script.
fn spec(report: &mut Report, node: &Node<'_>) -> Option<Spec> {
    let fields = report.fields("spec", node, SPEC_KEYS)?;
    let mut reader = Reader::new(report);
    let description = reader.optional_text(&fields, "description", Slot::Description);
    let holes = reader.holes;
    let action_type = report
        .optional(&fields, "type", |report, key, node| report.choice(key, node, &[(TYPE, TYPE)]));
    let trigger = report.optional(&fields, "trigger", trigger);
    let enabled = report.optional(&fields, "enabled", Report::flag);
    let dependencies = report.optional(&fields, "dependencies", dependencies);
    let tests = report.optional(&fields, "tests", cases::read_all);
    let script = report.required(&fields, "script", script::read)?;
    Some(Spec {
        description,
        action_type: action_type.unwrap_or(TYPE).to_owned(),
        trigger: trigger.unwrap_or_else(default_trigger),
        enabled: enabled.unwrap_or(true),
        dependencies: dependencies.unwrap_or_default(),
        script,
        tests: tests.unwrap_or_default(),
        holes,
    })
}

fn trigger(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Map<String, Value>> {
    let entries = report.mapping(key, node)?;
    match entries.iter().find(|entry| entry.key == "type") {
        Some(entry) => {
            report.filled("type", &entry.value)?;
        }
        None => report.add(Code::MissingField, node.span, "a trigger needs `type`"),
    }
    match json::read(report, node, References::Literal).value {
        Value::Object(trigger) => Some(trigger),
        _ => None,
    }
}

fn dependencies(report: &mut Report, key: &str, node: &Node<'_>) -> Option<BTreeMap<String, Span>> {
    let rule = Rule::of(Kind::DataAction);
    let mut first = BTreeMap::new();
    for node in report.list(key, node)? {
        let Some(name) = header::name(report, "dependency", node, rule) else { continue };
        if let Some(earlier) = first.get(&name) {
            twice(report, &format!("the dependency {}", quote(&name)), node.span, *earlier);
        } else {
            first.insert(name, node.span);
        }
    }
    Some(first)
}

/// Reports what stands in a list twice.
fn twice(report: &mut Report, what: &str, second: Span, first: Span) {
    let message = format!("{what} stands here twice");
    let finding = Finding::new(Code::BadValue, report.source(), second, message)
        .with_label(report.location(first), "first here");
    report.push(finding);
}

/// Reads which of two keys is given, of which exactly one must be.
///
/// `None` when neither is; both are reported, and the first counts.
fn either<'k>(
    report: &mut Report,
    what: &str,
    fields: &Fields<'_, '_>,
    [first, second]: [&'k str; 2],
) -> Option<&'k str> {
    match (fields.entry(first), fields.entry(second)) {
        (Some(_), Some(entry)) => {
            let message = format!("`{first}` and `{second}` are both given");
            report.add_hinted(Code::BadValue, entry.key_span, message, "keep one of them");
            Some(first)
        }
        (Some(_), None) => Some(first),
        (None, Some(_)) => Some(second),
        (None, None) => {
            let message = format!("{what} needs `{first}` or `{second}`");
            report.add(Code::MissingField, fields.whole(), message);
            None
        }
    }
}
