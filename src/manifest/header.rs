//! What every document has: `apiVersion`, `kind`, `metadata`, `spec`.

use crate::model::{Code, Span};

use super::API_VERSION;
use super::decode::Fields;
use super::name;
use super::report::{Report, quote};
use super::tree::Node;

const DOCUMENT_KEYS: &[&str] = &["apiVersion", "kind", "metadata", "spec"];

/// The kinds that documents can say they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DocumentKind {
    Flow,
    Project,
    /// Of the design, but nothing is done with it in this version.
    Later,
}

/// Reads a document as far as its kind.
///
/// `None` when the kind is not one of ours; the rest is then not worth a look.
pub(super) fn read<'n, 'a>(
    report: &mut Report,
    document: &'n Node<'a>,
) -> Option<(DocumentKind, Fields<'n, 'a>)> {
    let fields = report.fields("a document", document, DOCUMENT_KEYS)?;
    report.required(&fields, "apiVersion", api_version);
    let kind = report.required(&fields, "kind", kind)?;
    Some((kind, fields))
}

/// Returns where the value of `kind` stands, or where the document begins.
pub(super) fn kind_place(fields: &Fields<'_, '_>) -> Span {
    fields.get("kind").map_or(fields.whole(), |node| node.span)
}

/// Reads a name of a resource, and reports one that breaks the rule.
pub(super) fn resource_name(report: &mut Report, key: &str, node: &Node<'_>) -> Option<String> {
    let text = report.text(key, node)?;
    if name::is_resource(text) {
        return Some(text.to_owned());
    }
    let message = format!("{} cannot be a name", quote(text));
    report.add_hinted(Code::BadName, node.span, message, name::RESOURCE_RULE);
    None
}

fn api_version(report: &mut Report, key: &str, node: &Node<'_>) -> Option<()> {
    let text = report.text(key, node)?;
    if text != API_VERSION {
        let message = format!("{} is no `apiVersion` of flowgate", quote(text));
        report.add_hinted(Code::BadValue, node.span, message, format!("write `{API_VERSION}`"));
    }
    Some(())
}

fn kind(report: &mut Report, key: &str, node: &Node<'_>) -> Option<DocumentKind> {
    use DocumentKind::{Flow, Later, Project};
    let kinds = [("Flow", Flow), ("Project", Project), ("DataAction", Later), ("DataStore", Later)];
    report.choice(key, node, &kinds)
}
