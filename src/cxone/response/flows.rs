//! Flows and their drafts.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::model::DraftRevision;

use super::Answer;
use crate::cxone::page::Page;
use crate::cxone::request::Request;
use crate::cxone::values::{FlowDetail, FlowListing};
use crate::cxone::{Error, ErrorKind, wire};

/// A flow that says what its draft holds: one that does not must not pass for an empty one.
#[derive(Deserialize)]
struct Complete {
    flow: CompleteFlow,
}

#[derive(Deserialize)]
struct CompleteFlow {
    nodes: Option<IgnoredAny>,
    edges: Option<IgnoredAny>,
}

/// The answer to a PUT, of which only the new revision counts.
#[derive(Deserialize)]
struct Written {
    flow: WrittenFlow,
}

#[derive(Deserialize)]
struct WrittenFlow {
    version: u64,
}

/// Reads one page of flows.
pub(in crate::cxone) fn flows(
    request: &Request,
    answer: &Answer,
) -> Result<Page<FlowListing>, Error> {
    let read = || -> Result<_, ErrorKind> {
        let page: wire::FlowPage = answer.success(request)?.json()?;
        let items = page.flows.into_iter().map(FlowListing::from).collect();
        Ok(Page { items, total: page.total_count })
    };
    read().map_err(|kind| request.error(kind))
}

/// Reads a flow; `None` if there is none.
pub(in crate::cxone) fn flow(
    request: &Request,
    answer: &Answer,
) -> Result<Option<FlowDetail>, Error> {
    let read = || -> Result<_, ErrorKind> {
        let Some(answer) = answer.found(request)? else { return Ok(None) };
        let Complete { flow } = answer.json()?;
        if flow.nodes.is_none() || flow.edges.is_none() {
            return Err(answer.unreadable("the flow has no nodes or no edges"));
        }
        let wire::FlowEnvelope { flow } = answer.json()?;
        Ok(Some(flow.into()))
    };
    read().map_err(|kind| request.error(kind))
}

/// Reads the flow that was made.
pub(in crate::cxone) fn created_flow(
    request: &Request,
    answer: &Answer,
) -> Result<FlowDetail, Error> {
    let read = || -> Result<_, ErrorKind> {
        let wire::FlowEnvelope { flow } = answer.success(request)?.json()?;
        Ok(flow.into())
    };
    read().map_err(|kind| request.error(kind))
}

/// Reads the revision that the draft has now.
pub(in crate::cxone) fn put_flow(
    request: &Request,
    answer: &Answer,
) -> Result<DraftRevision, Error> {
    let read = || -> Result<_, ErrorKind> {
        let Written { flow } = answer.success(request)?.json()?;
        Ok(DraftRevision(flow.version))
    };
    read().map_err(|kind| request.error(kind))
}
