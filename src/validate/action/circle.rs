//! Data actions that depend on each other in a circle.

use crate::model::{Code, Finding};

use super::super::path::{SHOWN, path};
use super::dependency;
use super::network::Network;

/// Finds circles of dependencies: of all data actions that reach each other one, a shortest.
pub(super) fn check(network: &Network<'_>) -> Vec<Finding> {
    let circles = network.graph.circles(|_, _| true);
    circles.iter().filter_map(|circle| finding(network, circle)).collect()
}

fn finding(network: &Network<'_>, circle: &[usize]) -> Option<Finding> {
    let around: Vec<_> = circle.iter().chain(circle.first()).map(|at| network.names[*at]).collect();
    let message = match *around {
        [_, _] => format!("a data action depends on itself: {}", path(&around)),
        _ => format!("data actions depend on each other in a circle: {}", path(&around)),
    };
    let steps = circle.iter().zip(&around[1..]);
    let mut steps = steps.map(|(from, to)| (network.actions[*from], *to));
    let (action, to) = steps.next()?;
    let finding = dependency::finding(Code::DependencyCycle, action, to, message)
        .with_hint("remove one of these dependencies, or move what both sides need into a third");
    Some(steps.take(SHOWN).fold(finding, |finding, (action, to)| {
        let text = format!("`{}` depends on `{to}`", action.metadata.name);
        finding.with_label(dependency::location(action, to), text)
    }))
}
