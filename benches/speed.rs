//! How fast and how small: the release binary under a load from this process, on the same cores. Prints
//! figures and ratios of one run; it fails nothing. `cargo bench`

mod load;

use std::time::{Duration, Instant};

use harborbell::demo::standin::Standin;
use load::{CONNECTIONS, MEASURED, Service, body, exchange, load, print};
use tokio::net::TcpStream;

const KEY: &str = "be7c4000-0000-4000-8000-000000000000";
const DATABASE: &str = "sqlite://bench.db";
const LONE_EVENTS: usize = 300;
const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

#[tokio::main]
async fn main() {
    let folder = tempfile::TempDir::new().unwrap();
    let wecom = Standin::start(KEY, None).await.unwrap();

    println!("accepting, {CONNECTIONS} connections, {} s each:", MEASURED.as_secs());
    let service = Service::start(folder.path(), DATABASE, &wecom, "18").await;
    // The same handler without a store: what is only digests is received, parsed and answered.
    let parsed = load(&service.address, "200 OK", |number| body(DIGEST, number)).await;
    print("not stored", &parsed);
    let stored = load(&service.address, "202 Accepted", |number| body(&format!("v1.0.{number}"), number)).await;
    print("durable", &stored);
    println!(
        "  ratio {:.2} (wanted: at least 0.25), p99 {:.1} ms (below 60)",
        stored.rate / parsed.rate,
        stored.p99_ms
    );
    println!("  resident under load: {:.1} MB", service.resident_mb());
    drop(service);

    let ready = Service::start(folder.path(), DATABASE, &wecom, "0").await;
    println!("start to ready on that database: {:.0} ms (below 200)", ready.started_in.as_secs_f64() * 1e3);
    drop(ready);

    let folder = tempfile::TempDir::new().unwrap();
    let service = Service::start(folder.path(), DATABASE, &wecom, "0").await;
    let mut waits = Vec::new();
    for number in 0..LONE_EVENTS {
        let before = wecom.seen().len();
        let mut stream = TcpStream::connect(&service.address).await.unwrap();
        exchange(&mut stream, &body(&format!("lone{number}"), 0), "202 Accepted").await;
        let acknowledged = Instant::now();
        wecom.until(|seen, _| seen.len() > before).await;
        waits.push(acknowledged.elapsed().as_secs_f64() * 1e3);
    }
    waits.sort_by(f64::total_cmp);
    println!(
        "acknowledged to POST of a lone event: p50 {:.1} ms (below 10), p99 {:.1} ms",
        waits[LONE_EVENTS / 2],
        waits[LONE_EVENTS * 99 / 100]
    );
    println!("resident after {LONE_EVENTS} events: {:.1} MB", service.resident_mb());
    drop(service);
    let service = Service::start(folder.path(), DATABASE, &wecom, "0").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!("resident idle, 3 s after a start: {:.1} MB (below 25)", service.resident_mb());
}
