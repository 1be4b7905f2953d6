//! Data actions: one list for the whole tenant, and more only of those that changed.

use std::collections::{BTreeMap, BTreeSet};

use super::listed::Listed;
use super::{FoundOfKind, Refresh, Wish, side_by_side};
use crate::apply::Context;
use crate::cxone::{DataActionListing, Error};
use crate::git;
use crate::model::{
    Based, ContentHash, DataActionContent, DataActionId, DataActionRecord, Declared, Found,
    LiveDataAction, ResourceId,
};

/// Reads the data actions that git declares, and those orphans.
pub(super) async fn observe(
    wish: &Wish<'_>,
    orphans: Vec<(ResourceId, &DataActionRecord)>,
    context: &Context<'_>,
) -> Result<(FoundOfKind<Based<LiveDataAction, DataActionContent>>, Option<Names>), Error> {
    if wish.desired.data_actions.is_empty() && orphans.is_empty() {
        return Ok((BTreeMap::new(), None));
    }
    let listings = context.client.data_actions().await?;
    let names = listings.iter().map(|one| (one.name.clone(), one.dependencies.clone())).collect();
    let claimed = wish.state.data_actions.values().map(|record| &record.id).collect();
    let tenant = Tenant::new(listings, &claimed, |one| (&one.id, &one.name));
    let declared = wish.desired.data_actions.iter().map(|(id, wanted)| Subject {
        id: id.clone(),
        record: wanted.declared.record(wish.state),
        recorded_as: wanted.declared.recorded_name(wish.state),
        wanted: Some(wanted.hash),
    });
    let orphans = orphans.into_iter().map(|(id, record)| Subject {
        id,
        record: Some(record),
        recorded_as: None,
        wanted: None,
    });
    let subjects = declared.chain(orphans);
    let reads = subjects.map(|subject| subject.observe(&tenant, wish.refresh, context));
    let found = side_by_side(reads, context).await;
    Ok((found, Some(names)))
}

/// The tenant's data actions by name, each with those that it depends on.
type Names = BTreeMap<String, BTreeSet<String>>;

type Tenant = Listed<DataActionId, DataActionListing>;

struct Subject<'a> {
    id: ResourceId,
    record: Option<&'a DataActionRecord>,
    recorded_as: Option<&'a str>,
    /// `None` for an orphan.
    wanted: Option<ContentHash>,
}

impl Subject<'_> {
    async fn observe(
        self,
        tenant: &Tenant,
        refresh: Refresh,
        context: &Context<'_>,
    ) -> (ResourceId, Found<Based<LiveDataAction, DataActionContent>>) {
        let found = self.find_out(tenant, refresh, context).await;
        (self.id, found)
    }

    async fn find_out(
        &self,
        tenant: &Tenant,
        refresh: Refresh,
        context: &Context<'_>,
    ) -> Found<Based<LiveDataAction, DataActionContent>> {
        let Some(listing) = self.find(tenant) else { return Found::Absent };
        if refresh == Refresh::Changed && self.is_as_recorded(listing) {
            return Found::AsRecorded;
        }
        match context.client.data_action(&listing.id).await {
            Ok(Some(live)) => {
                let base = self.record.filter(|record| record.id == live.id);
                let base = base.and_then(|record| git::data_action(&record.content));
                Found::Read(Box::new(Based { live, base }))
            }
            Ok(None) => Found::Unreadable(format!(
                "the tenant lists data action {} and has none of that id: deleted this moment, or \
                 a tenant without GET of one data action",
                listing.id
            )),
            Err(error) => Found::Unreadable(error.to_string()),
        }
    }

    /// An orphan is what the state says it is; another one of its name is not ours.
    fn find<'t>(&self, tenant: &'t Tenant) -> Option<&'t DataActionListing> {
        let found = tenant.find(self.record.map(|record| &record.id), &self.id.name)?;
        let same = self.record.is_some_and(|record| record.id == found.id);
        (same || self.wanted.is_some()).then_some(found)
    }

    /// Tells whether the list proves that the tenant holds what the state says, and that git wants just
    /// that.
    fn is_as_recorded(&self, listing: &DataActionListing) -> bool {
        self.record.is_some_and(|record| {
            record.id == listing.id
                && Some(record.hash) == self.wanted
                && record.modified == Some(listing.modified)
                && record.untested.is_none()
                && record.name == listing.name
                && listing.name == self.id.name
                && self.recorded_as == Some(self.id.name.as_str())
        })
    }
}
