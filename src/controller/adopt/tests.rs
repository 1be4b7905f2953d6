use std::collections::BTreeMap;
use std::sync::Arc;

use super::message::{Part, message};
use super::{Adoption, Offer, plan};
use crate::delta::{Delta, hash};
use crate::manifest::{Content, File, parse, project, resolve};
use crate::model::{
    Conflict, Desired, Drift, Environment, LivePart, Move, ResourceId, ResourceOutcome, Side,
    Wanted,
};
use crate::plan::{Action, Aim, DataStoreWork, FlowWork, Opening, Plan, ResourcePlan, Stage, Work};

fn moved(how: &str) -> Move {
    Move { part: LivePart::Definition, by: None, at: None, how: how.to_owned() }
}

fn resource() -> ResourcePlan {
    let conflict = Conflict {
        part: None,
        pointer: "/enabled".to_owned(),
        base: Some(true.into()),
        live: None,
        git: Some("x".repeat(300).into()),
    };
    ResourcePlan {
        id: ResourceId::data_store("customers"),
        display_name: "customers".to_owned(),
        place: None,
        action: Action::Leave(ResourceOutcome::Drifted),
        stage: Stage::New,
        reason: None,
        delta: Delta::default(),
        settings: Vec::new(),
        drift: Some(Drift {
            side: Side::Both,
            moves: vec![moved("someone changed /description at 2027-01-15T08:00:00Z")],
            conflicts: vec![conflict],
        }),
        needs: Vec::new(),
        work: Work::DataStore(DataStoreWork::default()),
    }
}

#[test]
fn the_message_says_who_changed_what_and_what_is_left() {
    let resource = resource();
    let left = vec!["/description: \"${values.x}\" is filled in by each environment".to_owned()];
    let text = message("production", &[Part { resource: &resource, left }]);
    insta::assert_snapshot!(text.replace(&"x".repeat(150), "…"), @r#"
    Adopt what changed live in production

    DataStore/customers
    - someone changed /description at 2027-01-15T08:00:00Z
    - conflict at /enabled: git's value is kept
      before: true
      live: nothing
      git: "…xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    - not written: /description: "${values.x}" is filled in by each environment
    "#);
}

const PROJECT: &str = "apiVersion: flowgate.dev/v1
kind: Project
metadata: {name: p}
spec:
  tenants: [{name: t, baseUrl: \"https://t.example.com\"}]
  environments: [{name: e, tenant: t, targetEnvironment: X}]
";

const FLOWS: &str = "# both
apiVersion: flowgate.dev/v1
kind: Flow
metadata: {name: a}
spec: {elements: [{id: begin, type: Begin}, {id: end, type: End}]} # one
---
apiVersion: flowgate.dev/v1
kind: Flow
metadata: {name: b}
spec:
  displayName: B # two
  elements: [{id: begin, type: Begin}, {id: end, type: End}]
";

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), content: Content::Bytes(text.into()) }
}

fn flows() -> (Desired, Environment) {
    let project = project(file("flowgate.yaml", PROJECT)).expect("a project");
    let environment = project.project.environments[0].clone();
    let parsed = Arc::new(parse(file("flows/both.yaml", FLOWS)));
    let declared = resolve(&[parsed], &BTreeMap::new(), &project, &environment).declared;
    let wanted = |declared: Arc<crate::model::DesiredFlow>| Wanted {
        hash: hash(&declared.flow.content),
        declared,
    };
    let flows = declared.flows.into_iter().map(|(id, flow)| (id, wanted(flow))).collect();
    (Desired { flows, ..Desired::default() }, environment)
}

fn planned(desired: &Desired) -> Plan {
    let flow = |(id, wanted): (&ResourceId, &Wanted<crate::model::DesiredFlow>)| {
        let mut merged = wanted.declared.flow.clone();
        merged.display_name = format!("Live {}", id.name);
        let work = FlowWork { merged: Some(Box::new(merged)), ..FlowWork::default() };
        ResourcePlan { id: id.clone(), work: Work::Flow(work), ..resource() }
    };
    Plan {
        project: "p".to_owned(),
        environment: "e".to_owned(),
        tenant: "t".to_owned(),
        target_environment: "X".to_owned(),
        revision: "0123456789012345678901234567890123456789".parse().expect("a revision"),
        resources: desired.flows.iter().map(flow).collect(),
        unchanged: 0,
        refreshed: Vec::new(),
        aim: Aim::Reconcile,
        holds: Vec::new(),
        refusals: Vec::new(),
        overrides: Vec::new(),
        warnings: Vec::new(),
        opening: Opening::Open,
    }
}

#[test]
fn flows_of_one_file_are_adopted_together() {
    let (desired, environment) = flows();
    let planned = planned(&desired);
    let adopted = plan(&planned, &desired, &environment).expect("adopted");
    assert_eq!(
        (adopted.files, adopted.offer),
        (vec!["flows/both.yaml".to_owned()], Offer::Planned)
    );
    assert_eq!(adopted.left, [""; 0]);
    let files = Adoption::of(&planned, &desired, &environment).expect("adopted").files();
    insta::assert_snapshot!(files[0].1, @r"
    # both
    apiVersion: flowgate.dev/v1
    kind: Flow
    metadata: {name: a}
    spec: {elements: [{id: begin, type: Begin}, {id: end, type: End}], displayName: Live a} # one
    ---
    apiVersion: flowgate.dev/v1
    kind: Flow
    metadata: {name: b}
    spec:
      displayName: Live b # two
      elements: [{id: begin, type: Begin}, {id: end, type: End}]
    ");
}
