//! Clients that hold what they can without a token: connections, heads, bodies. Webhooks come through all the same.

use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use harborbell::http::connections::raise_descriptor_limit;
use harborbell::receive::LARGEST_BODY;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::process::Process;
use crate::rude_clients::{Crowd, kinds, peak_memory};
use crate::support::{App, answer, arrived, client, eventually, program};

/// Under a limit of 1,024 descriptors, 1,100 clients of every kind hold all they get.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_8_rude_clients_shut_no_door_and_fill_no_memory() {
    raise_descriptor_limit();
    let folder = TempDir::new().unwrap();
    let mut limited = Command::new("prlimit");
    limited.arg("--nofile=1024:1024").arg(program()).arg("serve");
    // Nobody takes the messages: only the door is asked about.
    let settings = [("ADMIN_TOKEN", "an-admin-token-for-tests"), ("RUST_LOG", "error,harborbell::cli=info")];
    let process = Process::run(&mut limited, folder.path(), "http://127.0.0.1:9/send?key=none-at-all", &settings);
    let kinds: Vec<_> = kinds().into_iter().filter(|kind| !kind.is_heavy).collect();
    let crowd = Crowd::of(process.url.trim_start_matches("http://"), &kinds, 1_100);
    let mut slowest = Duration::ZERO;
    let seconds = std::env::var("RUDE_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(8);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut posted = 0;
    while Instant::now() < until {
        posted += 1;
        let request =
            client().post(format!("{}/webhook/harbor", process.url)).body(arrived(&format!("v{posted}")).to_string());
        let began = Instant::now();
        let (status, body) = timeout(Duration::from_millis(2_500), answer(request)).await.expect("within 2.5 s");
        assert_eq!(status, 202, "{body}");
        slowest = slowest.max(began.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let peak = peak_memory(process.child.id());
    let opened = crowd.opened.load(Ordering::Relaxed);
    crowd.go().await;
    println!("{posted} webhooks beside {opened} rude connections: slowest {slowest:?}, peak memory {peak} kB");
    assert!(opened > 1_100, "{opened} rude connections");
    assert!(peak < 100_000, "{peak} kB");
}

/// Whoever has sent its webhook may say that nothing more comes.
#[tokio::test]
async fn a_half_closed_connection_is_answered() {
    let app = App::spawn().await;
    let body = arrived("v1").to_string();
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
    let head = format!("POST /webhook/harbor HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await.expect("an answer").unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
}

/// However deep it goes, reading it does not.
#[tokio::test]
async fn a_body_of_a_hundred_thousand_levels_is_refused() {
    let app = App::spawn().await;
    for (deep, end) in [("[", ""), ("{\"a\":", ""), ("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{{\"type\":\"REPLICATION\",\"event_data\":{}{}", deep.repeat(100_000), end.repeat(100_000));
        assert_eq!(app.post(deep).await.0, 400);
    }
    app.accept(&arrived("v1")).await;
}

/// None of it is stored, and what was read of it is given back.
#[tokio::test]
async fn a_body_of_a_byte_too_many_and_one_without_end_are_refused() {
    let app = App::spawn().await;
    assert_eq!(app.post(vec![b' '; LARGEST_BODY + 1]).await.0, 413);
    for _ in 0..40 {
        let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
        let head = "POST /webhook/harbor HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let chunk = [b"10000\r\n", &vec![b' '; 0x10000][..], b"\r\n"].concat();
        let mut answer = [0; 12];
        let (mut reads, mut writes) = stream.split();
        // It is closed once it is answered.
        let write = async { while writes.write_all(&chunk).await.is_ok() {} };
        let (read, ()) = timeout(Duration::from_secs(5), async { tokio::join!(reads.read_exact(&mut answer), write) })
            .await
            .expect("an end");
        assert!(read.is_err() || answer == *b"HTTP/1.1 413", "{}", String::from_utf8_lossy(&answer));
    }
    app.accept(&arrived("v1")).await;
}

/// Who has no token is told so after the head; nobody reads what follows.
#[tokio::test]
async fn a_body_is_read_only_after_its_sender_was_admitted() {
    let app = App::spawn_with(&[("ADMIN_TOKEN", "an-admin-token-for-tests")]).await;
    for path in
        ["/api/v1/deliveries/replay", "/api/v1/deliveries/discard", "/deliveries/selected", "/deliveries/matching"]
    {
        let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        // Before a byte of the body has been sent.
        timeout(Duration::from_secs(2), stream.read_exact(&mut answer)).await.expect(path).unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 401", "{path}");
    }
}

/// An admitted client has 5 s for its body, and a limit.
#[tokio::test]
async fn a_body_has_a_limit_and_a_deadline() {
    let app = App::spawn().await;
    let large = "x".repeat(64 * 1024 + 1);
    let (status, _) = answer(app.client.post(format!("{}/api/v1/deliveries/replay", app.url)).body(large)).await;
    assert_eq!(status, 413);
    let form = app.client.post(format!("{}/deliveries/selected", app.url)).body("x".repeat(16 * 1024 + 1));
    assert_eq!(form.send().await.unwrap().status(), 413);
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
    let head = "POST /api/v1/deliveries/replay HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    timeout(Duration::from_secs(8), stream.read_exact(&mut answer)).await.expect("a deadline").unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 408");
}

/// No more than so many bodies are read at once outside of the webhook: those who may have places of their own, and who
/// only holds one at the sign-in gives it up for who sends a whole form.
#[tokio::test]
async fn too_many_bodies_at_once_are_a_503_after_the_head() {
    const TOKEN: &str = "an-admin-token-for-tests";
    let app = App::spawn_with(&[("ADMIN_TOKEN", TOKEN)]).await;
    let hold = async |head: &str| {
        let mut held = Vec::new();
        for _ in 0..70 {
            let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
            stream
                .write_all(format!("{head}host: localhost\r\ncontent-length: 1000\r\n\r\nt").as_bytes())
                .await
                .unwrap();
            held.push(stream);
        }
        held
    };
    let call = || app.client.post(format!("{}/api/v1/deliveries/replay", app.url)).bearer_auth(TOKEN).body("{}");
    let refused = || async { call().send().await.unwrap().status() == 503 };
    let sign_in = || async {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let request = client.post(format!("{}/sign-in", app.url)).body(format!("token={TOKEN}"));
        request.send().await.unwrap().status()
    };
    let strangers = hold("POST /sign-in HTTP/1.1\r\n").await;
    assert!(!refused().await, "who may is not kept out by those who sign in");
    assert_eq!(sign_in().await, 303, "nor is who has the token");
    let callers = hold(&format!("POST /api/v1/deliveries/replay HTTP/1.1\r\nauthorization: Bearer {TOKEN}\r\n")).await;
    eventually("the places are taken", refused).await;
    let another = App::spawn().await;
    let (status, _) = another.call("/api/v1/deliveries/replay", &json!({ "state": "failed" })).await;
    assert_eq!(status, 200, "another service has places of its own");
    app.accept(&arrived("v1")).await;
    drop((strangers, callers));
    eventually("they are free again", || async { !refused().await }).await;
}

/// Who sends requests and reads no answer has none kept for him without a bound.
#[tokio::test]
async fn invariant_8_answers_that_nobody_reads_take_no_memory() {
    let (folder, settings) = (TempDir::new().unwrap(), [("ADMIN_TOKEN", "an-admin-token-for-tests")]);
    let process = Process::start(folder.path(), "http://127.0.0.1:9/send?key=none-at-all", &settings);
    let mut held = Vec::new();
    for path in ["/api/openapi.json", "/assets/style.css", "/sign-in", "/nowhere", "/healthz"] {
        let many = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").repeat(200);
        for _ in 0..40 {
            let mut stream = TcpStream::connect(process.url.trim_start_matches("http://")).await.unwrap();
            // It may be closed before all of it is sent.
            let _ = stream.write_all(many.as_bytes()).await;
            held.push(stream);
        }
    }
    let began = Instant::now();
    let post = client().post(format!("{}/webhook/harbor", process.url)).body(arrived("v1").to_string());
    assert_eq!(answer(post).await.0, 202);
    assert!(began.elapsed() < Duration::from_millis(2_500), "{:?}", began.elapsed());
    let peak = peak_memory(process.child.id());
    println!("200 clients that read nothing: peak memory {peak} kB");
    assert!(peak < 100_000, "{peak} kB");
}
