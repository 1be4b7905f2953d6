use std::fmt::Write as _;

use proptest::prelude::*;

use super::{assert_found, flow, parsed, read_project, unmark};

/// What is in the configuration of a flow's only element.
fn configured(configuration: &str) -> String {
    flow(&format!("elements:\n- id: x\n  type: IVR\n  configuration:\n    k: {configuration}"))
}

#[test]
fn faults_of_the_text_are_found_where_they_stand() {
    let table = [
        ("yaml-syntax", "a: «@»b"),
        ("yaml-syntax", "a: «*»unknown"),
        ("yaml-syntax", "a: ['ä', «\0»]"),
        // An alias in itself, and one to another document.
        ("yaml-syntax", "a: &a [«*a»]"),
        ("yaml-syntax", "null: &a x\n---\na: «*a»"),
    ];
    for (codes, marked) in table {
        let (text, spans) = unmark(marked);
        let findings = parsed(&text).findings;
        let last = &findings[findings.len() - 1..];
        assert_found(last, codes, &spans, &text);
    }
}

#[test]
fn faults_of_values_are_found_where_they_stand() {
    let table = [
        ("duplicate-key", "{a: 1, «a»: 2}"),
        ("duplicate-key duplicate-key", "{a: 1, «a»: 2, «\"a\"»: 3}"),
        ("duplicate-key", "{1: x, «\"1\"»: y}"),
        ("unknown-tag", "«!custom x»"),
        ("unknown-tag", "«!!binary x»"),
        ("unknown-tag", "«!<tag:example.com,2026:x> [»1]"),
        ("wrong-type", "«!!int x»"),
        ("wrong-type", "«!!map [»1]"),
        ("wrong-type", "«.inf»"),
        ("wrong-type", "[«-.INF», «.nan»]"),
        ("wrong-type", "{? «[»a] : b}"),
        ("wrong-type", "{«~»: b}"),
        ("number-too-large", "«9007199254740992»"),
        ("number-too-large", "«-9007199254740992»"),
        ("number-too-large", "«1e400»"),
        ("bad-value", "«0049»"),
        ("unknown-key", "{«<<»: {a: 1}}"),
        ("bad-value", "{«valueFrom»: {source: s, field: f}, other: 1}"),
        ("wrong-type", "{valueFrom: «s.f»}"),
        ("missing-field", "{valueFrom: «{»source: s}}"),
        ("unknown-key", "{valueFrom: {source: s, field: f, «default»: 1}}"),
        ("bad-value", "[{x: {valueFrom: {source: «''», field: f}}}]"),
        ("bad-value", "'ä «${values.»}'"),
        ("bad-value", "ä ${values.x} «${values.»a b}"),
    ];
    for (codes, marked) in table {
        let (text, spans) = unmark(&configured(marked));
        let codes = spans.iter().map(|_| codes.split(' ').next().unwrap()).collect::<Vec<_>>();
        assert_found(&parsed(&text).findings, &codes.join(" "), &spans, &text);
    }
}

#[test]
fn a_key_that_is_twice_there_points_to_the_first_too() {
    let findings = parsed("apiVersion: a\nkind: b\nkind: c").findings;
    let label = &findings.iter().find(|f| f.code.as_str() == "duplicate-key").unwrap().labels[0];
    assert_eq!((label.location.span.line, label.text.as_str()), (2, "first here"));
}

#[test]
fn documents_before_a_fault_of_syntax_are_checked_too() {
    let text = format!("{}---\na: @", flow("elements: []\nconnectors: 5"));
    let codes: Vec<_> = parsed(&text).findings.iter().map(|f| f.code.as_str()).collect();
    assert_eq!(codes, ["wrong-type", "yaml-syntax"]);
}

#[test]
fn nesting_ends_at_64_levels() {
    // The document, `spec`, the list, the element and its configuration are five of them.
    let nested = |depth: usize| configured(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    assert_eq!(parsed(&nested(59)).findings, []);
    let findings = parsed(&nested(60)).findings;
    assert_eq!(findings[0].code.as_str(), "yaml-too-deep");
    assert_eq!(findings[0].location.span.column, 10 + 59);
    let block: String = (0..70).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "{:i$}k:", "");
        text
    });
    assert_eq!(parsed(&block).findings[0].location.span.line, 65);
}

#[test]
fn nesting_through_aliases_counts() {
    let forty = format!("{}x{}", "[".repeat(40), "]".repeat(40));
    let text = configured(&format!("\n      a: &a {forty}\n      b: {}", forty.replace('x', "*a")));
    assert_eq!(parsed(&text).findings[0].code.as_str(), "yaml-too-deep");
}

#[test]
fn nesting_that_exhausts_the_scanner_is_too_deep() {
    for bracket in ["[", "{a: ", "[{b: ", "- ", "? "] {
        let text = bracket.repeat(200_000 / bracket.len());
        assert_eq!(parsed(&text).findings[0].code.as_str(), "yaml-too-deep", "{bracket}");
    }
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..10 {
        let aliases = format!("*a{}, ", i - 1).repeat(9);
        let _ = writeln!(text, "a{i}: &a{i} [{aliases}]");
    }
    let findings = parsed(&text).findings;
    let bomb = findings.iter().find(|f| f.code.as_str() == "yaml-aliases").unwrap();
    assert_eq!(bomb.location.span.line, 5);
}

#[test]
fn what_is_wrong_within_an_anchor_is_said_once() {
    let text = configured("\n      a: &a {n: 0042}\n      b: *a\n      c: *a");
    assert_eq!(parsed(&text).findings.len(), 1);
}

#[test]
fn an_alias_stands_for_its_anchor() {
    let text = configured("\n      a: &a {n: [1, x]}\n      b: *a");
    let parsed = parsed(&text);
    let k = &parsed.flows[0].desired.flow.content.elements[0].configuration["k"];
    assert_eq!(k["b"], serde_json::json!({"n": [1, "x"]}));
    assert_eq!(parsed.findings, []);
}

#[test]
fn lines_end_as_on_any_system() {
    for end in ["\n", "\r\n", "\r"] {
        let text = configured("\"ä ${values.x\"").replace('\n', end);
        let span = parsed(&text).findings[0].location.span;
        assert_eq!((span.line, span.column, span.length), (9, 13, 9), "{end:?}");
    }
}

const EXAMPLE: &str = include_str!("example.yaml");

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        parsed(&text);
        let _ = read_project(&text);
    }

    #[test]
    fn no_yaml_makes_the_reader_panic(text in r"([ \n\t\r#:,\[\]{}&*!|>'%@`~?-]|\PC|[a-c0-9.]|\$\{values\.|---\n|<<: |&a |\*a |!!str |\n  ){0,60}") {
        parsed(&text);
        let _ = read_project(&text);
    }

    #[test]
    fn no_damage_to_a_manifest_makes_the_reader_panic(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..3usize, r"[ \n:,\[\]{}&*!|>'#-]|[a-z]"), 1..8),
    ) {
        let mut chars: Vec<char> = EXAMPLE.chars().collect();
        for (at, kind, text) in edits {
            let at = at.index(chars.len() + 1);
            match kind {
                0 => { chars.drain(at..(at + 1).min(chars.len())); }
                1 => { chars.splice(at..at, text.chars()); }
                _ => chars.truncate(at),
            }
        }
        let text: String = chars.into_iter().collect();
        let parsed = parsed(&text);
        let lines = text.lines().count().max(1);
        for finding in parsed.findings() {
            prop_assert!(finding.location.span.line as usize <= lines + 1);
        }
        let _ = read_project(&text);
    }
}
