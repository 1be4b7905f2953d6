//! Which kinds an environment brings to its tenant.

use std::collections::BTreeSet;

use crate::model::{Code, Environment, Finding, Kind, Project};

use super::super::report::Report;
use super::environment::Places;

/// The kinds that a tenant has once, whatever its target environments.
const SHARED: [Kind; 2] = [Kind::DataAction, Kind::DataStore];

/// Fills in what environments manage that do not say so: everything for the first of a tenant, flows
/// for those that come after it.
pub(super) fn fill_in(project: &mut Project, places: &[Places]) {
    let default = |environment: &Environment| {
        if project.owns_draft(environment) {
            Kind::ALL.iter().copied().collect()
        } else {
            BTreeSet::from([Kind::Flow])
        }
    };
    let defaults: Vec<_> = project.environments.iter().map(default).collect();
    let environments = project.environments.iter_mut().zip(defaults);
    for ((environment, kinds), places) in environments.zip(places) {
        if places.manages.is_none() {
            environment.manages = kinds;
        }
    }
}

/// Reports environments that manage a shared kind which an earlier one of their tenant manages.
pub(super) fn check(report: &mut Report, project: &Project, places: &[Places]) {
    let environments: Vec<_> = project.environments.iter().zip(places).collect();
    for (i, (environment, places)) in environments.iter().enumerate() {
        let clash = environments[..i].iter().find_map(|(earlier, earlier_places)| {
            let kinds = shared(earlier, environment);
            // By default only owners of drafts do, and that there are two is told already.
            let said = earlier_places.manages.or(places.manages).is_some();
            (said && !kinds.is_empty()).then_some((earlier, earlier_places, kinds))
        });
        if let Some((earlier, earlier_places, kinds)) = clash {
            let place = |places: &Places| places.manages.unwrap_or(places.name);
            let (message, hint) = explain(earlier, environment, &kinds);
            let finding = Finding::new(Code::SharedKind, report.source(), place(places), message)
                .with_hint(hint)
                .with_label(report.location(place(earlier_places)), "the first is here");
            report.push(finding);
        }
    }
}

fn shared(one: &Environment, other: &Environment) -> Vec<Kind> {
    // An absent tenant has been reported as such.
    if one.tenant != other.tenant || one.tenant.is_empty() {
        return Vec::new();
    }
    let both = |kind: &Kind| one.manages.contains(kind) && other.manages.contains(kind);
    SHARED.into_iter().filter(both).collect()
}

fn explain(earlier: &Environment, environment: &Environment, kinds: &[Kind]) -> (String, String) {
    let list = |name: fn(&Kind) -> String| kinds.iter().map(name).collect::<Vec<_>>().join(" and ");
    let message = format!(
        "`{}` and `{}` would both manage the {} of tenant `{}`",
        earlier.name,
        environment.name,
        list(|kind| format!("{}s", kind.noun())),
        environment.tenant
    );
    let words = list(|kind| format!("`{}`", kind.plural()));
    let hint = format!("a tenant has them once: take {words} out of `manages` of one of the two");
    (message, hint)
}
