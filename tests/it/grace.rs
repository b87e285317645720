//! Failures that heal: held back for `FAILURE_GRACE`, and told only if no success comes in time.

use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::Answer;
use harborbell::model::clock::{HOUR, MINUTE, SECOND};
use harborbell::model::delivery::Verb;
use serde_json::Value;

use crate::support::{App, Bench, all_told, arrived, operator, push};

fn failed(references: &[&str]) -> Value {
    Replication { succeeded: false, ..push("mars/mars-api", references) }.payload()
}

async fn bench() -> Bench {
    Bench::new(&[("FAILURE_GRACE", "5m")]).await
}

#[tokio::test]
async fn a_failure_that_heals_in_time_is_told_to_nobody_and_its_success_is() {
    let mut bench = bench().await;
    assert!(bench.hear(&[failed(&["v1"])]).await.superseded.is_empty());
    bench.drain().await;
    bench.clock.advance(5 * MINUTE - 1);
    bench.drain().await;
    assert!(bench.shown().is_empty(), "it is held back");
    let stored = bench.hear(&[arrived("v1")]).await;
    assert_eq!((stored.superseded.len(), stored.superseded[0].robot.as_str()), (1, "default"));
    bench.clock.advance(HOUR);
    bench.drain().await;
    let shown = bench.shown();
    assert!(shown.len() == 1 && shown[0].contains("重试后成功"), "{shown:?}");
    assert_eq!((bench.count("superseded").await, bench.count("delivered").await), (1, 1));
    let row = bench.deliveries().await.into_iter().find(|row| row.state.as_str() == "superseded").unwrap();
    assert!(row.finished_at > 0 && row.attempts == 0);
    let replayed = bench.store.change(Verb::Replay, &row.id, &operator(), bench.clock.now()).await.unwrap();
    assert_eq!(replayed, harborbell::store::change::Changed::Refused(row.state));
}

#[tokio::test]
async fn a_failure_that_does_not_heal_is_told_when_its_time_is_over() {
    let mut bench = bench().await;
    bench.hear(&[failed(&["v1"])]).await;
    // Harbor's second and third try fail as well; that is no news.
    bench.hear(&[failed(&["v1"])]).await;
    assert_eq!(bench.wait().await, 5 * MINUTE);
    bench.clock.advance(5 * MINUTE);
    bench.drain().await;
    assert!(bench.shown()[0].contains("失败"), "{:?}", bench.shown());
    assert!(bench.hear(&[arrived("v1")]).await.superseded.is_empty(), "it was told");
    bench.drain().await;
    assert!(bench.shown()[1].contains("重试后成功"), "{:?}", bench.shown());
}

#[tokio::test]
async fn a_failure_whose_time_has_come_is_told_though_it_still_waits() {
    let mut bench = bench().await;
    bench.hear(&[failed(&["v1"])]).await;
    bench.clock.advance(5 * MINUTE);
    assert!(bench.hear(&[arrived("v1")]).await.superseded.is_empty());
    bench.drain().await;
    assert!(bench.shown()[0].contains("失败 1"), "{:?}", bench.shown());
}

#[tokio::test]
async fn every_version_must_have_healed() {
    let bench = bench().await;
    bench.hear(&[failed(&["v1", "v2"])]).await;
    assert!(bench.hear(&[arrived("v1")]).await.superseded.is_empty(), "v2 is still missing");
    assert_eq!(bench.hear(&[arrived("v2")]).await.superseded.len(), 1);
}

#[tokio::test]
async fn another_executions_success_heals_nothing() {
    let bench = bench().await;
    let later = push("mars/mars-api", &["v1"]);
    bench.hear(&[failed(&["v1"])]).await;
    let stored = bench.hear(&[Replication { execution: later.execution + 60, ..later }.payload()]).await;
    assert!(stored.superseded.is_empty());
}

#[tokio::test]
async fn within_one_batch_the_rule_is_the_same() {
    let bench = bench().await;
    let stored = bench.hear(&[failed(&["v1"]), arrived("v1"), failed(&["v2"])]).await;
    assert_eq!(stored.superseded.len(), 1);
    assert_eq!((bench.count("superseded").await, bench.count("pending").await), (1, 2));
}

/// Who has no grace is told of both, also where they come at once.
#[tokio::test]
async fn without_a_grace_a_batch_supersedes_nothing() {
    let bench = Bench::new(&[]).await;
    let stored = bench.hear(&[failed(&["v1"]), arrived("v1"), failed(&["v2"])]).await;
    assert!(stored.superseded.is_empty(), "{:?}", stored.superseded);
    assert_eq!(bench.count("pending").await, 3);
}

/// No digest, recovery or replay of others releases what is held back.
#[tokio::test]
async fn nothing_releases_what_is_held_back() {
    let mut bench = bench().await;
    bench.hear(&[failed(&["held"])]).await;
    let told_held = |bench: &Bench| bench.shown().iter().any(|content| content.contains("`held`"));

    bench.hear(&[arrived("v1"), arrived("v2")]).await;
    bench.drain().await;
    assert!(!told_held(&bench), "a digest");

    bench.wecom.answer_next(Answer::Errcode(-1, "system busy"));
    bench.hear(&[arrived("v3")]).await;
    bench.drain().await;
    bench.clock.advance(2 * SECOND);
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, 3);
    assert!(!told_held(&bench), "a recovery");

    for row in bench.deliveries().await {
        bench.store.change(Verb::Replay, &row.id, &operator(), bench.clock.now()).await.unwrap();
    }
    bench.drain().await;
    bench.store.register(&["default"], bench.clock.now()).await.unwrap();
    bench.lane = bench.another_lane().await;
    bench.drain().await;
    assert!(!told_held(&bench), "a replay of others, a restart");

    bench.clock.advance(5 * MINUTE);
    bench.drain().await;
    assert!(told_held(&bench));
}

/// A grace may be longer than the longest backoff, and yet a start after the clock was set back freezes nothing.
#[tokio::test]
async fn a_long_grace_is_honest_and_a_clock_set_back_ends_it() {
    let mut bench = Bench::new(&[("FAILURE_GRACE", "6h")]).await;
    bench.hear(&[failed(&["v1"])]).await;
    bench.clock.advance(5 * HOUR);
    assert!(!bench.step().await);
    bench.clock.jump(-365 * 24 * HOUR);
    assert!(!bench.step().await);
    bench.restart_at(bench.clock.now() - 365 * 24 * HOUR);
    assert!(bench.step().await);
}

#[tokio::test]
async fn the_service_holds_failures_back_and_says_so() {
    let app = App::spawn_with(&[("FAILURE_GRACE", "1h")]).await;
    app.accept(&failed(&["v1"])).await;
    app.accept(&arrived("v1")).await;
    all_told(&app).await;
    let (_, page) = app.get("/api/v1/deliveries?state=superseded").await;
    assert_eq!(page["items"][0]["event"]["outcome"], "failed");
    let metrics = app.client.get(format!("{}/metrics", app.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("harborbell_deliveries_total{robot=\"default\",state=\"superseded\"} 1"), "{metrics}");
}

/// A delivery that an operator discarded and replays is told, though it was never tried and its success is known.
#[tokio::test]
async fn what_is_replayed_is_told_and_never_superseded() {
    let mut bench = bench().await;
    bench.hear(&[failed(&["v1"]), arrived("v2")]).await;
    for row in bench.deliveries().await {
        bench.store.change(Verb::Discard, &row.id, &operator(), bench.clock.now()).await.unwrap();
    }
    bench.hear(&[arrived("v1")]).await;
    bench.drain().await;
    bench.clock.advance(SECOND);
    for row in bench.deliveries().await.iter().filter(|row| row.state.as_str() == "discarded") {
        bench.store.change(Verb::Replay, &row.id, &operator(), bench.clock.now()).await.unwrap();
    }
    bench.drain().await;
    assert_eq!((bench.count("delivered").await, bench.count("superseded").await), (3, 0));
}
