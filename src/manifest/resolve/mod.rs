//! What files declare, in one environment: values filled in, files looked at together.

mod names;
mod unused;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{
    Code, Declarations, Declared, DesiredDataAction, DesiredDataStore, DesiredFlow, Environment,
    Finding, ResourceId, ScriptForm, ScriptPlace, Severity,
};

use super::data_action::ScriptReference;
use super::flow::display_name_fault;
use super::parse::Parsed;
use super::project::ProjectFile;
use super::script::{self, ScriptFile};
use super::sourced;
use super::template::Filling;
use super::unresolved::{Manifest, Unresolved};

use names::Names;

/// The desired resources of an environment, and everything that is wrong.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// What is declared, complete only if no finding is an error. What has no references is shared
    /// with the parsed files.
    pub declared: Declarations,
    /// What is declared too, but cannot be read: why is among the findings. That it is named
    /// elsewhere is no mistake of its own.
    pub broken: BTreeSet<ResourceId>,
    /// Findings of the files first, in their order, then of the files together.
    pub findings: Vec<Finding>,
}

/// Fills in the values of an environment and the scripts, and finds what only several files together
/// show.
///
/// `scripts` holds what lies at the paths of [`Parsed::scripts`]; a path that is not there does not
/// exist. The findings include those of the parsed files, so that the caller has all at once. The
/// environment must be one of the project's. Of two resources of a kind with one name the first
/// stays.
pub fn resolve(
    parsed: &[Arc<Parsed>],
    scripts: &BTreeMap<String, ScriptFile>,
    project: &ProjectFile,
    environment: &Environment,
) -> Resolved {
    let mut resolver = Resolver {
        scripts,
        environment,
        filling: Filling::new(environment),
        names: Names::default(),
        broken: parsed.iter().flat_map(|file| file.broken.iter().cloned()).collect(),
        findings: parsed.iter().flat_map(|file| file.findings.iter().cloned()).collect(),
    };
    let files = || parsed.iter();
    let declared = Declarations {
        flows: by_id(files().flat_map(|file| &file.flows), |flow| resolver.flow(flow)),
        data_actions: by_id(files().flat_map(|file| &file.data_actions), |action| {
            resolver.data_action(action)
        }),
        data_stores: by_id(files().flat_map(|file| &file.data_stores), |store| {
            resolver.data_store(store)
        }),
    };
    let Resolver { filling, names, broken, mut findings, .. } = resolver;
    let (used, unresolved) = filling.finish();
    findings.extend(unresolved);
    findings.extend(names.rename_faults());
    findings.extend(unused::empty_paths(parsed, project));
    // What a broken file uses is not known.
    let all_read = findings.iter().all(|finding| finding.severity() == Severity::Warning);
    if all_read && !parsed.is_empty() {
        findings.extend(unused::unused_values(project, environment, &used));
        findings.extend(unused::unused_sources(project, environment, &declared));
    }
    Resolved { declared, broken, findings }
}

fn by_id<'p, T: Manifest + 'p>(
    unresolved: impl Iterator<Item = &'p Unresolved<T>>,
    resolve: impl FnMut(&'p Unresolved<T>) -> Option<Arc<T>>,
) -> BTreeMap<ResourceId, Arc<T>> {
    unresolved.filter_map(resolve).map(|resource| (resource.id(), resource)).collect()
}

struct Resolver<'a> {
    scripts: &'a BTreeMap<String, ScriptFile>,
    environment: &'a Environment,
    filling: Filling<'a>,
    names: Names,
    broken: BTreeSet<ResourceId>,
    findings: Vec<Finding>,
}

impl Resolver<'_> {
    fn flow(&mut self, unresolved: &Unresolved<DesiredFlow>) -> Option<Arc<DesiredFlow>> {
        let desired = unresolved.fill(&mut self.filling);
        self.findings.extend(sourced::check(&desired, self.environment));
        let place = unresolved.rest;
        let name = &desired.flow.display_name;
        // One without references was looked at when it was read.
        if *name != unresolved.desired.flow.display_name
            && let Some(fault) = display_name_fault(name)
        {
            self.findings.push(Finding::new(Code::BadValue, unresolved.source(), place, fault));
        }
        let free = self.names.admit(unresolved, &mut self.findings);
        if free {
            self.names.display(&desired, place, &mut self.findings);
        }
        free.then_some(desired)
    }

    fn data_action(
        &mut self,
        unresolved: &Unresolved<DesiredDataAction>,
    ) -> Option<Arc<DesiredDataAction>> {
        let mut desired = unresolved.fill(&mut self.filling);
        if !self.names.admit(unresolved, &mut self.findings) {
            return None;
        }
        if let Some(reference) = &unresolved.rest
            && !self.put_script(Arc::make_mut(&mut desired), reference)
        {
            self.broken.insert(desired.id());
            return None;
        }
        Some(desired)
    }

    fn data_store(
        &mut self,
        unresolved: &Unresolved<DesiredDataStore>,
    ) -> Option<Arc<DesiredDataStore>> {
        let desired = unresolved.fill(&mut self.filling);
        self.names.admit(unresolved, &mut self.findings).then_some(desired)
    }

    /// Gives a data action the script that its manifest names, and tells whether there is one.
    fn put_script(&mut self, action: &mut DesiredDataAction, reference: &ScriptReference) -> bool {
        let found = script::text(&reference.path, self.scripts.get(&reference.path));
        let fault = match found {
            Ok(source) => script::length_fault(&source.text),
            Err(ref fault) => Some(fault.clone()),
        };
        if let Some((code, message, hint)) = fault {
            let manifest = &action.metadata.location.source;
            let finding = Finding::new(code, manifest, reference.place, message);
            self.findings.push(finding.with_hint(hint));
        }
        let Ok(source) = found else { return false };
        action.content.script = source.text.as_str().into();
        action.script_place = ScriptPlace { source: Arc::clone(source), form: ScriptForm::File };
        true
    }
}
