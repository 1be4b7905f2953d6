//! `flowgate pause` and `flowgate resume`.

use jiff::{SignedDuration, Timestamp};

use super::Exit;
use super::args::{Pause, Resume, Rollback};
use super::error::Error as Failure;
use super::reconcile::host;
use super::terminal::Terminal;
use crate::controller::Desk;
use crate::git::{Holder, Repo};
use crate::model::{Hold, HoldReason, ResourceId};

pub(super) fn pause(arguments: &Pause, terminal: &Terminal) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let until = match arguments.until.as_deref().map(|text| until(text, now)).transpose() {
        Ok(until) => until,
        Err(why) => {
            terminal.error(&why);
            return Ok(Exit::Usage);
        }
    };
    let repo = Repo::open(&arguments.path)?;
    let holder = holder(&repo, arguments.operator.as_deref(), now);
    let environment = arguments.environment.as_deref();
    let desk = Desk { repo: &repo, environment, holder: &holder };
    let reason = HoldReason::Paused { reason: arguments.reason.clone(), until };
    let (environment, pauses) = desk.pause(&arguments.resource, &reason)?;
    for pause in &pauses {
        terminal.print(&line(&environment, pause));
    }
    Ok(Exit::Done)
}

pub(super) fn resume(arguments: &Resume, terminal: &Terminal) -> Result<Exit, Failure> {
    let repo = Repo::open(&arguments.path)?;
    let holder = holder(&repo, arguments.operator.as_deref(), Timestamp::now());
    let environment = arguments.environment.as_deref();
    let desk = Desk { repo: &repo, environment, holder: &holder };
    let (environment, lifted) = desk.resume(&arguments.resource, |_| true)?;
    let whole = repo.read_holds(&environment)?.into_iter().filter(|hold| hold.resource.is_none());
    resumed((environment.clone(), lifted), terminal);
    if !arguments.resource.is_empty() {
        for hold in whole {
            let hold = line(&environment, &hold);
            terminal.warning(&format!("{hold}; `flowgate resume` without --resource ends that"));
        }
    }
    Ok(Exit::Done)
}

/// Lifts rollbacks, and no pauses.
pub(super) fn lift(arguments: &Rollback, terminal: &Terminal) -> Result<Exit, Failure> {
    let run = &arguments.run;
    let repo = Repo::open(&run.path)?;
    let holder = holder(&repo, run.operator.as_deref(), Timestamp::now());
    let desk = Desk { repo: &repo, environment: run.environment.as_deref(), holder: &holder };
    let resources: Vec<ResourceId> = arguments.resource.iter().cloned().collect();
    resumed(desk.resume(&resources, |hold| !hold.is_pause())?, terminal);
    Ok(Exit::Done)
}

fn resumed((environment, lifted): (String, Vec<Hold>), terminal: &Terminal) {
    if lifted.is_empty() {
        terminal.print(&format!("Nothing to resume in {environment}"));
    }
    for hold in &lifted {
        terminal.print(&format!("Resumed {}", line(&environment, hold)));
    }
}

fn line(environment: &str, hold: &Hold) -> String {
    match &hold.resource {
        Some(id) => format!("{environment}, {id}: {hold}"),
        None => format!("{environment}: {hold}"),
    }
}

fn holder(repo: &Repo, operator: Option<&str>, since: Timestamp) -> Holder {
    let operator = operator.map_or_else(|| repo.identity().name, str::to_owned);
    Holder { operator, host: host(), pid: std::process::id(), since }
}

/// Reads a time, or how long from now.
fn until(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let later = text.parse::<SignedDuration>().ok().and_then(|long| now.checked_add(long).ok());
    let days = || {
        let days: i64 = text.strip_suffix('d')?.parse().ok()?;
        now.checked_add(SignedDuration::from_hours(days.checked_mul(24)?)).ok()
    };
    let until = text.parse().ok().or(later).or_else(days).ok_or_else(|| {
        format!("--until takes a time such as 2026-12-24T18:00:00Z, or how long, such as 90m, 4h or 2d; not {text:?}")
    })?;
    if until <= now {
        return Err(format!("--until {text} is over already"));
    }
    Ok(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_at_a_time_or_after_a_while() {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a time");
        for (text, wanted) in [
            ("2026-03-02T10:00:00Z", Ok("2026-03-02T10:00:00Z")),
            ("2026-03-02T10:00:00+01:00", Err(())),
            ("90m", Ok("2026-03-02T10:30:00Z")),
            ("4h", Ok("2026-03-02T13:00:00Z")),
            ("2d", Ok("2026-03-04T09:00:00Z")),
            ("-4h", Err(())),
            ("0s", Err(())),
            ("tomorrow", Err(())),
            ("9999999999999d", Err(())),
            ("", Err(())),
        ] {
            let found = until(text, now).map(|until| until.to_string()).map_err(drop);
            assert_eq!(found, wanted.map(str::to_owned), "{text}");
        }
    }
}
