//! Accepting: the dedup rule, group commit, and what the engine promises.

use harborbell::model::harbor::Webhook;
use harborbell::store::StoreError;
use harborbell::store::accept::Acceptance;
use harborbell::store::inspect::Filter;

use crate::support::{Bench, HUAWEI, arrived, offer, push, told_by};

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
    assert_eq!(bench.deliveries().await[0].event.versions, ["v3", "v4"]);
}

#[tokio::test]
async fn the_same_push_to_a_second_registry_is_news() {
    let bench = Bench::new(&[]).await;
    bench.accept(&arrived("v1")).await;
    let mut other = push("mars/mars-api", &["v1"]);
    other.registry = HUAWEI;
    assert!(is_accepted(&bench.accept(&other.payload()).await));
}

/// Both ways round: a failure and then its success are two pieces of news; a late failure is none.
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
    // The door lets no such event in; the schema's own check is the last line.
    bad.webhook = Webhook {
        event: {
            let mut event = bad.webhook.event;
            event.repository.clear();
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
