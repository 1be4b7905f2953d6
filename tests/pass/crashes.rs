//! A pass that dies anywhere is finished by the next one.

use std::collections::BTreeSet;

use flowgate::model::Outcome;

use crate::world::{Answer, Crash, World, flow, outcomes, request};

/// Lets a pass die at every request it sends, one after the other, and runs the next pass.
async fn dies_everywhere(prepare: impl AsyncFn(&World)) {
    for crash in [Crash::Before, Crash::After] {
        for at in 0.. {
            let world =
                World::with(&[("flows/a.yaml", flow("a", "A")), ("flows/b.yaml", flow("b", "B"))]);
            prepare(&world).await;
            let before = versions(&world).await;
            if !world.dies(&request("development"), at, crash).await {
                assert!(at > 10, "the pass is longer than {at} requests");
                break;
            }
            let report = world.reconcile().await;
            let outcome = report.status.as_ref().map(|status| status.outcome);
            assert_eq!(outcome, Some(Outcome::Synced), "{crash:?} at {at}: {:?}", report.status);
            let made = versions(&world).await - before;
            assert_eq!(made, 2, "{crash:?} at {at}: one version a flow, no twin");
            world.writes().await;
            assert_eq!(world.reconcile().await.plan.unchanged, 2, "{crash:?} at {at}");
            assert_eq!(world.writes().await, [], "{crash:?} at {at}");
        }
    }
}

/// How many versions the tenant holds.
async fn versions(world: &World) -> usize {
    let dump = world.dump().await.to_string();
    let ids: BTreeSet<&str> = dump.split('"').filter(|text| text.starts_with("ver-")).collect();
    ids.len()
}

#[tokio::test(start_paused = true)]
async fn a_first_pass_that_dies_is_finished_without_twins() {
    dies_everywhere(async |_| {}).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_dies_is_finished_without_twins() {
    dies_everywhere(async |world| {
        world.reconcile().await;
        world.write("flows/a.yaml", &flow("a", "AA"));
        world.write("flows/b.yaml", &flow("b", "BB"));
        world.commit("both");
    })
    .await;
}

/// A platform may keep no metadata, so that a version does not say whose it is or what it holds.
#[tokio::test(start_paused = true)]
async fn a_version_is_found_by_its_content_where_no_metadata_is_kept() {
    for answer in [Answer::Exists, Answer::Dies] {
        let world = World::new();
        world.reconcile().await;
        world.change_prompt("Hello");
        let first = world.forgetful(answer).await;
        assert_eq!(first.is_none(), answer == Answer::Dies);
        if let Some(report) = first {
            assert_eq!(outcomes(&report), ["welcome Updated 1.0.1"], "{answer:?}");
        }
        let second = world.forgetful(Answer::Arrives).await.expect("a report");
        assert_eq!(second.status.map(|status| status.outcome), Some(Outcome::Synced));
        assert_eq!(versions(&world).await, 2, "{answer:?}: no twin");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_failed_while_nobody_looked_is_rolled_back_by_the_next_pass() {
    for moved_on in [false, true] {
        let world = World::new();
        world.reconcile().await;
        world.change_prompt("Hello");
        world.next_deployment("FAILED").await;
        // Reads, version, validation, publishing, the deployment, and the first look at it.
        let mut at = 0;
        while !world
            .emulator
            .requests()
            .iter()
            .any(|seen| seen.path.contains("deployments/dep-000002"))
        {
            world.dies(&request("development"), at, Crash::Before).await;
            at += 1;
        }
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        if moved_on {
            world.change_prompt("Good day");
        }
        world.writes().await;
        let report = world.reconcile().await;
        assert_eq!(outcomes(&report), ["welcome RolledBack 1.0.1"], "{moved_on}");
        let writes = world.writes().await;
        assert_eq!(writes.len(), 1, "{writes:?}");
        assert!(writes[0].path.ends_with("/dep-000002/rollback"), "{writes:?}");
        let next = if moved_on { "welcome Updated 1.0.2" } else { "welcome RolledBack 1.0.1" };
        assert_eq!(outcomes(&world.reconcile().await), [next]);
    }
}
