//! Makes, writes and deletes a data store with its items, and reads it back.

mod items;
mod users;

use std::collections::BTreeSet;

use serde_json::Map;

use items::{Revisions, Writer};

use super::halt::Halt;
use super::outcome::done;
use super::{Applied, Context, RecordChange};
use crate::cxone::{DataStoreDetail, Error, ErrorKind, Force};
use crate::delta::{Base, DataStoreComparison, compare_data_store, merge_schema};
use crate::git;
use crate::model::{
    DataStoreContent, DataStoreId, DataStoreRecord, DesiredDataStore, FieldType, ItemPolicy,
    LiveDataStore, Naming, Outcome, Prune, Record, ResourceOutcome, SchemaField,
};
use crate::plan::{DataStoreStep, DataStoreWork, ItemStep, ResourcePlan};

/// Runs the steps of a plan and returns what became of the data store.
pub(super) async fn run(
    (resource, work): (&ResourcePlan, &DataStoreWork),
    declared: Option<&DesiredDataStore>,
    record: Option<&DataStoreRecord>,
    context: &Context<'_>,
) -> Applied {
    let mut running = Running {
        resource,
        work,
        declared,
        record,
        context,
        id: work.id.clone(),
        unnamed: record.and_then(|record| {
            let naming = declared.map(DesiredDataStore::naming);
            record.unnamed.clone().filter(|refused| Some(refused) == naming.as_ref())
        }),
        seen: None,
        proven: false,
        kept: Vec::new(),
        left: Vec::new(),
        revisions: Revisions::default(),
    };
    match running.steps().await {
        Ok(outcome) => running.ended(outcome, None),
        Err(Halt { outcome, why }) => {
            running.look_back(outcome).await;
            running.ended(outcome, Some(why))
        }
    }
}

struct Running<'a> {
    resource: &'a ResourcePlan,
    work: &'a DataStoreWork,
    declared: Option<&'a DesiredDataStore>,
    record: Option<&'a DataStoreRecord>,
    context: &'a Context<'a>,
    id: Option<DataStoreId>,
    unnamed: Option<Naming>,
    /// The store as it was read back.
    seen: Option<LiveDataStore>,
    /// Whether it then held what git wants.
    proven: bool,
    /// What somebody changed while the steps ran and git did not, a sentence each: it stays.
    kept: Vec<String>,
    /// What git changed too, a sentence each: it stays.
    left: Vec<String>,
    revisions: Revisions,
}

impl Running<'_> {
    async fn steps(&mut self) -> Result<ResourceOutcome, Halt> {
        for step in &self.work.steps {
            match step {
                DataStoreStep::Create(fields) => self.create(fields).await?,
                DataStoreStep::Name { before, after } => self.name(before, after).await?,
                DataStoreStep::PutSchema { before, after } => {
                    self.put_schema(before, after).await?;
                }
                DataStoreStep::Items(items) => self.write(items).await?,
                DataStoreStep::Delete => return self.delete().await,
            }
        }
        self.verify().await?;
        if !self.left.is_empty() {
            return Err(Halt::new(ResourceOutcome::Conflict, self.left.join("; ")));
        }
        if !self.kept.is_empty() {
            return Err(Halt::new(ResourceOutcome::Drifted, self.kept.join("; ")));
        }
        Ok(self.work.leaves.unwrap_or_else(|| done(self.resource.action)))
    }

    fn tell(&self, step: &str) {
        self.context.tell(&self.resource.id, step);
    }

    fn declared(&self) -> Result<&DesiredDataStore, Halt> {
        self.declared.ok_or_else(Halt::broken)
    }

    fn id(&self) -> Result<DataStoreId, Halt> {
        self.id.clone().ok_or_else(Halt::broken)
    }

    async fn create(&mut self, fields: &[SchemaField]) -> Result<(), Halt> {
        self.tell("create data store");
        let Naming { name, description } = self.declared()?.naming();
        // One that replaces another is another one, even with the same name.
        let replaces = self.record.map_or("", |record| record.id.as_str());
        let revision = self.context.revision.as_str();
        let parts = ["create-data-store", &name, replaces, revision];
        let key = self.context.key(&self.resource.id, &parts);
        let client = &self.context.client;
        let made = client.create_data_store(&name, description.as_deref(), fields, &key).await;
        let made = match made {
            Ok(made) => made,
            Err(error) => self.find_made(&name, error).await?,
        };
        self.claim(&made)?;
        self.id = Some(made.id);
        Ok(())
    }

    /// Records the store before it is filled.
    fn claim(&self, made: &DataStoreDetail) -> Result<(), Halt> {
        let declared = self.declared()?;
        let content = DataStoreContent { items: [].into(), ..declared.content.clone() };
        let record = Record::DataStore(DataStoreRecord {
            id: made.id.clone(),
            name: declared.metadata.name.clone(),
            updated_at: None,
            hash: crate::delta::hash_data_store(declared),
            content: git::recorded_data_store(&content),
            unnamed: None,
        });
        self.context.ledger.claim(&self.resource.id, &record).map_err(Halt::failed)
    }

    /// Looks whether the store is there although no answer said so. One that holds nothing may be the
    /// one that was asked for; the plan of the next pass looks at any other.
    async fn find_made(&self, name: &str, error: Error) -> Result<DataStoreDetail, Halt> {
        let taken = matches!(error.conflict_code(), Some("NAME_EXISTS" | "IDEMPOTENCY_KEY_REUSED"));
        if !taken && !error.leaves_effect_unknown() {
            return Err(error.into());
        }
        let client = &self.context.client;
        let listed = client.data_stores().await?;
        let Some(found) = listed.into_iter().find(|one| one.name == name) else {
            return Err(error.into());
        };
        let Some(detail) = client.data_store(&found.id).await? else { return Err(error.into()) };
        let schema = client.schema(&found.id).await?.unwrap_or_default();
        let content = DataStoreContent { items: [].into(), ..self.declared()?.content.clone() };
        let wanted = DesiredDataStore { content, ..self.declared()?.clone() };
        let live = live(detail.clone(), schema.clone(), client.items(&found.id, &schema).await?);
        let compared = compare_data_store(&wanted, &live, Base::Nothing, Prune::Never);
        if compared.is_settled() && live.items.is_empty() {
            return Ok(detail);
        }
        let why = format!("a data store named {name:?} was made meanwhile ({})", found.id);
        Err(Halt::new(ResourceOutcome::Drifted, why))
    }

    /// Writes name and description. A tenant that has no call for that keeps what it has; the record
    /// says so, and the status.
    async fn name(&mut self, before: &Naming, after: &Naming) -> Result<(), Halt> {
        self.tell("write name and description");
        let id = self.id()?;
        let client = &self.context.client;
        let now = client.data_store(&id).await?;
        let now = now.ok_or_else(|| Halt::failed("it was deleted meanwhile"))?;
        let mark = now.updated_at.unwrap_or_default();
        let now = Naming { name: now.name, description: now.description };
        let naming = self.merged(before, &now, after);
        if naming == now {
            return Ok(());
        }
        let Naming { name, description } = &naming;
        let description = description.as_deref();
        let commit = self.context.revision.as_str();
        let said = description.unwrap_or_default();
        let parts = ["name-data-store", id.as_str(), name, said, &mark, commit];
        let key = self.context.key(&self.resource.id, &parts);
        let client = &self.context.client;
        match client.name_data_store(&id, name, description, &key).await {
            Ok(()) => self.unnamed = None,
            // The store is there, so it is the call that is not.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::EndpointMissing { .. } | ErrorKind::NotFound { .. }
                ) =>
            {
                self.unnamed = Some(self.declared()?.naming());
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Merges what was to be written with what somebody wrote since the plan was made: theirs stays.
    fn merged(&mut self, before: &Naming, now: &Naming, after: &Naming) -> Naming {
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        let names = (&before.name, &now.name, &after.name);
        let texts = (said(&before.description), said(&now.description), said(&after.description));
        let mut merged = after.clone();
        if names.1 != names.0 && names.1 != names.2 {
            self.kept.push(format!("someone renamed it to {:?} meanwhile", now.name));
            merged.name.clone_from(&now.name);
        }
        if texts.1 != texts.0 && texts.1 != texts.2 {
            let moved = format!("someone changed the description to {:?} meanwhile", texts.1);
            let both = texts.0 != texts.2;
            if both { &mut self.left } else { &mut self.kept }.push(moved);
            merged.description.clone_from(&now.description);
        }
        merged
    }

    /// The call takes no mark of what it replaces: so it is looked at once more before.
    async fn put_schema(
        &mut self,
        before: &[SchemaField],
        after: &[SchemaField],
    ) -> Result<(), Halt> {
        self.tell("write schema");
        let id = self.id()?;
        let client = &self.context.client;
        let mark = client.data_store(&id).await?.and_then(|detail| detail.updated_at);
        let now = client.schema(&id).await?;
        let now = now.ok_or_else(|| Halt::failed("it was deleted meanwhile"))?;
        let merge = merge_schema(before, &now, after);
        self.kept.extend(merge.kept);
        self.left.extend(merge.conflicts);
        if merge.is_live {
            return Ok(());
        }
        let spelled: Vec<String> = merge.fields.iter().map(|field| format!("{field:?}")).collect();
        let (mark, commit) = (mark.unwrap_or_default(), self.context.revision.as_str());
        let parts = ["put-schema", id.as_str(), &spelled.concat(), &mark, commit];
        let key = self.context.key(&self.resource.id, &parts);
        self.context.client.put_schema(&id, &merge.fields, &key).await?;
        Ok(())
    }

    async fn write(&mut self, items: &[ItemStep]) -> Result<(), Halt> {
        let id = self.id()?;
        let schema = relationships(&self.declared()?.content.fields, items);
        let writer = Writer::new(&self.resource.id, &id, &schema, self.context, &self.revisions);
        let written = writer.write(items).await;
        self.left.extend(written.left);
        match written.failed.as_slice() {
            [] => Ok(()),
            [only] => Err(Halt::failed(only.clone())),
            [first, rest @ ..] => Err(Halt::failed(format!("{first}; and {} more", rest.len()))),
        }
    }

    /// Deletes what was compared: the call itself asks nobody whether someone wrote in between.
    async fn delete(&self) -> Result<ResourceOutcome, Halt> {
        self.tell("delete data store");
        let id = self.id()?;
        let client = &self.context.client;
        let name = self.record.map_or(self.resource.display_name.as_str(), |record| &record.name);
        if let Some(flow) = users::deployed_user(client, name).await? {
            let why =
                format!("gone from git; kept, because the flow {flow} is deployed and uses it");
            return Err(Halt::new(ResourceOutcome::Kept, why));
        }
        // Last, because whatever comes after it is lost.
        let Some(now) = client.data_store(&id).await? else { return Ok(ResourceOutcome::Deleted) };
        if now.updated_at != self.work.updated_at {
            let why = "gone from git; kept, because someone changed it meanwhile";
            return Err(Halt::new(ResourceOutcome::Kept, why));
        }
        match client.delete_data_store(&id, Force::Always).await {
            Ok(()) => Ok(ResourceOutcome::Deleted),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound { .. }) => {
                Ok(ResourceOutcome::Deleted)
            }
            Err(error) if error.conflict_code().is_some() => {
                let why = format!("gone from git; kept, because the tenant says: {error}");
                Err(Halt::new(ResourceOutcome::Kept, why))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the store back: what was written is there, and the mark is of that.
    async fn verify(&mut self) -> Result<(), Halt> {
        self.tell("verify");
        let live = self.read().await?;
        let compared = self.compared(&live)?;
        self.seen = Some(live);
        self.proven =
            compared.is_settled() && compared.kept.is_empty() && compared.conflicts.is_empty();
        let moved = !self.left.is_empty() || !self.kept.is_empty();
        if self.proven || self.work.leaves.is_some() || moved {
            return Ok(());
        }
        Err(Halt::new(ResourceOutcome::Drifted, drift(&compared)))
    }

    /// Compares what is live with what was to be written.
    fn compared(&self, live: &LiveDataStore) -> Result<DataStoreComparison, Halt> {
        let declared = self.declared()?;
        let named = match self.unnamed {
            Some(_) => declared.described(live),
            None => declared.clone(),
        };
        Ok(compare_data_store(&named, live, Base::Recorded(&named.content), Prune::Never))
    }

    async fn read(&self) -> Result<LiveDataStore, Halt> {
        let (id, declared) = (self.id()?, self.declared()?);
        let client = &self.context.client;
        // The mark first: what comes after it moves it.
        let detail = client.data_store(&id).await?;
        let detail = detail.ok_or_else(|| Halt::failed("it was deleted meanwhile"))?;
        let schema = client.schema(&id).await?.unwrap_or_default();
        let items = match declared.policy {
            ItemPolicy::Ignore => Vec::new(),
            ItemPolicy::Partial | ItemPolicy::Exact => client.items(&id, &schema).await?,
        };
        Ok(live(detail, schema, items))
    }

    /// After a failure, sees how far the steps came: what they wrote must not be taken for somebody
    /// else's. Where that cannot be read, the base stays what it was.
    async fn look_back(&mut self, outcome: ResourceOutcome) {
        let failed = outcome.of_pass() == Outcome::Failed;
        if failed && self.seen.is_none() && self.id.is_some() && self.declared.is_some() {
            self.seen = self.read().await.ok();
        }
    }

    fn ended(self, outcome: ResourceOutcome, message: Option<String>) -> Applied {
        let planned = self.work.leaves.and_then(|_| self.resource.reason.clone());
        let told = match (message, planned) {
            (Some(message), Some(planned)) => Some(format!("{message}; {planned}")),
            (message, planned) => message.or(planned),
        };
        let told =
            told.or_else(|| self.unnamed.as_ref().map(|naming| unnamed(naming, self.record)));
        let record = match outcome {
            ResourceOutcome::Deleted => RecordChange::Remove,
            _ => self.recorded(outcome).unwrap_or(RecordChange::Keep),
        };
        Applied::ended(self.resource, outcome, told, record)
    }

    /// What the state holds from now on. What is not seen to be live is no base: there the old one
    /// stays.
    fn recorded(&self, outcome: ResourceOutcome) -> Option<RecordChange> {
        let (id, declared) = (self.id.as_ref()?, self.declared?);
        let known = self.record.filter(|record| record.id == *id);
        let whole = self.proven && outcome.is_change();
        // A store of somebody else's is not ours before it was taken over whole.
        let foreign = known.is_none() && self.work.id.is_some() && !whole;
        if outcome == ResourceOutcome::Kept || foreign {
            return None;
        }
        let before = known.and_then(|record| git::data_store(&record.content)).unwrap_or_default();
        let content = match &self.seen {
            Some(live) => crate::delta::advanced(declared, live, &before),
            None => before,
        };
        let wanted = &declared.metadata.name;
        let named = self.seen.as_ref().is_none_or(|live| live.name == *wanted);
        let name = match known {
            Some(known) if !named || self.seen.is_none() => &known.name,
            _ => wanted,
        };
        let mark = self.seen.as_ref().filter(|_| whole).and_then(|live| live.updated_at.clone());
        Some(RecordChange::Put(Box::new(Record::DataStore(DataStoreRecord {
            id: id.clone(),
            name: name.clone(),
            updated_at: mark,
            hash: crate::delta::hash_data_store(declared),
            content: git::recorded_data_store(&content),
            unnamed: self.unnamed.clone(),
        }))))
    }
}

/// Returns the relationship fields by which items are read: git's, and those of what is deleted.
fn relationships(declared: &[SchemaField], items: &[ItemStep]) -> Vec<SchemaField> {
    let relationship = |field: &&SchemaField| field.field_type == FieldType::Relationship;
    let names = declared.iter().filter(relationship).map(|field| &field.name);
    let held = items.iter().filter_map(|step| match step {
        ItemStep::Delete(item) => Some(item.relations.keys()),
        _ => None,
    });
    let names: BTreeSet<&String> = names.chain(held.flatten()).collect();
    let field = |name: &String| SchemaField {
        name: name.clone(),
        field_type: FieldType::Relationship,
        constraints: Map::new(),
        extra: Map::new(),
    };
    names.into_iter().map(field).collect()
}

fn live(
    detail: DataStoreDetail,
    fields: Vec<SchemaField>,
    items: Vec<crate::model::LiveItem>,
) -> LiveDataStore {
    LiveDataStore {
        id: detail.id,
        name: detail.name,
        description: detail.description,
        updated_at: detail.updated_at,
        fields,
        items: items.into_iter().map(|item| (item.item.id.clone(), item)).collect(),
    }
}

fn unnamed(naming: &Naming, record: Option<&DataStoreRecord>) -> String {
    let is =
        record.map_or_else(String::new, |record| format!("; it is still called {:?}", record.name));
    format!(
        "the tenant has no call that takes the name {:?} and the description of a data store{is}",
        naming.name
    )
}

fn drift(compared: &DataStoreComparison) -> String {
    let rows = compared.delta.tables().flat_map(|(part, rows)| {
        rows.iter().map(move |row| format!("{} {}", part.plural(), row.id))
    });
    let all: Vec<String> =
        compared.kept.iter().chain(&compared.conflicts).cloned().chain(rows).take(5).collect();
    format!("the tenant holds something else than was written: {}", all.join("; "))
}
