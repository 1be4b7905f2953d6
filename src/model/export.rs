//! What of a tenant becomes manifests, and what does not.

use std::collections::BTreeSet;

use super::{Kind, ResourceId};

/// A file of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectText {
    /// Relative to the flows folder, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// A live resource that became a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// What it is called in git.
    pub id: ResourceId,
    /// Its name on the platform.
    pub display_name: String,
    /// Its manifest, relative to the flows folder.
    pub path: String,
    /// What the manifest does not say and somebody should know, a sentence each.
    pub notes: Vec<String>,
}

/// A live resource that did not become a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotExported {
    /// Which kind.
    pub kind: Kind,
    /// Its name on the platform.
    pub display_name: String,
    /// Its id on the platform.
    pub platform_id: String,
    /// Why, and what to do.
    pub reason: String,
    /// Whether that is so because it could not be read.
    pub unreadable: bool,
}

/// A live resource that the project declares already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlreadyDeclared {
    /// What it is called in git.
    pub id: ResourceId,
    /// Where, as `flows/routing.yaml:3`.
    pub place: String,
}

/// What of a tenant became manifests. Everything that was read is in one of the three lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Export {
    /// The environment.
    pub environment: String,
    /// Its tenant.
    pub tenant: String,
    /// The files, by path: manifests and scripts.
    pub files: Vec<ProjectText>,
    /// What became a manifest, by id.
    pub exported: Vec<Exported>,
    /// What did not, by kind and name.
    pub not_exported: Vec<NotExported>,
    /// What the project declares already, by id.
    pub declared: Vec<AlreadyDeclared>,
    /// Element types that the exported flows use and `elementTypes` does not list.
    pub element_types: BTreeSet<String>,
    /// What the exported flows use, and neither git nor `external` has.
    pub external: BTreeSet<ResourceId>,
}

impl Export {
    /// Tells whether something could not be read.
    pub fn is_partial(&self) -> bool {
        self.not_exported.iter().any(|one| one.unreadable)
    }
}
