//! Which data action depends on which.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{DesiredDataAction, ResourceId};

use super::super::digraph::Digraph;

/// Data actions as the nodes of a graph, by name; an edge leads to what an action depends on.
pub(super) struct Network<'a> {
    pub(super) actions: Vec<&'a DesiredDataAction>,
    pub(super) names: Vec<&'a str>,
    pub(super) graph: Digraph,
}

impl<'a> Network<'a> {
    /// Reads the dependencies; those on anything else are passed over.
    pub(super) fn of(declared: &'a BTreeMap<ResourceId, Arc<DesiredDataAction>>) -> Self {
        let names: Vec<_> = declared.keys().map(|id| id.name.as_str()).collect();
        let actions: Vec<&DesiredDataAction> = declared.values().map(Arc::as_ref).collect();
        let index = |name: &String| names.binary_search(&name.as_str()).ok();
        let edges = actions.iter().enumerate().flat_map(|(from, action)| {
            let known = action.content.dependencies.iter().filter_map(index);
            known.map(move |to| (from, to))
        });
        let graph = Digraph::new(names.len(), edges);
        Self { actions, names, graph }
    }
}
