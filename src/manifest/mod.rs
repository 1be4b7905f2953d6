//! Layer 1: manifests. YAML becomes desired state, and findings where it does not.
//!
//! Bytes in, values out: nothing here reads a file, and nothing stops at the first fault.
//!
//! ```text
//! File ─ text ─ tree (spans kept) ─┬─ parse ──► Parsed ───┐
//!                                  └─ project ► ProjectFile ─ resolve ─► Resolved
//! File ─ script ─► ScriptFile ────────────────────────────┘
//! ```
//!
//! [`parse()`] does not know environments, so that its result can be kept as long as the file does
//! not change; [`resolve()`] fills in an environment's values and looks across files, at the scripts
//! too, which [`Parsed::scripts`] asks for. What sources answer is put in last, by [`fill()`].

mod data_action;
mod data_store;
mod decode;
mod flow;
mod header;
mod json;
mod lines;
mod metadata;
mod name;
mod parse;
mod project;
mod report;
mod resolve;
pub mod rewrite;
mod scalar;
mod schema;
mod script;
mod sourced;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod unresolved;
mod write;

pub use name::{name_fault, name_from, name_with_suffix};
pub use parse::{Parsed, parse};
pub use project::{ProjectFile, default_element_types, missing_project, project};
pub use resolve::{Resolved, resolve};
pub use scalar::MAX_INTEGER;
pub use schema::{Document, schema};
pub use script::{ScriptFile, script};
pub use sourced::fill;
pub use text::{Content, File};
pub use write::{
    write, write_data_action, write_data_action_beside, write_data_store, write_flow, write_text,
};

/// The `apiVersion` of every document.
const API_VERSION: &str = "flowgate.dev/v1";
