//! `flowgate test`, as it is typed.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const PROJECT: &str = "\
apiVersion: flowgate.dev/v1
kind: Project
metadata: {name: bank}
spec:
  tenants:
    - {name: sandbox, baseUrl: https://api.nicecxone.com}
  environments:
    - {name: development, tenant: sandbox, targetEnvironment: DEVELOPMENT}
    - {name: production, tenant: sandbox, targetEnvironment: PRODUCTION, promotesFrom: development}
";

const ACTIONS: &str = "\
apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {name: lookup}
spec:
  dependencies: [tier]
  script: {file: lookup.js}
  tests:
    - {name: gold, input: {id: 1}, expect: {output: {tier: gold}}}
    - {name: not a number, input: {id: x}, expect: {error: the id is no number}}
---
apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {name: tier}
spec:
  script:
    content: |
      function main({input}) {
        if (typeof input.id !== 'number') throw new TypeError('the id is no number');
        return input.id === 1 ? 'gold' : 'silver';
      }
  tests:
    - {name: silver, input: {id: 2}, expect: {output: silver}}
";

const LOOKUP: &str = "\
function main(context) {
  console.log('asked for', context.input.id);
  return {tier: context.actions.tier(context.input)};
}
";

/// A flows folder outside of any repository.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().expect("a folder"));
        folder.write("flowgate.yaml", PROJECT);
        folder.write("data-actions/actions.yaml", ACTIONS);
        folder.write("data-actions/lookup.js", LOOKUP);
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    fn replace(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path().join(path)).expect("a file");
        assert!(text.contains(from), "{text}");
        self.write(path, &text.replace(from, to));
    }

    fn git(&self, arguments: &[&str]) {
        let done = Command::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@bank.example"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .current_dir(self.path())
            .status();
        assert!(done.expect("git runs").success());
    }

    fn test(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowgate"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("FLOWGATE_") {
                command.env_remove(name);
            }
        }
        let output = command.arg("test").args(arguments).current_dir(self.path()).output();
        output.expect("flowgate runs").into()
    }
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    fn ends(&self, code: i32, out: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        for part in out {
            assert!(self.out.contains(part), "{part:?} is not in {}", self.out);
        }
    }
}

#[test]
fn tests_that_pass_end_with_0() {
    let ran = Folder::new().test(&[]);
    ran.ends(0, &["ok  lookup/gold ", "ok  lookup/not a number", "\n3 passed of 3 in "]);
    assert_eq!(ran.err, "");
}

#[test]
fn a_test_that_fails_is_shown_and_ends_with_1() {
    let folder = Folder::new();
    folder.replace("data-actions/actions.yaml", "? 'gold'", "? 'Gold'");
    let what = "FAILED lookup/gold (data-actions/actions.yaml:8:7)
    expected → returned:
    ~ /output/tier: \"gold\" → \"Gold\"
    console:
      asked for 1
";
    folder.test(&[]).ends(1, &["FAILED  lookup/gold  ", what, "\n2 passed, 1 failed of 3 in "]);
    folder.replace("data-actions/actions.yaml", "error: the id", "error: no id");
    let place = "    at data-actions/actions.yaml:18:53\n";
    folder.test(&["--filter", "number"]).ends(1, &[place, "0 passed, 1 failed of 1 in "]);
}

#[test]
fn a_filter_that_matches_nothing_says_so_and_ends_with_0() {
    let folder = Folder::new();
    folder
        .test(&["--filter", "lookup/g", "--filter", "silver"])
        .ends(0, &["lookup/gold", "tier/silver", "2 passed of 2 in ", "(1 filtered out)"]);
    folder.test(&["--filter", "frob"]).ends(0, &["0 of 3 tests ran: "]);
    std::fs::remove_dir_all(folder.path().join("data-actions")).expect("no data actions");
    folder.test(&[]).ends(0, &["0 tests: "]);
}

#[test]
fn errors_of_the_manifests_come_before_tests() {
    let folder = Folder::new();
    folder.replace("data-actions/lookup.js", "return {tier", "return {{tier");
    for format in ["text", "junit"] {
        let ran = folder.test(&["--format", format]);
        ran.ends(1, &["error[script-syntax]", "data-actions/lookup.js:3:"]);
        assert!(ran.err.contains("no test ran"), "{}", ran.err);
    }
    folder.test(&["--format", "json"]).ends(1, &["\"kind\": \"Findings\""]);
    let nowhere = folder.test(&["nowhere"]);
    assert_eq!((nowhere.code, nowhere.out.as_str()), (Some(1), ""), "{}", nowhere.err);
}

#[test]
fn a_commit_is_tested_whatever_lies_on_disk() {
    let folder = Folder::new();
    folder.git(&["init", "--quiet"]);
    folder.git(&["add", "--all"]);
    folder.git(&["commit", "--quiet", "--message", "first"]);
    folder.replace("data-actions/actions.yaml", "? 'gold'", "? 'Gold'");
    folder.test(&[]).ends(1, &["1 failed"]);
    folder.test(&["--revision", "HEAD"]).ends(0, &["3 passed"]);
}

#[test]
fn json_is_a_test_report() {
    let folder = Folder::new();
    folder.replace("data-actions/lookup.js", "return", "null.x; return");
    let ran = folder.test(&["--format", "json"]);
    ran.ends(1, &[]);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(report["kind"], "TestReport");
    assert_eq!(report["counts"]["failed"], 2);
    let test = &report["tests"][0];
    assert_eq!((&test["action"], &test["case"]), (&"lookup".into(), &"gold".into()));
    assert_eq!(test["failure"]["kind"], "error");
    assert_eq!(test["failure"]["place"]["file"], "data-actions/lookup.js");
    assert_eq!(test["failure"]["place"]["line"], 3);
    assert_eq!(test["logs"][0], "asked for 1");
}

#[test]
fn junit_is_well_formed_whatever_scripts_write() {
    let folder = Folder::new();
    let odd =
        "console.log('<b>&amp;\\u0000\\u001b[31m]]>\"'); throw new Error('<a> & \"b\"\\ufffe');";
    folder.replace("data-actions/lookup.js", "console.log('asked for', context.input.id);", odd);
    folder.replace("data-actions/actions.yaml", "name: gold", "name: '<gold> & \"silver\"'");
    let ran = folder.test(&["--format", "junit"]);
    ran.ends(1, &["<testsuites name=\"flowgate\" tests=\"3\" failures=\"2\" errors=\"0\""]);
    let tags = tags(&ran.out);
    let count = |name: &str| tags.iter().filter(|tag| *tag == name).count();
    assert_eq!((count("testsuite"), count("testcase")), (2, 3), "{}", ran.out);
    assert_eq!((count("failure"), count("system-out")), (2, 2), "{}", ran.out);
}

/// Returns the names of all elements, after looking that the text is XML with one root: tags are
/// closed in their order, attributes are quoted, characters are allowed.
fn tags(xml: &str) -> Vec<String> {
    let allowed = |c: char| matches!(c, '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(allowed), "{xml:?}");
    let body = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a head");
    let (mut open, mut found) = (Vec::new(), Vec::new());
    for part in body.trim_end().split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("a tag ends");
        references(text);
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            let (name, attributes) = tag.trim_end_matches('/').split_once(' ').unwrap_or((tag, ""));
            assert!(!open.is_empty() || found.is_empty(), "a second root: {name}");
            quoted(attributes);
            found.push(name.to_owned());
            if !tag.ends_with('/') {
                open.push(name.to_owned());
            }
        }
        assert!(!open.is_empty() || text.is_empty(), "text outside of the root: {text:?}");
    }
    assert_eq!(open, Vec::<String>::new());
    found
}

fn quoted(attributes: &str) {
    let parts: Vec<_> = attributes.split('"').collect();
    assert_eq!(parts.len() % 2, 1, "{attributes}");
    for pair in parts.chunks_exact(2) {
        assert!(pair[0].trim().ends_with('='), "{attributes}");
        references(pair[1]);
    }
}

fn references(text: &str) {
    for rest in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;"].iter().any(|name| rest.starts_with(name));
        assert!(known, "{text}");
    }
    assert!(!text.contains("]]>"), "{text}");
}
