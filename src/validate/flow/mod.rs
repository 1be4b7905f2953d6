//! What is wrong with one flow.

mod graph;
mod ids;
mod meaning;
mod references;
mod resources;
mod ways;

use crate::model::{DesiredFlow, Finding, Project};

use super::names::Names;
use meaning::Meaning;

pub(super) use resources::named;

/// Finds what is wrong with a flow.
///
/// Each flow is looked at by itself: what only several show together, such as a name that two have,
/// the manifest layer has found already.
pub(super) fn check<'a>(
    flow: &'a DesiredFlow,
    project: &'a Project,
    names: &mut Names<'a>,
) -> Vec<Finding> {
    let meaning = Meaning::of(flow, project);
    let mut findings = ids::elements(&meaning);
    findings.extend(ids::connectors(&meaning));
    findings.extend(references::element_types(&meaning, project));
    findings.extend(references::connectors(&meaning));
    findings.extend(ways::check(&meaning));
    findings.extend(resources::check(&meaning, names));
    findings
}
