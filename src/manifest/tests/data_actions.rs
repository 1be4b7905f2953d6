use std::collections::BTreeMap;

use serde_json::json;

use crate::model::{Code, Expectation, Location, ResourceId, ScriptForm, Span};

use super::super::{Content, File, ScriptFile, script};
use super::{assert_found, lines, parsed, resolved, resolved_with, unmark};

const EXAMPLE: &str = include_str!("data-action.yaml");

fn action(spec: &str) -> String {
    super::resource("DataAction", "abc", spec)
}

fn scripts(files: &[(&str, &[u8])]) -> BTreeMap<String, ScriptFile> {
    let read = |(path, bytes): &(&str, &[u8])| {
        let content = Content::Bytes(bytes.to_vec());
        ((*path).to_owned(), script(File { path: (*path).to_owned(), content }))
    };
    files.iter().map(read).collect()
}

#[test]
fn a_data_action_is_read_with_its_places() {
    let parsed = parsed(EXAMPLE);
    assert_eq!(lines(parsed.findings()), "");
    let desired = &parsed.data_actions[0].desired;
    let content = &desired.content;
    assert_eq!(desired.metadata.name, "Customer_Lookup");
    assert_eq!(content.description.as_deref(), Some("Finds the caller"));
    assert_eq!((content.action_type.as_str(), content.language.as_str()), ("SCRIPT", "JavaScript"));
    assert_eq!(json!(content.trigger), json!({"type": "EVENT", "on": "${values.x}"}));
    assert!(!content.enabled);
    let dependencies: Vec<_> = content.dependencies.iter().map(String::as_str).collect();
    assert_eq!(dependencies, ["base-transform", "other"]);
    let place = desired.dependency_places["base-transform"];
    assert_eq!(place, Span { line: 9, column: 25, length: 14 });
    assert_eq!(&*content.script, "function main(context) {\n  return `${context.input}`;\n}\n");
    assert_eq!(desired.script_place.form, ScriptForm::Block { first_line: 12, indent: 6 });
    assert_eq!(desired.script_place.locate(2, 3).span, Span { line: 13, column: 9, length: 1 });
    let [known, failing, silent] = &*desired.tests else { panic!("three tests") };
    assert_eq!((known.name.as_str(), &known.input), ("known", &json!({"customerId": "42"})));
    assert_eq!(known.expect, Expectation::Output(json!({"tier": "gold", "score": 1.5})));
    assert_eq!(known.place, Span { line: 16, column: 7, length: 1 });
    assert_eq!(failing.expect, Expectation::Error("no customer".to_owned()));
    assert_eq!((&silent.input, &silent.expect), (&json!({}), &Expectation::Success));
}

#[test]
fn a_data_action_has_defaults() {
    let parsed = parsed(&action("script: {content: x}"));
    let desired = &parsed.data_actions[0].desired;
    let content = &desired.content;
    assert_eq!(content.description, None);
    assert_eq!((content.action_type.as_str(), content.language.as_str()), ("SCRIPT", "JavaScript"));
    assert_eq!(json!(content.trigger), json!({"type": "MANUAL"}));
    assert!(content.enabled && content.dependencies.is_empty() && desired.tests.is_empty());
    let span = Span { line: 5, column: 21, length: 1 };
    assert_eq!(desired.script_place.form, ScriptForm::Scalar(span));
}

#[test]
fn what_is_wrong_with_a_data_action_is_found_where_it_stands() {
    let table = [
        ("unknown-key", "script: {content: x}\n«displayName»: x"),
        ("bad-value", "script: {content: x}\ntype: «SCRIPTS»"),
        ("missing-field", "script: {content: x}\ntrigger: «{»}"),
        ("wrong-type", "script: {content: x}\ntrigger: «MANUAL»"),
        ("wrong-type", "script: {content: x}\ntrigger: {type: «5»}"),
        ("bad-value", "script: {content: x}\ntrigger: {type: «''»}"),
        ("number-too-large", "script: {content: x}\ntrigger: {type: T, n: «99999999999999999999»}"),
        ("wrong-type", "script: {content: x}\nenabled: «yes»"),
        ("wrong-type", "script: {content: x}\ndependencies: «abc»"),
        ("bad-name", "script: {content: x}\ndependencies: [abc, «a b»]"),
        ("bad-value", "script: {content: x}\ndependencies: [abc, «abc»]"),
        ("missing-field", "«d»escription: x"),
        ("missing-field", "script: «{»language: JavaScript}"),
        ("wrong-type", "script: «x»"),
        ("bad-value", "script: {file: x.js, «content»: x}"),
        ("bad-value", "script: {content: x, language: «Python»}"),
        ("wrong-type", "script: {content: «5»}"),
        ("script-file", "script: {file: «../../x.js»}"),
        ("script-file", "script: {file: «/x.js»}"),
        ("script-file", "script: {file: «'b\\x.js'»}"),
        ("script-file", "script: {file: «x.ts»}"),
        ("bad-value", "script: {file: «''»}"),
        ("missing-field", "script: {content: x}\ntests: [«{»}]"),
        ("bad-value", "script: {content: x}\ntests: [{name: a}, {name: «a»}]"),
        ("wrong-type", "script: {content: x}\ntests: [{name: a, input: «[»]}]"),
        ("missing-field", "script: {content: x}\ntests: [{name: a, expect: «{»}}]"),
        ("bad-value", "script: {content: x}\ntests: [{name: a, expect: {output: 1, «error»: x}}]"),
        ("bad-value", "script: {content: x}\ntests: [{name: a, expect: {error: «''»}}]"),
        ("wrong-type", "script: {content: x}\ntests: [{name: a, expect: «null»}]"),
        ("bad-value", "script: {content: x}\ntests: [{name: a, expect: {output: [«007»]}}]"),
    ];
    for (codes, marked) in table {
        let (text, spans) = unmark(&action(marked));
        assert_found(&parsed(&text).findings, codes, &spans, &text);
    }
}

#[test]
fn names_of_data_actions_follow_the_platform() {
    let named = |name: &str| parsed(&super::resource("DataAction", name, "script: {content: x}"));
    for name in ["abc", "Customer_Lookup-2", "---"] {
        assert_eq!(lines(named(&format!("'{name}'")).findings()), "", "{name}");
    }
    insta::assert_snapshot!(
        lines(named("a.b").findings()),
        @"flows/a.yaml:3:18 bad-name: `a.b` cannot be a name (use 3 to 64 characters of a-z, A-Z, 0-9, `_` and `-`)"
    );
}

#[test]
fn places_in_literal_blocks_are_those_of_the_manifest() {
    let block = |first_line, indent| ScriptForm::Block { first_line, indent };
    let table = [
        ("script:\n  content: |\n    one\n", "one\n", block(7, 6)),
        ("script:\n  content: |-\n      one\n       two", "one\n two", block(7, 8)),
        ("script:\n  content: |+\n    one\n\n\n", "one\n\n\n", block(7, 6)),
        ("script:\n  content: |2\n      one\n", "  one\n", block(7, 6)),
        ("script:\n  content: |-1\n    one", " one", block(7, 5)),
        ("script:\n  content: |  # JavaScript\n\n    one", "\none\n", block(7, 6)),
        ("script:\n  content: |\n    !ä\tb", "!ä\tb\n", block(7, 6)),
        ("script:\n  content:\n    |\n    one", "one\n", block(8, 6)),
    ];
    for (spec, script, form) in table {
        let text = action(spec);
        let parsed = parsed(&text);
        assert_eq!(lines(parsed.findings()), "", "{text}");
        let desired = &parsed.data_actions[0].desired;
        assert_eq!((&*desired.content.script, desired.script_place.form), (script, form), "{text}");
    }
}

#[test]
fn places_in_other_scalars_are_that_of_the_scalar() {
    for marked in [
        "«\"one\\ntwo\"»",
        "«'one'»",
        "«one»",
        "«&a |»\n    one",
        "«!!str |»\n    one",
        ">\n    «one»\n    two",
    ] {
        let (text, spans) = unmark(&action(&format!("script:\n  content: {marked}")));
        let parsed = parsed(&text);
        let form = parsed.data_actions[0].desired.script_place.form;
        assert_eq!(form, ScriptForm::Scalar(spans[0]), "{text}");
    }
}

#[test]
fn scripts_come_from_files_beside_the_manifest() {
    let text = action("script: {file: lib/../x.js}\ndescription: '${values.d}'");
    let other = action("script: {file: x.js}").replace("{name: abc}", "{name: other}");
    let wanted = parsed(&(text.clone() + "---\n" + &other));
    assert_eq!(wanted.scripts().collect::<Vec<_>>(), ["flows/x.js", "flows/x.js"]);
    let scripts = scripts(&[("flows/x.js", "\u{feff}main\r\nä\n".as_bytes())]);
    let resolved = resolved_with(&[&text, &other], &scripts, "values: {d: 5}");
    assert_eq!(lines(&resolved.findings), "");
    for name in ["abc", "other"] {
        let action = &resolved.declared.data_actions[&ResourceId::data_action(name)];
        assert_eq!(&*action.content.script, "main\r\nä\n");
        let Location { source, span } = action.script_place.locate(2, 1);
        assert_eq!((source.path.as_str(), span.line, span.column), ("flows/x.js", 2, 1));
    }
    let filled = &resolved.declared.data_actions[&ResourceId::data_action("abc")].content;
    assert_eq!(filled.description.as_deref(), Some("5"));
}

#[test]
fn what_is_wrong_with_a_script_file_is_found_where_it_is_named() {
    let (text, spans) = unmark(&action("script: {file: «x.js»}"));
    let file = |found: ScriptFile| BTreeMap::from([("flows/x.js".to_owned(), found)]);
    let table = [
        (BTreeMap::new(), Code::ScriptFile),
        (file(ScriptFile::NotAFile), Code::ScriptFile),
        (file(ScriptFile::NotUtf8), Code::NotUtf8),
        (file(ScriptFile::TooLarge), Code::ScriptTooLarge),
    ];
    for (scripts, code) in table {
        let resolved = resolved_with(&[&text], &scripts, "");
        assert_found(&resolved.findings, code.as_str(), &spans, &text);
        assert!(resolved.declared.data_actions.is_empty());
        assert!(resolved.broken.contains(&ResourceId::data_action("abc")));
    }
}

#[test]
fn a_script_has_at_most_65_536_bytes() {
    let exact = "é".repeat(32_768);
    let inline = |script: &str| parsed(&action(&format!("script: {{content: '{script}'}}")));
    assert_eq!(inline(&exact).findings(), []);
    assert_eq!(inline(&(exact.clone() + "x")).findings()[0].code, Code::ScriptTooLarge);
    let from_file = |script: &str| {
        let scripts = scripts(&[("flows/x.js", script.as_bytes())]);
        resolved_with(&[&action("script: {file: x.js}")], &scripts, "").findings
    };
    assert_eq!(from_file(&exact), []);
    insta::assert_snapshot!(lines(&from_file(&(exact + "\n"))), @"flows/0.yaml:5:18 script-too-large: a script has at most 65536 bytes, this one has 65537 (move a part of it into a data action of its own, and depend on that)");
}

#[test]
fn scripts_and_tests_take_no_values() {
    let spec = "description: Hello ${values.d}\nscript: {content: 'return `${values.x}` + \"$${\"'}\n\
                tests: [{name: a, input: {b: '${values.y}'}, expect: {output: '${values.z}'}}]";
    let resolved = resolved(&[&action(spec)], "values: {d: you}");
    assert_eq!(lines(&resolved.findings), "");
    let action = &resolved.declared.data_actions[&ResourceId::data_action("abc")];
    assert_eq!(action.content.description.as_deref(), Some("Hello you"));
    assert_eq!(&*action.content.script, "return `${values.x}` + \"$${\"");
    assert_eq!(action.tests[0].input, json!({"b": "${values.y}"}));
}

#[test]
fn a_data_action_without_a_script_is_left_out_and_known() {
    let parsed = parsed(&action("enabled: true"));
    assert!(parsed.data_actions.is_empty());
    assert_eq!(parsed.broken, [ResourceId::data_action("abc")]);
}
