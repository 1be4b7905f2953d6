//! Holds `docs/reference/findings.md` and the list of codes together: every code has a section
//! with a bad and a good example, and the examples are what they claim to be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use flowgate::controller::{Cache, Error, Files, read, trials};
use flowgate::git::work_tree;
use flowgate::model::{Code, Finding, Severity};
use flowgate::sandbox::Limits;
use tempfile::TempDir;

const PAGE: &str = include_str!("../docs/reference/findings.md");

/// Stands in where an example has no `flowgate.yaml` of its own.
const PROJECT: &str = "\
apiVersion: flowgate.dev/v1
kind: Project
metadata: {name: acme}
spec:
  tenants:
    - {name: acme, baseUrl: https://eu-1.api.nicecxone.com}
  environments:
    - {name: production, tenant: acme, targetEnvironment: PRODUCTION}
";

/// Stands in where an example has no manifest of its own.
const FLOW: &str = "\
apiVersion: flowgate.dev/v1
kind: Flow
metadata: {name: stand-in}
spec:
  elements:
    - {id: begin, type: Begin}
    - {id: end, type: End}
  connectors:
    - {sourceId: begin, targetId: end}
";

struct Section {
    code: &'static str,
    text: &'static str,
    bad: Example,
    good: Example,
}

/// The blocks of one side of a section.
#[derive(Default)]
struct Example {
    blocks: usize,
    files: BTreeMap<&'static str, String>,
    /// Whether the finding depends on what is live, or on more than a file's text.
    needs_more: bool,
}

impl Example {
    fn add(&mut self, info: &'static str, text: &str) {
        self.blocks += 1;
        let file = info.split(' ').find_map(|part| part.strip_prefix("file="));
        let is_text = info.starts_with("yaml") || info.starts_with("js");
        self.needs_more |= !is_text || info.contains("live=");
        if let Some(file) = file {
            self.files.insert(file, text.to_owned());
        }
    }

    /// Returns the codes of everything that is found before a tenant is asked.
    fn check(&self) -> BTreeSet<&'static str> {
        let folder = TempDir::new().expect("a folder");
        for (path, text) in self.whole() {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        found(folder.path()).iter().map(|finding| finding.code.as_str()).collect()
    }

    /// Returns the files, with stand-ins for those that the example leaves out.
    fn whole(&self) -> BTreeMap<&'static str, String> {
        let mut files = self.files.clone();
        if files.keys().all(|path| *path == "flowgate.yaml") {
            files.insert("flows/stand-in.yaml", FLOW.to_owned());
        }
        files.entry("flowgate.yaml").or_insert_with(|| PROJECT.to_owned());
        files
    }
}

fn found(folder: &Path) -> Vec<Finding> {
    let entries = work_tree::list(folder).expect("the files");
    let manifests = match read(&Files::Folder(folder, &entries), &mut Cache::default()) {
        Err(Error::Findings(findings)) => return findings,
        result => result.expect("the files can be read"),
    };
    let (_, mut findings) = manifests.findings(None).expect("findings");
    if let Ok(actions) = manifests.data_actions() {
        let cases: Vec<_> = trials::cases(&actions).collect();
        findings.extend(trials::findings(&trials::run(&actions, &cases, &Limits::default())));
    }
    findings
}

fn sections() -> Vec<Section> {
    PAGE.split("\n## `").skip(1).map(section).collect()
}

fn section(text: &'static str) -> Section {
    let (code, text) = text.split_once("`\n").expect("a heading is a code between backquotes");
    let mut section = Section { code, text, bad: Example::default(), good: Example::default() };
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        let example = match info.split(' ').nth(1) {
            Some("bad") => &mut section.bad,
            Some("good") => &mut section.good,
            _ => panic!("{code}: a block is neither bad nor good: {info}"),
        };
        example.add(info, &(block.join("\n") + "\n"));
    }
    section
}

#[test]
fn every_code_has_a_section_in_the_order_of_the_list() {
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let documented: Vec<_> = sections().iter().map(|section| section.code).collect();
    assert_eq!(documented, codes);
}

#[test]
fn every_section_says_how_bad_it_is_shows_both_sides_and_helps() {
    for (section, code) in sections().iter().zip(Code::ALL) {
        let severity = match code.severity() {
            Severity::Error => "\nError. ",
            Severity::Warning => "\nWarning. ",
        };
        let code = section.code;
        assert!(section.text.starts_with(severity), "{code}: begin with `{}`", severity.trim());
        assert!(section.bad.blocks > 0, "{code}: no bad example");
        assert!(section.good.blocks > 0, "{code}: no good example");
        assert!(section.text.contains("**To fix it:**"), "{code}: does not say how to fix it");
    }
}

#[test]
fn every_bad_example_yields_exactly_its_code() {
    let checked: Vec<_> = sections().into_iter().filter(|s| !s.bad.needs_more).collect();
    assert!(checked.len() >= Code::ALL.len() - 7, "only {} are checked", checked.len());
    for section in checked {
        assert_eq!(section.bad.check(), BTreeSet::from([section.code]), "bad {}", section.code);
    }
}

#[test]
fn no_good_example_yields_a_finding() {
    for section in sections().iter().filter(|section| !section.good.files.is_empty()) {
        assert_eq!(section.good.check(), BTreeSet::new(), "good {}", section.code);
    }
}
