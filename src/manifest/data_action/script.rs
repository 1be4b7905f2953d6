//! `spec.script`.

use std::sync::Arc;

use crate::model::{ScriptForm, ScriptPlace, Span};

use super::super::lines::narrow;
use super::super::report::Report;
use super::super::script;
use super::super::tree::{Node, Scalar};
use super::{LANGUAGE, either};

const KEYS: &[&str] = &["language", "file", "content"];

/// Where a script is to be looked for.
#[derive(Debug)]
pub(in crate::manifest) struct ScriptReference {
    /// Relative to the flows folder.
    pub(in crate::manifest) path: String,
    /// Where the manifest names it.
    pub(in crate::manifest) place: Span,
}

/// A script as a manifest gives it.
pub(super) enum Script {
    /// In the manifest itself.
    Content(Arc<str>, ScriptPlace),
    /// In a file of its own. The place is that of its name, until the file is read.
    File(ScriptReference, ScriptPlace),
}

impl Script {
    /// Returns language, text, place and file of the script. The text of one in a file is empty.
    pub(super) fn into_parts(self) -> (String, Arc<str>, ScriptPlace, Option<ScriptReference>) {
        let language = LANGUAGE.to_owned();
        match self {
            Self::Content(text, place) => (language, text, place, None),
            Self::File(file, place) => (language, "".into(), place, Some(file)),
        }
    }
}

/// Reads a script, or the path of one. Returns nothing where there is neither.
pub(super) fn read(report: &mut Report, _: &str, node: &Node<'_>) -> Option<Script> {
    let fields = report.fields("a script", node, KEYS)?;
    report.optional(&fields, "language", |report, key, node| {
        report.choice(key, node, &[(LANGUAGE, ())])
    });
    match either(report, "a script", &fields, ["file", "content"])? {
        "file" => report.optional(&fields, "file", file),
        _ => report.optional(&fields, "content", content),
    }
}

fn file(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Script> {
    let named = report.filled(key, node)?;
    match script::path(&report.source().path, named) {
        Ok(path) => {
            let place = place(report, ScriptForm::Scalar(node.span));
            Some(Script::File(ScriptReference { path, place: node.span }, place))
        }
        Err((code, message, hint)) => {
            report.add_hinted(code, node.span, message, hint);
            None
        }
    }
}

fn content(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Script> {
    let scalar = report.text_scalar(key, node)?;
    if let Some((code, message, hint)) = script::length_fault(&scalar.text) {
        report.add_hinted(code, node.span, message, hint);
    }
    let form = if scalar.literal { block(scalar) } else { ScriptForm::Scalar(node.span) };
    Some(Script::Content(scalar.text.as_ref().into(), place(report, form)))
}

fn place(report: &Report, form: ScriptForm) -> ScriptPlace {
    ScriptPlace { source: Arc::clone(report.source()), form }
}

/// Returns where the lines of a literal block stand.
///
/// The parser has it begin at the first character of its first line that is not empty.
fn block(scalar: &Scalar<'_>) -> ScriptForm {
    let begins = scalar.extent.from;
    let empty = scalar.text.chars().take_while(|c| *c == '\n').count();
    ScriptForm::Block {
        first_line: begins.line.saturating_sub(narrow(empty)).max(1),
        indent: begins.column - 1,
    }
}
