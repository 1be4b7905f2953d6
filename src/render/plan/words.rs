//! What the forms of a plan say alike.

use serde_json::Value;

use crate::model::{Hold, Sourced, Step};
use crate::plan::{
    Action, Aim, DataActionStep, DataStoreStep, FlowWork, ItemStep, Opening, Plan, ResourcePlan,
    VersionChange, Work, window,
};
use crate::render::escape;
use crate::render::matrix::{self, Row, Sign};

/// How many resources a plan does what with.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) create: usize,
    pub(super) update: usize,
    pub(super) adopt: usize,
    pub(super) delete: usize,
    pub(super) unchanged: usize,
    pub(super) left_alone: usize,
}

impl Tally {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut tally = Self { unchanged: plan.unchanged, ..Self::default() };
        for resource in &plan.resources {
            match resource.action {
                Action::Create => tally.create += 1,
                Action::Update => tally.update += 1,
                Action::Adopt => tally.adopt += 1,
                Action::Delete => tally.delete += 1,
                Action::Leave(_) => tally.left_alone += 1,
            }
        }
        tally
    }
}

/// Returns the plan in one line.
pub(super) fn summary(plan: &Plan) -> String {
    if plan.resources.is_empty() && plan.refusals.is_empty() {
        return match plan.unchanged {
            0 => "Nothing to do: there are no resources.".into(),
            1 => "Nothing to do: 1 resource is as git wants it.".into(),
            count => format!("Nothing to do: {count} resources are as git wants them."),
        };
    }
    if plan.refusals.is_empty() && plan.resources.iter().all(ResourcePlan::is_taken_over_as_it_is) {
        let others = match plan.unchanged {
            0 => String::new(),
            1 => " The other one is as git wants it.".to_owned(),
            count => format!(" The other {count} are as git wants them."),
        };
        return match plan.resources.len() {
            1 => format!("Nothing to change: 1 resource is taken over as it is.{others}"),
            count => {
                format!("Nothing to change: {count} resources are taken over as they are.{others}")
            }
        };
    }
    let Tally { create, update, adopt, delete, unchanged, left_alone } = Tally::of(plan);
    let adopt = if adopt == 0 { String::new() } else { format!(" {adopt} to adopt,") };
    format!(
        "Plan: {create} to create, {update} to update,{adopt} {delete} to delete, \
         {unchanged} unchanged, {left_alone} left alone."
    )
}

/// Returns what the plan is: a plan, or one that goes back.
pub(super) fn title(plan: &Plan) -> String {
    match &plan.aim {
        Aim::Reconcile => "Plan".to_owned(),
        Aim::RollBack(from) => format!("Rollback from {}", from.short()),
    }
}

/// Returns what is held, by whom, why and how long.
fn hold(hold: &Hold) -> (&'static str, String) {
    let word = if hold.is_pause() { "Paused" } else { "Rolled back" };
    (word, hold.sentence())
}

/// Returns what concerns the plan as a whole, each with the word that it begins with: what somebody said to
/// leave, what was set aside, the windows, and what is worth a look.
pub(super) fn asides(plan: &Plan) -> Vec<(&'static str, String)> {
    let overrides = plan.overrides.iter().map(|one| ("Override", one.to_string()));
    let warnings = plan.warnings.iter().map(|one| ("Warning", one.message.clone()));
    let holds = plan.holds.iter().map(hold);
    holds.chain(overrides).chain(opening(plan)).chain(warnings).collect()
}

fn opening(plan: &Plan) -> Option<(&'static str, String)> {
    if !plan.resources.iter().any(window::begins) {
        return None;
    }
    match &plan.opening {
        Opening::Open => None,
        Opening::Closed(closed) => Some((
            "Waiting",
            format!(
                "{}. Nothing is begun before; --outside-window REASON goes ahead",
                closed.reason()
            ),
        )),
        Opening::Overridden(closed, reason) => {
            Some(("Override", format!("--outside-window {reason:?} let pass: {}", closed.reason())))
        }
    }
}

/// Returns the sign of an action and the action's name.
pub(super) fn action(action: Action) -> (char, &'static str) {
    match action {
        Action::Create => ('+', "create"),
        Action::Update => ('~', "update"),
        Action::Delete => ('-', "delete"),
        Action::Adopt => ('=', "adopt"),
        Action::Leave(_) => ('!', "left alone"),
    }
}

/// Returns the version number before and after.
pub(super) fn version(change: &VersionChange) -> String {
    match &change.from {
        Some(from) if *from != change.to => format!("{from} → {}", change.to),
        _ => change.to.to_string(),
    }
}

/// Returns what differs, row by row.
pub(super) fn rows(resource: &ResourcePlan, width: usize) -> Vec<Row> {
    let whole =
        |sign| matrix::whole(resource.id.kind, (&resource.settings, &resource.delta), sign, width);
    match resource.action {
        Action::Create => {
            whole(Sign::Add).into_iter().chain(matrix::sourced(sourced(resource))).collect()
        }
        Action::Delete => whole(Sign::Remove),
        Action::Update | Action::Adopt | Action::Leave(_) => {
            let mut rows = matrix::settings(&resource.settings);
            rows.extend(matrix::changed(&resource.delta, sourced(resource)));
            rows
        }
    }
}

/// Returns what of the resource's content comes from sources.
pub(super) fn sourced(resource: &ResourcePlan) -> &[Sourced] {
    resource.work.flow().map(|work| &*work.sourced).unwrap_or_default()
}

/// Returns a row for each thing that somebody changed live and the reason does not tell, and four for each conflict: where, and the
/// three values.
pub(super) fn drift(resource: &ResourcePlan) -> Vec<Row> {
    let Some(drift) = &resource.drift else { return Vec::new() };
    let line = |indent, text: String| Row::new(indent, Sign::Context, escape::plain(&text));
    let told = |how: &str| resource.reason.as_ref().is_some_and(|reason| reason.contains(how));
    let moves = drift.moves.iter().filter(|one| !told(&one.how));
    let moves = moves.map(|one| line(0, format!("live: {}", one.how)));
    let value = |value: &Option<Value>| {
        value.as_ref().map_or_else(|| "(absent)".to_owned(), Value::to_string)
    };
    let conflicts = drift.conflicts.iter().flat_map(|one| {
        let id = one.part.as_ref().map_or("", |(_, id)| id.as_str());
        [
            line(0, format!("conflict {id}{}", one.pointer)),
            line(1, format!("base: {}", value(&one.base))),
            line(1, format!("live: {}", value(&one.live))),
            line(1, format!("git:  {}", value(&one.git))),
        ]
    });
    moves.chain(conflicts).collect()
}

/// Returns the steps in one line, safe to show; empty when there are none.
pub(super) fn steps(plan: &Plan, resource: &ResourcePlan) -> String {
    let steps: Vec<String> = match &resource.work {
        Work::Flow(work) => work.steps.iter().map(|step| of_flow(step, plan, work)).collect(),
        Work::DataAction(work) => work.steps.iter().map(|step| of_data_action(*step)).collect(),
        Work::DataStore(work) => work.steps.iter().flat_map(of_data_store).collect(),
    };
    escape::plain(&steps.join(" → "))
}

fn of_flow(step: &Step, plan: &Plan, work: &FlowWork) -> String {
    let number = work.version.as_ref().map(|version| format!(" {}", version.to));
    let number = number.unwrap_or_default();
    match step {
        Step::CreateFlow => "create flow".into(),
        Step::UpdateFlow => "write name and description".into(),
        Step::DeleteVersion(id) => format!("delete version {id}"),
        Step::WriteDraft => "write draft".into(),
        Step::CreateVersion => format!("create version{number}"),
        Step::UseVersion(id) => format!("use version{number} ({id})"),
        Step::Validate => "validate".into(),
        Step::Publish => "publish".into(),
        Step::Gate(gate) => format!("gate {}", gate.as_str()),
        Step::Deploy => format!("deploy to {}", plan.target_environment),
        Step::Attach(id) => format!("wait for deployment {id}"),
        Step::RollBack(id) => format!("roll back deployment {id}"),
        Step::DeleteFlow => "delete flow".into(),
    }
}

fn of_data_action(step: DataActionStep) -> String {
    match step {
        DataActionStep::Create => "create data action",
        DataActionStep::Update => "write data action",
        DataActionStep::Test => "test in the tenant",
        DataActionStep::Delete => "delete data action",
    }
    .to_owned()
}

fn of_data_store(step: &DataStoreStep) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match step {
        DataStoreStep::Create(_) => one("create data store"),
        DataStoreStep::Name { .. } => one("write name and description"),
        DataStoreStep::PutSchema { .. } => one("write schema"),
        DataStoreStep::Items(items) => of_items(items),
        DataStoreStep::Delete => one("delete data store with its records"),
    }
}

/// Counts the writes by what they do.
fn of_items(items: &[ItemStep]) -> Vec<String> {
    let [made, written, related, deleted] = ItemStep::count(items);
    let told = [
        (made, "create", "record"),
        (written, "write", "record"),
        (related, "write", "relationship"),
        (deleted, "delete", "record"),
    ];
    let some = told.into_iter().filter(|(count, ..)| *count > 0);
    some.map(|(count, verb, noun)| format!("{verb} {}", matrix::counted(count, noun))).collect()
}
