use std::collections::BTreeMap;

use semver::Version;

use super::*;
use crate::model::{
    DeploymentId, DeploymentStatus, Draft, DraftRevision, FlowBase, FlowContent, FlowId,
    LiveDeployment, LiveVersion, Origin,
};

/// A flow with versions `v1` to `v{count}`, all of this project.
fn flow(count: u64) -> LiveFlow {
    let version = |n: u64| LiveVersion {
        id: VersionId::new(format!("v{n}")),
        number: Some(Version::new(1, 0, n)),
        claimed_hash: None,
        ours: true,
    };
    LiveFlow {
        id: FlowId::new("f"),
        name: "F".to_owned(),
        description: None,
        draft: Draft {
            revision: DraftRevision(1),
            content: FlowContent::default(),
            updated_by: None,
            updated_at: None,
            lock: None,
        },
        published: None,
        versions: (1..=count).rev().map(version).collect(),
        deployments: Vec::new(),
        current: None,
        in_use: BTreeSet::new(),
        contents: BTreeMap::new(),
        origin: Origin::Recorded,
        base: FlowBase::default(),
    }
}

fn deployment(version: &str, status: DeploymentStatus) -> LiveDeployment {
    let (id, version_id) = (DeploymentId::new("d"), VersionId::new(version));
    LiveDeployment { id, version_id, status, error: None, triggered_by: None, started_at: None }
}

fn retired(live: &LiveFlow, keep: u32) -> Vec<String> {
    super::retired(live, None, keep).iter().map(ToString::to_string).collect()
}

#[test]
fn just_so_many_go_that_the_new_version_fits_oldest_first() {
    for (count, keep, expected) in [
        (3, 4, vec![]),
        (4, 4, vec!["v1"]),
        (9, 10, vec![]),
        (10, 10, vec!["v1"]),
        (12, 10, vec!["v1", "v2", "v3"]),
        // The newest three stay whatever is asked for.
        (5, 1, vec!["v1", "v2"]),
        (0, 4, vec![]),
    ] {
        assert_eq!(retired(&flow(count), keep), expected, "{count} versions, {keep} kept");
    }
}

#[test]
fn what_somebody_uses_or_somebody_else_made_stays_and_the_next_older_one_goes() {
    let mut live = flow(12);
    live.published = Some(VersionId::new("v1"));
    live.current = Some(deployment("v2", DeploymentStatus::Success));
    live.deployments = vec![deployment("v3", DeploymentStatus::InProgress)];
    live.in_use = BTreeSet::from([VersionId::new("v4")]);
    live.versions[12 - 5].ours = false;
    assert_eq!(live.versions[12 - 5].id.as_str(), "v5");
    assert_eq!(retired(&live, 10), ["v6", "v7", "v8"]);
}

#[test]
fn versions_of_others_do_not_count_among_the_newest_that_stay() {
    let mut live = flow(8);
    for version in &mut live.versions[..4] {
        version.ours = false;
    }
    assert_eq!(retired(&live, 4), ["v1"], "of v1 to v4 the newest three stay");
}

#[test]
fn what_was_deployed_and_is_not_any_more_goes() {
    let mut live = flow(5);
    live.deployments = vec![deployment("v1", DeploymentStatus::Failed)];
    assert_eq!(retired(&live, 4), ["v1", "v2"]);
}

#[test]
fn nothing_goes_when_nothing_may() {
    let mut live = flow(12);
    live.versions.iter_mut().for_each(|version| version.ours = false);
    assert_eq!(retired(&live, 4), [""; 0]);
}
