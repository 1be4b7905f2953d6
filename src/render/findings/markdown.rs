//! Findings for a pull request.

use std::fmt::Write as _;

use crate::model::Finding;

use super::summary::Summary;
use super::visible::{short, visible};

/// Returns a summary line and a table of the findings, in GitHub's and GitLab's Markdown.
///
/// Text from manifests is shown as it is: it can neither format, nor link, nor mention anybody.
pub fn markdown(findings: &[Finding]) -> String {
    let mut page = format!("**{}**\n", Summary::of(findings));
    if findings.is_empty() {
        return page;
    }
    page.push_str("\n| Where | Code | Finding | Hint |\n| --- | --- | --- | --- |\n");
    for finding in super::sorted(findings) {
        page.push_str(&row(finding));
    }
    page
}

fn row(finding: &Finding) -> String {
    let place =
        format!("{}:{}", visible(&finding.location.source.path), finding.location.span.line);
    let hint = finding.hint.as_deref().map(prose).unwrap_or_default();
    format!(
        "| <code>{}</code> | {} | {} | {hint} |\n",
        escape(&place),
        finding.code.as_str(),
        prose(&finding.message),
    )
}

/// Escapes a text, and sets what stands between its backquotes as code.
fn prose(text: &str) -> String {
    let text = short(text);
    let parts: Vec<_> = text.split('`').map(escape).collect();
    if parts.len() % 2 == 0 {
        return escape(&text);
    }
    let mut shown = String::new();
    for (index, part) in parts.iter().enumerate() {
        let _ = match index % 2 {
            0 => write!(shown, "{part}"),
            _ => write!(shown, "<code>{part}</code>"),
        };
    }
    shown
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A backslash does not stop a mention or a reference; a comment in between does.
            '@' | '#' => escaped.extend(['\\', c].into_iter().chain("<!-- -->".chars())),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | ':'
            | '$' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}
