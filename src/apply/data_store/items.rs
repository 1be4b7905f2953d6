//! Writes items side by side, and survives what others do to them meanwhile.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Map, Value};

use crate::apply::{Context, ProgressEvent, SIDE_BY_SIDE};
use crate::cxone::{Error, ErrorKind};
use crate::delta::canonical_json;
use crate::model::{
    DataStoreId, Item, ItemId, ItemPatch, ItemRevision, Relation, ResourceId, SchemaField,
};
use crate::plan::ItemStep;

/// How often an item is tried again that somebody else locked or wrote.
const TRIES: u32 = 5;

/// How long the first lock is waited for; each further time twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// What became of a wave of items.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// What could not be written, a sentence each.
    pub failed: Vec<String>,
    /// What somebody else changed meanwhile, a sentence each: it stays.
    pub left: Vec<String>,
}

/// Writes the items of one store.
pub(super) struct Writer<'a> {
    resource: &'a ResourceId,
    store: &'a DataStoreId,
    schema: &'a [SchemaField],
    context: &'a Context<'a>,
    revisions: &'a Revisions,
}

/// What the last write of each item answered.
pub(super) type Revisions = Mutex<BTreeMap<ItemId, Option<ItemRevision>>>;

/// How a single write ended.
enum End {
    Written,
    /// Somebody else changed the same.
    Left(String),
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        resource: &'a ResourceId,
        store: &'a DataStoreId,
        schema: &'a [SchemaField],
        context: &'a Context<'a>,
        revisions: &'a Revisions,
    ) -> Self {
        Self { resource, store, schema, context, revisions }
    }

    /// Writes them all, as the tenant's limiter lets them through: records side by side, several writes of
    /// one record one after the other. One that fails stops no other.
    pub(super) async fn write(&self, items: &[ItemStep]) -> Written {
        let mut records: BTreeMap<&ItemId, Vec<&ItemStep>> = BTreeMap::new();
        for step in items {
            records.entry(subject(step)).or_default().push(step);
        }
        let done = AtomicUsize::new(0);
        let record = |steps| self.record(steps, items.len(), &done);
        let mut ends =
            futures::stream::iter(records.into_values()).map(record).buffer_unordered(SIDE_BY_SIDE);
        let mut written = Written::default();
        while let Some(ended) = ends.next().await {
            for (step, end) in ended {
                match end {
                    Ok(End::Written) => {}
                    Ok(End::Left(why)) => written.left.push(why),
                    Err(error) => written.failed.push(format!("record {}: {error}", subject(step))),
                }
            }
        }
        written.failed.sort();
        written.left.sort();
        written
    }

    async fn record<'s>(
        &self,
        steps: Vec<&'s ItemStep>,
        total: usize,
        done: &AtomicUsize,
    ) -> Vec<(&'s ItemStep, Result<End, Error>)> {
        let mut ends = Vec::new();
        for step in steps {
            ends.push((step, self.step(step).await));
            let count = done.fetch_add(1, Ordering::Relaxed) + 1;
            self.context.tell(self.resource, format!("record {count} of {total}"));
            self.context.progress.event(&ProgressEvent::RecordWritten);
        }
        ends
    }

    async fn step(&self, step: &ItemStep) -> Result<End, Error> {
        match step {
            ItemStep::Create(item) => self.create(item).await,
            ItemStep::Write { id, revision, before, after } => {
                let patch = ItemPatch::Fields(after.clone());
                self.patch(id, &patch, *revision, |item| fields_moved(item, before, after)).await
            }
            ItemStep::Relate { id, revision, field, before, after } => {
                let patch = ItemPatch::Relation { field: field.clone(), relation: after.clone() };
                self.patch(id, &patch, *revision, |item| relation_moved(item, field, before, after))
                    .await
            }
            ItemStep::Delete(item) => self.delete(item).await,
        }
    }

    async fn create(&self, item: &Item) -> Result<End, Error> {
        let hash = canonical_json(&Value::Object(item.fields.clone()));
        let revision = self.context.revision.as_str();
        let parts = ["create-record", self.store.as_str(), item.id.as_str(), &hash, revision];
        let key = self.context.key(self.resource, &parts);
        match self.context.client.create_item(self.store, item, &key).await {
            Ok(made) => self.saw(&item.id, made),
            Err(error) if may_be_there(&error) => {
                let Some(live) = self.read(&item.id).await? else { return Err(error) };
                if fields_moved(&live.item, &Map::new(), &item.fields) != Moved::Arrived {
                    let id = &item.id;
                    return Ok(End::Left(format!("someone made the record {id} meanwhile")));
                }
                self.saw(&item.id, live.revision);
            }
            Err(error) => return Err(error),
        }
        Ok(End::Written)
    }

    /// Writes one patch over the revision that was compared. Where somebody wrote in between, it is tried
    /// again over theirs, unless they changed the same.
    async fn patch(
        &self,
        id: &ItemId,
        patch: &ItemPatch,
        compared: Option<ItemRevision>,
        moved: impl Fn(&Item) -> Moved,
    ) -> Result<End, Error> {
        let mut revision = self.revision(id, compared);
        let mut wait = FIRST_WAIT;
        let mut tries = 0;
        loop {
            let error = match self.send(id, patch, revision).await {
                Ok(written) => {
                    self.saw(id, written);
                    return Ok(End::Written);
                }
                Err(error) => error,
            };
            tries += 1;
            if error.conflict_code().is_none() || tries >= TRIES {
                return Err(error);
            }
            let Some(live) = self.read(id).await? else {
                return Ok(End::Left(format!("someone deleted the record {id} meanwhile")));
            };
            match moved(&live.item) {
                Moved::Arrived => {
                    self.saw(id, live.revision);
                    return Ok(End::Written);
                }
                Moved::Elsewhere => {
                    return Ok(End::Left(format!(
                        "someone changed the record {id} meanwhile, and git changed the same"
                    )));
                }
                Moved::Nowhere if live.revision == revision => {
                    // Nobody wrote: it is locked, or refused for what other records hold.
                    if error.conflict_code() != Some("RECORD_LOCKED") {
                        return Err(error);
                    }
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
                Moved::Nowhere => revision = live.revision,
            }
        }
    }

    async fn send(
        &self,
        id: &ItemId,
        patch: &ItemPatch,
        revision: Option<ItemRevision>,
    ) -> Result<Option<ItemRevision>, Error> {
        let (spelled, at) = (spelled(patch), revision.unwrap_or_default().to_string());
        let commit = self.context.revision.as_str();
        let parts = ["patch-record", self.store.as_str(), id.as_str(), &spelled, &at, commit];
        let key = self.context.key(self.resource, &parts);
        self.context.client.patch_item(self.store, id, patch, revision, &key).await
    }

    /// Deletes what was compared: the call itself asks nobody whether someone wrote in between.
    async fn delete(&self, item: &Item) -> Result<End, Error> {
        let id = &item.id;
        let Some(now) = self.read(id).await? else { return Ok(End::Written) };
        if changed(item, &now.item) {
            return Ok(End::Left(format!(
                "someone changed the record {id} meanwhile, which was to be deleted"
            )));
        }
        let mut wait = FIRST_WAIT;
        let mut deleted = self.context.client.delete_item(self.store, id).await;
        for _ in 1..TRIES {
            match &deleted {
                Err(error) if error.conflict_code() == Some("RECORD_LOCKED") => {}
                _ => break,
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
            deleted = self.context.client.delete_item(self.store, id).await;
        }
        match deleted {
            Err(error) if error.conflict_code() == Some("RECORD_REFERENCED") => {
                Ok(End::Left(format!("the record {id} is still named by another one")))
            }
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound { .. }) => Err(error),
            _ => Ok(End::Written),
        }
    }

    async fn read(&self, id: &ItemId) -> Result<Option<crate::model::LiveItem>, Error> {
        self.context.client.item(self.store, id, self.schema).await
    }

    /// Returns the revision of an item: that of the last write, else the one that was compared.
    fn revision(&self, id: &ItemId, compared: Option<ItemRevision>) -> Option<ItemRevision> {
        let known = self.revisions.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(id).copied().unwrap_or(compared)
    }

    /// Notes what a write answered. A platform that does not say keeps the one that was compared: the next
    /// write is then refused, and looks.
    fn saw(&self, id: &ItemId, revision: Option<ItemRevision>) {
        let mut known = self.revisions.lock().unwrap_or_else(PoisonError::into_inner);
        if revision.is_some() {
            known.insert(id.clone(), revision);
        }
    }
}

fn subject(step: &ItemStep) -> &ItemId {
    match step {
        ItemStep::Create(item) | ItemStep::Delete(item) => &item.id,
        ItemStep::Write { id, .. } | ItemStep::Relate { id, .. } => id,
    }
}

fn may_be_there(error: &Error) -> bool {
    error.leaves_effect_unknown()
        || matches!(error.conflict_code(), Some("RECORD_EXISTS" | "IDEMPOTENCY_KEY_REUSED"))
}

/// Returns a patch as one text, equal for equal patches.
fn spelled(patch: &ItemPatch) -> String {
    match patch {
        ItemPatch::Fields(fields) => canonical_json(&Value::Object(fields.clone())),
        ItemPatch::Relation { field, relation } => {
            let children: Vec<&str> = relation.children.iter().map(ItemId::as_str).collect();
            format!("{field} {} {}", relation.cascade.as_str(), children.join(" "))
        }
    }
}

/// Where something is that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moved {
    /// Where it was when the plan was made.
    Nowhere,
    /// Where git wants it.
    Arrived,
    /// Somewhere else.
    Elsewhere,
}

/// Tells whether somebody wrote an item since it was compared. What it no longer names, an earlier step
/// may have taken from it.
fn changed(compared: &Item, now: &Item) -> bool {
    let values = |item: &Item| {
        let held = item.fields.iter().filter(|(_, value)| !value.is_null());
        canonical_json(&held.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    let named = |field: &String, relation: &Relation| {
        let before = compared.relations.get(field).map(|relation| &relation.children);
        relation.children.iter().all(|child| before.is_some_and(|before| before.contains(child)))
    };
    values(compared) != values(now) || !now.relations.iter().all(|(field, one)| named(field, one))
}

fn fields_moved(item: &Item, before: &Map<String, Value>, after: &Map<String, Value>) -> Moved {
    let held = |name: &String| item.fields.get(name).unwrap_or(&Value::Null);
    let holds = |said: &Map<String, Value>| {
        after.keys().all(|name| {
            let said = said.get(name).unwrap_or(&Value::Null);
            canonical_json(held(name)) == canonical_json(said)
        })
    };
    if holds(after) {
        Moved::Arrived
    } else if holds(before) {
        Moved::Nowhere
    } else {
        Moved::Elsewhere
    }
}

fn relation_moved(item: &Item, field: &str, before: &Relation, after: &Relation) -> Moved {
    let held = item.relations.get(field).cloned().unwrap_or_default();
    let same = |a: &Relation, b: &Relation| {
        a.children == b.children && (a.children.is_empty() || a.cascade == b.cascade)
    };
    if same(&held, after) {
        Moved::Arrived
    } else if same(&held, before) {
        Moved::Nowhere
    } else {
        Moved::Elsewhere
    }
}
