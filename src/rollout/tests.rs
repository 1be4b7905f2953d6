use super::*;

fn flow() -> FlowId {
    FlowId::new("f")
}

fn version() -> VersionId {
    VersionId::new("v")
}

fn deployment() -> DeploymentId {
    DeploymentId::new("d")
}

fn seen(status: DeploymentStatus) -> Event {
    Event::Seen(status, Some("boom".to_owned()))
}

/// Runs the events through and returns every command that was given.
fn commands(mut rollout: Rollout, events: Vec<Event>) -> Vec<Command> {
    let mut commands = vec![rollout.command().clone()];
    for event in events {
        rollout.happened(event).expect("a legal event");
        commands.push(rollout.command().clone());
    }
    commands
}

fn last(rollout: Rollout, events: Vec<Event>) -> Command {
    commands(rollout, events).pop().expect("at least one command")
}

fn deploying(on_failure: OnFailure) -> Rollout {
    let steps = [Step::UseVersion(version()), Step::Deploy];
    let mut rollout = Rollout::new(&steps, Some(flow()), on_failure);
    rollout.happened(Event::Deploying(deployment())).expect("accepted");
    rollout
}

#[test]
fn a_new_flow_goes_through_every_step_in_order() {
    let steps = [
        Step::CreateFlow,
        Step::CreateVersion,
        Step::Validate,
        Step::Publish,
        Step::Gate(Gate::Approval),
        Step::Deploy,
    ];
    let rollout = Rollout::new(&steps, None, OnFailure::RollBack);
    let events = vec![
        Event::FlowCreated(flow()),
        Event::VersionCreated(version()),
        Event::Valid,
        Event::Published,
        Event::GateOpen,
        Event::Deploying(deployment()),
        seen(DeploymentStatus::Pending),
        seen(DeploymentStatus::Unknown("PAUSED".to_owned())),
        seen(DeploymentStatus::Success),
        Event::Verified,
    ];
    let expected = vec![
        Command::CreateFlow,
        Command::CreateVersion(flow()),
        Command::Validate(version()),
        Command::Publish(flow(), version()),
        Command::CheckGate(Gate::Approval, flow(), version()),
        Command::Deploy(flow(), version()),
        Command::Poll(deployment()),
        Command::Poll(deployment()),
        Command::Poll(deployment()),
        Command::Verify(flow()),
        Command::Finish(End::Done),
    ];
    assert_eq!(commands(rollout, events), expected);
}

#[test]
fn an_old_version_makes_room_or_stays_and_either_way_the_rollout_goes_on() {
    for event in [Event::VersionDeleted, Event::InUse("it was published meanwhile".to_owned())] {
        let steps = [Step::DeleteVersion(version()), Step::CreateVersion];
        let rollout = Rollout::new(&steps, Some(flow()), OnFailure::RollBack);
        let expected = [Command::DeleteVersion(flow(), version()), Command::CreateVersion(flow())];
        assert_eq!(commands(rollout, vec![event]), expected);
    }
}

#[test]
fn a_failed_deployment_is_rolled_back_by_one_request() {
    let events = vec![
        seen(DeploymentStatus::Failed),
        Event::RollbackAccepted,
        Event::Seen(DeploymentStatus::RollbackInProgress, None),
        Event::Seen(DeploymentStatus::RolledBack, None),
    ];
    let commands = commands(deploying(OnFailure::RollBack), events);
    let rollbacks = commands.iter().filter(|command| matches!(command, Command::RollBack(_)));
    assert_eq!(rollbacks.count(), 1);
    let end = End::RolledBack(deployment(), "boom".to_owned());
    assert_eq!(commands.last(), Some(&Command::Finish(end)));
}

#[test]
fn a_rollback_that_the_platform_began_is_not_asked_for_again() {
    let events =
        vec![seen(DeploymentStatus::RollbackInProgress), seen(DeploymentStatus::RolledBack)];
    let commands = commands(deploying(OnFailure::RollBack), events);
    assert!(!commands.iter().any(|command| matches!(command, Command::RollBack(_))));
}

#[test]
fn a_rollback_that_fails_is_stuck() {
    for event in [Event::Error("503".to_owned()), Event::RollbackAccepted] {
        let mut events = vec![seen(DeploymentStatus::Failed), event.clone()];
        if event == Event::RollbackAccepted {
            events.push(seen(DeploymentStatus::Failed));
        }
        let end = last(deploying(OnFailure::RollBack), events);
        assert!(matches!(end, Command::Finish(End::Stuck(..))), "{end:?}");
    }
}

#[test]
fn without_rollback_a_failure_ends_the_rollout() {
    let end = last(deploying(OnFailure::Stop), vec![seen(DeploymentStatus::Failed)]);
    assert_eq!(end, Command::Finish(End::DeploymentFailed(deployment(), "boom".to_owned())));
}

#[test]
fn whatever_is_closed_waits_and_whatever_is_broken_fails() {
    let gate = [Step::UseVersion(version()), Step::Gate(Gate::Tests), Step::Deploy];
    let validate = [Step::UseVersion(version()), Step::Validate];
    let delete = [Step::DeleteFlow];
    let retire = [Step::DeleteVersion(version()), Step::CreateVersion];
    let why = || "because".to_owned();
    let cases = [
        (&gate[..], Event::GateClosed(why()), End::Waiting(why())),
        (&gate[..], Event::Moved(why()), End::Drifted(why())),
        (&gate[..], Event::Error(why()), End::Failed(why())),
        (&validate[..], Event::Invalid(why()), End::Failed(why())),
        (&delete[..], Event::InUse(why()), End::Kept(why())),
        (&delete[..], Event::FlowDeleted, End::Deleted),
        (&retire[..], Event::Error(why()), End::Failed(why())),
        (&retire[..], Event::Moved(why()), End::Drifted(why())),
    ];
    for (steps, event, end) in cases {
        let rollout = Rollout::new(steps, Some(flow()), OnFailure::RollBack);
        assert_eq!(last(rollout, vec![event]), Command::Finish(end));
    }
}

#[test]
fn polling_that_takes_too_long_waits_for_the_next_pass() {
    let end = last(deploying(OnFailure::RollBack), vec![Event::PollingTimedOut]);
    assert!(matches!(end, Command::Finish(End::Waiting(_))), "{end:?}");
}

#[test]
fn an_event_that_cannot_follow_is_an_error_and_changes_nothing() {
    let mut rollout = deploying(OnFailure::RollBack);
    let before = rollout.clone();
    assert!(rollout.happened(Event::Published).is_err());
    assert_eq!(rollout, before);
    let mut finished = Rollout::new(&[], None, OnFailure::Stop);
    assert!(finished.happened(Event::Verified).is_err());
}
