//! Offers what people changed in the tenant as a change of the manifests, on a branch.
//!
//! Nothing is deployed from it before it is merged, and it does not matter what else the pass does.

mod message;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::git::{Error, Repo, Signature, adopted_branch};
use crate::manifest::rewrite::{self, Extent, Rewritten};
use crate::model::{
    DataActionContent, Declared, Desired, DesiredDataAction, DriftBranch, Environment, Flow,
    LivePart, ResourceId, Revision, ScriptForm, Source,
};
use crate::plan::{Aim, Plan, ResourcePlan, Work};

/// What became of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// A dry run: nothing was committed.
    Planned,
    /// Nothing could be written: all of it is left.
    Nothing,
    /// It was committed.
    Made(Revision),
    /// The branch offers it already, in this commit.
    Standing(Revision),
    /// It could not be committed, and why.
    Failed(String),
}

/// What a pass adopts of what people changed in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The files that change, relative to the flows folder.
    pub files: Vec<String>,
    /// What could not be written, a sentence each.
    pub left: Vec<String>,
    /// What became of it.
    pub offer: Offer,
}

impl Adopted {
    /// Returns the branch where it offers something.
    pub fn branch(&self) -> Option<DriftBranch> {
        let (Offer::Made(commit) | Offer::Standing(commit)) = &self.offer else { return None };
        Some(DriftBranch { name: self.branch.clone(), commit: commit.clone() })
    }
}

/// The files of an adoption, and what its message says.
#[derive(Debug, Default)]
struct Adoption<'p> {
    /// By path, files that change and files that were asked for and do not.
    texts: BTreeMap<String, Text>,
    parts: Vec<message::Part<'p>>,
}

/// A file before and after.
#[derive(Debug)]
struct Text {
    before: Arc<Source>,
    after: String,
}

/// Returns what a plan adopts; `None` when nothing is to be adopted. Nothing is committed.
pub(super) fn plan(plan: &Plan, desired: &Desired, environment: &Environment) -> Option<Adopted> {
    let adoption = Adoption::of(plan, desired, environment)?;
    Some(adoption.adopted(environment, Offer::Planned))
}

/// Commits what a plan adopts on the environment's branch. That it could not is part of the result:
/// it stops nothing else.
pub(super) fn commit(
    plan: &Plan,
    desired: &Desired,
    environment: &Environment,
    (repo, who): (&Repo, &Signature),
) -> Option<Adopted> {
    let adoption = Adoption::of(plan, desired, environment)?;
    let files = adoption.files();
    let offer = if files.is_empty() {
        Offer::Nothing
    } else {
        let message = message::message(&environment.name, &adoption.parts);
        match repo.adopt(&environment.name, &plan.revision, &files, &message, who) {
            Ok(branch) if branch.is_new => Offer::Made(branch.commit),
            Ok(branch) => Offer::Standing(branch.commit),
            Err(error) => Offer::Failed(explain(&error)),
        }
    };
    Some(adoption.adopted(environment, offer))
}

fn explain(error: &Error) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

impl<'p> Adoption<'p> {
    /// A rollback adopts nothing: what it compares with is not what git says.
    fn of(plan: &'p Plan, desired: &Desired, environment: &Environment) -> Option<Self> {
        if plan.aim != Aim::Reconcile {
            return None;
        }
        let mut adoption = Self::default();
        for resource in &plan.resources {
            let left = match &resource.work {
                Work::Flow(work) => {
                    work.merged.as_ref().map(|it| adoption.flow(resource, it, desired, environment))
                }
                Work::DataAction(work) => {
                    let merged = work.merged.as_ref();
                    merged.map(|it| adoption.data_action(resource, it, desired, environment))
                }
                Work::DataStore(work) => work.merged.as_ref().map(|merged| {
                    let declared = &desired.data_stores.get(&resource.id)?.declared;
                    let source = &declared.metadata.location.source;
                    Some(adoption.document(source, |source| {
                        rewrite::data_store(source, declared, merged, environment)
                    }))
                }),
            };
            let Some(Some(mut left)) = left else { continue };
            left.extend(renamed(resource));
            adoption.parts.push(message::Part { resource, left });
        }
        (!adoption.parts.is_empty()).then_some(adoption)
    }

    fn flow(
        &mut self,
        resource: &ResourcePlan,
        merged: &Flow,
        desired: &Desired,
        environment: &Environment,
    ) -> Option<Vec<String>> {
        let declared = &desired.flows.get(&resource.id)?.declared;
        let source = &declared.metadata.location.source;
        Some(self.document(source, |source| rewrite::flow(source, declared, merged, environment)))
    }

    fn data_action(
        &mut self,
        resource: &ResourcePlan,
        merged: &DataActionContent,
        desired: &Desired,
        environment: &Environment,
    ) -> Option<Vec<String>> {
        let declared = &desired.data_actions.get(&resource.id)?.declared;
        let source = &declared.metadata.location.source;
        let mut left = self
            .document(source, |source| rewrite::data_action(source, declared, merged, environment));
        left.extend(self.script(declared, merged, desired));
        Some(left)
    }

    /// Rewrites a script that has a file of its own, if no other data action runs that file.
    fn script(
        &mut self,
        declared: &DesiredDataAction,
        merged: &DataActionContent,
        desired: &Desired,
    ) -> Option<String> {
        let place = &declared.script_place;
        let after = rewrite::script(&declared.content.script, &merged.script);
        if place.form != ScriptForm::File || *declared.content.script == *after {
            return None;
        }
        let path = &place.source.path;
        let other = desired.data_actions.iter().find(|(id, other)| {
            **id != declared.id() && other.declared.script_place.source.path == *path
        });
        if let Some((other, _)) = other {
            return Some(format!("the script, because {other} runs {path} too"));
        }
        self.text(&place.source).after = after;
        None
    }

    fn text(&mut self, source: &Arc<Source>) -> &mut Text {
        self.texts
            .entry(source.path.clone())
            .or_insert_with(|| Text { before: Arc::clone(source), after: source.text.clone() })
    }

    /// Rewrites a document of a file that may have been rewritten for another one already, and
    /// returns what could not be written.
    fn document(
        &mut self,
        source: &Arc<Source>,
        rewrite: impl FnOnce(&Source) -> Result<Rewritten, rewrite::Error>,
    ) -> Vec<String> {
        let text = self.text(source);
        let now = Source { path: source.path.clone(), text: text.after.clone() };
        match rewrite(&now) {
            Ok(Rewritten { text: after, extent, left }) => {
                let anew = extent == Extent::Document && after != text.after;
                text.after = after;
                let anew = anew.then(|| {
                    format!(
                        "the comments of its document in {}: an anchor or its layout left no place for \
                         the change, so the document is spelled anew",
                        source.path
                    )
                });
                let left = left.into_iter().map(|it| format!("{}: {}", it.pointer, it.reason));
                left.chain(anew).collect()
            }
            Err(error) => vec![format!("anything: {error}")],
        }
    }

    /// Returns the files that change.
    fn files(&self) -> Vec<(String, String)> {
        let changed = self.texts.iter().filter(|(_, text)| text.after != text.before.text);
        changed.map(|(path, text)| (path.clone(), text.after.clone())).collect()
    }

    fn adopted(&self, environment: &Environment, offer: Offer) -> Adopted {
        let left = |part: &message::Part<'_>| {
            let id = &part.resource.id;
            part.left.iter().map(|left| format!("{id}: {left}")).collect::<Vec<_>>()
        };
        Adopted {
            branch: adopted_branch(&environment.name),
            files: self.files().into_iter().map(|(path, _)| path).collect(),
            left: self.parts.iter().flat_map(left).collect(),
            offer,
        }
    }
}

/// A data action or store is named by what others refer to, so its new name is a person's to write.
fn renamed(resource: &ResourcePlan) -> Option<String> {
    let ResourceId { kind, .. } = &resource.id;
    let drift = resource.drift.as_ref().filter(|_| *kind != crate::model::Kind::Flow)?;
    let moved = drift.moves.iter().find(|moved| moved.part == LivePart::Name)?;
    Some(format!("its name ({}): rename it in git, with `renamedFrom`, or take it back", moved.how))
}
