//! Whatever becomes of the webhooks, each outcome is told exactly once, and `where` knows it.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::database::only_on_postgres;
use crate::desk::{Desk, webhook_of};

const API: &str = "mars/mars-api";

/// What becomes of the webhook of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It comes in right after the task's end.
    Comes,
    Lost,
    Doubled,
    /// It comes in when the comparison has found the task already.
    Late,
}

#[derive(Clone, Debug)]
struct Task {
    versions: usize,
    succeeds: bool,
    fate: Fate,
    has_log: bool,
    /// How long after the task before it, in seconds.
    after: i64,
    /// The program starts again after it.
    restarts: bool,
}

fn tasks() -> impl Strategy<Value = Vec<Task>> {
    let fate = prop_oneof![Just(Fate::Comes), Just(Fate::Lost), Just(Fate::Doubled), Just(Fate::Late)];
    let task = (1..4_usize, any::<bool>(), fate, any::<bool>(), 0..400_i64, any::<bool>());
    let task = task.prop_map(|(versions, succeeds, fate, has_log, after, restarts)| Task {
        versions,
        succeeds,
        fate,
        has_log,
        after,
        restarts,
    });
    proptest::collection::vec(task, 1..8)
}

#[test]
fn invariant_9_each_outcome_is_told_once_whatever_becomes_of_its_webhook() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner.run(&tasks(), |tasks| runtime.block_on(check(&tasks))).unwrap();
}

async fn check(tasks: &[Task]) -> Result<(), TestCaseError> {
    let mut desk = Desk::new(&[]).await;
    desk.round().await;
    let mut late = Vec::new();
    for (number, task) in tasks.iter().enumerate() {
        let id = number as i64 + 7;
        desk.pass(task.after).await;
        let names = names(number, task);
        let versions: Vec<_> = names.iter().map(String::as_str).collect();
        let ended = desk.now();
        desk.ended(id, API, &versions, if task.succeeds { "Succeed" } else { "Failed" }, ended);
        let webhook = webhook_of(id, API, &versions, task.succeeds, ended);
        // Without a log only the record has the versions of a webhook that was lost.
        if !task.has_log {
            desk.harbor.record("mars", 1, "Error", &webhook);
            desk.harbor.forget_log(id);
        }
        match task.fate {
            Fate::Comes => _ = desk.webhook(&webhook).await,
            Fate::Doubled => {
                desk.webhook(&webhook).await;
                desk.webhook(&webhook).await;
            }
            Fate::Late => late.push(webhook),
            Fate::Lost => {}
        }
        if task.restarts {
            desk = desk.restart();
        }
    }
    desk.pass(600).await;
    for webhook in &late {
        desk.webhook(webhook).await;
    }
    desk.pass(600).await;
    // What waits for a look-up is due by then.
    desk.bench.clock.advance(60_000);
    let shown = desk.shown().await.join("\n");
    for (number, task) in tasks.iter().enumerate() {
        for version in names(number, task) {
            let times = shown.matches(&format!("`{version}`")).count();
            prop_assert_eq!(times, 1, "{} of {:?} in {}", version, task, shown);
            let outcome = if task.succeeds { "succeeded" } else { "failed" };
            prop_assert_eq!(desk.known(API, &version).await, [outcome], "{} of {:?}", version, task);
        }
    }
    Ok(())
}

fn names(number: usize, task: &Task) -> Vec<String> {
    (0..task.versions).map(|version| format!("v{number}.{version}")).collect()
}

/// Two replicas ask Harbor at the same time, and webhooks come in at both.
#[tokio::test]
async fn two_replicas_tell_each_outcome_once() {
    only_on_postgres!();
    const TASKS: i64 = 40;
    let mut desk = Desk::new(&[]).await;
    desk.round().await;
    let mut other = desk.replica("other").await;
    let ended = desk.now();
    for id in 0..TASKS {
        desk.ended(id + 7, API, &[&format!("v{id}")], if id % 3 == 0 { "Failed" } else { "Succeed" }, ended);
    }
    desk.bench.clock.advance(300_000);
    desk.harbor.set_now(&crate::desk::moment(desk.now()));
    let webhooks: Vec<_> =
        (0..TASKS).map(|id| webhook_of(id + 7, API, &[&format!("v{id}")], id % 3 != 0, ended)).collect();
    {
        let (here, there) = (&mut desk.reconciler, &mut other.reconciler);
        tokio::join!(here.round(), there.round());
    }
    let at_both = webhooks.iter().map(|webhook| async {
        tokio::join!(desk.webhook(webhook), other.webhook(webhook));
    });
    futures_util::future::join_all(at_both).await;
    // The lease of the one that had the work is over, and the other one goes on.
    desk.bench.clock.advance(300_000);
    other.reconciler.round().await;
    let shown = desk.shown().await.join("\n");
    for id in 0..TASKS {
        assert_eq!(shown.matches(&format!("`v{id}`")).count(), 1, "v{id} in {shown}");
    }
}
