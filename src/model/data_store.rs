//! A data store as git wants it, and as it is compared with what is live.
//!
//! What the platform calls the records of a store are *items* here, as in manifests: a *record* is
//! what the state holds of a resource.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{DataStoreRecord, Declared, ItemId, Kind, LiveDataStore, Metadata, Span, State};

/// The longest chain of relationships, and the most children of an item, where a schema says nothing
/// else.
pub const DEFAULT_MAX_DEPTH: u64 = 5;

/// What values a field takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldType {
    /// Text.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A moment, in RFC 3339.
    Datetime,
    /// Any JSON.
    Json,
    /// Other items of the same store.
    Relationship,
    /// A type that flowgate does not know; only live.
    Other(String),
}

impl FieldType {
    /// Every type that a manifest can say.
    pub const ALL: &'static [Self] = &[
        Self::String,
        Self::Number,
        Self::Boolean,
        Self::Datetime,
        Self::Json,
        Self::Relationship,
    ];

    /// Returns the type as manifests and the platform spell it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Datetime => "datetime",
            Self::Json => "json",
            Self::Relationship => "relationship",
            Self::Other(text) => text,
        }
    }
}

impl From<&str> for FieldType {
    fn from(text: &str) -> Self {
        let known = Self::ALL.iter().find(|known| known.as_str() == text);
        known.cloned().unwrap_or_else(|| Self::Other(text.to_owned()))
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A field of a store's schema.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaField {
    /// Case-sensitive, unique within the store.
    pub name: String,
    /// What values it takes.
    pub field_type: FieldType,
    /// Further rules, such as `max_depth`, without `is_relationship`, which follows from the type.
    pub constraints: Map<String, Value>,
    /// Properties that only the platform knows. Never compared, always carried along.
    pub extra: Map<String, Value>,
}

impl SchemaField {
    /// Returns how long a chain may be and how many children an item may have.
    pub fn max_depth(&self) -> u64 {
        let said = self.constraints.get("max_depth").and_then(Value::as_u64);
        said.unwrap_or(DEFAULT_MAX_DEPTH)
    }
}

/// What happens to the children of an item that is deleted or changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cascade {
    /// Nothing.
    #[default]
    None,
    /// They are changed too.
    Update,
    /// They are deleted too.
    Delete,
}

impl Cascade {
    /// Every word there is.
    pub const ALL: &'static [Self] = &[Self::None, Self::Update, Self::Delete];

    /// Returns the word as manifests and the platform spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// The children of an item in one relationship field. Their order means nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relation {
    /// Items of the same store.
    pub children: BTreeSet<ItemId>,
    /// What happens to them with their parent.
    pub cascade: Cascade,
}

/// What the platform calls a record: a row of a store.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Unique within the store.
    pub id: ItemId,
    /// Values of fields that are no relationships. A field of `null` is as good as absent.
    pub fields: Map<String, Value>,
    /// By relationship field. A relation without children is as good as absent.
    pub relations: BTreeMap<String, Relation>,
}

/// One write to an item that is there.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemPatch {
    /// Values of fields that are no relationships; `null` empties one.
    Fields(Map<String, Value>),
    /// The children in one relationship field.
    Relation {
        /// The field.
        field: String,
        /// What it is to hold.
        relation: Relation,
    },
}

/// Which of a store's items git speaks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ItemPolicy {
    /// The listed ones, and of them the listed fields.
    #[default]
    Partial,
    /// The list is all there is.
    Exact,
    /// None.
    Ignore,
}

impl ItemPolicy {
    /// Every word there is.
    pub const ALL: &'static [Self] = &[Self::Partial, Self::Exact, Self::Ignore];

    /// Returns the word as manifests spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Exact => "exact",
            Self::Ignore => "ignore",
        }
    }
}

/// What a store holds, besides its name. The order of fields and items means nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataStoreContent {
    /// What it is for; an empty one is none.
    pub description: Option<String>,
    /// The schema.
    pub fields: Vec<SchemaField>,
    /// The items that git speaks for; none under [`ItemPolicy::Ignore`]. Shared by copies.
    pub items: Arc<[Item]>,
}

/// Where a field of the schema is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaFieldPlace {
    /// Where its mapping begins.
    pub whole: Span,
    /// Where the value of `name` stands.
    pub name: Span,
    /// Where the value of `type` stands.
    pub field_type: Span,
}

/// Where a value of an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuePlace {
    /// The field.
    pub field: String,
    /// Where its name stands.
    pub key: Span,
    /// Where its value stands.
    pub value: Span,
}

/// Where a relation of an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationPlace {
    /// The field.
    pub field: String,
    /// Where the value of `field` stands.
    pub name: Span,
    /// Each child as it is listed, and where: one that is listed twice is here twice.
    pub children: Vec<(ItemId, Span)>,
}

/// Where the parts of an item stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemPlace {
    /// Where its mapping begins.
    pub whole: Span,
    /// Where the value of `id` stands.
    pub id: Span,
    /// Each value, in the order of the text.
    pub values: Vec<ValuePlace>,
    /// Each relation, in the order of the text.
    pub relations: Vec<RelationPlace>,
}

/// A data store with where it came from. Its name on the platform is `metadata.name`.
#[derive(Debug, Clone)]
pub struct DesiredDataStore {
    /// Name, labels and place.
    pub metadata: Metadata,
    /// What is wanted.
    pub content: DataStoreContent,
    /// Which items git speaks for.
    pub policy: ItemPolicy,
    /// Where each of `content.fields` stands, in the same order.
    pub field_places: Arc<[SchemaFieldPlace]>,
    /// Where each of `content.items` stands, in the same order.
    pub item_places: Arc<[ItemPlace]>,
}

/// What a store is called and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// Its name on the platform.
    pub name: String,
    /// What it is for; an empty one is none.
    pub description: Option<String>,
}

impl DesiredDataStore {
    /// Returns the same with the description that is live, which the platform has no call to change.
    #[must_use]
    pub fn described(&self, live: &LiveDataStore) -> Self {
        let content =
            DataStoreContent { description: live.description.clone(), ..self.content.clone() };
        Self { content, ..self.clone() }
    }

    /// Returns what it is to be called.
    pub fn naming(&self) -> Naming {
        let description = self.content.description.clone().filter(|text| !text.is_empty());
        Naming { name: self.metadata.name.clone(), description }
    }
}

impl Declared for DesiredDataStore {
    const KIND: Kind = Kind::DataStore;
    type Record = DataStoreRecord;

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn records(state: &State) -> &BTreeMap<String, DataStoreRecord> {
        &state.data_stores
    }
}
