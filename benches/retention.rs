//! A million events that ended long ago are removed under load: how fast webhooks are answered and deliveries sent before
//! and during it, how large the file is before and after, and whether `where` says the same. It fails nothing.
//! `cargo bench --bench retention`, or with another number of events: `-- 100000`. With a folder behind the number the
//! events are made there once: `-- 1000000 /path`.

#[allow(dead_code, reason = "other benchmarks use more of it")]
mod load;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::Standin;
use harborbell::model::clock::{Clock, HOUR, Millis};
use harborbell::model::delivery::Assignment;
use harborbell::model::event::Event;
use harborbell::model::harbor::{Reading, read};
use harborbell::store::Store;
use harborbell::store::accept::Offer;
use harborbell::store::arrivals::Question;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::net::TcpStream;
use uuid::Uuid;

use load::{Service, body, exchange};

const EVENTS: i64 = 1_000_000;
const DAY: Millis = 24 * HOUR;
const REGISTRIES: [(&str, &str); 4] = [("aliyun", "阿里仓"), ("huawei", "华为仓"), ("tencent", "腾讯仓"), ("aws", "")];
/// Webhooks a second, by so many connections.
const RATE: u64 = 100;
const CONNECTIONS: u64 = 20;
const BEFORE: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(8 * 60);

#[tokio::main]
async fn main() {
    let events = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(EVENTS);
    let kept = std::env::args().skip(1).map(PathBuf::from).find(|argument| argument.is_dir());
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("retention.db");
    let made = kept.unwrap_or_else(|| folder.path().to_owned()).join(format!("{events}.db"));
    let began = Instant::now();
    if !made.exists() {
        make(&format!("sqlite://{}", made.display()), events).await;
        println!("{events} events of 200 to 400 days ago made in {:.0} s", began.elapsed().as_secs_f64());
    }
    std::fs::copy(&made, &file).unwrap();
    // Or the first commits wait for it.
    std::fs::File::open(&file).unwrap().sync_all().unwrap();
    let url = format!("sqlite://{}", file.display());
    looked_just_now(&url).await;
    let known = answers(&url, events).await;
    let size_before = megabytes(&file);

    let wecom = Standin::start("bench", None).await.unwrap();
    let service = Service::start_with(folder.path(), &url, &wecom, "0", &[("RETENTION", "0")]).await;
    let before = under_load(&service.address, &url, async || tokio::time::sleep(BEFORE).await).await;
    drop(service);
    let service = Service::start_with(folder.path(), &url, &wecom, "0", &[("RETENTION", "180d")]).await;
    let began = Instant::now();
    let during = under_load(&service.address, &url, async || {
        while began.elapsed() < LONGEST && !says_that_it_removed(folder.path()) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await;
    let took = began.elapsed().as_secs_f64();
    drop(service);

    println!("\n{RATE} webhooks a second    {:>10} {:>10} {:>10}", "p50, ms", "p99, ms", "max, ms");
    for (what, figures) in [("before", &before), ("during", &during)] {
        println!("answered, {what:<15}{}", spread(&figures.answered));
        println!("sent, {what:<19}{}", spread(&figures.sent));
    }
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let line = log.lines().find(|line| line.contains("removed what ended")).unwrap_or("it did not end in time");
    println!("\nin {took:.0} s: {line}");
    println!("file: {size_before:.0} MB before, {:.0} MB after", megabytes(&file));
    let same = answers(&url, events).await == known;
    println!("`where` about {} images: {}", known.len(), if same { "the same" } else { "NOT the same" });
}

struct Figures {
    /// From the request to its answer.
    answered: Vec<f64>,
    /// From the acceptance to WeCom's ok.
    sent: Vec<f64>,
}

/// A steady load until something has happened.
async fn under_load(address: &str, url: &str, until: impl AsyncFnOnce()) -> Figures {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let is_over = std::sync::Arc::new(AtomicBool::new(false));
    let began = Clock::System.now();
    let connections = (0..CONNECTIONS).map(|place| {
        let (address, is_over) = (address.to_owned(), is_over.clone());
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (every, mut waits) = (Duration::from_millis(1_000 * CONNECTIONS / RATE), Vec::new());
            tokio::time::sleep(every / CONNECTIONS as u32 * place as u32).await;
            let mut ticks = tokio::time::interval(every);
            while !is_over.load(Ordering::Relaxed) {
                ticks.tick().await;
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let (request, sent) = (body(&format!("new-{number}"), number), Instant::now());
                exchange(&mut stream, &request, "202 Accepted").await;
                waits.push(sent.elapsed().as_secs_f64() * 1e3);
            }
            waits
        })
    });
    let connections: Vec<_> = connections.collect();
    until().await;
    is_over.store(true, Ordering::Relaxed);
    let mut answered = Vec::new();
    for connection in connections {
        answered.extend(connection.await.unwrap());
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut database = SqliteConnection::connect(url).await.unwrap();
    let sent: Vec<f64> = sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT CAST(finished_at - created_at AS REAL) FROM deliveries WHERE state = 'delivered' AND created_at >= {began}"
    )))
    .fetch_all(&mut database)
    .await
    .unwrap();
    Figures { answered, sent }
}

fn spread(times: &[f64]) -> String {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    format!("{:>10.1} {:>10.1} {:>10.1}   of {}", at(0.5), at(0.99), at(1.0), times.len())
}

fn says_that_it_removed(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("log")).is_ok_and(|log| log.contains("removed what ended"))
}

fn megabytes(file: &Path) -> f64 {
    std::fs::metadata(file).unwrap().len() as f64 / 1e6
}

/// What `where` says about some of the images.
async fn answers(url: &str, events: i64) -> Vec<String> {
    let store = Store::open(url).await.unwrap();
    let mut answers = Vec::new();
    for number in (0..events).step_by(((events / 500).max(1) | 1) as usize) {
        let (repository, version) = image(number);
        let question = Question { repository, version: Some(version), ..Question::default() };
        answers.push(format!("{:?}", store.arrivals(&question, &[]).await.unwrap()));
    }
    store.close().await;
    answers
}

/// As if a service had run all the time: after a long pause nothing is removed for a week.
async fn looked_just_now(url: &str) {
    let mut database = SqliteConnection::connect(url).await.unwrap();
    let looked = sqlx::query("INSERT INTO retention (id, looked_at, announced_at, held_until) VALUES (1, $1, 0, 0)");
    looked.bind(Clock::System.now()).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

/// Each was sent by a message about four of them.
async fn make(url: &str, events: i64) {
    let store = Store::serve(url).await.unwrap();
    let now = Clock::System.now();
    for batch in 0..events / 1_000 {
        let at = now - 400 * DAY + batch * 200 * DAY / (events / 1_000);
        let offers: Vec<_> = (batch * 1_000..(batch + 1) * 1_000).map(|number| offer(number, at)).collect();
        let assign = |_: &Event| {
            let delivery_id = Uuid::now_v7().to_string();
            vec![Assignment { delivery_id, robot: "default".into(), mentions: Vec::new(), grace: 0 }]
        };
        store.accept(&offers, assign, at).await.unwrap();
    }
    store.close().await;
    drop(store);
    let mut database = SqliteConnection::connect(url).await.unwrap();
    for made in [
        "UPDATE deliveries SET state = 'delivered', attempts = 1, next_attempt_at = 0, finished_at = created_at + 400",
        "INSERT INTO messages (id, robot, body, started_at, duration_ms, outcome, http_status, errcode, errmsg)
         SELECT id, robot, printf('%.600c', 'x'), created_at + 300, 90, 'delivered', 200, 0, 'ok' FROM deliveries
         WHERE rowid % 4 = 1",
        "INSERT INTO attempts SELECT d.id, 1, first.id FROM deliveries d
         JOIN deliveries first ON first.rowid = d.rowid - (d.rowid - 1) % 4",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    ] {
        sqlx::query(made).execute(&mut database).await.unwrap();
    }
}

fn image(number: i64) -> (String, String) {
    (format!("mars/app-{}", number % 200), format!("v1.{number}"))
}

fn offer(number: i64, at: Millis) -> Offer {
    let (repository, version) = image(number);
    let payload = Replication {
        repository: &repository,
        references: &[&version],
        registry: REGISTRIES[(number / 10 % 4) as usize],
        succeeded: number % 10 != 0,
        execution: at / 1_000 + number % 1_000,
    }
    .payload()
    .to_string();
    let Ok(Reading::Event(webhook)) = read(&payload, at, false) else { unreachable!("it is a push that ended") };
    Offer { event_id: Uuid::now_v7().to_string(), webhook: *webhook, payload, is_quiet: false, look_up: 0 }
}
