//! The layers are one-way: a module uses only lower layers and its own folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Each folder of `src` with its layer, as `docs/architecture.md` draws them.
const LAYERS: &[(&str, u8)] = &[
    ("model", 0),
    ("manifest", 1),
    ("validate", 1),
    ("delta", 2),
    ("plan", 3),
    ("rollout", 3),
    ("render", 4),
    ("cxone", 5),
    ("git", 5),
    ("sandbox", 5),
    ("apply", 6),
    ("sources", 6),
    ("controller", 7),
    ("cli", 9),
];

/// What the emulator may share with the client: what goes over the wire and the engine for scripts,
/// and nothing that decides.
const EMULATOR_MAY_USE: &[&str] = &["cxone::wire", "cxone::exchange", "sandbox"];

/// `rollout` runs the steps of a plan, but a step is the model's: the two do not know each other.
fn layer_of(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("src can be read").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every path that begins with `crate`, as `first::second` or `first`.
fn crate_paths(tokens: TokenStream, paths: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => crate_paths(group.stream(), paths),
            TokenTree::Ident(ident) if ident == "crate" => {
                paths.extend(after_colons(&tokens[at + 1..], 2));
            }
            _ => {}
        }
    }
}

/// Reads up to `depth` further segments; a group gives one path for each of its entries.
fn after_colons(tokens: &[TokenTree], depth: usize) -> Vec<String> {
    let colons = tokens.iter().take(2).filter(|token| token.to_string() == ":").count();
    if depth == 0 || colons < 2 {
        return Vec::new();
    }
    match tokens.get(2) {
        Some(TokenTree::Ident(ident)) => {
            let rest = after_colons(&tokens[3..], depth - 1);
            below(ident.to_string(), rest)
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            entries_of(group.stream(), depth)
        }
        _ => Vec::new(),
    }
}

fn below(first: String, rest: Vec<String>) -> Vec<String> {
    if rest.is_empty() {
        return vec![first];
    }
    rest.into_iter().map(|rest| format!("{first}::{rest}")).collect()
}

fn entries_of(stream: TokenStream, depth: usize) -> Vec<String> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    tokens
        .split(|token| token.to_string() == ",")
        .filter_map(|entry| match entry.first() {
            Some(TokenTree::Ident(ident)) => {
                Some((ident.to_string(), after_colons(&entry[1..], depth - 1)))
            }
            _ => None,
        })
        .flat_map(|(first, rest)| below(first, rest))
        .collect()
}

fn fault(module: &str, used: &str) -> Option<String> {
    let top = used.split("::").next().unwrap_or(used);
    if top == module {
        return None;
    }
    if module == "emulator" {
        let shared = EMULATOR_MAY_USE.iter().any(|shared| [used, top].contains(shared));
        return (!shared)
            .then(|| format!("the emulator may share wire types only, and uses crate::{used}"));
    }
    if top == "emulator" {
        return (module != "cli").then(|| format!("{module} uses the emulator"));
    }
    let (Some(own), Some(other)) = (layer_of(module), layer_of(top)) else {
        return Some(format!("{module} uses crate::{used}, which has no layer"));
    };
    (other >= own).then(|| format!("{module} (layer {own}) uses {top} (layer {other})"))
}

#[test]
fn a_module_uses_only_lower_layers_and_its_own_folder() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut faults = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&source).expect("below src");
        let module = inside.iter().next().and_then(|part| part.to_str()).expect("a name");
        if matches!(module, "lib.rs" | "main.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file");
        let mut paths = Vec::new();
        crate_paths(TokenStream::from_str(&text).expect("Rust"), &mut paths);
        let found = paths.iter().filter_map(|used| fault(module, used));
        faults.extend(found.map(|fault| format!("{}: {fault}", inside.display())));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_test_sees_upward_and_sideways_uses() {
    let mut paths = Vec::new();
    let text = "use crate::{cli, model::{Flow, State}, plan}; fn f() { crate::git::note::read() }";
    crate_paths(TokenStream::from_str(text).expect("Rust"), &mut paths);
    assert_eq!(paths, ["cli", "model::Flow", "model::State", "plan", "git::note"]);
    assert!(fault("plan", "cli").is_some());
    assert!(fault("plan", "rollout").is_some());
    assert!(fault("emulator", "model").is_some());
    assert!(fault("emulator", "cxone::client").is_some());
    assert_eq!(fault("emulator", "cxone::wire"), None);
    assert_eq!(fault("emulator", "sandbox::run"), None);
    assert_eq!(fault("apply", "cxone::client"), None);
}
