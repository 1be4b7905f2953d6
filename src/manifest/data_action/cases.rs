//! `spec.tests`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{Expectation, Span, TestCase};

use super::super::json::{self, References};
use super::super::report::{Report, quote};
use super::super::tree::Node;
use super::{either, twice};

const KEYS: &[&str] = &["name", "input", "expect"];

const EXPECT_KEYS: &[&str] = &["output", "error"];

/// Returns the cases as far as they can be read; what is wrong has been reported.
pub(super) fn read_all(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Vec<TestCase>> {
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    report.each(key, node, |report, _, node| {
        let (case, name_place) = case(report, node)?;
        if let Some(earlier) = first.get(&case.name) {
            twice(report, &format!("the test {}", quote(&case.name)), name_place, *earlier);
            return None;
        }
        first.insert(case.name.clone(), name_place);
        Some(case)
    })
}

fn case(report: &mut Report, node: &Node<'_>) -> Option<(TestCase, Span)> {
    let fields = report.fields("a test", node, KEYS)?;
    let input = report.optional(&fields, "input", input);
    let expect = report.optional(&fields, "expect", expectation);
    let name = report.required(&fields, "name", |report, key, node| {
        Some((report.filled(key, node)?.to_owned(), node.span))
    });
    // What cannot be read must not be taken for its default.
    let expect = if fields.get("expect").is_some() { expect? } else { Expectation::Success };
    let (name, place) = name?;
    let input = input.unwrap_or_else(|| Value::Object(Map::new()));
    Some((TestCase { name, input, expect, place: node.span }, place))
}

/// The platform takes an input of other types neither.
fn input(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Value> {
    report.mapping(key, node)?;
    Some(json::read(report, node, References::Literal).value)
}

fn expectation(report: &mut Report, _: &str, node: &Node<'_>) -> Option<Expectation> {
    let fields = report.fields("an expectation", node, EXPECT_KEYS)?;
    match either(report, "an expectation", &fields, ["output", "error"])? {
        "error" => report
            .optional(&fields, "error", Report::filled)
            .map(|text| Expectation::Error(text.to_owned())),
        _ => report.optional(&fields, "output", |report, _, node| {
            Some(Expectation::Output(json::read(report, node, References::Literal).value))
        }),
    }
}
