//! How fast and how small: the release binary under a load from this process, on the same cores. Prints figures and
//! ratios of one run; it fails nothing. `cargo bench --bench speed`

mod load;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use harborbell::demo::standin::Standin;
use harborbell::store::Store;
use load::{CONNECTIONS, Figures, MEASURED, Service, body, exchange, load, print};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, TransactionBehavior, params_from_iter};
use tempfile::TempDir;
use tokio::net::TcpStream;

const KEY: &str = "be7c4000-0000-4000-8000-000000000000";
const DATABASE: &str = "sqlite://bench.db";
const ROUNDS: usize = 3;
const LONE_EVENTS: usize = 300;
const BACKLOG: u64 = 10_000;
const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
/// Events that the plain loop commits together.
const BATCH: i64 = 256;
/// What is written of an event, and which of these rows are its own.
const TABLES: [(&str, &str); 4] = [
    ("arrivals", "one.event_id = e.id"),
    ("events", "one.rowid = e.rowid"),
    ("deliveries", "one.event_id = e.id"),
    ("images", "one.repository = e.repository AND one.version = e.versions->>0"),
];

#[tokio::main]
async fn main() {
    let wecom = Standin::start(KEY, None).await.unwrap();
    accepting(&wecom).await;
    generated_outside(&wecom).await;
    few_connections(&wecom).await;
    lone_events(&wecom).await;
    backlog(&wecom).await;
    println!("binary: {:.1} MB (below 12)", megabytes(Path::new(env!("CARGO_BIN_EXE_harborbell"))));
}

fn event(number: u64) -> String {
    body(&format!("v1.0.{number}"), number)
}

/// What is only digests is received, parsed and answered, and not stored.
fn digest(number: u64) -> String {
    body(DIGEST, number)
}

/// The same handler without storing, storing, and the same rows in the same tables by SQLite alone, in turns.
async fn accepting(wecom: &Standin) {
    println!("accepting, {CONNECTIONS} connections, the best of {ROUNDS} times {} s:", MEASURED.as_secs());
    let (mut parsed, mut stored, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = TempDir::new().unwrap();
        let service = Service::start(folder.path(), DATABASE, wecom, "18").await;
        parsed.push(load(&service.address, CONNECTIONS, "200 OK", digest).await);
        stored.push(load(&service.address, CONNECTIONS, "202 Accepted", event).await);
        let resident = service.resident_mb();
        service.stop();
        let file = folder.path().join("bench.db");
        let (events, commits) = plain_loop(folder.path(), &file, i64::MAX, BATCH).await;
        let per_second = events as f64 / commits.iter().sum::<Duration>().as_secs_f64();
        println!(
            "  resident under load {resident:.1} MB; on disk {:.2} KB an event (at most 1.4)",
            megabytes(&file) * 1e3 / events as f64
        );
        plain.push(per_second);
        let ready = Service::start(folder.path(), DATABASE, wecom, "0").await;
        println!("  start to ready with {events} events: {:.0} ms (below 100)", ready.started_in.as_secs_f64() * 1e3);
    }
    let (parsed, stored) = (best(parsed), best(stored));
    let plain = plain.into_iter().fold(0.0, f64::max);
    print("not stored", &parsed);
    print("durable", &stored);
    println!("  SQLite alone {plain:>8.0} /s");
    println!(
        "  durable ÷ not stored {:.2} (at least 0.35), ÷ SQLite alone {:.2} (at least 0.75), p99 {:.1} ms (below 20)",
        stored.rate / parsed.rate,
        stored.rate / plain,
        stored.p99_ms
    );
}

fn best(figures: Vec<Figures>) -> Figures {
    figures.into_iter().max_by(|one, other| one.rate.total_cmp(&other.rate)).unwrap()
}

/// Puts the rows of a service's database into another one by a loop over SQLite itself: no HTTP, no JSON, no other thread.
/// Takes at most so many events, some in each commit; gives how many it took, and how long each commit lasted.
async fn plain_loop(folder: &Path, made: &Path, most: i64, batch: i64) -> (i64, Vec<Duration>) {
    let file = folder.join(format!("plain{batch}.db"));
    Store::serve(&format!("sqlite://{}", file.display())).await.unwrap().close().await;
    let made = Connection::open(made).unwrap();
    let mut plain = Connection::open(&file).unwrap();
    plain.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON").unwrap();
    let events: i64 = made.query_row("SELECT max(rowid) FROM events", [], |row| row.get(0)).unwrap();
    let mut commits = Vec::new();
    for from in (1..=events.min(most)).step_by(batch as usize) {
        let rows = TABLES.map(|(table, of_event)| {
            let text = format!(
                "SELECT one.* FROM events e CROSS JOIN {table} one ON {of_event} WHERE e.rowid BETWEEN ?1 AND ?2"
            );
            let mut statement = made.prepare_cached(&text).unwrap();
            let columns = statement.column_count();
            let row =
                |row: &Row<'_>| (0..columns).map(|column| row.get(column)).collect::<rusqlite::Result<Vec<Value>>>();
            let rows = statement.query_map([from, from + batch - 1], row).unwrap();
            rows.collect::<rusqlite::Result<Vec<_>>>().unwrap()
        });
        let began = Instant::now();
        let transaction = plain.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        for ((table, _), rows) in TABLES.iter().zip(rows) {
            let marks = vec!["?"; rows.first().map_or(1, Vec::len)].join(", ");
            let text = format!("INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO NOTHING");
            let mut insert = transaction.prepare_cached(&text).unwrap();
            for row in rows {
                insert.execute(params_from_iter(row)).unwrap();
            }
        }
        transaction.commit().unwrap();
        commits.push(began.elapsed());
    }
    (events.min(most), commits)
}

/// By wrk, where it is installed: it needs less of the two cores than this process does.
async fn generated_outside(wecom: &Standin) {
    if Command::new("wrk").arg("-v").output().is_err() {
        println!("wrk is not installed: no load from outside");
        return;
    }
    println!("the same by wrk:");
    let folder = TempDir::new().unwrap();
    let service = Service::start(folder.path(), DATABASE, wecom, "18").await;
    let rates = [("not stored", digest(0)), ("durable", event(0))].map(|(what, body)| {
        // Each thread has numbers of its own.
        let script = format!(
            "local threads = 0\n\
             function setup(thread) thread:set('id', threads); threads = threads + 1 end\n\
             local number = 0\n\
             function request()\n\
                 number = number + 1\n\
                 local text = string.format('%d%07d', id + 1, number)\n\
                 local body = ([==[{body}]==]):gsub('v1%.0%.0', 'v1.0.' .. text):gsub('1732346947', '17' .. text)\n\
                 return wrk.format('POST', '/webhook/harbor', {{['content-type'] = 'application/json'}}, body)\n\
             end\n"
        );
        let path = folder.path().join("load.lua");
        std::fs::write(&path, script).unwrap();
        let connections = CONNECTIONS.to_string();
        let arguments = ["-t2", "-c", &connections, "-d", "5s", "--latency", "-s"];
        let url = format!("http://{}/", service.address);
        let ran = Command::new("wrk").args(arguments).arg(path).arg(url).output().unwrap();
        let text = String::from_utf8(ran.stdout).unwrap();
        let after = |word: &str| {
            let line = text.lines().find(|line| line.trim_start().starts_with(word)).unwrap_or_default();
            line.split_whitespace().last().unwrap_or_default().to_owned()
        };
        println!("  {what:<12} {:>8} /s, p99 {}; {}", after("Requests/sec"), after("99%"), after("Non-2xx"));
        after("Requests/sec").parse::<f64>().unwrap()
    });
    println!("  ratio {:.2} (at least 0.30)", rates[1] / rates[0]);
}

async fn few_connections(wecom: &Standin) {
    let folder = TempDir::new().unwrap();
    let service = Service::start(folder.path(), DATABASE, wecom, "18").await;
    print("1 connection", &load(&service.address, 1, "202 Accepted", event).await);
    let (_, mut commits) = plain_loop(folder.path(), &folder.path().join("bench.db"), 2_000, 1).await;
    commits.sort_unstable();
    let alone = commits[commits.len() / 2].as_secs_f64() * 1e3;
    println!("    (p50 at most 0.45 ms, p99 below 4 ms; SQLite alone, an event a commit: p50 {alone:.2} ms)");
    print("64", &load(&service.address, 64, "202 Accepted", event).await);
}

async fn lone_events(wecom: &Standin) {
    let folder = TempDir::new().unwrap();
    let service = Service::start(folder.path(), DATABASE, wecom, "0").await;
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
    let (p50, p99) = (waits[LONE_EVENTS / 2], waits[LONE_EVENTS * 99 / 100]);
    println!("acknowledged to POST of a lone event: p50 {p50:.2} ms (at most 1.2), p99 {p99:.2} ms (below 5)");
    println!("resident after {LONE_EVENTS} events: {:.1} MB", service.resident_mb());
    service.stop();
    let service = Service::start(folder.path(), DATABASE, wecom, "0").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!("resident idle, 3 s after a start: {:.1} MB (below 14)", service.resident_mb());
}

/// What came in while one message after the other waited for its turn is sent in few.
async fn backlog(wecom: &Standin) {
    let folder = TempDir::new().unwrap();
    let service = Service::start(folder.path(), DATABASE, wecom, "1").await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    let before = wecom.seen().len();
    for number in 0..BACKLOG {
        exchange(&mut stream, &body(&format!("backlog{number}"), number), "202 Accepted").await;
    }
    service.stop();
    // What has its turn in a minute by that rate has it at once by this one.
    let service = Service::start(folder.path(), DATABASE, wecom, "0").await;
    let last = format!("backlog{}", BACKLOG - 1);
    wecom.until(|seen, _| seen.last().is_some_and(|message| message.body.contains(&last))).await;
    println!("messages for a backlog of {BACKLOG}: {} (at most 160)", wecom.seen().len() - before);
    service.stop();
}

fn megabytes(file: &Path) -> f64 {
    std::fs::metadata(file).unwrap().len() as f64 / 1e6
}
