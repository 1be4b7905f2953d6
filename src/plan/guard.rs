//! Rules that make a plan refuse itself as a whole.

use super::policy::{Aim, Danger, Policy};
use super::{Action, Refusal, ResourcePlan, Stage, Warning, Work};
use crate::delta::{PartChange, PartDelta};
use crate::model::{Desired, Limit, Override, Part, ResourceId, State, Step};

/// The most versions of a flow that the platform keeps.
pub const VERSION_CAP: usize = 50;

/// From how many versions of a flow on a plan says that the cap is near.
const NEAR_VERSION_CAP: usize = 45;

/// What a guard has against a plan.
struct Objection {
    guard: &'static str,
    /// The numbers or names.
    facts: String,
    /// What to do.
    way_out: String,
    /// The flag that sets it aside in this pass; `None` when nobody does, or nobody can.
    flag: Option<&'static str>,
}

/// Returns the flag of a danger where somebody takes it.
fn taken(danger: Danger, policy: &Policy<'_>) -> Option<&'static str> {
    policy.dangers.contains(&danger).then(|| danger.flag())
}

/// Returns why the plan refuses itself, nothing when it may be applied; and what would have refused it and
/// was set aside.
pub(super) fn check(
    desired: &Desired,
    state: &State,
    resources: &[ResourcePlan],
    policy: &Policy<'_>,
) -> (Vec<Refusal>, Vec<Override>) {
    let (mut refusals, mut overrides) = (Vec::new(), Vec::new());
    for objection in objections(desired, state, resources, policy) {
        let Objection { guard, facts, way_out, flag } = objection;
        if let Some(flag) = flag {
            overrides.push(Override { flag: flag.to_owned(), passed: facts, reason: None });
        } else {
            refusals.push(Refusal { guard, message: format!("{facts}; {way_out}") });
        }
    }
    (refusals, overrides)
}

fn objections(
    desired: &Desired,
    state: &State,
    resources: &[ResourcePlan],
    policy: &Policy<'_>,
) -> Vec<Objection> {
    if matches!(policy.aim, Aim::RollBack(_)) {
        // What was live passed the others then.
        return resources.iter().filter_map(|plan| version_cap(plan, policy)).collect();
    }
    let limits = &policy.environment.limits;
    let over_limit = |guard, (what, planned), limit| {
        let objection = over_limit(guard, what, planned, limit?, (state.len(), limits.from))?;
        Some(Objection { flag: taken(Danger::ExceedLimits, policy), ..objection })
    };
    let updates = ("updates", count(resources, replaces_content));
    let deletes = ("deletes", count(resources, deletes));
    empty_desired_state(desired, state, policy)
        .into_iter()
        .chain(over_limit("update-limit", updates, limits.updates))
        .chain(over_limit("delete-limit", deletes, limits.deletes))
        .chain(protected_resources(resources, policy))
        .chain(resources.iter().filter_map(|plan| version_cap(plan, policy)))
        .chain(resources.iter().flat_map(|plan| immutable_elements(plan, policy)))
        .collect()
}

/// Returns what holds nothing up yet: flows whose versions come near the platform's cap, and names in
/// `protect` that stand for nothing.
pub(super) fn warn(
    desired: &Desired,
    state: &State,
    resources: &[ResourcePlan],
    policy: &Policy<'_>,
) -> Vec<Warning> {
    let unknown = |id: &&ResourceId| {
        let managed = policy.environment.manages.contains(&id.kind);
        managed && !desired.declares(id) && !state.knows(id)
    };
    let protected = policy.environment.protect.iter().filter(unknown);
    let protected = protected.map(|id| Warning {
        about: "protects-nothing",
        message: format!(
            "`protect` names {id}, which neither git nor the state of {} has; check how it is spelled, or \
             take it out",
            policy.environment.name
        ),
    });
    let near = resources.iter().filter_map(|plan| near_version_cap(plan, policy));
    near.chain(protected).collect()
}

fn count(resources: &[ResourcePlan], of: impl Fn(&ResourcePlan) -> bool) -> usize {
    resources.iter().filter(|plan| of(plan)).count()
}

fn deletes(plan: &ResourcePlan) -> bool {
    plan.action == Action::Delete && !plan.is_idle()
}

/// Tells whether something that people rely on becomes something else. Going on with a rollout that
/// was let pass before replaces nothing anew, and a first rollout nothing at all.
fn replaces_content(plan: &ResourcePlan) -> bool {
    let replaces = match plan.action {
        Action::Update => plan.work.flow().is_none_or(|work| work.basis.deployed.is_some()),
        Action::Adopt => true,
        Action::Create | Action::Delete | Action::Leave(_) => false,
    };
    replaces && writes_content(plan)
}

/// Tells whether new content is made, published or deployed.
fn writes_content(plan: &ResourcePlan) -> bool {
    let writes = |step: &Step| {
        matches!(step, Step::WriteDraft | Step::CreateVersion | Step::Publish | Step::Deploy)
    };
    let works = match &plan.work {
        Work::Flow(work) => work.steps.iter().any(writes),
        Work::DataAction(_) | Work::DataStore(_) => !plan.is_idle(),
    };
    plan.stage == Stage::New && works
}

fn empty_desired_state(desired: &Desired, state: &State, policy: &Policy<'_>) -> Option<Objection> {
    let empty = desired.is_empty() && !state.is_empty();
    empty.then(|| Objection {
        guard: "empty-desired-state",
        facts: format!(
            "git declares no resource at all, and {} are managed here: that looks like a mistake in \
             `paths` or a lost folder",
            state.len()
        ),
        way_out: "delete them step by step if it is meant, or say --dangerous-delete-all".to_owned(),
        flag: taken(Danger::DeleteAll, policy),
    })
}

fn over_limit(
    guard: &'static str,
    what: &str,
    planned: usize,
    limit: Limit,
    (managed, from): (usize, u32),
) -> Option<Objection> {
    let (most, spelled) = match limit {
        Limit::Count(most) => (most as usize, most.to_string()),
        Limit::Percent(_) if managed < from as usize => return None,
        Limit::Percent(percent) => {
            let most = managed * percent as usize / 100;
            (most, format!("{percent}% ({most})"))
        }
    };
    (planned > most).then(|| Objection {
        guard,
        facts: format!(
            "{planned} {what} of {managed} managed resources are above the limit of {spelled}"
        ),
        way_out: format!(
            "commit the change in smaller parts, raise `limits.{what}` for this environment, or say \
             --dangerous-exceed-limits"
        ),
        flag: None,
    })
}

fn protected_resources(resources: &[ResourcePlan], policy: &Policy<'_>) -> Option<Objection> {
    let protect = &policy.environment.protect;
    let gone = resources.iter().filter(|plan| deletes(plan) && protect.contains(&plan.id));
    let gone: Vec<String> = gone.map(|plan| plan.id.to_string()).collect();
    (!gone.is_empty()).then(|| Objection {
        guard: "protected-resources",
        facts: format!(
            "{} of the resources that `protect` names would be deleted: {}",
            gone.len(),
            gone.join(", ")
        ),
        way_out: "put them back into git, take them out of `protect`, prune nothing, or say \
                  --dangerous-delete-protected"
            .to_owned(),
        flag: taken(Danger::DeleteProtected, policy),
    })
}

/// How many versions a flow has when another is about to be made; `None` when none is.
fn versions_before(plan: &ResourcePlan) -> Option<usize> {
    let work = plan.work.flow().filter(|work| work.steps.contains(&Step::CreateVersion))?;
    let deleted = work.steps.iter().filter(|step| matches!(step, Step::DeleteVersion(_)));
    Some(work.basis.versions.saturating_sub(deleted.count()))
}

fn version_cap(plan: &ResourcePlan, policy: &Policy<'_>) -> Option<Objection> {
    let versions = versions_before(plan).filter(|versions| *versions >= VERSION_CAP)?;
    Some(Objection {
        guard: "version-cap",
        facts: format!("{} has {versions} versions and the platform keeps {VERSION_CAP}", plan.id),
        way_out: way_out_of_cap(plan, policy),
        flag: None,
    })
}

fn near_version_cap(plan: &ResourcePlan, policy: &Policy<'_>) -> Option<Warning> {
    let near = NEAR_VERSION_CAP..VERSION_CAP;
    let versions = versions_before(plan).filter(|versions| near.contains(versions))?;
    // So many were asked for.
    let asked = policy.environment.keep_versions.is_some_and(|keep| versions <= keep as usize);
    (!asked).then(|| Warning {
        about: "version-cap-near",
        message: format!(
            "{} has {versions} versions and the platform keeps {VERSION_CAP}; {}",
            plan.id,
            way_out_of_cap(plan, policy)
        ),
    })
}

/// Versions of others may be all that somebody has of their content, so nobody deletes them unasked.
fn way_out_of_cap(plan: &ResourcePlan, policy: &Policy<'_>) -> String {
    let foreign = plan.work.flow().map_or(0, |work| work.basis.foreign_versions);
    match (foreign, policy.environment.keep_versions) {
        (0, None) => {
            "set `versions: {keep: 20}` in the environment that owns the drafts, and old ones \
                      are deleted"
                .to_owned()
        }
        (0, Some(_)) => {
            "the others are published, deployed or among the newest: delete some on the \
                         platform that nobody needs"
                .to_owned()
        }
        (_, None) => format!(
            "set `versions: {{keep: 20}}` in the environment that owns the drafts, and old ones of this \
             project are deleted; {foreign} were not made by it, and those only people delete"
        ),
        (_, Some(_)) => format!(
            "{foreign} of them were not made by this project, so flowgate never deletes them: delete those \
             on the platform that nobody needs"
        ),
    }
}

/// `Begin` and `End` carry the routing: losing one, or turning it into something else, must be
/// named by the one who means it.
fn immutable_elements<'a>(
    plan: &'a ResourcePlan,
    policy: &'a Policy<'_>,
) -> impl Iterator<Item = Objection> + 'a {
    let applies = matches!(plan.action, Action::Update | Action::Adopt) && writes_content(plan);
    plan.delta
        .rows(Part::Element)
        .iter()
        .filter(move |element| applies && touches_immutable(element))
        .map(|element| (element, format!("{}/{}", plan.id.name, element.id)))
        .map(|(element, name)| Objection {
            guard: "immutable-elements",
            facts: format!(
                "{} would {} {} {:?}",
                plan.id,
                if matches!(element.change, PartChange::Removed(_)) { "remove" } else { "retype" },
                type_before(element),
                element.id
            ),
            flag: policy.allow_immutable.contains(&name).then_some("--allow-immutable"),
            way_out: format!("if that is meant, say --allow-immutable {name}"),
        })
}

/// Returns what an element was before it is removed or retyped.
fn type_before(element: &PartDelta) -> &str {
    let retyped = match &element.change {
        PartChange::Modified(fields) => fields.iter().find(|field| field.pointer == "/type"),
        PartChange::Added(_) | PartChange::Removed(_) => None,
    };
    let before = retyped.and_then(|field| field.before.as_ref()).and_then(|kind| kind.as_str());
    before.unwrap_or(&element.label)
}

fn touches_immutable(element: &PartDelta) -> bool {
    let immutable = |kind: Option<&str>| matches!(kind, Some("Begin" | "End"));
    match &element.change {
        PartChange::Added(_) => false,
        PartChange::Removed(part) => immutable(part.get("type").and_then(|kind| kind.as_str())),
        PartChange::Modified(fields) => fields
            .iter()
            .filter(|field| field.pointer == "/type")
            .any(|field| immutable(field.before.as_ref().and_then(|kind| kind.as_str()))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::delta::Delta;
    use crate::model::{
        Deployed, DeploymentId, DriftPolicy, Environment, Kind, Limits, Project, Prune, ResourceId,
        Strategy, VersionId,
    };
    use crate::plan::{Adopt, Basis, Failed, FlowWork, Promotion};

    fn environment() -> Environment {
        Environment {
            name: "production".to_owned(),
            tenant: "acme".to_owned(),
            target_environment: "PRODUCTION".to_owned(),
            branch: None,
            strategy: Strategy::Deploy,
            promotes_from: None,
            gates: Vec::new(),
            rollback_on_failure: true,
            drift: DriftPolicy::Alert,
            prune: Prune::Never,
            limits: Limits { updates: Some(Limit::Count(0)), deletes: None, from: 10 },
            manages: Kind::ALL.iter().copied().collect(),
            protect: BTreeSet::new(),
            windows: Vec::new(),
            keep_versions: None,
            values: BTreeMap::new(),
            sources: BTreeMap::new(),
        }
    }

    fn update(deployment: Option<&str>, step: Step) -> ResourcePlan {
        let deployed = deployment.map(|id| Deployed {
            deployment: DeploymentId::new(id),
            version: VersionId::new("ver-1"),
            number: None,
        });
        ResourcePlan {
            id: ResourceId::flow("a"),
            display_name: "A".to_owned(),
            place: None,
            action: Action::Update,
            stage: Stage::New,
            reason: None,
            delta: Delta::default(),
            settings: Vec::new(),
            drift: None,
            needs: Vec::new(),
            work: Work::Flow(FlowWork {
                steps: vec![step],
                basis: Basis { deployed, ..Basis::default() },
                ..FlowWork::default()
            }),
        }
    }

    fn refusals(plan: ResourcePlan) -> Vec<&'static str> {
        let environment = environment();
        let project = Project {
            name: "acme".to_owned(),
            paths: Vec::new(),
            element_types: BTreeSet::new(),
            external: BTreeSet::new(),
            tenants: Vec::new(),
            environments: vec![environment.clone()],
        };
        let policy = Policy {
            project: &project,
            environment: &environment,
            aim: Aim::Reconcile,
            adopt: Adopt::Never,
            prune: Prune::Never,
            failed: Failed::LeaveAlone,
            promotion: Promotion::Open,
            holds: Vec::new(),
            selector: None,
            allow_immutable: BTreeSet::new(),
            dangers: BTreeSet::new(),
            outside_window: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        let desired = Desired::default();
        let (refusals, _) = check(&desired, &State::default(), &[plan], &policy);
        refusals.into_iter().map(|refusal| refusal.guard).collect()
    }

    #[test]
    fn an_update_of_what_runs_counts() {
        let plan = update(Some("dep-1"), Step::Deploy);
        assert_eq!(refusals(plan), ["update-limit"]);
    }

    #[test]
    fn finishing_a_first_rollout_that_waited_at_a_gate_is_no_update() {
        assert_eq!(refusals(update(None, Step::Deploy)), [""; 0]);
    }

    #[test]
    fn going_on_with_what_was_begun_is_no_update() {
        let begun = ResourcePlan { stage: Stage::Resumed, ..update(Some("dep-1"), Step::Deploy) };
        assert_eq!(refusals(begun), [""; 0]);
        let attached = Step::Attach(DeploymentId::new("dep-2"));
        assert_eq!(refusals(update(Some("dep-1"), attached)), [""; 0]);
    }

    #[test]
    fn taking_a_version_into_the_record_is_no_update() {
        let plan = update(Some("dep-1"), Step::UseVersion(VersionId::new("ver-1")));
        assert_eq!(refusals(plan), [""; 0]);
    }
}
