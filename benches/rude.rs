//! What rude clients do to others: each kind of them against a service of its own, and a normal webhook now and then. Prints
//! figures of one run; it fails nothing. `cargo bench --bench rude`; `RUDE_SECONDS=30` looks longer at each.

// What the benchmarks have in common; not all of it is used here.
#[allow(dead_code)]
mod load;
#[path = "../tests/it/rude_clients.rs"]
mod rude_clients;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use harborbell::demo::standin::Standin;
use harborbell::http::connections::raise_descriptor_limit;
use load::{Service, body};
use rude_clients::{Crowd, Kind, kinds, peak_memory};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const KEY: &str = "be7c4000-0000-4000-8000-000000000000";
const CLIENTS: usize = 1_000;
const IDLE_CLIENTS: usize = 5_000;

#[tokio::main]
async fn main() {
    raise_descriptor_limit();
    let wecom = Standin::start(KEY, None).await.unwrap();
    let seconds = std::env::var("RUDE_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(5);
    println!("a normal webhook every 20 ms for {seconds} s, beside {CLIENTS} clients ({IDLE_CLIENTS} that are idle):");
    println!(
        "{:<26} {:>7} {:>7} {:>9} {:>8} {:>8} {:>8} {:>6}",
        "", "open", "opened", "accepted", "p50", "p99", "max", "peak"
    );
    let kinds = kinds();
    for kind in &kinds {
        let clients = if kind.name == "idle" { IDLE_CLIENTS } else { CLIENTS };
        look(kind.name, std::slice::from_ref(kind), clients, seconds, &wecom).await;
    }
    look("all of them in turn", &kinds, CLIENTS, seconds, &wecom).await;
}

async fn look(name: &str, kinds: &[Kind], clients: usize, seconds: u64, wecom: &Standin) {
    let folder = tempfile::TempDir::new().unwrap();
    let service = Service::start_with(folder.path(), "sqlite://rude.db", wecom, "18", &[("RUST_LOG", "error")]).await;
    let crowd = Crowd::of(&service.address, kinds, clients);
    let (mut waits, mut accepted) = (Vec::new(), 0);
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        let began = Instant::now();
        accepted += usize::from(post(&service.address, waits.len() as u64).await.is_ok_and(|is_accepted| is_accepted));
        waits.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (open, opened) = (crowd.open.load(Ordering::Relaxed), crowd.opened.load(Ordering::Relaxed));
    let peak = peak_memory(service.child.id()) / 1_024;
    crowd.go().await;
    waits.sort_unstable();
    let at = |share: f64| format!("{} ms", waits[((waits.len() - 1) as f64 * share) as usize].as_millis());
    let accepted = format!("{accepted}/{}", waits.len());
    println!(
        "{name:<26} {open:>7} {opened:>7} {accepted:>9} {:>8} {:>8} {:>8} {peak:>3} MB",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

/// On a connection of its own, as Harbor does it; whether the answer is 202.
async fn post(address: &str, number: u64) -> std::io::Result<bool> {
    let body = body(&format!("v1.0.{number}"), number);
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST /webhook/harbor HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer.starts_with(b"HTTP/1.1 202"))
}
