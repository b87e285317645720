//! What the benchmarks have in common: the release binary, and a load of webhooks from this process.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::Standin;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const CONNECTIONS: u64 = 256;
const WARM_UP: Duration = Duration::from_secs(1);
pub const MEASURED: Duration = Duration::from_secs(5);

pub struct Service {
    pub child: Child,
    pub address: String,
    pub started_in: Duration,
}

impl Service {
    pub async fn start(folder: &Path, database_url: &str, wecom: &Standin, rate: &str) -> Self {
        Self::start_with(folder, database_url, wecom, rate, &[]).await
    }

    pub async fn start_with(
        folder: &Path,
        database_url: &str,
        wecom: &Standin,
        rate: &str,
        settings: &[(&str, &str)],
    ) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let started = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_harborbell"))
            .arg("serve")
            .current_dir(folder)
            .env("DATABASE_URL", database_url)
            .env("LISTEN_ADDR", &address)
            .env("WECOM_WEBHOOK_URL", wecom.url())
            .env("WECOM_RATE_PER_MINUTE", rate)
            .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or("info".into()))
            .envs(settings.iter().copied())
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        while !is_ready(&address).await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Self { child, address, started_in: started.elapsed() }
    }

    /// Waits until it has ended.
    pub fn stop(self) {}

    pub fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1_024.0
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let stopped = Command::new("kill").arg(self.child.id().to_string()).status();
        stopped.expect("kill is there");
        self.child.wait().expect("it is our child");
    }
}

async fn is_ready(address: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address).await else { return false };
    let request = "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).await.is_ok()
        && stream.read_to_string(&mut answer).await.is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

pub struct Figures {
    pub rate: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

pub fn print(what: &str, figures: &Figures) {
    println!("  {what:<12} {:>8.0} /s, p50 {:.1} ms, p99 {:.1} ms", figures.rate, figures.p50_ms, figures.p99_ms);
}

pub async fn load(address: &str, connections: u64, expected: &'static str, body: fn(u64) -> String) -> Figures {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let measure_from = Instant::now() + WARM_UP;
    let until = measure_from + MEASURED;
    let connections = (0..connections).map(|_| {
        let address = address.to_owned();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut waits = Vec::new();
            while Instant::now() < until {
                let request = body(NEXT.fetch_add(1, Ordering::Relaxed));
                let sent = Instant::now();
                exchange(&mut stream, &request, expected).await;
                if sent >= measure_from {
                    waits.push(sent.elapsed());
                }
            }
            waits
        })
    });
    let mut waits = Vec::new();
    for connection in connections.collect::<Vec<_>>() {
        waits.extend(connection.await.unwrap());
    }
    waits.sort_unstable();
    let at = |share: f64| waits[(waits.len() as f64 * share) as usize].as_secs_f64() * 1e3;
    Figures { rate: waits.len() as f64 / MEASURED.as_secs_f64(), p50_ms: at(0.5), p99_ms: at(0.99) }
}

/// A push of its own, which makes an execution of its own.
pub fn body(reference: &str, number: u64) -> String {
    let registry = ("aliyun-acr", "阿里仓");
    Replication {
        repository: "mars/mars-api",
        references: &[reference],
        registry,
        succeeded: true,
        execution: 1_732_346_947 + number as i64,
    }
    .payload()
    .to_string()
}

/// One request and its whole answer, which is small.
pub async fn exchange(stream: &mut TcpStream, body: &str, expected: &str) {
    let request = format!(
        "POST /webhook/harbor HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::with_capacity(512);
    loop {
        let read = stream.read_buf(&mut answer).await.unwrap();
        assert!(read > 0, "the connection ended");
        if let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = std::str::from_utf8(&answer[..head]).unwrap();
            let length = text.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
            if answer.len() >= head + 4 + length.parse::<usize>().unwrap() {
                assert!(text.contains(expected), "{}", String::from_utf8_lossy(&answer));
                // The service ends a connection after many answers, as any server may.
                if text.contains("connection: close") {
                    *stream = TcpStream::connect(stream.peer_addr().unwrap()).await.unwrap();
                }
                return;
            }
        }
    }
}
