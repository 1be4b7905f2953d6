//! `kind: DataStore`.

mod items;
mod schema;

use std::sync::Arc;

use serde_json::Value;

use crate::model::{
    Code, DataStoreContent, DesiredDataStore, Item, ItemPlace, ItemPolicy, SchemaField,
    SchemaFieldPlace, Source,
};

use super::json::{Step, descend};
use super::metadata::Named;
use super::report::Report;
use super::template::{Filling, Template};
use super::tree::Node;
use super::unresolved::{Hole, Manifest, Reader, Unresolved};

pub(super) use schema::{IS_RELATIONSHIP, MAX_DEPTH};

const SPEC_KEYS: &[&str] = &["description", "fields", "records", "items"];

/// What `spec` says.
pub(in crate::manifest) struct Spec {
    description: Option<String>,
    fields: Vec<(SchemaField, SchemaFieldPlace)>,
    policy: ItemPolicy,
    items: Vec<(Item, ItemPlace)>,
    holes: Vec<Hole<Slot>>,
}

/// Where in a data store a text goes.
#[derive(Debug)]
pub(in crate::manifest) enum Slot {
    Description,
    /// In `fields` of an item.
    Value {
        item: usize,
        path: Vec<Step>,
    },
}

impl Manifest for DesiredDataStore {
    type Spec = Spec;
    type Slot = Slot;
    type Rest = ();

    fn spec(report: &mut Report, node: &Node<'_>) -> Option<Spec> {
        spec(report, node)
    }

    fn declare(spec: Spec, named: Named) -> Unresolved<Self> {
        declare(spec, named)
    }

    fn put(
        &mut self,
        slot: &Slot,
        template: &Template,
        source: &Arc<Source>,
        filling: &mut Filling<'_>,
    ) {
        match slot {
            Slot::Description => {
                if let Some(text) = filling.text(template, source) {
                    self.content.description = Some(text);
                }
            }
            Slot::Value { item, path } => {
                if let (Some(value), Some(place)) =
                    (filling.value(template, source), value(&mut self.content, *item, path))
                {
                    *place = value;
                }
            }
        }
    }
}

fn value<'c>(
    content: &'c mut DataStoreContent,
    item: usize,
    path: &[Step],
) -> Option<&'c mut Value> {
    let (Step::Key(field), rest) = path.split_first()? else { return None };
    let item = Arc::make_mut(&mut content.items).get_mut(item)?;
    descend(item.fields.get_mut(field)?, rest)
}

fn declare(spec: Spec, named: Named) -> Unresolved<DesiredDataStore> {
    let Named { metadata, renamed_from_place } = named;
    let (fields, field_places): (_, Vec<_>) = spec.fields.into_iter().unzip();
    let (items, item_places): (Vec<_>, Vec<_>) = spec.items.into_iter().unzip();
    let desired = DesiredDataStore {
        metadata,
        content: DataStoreContent { description: spec.description, fields, items: items.into() },
        policy: spec.policy,
        field_places: field_places.into(),
        item_places: item_places.into(),
    };
    Unresolved { desired: Arc::new(desired), renamed_from_place, holes: spec.holes, rest: () }
}

/// Returns nothing when a field of the schema cannot be read: every item that has it would be wrong.
fn spec(report: &mut Report, node: &Node<'_>) -> Option<Spec> {
    let fields = report.fields("spec", node, SPEC_KEYS)?;
    let policy = report.optional(&fields, "records", records).unwrap_or_default();
    let mut reader = Reader::new(report);
    let description = reader.optional_text(&fields, "description", Slot::Description);
    let mut items = items::read_all(&mut reader, &fields);
    let holes = reader.holes;
    if let (ItemPolicy::Ignore, Some(entry)) = (policy, fields.entry("items")) {
        let message = "with `policy: ignore` the items would have no effect";
        let hint = "remove them, or let the policy be `partial` or `exact`";
        report.add_hinted(Code::BadValue, entry.key_span, message, hint);
        items.clear();
    }
    let schema = report.required(&fields, "fields", schema::read_all)?;
    Some(Spec { description, fields: schema, policy, items, holes })
}

fn records(report: &mut Report, _: &str, node: &Node<'_>) -> Option<ItemPolicy> {
    let fields = report.fields("records", node, &["policy"])?;
    let policies: Vec<_> =
        ItemPolicy::ALL.iter().map(|policy| (policy.as_str(), *policy)).collect();
    report.optional(&fields, "policy", |report, key, node| report.choice(key, node, &policies))
}
