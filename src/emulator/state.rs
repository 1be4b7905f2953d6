//! Everything one tenant holds, changed a request at a time.

use http::StatusCode;
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::clock::Millis;
use super::collection::{Change, Collection, Tracked};
use super::deployment::{Deployment, Script};
use super::document::{
    Approval, Client, Dependencies, Flow, Lock, Made, Remembered, Settings, TestResults, Token,
    Version,
};
use super::fault::Fault;

/// The only id in a collection that holds one document.
const ONLY: &str = "tenant";

/// The tenant's documents by kind.
pub(super) struct State {
    pub(super) flows: Collection<Flow>,
    pub(super) versions: Collection<Version>,
    pub(super) deployments: Collection<Deployment>,
    pub(super) approvals: Collection<Approval>,
    pub(super) test_results: Collection<TestResults>,
    pub(super) tokens: Collection<Token>,
    pub(super) clients: Collection<Client>,
    pub(super) locks: Collection<Lock>,
    pub(super) scripts: Collection<Script>,
    pub(super) faults: Collection<Fault>,
    pub(super) keys: Collection<Remembered>,
    settings: Collection<Settings>,
    dependencies: Collection<Dependencies>,
    /// Last number given out, by kind of id; outlives a reset, so that no id comes twice.
    counters: Collection<u64>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            flows: Collection::new("flows"),
            versions: Collection::new("versions"),
            deployments: Collection::new("deployments"),
            approvals: Collection::new("approvals"),
            test_results: Collection::new("testResults"),
            tokens: Collection::new("tokens"),
            clients: Collection::new("clients"),
            locks: Collection::new("locks"),
            scripts: Collection::new("outcomes"),
            faults: Collection::new("faults"),
            keys: Collection::new("idempotencyKeys"),
            settings: Collection::new("settings"),
            dependencies: Collection::new("dependencies"),
            counters: Collection::new("counters"),
        }
    }

    fn collections(&self) -> [&dyn Tracked; 14] {
        [
            &self.flows,
            &self.versions,
            &self.deployments,
            &self.approvals,
            &self.test_results,
            &self.tokens,
            &self.clients,
            &self.locks,
            &self.scripts,
            &self.faults,
            &self.keys,
            &self.settings,
            &self.dependencies,
            &self.counters,
        ]
    }

    fn collections_mut(&mut self) -> [&mut dyn Tracked; 14] {
        [
            &mut self.flows,
            &mut self.versions,
            &mut self.deployments,
            &mut self.approvals,
            &mut self.test_results,
            &mut self.tokens,
            &mut self.clients,
            &mut self.locks,
            &mut self.scripts,
            &mut self.faults,
            &mut self.keys,
            &mut self.settings,
            &mut self.dependencies,
            &mut self.counters,
        ]
    }

    /// Takes in one stored document.
    pub(super) fn load(
        &mut self,
        collection: &str,
        key: &str,
        document: &[u8],
    ) -> Result<(), String> {
        let mut all = self.collections_mut().into_iter();
        let found = all.find(|known| known.name() == collection);
        let collection = found.ok_or_else(|| "no such collection".to_owned())?;
        collection.load(key, document).map_err(|error| error.to_string())
    }

    pub(super) fn changes(&self) -> serde_json::Result<Vec<Change>> {
        let mut changes = Vec::new();
        for collection in self.collections() {
            changes.extend(collection.changes()?);
        }
        Ok(changes)
    }

    pub(super) fn settle(&mut self) {
        self.collections_mut().into_iter().for_each(Tracked::settle);
    }

    pub(super) fn undo(&mut self) {
        self.collections_mut().into_iter().for_each(Tracked::undo);
    }

    /// Empties everything but the counters.
    pub(super) fn clear(&mut self) {
        let all = self.collections_mut().into_iter();
        all.filter(|collection| collection.name() != "counters").for_each(Tracked::clear);
    }

    /// All documents by collection, without tokens and secrets.
    pub(super) fn dump(&self) -> serde_json::Result<Value> {
        let mut dump = Map::new();
        for collection in self.collections() {
            if !["tokens", "clients"].contains(&collection.name()) {
                dump.insert(collection.name().to_owned(), collection.dump()?);
            }
        }
        Ok(Value::Object(dump))
    }

    /// The next number of that kind, from 1.
    pub(super) fn next_number(&mut self, kind: &str) -> u64 {
        let number = self.counters.get(kind).copied().unwrap_or(0) + 1;
        self.counters.insert(kind, number);
        number
    }

    /// An id that this data directory has never seen, such as `flow-000012`.
    pub(super) fn next_id(&mut self, kind: &str) -> String {
        format!("{kind}-{:06}", self.next_number(kind))
    }

    pub(super) fn settings(&self) -> Settings {
        self.settings.get(ONLY).cloned().unwrap_or_default()
    }

    pub(super) fn set_settings(&mut self, settings: Settings) {
        self.settings.insert(ONLY, settings);
    }

    pub(super) fn dependencies(&self) -> Dependencies {
        self.dependencies.get(ONLY).cloned().unwrap_or_default()
    }

    pub(super) fn set_dependencies(&mut self, dependencies: Dependencies) {
        self.dependencies.insert(ONLY, dependencies);
    }

    pub(super) fn has(&self, made: &Made) -> bool {
        match made {
            Made::Flow(id) => self.flows.contains(id),
            Made::Version(id) => self.versions.contains(id),
            Made::Deployment(id) => self.deployments.contains(id),
        }
    }

    pub(super) fn flow(&self, id: &str) -> Result<&Flow, Refusal> {
        self.flows.get(id).ok_or_else(|| no_flow(id))
    }

    pub(super) fn flow_mut(&mut self, id: &str) -> Result<&mut Flow, Refusal> {
        self.flows.get_mut(id).ok_or_else(|| no_flow(id))
    }

    /// A flow by its id, or else by its name.
    pub(super) fn flow_called(&self, id_or_name: &str) -> Result<&Flow, Refusal> {
        let by_name = || self.flows.values().find(|flow| flow.draft.name == id_or_name);
        self.flows.get(id_or_name).or_else(by_name).ok_or_else(|| no_flow(id_or_name))
    }

    /// Refuses a name that another flow has.
    pub(super) fn check_name_is_free(
        &self,
        name: &str,
        own_id: Option<&str>,
    ) -> Result<(), Refusal> {
        let mut others = self.flows.values().filter(|flow| Some(flow.id.as_str()) != own_id);
        match others.find(|flow| flow.draft.name == name) {
            None => Ok(()),
            Some(flow) => {
                let message = format!("the flow {} is already named {name:?}", flow.id);
                Err(Refusal::conflict("NAME_EXISTS", message))
            }
        }
    }

    pub(super) fn version(&self, id: &str) -> Result<&Version, Refusal> {
        self.versions.get(id).ok_or_else(|| no_version(id))
    }

    /// A version by its id, as one of that flow.
    pub(super) fn version_of(&self, flow_id: &str, id: &str) -> Result<&Version, Refusal> {
        let of_flow = |version: &&Version| version.flow_id == flow_id;
        self.versions.get(id).filter(of_flow).ok_or_else(|| no_version(id))
    }

    /// A flow's version by its id, or else by its semantic version.
    pub(super) fn version_called(
        &self,
        flow_id: &str,
        id_or_number: &str,
    ) -> Result<&Version, Refusal> {
        let by_number = || self.versions_of(flow_id).find(|version| version.number == id_or_number);
        self.version_of(flow_id, id_or_number)
            .or_else(|_| by_number().ok_or_else(|| no_version(id_or_number)))
    }

    /// A flow's versions, oldest first.
    pub(super) fn versions_of(&self, flow_id: &str) -> impl DoubleEndedIterator<Item = &Version> {
        self.versions.prefixed(&version_prefix(flow_id))
    }

    pub(super) fn next_version_id(&mut self, flow_id: &str) -> String {
        format!("{}{:06}", version_prefix(flow_id), self.next_number("version"))
    }

    pub(super) fn deployment(&self, id: &str) -> Result<&Deployment, Refusal> {
        let missing =
            || Refusal::not_found("DEPLOYMENT_NOT_FOUND", format!("no deployment {id:?}"));
        self.deployments.get(id).ok_or_else(missing)
    }

    pub(super) fn deployments_of(
        &self,
        flow_id: &str,
    ) -> impl DoubleEndedIterator<Item = &Deployment> {
        self.deployments.values().filter(move |deployment| deployment.flow_id == flow_id)
    }

    /// What the environment runs of that flow: the newest success that was not taken back.
    pub(super) fn running(
        &self,
        flow_id: &str,
        target_environment: &str,
        now: Millis,
    ) -> Option<&Deployment> {
        self.deployments_of(flow_id)
            .rev()
            .find(|one| one.target_environment == target_environment && one.counts(now))
    }

    /// Whether it is what its environment runs.
    pub(super) fn is_running(&self, deployment: &Deployment, now: Millis) -> bool {
        self.running(&deployment.flow_id, &deployment.target_environment, now)
            .is_some_and(|running| running.id == deployment.id)
    }

    /// The deployments of a flow that hold it: under way, or what an environment runs.
    pub(super) fn holding(&self, flow_id: &str, now: Millis) -> Vec<&Deployment> {
        self.deployments_of(flow_id)
            .filter(|one| !one.status(now).is_terminal() || self.is_running(one, now))
            .collect()
    }
}

/// Versions carry their flow's number, so that a flow's versions lie side by side.
fn version_prefix(flow_id: &str) -> String {
    format!("ver-{}-", flow_id.trim_start_matches("flow-"))
}

fn no_flow(id: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "FLOW_NOT_FOUND", format!("no flow {id:?}"))
}

fn no_version(id: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "VERSION_NOT_FOUND", format!("no version {id:?}"))
}
