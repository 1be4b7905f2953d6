//! One data store: what is done about it.

use super::build::{Planned, blank};
use super::policy::{Adopt, Policy};
use super::{Action, DataStoreStep, DataStoreWork, Refreshed, ResourcePlan, Work};
use super::{drift, items};
use crate::delta::{
    Base, DataStoreComparison, Delta, FieldChange, PartChange, adopted_data_store, advanced,
    compare_contents, compare_data_store, overrule_data_store, with_foreign,
};
use crate::model::{
    Based, Conflict, DataStoreContent, DataStoreRecord, DesiredDataStore, Drift, DriftPolicy,
    Found, LiveDataStore, Naming, Part, Prune, ResourceOutcome, Side, Wanted,
};

/// Compares a data store with what was found of it.
pub(super) fn plan(
    wanted: &Wanted<DesiredDataStore>,
    found: &Found<Based<LiveDataStore, DataStoreContent>>,
    record: Option<&DataStoreRecord>,
    policy: &Policy<'_>,
) -> Planned {
    let planning = Planning { wanted, declared: &wanted.declared, policy };
    match found {
        Found::AsRecorded => Planned::Nothing(None),
        Found::Unreadable(why) => {
            Planned::something(planning.leave(ResourceOutcome::Failed, why.clone()))
        }
        Found::Absent => Planned::something(planning.create(record)),
        Found::Read(based) => match (record, &based.base) {
            (Some(record), Some(base)) => planning.change(&based.live, base, record),
            _ => Planned::something(planning.adopt(&based.live)),
        },
    }
}

/// Plans to leave it alone.
pub(super) fn leave(
    declared: &DesiredDataStore,
    outcome: ResourceOutcome,
    reason: String,
) -> ResourcePlan {
    let work = Work::DataStore(DataStoreWork::default());
    ResourcePlan { reason: Some(reason), ..blank(declared, Action::Leave(outcome), work) }
}

/// What a comparison of a live store comes to.
struct Weighed {
    compared: DataStoreComparison,
    /// What git and the tenant say together, where drift is adopted.
    merged: Option<Box<DataStoreContent>>,
    drift: Option<Drift>,
    reverts: bool,
    /// Of its name and description, what is written.
    settings: Vec<FieldChange>,
}

impl Weighed {
    /// How it ends because of what somebody changed.
    fn outcome(&self) -> Option<ResourceOutcome> {
        match (self.compared.conflicts.is_empty(), self.compared.kept.is_empty()) {
            (true, true) => None,
            (true, false) => Some(ResourceOutcome::Drifted),
            (false, _) => Some(ResourceOutcome::Conflict),
        }
    }

    /// What somebody changed, a sentence each.
    fn left(&self) -> Vec<String> {
        [self.compared.conflicts.clone(), self.compared.kept.clone()].concat()
    }
}

struct Planning<'a> {
    wanted: &'a Wanted<DesiredDataStore>,
    declared: &'a DesiredDataStore,
    policy: &'a Policy<'a>,
}

impl Planning<'_> {
    fn blank(&self, action: Action, work: DataStoreWork) -> ResourcePlan {
        blank(self.declared, action, Work::DataStore(work))
    }

    /// Says where that is which is overwritten.
    fn saved(&self) -> String {
        let environment = &self.policy.environment.name;
        format!("what somebody else wrote is saved under refs/flowgate/drift/{environment} first")
    }

    fn leave(&self, outcome: ResourceOutcome, reason: String) -> ResourcePlan {
        leave(self.declared, outcome, reason)
    }

    fn create(&self, record: Option<&DataStoreRecord>) -> ResourcePlan {
        let nothing = LiveDataStore {
            id: crate::model::DataStoreId::new(""),
            name: self.declared.metadata.name.clone(),
            description: None,
            updated_at: None,
            fields: Vec::new(),
            items: std::collections::BTreeMap::new(),
        };
        let compared = compare_data_store(self.declared, &nothing, Base::Nothing, Prune::Never);
        let first = DataStoreStep::Create(self.declared.content.fields.clone());
        let steps = std::iter::once(first).chain(items::steps(&compared)).collect();
        ResourcePlan {
            reason: record
                .map(|record| format!("data store {} is gone from the tenant", record.id)),
            delta: compared.delta,
            settings: compared.settings,
            ..self.blank(Action::Create, DataStoreWork { steps, ..DataStoreWork::default() })
        }
    }

    /// The platform keeps nothing that says who made it. One that equals git is taken over, and an empty
    /// one of git's schema, which an earlier pass may have made and died: there is nothing to lose. For any
    /// other somebody must say so.
    fn adopt(&self, live: &LiveDataStore) -> ResourcePlan {
        let compared = compare_data_store(self.declared, live, Base::Nothing, self.policy.prune);
        let settings = self.settings(live, &compared);
        let empty = live.items.is_empty() && compared.schema.is_none();
        let unasked = settings.is_empty() && (empty || compared.is_settled());
        if !unasked && self.policy.adopt == Adopt::Never {
            let reason = format!(
                "a data store of this name ({}) is live and was not made by this project; --adopt \
                 takes it over",
                live.id
            );
            let work = self::work(live, Vec::new());
            return ResourcePlan {
                reason: Some(reason),
                settings,
                delta: compared.delta,
                ..self.blank(Action::Leave(ResourceOutcome::Drifted), work)
            };
        }
        let work = DataStoreWork {
            overwrites: overwrites(live, &compared),
            ..work(live, self.steps(live, &compared, &settings))
        };
        let reason = work.overwrites.as_ref().map(|_| self.saved());
        ResourcePlan { settings, reason, delta: compared.delta, ..self.blank(Action::Adopt, work) }
    }

    /// What differs and is no row, the name first.
    fn settings(&self, live: &LiveDataStore, compared: &DataStoreComparison) -> Vec<FieldChange> {
        let name = &self.declared.metadata.name;
        let renamed = (live.name != *name).then(|| FieldChange {
            pointer: "/name".to_owned(),
            before: Some(live.name.clone().into()),
            after: Some(name.clone().into()),
        });
        renamed.into_iter().chain(compared.settings.iter().cloned()).collect()
    }

    fn change(
        &self,
        live: &LiveDataStore,
        base: &DataStoreContent,
        record: &DataStoreRecord,
    ) -> Planned {
        let weighed = self.weigh(live, base, record);
        if !weighed.settings.is_empty() || !weighed.compared.delta.is_empty() {
            return Planned::something(self.write(live, weighed));
        }
        match weighed.outcome() {
            Some(outcome) => Planned::something(self.keep(live, weighed, outcome)),
            None => self.settled(live, base, record),
        }
    }

    /// Compares the three sides, and puts what was renamed beside what was changed.
    fn weigh(
        &self,
        live: &LiveDataStore,
        base: &DataStoreContent,
        record: &DataStoreRecord,
    ) -> Weighed {
        let refused = record.unnamed.as_ref() == Some(&self.declared.naming());
        let (mut declared, mut before) = (self.declared.clone(), base.clone());
        if refused {
            declared = declared.described(live);
            before.description.clone_from(&live.description);
        }
        let name = &self.declared.metadata.name;
        let renamed = (live.name != record.name && live.name != *name)
            .then(|| format!("someone renamed it from {:?} to {:?}", record.name, live.name));
        let policy = self.policy.drift(&self.declared.metadata);
        let (mut compared, merged) = self.compared(&declared, live, &before, policy);
        let drift = self.drift((&declared, &before), live, &compared, renamed.as_ref());
        let reverts = policy == DriftPolicy::Revert && drift.is_some();
        compared.kept.extend(renamed);
        let settings = match (refused, reverts) {
            (true, _) => Vec::new(),
            (false, true) => self.settings(live, &compared),
            (false, false) => self.writable(live, &compared, record),
        };
        Weighed { compared, merged, drift, reverts, settings }
    }

    /// Everything is as git wants it; the record may be behind.
    fn settled(
        &self,
        live: &LiveDataStore,
        base: &DataStoreContent,
        record: &DataStoreRecord,
    ) -> Planned {
        let naming = self.declared.naming();
        let record = DataStoreRecord {
            name: live.name.clone(),
            updated_at: live.updated_at.clone(),
            hash: self.wanted.hash,
            unnamed: record.unnamed.clone().filter(|refused| *refused == naming),
            ..record.clone()
        };
        let content = advanced(self.declared, live, base);
        Planned::Nothing(Some(Box::new(Refreshed::DataStore(record, content))))
    }

    /// Nothing is written over what somebody changed.
    fn keep(
        &self,
        live: &LiveDataStore,
        weighed: Weighed,
        outcome: ResourceOutcome,
    ) -> ResourcePlan {
        let reason = format!(
            "{}; nothing is written over it. Make git say what is live now, or undo it in the tenant",
            sentences(&weighed.left())
        );
        let work = DataStoreWork { merged: weighed.merged, ..work(live, Vec::new()) };
        ResourcePlan {
            drift: weighed.drift,
            reason: Some(reason),
            ..self.blank(Action::Leave(outcome), work)
        }
    }

    fn write(&self, live: &LiveDataStore, weighed: Weighed) -> ResourcePlan {
        let (outcome, left) = (weighed.outcome(), weighed.left());
        let Weighed { compared, merged, drift, reverts, settings } = weighed;
        let lost = reverts || !compared.overwritten.is_empty();
        let work = DataStoreWork {
            leaves: outcome.filter(|_| !reverts),
            overwrites: overwrites(live, &compared).filter(|_| lost),
            merged,
            ..work(live, self.steps(live, &compared, &settings))
        };
        let reason = if reverts {
            Some(drift::put_back(&left, &self.policy.environment.name))
        } else {
            let stays = outcome.map(|_| format!("{}; that stays as it is", sentences(&left)));
            let saved = work.overwrites.as_ref().map(|_| self.saved());
            reason(stays, saved)
        };
        ResourcePlan {
            drift,
            settings,
            reason,
            delta: compared.delta,
            ..self.blank(Action::Update, work)
        }
    }

    /// Compares under a policy; returns also what git and the tenant say together, where drift is
    /// adopted and there is any.
    fn compared(
        &self,
        declared: &DesiredDataStore,
        live: &LiveDataStore,
        before: &DataStoreContent,
        policy: DriftPolicy,
    ) -> (DataStoreComparison, Option<Box<DataStoreContent>>) {
        let (recorded, prune) = (Base::Recorded(before), self.policy.prune);
        match policy {
            DriftPolicy::Alert => (compare_data_store(declared, live, recorded, prune), None),
            DriftPolicy::Revert => (overrule_data_store(declared, live, before, prune), None),
            DriftPolicy::Adopt => {
                let together = with_foreign(declared, live, before);
                let mut compared = compare_data_store(&together, live, recorded, prune);
                tell_foreign(declared, &together, &mut compared);
                let moved = compared.moved.iter().any(|change| change.side == Side::Live);
                let merged = moved.then(|| adopted_data_store(&together.content, live, &compared));
                (compared, merged.map(Box::new))
            }
        }
    }

    fn drift(
        &self,
        (declared, before): (&DesiredDataStore, &DataStoreContent),
        live: &LiveDataStore,
        compared: &DataStoreComparison,
        renamed: Option<&String>,
    ) -> Option<Drift> {
        // What is put back was not changed in git.
        let overruled = self.policy.drift(&self.declared.metadata) == DriftPolicy::Revert;
        let stood = if overruled {
            compare_data_store(declared, live, Base::Recorded(before), self.policy.prune)
                .is_settled()
        } else {
            compared.is_settled()
        };
        drift::of_data_store(live, &compared.moved, (renamed, !stood))
    }

    fn steps(
        &self,
        live: &LiveDataStore,
        compared: &DataStoreComparison,
        settings: &[FieldChange],
    ) -> Vec<DataStoreStep> {
        let name = (!settings.is_empty()).then(|| self.name(live, settings));
        let (before, after) = compared
            .schema
            .as_ref()
            .map_or((None, None), |schema| items::schema_steps(&live.fields, schema));
        name.into_iter().chain(before).chain(items::steps(compared)).chain(after).collect()
    }

    /// One call writes both: what git does not change of them is written as it is.
    fn name(&self, live: &LiveDataStore, settings: &[FieldChange]) -> DataStoreStep {
        let wanted = self.declared.naming();
        let before = Naming { name: live.name.clone(), description: live.description.clone() };
        let changes = |pointer: &str| settings.iter().any(|change| change.pointer == pointer);
        let mut after = before.clone();
        if changes("/name") {
            after.name = wanted.name;
        }
        if changes("/description") {
            after.description = wanted.description;
        }
        DataStoreStep::Name { before, after }
    }

    /// Name and description as far as they are git's to write: who renamed it live keeps the name.
    fn writable(
        &self,
        live: &LiveDataStore,
        compared: &DataStoreComparison,
        record: &DataStoreRecord,
    ) -> Vec<FieldChange> {
        let mut settings = self.settings(live, compared);
        if live.name != record.name {
            settings.retain(|change| change.pointer != "/name");
        }
        settings
    }
}

/// Says what others made in a store whose list is everything.
fn tell_foreign(
    declared: &DesiredDataStore,
    together: &DesiredDataStore,
    compared: &mut DataStoreComparison,
) {
    for item in &*together.content.items {
        let how = match declared.content.items.iter().find(|one| one.id == item.id) {
            Some(known) if known == item => continue,
            Some(_) => format!("someone filled fields of the record {}", item.id),
            None => format!("someone added the record {}", item.id),
        };
        let values = Conflict {
            part: Some((Part::Item, item.id.to_string())),
            pointer: String::new(),
            base: None,
            live: None,
            git: None,
        };
        compared.tell(Side::Live, how, values);
    }
}

/// Nothing to do yet but these steps, on what was read.
fn work(live: &LiveDataStore, steps: Vec<DataStoreStep>) -> DataStoreWork {
    DataStoreWork {
        id: Some(live.id.clone()),
        updated_at: live.updated_at.clone(),
        steps,
        ..DataStoreWork::default()
    }
}

/// What is lost in the tenant, as a store that can be put back.
fn overwrites(live: &LiveDataStore, compared: &DataStoreComparison) -> Option<DataStoreContent> {
    let lost = !compared.overwritten.is_empty()
        || !compared.settings.is_empty()
        || compared.schema.is_some();
    lost.then(|| DataStoreContent {
        description: live.description.clone(),
        fields: live.fields.clone(),
        items: compared.overwritten.clone().into(),
    })
}

fn reason(stays: Option<String>, saved: Option<String>) -> Option<String> {
    let said: Vec<String> = stays.into_iter().chain(saved).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// Joins sentences, of many only the first few.
pub(super) fn sentences(all: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    match all.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown}; and {more} more"),
    }
}

/// Plans the deletion of an orphan that was read, or keeps it with a reason.
///
/// A store goes with what is in it; so it must hold nothing that flowgate did not put there.
pub(super) fn delete(
    record: &DataStoreRecord,
    based: &Based<LiveDataStore, DataStoreContent>,
) -> Result<DataStoreWork, String> {
    let live = &based.live;
    if live.name != record.name {
        return Err(format!("someone renamed it to {:?}", live.name));
    }
    let Some(base) = &based.base else { return Err("what it held is not known".to_owned()) };
    let known: std::collections::BTreeSet<_> = base.items.iter().map(|item| &item.id).collect();
    let foreign = live.items.keys().filter(|id| !known.contains(id)).count();
    if foreign > 0 {
        let plural = if foreign == 1 { "" } else { "s" };
        return Err(format!("it holds {foreign} record{plural} that flowgate did not write"));
    }
    let changed = changed_items(base, live);
    if changed > 0 {
        return Err(format!("someone changed {changed} of its records"));
    }
    Ok(DataStoreWork {
        id: Some(record.id.clone()),
        updated_at: live.updated_at.clone(),
        steps: vec![DataStoreStep::Delete],
        ..DataStoreWork::default()
    })
}

/// Counts the records that hold something else than flowgate wrote.
fn changed_items(base: &DataStoreContent, live: &LiveDataStore) -> usize {
    let (_, delta) = compare_contents(base, &content(live));
    let written =
        delta.rows(Part::Item).iter().filter(|row| matches!(row.change, PartChange::Modified(_)));
    written.count().max(delta.rows(Part::Relation).len())
}

fn content(live: &LiveDataStore) -> DataStoreContent {
    let items = live.items.values().map(|live| live.item.clone()).collect();
    DataStoreContent { description: None, fields: live.fields.clone(), items }
}

/// Returns everything that goes with a store.
pub(super) fn removed(based: &Based<LiveDataStore, DataStoreContent>) -> Delta {
    compare_contents(&content(&based.live), &DataStoreContent::default()).1
}
