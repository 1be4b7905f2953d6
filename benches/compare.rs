//! How long comparing and hashing take on one core.

use divan::{Bencher, black_box};
use flowgate::delta;
use flowgate::model::{Connector, Element, FlowContent};
use serde_json::{Map, json};

fn main() {
    divan::main();
}

/// Makes a chain of elements with a configuration as flows have it.
fn flow(elements: usize, prompt: &str) -> FlowContent {
    let element = |i: usize| Element {
        id: format!("element-{i}"),
        element_type: "IVR".into(),
        configuration: Map::from_iter([
            ("prompt".into(), json!(format!("{prompt} {i}"))),
            ("timeoutSeconds".into(), json!(5)),
            ("retry".into(), json!({"times": 3, "codes": [408, 429, 503]})),
        ])
        .into(),
        extra: Map::from_iter([("x".into(), json!(i)), ("y".into(), json!(0.5))]),
    };
    let connector = |i: usize| Connector {
        id: format!("element-{i}->element-{}", i + 1),
        source_id: format!("element-{i}"),
        target_id: format!("element-{}", i + 1),
        label: Some("found".into()),
        condition: None,
        extra: Map::new(),
    };
    FlowContent {
        elements: (0..elements).map(element).collect(),
        connectors: (1..elements).map(connector).collect(),
    }
}

/// Four times as many elements take about four times as long.
const SIZES: &[usize] = &[1_250, 5_000, 20_000];

#[divan::bench(args = SIZES)]
fn compare_equal_elements(bencher: Bencher, elements: usize) {
    let (before, after) = (flow(elements, "Hello"), flow(elements, "Hello"));
    bencher.bench(|| delta::compare(black_box(&before), black_box(&after)));
}

#[divan::bench(args = SIZES)]
fn compare_changed_elements(bencher: Bencher, elements: usize) {
    let (before, after) = (flow(elements, "Hello"), flow(elements, "Welcome"));
    bencher.bench(|| delta::compare(black_box(&before), black_box(&after)));
}

#[divan::bench]
fn hash_1000_flows_of_50_elements(bencher: Bencher) {
    let flows: Vec<_> = (0..1_000).map(|i| flow(50, &format!("Hello {i}"))).collect();
    bencher.bench(|| flows.iter().map(delta::hash).fold(0, |count, _| count + 1));
}
