//! Findings for a terminal.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::model::{Finding, Severity};
use crate::render::Style;

use super::excerpt::{Excerpt, Mark, Pages};
use super::summary::Summary;
use super::visible::{short, visible};

/// Draws every finding with the lines it is about, and ends with how many there are.
///
/// Ends with a line break. Spans that point past the end of a line or file are drawn as near as
/// they can be.
pub fn text(findings: &[Finding], style: Style) -> String {
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width);
    let sorted = super::sorted(findings);
    let marks: Vec<_> = sorted.iter().map(|finding| marks(finding)).collect();
    let mut pages = Pages::default();
    let mut drawn = String::new();
    for (finding, marks) in sorted.iter().zip(&marks) {
        drawn.push_str(&renderer.render(&report(finding, &pages.excerpts(marks))));
        drawn.push_str("\n\n");
    }
    drawn + &Summary::of(findings).to_string() + "\n"
}

fn marks(finding: &Finding) -> Vec<Mark<'_>> {
    let primary = Mark { location: &finding.location, label: None };
    let labels = finding.labels.iter();
    let labels = labels.map(|label| Mark { location: &label.location, label: Some(&label.text) });
    std::iter::once(primary).chain(labels).collect()
}

fn report<'a>(finding: &Finding, excerpts: &[Excerpt<'_>]) -> Vec<Group<'a>> {
    let level = level(finding.severity());
    let title = level.clone().primary_title(short(&finding.message)).id(finding.code.as_str());
    let mut done = Vec::new();
    let mut group = Group::with_title(title);
    for excerpt in excerpts {
        let path = visible(&excerpt.location.source.path);
        group = match snippet(excerpt) {
            Some(snippet) if excerpt.is_cut => {
                // The library counts columns from the beginning of what it is given. A group of
                // its own keeps it from writing them.
                done.push(group.element(origin(excerpt, path)));
                Group::with_level(level.clone()).element(snippet)
            }
            Some(snippet) => group.element(snippet.path(path)),
            None => group.element(origin(excerpt, path)),
        };
    }
    if let Some(hint) = &finding.hint {
        group = group.element(Level::HELP.message(short(hint)));
    }
    done.push(group);
    done
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    }
}

fn origin<'a>(excerpt: &Excerpt<'_>, path: String) -> Origin<'a> {
    let span = excerpt.location.span;
    Origin::path(path).line(span.line as usize).char_column(span.column as usize)
}

fn snippet<'a>(excerpt: &Excerpt<'_>) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let text = excerpt.text.clone()?;
    let annotations = excerpt.marks.iter().map(|(range, mark)| {
        let kind = match mark.label {
            None => AnnotationKind::Primary,
            Some(_) => AnnotationKind::Context,
        };
        kind.span(range.clone()).label(mark.label.map(short))
    });
    let line = (excerpt.location.span.line as usize).max(1);
    Some(Snippet::source(text).line_start(line).annotations(annotations))
}
