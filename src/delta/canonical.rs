//! The normalised form of a flow, and its hash: the one list of what is no difference.
//!
//! Only managed properties count: an element's id, type and configuration; a connector's id,
//! source, target, label and condition. No difference is made by
//!
//! - the order of elements, of connectors, or of keys (the order inside arrays does count),
//! - an absent configuration and an empty one,
//! - an absent, null or empty label, an absent or null condition,
//! - the spelling of a number: `3`, `3.0` and `3e0` are one, `-0.0` is `0`,
//! - every other property of an element or a connector: they are the platform's own.
//!
//! Texts are compared byte by byte, without Unicode normalisation.
//!
//! The platform's data may be malformed and hold an id twice. Nothing is lost then: the first of
//! them, in the order of their canonical JSON, keeps the id as its key and the others get `id#2`,
//! `id#3` and so on, passing over keys that are ids themselves.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::json::canonical_json;
use super::part::FlowPart;
use crate::model::{ContentHash, FlowContent};

/// Elements and connectors by id, in their canonical form.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Canonical {
    /// `{"configuration", "id", "type"}` by id.
    pub elements: BTreeMap<String, Value>,
    /// `{"condition"?, "id", "label"?, "sourceId", "targetId"}` by id.
    pub connectors: BTreeMap<String, Value>,
}

/// Returns the canonical form; contents are equal exactly when their canonical forms are.
pub fn canonical(content: &FlowContent) -> Canonical {
    Canonical {
        elements: canonical_parts(&content.elements),
        connectors: canonical_parts(&content.connectors),
    }
}

/// Returns the SHA-256 of the canonical JSON of `{"connectors": […by id], "elements": […by id]}`;
/// contents have one hash exactly when [`compare`](super::compare) finds nothing.
pub fn hash(content: &FlowContent) -> ContentHash {
    let mut hasher = Sha256::new();
    let mut buffer = String::new();
    hasher.update("{\"connectors\":[");
    hash_parts(&mut hasher, &mut buffer, &content.connectors);
    hasher.update("],\"elements\":[");
    hash_parts(&mut hasher, &mut buffer, &content.elements);
    hasher.update("]}");
    ContentHash::new(hasher.finalize().into())
}

/// Returns the SHA-256 of a value's canonical JSON.
pub fn hash_value(value: &Value) -> ContentHash {
    ContentHash::new(Sha256::digest(canonical_json(value)).into())
}

fn hash_parts<P: FlowPart>(hasher: &mut Sha256, buffer: &mut String, parts: &[P]) {
    for (i, (_, part)) in by_key(parts).into_iter().enumerate() {
        buffer.clear();
        if i > 0 {
            buffer.push(',');
        }
        part.write(buffer);
        hasher.update(buffer.as_bytes());
    }
}

fn canonical_parts<P: FlowPart>(parts: &[P]) -> BTreeMap<String, Value> {
    by_key(parts).into_iter().map(|(key, part)| (key.into_owned(), part.canonical())).collect()
}

/// Returns the parts with their keys, sorted by key.
pub(super) fn by_key<P: FlowPart>(parts: &[P]) -> Vec<(Cow<'_, str>, &P)> {
    let mut keyed: Vec<_> = keys(parts).into_iter().zip(parts).collect();
    keyed.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    keyed
}

/// Returns a key for each part, in the order of the parts and all different: its id, and where an
/// id is there more than once a number behind it.
pub(super) fn keys<P: FlowPart>(parts: &[P]) -> Vec<Cow<'_, str>> {
    let ids: HashSet<&str> = parts.iter().map(FlowPart::id).collect();
    let mut keys: Vec<_> = parts.iter().map(|part| Cow::Borrowed(part.id())).collect();
    if ids.len() < parts.len() {
        number_duplicates(parts, &ids, &mut keys);
    }
    keys
}

fn number_duplicates<P: FlowPart>(parts: &[P], ids: &HashSet<&str>, keys: &mut [Cow<'_, str>]) {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_cached_key(|&i| (parts[i].id(), canonical_json(&parts[i].canonical())));
    let mut taken: HashSet<String> = ids.iter().copied().map(String::from).collect();
    let mut count = 1;
    for pair in order.windows(2) {
        let (previous, current) = (&parts[pair[0]], pair[1]);
        if previous.id() != parts[current].id() {
            count = 1;
            continue;
        }
        let key = loop {
            count += 1;
            let key = format!("{}#{count}", previous.id());
            if taken.insert(key.clone()) {
                break key;
            }
        };
        keys[current] = Cow::Owned(key);
    }
}
