//! What comes of comparing a store.

use serde_json::{Map, Value};

use crate::delta::{Delta, FieldChange};
use crate::model::{Conflict, Item, ItemId, ItemRevision, Relation, SchemaField, Side};

/// Values of an item that change.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemChange {
    /// Which item.
    pub id: ItemId,
    /// The revision that was compared.
    pub revision: Option<ItemRevision>,
    /// What the fields hold, `null` where they hold nothing.
    pub before: Map<String, Value>,
    /// What they are to hold, `null` where they are to hold nothing.
    pub after: Map<String, Value>,
}

/// A relation of an item that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationChange {
    /// The parent.
    pub id: ItemId,
    /// Its revision that was compared; `None` for one that is made first.
    pub revision: Option<ItemRevision>,
    /// The relationship field.
    pub field: String,
    /// What it holds.
    pub before: Relation,
    /// What it is to hold.
    pub after: Relation,
}

/// What becomes of what someone changed live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// It stays, and is told.
    Stays,
    /// Git's is written over it.
    Overruled,
}

/// Something that someone changed live.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveChange {
    /// Whether git changed it too: live or both.
    pub side: Side,
    /// What it was, as a sentence without a full stop.
    pub how: String,
    /// Its three values.
    pub values: Conflict,
}

/// A live store compared with what git wants.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataStoreComparison {
    /// The description, where git changed it.
    pub settings: Vec<FieldChange>,
    /// What git changed, row by row.
    pub delta: Delta,
    /// The whole schema to write, with the fields of others, where git changed it.
    pub schema: Option<Vec<SchemaField>>,
    /// Items to make, with their relations.
    pub created: Vec<Item>,
    /// Values to write.
    pub changed: Vec<ItemChange>,
    /// Relations to write, those of items to make left out.
    pub related: Vec<RelationChange>,
    /// Items to delete, as they are.
    pub deleted: Vec<Item>,
    /// What someone changed live and git did not, a sentence each: it stays.
    pub kept: Vec<String>,
    /// What both changed, a sentence each: it stays.
    pub conflicts: Vec<String>,
    /// The same with its values, part by part.
    pub moved: Vec<LiveChange>,
    /// Items with what the tenant holds and neither git nor flowgate ever wrote, and what is lost of
    /// it.
    pub overwritten: Vec<Item>,
}

impl DataStoreComparison {
    /// Tells whether there is nothing to write.
    pub fn is_settled(&self) -> bool {
        self.settings.is_empty() && self.delta.is_empty()
    }

    /// Notes what someone changed live.
    pub(crate) fn tell(&mut self, side: Side, how: String, values: Conflict) {
        if side == Side::Both { &mut self.conflicts } else { &mut self.kept }.push(how.clone());
        self.moved.push(LiveChange { side, how, values });
    }
}
