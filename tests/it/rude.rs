//! Clients that hold what they can without a token: connections, heads, bodies. Webhooks come through all the same.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use harborbell::http::connections::raise_descriptor_limit;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::process::Process;
use crate::support::{App, answer, arrived, client, eventually, program};

/// What a rude client sends before it only waits.
fn kinds() -> Vec<Vec<u8>> {
    let head = |path: &str, length: usize| {
        format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n").into_bytes()
    };
    vec![
        Vec::new(),
        b"POST /sign-in".to_vec(),
        [head("/sign-in", 100), b"t".to_vec()].concat(),
        [head("/api/v1/deliveries/replay", 2 * 1024 * 1024), vec![b' '; 48 * 1024]].concat(),
        [head("/deliveries/matching", 2 * 1024 * 1024), vec![b'x'; 48 * 1024]].concat(),
        [head("/webhook/harbor", 100_000), b"{".to_vec()].concat(),
        [head("/nowhere", 100_000), b"{".to_vec()].concat(),
        // What needs no token, as often as one connection takes it.
        b"GET /api/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(64),
        b"GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(64),
        [b"GET / HTTP/1.1\r\nhost: localhost\r\nx-long: ".to_vec(), vec![b'x'; 60 * 1024]].concat(),
    ]
}

/// Holds a connection until it is closed, and opens the next one; gives how many it had.
async fn hold(address: &str, bytes: &[u8], stop: &CancellationToken) -> usize {
    let mut opened = 0;
    while !stop.is_cancelled() {
        let one = async {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(bytes).await?;
            let mut answered = [0; 1024];
            while stream.read(&mut answered).await? > 0 {}
            std::io::Result::Ok(())
        };
        // A refusal is what it asked for; it comes again, as fast as one that wants to do harm with two cores.
        let pause = tokio::time::sleep(Duration::from_millis(250));
        tokio::select! {
            _ = one => opened += 1,
            () = stop.cancelled() => {}
        }
        tokio::select! {
            () = pause => {}
            () = stop.cancelled() => {}
        }
    }
    opened
}

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
    let address = process.url.trim_start_matches("http://").to_owned();
    let (stop, opened) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
    let kinds = kinds();
    let rude: Vec<_> = (0..1_100)
        .map(|number| {
            let (address, bytes) = (address.clone(), kinds[number % kinds.len()].clone());
            let (stop, opened) = (stop.clone(), opened.clone());
            tokio::spawn(async move {
                opened.fetch_add(hold(&address, &bytes, &stop).await, Ordering::Relaxed);
            })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    let seconds = std::env::var("RUDE_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(8);
    let until = std::time::Instant::now() + Duration::from_secs(seconds);
    let mut posted = 0;
    while std::time::Instant::now() < until {
        posted += 1;
        let request =
            client().post(format!("{}/webhook/harbor", process.url)).body(arrived(&format!("v{posted}")).to_string());
        let began = std::time::Instant::now();
        let (status, body) = timeout(Duration::from_millis(2_500), answer(request)).await.expect("within 2.5 s");
        assert_eq!(status, 202, "{body}");
        slowest = slowest.max(began.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let peak = peak_memory(process.child.id());
    stop.cancel();
    for client in rude {
        client.await.unwrap();
    }
    println!(
        "{posted} webhooks beside {} rude connections: slowest {slowest:?}, peak memory {peak} kB",
        opened.load(Ordering::Relaxed)
    );
    assert!(peak < 100_000, "{peak} kB");
}

/// Kilobytes, of the process itself or of the one that it became.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
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
    let began = std::time::Instant::now();
    let post = client().post(format!("{}/webhook/harbor", process.url)).body(arrived("v1").to_string());
    assert_eq!(answer(post).await.0, 202);
    assert!(began.elapsed() < Duration::from_millis(2_500), "{:?}", began.elapsed());
    let peak = peak_memory(process.child.id());
    println!("200 clients that read nothing: peak memory {peak} kB");
    assert!(peak < 100_000, "{peak} kB");
}
