//! What a project's parts say about each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Code, Environment, Finding, Kind, Project, Strategy};

use super::super::report::{Report, did_you_mean, quote};
use super::environment::Places;

/// Reports names that stand for nothing, circles of `promotesFrom` and tenants whose drafts have
/// more than one owner. `places` are those of the project's environments, in their order.
pub(super) fn check(report: &mut Report, project: &Project, places: &[Places]) {
    for (environment, places) in project.environments.iter().zip(places) {
        check_tenant(report, project, environment, *places);
        check_promotion(report, project, environment, *places);
    }
    check_circles(report, project, places);
    check_owners(report, project, places);
    check_ownerless(report, project, places);
    check_strategies(report, project, places);
}

fn check_tenant(report: &mut Report, project: &Project, environment: &Environment, places: Places) {
    let name = &environment.tenant;
    // An absent tenant has been reported as such.
    if name.is_empty() || project.tenant(name).is_some() {
        return;
    }
    let message = format!("there is no tenant {}", quote(name));
    let known = project.tenants.iter().map(|tenant| tenant.name.as_str());
    let mut finding = Finding::new(Code::UnknownReference, report.source(), places.tenant, message);
    finding.hint = did_you_mean(name, known);
    report.push(finding);
}

fn check_promotion(
    report: &mut Report,
    project: &Project,
    environment: &Environment,
    places: Places,
) {
    let Some(name) = environment.promotes_from.as_deref() else { return };
    if project.environment(name).is_some() {
        return;
    }
    let message = format!("there is no environment {}", quote(name));
    let known = project.environments.iter().map(|environment| environment.name.as_str());
    let mut finding =
        Finding::new(Code::UnknownReference, report.source(), places.promotes_from, message);
    finding.hint = did_you_mean(name, known);
    report.push(finding);
}

fn check_circles(report: &mut Report, project: &Project, places: &[Places]) {
    let mut reported: BTreeSet<&str> = BTreeSet::new();
    for (environment, places) in project.environments.iter().zip(places) {
        let Some(circle) = circle(project, environment) else { continue };
        if !reported.contains(environment.name.as_str()) {
            reported.extend(&circle);
            let way = circle.join(" ← ");
            let message =
                format!("`promotesFrom` leads back to where it began: {way} ← {}", circle[0]);
            let hint = "let one of them promote from nothing";
            report.add_hinted(Code::PromotionOrder, places.promotes_from, message, hint);
        }
    }
}

/// Returns the names of the circle that an environment is part of, itself first.
fn circle<'p>(project: &'p Project, start: &'p Environment) -> Option<Vec<&'p str>> {
    let mut way = vec![start.name.as_str()];
    let mut at = start;
    loop {
        at = project.environment(at.promotes_from.as_deref()?)?;
        if at.name == start.name {
            return Some(way);
        }
        if way.contains(&at.name.as_str()) {
            return None;
        }
        way.push(&at.name);
    }
}

fn check_owners(report: &mut Report, project: &Project, places: &[Places]) {
    let mut owners: BTreeMap<&str, (&Environment, Places)> = BTreeMap::new();
    for (environment, places) in project.environments.iter().zip(places) {
        let manages_flows = environment.manages.contains(&Kind::Flow);
        if environment.tenant.is_empty() || !manages_flows || !project.owns_draft(environment) {
            continue;
        }
        let Some((first, first_places)) = owners.get(environment.tenant.as_str()) else {
            owners.insert(&environment.tenant, (environment, *places));
            continue;
        };
        let message = format!(
            "`{}` and `{}` would both own the drafts of tenant `{}`",
            first.name, environment.name, environment.tenant
        );
        let hint = format!(
            "say in which order they come, such as `promotesFrom: {}` in `{}`",
            first.name, environment.name
        );
        let finding = Finding::new(Code::PromotionOrder, report.source(), places.name, message)
            .with_hint(hint)
            .with_label(report.location(first_places.name), "the first is here");
        report.push(finding);
    }
}

/// Reports environments that would stop at a draft which is another's to write.
fn check_strategies(report: &mut Report, project: &Project, places: &[Places]) {
    for (environment, places) in project.environments.iter().zip(places) {
        let strategy = environment.strategy;
        if strategy == Strategy::Deploy || project.owns_draft(environment) {
            continue;
        }
        let word = Strategy::WORDS.iter().find(|(_, known)| *known == strategy);
        let word = word.map_or("", |(word, _)| word);
        let message = format!(
            "`strategy: {word}` stops at the draft, which in tenant `{}` another environment owns",
            environment.tenant
        );
        let hint = "leave `strategy` out here: what comes later in `promotesFrom` can only deploy";
        report.add_hinted(Code::BadValue, places.strategy, message, hint);
    }
}

/// Reports tenants whose flows are managed, but not by the environment that owns the drafts: nobody
/// would publish them.
fn check_ownerless(report: &mut Report, project: &Project, places: &[Places]) {
    let manages_flows = |environment: &Environment| environment.manages.contains(&Kind::Flow);
    let mut seen = BTreeSet::new();
    for (environment, places) in project.environments.iter().zip(places) {
        if !manages_flows(environment) || !seen.insert(environment.tenant.as_str()) {
            continue;
        }
        let of_tenant = |other: &&Environment| other.tenant == environment.tenant;
        let owners: Vec<_> = project
            .environments
            .iter()
            .filter(of_tenant)
            .filter(|other| project.owns_draft(other))
            .collect();
        if let Some(first) = owners.first()
            && !owners.iter().any(|owner| manages_flows(owner))
        {
            let message = format!(
                "`{}` comes first in tenant `{}`, but does not manage its flows",
                first.name, environment.tenant
            );
            let hint = format!("add `flows` to `manages` of `{}`", first.name);
            report.add_hinted(Code::PromotionOrder, places.name, message, hint);
        }
    }
}
