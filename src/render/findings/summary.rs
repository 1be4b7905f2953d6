//! How many findings there are.

use std::collections::BTreeSet;
use std::fmt;

use crate::model::{Finding, Severity};

/// Counts of findings; displayed such as `3 errors, 1 warning in 2 files`.
pub(super) struct Summary {
    pub(super) errors: usize,
    pub(super) warnings: usize,
    files: usize,
}

impl Summary {
    pub(super) fn of(findings: &[Finding]) -> Self {
        let errors = findings.iter().filter(|f| f.severity() == Severity::Error).count();
        let files: BTreeSet<_> = findings.iter().map(|f| &f.location.source.path).collect();
        Self { errors, warnings: findings.len() - errors, files: files.len() }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [(self.errors, "error"), (self.warnings, "warning")];
        let some: Vec<_> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| counted(*n, what)).collect();
        if some.is_empty() {
            return f.write_str("no findings");
        }
        write!(f, "{} in {}", some.join(", "), counted(self.files, "file"))
    }
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
