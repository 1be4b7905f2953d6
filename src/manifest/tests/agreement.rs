//! Our reading of YAML against that of another reader.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::{json as free_form, report::Report, tree};
use crate::model::Source;
use std::sync::Arc;

/// Returns the first document as JSON, or nothing where something is wrong with it.
fn ours(text: &str) -> Option<Value> {
    let source = Arc::new(Source { path: String::new(), text: text.to_owned() });
    let mut report = Report::new(source);
    let documents = tree::read(text, &mut report);
    let value = documents.first().map_or(Value::Null, |node| {
        free_form::read(&mut report, node, free_form::References::Literal).value
    });
    report.into_findings().is_empty().then_some(value)
}

fn theirs(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

#[test]
fn two_readers_agree_on_documents_as_people_write_them() {
    let documents = [
        include_str!("project.yaml"),
        include_str!("example.yaml").split("\n---").next().unwrap_or_default(),
        include_str!("data-action.yaml"),
        include_str!("data-store.yaml"),
        "a: 1\nb: -2\nc: 0x1F\nd: 0o17\ne: 1.5\nf: 1e3\ng: -.5\nh: 9007199254740991",
        "a: true\nb: False\nc: yes\nd: on\ne: ~\nf:\ng: null\nh: 'null'\ni: \"1\"",
        "a: |\n  one\n   two\n\n  three\nb: |-\n  x\nc: |+\n  x\n\nd: >\n  one\n  two\n\n  three\n",
        "a: 'it''s'\nb: \"\\t\\u00e4\\n\\\\\"\nc: \"one\n  two\"\nd: one\n  two",
        "- a\n- - b\n  - c\n- d: e\n  f: g\n-\n  - h",
        "{a: [b, {c: d}], 'e': \"f\", ? g : h}",
        "a: &a {x: [1, 2]}\nb: *a\nc: [*a, *a]",
        "# comment\na: b # comment\n# comment\nc: 'd' # comment",
        "a: !!str 12\nb: !!int \"12\"",
        "1: one\n2.5: two\ntrue: three",
        "a: 12:30\nb: 1.2.3\nc: 2026-11-21\nd: 1_000\ne: a:b\nf: http://a.b/c#d\ng: -a\nh: .",
        "ä: ö\n\"\\u2028\": ☎\n🎉: 🎊",
        "text",
        "a: []\nb: {}\nc: ''",
    ];
    for text in documents {
        assert_eq!(ours(text), Some(theirs(text)), "{text}");
    }
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53) + 1..1_i64 << 53).prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        "[a-zA-Z0-9 :#,.~!|>'\"{}\\[\\]\n\t-]{0,20}".prop_map(Value::from),
        // To writers of YAML 1.1 these three are line breaks, which they fold.
        "[^\\p{C}\\u{85}\\u{2028}\\u{2029}]{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["yes", "0o7", "1e3", "007", "null", ".inf", "<<", "=", "-", ""])
            .prop_map(Value::from),
    ]
}

pub(super) fn any_value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            // `<<` is the merge key of YAML 1.1, which is refused.
            prop::collection::btree_map(
                "[a-z]{1,4}|[ -~]{1,8}".prop_filter("a merge key", |key: &String| key != "<<"),
                inner,
                0..5
            )
            .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn what_another_writer_writes_is_read_as_it_was(value in any_value()) {
        let document = json!({ "v": value });
        let text = serde_yaml::to_string(&document).expect("YAML");
        prop_assert_eq!(ours(&text), Some(document), "{}", text);
    }

    #[test]
    fn json_is_yaml(value in any_value()) {
        let document = json!({ "v": value });
        let text = serde_json::to_string_pretty(&document).expect("JSON");
        prop_assert_eq!(ours(&text), Some(document), "{}", text);
    }
}
