//! Data actions.

use crate::model::{DataActionContent, DataActionId, LiveDataAction, ModifiedTimestamp};

use super::{Answer, optional, required};
use crate::cxone::page::Page;
use crate::cxone::request::Request;
use crate::cxone::values::{DataActionListing, ScriptRun};
use crate::cxone::{Error, convert, wire};

/// Reads one page of data actions.
pub(in crate::cxone) fn data_actions(
    request: &Request,
    answer: &Answer,
) -> Result<Page<DataActionListing>, Error> {
    let page: wire::DataActionPage = required(request, answer)?;
    let items = page.actions.into_iter().map(DataActionListing::from).collect();
    Ok(Page { items, total: page.total_count })
}

/// Reads a data action; `None` if there is none. One without its script is an error: it must not
/// pass for an empty one.
pub(in crate::cxone) fn data_action(
    request: &Request,
    answer: &Answer,
) -> Result<Option<LiveDataAction>, Error> {
    let Some(wire) = optional::<wire::DataAction>(request, answer)? else { return Ok(None) };
    match live(wire, None) {
        Some(action) => Ok(Some(action)),
        None => Err(request.error(answer.unreadable("the data action has no script.content"))),
    }
}

/// Reads the data action that was made or changed. An answer without the script stands for what was
/// sent.
pub(in crate::cxone) fn written_data_action(
    request: &Request,
    answer: &Answer,
    sent: &DataActionContent,
) -> Result<LiveDataAction, Error> {
    let wire = required(request, answer)?;
    live(wire, Some(sent))
        .ok_or_else(|| request.error(answer.unreadable("the data action has no script.content")))
}

fn live(wire: wire::DataAction, sent: Option<&DataActionContent>) -> Option<LiveDataAction> {
    let name = wire.body.name.clone();
    let content = convert::data_action_content(wire.body, wire.extra);
    Some(LiveDataAction {
        id: DataActionId::new(wire.id),
        name,
        content: content.or_else(|| sent.cloned())?,
        modified: ModifiedTimestamp(wire.modified_timestamp),
    })
}

/// Reads how a run in the sandbox went.
pub(in crate::cxone) fn script_run(request: &Request, answer: &Answer) -> Result<ScriptRun, Error> {
    required::<wire::TestRun>(request, answer).map(ScriptRun::from)
}
