use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::model::{
    Counts, DeltaCounts, DeploymentId, Outcome, Override, Part, ResourceId, ResourceOutcome,
    ResourceStatus, Status,
};
use crate::render::Style;

const STYLE: Style = Style { color: false, width: 80 };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn resource(name: &str, outcome: ResourceOutcome, message: Option<&str>) -> ResourceStatus {
    ResourceStatus {
        id: ResourceId::flow(name),
        outcome,
        message: message.map(Into::into),
        version: Some(semver::Version::new(1, 4, 0)),
        platform_id: None,
        version_id: None,
        deployment_id: None,
        parts: [(Part::Element, DeltaCounts { added: 1, removed: 0, modified: 2 })].into(),
        drift: None,
    }
}

fn status(outcome: Outcome, resources: Vec<ResourceStatus>, unchanged: usize) -> Status {
    let mut counts = Counts { unchanged, ..Counts::default() };
    for resource in &resources {
        counts.add(resource.outcome);
    }
    Status {
        environment: "development".into(),
        revision: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d".parse().unwrap(),
        rolled_back_from: None,
        synced_at: None,
        outcome,
        started_at: at("2026-11-21T10:00:00Z"),
        finished_at: at("2026-11-21T10:00:04Z"),
        operator: "ada@acme.example".into(),
        plan_hash: "sha256:00".into(),
        refusals: Vec::new(),
        overrides: Vec::new(),
        drift_branch: None,
        resources,
        counts,
    }
}

fn effort() -> Effort {
    Effort { requests: 56, writes: 42, elapsed: Duration::from_millis(3_217) }
}

#[test]
fn a_pass_is_a_line_a_resource_and_a_summary() {
    let stuck = "deployment d-1 failed and so did its rollback:\n\u{1b}[31mno route";
    let resources = vec![
        resource("customer-routing", ResourceOutcome::Updated, None),
        resource("予約", ResourceOutcome::Stuck, Some(stuck)),
        resource("same", ResourceOutcome::Unchanged, None),
        ResourceStatus {
            version: None,
            parts: BTreeMap::new(),
            drift: None,
            ..resource("waiting", ResourceOutcome::Waiting, Some("gate approval is pending"))
        },
    ];
    let status = status(Outcome::Failed, resources, 2);
    insta::assert_snapshot!(text(&status, &effort(), STYLE), @r"
    Updated  Flow/customer-routing  1.4.0  +1 ~2 -0
    Stuck    Flow/予約              1.4.0  +1 ~2 -0  deployment d-1 failed and so did its rollback:\n\u001b[31mno route
    Waiting  Flow/waiting                            gate approval is pending
    Failed development at 1a2b3c4d: 1 changed, 3 unchanged, 1 waiting, 1 failed (56 requests, 42 writes, 3.2 s)
    ");
}

#[test]
fn a_pass_that_changed_nothing_is_one_line() {
    let status = status(Outcome::Synced, Vec::new(), 14);
    insta::assert_snapshot!(text(&status, &effort(), STYLE), @"Nothing to do: development is as git wants it at 1a2b3c4d: 0 changed, 14 unchanged (56 requests, 42 writes, 3.2 s)");
}

#[test]
fn a_refused_pass_says_why() {
    let mut status = status(Outcome::Refused, Vec::new(), 3);
    status.refusals = vec!["delete-limit: 3 of 4 flows would be deleted".into()];
    insta::assert_snapshot!(text(&status, &effort(), STYLE), @"
    REFUSED: delete-limit: 3 of 4 flows would be deleted
    Refused development at 1a2b3c4d: 0 changed, 3 unchanged (56 requests, 42 writes, 3.2 s)
    ");
}

fn rows() -> Vec<TableRow> {
    vec![
        TableRow {
            id: ResourceId::flow("customer-routing"),
            outcome: ResourceOutcome::Unchanged,
            version: Some(semver::Version::new(1, 4, 0)),
            deployment: Some(DeploymentId::new("d-17")),
            since: Some(at("2026-11-19T09:00:00Z")),
            drift: None,
        },
        TableRow {
            id: ResourceId::flow("予約"),
            outcome: ResourceOutcome::Drifted,
            version: None,
            deployment: None,
            since: None,
            drift: None,
        },
    ]
}

#[test]
fn the_table_lines_up() {
    let drawn = table(&rows(), at("2026-11-21T10:00:00Z"), STYLE);
    insta::assert_snapshot!(drawn, @"
    RESOURCE               OUTCOME    VERSION  DEPLOYMENT  AGE
    Flow/customer-routing  Unchanged  1.4.0    d-17        2d
    Flow/予約              Drifted    -        -           -
    ");
    insta::assert_snapshot!(format!("{:#}", table_json(&rows(), &[])), @r#"
    {
      "apiVersion": "flowgate.dev/v1",
      "kind": "StatusTable",
      "resources": [
        {
          "deploymentId": "d-17",
          "kind": "Flow",
          "name": "customer-routing",
          "outcome": "Unchanged",
          "since": "2026-11-19T09:00:00Z",
          "version": "1.4.0"
        },
        {
          "kind": "Flow",
          "name": "予約",
          "outcome": "Drifted"
        }
      ]
    }
    "#);
}

fn passes() -> Vec<Status> {
    let resources = vec![resource("a", ResourceOutcome::Created, None)];
    let first = status(Outcome::Synced, resources, 0);
    let waiting = vec![resource("a", ResourceOutcome::Waiting, None)];
    let second =
        Status { finished_at: at("2026-11-21T11:30:00Z"), ..status(Outcome::Waiting, waiting, 3) };
    vec![first, second]
}

#[test]
fn the_history_is_newest_first() {
    let drawn = history(&passes(), at("2026-11-21T11:30:42Z"), STYLE);
    insta::assert_snapshot!(drawn, @"
    REVISION  OUTCOME  WHEN     RESOURCES                          OPERATOR
    1a2b3c4d  Waiting  42s ago  0 changed, 3 unchanged, 1 waiting  ada@acme.example
    1a2b3c4d  Synced   1h ago   1 changed, 0 unchanged             ada@acme.example
    ");
    insta::assert_snapshot!(format!("{:#}", history_json(&passes())), @r#"
    {
      "apiVersion": "flowgate.dev/v1",
      "kind": "History",
      "passes": [
        {
          "counts": {
            "changed": 0,
            "drifted": 0,
            "failed": 0,
            "unchanged": 3,
            "waiting": 1
          },
          "environment": "development",
          "finishedAt": "2026-11-21T11:30:00Z",
          "operator": "ada@acme.example",
          "outcome": "Waiting",
          "planHash": "sha256:00",
          "refusals": [],
          "revision": "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
          "startedAt": "2026-11-21T10:00:00Z"
        },
        {
          "counts": {
            "changed": 1,
            "drifted": 0,
            "failed": 0,
            "unchanged": 0,
            "waiting": 0
          },
          "environment": "development",
          "finishedAt": "2026-11-21T10:00:04Z",
          "operator": "ada@acme.example",
          "outcome": "Synced",
          "planHash": "sha256:00",
          "refusals": [],
          "revision": "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
          "startedAt": "2026-11-21T10:00:00Z"
        }
      ]
    }
    "#);
}

#[test]
fn what_was_set_aside_is_told_of_a_pass_and_in_the_history() {
    let mut told = status(Outcome::Synced, Vec::new(), 3);
    told.overrides = vec![Override {
        flag: "--outside-window".into(),
        passed: "outside the windows Mon 09:00-10:00 (UTC)".into(),
        reason: Some("callers hear \u{1b}[31msilence".into()),
    }];
    insta::assert_snapshot!(text(&told, &effort(), STYLE), @r#"
    Override: --outside-window "callers hear \u{1b}[31msilence" let pass: outside the windows Mon 09:00-10:00 (UTC)
    Nothing to do: development is as git wants it at 1a2b3c4d: 0 changed, 3 unchanged (56 requests, 42 writes, 3.2 s)
    "#);
    insta::assert_snapshot!(history(&[told.clone()], at("2026-11-21T10:00:42Z"), STYLE), @r#"
    REVISION  OUTCOME  WHEN     RESOURCES               OPERATOR
    1a2b3c4d  Synced   38s ago  0 changed, 3 unchanged  ada@acme.example
    Override at 1a2b3c4d: --outside-window "callers hear \u{1b}[31msilence" let pass: outside the windows Mon 09:00-10:00 (UTC)
    "#);
    insta::assert_snapshot!(history_json(&[told])["passes"][0]["overrides"], @r#"[{"flag":"--outside-window","passed":"outside the windows Mon 09:00-10:00 (UTC)","reason":"callers hear \u001b[31msilence"}]"#);
}
