//! Accepting: the dedup rule, group commit, and what the engine promises.

use std::sync::Arc;

use harborbell::demo::payloads::Replication;
use harborbell::group_commit::{Refusal, intake};
use harborbell::metrics::Metrics;
use harborbell::model::event::Source;
use harborbell::model::harbor::Webhook;
use harborbell::store::accept::Acceptance;
use harborbell::store::filter::Filter;
use harborbell::store::{Store, StoreError};

use futures_util::poll;
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::database::{Intruder, older_database, url_of};
use crate::support::{ALIYUN, Bench, EXECUTION, HUAWEI, accept_for, arrived, offer, push, told_by, webhook};

fn is_accepted(answer: &Acceptance) -> bool {
    matches!(answer, Acceptance::Accepted { .. })
}

#[tokio::test]
async fn a_repeated_body_is_a_duplicate() {
    let bench = Bench::new(&[]).await;
    assert!(is_accepted(&bench.accept(&arrived("v1")).await));
    assert_eq!(bench.accept(&arrived("v1")).await, Acceptance::Duplicate);
    assert_eq!(bench.deliveries().await.len(), 1);
}

#[tokio::test]
async fn within_one_batch_the_rule_is_the_same() {
    let bench = Bench::new(&[]).await;
    let mut failed = push("mars/mars-api", &["v1"]);
    failed.succeeded = false;
    let offers = [arrived("v1"), arrived("v1"), failed.payload(), arrived("v2")].map(|payload| offer(&payload));
    let answers = bench.store.accept(&offers, told_by(&["default"]), 1).await.unwrap().answers;
    let accepted: Vec<_> = answers.iter().map(is_accepted).collect();
    assert_eq!(accepted, [true, false, false, true]);
}

#[tokio::test]
async fn only_the_new_versions_of_an_event_are_told() {
    let bench = Bench::new(&[]).await;
    bench.accept(&push("mars/mars-api", &["v1", "v2"]).payload()).await;
    bench.accept(&push("mars/mars-api", &["v2", "v3", "v4"]).payload()).await;
    assert_eq!(bench.deliveries().await[0].event.facts.versions, ["v3", "v4"]);
}

#[tokio::test]
async fn the_same_push_to_a_second_registry_is_news() {
    let bench = Bench::new(&[]).await;
    bench.accept(&arrived("v1")).await;
    let mut other = push("mars/mars-api", &["v1"]);
    other.registry = HUAWEI;
    assert!(is_accepted(&bench.accept(&other.payload()).await));
}

/// Both ways round: a failure and then its success are two pieces of notice; a late failure is none.
#[tokio::test]
async fn a_late_error_is_not_the_last_word() {
    let bench = Bench::new(&[]).await;
    let mut failed = push("mars/mars-api", &["v1"]);
    failed.succeeded = false;
    assert!(is_accepted(&bench.accept(&failed.payload()).await));
    assert!(is_accepted(&bench.accept(&arrived("v1")).await));
    assert_eq!(bench.accept(&failed.payload()).await, Acceptance::Duplicate);

    let mut later = push("mars/mars-web", &["v1"]);
    bench.accept(&later.payload()).await;
    later.succeeded = false;
    assert_eq!(bench.accept(&later.payload()).await, Acceptance::Duplicate);
}

#[tokio::test]
async fn an_event_that_nobody_is_told_is_stored() {
    let bench = Bench::new(&[]).await;
    let answer = bench.store.accept(&[offer(&arrived("v1"))], told_by(&[]), 1).await.unwrap().answers;
    assert!(matches!(&answer[0], Acceptance::Accepted { robots, .. } if robots.is_empty()));
    assert_eq!(bench.accept(&arrived("v1")).await, Acceptance::Duplicate);
}

#[tokio::test]
async fn a_row_that_the_database_refuses_takes_its_batch_with_it() {
    let bench = Bench::new(&[]).await;
    let good = offer(&arrived("v1"));
    let mut bad = offer(&arrived("v2"));
    // The receiver lets no such event in; the schema's own check is the last line.
    bad.webhook = Webhook {
        event: {
            let mut event = bad.webhook.event;
            event.execution_timestamp = -1;
            event
        },
        ..bad.webhook
    };
    let refused = bench.store.accept(&[good.clone(), bad], told_by(&["default"]), 1).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(bench.store.count(&Filter::default()).await.unwrap(), 0, "all or none");
    assert!(is_accepted(&bench.store.accept(&[good], told_by(&["default"]), 1).await.unwrap().answers[0]));
}

/// Older SQLite can corrupt a database when its log is reset (fixed in 3.51.3); FULL survives a power cut.
#[tokio::test]
async fn invariant_1_the_engine_is_one_that_keeps_what_it_commits() {
    let bench = Bench::new(&[]).await;
    let engine = bench.store.engine().await.unwrap();
    assert!(engine.is_durable, "{engine:?}");
    if let Some(version) = engine.name.strip_prefix("SQLite ") {
        let version: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
        assert!(version >= vec![3, 51, 3], "{engine:?}");
        assert_eq!(engine.journal_mode, "wal");
    }
}

/// A webhook of one of several rules that one push fires into one registry.
fn of_rule(execution_id: i64, description: &'static str, succeeded: bool) -> Value {
    let registry = (ALIYUN.0, description);
    let mut payload = Replication { registry, succeeded, ..push("mars/mars-api", &["v1"]) }.payload();
    let replication = payload["event_data"]["replication"].as_object_mut().unwrap();
    match execution_id {
        0 => drop(replication.remove("execution_id")),
        id => drop(replication.insert("execution_id".into(), id.into())),
    }
    payload
}

/// Rules into `team/prod` and `team/test` of one registry differ in their executions alone.
#[tokio::test]
async fn two_rules_of_one_registry_are_two_arrivals() {
    let bench = Bench::new(&[]).await;
    for (execution_id, succeeded) in [(334, true), (335, false), (335, true)] {
        assert!(is_accepted(&bench.accept(&of_rule(execution_id, "", succeeded)).await), "{execution_id} {succeeded}");
        assert_eq!(bench.accept(&of_rule(execution_id, "", succeeded)).await, Acceptance::Duplicate);
    }
    assert_eq!(bench.accept(&of_rule(334, "renamed", true)).await, Acceptance::Duplicate, "a rule may be renamed");
    let batch = [(336, false), (337, true), (337, false), (336, true)].map(|(id, ok)| offer(&of_rule(id, "", ok)));
    let answers = bench.store.accept(&batch, told_by(&["default"]), 1).await.unwrap().answers;
    assert_eq!(answers.iter().map(is_accepted).collect::<Vec<_>>(), [true, true, false, true]);
    let retried = bench.deliveries().await.into_iter().map(|row| (row.event.facts.execution_id, row.id));
    for (execution_id, id) in retried {
        let notice = bench.store.show(&id).await.unwrap().unwrap().notice;
        let healed = notice.event.outcome.as_str() == "succeeded" && [335, 336].contains(&execution_id);
        assert_eq!(notice.after_failure, healed, "{execution_id}");
    }
}

/// Where Harbor sends no number, the rule's description stands in for it; also if only one of the two webhooks has one,
/// as around an upgrade of Harbor.
#[tokio::test]
async fn without_an_execution_id_the_rules_description_tells_two_rules_apart() {
    let bench = Bench::new(&[]).await;
    assert!(is_accepted(&bench.accept(&of_rule(0, "prod", false)).await));
    assert!(is_accepted(&bench.accept(&of_rule(0, "test", true)).await));
    assert_eq!(bench.accept(&of_rule(0, "prod", false)).await, Acceptance::Duplicate);
    assert_eq!(bench.accept(&of_rule(9, "test", true)).await, Acceptance::Duplicate);
    assert_eq!(bench.accept(&of_rule(9, "test", false)).await, Acceptance::Duplicate, "a late Error");
    assert!(is_accepted(&bench.accept(&of_rule(8, "prod", true)).await), "the success of the failure");
    let last = &bench.deliveries().await[0];
    assert!(bench.store.show(&last.id).await.unwrap().unwrap().notice.after_failure);
    assert_eq!(bench.accept(&of_rule(0, "prod", true)).await, Acceptance::Duplicate);
    assert!(is_accepted(&bench.accept(&of_rule(7, "third", true)).await));
    assert_eq!(bench.accept(&of_rule(0, "third", true)).await, Acceptance::Duplicate);
}

/// What an older program stored without its execution is never told again, and what it swallowed is notice.
#[tokio::test]
async fn arrivals_of_an_older_schema_keep_their_execution() {
    let folder = TempDir::new().unwrap();
    let url = url_of(folder.path());
    let mut database = older_database(&url, 3).await;
    for (event, execution_id, description, outcome) in
        [("e1", 334, "", "succeeded"), ("e2", 0, "old", "failed"), ("e3", 0, "new", "succeeded")]
    {
        // Each as the older program would have it: the key says nothing of the execution.
        let key = &webhook(&of_rule(execution_id, description, true)).arrivals[0].key;
        let key = if event == "e1" { key.clone() } else { key.replace("1732346947-", &format!("1732346947-{event}")) };
        database
            .execute(format!(
                "INSERT INTO events VALUES ('{event}', 1, '{outcome}', 'harbor.example.com', 'mars', 'mars/mars-api',
                     '[\"v1\"]', 'aliyun-acr', '{description}', {EXECUTION}, {execution_id}, 1, '{{}}');
                 INSERT INTO arrivals VALUES ('{key}', '{outcome}', 'v1', '{event}')"
            ))
            .await;
    }
    let store = Store::serve(&url).await.unwrap();
    let stored = database.texts("SELECT execution FROM arrivals ORDER BY event_id").await;
    assert_eq!(stored, ["334", "rule old", "rule new"]);
    let accept = async |payload: &Value| accept_for(&store, payload, &["default"], 1).await;
    assert_eq!(accept(&of_rule(334, "", true)).await, Acceptance::Duplicate);
    assert_eq!(accept(&of_rule(334, "", false)).await, Acceptance::Duplicate);
    assert!(is_accepted(&accept(&of_rule(335, "", true)).await), "swallowed until now");
}

/// A row that is refused makes its batch go one by one. The first that finds the database away ends that: those behind it
/// would each wait for it in vain.
#[tokio::test]
async fn a_batch_that_goes_one_by_one_stops_at_the_first_that_finds_the_database_away() {
    let bench = Bench::new(&[]).await;
    let mut database = Intruder::at(&bench.config.database_url).await;
    database.refuse("poison").await;
    database.fail_on("away").await;
    let (nudge, _) = watch::channel(());
    let routing = watch::channel(Arc::new(bench.config.routing.clone())).1;
    let (intake, committer) =
        intake(bench.store.clone(), routing, bench.clock.clone(), Metrics::default(), nudge.clone(), None);
    // All are queued before the first is looked at, so they are one batch.
    let versions = ["first", "poison", "away", "behind"];
    let offers = versions.map(|version| intake.offer(webhook(&arrived(version)), "{}".into(), intake.room()));
    let answers = futures_util::future::join_all(offers);
    let stop = CancellationToken::new();
    let committing = async {
        tokio::task::yield_now().await;
        committer.run(stop.clone()).await;
    };
    let answers = async {
        let answers = answers.await;
        stop.cancel();
        answers
    };
    let (answers, ()) = tokio::join!(answers, committing);
    assert!(matches!(&answers[0], Ok(Acceptance::Accepted { .. })), "{answers:?}");
    assert!(matches!(answers[1], Err(Refusal::Refused)), "{answers:?}");
    assert!(matches!(answers[2], Err(Refusal::Unavailable)), "{answers:?}");
    assert!(matches!(answers[3], Err(Refusal::Unavailable)), "{answers:?}");
    assert_eq!(bench.deliveries().await.len(), 1, "nothing behind the failure was tried");
    assert!(intake.refused_at().is_some());
}

/// A thread of the HTTP server may end in the midst of a commit that one of its requests began.
#[tokio::test]
async fn what_a_thread_leaves_that_ends_in_the_midst_of_a_commit_is_stored() {
    let bench = Bench::new(&[]).await;
    let (nudge, _) = watch::channel(());
    let routing = watch::channel(Arc::new(bench.config.routing.clone())).1;
    let (intake, committer) =
        intake(bench.store.clone(), routing, bench.clock.clone(), Metrics::default(), nudge.clone(), None);
    tokio::spawn(committer.run(CancellationToken::new()));
    let offer = |version: &'static str| {
        let (intake, room) = (intake.clone(), intake.room());
        Box::pin(async move { intake.offer(webhook(&arrived(version)), "{}".into(), room).await })
    };
    let (mut first, mut second) = (offer("v1"), offer("v2"));
    let mut database = Intruder::at(&bench.config.database_url).await;
    database.lock().await;
    let thread = tokio::task::spawn_blocking(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            assert!(poll!(&mut first).is_pending());
            // The first one's commit begins, and waits for the database.
            tokio::task::yield_now().await;
            assert!(poll!(&mut second).is_pending());
        });
        drop(runtime);
        (first, second)
    });
    let (first, second) = thread.await.unwrap();
    database.let_go().await;
    assert!(is_accepted(&first.await.unwrap()), "it waited again");
    assert!(is_accepted(&second.await.unwrap()));
    assert_eq!(bench.deliveries().await.len(), 2);
}

/// A task that a webhook and Harbor's API tell of in one batch is stored once, whichever comes first and whatever the API
/// knows of its versions.
#[rstest]
#[case::the_webhook_first(false)]
#[case::the_webhook_last(true)]
#[tokio::test]
async fn a_task_that_both_sides_tell_of_in_one_batch_is_stored_once(#[case] is_last: bool) {
    let bench = Bench::new(&[]).await;
    let told = |versions: &[&str]| {
        let mut payload = push("mars/mars-api", versions).payload();
        let replication = &mut payload["event_data"]["replication"];
        (replication["execution_id"], replication["task_id"]) = (9_003.into(), 9_004.into());
        offer(&payload)
    };
    let (webhook, mut found) = (told(&["v1"]), told(&[]));
    found.webhook.event.source = Source::HarborApi;
    let accepted = Acceptance::Accepted { event_id: webhook.event_id.clone(), robots: vec!["default".into()] };
    let mut batch = vec![webhook, found];
    let mut answers = vec![accepted, Acceptance::Duplicate];
    if is_last {
        batch.reverse();
        answers.reverse();
    }
    let stored = bench.store.accept(&batch, told_by(&["default"]), bench.clock.now()).await.unwrap();
    assert_eq!(stored.answers, answers);
    let deliveries = bench.deliveries().await;
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].event.facts.versions, ["v1"]);
}
