//! `versions` of an environment: how many of each flow its tenant keeps.

use std::collections::BTreeMap;

use crate::model::{Code, MAX_ROLLBACK_DEPTH, Project};

use super::super::report::Report;
use super::super::tree::Node;
use super::environment::Places;

const KEYS: &[&str] = &["keep"];

/// The fewest and the most versions that may be kept: the newest one with those that a rollback may go
/// back to, and room for one more below the platform's cap of 50.
pub(in crate::manifest) const KEEP: [u32; 2] = [MAX_ROLLBACK_DEPTH + 1, 49];

/// Reads how many versions are kept.
pub(super) fn read(report: &mut Report, _: &str, node: &Node<'_>) -> Option<u32> {
    let fields = report.fields("versions", node, KEYS)?;
    let [fewest, most] = KEEP;
    report.required(&fields, "keep", |report, key, node| {
        report.whole_number(key, node, fewest..=most)
    })
}

/// Gives every environment of a tenant what the owner of its drafts says, and reports those that speak for
/// versions of which they are not the first maker.
pub(super) fn share(report: &mut Report, project: &mut Project, places: &[Places]) {
    let mut kept: BTreeMap<String, u32> = BTreeMap::new();
    for (environment, places) in project.environments.iter().zip(places) {
        let Some(keep) = environment.keep_versions else { continue };
        if project.owns_draft(environment) {
            kept.insert(environment.tenant.clone(), keep);
        } else if let Some(span) = places.versions {
            let message = format!(
                "`{}` does not own the drafts of tenant `{}`, so it does not say how many versions are \
                 kept",
                environment.name, environment.tenant
            );
            let hint =
                "move `versions` to the first environment of the tenant; it counts for all of them";
            report.add_hinted(Code::BadValue, span, message, hint);
        }
    }
    for environment in &mut project.environments {
        environment.keep_versions = kept.get(&environment.tenant).copied();
    }
}
