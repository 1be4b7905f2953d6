//! Random tenants, made through the API, exported and taken over.

use std::collections::BTreeSet;

use flowgate::controller::{Place, Which};
use flowgate::model::{Outcome, ResourceOutcome};
use http::Method;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

use crate::exports::{
    Content, adopting, deployed, exported, left, looked_at, made, published, taken_over,
};
use crate::world::{ONE, World, request};

/// Texts that YAML, templates or JavaScript could read as something else.
const ODD: &[&str] = &[
    "",
    "yes",
    "No",
    "null",
    "~",
    "true",
    "0123",
    "1e3",
    "0x1f",
    "3.0",
    ".5",
    "1_000",
    "12:30:45",
    "2026-03-01",
    "${values.greeting}",
    "$${values.x}",
    "${",
    "$",
    "$$${x}",
    "'single'",
    "\"double\"",
    "it's",
    "a: b",
    "a #b",
    "# c",
    "- d",
    "? e",
    "| f",
    "> g",
    "& h",
    "* i",
    "! j",
    "% k",
    "@ l",
    "` m",
    "{n}",
    "[o]",
    "<<",
    "=",
    "...",
    "---",
    " leading",
    "trailing ",
    "two\nlines",
    "ends\n",
    "ends\n\n",
    "\nbegins",
    "\ttab",
    "a\tb",
    "\r\n",
    "a\r\nb",
    "back\\slash",
    "\\n",
    "\u{feff}bom",
    "\u{85}",
    "\u{2028}",
    "é ü ß",
    "客服",
    "🙂",
    "\u{0}",
    "\u{7f}",
    "on",
    "y",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(ODD).prop_map(str::to_owned),
        2 => "[a-zA-Z ,.']{0,20}",
        1 => "\\PC{0,12}",
        1 => "([ -~äé]{0,8}\n){0,4}[ -~]{0,4}",
    ]
}

fn filled() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("x{text}"))
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        (-(1_i64 << 53)..(1_i64 << 53)).prop_map(Value::from),
        (-100_i64..100).prop_map(Value::from),
        any::<f64>()
            .prop_filter_map("a number", |n| serde_json::Number::from_f64(n).map(Value::from)),
    ];
    let leaf = prop_oneof![
        4 => text().prop_map(Value::from),
        2 => number,
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            object(inner),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> {
    prop::collection::btree_map(text(), inner, 0..4)
        .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>()))
}

fn script() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("  return context.input;".to_owned()),
        Just("  var s = `${values.greeting} $${context.input}`;".to_owned()),
        Just("  // C:\\temp\\new\t#'\"".to_owned()),
        Just(String::new()),
        "[ \t]{0,4}// \\PC{0,20}".prop_map(|line| line.replace(['\u{2028}', '\u{2029}'], "")),
    ];
    let end = prop::sample::select(vec!["\n", "\r\n"]);
    (prop::collection::vec(line, 0..6), end, 0..3_usize, any::<bool>()).prop_map(
        |(lines, end, ends, bom)| {
            let bom = if bom && ends == 0 { "\u{feff}" } else { "" };
            let begin = "function main(context) {";
            let all = [vec![begin.to_owned()], lines, vec!["}".to_owned()]].concat();
            format!("{bom}{}{}", all.join(end), end.repeat(ends))
        },
    )
}

/// Draws from strategies, always the same for one seed.
struct Dice(TestRunner);

impl Dice {
    fn of(seed: u8) -> Self {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        Self(TestRunner::new_with_rng(Config::default(), rng))
    }

    fn draw<S: Strategy>(&mut self, strategy: S) -> S::Value {
        strategy.new_tree(&mut self.0).expect("a value").current()
    }

    fn pick(&mut self, below: usize) -> usize {
        self.draw(0..below)
    }
}

const FLOWS: usize = 80;
const ACTIONS: usize = 60;
const STORES: usize = 60;

async fn actions(world: &World, dice: &mut Dice) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for n in 0..ACTIONS {
        let name = format!("{}_{n}", dice.draw("[a-zA-Z0-9_-]{1,8}"));
        let calls: BTreeSet<String> =
            (0..dice.pick(3)).filter_map(|_| names.get(dice.pick(ACTIONS)).cloned()).collect();
        let mut trigger = json!({"type": "MANUAL"});
        if n % 3 == 0 {
            trigger[format!("k{}", dice.draw(text()))] = dice.draw(value());
        }
        let body = json!({
            "name": name, "description": dice.draw(text()), "type": "SCRIPT", "trigger": trigger,
            "script": {"language": "JavaScript", "content": dice.draw(script())},
            "enabled": n % 5 != 0, "dependencies": calls, "platformOnly": n,
        });
        world.call(Method::POST, "/api/v2/dataactions/actions", body).await;
        names.push(name);
    }
    names
}

const TYPES: &[&str] = &["string", "number", "boolean", "datetime", "json", "relationship"];

fn value_of(kind: &str, dice: &mut Dice) -> Option<Value> {
    let drawn = match kind {
        "string" => dice.draw(text()).into(),
        "number" => dice.draw(-1000..1000_i64).into(),
        "boolean" => dice.draw(any::<bool>()).into(),
        "datetime" => format!("2026-03-0{}T09:30:00.5Z", 1 + dice.pick(9)).into(),
        "json" => dice.draw(value()),
        _ => return None,
    };
    Some(drawn).filter(|value| !value.is_null())
}

async fn stores(world: &World, dice: &mut Dice) -> Vec<String> {
    let mut names = Vec::new();
    for n in 0..STORES {
        let name = format!("{}{n}", dice.draw("[a-zA-Z0-9][a-zA-Z0-9_-]{0,6}x"));
        let fields: Vec<(String, &str)> = (0..=dice.pick(6))
            .map(|i| (format!("{i}{}", dice.draw(text())), TYPES[dice.pick(TYPES.len())]))
            .collect();
        let schema: Vec<Value> = fields
            .iter()
            .map(|(name, kind)| match dice.pick(3) {
                0 => json!({"name": name, "type": kind, "constraints": {"max_depth": 9, "note": dice.draw(text())}}),
                _ => json!({"name": name, "type": kind}),
            })
            .collect();
        let body = json!({"name": name, "description": dice.draw(text()), "fields": schema});
        let made = world.call(Method::POST, "/api/v2/datastores", body).await;
        let path = format!("/api/v2/datastores/{}/records", made["id"].as_str().expect("an id"));
        records(world, dice, &path, &fields).await;
        names.push(name);
    }
    names
}

async fn records(world: &World, dice: &mut Dice, path: &str, fields: &[(String, &str)]) {
    let mut ids: Vec<String> = Vec::new();
    for n in 0..dice.pick(6) {
        let id = format!("{:08x}-9dad-4dd1-80b4-00c04fd430{n:02x}", dice.draw(any::<u32>()));
        let mut values = Map::new();
        let mut links = Map::new();
        for (field, kind) in fields {
            if *kind == "relationship" && !ids.is_empty() {
                let children = [&ids[dice.pick(ids.len())]];
                let cascade = ["none", "update", "delete"][dice.pick(3)];
                links.insert(field.clone(), json!({"ids": children, "cascade_action": cascade}));
            } else if let (true, Some(value)) = (dice.draw(any::<bool>()), value_of(kind, dice)) {
                values.insert(field.clone(), value);
            }
        }
        world.call(Method::POST, path, json!({"id": id, "fields": values})).await;
        // A chain that would become too long is refused, and then there is one less.
        let related = json!({"fields": links, "_version": 1});
        world.try_call(Method::PATCH, &format!("{path}/{id}"), related).await;
        ids.push(id);
    }
}

fn content(dice: &mut Dice, actions: &[String], stores: &[String]) -> Content {
    let types = ["IVR", "Queue", "Agent", "Conditional", "API", "Database", "set-variable"];
    let mut ids = vec!["begin".to_owned()];
    let mut elements =
        vec![json!({"id": "begin", "type": "Begin", "position": {"x": dice.pick(9)}})];
    for n in 0..dice.pick(8) {
        let (id, kind) = (format!("{n}{}", dice.draw(text())), types[dice.pick(types.len())]);
        let mut configuration = dice.draw(object(value().boxed()));
        match kind {
            "API" => configuration["dataAction"] = actions[dice.pick(actions.len())].clone().into(),
            "Database" => {
                configuration["dataStore"] = stores[dice.pick(stores.len())].clone().into();
            }
            _ => {}
        }
        elements.push(json!({"id": id, "type": kind, "configuration": configuration}));
        ids.push(id);
    }
    ids.push("end".to_owned());
    elements.push(json!({"id": "end", "type": "End"}));
    let mut connectors = Vec::new();
    for (n, pair) in ids.windows(2).enumerate() {
        let mut one = json!({"id": format!("{}->{}", pair[0], pair[1]), "sourceId": pair[0], "targetId": pair[1]});
        if n % 2 == 1 {
            one["id"] = format!("{n}{}", dice.draw(text())).into();
            one["label"] = dice.draw(filled()).into();
            one["condition"] = dice.draw(value());
            one["colour"] = "red".into();
        }
        connectors.push(one);
    }
    let turn = dice.pick(elements.len());
    elements.rotate_left(turn);
    Content { elements: elements.into(), connectors: connectors.into() }
}

/// Makes a tenant of 200 resources, all flows running.
async fn tenant(world: &World, seed: u8) {
    let dice = &mut Dice::of(seed);
    let types =
        ["Begin", "End", "IVR", "Queue", "Agent", "API", "Database", "Conditional", "set-variable"];
    let settings =
        json!({"requestsPerSecond": 100_000, "pendingMs": 0, "runMs": 0, "elementTypes": types});
    world.control(Method::PUT, "settings", settings).await;
    let actions = actions(world, dice).await;
    let stores = stores(world, dice).await;
    for n in 0..FLOWS {
        let name = format!("{}{n}", dice.draw(filled())).replace(['\0', '\u{7f}'], "");
        let description = dice.draw(text());
        let id = made(world, &name, Some(&description)).await;
        let version = published(world, &id, "1.0.0", &content(dice, &actions, &stores)).await;
        deployed(world, &id, &version).await;
    }
}

#[tokio::test(start_paused = true)]
async fn tenants_of_two_hundred_resources_come_to_git_and_stay_as_they_are() {
    for seed in [1, 2] {
        let world = World::of(&ONE.replacen(
            "spec:",
            "spec:\n  elementTypes: [Begin, End, IVR, Queue, Agent, API, Database, Conditional, set-variable]",
            1,
        ), &[]);
        tenant(&world, seed).await;
        world.writes().await;
        let export = exported(&world, Which::Published).await;
        assert_eq!(world.writes().await, []);
        assert_eq!(left(&export), [""; 0]);
        assert_eq!(export.exported.len(), FLOWS + ACTIONS + STORES);
        let holds = |text: &str| export.files.iter().any(|file| file.text.contains(text));
        for text in ["cascadeAction: delete", "\r\n", "$${values.greeting}", "type: set-variable"] {
            assert!(holds(text), "{text}");
        }

        let report = taken_over(&world).await;
        let status = report.status.as_ref().expect("an applied pass");
        assert_eq!(status.outcome, Outcome::Synced);
        let adopted =
            status.resources.iter().filter(|one| one.outcome == ResourceOutcome::Adopted).count();
        assert_eq!((adopted, status.counts.changed), (200, 200));
        let again = world.run(&request("development")).await;
        assert_eq!((again.plan.unchanged, again.plan.resources.len()), (200, 0));
        assert_eq!(world.writes().await, []);
        assert!(world.run(&adopting()).await.plan.resources.is_empty());

        world.control(Method::PUT, "settings", json!({"pageSizeCap": 7})).await;
        let elsewhere = looked_at(&world, Which::Published, Place::Elsewhere).await;
        assert_eq!(elsewhere.files, export.files);
    }
}
