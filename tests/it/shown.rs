//! What Harbor's API adds is shown wherever operators look: of an event, and of Harbor itself.

use harborbell::demo::payloads::Replication;
use harborbell::metrics::{Form, Metrics, Snapshot};
use harborbell::model::event::{Event, Operation, ReplicationOutcome, Source};
use harborbell::model::harbor_status::{HarborState, HarborStatus, RuleView};
use serde_json::json;

use crate::process::run;
use crate::support::{ALIYUN, App, EXECUTION, offer, told_by};

const TOKEN: &str = "an-admin-token-for-tests";

/// An event that waits for a robot which nobody sends for, and its delivery.
async fn waiting(app: &App, known: impl Fn(&mut Event)) -> String {
    let payload = Replication {
        repository: "mars/mars-api",
        references: &["v1"],
        registry: ALIYUN,
        succeeded: false,
        execution: EXECUTION,
    };
    let mut offer = offer(&payload.payload());
    known(&mut offer.webhook.event);
    app.store.accept(&[offer], told_by(&["elsewhere"]), 1_800_000_000_000).await.unwrap();
    app.deliveries().await[0].id.clone()
}

/// An execution that failed before it had tasks.
fn silent(event: &mut Event) {
    (event.repository, event.project) = (String::new(), String::new());
    event.versions.clear();
    (event.rule, event.reason) = ("to-ali".into(), "connection <refused>".into());
    (event.source, event.late) = (Source::HarborApi, true);
}

#[tokio::test]
async fn an_event_without_a_repository_is_shown_by_its_rule() {
    let app = App::spawn().await;
    let id = waiting(&app, silent).await;
    for path in ["/api/v1/deliveries".to_owned(), format!("/api/v1/deliveries/{id}")] {
        let (_, answer) = app.get(&path).await;
        let event = answer.get("items").map_or(&answer["event"], |items| &items[0]["event"]);
        for (key, value) in [
            ("repository", json!(null)),
            ("project", json!(null)),
            ("versions", json!([])),
            ("rule", json!("to-ali")),
            ("reason", json!("connection <refused>")),
            ("source", json!("harbor_api")),
            ("operation", json!("copy")),
        ] {
            assert_eq!(event[key], value, "{path} {key}");
        }
    }
    let (list, one) =
        (app.page_in("en", "/notifications").await, app.page_in("zh", &format!("/deliveries/{id}")).await);
    for page in [&list, &one] {
        assert!(page.contains("<bdi>to-ali</bdi></") && page.contains("connection &lt;refused&gt;"), "{page}");
        assert!(!page.contains("none</bdi>") && !page.contains("problem-status"), "{page}");
    }
    assert!(list.contains("<span class=\"muted\">Rule</span>"), "{list}");
    assert!(list.contains("no image: the execution failed") && list.contains("found by asking Harbor"), "{list}");
    assert!(one.contains("由 Harbor API 补录") && one.contains("Harbor API 返回的内容"), "{one}");

    let output = |arguments: &[&str]| String::from_utf8(run(app.folder(), &app.wecom.url(), arguments).stdout).unwrap();
    let list = output(&["list"]);
    assert!(list.lines().nth(1).is_some_and(|line| line.contains("  failed       to-ali ")), "{list}");
    let shown = output(&["show", &id]);
    for fact in ["source        harbor_api", "operation     copy", "rule          to-ali"] {
        assert!(shown.contains(fact), "{fact}: {shown}");
    }
    assert!(shown.contains("reason        connection <refused>"), "{shown}");

    waiting(&app, |event| {
        silent(event);
        event.rule.clear();
        event.execution_id = 7;
    })
    .await;
    let list = output(&["list"]);
    assert!(list.lines().nth(1).is_some_and(|line| line.contains("  failed       - ")), "{list}");
}

#[tokio::test]
async fn what_is_no_copy_says_so() {
    let app = App::spawn().await;
    let succeeded = |operation: Operation, id: i64| {
        move |event: &mut Event| {
            (event.outcome, event.operation, event.execution_id) = (ReplicationOutcome::Succeeded, operation, id);
        }
    };
    for (operation, en, zh) in
        [(Operation::Delete, "deletion", "删除"), (Operation::Unconfirmed, "unconfirmed", "未确认")]
    {
        let badge = |word: &str| format!("<span class=\"badge operation-{operation}\">{word}</span>");
        assert!(!app.page_in("en", "/notifications").await.contains(&badge(en)));
        let id = waiting(&app, succeeded(operation, if en == "deletion" { 1 } else { 2 })).await;
        assert!(app.page_in("en", "/notifications").await.contains(&badge(en)));
        assert!(app.page_in("zh", &format!("/deliveries/{id}")).await.contains(&badge(zh)));
        let list = String::from_utf8(run(app.folder(), &app.wecom.url(), &["list"]).stdout).unwrap();
        assert!(list.contains(&format!("{operation} succeeded")), "{list}");
        let page = app.page_in("en", "/notifications").await;
        assert!(!page.contains("found by asking Harbor"), "a webhook needs no word");
    }
}

fn unreachable() -> HarborStatus {
    HarborStatus {
        url: "https://harbor.example.com".into(),
        version: "v2.15.2".into(),
        state: HarborState::Unreachable,
        since: 1_732_346_947_000,
        last_error: "no route to <harbor.example.com>".into(),
        last_success_at: 1_732_346_900_000,
        watermark_execution_id: 815,
        open_executions: 3,
        rules: vec![RuleView { id: 1, name: "to-ali".into(), trigger: "event_based".into(), ..RuleView::default() }],
    }
}

#[tokio::test]
async fn a_harbor_that_is_not_asked_is_off() {
    let app = App::spawn_with(&[("HARBOR_URL", "https://harbor.example.com")]).await;
    let (status, harbor) = app.get("/api/v1/harbor").await;
    assert_eq!(status, 200);
    assert_eq!(
        harbor,
        json!({
            "url": "https://harbor.example.com/", "version": null, "state": "off", "since": null, "last_error": null,
            "last_success_at": null, "watermark_execution_id": null, "open_executions": 0, "rules": [],
        })
    );
    assert_eq!(app.get("/readyz").await.1["harbor"], json!({ "state": "off", "since": null }));
    assert!(!app.page_in("en", "/notifications").await.contains("Harbor’s API"));
    let metrics = app.client.get(format!("{}/metrics", app.url)).send().await.unwrap().text().await.unwrap();
    assert!(!metrics.contains("harborbell_harbor_"), "{metrics}");
    assert!(metrics.contains("harborbell_reconciled_events_total{source=\"harbor_record\"} 0"), "{metrics}");
}

#[tokio::test]
async fn a_harbor_that_cannot_be_reached_is_seen_everywhere_and_changes_no_readiness() {
    let app = App::spawn_with(&[("ADMIN_TOKEN", TOKEN)]).await;
    app.harbor.send_replace(unreachable());
    let get = async |path: &str, token: &str| {
        let request = app.client.get(format!("{}{path}", app.url)).header("accept-language", "en");
        let answer = request.bearer_auth(token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let (status, harbor) = get("/api/v1/harbor", TOKEN).await;
    assert_eq!((status, json(&harbor)), (200, serde_json::to_value(unreachable()).unwrap()));

    let (status, ready) = get("/readyz", TOKEN).await;
    let since = "2024-11-23T07:29:07Z";
    let shown = json!({ "state": "unreachable", "since": since, "last_error": "no route to <harbor.example.com>" });
    assert_eq!((status, &json(&ready)["harbor"]), (200, &shown));
    let (status, ready) = get("/readyz", "none").await;
    assert_eq!((status, &json(&ready)["harbor"]), (200, &json!({ "state": "unreachable", "since": since })));
    assert!(!ready.contains("no route"), "{ready}");

    let (_, page) = get("/notifications", TOKEN).await;
    for part in ["Harbor’s API", "Unreachable", since, "no route to &lt;harbor.example.com&gt;"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let (_, metrics) = get("/metrics", "none").await;
    for line in [
        "harborbell_harbor_up 0\n",
        "harborbell_harbor_last_success_timestamp_seconds 1732346900\n",
        "harborbell_harbor_open_executions 3\n",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }

    app.harbor.send_replace(HarborStatus { state: HarborState::Ok, last_error: String::new(), ..unreachable() });
    assert!(get("/metrics", "none").await.1.contains("harborbell_harbor_up 1\n"));
    assert!(get("/notifications", TOKEN).await.1.contains("harbor-ok"));
    let unknown = HarborStatus { state: HarborState::Unknown, ..HarborStatus::default() };
    app.harbor.send_replace(unknown);
    let (_, metrics) = get("/metrics", "none").await;
    assert!(metrics.contains("harborbell_harbor_up 0\n") && !metrics.contains("last_success"), "{metrics}");
    assert!(get("/notifications", TOKEN).await.1.contains("No answer yet"));
}

#[test]
fn what_was_found_by_asking_is_counted_by_its_source() {
    let metrics = Metrics::default();
    for source in [Source::HarborApi, Source::HarborRecord, Source::HarborApi] {
        metrics.reconciled(source);
    }
    let text = metrics.render(&Snapshot::default(), Form::Text);
    for line in ["{source=\"harbor_record\"} 1\n", "{source=\"harbor_api\"} 2\n"] {
        assert!(text.contains(&format!("harborbell_reconciled_events_total{line}")), "{text}");
    }
}
