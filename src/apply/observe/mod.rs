//! Reads what a pass needs of the tenant, and no more.

mod data_actions;
mod data_stores;
mod flows;
mod listed;

use std::collections::BTreeMap;

use futures::StreamExt;

use super::{Context, ProgressEvent, SIDE_BY_SIDE};
use crate::cxone::Error;
use crate::model::{Desired, Found, Observed, Prune, ResourceId, State};
use crate::plan::{Orphans, orphans};

/// How much of the tenant is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// Content only of what the state does not prove unchanged.
    Changed,
    /// Everything.
    Full,
}

/// What is to be found.
struct Wish<'a> {
    desired: &'a Desired,
    state: &'a State,
    refresh: Refresh,
    prune: Prune,
}

/// Reads what the tenant holds of every resource that git declares and, when orphans are to be
/// deleted, of every orphan.
///
/// Sends the lists of the kinds that there are, two for flows and one for each other kind; more only for
/// what the state does not prove to be as git wants it. Fails when a list cannot be read; a single
/// resource that cannot is [`Found::Unreadable`].
pub async fn observe(
    desired: &Desired,
    state: &State,
    refresh: Refresh,
    prune: Prune,
    context: &Context<'_>,
) -> Result<Observed, Error> {
    let wish = Wish { desired, state, refresh, prune };
    let Orphans { flows, data_actions, data_stores } =
        orphans(desired, state, &context.environment.manages);
    let read = |count: usize| if prune == Prune::Owned { count } else { 0 };
    let orphaned = read(flows.len() + data_actions.len() + data_stores.len());
    let total = desired.ids().count() + orphaned;
    context.progress.event(&ProgressEvent::ObserveStarted { total });
    let (flows, data_actions, data_stores) = futures::try_join!(
        flows::observe(&wish, pruned(flows, prune), context),
        data_actions::observe(&wish, pruned(data_actions, prune), context),
        data_stores::observe(&wish, pruned(data_stores, prune), context),
    )?;
    let (data_actions, data_action_names) = data_actions;
    Ok(Observed { flows, data_actions, data_stores, data_action_names })
}

/// Orphans are only read when they may be deleted.
fn pruned<T>(orphans: Vec<T>, prune: Prune) -> Vec<T> {
    match prune {
        Prune::Owned => orphans,
        Prune::Never => Vec::new(),
    }
}

/// What was found of a kind.
type FoundOfKind<T> = BTreeMap<ResourceId, Found<T>>;

/// Runs reads side by side and gathers what they found.
async fn side_by_side<T>(
    reads: impl IntoIterator<Item = impl Future<Output = (ResourceId, Found<T>)>>,
    context: &Context<'_>,
) -> BTreeMap<ResourceId, Found<T>> {
    let told = |found| {
        context.progress.event(&ProgressEvent::Observed);
        found
    };
    futures::stream::iter(reads).buffer_unordered(SIDE_BY_SIDE).map(told).collect().await
}
