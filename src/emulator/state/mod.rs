//! Everything one tenant holds, changed a request at a time.

mod data;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::emulator::answer::Refusal;
use crate::emulator::clock::Millis;
use crate::emulator::collection::{Change, Collection, Tracked};
use crate::emulator::content::named_dependencies;
use crate::emulator::data_action::{DataActions, TestFailure};
use crate::emulator::data_store::{DataStores, Records};
use crate::emulator::deployment::{Deployment, Script};
use crate::emulator::document::{
    Approval, Client, Dependencies, Flow, Lock, Made, Remembered, Settings, TestResults, Token,
    Version,
};
use crate::emulator::fault::Fault;

/// The only id in a collection that holds one document.
const ONLY: &str = "tenant";

/// The tenant's documents by kind.
pub(in crate::emulator) struct State {
    pub(in crate::emulator) flows: Collection<Flow>,
    pub(in crate::emulator) versions: Collection<Version>,
    pub(in crate::emulator) deployments: Collection<Deployment>,
    pub(in crate::emulator) approvals: Collection<Approval>,
    pub(in crate::emulator) test_results: Collection<TestResults>,
    pub(in crate::emulator) tokens: Collection<Token>,
    pub(in crate::emulator) clients: Collection<Client>,
    pub(in crate::emulator) locks: Collection<Lock>,
    pub(in crate::emulator) scripts: Collection<Script>,
    pub(in crate::emulator) faults: Collection<Fault>,
    pub(in crate::emulator) keys: Collection<Remembered>,
    pub(in crate::emulator) data_actions: DataActions,
    pub(in crate::emulator) test_failures: Collection<TestFailure>,
    pub(in crate::emulator) data_stores: DataStores,
    pub(in crate::emulator) records: Records,
    /// By the records' keys.
    pub(in crate::emulator) record_locks: Collection<Lock>,
    /// By the flows' ids.
    pub(in crate::emulator) flow_locks: Collection<Lock>,
    settings: Collection<Settings>,
    dependencies: Collection<Dependencies>,
    /// Last number given out, by kind of id; outlives a reset, so that no id comes twice.
    counters: Collection<u64>,
}

impl State {
    pub(in crate::emulator) fn new() -> Self {
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
            data_actions: DataActions::new("dataActions"),
            test_failures: Collection::new("testFailures"),
            data_stores: DataStores::new("dataStores"),
            records: Records::new("records"),
            record_locks: Collection::new("recordLocks"),
            flow_locks: Collection::new("flowLocks"),
            settings: Collection::new("settings"),
            dependencies: Collection::new("dependencies"),
            counters: Collection::new("counters"),
        }
    }

    fn collections(&self) -> [&dyn Tracked; 20] {
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
            &self.data_actions,
            &self.test_failures,
            &self.data_stores,
            &self.records,
            &self.record_locks,
            &self.flow_locks,
            &self.settings,
            &self.dependencies,
            &self.counters,
        ]
    }

    fn collections_mut(&mut self) -> [&mut dyn Tracked; 20] {
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
            &mut self.data_actions,
            &mut self.test_failures,
            &mut self.data_stores,
            &mut self.records,
            &mut self.record_locks,
            &mut self.flow_locks,
            &mut self.settings,
            &mut self.dependencies,
            &mut self.counters,
        ]
    }

    /// Takes in one stored document.
    pub(in crate::emulator) fn load(
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

    pub(in crate::emulator) fn changes(&self) -> serde_json::Result<Vec<Change>> {
        let mut changes = Vec::new();
        for collection in self.collections() {
            changes.extend(collection.changes()?);
        }
        Ok(changes)
    }

    pub(in crate::emulator) fn settle(&mut self) {
        self.collections_mut().into_iter().for_each(Tracked::settle);
    }

    pub(in crate::emulator) fn undo(&mut self) {
        self.collections_mut().into_iter().for_each(Tracked::undo);
    }

    /// Empties everything but the counters.
    pub(in crate::emulator) fn clear(&mut self) {
        let all = self.collections_mut().into_iter();
        all.filter(|collection| collection.name() != "counters").for_each(Tracked::clear);
    }

    /// All documents by collection, without tokens and secrets.
    pub(in crate::emulator) fn dump(&self) -> serde_json::Result<Value> {
        let mut dump = Map::new();
        for collection in self.collections() {
            if !["tokens", "clients"].contains(&collection.name()) {
                dump.insert(collection.name().to_owned(), collection.dump()?);
            }
        }
        Ok(Value::Object(dump))
    }

    /// The next number of that kind, from 1.
    pub(in crate::emulator) fn next_number(&mut self, kind: &str) -> u64 {
        let number = self.counters.get(kind).copied().unwrap_or(0) + 1;
        self.counters.insert(kind, number);
        number
    }

    /// An id that this data directory has never seen, such as `flow-000012`.
    pub(in crate::emulator) fn next_id(&mut self, kind: &str) -> String {
        format!("{kind}-{:06}", self.next_number(kind))
    }

    pub(in crate::emulator) fn settings(&self) -> Settings {
        self.settings.get(ONLY).cloned().unwrap_or_default()
    }

    pub(in crate::emulator) fn set_settings(&mut self, settings: Settings) {
        self.settings.insert(ONLY, settings);
    }

    pub(in crate::emulator) fn dependencies(&self) -> Dependencies {
        self.dependencies.get(ONLY).cloned().unwrap_or_default()
    }

    pub(in crate::emulator) fn set_dependencies(&mut self, dependencies: Dependencies) {
        self.dependencies.insert(ONLY, dependencies);
    }

    pub(in crate::emulator) fn has(&self, made: &Made) -> bool {
        match made {
            Made::Flow(id) => self.flows.contains(id),
            Made::Version(id) => self.versions.contains(id),
            Made::Deployment(id) => self.deployments.contains(id),
            Made::DataAction(id) => self.data_actions.contains(id),
            Made::DataStore(id) => self.data_stores.contains(id),
            Made::Record(key) => self.records.contains(key),
        }
    }

    pub(in crate::emulator) fn flow(&self, id: &str) -> Result<&Flow, Refusal> {
        self.flows.get(id).ok_or_else(|| no_flow(id))
    }

    pub(in crate::emulator) fn flow_mut(&mut self, id: &str) -> Result<&mut Flow, Refusal> {
        self.flows.get_mut(id).ok_or_else(|| no_flow(id))
    }

    /// A flow by its id, or else by its name.
    pub(in crate::emulator) fn flow_called(&self, id_or_name: &str) -> Result<&Flow, Refusal> {
        let by_name = || self.flows.values().find(|flow| flow.draft.name == id_or_name);
        self.flows.get(id_or_name).or_else(by_name).ok_or_else(|| no_flow(id_or_name))
    }

    /// Refuses a name that another flow has.
    pub(in crate::emulator) fn check_name_is_free(
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

    pub(in crate::emulator) fn version(&self, id: &str) -> Result<&Version, Refusal> {
        self.versions.get(id).ok_or_else(|| no_version(id))
    }

    /// A version by its id, as one of that flow.
    pub(in crate::emulator) fn version_of(
        &self,
        flow_id: &str,
        id: &str,
    ) -> Result<&Version, Refusal> {
        let of_flow = |version: &&Version| version.flow_id == flow_id;
        self.versions.get(id).filter(of_flow).ok_or_else(|| no_version(id))
    }

    /// A flow's version by its id, or else by its semantic version.
    pub(in crate::emulator) fn version_called(
        &self,
        flow_id: &str,
        id_or_number: &str,
    ) -> Result<&Version, Refusal> {
        let by_number = || self.versions_of(flow_id).find(|version| version.number == id_or_number);
        self.version_of(flow_id, id_or_number)
            .or_else(|_| by_number().ok_or_else(|| no_version(id_or_number)))
    }

    /// A flow's versions, oldest first.
    pub(in crate::emulator) fn versions_of(
        &self,
        flow_id: &str,
    ) -> impl DoubleEndedIterator<Item = &Version> {
        self.versions.prefixed(&version_prefix(flow_id))
    }

    pub(in crate::emulator) fn next_version_id(&mut self, flow_id: &str) -> String {
        format!("{}{:06}", version_prefix(flow_id), self.next_number("version"))
    }

    pub(in crate::emulator) fn deployment(&self, id: &str) -> Result<&Deployment, Refusal> {
        let missing =
            || Refusal::not_found("DEPLOYMENT_NOT_FOUND", format!("no deployment {id:?}"));
        self.deployments.get(id).ok_or_else(missing)
    }

    pub(in crate::emulator) fn deployments_of(
        &self,
        flow_id: &str,
    ) -> impl DoubleEndedIterator<Item = &Deployment> {
        self.deployments.values().filter(move |deployment| deployment.flow_id == flow_id)
    }

    /// What the environment runs of that flow: the newest success that was not taken back.
    pub(in crate::emulator) fn running(
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
    pub(in crate::emulator) fn is_running(&self, deployment: &Deployment, now: Millis) -> bool {
        self.running(&deployment.flow_id, &deployment.target_environment, now)
            .is_some_and(|running| running.id == deployment.id)
    }

    /// The deployments of a flow that hold it: under way, or what an environment runs.
    pub(in crate::emulator) fn holding(&self, flow_id: &str, now: Millis) -> Vec<&Deployment> {
        self.deployments_of(flow_id).filter(|one| self.holds(one, now)).collect()
    }

    fn holds(&self, deployment: &Deployment, now: Millis) -> bool {
        !deployment.status(now).is_terminal() || self.is_running(deployment, now)
    }

    /// A deployment that holds its flow, with an element of that type whose configuration names
    /// `name` in `property`.
    pub(in crate::emulator) fn deployment_that_names(
        &self,
        element_type: &str,
        property: &str,
        name: &str,
        now: Millis,
    ) -> Option<&Deployment> {
        let names = |version: &Version| {
            named_dependencies(&version.elements, element_type, property).any(|own| own == name)
        };
        self.deployments
            .values()
            .filter(|one| self.versions.get(&one.version_id).is_some_and(names))
            .find(|one| self.holds(one, now))
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
