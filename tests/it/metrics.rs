//! What Prometheus is told, after a story of which every figure is known.

use harborbell::demo::standin::Answer;
use serde_json::json;

use crate::database::postgres;
use crate::support::{App, arrived, eventually, push};

impl App {
    /// The value of one line of the scrape.
    async fn metric(&self, line: &str) -> Option<f64> {
        let text = self.client.get(format!("{}/metrics", self.url)).send().await.unwrap().text().await.unwrap();
        assert!(text.ends_with("# EOF\n"));
        let found = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' ')?.parse().ok());
        assert!(!text.contains("key="));
        found
    }
}

#[tokio::test]
async fn the_scrape_counts_what_happened() {
    let app = App::spawn().await;
    for (line, value) in [
        ("harborbell_webhooks_total{result=\"unavailable\"}", 0.0),
        ("harborbell_deliveries_total{robot=\"default\",state=\"failed\"}", 0.0),
        ("harborbell_messages_total{robot=\"default\",outcome=\"throttled\"}", 0.0),
        ("harborbell_robot_configured{robot=\"default\"}", 1.0),
        ("harborbell_build_info{version=\"0.1.0\"}", 1.0),
    ] {
        assert_eq!(app.metric(line).await, Some(value), "{line}: a series begins at 0, so that its first step is seen");
    }

    app.accept(&arrived("v1")).await;
    app.shown(1).await;
    app.post(arrived("v1").to_string()).await;
    app.post("").await;
    app.post("no JSON").await;
    app.wecom.refuse_containing("poison");
    app.accept(&push("mars/mars-web", &["poison"]).payload()).await;
    eventually("it has failed", || async { app.deliveries().await[0].state.as_str() == "failed" }).await;
    app.wecom.answer_always(Some(Answer::Status(500, "down")));
    app.accept(&arrived("v2")).await;
    let retries = "harborbell_attempts_total{robot=\"default\",outcome=\"retry\"}";
    eventually("a retry", || async { app.metric(retries).await > Some(0.0) }).await;
    let discarded = app.call("/api/v1/deliveries/discard", &json!({ "state": "pending" })).await.1["discarded"].clone();

    for (line, value) in [
        ("harborbell_webhooks_total{result=\"accepted\"}", 3.0),
        ("harborbell_webhooks_total{result=\"duplicate\"}", 1.0),
        ("harborbell_webhooks_total{result=\"ignored\"}", 1.0),
        ("harborbell_webhooks_total{result=\"refused\"}", 1.0),
        ("harborbell_deliveries_total{robot=\"default\",state=\"pending\"}", 3.0),
        ("harborbell_deliveries_total{robot=\"default\",state=\"delivered\"}", 1.0),
        ("harborbell_deliveries_total{robot=\"default\",state=\"failed\"}", 1.0),
        ("harborbell_deliveries_total{robot=\"default\",state=\"discarded\"}", discarded.as_f64().unwrap()),
        ("harborbell_messages_total{robot=\"default\",outcome=\"delivered\"}", 1.0),
        ("harborbell_messages_total{robot=\"default\",outcome=\"rejected\"}", 1.0),
        ("harborbell_delivery_duration_seconds_count{robot=\"default\"}", 1.0),
        ("harborbell_intake_queue_bytes", 0.0),
        ("harborbell_robot_broken{robot=\"default\"}", 0.0),
    ] {
        assert_eq!(app.metric(line).await, Some(value), "{line}");
    }
    assert_eq!(app.metric("harborbell_wal_bytes").await > Some(0.0), postgres().is_none(), "SQLite has one");
}

#[tokio::test]
async fn a_robot_in_trouble_is_told_with_what_waits() {
    let app = App::spawn().await;
    app.wecom.change_key("another-key");
    app.accept(&arrived("v1")).await;
    eventually("it is broken", || async {
        app.metric("harborbell_robot_broken{robot=\"default\"}").await == Some(1.0)
    })
    .await;
    assert_eq!(app.metric("harborbell_robot_paused{robot=\"default\"}").await, Some(1.0));
    assert_eq!(app.metric("harborbell_deliveries_waiting{robot=\"default\"}").await, Some(1.0));
}
