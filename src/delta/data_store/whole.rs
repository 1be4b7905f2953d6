//! A store as a whole: its hash, and two desired states of one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::compared::Moved;
use super::normal;
use crate::delta::fields::Fields;
use crate::delta::{Base, Delta, FieldChange, hash_value};
use crate::model::{
    ContentHash, DataStoreContent, DesiredDataStore, Item, ItemId, ItemPolicy, LiveDataStore,
    LiveItem, Prune, Relation,
};

/// Returns the hash of everything that a manifest says of a store, the name left out.
pub fn hash_data_store(store: &DesiredDataStore) -> ContentHash {
    let types: BTreeMap<&str, _> =
        store.content.fields.iter().map(|field| (field.name.as_str(), &field.field_type)).collect();
    let fields = store.content.fields.iter();
    let fields: BTreeMap<&str, Value> =
        fields.map(|field| (field.name.as_str(), normal::field(field).into())).collect();
    let value = |(name, value): (&String, &Value)| {
        (name.clone(), normal::value(types.get(name.as_str()).copied(), value))
    };
    let item = |item: &Item| {
        let fields: Map<String, Value> = item.fields.iter().map(value).collect();
        let relations = item.relations.iter().map(|(name, one)| (name.clone(), relation(one)));
        (item.id.to_string(), json!([fields, relations.collect::<Map<_, _>>()]))
    };
    let items: Map<String, Value> = store.content.items.iter().map(item).collect();
    hash_value(&json!([
        store.content.description.as_deref().unwrap_or_default(),
        store.policy.as_str(),
        fields,
        items,
    ]))
}

fn relation(relation: &Relation) -> Value {
    let children: Vec<&str> = relation.children.iter().map(ItemId::as_str).collect();
    json!([relation.cascade.as_str(), children])
}

/// Compares two desired states of a store; one that is absent holds nothing.
pub fn compare_data_stores(
    before: Option<&DesiredDataStore>,
    after: Option<&DesiredDataStore>,
) -> (Vec<FieldChange>, Delta) {
    let nothing = DataStoreContent::default();
    let content = |side: Option<&'_ DesiredDataStore>| side.map(|store| &store.content).cloned();
    let (was, is) = (content(before), content(after));
    let (mut settings, delta) =
        compare_contents(was.as_ref().unwrap_or(&nothing), is.as_ref().unwrap_or(&nothing));
    let word = |store: &DesiredDataStore| Value::from(store.policy.as_str());
    if let (Some(before), Some(after)) = (before, after) {
        let (was, is) = (word(before), word(after));
        settings.extend(Fields::under("/records/policy", Some(&was), Some(&is)));
    }
    (settings, delta)
}

/// Compares all that two contents hold; returns the description and the rows.
pub fn compare_contents(
    before: &DataStoreContent,
    after: &DataStoreContent,
) -> (Vec<FieldChange>, Delta) {
    // What one of them holds is what is there, and all of it is ours.
    let live = as_live(before);
    let rules = (ItemPolicy::Exact, Prune::Owned, Moved::Stays);
    let compared = super::compare(after, rules, &live, Base::Recorded(before));
    (compared.settings, compared.delta)
}

fn as_live(content: &DataStoreContent) -> LiveDataStore {
    let live = |item: &Item| (item.id.clone(), LiveItem { item: item.clone(), revision: None });
    LiveDataStore {
        id: crate::model::DataStoreId::new(""),
        name: String::new(),
        description: content.description.clone(),
        updated_at: None,
        fields: content.fields.clone(),
        items: content.items.iter().map(live).collect(),
    }
}
