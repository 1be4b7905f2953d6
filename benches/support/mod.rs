//! A repository of many flows, and a tenant that is equal to it.

mod manifests;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use flowgate::apply::{Polling, Progress, ProgressEvent, Refresh};
use flowgate::controller::{Cache, Course, Mode, Outside, Report, Request, pass};
use flowgate::cxone::{Client, Settings};
use flowgate::emulator::{Clock, Emulator};
use flowgate::git::Repo;
use flowgate::model::{Credential, Outcome, Secret, Tenant};
use flowgate::plan::{Adopt, Failed};
use flowgate::sources::Access;
use git2::{IndexAddOption, Repository};
use http::Method;
use jiff::Timestamp;
use serde_json::json;

/// How fast the tenant takes requests while it is filled.
const FILLING: u32 = 1_000_000;

/// A repository that was reconciled, with the tenant behind it.
pub(crate) struct Fixture {
    /// The flows folder, which is the whole repository.
    pub(crate) repo: Repo,
    emulator: Emulator,
}

impl Fixture {
    /// Writes and commits so many flows of so many elements, and reconciles them once.
    ///
    /// The folder is made, and must not be there yet; the tenant's data go where `--emulator`
    /// looks for them.
    pub(crate) async fn make(folder: &Path, flows: usize, elements: usize) -> anyhow::Result<Self> {
        commit(folder, flows, elements)?;
        let repo = Repo::open(folder)?;
        let data = repo.data_dir().join("emulator").join(manifests::TENANT);
        let emulator = Emulator::open(&data, Clock::system())?;
        let fixture = Self { repo, emulator };
        fixture.fill().await?;
        Ok(fixture)
    }

    async fn fill(&self) -> anyhow::Result<()> {
        let set = |settings| self.emulator.control(Method::PUT, "/_emulator/settings", settings);
        set(json!({"pendingMs": 0, "runMs": 0, "requestsPerSecond": 0})).await;
        let connect = |tenant: &Tenant| {
            self.connect(&Tenant { requests_per_second: FILLING, ..tenant.clone() })
        };
        let report = self.pass(Mode::Apply, &mut Cache::default(), &connect).await?;
        let outcome = report.status.map(|status| status.outcome);
        anyhow::ensure!(outcome == Some(Outcome::Synced), "the first pass ended {outcome:?}");
        set(json!({"pendingMs": 300, "runMs": 700, "requestsPerSecond": 100})).await;
        Ok(())
    }

    /// Runs a pass that stops after the plan, at the rate that the project gives.
    pub(crate) async fn dry_run(&self, cache: &mut Cache) -> anyhow::Result<Report> {
        self.pass(Mode::DryRun, cache, &|tenant| self.connect(tenant)).await
    }

    /// Makes a client of the tenant.
    pub(crate) fn connect(&self, tenant: &Tenant) -> Result<Client, String> {
        let local = Tenant { base_url: "http://localhost".into(), ..tenant.clone() };
        let settings = Settings::of(&local, "bench".into(), Secret::new("bench"), 1);
        Client::new(settings, Arc::new(self.emulator.clone())).map_err(|error| error.to_string())
    }

    async fn pass(
        &self,
        mode: Mode,
        cache: &mut Cache,
        connect: &dyn Fn(&Tenant) -> Result<Client, String>,
    ) -> anyhow::Result<Report> {
        let request = Request {
            environment: None,
            revision: None,
            course: Course::Reconcile,
            mode,
            refresh: Refresh::Changed,
            adopt: Adopt::Never,
            prune: None,
            failed: Failed::LeaveAlone,
            selector: None,
            allow_immutable: BTreeSet::new(),
            dangers: BTreeSet::new(),
            outside_window: None,
            approved: None,
        };
        let outside = Outside {
            repo: &self.repo,
            connect,
            sources: Access { exchange: &self.emulator, credential: &no_credential },
            now: &Timestamp::now,
            operator: "bench",
            host: "localhost",
            polling: Polling::default(),
            progress: Arc::new(Silent),
        };
        pass(&request, cache, &outside).await.context("the pass failed")
    }
}

/// Its flows take no values from sources.
fn no_credential(_: &Credential) -> Result<Secret, String> {
    Err("there are no sources".into())
}

/// Tells nobody.
pub(crate) struct Silent;

impl Progress for Silent {
    fn event(&self, _: &ProgressEvent) {}
}

fn commit(folder: &Path, flows: usize, elements: usize) -> anyhow::Result<()> {
    let repository = Repository::init(folder)?;
    for (path, text) in manifests::files(flows, elements) {
        let path: PathBuf = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, text)?;
    }
    let mut index = repository.index()?;
    index.add_all(["*"], IndexAddOption::DEFAULT, None)?;
    index.write()?;
    let tree = repository.find_tree(index.write_tree()?)?;
    let who = git2::Signature::now("Ada", "ada@acme.example")?;
    repository.commit(Some("HEAD"), &who, &who, "Flows", &tree, &[])?;
    Ok(())
}
