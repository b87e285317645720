//! The API, as scripts call it.

use rstest::rstest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{App, HUAWEI, arrived, eventually, push};

/// Two that were delivered and one that WeCom refused.
async fn with_a_failure() -> App {
    let app = App::spawn().await;
    app.wecom.refuse_containing("poison");
    for (version, count) in [("v1", 1), ("v2", 2)] {
        app.accept(&arrived(version)).await;
        app.shown(count).await;
    }
    let mut refused = push("mars/mars-web", &["poison"]);
    refused.registry = HUAWEI;
    app.accept(&refused.payload()).await;
    app.until_counted(&[("delivered", 2), ("failed", 1)]).await;
    app
}

impl App {
    async fn until_counted(&self, states: &[(&str, usize)]) {
        eventually(&format!("{states:?}"), || async {
            let deliveries = self.deliveries().await;
            let count = |state: &str| deliveries.iter().filter(|one| one.state.as_str() == state).count();
            states.iter().all(|(state, wanted)| count(state) == *wanted)
        })
        .await;
    }

    async fn id_of(&self, query: &str) -> String {
        let (_, page) = self.get(&format!("/api/v1/deliveries?{query}")).await;
        page["items"][0]["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_list_has_the_keys_of_the_contract() {
    let app = with_a_failure().await;
    let (status, page) = app.get("/api/v1/deliveries").await;
    assert_eq!((status, &page["next_cursor"]), (200, &Value::Null));
    let items = page["items"].as_array().unwrap();
    let repositories: Vec<_> = items.iter().map(|item| item["event"]["repository"].as_str().unwrap()).collect();
    assert_eq!(repositories, ["mars/mars-web", "mars/mars-api", "mars/mars-api"]);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        keys(&items[0]),
        "id state robot attempts failures created_at next_attempt_at finished_at last_error event"
    );
    assert_eq!(
        keys(&items[0]["event"]),
        "id source operation outcome project repository versions registry description rule reason execution_timestamp \
         execution_id occurred_at"
    );
    assert_eq!(items[0]["event"]["occurred_at"], "2024-11-23T07:29:43Z");
    assert!(items[0]["last_error"].as_str().unwrap().contains("40201"));
}

#[tokio::test]
async fn filters_narrow_a_list() {
    let app = with_a_failure().await;
    let count = async |query: &str| {
        let (status, page) = app.get(&format!("/api/v1/deliveries?{query}")).await;
        assert_eq!(status, 200, "{page}");
        page["items"].as_array().unwrap().len()
    };
    for (query, wanted) in [
        ("state=failed", 1),
        ("state=delivered", 2),
        ("outcome=succeeded", 3),
        ("outcome=failed", 0),
        ("outcome=succeeded&state=failed&q=mars", 1),
        ("robot=default", 3),
        ("robot=nobody", 0),
        ("q=mars%2Fmars-w", 1),
        ("q=MARS-WEB", 1),
        ("q=v1", 1),
        ("q=huawei", 1),
        ("q=%E9%98%BF%E9%87%8C", 2),
        ("q=ars", 0),
        ("q=mars&state=delivered", 2),
        ("since=2020-01-01T00:00:00Z", 3),
        ("until=2020-01-01T00:00:00Z", 0),
        ("q=%25", 0),
        ("q=_", 0),
    ] {
        assert_eq!(count(query).await, wanted, "{query}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_and_never_means_all() {
    let app = App::spawn().await;
    for query in [
        "stat=failed",
        "state=lost",
        "outcome=delivered",
        "limit=0",
        "limit=1001",
        "limit=x",
        "since=yesterday",
        "cursor=nobody",
    ] {
        let (status, problem) = app.get(&format!("/api/v1/deliveries?{query}")).await;
        assert_eq!(
            (status, &problem["status"], &problem["title"]),
            (400, &json!(400), &json!("Bad Request")),
            "{query}"
        );
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    }
    for (body, status) in [
        (json!({}), 422),
        (json!({ "state": "failed", "robots": "default" }), 422),
        (json!({ "state": "pending" }), 422),
        (json!({ "state": "failed", "since": "yesterday" }), 422),
        (json!({ "state": "failed", "outcome": "delivered" }), 422),
    ] {
        assert_eq!(app.call("/api/v1/deliveries/replay", &body).await.0, status, "{body}");
    }
    let (status, problem) = app.call("/api/v1/deliveries/discard", &json!({ "state": "failed" })).await;
    assert_eq!((status, &problem["pointer"]), (422, &json!("/state")));
    let broken = app.client.post(format!("{}/api/v1/deliveries/replay", app.url)).body("{").send().await.unwrap();
    assert_eq!(broken.status(), 400);
    assert_eq!(broken.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_rows_arrive() {
    let app = App::spawn().await;
    app.wecom.answer_always(Some(harborbell::demo::standin::Answer::Status(500, "down")));
    for number in 0..20 {
        app.accept(&arrived(&format!("v{number}"))).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for page in 0.. {
        let (_, answer) = app.get(&format!("/api/v1/deliveries?limit=3&q=mars{cursor}")).await;
        seen.extend(answer["items"].as_array().unwrap().iter().map(|item| item["event"]["versions"][0].clone()));
        app.accept(&arrived(&format!("new{page}"))).await;
        let Some(next) = answer["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let wanted: Vec<_> = (0..20).rev().map(|number| json!(format!("v{number}"))).collect();
    assert_eq!(seen, wanted);
}

#[tokio::test]
async fn a_delivery_shows_its_payload_message_and_attempts() {
    let app = with_a_failure().await;
    let id = app.id_of("state=failed").await;
    let (status, detail) = app.get(&format!("/api/v1/deliveries/{id}")).await;
    assert_eq!(status, 200);
    assert_eq!(detail["payload"]["type"], "REPLICATION");
    assert!(detail["message"].as_str().unwrap().contains("`poison`"));
    let attempt = &detail["attempt_log"][0];
    let keys: Vec<_> = attempt.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys.join(" "),
        "number message_id started_at duration_ms outcome http_status errcode errmsg request_body"
    );
    assert_eq!((&attempt["outcome"], &attempt["errcode"]), (&json!("rejected"), &json!(40201)));
    let (status, problem) = app.get("/api/v1/deliveries/nobody").await;
    assert_eq!((status, &problem["title"]), (404, &json!("Not Found")));
}

#[tokio::test]
async fn a_replay_sends_again_and_refuses_what_is_on_its_way() {
    let app = with_a_failure().await;
    let id = app.id_of("state=failed").await;
    let path = format!("/api/v1/deliveries/{id}/replay");
    app.wecom.answer_next(harborbell::demo::standin::Answer::ShowAndHang);
    assert_eq!(app.call(&path, &Value::Null).await, (202, json!({ "id": id, "state": "pending" })));
    assert_eq!(app.call(&path, &Value::Null).await.0, 409);
    assert_eq!(app.call("/api/v1/deliveries/nobody/replay", &Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_bulk_replay_counts_first() {
    let app = with_a_failure().await;
    let dry = json!({ "state": "delivered", "q": "mars-api", "dry_run": true });
    assert_eq!(app.call("/api/v1/deliveries/replay", &dry).await, (200, json!({ "matched": 2, "replayed": 0 })));
    assert_eq!(app.wecom.shown().len(), 2);
    let real = json!({ "state": "delivered", "q": "mars-api" });
    assert_eq!(app.call("/api/v1/deliveries/replay", &real).await, (200, json!({ "matched": 2, "replayed": 2 })));
    app.until_counted(&[("delivered", 2), ("failed", 1)]).await;
    assert!(app.wecom.shown().len() > 2);
}

#[tokio::test]
async fn a_discard_ends_what_waits_and_a_replay_brings_it_back() {
    let app = App::spawn().await;
    app.wecom.answer_always(Some(harborbell::demo::standin::Answer::Status(500, "down")));
    for version in ["v1", "v2", "x1"] {
        app.accept(&arrived(version)).await;
    }
    // The probe may be in flight; it waits again soon.
    app.until_counted(&[("pending", 3)]).await;
    let body = json!({ "state": "pending", "q": "v" });
    let (status, answer) = app.call("/api/v1/deliveries/discard", &body).await;
    assert_eq!(status, 200);
    let discarded = answer["discarded"].as_u64().unwrap();
    app.until_counted(&[("discarded", discarded as usize)]).await;
    app.wecom.answer_always(None);
    let (_, answer) = app.call("/api/v1/deliveries/replay", &json!({ "state": "discarded" })).await;
    assert_eq!(answer["replayed"], discarded);
    app.until_counted(&[("delivered", 3)]).await;
}

#[tokio::test]
async fn robots_are_listed_without_their_url_and_tested() {
    let app = App::spawn().await;
    let (status, robots) = app.get("/api/v1/robots").await;
    assert_eq!(
        (status, &robots["items"][0]["name"], &robots["items"][0]["state"]),
        (200, &json!("default"), &json!("idle"))
    );
    assert!(!robots.to_string().contains("http"));
    let (status, answer) = app.call("/api/v1/robots/default/test", &Value::Null).await;
    assert_eq!(status, 202);
    assert!(answer["message_id"].is_string());
    assert!(app.shown(1).await[0].contains("测试消息"));
    assert_eq!(app.call("/api/v1/robots/nobody/test", &Value::Null).await.0, 404);
}

#[tokio::test]
async fn the_document_describes_every_call_and_a_wrong_method_says_which_are_right() {
    let app = App::spawn().await;
    let (_, api) = app.get("/api/openapi.json").await;
    for path in [
        "/webhook/harbor",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/deliveries",
        "/api/v1/deliveries/{id}",
        "/api/v1/deliveries/{id}/replay",
        "/api/v1/deliveries/replay",
        "/api/v1/deliveries/discard",
        "/api/v1/arrivals",
        "/api/v1/harbor",
        "/api/v1/robots",
        "/api/v1/robots/{name}/test",
        "/api/v1/webhooks",
        "/api/openapi.json",
    ] {
        assert!(api["paths"].get(path).is_some(), "{path} is not described");
    }
    let wrong = app.client.delete(format!("{}/api/v1/robots", app.url)).send().await.unwrap();
    assert_eq!((wrong.status().as_u16(), &wrong.headers()["allow"]), (405, &"GET, HEAD".parse().unwrap()));
    assert_eq!(app.get("/api/v1/nothing").await.0, 404);
}

/// A character that no table can hold is not found, on either engine, and is no trouble of the database.
#[tokio::test]
async fn a_nul_in_a_query_finds_nothing() {
    let app = App::spawn().await;
    app.accept(&arrived("v1")).await;
    for (path, status) in [
        ("deliveries?robot=a%00b", 200),
        ("deliveries?q=%00", 200),
        ("deliveries/%00", 404),
        ("deliveries?cursor=%00", 400),
        ("arrivals?repository=mars%2Fmars-api&version=%00", 200),
        ("arrivals?repository=%00", 200),
        ("images?q=%00", 200),
        ("images?project=%00", 200),
        ("images?destination=%00", 200),
        ("images?cursor=1-1-%00", 200),
        ("images/%00/x", 404),
        ("images/mars/mars-api?version=%00", 404),
    ] {
        let (answered, body) = app.get(&format!("/api/v1/{path}")).await;
        assert_eq!(answered, status, "{path}: {body}");
    }
}

/// Probes and link checkers ask so.
#[rstest]
#[case::page("/notifications", 200)]
#[case::start("/", 200)]
#[case::no_delivery("/deliveries/nobody", 404)]
#[case::style("/assets/style.css", 200)]
#[case::alive("/healthz", 200)]
#[case::list("/api/v1/deliveries", 200)]
#[case::a_bad_query("/api/v1/deliveries?state=lost", 400)]
#[case::waiting("/api/v1/arrivals?repository=a&wait=1", 200)]
#[case::a_post("/webhook/harbor", 405)]
#[case::nothing("/nothing", 404)]
#[tokio::test]
async fn head_is_answered_as_get_is_without_a_body(#[case] path: &str, #[case] status: u16) {
    let app = App::spawn().await;
    let address = app.url.trim_start_matches("http://");
    let head = async |method: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut lines: Vec<_> = head.lines().filter(|line| !line.starts_with("date: ")).map(str::to_owned).collect();
        lines.sort();
        (lines, body.len())
    };
    let ((expected, _), (lines, body)) = (head("GET").await, head("HEAD").await);
    assert_eq!((lines, body), (expected.clone(), 0));
    assert!(expected.iter().any(|line| line.starts_with(&format!("HTTP/1.1 {status} "))), "{expected:?}");
}
