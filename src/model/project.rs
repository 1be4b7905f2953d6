//! What `flowgate.yaml` says: tenants, environments and their rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use serde_json::Value;

use super::{Kind, Metadata, ResourceId, ValueSource, Window};

/// How the token endpoint takes the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// In the form body of `POST /oauth/token`.
    Form,
    /// By HTTP Basic at `POST /api/v2/oauth/token`.
    Basic,
}

/// Where a credential is found; never the credential itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// An environment variable.
    Env(String),
    /// A file, trailing line breaks stripped.
    File(PathBuf),
}

/// A CXone tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// How environments name it.
    pub name: String,
    /// Where its API answers, without a trailing slash.
    pub base_url: String,
    /// Where it gives tokens; by default below `base_url` as `client_auth` has it.
    pub token_url: Option<String>,
    /// How the credentials are sent.
    pub client_auth: ClientAuth,
    /// Scopes to ask for; none asks for the client's default.
    pub scopes: Vec<String>,
    /// The most requests a second that flowgate sends it.
    pub requests_per_second: u32,
    /// Whether plain `http` to a host that is not loopback is allowed.
    pub insecure: bool,
    /// Where the client id is found; absent is fine with the emulator.
    pub client_id: Option<Credential>,
    /// Where the client secret is found; absent is fine with the emulator.
    pub client_secret: Option<Credential>,
}

/// How far a change is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// The draft is written, and no version is made.
    Draft,
    /// A version is made and published, and nothing is deployed.
    Version,
    /// Version, publish, gates, deployment.
    Deploy,
}

impl Strategy {
    /// Every strategy with its word in `flowgate.yaml`.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("draft", Self::Draft), ("version", Self::Version), ("deploy", Self::Deploy)];
}

/// What must be so before a version is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// The platform's tests of the version passed.
    Tests,
    /// The flow's approval names this version, or none.
    Approval,
}

impl Gate {
    /// Returns the gate as `flowgate.yaml` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tests => "tests",
            Self::Approval => "approval",
        }
    }
}

/// What is done with live content that neither git nor flowgate made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftPolicy {
    /// Nothing is written over it; the pass says so and ends `Drifted`.
    Alert,
    /// It is saved to `refs/flowgate/drift/<environment>`, then git is applied over it.
    Revert,
    /// As `Alert`, and what git and the tenant changed is committed together on the branch
    /// `flowgate/drift/<environment>`, for people to review.
    Adopt,
}

impl DriftPolicy {
    /// Every policy with its word in manifests and `flowgate.yaml`.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("alert", Self::Alert), ("revert", Self::Revert), ("adopt", Self::Adopt)];
}

/// Whether resources that git no longer has are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prune {
    /// They are kept and named.
    Never,
    /// Those that flowgate made are deleted.
    Owned,
}

/// The most resources that one plan may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// A share of the managed resources, in percent.
    Percent(u32),
    /// A number of resources.
    Count(u32),
}

/// Above which a plan refuses itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For updates.
    pub updates: Option<Limit>,
    /// For deletes.
    pub deletes: Option<Limit>,
    /// With fewer managed resources than this, limits by percent do not count.
    pub from: u32,
}

/// A tenant, a target environment in it, and the rules that hold there.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// How people name it.
    pub name: String,
    /// The tenant, by name.
    pub tenant: String,
    /// As the platform names it, such as `PRODUCTION`.
    pub target_environment: String,
    /// The branch whose commits are reconciled; `HEAD` when absent.
    pub branch: Option<String>,
    /// How far a change is taken.
    pub strategy: Strategy,
    /// The environment in which a revision must be `Synced` first.
    pub promotes_from: Option<String>,
    /// What must be open before a deployment, in this order.
    pub gates: Vec<Gate>,
    /// Whether a failed deployment is rolled back.
    pub rollback_on_failure: bool,
    /// What is done about drift.
    pub drift: DriftPolicy,
    /// Whether orphans are deleted.
    pub prune: Prune,
    /// Above which a plan refuses itself.
    pub limits: Limits,
    /// The kinds that it brings to its tenant; of two environments of one tenant only one brings
    /// data actions or data stores, which have no target environment.
    pub manages: BTreeSet<Kind>,
    /// Resources that no plan deletes.
    pub protect: BTreeSet<ResourceId>,
    /// When changes are allowed; always when there is none.
    pub windows: Vec<Window>,
    /// How many versions of a flow its tenant keeps: older ones are deleted before another is made. As
    /// the environment that owns the tenant's drafts says; none are deleted where it does not.
    pub keep_versions: Option<u32>,
    /// What `${values.x}` stands for.
    pub values: BTreeMap<String, Value>,
    /// Where `valueFrom` may ask, by name.
    pub sources: BTreeMap<String, ValueSource>,
}

/// Everything that `flowgate.yaml` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// `metadata.name`.
    pub name: String,
    /// Folders with manifests, relative to the flows folder.
    pub paths: Vec<String>,
    /// Element types that versions may hold.
    pub element_types: BTreeSet<String>,
    /// Data actions and data stores that flows and scripts may name although git does not declare
    /// them.
    pub external: BTreeSet<ResourceId>,
    /// The tenants.
    pub tenants: Vec<Tenant>,
    /// The environments.
    pub environments: Vec<Environment>,
}

impl Environment {
    /// Returns what is done about drift of a resource: what its annotation says, else what holds for
    /// the environment.
    pub fn drift_of(&self, metadata: &Metadata) -> DriftPolicy {
        metadata.drift.unwrap_or(self.drift)
    }
}

impl Project {
    /// Returns the environment of that name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == name)
    }

    /// Returns the tenant of that name.
    pub fn tenant(&self, name: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.name == name)
    }

    /// Tells whether an environment owns its tenant's drafts: no other environment of the tenant
    /// comes before it in `promotesFrom`.
    ///
    /// Only the owner publishes and watches drafts; the others deploy versions.
    pub fn owns_draft(&self, environment: &Environment) -> bool {
        let mut before = environment.promotes_from.as_deref();
        // A chain is at most as long as there are environments, even when it is a circle.
        for _ in &self.environments {
            let Some(earlier) = before.and_then(|name| self.environment(name)) else { break };
            if earlier.tenant == environment.tenant {
                return false;
            }
            before = earlier.promotes_from.as_deref();
        }
        true
    }
}

/// Narrows a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// To resources that carry a label, and to what they depend on.
    Label {
        /// The label's name.
        label: String,
        /// The label's value.
        value: String,
    },
    /// To one resource.
    Resource(ResourceId),
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label { label, value } => write!(f, "{label}={value}"),
            Self::Resource(id) => id.fmt(f),
        }
    }
}
