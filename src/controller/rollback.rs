//! Where a rollback goes.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Error;
use super::request::Target;
use crate::cxone::{Client, Owner};
use crate::delta::hash;
use crate::git::{Repo, note};
use crate::model::{
    Declarations, Declared, Desired, DesiredFlow, Flow, FlowContent, FlowId, HoldReason, Metadata,
    ResourceId, Revision, State, Status, Wanted,
};

/// How many commits that were synced an error names.
const NAMED: usize = 5;

/// Returns the commit to go back to: one whose note says that the environment was synced with it. A
/// version of a flow is one of `head`'s.
pub(super) fn revision(
    repo: &Repo,
    environment: &str,
    head: &Revision,
    target: &Target,
) -> Result<Revision, Error> {
    let refused = |why| Error::Rollback { environment: environment.to_owned(), why };
    match target {
        Target::Version(_) => Ok(head.clone()),
        Target::Revision(asked) => {
            let asked = repo.resolve(Some(asked), None)?;
            if asked == *head {
                let why = format!("git is at {}: there is nothing to go back to", head.short());
                return Err(refused(why));
            }
            check_synced(&passes(repo, environment)?, &asked).map_err(refused)?;
            Ok(asked)
        }
        Target::LastSynced => {
            // One that did not come through goes on.
            if let Some(to) = rolled_back(repo, environment, head)? {
                return Ok(repo.resolve(Some(&to), None)?);
            }
            last_synced(&passes(repo, environment)?, head).map_err(refused)
        }
    }
}

/// Where everything was rolled back to, as long as git is where it was then.
fn rolled_back(repo: &Repo, environment: &str, head: &Revision) -> Result<Option<String>, Error> {
    let holds = repo.read_holds(environment)?;
    Ok(holds.into_iter().find_map(|hold| match (hold.resource, hold.reason) {
        (None, HoldReason::RolledBack { from, to }) if from == *head => Some(to),
        _ => None,
    }))
}

/// Reads the recorded passes, newest first; notes of others are left out.
fn passes(repo: &Repo, environment: &str) -> Result<Vec<Status>, Error> {
    let notes = repo.notes(environment)?;
    let mut passes: Vec<_> = notes.iter().filter_map(|one| note::read(&one.text).ok()).collect();
    passes.sort_by_key(|pass| Reverse(pass.finished_at));
    Ok(passes)
}

fn check_synced(passes: &[Status], asked: &Revision) -> Result<(), String> {
    let pass = passes.iter().find(|pass| pass.revision == *asked);
    let what = match pass {
        Some(pass) if pass.synced_at.is_some() => return Ok(()),
        Some(pass) => format!("ended {} with {}", pass.outcome, asked.short()),
        None => format!("was never reconciled at {}", asked.short()),
    };
    Err(format!("it {what}; {}", known(passes)))
}

/// Names commits that one can go back to.
fn known(passes: &[Status]) -> String {
    let mut synced: Vec<_> = passes.iter().filter(|pass| pass.synced_at.is_some()).collect();
    synced.sort_by_key(|pass| Reverse(pass.synced_at));
    let named: Vec<&str> = synced.iter().take(NAMED).map(|pass| pass.revision.short()).collect();
    if named.is_empty() {
        return "no recorded commit was synced".to_owned();
    }
    let more = match synced.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("commits that were synced, newest first: {}{more}", named.join(", "))
}

/// Returns the newest commit that was synced, before the one that is recorded last.
fn last_synced(passes: &[Status], head: &Revision) -> Result<Revision, String> {
    let live = passes.first().map(|pass| &pass.revision);
    let before = passes.iter().filter(|pass| {
        pass.synced_at.is_some() && Some(&pass.revision) != live && pass.revision != *head
    });
    let before = before.max_by_key(|pass| pass.synced_at);
    let before = before.map(|pass| pass.revision.clone());
    before.ok_or_else(|| "no earlier commit was synced here".to_owned())
}

/// Carries the identity of what was renamed since: the state has it under the name of today.
pub(super) fn carry_names(desired: &mut Desired, now: &Declarations) {
    rename(&mut desired.flows, &now.flows, |flow| &mut flow.metadata);
    rename(&mut desired.data_actions, &now.data_actions, |action| &mut action.metadata);
    rename(&mut desired.data_stores, &now.data_stores, |store| &mut store.metadata);
}

fn rename<T: Declared + Clone>(
    then: &mut BTreeMap<ResourceId, Wanted<T>>,
    now: &BTreeMap<ResourceId, Arc<T>>,
    metadata: impl Fn(&mut T) -> &mut Metadata,
) {
    for (id, declared) in now {
        let Some(old) = &declared.metadata().renamed_from else { continue };
        let old = ResourceId { kind: id.kind, name: old.clone() };
        if then.contains_key(id) || now.contains_key(&old) {
            continue;
        }
        if let Some(wanted) = then.get_mut(&old) {
            let declared = Arc::make_mut(&mut wanted.declared);
            metadata(declared).renamed_from = Some(id.name.clone());
        }
    }
}

/// Puts a version of a flow in the place of what git wants of it.
pub(super) async fn want_version(
    desired: &mut Desired,
    id: &ResourceId,
    number: &semver::Version,
    state: &State,
    (project, client): (&str, &Client),
) -> Result<(), String> {
    let wanted = desired.flows.get(id).ok_or(format!("git does not declare {id}"))?;
    let record = wanted.declared.record(state);
    let flow = record.ok_or_else(|| format!("the state does not know {id}"))?;
    let owner = Owner { project: project.to_owned(), resource: id.clone() };
    let content = read_version(&flow.id, number, &owner, client).await?;
    let declared = &*wanted.declared;
    let flow = Flow { content, version: Some(number.clone()), ..declared.flow.clone() };
    let hash = hash(&flow.content);
    // What git says of places is of other content.
    let declared = DesiredFlow {
        element_places: Arc::default(),
        connector_places: Arc::default(),
        flow,
        sourced: Arc::default(),
        missing: None,
        ..declared.clone()
    };
    desired.flows.insert(id.clone(), Wanted { declared: Arc::new(declared), hash });
    Ok(())
}

async fn read_version(
    flow: &FlowId,
    number: &semver::Version,
    owner: &Owner,
    client: &Client,
) -> Result<FlowContent, String> {
    let versions = client.versions(flow, owner).await.map_err(|error| error.to_string())?;
    let Some(version) = versions.iter().find(|one| one.number.as_ref() == Some(number)) else {
        let known = versions.iter().filter_map(|one| one.number.as_ref());
        let known: Vec<String> = known.take(NAMED).map(ToString::to_string).collect();
        return Err(format!("the tenant has no version {number}; it has {}", known.join(", ")));
    };
    let read = client.version(flow, &version.id).await.map_err(|error| error.to_string())?;
    read.map(|(_, content)| content).ok_or_else(|| format!("version {number} is gone"))
}
