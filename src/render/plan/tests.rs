use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::delta::{FieldChange, compare};
use crate::model::Step;
use crate::model::{
    Connector, Deployed, DeploymentId, DraftRevision, Element, FlowContent, FlowId, Gate,
    ResourceId, ResourceOutcome, VersionId,
};
use crate::plan::{
    Action, Basis, FlowWork, Plan, Refusal, ResourcePlan, Stage, VersionChange, Work,
};
use crate::render::Style;

const STYLE: Style = Style { color: false, width: 80 };

fn element(id: &str, element_type: &str, configuration: &Value) -> Element {
    Element {
        id: id.into(),
        element_type: element_type.into(),
        configuration: configuration.as_object().cloned().unwrap_or_default().into(),
        extra: serde_json::Map::new(),
    }
}

fn connector(source: &str, target: &str) -> Connector {
    Connector {
        id: format!("{source}->{target}"),
        source_id: source.into(),
        target_id: target.into(),
        label: None,
        condition: None,
        extra: serde_json::Map::new(),
    }
}

fn before() -> FlowContent {
    FlowContent {
        elements: vec![
            element("begin", "Begin", &json!({})),
            element(
                "menu",
                "IVR",
                &json!({
                    "prompt": "Welcome",
                    "script": "first line\nsecond line\nthird line\nfourth line\nfifth line\n",
                    "closing": "Thank you for calling Acme today, please stay on the line until \
                                one of our agents can take your call",
                    "retries": 3,
                    "codes": ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"],
                }),
            ),
            element("old", "Queue", &json!({"skill": "sales"})),
            element("end", "End", &json!({})),
        ],
        connectors: [
            connector("begin", "menu"),
            connector("menu", "old"),
            Connector { id: "c9".into(), ..connector("menu", "end") },
        ]
        .into(),
    }
}

fn after() -> FlowContent {
    FlowContent {
        elements: vec![
            element("begin", "Begin", &json!({})),
            element(
                "menu",
                "IVR",
                &json!({
                    "prompt": "Welcome to Acme",
                    "script": "first line\nsecond line\nthird line\nfourth line, new\nfifth line\n",
                    "closing": "Thank you for calling Acme today, please stay on the line until \
                                one of our experts can take your call",
                    "barge/in": true,
                    "codes": ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"],
                }),
            ),
            element("greet", "IVR", &json!({"prompt": "Hello", "voice": "ada"})),
            element("end", "End", &json!({})),
        ],
        connectors: [
            connector("begin", "greet"),
            Connector { label: Some("found".into()), ..connector("greet", "menu") },
            Connector {
                id: "c9".into(),
                condition: Some(json!("x > 1")),
                ..connector("menu", "end")
            },
        ]
        .into(),
    }
}

fn version(from: Option<&str>, to: &str) -> VersionChange {
    let parse = |text: &str| text.parse().unwrap();
    VersionChange { from: from.map(parse), to: parse(to) }
}

fn resource(name: &str, display_name: &str, action: Action) -> ResourcePlan {
    ResourcePlan {
        id: ResourceId::flow(name),
        display_name: display_name.into(),
        place: Some(format!("flows/{name}.yaml:3")),
        action,
        reason: None,
        delta: crate::delta::Delta::default(),
        settings: Vec::new(),
        stage: Stage::New,
        drift: None,
        needs: Vec::new(),
        work: Work::Flow(FlowWork::default()),
    }
}

fn steps(steps: Vec<Step>) -> Work {
    Work::Flow(FlowWork { steps, ..FlowWork::default() })
}

fn flow_work(resource: &mut ResourcePlan) -> &mut FlowWork {
    match &mut resource.work {
        Work::Flow(work) => work,
        _ => panic!("a flow"),
    }
}

fn rollout(first: &[Step]) -> Vec<Step> {
    let rest = [
        Step::Validate,
        Step::Publish,
        Step::Gate(Gate::Tests),
        Step::Gate(Gate::Approval),
        Step::Deploy,
    ];
    first.iter().cloned().chain(rest).collect()
}

fn update() -> ResourcePlan {
    ResourcePlan {
        delta: compare(&before(), &after()),
        settings: vec![FieldChange {
            pointer: "/description".into(),
            before: None,
            after: Some(json!("First contact")),
        }],
        work: Work::Flow(FlowWork {
            version: Some(version(Some("1.3.0"), "2.0.0")),
            steps: rollout(&[Step::UpdateFlow, Step::CreateVersion]),
            basis: Basis {
                flow: Some(FlowId::new("f-1")),
                draft: Some(DraftRevision(14)),
                published: Some(VersionId::new("v-3")),
                deployed: Some(Deployed {
                    deployment: DeploymentId::new("d-7"),
                    version: VersionId::new("v-3"),
                    number: None,
                }),
                ..Basis::default()
            },
            content: after(),
            ..FlowWork::default()
        }),
        ..resource("routing", "Customer Routing", Action::Update)
    }
}

fn plan(resources: Vec<ResourcePlan>) -> Plan {
    Plan {
        project: "acme-contact-centre".into(),
        environment: "production".into(),
        tenant: "acme".into(),
        target_environment: "PRODUCTION".into(),
        revision: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d".parse().unwrap(),
        resources,
        unchanged: 12,
        refreshed: Vec::new(),
        refusals: Vec::new(),
    }
}

fn everything() -> Plan {
    let create = ResourcePlan {
        delta: compare(&FlowContent::default(), &after()),
        work: Work::Flow(FlowWork {
            version: Some(version(None, "1.0.0")),
            steps: rollout(&[Step::CreateFlow, Step::CreateVersion]),
            content: after(),
            ..FlowWork::default()
        }),
        ..resource("welcome", "Welcome", Action::Create)
    };
    let finish = ResourcePlan {
        reason: Some("An earlier pass made the version and did not deploy it".into()),
        work: Work::Flow(FlowWork {
            version: Some(version(Some("1.1.0"), "1.1.0")),
            steps: vec![
                Step::UseVersion(VersionId::new("v-9")),
                Step::Attach(DeploymentId::new("d-9")),
            ],
            ..FlowWork::default()
        }),
        ..resource("finish", "Finish", Action::Update)
    };
    let delete = ResourcePlan {
        place: None,
        delta: compare(&before(), &FlowContent::default()),
        work: steps(vec![Step::DeleteFlow]),
        ..resource("gone", "Gone", Action::Delete)
    };
    let drifted = ResourcePlan {
        reason: Some("Ada changed the draft; export it, or reconcile with --adopt".into()),
        delta: compare(
            &FlowContent::default(),
            &FlowContent {
                elements: vec![element("x", "IVR", &json!({}))],
                connectors: Arc::default(),
            },
        ),
        ..resource("drifted", "Drifted Flow", Action::Leave(ResourceOutcome::Drifted))
    };
    let mut plan = plan(vec![
        resource("adopted", "Adopted", Action::Adopt),
        drifted,
        finish,
        delete,
        update(),
        create,
    ]);
    plan.refusals = vec![Refusal {
        guard: "delete-limit",
        message: "1 of 3 flows would be deleted, the limit is 30 %: raise limits.deletes or \
                  reconcile with --selector"
            .into(),
    }];
    plan
}

#[test]
fn a_plan_shows_what_it_does_element_by_element() {
    insta::assert_snapshot!(text(&everything(), STYLE), @r#"
    Plan of acme-contact-centre for production: tenant acme, target environment PRODUCTION, revision 1a2b3c4d
      = adopt   ! left alone   ~ update   - delete   + create

    = Flow/adopted "Adopted" (flows/adopted.yaml:3)

    ! Flow/drifted "Drifted Flow" Drifted (flows/drifted.yaml:3)
        Ada changed the draft; export it, or reconcile with --adopt
        + element x (IVR)

    ~ Flow/finish "Finish" 1.1.0 (flows/finish.yaml:3)
        An earlier pass made the version and did not deploy it
        steps: use version 1.1.0 (v-9) → wait for deployment d-9

    - Flow/gone "Gone"
        - 4 elements
            - Begin: begin
            - End: end
            - IVR: menu
            - Queue: old
        - 3 connectors
        steps: delete flow

    ~ Flow/routing "Customer Routing" 1.3.0 → 2.0.0 (flows/routing.yaml:3)
        + /description: "First contact"
        + element greet (IVR)
            + /configuration/prompt: "Hello"
            + /configuration/voice: "ada"
        ~ element menu (IVR)
            + /configuration/barge~1in: true
            ~ /configuration/closing:
                ~ "…e line until one of our [-agents-]{+experts+} can take your call"
            ~ /configuration/codes:
                  … 5 lines
                    "epsilon",
                    "zeta",
                -   "eta",
                -   "theta"
                +   "eta"
                  ]
            ~ /configuration/prompt: "Welcome" → "Welcome to Acme"
            - /configuration/retries: 3
            ~ /configuration/script:
                  … 1 line
                  second line
                  third line
                - fourth line
                + fourth line, new
                  fifth line
        - element old (Queue)
        + connector begin->greet
        - connector begin->menu
        ~ connector c9 (menu -> end)
            + /condition: "x > 1"
        + connector greet->menu
            + /label: "found"
        - connector menu->old
        steps: write name and description → create version 2.0.0 → validate → publish → gate tests → gate approval → deploy to PRODUCTION

    + Flow/welcome "Welcome" 1.0.0 (flows/welcome.yaml:3)
        + 4 elements
            + Begin: begin
            + End: end
            + IVR: greet, menu
        + 3 connectors
        steps: create flow → create version 1.0.0 → validate → publish → gate tests → gate approval → deploy to PRODUCTION

    REFUSED: nothing is written while this stands.
      delete-limit: 1 of 3 flows would be deleted, the limit is 30 %: raise limits.deletes or reconcile with --selector

    Plan: 1 to create, 2 to update, 1 to adopt, 1 to delete, 12 unchanged, 1 left alone.
    "#);
}

#[test]
fn a_plan_with_nothing_to_do_is_one_line() {
    insta::assert_snapshot!(text(&plan(Vec::new()), STYLE), @"Nothing to do: 12 resources are as git wants them.");
    let one = Plan { unchanged: 1, ..plan(Vec::new()) };
    insta::assert_snapshot!(text(&one, STYLE), @"Nothing to do: 1 resource is as git wants it.");
}

#[test]
fn a_new_flow_of_40_elements_fits_on_a_screen() {
    let types = ["IVR", "Queue", "API", "Conditional"];
    let elements = (0..40).map(|i| element(&format!("step-{i}"), types[i % 4], &json!({"n": i})));
    let content = FlowContent { elements: elements.collect(), connectors: Arc::default() };
    let large = ResourcePlan {
        delta: compare(&FlowContent::default(), &content),
        ..resource("large", "Large", Action::Create)
    };
    insta::assert_snapshot!(text(&plan(vec![large]), STYLE), @r#"
    Plan of acme-contact-centre for production: tenant acme, target environment PRODUCTION, revision 1a2b3c4d
      + create

    + Flow/large "Large" (flows/large.yaml:3)
        + 40 elements
            + API: step-10, step-14, step-18, step-2, step-22, step-26, step-30,
            +      step-34, step-38, step-6
            + Conditional: step-11, step-15, step-19, step-23, step-27, step-3,
            +              step-31, step-35, step-39, step-7
            + IVR: step-0, step-12, step-16, step-20, step-24, step-28, step-32,
            +      step-36, step-4, step-8
            + Queue: step-1, step-13, step-17, step-21, step-25, step-29, step-33,
            +        step-37, step-5, step-9

    Plan: 1 to create, 0 to update, 0 to delete, 12 unchanged, 0 left alone.
    "#);
}

fn hostile() -> Plan {
    let evil = "\u{1b}[2J\u{202e}|`x` ```\n</details> @team <b>";
    let mut resource = ResourcePlan {
        delta: compare(
            &FlowContent {
                elements: vec![element(evil, "IVR", &json!({"a": "x"}))],
                connectors: Arc::default(),
            },
            &FlowContent {
                elements: vec![element(evil, evil, &json!({"a": evil}))],
                connectors: Arc::default(),
            },
        ),
        reason: Some(evil.into()),
        place: Some(evil.into()),
        work: Work::Flow(FlowWork {
            version: Some(version(None, "1.0.0")),
            steps: vec![Step::UseVersion(VersionId::new(evil))],
            ..FlowWork::default()
        }),
        ..resource("evil", evil, Action::Update)
    };
    resource.settings = vec![FieldChange {
        pointer: "/displayName".into(),
        before: Some(json!("Fine")),
        after: Some(json!(evil)),
    }];
    let refusals = vec![Refusal { guard: "protect", message: evil.into() }];
    Plan { tenant: evil.into(), refusals, ..plan(vec![resource]) }
}

#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let drawn = text(&hostile(), STYLE);
    assert!(!drawn.contains(['\u{1b}', '\u{202e}']));
    insta::assert_snapshot!(drawn, @r#"
    Plan of acme-contact-centre for production: tenant \u001b[2J\u202e|`x` ```\n</details> @team <b>, target environment PRODUCTION, revision 1a2b3c4d
      ~ update

    ~ Flow/evil "\u001b[2J\u202e|`x` ```\n</details> @team <b>" 1.0.0 (\u001b[2J\u202e|`x` ```\n</details> @team <b>)
        \u001b[2J\u202e|`x` ```\n</details> @team <b>
        ~ /displayName:
            - Fine
            + \u001b[2J\u202e|`x` ```
            + </details> @team <b>
        ~ element \u001b[2J\u202e|`x` ```\n</details> @team <b> (\u001b[2J\u202e|`x` ```\n</details> @team <b>)
            ~ /type:
                - IVR
                + \u001b[2J\u202e|`x` ```
                + </details> @team <b>
            ~ /configuration/a:
                - x
                + \u001b[2J\u202e|`x` ```
                + </details> @team <b>
        steps: use version 1.0.0 (\u001b[2J\u202e|`x` ```\n</details> @team <b>)

    REFUSED: nothing is written while this stands.
      protect: \u001b[2J\u202e|`x` ```\n</details> @team <b>

    Plan: 0 to create, 1 to update, 0 to delete, 12 unchanged, 0 left alone.
    "#);
    insta::assert_snapshot!(markdown(&hostile(), "sha256:00"), @r"
    ### flowgate: <code>production</code> (<code>PRODUCTION</code>) at <code>1a2b3c4d</code>

    **Plan: 0 to create, 1 to update, 0 to delete, 12 unchanged, 0 left alone.**

    Plan <code>sha256&#58;00</code>

    **Refused: nothing is written while this stands.**

    ````text
    protect: \u001b[2J\u202e|`x` ```\n</details> @team <b>
    ````

    |  | Resource | Name | Version | Declared |
    | --- | --- | --- | --- | --- |
    | update | <code>Flow/evil</code> | <code>&#92;u001b&#91;2J&#92;u202e&#124;&#96;x&#96; &#96;&#96;&#96;&#92;n&#60;/details&#62; &#64;team &#60;b&#62;</code> | 1.0.0 | <code>&#92;u001b&#91;2J&#92;u202e&#124;&#96;x&#96; &#96;&#96;&#96;&#92;n&#60;/details&#62; &#64;team &#60;b&#62;</code> |

    <details><summary>update <code>Flow/evil</code></summary>

    ````diff
      \u001b[2J\u202e|`x` ```\n</details> @team <b>
    ! /displayName:
    -   Fine
    +   \u001b[2J\u202e|`x` ```
    +   </details> @team <b>
    ! element \u001b[2J\u202e|`x` ```\n</details> @team <b> (\u001b[2J\u202e|`x` ```\n</details> @team <b>)
    !   /type:
    -     IVR
    +     \u001b[2J\u202e|`x` ```
    +     </details> @team <b>
    !   /configuration/a:
    -     x
    +     \u001b[2J\u202e|`x` ```
    +     </details> @team <b>
      steps: use version 1.0.0 (\u001b[2J\u202e|`x` ```\n</details> @team <b>)
    ````

    </details>
    ");
}

#[test]
fn colours_are_written_only_when_asked_for() {
    let style = Style { color: true, ..STYLE };
    let drawn = text(&plan(vec![resource("a", "A", Action::Adopt)]), style);
    insta::assert_snapshot!(drawn.escape_debug(), @r#"\u{1b}[1mPlan of acme-contact-centre for production: tenant acme, target environment PRODUCTION, revision 1a2b3c4d\u{1b}[0m\n\u{1b}[2m  = adopt\u{1b}[0m\n\n\u{1b}[1m\u{1b}[36m= Flow/a\u{1b}[0m \"A\" \u{1b}[2m(flows/a.yaml:3)\u{1b}[0m\n\n\u{1b}[1mNothing to change: 1 resource is taken over as it is. The other 12 are as git wants them.\u{1b}[0m\n"#);
}

#[test]
fn markdown_has_a_table_and_folded_details() {
    insta::assert_snapshot!(markdown(&everything(), "sha256:00"), @r#"
    ### flowgate: <code>production</code> (<code>PRODUCTION</code>) at <code>1a2b3c4d</code>

    **Plan: 1 to create, 2 to update, 1 to adopt, 1 to delete, 12 unchanged, 1 left alone.**

    Plan <code>sha256&#58;00</code>

    **Refused: nothing is written while this stands.**

    ```text
    delete-limit: 1 of 3 flows would be deleted, the limit is 30 %: raise limits.deletes or reconcile with --selector
    ```

    |  | Resource | Name | Version | Declared |
    | --- | --- | --- | --- | --- |
    | adopt | <code>Flow/adopted</code> | <code>Adopted</code> |  | <code>flows/adopted.yaml&#58;3</code> |
    | left alone: Drifted | <code>Flow/drifted</code> | <code>Drifted Flow</code> |  | <code>flows/drifted.yaml&#58;3</code> |
    | update | <code>Flow/finish</code> | <code>Finish</code> | 1.1.0 | <code>flows/finish.yaml&#58;3</code> |
    | delete | <code>Flow/gone</code> | <code>Gone</code> |  |  |
    | update | <code>Flow/routing</code> | <code>Customer Routing</code> | 1.3.0 → 2.0.0 | <code>flows/routing.yaml&#58;3</code> |
    | create | <code>Flow/welcome</code> | <code>Welcome</code> | 1.0.0 | <code>flows/welcome.yaml&#58;3</code> |

    <details><summary>left alone: Drifted <code>Flow/drifted</code></summary>

    ```diff
      Ada changed the draft; export it, or reconcile with --adopt
    + element x (IVR)
    ```

    </details>

    <details><summary>update <code>Flow/finish</code></summary>

    ```diff
      An earlier pass made the version and did not deploy it
      steps: use version 1.1.0 (v-9) → wait for deployment d-9
    ```

    </details>

    <details><summary>delete <code>Flow/gone</code></summary>

    ```diff
    - 4 elements
    -   Begin: begin
    -   End: end
    -   IVR: menu
    -   Queue: old
    - 3 connectors
      steps: delete flow
    ```

    </details>

    <details><summary>update <code>Flow/routing</code></summary>

    ```diff
    + /description: "First contact"
    + element greet (IVR)
    +   /configuration/prompt: "Hello"
    +   /configuration/voice: "ada"
    ! element menu (IVR)
    +   /configuration/barge~1in: true
    !   /configuration/closing:
    !     "…e line until one of our [-agents-]{+experts+} can take your call"
    !   /configuration/codes:
          … 5 lines
            "epsilon",
            "zeta",
    -       "eta",
    -       "theta"
    +       "eta"
          ]
    !   /configuration/prompt: "Welcome" → "Welcome to Acme"
    -   /configuration/retries: 3
    !   /configuration/script:
          … 1 line
          second line
          third line
    -     fourth line
    +     fourth line, new
          fifth line
    - element old (Queue)
    + connector begin->greet
    - connector begin->menu
    ! connector c9 (menu -> end)
    +   /condition: "x > 1"
    + connector greet->menu
    +   /label: "found"
    - connector menu->old
      steps: write name and description → create version 2.0.0 → validate → publish → gate tests → gate approval → deploy to PRODUCTION
    ```

    </details>

    <details><summary>create <code>Flow/welcome</code></summary>

    ```diff
    + 4 elements
    +   Begin: begin
    +   End: end
    +   IVR: greet, menu
    + 3 connectors
      steps: create flow → create version 1.0.0 → validate → publish → gate tests → gate approval → deploy to PRODUCTION
    ```

    </details>
    "#);
    insta::assert_snapshot!(markdown(&plan(Vec::new()), "sha256:00"), @"
    ### flowgate: <code>production</code> (<code>PRODUCTION</code>) at <code>1a2b3c4d</code>

    **Nothing to do: 12 resources are as git wants them.**

    Plan <code>sha256&#58;00</code>
    ");
}

#[test]
fn json_has_everything() {
    let content = |prompt: &str| FlowContent {
        elements: vec![element("greet", "IVR", &json!({"prompt": prompt}))],
        connectors: Arc::default(),
    };
    let mut plan = everything();
    let mut updated = update();
    flow_work(&mut updated).steps = vec![
        Step::UseVersion(VersionId::new("v-9")),
        Step::Gate(Gate::Tests),
        Step::Attach(DeploymentId::new("d-9")),
    ];
    plan.resources =
        vec![ResourcePlan { delta: compare(&content("Hi"), &content("Hello")), ..updated }];
    insta::assert_snapshot!(format!("{:#}", json(&plan, "sha256:00")), @r#"
    {
      "apiVersion": "flowgate.dev/v1",
      "counts": {
        "adopt": 0,
        "create": 0,
        "delete": 0,
        "leftAlone": 0,
        "unchanged": 12,
        "update": 1
      },
      "environment": "production",
      "hash": "sha256:00",
      "kind": "Plan",
      "project": "acme-contact-centre",
      "refusals": [
        {
          "guard": "delete-limit",
          "message": "1 of 3 flows would be deleted, the limit is 30 %: raise limits.deletes or reconcile with --selector"
        }
      ],
      "resources": [
        {
          "action": "update",
          "basis": {
            "deploymentId": "d-7",
            "draftRevision": 14,
            "flowId": "f-1",
            "publishedVersionId": "v-3"
          },
          "delta": {
            "connectors": [],
            "elements": [
              {
                "change": "modified",
                "fields": [
                  {
                    "after": "Hello",
                    "before": "Hi",
                    "pointer": "/configuration/prompt"
                  }
                ],
                "id": "greet",
                "label": "IVR"
              }
            ]
          },
          "displayName": "Customer Routing",
          "kind": "Flow",
          "name": "routing",
          "place": "flows/routing.yaml:3",
          "settings": [
            {
              "after": "First contact",
              "pointer": "/description"
            }
          ],
          "steps": [
            {
              "step": "useVersion",
              "versionId": "v-9"
            },
            {
              "gate": "tests",
              "step": "gate"
            },
            {
              "deploymentId": "d-9",
              "step": "attach"
            }
          ],
          "version": {
            "from": "1.3.0",
            "to": "2.0.0"
          }
        }
      ],
      "revision": "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
      "targetEnvironment": "PRODUCTION",
      "tenant": "acme"
    }
    "#);
}

#[test]
fn json_says_how_a_resource_is_left_alone() {
    let plan = json(&everything(), "sha256:00");
    assert_eq!(plan["resources"][1]["action"], "leave");
    assert_eq!(plan["resources"][1]["outcome"], "Drifted");
    assert_eq!(plan["counts"]["leftAlone"], 1);
}

#[test]
fn the_same_plan_has_the_same_hash_and_another_plan_another() {
    let base = hash(&everything());
    assert_eq!(base, hash(&everything()));
    assert!(base.starts_with("sha256:"));
    let changes: [fn(&mut Plan); 4] = [
        |plan| plan.tenant.push('x'),
        |plan| plan.unchanged += 1,
        |plan| flow_work(&mut plan.resources[4]).content.elements[0].id.push('x'),
        |plan| flow_work(&mut plan.resources[4]).basis.draft = Some(DraftRevision(15)),
    ];
    for change in changes {
        let mut plan = everything();
        change(&mut plan);
        assert_ne!(hash(&plan), base);
    }
}
