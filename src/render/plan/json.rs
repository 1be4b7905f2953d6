//! A plan as JSON, and the hash that names it.

use serde::Serialize;
use serde_json::Value;

use super::words::{self, Tally};
use crate::delta;
use crate::model::{self, DataActionId, DataStoreId, FlowId, Sourced, Step, VersionId};
use crate::plan::{
    self, Action, Aim, DataActionStep, DataStoreStep, FlowWork, ItemStep, Opening, Plan,
    ResourcePlan, Work,
};
use crate::render::document::{self, API_VERSION, DriftDocument, Field, Hold, Matrix};

/// Returns the plan as JSON: `docs/reference/plan.md`. The same plan has the same bytes.
pub fn json(plan: &Plan, hash: &str) -> Value {
    document::value(&Document::of(plan, Some(hash)))
}

/// Returns `sha256:` and 64 hexadecimal digits that name everything the plan would do: its JSON without
/// windows and warnings, and the content of each version it would make.
pub fn hash(plan: &Plan) -> String {
    let content = |resource: &ResourcePlan| match &resource.work {
        Work::Flow(work) => delta::hash(&work.content).to_string(),
        Work::DataAction(work) => delta::hash_data_action(&work.content).to_string(),
        // Its rows say everything that is written.
        Work::DataStore(_) => String::new(),
    };
    let contents: Vec<String> = plan.resources.iter().map(content).collect();
    let whole = document::value(&(Document::of(plan, None).timeless(), contents));
    delta::hash_value(&whole).to_string()
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    project: &'a str,
    environment: &'a str,
    tenant: &'a str,
    target_environment: &'a str,
    revision: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rolled_back_from: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    holds: Vec<Hold<'a>>,
    counts: Counts,
    refusals: Vec<Refusal<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<Override<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Window<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning<'a>>,
    resources: Vec<Resource<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    create: usize,
    update: usize,
    adopt: usize,
    delete: usize,
    unchanged: usize,
    left_alone: usize,
}

#[derive(Debug, Serialize)]
struct Refusal<'a> {
    guard: &'a str,
    message: &'a str,
}

#[derive(Debug, Serialize)]
struct Override<'a> {
    flag: &'a str,
    passed: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Window<'a> {
    closed: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overridden: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Warning<'a> {
    about: &'a str,
    message: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    kind: &'static str,
    name: &'a str,
    display_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leaves: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    changed_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<DriftDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    basis: BasisDocument<'a>,
    settings: Vec<Field<'a>>,
    delta: Matrix<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<SourcedDocument<'a>>,
    steps: Vec<StepDocument<'a>>,
}

/// A value of the content that comes from a source.
#[derive(Debug, Serialize)]
struct SourcedDocument<'a> {
    element: &'a str,
    pointer: &'a str,
    source: &'a str,
    field: &'a str,
    value: Option<&'a Value>,
}

#[derive(Debug, Serialize)]
struct Version {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    to: String,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct BasisDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    draft_revision: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_version_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_action_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_store_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "step", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum StepDocument<'a> {
    CreateFlow,
    UpdateFlow,
    DeleteVersion { version_id: &'a str },
    WriteDraft,
    CreateVersion,
    UseVersion { version_id: &'a str },
    Validate,
    Publish,
    Gate { gate: &'static str },
    Deploy,
    Attach { deployment_id: &'a str },
    RollBack { deployment_id: &'a str },
    DeleteFlow,
    CreateDataAction,
    UpdateDataAction,
    TestDataAction,
    DeleteDataAction,
    CreateDataStore,
    UpdateDataStore,
    PutSchema { fields: usize },
    WriteRecords { create: usize, write: usize, relate: usize, delete: usize },
    DeleteDataStore,
}

impl<'a> Document<'a> {
    fn of(plan: &'a Plan, hash: Option<&'a str>) -> Self {
        let refusals = plan.refusals.iter();
        Self {
            api_version: API_VERSION,
            kind: "Plan",
            project: &plan.project,
            environment: &plan.environment,
            tenant: &plan.tenant,
            target_environment: &plan.target_environment,
            revision: plan.revision.as_str(),
            hash,
            rolled_back_from: match &plan.aim {
                Aim::Reconcile => None,
                Aim::RollBack(from) => Some(from.as_str()),
            },
            holds: plan.holds.iter().map(Hold::from).collect(),
            counts: Tally::of(plan).into(),
            refusals: refusals
                .map(|refusal| Refusal { guard: refusal.guard, message: &refusal.message })
                .collect(),
            overrides: plan.overrides.iter().map(Override::from).collect(),
            window: window(&plan.opening),
            warnings: plan.warnings.iter().map(Warning::from).collect(),
            resources: plan.resources.iter().map(Resource::from).collect(),
        }
    }

    /// What was reviewed is what would be done. When it may be done, and what is worth a look, changes while
    /// nothing of that does.
    fn timeless(self) -> Self {
        Self { window: None, warnings: Vec::new(), ..self }
    }
}

impl<'a> From<&'a model::Override> for Override<'a> {
    fn from(one: &'a model::Override) -> Self {
        Self { flag: &one.flag, passed: &one.passed }
    }
}

impl<'a> From<&'a plan::Warning> for Warning<'a> {
    fn from(one: &'a plan::Warning) -> Self {
        Self { about: one.about, message: &one.message }
    }
}

fn window(opening: &Opening) -> Option<Window<'_>> {
    let (closed, overridden) = match opening {
        Opening::Open => return None,
        Opening::Closed(closed) => (closed, None),
        Opening::Overridden(closed, reason) => (closed, Some(reason.as_str())),
    };
    let opens_at = closed.opens_at.map(|at| at.to_string());
    Some(Window { closed: closed.reason(), opens_at, overridden })
}

impl From<Tally> for Counts {
    fn from(tally: Tally) -> Self {
        let Tally { create, update, adopt, delete, unchanged, left_alone } = tally;
        Self { create, update, adopt, delete, unchanged, left_alone }
    }
}

impl<'a> From<&'a ResourcePlan> for Resource<'a> {
    fn from(resource: &'a ResourcePlan) -> Self {
        let (action, outcome) = match resource.action {
            Action::Create => ("create", None),
            Action::Update => ("update", None),
            Action::Adopt => ("adopt", None),
            Action::Delete => ("delete", None),
            Action::Leave(outcome) => ("leave", Some(outcome.as_str())),
        };
        let version = resource.work.version().map(|change| Version {
            from: change.from.as_ref().map(ToString::to_string),
            to: change.to.to_string(),
        });
        Self {
            kind: resource.id.kind.as_str(),
            name: &resource.id.name,
            display_name: &resource.display_name,
            place: resource.place.as_deref(),
            action,
            outcome,
            leaves: match resource.action {
                Action::Leave(_) => None,
                _ => resource.leaves().map(model::ResourceOutcome::as_str),
            },
            reason: resource.reason.as_deref(),
            changed_by: resource.changed_by().as_str(),
            drift: resource.drift.as_ref().map(DriftDocument::from),
            version,
            basis: (&resource.work).into(),
            settings: document::fields(&resource.settings),
            delta: document::matrix(resource.id.kind, &resource.delta),
            sources: words::sourced(resource).iter().map(SourcedDocument::from).collect(),
            steps: steps(&resource.work),
        }
    }
}

impl<'a> From<&'a Sourced> for SourcedDocument<'a> {
    fn from(sourced: &'a Sourced) -> Self {
        let Sourced { element, pointer, source, field, value, .. } = sourced;
        Self { element, pointer, source, field, value: value.as_ref() }
    }
}

impl<'a> From<&'a Work> for BasisDocument<'a> {
    fn from(work: &'a Work) -> Self {
        match work {
            Work::Flow(FlowWork { basis, .. }) => Self {
                flow_id: basis.flow.as_ref().map(FlowId::as_str),
                draft_revision: basis.draft.map(|revision| revision.0),
                published_version_id: basis.published.as_ref().map(VersionId::as_str),
                deployment_id: basis.deployed.as_ref().map(|one| one.deployment.as_str()),
                ..Self::default()
            },
            Work::DataAction(work) => Self {
                data_action_id: work.id.as_ref().map(DataActionId::as_str),
                modified_timestamp: work.live.as_ref().map(|live| live.modified.0),
                ..Self::default()
            },
            Work::DataStore(work) => Self {
                data_store_id: work.id.as_ref().map(DataStoreId::as_str),
                updated_at: work.updated_at.as_deref(),
                ..Self::default()
            },
        }
    }
}

fn steps(work: &Work) -> Vec<StepDocument<'_>> {
    match work {
        Work::Flow(work) => work.steps.iter().map(StepDocument::from).collect(),
        Work::DataAction(work) => work.steps.iter().map(StepDocument::from).collect(),
        Work::DataStore(work) => work.steps.iter().map(StepDocument::from).collect(),
    }
}

impl From<&DataActionStep> for StepDocument<'_> {
    fn from(step: &DataActionStep) -> Self {
        match step {
            DataActionStep::Create => Self::CreateDataAction,
            DataActionStep::Update => Self::UpdateDataAction,
            DataActionStep::Test => Self::TestDataAction,
            DataActionStep::Delete => Self::DeleteDataAction,
        }
    }
}

impl From<&DataStoreStep> for StepDocument<'_> {
    fn from(step: &DataStoreStep) -> Self {
        match step {
            DataStoreStep::Create(_) => Self::CreateDataStore,
            DataStoreStep::Name { .. } => Self::UpdateDataStore,
            DataStoreStep::PutSchema { after, .. } => Self::PutSchema { fields: after.len() },
            DataStoreStep::Items(items) => {
                let [create, write, relate, delete] = ItemStep::count(items);
                Self::WriteRecords { create, write, relate, delete }
            }
            DataStoreStep::Delete => Self::DeleteDataStore,
        }
    }
}

impl<'a> From<&'a Step> for StepDocument<'a> {
    fn from(step: &'a Step) -> Self {
        match step {
            Step::CreateFlow => Self::CreateFlow,
            Step::UpdateFlow => Self::UpdateFlow,
            Step::DeleteVersion(id) => Self::DeleteVersion { version_id: id.as_str() },
            Step::WriteDraft => Self::WriteDraft,
            Step::CreateVersion => Self::CreateVersion,
            Step::UseVersion(id) => Self::UseVersion { version_id: id.as_str() },
            Step::Validate => Self::Validate,
            Step::Publish => Self::Publish,
            Step::Gate(gate) => Self::Gate { gate: gate.as_str() },
            Step::Deploy => Self::Deploy,
            Step::Attach(id) => Self::Attach { deployment_id: id.as_str() },
            Step::RollBack(id) => Self::RollBack { deployment_id: id.as_str() },
            Step::DeleteFlow => Self::DeleteFlow,
        }
    }
}
