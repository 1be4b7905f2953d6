//! What may run now: nothing before what it needs, nothing deleted before everything else was tried.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::{Applied, SIDE_BY_SIDE};
use crate::model::{Outcome, ResourceId};
use crate::plan::{Action, ResourcePlan};

/// Runs resources in an order that holds what the plan says of it, as many side by side as may be, and
/// returns what became of each, in the plan's order.
pub(super) async fn run<'a, F>(
    resources: &'a [ResourcePlan],
    apply: impl Fn(&'a ResourcePlan) -> F,
) -> Vec<Applied>
where
    F: Future<Output = Applied>,
{
    let (deletions, others): (Vec<_>, Vec<_>) =
        resources.iter().enumerate().partition(|(_, plan)| plan.action == Action::Delete);
    let mut applied: BTreeMap<usize, Applied> = BTreeMap::new();
    for phase in [others, deletions] {
        let mut queue = Queue::of(phase);
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < SIDE_BY_SIDE
                && let Some(next) = queue.next()
            {
                match next {
                    Next::Run(place, plan) => {
                        let apply = apply(plan);
                        running.push(async move { (place, apply.await) });
                    }
                    Next::Hold(place, plan, by) => {
                        queue.ended(&plan.id, true);
                        applied.insert(place, Applied::held(plan, &by));
                    }
                }
            }
            let Some((place, ended)) = running.next().await else {
                if queue.unlock() {
                    continue;
                }
                break;
            };
            let failed = ended.status.outcome.of_pass() == Outcome::Failed;
            queue.ended(&ended.status.id, failed);
            applied.insert(place, ended);
        }
    }
    applied.into_values().collect()
}

/// What is done with a resource whose turn it is.
enum Next<'a> {
    Run(usize, &'a ResourcePlan),
    /// What it needs did not come through.
    Hold(usize, &'a ResourcePlan, ResourceId),
}

/// Resources that wait for each other.
struct Queue<'a> {
    /// In the plan's order.
    ready: BTreeMap<usize, &'a ResourcePlan>,
    /// Each with what it still waits for.
    waiting: BTreeMap<usize, (&'a ResourcePlan, BTreeSet<&'a ResourceId>)>,
    /// Who waits for whom.
    waiters: BTreeMap<&'a ResourceId, Vec<usize>>,
    failed: BTreeSet<ResourceId>,
    /// Those of which nothing is sent.
    idle: BTreeMap<&'a ResourceId, &'a ResourcePlan>,
}

impl<'a> Queue<'a> {
    fn of(phase: Vec<(usize, &'a ResourcePlan)>) -> Self {
        let ids: BTreeSet<&ResourceId> = phase.iter().map(|(_, plan)| &plan.id).collect();
        let mut queue = Self {
            ready: BTreeMap::new(),
            waiting: BTreeMap::new(),
            waiters: BTreeMap::new(),
            failed: BTreeSet::new(),
            idle: BTreeMap::new(),
        };
        for (place, plan) in phase {
            if plan.is_idle() {
                queue.idle.insert(&plan.id, plan);
            }
            let needs: BTreeSet<_> = plan.needs.iter().filter(|id| ids.contains(id)).collect();
            if needs.is_empty() {
                queue.ready.insert(place, plan);
                continue;
            }
            for id in &needs {
                queue.waiters.entry(*id).or_default().push(place);
            }
            queue.waiting.insert(place, (plan, needs));
        }
        queue
    }

    fn next(&mut self) -> Option<Next<'a>> {
        let (place, plan) = self.ready.pop_first()?;
        // Who deletes waits for the others' deletion to be tried; the platform says what is in use.
        let tried = !plan.is_idle() && plan.action != Action::Delete;
        let held = tried.then(|| plan.needs.iter().find(|id| self.failed.contains(id))).flatten();
        Some(match held {
            Some(by) => Next::Hold(place, plan, by.clone()),
            None => Next::Run(place, plan),
        })
    }

    /// Lets those run that wait for each other, and tells whether there are any: validation finds circles
    /// in git, and what is deleted may be in one that only the platform could have made.
    fn unlock(&mut self) -> bool {
        let locked = std::mem::take(&mut self.waiting);
        self.ready.extend(locked.into_iter().map(|(place, (plan, _))| (place, plan)));
        !self.ready.is_empty()
    }

    /// Notes that a resource came to its end. One of which nothing was sent passes on that what it needs
    /// failed.
    fn ended(&mut self, id: &ResourceId, failed: bool) {
        let idle = self.idle.get(id);
        let passed_on =
            idle.is_some_and(|plan| plan.needs.iter().any(|needed| self.failed.contains(needed)));
        if failed || passed_on {
            self.failed.insert(id.clone());
        }
        for place in self.waiters.remove(id).unwrap_or_default() {
            let Some((plan, needs)) = self.waiting.get_mut(&place) else { continue };
            needs.remove(id);
            if needs.is_empty() {
                self.ready.insert(place, plan);
                self.waiting.remove(&place);
            }
        }
    }
}
