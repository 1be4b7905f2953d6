//! How long a pass over 1,000 unchanged flows of 50 elements takes, as a whole and by stage.
//!
//! The tenant is the emulator in this process, so the times hold its answers too, but no network.
//! Cold is a pass that has parsed nothing yet, warm one whose files are all in the cache.

mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use divan::{Bencher, black_box};
use flowgate::apply::{self, Context, Polling, Refresh};
use flowgate::controller::{Cache, Files, Manifests, load_environment, read};
use flowgate::delta::Watch;
use flowgate::git::Snapshot;
use flowgate::model::{Desired, Prune, State};
use flowgate::plan::{self, Adopt, Aim, Failed, Plan, Policy, Promotion};
use flowgate::render;
use jiff::Timestamp;
use support::{Fixture, Silent};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const FLOWS: usize = 1_000;
const ELEMENTS: usize = 50;

/// What every measurement starts from; made once.
struct Setup {
    runtime: Runtime,
    fixture: Fixture,
    _folder: TempDir,
}

static SETUP: LazyLock<Setup> = LazyLock::new(|| {
    let folder = TempDir::new().expect("a folder");
    let runtime = Runtime::new().expect("a runtime");
    let flows = folder.path().join("flows");
    let fixture = runtime.block_on(Fixture::make(&flows, FLOWS, ELEMENTS));
    let fixture = fixture.expect("a reconciled repository");
    Setup { runtime, fixture, _folder: folder }
});

impl Setup {
    fn dry_run(&self, cache: &mut Cache) {
        let report = self.runtime.block_on(self.fixture.dry_run(cache)).expect("a plan");
        assert_eq!(report.plan.unchanged, FLOWS);
        black_box(report);
    }

    fn snapshot(&self) -> Snapshot {
        let revision = self.fixture.repo.resolve(None, None).expect("a revision");
        self.fixture.repo.snapshot(&revision).expect("a snapshot")
    }

    fn read(&self, cache: &mut Cache) -> Arc<Manifests> {
        let snapshot = self.snapshot();
        read(&Files::Commit(&self.fixture.repo, &snapshot), cache).expect("manifests")
    }

    fn state(&self) -> State {
        self.fixture.repo.read_state("production").expect("a state").0
    }

    fn plan(
        &self,
        manifests: &Manifests,
        snapshot: &Snapshot,
        desired: &Desired,
        state: &State,
    ) -> Plan {
        let project = manifests.project();
        let environment = manifests.choose(None).expect("one environment");
        let context = Context {
            client: self.fixture.connect(&project.tenants[0]).expect("a client"),
            environment,
            watch: Watch::Draft,
            project: &project.name,
            repository: "flows".to_owned(),
            prefix: "",
            revision: &snapshot.revision,
            committed_at: snapshot.time,
            started_at: Timestamp::UNIX_EPOCH,
            operator: "bench",
            polling: Polling::default(),
            progress: Arc::new(Silent),
            ledger: Arc::new(()),
        };
        let policy = Policy {
            project,
            environment,
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
            now: Timestamp::UNIX_EPOCH,
        };
        let observed = apply::observe(desired, state, Refresh::Changed, Prune::Never, &context);
        let observed = self.runtime.block_on(observed).expect("the tenant's lists");
        plan::build(desired, &snapshot.revision, &observed, state, &policy)
    }
}

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn pass_cold(bencher: Bencher) {
    let setup = &*SETUP;
    bencher.with_inputs(Cache::default).bench_local_refs(|cache| setup.dry_run(cache));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn pass_warm(bencher: Bencher) {
    let setup = &*SETUP;
    let mut cache = Cache::default();
    setup.dry_run(&mut cache);
    bencher.bench_local(|| setup.dry_run(&mut cache));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn stage_1_read_cold(bencher: Bencher) {
    let setup = &*SETUP;
    bencher.with_inputs(Cache::default).bench_local_refs(|cache| setup.read(cache));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn stage_1_read_warm(bencher: Bencher) {
    let setup = &*SETUP;
    let mut cache = Cache::default();
    setup.read(&mut cache);
    bencher.bench_local(|| setup.read(&mut cache));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn stage_2_fill_in_and_validate(bencher: Bencher) {
    let setup = &*SETUP;
    // Once loaded, manifests keep the result.
    bencher.with_inputs(|| setup.read(&mut Cache::default())).bench_local_refs(|manifests| {
        let environment = manifests.choose(None).expect("one environment");
        load_environment(manifests, environment).expect("no errors")
    });
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn stage_3_dirty(bencher: Bencher) {
    let setup = &*SETUP;
    bencher.bench_local(|| setup.fixture.repo.dirty().expect("a work tree"));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn stage_4_read_state(bencher: Bencher) {
    let setup = &*SETUP;
    bencher.bench_local(|| setup.state());
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn stage_5_observe_compare_plan(bencher: Bencher) {
    let setup = &*SETUP;
    let manifests = setup.read(&mut Cache::default());
    let environment = manifests.choose(None).expect("one environment");
    let loaded = load_environment(&manifests, environment).expect("no errors");
    let (snapshot, state) = (setup.snapshot(), setup.state());
    let desired = Desired { revision: Some(snapshot.revision.clone()), ..loaded.desired };
    bencher.bench_local(|| {
        let plan = setup.plan(&manifests, &snapshot, &desired, &state);
        render::plan::hash(&plan)
    });
}
