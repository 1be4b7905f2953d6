//! The rules a flow's content must keep, as the platform checks them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::answer::detail;
use crate::cxone::wire::ErrorDetail;

/// Steps and ways of a draft or a version, with where they stand in the body.
pub(super) struct Content<'a> {
    pub(super) elements: &'a [Value],
    pub(super) connectors: &'a [Value],
    /// JSON pointers of the two lists.
    pub(super) at: (&'static str, &'static str),
}

impl Content<'_> {
    /// What no draft and no version may break: shapes, ids that are unique, ways that lead somewhere.
    pub(super) fn structure_faults(&self) -> Vec<ErrorDetail> {
        let (elements_at, connectors_at) = self.at;
        let mut faults = shape_faults(self.elements, elements_at, &["id", "type"]);
        faults.extend(configuration_faults(self.elements, elements_at));
        faults.extend(shape_faults(
            self.connectors,
            connectors_at,
            &["id", "sourceId", "targetId"],
        ));
        faults.extend(twin_faults(self.elements, elements_at));
        faults.extend(twin_faults(self.connectors, connectors_at));
        faults.extend(self.dangling_faults());
        faults
    }

    /// What a version must keep besides: known types, a way in, a way out, nothing left unconnected.
    pub(super) fn completeness_faults(&self, allowed_types: &[String]) -> Vec<ErrorDetail> {
        let mut faults = self.type_faults(allowed_types);
        faults.extend(self.missing_faults());
        faults.extend(self.unconnected_faults());
        faults
    }

    fn dangling_faults(&self) -> Vec<ErrorDetail> {
        let known: BTreeSet<&str> = texts(self.elements, "id").map(|(_, id)| id).collect();
        let end = |name: &'static str| {
            texts(self.connectors, name)
                .filter(|(_, id)| !known.contains(id))
                .map(move |(index, id)| {
                    let path = format!("{}/{index}/{name}", self.at.1);
                    detail(path, format!("no element has the id {id:?}"))
                })
                .collect::<Vec<_>>()
        };
        [end("sourceId"), end("targetId")].concat()
    }

    fn type_faults(&self, allowed: &[String]) -> Vec<ErrorDetail> {
        let unsupported = |(index, name): (usize, &str)| {
            (!allowed.iter().any(|one| one == name)).then(|| {
                let path = format!("{}/{index}/type", self.at.0);
                let allowed = allowed.join(", ");
                detail(path, format!("unsupported element type {name:?}; supported: {allowed}"))
            })
        };
        texts(self.elements, "type").filter_map(unsupported).collect()
    }

    fn missing_faults(&self) -> Vec<ErrorDetail> {
        let absent = |name: &&str| !texts(self.elements, "type").any(|(_, own)| own == *name);
        let fault = |name| detail(self.at.0, format!("there is no {name} element"));
        ["Begin", "End"].into_iter().filter(absent).map(fault).collect()
    }

    fn unconnected_faults(&self) -> Vec<ErrorDetail> {
        let ends = ["sourceId", "targetId"];
        let touched: BTreeSet<&str> =
            ends.iter().flat_map(|name| texts(self.connectors, name)).map(|(_, id)| id).collect();
        texts(self.elements, "id")
            .filter(|(_, id)| !touched.contains(id))
            .map(|(index, id)| {
                detail(
                    format!("{}/{index}", self.at.0),
                    format!("missing connectors: none touches {id:?}"),
                )
            })
            .collect()
    }
}

fn shape_faults(items: &[Value], at: &str, required: &[&str]) -> Vec<ErrorDetail> {
    let mut faults = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if !item.is_object() {
            faults.push(detail(format!("{at}/{index}"), "must be an object"));
            continue;
        }
        let bad = |name: &&&str| item[**name].as_str().is_none_or(str::is_empty);
        let fault =
            |name| detail(format!("{at}/{index}/{name}"), "must be a string that is not empty");
        faults.extend(required.iter().filter(bad).map(fault));
    }
    faults
}

fn configuration_faults(elements: &[Value], at: &str) -> Vec<ErrorDetail> {
    let bad = |item: &Value| item.get("configuration").is_some_and(|value| !value.is_object());
    let fault = |index| detail(format!("{at}/{index}/configuration"), "must be an object");
    elements
        .iter()
        .enumerate()
        .filter(|(_, item)| bad(item))
        .map(|(index, _)| fault(index))
        .collect()
}

fn twin_faults(items: &[Value], at: &str) -> Vec<ErrorDetail> {
    let mut first = BTreeMap::new();
    let mut faults = Vec::new();
    for (index, id) in texts(items, "id") {
        let before = *first.entry(id).or_insert(index);
        if before != index {
            let message = format!("the id {id:?} is already that of {at}/{before}");
            faults.push(detail(format!("{at}/{index}/id"), message));
        }
    }
    faults
}

/// The texts of that property, with the places of their items.
fn texts<'a>(items: &'a [Value], name: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let text = move |(index, item): (usize, &'a Value)| Some((index, item.get(name)?.as_str()?));
    items.iter().enumerate().filter_map(text)
}

/// The dependencies that elements of `element_type` name in that property of their configuration.
pub(super) fn named_dependencies<'a>(
    elements: &'a [Value],
    element_type: &'a str,
    property: &'a str,
) -> impl Iterator<Item = &'a str> {
    let of_type = move |item: &&Value| item["type"].as_str() == Some(element_type);
    elements.iter().filter(of_type).filter_map(move |item| item["configuration"][property].as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(elements: &Value, connectors: &Value) -> Vec<String> {
        let types = ["Begin", "End", "IVR"].map(str::to_owned);
        let content = Content {
            elements: elements.as_array().expect("is a list"),
            connectors: connectors.as_array().expect("is a list"),
            at: ("/elements", "/connectors"),
        };
        let mut faults = content.structure_faults();
        faults.extend(content.completeness_faults(&types));
        faults.into_iter().map(|fault| format!("{}: {}", fault.path, fault.message)).collect()
    }

    #[test]
    fn content_that_keeps_the_rules_has_no_faults() {
        let elements = json!([
            {"id": "b", "type": "Begin"},
            {"id": "e", "type": "End", "configuration": {}, "position": [1, 2]}
        ]);
        assert!(
            faults(&elements, &json!([{"id": "c", "sourceId": "b", "targetId": "e"}])).is_empty()
        );
    }

    #[test]
    fn every_fault_is_found_at_once_and_has_a_pointer() {
        let elements = json!([
            {"id": "b", "type": "Begin"},
            {"id": "b", "type": "Warp"},
            {"type": "IVR", "configuration": 3},
            "text",
            {"id": "lonely", "type": "IVR"}
        ]);
        let connectors = json!([
            {"id": "c", "sourceId": "b", "targetId": "nowhere"},
            {"id": "c", "sourceId": "b"}
        ]);
        insta::assert_snapshot!(faults(&elements, &connectors).join("\n"), @r#"
        /elements/2/id: must be a string that is not empty
        /elements/3: must be an object
        /elements/2/configuration: must be an object
        /connectors/1/targetId: must be a string that is not empty
        /elements/1/id: the id "b" is already that of /elements/0
        /connectors/1/id: the id "c" is already that of /connectors/0
        /connectors/0/targetId: no element has the id "nowhere"
        /elements/1/type: unsupported element type "Warp"; supported: Begin, End, IVR
        /elements: there is no End element
        /elements/4: missing connectors: none touches "lonely"
        "#);
    }
}
