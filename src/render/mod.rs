//! Layer 4: values to text, JSON and Markdown. Nothing here can fetch, and nothing here prints.

pub mod diff;
mod document;
mod escape;
pub mod export;
pub mod findings;
mod markdown;
mod matrix;
mod paint;
pub mod plan;
pub mod status;
mod table;
mod textdiff;
pub mod trials;

/// How text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours are written into the text.
    pub color: bool,
    /// How many columns a line may take before lists are wrapped.
    pub width: usize,
}
