//! One reconcile, from fetch to record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::ledger::Claims;
use super::load::{self, Cache, Files, Manifests};
use super::record::{self, Scope};
use super::request::{Mode, Outside, Report, Request, Reviewed};
use super::{Error, adopt, beside, trials};
use crate::apply::{self, Applied, Context};
use crate::cxone::Client;
use crate::delta::Watch;
use crate::git::{Holder, Lock, Repo, Snapshot, Tip, note};
use crate::model::{
    Counts, Desired, Environment, Finding, Observed, Outcome, Project, Prune, Revision, State,
    Status,
};
use crate::plan::{self, Plan, Policy, Promotion};
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
    let fetched = fetch(request, cache, outside.repo)?;
    let environment = fetched.manifests.choose(Some(&fetched.environment))?;
    let loaded = load::load_environment(&fetched.manifests, environment)?;
    let pass = Pass {
        request,
        outside,
        project: fetched.manifests.project(),
        environment,
        snapshot: &fetched.snapshot,
        desired: Desired {
            revision: Some(fetched.snapshot.revision.clone()),
            ..loaded.desired.managed(&environment.manages)
        },
        warnings: loaded.warnings.into_iter().filter(|one| !beside::decides(one.code)).collect(),
        started_at,
    };

    let _lock = pass.lock()?;
    let (state, tip) = outside.repo.read_state(&environment.name)?;
    pass.check_numbers(&state)?;
    pass.check_cases(&state)?;
    let who = outside.repo.identity().at(started_at);
    let claims = (state.clone(), tip);
    let claims = Arc::new(Claims::new(outside.repo.clone(), &environment.name, who, claims));
    let context = pass.context(pass.connect()?, Arc::clone(&claims))?;
    let (refresh, prune) = (request.refresh, pass.prune());
    let observed = apply::observe(&pass.desired, &state, refresh, prune, &context).await?;
    pass.check_beside(&observed, &state)?;

    let revision = &fetched.snapshot.revision;
    let plan = plan::build(&pass.desired, revision, &observed, &state, &pass.policy()?);
    let hash = render::plan::hash(&plan);
    match &request.mode {
        Mode::DryRun => {
            let adopted = adopt::plan(&plan, &pass.desired, environment);
            return pass.report((plan, hash), None, adopted, &context.client);
        }
        Mode::Apply => {}
        Mode::ApplyReviewed(reviewed) => check_reviewed(reviewed, &plan, &hash)?,
    }

    let who = outside.repo.identity().at(started_at);
    let adopted = adopt::commit(&plan, &pass.desired, environment, (outside.repo, &who));
    let applied = pass.apply(&plan, &state, &context).await?;
    let status = pass.record(&plan, &hash, &applied, claims.state())?;
    pass.report((plan, hash), Some(status), adopted, &context.client)
}

/// What git holds for a pass.
struct Fetched {
    snapshot: Snapshot,
    manifests: Arc<Manifests>,
    environment: String,
}

/// Reads the project at the asked revision, else at `HEAD`; when that puts the environment on another
/// branch, what that branch says is what counts.
fn fetch(request: &Request, cache: &mut Cache, repo: &Repo) -> Result<Fetched, Error> {
    let asked = repo.resolve(request.revision.as_deref(), None)?;
    let snapshot = repo.snapshot(&asked)?;
    let manifests = load::read(&Files::Commit(repo, &snapshot), cache)?;
    let chosen = manifests.choose(request.environment.as_deref())?;
    let (environment, branch) = (chosen.name.clone(), chosen.branch.clone());
    if request.revision.is_none() && branch.is_some() {
        let revision = repo.resolve(None, branch.as_deref())?;
        if revision != asked {
            let snapshot = repo.snapshot(&revision)?;
            let manifests = load::read(&Files::Commit(repo, &snapshot), cache)?;
            return Ok(Fetched { snapshot, manifests, environment });
        }
    }
    Ok(Fetched { snapshot, manifests, environment })
}

/// What every stage after loading looks at.
struct Pass<'a> {
    request: &'a Request,
    outside: &'a Outside<'a>,
    project: &'a Project,
    environment: &'a Environment,
    snapshot: &'a Snapshot,
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

    fn watch(&self) -> Watch {
        Watch::of(self.project, self.environment)
    }

    fn prune(&self) -> Prune {
        self.request.prune.unwrap_or(self.environment.prune)
    }

    /// Only the draft's owner takes `spec.version` literally.
    fn check_numbers(&self, state: &State) -> Result<(), Error> {
        let mut findings = plan::check_numbers(&self.desired, state);
        if self.watch() == Watch::Deployment || findings.is_empty() {
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

    fn policy(&self) -> Result<Policy<'a>, Error> {
        let revision = &self.snapshot.revision;
        Ok(Policy {
            project: self.project,
            environment: self.environment,
            adopt: self.request.adopt,
            prune: self.prune(),
            failed: self.request.failed,
            promotion: promotion(self.outside.repo, self.environment, revision)?,
            selector: self.request.selector.clone(),
            allow_immutable: self.request.allow_immutable.clone(),
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
        let repo = self.outside.repo;
        let who = repo.identity().at(self.started_at);
        record::save_overwritten(repo, plan, &self.desired, &who)?;
        Ok(apply::run(plan, &self.desired, state, context).await)
    }

    fn record(
        &self,
        plan: &Plan,
        hash: &str,
        applied: &[Applied],
        (mut state, tip): (State, Option<Tip>),
    ) -> Result<Status, Error> {
        let status = self.summarize(plan, hash, applied);
        let scope = if self.request.selector.is_some() { Scope::Narrowed } else { Scope::Whole };
        let who = self.outside.repo.identity().at(status.finished_at);
        record::change(&mut state, applied, plan, &self.desired);
        match record::write(self.outside.repo, &status, scope, (&state, tip), &who) {
            Ok(()) => Ok(status),
            Err(source) => Err(Error::NotRecorded { status: Box::new(status), source }),
        }
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
            outcome: refused.or(worst).unwrap_or(Outcome::Synced),
            started_at: self.started_at,
            finished_at: (self.outside.now)(),
            operator: self.outside.operator.to_owned(),
            plan_hash: hash.to_owned(),
            refusals: refusals.map(|r| format!("{}: {}", r.guard, r.message)).collect(),
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

fn check_reviewed(reviewed: &Reviewed, plan: &Plan, hash: &str) -> Result<(), Error> {
    if reviewed.hash == hash {
        return Ok(());
    }
    let mut moved = Vec::new();
    if reviewed.environment != plan.environment {
        moved.push(format!("it is for {}, not {}", reviewed.environment, plan.environment));
    }
    if reviewed.revision != plan.revision.as_str() {
        let short = reviewed.revision.get(..8).unwrap_or(&reviewed.revision);
        moved.push(format!(
            "git is at {}, not at {short} (--revision names a commit)",
            plan.revision.short()
        ));
    }
    if moved.is_empty() {
        moved.extend(planned_otherwise(reviewed, plan, hash));
    }
    if moved.is_empty() {
        moved.push("other resources are unchanged than were".to_owned());
    }
    Err(Error::PlanMoved { path: reviewed.path.clone(), moved })
}

/// Names the resources for which something else would be done now.
fn planned_otherwise(reviewed: &Reviewed, plan: &Plan, hash: &str) -> Vec<String> {
    let document = render::plan::json(plan, hash);
    let list = document["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    let now: BTreeMap<String, &Value> =
        plan.resources.iter().map(|resource| resource.id.to_string()).zip(list).collect();
    let names: BTreeSet<&String> = reviewed.resources.keys().chain(now.keys()).collect();
    names
        .into_iter()
        .filter(|name| reviewed.resources.get(*name) != now.get(*name).copied())
        .map(|name| {
            format!("{name} moved since, or the plan was made with other flags: plan again and review that")
        })
        .collect()
}
