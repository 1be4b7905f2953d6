//! A tenant as manifests: what is live in, the files of a project out.
//!
//! ```text
//! read ─► name ─► write ─► settle: read the text back as a pass would, and leave out what it would refuse
//! ```
//!
//! Only reads are sent. Whatever order the tenant lists things in, the same state gives the same files.

mod name;
mod read;
mod settle;
mod write;

use super::{Error, Manifests};
use crate::cxone::Client;
use crate::delta::Watch;
use crate::model::{Export, Severity, Tenant};

use read::Reader;

/// Which content of flows is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What is published; where another environment owns the drafts, what the target environment runs.
    Published,
    /// What the visual designer shows.
    Drafts,
}

/// Where the files go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Beside the project's own manifests: what those declare is left out.
    Project,
    /// Elsewhere: everything is written, under the names that the project has for it.
    Elsewhere,
}

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    /// The environment; the project's only one when absent.
    pub environment: Option<String>,
    /// Which content of flows.
    pub which: Which,
    /// Where the files go.
    pub place: Place,
}

/// Reads the tenant of an environment and returns it as manifests.
///
/// A manifest that comes back is read as what is live: where that cannot be, the resource is among
/// those that are not exported, with the reason. Fails when the project has errors or a list of the
/// tenant cannot be read.
pub async fn export(
    manifests: &Manifests,
    request: &ExportRequest,
    connect: &dyn Fn(&Tenant) -> Result<Client, String>,
) -> Result<Export, Error> {
    let environment = manifests.choose(request.environment.as_deref())?;
    let project = manifests.project();
    let (declared, findings) = manifests.environment(environment);
    if findings.iter().any(|finding| finding.severity() == Severity::Error) {
        return Err(Error::Findings(findings));
    }
    let failed = |reason| Error::Connect { tenant: environment.tenant.clone(), reason };
    let tenant = project.tenant(&environment.tenant);
    let tenant = tenant.ok_or_else(|| failed("flowgate.yaml does not declare it".to_owned()))?;
    let client = connect(tenant).map_err(failed)?;
    let watch = Watch::of(project, environment);
    let reader = Reader { client, environment, watch, which: request.which };
    let (live, unread) = reader.read().await?;
    let named = name::give(live, &declared, &project.name, request.place);
    let written = write::all(&project.paths, named.known_as);
    let alone = (request.place == Place::Elsewhere).then(|| manifests.without_manifests());
    let settled = settle::settle(written, alone.as_ref().unwrap_or(manifests), environment);
    let mut not_exported = [unread, named.unnamed, settled.refused].concat();
    not_exported.sort_by(|a, b| {
        (a.kind, &a.display_name, &a.platform_id).cmp(&(b.kind, &b.display_name, &b.platform_id))
    });
    Ok(Export {
        environment: environment.name.clone(),
        tenant: environment.tenant.clone(),
        files: settled.kept.iter().flat_map(write::Written::files).collect(),
        exported: settled.kept.into_iter().map(write::Written::into_exported).collect(),
        not_exported,
        declared: named.declared,
        element_types: settled.element_types,
        external: settled.external,
    })
}
