//! What flowgate wrote last, after a pass that may have written only some of it.

use std::collections::BTreeSet;

use super::items::{Types, by_id, relation, value};
use super::schema;
use crate::model::{DataStoreContent, DesiredDataStore, Item, ItemPolicy, LiveDataStore};

/// Returns the base of the next comparison: of each part what git wants where that is live, else what
/// `base` says.
///
/// Items that git lists no longer stay in it while they are live, so that they can be told from those
/// of others. Items that were not read are those of `base`.
pub fn advanced(
    wanted: &DesiredDataStore,
    live: &LiveDataStore,
    base: &DataStoreContent,
) -> DataStoreContent {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let described = text(&wanted.content.description) == text(&live.description);
    let source = if described { &wanted.content } else { base };
    DataStoreContent {
        description: source.description.clone(),
        fields: schema::advanced(&wanted.content, live, base),
        items: match wanted.policy {
            ItemPolicy::Ignore => base.items.clone(),
            ItemPolicy::Partial | ItemPolicy::Exact => items(&wanted.content, live, base).into(),
        },
    }
}

fn items(wanted: &DataStoreContent, live: &LiveDataStore, base: &DataStoreContent) -> Vec<Item> {
    let types = super::items::types(wanted, live);
    let (should, was) = (by_id(&wanted.items), by_id(&base.items));
    let ids: BTreeSet<_> = should.keys().chain(was.keys()).copied().collect();
    let item = |id| {
        let (should, was) = (should.get(id).copied(), was.get(id).copied());
        match (should, live.items.get(id)) {
            (Some(should), Some(is)) => Some(item(&types, should, &is.item, was)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => was.cloned(),
        }
    };
    ids.into_iter().filter_map(item).collect()
}

fn item(types: &Types<'_>, should: &Item, is: &Item, was: Option<&Item>) -> Item {
    let mut item = Item { fields: serde_json::Map::new(), ..should.clone() };
    item.relations.clear();
    let was_or = |given: bool| if given { Some(should) } else { was };
    let known = |names: fn(&Item) -> Vec<&String>| -> BTreeSet<String> {
        let all = names(should).into_iter().chain(was.into_iter().flat_map(names));
        all.cloned().collect()
    };
    for name in known(|item| item.fields.keys().collect()) {
        let given = value(types, should, &name) == value(types, is, &name);
        let said = was_or(given).and_then(|item| item.fields.get(&name));
        item.fields.extend(said.map(|value| (name, value.clone())));
    }
    for field in known(|item| item.relations.keys().collect()) {
        let given = relation(should, &field) == relation(is, &field);
        let said = was_or(given).and_then(|item| item.relations.get(&field));
        item.relations.extend(said.map(|relation| (field, relation.clone())));
    }
    item
}
