//! Versions, what is known of them, and publishing.

use serde::Deserialize;
use serde_json::Value;

use crate::model::{FlowContent, LiveVersion, VersionId};

use super::{Answer, optional, required};
use crate::cxone::page::Page;
use crate::cxone::request::Request;
use crate::cxone::values::{Approval, Owner, Published, SignedVersion, TestResults, Validation};
use crate::cxone::{Error, ErrorKind, convert, wire};

/// The answer to a create, of which only the id counts.
#[derive(Deserialize)]
struct Created {
    id: String,
}

/// A version that says what it holds: one that does not must not pass for an empty one.
#[derive(Deserialize)]
struct Whole {
    version: String,
    elements: Vec<wire::Element>,
    connectors: Vec<wire::Connector>,
}

/// A listed version, with what it is sorted by.
pub(in crate::cxone) struct Dated {
    pub(in crate::cxone) version: LiveVersion,
    pub(in crate::cxone) created_at: Option<jiff::Timestamp>,
}

/// Reads one page of versions; a flow that is not there has none.
pub(in crate::cxone) fn versions(
    request: &Request,
    answer: &Answer,
    owner: &Owner,
) -> Result<Page<Dated>, Error> {
    let read = || -> Result<_, ErrorKind> {
        let Some(answer) = answer.found(request)? else {
            return Ok(Page { items: Vec::new(), total: 0 });
        };
        let page: wire::VersionPage = answer.json()?;
        let dated = |version: wire::VersionSummary| Dated {
            created_at: version.created_at.as_deref().and_then(convert::time),
            version: convert::live_version(version, owner),
        };
        let items = page.versions.into_iter().map(dated).collect();
        Ok(Page { items, total: page.total_count })
    };
    read().map_err(|kind| request.error(kind))
}

/// Reads a version's number and content; `None` if there is no such version.
pub(in crate::cxone) fn version(
    request: &Request,
    answer: &Answer,
) -> Result<Option<(String, FlowContent)>, Error> {
    let whole: Option<Whole> = optional(request, answer)?;
    Ok(whole.map(|it| (it.version, convert::content(it.elements, it.connectors))))
}

/// A whole version with what its maker wrote beside it.
#[derive(Deserialize)]
struct Signed {
    #[serde(flatten)]
    whole: Whole,
    #[serde(default)]
    metadata: Value,
}

/// Reads a version's content and for which resource it was made; `None` if there is no such version.
pub(in crate::cxone) fn signed_version(
    request: &Request,
    answer: &Answer,
) -> Result<Option<SignedVersion>, Error> {
    let signed: Option<Signed> = optional(request, answer)?;
    Ok(signed.map(|Signed { whole, metadata }| SignedVersion {
        content: convert::content(whole.elements, whole.connectors),
        owner: convert::owner(&metadata),
    }))
}

/// Reads the id of the version that was made.
pub(in crate::cxone) fn created_version(
    request: &Request,
    answer: &Answer,
) -> Result<VersionId, Error> {
    required(request, answer).map(|Created { id }| VersionId::new(id))
}

/// Reads what was published, which must be what was asked for.
pub(in crate::cxone) fn published(
    request: &Request,
    answer: &Answer,
    version: &VersionId,
) -> Result<Published, Error> {
    let published: wire::Published = required(request, answer)?;
    if published.version_id != version.as_str() {
        let other = answer.unreadable("another version was published than the one asked for");
        return Err(request.error(other));
    }
    Ok(published.into())
}

/// Reads what the platform's validation says.
pub(in crate::cxone) fn validate(request: &Request, answer: &Answer) -> Result<Validation, Error> {
    required::<wire::Validation>(request, answer).map(Validation::from)
}

/// Reads how the tests went; `None` if there were none yet.
pub(in crate::cxone) fn test_results(
    request: &Request,
    answer: &Answer,
) -> Result<Option<TestResults>, Error> {
    Ok(optional::<wire::TestResults>(request, answer)?.map(TestResults::from))
}

/// Reads what was decided; `None` if nothing was yet.
pub(in crate::cxone) fn approval(
    request: &Request,
    answer: &Answer,
) -> Result<Option<Approval>, Error> {
    Ok(optional::<wire::Approval>(request, answer)?.map(Approval::from))
}
