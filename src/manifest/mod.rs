//! Layer 1: manifests. YAML becomes desired state, and findings where it does not.
//!
//! Bytes in, values out: nothing here reads a file, and nothing stops at the first fault.
//!
//! ```text
//! File ─ text ─ tree (spans kept) ─┬─ parse ──► Parsed ──┐
//!                                  └─ project ► ProjectFile ─ resolve ─► Resolved
//! ```
//!
//! [`parse`] does not know environments, so that its result can be kept as long as the file does
//! not change; [`resolve()`] fills in an environment's values and looks across files.

mod decode;
mod flow;
mod header;
mod json;
mod lines;
mod name;
mod project;
mod report;
mod resolve;
mod scalar;
mod schema;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod write;

pub use flow::{Parsed, parse};
pub use project::{ProjectFile, missing_project, project};
pub use resolve::{Resolved, resolve};
pub use schema::{Document, schema};
pub use text::{Content, File};
pub use write::write;

/// The `apiVersion` of every document.
const API_VERSION: &str = "flowgate.dev/v1";
