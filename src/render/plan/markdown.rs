//! A plan in a pull request.

use super::words;
use crate::plan::{Action, Plan, Refusal, ResourcePlan};
use crate::render::escape;
use crate::render::markdown::{Document, Section, WIDTH, code, fence};
use crate::render::matrix::{Row, Sign};

/// Returns the plan as Markdown of at most 60,000 characters: the counts, the refusals, a table of
/// the resources, and what differs in each, folded.
///
/// Text from the tenant and the repository stays text: it breaks out of no table, block or tag, and
/// mentions nobody. What does not fit is left out from the end, with a note; the counts stay true.
pub fn markdown(plan: &Plan, hash: &str) -> String {
    let details = plan.resources.iter().map(|resource| section(plan, resource));
    Document {
        head: head(plan, hash),
        columns: &["", "Resource", "Name", "Version", "Declared"],
        table: plan.resources.iter().map(row).collect(),
        sections: details.filter(|section| !section.rows.is_empty()).collect(),
    }
    .draw()
}

fn head(plan: &Plan, hash: &str) -> String {
    let mut head = format!(
        "### flowgate: {} ({}) at {}\n\n**{}**\n\n{} {}\n",
        code(&plan.environment),
        code(&plan.target_environment),
        code(plan.revision.short()),
        words::summary(plan),
        words::title(plan),
        code(hash)
    );
    let asides = words::asides(plan);
    if !asides.is_empty() {
        let line = |(word, text): &(&str, String)| format!("{word}: {}\n", escape::plain(text));
        let lines: Vec<String> = asides.iter().map(line).collect();
        head.push('\n');
        head.push_str(&fence("text", &lines.concat()));
    }
    if !plan.refusals.is_empty() {
        let line = |one: &Refusal| format!("{}: {}\n", one.guard, escape::plain(&one.message));
        let lines: Vec<String> = plan.refusals.iter().map(line).collect();
        head.push_str("\n**Refused: nothing is written while this stands.**\n\n");
        head.push_str(&fence("text", &lines.concat()));
    }
    head
}

fn row(resource: &ResourcePlan) -> Vec<String> {
    vec![
        action(resource),
        code(&resource.id.to_string()),
        code(&resource.display_name),
        resource.work.version().map(words::version).unwrap_or_default(),
        resource.place.as_deref().map(code).unwrap_or_default(),
    ]
}

fn action(resource: &ResourcePlan) -> String {
    match resource.action {
        Action::Leave(outcome) => format!("left alone: {outcome}"),
        other => words::action(other).1.to_owned(),
    }
}

fn section(plan: &Plan, resource: &ResourcePlan) -> Section {
    let mut rows = Vec::new();
    if let Some(reason) = &resource.reason {
        rows.push(Row::new(0, Sign::Context, escape::plain(reason)));
    }
    rows.extend(words::drift(resource));
    rows.extend(words::rows(resource, WIDTH));
    let steps = words::steps(plan, resource);
    if !steps.is_empty() {
        rows.push(Row::new(0, Sign::Context, format!("steps: {steps}")));
    }
    let title = format!("{} {}", action(resource), code(&resource.id.to_string()));
    Section { title, rows }
}
