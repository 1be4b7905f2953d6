//! Random changes of random flows in random layouts.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::model::{Connector, Element, Flow};

use super::super::{Extent, says, tree::same};
use super::{declared, flow};
use crate::model::ResourceId;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,6}",
        "[ -~]{0,8}",
        "[a-z\n ]{0,8}",
        Just("true".to_owned()),
        Just("- # x: y".to_owned()),
        Just("${values.greeting}".to_owned()),
        Just("é\u{1f600}'\"\\".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        (-100i64..100).prop_map(Value::from),
        (-8i32..8).prop_map(|n| json!(f64::from(n) / 4.0)),
        Just(Value::Null),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn element() -> impl Strategy<Value = (String, Map<String, Value>)> {
    let configuration = prop::collection::btree_map("[abcd]", value(), 0..4);
    ("[IVR]", configuration.prop_map(|map| map.into_iter().collect()))
}

type Parts = std::collections::BTreeMap<String, (String, Map<String, Value>)>;

/// Ends and label.
type Way = (String, String, Option<String>);

/// What a flow holds before or after, by element; ways go from each element to some others.
fn parts() -> impl Strategy<Value = (Parts, Vec<Way>)> {
    let elements = prop::collection::btree_map("[e-i]", element(), 1..5);
    let ways =
        prop::collection::btree_map(("[e-i]", "[e-i]"), prop::option::of("[a-z]{1,3}"), 0..4);
    (elements, ways.prop_map(|ways| ways.into_iter().map(|((a, b), c)| (a, b, c)).collect()))
}

/// Writes values with the layout that `turns` choose, and a comment wherever one may stand.
struct Layout {
    turns: Vec<u8>,
    at: usize,
    comments: usize,
    out: String,
}

impl Layout {
    fn turn(&mut self, of: u8) -> u8 {
        self.at += 1;
        self.turns[self.at % self.turns.len()] % of
    }

    fn comment(&mut self, indent: usize) {
        if self.turn(2) == 0 {
            self.comments += 1;
            let number = self.comments;
            writeln!(self.out, "{:indent$}# comment {number}", "").expect("a text");
        }
    }

    fn end(&mut self) {
        let end = ["\n", " # behind\n", "  \n", "\n\n"][usize::from(self.turn(4))];
        self.out.push_str(end);
    }

    fn leaf(&mut self, value: &Value) {
        let text = match value {
            Value::String(text) => {
                let text = super::super::super::template::escape(text);
                let plain = text.starts_with(|c: char| c.is_ascii_lowercase())
                    && text.chars().all(|c| c.is_ascii_lowercase())
                    && text != "true";
                match self.turn(3) {
                    0 if plain => text,
                    1 if !text.contains('\n') => format!("'{}'", text.replace('\'', "''")),
                    _ => Value::from(text).to_string(),
                }
            }
            other => other.to_string(),
        };
        self.out.push_str(&text);
    }

    /// Writes what follows `key:` or `-`, the end of its line included.
    fn value(&mut self, indent: usize, value: &Value) {
        match value {
            Value::Object(map) if !map.is_empty() && self.turn(3) > 0 => {
                self.end();
                for (key, value) in map {
                    self.comment(indent);
                    write!(self.out, "{:indent$}{key}:", "").expect("a text");
                    self.value(indent + 3, value);
                }
            }
            Value::Array(items) if !items.is_empty() && self.turn(3) > 0 => {
                self.end();
                for item in items {
                    self.comment(indent);
                    write!(self.out, "{:indent$}-", "").expect("a text");
                    self.value(indent + 2, item);
                }
            }
            other => {
                self.out.push(' ');
                self.flow(other);
                self.end();
            }
        }
    }

    fn flow(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                self.out.push('{');
                for (i, (key, value)) in map.iter().enumerate() {
                    self.out.push_str(if i == 0 { "" } else { ", " });
                    write!(self.out, "{key}: ").expect("a text");
                    self.flow(value);
                }
                self.out.push('}');
            }
            Value::Array(items) => {
                self.out.push_str("[ ");
                for (i, value) in items.iter().enumerate() {
                    self.out.push_str(if i == 0 { "" } else { " ,\t" });
                    self.flow(value);
                }
                self.out.push(']');
            }
            leaf => self.leaf(leaf),
        }
    }
}

fn spec(flow: &Flow) -> Value {
    let elements = flow.content.elements.iter().map(
        |one| json!({"id": one.id, "type": one.element_type, "configuration": *one.configuration}),
    );
    let connectors = flow.content.connectors.iter().map(|one| match &one.label {
        Some(label) => {
            json!({"sourceId": one.source_id, "targetId": one.target_id, "label": label})
        }
        None => json!({"sourceId": one.source_id, "targetId": one.target_id}),
    });
    let (elements, connectors): (Vec<_>, Vec<_>) = (elements.collect(), connectors.collect());
    json!({"elements": elements, "connectors": connectors})
}

fn built((elements, ways): &(Parts, Vec<Way>)) -> Flow {
    let element = |(id, (element_type, configuration)): (&String, &(String, Map<_, _>))| Element {
        id: id.clone(),
        element_type: element_type.clone(),
        configuration: configuration.clone().into(),
        extra: Map::new(),
    };
    let connector = |(source, target, label): &Way| Connector {
        id: format!("{source}->{target}"),
        source_id: source.clone(),
        target_id: target.clone(),
        label: label.clone(),
        condition: None,
        extra: Map::new(),
    };
    let elements = elements.iter().map(element).collect();
    let connectors: Vec<_> = ways.iter().map(connector).collect();
    let content = crate::model::FlowContent { elements, connectors: connectors.into() };
    Flow { display_name: "a".to_owned(), description: None, version: None, content }
}

fn manifest(flow: &Flow, turns: Vec<u8>) -> String {
    let head = "apiVersion: flowgate.dev/v1\nkind: Flow\nmetadata: {name: a}\nspec:";
    let mut layout = Layout { turns, at: 0, comments: 0, out: head.to_owned() };
    // The layout is chosen below `spec` only.
    layout.out.push('\n');
    for (key, value) in spec(flow).as_object().expect("a mapping") {
        layout.comment(2);
        write!(layout.out, "  {key}:").expect("a text");
        layout.value(4, value);
    }
    layout.out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whatever_changes_the_text_says_it_and_keeps_its_comments(
        before in parts(),
        after in parts(),
        turns in prop::collection::vec(any::<u8>(), 1..40),
        windows in any::<bool>(),
    ) {
        let (before, after) = (built(&before), built(&after));
        let text = manifest(&before, turns);
        let text = if windows { text.replace('\n', "\r\n") } else { text };
        let read = declared(&text).flows.remove(&ResourceId::flow("a"));
        prop_assume!(read.is_some());
        let rewritten = flow(&text, |flow| *flow = after.clone());
        let rewritten = rewritten.map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(rewritten.extent, Extent::Changes, "{}", text);
        let again = declared(&rewritten.text).flows.remove(&ResourceId::flow("a"));
        let again = again.ok_or_else(|| TestCaseError::fail(rewritten.text.clone()))?;
        prop_assert!(same(&says::flow(&again.flow), &says::flow(&after)));
        let once_more = flow(&rewritten.text, |flow| *flow = after.clone());
        prop_assert_eq!(once_more.map(|it| it.text), Ok(rewritten.text));
    }

    #[test]
    fn comments_outside_of_what_changes_survive(
        before in parts(),
        changed in element(),
        turns in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let before = built(&before);
        let text = manifest(&before, turns);
        let read = declared(&text).flows.remove(&ResourceId::flow("a"));
        prop_assume!(read.is_some());
        let rewritten = flow(&text, |flow| flow.content.elements[0].configuration = changed.1.into());
        let rewritten = rewritten.map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        // Everything after the first element is as it was.
        let tail = |text: &str| {
            let second = before.content.elements.get(1)?;
            let marks = [format!("id: {}", second.id), format!("id: '{}'", second.id),
                format!("id: \"{}\"", second.id)];
            let at = marks.iter().find_map(|mark| text.find(mark.as_str()))?;
            Some(text[at..].to_owned())
        };
        prop_assert_eq!(tail(&text), tail(&rewritten.text));
        let head = text.lines().take_while(|line| !line.contains("elements")).count();
        let first: Vec<_> = rewritten.text.lines().take(head).collect();
        prop_assert_eq!(first, text.lines().take(head).collect::<Vec<_>>());
    }
}
