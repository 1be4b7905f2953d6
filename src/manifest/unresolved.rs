//! Resources as their manifests declare them, before the values of an environment are known.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::model::{Declared, Source, Span};

use super::decode::Fields;
use super::json::{self, FreeForm, Gap, References, Step, ValueFrom};
use super::metadata::Named;
use super::report::Report;
use super::template::{self, Filling, Template, Text};
use super::tree::Node;

/// What differs by kind.
pub(super) trait Manifest: Declared + Clone {
    /// What `spec` says.
    type Spec;
    /// Where in the resource a text goes.
    type Slot: fmt::Debug;
    /// What else [`resolve`](super::resolve()) must know.
    type Rest: fmt::Debug;

    /// Reads `spec`. Returns nothing when what can be read would give rise to findings that are not
    /// true.
    fn spec(report: &mut Report, node: &Node<'_>) -> Option<Self::Spec>;

    /// Brings name and content together.
    fn declare(spec: Self::Spec, named: Named) -> Unresolved<Self>;

    /// Puts what a template stands for into its slot; leaves the slot alone where a value is missing.
    fn put(
        &mut self,
        slot: &Self::Slot,
        template: &Template,
        source: &Arc<Source>,
        filling: &mut Filling<'_>,
    );
}

/// A resource in which texts with references stand as they are written.
#[derive(Debug)]
pub(super) struct Unresolved<T: Manifest> {
    pub(super) desired: Arc<T>,
    pub(super) renamed_from_place: Option<Span>,
    pub(super) holes: Vec<Hole<T::Slot>>,
    pub(super) rest: T::Rest,
}

/// A text of a resource that waits for values.
#[derive(Debug)]
pub(super) struct Hole<S> {
    pub(super) slot: S,
    pub(super) template: Template,
}

impl<T: Manifest> Unresolved<T> {
    /// Returns the file that declares it.
    pub(super) fn source(&self) -> &Arc<Source> {
        &self.desired.metadata().location.source
    }

    /// Returns the resource with its values; where one is missing, the text stays as it is written.
    pub(super) fn fill(&self, filling: &mut Filling<'_>) -> Arc<T> {
        if self.holes.is_empty() {
            return Arc::clone(&self.desired);
        }
        let mut desired = T::clone(&self.desired);
        for Hole { slot, template } in &self.holes {
            desired.put(slot, template, self.source(), filling);
        }
        Arc::new(desired)
    }
}

/// Reads the parts of a resource that may refer to values.
pub(super) struct Reader<'r, S> {
    pub(super) report: &'r mut Report,
    pub(super) holes: Vec<Hole<S>>,
}

impl<'r, S> Reader<'r, S> {
    pub(super) fn new(report: &'r mut Report) -> Self {
        Self { report, holes: Vec::new() }
    }

    /// Reads the text of a key that may be there.
    pub(super) fn optional_text(
        &mut self,
        fields: &Fields<'_, '_>,
        key: &str,
        slot: S,
    ) -> Option<String> {
        let node = fields.get(key)?;
        let scalar = self.report.text_scalar(key, node)?;
        match template::read(self.report, &scalar.text, node.span, scalar.extent) {
            Text::Literal(text) => Some(text),
            Text::Template(template) => {
                self.holes.push(Hole { slot, template });
                Some(scalar.text.to_string())
            }
        }
    }

    /// Reads a free-form value.
    pub(super) fn value(&mut self, node: &Node<'_>, slot: impl Fn(Vec<Step>) -> S) -> Value {
        self.free_form(node, References::Values, slot).0
    }

    /// Reads a free-form value that may take parts from sources, and returns those too.
    pub(super) fn sourced_value(
        &mut self,
        node: &Node<'_>,
        slot: impl Fn(Vec<Step>) -> S,
    ) -> (Value, Vec<ValueFrom>) {
        self.free_form(node, References::Sources, slot)
    }

    fn free_form(
        &mut self,
        node: &Node<'_>,
        references: References,
        slot: impl Fn(Vec<Step>) -> S,
    ) -> (Value, Vec<ValueFrom>) {
        let FreeForm { value, gaps, sourced } = json::read(self.report, node, references);
        let hole = |Gap { path, template }| Hole { slot: slot(path), template };
        self.holes.extend(gaps.into_iter().map(hole));
        (value, sourced)
    }
}
