//! What the tenant holds, each resource as it would be declared.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};

use super::Which;
use crate::cxone::{
    Client, DataActionListing, DataStoreListing, DeploymentFilter, Error, ErrorKind, FlowDetail,
    FlowListing, SignedVersion,
};
use crate::delta::{Watch, hash};
use crate::model::{
    DataStoreId, DeploymentStatus, Environment, Flow, FlowId, ItemPolicy, Kind, LiveDataAction,
    LiveDataStore, NotExported, ResourceId, Strategy, VersionId,
};

/// How many resources are read side by side; the tenant's limiter sets the pace.
const SIDE_BY_SIDE: usize = 16;

/// The most records that a manifest is good for.
const MOST_ITEMS: u64 = 10_000;

/// A live resource as it would be declared.
pub(super) struct Candidate {
    pub(super) kind: Kind,
    pub(super) platform_id: String,
    pub(super) display_name: String,
    pub(super) content: Content,
    /// What somebody should know of it, a sentence each.
    pub(super) notes: Vec<String>,
}

/// What a resource holds.
pub(super) enum Content {
    Flow {
        flow: Box<Flow>,
        /// For which project and resource its version was made.
        made_for: Option<(String, ResourceId)>,
    },
    DataAction(Box<LiveDataAction>),
    DataStore {
        live: Box<LiveDataStore>,
        policy: ItemPolicy,
    },
}

impl Candidate {
    /// The same as something that is not exported.
    pub(super) fn refused(&self, reason: String) -> NotExported {
        NotExported {
            kind: self.kind,
            display_name: self.display_name.clone(),
            platform_id: self.platform_id.clone(),
            reason,
            unreadable: false,
        }
    }
}

/// Reads a tenant on behalf of an environment.
pub(super) struct Reader<'a> {
    pub(super) client: Client,
    pub(super) environment: &'a Environment,
    pub(super) watch: Watch,
    pub(super) which: Which,
}

/// A resource, or why there is none.
type Read = Result<Candidate, NotExported>;

impl Reader<'_> {
    /// Reads everything of the kinds that the environment manages, in the order of kinds, names and ids.
    pub(super) async fn read(&self) -> Result<(Vec<Candidate>, Vec<NotExported>), Error> {
        let managed = |kind| self.environment.manages.contains(&kind);
        let mut reads: Vec<BoxFuture<'_, Read>> = Vec::new();
        let mut unread = Vec::new();
        if managed(Kind::DataStore) {
            match self.client.data_stores().await {
                Ok(stores) => {
                    reads.extend(stores.into_iter().map(|one| self.data_store(one).boxed()));
                }
                Err(error) if is_about_one_kind(&error) => {
                    unread.push(unreadable(Kind::DataStore, EVERY_ONE, "", &error));
                }
                Err(error) => return Err(error),
            }
        }
        if managed(Kind::DataAction) {
            match self.client.data_actions().await {
                Ok(actions) => {
                    reads.extend(actions.into_iter().map(|one| self.data_action(one).boxed()));
                }
                Err(error) if is_about_one_kind(&error) => {
                    unread.push(unreadable(Kind::DataAction, EVERY_ONE, "", &error));
                }
                Err(error) => return Err(error),
            }
        }
        if managed(Kind::Flow) {
            let (flows, running) = futures::try_join!(self.client.flows(), self.running())?;
            let read = |one: FlowListing| {
                let running = running.get(&one.id).cloned();
                self.flow(one, running).boxed()
            };
            reads.extend(flows.into_iter().map(read));
        }
        let read: Vec<Read> =
            futures::stream::iter(reads).buffer_unordered(SIDE_BY_SIDE).collect().await;
        let mut live = Vec::new();
        for one in read {
            match one {
                Ok(one) => live.push(one),
                Err(one) => unread.push(one),
            }
        }
        live.sort_by(|a, b| {
            let key =
                |one: &Candidate| (one.kind, one.display_name.clone(), one.platform_id.clone());
            key(a).cmp(&key(b))
        });
        Ok((live, unread))
    }

    /// Returns which version of each flow the target environment runs.
    async fn running(&self) -> Result<BTreeMap<FlowId, VersionId>, Error> {
        let target = &self.environment.target_environment;
        let filter = DeploymentFilter::default().target_environment(target).current();
        let mut running = BTreeMap::new();
        for (flow, deployment) in self.client.deployments(&filter).await? {
            // Newest first: a server that ignores `current` lists older ones too.
            if let Some(flow) = flow
                && deployment.status == DeploymentStatus::Success
            {
                running.entry(flow).or_insert(deployment.version_id);
            }
        }
        Ok(running)
    }

    async fn flow(&self, listed: FlowListing, running: Option<VersionId>) -> Read {
        let left = |reason: &str| left(Kind::Flow, &listed.name, listed.id.as_str(), reason);
        let failed = |error| unreadable(Kind::Flow, &listed.name, listed.id.as_str(), &error);
        let flow = self.client.flow(&listed.id).await.map_err(failed)?;
        let flow = flow.ok_or_else(|| left(GONE))?;
        let version = match self.watch {
            Watch::Draft => flow.published.clone(),
            Watch::Deployment => running.clone(),
        };
        let signed = match &version {
            Some(version) => {
                let signed = self.client.signed_version(&flow.id, version).await;
                Some(signed.map_err(failed)?.ok_or_else(|| left(NO_VERSION))?)
            }
            None if self.which == Which::Drafts => None,
            None if self.watch == Watch::Draft => return Err(left(UNPUBLISHED)),
            None => {
                let target = &self.environment.target_environment;
                return Err(left(&format!("{target} runs no version of it")));
            }
        };
        Ok(self.declared(flow, signed, version == running))
    }

    /// The flow as a manifest would declare it.
    fn declared(&self, flow: FlowDetail, signed: Option<SignedVersion>, runs: bool) -> Candidate {
        let notes = signed.as_ref().map(|signed| self.notes(&flow, signed, runs));
        let made_for = signed.as_ref().and_then(|signed| signed.owner.clone());
        let content = match (self.which, signed) {
            (Which::Published, Some(signed)) => signed.content,
            _ => flow.draft.content,
        };
        let description = flow.description.filter(|text| !text.is_empty());
        let display_name = flow.name.clone();
        let declared = Flow { display_name, description, version: None, content };
        Candidate {
            kind: Kind::Flow,
            platform_id: flow.id.to_string(),
            display_name: flow.name,
            content: Content::Flow {
                flow: Box::new(declared),
                made_for: made_for.map(|owner| (owner.project, owner.resource)),
            },
            notes: notes.unwrap_or_default(),
        }
    }

    fn notes(&self, flow: &FlowDetail, signed: &SignedVersion, runs: bool) -> Vec<String> {
        let target = &self.environment.target_environment;
        let edited = hash(&flow.draft.content) != hash(&signed.content);
        let deploys = self.environment.strategy == Strategy::Deploy;
        let who = flow.draft.updated_by.as_deref().unwrap_or("someone");
        let draft = match self.which {
            Which::Published if edited && self.watch == Watch::Draft => Some(format!(
                "its draft holds what is not published ({who} wrote it last); that is not exported"
            )),
            Which::Drafts if edited => Some(format!(
                "its draft is exported, which is not what is published ({who} wrote it last)"
            )),
            _ => None,
        };
        let deployed = (!runs && deploys).then(|| {
            format!(
                "{target} does not run the published version; once the flow is taken over, a pass deploys \
                 it, unless something else runs"
            )
        });
        draft.into_iter().chain(deployed).collect()
    }

    async fn data_action(&self, listed: DataActionListing) -> Read {
        let (kind, id) = (Kind::DataAction, listed.id.as_str());
        let live = self.client.data_action(&listed.id).await;
        let live = live.map_err(|error| unreadable(kind, &listed.name, id, &error))?;
        let live = live.ok_or_else(|| left(kind, &listed.name, id, GONE))?;
        Ok(Candidate {
            kind,
            platform_id: id.to_owned(),
            display_name: live.name.clone(),
            content: Content::DataAction(Box::new(live)),
            notes: Vec::new(),
        })
    }

    async fn data_store(&self, listed: DataStoreListing) -> Read {
        let (kind, id) = (Kind::DataStore, listed.id.as_str());
        let read = self.read_store(&listed.id).await;
        let read = read.map_err(|error| unreadable(kind, &listed.name, id, &error))?;
        let (live, count) = read.ok_or_else(|| left(kind, &listed.name, id, GONE))?;
        let crowded = count > MOST_ITEMS;
        let note = crowded.then(|| {
            format!(
                "it holds {count} records, and more than {MOST_ITEMS} are not written: they are left to \
                 others (`policy: ignore`)"
            )
        });
        Ok(Candidate {
            kind,
            platform_id: id.to_owned(),
            display_name: live.name.clone(),
            content: Content::DataStore {
                live: Box::new(live),
                policy: if crowded { ItemPolicy::Ignore } else { ItemPolicy::Partial },
            },
            notes: note.into_iter().collect(),
        })
    }

    /// Returns a store and how many records it holds; so many that they would not be written are not
    /// read.
    async fn read_store(&self, id: &DataStoreId) -> Result<Option<(LiveDataStore, u64)>, Error> {
        let Some(detail) = self.client.data_store(id).await? else { return Ok(None) };
        let Some(fields) = self.client.schema(id).await? else { return Ok(None) };
        let count = self.client.item_count(id).await?;
        let items = match count {
            0 => Vec::new(),
            count if count > MOST_ITEMS => Vec::new(),
            _ => self.client.items(id, &fields).await?,
        };
        let live = LiveDataStore {
            id: detail.id,
            name: detail.name,
            description: detail.description,
            updated_at: detail.updated_at,
            fields,
            items: items.into_iter().map(|live| (live.item.id.clone(), live)).collect(),
        };
        Ok(Some((live, count)))
    }
}

const GONE: &str = "the tenant lists it and does not have it: deleted this moment; export again";
const NO_VERSION: &str =
    "the tenant names a version of it that it does not have: deleted this moment; export again";
const UNPUBLISHED: &str = "it has no published version; publish it, or export drafts with --drafts";

/// What stands for the names of a kind that cannot be listed.
const EVERY_ONE: &str = "(every one)";

/// Tells whether an error says that the client may not read a kind, or that the tenant has no such call;
/// anything else is as bad for the other kinds.
fn is_about_one_kind(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Forbidden { .. } | ErrorKind::EndpointMissing { .. })
}

fn left(kind: Kind, name: &str, id: &str, reason: &str) -> NotExported {
    NotExported {
        kind,
        display_name: name.to_owned(),
        platform_id: id.to_owned(),
        reason: reason.to_owned(),
        unreadable: false,
    }
}

fn unreadable(kind: Kind, name: &str, id: &str, error: &Error) -> NotExported {
    NotExported { unreadable: true, ..left(kind, name, id, &error.to_string()) }
}
