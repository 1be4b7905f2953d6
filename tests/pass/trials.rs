//! Cases of data actions that are run before anything is asked of the tenant.

use flowgate::controller::{Error, Request};
use flowgate::model::{Code, Finding, Selector};

use crate::world::{World, flow, outcomes, request};

/// A data action that returns a tier, and what its case expects.
fn tier(returned: &str, expected: &str) -> String {
    format!(
        "apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {{name: tier}}
spec:
  script: {{content: \"function main() {{ return '{returned}' }}\"}}
  tests: [{{name: any caller, expect: {{output: {expected}}}}}]
"
    )
}

/// A data action that hands on what `tier` returns, and takes only gold.
const LOOKUP: &str = "\
apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {name: lookup}
spec:
  dependencies: [tier]
  script: {content: \"function main(context) { return context.actions.tier(null) }\"}
  tests: [{name: gold, expect: {output: gold}}]
";

fn world(returned: &str, expected: &str) -> World {
    World::with(&[
        ("flows/welcome.yaml", flow("welcome", "Welcome")),
        ("data-actions/tier.yaml", tier(returned, expected)),
        ("data-actions/lookup.yaml", LOOKUP.to_owned()),
    ])
}

/// Runs a pass that must end with findings, before the tenant hears of it; returns the errors.
async fn refused(world: &World) -> Vec<Finding> {
    let sent = world.emulator.requests().len();
    let result = world.try_pass(&request("development")).await;
    let Err(Error::Findings(findings)) = result else { panic!("{result:?}") };
    assert_eq!(world.emulator.requests().len(), sent, "something was sent");
    findings.into_iter().filter(|finding| finding.code == Code::FailingTest).collect()
}

fn places(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| finding.location.line()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_failing_case_ends_the_pass_before_the_first_request() {
    let world = world("silver", "gold");
    let refs = world.refs();
    let findings = refused(&world).await;
    assert_eq!(places(&findings), ["data-actions/lookup.yaml:7", "data-actions/tier.yaml:6"]);
    assert_eq!(world.refs(), refs);
}

#[tokio::test(start_paused = true)]
async fn what_depends_on_a_changed_action_is_run_too() {
    let world = world("gold", "gold");
    world.reconcile().await;
    world.write("data-actions/tier.yaml", &tier("silver", "silver"));
    world.commit("silver");
    let findings = refused(&world).await;
    assert_eq!(places(&findings), ["data-actions/lookup.yaml:7"]);
}

#[tokio::test(start_paused = true)]
async fn a_narrowed_pass_runs_no_cases_of_what_it_leaves_out() {
    let world = world("silver", "gold");
    let greet = tier("hello", "hello");
    let greet = greet.replace("{name: tier}", "{name: greet, labels: {team: care}}");
    world.write("data-actions/greet.yaml", &greet);
    world.commit("greet");
    let selector = Some(Selector::Label { label: "team".into(), value: "care".into() });
    let report = world.run(&Request { selector, ..request("development") }).await;
    assert_eq!(outcomes(&report), ["greet Created -"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_are_run_on_a_runtime_of_many_threads_too() {
    assert_eq!(places(&refused(&world("gold", "silver")).await), ["data-actions/tier.yaml:6"]);
}
