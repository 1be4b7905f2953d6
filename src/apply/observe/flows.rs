//! Flows: two lists for the whole tenant, and more only of those that the state does not prove to be
//! as git wants them.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::listed::Listed;
use super::{Refresh, Wish, side_by_side};
use crate::apply::Context;
use crate::cxone::{Client, DeploymentFilter, Error, FlowListing, Owner};
use crate::delta::{Watch, hash};
use crate::git;
use crate::model::{
    ContentHash, Declared, DeploymentStatus, Desired, DesiredFlow, DraftRevision, Flow, FlowBase,
    FlowContent, FlowId, FlowRecord, Found, LiveDeployment, LiveFlow, Origin, ResourceId, State,
    Strategy, VersionId,
};

/// Reads the flows that git declares and, when orphans are to be deleted, those.
pub(super) async fn observe(
    wish: &Wish<'_>,
    orphans: Vec<(ResourceId, &FlowRecord)>,
    context: &Context<'_>,
) -> Result<BTreeMap<ResourceId, Found<LiveFlow>>, Error> {
    let Wish { desired, state, refresh, .. } = wish;
    let target = &context.environment.target_environment;
    let current = DeploymentFilter::default().target_environment(target).current();
    let (listings, deployments) =
        futures::try_join!(context.client.flows(), context.client.deployments(&current))?;
    let claimed = state.flows.values().map(|record| &record.id).collect();
    let tenant = Tenant::new(listings, deployments, &claimed);
    let subjects = subjects(desired, state, orphans, &tenant);
    let subjects = subjects.into_iter();
    let reads = subjects.map(|subject| subject.observe(&tenant, *refresh, context));
    Ok(side_by_side(reads, context).await)
}

/// The lists of a tenant, for looking things up.
struct Tenant {
    flows: Listed<FlowId, FlowListing>,
    current: BTreeMap<FlowId, LiveDeployment>,
}

impl Tenant {
    fn new(
        listings: Vec<FlowListing>,
        deployments: Vec<(Option<FlowId>, LiveDeployment)>,
        claimed: &BTreeSet<&FlowId>,
    ) -> Self {
        let mut current = BTreeMap::new();
        for (flow, deployment) in deployments {
            // Newest first: a server that ignores `current` lists older ones too.
            if let Some(flow) = flow
                && deployment.status == DeploymentStatus::Success
            {
                current.entry(flow).or_insert(deployment);
            }
        }
        Self { flows: Listed::new(listings, claimed, |flow| (&flow.id, &flow.name)), current }
    }
}

/// One resource to look for.
struct Subject<'a> {
    id: ResourceId,
    desired: Option<&'a DesiredFlow>,
    record: Option<&'a FlowRecord>,
    /// The state has it under the name that it had before.
    renamed: bool,
    wanted: Option<ContentHash>,
}

fn subjects<'a>(
    desired: &'a Desired,
    state: &'a State,
    orphans: Vec<(ResourceId, &'a FlowRecord)>,
    tenant: &Tenant,
) -> Vec<Subject<'a>> {
    let wanted = desired.flows.iter().map(|(id, wanted)| Subject {
        id: id.clone(),
        desired: Some(&wanted.declared),
        record: wanted.declared.record(state),
        renamed: !state.flows.contains_key(&wanted.declared.metadata.name),
        wanted: Some(wanted.hash),
    });
    let orphans = orphans.into_iter().filter(|(_, record)| tenant.flows.contains(&record.id)).map(
        |(id, record)| Subject {
            id,
            desired: None,
            record: Some(record),
            renamed: false,
            wanted: None,
        },
    );
    wanted.chain(orphans).collect()
}

impl Subject<'_> {
    async fn observe(
        self,
        tenant: &Tenant,
        refresh: Refresh,
        context: &Context<'_>,
    ) -> (ResourceId, Found<LiveFlow>) {
        let found = self.find_out(tenant, refresh, context).await;
        (self.id, found)
    }

    async fn find_out(
        &self,
        tenant: &Tenant,
        refresh: Refresh,
        context: &Context<'_>,
    ) -> Found<LiveFlow> {
        // Nothing is done about it, so that nothing need be known.
        if let Some(why) = self.desired.and_then(|flow| flow.missing.as_ref()) {
            return Found::Unreadable(why.clone());
        }
        let name = self.desired.map_or("", |flow| &flow.flow.display_name);
        let Some(listing) = tenant.flows.find(self.record.map(|record| &record.id), name) else {
            return Found::Absent;
        };
        let current = tenant.current.get(&listing.id);
        let reach = (context.watch, context.environment.strategy);
        if refresh == Refresh::Changed && self.is_as_recorded(listing, current, reach) {
            return Found::AsRecorded;
        }
        match self.read(&listing.id, current, refresh, context).await {
            Ok(Some(live)) => Found::Read(Box::new(live)),
            Ok(None) => Found::Absent,
            Err(error) => Found::Unreadable(error.to_string()),
        }
    }

    /// Tells whether the lists prove that the tenant holds what the state says, and that git wants
    /// just that.
    fn is_as_recorded(
        &self,
        listing: &FlowListing,
        current: Option<&LiveDeployment>,
        (watch, strategy): (Watch, Strategy),
    ) -> bool {
        let (Some(desired), Some(record)) = (self.desired, self.record) else { return false };
        let wanted = record.failure.is_none()
            && !self.renamed
            && record.written(strategy) == self.wanted
            && asks_for(&desired.flow, record, (watch, strategy));
        let draft = watch == Watch::Deployment || self.draft_is_as_recorded(listing, strategy);
        let live = strategy != Strategy::Deploy || runs_as_recorded(record, current);
        listing.id == record.id && wanted && draft && live
    }

    fn draft_is_as_recorded(&self, listing: &FlowListing, strategy: Strategy) -> bool {
        let Some(record) = self.record else { return false };
        let published = || {
            let version = record.version.as_ref().map(|version| &version.id);
            let said = self.published(listing.published.clone(), listing.draft_revision);
            version.is_some() && said.as_ref() == version && record.published.as_ref() == version
        };
        listing.draft_revision == record.draft_revision
            && listing.name == record.display_name
            && (strategy == Strategy::Draft || published())
    }

    async fn read(
        &self,
        id: &FlowId,
        current: Option<&LiveDeployment>,
        refresh: Refresh,
        context: &Context<'_>,
    ) -> Result<Option<LiveFlow>, Error> {
        let client = &context.client;
        let owner = Owner { project: context.project.to_owned(), resource: self.id.clone() };
        let target = &context.environment.target_environment;
        let here = DeploymentFilter::default().flow(id).target_environment(target);
        let (flow, versions, deployments) = futures::try_join!(
            client.flow(id),
            client.versions(id, &owner),
            client.deployments(&here)
        )?;
        let Some(flow) = flow else { return Ok(None) };
        let deployments: Vec<LiveDeployment> =
            deployments.into_iter().map(|(_, deployment)| deployment).collect();
        let current = running(current, &deployments);
        let published = self.published(flow.published, flow.draft.revision);
        let mut live = LiveFlow {
            id: flow.id,
            name: flow.name,
            description: flow.description,
            draft: flow.draft,
            published,
            versions,
            deployments,
            current,
            in_use: BTreeSet::new(),
            contents: BTreeMap::new(),
            origin: Origin::Recorded,
            base: self.base(),
        };
        if self.is_crowded(&live, context) {
            live.in_use = in_use(id, client).await?;
        }
        live.origin = self.origin(&live);
        live.contents = self.contents(&live, refresh, client).await?;
        Ok(Some(live))
    }

    /// Tells whether old versions are to go if another is made.
    fn is_crowded(&self, live: &LiveFlow, context: &Context<'_>) -> bool {
        let keep = context.environment.keep_versions;
        self.desired.is_some() && keep.is_some_and(|keep| live.versions.len() >= keep as usize)
    }

    fn base(&self) -> FlowBase {
        let draft = self.record.and_then(|record| record.draft.as_ref());
        let version = self.record.and_then(|record| record.version.as_ref());
        FlowBase {
            draft: draft.and_then(|draft| git::content(&draft.content)),
            version: version.and_then(|version| git::content(&version.content)),
        }
    }

    /// Which version is published, where the platform need not say: as long as nobody wrote the
    /// draft, the one that was.
    fn published(&self, said: Option<VersionId>, draft: DraftRevision) -> Option<VersionId> {
        let recorded = self.record.filter(|record| record.draft_revision == draft);
        said.or_else(|| recorded.and_then(|record| record.published.clone()))
    }

    fn origin(&self, live: &LiveFlow) -> Origin {
        let draft = &live.draft.content;
        if self.record.is_some_and(|record| record.id == live.id) {
            Origin::Recorded
        } else if live.versions.iter().any(|version| version.ours) {
            Origin::Ours
        } else if live.versions.is_empty() && self.takes_nothing(draft) {
            Origin::Empty
        } else {
            Origin::Foreign
        }
    }

    /// Tells whether nothing is lost when a draft becomes git's.
    fn takes_nothing(&self, draft: &FlowContent) -> bool {
        *draft == FlowContent::default() || self.wanted == Some(hash(draft))
    }

    /// Reads the versions that the comparison looks into. Versions never change, so that the
    /// state's own copy serves unless everything is to be read.
    async fn contents(
        &self,
        live: &LiveFlow,
        refresh: Refresh,
        client: &Client,
    ) -> Result<BTreeMap<VersionId, FlowContent>, Error> {
        let recorded = self.record.and_then(|record| record.version.as_ref());
        let mut contents = BTreeMap::new();
        for id in self.needed(live) {
            let known = recorded
                .filter(|version| version.id == id && refresh == Refresh::Changed)
                .and_then(|version| git::content(&version.content));
            let content = match known {
                Some(content) => Some(content),
                None => client.version(&live.id, &id).await?.map(|(_, content)| content),
            };
            contents.extend(content.map(|content| (id, content)));
        }
        Ok(contents)
    }

    fn needed(&self, live: &LiveFlow) -> Vec<VersionId> {
        let claiming = live
            .versions
            .iter()
            .filter(|version| self.wanted.is_some() && version.claimed_hash == self.wanted)
            .map(|version| &version.id);
        // A platform that keeps no metadata makes no claim: what a pass made that died right
        // after is the highest one.
        let unclaimed = live
            .versions
            .iter()
            .max_by_key(|version| &version.number)
            .filter(|version| self.wanted.is_some() && version.claimed_hash.is_none())
            .map(|version| &version.id);
        // The number that is asked for may be one of a version that claims nothing.
        let asked = self.desired.and_then(|desired| desired.flow.version.as_ref());
        let asked = live
            .versions
            .iter()
            .filter(|version| asked.is_some() && version.number.as_ref() == asked)
            .map(|version| &version.id);
        // The state still knows the others.
        let recorded = self.record.and_then(|record| record.version.as_ref());
        let known = recorded
            .filter(|version| {
                Some(version.hash) == self.wanted && live.version(&version.id).is_some()
            })
            .map(|version| &version.id);
        let deployed = live.current.as_ref().map(|deployment| &deployment.version_id);
        // What ran before somebody deployed another one.
        let replaced = self.record.and_then(|record| record.deployed.as_ref());
        let replaced = replaced.map(|replaced| &replaced.version).filter(|id| {
            deployed.is_some_and(|deployed| deployed != *id)
                && recorded.is_none_or(|version| version.id != **id)
                && live.version(id).is_some()
        });
        let newest = live.deployments.first();
        let failed = newest.filter(|newest| newest.status == DeploymentStatus::Failed);
        let mut needed: Vec<_> = deployed
            .into_iter()
            .chain(replaced)
            .chain(failed.map(|failed| &failed.version_id))
            .chain(&live.published)
            .chain(known)
            .chain(claiming)
            .chain(unclaimed)
            .chain(asked)
            .cloned()
            .collect();
        needed.sort();
        needed.dedup();
        needed
    }
}

/// Tells whether the target environment runs the recorded version, by the recorded deployment.
fn runs_as_recorded(record: &FlowRecord, current: Option<&LiveDeployment>) -> bool {
    let (Some(version), Some(deployed)) = (&record.version, &record.deployed) else { return false };
    let same = |current: &LiveDeployment| {
        current.id == deployed.deployment && current.version_id == deployed.version
    };
    deployed.version == version.id && current.is_some_and(same)
}

/// Tells whether name, description and number are those that git asks for. A draft has no number.
fn asks_for(desired: &Flow, record: &FlowRecord, (watch, strategy): (Watch, Strategy)) -> bool {
    let number = record.version.as_ref().map(|version| &version.number);
    let numbered = |asked: &Version| number == Some(asked);
    watch == Watch::Deployment
        || (desired.display_name == record.display_name
            && (desired.description.is_none() || desired.description == record.description)
            && (strategy == Strategy::Draft || desired.version.as_ref().is_none_or(numbered)))
}

/// Returns the versions of a flow that any target environment runs or is about to run.
async fn in_use(flow: &FlowId, client: &Client) -> Result<BTreeSet<VersionId>, Error> {
    let all = DeploymentFilter::default().flow(flow);
    let current = DeploymentFilter::default().flow(flow).current();
    let (all, current) =
        futures::try_join!(client.deployments(&all), client.deployments(&current))?;
    let in_flight = all.into_iter().filter(|(_, deployment)| !deployment.status.is_terminal());
    let used = in_flight.chain(current).map(|(_, deployment)| deployment.version_id);
    Ok(used.collect())
}

/// What runs, by the tenant's list and the flow's own: the second is read later, and somebody may have
/// deployed in between.
fn running(
    listed: Option<&LiveDeployment>,
    deployments: &[LiveDeployment],
) -> Option<LiveDeployment> {
    let succeeded = |one: &&LiveDeployment| one.status == DeploymentStatus::Success;
    let newest = deployments.iter().filter(succeeded).max_by_key(|one| one.started_at);
    // Without times nobody can say which came later; and what was taken out of the environment is still
    // in the flow's list.
    let listed_at = listed.and_then(|listed| listed.started_at);
    let newer = newest.and_then(|newest| newest.started_at).zip(listed_at);
    let newer = newer.is_some_and(|(newest, listed)| newest > listed);
    newest.filter(|_| newer).or(listed).cloned()
}
