//! Rules that make a plan refuse itself as a whole.

use super::policy::Policy;
use super::{Action, Refusal, ResourcePlan, Stage, Work};
use crate::delta::{PartChange, PartDelta};
use crate::model::{Desired, Limit, Part, State, Step};

/// The most versions of a flow that the platform keeps.
pub const VERSION_CAP: usize = 50;

/// Returns why the plan refuses itself; nothing when it may be applied.
pub(super) fn check(
    desired: &Desired,
    state: &State,
    resources: &[ResourcePlan],
    policy: &Policy<'_>,
) -> Vec<Refusal> {
    let limits = &policy.environment.limits;
    let updates = count(resources, replaces_content);
    let deletes = count(resources, |plan| plan.action == Action::Delete && !plan.is_idle());
    let managed = state.len();
    empty_desired_state(desired, state)
        .into_iter()
        .chain(over_limit("update-limit", "updates", updates, limits.updates, managed, limits.from))
        .chain(over_limit("delete-limit", "deletes", deletes, limits.deletes, managed, limits.from))
        .chain(resources.iter().filter_map(version_cap))
        .chain(resources.iter().flat_map(|plan| immutable_elements(plan, policy)))
        .collect()
}

fn count(resources: &[ResourcePlan], of: impl Fn(&ResourcePlan) -> bool) -> usize {
    resources.iter().filter(|plan| of(plan)).count()
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

fn empty_desired_state(desired: &Desired, state: &State) -> Option<Refusal> {
    let empty = desired.is_empty() && !state.is_empty();
    empty.then(|| Refusal {
        guard: "empty-desired-state",
        message: format!(
            "git declares no resource at all, and {} are managed here: that looks like a mistake \
             in `paths` or a lost folder. Delete them step by step if it is meant",
            state.len()
        ),
    })
}

fn over_limit(
    guard: &'static str,
    what: &str,
    planned: usize,
    limit: Option<Limit>,
    managed: usize,
    from: u32,
) -> Option<Refusal> {
    let (most, spelled) = match limit? {
        Limit::Count(most) => (most as usize, most.to_string()),
        Limit::Percent(_) if managed < from as usize => return None,
        Limit::Percent(percent) => (managed * percent as usize / 100, format!("{percent}%")),
    };
    (planned > most).then(|| Refusal {
        guard,
        message: format!(
            "{planned} {what} of {managed} managed resources are above the limit of {spelled} \
             ({most}); commit the change in smaller parts, or raise `limits.{what}` for this \
             environment"
        ),
    })
}

fn version_cap(plan: &ResourcePlan) -> Option<Refusal> {
    let work = plan.work.flow()?;
    let full = work.basis.versions >= VERSION_CAP && work.steps.contains(&Step::CreateVersion);
    full.then(|| Refusal {
        guard: "version-cap",
        message: format!(
            "{} has {} versions and the platform keeps {VERSION_CAP}; delete versions that are \
             neither published nor deployed, then reconcile again",
            plan.id, work.basis.versions
        ),
    })
}

/// `Begin` and `End` carry the routing: losing one, or turning it into something else, must be
/// named by the one who means it.
fn immutable_elements<'a>(
    plan: &'a ResourcePlan,
    policy: &'a Policy<'_>,
) -> impl Iterator<Item = Refusal> + 'a {
    let applies = matches!(plan.action, Action::Update | Action::Adopt) && writes_content(plan);
    plan.delta
        .rows(Part::Element)
        .iter()
        .filter(move |element| applies && touches_immutable(element))
        .map(|element| (element, format!("{}/{}", plan.id.name, element.id)))
        .filter(|(_, name)| !policy.allow_immutable.contains(name))
        .map(|(element, name)| Refusal {
            guard: "immutable-elements",
            message: format!(
                "{} would {} {} {:?}; if that is meant, say --allow-immutable {name}",
                plan.id,
                if matches!(element.change, PartChange::Removed(_)) { "remove" } else { "retype" },
                element.label,
                element.id
            ),
        })
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
            values: BTreeMap::new(),
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
            adopt: Adopt::Never,
            prune: Prune::Never,
            failed: Failed::LeaveAlone,
            promotion: Promotion::Open,
            selector: None,
            allow_immutable: BTreeSet::new(),
        };
        let desired = Desired::default();
        let refusals = check(&desired, &State::default(), &[plan], &policy);
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
