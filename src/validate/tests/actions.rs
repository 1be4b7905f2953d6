use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use insta::assert_snapshot;
use serde_json::Map;

use super::super::*;
use super::flows::flow;
use super::{at, metadata, project, text};
use crate::model::{
    Code, DataActionContent, Declarations, DesiredDataAction, ResourceId, ScriptForm, ScriptPlace,
};

fn action(name: &str, dependencies: &[&str]) -> DesiredDataAction {
    let metadata = metadata("data-actions", name);
    let place = |(index, name): (usize, &&str)| ((*name).to_owned(), at(11 + index, 9));
    DesiredDataAction {
        script_place: ScriptPlace {
            source: Arc::clone(&metadata.location.source),
            form: ScriptForm::File,
        },
        metadata,
        content: DataActionContent {
            description: None,
            action_type: "SCRIPT".into(),
            trigger: Map::new(),
            enabled: true,
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
            language: "JavaScript".into(),
            script: "function main(context) {}".into(),
            extra: Map::new(),
        },
        dependency_places: dependencies.iter().enumerate().map(place).collect(),
        tests: Arc::default(),
    }
}

/// Data actions from a text such as `a>b,c b c`: each stands in a file of its own, its dependencies
/// on lines from 11.
fn actions(text: &str) -> BTreeMap<ResourceId, Arc<DesiredDataAction>> {
    let parts = text.split_whitespace().map(|part| part.split_once('>').unwrap_or((part, "")));
    parts
        .map(|(name, dependencies)| {
            let dependencies: Vec<_> = dependencies.split(',').filter(|d| !d.is_empty()).collect();
            (ResourceId::data_action(name), Arc::new(action(name, &dependencies)))
        })
        .collect()
}

/// The actions, and a flow that names those of `used`.
fn declared(text: &str, used: &str) -> Declarations {
    let elements = used.split_whitespace().map(|name| format!("{name}:API={name}"));
    let ids = used.split_whitespace().chain(["end"]);
    let connectors = ["begin"].into_iter().chain(used.split_whitespace()).zip(ids);
    let connectors = connectors.map(|(from, to)| format!("{from}>{to}"));
    let parts: Vec<_> = ["begin:Begin".to_owned(), "end:End".to_owned()]
        .into_iter()
        .chain(elements)
        .chain(connectors)
        .collect();
    let flow = flow("care", &parts.join(" "));
    Declarations {
        flows: BTreeMap::from([(ResourceId::flow("care"), Arc::new(flow))]),
        data_actions: actions(text),
        data_stores: BTreeMap::new(),
    }
}

fn found(actions: &str, used: &str) -> String {
    text(&check(&project(), &declared(actions, used)))
}

#[test]
fn sound_data_actions_have_no_findings() {
    assert_eq!(found("lookup>base,format base format>base", "lookup"), "");
}

#[test]
fn elements_that_name_nothing_declared_are_found() {
    let flow = flow(
        "care",
        "begin:Begin a:API=customer-lokup b:Database=Customers c:API=nowhere d:IVR=any e:API \
         end:End begin>a a>b b>c c>d d>e e>end",
    );
    let mut declared = declared("customer-lookup", "");
    declared.flows = BTreeMap::from([(ResourceId::flow("care"), Arc::new(flow))]);
    let mut project = project();
    project.external.insert(ResourceId::data_store("customers"));
    assert_snapshot!(text(&check(&project, &declared)), @"
    flows/care.yaml:12:12 undeclared-resource: `a` names the data action `customer-lokup`, which is not declared
      help: did you mean `customer-lookup`? if the tenant has it, list `DataAction/customer-lokup` under `spec.external` in flowgate.yaml
    flows/care.yaml:13:12 undeclared-resource: `b` names the data store `Customers`, which is not declared
      help: did you mean `customers`? if the tenant has it, list `DataStore/Customers` under `spec.external` in flowgate.yaml
    flows/care.yaml:14:12 undeclared-resource: `c` names the data action `nowhere`, which is not declared
      help: declare it, or, if the tenant has it, list `DataAction/nowhere` under `spec.external` in flowgate.yaml
    ");
    project.external.insert(ResourceId::data_store("Customers"));
    project.external.insert(ResourceId::data_action("customer-lokup"));
    project.external.insert(ResourceId::data_action("nowhere"));
    let codes: Vec<_> = check(&project, &declared).iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::UnusedDataAction]);
}

#[test]
fn dependencies_that_nobody_declares_are_warned_of() {
    assert_snapshot!(found("lookup>base,formt,tenants-own base format", "lookup"), @"
    data-actions/lookup.yaml:12:9 undeclared-dependency: `lookup` depends on the data action `formt`, which is not declared
      help: did you mean `format`? if the tenant has it, list `DataAction/formt` under `spec.external` in flowgate.yaml
    data-actions/lookup.yaml:13:9 undeclared-dependency: `lookup` depends on the data action `tenants-own`, which is not declared
      help: declare it, or, if the tenant has it, list `DataAction/tenants-own` under `spec.external` in flowgate.yaml
    ");
    let mut project = project();
    project.external.insert(ResourceId::data_action("tenants-own"));
    assert_eq!(check(&project, &declared("lookup>tenants-own", "lookup")), []);
}

#[test]
fn data_actions_that_nobody_needs_are_warned_of() {
    assert_snapshot!(found("lookup>base base lonely>base alone>alone", "lookup"), @"
    data-actions/alone.yaml:4:9 unused-data-action: no flow and no other data action uses `alone`
      help: name it in the `configuration.dataAction` of an element of type `API`, or remove it
    data-actions/alone.yaml:11:9 dependency-cycle: a data action depends on itself: alone → alone
      help: remove one of these dependencies, or move what both sides need into a third
    data-actions/lonely.yaml:4:9 unused-data-action: no flow and no other data action uses `lonely`
      help: name it in the `configuration.dataAction` of an element of type `API`, or remove it
    ");
}

#[test]
fn each_circle_of_dependencies_is_printed_as_a_path_from_its_smallest_name() {
    assert_snapshot!(found("c>a b>c a>b,c,d d>e e>d self>self", "a self"), @"
    data-actions/a.yaml:12:9 dependency-cycle: data actions depend on each other in a circle: a → c → a
      data-actions/c.yaml:11:9 `c` depends on `a`
      help: remove one of these dependencies, or move what both sides need into a third
    data-actions/d.yaml:11:9 dependency-cycle: data actions depend on each other in a circle: d → e → d
      data-actions/e.yaml:11:9 `e` depends on `d`
      help: remove one of these dependencies, or move what both sides need into a third
    data-actions/self.yaml:11:9 dependency-cycle: a data action depends on itself: self → self
      help: remove one of these dependencies, or move what both sides need into a third
    ");
}

#[test]
fn of_data_actions_that_all_depend_on_each_other_one_circle_is_shown() {
    let findings = check(&project(), &declared("a>b,c b>a,c c>a,b", "a"));
    assert_eq!(findings.len(), 1);
    assert_snapshot!(findings[0].message, @"data actions depend on each other in a circle: a → b → a");
}

#[test]
fn a_long_circle_is_shown_in_part() {
    let parts: Vec<_> = (10..60).map(|n| format!("a{n}>a{}", 10 + (n - 9) % 50)).collect();
    let findings = check(&project(), &declared(&parts.join(" "), "a10"));
    assert_snapshot!(findings[0].message, @"data actions depend on each other in a circle: a10 → a11 → a12 → a13 → a14 → a15 → a16 → a17 → a18 → a19 → … (40 more) → a10");
    assert_eq!(findings[0].labels.len(), 12);
}

/// `live` as `name` or `name>dependency,…`.
fn unknown(text: &str, project: &Project, live: &[&str]) -> Vec<Finding> {
    let live = live.iter().map(|text| {
        let (name, calls) = text.split_once('>').unwrap_or((text, ""));
        let calls = calls.split(',').filter(|call| !call.is_empty()).map(str::to_owned);
        (name.to_owned(), calls.collect::<BTreeSet<_>>())
    });
    dependencies(&declared(text, ""), project, &live.collect())
}

#[test]
fn a_circle_through_what_only_the_tenant_has_is_found() {
    let found = unknown("a>live b>other", &project(), &["live>next", "next>b,a", "other", "a>x"]);
    assert_eq!(found.len(), 1);
    assert_snapshot!(found[0].message, @"data actions depend on each other in a circle: a → live → next → a");
    let none = unknown("a>live", &project(), &["live>next", "next>live"]);
    assert_eq!(none, []);
}

#[test]
fn a_dependency_is_declared_or_live_or_external() {
    let mut project = project();
    project.external.insert(ResourceId::data_action("tenants-own"));
    let actions = "lookup>base,live-one,live-on,nowhere,tenants-own base";
    assert_snapshot!(text(&unknown(actions, &project, &["live-one"])), @"
    data-actions/lookup.yaml:13:9 unknown-dependency: `lookup` depends on the data action `live-on`, which neither git declares nor the tenant has
      help: did you mean `live-one`?
    data-actions/lookup.yaml:14:9 unknown-dependency: `lookup` depends on the data action `nowhere`, which neither git declares nor the tenant has
      help: declare it, remove the dependency, or list `DataAction/nowhere` as external
    ");
    let live = ["live-one", "live-on", "nowhere", "tenants-own"];
    assert_eq!(unknown(actions, &project, &live), []);
}

fn in_order(text: &str) -> String {
    let order = dependency_order(&actions(text)).into_iter().map(|id| id.name);
    order.collect::<Vec<_>>().join(" ")
}

#[test]
fn data_actions_come_after_what_they_depend_on_and_otherwise_by_name() {
    for (actions, expected) in [
        ("", ""),
        ("b a c", "a b c"),
        ("a>z z", "z a"),
        ("a>y,z y z b", "b y z a"),
        ("a>nowhere b", "a b"),
        ("top>left,right left>base right>base base", "base left right top"),
        ("a>a b", "a b"),
        ("a>c b>a c>b d", "a b c d"),
        ("a>m m>n n>m z", "m n a z"),
        ("m>n n>m,z z", "z m n"),
    ] {
        assert_eq!(in_order(actions), expected, "{actions}");
    }
}

#[test]
fn a_chain_of_100_000_data_actions_is_walked() {
    let parts: Vec<_> = (100_000..200_000).map(|n| format!("a{n}>a{}", n + 1)).collect();
    let chain = actions(&parts.join(" "));
    assert_eq!(dependency_order(&chain)[0].name, "a199999");
    let circle = actions(&format!("{} a200000>a100000", parts.join(" ")));
    assert_eq!(dependency_order(&circle).len(), 100_001);
    let declared = Declarations { data_actions: circle, ..Declarations::default() };
    let findings = check(&project(), &declared);
    assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::DependencyCycle]);
}
