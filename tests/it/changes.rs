//! Replications by their outcome, whatever became of their messages; who changed a delivery; and what belongs together.

use harborbell::demo::standin::Answer;
use harborbell::model::actor::{Actor, Via};
use harborbell::model::clock::HOUR;
use harborbell::model::delivery::{State, Verb};
use harborbell::model::event::{ReplicationOutcome, Source};
use harborbell::store::accept::Acceptance;
use harborbell::store::filter::Filter;
use serde_json::{Value, json};

use crate::process::{Process, run};
use crate::support::{App, Bench, KEY, accept_for, all_told, arrived, eventually, offer, operator, push, told_by};

fn failed(version: &str) -> Value {
    let references = [version];
    let mut replication = push("mars/mars-api", &references);
    replication.succeeded = false;
    replication.payload()
}

/// A success and a failure of the same execution, both sent.
async fn both() -> App {
    let app = App::spawn().await;
    app.accept(&failed("v1")).await;
    app.shown(1).await;
    app.accept(&arrived("v1")).await;
    app.shown(2).await;
    all_told(&app).await;
    app
}

impl App {
    async fn changes(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/deliveries/{id}")).await.1["changes"].clone()
    }
}

fn command(app: &App, arguments: &[&str]) -> String {
    let output = run(app.folder(), &app.wecom.url(), arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A failed replication whose message went out is a failed replication.
#[tokio::test]
async fn a_failed_replication_is_found_by_its_outcome_and_reads_failed() {
    let app = both().await;
    let (_, found) = app.get("/api/v1/deliveries?outcome=failed&state=delivered").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["items"][0]["event"]["outcome"], "failed");
    let page = app.page_in("en", "/notifications?outcome=failed").await;
    assert_eq!(page.matches("class=\"row-delivered replicated-failed\"").count(), 1, "{page}");
    assert_eq!(page.matches("row-delivered").count(), 1, "{page}");
    let row = page.split("replicated-failed").nth(1).unwrap();
    let place = |text: &str| row.find(text).unwrap_or_else(|| panic!("{text}: {row}"));
    assert!(place("outcome-failed") < place("repository") && place("repository") < place("state-delivered"), "{row}");

    let listed = command(&app, &["list", "--outcome", "failed", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["items"], found["items"]);
    let counted = json!({ "state": "delivered", "outcome": "failed", "dry_run": true });
    assert_eq!(app.call("/api/v1/deliveries/replay", &counted).await.1, json!({ "matched": 1, "replayed": 0 }));
    let counted = ["replay", "--state", "delivered", "--outcome", "failed", "--dry-run"];
    assert_eq!(command(&app, &counted), "1 matched, 0 replayed\n");
    let confirm = app.page_in("en", "/deliveries/confirm?verb=replay&state=delivered&outcome=failed").await;
    assert!(confirm.contains("Replay 1 delivered delivery?") && confirm.contains("Replication failed"), "{confirm}");
    let done = app.submit("/deliveries/matching", "verb=replay&state=delivered&outcome=failed").await;
    assert_eq!(done, "/notifications?outcome=failed&notice=replay.1");
}

#[tokio::test]
async fn the_picture_counts_replications_and_messages_apart() {
    let app = both().await;
    let page = app.page_in("en", "/notifications").await;
    let card = page.split("data-live=\"hours\"").nth(1).unwrap().split("</section>").next().unwrap();
    let cells: Vec<_> = card.split("<td>").skip(1).map(|cell| cell.split('<').next().unwrap()).collect();
    // Two rows where an hour has just begun.
    let sum = |column: usize| cells.iter().skip(column).step_by(5).map(|cell| cell.parse::<i64>().unwrap()).sum();
    let sums: Vec<i64> = (0..5).map(sum).collect();
    assert_eq!(sums, [1, 1, 2, 0, 0], "succeeded, failed; delivered, failed, waiting: {card}");
}

#[tokio::test]
async fn what_harbor_tells_of_an_earlier_day_is_not_in_the_picture() {
    let bench = Bench::new(&[]).await;
    let now = bench.clock.now();
    bench.accept(&arrived("v1")).await;
    let mut early = offer(&failed("v2"));
    early.webhook.event.source = Source::HarborApi;
    let mut late = offer(&failed("v3"));
    (late.webhook.event.source, late.webhook.event.occurred_at) = (Source::HarborApi, now - HOUR);
    bench.store.accept(&[early, late], told_by(&[]), now).await.unwrap();
    let counted = bench.store.hours_of_outcomes(&[now - now % HOUR]).await.unwrap();
    let counted: Vec<_> = counted.iter().map(|(_, outcome, count)| (*outcome, count.rows)).collect();
    assert_eq!(counted, [(ReplicationOutcome::Succeeded, 1), (ReplicationOutcome::Failed, 1)]);
}

#[tokio::test]
async fn a_delivery_says_who_replayed_it_by_which_way_newest_first() {
    let app = both().await;
    let id = app.deliveries().await[0].id.clone();
    assert_eq!(app.changes(&id).await, json!([]));
    let path = format!("/deliveries/{id}/replay");
    assert_eq!(app.call(&format!("/api/v1{path}"), &Value::Null).await.0, 202);
    all_told(&app).await;
    app.submit(&path, "").await;
    all_told(&app).await;
    let all = json!({ "state": "delivered", "q": "mars", "since": "2026-01-01T00:00:00Z" });
    assert_eq!(app.call("/api/v1/deliveries/replay", &all).await.1["replayed"], 2);
    all_told(&app).await;
    command(&app, &["replay", &id]);
    let changes = app.changes(&id).await;
    let told = |change: &Value| ["verb", "by", "via"].map(|key| change[key].as_str().unwrap().to_owned()).join(" ");
    let user = String::from_utf8(std::process::Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    assert_eq!(
        changes.as_array().unwrap().iter().map(told).collect::<Vec<_>>(),
        [
            format!("replay {} cli", user.trim()),
            "replay 127.0.0.1 api".into(),
            "replay 127.0.0.1 page".into(),
            "replay 127.0.0.1 api".into()
        ]
    );
    let keys: Vec<_> = changes[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["at", "verb", "by", "via", "deliveries", "filter"]);
    assert_eq!((&changes[0]["deliveries"], &changes[0]["filter"]), (&json!(1), &Value::Null));
    let filter = json!({
        "state": "delivered", "outcome": null, "robot": null, "q": "mars", "since": "2026-01-01T00:00:00Z", "until": null,
    });
    assert_eq!((&changes[1]["deliveries"], &changes[1]["filter"]), (&json!(2), &filter));

    let page = app.page_in("en", &format!("/deliveries/{id}")).await;
    let card = page.split("changes-heading\"").nth(2).unwrap().split("</section>").next().unwrap();
    assert!(card.contains("on the page, from <bdi>127.0.0.1</bdi>") && card.contains("2 deliveries:"), "{card}");
    assert!(card.contains("Search <bdi>mars</bdi>"), "{card}");
    let shown = command(&app, &["show", &id]);
    assert!(shown.contains("--state delivered --q mars --since 2026-01-01T00:00:00Z"), "{shown}");
    let shown: Value = serde_json::from_str(&command(&app, &["show", &id, "--json"])).unwrap();
    assert_eq!(shown["changes"], changes);
}

#[tokio::test]
async fn a_delivery_keeps_its_latest_changes_and_what_changes_nothing_leaves_no_trace() {
    let mut bench = Bench::new(&[]).await;
    bench.accept_many(2).await;
    let id = bench.deliveries().await[0].id.clone();
    let actor = |number: usize| Actor { via: Via::Api, by: format!("10.0.0.{number}") };
    let discarded = Filter { state: Some(State::Discarded), ..Filter::default() };
    let none = bench.store.change_all(Verb::Replay, &discarded, &operator(), bench.clock.now()).await.unwrap();
    assert_eq!(none.deliveries(), 0);
    for number in (0..30).step_by(2) {
        bench.clock.advance(1);
        bench.store.change(Verb::Discard, &id, &actor(number), bench.clock.now()).await.unwrap();
        let all =
            bench.store.change_all(Verb::Replay, &discarded, &actor(number + 1), bench.clock.now()).await.unwrap();
        assert_eq!(all.deliveries(), 1);
    }
    bench.store.change(Verb::Discard, "nobody", &operator(), bench.clock.now()).await.unwrap();
    let changes = bench.store.show(&id).await.unwrap().unwrap().changes;
    let by: Vec<_> = changes.iter().map(|change| change.by.clone()).collect();
    assert_eq!(by, (10..30).rev().map(|number| format!("10.0.0.{number}")).collect::<Vec<_>>());
    assert_eq!(changes[1].verb, Verb::Discard);
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, 2);
    let other = bench.deliveries().await.into_iter().find(|row| row.id != id).unwrap();
    assert!(bench.store.show(&other.id).await.unwrap().unwrap().changes.is_empty());
}

#[tokio::test]
async fn the_log_says_who_changed_what() {
    let folder = tempfile::TempDir::new().unwrap();
    let wecom = harborbell::demo::standin::Standin::start(KEY, None).await.unwrap();
    let process =
        Process::start(folder.path(), &wecom.url(), &[("RETRY_INITIAL_INTERVAL", "1h"), ("RETRY_MAX_INTERVAL", "1h")]);
    wecom.answer_always(Some(Answer::Status(500, "down")));
    let client = crate::support::client();
    let post = async |path: &str, body: String| {
        let answer = client.post(format!("{}{path}", process.url)).body(body).send().await.unwrap();
        assert!(answer.status().is_success());
    };
    post("/webhook/harbor", arrived("v1").to_string()).await;
    process.line_with("500");
    post("/api/v1/deliveries/discard", json!({ "state": "pending" }).to_string()).await;
    let line = process.line_with("discarded by an operator");
    assert!(line.contains("via=api") && line.contains("by=\"127.0.0.1\"") && line.contains("change_id=\"0"), "{line}");
    post("/api/v1/robots/default/test", String::new()).await;
    let line = process.line_with("a test message was asked for by an operator");
    assert!(line.contains("robot=\"default\"") && line.contains("via=api"), "{line}");
}

#[tokio::test]
async fn a_test_message_says_on_the_page_how_it_ended_and_its_row_has_no_key() {
    let app = App::spawn().await;
    let asked = app.submit("/robots/default/test", "").await;
    let page = async |words: &'static str, asked: String| {
        eventually(words, || async { app.page_in("en", &asked).await.contains(words) }).await;
    };
    page("The test message to default was delivered", asked).await;
    app.wecom.answer_next(Answer::Errcode(93000, "invalid webhook url"));
    let asked = app.submit("/robots/default/test", "").await;
    page("errcode 93000 invalid webhook url", asked).await;
    let unknown = app.page_in("en", "/notifications?test=nobody").await;
    assert!(unknown.contains("</html>") && !unknown.contains("The test message to"), "{unknown}");

    let columns = "id || via || made_by || filter || delivery_id || robot || message_id";
    let rows = app.intruder().await.texts(format!("SELECT {columns} FROM changes WHERE verb = 'test'")).await;
    assert!(rows.len() == 2 && rows.iter().all(|row| row.contains("page127.0.0.1default")), "{rows:?}");
    assert!(KEY.split('-').all(|part| part.len() < 5 || rows.iter().all(|row| !row.contains(part))), "{rows:?}");
}

#[tokio::test]
async fn a_delivery_links_to_other_robots_and_to_what_healed_it() {
    let bench = Bench::new(&[]).await;
    let mut events = Vec::new();
    for (payload, robots) in
        [(failed("v1"), &["default", "ops"][..]), (arrived("v1"), &["ops", "zoo"]), (arrived("v2"), &["ops"])]
    {
        let Acceptance::Accepted { event_id, .. } = accept_for(&bench.store, &payload, robots, bench.clock.now()).await
        else {
            panic!("{payload}")
        };
        events.push(event_id);
    }
    let related = async |event: &str, robot: &str| {
        let related = bench.store.related(event, robot).await.unwrap();
        [related.others, related.healed_by, related.heals]
            .map(|found| found.into_iter().map(|sibling| sibling.robot).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(related(&events[0], "default").await, ["ops", "ops", ""], "the success is told by two others");
    assert_eq!(related(&events[0], "ops").await, ["default", "ops", ""]);
    assert_eq!(related(&events[1], "ops").await, ["zoo", "", "ops"]);
    assert_eq!(related(&events[2], "ops").await, ["", "", ""]);
}

#[tokio::test]
async fn the_page_of_a_failure_leads_to_its_success_and_back() {
    let app = both().await;
    let deliveries = app.deliveries().await;
    let (success, failure) = (&deliveries[0].id, &deliveries[1].id);
    let page = app.page_in("en", &format!("/deliveries/{failure}")).await;
    assert!(
        page.contains("Succeeded afterwards") && page.contains(&format!("href=\"&#x2f;deliveries&#x2f;{success}\"")),
        "{page}"
    );
    let page = app.page_in("zh", &format!("/deliveries/{success}")).await;
    assert!(page.contains("之前复制失败") && page.contains(failure.as_str()), "{page}");
}

/// What a statement has changed is kept beside the database until it has ended, first in memory and then in a file.
#[tokio::test]
async fn one_change_may_be_about_any_number_of_deliveries() {
    let bench = Bench::new(&[]).await;
    bench.accept_many(32_000).await;
    let pending = Filter { state: Some(State::Pending), ..Filter::default() };
    let changed = bench.store.change_all(Verb::Discard, &pending, &operator(), bench.clock.now()).await.unwrap();
    assert_eq!(changed.deliveries(), 32_000);
    assert_eq!(bench.store.count(&pending).await.unwrap(), 0);
}
