//! From what git is to say back into the text of its manifests.
//!
//! Only what changes is written: comments, blank lines, quotes, the order of keys, other documents
//! of the file and its line breaks stay as they are. What each environment fills in
//! (`${values.x}`, `valueFrom`) is not overwritten, because that would change other environments too;
//! it is returned as left.
//!
//! Every result was read again and says what it was to say. Where a document cannot be edited in
//! place, with anchors where it changes, say, that document alone is spelled anew, without its
//! comments; where that does not do either, it is an error.

mod change;
mod edits;
mod layout;
mod render;
mod says;
#[cfg(test)]
mod tests;
mod tree;

use std::sync::Arc;

use crate::model::{
    DataActionContent, DataStoreContent, Declared, DesiredDataAction, DesiredDataStore,
    DesiredFlow, Environment, Flow, ResourceId, Severity, Source, SourceValues,
};

use super::parse::{Parsed, parse};
use super::report::Report;
use super::sourced;
use super::template::Filling;
use super::text::{Content, File};
use super::unresolved::{Manifest, Unresolved};

use change::Change;
use layout::Node;
use tree::{Tree, same};

/// A value that was not written, because it is not the manifest's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// JSON pointer below `spec`, such as `/elements/greet/configuration/prompt`: items that have a
    /// name are told by it.
    pub pointer: String,
    /// Why.
    pub reason: String,
}

/// How much of a document was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What changed.
    Changes,
    /// All of it: its comments are gone.
    Document,
}

/// A text that says what it was to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// The whole file.
    pub text: String,
    /// How much of the resource's document was written.
    pub extent: Extent,
    /// What was not written.
    pub left: Vec<Left>,
}

/// Why a manifest cannot be rewritten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} cannot be rewritten to declare {id}: {reason}")]
pub struct Error {
    /// The file.
    pub path: String,
    /// The resource.
    pub id: ResourceId,
    /// What stands in the way.
    pub reason: String,
}

/// Returns the text of a file in which a flow is declared as `after`.
///
/// `before` is what the file declares in the environment. The version number is not touched.
pub fn flow(
    source: &Source,
    before: &DesiredFlow,
    after: &Flow,
    environment: &Environment,
) -> Result<Rewritten, Error> {
    // The file has references to sources where `before` has what they answered.
    let values = SourceValues::of(&before.sourced);
    let says = |declared: &DesiredFlow| says::flow(&sourced::fill(declared, &values).flow);
    let (before, id) = (says(before), before.id());
    Rewriting { source, id, environment, says }.run(&before, &says::flow(after), flows)
}

/// Returns the text of a file in which a data action is declared as `after`.
///
/// Its script is left out when it stands in a file of its own: see [`script`].
pub fn data_action(
    source: &Source,
    before: &DesiredDataAction,
    after: &DataActionContent,
    environment: &Environment,
) -> Result<Rewritten, Error> {
    let beside = before.script_place.source.path != source.path;
    let says = |content: &DataActionContent, script: &str| {
        says::data_action(content, (!beside).then_some(script))
    };
    let declared = |action: &DesiredDataAction| says(&action.content, &action.content.script);
    let wanted = says(after, &script(&before.content.script, &after.script));
    Rewriting { source, id: before.id(), environment, says: declared }.run(
        &declared(before),
        &wanted,
        data_actions,
    )
}

/// Returns a script with the line breaks at its end that the one before had, because those are no
/// difference.
pub fn script(before: &str, after: &str) -> String {
    let breaks = ['\n', '\r'];
    let (was, is) = (before.trim_end_matches(breaks), after.trim_end_matches(breaks));
    format!("{is}{}", &before[was.len()..])
}

/// Returns the text of a file in which a data store is declared as `after`.
pub fn data_store(
    source: &Source,
    before: &DesiredDataStore,
    after: &DataStoreContent,
    environment: &Environment,
) -> Result<Rewritten, Error> {
    let says = |declared: &DesiredDataStore| says::data_store(&declared.content);
    let (was, id) = (says(before), before.id());
    Rewriting { source, id, environment, says }.run(&was, &says::data_store(after), data_stores)
}

fn flows(parsed: &Parsed) -> &[Unresolved<DesiredFlow>] {
    &parsed.flows
}

fn data_actions(parsed: &Parsed) -> &[Unresolved<DesiredDataAction>] {
    &parsed.data_actions
}

fn data_stores(parsed: &Parsed) -> &[Unresolved<DesiredDataStore>] {
    &parsed.data_stores
}

/// One rewriting of a file.
struct Rewriting<'a, S> {
    source: &'a Source,
    id: ResourceId,
    environment: &'a Environment,
    says: S,
}

type Listed<T> = fn(&Parsed) -> &[Unresolved<T>];

impl<S> Rewriting<'_, S> {
    fn run<T: Manifest>(
        &self,
        before: &Tree,
        after: &Tree,
        listed: Listed<T>,
    ) -> Result<Rewritten, Error>
    where
        S: Fn(&T) -> Tree,
    {
        let text = &self.source.text;
        if self.read(text, listed).is_none() {
            return Err(self.error("it does not declare it"));
        }
        let try_at = |text: &str, extent| self.attempt(text, extent, before, after, listed);
        let first = match try_at(text, Extent::Changes) {
            Ok(rewritten) => return Ok(rewritten),
            Err(reason) => reason,
        };
        let anew = self.anew().ok_or_else(|| self.error(first))?;
        try_at(&anew, Extent::Document).map_err(|reason| self.error(reason))
    }

    fn attempt<T: Manifest>(
        &self,
        text: &str,
        extent: Extent,
        before: &Tree,
        after: &Tree,
        listed: Listed<T>,
    ) -> Result<Rewritten, &'static str>
    where
        S: Fn(&T) -> Tree,
    {
        let documents = layout::read(text).ok_or("it is not YAML")?;
        let spec = self.document(&documents).and_then(|document| document.entry("spec"));
        let spec = spec.ok_or("its document is not found")?;
        let mut change = Change::new(text);
        let said = change.spec(spec, before, after).map_err(|fault| fault.0)?;
        let left = std::mem::take(&mut change.left);
        let text = change.edits.finish().ok_or("two changes meet at one place")?;
        let read = self.read(&text, listed).ok_or("it could not be read after the change")?;
        if same(&said, &read) {
            return Ok(Rewritten { text, extent, left });
        }
        Err("it would say something else after the change")
    }

    /// Returns what a text declares of the resource; nothing when there is an error in it.
    fn read<T: Manifest>(&self, text: &str, listed: Listed<T>) -> Option<Tree>
    where
        S: Fn(&T) -> Tree,
    {
        let content = Content::Bytes(text.as_bytes().to_vec());
        let parsed = parse(File { path: self.source.path.clone(), content });
        if parsed.findings.iter().any(|finding| finding.severity() == Severity::Error) {
            return None;
        }
        let found = listed(&parsed).iter().find(|one| one.desired.id() == self.id)?;
        let mut filling = Filling::new(self.environment);
        Some((self.says)(&found.fill(&mut filling)))
    }

    /// Returns the text with the resource's document spelled in the plainest way.
    fn anew(&self) -> Option<String> {
        let text = &self.source.text;
        let documents = layout::read(text)?;
        let document = self.document(&documents)?;
        let place = documents
            .iter()
            .filter(|one| !is_null(one))
            .position(|one| std::ptr::eq(one, document))?;
        let mut report =
            Report::new(Arc::new(Source { path: self.source.path.clone(), text: text.clone() }));
        let trees = super::tree::read(text, &mut report);
        let plain = Tree::from(trees.get(place)?);
        let mut out = String::with_capacity(text.len());
        out.push_str(text.get(..document.range.start)?);
        out.push_str(&render::document(&plain));
        out.push_str(text.get(document.range.end..)?);
        Some(out)
    }

    /// Returns the document that declares the resource.
    fn document<'n>(&self, documents: &'n [Node]) -> Option<&'n Node> {
        let says = |node: &Node, key: &str, text: &str| {
            node.entry(key).and_then(|entry| entry.value.text()) == Some(text)
        };
        documents.iter().find(|document| {
            let metadata = document.entry("metadata").map(|entry| &entry.value);
            says(document, "kind", &self.id.kind.to_string())
                && metadata.is_some_and(|metadata| says(metadata, "name", &self.id.name))
        })
    }

    fn error(&self, reason: &str) -> Error {
        Error { path: self.source.path.clone(), id: self.id.clone(), reason: reason.to_owned() }
    }
}

fn is_null(node: &Node) -> bool {
    matches!(&node.value, layout::Value::Scalar(scalar) if scalar.value.is_null())
}
