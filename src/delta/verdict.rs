//! Which side moved: git, the tenant, or both.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Delta, FieldChange, compare, hash};
use crate::model::{
    Connector, ContentHash, Element, Environment, Flow, FlowContent, FlowRecord, LiveDeployment,
    LiveFlow, Project, VersionId,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that is watched holds what git wants.
    InSync,
    /// Only git moved since flowgate wrote last; or something that was begun is not finished.
    GitChanged,
    /// Only the tenant moved. What moved, one sentence each.
    LiveChanged(Vec<String>),
    /// Both moved, to different contents. What moved in the tenant, one sentence each.
    BothChanged(Vec<String>),
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
}

/// Compares what git wants with a live flow and with what flowgate recorded of it.
///
/// A part moved when it holds neither what git wants nor what flowgate last put there: content
/// decides, so that a draft that was touched and not changed has not moved.
pub fn verdict(
    desired: &Flow,
    live: &LiveFlow,
    record: Option<&FlowRecord>,
    watch: Watch,
) -> Comparison {
    let sides = Sides::read(desired, live, record, watch);
    let moved = sides.moved();
    let settings = sides.settings();
    let version = sides.version_with_content();
    let verdict = if !moved.is_empty() {
        let base = record.and_then(|record| record.version.as_ref()).map(|version| version.hash);
        if base.is_none_or(|base| base == sides.wanted) {
            Verdict::LiveChanged(moved)
        } else {
            Verdict::BothChanged(moved)
        }
    } else if settings.is_empty() && sides.holds_everywhere(version.as_ref()) {
        Verdict::InSync
    } else {
        Verdict::GitChanged
    };
    let delta = compare(sides.before(), &desired.content);
    Comparison { verdict, delta, settings, version }
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
    draft: ContentHash,
    contents: BTreeMap<&'a VersionId, ContentHash>,
}

impl<'a> Sides<'a> {
    fn read(
        desired: &'a Flow,
        live: &'a LiveFlow,
        record: Option<&'a FlowRecord>,
        watch: Watch,
    ) -> Self {
        let contents = live.contents.iter().map(|(id, content)| (id, hash(content))).collect();
        let wanted = hash(&desired.content);
        let draft = hash(&live.draft.content);
        Self { desired, wanted, live, record, watch, draft, contents }
    }

    fn holds(&self, version: &VersionId) -> bool {
        self.contents.get(version) == Some(&self.wanted)
    }

    fn holds_everywhere(&self, version: Option<&VersionId>) -> bool {
        let Some(version) = version else { return false };
        let deployed = self.live.current.as_ref().map(|deployment| &deployment.version_id);
        let published = self.live.published.as_ref();
        match self.watch {
            Watch::Deployment => deployed.is_some_and(|id| self.holds(id)),
            Watch::Draft => {
                deployed == Some(version) && published == Some(version) && self.draft == self.wanted
            }
        }
    }

    fn moved(&self) -> Vec<String> {
        let mut moved = Vec::new();
        if self.watch == Watch::Draft {
            moved.extend(self.draft_moved());
            moved.extend(self.settings_moved());
        }
        moved.extend(self.deployment_moved());
        moved
    }

    fn draft_moved(&self) -> Option<String> {
        let live = self.live;
        if self.draft == self.wanted {
            return None;
        }
        let untouched = match &live.published {
            None => is_empty(&live.draft.content),
            Some(id) => self.is_own(id) && self.contents.get(id) == Some(&self.draft),
        };
        if untouched {
            return None;
        }
        let who = live.draft.updated_by.as_deref().unwrap_or("someone");
        let when = live.draft.updated_at.map(|at| format!(" at {at}")).unwrap_or_default();
        Some(format!("{who} edited the draft{when} (draft revision {})", live.draft.revision))
    }

    fn settings_moved(&self) -> Option<String> {
        let record = self.record?;
        let (was, is) = (&record.display_name, &self.live.name);
        if was != is && *is != self.desired.display_name {
            return Some(format!("someone renamed it from {was:?} to {is:?}"));
        }
        let is = self.live.description.as_deref().unwrap_or_default();
        let was = record.description.as_deref().unwrap_or_default();
        let wanted = self.desired.description.as_deref()?;
        (is != was && is != wanted).then(|| format!("someone changed the description to {is:?}"))
    }

    fn deployment_moved(&self) -> Option<String> {
        let recorded = self.record.and_then(|record| record.deployed.as_ref());
        let Some(current) = self.live.current.as_ref() else {
            return recorded.map(|gone| {
                let id = &gone.deployment;
                format!("deployment {id} is no longer what the target environment runs")
            });
        };
        let expected = recorded.is_some_and(|deployed| deployed.version == current.version_id);
        if expected || self.holds(&current.version_id) || self.may_be_unrecorded(current) {
            return None;
        }
        let number = self.live.version(&current.version_id).and_then(|v| v.number.as_ref());
        let name = number.map_or_else(String::new, |number| format!("{number}, "));
        Some(format!(
            "the target environment runs version {name}{} (deployment {}), which is neither git's nor \
             what was recorded: deployed or rolled back by someone, or by a pass that could not \
             record it",
            current.version_id, current.id
        ))
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

    fn before(&self) -> &'a FlowContent {
        let live = self.live;
        if self.watch == Watch::Draft && self.draft_moved().is_some() {
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

fn is_empty(content: &FlowContent) -> bool {
    content.elements.is_empty() && content.connectors.is_empty()
}
