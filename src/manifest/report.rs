//! The findings about one file, as they are collected.

use std::sync::Arc;

use crate::model::{Code, Finding, Location, Source, Span};

use super::lines::Lines;

/// A file and what is wrong with it so far.
#[derive(Debug)]
pub(super) struct Report {
    source: Arc<Source>,
    lines: Lines,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(source: Arc<Source>) -> Self {
        Self { lines: Lines::new(Arc::clone(&source)), source, findings: Vec::new() }
    }

    pub(super) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }

    pub(super) fn location(&self, span: Span) -> Location {
        Location { source: Arc::clone(&self.source), span }
    }

    pub(super) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    pub(super) fn add(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.findings.push(Finding::new(code, &self.source, span, message));
    }

    pub(super) fn add_hinted(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings.push(Finding::new(code, &self.source, span, message).with_hint(hint));
    }

    /// Returns the findings in the order of the text, each once: an alias repeats what it stands
    /// for, faults included.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings;
        findings.sort_by(|a, b| {
            let place = |f: &Finding| (f.location.span.line, f.location.span.column, f.code);
            place(a).cmp(&place(b)).then_with(|| a.message.cmp(&b.message))
        });
        findings.dedup();
        findings
    }
}

/// Returns a text between backquotes, shortened so that a finding stays one line.
pub(super) fn quote(text: &str) -> String {
    const LONGEST: usize = 60;
    // Control characters would move the cursor of whoever reads the finding.
    let visible = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let shown: String = text.chars().take(LONGEST).map(visible).collect();
    if text.chars().nth(LONGEST).is_some() { format!("`{shown}…`") } else { format!("`{shown}`") }
}

/// Returns `did you mean …?` when one of the known words is close to what stands there.
pub(super) fn did_you_mean<'k>(
    text: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<String> {
    const LONGEST: usize = 64;
    if text.len() > LONGEST {
        return None;
    }
    let lower = text.to_lowercase();
    let distance = |word: &str| strsim::osa_distance(&lower, &word.to_lowercase());
    let (closest, word) = known.into_iter().map(|word| (distance(word), word)).min()?;
    let tolerated = (word.chars().count() / 3).max(1);
    (closest <= tolerated).then(|| format!("did you mean `{word}`?"))
}
