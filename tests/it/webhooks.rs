//! The last requests at the webhook endpoint, as page and API show them.

use std::sync::Arc;

use harborbell::model::secret::Secrets;
use harborbell::webhooks::Webhooks;
use regex_lite::Regex;
use reqwest::header::AUTHORIZATION;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{App, Bench, KEY, answer, arrived};

const HOOK: &str = "Bearer hook-for-tests";

impl App {
    async fn webhooks(&self) -> Vec<Value> {
        let (status, answer) = self.get("/api/v1/webhooks").await;
        assert_eq!(status, 200, "{answer}");
        answer["items"].as_array().unwrap().clone()
    }

    async fn post_with(&self, header: (&str, &str), body: impl Into<reqwest::Body>) -> u16 {
        let request = self.client.post(format!("{}/webhook/harbor", self.url)).header(header.0, header.1);
        request.body(body).send().await.unwrap().status().as_u16()
    }

    /// So many at a time.
    async fn post_many(&self, count: usize, authorization: &str, status: u16) {
        for _ in 0..count / 50 {
            let posts = (0..50).map(|_| self.post_with((AUTHORIZATION.as_str(), authorization), ""));
            let statuses = futures_util::future::join_all(posts).await;
            assert!(statuses.iter().all(|answered| *answered == status), "{statuses:?}");
        }
    }
}

fn running() -> String {
    arrived("v1").to_string().replace("Success", "Running")
}

#[tokio::test]
async fn each_request_is_listed_with_its_answer() {
    let app = App::spawn().await;
    assert_eq!(app.webhooks().await, Vec::<Value>::new());
    let (_, accepted) = app.post(arrived("v1").to_string()).await;
    let malformed = json!({ "type": "REPLICATION", "event_data": { "replication": {} } }).to_string();
    app.post(arrived("v1").to_string()).await;
    app.post(running()).await;
    app.post("{").await;
    app.post(vec![b'{', 0xff, 0xfe]).await;
    app.post(vec![b' '; 1024 * 1024 + 1]).await;
    app.post(malformed.clone()).await;
    assert_eq!(app.post_with(("sec-fetch-site", "cross-site"), "{").await, 403);
    let mut writer = app.intruder().await;
    writer.execute("ALTER TABLE arrivals RENAME TO gone").await;
    assert_eq!(app.post(arrived("v2").to_string()).await.0, 503);
    writer.execute("ALTER TABLE gone RENAME TO arrivals").await;

    let mut listed = app.webhooks().await;
    let times: Vec<_> = listed.iter().map(|item| item["received_at"].as_str().unwrap().to_owned()).collect();
    let rfc3339 = Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$").unwrap();
    assert!(times.iter().all(|time| rfc3339.is_match(time)), "{times:?}");
    listed.reverse();
    for item in &mut listed {
        let item = item.as_object_mut().unwrap();
        let keys: Vec<_> = item.keys().cloned().collect();
        assert_eq!(keys, ["received_at", "peer", "status", "result", "reason", "pointer", "event_id", "body"]);
        assert_eq!(item["peer"], "127.0.0.1");
        let reason = item["reason"].as_str().unwrap_or_default();
        if item["status"] == 403 {
            assert!(reason.contains("another site"), "{reason}");
        }
    }
    let row = |item: &Value| {
        let text = |key: &str| item[key].as_str().unwrap_or("-").to_owned();
        let reason = text("reason");
        let reason = if reason.len() > 30 { reason[..30].to_owned() } else { reason };
        let rest = ["pointer", "event_id", "body"].map(text).join(" | ");
        format!("{} {} | {reason} | {rest}", item["status"], text("result"))
    };
    let rows: Vec<_> = listed.iter().map(row).collect();
    let id = accepted["event_id"].as_str().unwrap();
    let pointer = "/event_data/replication/job_status";
    assert_eq!(
        rows,
        [
            format!("202 accepted | - | - | {id} | -"),
            "200 duplicate | - | - | - | -".into(),
            "200 ignored | job_status | - | - | -".into(),
            "400 refused | the body is not JSON: EOF whil | - | - | {".into(),
            "400 refused | the body is not UTF-8 | - | - | {\u{fffd}\u{fffd}".into(),
            "413 refused | the body is larger than 1024 K | - | - | -".into(),
            format!("422 refused | `job_status` is missing | {pointer} | - | {malformed}"),
            "403 refused | by Sec-Fetch-Site or Origin th | - | - | -".into(),
            "503 unavailable | the database cannot store it n | - | - | -".into(),
        ]
    );
}

/// Two bytes a character, so the limit is inside of one.
#[tokio::test]
async fn a_long_body_is_cut_between_two_characters() {
    let app = App::spawn().await;
    let body = format!("{{ \"{}", "é".repeat(10_000));
    assert_eq!(app.post(body.clone()).await.0, 400);
    let long = format!("{{\"type\":\"REPLICATION\",\"occur_at\":\"{}\"}}", "x".repeat(500_000));
    assert_eq!(app.post(long).await.0, 422);
    let listed = app.webhooks().await;
    let shown = listed[1]["body"].as_str().unwrap();
    assert_eq!((shown.len(), body.starts_with(shown)), (4_095, true));
    assert!(listed[0]["reason"].as_str().unwrap().len() < 400 && listed[0]["body"].as_str().unwrap().len() == 4_096);
}

/// 500 places: strangers never have more than 100 of them, and never lose those to the others.
#[rstest]
#[case::a_wrong_header((AUTHORIZATION.as_str(), "Bearer wrong"), 401)]
#[case::another_site(("sec-fetch-site", "cross-site"), 403)]
#[tokio::test]
async fn a_flood_of_strangers_displaces_no_others(#[case] stranger: (&str, &str), #[case] refused: u16) {
    let app = App::spawn_with(&[("HARBOR_AUTH_HEADER", HOOK)]).await;
    let count = |listed: &[Value], status: u16| listed.iter().filter(|item| item["status"] == status).count();
    let flood = async |count: usize| {
        for _ in 0..count / 50 {
            let statuses = futures_util::future::join_all((0..50).map(|_| app.post_with(stranger, ""))).await;
            assert!(statuses.iter().all(|status| *status == refused), "{statuses:?}");
        }
    };
    app.post_many(400, HOOK, 200).await;
    assert_eq!(app.post_with((AUTHORIZATION.as_str(), HOOK), "{").await, 400);
    flood(1_000).await;
    let listed = app.webhooks().await;
    assert_eq!((listed.len(), count(&listed, refused), count(&listed, 400)), (500, 100, 1));
    assert!(listed[..100].iter().all(|item| item["status"] == refused), "the newest come first");
    let page = app.page_in("en", "/notifications").await;
    assert!(page.contains(&format!("1000 refused with {refused}")) && page.contains("400 ignored"), "{page}");

    app.post_many(600, HOOK, 200).await;
    let listed = app.webhooks().await;
    assert_eq!((listed.len(), count(&listed, refused), count(&listed, 400)), (500, 100, 0));
    assert!(listed[400..].iter().all(|item| item["status"] == refused), "the oldest come last");
}

#[tokio::test]
async fn without_strangers_the_others_have_all_places() {
    let app = App::spawn_with(&[("HARBOR_AUTH_HEADER", HOOK)]).await;
    app.post_many(600, HOOK, 200).await;
    assert_eq!(app.webhooks().await.len(), 500);
}

#[tokio::test]
async fn invariant_5_no_secret_is_shown_of_a_refused_webhook() {
    const ADMIN: &str = "an-admin-token-for-tests";
    let app = App::spawn_with(&[("HARBOR_AUTH_HEADER", HOOK), ("ADMIN_TOKEN", ADMIN)]).await;
    let wrong = "Bearer of-another-service";
    assert_eq!(app.post_with((AUTHORIZATION.as_str(), wrong), "{").await, 401);
    for body in [
        format!("{{ {HOOK} {ADMIN} https://qyapi.example.com/send?key={KEY}"),
        format!("{{\"{}{KEY}", "x".repeat(4_080)),
        json!({ "type": "REPLICATION", "event_data": { "replication": { "execution_timestamp": KEY } } }).to_string(),
    ] {
        let status = app.post_with((AUTHORIZATION.as_str(), HOOK), body).await;
        assert!([400, 422].contains(&status), "{status}");
    }
    // A value of the wrong kind is named in the answer.
    let misplaced = json!({ "type": "REPLICATION", "occur_at": KEY, "event_data": {} }).to_string();
    let request = app.client.post(format!("{}/webhook/harbor", app.url)).header(AUTHORIZATION, HOOK).body(misplaced);
    let answer = request.send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("***") && !answer.contains(&KEY[..8]), "{answer}");
    let get = async |path: &str| {
        let request = app.client.get(format!("{}{path}", app.url)).bearer_auth(ADMIN);
        request.send().await.unwrap().text().await.unwrap()
    };
    for path in ["/api/v1/webhooks", "/webhooks"] {
        let shown = get(path).await;
        assert!(shown.contains("***"), "{shown}");
        for secret in [wrong, "another-service", HOOK, "hook-for", ADMIN, "an-admin", KEY, &KEY[..8], &KEY[28..]] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

/// Not even the few characters before a cut, and also of a robot that was configured after the start.
#[tokio::test]
async fn invariant_5_a_cut_leaves_no_beginning_of_a_secret() {
    let bench = Bench::new(&[]).await;
    let (live, routing) = watch::channel(Arc::default());
    let webhooks = Webhooks::new(Secrets::default(), routing);
    assert_eq!(webhooks.excerpt(KEY.as_bytes()), KEY);
    live.send_replace(Arc::new(bench.config.routing.clone()));
    for before in 0..KEY.len() {
        let text = "x".repeat(before) + &KEY.repeat(500);
        let shown = webhooks.excerpt(text.as_bytes());
        assert!(shown.chars().all(|character| ['x', '*'].contains(&character)), "{shown}");
        let text = "x".repeat(4_096 - before) + KEY;
        let shown = webhooks.excerpt(text.as_bytes());
        assert_eq!(shown.trim_end_matches('*').len(), 4_096 - before, "{shown}");
    }
}

#[tokio::test]
async fn the_page_shows_them_and_nothing_of_a_body_acts() {
    let app = App::spawn().await;
    app.accept(&arrived("v1")).await;
    app.post(running()).await;
    let bad = "{\"</pre><img src=x onerror=alert(1)><script>alert(2)</script>{{ 98765 * 43210 }}\u{202e}\0\u{1b}[31m\n";
    assert_eq!(app.post(bad).await.0, 400);
    let missing = json!({ "type": "REPLICATION", "event_data": { "replication": {} } });
    assert_eq!(app.post(missing.to_string()).await.0, 422);
    let id = app.webhooks().await[3]["event_id"].as_str().unwrap().to_owned();
    for (language, words) in [
        ("en", ["Accepted", "Ignored", "Refused", "the replication had not ended"]),
        ("zh", ["已接收", "已忽略", "已拒绝", "复制还没有结束"]),
    ] {
        let page = app.page_in(language, "/webhooks").await;
        let shown = [&words[..], &[&id, "127.0.0.1", "event_data&#x2f;replication&#x2f;job_status", "job_status"]];
        for word in shown.concat() {
            assert!(page.contains(word), "{word} in {page}");
        }
        assert!(page.contains("&lt;img src=x onerror") && page.contains("\u{fffd}\u{fffd}\u{fffd}[31m"), "{page}");
        assert!(!page.contains("<img") && !page.contains("4267635650"), "{page}");
        assert!(!page.contains(['\u{202e}', '\0', '\u{1b}']), "{page}");
        assert_eq!(page.matches("<script").count(), 1);
        assert!(page.contains(r#"<a href="/webhooks" aria-current="page">"#), "{page}");
    }
}

#[tokio::test]
async fn an_empty_page_says_where_harbor_must_point() {
    let app = App::spawn_with(&[("HARBOR_AUTH_HEADER", HOOK)]).await;
    let page = app.page_in("en", "/webhooks").await;
    assert!(page.contains("No webhook has come in") && page.contains("webhook&#x2f;harbor"), "{page}");
    assert!(page.contains("HARBOR_AUTH_HEADER"), "{page}");
}

/// Whatever came in, the page has words for it.
#[tokio::test]
async fn the_empty_list_of_deliveries_names_each_reason() {
    let app = App::spawn_with(&[("HARBOR_AUTH_HEADER", HOOK)]).await;
    assert_eq!(app.post_with((AUTHORIZATION.as_str(), "Bearer wrong"), "").await, 401);
    let page = app.page_in("en", "/notifications").await;
    assert!(page.contains("1 webhook came in, but no notification came of it"), "{page}");
    assert!(page.contains("1 refused with 401: the Auth Header of the webhook in Harbor is not HARBOR_AUTH_HEADER"));
    assert!(page.contains(r#"<a class="button" href="/webhooks">"#), "{page}");

    assert_eq!(app.post_with(("origin", "https://elsewhere.example.com"), "").await, 403);
    let mut writer = app.intruder().await;
    writer.execute("ALTER TABLE arrivals RENAME TO gone").await;
    let digest = arrived("sha256:xxx").to_string();
    let stored = arrived("v1").to_string();
    let bodies =
        ["{", "{}", &" ".repeat(1024 * 1024 + 1), "", r#"{"type":"PUSH_ARTIFACT"}"#, &running(), &digest, &stored];
    let mut statuses = Vec::new();
    for body in bodies {
        statuses.push(app.post_with((AUTHORIZATION.as_str(), HOOK), body.to_owned()).await);
    }
    assert_eq!(statuses, [400, 422, 413, 200, 200, 200, 200, 503]);
    writer.execute("ALTER TABLE gone RENAME TO arrivals").await;
    let page = app.page_in("en", "/notifications").await;
    assert!(page.contains("10 webhooks came in, but no notification came of them"), "{page}");
    for words in [
        "1 refused with 400",
        "1 refused with 401",
        "1 refused with 403",
        "1 refused with 413",
        "1 refused with 422",
        "1 ignored (empty)",
        "1 ignored (event_type)",
        "1 ignored (job_status)",
        "1 ignored (digest_only)",
        "1 could not be stored",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(app.page_in("zh", "/notifications").await.contains("收到过 10 个 webhook，但没有产生通知"));
}

#[tokio::test]
async fn the_document_says_that_each_key_is_there_and_which_may_be_null() {
    let app = App::spawn().await;
    let (_, api) = answer(app.client.get(format!("{}/api/openapi.json", app.url))).await;
    let schema = &api["components"]["schemas"]["WebhookRequest"];
    let required: Vec<_> = schema["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    assert_eq!(required, ["received_at", "peer", "status", "result", "reason", "pointer", "event_id", "body"]);
    for nullable in ["peer", "reason", "pointer", "event_id", "body"] {
        assert_eq!(schema["properties"][nullable]["type"], json!(["string", "null"]), "{nullable}");
    }
    let results = &api["components"]["schemas"]["Received"]["enum"];
    assert_eq!(results, &json!(["accepted", "duplicate", "ignored", "refused", "unavailable"]));
}
