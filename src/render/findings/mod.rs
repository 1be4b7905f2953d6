//! Findings, for a terminal, a program, a pull request.
//!
//! Whatever order they come in, they are shown in the order of [`crate::validate::order`], all of
//! them. Text that came from a manifest never reaches a terminal or a page with its control
//! characters or markup alive.

mod excerpt;
mod json;
mod markdown;
mod summary;
mod text;
mod visible;

pub use json::{FindingsDocument, json};
pub use markdown::markdown;
pub use text::text;

use crate::model::Finding;

fn sorted(findings: &[Finding]) -> Vec<&Finding> {
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by(|a, b| crate::validate::order(a, b));
    sorted
}

#[cfg(test)]
mod tests;
