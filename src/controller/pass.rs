//! One reconcile, from fetch to record.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::fetch::Fetched;
use super::ledger::Claims;
use super::load::{Cache, Loaded};
use super::record::{self, Scope};
use super::request::{Course, Mode, Outside, Report, Request, Target};
use super::{Error, adopt, beside, reviewed, rollback, sources, trials};
use crate::apply::{self, Applied, Context};
use crate::cxone::Client;
use crate::delta::Watch;
use crate::git::{Holder, Lock, Repo, Snapshot, Tip, note};
use crate::model::{
    Counts, Desired, Environment, Finding, Hold, HoldReason, Observed, Outcome, Project, Prune,
    Revision, Selector, State, Status,
};
use crate::plan::{self, Action, Aim, Plan, Policy, Promotion};
use crate::{render, validate};

/// Runs a pass: fetch → load → validate → observe → compare → plan → guard → apply → verify →
/// record.
///
/// An error means that nothing was written to the tenant, save [`Error::NotRecorded`]. Everything
/// that happens to single resources is in the report's status.
pub async fn pass(
    request: &Request,
    cache: &mut Cache,
    outside: &Outside<'_>,
) -> Result<Report, Error> {
    let started_at = (outside.now)();
    let fetched = Fetched::read(request, cache, outside.repo)?;
    let environment = &fetched.rules()?;
    let Loaded { desired, warnings } = fetched.load(environment)?;
    let mut pass = Pass {
        request,
        outside,
        rolls_back_from: fetched.from(),
        project: fetched.project(),
        environment,
        snapshot: &fetched.snapshot,
        desired,
        warnings: warnings.into_iter().filter(|one| !beside::decides(one.code)).collect(),
        started_at,
    };

    let _lock = pass.lock()?;
    pass.ask_sources().await;
    let (state, tip) = outside.repo.read_state(&environment.name)?;
    let client = pass.connect()?;
    pass.want_version(&state, &client).await?;
    pass.check_numbers(&state)?;
    pass.check_cases(&state)?;
    let who = outside.repo.identity().at(started_at);
    let claims = (state.clone(), tip);
    let claims = Arc::new(Claims::new(outside.repo.clone(), &environment.name, who, claims));
    let context = pass.context(client, Arc::clone(&claims))?;
    let (refresh, prune) = (request.refresh, pass.prune());
    let observed = apply::observe(&pass.desired, &state, refresh, prune, &context).await?;
    pass.check_beside(&observed, &state)?;

    let revision = &fetched.snapshot.revision;
    let plan = plan::build(&pass.desired, revision, &observed, &state, &pass.policy(&state)?);
    let hash = render::plan::hash(&plan);
    match &request.mode {
        Mode::DryRun => {
            let adopted = adopt::plan(&plan, &pass.desired, environment);
            return pass.report((plan, hash), None, adopted, &context.client);
        }
        Mode::Apply => {}
        Mode::ApplyReviewed(reviewed) => reviewed::check(reviewed, &plan, &hash)?,
    }
    reviewed::check_approved(request.approved.as_ref(), &hash)?;

    pass.hold_rollback(&plan, &claims)?;
    let who = outside.repo.identity().at(started_at);
    let adopted = adopt::commit(&plan, &pass.desired, environment, (outside.repo, &who));
    let applied = pass.apply(&plan, &state, &context).await?;
    let status = pass.record(&plan, &hash, (&applied, adopted.as_ref()), claims.state())?;
    pass.report((plan, hash), Some(status), adopted, &context.client)
}

/// What every stage after loading looks at.
struct Pass<'a> {
    request: &'a Request,
    outside: &'a Outside<'a>,
    project: &'a Project,
    environment: &'a Environment,
    snapshot: &'a Snapshot,
    rolls_back_from: Option<Revision>,
    desired: Desired,
    warnings: Vec<Finding>,
    started_at: Timestamp,
}

impl<'a> Pass<'a> {
    /// A dry run writes nothing and so needs no lock.
    fn lock(&self) -> Result<Option<Lock>, Error> {
        if self.request.mode == Mode::DryRun {
            return Ok(None);
        }
        let holder = Holder {
            operator: self.outside.operator.to_owned(),
            host: self.outside.host.to_owned(),
            pid: std::process::id(),
            since: self.started_at,
        };
        Ok(Some(self.outside.repo.lock(&self.environment.name, &holder)?))
    }

    /// Puts the values of today into what git wants.
    async fn ask_sources(&mut self) {
        if matches!(self.request.course, Course::RollBack(Target::Version(_))) {
            // A version says it all.
            return;
        }
        let desired = std::mem::take(&mut self.desired);
        let selected = plan::select(&desired, self.request.selector.as_ref());
        let access = self.outside.sources;
        self.desired = sources::fill(desired, &selected, self.environment, access).await;
    }

    fn watch(&self) -> Watch {
        Watch::of(self.project, self.environment)
    }

    fn prune(&self) -> Prune {
        self.request.prune.unwrap_or(self.environment.prune)
    }

    /// Only the draft's owner takes `spec.version` literally, and what is rolled back has its number.
    fn check_numbers(&self, state: &State) -> Result<(), Error> {
        let mut findings = plan::check_numbers(&self.desired, state);
        let counts = self.watch() == Watch::Draft && self.rolls_back_from.is_none();
        if !counts || findings.is_empty() {
            return Ok(());
        }
        findings.extend(self.warnings.iter().cloned());
        Err(Error::Findings(findings))
    }

    /// Runs the cases of what changed, before anybody is asked.
    fn check_cases(&self, state: &State) -> Result<(), Error> {
        let selected = plan::select(&self.desired, self.request.selector.as_ref());
        self.refuse(waiting(|| trials::check(&self.desired, state, &selected)))
    }

    /// Finds what only shows beside the tenant. Nothing has been written yet.
    fn check_beside(&self, observed: &Observed, state: &State) -> Result<(), Error> {
        let selected = plan::select(&self.desired, self.request.selector.as_ref());
        let flags = (self.prune(), self.request.adopt);
        let (project, desired) = (self.project, &self.desired);
        self.refuse(beside::check(project, desired, state, &selected, observed, flags))
    }

    /// Ends the pass when there is a finding, with the warnings beside it.
    fn refuse(&self, mut findings: Vec<Finding>) -> Result<(), Error> {
        if findings.is_empty() {
            return Ok(());
        }
        findings.extend(self.warnings.iter().cloned());
        findings.sort_by(validate::order);
        Err(Error::Findings(findings))
    }

    fn connect(&self) -> Result<Client, Error> {
        let name = &self.environment.tenant;
        let failed = |reason: String| Error::Connect { tenant: name.clone(), reason };
        let tenant = self.project.tenant(name);
        let tenant = tenant.ok_or_else(|| failed("flowgate.yaml does not declare it".into()))?;
        (self.outside.connect)(tenant).map_err(failed)
    }

    fn context(&'a self, client: Client, claims: Arc<Claims>) -> Result<Context<'a>, Error> {
        Ok(Context {
            client,
            environment: self.environment,
            watch: self.watch(),
            project: &self.project.name,
            repository: self.outside.repo.origin()?,
            prefix: self.outside.repo.prefix(),
            revision: &self.snapshot.revision,
            committed_at: self.snapshot.time,
            started_at: self.started_at,
            operator: self.outside.operator,
            polling: self.outside.polling,
            progress: Arc::clone(&self.outside.progress),
            ledger: claims,
        })
    }

    /// A rollback to a version of a flow wants that, whatever git says.
    async fn want_version(&mut self, state: &State, client: &Client) -> Result<(), Error> {
        let Course::RollBack(target) = &self.request.course else { return Ok(()) };
        let Some(Selector::Resource(id)) = &self.request.selector else { return Ok(()) };
        if !self.desired.declares(id) {
            let why = format!("{} does not declare {id}", self.snapshot.revision.short());
            return Err(Error::Rollback { environment: self.environment.name.clone(), why });
        }
        let Target::Version(number) = target else { return Ok(()) };
        let tenant = (self.project.name.as_str(), client);
        let wanted = rollback::want_version(&mut self.desired, id, number, state, tenant).await;
        let environment = self.environment.name.clone();
        wanted.map_err(|why| Error::Rollback { environment, why })
    }

    /// The commit that git is at.
    fn head(&self) -> &Revision {
        self.rolls_back_from.as_ref().unwrap_or(&self.snapshot.revision)
    }

    /// What somebody said to leave as it is, as far as it counts for this pass.
    fn holds(&self, state: &State) -> Vec<Hold> {
        let honoured = |hold: &&Hold| self.request.course == Course::Reconcile || hold.is_pause();
        let stands = |hold: &&Hold| hold.stands(self.head(), self.started_at);
        state.holds.iter().filter(stands).filter(honoured).cloned().collect()
    }

    /// Records that a rollback began, before its first write: if the pass dies, the next one does not roll
    /// forward again.
    fn hold_rollback(&self, plan: &Plan, claims: &Claims) -> Result<(), Error> {
        let Some(from) = self.rolls_back_from.clone().filter(|_| goes_back(plan)) else {
            return Ok(());
        };
        let to = match &self.request.course {
            Course::RollBack(Target::Version(number)) => number.to_string(),
            _ => plan.revision.to_string(),
        };
        let resource = match &self.request.selector {
            Some(Selector::Resource(id)) => Some(id.clone()),
            _ => None,
        };
        let (by, since) = (self.outside.operator.to_owned(), self.started_at);
        let reason = HoldReason::RolledBack { from, to };
        Ok(claims.hold(Hold { resource, by, since, reason })?)
    }

    fn policy(&self, state: &State) -> Result<Policy<'a>, Error> {
        let revision = &self.snapshot.revision;
        let (aim, promotion) = if let Some(from) = &self.rolls_back_from {
            (Aim::RollBack(from.clone()), Promotion::Open)
        } else {
            (Aim::Reconcile, promotion(self.outside.repo, self.environment, revision)?)
        };
        Ok(Policy {
            project: self.project,
            environment: self.environment,
            aim,
            adopt: self.request.adopt,
            prune: self.prune(),
            failed: self.request.failed,
            promotion,
            holds: self.holds(state),
            selector: self.request.selector.clone(),
            allow_immutable: self.request.allow_immutable.clone(),
            dangers: self.request.dangers.clone(),
            outside_window: self.request.outside_window.clone(),
            now: self.started_at,
        })
    }

    async fn apply(
        &self,
        plan: &Plan,
        state: &State,
        context: &Context<'_>,
    ) -> Result<Vec<Applied>, Error> {
        if !plan.refusals.is_empty() {
            return Ok(apply::not_begun(plan));
        }
        let plan = plan.due();
        let repo = self.outside.repo;
        let who = repo.identity().at(self.started_at);
        record::save_overwritten(repo, &plan, &self.desired, &who)?;
        Ok(apply::run(&plan, &self.desired, state, context).await)
    }

    fn record(
        &self,
        plan: &Plan,
        hash: &str,
        (applied, adopted): (&[Applied], Option<&adopt::Adopted>),
        (mut state, tip): (State, Option<Tip>),
    ) -> Result<Status, Error> {
        let drift_branch = adopted.and_then(adopt::Adopted::branch);
        let status = self.summarize(plan, hash, applied);
        let synced_at = record::synced_at(self.outside.repo, &status);
        let status = Status { synced_at, drift_branch, ..status };
        let scope = if self.request.selector.is_some() { Scope::Narrowed } else { Scope::Whole };
        let who = self.outside.repo.identity().at(status.finished_at);
        record::change(&mut state, applied, plan, &self.desired);
        self.lift(&mut state);
        match record::write(self.outside.repo, &status, scope, (&state, tip), &who) {
            Ok(()) => Ok(status),
            Err(source) => Err(Error::NotRecorded { status: Box::new(status), source }),
        }
    }

    /// Drops the holds that have come to their end.
    fn lift(&self, state: &mut State) {
        let whole = self.request.selector.is_none();
        let resumed = self.request.course == Course::Resume && whole;
        state.holds.retain(|hold| {
            let stands = hold.stands(self.head(), self.started_at);
            if hold.is_pause() { stands } else { !whole || (stands && !resumed) }
        });
    }

    fn summarize(&self, plan: &Plan, hash: &str, applied: &[Applied]) -> Status {
        let mut counts = Counts { unchanged: plan.unchanged, ..Counts::default() };
        for applied in applied {
            counts.add(applied.status.outcome);
        }
        let worst = applied.iter().map(|applied| applied.status.outcome.of_pass()).max();
        let refused = (!plan.refusals.is_empty()).then_some(Outcome::Refused);
        let refusals = plan.refusals.iter();
        Status {
            environment: plan.environment.clone(),
            revision: plan.revision.clone(),
            rolled_back_from: self.rolls_back_from.clone(),
            outcome: refused.or(worst).unwrap_or(Outcome::Synced),
            synced_at: None,
            started_at: self.started_at,
            finished_at: (self.outside.now)(),
            operator: self.outside.operator.to_owned(),
            plan_hash: hash.to_owned(),
            refusals: refusals.map(|r| format!("{}: {}", r.guard, r.message)).collect(),
            overrides: plan.overridden(),
            drift_branch: None,
            resources: applied.iter().map(|applied| applied.status.clone()).collect(),
            counts,
        }
    }

    /// Files that are not committed are named only where the work tree's own commit was read.
    fn report(
        &self,
        (plan, hash): (Plan, String),
        status: Option<Status>,
        adopted: Option<adopt::Adopted>,
        client: &Client,
    ) -> Result<Report, Error> {
        let dirty = match self.request.revision {
            Some(_) => Vec::new(),
            None => self.outside.repo.dirty()?,
        };
        Ok(Report {
            plan,
            hash,
            status,
            adopted,
            warnings: self.warnings.clone(),
            dirty,
            requests: client.requests(),
            started_at: self.started_at,
            finished_at: (self.outside.now)(),
        })
    }
}

/// Tells whether a rollback does what was asked: something, or nothing because all is as it was. A pause or
/// a failure that keeps it from everything leaves things where git has them.
fn goes_back(plan: &Plan) -> bool {
    let acts = plan.resources.iter().any(|one| !one.is_idle());
    let kept = plan.resources.iter().filter_map(|one| match one.action {
        Action::Leave(outcome) => Some(outcome.of_pass()),
        _ => None,
    });
    let stopped = kept.max().is_some_and(|worst| worst != Outcome::Synced);
    plan.refusals.is_empty() && (acts || !stopped)
}

/// Does work that takes its time, without holding up other tasks where that can be had.
fn waiting<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// A revision comes here only after it was synced where the environment promotes from.
fn promotion(
    repo: &Repo,
    environment: &Environment,
    revision: &Revision,
) -> Result<Promotion, Error> {
    let Some(before) = &environment.promotes_from else { return Ok(Promotion::Open) };
    let rolled_back = |hold: &Hold| matches!(&hold.reason, HoldReason::RolledBack { from, .. } if from == revision);
    if let Some(hold) = repo.read_holds(before)?.into_iter().find(rolled_back) {
        return Ok(Promotion::Closed(format!("{before} was {hold}")));
    }
    let why = match repo.read_note(before, revision)?.as_deref().map(note::read) {
        Some(Ok(status)) if status.outcome == Outcome::Synced => return Ok(Promotion::Open),
        Some(Ok(status)) => format!("{before} is {} at {}", status.outcome, revision.short()),
        Some(Err(error)) => {
            format!("the note of {before} at {} cannot be read: {error}", revision.short())
        }
        None => format!("{before} has not been reconciled at {} yet", revision.short()),
    };
    Ok(Promotion::Closed(why))
}
