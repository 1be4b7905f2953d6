//! Data stores.

use serde_json::{Map, Value};

use crate::model::{
    Cascade, DataStoreContent, Item, ItemId, ItemPolicy, Kind, Relation, SchemaField,
};

use super::super::template::escape;
use super::yaml::Writer;
use super::{document, escaped};

/// Returns the manifest of a data store: [`parse`](crate::manifest::parse()) and
/// [`resolve`](crate::manifest::resolve()) turn it back into the same content and policy.
///
/// What stands for its default is left out, and so are properties that only the platform knows. No
/// items are written with [`ItemPolicy::Ignore`]. What manifests cannot say is written as it is, and is
/// then not read back: other types of fields, names that break the rule, and a key `valueFrom` among
/// an item's values.
pub fn write_data_store(name: &str, content: &DataStoreContent, policy: ItemPolicy) -> String {
    let mut writer = document(Kind::DataStore);
    writer.text(2, "name", name);
    writer.line(0, "spec:");
    if let Some(description) = &content.description {
        writer.text(2, "description", &escape(description));
    }
    writer.list(2, "fields", content.fields.iter().map(field));
    if policy != ItemPolicy::default() {
        writer.line(2, "records:");
        writer.text(4, "policy", policy.as_str());
    }
    if policy != ItemPolicy::Ignore && !content.items.is_empty() {
        writer.line(2, "items:");
        content.items.iter().for_each(|one| item(&mut writer, one));
    }
    writer.out
}

fn field(field: &SchemaField) -> Vec<(&'static str, Value)> {
    let mut keys = vec![
        ("name", field.name.clone().into()),
        ("type", field.field_type.as_str().to_owned().into()),
    ];
    if !field.constraints.is_empty() {
        keys.push(("constraints", Value::Object(field.constraints.clone())));
    }
    keys
}

fn item(writer: &mut Writer, item: &Item) {
    writer.entry(4, "- ", "id", &item.id.as_str().into());
    if !item.fields.is_empty() {
        writer.entry(6, "", "fields", &escaped(&Value::Object(Map::clone(&item.fields))));
    }
    if !item.relations.is_empty() {
        writer.list(6, "relationships", item.relations.iter().map(relation));
    }
}

fn relation((field, relation): (&String, &Relation)) -> Vec<(&'static str, Value)> {
    let children = relation.children.iter().map(ItemId::as_str).collect();
    let mut keys = vec![("field", field.clone().into()), ("childIds", children)];
    if relation.cascade != Cascade::default() {
        keys.push(("cascadeAction", relation.cascade.as_str().into()));
    }
    keys
}
