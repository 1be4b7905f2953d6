//! What is wrong with data actions: what they depend on, and whether anybody needs them.

mod circle;
mod dependency;
mod network;
mod unused;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Declarations, DesiredDataAction, Finding, ResourceId};

use super::names::Names;
use network::Network;

pub use dependency::dependencies;

/// Finds what is wrong with the data actions and their dependencies.
pub(super) fn check<'a>(declared: &'a Declarations, names: &mut Names<'a>) -> Vec<Finding> {
    let mut findings = dependency::undeclared(declared, names);
    findings.extend(circle::check(&Network::of(&declared.data_actions)));
    findings.extend(unused::check(declared, names));
    findings
}

/// Returns the data actions, each after those that it depends on.
///
/// Of several that may come next the one whose name is smallest does. Dependencies that are not among
/// the actions are passed over, and data actions that depend on each other in a circle come one after
/// the other by name: every action is in the answer exactly once, whatever it depends on.
pub fn dependency_order(actions: &BTreeMap<ResourceId, Arc<DesiredDataAction>>) -> Vec<ResourceId> {
    let ids: Vec<_> = actions.keys().collect();
    let order = Network::of(actions).graph.order();
    order.into_iter().map(|index| ids[index].clone()).collect()
}
