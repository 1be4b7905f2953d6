//! Layer 3: changes and policy in, a plan out. The plan is the only thing that crosses from
//! deciding to doing.

mod build;
mod change;
pub mod guard;
mod number;
mod orphan;
mod policy;

use semver::Version;

pub use build::build;
pub use number::check as check_numbers;
pub use orphan::orphans;
pub use policy::{Adopt, Failed, Policy, Promotion, record_of};

use crate::delta::{FieldChange, FlowDelta};
use crate::model::{
    Deployed, DeploymentId, DraftRevision, FlowContent, FlowId, FlowRecord, ResourceId,
    ResourceOutcome, Revision, Step, VersionId,
};

/// What a pass means to do to one tenant, and why it leaves alone what it leaves alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// The tenant, by name.
    pub tenant: String,
    /// The target environment, as the platform names it.
    pub target_environment: String,
    /// The commit.
    pub revision: Revision,
    /// Every resource that is not as git wants it, by id.
    pub resources: Vec<ResourcePlan>,
    /// How many resources are as git wants them.
    pub unchanged: usize,
    /// Records that are behind although nothing is to do: a draft that was touched and not changed, a
    /// resource with a new name in git. By `metadata.name`.
    pub refreshed: Vec<(String, FlowRecord)>,
    /// Why the plan refuses itself; none when it may be applied.
    pub refusals: Vec<Refusal>,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The tenant has none: it is made.
    Create,
    /// It is changed, or a change that was begun is finished.
    Update,
    /// It is taken over; without steps, because it is already as git wants it.
    Adopt,
    /// It is deleted.
    Delete,
    /// Nothing is done, and the pass says so with this outcome.
    Leave(ResourceOutcome),
}

/// The version number before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionChange {
    /// The number of the version that is replaced, when there is one.
    pub from: Option<Version>,
    /// The number that git's content has or gets.
    pub to: Version,
}

/// What the plan was built on: a saved plan is applied only while these hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Basis {
    /// The flow, when there is one.
    pub flow: Option<FlowId>,
    /// Its draft revision.
    pub draft: Option<DraftRevision>,
    /// Its published version.
    pub published: Option<VersionId>,
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What runs in the target environment.
    pub deployed: Option<Deployed>,
    /// The newest deployment in the target environment, whatever became of it: what a new one
    /// comes after.
    pub newest_deployment: Option<DeploymentId>,
    /// How many versions there are.
    pub versions: usize,
}

/// Whether a plan begins something or goes on with what an earlier pass began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It brings content that this environment has not begun to take: guards look at it.
    New,
    /// It resumes, repairs or records what guards let pass before.
    Resumed,
}

/// What is meant for one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourcePlan {
    /// Which.
    pub id: ResourceId,
    /// Its name on the platform.
    pub display_name: String,
    /// Where git declares it, as `flows/routing.yaml:3`; none for an orphan.
    pub place: Option<String>,
    /// What is done.
    pub action: Action,
    /// Whether that begins something.
    pub stage: Stage,
    /// Why, when the action does not say it: what it waits for, who holds it, what to do.
    pub reason: Option<String>,
    /// Element by element, from what is live to what git wants.
    pub delta: FlowDelta,
    /// Name and description, where they differ: pointers `/displayName` and `/description`.
    pub settings: Vec<FieldChange>,
    /// The version number; none when no version is made or taken.
    pub version: Option<VersionChange>,
    /// In order.
    pub steps: Vec<Step>,
    /// What it was built on.
    pub basis: Basis,
    /// What a new version holds: git's content with the platform's own properties carried along.
    pub content: FlowContent,
    /// Live content that the steps overwrite and that no version holds: saved to git first.
    pub overwrites: Option<FlowContent>,
}

/// A guard that refuses the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which guard, in kebab case: `update-limit`, `delete-limit`, `immutable-elements`,
    /// `empty-desired-state`, `version-cap`.
    pub guard: &'static str,
    /// The numbers or names, and what to do.
    pub message: String,
}
