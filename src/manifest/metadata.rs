//! `metadata` of resources.

use std::collections::BTreeMap;

use crate::model::{Code, DriftPolicy, Kind, Metadata, Span};

use super::header;
use super::name::Rule;
use super::report::Report;
use super::tree::{Entry, Node};

const KEYS: &[&str] = &["name", "labels", "annotations", "renamedFrom"];

/// What is done about drift of one resource.
const DRIFT: &str = "flowgate.dev/drift";

/// The metadata of a resource, and where it names the resource's former name.
pub(super) struct Named {
    pub(super) metadata: Metadata,
    pub(super) renamed_from_place: Option<Span>,
}

/// Reads `metadata`. Returns nothing without a name that can be one.
pub(super) fn read(report: &mut Report, node: &Node<'_>, kind: Kind) -> Option<Named> {
    let fields = report.fields("metadata", node, KEYS)?;
    let rule = Rule::of(kind);
    let labels = report.optional(&fields, "labels", texts).unwrap_or_default();
    let drift = report.optional(&fields, "annotations", annotations);
    let renamed_from = report.optional(&fields, "renamedFrom", |report, key, node| {
        header::name(report, key, node, rule)
    });
    let renamed_from_place = fields.get("renamedFrom").map(|node| node.span);
    let name = report
        .required(&fields, "name", |report, key, node| header::name(report, key, node, rule))?;
    if renamed_from.as_ref() == Some(&name) {
        let message = "`renamedFrom` is the name itself";
        report.add(Code::BadValue, renamed_from_place.unwrap_or(fields.whole()), message);
    }
    let place = fields.get("name").map_or(fields.whole(), |node| node.span);
    let metadata = Metadata { name, labels, drift, renamed_from, location: report.location(place) };
    Some(Named { metadata, renamed_from_place })
}

fn texts(report: &mut Report, key: &str, node: &Node<'_>) -> Option<BTreeMap<String, String>> {
    let entries = report.mapping(key, node)?;
    let read = |entry: &Entry<'_>| {
        let text = report.text(&entry.key, &entry.value)?;
        Some((entry.key.to_string(), text.to_owned()))
    };
    Some(entries.iter().filter_map(read).collect())
}

/// Reads annotations, and returns what they say of drift; those of others are theirs.
fn annotations(report: &mut Report, key: &str, node: &Node<'_>) -> Option<DriftPolicy> {
    let mut drift = None;
    for entry in report.mapping(key, node)? {
        if entry.key == DRIFT {
            drift = report.choice(DRIFT, &entry.value, DriftPolicy::WORDS);
        } else {
            report.text(&entry.key, &entry.value);
        }
    }
    drift
}
