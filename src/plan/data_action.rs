//! One data action: what is done about it.

use super::build::{Planned, blank};
use super::drift;
use super::policy::{Adopt, Policy};
use super::{Action, DataActionStep, DataActionWork, Refreshed, ResourcePlan, Stage, Work};
use crate::delta::{
    Base, DataActionMerge, FieldChange, compare_data_actions, merge_data_action,
    overrule_data_action,
};
use crate::model::{
    Based, DataActionContent, DataActionRecord, DesiredDataAction, Drift, DriftPolicy, Found,
    LiveDataAction, ResourceOutcome, Wanted,
};

/// Compares a data action with what was found of it.
pub(super) fn plan(
    wanted: &Wanted<DesiredDataAction>,
    found: &Found<Based<LiveDataAction, DataActionContent>>,
    record: Option<&DataActionRecord>,
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
    declared: &DesiredDataAction,
    outcome: ResourceOutcome,
    reason: String,
) -> ResourcePlan {
    let work = Work::DataAction(DataActionWork::idle(declared));
    ResourcePlan { reason: Some(reason), ..blank(declared, Action::Leave(outcome), work) }
}

struct Planning<'a> {
    wanted: &'a Wanted<DesiredDataAction>,
    declared: &'a DesiredDataAction,
    policy: &'a Policy<'a>,
}

impl Planning<'_> {
    fn blank(&self, action: Action) -> ResourcePlan {
        blank(self.declared, action, Work::DataAction(self.work(None)))
    }

    fn work(&self, live: Option<&LiveDataAction>) -> DataActionWork {
        DataActionWork {
            id: live.map(|live| live.id.clone()),
            live: live.cloned().map(Box::new),
            ..DataActionWork::idle(self.declared)
        }
    }

    fn leave(&self, outcome: ResourceOutcome, reason: String) -> ResourcePlan {
        leave(self.declared, outcome, reason)
    }

    fn create(&self, record: Option<&DataActionRecord>) -> ResourcePlan {
        let work = DataActionWork { steps: self.steps(DataActionStep::Create), ..self.work(None) };
        ResourcePlan {
            settings: compare_data_actions(None, Some(&self.declared.content)),
            reason: record
                .map(|record| format!("data action {} is gone from the tenant", record.id)),
            work: Work::DataAction(work),
            ..self.blank(Action::Create)
        }
    }

    /// The write, and the tenant's tests where there are any.
    fn steps(&self, write: DataActionStep) -> Vec<DataActionStep> {
        let tests = (!self.declared.tests.is_empty()).then_some(DataActionStep::Test);
        std::iter::once(write).chain(tests).collect()
    }

    /// The platform keeps nothing that says who made it: one that equals git is taken over, for there
    /// is nothing to lose; for any other somebody must say so.
    fn adopt(&self, live: &LiveDataAction) -> ResourcePlan {
        let merge = merge_data_action(Base::Nothing, &live.content, &self.declared.content);
        let settings = self.settings(live, merge.written);
        if settings.is_empty() {
            // A pass that died may have made it and never tested it. Who says --adopt knows that it is not
            // ours.
            let ours = self.policy.adopt == Adopt::Never && !self.declared.tests.is_empty();
            let work = DataActionWork {
                steps: ours.then_some(DataActionStep::Test).into_iter().collect(),
                content: merge.content,
                ..self.work(Some(live))
            };
            return ResourcePlan { work: Work::DataAction(work), ..self.blank(Action::Adopt) };
        }
        if self.policy.adopt == Adopt::Never {
            let reason = format!(
                "a data action of this name ({}) is live and was not made by this project; --adopt \
                 takes it over",
                live.id
            );
            let work = Work::DataAction(self.work(Some(live)));
            return ResourcePlan { settings, work, ..self.leave(ResourceOutcome::Drifted, reason) };
        }
        let work = DataActionWork {
            steps: self.steps(DataActionStep::Update),
            content: merge.content,
            overwrites: Some(live.content.clone()),
            ..self.work(Some(live))
        };
        ResourcePlan { settings, work: Work::DataAction(work), ..self.blank(Action::Adopt) }
    }

    /// What differs, the name first.
    fn settings(&self, live: &LiveDataAction, written: Vec<FieldChange>) -> Vec<FieldChange> {
        let name = &self.declared.metadata.name;
        let renamed = (live.name != *name).then(|| FieldChange {
            pointer: "/name".to_owned(),
            before: Some(live.name.clone().into()),
            after: Some(name.clone().into()),
        });
        renamed.into_iter().chain(written).collect()
    }

    fn change(
        &self,
        live: &LiveDataAction,
        base: &DataActionContent,
        record: &DataActionRecord,
    ) -> Planned {
        let wanted = &self.declared.content;
        let merge = merge_data_action(Base::Recorded(base), &live.content, wanted);
        let renamed = (live.name != record.name && live.name != self.declared.metadata.name)
            .then(|| format!("someone renamed it from {:?} to {:?}", record.name, live.name));
        let changed = merge.kept.iter().map(|change| format!("someone changed {}", change.pointer));
        let moved: Vec<String> = changed.chain(renamed.clone()).collect();
        let Some(drift) = drift::of_data_action(live, base, wanted, (&merge, renamed.as_ref()))
        else {
            return self.advance(live, record, merge);
        };
        let policy = self.policy.drift(&self.declared.metadata);
        let adopted = (policy == DriftPolicy::Adopt && !merge.kept.is_empty())
            .then(|| Box::new(merge.adopted(base, wanted)));
        let mut planned = match policy {
            DriftPolicy::Revert => self.revert(live, base, &drift),
            _ if !merge.conflicts.is_empty() => self.conflict(live, merge),
            _ if merge.written.is_empty() && !self.renames(live, renamed.as_ref()) => {
                self.drifted(live, &moved, merge.kept)
            }
            _ => self.beside(live, (merge, &moved), renamed.as_ref()),
        };
        planned.drift = Some(drift);
        if let Work::DataAction(work) = &mut planned.work {
            work.merged = adopted;
        }
        Planned::something(planned)
    }

    /// Nobody but git changed anything.
    fn advance(
        &self,
        live: &LiveDataAction,
        record: &DataActionRecord,
        merge: DataActionMerge,
    ) -> Planned {
        let settings = self.settings(live, merge.written);
        if settings.is_empty() {
            return self.settled(live, record);
        }
        let work = DataActionWork {
            steps: self.steps(DataActionStep::Update),
            content: merge.content,
            ..self.work(Some(live))
        };
        let work = Work::DataAction(work);
        Planned::something(ResourcePlan { settings, work, ..self.blank(Action::Update) })
    }

    /// Tells whether git gives another name, and nobody else did.
    fn renames(&self, live: &LiveDataAction, renamed: Option<&String>) -> bool {
        renamed.is_none() && live.name != self.declared.metadata.name
    }

    /// Writes what git changed beside what someone changed.
    fn beside(
        &self,
        live: &LiveDataAction,
        (merge, moved): (DataActionMerge, &[String]),
        renamed: Option<&String>,
    ) -> ResourcePlan {
        let settings = match renamed {
            Some(_) => merge.written.clone(),
            None => self.settings(live, merge.written.clone()),
        };
        let name = if renamed.is_some() { &live.name } else { &self.declared.metadata.name };
        let work = DataActionWork {
            steps: self.steps(DataActionStep::Update),
            name: name.clone(),
            content: merge.content,
            leaves: Some(ResourceOutcome::Drifted),
            ..self.work(Some(live))
        };
        ResourcePlan {
            settings,
            reason: Some(format!("{}; that stays as it is", moved.join("; "))),
            work: Work::DataAction(work),
            ..self.blank(Action::Update)
        }
    }

    /// Puts git's content and name back, after what is live was saved.
    fn revert(
        &self,
        live: &LiveDataAction,
        base: &DataActionContent,
        drift: &Drift,
    ) -> ResourcePlan {
        let merge = overrule_data_action(base, &live.content, &self.declared.content);
        let work = DataActionWork {
            steps: self.steps(DataActionStep::Update),
            content: merge.content,
            overwrites: Some(live.content.clone()),
            ..self.work(Some(live))
        };
        let moved: Vec<String> = drift.moves.iter().map(|moved| moved.how.clone()).collect();
        ResourcePlan {
            settings: self.settings(live, merge.written),
            reason: Some(drift::put_back(&moved, &self.policy.environment.name)),
            work: Work::DataAction(work),
            ..self.blank(Action::Update)
        }
    }

    /// Everything is as git wants it; only the tenant's tests may be missing.
    fn settled(&self, live: &LiveDataAction, record: &DataActionRecord) -> Planned {
        let proven = record.hash == self.wanted.hash && record.untested.is_none();
        if proven || self.declared.tests.is_empty() {
            let record = DataActionRecord {
                name: live.name.clone(),
                modified: Some(live.modified),
                hash: self.wanted.hash,
                untested: None,
                ..record.clone()
            };
            let base = self.declared.content.clone();
            return Planned::Nothing(Some(Box::new(Refreshed::DataAction(record, base))));
        }
        let reason = match &record.untested {
            Some(why) => format!("the tenant's test failed before: {why}"),
            None => "the tenant's tests of this content have not run".to_owned(),
        };
        let work = DataActionWork {
            steps: vec![DataActionStep::Test],
            content: live.content.clone(),
            ..self.work(Some(live))
        };
        Planned::something(ResourcePlan {
            stage: Stage::Resumed,
            reason: Some(reason),
            work: Work::DataAction(work),
            ..self.blank(Action::Update)
        })
    }

    fn drifted(
        &self,
        live: &LiveDataAction,
        moved: &[String],
        kept: Vec<FieldChange>,
    ) -> ResourcePlan {
        let reason = format!(
            "{}; nothing is written over it. Make git say what is live now, or undo it in the tenant",
            moved.join("; ")
        );
        // From live to git, as everywhere.
        let turned = |change: FieldChange| FieldChange {
            before: change.after,
            after: change.before,
            ..change
        };
        ResourcePlan {
            settings: kept.into_iter().map(turned).collect(),
            work: Work::DataAction(self.work(Some(live))),
            ..self.leave(ResourceOutcome::Drifted, reason)
        }
    }

    fn conflict(&self, live: &LiveDataAction, merge: DataActionMerge) -> ResourcePlan {
        let pointers: Vec<&str> =
            merge.conflicts.iter().map(|change| change.pointer.as_str()).collect();
        let reason = format!(
            "someone changed {}, and git changed it too; nothing is written over it. Make git say \
             what is to be, from what is live now, or undo it in the tenant",
            pointers.join(", ")
        );
        ResourcePlan {
            settings: merge.conflicts,
            work: Work::DataAction(self.work(Some(live))),
            ..self.leave(ResourceOutcome::Conflict, reason)
        }
    }
}

impl DataActionWork {
    /// Nothing to do about one that git no longer has.
    pub(super) fn gone(record: &DataActionRecord) -> Self {
        Self {
            id: Some(record.id.clone()),
            steps: Vec::new(),
            name: record.name.clone(),
            content: DataActionContent::default(),
            live: None,
            overwrites: None,
            merged: None,
            leaves: None,
        }
    }

    /// Nothing to do, on nothing that was read.
    fn idle(declared: &DesiredDataAction) -> Self {
        Self {
            id: None,
            steps: Vec::new(),
            name: declared.metadata.name.clone(),
            content: declared.content.clone(),
            live: None,
            overwrites: None,
            merged: None,
            leaves: None,
        }
    }
}

/// Plans the deletion of an orphan that was read, or keeps it with a reason.
pub(super) fn delete(
    record: &DataActionRecord,
    based: &Based<LiveDataAction, DataActionContent>,
) -> Result<DataActionWork, String> {
    if based.live.name != record.name {
        return Err(format!("someone renamed it to {:?}", based.live.name));
    }
    let base = based.base.as_ref();
    let changed = base
        .is_none_or(|base| !compare_data_actions(Some(base), Some(&based.live.content)).is_empty());
    if changed {
        return Err("someone changed it".to_owned());
    }
    Ok(DataActionWork {
        id: Some(record.id.clone()),
        steps: vec![DataActionStep::Delete],
        name: based.live.name.clone(),
        content: based.live.content.clone(),
        live: Some(Box::new(based.live.clone())),
        overwrites: None,
        merged: None,
        leaves: None,
    })
}
