//! A plan for people, for programs and for pull requests.

mod json;
mod markdown;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub use json::{hash, json};
pub use markdown::markdown;
pub use text::{hash_line, text};
