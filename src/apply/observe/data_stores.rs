//! Data stores: one list for the whole tenant, and schema and items only of those that changed.

use std::collections::BTreeMap;

use super::listed::Listed;
use super::{FoundOfKind, Refresh, Wish, side_by_side};
use crate::apply::Context;
use crate::cxone::{DataStoreListing, Error};
use crate::git;
use crate::model::{
    Based, ContentHash, DataStoreContent, DataStoreId, DataStoreRecord, Declared, DesiredDataStore,
    Found, ItemPolicy, LiveDataStore, Prune, ResourceId,
};

/// Reads the data stores that git declares, and those orphans.
pub(super) async fn observe(
    wish: &Wish<'_>,
    orphans: Vec<(ResourceId, &DataStoreRecord)>,
    context: &Context<'_>,
) -> Result<FoundOfKind<Based<LiveDataStore, DataStoreContent>>, Error> {
    if wish.desired.data_stores.is_empty() && orphans.is_empty() {
        return Ok(BTreeMap::new());
    }
    let claimed = wish.state.data_stores.values().map(|record| &record.id).collect();
    let listings = context.client.data_stores().await?;
    let tenant = Tenant::new(listings, &claimed, |one| (&one.id, &one.name));
    let declared = wish.desired.data_stores.iter().map(|(id, wanted)| Subject {
        id: id.clone(),
        declared: Some(&*wanted.declared),
        record: wanted.declared.record(wish.state),
        recorded_as: wanted.declared.recorded_name(wish.state),
        wanted: Some(wanted.hash),
    });
    let orphans = orphans.into_iter().map(|(id, record)| Subject {
        id,
        declared: None,
        record: Some(record),
        recorded_as: None,
        wanted: None,
    });
    let subjects = declared.chain(orphans);
    let reads = subjects.map(|subject| subject.observe(&tenant, wish, context));
    Ok(side_by_side(reads, context).await)
}

type Tenant = Listed<DataStoreId, DataStoreListing>;

struct Subject<'a> {
    id: ResourceId,
    /// `None` for an orphan.
    declared: Option<&'a DesiredDataStore>,
    record: Option<&'a DataStoreRecord>,
    recorded_as: Option<&'a str>,
    wanted: Option<ContentHash>,
}

impl Subject<'_> {
    async fn observe(
        self,
        tenant: &Tenant,
        wish: &Wish<'_>,
        context: &Context<'_>,
    ) -> (ResourceId, Found<Based<LiveDataStore, DataStoreContent>>) {
        let found = self.find_out(tenant, wish, context).await;
        (self.id, found)
    }

    async fn find_out(
        &self,
        tenant: &Tenant,
        wish: &Wish<'_>,
        context: &Context<'_>,
    ) -> Found<Based<LiveDataStore, DataStoreContent>> {
        let Some(listing) = self.find(tenant) else { return Found::Absent };
        let proven = wish.refresh == Refresh::Changed && self.is_as_recorded(listing);
        if proven && !(wish.prune == Prune::Owned && self.drops_items()) {
            return Found::AsRecorded;
        }
        match self.read(&listing.id, context).await {
            Ok(Some(live)) => {
                let base = self.record.filter(|record| record.id == live.id);
                let base = base.and_then(|record| git::data_store(&record.content));
                Found::Read(Box::new(Based { live, base }))
            }
            Ok(None) => Found::Unreadable(format!(
                "the tenant lists data store {} and has none of that id, or no schema of it: deleted \
                 this moment, or a tenant without GET of one data store",
                listing.id
            )),
            Err(error) => Found::Unreadable(error.to_string()),
        }
    }

    /// An orphan is what the state says it is; another one of its name is not ours.
    fn find<'t>(&self, tenant: &'t Tenant) -> Option<&'t DataStoreListing> {
        let found = tenant.find(self.record.map(|record| &record.id), &self.id.name)?;
        let same = self.record.is_some_and(|record| record.id == found.id);
        (same || self.declared.is_some()).then_some(found)
    }

    /// Tells whether the list proves that the tenant holds what the state says, and that git wants just
    /// that.
    fn is_as_recorded(&self, listing: &DataStoreListing) -> bool {
        let (Some(record), Some(declared)) = (self.record, self.declared) else { return false };
        let named =
            record.name == self.id.name || record.unnamed.as_ref() == Some(&declared.naming());
        record.id == listing.id
            && Some(record.hash) == self.wanted
            && record.updated_at.is_some()
            && record.updated_at == listing.updated_at
            && record.name == listing.name
            && named
            && self.recorded_as == Some(self.id.name.as_str())
    }

    /// Tells whether flowgate wrote items that git lists no longer.
    fn drops_items(&self) -> bool {
        let (Some(record), Some(declared)) = (self.record, self.declared) else { return false };
        let base = git::data_store(&record.content);
        declared.policy == ItemPolicy::Partial
            && base.is_none_or(|base| base.items.len() > declared.content.items.len())
    }

    async fn read(
        &self,
        id: &DataStoreId,
        context: &Context<'_>,
    ) -> Result<Option<LiveDataStore>, Error> {
        let client = &context.client;
        // The mark first: whatever moves while the rest is read moves it too, and the next pass looks
        // again.
        let Some(detail) = client.data_store(id).await? else { return Ok(None) };
        let Some(fields) = client.schema(id).await? else { return Ok(None) };
        let ignored = self.declared.is_some_and(|store| store.policy == ItemPolicy::Ignore);
        let items = if ignored { Vec::new() } else { client.items(id, &fields).await? };
        Ok(Some(LiveDataStore {
            id: detail.id,
            name: detail.name,
            description: detail.description,
            updated_at: detail.updated_at,
            fields,
            items: items.into_iter().map(|live| (live.item.id.clone(), live)).collect(),
        }))
    }
}
