//! What somebody changed live in a data action or a data store, and what is done about it.

use jiff::Timestamp;
use serde_json::Value;

use super::data_store::sentences;
use crate::delta::{DataActionMerge, FieldChange, LiveChange, compare_data_actions};
use crate::model::{
    Conflict, DataActionContent, Drift, LiveDataAction, LiveDataStore, LivePart, Move, Part, Side,
};

/// Says that git's content is put back, and where that is which it replaces.
pub(super) fn put_back(moved: &[String], environment: &str) -> String {
    format!(
        "{}; git's is put back, and what was live is saved under refs/flowgate/drift/{environment} \
         first",
        sentences(moved)
    )
}

/// Returns what moved of a data action; `None` when nothing did. `renamed` says how its name did.
pub(super) fn of_data_action(
    live: &LiveDataAction,
    base: &DataActionContent,
    wanted: &DataActionContent,
    (merge, renamed): (&DataActionMerge, Option<&String>),
) -> Option<Drift> {
    let at = Timestamp::from_millisecond(live.modified.0).ok();
    let name = renamed.map(|how| moved(LivePart::Name, how, at));
    let changed = merge.kept.iter().chain(&merge.conflicts).map(|change| {
        let description = change.pointer == "/description";
        let part = if description { LivePart::Description } else { LivePart::Definition };
        moved(part, &format!("someone changed {}", change.pointer), at)
    });
    let moves: Vec<Move> = name.into_iter().chain(changed).collect();
    let known = before(base, &live.content, wanted);
    let conflicts = merge.conflicts.iter().map(|change| Conflict {
        part: None,
        pointer: change.pointer.clone(),
        base: known(&change.pointer),
        live: change.before.clone(),
        git: change.after.clone(),
    });
    drift(moves, conflicts.collect(), merge.written.is_empty())
}

/// Returns how to find what flowgate wrote last at a pointer at which live and git both moved.
fn before(
    base: &DataActionContent,
    live: &DataActionContent,
    wanted: &DataActionContent,
) -> impl Fn(&str) -> Option<Value> {
    let changes: Vec<FieldChange> = [wanted, live]
        .into_iter()
        .flat_map(|side| compare_data_actions(Some(base), Some(side)))
        .collect();
    move |pointer| changes.iter().find(|change| change.pointer == pointer)?.before.clone()
}

/// Returns what moved of a data store; `None` when nothing did.
pub(super) fn of_data_store(
    live: &LiveDataStore,
    changes: &[LiveChange],
    (renamed, git_moved): (Option<&String>, bool),
) -> Option<Drift> {
    let at = live.updated_at.as_ref().and_then(|at| at.parse().ok());
    let name = renamed.map(|how| moved(LivePart::Name, how, at));
    let parts = [LivePart::Description, LivePart::Schema, LivePart::Records];
    let grouped = parts.into_iter().filter_map(|part| {
        let of_part = changes.iter().filter(|change| part_of(change) == part);
        let hows: Vec<String> = of_part.map(|change| change.how.clone()).collect();
        (!hows.is_empty()).then(|| moved(part, &sentences(&hows), at))
    });
    let moves = name.into_iter().chain(grouped).collect();
    let both = changes.iter().filter(|change| change.side == Side::Both);
    drift(moves, both.map(|change| change.values.clone()).collect(), !git_moved)
}

fn part_of(change: &LiveChange) -> LivePart {
    match &change.values.part {
        None => LivePart::Description,
        Some((Part::Field, _)) => LivePart::Schema,
        Some(_) => LivePart::Records,
    }
}

fn moved(part: LivePart, what: &str, at: Option<Timestamp>) -> Move {
    let when = at.map(|at| format!(" (last written at {at})")).unwrap_or_default();
    Move { part, by: None, at, how: format!("{what}{when}") }
}

fn drift(moves: Vec<Move>, conflicts: Vec<Conflict>, git_stood: bool) -> Option<Drift> {
    let side = if git_stood && conflicts.is_empty() { Side::Live } else { Side::Both };
    (!moves.is_empty()).then_some(Drift { side, moves, conflicts })
}
