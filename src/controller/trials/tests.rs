use serde_json::json;

use super::*;
use crate::delta::hash_data_action;
use crate::git::recorded_data_action;
use crate::manifest::{self, Content, File};
use crate::model::{DataActionId, DataActionRecord, ModifiedTimestamp, Wanted};
use crate::render::Style;

const PROJECT: &str = "\
apiVersion: flowgate.dev/v1
kind: Project
metadata: {name: acme}
spec:
  tenants: [{name: acme, baseUrl: https://api.nicecxone.com}]
  environments: [{name: production, tenant: acme, targetEnvironment: PRODUCTION}]
";

const LOOKUP: &str = "\
apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {name: lookup}
spec:
  dependencies: [tier]
  script:
    content: |
      function main(context) {
        console.log('asked for', context.input.id);
        return {tier: context.actions.tier(context.input.id)};
      }
  tests:
    - {name: gold, input: {id: 1}, expect: {output: {tier: gold}}}
    - {name: silver, input: {id: 2}, expect: {output: {tier: gold}}}
    - {name: unknown, input: {}}
";

const TIER: &str = "\
apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {name: tier}
spec:
  script: {file: tier.js}
  tests:
    - {name: nobody, input: {}, expect: {error: 'must be a number'}}
";

const TIER_JS: &str = "\
function main({ input: id }) {
  if (typeof id !== 'number') throw new TypeError('the id must be a number');
  return id === 1 ? 'gold' : 'silver';
}
";

fn file(path: &str, text: &str) -> File {
    File { path: path.into(), content: Content::Bytes(text.into()) }
}

/// The data actions of these manifests, which may name the script `tier.js`.
fn actions(files: &[(&str, &str)]) -> Actions {
    let project = manifest::project(file("flowgate.yaml", PROJECT)).expect("a project");
    let path = "data-actions/tier.js";
    let scripts = BTreeMap::from([(path.to_owned(), manifest::script(file(path, TIER_JS)))]);
    let parsed = files.iter().map(|(path, text)| manifest::parse(file(path, text)));
    let parsed: Vec<_> = parsed.map(Arc::new).collect();
    let environment = &project.project.environments[0];
    let resolved = manifest::resolve(&parsed, &scripts, &project, environment);
    assert_eq!(resolved.findings, []);
    resolved.declared.data_actions
}

fn example() -> Actions {
    actions(&[("data-actions/lookup.yaml", LOOKUP), ("data-actions/tier.yaml", TIER)])
}

/// The machine that tests is busy: only a test of the clock has a short limit.
fn patient() -> Limits {
    Limits { wall: Duration::from_mins(1), ..Limits::default() }
}

fn run_all(actions: &Actions) -> Vec<Trial> {
    run(actions, &cases(actions).collect::<Vec<_>>(), &patient())
}

/// A data action that depends on others and has one case.
fn manifest(name: &str, dependencies: &str, body: &str) -> String {
    format!(
        "apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {{name: {name}}}
spec:
  dependencies: [{dependencies}]
  script: {{content: 'function main(context) {{ {body} }}'}}
  tests: [{{name: any}}]
"
    )
}

fn thrown(kind: FaultKind, message: &str) -> Fault {
    Fault { kind, message: message.into(), script: None, line: None, column: None }
}

#[test]
fn a_run_is_judged_by_what_its_case_expects() {
    let success = || Expectation::Success;
    let output = |value: Value| Expectation::Output(value);
    let error = |text: &str| Expectation::Error(text.into());
    let boom = || Err(thrown(FaultKind::Thrown, "Error: boom"));
    for (expect, result, passes) in [
        (success(), Ok(json!({"any": 1})), true),
        (success(), boom(), false),
        (output(json!({"a": 1, "b": [2]})), Ok(json!({"b": [2.0], "a": 1.0})), true),
        (output(json!({"a": 1})), Ok(json!({"a": 1, "b": null})), false),
        (output(json!({"a": 1})), Ok(json!({"a": "1"})), false),
        (output(json!([1, 2])), Ok(json!([2, 1])), false),
        (output(Value::Null), Ok(Value::Null), true),
        (output(Value::Null), boom(), false),
        (error("boom"), boom(), true),
        (error("bang"), boom(), false),
        (error("boom"), Ok(json!("boom")), false),
        (error("not done"), Err(thrown(FaultKind::TimedOut, "not done within 1s")), true),
        (error("scripts"), Err(thrown(FaultKind::Busy, "8 earlier scripts still run")), false),
        (error("engine"), Err(thrown(FaultKind::Engine, "the engine broke down")), false),
    ] {
        let shown = format!("{expect:?} of {result:?}");
        let outcome = judge(&expect, result, |_| None);
        assert_eq!(outcome == TrialOutcome::Passed, passes, "{shown}: {outcome:?}");
    }
}

#[test]
fn a_case_is_found_by_a_part_of_its_name() {
    let actions = example();
    for (filters, expected) in [
        (&[][..], &["lookup/gold", "lookup/silver", "lookup/unknown", "tier/nobody"][..]),
        (&["lookup"], &["lookup/gold", "lookup/silver", "lookup/unknown"]),
        (&["ier/"], &["tier/nobody"]),
        (&["p/s", "nobody"], &["lookup/silver", "tier/nobody"]),
        (&["Gold"], &[]),
    ] {
        let filters: Vec<String> = filters.iter().map(ToString::to_string).collect();
        let found = cases(&actions).filter(|case| case.matches(&filters));
        let found = found.map(|case| format!("{}/{}", case.action.metadata.name, case.case.name));
        assert_eq!(found.collect::<Vec<_>>(), expected, "{filters:?}");
    }
}

#[test]
fn cases_come_back_in_their_order_with_what_they_wrote() {
    let trials = run_all(&example());
    let told: Vec<_> = trials.iter().map(|trial| (trial.case.as_str(), &*trial.logs)).collect();
    let line = |text: &str| vec![text.to_owned()];
    let expected = [
        ("gold", line("asked for 1")),
        ("silver", line("asked for 2")),
        ("unknown", line("asked for undefined")),
        ("nobody", Vec::new()),
    ];
    assert_eq!(told, expected.each_ref().map(|(case, logs)| (*case, logs.as_slice())));
    let passed = |trial: &Trial| trial.outcome == TrialOutcome::Passed;
    assert_eq!(trials.iter().map(passed).collect::<Vec<_>>(), [true, false, false, true]);
}

#[test]
fn a_failing_case_is_a_finding_that_leads_to_the_error() {
    let findings = findings(&run_all(&example()));
    let style = Style { color: false, width: 100 };
    insta::assert_snapshot!(render::findings::text(&findings, style), @r#"
    error[failing-test]: the test `silver` of `lookup` fails: /output/tier is "silver", expected "gold"
      --> data-actions/lookup.yaml:14:7
       |
    14 |     - {name: silver, input: {id: 2}, expect: {output: {tier: gold}}}
       |       ^
       |
       = help: to run it again: flowgate test --filter lookup

    error[failing-test]: the test `unknown` of `lookup` fails: action "tier" failed: TypeError: the id must be a number
      --> data-actions/lookup.yaml:15:7
       |
    15 |     - {name: unknown, input: {}}
       |       ^
       |
      ::: data-actions/tier.js:2:41
       |
     2 |   if (typeof id !== 'number') throw new TypeError('the id must be a number');
       |                                         - the error comes from here
       |
       = help: to run it again: flowgate test --filter lookup

    2 errors in 1 file
    "#);
}

#[test]
fn a_case_that_never_ends_fails_in_time() {
    let endless = manifest("endless", "", "while (true) {}");
    let actions = actions(&[("data-actions/endless.yaml", &endless)]);
    let limits = Limits { wall: Duration::from_millis(40), ..Limits::default() };
    let trials = run(&actions, &cases(&actions).collect::<Vec<_>>(), &limits);
    let TrialOutcome::Failed(Mismatch::Fault(fault)) = &trials[0].outcome else {
        panic!("{:?}", trials[0].outcome)
    };
    assert_eq!(fault.message, "not done within 40ms");
}

#[test]
fn a_case_that_may_call_what_git_does_not_declare_is_skipped() {
    let outer = manifest("outer", "inner", "return 1");
    let inner = manifest("inner", "tenants-own", "return 1");
    let files = [("data-actions/a.yaml", &*outer), ("data-actions/b.yaml", &inner)];
    let trials = run_all(&actions(&files));
    let skipped = TrialOutcome::Skipped { undeclared: "tenants-own".into() };
    assert_eq!(trials.iter().map(|trial| &trial.outcome).collect::<Vec<_>>(), [&skipped, &skipped]);
    assert_eq!(findings(&trials), []);
}

#[test]
fn what_changed_and_what_depends_on_it_is_touched() {
    let names = [("a", ""), ("b", "a"), ("c", "b"), ("d", ""), ("e", "d, d2"), ("d2", "")];
    let files = names.map(|(name, dependencies)| {
        (
            format!("data-actions/{name}.yaml"),
            manifest(&format!("act-{name}"), &named(dependencies), ""),
        )
    });
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let wanted = |(id, declared): (ResourceId, Arc<DesiredDataAction>)| {
        let hash = hash_data_action(&declared.content);
        (id, Wanted { declared, hash })
    };
    let data_actions = actions(&files).into_iter().map(wanted).collect();
    let desired = Desired { data_actions, ..Desired::default() };
    let mut state = State::default();
    for wanted in desired.data_actions.values() {
        let record = record(wanted);
        state.data_actions.insert(record.name.clone(), record);
    }
    assert_eq!(touched(&desired, &state), BTreeSet::new());
    state.data_actions.remove("act-b");
    assert_eq!(touched(&desired, &state), BTreeSet::from(["act-b", "act-c"]));
    let other = desired.data_actions[&ResourceId::data_action("act-b")].hash;
    state.data_actions.get_mut("act-d").expect("recorded").hash = other;
    assert_eq!(touched(&desired, &state), BTreeSet::from(["act-b", "act-c", "act-d", "act-e"]));
}

fn named(dependencies: &str) -> String {
    let all = dependencies.split(", ").filter(|name| !name.is_empty());
    all.map(|name| format!("act-{name}")).collect::<Vec<_>>().join(", ")
}

fn record(wanted: &Wanted<DesiredDataAction>) -> DataActionRecord {
    DataActionRecord {
        id: DataActionId::new(wanted.declared.metadata.name.clone()),
        name: wanted.declared.metadata.name.clone(),
        modified: None::<ModifiedTimestamp>,
        hash: wanted.hash,
        content: recorded_data_action(&wanted.declared.content),
        untested: None,
    }
}
