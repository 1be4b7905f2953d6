//! Values that come from sources: whether they can, and putting them in.

use std::sync::Arc;

use serde_json::Value;

use crate::model::{
    Code, DesiredFlow, Environment, Finding, FlowContent, SourceValues, Sourced, Span,
};

use super::report::{did_you_mean, quote};

/// Returns what is wrong with the references of a flow in an environment: sources and fields that it
/// does not declare.
pub(super) fn check(flow: &DesiredFlow, environment: &Environment) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for finding in flow.sourced.iter().filter_map(|one| undeclared(flow, one, environment)) {
        // An alias repeats what it stands for.
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    findings
}

fn undeclared(flow: &DesiredFlow, sourced: &Sourced, environment: &Environment) -> Option<Finding> {
    let Sourced { source, field, source_place, field_place, .. } = sourced;
    let name = &environment.name;
    let Some(declared) = environment.sources.get(source) else {
        let message = format!("environment `{name}` has no source {}", quote(source));
        let known = environment.sources.keys().map(String::as_str);
        let hint = did_you_mean(source, known)
            .unwrap_or_else(|| format!("declare it under `sources` of `{name}` in flowgate.yaml"));
        return Some(finding(flow, *source_place, message, hint));
    };
    if declared.fields.contains_key(field) {
        return None;
    }
    let message = format!("the source `{source}` of `{name}` has no field {}", quote(field));
    let hint =
        did_you_mean(field, declared.fields.keys().map(String::as_str)).unwrap_or_else(|| {
            format!("declare it with its type under `fields` of `{source}` in flowgate.yaml")
        });
    Some(finding(flow, *field_place, message, hint))
}

fn finding(flow: &DesiredFlow, place: Span, message: String, hint: String) -> Finding {
    let source = &flow.metadata.location.source;
    Finding::new(Code::UnknownSource, source, place, message).with_hint(hint)
}

/// Returns a flow with what its sources answered.
///
/// Where one has no answer the flow stays as it is written, and says why in
/// [`missing`](DesiredFlow::missing).
#[must_use]
pub fn fill(flow: &DesiredFlow, values: &SourceValues) -> DesiredFlow {
    let mut filled = flow.clone();
    let mut missing: Vec<&str> = Vec::new();
    let mut sourced = flow.sourced.to_vec();
    for place in &mut sourced {
        match values.get(&place.source, &place.field) {
            Ok(value) => {
                put(&mut filled.flow.content, place, value);
                place.value = Some(value.clone());
            }
            Err(why) if missing.contains(&why) => {}
            Err(why) => missing.push(why),
        }
    }
    if missing.is_empty() {
        return DesiredFlow { missing: None, sourced: sourced.into(), ..filled };
    }
    DesiredFlow { missing: Some(missing.join("; ")), ..flow.clone() }
}

fn put(content: &mut FlowContent, sourced: &Sourced, value: &Value) {
    let element = content.elements.iter_mut().find(|element| element.id == sourced.element);
    let steps = sourced.pointer.strip_prefix("/configuration/");
    let Some((element, steps)) = element.zip(steps) else { return };
    let (key, below) = match steps.find('/') {
        Some(slash) => steps.split_at(slash),
        None => (steps, ""),
    };
    let key = key.replace("~1", "/").replace("~0", "~");
    let configuration = Arc::make_mut(&mut element.configuration);
    if let Some(place) = configuration.get_mut(&key).and_then(|part| part.pointer_mut(below)) {
        *place = value.clone();
    }
}
