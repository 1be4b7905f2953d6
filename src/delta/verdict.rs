//! Which side moved: git, the tenant, or both.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Delta, FieldChange, compare, hash, merge_flow};
use crate::model::{
    Conflict, Connector, ContentHash, Deployed, DeploymentId, Drift, Element, Environment, Flow,
    FlowContent, FlowRecord, LiveDeployment, LiveFlow, LivePart, Move, Project, Side, Strategy,
    VersionId,
};

/// Which parts of a live flow an environment answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// The draft, the published version and the deployment: the environment owns the draft.
    Draft,
    /// The deployment alone: another environment of the tenant owns the draft.
    Deployment,
}

impl Watch {
    /// Returns what an environment of the project watches.
    pub fn of(project: &Project, environment: &Environment) -> Self {
        if project.owns_draft(environment) { Self::Draft } else { Self::Deployment }
    }
}

/// How git and the tenant stand to each other.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Everything that is watched holds what git wants.
    InSync,
    /// Only git moved since flowgate wrote last; or something that was begun is not finished; or git
    /// has all that was changed live, and more.
    GitChanged,
    /// Something was changed live that git does not have.
    Drifted(Drift),
}

/// A flow compared with what is live.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Which side moved.
    pub verdict: Verdict,
    /// From what is live to what git wants. Live is, of a flow that moved, the part that moved;
    /// else what the target environment runs, else what is published, else the draft.
    pub delta: Delta,
    /// Where name and description differ.
    pub settings: Vec<FieldChange>,
    /// The version that holds git's content already, under the number that git asks for if it
    /// does.
    pub version: Option<VersionId>,
    /// What flowgate last put into the draft; `None` where nobody knows.
    pub base: Option<Flow>,
    /// What git and the tenant changed, together; git's value where they collide. `None` where
    /// nothing drifted, or there is no base to tell by.
    pub merged: Option<Flow>,
}

/// Compares what git wants with a live flow and with what flowgate recorded of it.
///
/// A part moved when it holds something that is neither git's nor what flowgate last put there: content
/// decides, element by element, so that a draft that was touched and not changed has not moved, and
/// neither has one of which git has every change. Without a base contents are compared whole.
pub fn verdict(
    desired: &Flow,
    live: &LiveFlow,
    record: Option<&FlowRecord>,
    (watch, strategy): (Watch, Strategy),
) -> Comparison {
    let sides = Sides::read(desired, live, record, (watch, strategy));
    let drifted = sides.drifted();
    let settings = sides.settings();
    let version = sides.version_with_content();
    let delta = compare(sides.before(drifted.as_ref()), &desired.content);
    let (verdict, merged) = match drifted {
        Some(Drifted { drift, merged }) => (Verdict::Drifted(drift), merged),
        None if settings.is_empty() && sides.holds_everywhere(version.as_ref()) => {
            (Verdict::InSync, None)
        }
        None => (Verdict::GitChanged, None),
    };
    Comparison { verdict, delta, settings, version, base: sides.draft_base(), merged }
}

/// Returns what git wants with the platform's own properties of the parts that stay.
pub fn carry_extras(wanted: &FlowContent, live: &FlowContent) -> FlowContent {
    let elements: BTreeMap<_, _> = live.elements.iter().map(|e| (&e.id, &e.extra)).collect();
    let connectors: BTreeMap<_, _> = live.connectors.iter().map(|c| (&c.id, &c.extra)).collect();
    let kept = |extras: &BTreeMap<&String, &Map<String, Value>>, id: &String| {
        extras.get(id).map(|extra| (*extra).clone()).unwrap_or_default()
    };
    FlowContent {
        elements: wanted
            .elements
            .iter()
            .map(|e| Element { extra: kept(&elements, &e.id), ..e.clone() })
            .collect(),
        connectors: wanted
            .connectors
            .iter()
            .map(|c| Connector { extra: kept(&connectors, &c.id), ..c.clone() })
            .collect(),
    }
}

struct Sides<'a> {
    desired: &'a Flow,
    wanted: ContentHash,
    live: &'a LiveFlow,
    record: Option<&'a FlowRecord>,
    watch: Watch,
    strategy: Strategy,
    draft: ContentHash,
    contents: BTreeMap<&'a VersionId, ContentHash>,
}

impl<'a> Sides<'a> {
    fn read(
        desired: &'a Flow,
        live: &'a LiveFlow,
        record: Option<&'a FlowRecord>,
        (watch, strategy): (Watch, Strategy),
    ) -> Self {
        let contents = live.contents.iter().map(|(id, content)| (id, hash(content))).collect();
        let wanted = hash(&desired.content);
        let draft = hash(&live.draft.content);
        Self { desired, wanted, live, record, watch, strategy, draft, contents }
    }

    fn holds(&self, version: &VersionId) -> bool {
        self.contents.get(version) == Some(&self.wanted)
    }

    fn holds_everywhere(&self, version: Option<&VersionId>) -> bool {
        let deployed = self.live.current.as_ref().map(|deployment| &deployment.version_id);
        if self.watch == Watch::Deployment {
            return deployed.is_some_and(|id| self.holds(id));
        }
        let published = version.is_some() && self.live.published.as_ref() == version;
        self.draft == self.wanted
            && match self.strategy {
                Strategy::Draft => true,
                Strategy::Version => published,
                Strategy::Deploy => published && deployed == version,
            }
    }

    /// Gathers what moved live.
    fn drifted(&self) -> Option<Drifted> {
        let mut folding = Folding::begin(self.desired);
        if self.watch == Watch::Draft {
            self.fold_draft(&mut folding);
        }
        if self.watch == Watch::Deployment || self.strategy == Strategy::Deploy {
            self.fold_deployment(&mut folding);
        }
        folding.finish()
    }

    fn fold_draft(&self, folding: &mut Folding<'_>) {
        let moved: Vec<Move> =
            self.draft_moved().into_iter().chain(self.settings_moved()).collect();
        if moved.is_empty() {
            return;
        }
        let live = Flow {
            display_name: self.live.name.clone(),
            description: self.live.description.clone(),
            version: None,
            content: self.live.draft.content.clone(),
        };
        folding.fold(moved, self.draft_base().as_ref(), Some(&live));
    }

    fn fold_deployment(&self, folding: &mut Folding<'_>) {
        let Some(moved) = self.deployment_moved() else { return };
        // A version says nothing of the flow's name.
        let of = |content: FlowContent| Flow { content, version: None, ..self.desired.clone() };
        let recorded = self.record.and_then(|record| record.deployed.as_ref());
        let base = recorded.and_then(|deployed| self.content(&deployed.version)).map(of);
        let current = self.live.current.as_ref();
        let live = current.and_then(|current| self.content(&current.version_id)).map(of);
        folding.fold(vec![moved], base.as_ref(), live.as_ref());
    }

    /// Returns what a version holds, as far as it was read or is recorded.
    fn content(&self, id: &VersionId) -> Option<FlowContent> {
        let recorded = self.record.and_then(|record| record.version.as_ref());
        let recorded = recorded.filter(|version| version.id == *id);
        let read = self.live.contents.get(id);
        read.or_else(|| recorded.and(self.live.base.version.as_ref())).cloned()
    }

    /// Returns what flowgate last put into the draft: the version that was published, unless the
    /// draft was given something without one.
    fn draft_base(&self) -> Option<Flow> {
        let record = self.record?;
        let published = || {
            let id = self.live.published.as_ref().filter(|id| self.is_own(id))?;
            self.live.contents.get(id)
        };
        let base = &self.live.base;
        let content = base.draft.as_ref().or_else(published).or(base.version.as_ref())?;
        Some(Flow {
            display_name: record.display_name.clone(),
            description: record.description.clone(),
            version: None,
            content: content.clone(),
        })
    }

    fn draft_moved(&self) -> Option<Move> {
        let live = self.live;
        if self.draft == self.wanted || self.is_as_written() {
            return None;
        }
        let draft = &live.draft;
        let who = self.editor().map_or("someone", String::as_str);
        let when = self.edited_at().map(|at| format!(" at {at}")).unwrap_or_default();
        let how = format!("{who} edited the draft{when} (draft revision {})", draft.revision);
        Some(self.draft_move(LivePart::Draft, how))
    }

    /// Tells whether the draft holds what flowgate put there, by itself or by publishing.
    fn is_as_written(&self) -> bool {
        let written = self.record.and_then(|record| record.draft.as_ref());
        written.is_some_and(|written| written.hash == self.draft)
            || match &self.live.published {
                None => is_empty(&self.live.draft.content),
                Some(id) => self.is_own(id) && self.contents.get(id) == Some(&self.draft),
            }
    }

    /// Name and description are written with the draft.
    fn draft_move(&self, part: LivePart, how: String) -> Move {
        Move { part, by: self.editor().cloned(), at: self.edited_at(), how }
    }

    /// Who wrote the draft last, unless that was flowgate, which kept what somebody had changed.
    fn editor(&self) -> Option<&'a String> {
        self.live.draft.updated_by.as_ref().filter(|_| !self.is_own_write())
    }

    fn edited_at(&self) -> Option<Timestamp> {
        self.live.draft.updated_at.filter(|_| !self.is_own_write())
    }

    fn is_own_write(&self) -> bool {
        let written = self.record.and_then(|record| record.draft.as_ref()?.revision);
        written == Some(self.live.draft.revision)
    }

    fn settings_moved(&self) -> Vec<Move> {
        let Some(record) = self.record else { return Vec::new() };
        let who = self.editor().map_or("someone", String::as_str);
        let (was, is) = (&record.display_name, &self.live.name);
        let renamed = was != is && *is != self.desired.display_name;
        let name = renamed.then(|| format!("{who} renamed it from {was:?} to {is:?}"));
        let was = record.description.as_deref().unwrap_or_default();
        let is = self.live.description.as_deref().unwrap_or_default();
        let wanted = self.desired.description.as_deref();
        let described = wanted.is_some_and(|wanted| is != was && is != wanted);
        let text = described.then(|| format!("{who} changed the description to {is:?}"));
        let name = name.map(|how| self.draft_move(LivePart::Name, how));
        name.into_iter()
            .chain(text.map(|how| self.draft_move(LivePart::Description, how)))
            .collect()
    }

    fn deployment_moved(&self) -> Option<Move> {
        let recorded = self.record.and_then(|record| record.deployed.as_ref());
        let part = LivePart::Deployment;
        let Some(current) = self.live.current.as_ref() else {
            let how = |gone: &Deployed| {
                let id = &gone.deployment;
                format!("deployment {id} is no longer what the target environment runs")
            };
            return recorded.map(how).map(|how| Move { part, by: None, at: None, how });
        };
        let expected = recorded.is_some_and(|deployed| deployed.version == current.version_id);
        if expected || self.holds(&current.version_id) || self.may_be_unrecorded(current) {
            return None;
        }
        let number = self.live.version(&current.version_id).and_then(|v| v.number.as_ref());
        let name = number.map_or_else(String::new, |number| format!("{number}, "));
        let (by, at, what) = self.deployer(current, recorded);
        let how = format!(
            "the target environment runs version {name}{} (deployment {}), which is neither git's nor \
             what was recorded: {what}",
            current.version_id, current.id
        );
        Some(Move { part, by, at, how })
    }

    /// Says who brought what runs. Of a rollback the platform names nobody: what runs then was started
    /// long before.
    fn deployer(
        &self,
        current: &LiveDeployment,
        recorded: Option<&Deployed>,
    ) -> (Option<String>, Option<Timestamp>, String) {
        let place = |id: &DeploymentId| self.live.deployments.iter().position(|one| one.id == *id);
        let recorded = recorded.and_then(|recorded| place(&recorded.deployment));
        match (place(&current.id), recorded) {
            (Some(current), Some(recorded)) if current > recorded => {
                (None, None, "someone rolled back to it".to_owned())
            }
            (Some(_), Some(_)) => {
                let who = current.triggered_by.as_deref().unwrap_or("someone");
                let when = current.started_at.map(|at| format!(" at {at}")).unwrap_or_default();
                let what = format!("deployed by {who}{when}");
                (current.triggered_by.clone(), current.started_at, what)
            }
            _ => {
                let what =
                    "deployed or rolled back by someone, or by a pass that could not record it";
                (None, None, what.to_owned())
            }
        }
    }

    /// Tells whether a pass that died before recording may have deployed it.
    ///
    /// Without a record, every version of ours. With one, only a newer version, and only where no
    /// other environment makes versions that a person could take.
    fn may_be_unrecorded(&self, current: &LiveDeployment) -> bool {
        let Some(version) = self.live.version(&current.version_id) else { return false };
        let Some(record) = self.record else { return version.ours };
        let known = record.version.as_ref().map(|known| &known.number);
        version.ours && self.watch == Watch::Draft && version.number.as_ref() >= known
    }

    fn is_own(&self, id: &VersionId) -> bool {
        let recorded = self.record.and_then(|record| record.published.as_ref()) == Some(id);
        recorded || self.live.version(id).is_some_and(|version| version.ours)
    }

    fn settings(&self) -> Vec<FieldChange> {
        if self.watch == Watch::Deployment {
            return Vec::new();
        }
        let change = |pointer: &str, before: Option<&str>, after: &str| {
            (before != Some(after)).then(|| FieldChange {
                pointer: pointer.to_owned(),
                before: before.map(Value::from),
                after: Some(Value::from(after)),
            })
        };
        let name = change("/displayName", Some(&self.live.name), &self.desired.display_name);
        let described = self.desired.description.as_deref();
        let description = described
            .and_then(|text| change("/description", self.live.description.as_deref(), text));
        name.into_iter().chain(description).collect()
    }

    fn version_with_content(&self) -> Option<VersionId> {
        let asked = match self.watch {
            Watch::Draft => self.desired.version.as_ref(),
            Watch::Deployment => None,
        };
        let fits = |id: &VersionId| {
            let number = self.live.version(id).and_then(|version| version.number.as_ref());
            self.holds(id) && asked.is_none_or(|asked| number == Some(asked))
        };
        let deployed = self.live.current.as_ref().map(|deployment| &deployment.version_id);
        let published = self.live.published.as_ref();
        let all = self.live.versions.iter().map(|version| &version.id);
        deployed.into_iter().chain(published).chain(all).find(|id| fits(id)).cloned()
    }

    fn before(&self, drifted: Option<&Drifted>) -> &'a FlowContent {
        let live = self.live;
        let edited = |one: &Move| one.part == LivePart::Draft;
        let edited = drifted.is_some_and(|drifted| drifted.drift.moves.iter().any(edited));
        if edited || (self.watch == Watch::Draft && self.strategy == Strategy::Draft) {
            return &live.draft.content;
        }
        let deployed = live.current.as_ref().map(|deployment| &deployment.version_id);
        let known = |id: &VersionId| live.contents.get(id);
        deployed
            .and_then(known)
            .or_else(|| live.published.as_ref().and_then(known))
            .unwrap_or(&live.draft.content)
    }
}

/// What drifted, and what it comes to with what git wants.
struct Drifted {
    drift: Drift,
    merged: Option<Flow>,
}

/// Takes in what moved, one live side after the other.
struct Folding<'a> {
    git: &'a Flow,
    moves: Vec<Move>,
    conflicts: Vec<Conflict>,
    merged: Option<Flow>,
    git_moved: bool,
}

impl<'a> Folding<'a> {
    fn begin(git: &'a Flow) -> Self {
        Self { git, moves: Vec::new(), conflicts: Vec::new(), merged: None, git_moved: false }
    }

    /// Takes in a side that moved, unless git has all of what was changed there.
    fn fold(&mut self, moves: Vec<Move>, base: Option<&Flow>, live: Option<&Flow>) {
        let (Some(base), Some(live)) = (base, live) else {
            self.moves.extend(moves);
            return;
        };
        let merge = merge_flow(base, live, self.git);
        if merge.conflicts.is_empty() && same(&merge.flow, self.git) {
            return;
        }
        let content = !merge.conflicts.is_empty() || differ(&merge.flow, self.git);
        self.moves.extend(moves.into_iter().filter(|one| content || one.part != LivePart::Draft));
        self.git_moved |= !same(base, self.git);
        let folded = match &self.merged {
            Some(merged) => merge_flow(base, live, merged),
            None => merge,
        };
        self.conflicts.extend(folded.conflicts);
        self.merged = Some(folded.flow);
    }

    fn finish(self) -> Option<Drifted> {
        let Self { moves, conflicts, merged, git_moved, .. } = self;
        let side = if git_moved { Side::Both } else { Side::Live };
        let drift = Drift { side, moves, conflicts };
        (!drift.moves.is_empty()).then_some(Drifted { drift, merged })
    }
}

/// Tells whether two flows are alike; a description that git leaves out is no difference.
fn same(one: &Flow, git: &Flow) -> bool {
    let described = git.description.is_none() || one.description == git.description;
    described && one.display_name == git.display_name && !differ(one, git)
}

fn differ(one: &Flow, other: &Flow) -> bool {
    hash(&one.content) != hash(&other.content)
}

fn is_empty(content: &FlowContent) -> bool {
    content.elements.is_empty() && content.connectors.is_empty()
}
