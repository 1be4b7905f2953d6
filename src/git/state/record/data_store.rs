//! The record of a data store. Fields and items have one order, because theirs means nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{API_VERSION, Stored, raw};
use crate::model;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::git) struct DataStoreRecord {
    api_version: String,
    kind: String,
    id: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unnamed: Option<Naming>,
    content: Box<RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Naming {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Content {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    fields: BTreeMap<String, Field>,
    items: BTreeMap<String, Item>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Field {
    r#type: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    constraints: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Item {
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    fields: Map<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    relations: BTreeMap<String, Relation>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Relation {
    children: BTreeSet<String>,
    cascade: String,
}

/// Returns a content as the state keeps it, without the platform's own properties.
pub fn recorded_data_store(content: &model::DataStoreContent) -> model::RecordedJson {
    let fields = content.fields.iter().map(|field| (field.name.clone(), Field::of(field)));
    let items = content.items.iter().map(|item| (item.id.to_string(), Item::of(item)));
    raw(&Content {
        description: content.description.clone(),
        fields: fields.collect(),
        items: items.collect(),
    })
}

/// Reads a content that [`recorded_data_store`] made; `None` when something else did, or a newer
/// flowgate.
pub fn data_store(recorded: &model::RecordedJson) -> Option<model::DataStoreContent> {
    let content: Content = serde_json::from_str(recorded.0.get()).ok()?;
    let items: Option<Vec<_>> =
        content.items.into_iter().map(|(id, item)| item.into_model(id)).collect();
    Some(model::DataStoreContent {
        description: content.description,
        fields: content.fields.into_iter().map(|(name, field)| field.into_model(name)).collect(),
        items: items?.into(),
    })
}

impl Field {
    fn of(field: &model::SchemaField) -> Self {
        Self {
            r#type: field.field_type.as_str().to_owned(),
            constraints: field.constraints.clone(),
        }
    }

    fn into_model(self, name: String) -> model::SchemaField {
        model::SchemaField {
            name,
            field_type: model::FieldType::from(self.r#type.as_str()),
            constraints: self.constraints,
            extra: Map::new(),
        }
    }
}

impl Item {
    fn of(item: &model::Item) -> Self {
        let relations = item.relations.iter();
        Self {
            fields: item.fields.clone(),
            relations: relations.map(|(field, one)| (field.clone(), Relation::of(one))).collect(),
        }
    }

    fn into_model(self, id: String) -> Option<model::Item> {
        let relations = self.relations.into_iter();
        let relations: Option<_> =
            relations.map(|(field, one)| Some((field, one.into_model()?))).collect();
        Some(model::Item { id: model::ItemId::new(id), fields: self.fields, relations: relations? })
    }
}

impl Relation {
    fn of(relation: &model::Relation) -> Self {
        Self {
            children: relation.children.iter().map(ToString::to_string).collect(),
            cascade: relation.cascade.as_str().to_owned(),
        }
    }

    fn into_model(self) -> Option<model::Relation> {
        let mut cascades = model::Cascade::ALL.iter().copied();
        Some(model::Relation {
            children: self.children.into_iter().map(model::ItemId::new).collect(),
            cascade: cascades.find(|cascade| cascade.as_str() == self.cascade)?,
        })
    }
}

impl Stored for model::DataStoreRecord {
    const KIND: &'static str = "DataStoreRecord";
    type File = DataStoreRecord;

    fn header(file: &DataStoreRecord) -> (&str, &str) {
        (&file.api_version, &file.kind)
    }

    fn to_file(&self) -> DataStoreRecord {
        let naming = |model::Naming { name, description }| Naming { name, description };
        DataStoreRecord {
            api_version: API_VERSION.to_owned(),
            kind: Self::KIND.to_owned(),
            id: self.id.to_string(),
            name: self.name.clone(),
            updated_at: self.updated_at.clone(),
            hash: self.hash.to_string(),
            unnamed: self.unnamed.clone().map(naming),
            content: self.content.0.clone(),
        }
    }

    fn from_file(file: DataStoreRecord) -> Result<Self, model::ParseIdError> {
        let naming = |Naming { name, description }| model::Naming { name, description };
        Ok(Self {
            id: model::DataStoreId::new(file.id),
            name: file.name,
            updated_at: file.updated_at,
            hash: file.hash.parse()?,
            unnamed: file.unnamed.map(naming),
            content: model::RecordedJson(file.content),
        })
    }
}
