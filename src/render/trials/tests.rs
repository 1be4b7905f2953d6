use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::model::{Location, Source, Span, Trial, TrialFault, TrialOutcome, TrialReport};
use crate::render::Style;

const STYLE: Style = Style { color: false, width: 100 };

fn at(path: &str, line: u32, column: u32) -> Location {
    let source = Arc::new(Source { path: path.into(), text: String::new() });
    Location { source, span: Span { line, column, length: 1 } }
}

fn trial(action: &str, case: &str, outcome: TrialOutcome, logs: &[&str]) -> Trial {
    Trial {
        action: action.into(),
        case: case.into(),
        location: at("data-actions/customers.yaml", 14, 7),
        outcome,
        logs: logs.iter().map(ToString::to_string).collect(),
        duration: Duration::from_micros(1_234),
    }
}

fn fault(message: &str) -> TrialFault {
    let location = Some(at("data-actions/lookup.js", 3, 9));
    TrialFault { message: message.into(), location }
}

fn failed(mismatch: Mismatch) -> TrialOutcome {
    TrialOutcome::Failed(mismatch)
}

fn report() -> TrialReport {
    let other = Mismatch::Output {
        expected: json!({"tier": "gold", "points": [1, 2], "since": 2020}),
        returned: json!({"tier": "silver", "points": [1, 2], "note": "<new> & \u{1b}[31mred"}),
    };
    let expected = || "no customer".to_owned();
    let wrong =
        Mismatch::OtherError { expected: expected(), fault: fault("TypeError: x is\nundefined") };
    let none = Mismatch::NoError { expected: expected(), returned: json!(null) };
    let timeout = TrialFault { message: "not done within 1s".into(), location: None };
    let undeclared = "legacy-crm".into();
    let trials = vec![
        trial("lookup", "known customer", TrialOutcome::Passed, &["found"]),
        trial("lookup", "another", failed(other), &["asked for 42", "\u{202e}<b>\u{0}"]),
        trial("lookup", "no \"id\" & <none>", failed(wrong), &[]),
        trial("lookup", "nobody", failed(none), &[]),
        trial("tier", "endless", failed(Mismatch::Fault(timeout)), &[]),
        trial("tier", "old", TrialOutcome::Skipped { undeclared }, &[]),
    ];
    TrialReport { trials, filtered_out: 0, elapsed: Duration::from_millis(412) }
}

#[test]
fn text_is_a_table_then_what_failed_then_the_counts() {
    insta::assert_snapshot!(text(&report(), STYLE), @r#"
    ok       lookup/known customer    1.2 ms
    FAILED   lookup/another           1.2 ms
    FAILED   lookup/no "id" & <none>  1.2 ms
    FAILED   lookup/nobody            1.2 ms
    FAILED   tier/endless             1.2 ms
    skipped  tier/old                 -       may call legacy-crm, which git does not declare; the tenant tests it

    FAILED lookup/another (data-actions/customers.yaml:14:7)
        expected → returned:
        + /output/note: "<new> & \u001b[31mred"
        - /output/since: 2020
        ~ /output/tier: "gold" → "silver"
        console:
          asked for 42
          \u202e<b>\u0000

    FAILED lookup/no "id" & <none> (data-actions/customers.yaml:14:7)
        expected an error with "no customer", got: TypeError: x is
        undefined
        at data-actions/lookup.js:3:9

    FAILED lookup/nobody (data-actions/customers.yaml:14:7)
        expected an error with "no customer", but it returned null

    FAILED tier/endless (data-actions/customers.yaml:14:7)
        not done within 1s

    1 passed, 4 failed, 1 skipped of 6 in 0.4 s
    "#);
}

#[test]
fn a_report_without_cases_says_why() {
    let none = |filtered_out| TrialReport { trials: Vec::new(), filtered_out, ..report() };
    insta::assert_snapshot!(text(&none(0), STYLE), @"0 tests: no data action has any under spec.tests");
    insta::assert_snapshot!(text(&none(13), STYLE), @"0 of 13 tests ran: --filter matches no action/case");
    insta::assert_snapshot!(junit(&none(0)), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="flowgate" tests="0" failures="0" errors="0" skipped="0" time="0.412">
    </testsuites>
    "#);
}

#[test]
fn what_a_filter_left_out_is_counted() {
    let mut report = TrialReport { filtered_out: 12, ..report() };
    report.trials.truncate(1);
    insta::assert_snapshot!(text(&report, STYLE), @"
    ok  lookup/known customer  1.2 ms

    1 passed of 1 in 0.4 s (12 filtered out)
    ");
}

#[test]
fn junit_has_a_suite_for_each_action() {
    insta::assert_snapshot!(junit(&report()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="flowgate" tests="6" failures="4" errors="0" skipped="1" time="0.412">
      <testsuite name="lookup" tests="4" failures="3" errors="0" skipped="0" time="0.005">
        <testcase classname="lookup" name="known customer" file="data-actions/customers.yaml" line="14" time="0.001">
          <system-out>found</system-out>
        </testcase>
        <testcase classname="lookup" name="another" file="data-actions/customers.yaml" line="14" time="0.001">
          <failure message="/output/note is &quot;&lt;new&gt; &amp; \u001b[31mred&quot;, expected nothing (2 more differ)">expected → returned:
        + /output/note: &quot;&lt;new&gt; &amp; \u001b[31mred&quot;
        - /output/since: 2020
        ~ /output/tier: &quot;gold&quot; → &quot;silver&quot;</failure>
          <system-out>asked for 42
    \u202e&lt;b&gt;\u0000</system-out>
        </testcase>
        <testcase classname="lookup" name="no &quot;id&quot; &amp; &lt;none&gt;" file="data-actions/customers.yaml" line="14" time="0.001">
          <failure message="expected an error with &quot;no customer&quot;, got: TypeError: x is\nundefined">expected an error with &quot;no customer&quot;, got: TypeError: x is
        undefined
        at data-actions/lookup.js:3:9</failure>
        </testcase>
        <testcase classname="lookup" name="nobody" file="data-actions/customers.yaml" line="14" time="0.001">
          <failure message="expected an error with &quot;no customer&quot;, but it returned null">expected an error with &quot;no customer&quot;, but it returned null</failure>
        </testcase>
      </testsuite>
      <testsuite name="tier" tests="2" failures="1" errors="0" skipped="1" time="0.002">
        <testcase classname="tier" name="endless" file="data-actions/customers.yaml" line="14" time="0.001">
          <failure message="not done within 1s">not done within 1s</failure>
        </testcase>
        <testcase classname="tier" name="old" file="data-actions/customers.yaml" line="14" time="0.001">
          <skipped message="may call legacy-crm, which git does not declare; the tenant tests it"/>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn json_has_every_case() {
    let mut report = report();
    report.trials.drain(2..5);
    report.trials[1].logs.truncate(1);
    insta::assert_snapshot!(format!("{:#}", json(&report)), @r#"
    {
      "apiVersion": "flowgate.dev/v1",
      "counts": {
        "failed": 1,
        "filteredOut": 0,
        "passed": 1,
        "skipped": 1
      },
      "durationMs": 412.0,
      "kind": "TestReport",
      "tests": [
        {
          "action": "lookup",
          "case": "known customer",
          "column": 7,
          "durationMs": 1.234,
          "file": "data-actions/customers.yaml",
          "line": 14,
          "logs": [
            "found"
          ],
          "outcome": "passed"
        },
        {
          "action": "lookup",
          "case": "another",
          "column": 7,
          "durationMs": 1.234,
          "failure": {
            "expected": {
              "points": [
                1,
                2
              ],
              "since": 2020,
              "tier": "gold"
            },
            "kind": "output",
            "message": "/output/note is \"<new> & \\u001b[31mred\", expected nothing (2 more differ)",
            "returned": {
              "note": "<new> & \u001b[31mred",
              "points": [
                1,
                2
              ],
              "tier": "silver"
            }
          },
          "file": "data-actions/customers.yaml",
          "line": 14,
          "logs": [
            "asked for 42"
          ],
          "outcome": "failed"
        },
        {
          "action": "tier",
          "case": "old",
          "column": 7,
          "durationMs": 1.234,
          "file": "data-actions/customers.yaml",
          "line": 14,
          "logs": [],
          "outcome": "skipped",
          "reason": "may call legacy-crm, which git does not declare; the tenant tests it"
        }
      ]
    }
    "#);
}

#[test]
fn a_reason_is_one_sentence() {
    let reasons = report().trials.into_iter().filter_map(|trial| match trial.outcome {
        TrialOutcome::Failed(mismatch) => Some(reason(&mismatch).replace('\n', "\\n")),
        _ => None,
    });
    insta::assert_snapshot!(reasons.collect::<Vec<_>>().join("\n"), @r#"
    /output/note is "<new> & \u001b[31mred", expected nothing (2 more differ)
    expected an error with "no customer", got: TypeError: x is\nundefined
    expected an error with "no customer", but it returned null
    not done within 1s
    "#);
}
