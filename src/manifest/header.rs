//! What every document has: `apiVersion`, `kind`, `metadata`, `spec`.

use crate::model::{Code, Kind, Span};

use super::API_VERSION;
use super::decode::Fields;
use super::name::Rule;
use super::report::{Report, quote};
use super::tree::Node;

const DOCUMENT_KEYS: &[&str] = &["apiVersion", "kind", "metadata", "spec"];

/// The kinds that documents can say they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DocumentKind {
    Resource(Kind),
    Project,
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

/// Reads the name of something that is named in `flowgate.yaml` only.
pub(super) fn plain_name(report: &mut Report, key: &str, node: &Node<'_>) -> Option<String> {
    name(report, key, node, Rule::PLAIN)
}

/// Reads a name, and reports one that breaks the rule.
pub(super) fn name(report: &mut Report, key: &str, node: &Node<'_>, rule: Rule) -> Option<String> {
    let text = report.text(key, node)?;
    if rule.allows(text) {
        return Some(text.to_owned());
    }
    let message = format!("{} cannot be a name", quote(text));
    report.add_hinted(Code::BadName, node.span, message, rule.hint);
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
    let resource = |kind: Kind| (kind.as_str(), DocumentKind::Resource(kind));
    let kinds = [
        resource(Kind::Flow),
        resource(Kind::DataAction),
        resource(Kind::DataStore),
        ("Project", DocumentKind::Project),
    ];
    report.choice(key, node, &kinds)
}
