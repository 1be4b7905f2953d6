//! A deployment and where it stands at a time.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::Millis;
use super::document::Countdown;

/// Where a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    Pending,
    InProgress,
    Success,
    Failed,
    RollbackInProgress,
    RolledBack,
}

impl Status {
    pub(super) fn is_terminal(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::RolledBack)
    }
}

/// How a deployment or a rollback ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ending {
    Success,
    /// With what the platform says went wrong.
    Failed(String),
}

/// A deployment. Nothing happens to it in the background: its status is a matter of the time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) flow_id: String,
    pub(super) version_id: String,
    pub(super) target_environment: String,
    pub(super) previous_version_id: Option<String>,
    pub(super) rollback_on_failure: bool,
    pub(super) skip_validation: bool,
    pub(super) metadata: Value,
    pub(super) started_at: Millis,
    pub(super) course: Course,
    pub(super) rollback_started_at: Option<Millis>,
    /// Taken out of the environment by hand.
    pub(super) withdrawn: bool,
}

/// How long each step takes and how it ends, as set when the deployment was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Course {
    pub(super) pending_ms: u32,
    pub(super) run_ms: u32,
    pub(super) ending: Ending,
    pub(super) rollback_ms: u32,
    pub(super) rollback_ending: Ending,
}

impl Deployment {
    pub(super) fn status(&self, now: Millis) -> Status {
        match self.rollback_started_at {
            Some(_) if now < self.last_step_ends() => Status::RollbackInProgress,
            Some(_) if self.course.rollback_ending == Ending::Success => Status::RolledBack,
            None if now < self.runs_from() => Status::Pending,
            None if now < self.last_step_ends() => Status::InProgress,
            None if self.course.ending == Ending::Success => Status::Success,
            _ => Status::Failed,
        }
    }

    pub(super) fn finished_at(&self, now: Millis) -> Option<Millis> {
        self.status(now).is_terminal().then(|| self.last_step_ends())
    }

    /// What went wrong, as far as it has happened by now.
    pub(super) fn error(&self, now: Millis) -> Option<&str> {
        let rollback_failed =
            self.rollback_started_at.is_some() && self.status(now) == Status::Failed;
        let ending =
            if rollback_failed { &self.course.rollback_ending } else { &self.course.ending };
        match ending {
            Ending::Failed(error) if now >= self.runs_until() => Some(error),
            _ => None,
        }
    }

    /// Whether its version is what the environment would run, were it the newest.
    pub(super) fn counts(&self, now: Millis) -> bool {
        self.status(now) == Status::Success && !self.withdrawn
    }

    fn runs_from(&self) -> Millis {
        self.started_at + Millis::from(self.course.pending_ms)
    }

    fn runs_until(&self) -> Millis {
        self.runs_from() + Millis::from(self.course.run_ms)
    }

    fn last_step_ends(&self) -> Millis {
        match self.rollback_started_at {
            Some(at) => at + Millis::from(self.course.rollback_ms),
            None => self.runs_until(),
        }
    }
}

/// A scripted ending: which deployments it is for, and how they end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Script {
    pub(super) id: String,
    pub(super) flow_id: Option<String>,
    /// A flow that need not exist yet.
    pub(super) flow_name: Option<String>,
    pub(super) target_environment: Option<String>,
    pub(super) countdown: Countdown,
    pub(super) ending: Ending,
    pub(super) rollback_ending: Ending,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(ending: Ending, rollback_ending: Ending) -> Deployment {
        Deployment {
            id: "dep-000001".into(),
            flow_id: "flow-000001".into(),
            version_id: "ver-000001-000001".into(),
            target_environment: "PRODUCTION".into(),
            previous_version_id: None,
            rollback_on_failure: true,
            skip_validation: false,
            metadata: Value::Null,
            started_at: 1000,
            course: Course {
                pending_ms: 300,
                run_ms: 700,
                ending,
                rollback_ms: 500,
                rollback_ending,
            },
            rollback_started_at: None,
            withdrawn: false,
        }
    }

    #[test]
    fn the_status_is_a_matter_of_the_time() {
        let good = deployment(Ending::Success, Ending::Success);
        let bad = deployment(Ending::Failed("out of ports".into()), Ending::Success);
        for (now, of_good, of_bad, error) in [
            (1000, Status::Pending, Status::Pending, None),
            (1299, Status::Pending, Status::Pending, None),
            (1300, Status::InProgress, Status::InProgress, None),
            (1999, Status::InProgress, Status::InProgress, None),
            (2000, Status::Success, Status::Failed, Some("out of ports")),
        ] {
            assert_eq!(good.status(now), of_good, "{now}");
            assert_eq!(bad.status(now), of_bad, "{now}");
            assert_eq!(bad.error(now), error, "{now}");
        }
        assert_eq!(good.finished_at(1999), None);
        assert_eq!(good.finished_at(9000), Some(2000));
    }

    #[test]
    fn a_rollback_ends_rolled_back_or_failed() {
        for (rollback, end, error) in [
            (Ending::Success, Status::RolledBack, "out of ports"),
            (Ending::Failed("no way back".into()), Status::Failed, "no way back"),
        ] {
            let mut deployment = deployment(Ending::Failed("out of ports".into()), rollback);
            deployment.rollback_started_at = Some(3000);
            assert_eq!(deployment.status(3499), Status::RollbackInProgress);
            assert_eq!(deployment.finished_at(3499), None);
            assert_eq!(deployment.status(3500), end);
            assert_eq!(deployment.finished_at(9000), Some(3500));
            assert_eq!(deployment.error(3500), Some(error));
        }
    }
}
