//! Names that must be the name of something.

use std::collections::BTreeSet;

use crate::model::{Code, Finding, Project, Span};

use super::meaning::Meaning;

/// Finds elements whose type the project does not list.
pub(super) fn element_types(meaning: &Meaning<'_>, project: &Project) -> Vec<Finding> {
    let desired = meaning.desired;
    let places = desired.element_places.iter().map(|place| place.element_type);
    let elements = desired.flow.content.elements.iter().zip(&meaning.types).zip(places);
    let unknown =
        elements.filter(|((element, _), _)| !project.element_types.contains(&element.element_type));
    let hints = Hints::new(&project.element_types);
    let finding = |name: &str, meant: &str, place| {
        let message = format!("`{name}` is not one of the project's element types");
        Finding::new(Code::UnknownElementType, &desired.metadata.location.source, place, message)
            .with_hint(hints.about(name, meant))
    };
    unknown.map(|((element, meant), place)| finding(&element.element_type, meant, place)).collect()
}

struct Hints {
    known: String,
}

impl Hints {
    fn new(types: &BTreeSet<String>) -> Self {
        let quoted: Vec<_> = types.iter().map(|name| format!("`{name}`")).collect();
        Self { known: quoted.join(", ") }
    }

    fn about(&self, name: &str, meant: &str) -> String {
        let adding = format!(
            "if the tenant has the type `{name}`, add it to `spec.elementTypes` in flowgate.yaml"
        );
        if meant == name {
            format!("the types are {}; {adding}", self.known)
        } else {
            format!("did you mean `{meant}`? {adding}")
        }
    }
}

/// Finds connectors that start or end at nothing.
pub(super) fn connectors(meaning: &Meaning<'_>) -> Vec<Finding> {
    let desired = meaning.desired;
    let parts = desired.flow.content.connectors.iter().zip(&*desired.connector_places);
    let ends = parts.flat_map(|(connector, place)| {
        [
            (End::Source, connector.source_id.as_str(), place.source_id),
            (End::Target, connector.target_id.as_str(), place.target_id),
        ]
    });
    ends.filter_map(|(end, id, place)| {
        let guess = meaning.missing.get(id)?;
        Some(dangling(meaning, end, id, place, *guess))
    })
    .collect()
}

#[derive(Clone, Copy)]
enum End {
    Source,
    Target,
}

fn dangling(
    meaning: &Meaning<'_>,
    end: End,
    id: &str,
    place: Span,
    guess: Option<&str>,
) -> Finding {
    let message = match end {
        End::Source => format!("the connector starts at `{id}`, which is no element of the flow"),
        End::Target => format!("the connector leads to `{id}`, which is no element of the flow"),
    };
    let hint = match guess {
        Some(guess) => format!("did you mean `{guess}`?"),
        None => format!("declare an element with the id `{id}`, or remove the connector"),
    };
    Finding::new(Code::DanglingConnector, &meaning.desired.metadata.location.source, place, message)
        .with_hint(hint)
}
