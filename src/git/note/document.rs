//! The JSON document of a note.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::drift;
use crate::model::{
    self, DeploymentId, Kind, Outcome, Part, ResourceId, ResourceOutcome, Status, VersionId,
};

pub(super) const API_VERSION: &str = "flowgate.dev/v1";
pub(super) const KIND: &str = "Status";

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    api_version: String,
    kind: String,
    environment: String,
    revision: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rolled_back_from: Option<String>,
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    synced_at: Option<Timestamp>,
    started_at: Timestamp,
    finished_at: Timestamp,
    operator: String,
    plan_hash: String,
    counts: Counts,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refusals: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<Override>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drift_branch: Option<DriftBranch>,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Override {
    flag: String,
    passed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct DriftBranch {
    name: String,
    commit: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Counts {
    changed: usize,
    unchanged: usize,
    waiting: usize,
    drifted: usize,
    failed: usize,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    kind: String,
    name: String,
    action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<semver::Version>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flow_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_action_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_store_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deployment_id: Option<String>,
    #[serde(default, skip_serializing_if = "Delta::is_empty")]
    delta: Delta,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drift: Option<drift::Document>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Delta {
    #[serde(skip_serializing_if = "Option::is_none")]
    elements: Option<DeltaCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connectors: Option<DeltaCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<DeltaCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<DeltaCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relationships: Option<DeltaCounts>,
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct DeltaCounts {
    added: usize,
    removed: usize,
    modified: usize,
}

impl Document {
    pub(super) fn of(status: &Status) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            environment: status.environment.clone(),
            revision: status.revision.to_string(),
            rolled_back_from: status.rolled_back_from.as_ref().map(ToString::to_string),
            outcome: status.outcome.to_string(),
            // A pass that is synced says it by its outcome.
            synced_at: status.synced_at.filter(|_| status.outcome != Outcome::Synced),
            started_at: status.started_at,
            finished_at: status.finished_at,
            operator: status.operator.clone(),
            plan_hash: status.plan_hash.clone(),
            counts: Counts::of(status.counts),
            refusals: status.refusals.clone(),
            overrides: status.overrides.iter().cloned().map(Override::of).collect(),
            drift_branch: status.drift_branch.clone().map(DriftBranch::of),
            resources: status.resources.iter().map(Resource::of).collect(),
        }
    }

    /// Returns the document with a line for each resource, so that `git log` stays readable.
    pub(super) fn to_json(&self) -> String {
        // Cannot fail: the keys are all texts and nothing of it is written by hand.
        let lines: Vec<String> = self
            .resources
            .iter()
            .map(|resource| serde_json::to_string(resource).unwrap_or_default())
            .collect();
        let head = Self { resources: Vec::new(), ..self.clone() };
        let head = serde_json::to_string_pretty(&head).unwrap_or_default();
        if lines.is_empty() {
            return head;
        }
        let list = format!("\"resources\": [\n    {}\n  ]", lines.join(",\n    "));
        head.replace("\"resources\": []", &list)
    }

    pub(super) fn to_value(&self) -> serde_json::Value {
        // Cannot fail, as above.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Returns the status; the error names the word that is not one of flowgate's.
    pub(super) fn into_model(self) -> Result<Status, String> {
        let resources = self.resources.into_iter().map(Resource::into_model);
        let outcome = word(Outcome::ALL, Outcome::as_str, &self.outcome)?;
        // Notes of before did not say it.
        let synced = (outcome == Outcome::Synced).then_some(self.finished_at);
        Ok(Status {
            revision: self.revision.parse().map_err(|error| format!("{error}"))?,
            rolled_back_from: self
                .rolled_back_from
                .map(|revision| revision.parse().map_err(|error| format!("{error}")))
                .transpose()?,
            outcome,
            synced_at: self.synced_at.or(synced),
            environment: self.environment,
            started_at: self.started_at,
            finished_at: self.finished_at,
            operator: self.operator,
            plan_hash: self.plan_hash,
            refusals: self.refusals,
            overrides: self.overrides.into_iter().map(Override::into_model).collect(),
            drift_branch: self.drift_branch.map(DriftBranch::into_model).transpose()?,
            resources: resources.collect::<Result<_, _>>()?,
            counts: self.counts.into_model(),
        })
    }
}

impl DriftBranch {
    fn of(model::DriftBranch { name, commit }: model::DriftBranch) -> Self {
        Self { name, commit: commit.to_string() }
    }

    fn into_model(self) -> Result<model::DriftBranch, String> {
        let commit = self.commit.parse().map_err(|error| format!("{error}"))?;
        Ok(model::DriftBranch { name: self.name, commit })
    }
}

impl Override {
    fn of(model::Override { flag, passed, reason }: model::Override) -> Self {
        Self { flag, passed, reason }
    }

    fn into_model(self) -> model::Override {
        let Self { flag, passed, reason } = self;
        model::Override { flag, passed, reason }
    }
}

impl Resource {
    fn of(resource: &model::ResourceStatus) -> Self {
        let failed = resource.outcome.of_pass() == Outcome::Failed;
        let text = resource.message.clone();
        let (message, error) = if failed { (None, text) } else { (text, None) };
        let platform_id = |kind| resource.platform_id.clone().filter(|_| resource.id.kind == kind);
        Self {
            kind: resource.id.kind.to_string(),
            name: resource.id.name.clone(),
            action: resource.outcome.to_string(),
            version: resource.version.clone(),
            flow_id: platform_id(Kind::Flow),
            data_action_id: platform_id(Kind::DataAction),
            data_store_id: platform_id(Kind::DataStore),
            version_id: resource.version_id.as_ref().map(ToString::to_string),
            deployment_id: resource.deployment_id.as_ref().map(ToString::to_string),
            delta: Delta::of(resource),
            drift: resource.drift.as_ref().map(drift::Document::of),
            message,
            error,
        }
    }

    fn into_model(self) -> Result<model::ResourceStatus, String> {
        let kind = self.kind.parse().map_err(|error| format!("{error}"))?;
        Ok(model::ResourceStatus {
            id: ResourceId { kind, name: self.name },
            outcome: word(ResourceOutcome::ALL, ResourceOutcome::as_str, &self.action)?,
            message: self.error.or(self.message),
            version: self.version,
            platform_id: self.flow_id.or(self.data_action_id).or(self.data_store_id),
            version_id: self.version_id.map(VersionId::new),
            deployment_id: self.deployment_id.map(DeploymentId::new),
            parts: self.delta.into_model(),
            drift: self.drift.map(drift::Document::into_model).transpose()?,
        })
    }
}

impl Delta {
    /// Spells every part that the kind has, as soon as one of them differs.
    fn of(resource: &model::ResourceStatus) -> Self {
        let mut delta = Self::default();
        for part in resource.id.kind.parts().iter().filter(|_| !resource.parts.is_empty()) {
            let counts = resource.parts.get(part).copied().unwrap_or_default();
            *delta.slot(*part) = Some(DeltaCounts::of(counts));
        }
        delta
    }

    fn slot(&mut self, part: Part) -> &mut Option<DeltaCounts> {
        match part {
            Part::Element => &mut self.elements,
            Part::Connector => &mut self.connectors,
            Part::Field => &mut self.fields,
            Part::Item => &mut self.records,
            Part::Relation => &mut self.relationships,
        }
    }

    fn into_model(mut self) -> BTreeMap<Part, model::DeltaCounts> {
        let all = Kind::ALL.iter().flat_map(|kind| kind.parts());
        let counts = all.filter_map(|part| Some((*part, self.slot(*part).take()?.into_model())));
        counts.filter(|(_, counts)| *counts != model::DeltaCounts::default()).collect()
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl DeltaCounts {
    fn of(counts: model::DeltaCounts) -> Self {
        let model::DeltaCounts { added, removed, modified } = counts;
        Self { added, removed, modified }
    }

    fn into_model(self) -> model::DeltaCounts {
        let Self { added, removed, modified } = self;
        model::DeltaCounts { added, removed, modified }
    }
}

impl Counts {
    fn of(counts: model::Counts) -> Self {
        let model::Counts { changed, unchanged, waiting, drifted, failed } = counts;
        Self { changed, unchanged, waiting, drifted, failed }
    }

    fn into_model(self) -> model::Counts {
        let Self { changed, unchanged, waiting, drifted, failed } = self;
        model::Counts { changed, unchanged, waiting, drifted, failed }
    }
}

/// Finds the word that a text spells.
pub(super) fn word<W: Copy>(
    words: &[W],
    spelling: fn(W) -> &'static str,
    text: &str,
) -> Result<W, String> {
    let found = words.iter().copied().find(|word| spelling(*word) == text);
    found.ok_or_else(|| format!("unknown word {text:?}"))
}
