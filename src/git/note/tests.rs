use std::ops::Range;

use jiff::Timestamp;
use proptest::prelude::*;
use semver::Version;

use super::*;
use crate::model::{
    DeploymentId, DriftBranch, Outcome, Override, Part, ResourceId, ResourceOutcome, VersionId,
};

fn resource(name: &str, outcome: ResourceOutcome, message: Option<&str>) -> ResourceStatus {
    ResourceStatus {
        id: ResourceId::flow(name),
        outcome,
        message: message.map(str::to_owned),
        version: Some(Version::new(1, 4, 0)),
        platform_id: Some("f-1".to_owned()),
        version_id: Some(VersionId::new("v-1")),
        deployment_id: None,
        parts: [
            (Part::Element, DeltaCounts { added: 1, removed: 0, modified: 1 }),
            (Part::Connector, DeltaCounts { added: 0, removed: 0, modified: 1 }),
        ]
        .into(),
        drift: None,
    }
}

fn status(outcome: Outcome, resources: Vec<ResourceStatus>) -> Status {
    let mut counts = Counts { unchanged: 120, ..Counts::default() };
    for resource in &resources {
        counts.add(resource.outcome);
    }
    Status {
        environment: "production".to_owned(),
        revision: "0123456789abcdef0123456789abcdef01234567".parse().expect("an id"),
        rolled_back_from: None,
        synced_at: (outcome == Outcome::Synced).then_some(Timestamp::UNIX_EPOCH),
        outcome,
        started_at: Timestamp::UNIX_EPOCH,
        finished_at: Timestamp::UNIX_EPOCH,
        operator: "ada".to_owned(),
        plan_hash: "sha256:00".to_owned(),
        refusals: Vec::new(),
        overrides: Vec::new(),
        drift_branch: None,
        resources,
        counts,
    }
}

fn human_part(note: &str) -> &str {
    note.split("\n{\n").next().unwrap_or_default()
}

#[test]
fn a_note_reads_from_the_top() {
    let status = status(Outcome::Synced, vec![resource("routing", ResourceOutcome::Updated, None)]);
    insta::assert_snapshot!(write(&status), @r#"
    Synced production: 1 changed, 120 unchanged

    Updated Flow/routing 1.4.0: 1 added, 2 modified

    {
      "apiVersion": "flowgate.dev/v1",
      "kind": "Status",
      "environment": "production",
      "revision": "0123456789abcdef0123456789abcdef01234567",
      "outcome": "Synced",
      "startedAt": "1970-01-01T00:00:00Z",
      "finishedAt": "1970-01-01T00:00:00Z",
      "operator": "ada",
      "planHash": "sha256:00",
      "counts": {
        "changed": 1,
        "unchanged": 120,
        "waiting": 0,
        "drifted": 0,
        "failed": 0
      },
      "resources": [
        {"kind":"Flow","name":"routing","action":"Updated","version":"1.4.0","flowId":"f-1","versionId":"v-1","delta":{"elements":{"added":1,"removed":0,"modified":1},"connectors":{"added":0,"removed":0,"modified":1}}}
      ]
    }
    "#);
}

#[test]
fn what_was_set_aside_is_told_to_people_and_to_programs() {
    let mut noted = status(Outcome::Synced, Vec::new());
    let over = |flag: &str, passed: &str, reason: Option<&str>| Override {
        flag: flag.to_owned(),
        passed: passed.to_owned(),
        reason: reason.map(str::to_owned),
    };
    noted.overrides = vec![
        over("--dangerous-exceed-limits", "3 updates of 9 are above the limit of 2", None),
        over("--outside-window", "outside the windows Mon 09:00-10:00 (UTC)", Some("hotfix\nnow")),
    ];
    insta::assert_snapshot!(human_part(&write(&noted)), @r#"
    Synced production: 0 changed, 120 unchanged

    Override: --dangerous-exceed-limits let pass: 3 updates of 9 are above the limit of 2
    Override: --outside-window "hotfix\nnow" let pass: outside the windows Mon 09:00-10:00 (UTC)
    "#);
    insta::assert_snapshot!(json(&noted)["overrides"], @r#"[{"flag":"--dangerous-exceed-limits","passed":"3 updates of 9 are above the limit of 2"},{"flag":"--outside-window","passed":"outside the windows Mon 09:00-10:00 (UTC)","reason":"hotfix\nnow"}]"#);
    assert_eq!(read(&write(&noted)), Ok(noted));
}

#[test]
fn every_outcome_and_message_stays_on_its_line() {
    let mut plain = resource("plain", ResourceOutcome::Kept, None);
    plain.version = None;
    plain.parts.clear();
    let mut noted = status(
        Outcome::Failed,
        vec![
            resource("a", ResourceOutcome::Waiting, Some("approval is pending")),
            resource("b", ResourceOutcome::Failed, Some("line one\r\nline\ttwo\u{2028}\u{1b}[31m")),
            resource("c", ResourceOutcome::Drifted, Some(&"long ".repeat(60))),
            plain,
        ],
    );
    noted.refusals = vec!["40 updates are above\nthe limit".to_owned()];
    insta::assert_snapshot!(human_part(&write(&noted)), @"
    Failed production: 0 changed, 121 unchanged, 1 waiting, 1 drifted, 1 failed

    Refused: 40 updates are above the limit
    Waiting Flow/a 1.4.0: 1 added, 2 modified; approval is pending
    Failed Flow/b 1.4.0: 1 added, 2 modified; line one line two [31m
    Drifted Flow/c 1.4.0: 1 added, 2 modified; long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long …
    Kept Flow/plain
    ");
    assert_eq!(read(&write(&noted)), Ok(noted));
}

#[test]
fn a_failure_carries_its_message_as_an_error() {
    for outcome in ResourceOutcome::ALL {
        let note = write(&status(Outcome::Synced, vec![resource("a", *outcome, Some("why"))]));
        let failed = outcome.of_pass() == Outcome::Failed;
        assert_eq!(note.contains("\"error\":\"why\""), failed, "{outcome}");
        assert_eq!(note.contains("\"message\":\"why\""), !failed, "{outcome}");
    }
}

#[test]
fn nothing_changed_makes_no_empty_list() {
    let note = write(&status(Outcome::Synced, Vec::new()));
    assert_eq!(human_part(&note), "Synced production: 0 changed, 120 unchanged\n");
}

#[test]
fn the_last_status_counts_whatever_stands_around_it() {
    let old = write(&status(Outcome::Waiting, Vec::new()));
    let new = status(Outcome::Synced, Vec::new());
    let appended = format!(
        "{old}\n{}\n{{ not JSON\n{{\"kind\": \"Other\"}}\nSigned-off-by: Ada\n",
        write(&new)
    );
    assert_eq!(read(&appended), Ok(new.clone()));
    assert_eq!(read(&write(&new).replace('\n', "\r\n")), Ok(new.clone()));
    let extended = write(&new).replace("\"kind\"", "\"later\": {\"x\": [1]},\n  \"kind\"");
    assert_eq!(read(&extended), Ok(new));
}

#[test]
fn a_note_that_holds_no_status_is_an_error() {
    let good = write(&status(Outcome::Synced, vec![resource("a", ResourceOutcome::Updated, None)]));
    let say = |note: &str| read(note).expect_err("no status").to_string();
    for foreign in ["", "looks good to me", "{", "{}", "[]", "{\"kind\": 3}", "{\"kind\": \"Pod\"}"]
    {
        assert_eq!(read(foreign), Err(ReadError::Foreign), "{foreign}");
    }
    insta::assert_snapshot!(say(&good.replace("dev/v1", "dev/v9")), @r#"the note's status has apiVersion "flowgate.dev/v9", which this flowgate cannot read; use a newer one"#);
    insta::assert_snapshot!(say(&good.replace("\"Synced\"", "\"Sunk\"")), @r#"the note's status cannot be read: unknown word "Sunk""#);
    insta::assert_snapshot!(say(&good.replace("0123", "xyz")), @r#"the note's status cannot be read: "xyz456789abcdefxyz456789abcdefxyz4567" is not a full git commit id"#);
    insta::assert_snapshot!(say(&good.replace("planHash", "plan")), @"the note's status cannot be read: missing field `planHash`");
}

fn counts() -> impl Strategy<Value = DeltaCounts> {
    let few: Range<usize> = 0..3;
    (few.clone(), few.clone(), few).prop_map(|(added, removed, modified)| DeltaCounts {
        added,
        removed,
        modified,
    })
}

fn time() -> impl Strategy<Value = Timestamp> {
    let first = Timestamp::MIN.as_second();
    let last = Timestamp::MAX.as_second();
    (first..=last, 0..1_000_000_000_i32)
        .prop_filter_map("a time", |(second, nanosecond)| Timestamp::new(second, nanosecond).ok())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "(\\{|\\}|\"kind\"|:|\n|\r| |Status){0,12}"]
}

prop_compose! {
    fn any_resource()(
        name in "[a-z{]{1,8}",
        outcome in prop::sample::select(ResourceOutcome::ALL),
        message in prop::option::of(text()),
        version in prop::option::of((0..9_u64, 0..9_u64).prop_map(|(a, b)| Version::new(a, b, 0))),
        ids in prop::array::uniform3(prop::option::of(text())),
        elements in counts(),
        connectors in counts(),
    ) -> ResourceStatus {
        let [flow, version_id, deployment] = ids;
        ResourceStatus {
            id: ResourceId::flow(name),
            outcome,
            message,
            version,
            platform_id: flow,
            version_id: version_id.map(VersionId::new),
            deployment_id: deployment.map(DeploymentId::new),
            parts: [(Part::Element, elements), (Part::Connector, connectors)].into_iter().filter(|(_, counts)| *counts != DeltaCounts::default()).collect(),
            drift: None,
        }
    }
}

prop_compose! {
    fn any_override()(
        flag in text(), passed in text(), reason in prop::option::of(text()),
    ) -> Override {
        Override { flag, passed, reason }
    }
}

prop_compose! {
    fn any_status()(
        texts in prop::array::uniform3(text()),
        revision in "[0-9a-f]{40}",
        outcome in prop::sample::select(Outcome::ALL),
        times in prop::array::uniform2(time()),
        refusals in prop::collection::vec(text(), 0..3),
        resources in prop::collection::vec(any_resource(), 0..4),
        overrides in prop::collection::vec(any_override(), 0..3),
        failed in any::<u32>(),
        branch in prop::option::of(("[a-z/]{1,9}", "[0-9a-f]{40}")),
    ) -> Status {
        let [environment, operator, plan_hash] = texts;
        Status {
            environment,
            revision: revision.parse().expect("an id"),
            rolled_back_from: None,
            synced_at: (outcome == Outcome::Synced).then_some(times[1]),
            outcome,
            started_at: times[0],
            finished_at: times[1],
            operator,
            plan_hash,
            refusals,
            overrides,
            drift_branch: branch.map(|(name, commit)| DriftBranch {
                name,
                commit: commit.parse().expect("an id"),
            }),
            counts: Counts { failed: failed as usize, changed: resources.len(), ..Counts::default() },
            resources,
        }
    }
}

proptest! {
    #[test]
    fn every_status_survives_its_note(status in any_status()) {
        let note = write(&status);
        prop_assert_eq!(write(&status), note.as_str());
        let lines = human_part(&note).lines().filter(|line| !line.is_empty()).count();
        prop_assert_eq!(lines, 1 + status.refusals.len() + status.overrides.len() + usize::from(status.drift_branch.is_some()) + status.resources.len());
        prop_assert_eq!(read(&note), Ok(status));
    }

    #[test]
    fn no_text_makes_reading_panic(note in text()) {
        let _ = read(&note);
    }
}
