//! The door, over real HTTP: every answer, and that one bad guest harms no other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use harborbell::demo::payloads::Replication;
use harborbell::intake::intake;
use harborbell::metrics::Metrics;
use harborbell::model::clock::Clock;
use harborbell::store::filter::Filter;
use reqwest::header::AUTHORIZATION;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::support::{ALIYUN, App, Bench, EXECUTION, HUAWEI, arrived, eventually, push, webhook};

/// Harbor gives up after 3 s; the door answers within 2.5, and the clock of this test has some slack.
const HARBOR_WAITS: Duration = Duration::from_secs(3);

#[tokio::test]
async fn the_group_reads_registry_repository_version_and_local_time() {
    let app = App::spawn().await;
    app.accept(&arrived("v1.2.3")).await;
    let expected = "**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n\
        > 镜像：`mars/mars-api`\n> 版本：`v1.2.3`\n> 时间：2024-11-23 15:29:43（用时 36 秒）";
    assert_eq!(app.shown(1).await, [expected]);
}

#[tokio::test]
async fn the_same_body_five_times_in_parallel_is_one_row_and_one_message() {
    let mut app = App::spawn().await;
    let body = arrived("v1").to_string();
    let answers = futures_util::future::join_all((0..5).map(|_| app.post(body.clone()))).await;
    let count = |wanted: &str| answers.iter().filter(|(_, answer)| answer["status"] == wanted).count();
    assert_eq!((count("accepted"), count("duplicate")), (1, 4), "{answers:?}");
    assert_eq!(app.deliveries().await.len(), 1);
    app.shown(1).await;
    app.stop().await.unwrap();
    assert_eq!(app.wecom.shown().len(), 1);
}

#[tokio::test]
async fn error_then_success_tells_both_and_a_second_registry_is_its_own_message() {
    let app = App::spawn().await;
    let mut replication = push("mars/mars-api", &["v1"]);
    replication.succeeded = false;
    app.accept(&replication.payload()).await;
    app.shown(1).await;
    app.accept(&arrived("v1")).await;
    app.shown(2).await;
    app.accept(&Replication { registry: HUAWEI, ..push("mars/mars-api", &["v1"]) }.payload()).await;
    let shown = app.shown(3).await;
    assert!(
        shown[0].contains("失败") && shown[1].contains("重试后成功 ") | shown[1].contains("重试后成功<"),
        "{shown:?}"
    );
    assert!(shown[2].contains("华为仓") && shown[2].contains(">成功<"), "{shown:?}");
    assert_eq!(app.post(replication.payload().to_string()).await.1, json!({ "status": "duplicate" }));
}

#[tokio::test]
async fn an_ignored_webhook_says_why() {
    let app = App::spawn().await;
    let digest = push("mars/mars-api", &["sha256:xxx"]).payload();
    assert_eq!(app.post(digest.to_string()).await, (200, json!({ "status": "ignored", "reason": "digest_only" })));
    assert_eq!(app.post("").await, (200, json!({ "status": "ignored", "reason": "empty" })));
    let pushed = json!({ "type": "PUSH_ARTIFACT" }).to_string();
    assert_eq!(app.post(pushed).await, (200, json!({ "status": "ignored", "reason": "event_type" })));
    assert!(app.deliveries().await.is_empty());
}

#[rstest]
#[case::not_json("{".as_bytes().to_vec(), 400, None)]
#[case::not_utf8(vec![0xff, 0xfe], 400, None)]
#[case::too_large(vec![b' '; 1024 * 1024 + 1], 413, None)]
#[case::malformed(json!({ "type": "REPLICATION", "event_data": { "replication": {} } }).to_string().into_bytes(), 422, Some("/event_data/replication/job_status"))]
#[tokio::test]
async fn bad_input_gets_a_clear_error_and_harms_nobody(
    #[case] body: Vec<u8>,
    #[case] expected: u16,
    #[case] pointer: Option<&str>,
) {
    let app = App::spawn().await;
    let (status, problem) = app.post(body).await;
    assert_eq!((status, &problem["status"]), (expected, &json!(expected)), "{problem}");
    assert_eq!(problem.get("pointer").and_then(Value::as_str), pointer);
    assert!(problem["type"].is_string() && problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
    app.accept(&arrived("v1")).await;
}

#[tokio::test]
async fn an_unknown_path_is_a_problem_too() {
    let app = App::spawn().await;
    let response = app.client.get(format!("{}/nowhere", app.url)).send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}

#[rstest]
#[case(None, 401)]
#[case(Some("Secret 12"), 401)]
#[case(Some("secret 123"), 401)]
#[case(Some("Secret 123"), 202)]
#[tokio::test]
async fn the_authorization_must_be_harbors(#[case] header: Option<&str>, #[case] expected: u16) {
    let app = App::spawn_with(&[("HARBOR_AUTH_HEADER", " Secret 123 ")]).await;
    let mut request = app.client.post(format!("{}/webhook/harbor", app.url)).body(arrived("v1").to_string());
    if let Some(header) = header {
        request = request.header(AUTHORIZATION, header);
    }
    assert_eq!(request.send().await.unwrap().status(), expected);
}

#[tokio::test]
async fn outcomes_that_are_not_told_are_stored() {
    let app = App::spawn_with(&[("NOTIFY_OUTCOMES", "failed")]).await;
    let (status, answer) = app.post(arrived("v1").to_string()).await;
    assert_eq!((status, &answer["deliveries"]), (202, &json!(0)));
    assert_eq!(app.post(arrived("v1").to_string()).await.1["status"], "duplicate");
}

/// A reset drops the handler's future wherever it waits; here, right after it has handed its event over.
#[tokio::test]
async fn a_client_that_hangs_up_loses_no_event() {
    let bench = Bench::new(&[]).await;
    let (_keep, routing) = watch::channel(Arc::new(bench.config.routing.clone()));
    let (nudge, _) = watch::channel(());
    let (intake, committer) = intake(bench.store.clone(), routing, Clock::System, Metrics::default(), nudge, None);
    let mut offered = Box::pin(intake.offer(webhook(&arrived("v1")), "{}".into(), intake.room()));
    assert!(futures_util::poll!(&mut offered).is_pending());
    drop(offered);
    tokio::spawn(committer.run(CancellationToken::new()));
    eventually("the event is stored", || async { bench.store.count(&Filter::default()).await.unwrap() == 1 }).await;
}

#[tokio::test]
async fn a_body_that_stalls_is_answered_in_time_and_stops_nobody() {
    let app = App::spawn().await;
    let body = arrived("v1").to_string();
    let started = Instant::now();
    let mut stream = connect(&app).await;
    stream.write_all(request(&body[..20], body.len()).as_bytes()).await.unwrap();
    app.accept(&arrived("v2")).await;
    let mut answer = vec![0; 1_024];
    let read = stream.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 503"), "{}", String::from_utf8_lossy(&answer[..read]));
    assert!(started.elapsed() < HARBOR_WAITS, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_locked_database_is_a_503_in_time_and_service_resumes() {
    let app = App::spawn().await;
    let mut writer = app.intruder().await;
    writer.lock().await;
    let started = Instant::now();
    let (status, problem) = app.post(arrived("v1").to_string()).await;
    assert_eq!(status, 503, "{problem}");
    assert!(started.elapsed() < HARBOR_WAITS, "{:?}", started.elapsed());
    let ready = app.client.get(format!("{}/readyz", app.url)).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert_eq!(ready.headers()["content-type"], "application/problem+json");
    let problem: Value = ready.json().await.unwrap();
    assert_eq!((&problem["status"], &problem["robots"][0]["name"]), (&json!(503), &json!("default")));
    writer.let_go().await;
    app.accept(&arrived("v2")).await;
    let ready = || async { app.client.get(format!("{}/readyz", app.url)).send().await.unwrap().status() == 200 };
    eventually("it is ready again", ready).await;
}

#[tokio::test]
async fn a_failing_database_is_a_503_and_harbors_next_try_is_stored() {
    let app = App::spawn().await;
    let mut writer = app.intruder().await;
    writer.execute("ALTER TABLE arrivals RENAME TO gone").await;
    assert_eq!(app.post(arrived("v1").to_string()).await.0, 503);
    writer.execute("ALTER TABLE gone RENAME TO arrivals").await;
    app.accept(&arrived("v1")).await;
}

/// Invariant 8: more than the queue holds is refused at once; nothing waits in memory without a bound.
#[tokio::test]
async fn invariant_8_a_full_queue_is_a_503_and_service_resumes() {
    let app = App::spawn().await;
    let mut writer = app.intruder().await;
    writer.lock().await;
    let large: Vec<_> = (0..60)
        .map(|number| {
            let mut payload = arrived(&format!("v{number}"));
            payload["operator"] = "x".repeat(900 * 1024).into();
            payload.to_string()
        })
        .collect();
    let started = Instant::now();
    let answers = futures_util::future::join_all(large.into_iter().map(|body| app.post(body))).await;
    assert!(answers.iter().all(|(status, _)| *status == 503), "{answers:?}");
    let full = answers
        .iter()
        .filter(|(_, problem)| problem["detail"].as_str().unwrap().contains("too much is waiting"))
        .count();
    assert!(full >= 20, "{full} of 60 were refused for room, after {:?}", started.elapsed());
    writer.let_go().await;
    // What was queued is stored first; until then Harbor may have to come again.
    let resumes = || async { [200, 202].contains(&app.post(arrived("after").to_string()).await.0) };
    eventually("service resumes", resumes).await;
}

#[tokio::test]
async fn readyz_shows_the_robots_and_never_a_url() {
    let app = App::spawn().await;
    app.accept(&arrived("v1")).await;
    app.shown(1).await;
    let text = app.client.get(format!("{}/readyz", app.url)).send().await.unwrap().text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["status"], "ready");
    let keys: Vec<_> = body["robots"][0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        ["name", "state", "paused_until", "errcode", "failures", "next_slot_at", "waiting", "oldest_waiting_at"]
    );
    assert!(!text.contains("webhook/send"));
    assert_eq!(app.client.get(format!("{}/healthz", app.url)).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_storm_of_five_hundred_is_stored_and_told_in_digests() {
    let app = App::spawn().await;
    let posts = (0..500).map(|number| {
        let version = format!("v{number}");
        let replication = Replication {
            repository: "mars/mars-api",
            references: &[&version],
            registry: ALIYUN,
            succeeded: true,
            execution: EXECUTION,
        };
        app.post(replication.payload().to_string())
    });
    let answers = futures_util::future::join_all(posts).await;
    assert!(answers.iter().all(|(status, _)| *status == 202));
    let told = |shown: &[String]| shown.iter().map(|message| message.matches("mars/mars-api").count()).sum::<usize>();
    eventually("all are told", || async { told(&app.shown(1).await) == 500 }).await;
    assert!(app.wecom.shown().len() < 100, "{} messages", app.wecom.shown().len());
}

async fn connect(app: &App) -> TcpStream {
    TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap()
}

fn request(body: &str, length: usize) -> String {
    format!(
        "POST /webhook/harbor HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}
