//! Holds the pages together with the binary and with one another.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const COMMANDS: &str = include_str!("../docs/reference/commands.md");

/// What `flowgate` prints with these arguments and `--help`.
fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_flowgate"))
        .args(arguments)
        .arg("--help")
        .output()
        .expect("the binary can be run");
    assert!(output.status.success(), "flowgate {arguments:?} --help");
    String::from_utf8(output.stdout).expect("help is UTF-8")
}

/// The subcommands that the help lists, without `help` itself.
fn subcommands() -> Vec<String> {
    help(&[])
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|command| command != "help")
        .collect()
}

/// Every word of a text that begins with `start` and goes on with letters, digits, `-` and `_`.
fn words(text: &str, start: &str) -> BTreeSet<String> {
    text.match_indices(start)
        .filter(|(at, _)| !text[..*at].ends_with(['-', '_']))
        .map(|(at, _)| {
            let word = &text[at..];
            let end = word
                .find(|letter: char| !(letter.is_ascii_alphanumeric() || "-_".contains(letter)))
                .unwrap_or(word.len());
            word[..end].to_owned()
        })
        .filter(|word| word.len() > start.len())
        .collect()
}

/// The section of a page below a heading of the second level.
fn section<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n"))?;
    Some(rest.split("\n## ").next().unwrap_or(rest))
}

#[test]
fn every_command_has_a_section_with_each_of_its_flags() {
    let commands = subcommands();
    assert!(commands.iter().any(|command| command == "reconcile"), "{commands:?}");
    let common = section(COMMANDS, "Flags of every command").expect("flags of every command");
    for command in &commands {
        let section = section(COMMANDS, command);
        let section = section.unwrap_or_else(|| panic!("commands.md has no section {command}"));
        for flag in words(&help(&[command]), "--") {
            let quoted = [format!("`{flag}`"), format!("`{flag} ")];
            let told = |text: &str| quoted.iter().any(|quoted| text.contains(quoted));
            assert!(told(section) || told(common), "commands.md: {command} lacks {flag}");
        }
    }
}

#[test]
fn no_section_names_a_flag_that_its_command_lacks() {
    for command in &subcommands() {
        let section = section(COMMANDS, command).expect("a section");
        let rows = section.lines().filter(|line| line.starts_with("| `-"));
        let known = words(&help(&[command]), "--");
        for flag in rows.flat_map(|row| words(row.split(" | ").next().unwrap_or(row), "--")) {
            assert!(known.contains(&flag), "commands.md: {command} has no {flag}");
        }
    }
}

#[test]
fn every_environment_variable_is_listed_and_every_listed_one_is_there() {
    let commands = subcommands();
    let mut known: BTreeSet<String> =
        commands.iter().flat_map(|command| words(&help(&[command]), "FLOWGATE_")).collect();
    // Read by the log, not by a flag.
    known.insert("FLOWGATE_LOG".to_owned());
    assert_eq!(words(COMMANDS, "FLOWGATE_"), known);
}

#[test]
fn every_exit_code_of_the_help_is_in_the_table() {
    let help = help(&[]);
    let table = section(COMMANDS, "Exit codes").expect("a section on exit codes");
    for code in ["0", "1", "2", "3", "64"] {
        assert!(help.contains(&format!("{code} ")), "--help does not tell of exit code {code}");
        assert!(table.contains(&format!("\n| {code} | ")), "no row for exit code {code}");
    }
}

#[test]
fn the_readme_has_its_two_commands() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let block = "```sh
cargo run --release -- reconcile examples/flows-repo -e development --emulator
cargo test
```";
    assert!(readme.contains(block));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The lines of a page outside of code blocks.
fn prose(page: &str) -> Vec<&str> {
    let mut fence: Option<usize> = None;
    let mut lines = Vec::new();
    for line in page.lines() {
        let ticks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            None => lines.push(line),
            Some(opened) if ticks >= opened && line.trim().len() == ticks => fence = None,
            Some(_) => {}
        }
    }
    lines
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(page: &str) -> BTreeSet<String> {
    prose(page).into_iter().filter(|line| line.starts_with('#')).map(anchor).collect()
}

/// Targets of links, `[text](target)`.
fn links(page: &str) -> Vec<String> {
    let text = prose(page).join("\n");
    let targets = text.split("](").skip(1);
    targets.filter_map(|rest| rest.split_once(')').map(|(target, _)| target.to_owned())).collect()
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut files = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    pages(&root().join("docs"), &mut files);
    pages(&root().join("examples"), &mut files);
    let mut broken = Vec::new();
    for file in &files {
        let page = fs::read_to_string(file).expect("a page can be read");
        for link in links(&page).iter().filter(|link| !link.contains("://")) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let folder = file.parent().expect("a file lies in a folder");
            let target = if path.is_empty() { file.clone() } else { folder.join(path) };
            let found = match fs::read_to_string(&target) {
                Ok(page) => heading.is_empty() || anchors(&page).contains(heading),
                Err(_) => heading.is_empty() && target.is_dir(),
            };
            if !found {
                broken.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(files.len() > 8, "{files:?}");
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn every_page_is_in_the_index() {
    let index = fs::read_to_string(root().join("docs/README.md")).expect("docs/README.md");
    let mut files = Vec::new();
    pages(&root().join("docs"), &mut files);
    for file in files.iter().filter(|file| !file.ends_with("README.md")) {
        let path = file.strip_prefix(root().join("docs")).expect("below docs");
        let link = format!("]({})", path.to_string_lossy().replace('\\', "/"));
        assert!(index.contains(&link), "docs/README.md does not link to {}", path.display());
    }
}
