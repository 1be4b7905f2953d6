use super::message::{Part, message};
use crate::delta::Delta;
use crate::model::{Conflict, Drift, LivePart, Move, ResourceId, ResourceOutcome, Side};
use crate::plan::{Action, DataStoreWork, ResourcePlan, Stage, Work};

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
