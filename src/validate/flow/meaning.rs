//! A flow as it was probably meant, so that one typo is one finding.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::{DesiredFlow, Location, Project, Span};

use super::super::typo::Guesses;

/// A flow with its typos resolved where a guess can be made.
pub(super) struct Meaning<'a> {
    /// As it stands in git.
    pub(super) desired: &'a DesiredFlow,
    /// The index of each id's first element.
    pub(super) declared: HashMap<&'a str, usize>,
    /// Ids that a connector names and no element has, with the id that was probably meant.
    pub(super) missing: HashMap<&'a str, Option<&'a str>>,
    /// Each element's type; a misspelt one as it was probably meant.
    pub(super) types: Vec<&'a str>,
}

/// An id that at least one element has, as a node of the graph.
pub(super) struct Node<'a> {
    /// The index of its first element.
    pub(super) index: usize,
    /// The id.
    pub(super) id: &'a str,
    /// Where the id stands.
    pub(super) place: Span,
}

impl<'a> Meaning<'a> {
    /// Reads a flow.
    pub(super) fn of(desired: &'a DesiredFlow, project: &'a Project) -> Self {
        let declared = declared(desired);
        let missing = missing(desired, &declared);
        Self { desired, declared, missing, types: types(desired, &project.element_types) }
    }

    /// Returns every id's first element.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node<'a>> {
        let elements = self.desired.flow.content.elements.iter();
        let parts = elements.zip(&*self.desired.element_places).enumerate();
        parts.filter_map(|(index, (element, place))| {
            let first = self.declared.get(element.id.as_str()) == Some(&index);
            first.then_some(Node { index, id: &element.id, place: place.id })
        })
    }

    /// Returns the indices of all elements of a type, and where the types stand.
    pub(super) fn of_type(&self, name: &str) -> impl Iterator<Item = (usize, Span)> {
        let elements = self.desired.flow.content.elements.iter().zip(&self.types);
        let matching = elements
            .zip(&*self.desired.element_places)
            .filter(move |((_, known), _)| **known == name);
        matching.filter_map(|((element, _), place)| {
            let node = self.declared.get(element.id.as_str())?;
            Some((*node, place.element_type))
        })
    }

    /// Returns a place in the flow's file.
    pub(super) fn location(&self, span: Span) -> Location {
        Location { source: Arc::clone(&self.desired.metadata.location.source), span }
    }
}

fn declared(desired: &DesiredFlow) -> HashMap<&str, usize> {
    let mut first = HashMap::new();
    for (index, element) in desired.flow.content.elements.iter().enumerate() {
        first.entry(element.id.as_str()).or_insert(index);
    }
    first
}

fn missing<'a>(
    desired: &'a DesiredFlow,
    declared: &HashMap<&'a str, usize>,
) -> HashMap<&'a str, Option<&'a str>> {
    let connectors = &desired.flow.content.connectors;
    let ends = connectors.iter().flat_map(|c| [c.source_id.as_str(), c.target_id.as_str()]);
    let unknown: BTreeSet<&str> = ends.filter(|id| !declared.contains_key(id)).collect();
    if unknown.is_empty() {
        return HashMap::new();
    }
    let mut guesses = Guesses::among(declared.keys().copied());
    unknown.into_iter().map(|id| (id, guesses.guess(id))).collect()
}

fn types<'a>(desired: &'a DesiredFlow, known: &'a BTreeSet<String>) -> Vec<&'a str> {
    let mut guesses = Guesses::among(known.iter().map(String::as_str));
    let mut meant = |name: &'a str| {
        if known.contains(name) { name } else { guesses.guess(name).unwrap_or(name) }
    };
    desired.flow.content.elements.iter().map(|element| meant(&element.element_type)).collect()
}
