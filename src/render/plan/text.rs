//! A plan on a terminal.

use super::words;
use crate::plan::{Action, Plan, Refusal, ResourcePlan};
use crate::render::{Style, escape, paint};

/// Returns the plan as text that ends with a line break.
///
/// A header, each resource with what differs element by element and its steps, the refusals, and
/// last one line with the counts. A plan with nothing to do is that one line. Text from the tenant
/// and the repository is escaped where it could move the cursor or hide something.
pub fn text(plan: &Plan, style: Style) -> String {
    let summary = style.paint(paint::STRONG, &words::summary(plan));
    if plan.resources.is_empty() && plan.refusals.is_empty() {
        return format!("{}{summary}\n", asides(plan, style).trim_start());
    }
    let mut out = header(plan, style);
    for resource in &plan.resources {
        out.push('\n');
        out.push_str(&block(plan, resource, style));
    }
    out.push_str(&refusals(&plan.refusals, style));
    out.push_str(&asides(plan, style));
    format!("{out}\n{summary}\n")
}

/// Returns the line that names a plan for whoever signs it off; nothing for one that cannot be applied or
/// does nothing.
pub fn hash_line(plan: &Plan, hash: &str) -> String {
    let idle = plan.resources.iter().all(ResourcePlan::is_idle);
    if idle || !plan.refusals.is_empty() { String::new() } else { format!("Plan hash: {hash}\n") }
}

/// What was set aside, what the plan waits for as a whole, and what is worth a look.
fn asides(plan: &Plan, style: Style) -> String {
    let lines: Vec<String> = words::asides(plan)
        .into_iter()
        .map(|(word, text)| {
            format!("{}: {}\n", style.paint(paint::CARE, word), escape::plain(&text))
        })
        .collect();
    if lines.is_empty() { String::new() } else { format!("\n{}", lines.concat()) }
}

fn header(plan: &Plan, style: Style) -> String {
    let line = format!(
        "{} of {} for {}: tenant {}, target environment {}, revision {}",
        words::title(plan),
        plan.project,
        plan.environment,
        plan.tenant,
        plan.target_environment,
        plan.revision.short()
    );
    let line = style.paint(paint::STRONG, &escape::plain(&line));
    format!("{line}\n{}", legend(plan, style))
}

/// Explains the signs that occur.
fn legend(plan: &Plan, style: Style) -> String {
    let mut signs: Vec<(char, &str)> = Vec::new();
    for resource in &plan.resources {
        let sign = words::action(resource.action);
        if !signs.contains(&sign) {
            signs.push(sign);
        }
    }
    let signs: Vec<_> = signs.into_iter().map(|(sign, name)| format!("{sign} {name}")).collect();
    if signs.is_empty() {
        return String::new();
    }
    style.paint(paint::QUIET, &format!("  {}", signs.join("   "))) + "\n"
}

fn block(plan: &Plan, resource: &ResourcePlan, style: Style) -> String {
    let reason = resource.reason.as_ref().map(|reason| format!("    {}\n", escape::plain(reason)));
    let mut rows = words::drift(resource);
    rows.extend(words::rows(resource, style.width));
    let steps = words::steps(plan, resource);
    let steps = (!steps.is_empty())
        .then(|| format!("    {}\n", style.paint(paint::QUIET, &format!("steps: {steps}"))));
    std::iter::once(heading(resource, style) + "\n")
        .chain(reason)
        .chain(rows.iter().map(|row| row.text(style)))
        .chain(steps)
        .collect()
}

fn heading(resource: &ResourcePlan, style: Style) -> String {
    let ansi = match resource.action {
        Action::Create => paint::GOOD,
        Action::Update => paint::CARE,
        Action::Adopt => paint::NEWS,
        Action::Delete => paint::BAD,
        Action::Leave(outcome) => paint::resource_outcome(outcome),
    };
    let (sign, _) = words::action(resource.action);
    let id = format!("{sign} {}", escape::plain(&resource.id.to_string()));
    let mut parts = vec![style.paint(ansi.bold(), &id), escape::quoted(&resource.display_name)];
    parts.extend(resource.work.version().map(words::version));
    if let Action::Leave(outcome) = resource.action {
        parts.push(style.paint(ansi, outcome.as_str()));
    }
    let place = resource.place.as_ref().map(|place| format!("({})", escape::plain(place)));
    parts.extend(place.map(|place| style.paint(paint::QUIET, &place)));
    parts.join(" ")
}

fn refusals(refusals: &[Refusal], style: Style) -> String {
    if refusals.is_empty() {
        return String::new();
    }
    let loud = style.paint(paint::ALARM, "REFUSED: nothing is written while this stands.");
    let line = |Refusal { guard, message }: &Refusal| {
        format!("  {}: {}\n", style.paint(paint::ALARM, guard), escape::plain(message))
    };
    let lines: Vec<String> = refusals.iter().map(line).collect();
    format!("\n{loud}\n{}", lines.concat())
}
