use std::sync::Arc;

use insta::{assert_json_snapshot, assert_snapshot};
use proptest::prelude::*;

use super::*;
use crate::model::{Code, Location, Source, Span};
use crate::render::Style;

const STYLE: Style = Style { color: false, width: 100 };

fn source(path: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { path: path.into(), text: text.into() })
}

fn at(source: &Arc<Source>, line: u32, column: u32, length: u32) -> Location {
    Location { source: Arc::clone(source), span: Span { line, column, length } }
}

fn finding(code: Code, location: &Location, message: &str) -> Finding {
    Finding::new(code, &location.source, location.span, message)
}

fn draw(findings: &[Finding]) -> String {
    text(findings, STYLE)
}

const FLOW: &str = "\
apiVersion: flowgate.dev/v1
kind: Flow
metadata: {name: care}
spec:
  elements:
    - {id: begin, type: Begin}
    - {id: ask, type: IVR}
    - {id: wait, type: Queue}
    - {id: ask, type: Agent}
    - {id: end, type: End}
  elementz: []
";

fn unknown_key() -> Finding {
    let place = at(&source("flows/care.yaml", FLOW), 11, 3, 8);
    finding(Code::UnknownKey, &place, "spec has no key `elementz`")
        .with_hint("did you mean `elements`?")
}

fn two_files() -> Finding {
    let name = |path| at(&source(path, "kind: Flow\nmetadata: {name: care}\n"), 2, 18, 4);
    finding(Code::DuplicateResource, &name("flows/b.yaml"), "two flows have the name `care`")
        .with_label(name("flows/a.yaml"), "first declared here")
}

#[test]
fn a_finding_shows_its_line_and_a_hint() {
    assert_snapshot!(draw(&[unknown_key()]), @"
    error[unknown-key]: spec has no key `elementz`
      --> flows/care.yaml:11:3
       |
    11 |   elementz: []
       |   ^^^^^^^^
       |
       = help: did you mean `elements`?

    1 error in 1 file
    ");
}

#[test]
fn two_places_of_one_file_are_quoted_together_when_near() {
    let file = source("flows/care.yaml", FLOW);
    let repeated =
        finding(Code::DuplicateElement, &at(&file, 9, 12, 3), "two elements have the id `ask`")
            .with_label(at(&file, 7, 12, 3), "first declared here");
    assert_snapshot!(draw(&[repeated]), @"
    error[duplicate-element]: two elements have the id `ask`
     --> flows/care.yaml:9:12
      |
    7 |     - {id: ask, type: IVR}
      |            --- first declared here
    8 |     - {id: wait, type: Queue}
    9 |     - {id: ask, type: Agent}
      |            ^^^

    1 error in 1 file
    ");
}

#[test]
fn two_places_of_one_file_are_quoted_apart_when_far() {
    let file = source(
        "flows/care.yaml",
        &FLOW.replace("spec:\n", &format!("{}spec:\n", "#\n".repeat(100))),
    );
    let repeated =
        finding(Code::DuplicateElement, &at(&file, 109, 12, 3), "two elements have the id `ask`")
            .with_label(at(&file, 3, 18, 4), "first declared here");
    assert_snapshot!(draw(&[repeated]), @"
    error[duplicate-element]: two elements have the id `ask`
       --> flows/care.yaml:109:12
        |
    109 |     - {id: ask, type: Agent}
        |            ^^^
        |
       ::: flows/care.yaml:3:18
        |
      3 | metadata: {name: care}
        |                  ---- first declared here

    1 error in 1 file
    ");
}

#[test]
fn places_in_two_files_name_both_files() {
    assert_snapshot!(draw(&[two_files()]), @"
    error[duplicate-resource]: two flows have the name `care`
     --> flows/b.yaml:2:18
      |
    2 | metadata: {name: care}
      |                  ^^^^
      |
     ::: flows/a.yaml:2:18
      |
    2 | metadata: {name: care}
      |                  ---- first declared here

    1 error in 1 file
    ");
}

#[test]
fn tabs_and_windows_line_ends_keep_the_caret_in_place() {
    let file = source("flows/care.yaml", "kind: Flow\r\nspec:\r\n\t\telementz: []\r\n");
    let found = finding(Code::UnknownKey, &at(&file, 3, 3, 8), "unknown key `elementz`");
    assert_snapshot!(draw(&[found]), @"
    error[unknown-key]: unknown key `elementz`
     --> flows/care.yaml:3:3
      |
    3 |         elementz: []
      |         ^^^^^^^^

    1 error in 1 file
    ");
}

#[test]
fn wide_characters_keep_the_caret_in_place() {
    let file = source("flows/ようこそ.yaml", "prompt: \"ようこそ 👋\" # x\n");
    let found = finding(Code::BadValue, &at(&file, 1, 20, 1), "`x` after `ようこそ`");
    assert_snapshot!(draw(&[found]), @r#"
    error[bad-value]: `x` after `ようこそ`
     --> flows/ようこそ.yaml:1:20
      |
    1 | prompt: "ようこそ 👋" # x
      |                         ^

    1 error in 1 file
    "#);
}

#[test]
fn combining_characters_keep_the_caret_in_place() {
    let file = source("flows/care.yaml", "e\u{301}: x\n");
    let drawn = draw(&[finding(Code::BadValue, &at(&file, 1, 5, 1), "x")]);
    assert!(drawn.contains("1 | e\u{301}: x\n  |    ^\n"), "{drawn}");
}

#[test]
fn characters_that_would_spoof_the_terminal_are_shown() {
    let text = "a: \u{1b}[2J\u{202e}drow\u{2066}\u{200b}\u{7}\u{9b}31m b\rerror: fake\n";
    let file = source("flows/\u{1b}]0;x\u{7}.yaml", text);
    let found = finding(Code::BadValue, &at(&file, 1, 19, 1), "bad `\u{1b}[31m\nerror: \u{202e}x`")
        .with_hint("not\r\u{1b}[1A this")
        .with_label(at(&file, 2, 1, 5), "a\nb\u{1b}");
    let drawn = draw(&[found]);
    assert!(
        !drawn.contains(['\u{1b}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{7}', '\u{9b}', '\r'])
    );
    assert_snapshot!(drawn, @"
    error[bad-value]: bad `␛[31m␊error: �x`
     --> flows/␛]0;x␇.yaml:1:19
      |
    1 | a: ␛[2J�drow��␇�31m b
      |                   ^
    2 | error: fake
      | ----- a␊b␛
      |
      = help: not␍␛[1A this

    1 error in 1 file
    ");
}

#[test]
fn an_enormous_line_is_cut_around_the_place_and_keeps_its_column() {
    let text = format!("{{{}bad: 1, {}}}", "key: value, ".repeat(5_000), "more: x, ".repeat(5_000));
    let file = source("flows/one-line.yaml", &text);
    let found = finding(Code::UnknownKey, &at(&file, 1, 60_002, 3), "unknown key `bad`")
        .with_label(at(&file, 1, 2, 3), "a key")
        .with_hint("remove it");
    assert_snapshot!(draw(&[found]), @"
    error[unknown-key]: unknown key `bad`
     --> flows/one-line.yaml:1:60002
      |
      |
    1 | ...value, key: value, key: value, key: value, bad: 1, more: x, more: x, more: x, more: x, mor...
      |                                               ^^^
      |
     ::: flows/one-line.yaml:1:2
      |
    1 | {key: value, key: value, key: value, key: value, key: value, key: value, key: value, key: val...
      |  --- a key
      = help: remove it

    1 error in 1 file
    ");
}

#[test]
fn a_place_that_does_not_exist_names_the_file_only() {
    let file = source("flows/large.yaml", "");
    let found = finding(Code::FileTooLarge, &at(&file, 1, 1, 1), "the file is larger than 16 MiB");
    assert_snapshot!(draw(&[found]), @"
    error[file-too-large]: the file is larger than 16 MiB
    --> flows/large.yaml:1:1

    1 error in 1 file
    ");
}

#[test]
fn all_findings_are_shown_in_order_and_counted() {
    let warning = finding(Code::UnusedValue, &at(&source("a.yaml", "x"), 1, 1, 1), "unused");
    let drawn = draw(&[unknown_key(), two_files(), warning]);
    assert_eq!(drawn.lines().last(), Some("2 errors, 1 warning in 3 files"));
    let order: Vec<_> = drawn.lines().filter(|line| line.contains("-->")).collect();
    assert_eq!(order, [" --> a.yaml:1:1", " --> flows/b.yaml:2:18", "  --> flows/care.yaml:11:3"]);
}

#[test]
fn no_findings_are_said_to_be_none() {
    assert_eq!(draw(&[]), "no findings\n");
    assert_eq!(markdown(&[]), "**no findings**\n");
}

#[test]
fn colour_is_written_only_when_asked_for() {
    assert!(!draw(&[unknown_key()]).contains('\u{1b}'));
    assert!(text(&[unknown_key()], Style { color: true, width: 100 }).contains('\u{1b}'));
}

#[test]
fn programs_read_every_place() {
    assert_json_snapshot!(json(&[two_files(), unknown_key()]), @r#"
    {
      "apiVersion": "flowgate.dev/v1",
      "kind": "Findings",
      "findings": [
        {
          "code": "duplicate-resource",
          "severity": "error",
          "file": "flows/b.yaml",
          "line": 2,
          "column": 18,
          "endColumn": 22,
          "message": "two flows have the name `care`",
          "hint": null,
          "labels": [
            {
              "file": "flows/a.yaml",
              "line": 2,
              "column": 18,
              "message": "first declared here"
            }
          ]
        },
        {
          "code": "unknown-key",
          "severity": "error",
          "file": "flows/care.yaml",
          "line": 11,
          "column": 3,
          "endColumn": 11,
          "message": "spec has no key `elementz`",
          "hint": "did you mean `elements`?",
          "labels": []
        }
      ],
      "errors": 2,
      "warnings": 0
    }
    "#);
}

#[test]
fn a_pull_request_gets_a_table_without_live_markup() {
    let file = source("flows/a|b.yaml", "x");
    let spoof = "`<img src=x>` | **bold** [link](https://x.example) @team #12 \\";
    let found = finding(Code::BadValue, &at(&file, 1, 1, 1), spoof);
    assert_snapshot!(markdown(&[unknown_key(), found]), @r"
    **2 errors in 2 files**

    | Where | Code | Finding | Hint |
    | --- | --- | --- | --- |
    | <code>flows/a\|b.yaml\:1</code> | bad-value | <code>&lt;img src=x&gt;</code> \| \*\*bold\*\* \[link\]\(https\://x.example\) \@<!-- -->team \#<!-- -->12 \\ |  |
    | <code>flows/care.yaml\:11</code> | unknown-key | spec has no key <code>elementz</code> | did you mean <code>elements</code>? |
    ");
}

proptest! {
    #[test]
    fn no_text_and_no_place_panics_or_reaches_the_terminal(
        content in "(\\PC|\\pC|[\r\n\t ]|ようこそ){0,60}",
        places in prop::collection::vec((0..9_u32, 0..70_u32, 0..70_u32), 1..5),
        long in prop::bool::ANY,
        width in 0..120_usize,
    ) {
        let content = if long { content.repeat(40) } else { content };
        let file = source("flows/x.yaml", &content);
        let mut locations = places.iter().map(|(l, c, n)| at(&file, *l, *c, *n));
        let mut found = finding(Code::BadValue, &locations.next().unwrap(), &content);
        for location in locations {
            found = found.with_label(location, content.clone());
        }
        let drawn = text(&[found.clone()], Style { color: false, width });
        prop_assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'));
        markdown(&[found]);
    }
}
