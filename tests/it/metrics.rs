//! What Prometheus is told, after a story of which every figure is known.

use std::io::Write;
use std::process::{Command, Stdio};

use harborbell::demo::standin::Answer;
use harborbell::model::version::COMMIT;
use serde_json::json;

use crate::database::postgres;
use crate::support::{App, arrived, eventually, push};

impl App {
    /// The value of one line of the scrape.
    async fn metric(&self, line: &str) -> Option<f64> {
        let text = self.client.get(format!("{}/metrics", self.url)).send().await.unwrap().text().await.unwrap();
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
        (&format!("harborbell_build_info{{version=\"0.1.0\",commit=\"{COMMIT}\"}}"), 1.0),
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

/// What a scraper does not ask for, it does not get; and both forms are what they say.
#[tokio::test]
async fn a_scraper_gets_the_form_that_it_accepts() {
    let app = App::spawn().await;
    app.accept(&arrived("v1")).await;
    app.shown(1).await;
    let scrape = async |accept: Option<&str>| {
        let request = app.client.get(format!("{}/metrics", app.url));
        let request = accept.into_iter().fold(request, |request, accept| request.header("accept", accept));
        let answer = request.send().await.unwrap();
        (answer.headers()["content-type"].to_str().unwrap().to_owned(), answer.text().await.unwrap())
    };
    // As Prometheus 3 asks.
    let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
    let (kind, text) = scrape(Some(prometheus)).await;
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
    assert!(text.ends_with("# EOF\n") && text.contains("# TYPE harborbell_webhooks counter"), "{text}");
    for accept in [None, Some("*/*"), Some("text/plain;version=0.0.4")] {
        let (kind, text) = scrape(accept).await;
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
        assert!(!text.contains("# EOF") && !text.contains("# UNIT"), "{text}");
        let mut promtool = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("promtool is there; on Debian: apt-get install prometheus");
        promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let checked = promtool.wait_with_output().unwrap();
        assert!(checked.status.success() && checked.stderr.is_empty(), "{checked:?}\n{text}");
    }
}

/// Anybody may ask, so a count ends, and an answer serves for a second.
#[tokio::test]
async fn invariant_8_what_needs_no_token_costs_the_same_whatever_waits() {
    let app = App::spawn().await;
    let row = |number: &str| {
        format!("'d' || {number}, 'gone-' || {number}, 'gone', 'pending', 0, 0, 128, 0, 1, 1, 1, 0, '', '[]'")
    };
    let columns = "id, event_id, robot, state, attempts, failures, batch_limit, suspect, created_at, tried_since,
        next_attempt_at, finished_at, last_error, mentions";
    let event_columns = "id, accepted_at, outcome, harbor_host, project, repository, versions, registry, description,
        execution_timestamp, execution_id, occurred_at, payload";
    let event = "'gone-' || n, 1, 'succeeded', '', 'p', 'p/n', '[]', '', '', 1, 1, 1, '{}'";
    let numbers = "(WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 10050)
        SELECT n FROM count) numbers";
    let mut database = app.intruder().await;
    database.execute(format!("INSERT INTO events ({event_columns}) SELECT {event} FROM {numbers}")).await;
    database.execute(format!("INSERT INTO deliveries ({columns}) SELECT {} FROM {numbers}", row("n"))).await;
    let waiting = "harborbell_deliveries_waiting{robot=\"gone\"}";
    eventually("it is counted up to a bound", || async { app.metric(waiting).await == Some(10_000.0) }).await;
    let (_, robots) = app.get("/api/v1/robots").await;
    assert_eq!(robots["items"][1]["waiting"], 10_050, "who may look gets the whole number: {robots}");
}
