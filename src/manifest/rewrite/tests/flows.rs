use serde_json::{Value, json};

use crate::model::{Connector, Element, Flow};

use super::super::{Extent, Left};
use super::{diff, flow};

const FLOW: &str = r#"# the greeting
apiVersion: flowgate.dev/v1
kind: Flow
metadata:
  name: a # its name
spec:

  # what people see
  displayName: 'The flow' # quoted
  elements:
    - {id: begin, type: Begin}
    # asks the caller
    - id: ask   # first
      type: IVR
      configuration:
        prompt: "Hello" # said twice
        # how long
        seconds: 5
        text: |
          one
            two

        menu: {a: 1, b: [x, y]} # keys
        steps:
          - one   # uno
          - two
          # the end
    - id: filled
      type: IVR
      configuration: {prompt: "${values.greeting}", note: plain}
    - id: end
      type: End

  # ways
  connectors:
    - {sourceId: begin, targetId: ask}
    # the usual way
    - sourceId: ask
      targetId: filled
      label: found # yes
    - {id: last, sourceId: filled, targetId: end}
---
# another document
apiVersion: flowgate.dev/v1
kind: Flow
metadata: {name: b}
spec: {elements: [{id: begin, type: Begin}]}
"#;

fn changed(change: impl FnOnce(&mut Flow)) -> String {
    let rewritten = flow(FLOW, change).expect("rewritten");
    assert_eq!((rewritten.extent, rewritten.left), (Extent::Changes, vec![]));
    diff(FLOW, &rewritten.text)
}

fn set(flow: &mut Flow, element: usize, key: &str, value: Value) {
    let configuration = std::sync::Arc::make_mut(&mut flow.content.elements[element].configuration);
    match value {
        Value::Null => drop(configuration.remove(key)),
        value => drop(configuration.insert(key.to_owned(), value)),
    }
}

fn connectors(flow: &mut Flow, change: impl FnOnce(&mut Vec<Connector>)) {
    let mut connectors = flow.content.connectors.to_vec();
    change(&mut connectors);
    flow.content.connectors = connectors.into();
}

fn element(id: &str, configuration: Value) -> Element {
    let Value::Object(configuration) = configuration else { panic!("a mapping") };
    Element {
        id: id.to_owned(),
        element_type: "IVR".to_owned(),
        configuration: configuration.into(),
        extra: serde_json::Map::new(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn only_what_changes_is_written() {
    type Case = (&'static str, fn(&mut Flow), &'static str);
    let table: &[Case] = &[
        ("nothing", |_| {}, ""),
        (
            "a name keeps its quotes and its comment",
            |flow| flow.display_name = "It's new".to_owned(),
            "-  displayName: 'The flow' # quoted\n+  displayName: 'It''s new' # quoted\n",
        ),
        (
            "a description comes behind the name",
            |flow| flow.description = Some("It: greets ${values.x}".to_owned()),
            "+  description: \"It: greets $${values.x}\"\n",
        ),
        (
            "a quoted text stays quoted",
            |flow| set(flow, 1, "prompt", json!("Bye")),
            "-        prompt: \"Hello\" # said twice\n+        prompt: \"Bye\" # said twice\n",
        ),
        (
            "a number that becomes a text that looks like one",
            |flow| set(flow, 1, "seconds", json!("5")),
            "-        seconds: 5\n+        seconds: \"5\"\n",
        ),
        (
            "the same number in another spelling is no change",
            |flow| set(flow, 1, "seconds", json!(5.0)),
            "",
        ),
        (
            "a block stays a block",
            |flow| set(flow, 1, "text", json!("one\n  2\nthree\n")),
            "-            two\n+            2\n+          three\n",
        ),
        (
            "a text before a comment gets no block",
            |flow| set(flow, 1, "prompt", json!("one\ntwo\n")),
            "-        prompt: \"Hello\" # said twice\n\
             +        prompt: \"one\\ntwo\\n\" # said twice\n",
        ),
        (
            "a text of several lines becomes a block",
            |flow| set(flow, 1, "seconds", json!("one\ntwo")),
            "-        seconds: 5\n+        seconds: |-\n+          one\n+          two\n",
        ),
        (
            "within braces",
            |flow| set(flow, 1, "menu", json!({"a": 2, "b": ["x", "z", "w, v"], "c": null})),
            "-        menu: {a: 1, b: [x, y]} # keys\n\
             +        menu: {a: 2, b: [x, z, \"w, v\"], c: null} # keys\n",
        ),
        (
            "the first of braces goes",
            |flow| set(flow, 1, "menu", json!({"b": ["y"]})),
            "-        menu: {a: 1, b: [x, y]} # keys\n+        menu: {b: [y]} # keys\n",
        ),
        (
            "a mapping that becomes empty",
            |flow| set(flow, 1, "menu", json!({})),
            "-        menu: {a: 1, b: [x, y]} # keys\n+        menu: {} # keys\n",
        ),
        (
            "a list item",
            |flow| set(flow, 1, "steps", json!(["eins", "two", "three"])),
            "-          - one   # uno\n+          - eins   # uno\n+          - three\n",
        ),
        (
            "an item in the middle",
            |flow| set(flow, 1, "steps", json!(["one", 1.5, "two"])),
            "+          - 1.5\n",
        ),
        (
            "a list item that goes",
            |flow| set(flow, 1, "steps", json!(["two"])),
            "-          - one   # uno\n",
        ),
        ("a key that goes", |flow| set(flow, 1, "seconds", Value::Null), "-        seconds: 5\n"),
        (
            "a key that comes",
            |flow| set(flow, 1, "language", json!({"code": "de", "all": [["x"], {"k": {}}]})),
            "+        language:\n+          all:\n+            -\n+              - x\n\
             +            - k: {}\n+          code: de\n",
        ),
        (
            "a key that others fill in stays as it is",
            |flow| set(flow, 2, "note", json!("changed")),
            "-      configuration: {prompt: \"${values.greeting}\", note: plain}\n\
             +      configuration: {prompt: \"${values.greeting}\", note: changed}\n",
        ),
        (
            "a configuration goes",
            |flow| flow.content.elements[1].configuration = serde_json::Map::new().into(),
            "-      configuration:\n-        prompt: \"Hello\" # said twice\n-        # how long\n\
             -        seconds: 5\n-        text: |\n-          one\n-            two\n-\n\
             -        menu: {a: 1, b: [x, y]} # keys\n-        steps:\n-          - one   # uno\n\
             -          - two\n",
        ),
        (
            "a configuration comes",
            |flow| set(flow, 3, "why", json!("done")),
            "+      configuration:\n+        why: done\n",
        ),
        (
            "within braces a configuration comes within braces",
            |flow| set(flow, 0, "why", json!("a, b")),
            "-    - {id: begin, type: Begin}\n\
             +    - {id: begin, type: Begin, configuration: {why: \"a, b\"}}\n",
        ),
        (
            "a type",
            |flow| flow.content.elements[1].element_type = "Queue".to_owned(),
            "-      type: IVR\n+      type: Queue\n",
        ),
        (
            "an element that goes leaves the comment above it",
            |flow| drop(flow.content.elements.remove(2)),
            "-    - id: filled\n-      type: IVR\n\
             -      configuration: {prompt: \"${values.greeting}\", note: plain}\n",
        ),
        (
            "an element that comes, and one that goes at the end",
            |flow| {
                flow.content.elements.remove(3);
                flow.content.elements.insert(0, element("new", json!({"k": "v"})));
            },
            "-    - id: end\n-      type: End\n+    - id: new\n+      type: IVR\n\
             +      configuration:\n+        k: v\n",
        ),
        ("elements in another order are no change", |flow| flow.content.elements.reverse(), ""),
        (
            "a label goes and another comes",
            |flow| {
                connectors(flow, |all| {
                    all[0].label = Some("lost".to_owned());
                    all[1].label = None;
                });
            },
            "-    - {sourceId: begin, targetId: ask}\n\
             +    - {sourceId: begin, targetId: ask, label: lost}\n-      label: found # yes\n",
        ),
        (
            "a connector that keeps its default id and turns elsewhere gets the id",
            |flow| connectors(flow, |all| all[1].target_id = "end".to_owned()),
            "-      targetId: filled\n+      targetId: end\n+      id: \"ask->filled\"\n",
        ),
        (
            "a connector comes and one goes",
            |flow| {
                connectors(flow, |all| {
                    all.remove(2);
                    let new = Connector {
                        id: "ask->end".to_owned(),
                        source_id: "ask".to_owned(),
                        target_id: "end".to_owned(),
                        label: None,
                        condition: Some(json!({"x": true})),
                        extra: serde_json::Map::new(),
                    };
                    all.push(new);
                });
            },
            "-    - {id: last, sourceId: filled, targetId: end}\n+    - sourceId: ask\n\
             +      targetId: end\n+      condition:\n+        x: true\n",
        ),
        (
            "no connectors",
            |flow| flow.content.connectors = [].into(),
            "-  connectors:\n-    - {sourceId: begin, targetId: ask}\n-    # the usual way\n\
             -    - sourceId: ask\n-      targetId: filled\n-      label: found # yes\n\
             -    - {id: last, sourceId: filled, targetId: end}\n+  connectors: []\n",
        ),
    ];
    for (what, change, expected) in table {
        assert_eq!(changed(*change), *expected, "{what}");
    }
}

#[test]
fn line_breaks_of_windows_stay() {
    let text = FLOW.replace('\n', "\r\n");
    let rewritten = flow(&text, |flow| {
        set(flow, 1, "text", json!("one\n  2\n"));
        set(flow, 3, "why", json!("done"));
        flow.display_name = "New".to_owned();
    });
    let rewritten = rewritten.expect("rewritten").text;
    assert_eq!(rewritten.matches('\n').count(), rewritten.matches("\r\n").count());
    assert_eq!(
        diff(&text, &rewritten).replace('\r', ""),
        "-  displayName: 'The flow' # quoted\n+  displayName: 'New' # quoted\n\
         -            two\n+            2\n\
         +      configuration:\n+        why: done\n"
    );
}

#[test]
fn what_an_environment_fills_in_is_left() {
    let rewritten = flow(FLOW, |flow| {
        set(flow, 2, "prompt", json!("Changed live"));
        set(flow, 2, "note", json!("changed too"));
    });
    let rewritten = rewritten.expect("rewritten");
    let left = Left {
        pointer: "/elements/filled/configuration/prompt".to_owned(),
        reason: "\"${values.greeting}\" is filled in by each environment".to_owned(),
    };
    assert_eq!(rewritten.left, [left]);
    assert_eq!(
        diff(FLOW, &rewritten.text),
        "-      configuration: {prompt: \"${values.greeting}\", note: plain}\n\
         +      configuration: {prompt: \"${values.greeting}\", note: changed too}\n"
    );
}

const ANCHORS: &str = "# stays, because the document begins below
apiVersion: flowgate.dev/v1
kind: Flow
metadata: {name: a, annotations: {flowgate.dev/drift: adopt}}
spec:
  elements:
    - {id: begin, type: Begin, configuration: &c {k: \"${values.greeting}\", n: 1}}
    - {id: end, type: End, configuration: *c} # inside
---
# stays
apiVersion: flowgate.dev/v1
kind: Flow
metadata: {name: b}
spec: {elements: [{id: begin, type: Begin}]} # stays
";

#[test]
fn a_document_with_an_anchor_where_it_changes_is_spelled_anew_and_alone() {
    let rewritten = flow(ANCHORS, |flow| set(flow, 1, "n", json!(2))).expect("rewritten");
    assert_eq!(rewritten.extent, Extent::Document);
    insta::assert_snapshot!(rewritten.text, @r#"
    # stays, because the document begins below
    apiVersion: flowgate.dev/v1
    kind: Flow
    metadata:
      name: a
      annotations:
        flowgate.dev/drift: adopt
    spec:
      elements:
        - id: begin
          type: Begin
          configuration:
            k: "${values.greeting}"
            "n": 1
        - id: end
          type: End
          configuration:
            k: "${values.greeting}"
            "n": 2 # inside
    ---
    # stays
    apiVersion: flowgate.dev/v1
    kind: Flow
    metadata: {name: b}
    spec: {elements: [{id: begin, type: Begin}]} # stays
    "#);
}

#[test]
fn an_anchor_elsewhere_does_not_matter() {
    let rewritten = flow(ANCHORS, |flow| flow.content.elements[0].element_type = "Start".into());
    let rewritten = rewritten.expect("rewritten");
    assert_eq!(rewritten.extent, Extent::Changes);
}
