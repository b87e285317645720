//! Several replicas on one PostgreSQL. These tests need `tests/with-postgres`, and say so where it is not there.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::Standin;
use harborbell::lane::Next;
use harborbell::metrics::Metrics;
use harborbell::model::clock::Clock;
use harborbell::serve::lanes;
use harborbell::store::Store;
use harborbell::store::accept::Acceptance;
use harborbell::store::filter::Filter;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::database::{Cluster, Intruder, Proxy, only_on_postgres, url_of};
use crate::process::Process;
use crate::support::{App, Bench, arrived, client, eventually, offer, push, told_by, within};

const ROBOTS: usize = 5;
/// Ten messages a second: a gap of 100 ms.
const RATE: &str = "600";
const GAP: i64 = 100;

/// Some replicas, a stand-in for each robot, and one database.
struct Fleet {
    folder: TempDir,
    database_url: String,
    groups: Vec<Standin>,
    replicas: Vec<Process>,
}

impl Fleet {
    async fn of(replicas: usize, database_url: impl FnOnce(&TempDir) -> String) -> Self {
        let folder = TempDir::new().unwrap();
        let mut groups = Vec::new();
        let mut routes = String::new();
        for robot in 0..ROBOTS {
            let group = Standin::start(&format!("key-of-robot-{robot}"), None).await.unwrap();
            routes += &format!("[robots.r{robot}]\nurl = \"{}\"\n[[routes]]\nrobots = \"r{robot}\"\n", group.url());
            groups.push(group);
        }
        std::fs::write(folder.path().join("routes.toml"), routes).unwrap();
        let database_url = database_url(&folder);
        let mut fleet = Self { folder, database_url, groups, replicas: Vec::new() };
        for _ in 0..replicas {
            let replica = fleet.start();
            fleet.replicas.push(replica);
        }
        fleet
    }

    fn start(&self) -> Process {
        let settings = [
            ("DATABASE_URL", self.database_url.as_str()),
            ("ROUTES_FILE", "routes.toml"),
            ("WECOM_RATE_PER_MINUTE", RATE),
            ("RUST_LOG", "warn,harborbell=info"),
        ];
        Process::start(self.folder.path(), "", &settings)
    }

    async fn all_told(&self, events: usize) {
        let store = Store::open(&self.database_url).await.unwrap();
        let told = Filter { state: Some("delivered".parse().unwrap()), ..Filter::default() };
        let limit = Instant::now() + Duration::from_secs(180);
        while store.count(&told).await.unwrap() < (events * ROBOTS) as i64 {
            assert!(Instant::now() < limit, "{:?}", store.robots(0, 1_000).await.unwrap());
            sleep(Duration::from_millis(200)).await;
        }
        assert_eq!(store.count(&Filter::default()).await.unwrap(), (events * ROBOTS) as i64);
    }

    /// How often a robot's group saw each version.
    fn shown(&self, robot: usize) -> HashMap<String, usize> {
        let mut shown = HashMap::new();
        for message in self.groups[robot].shown() {
            for version in versions(&message.content) {
                *shown.entry(version).or_default() += 1;
            }
        }
        shown
    }

    /// The least time between two messages of a robot, in milliseconds, as its group saw them.
    fn least_gap(&self, robot: usize) -> i64 {
        let at: Vec<_> = self.groups[robot].shown().iter().map(|shown| shown.at).collect();
        at.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap()
    }
}

fn versions(content: &str) -> impl Iterator<Item = String> {
    content.split('`').skip(1).step_by(2).filter(|span| span.starts_with("e-")).map(str::to_owned)
}

/// Posts as Harbor does, to one replica or another, until it is taken.
async fn post(client: &reqwest::Client, urls: &[String], number: usize) {
    let body = arrived(&format!("e-{number}")).to_string();
    for attempt in 0.. {
        let url = &urls[(number * 7 + attempt) % urls.len()];
        let request = client.post(format!("{url}/webhook/harbor")).timeout(Duration::from_secs(3));
        match request.body(body.clone()).send().await {
            Ok(answer) if answer.status().is_success() => return,
            // A connection that nothing was sent on for 5 s is closed with a 408. Harbor's client takes that for a
            // closed connection and sends on another one; this one may read it as the answer.
            Ok(answer) => assert!([503, 408].contains(&answer.status().as_u16()), "no other error: {answer:?}"),
            Err(_) => {}
        }
        assert!(attempt < 200, "event {number} is never taken");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn three_replicas_tell_each_event_once_and_keep_each_robots_pace() {
    only_on_postgres!();
    const EVENTS: usize = 3_000;
    let fleet = Fleet::of(3, |folder| url_of(folder.path())).await;
    let urls: Vec<_> = fleet.replicas.iter().map(|replica| replica.url.clone()).collect();
    let next = AtomicUsize::new(0);
    let client = client();
    let began = Instant::now();
    let poster = async || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= EVENTS {
                return;
            }
            // Every tenth comes to two replicas at the same time.
            let again = async {
                if number.is_multiple_of(10) {
                    let others = [urls[1].clone(), urls[2].clone(), urls[0].clone()];
                    post(&client, &others, number).await;
                }
            };
            tokio::join!(post(&client, &urls, number), again);
        }
    };
    futures_util::future::join_all((0..24).map(|_| poster())).await;
    let posted = began.elapsed();
    fleet.all_told(EVENTS).await;
    let mut messages = 0;
    for robot in 0..ROBOTS {
        let shown = fleet.shown(robot);
        assert_eq!(shown.len(), EVENTS, "r{robot}");
        assert!(shown.values().all(|times| *times == 1), "r{robot} repeats itself");
        assert!(fleet.least_gap(robot) >= GAP - 2, "r{robot}: {} ms", fleet.least_gap(robot));
        messages += fleet.groups[robot].shown().len();
    }
    println!("{EVENTS} events posted in {posted:?}, told in {messages} messages after {:?}", began.elapsed());
}

/// Kills, stops and restarts, of replicas and of PostgreSQL itself.
#[tokio::test]
async fn invariant_2_nothing_is_lost_whatever_happens_to_replicas_and_database() {
    only_on_postgres!();
    const EVENTS: usize = 3_000;
    let cluster = Cluster::start();
    let mut fleet = Fleet::of(3, |_| cluster.url()).await;
    let client = client();
    // Those that are alive; a dead one's address refuses, and Harbor comes again.
    let urls = Arc::new(std::sync::Mutex::new(fleet.replicas.iter().map(|one| one.url.clone()).collect::<Vec<_>>()));
    let posting = tokio::spawn({
        let urls = urls.clone();
        async move {
            let numbers: Vec<_> = (0..EVENTS).collect();
            for batch in numbers.chunks(12) {
                let alive = urls.lock().unwrap().clone();
                futures_util::future::join_all(batch.iter().map(|number| post(&client, &alive, *number))).await;
                sleep(Duration::from_millis(120)).await;
            }
        }
    });
    for group in &fleet.groups {
        // So long that a kill meets messages in flight.
        group.answer_after(Duration::from_millis(400));
    }
    let told = |fleet: &Fleet| (0..ROBOTS).map(|robot| fleet.groups[robot].shown().len()).sum::<usize>();
    let (mut stops, mut kills) = (0, 0);
    for round in 0..2 {
        let before = told(&fleet);
        eventually("messages go out", || async { told(&fleet) > before + 20 }).await;
        // One is stopped for longer than a lease, and wakes up while another has its lanes. The others are killed, so
        // whoever had the lanes is hit.
        fleet.replicas[round].signal("-STOP");
        stops += 1;
        for other in (0..3).filter(|other| *other != round) {
            fleet.replicas[other].child.kill().unwrap();
            fleet.replicas[other].child.wait().unwrap();
            kills += 1;
        }
        for other in (0..3).filter(|other| *other != round) {
            fleet.replicas[other] = fleet.start();
            urls.lock().unwrap()[other] = fleet.replicas[other].url.clone();
        }
        cluster.restart();
        sleep(Duration::from_secs(33)).await;
        fleet.replicas[round].signal("-CONT");
    }
    posting.await.unwrap();
    fleet.all_told(EVENTS).await;
    let mut database = Intruder::at(&fleet.database_url).await;
    let unknown =
        database.texts("SELECT robot || ' ' || body FROM messages WHERE outcome IN ('unknown', 'ambiguous')").await;
    let mut repeated = 0;
    for robot in 0..ROBOTS {
        let name = format!("r{robot} ");
        let in_doubt: HashSet<_> =
            unknown.iter().filter(|message| message.starts_with(&name)).flat_map(|message| versions(message)).collect();
        let shown = fleet.shown(robot);
        assert_eq!(shown.len(), EVENTS, "r{robot} lacks some");
        for (version, times) in shown.iter().filter(|(_, times)| **times > 1) {
            assert!(in_doubt.contains(version), "r{robot} told {version} {times} times");
            repeated += 1;
        }
    }
    // Each stop and each kill may cost each robot one message that was in flight.
    assert!(unknown.len() <= (kills + stops) * ROBOTS, "{} messages in doubt", unknown.len());
    assert!(!unknown.is_empty(), "a kill has met a message in flight");
    println!(
        "{EVENTS} events for {ROBOTS} robots; {kills} kills, {stops} stops, {stops} restarts of PostgreSQL: \
         {} messages in doubt, {repeated} deliveries seen twice, none lost",
        unknown.len()
    );
}

/// A replica that stops in order gives its lanes away at once.
#[tokio::test]
async fn a_replica_that_leaves_is_followed_at_once() {
    only_on_postgres!();
    let mut fleet = Fleet::of(1, |folder| url_of(folder.path())).await;
    let client = client();
    post(&client, &[fleet.replicas[0].url.clone()], 1).await;
    fleet.all_told(1).await;
    let second = fleet.start();
    // The connections that its pages asked for end with the HTTP server, and yet it gives its lanes away after that.
    let url = format!("{}/api/v1/robots", fleet.replicas[0].url);
    for answer in futures_util::future::join_all((0..30).map(|_| client.get(&url).send())).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    fleet.replicas[0].signal("-TERM");
    assert!(fleet.replicas[0].child.wait().unwrap().success());
    let began = Instant::now();
    post(&client, std::slice::from_ref(&second.url), 2).await;
    fleet.all_told(2).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

/// PostgreSQL is away: refused, cut, or silent. 503 meanwhile, and then service resumes by itself.
#[tokio::test]
async fn a_database_that_goes_away_is_a_503_and_service_resumes() {
    only_on_postgres!();
    let folder = TempDir::new().unwrap();
    let url = url_of(folder.path());
    let proxy = Proxy::to(&url).await;
    let app = App::spawn_with(&[("DATABASE_URL", &proxy.url)]).await;
    app.accept(&arrived("before")).await;
    app.shown(1).await;
    for (number, silent) in [false, true, true, true].into_iter().enumerate() {
        proxy.go_away(silent);
        let began = Instant::now();
        let posts = (0..8).map(|post| app.post(arrived(&format!("away{number}-{post}")).to_string()));
        let reads = (0..8).map(|_| app.client.get(format!("{}/readyz", app.url)).send());
        let (answers, _) = tokio::join!(futures_util::future::join_all(posts), futures_util::future::join_all(reads));
        assert!(answers.iter().all(|(status, _)| *status == 503), "{answers:?}");
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        proxy.come_back();
        let back = Instant::now();
        let version = format!("back{number}");
        eventually("webhooks are taken again", || async { app.post(arrived(&version).to_string()).await.0 < 300 })
            .await;
        let shown = app.wecom.until(|_, shown| shown.iter().any(|shown| shown.content.contains(&version)));
        within("and told", shown).await;
        assert!(back.elapsed() < Duration::from_secs(20), "silent: {silent}, {:?}", back.elapsed());
        println!("silent: {silent}, told again {:?} after it was back", back.elapsed());
    }
}

/// A pooled connection in the middle of somebody's transaction, or dead, is replaced and costs no webhook.
#[tokio::test]
async fn a_pool_of_dead_connections_costs_no_webhook() {
    only_on_postgres!();
    // A server of its own: all idle connections are ended, and those of other tests are none of this one's business.
    let cluster = Cluster::start();
    let app = App::spawn_with(&[("DATABASE_URL", &cluster.url())]).await;
    app.accept(&arrived("v1")).await;
    app.shown(1).await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'harborbell' AND pid <> pg_backend_pid() AND state = 'idle'";
    Intruder::at(&cluster.url()).await.execute(kill).await;
    app.accept(&arrived("v2")).await;
    app.shown(2).await;
}

/// The same and overlapping webhooks at two replicas at once, each batch in an order of its own: each arrival is news
/// once, and nobody is shown a deadlock.
#[tokio::test]
async fn two_replicas_that_accept_at_once_take_each_arrival_once() {
    only_on_postgres!();
    let bench = Bench::new(&[]).await;
    let other = Store::open(&bench.config.database_url).await.unwrap();
    for round in 0..40 {
        let payload = |number: usize| arrived(&format!("v{round}-{number}"));
        let batch: Vec<_> = (0..60).map(|number| offer(&payload(number))).collect();
        let reversed: Vec<_> = (0..60).rev().map(|number| offer(&payload(number))).collect();
        let (assign, again) = (told_by(&["default"]), told_by(&["default"]));
        let (one, two) = tokio::join!(bench.store.accept(&batch, assign, 1), other.accept(&reversed, again, 1));
        let answers = [one.unwrap().answers, two.unwrap().answers].concat();
        let accepted = answers.iter().filter(|answer| matches!(answer, Acceptance::Accepted { .. })).count();
        assert_eq!((answers.len(), accepted), (120, 60), "round {round}");
    }
}

/// A failure and its success that two replicas accept without seeing each other: only the success is told.
#[tokio::test]
async fn a_failure_and_its_success_at_two_replicas_at_once_are_told_as_a_success() {
    only_on_postgres!();
    let bench = Bench::new(&[]).await;
    let url = &bench.config.database_url;
    let other = Store::open(url).await.unwrap();
    let (mut intruder, watcher) = (Intruder::at(url).await, tokio::sync::Mutex::new(Intruder::at(url).await));
    for round in 0..6 {
        let version = format!("v{round}");
        let references = [version.as_str()];
        let success = push("mars/mars-api", &references);
        let failure = Replication { succeeded: false, ..push("mars/mars-api", &references) };
        let (success, failure) = ([offer(&success.payload())], [offer(&failure.payload())]);
        // Both have their arrivals, and wait for the next table before they commit.
        intruder.execute("BEGIN; LOCK TABLE deliveries IN EXCLUSIVE MODE").await;
        let both = async {
            let assign = || told_by(&["default"]);
            tokio::join!(bench.store.accept(&success, assign(), 1), other.accept(&failure, assign(), 1))
        };
        let release = async {
            eventually("both wait", || async {
                let waiting = "SELECT CAST(count(*) AS TEXT) FROM pg_stat_activity
                    WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO deliveries%'";
                watcher.lock().await.texts(waiting).await == ["2"]
            })
            .await;
            intruder.let_go().await;
        };
        let ((success, failure), ()) = tokio::join!(both, release);
        let (success, failure) = (success.unwrap(), failure.unwrap());
        assert_eq!(success.superseded.len() + failure.superseded.len(), 1, "round {round}");
        let mut states = Vec::new();
        for row in bench.deliveries().await.iter().filter(|row| row.event.facts.versions[0] == version) {
            states.push((row.event.facts.outcome.as_str(), row.state.as_str()));
        }
        states.sort_unstable();
        assert_eq!(states, [("failed", "superseded"), ("succeeded", "pending")], "round {round}");
    }
    // One after the other, both are news.
    let failure = Replication { succeeded: false, ..push("mars/mars-api", &["later"]) };
    bench.accept(&failure.payload()).await;
    bench.accept(&push("mars/mars-api", &["later"]).payload()).await;
    let rows = bench.deliveries().await;
    assert!(
        rows.iter().filter(|row| row.event.facts.versions[0] == "later").all(|row| row.state.as_str() == "pending")
    );
}

/// A lane at a database whose clock is so far from everybody else's: in the test's own schema there is a function that
/// goes before the server's.
async fn bench_with_a_clock_of_its_own(ahead: &str) -> (Bench, Intruder) {
    let mut bench = Bench::new(&[]).await;
    let mut intruder = Intruder::at(&bench.config.database_url).await;
    set_database_clock(&mut intruder, ahead).await;
    bench.store = Store::open(&format!("{},pg_catalog", bench.config.database_url)).await.unwrap();
    bench.clock = bench.store.clock(Clock::System);
    bench.store.tell_time(&bench.clock).await.unwrap();
    bench.lane = lanes(&bench.config, &bench.store, &bench.clock, &Metrics::default()).unwrap().remove(0);
    (bench, intruder)
}

async fn set_database_clock(intruder: &mut Intruder, ahead: &str) {
    let function = "CREATE OR REPLACE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS";
    intruder.execute(format!("{function} $$ SELECT pg_catalog.clock_timestamp() + interval '{ahead}' $$")).await;
}

#[tokio::test]
async fn lanes_go_by_the_databases_clock() {
    only_on_postgres!();
    let (mut bench, _) = bench_with_a_clock_of_its_own("1 hour").await;
    bench.accept(&arrived("v1")).await;
    let Next::Send(message) = bench.lane.claim().await.unwrap() else { panic!("it is due") };
    let ahead = message.started_at - Clock::System.now();
    assert!((ahead - 3_600_000).abs() < 2_000, "{ahead} ms ahead of this machine's clock");
}

#[tokio::test]
async fn a_databases_clock_that_is_set_back_stalls_no_backlog() {
    only_on_postgres!();
    let (mut bench, mut intruder) = bench_with_a_clock_of_its_own("1 hour").await;
    bench.accept_many(3).await;
    let accepted = bench.clock.now();
    set_database_clock(&mut intruder, "55 minutes").await;
    let Next::Send(message) = bench.lane.claim().await.unwrap() else { panic!("it is due") };
    assert!(message.rows.len() == 3 && message.started_at >= accepted, "{message:?} after {accepted}");
}

/// The order of text is that of bytes, whatever the locale of the cluster is.
#[tokio::test]
async fn each_text_column_is_ordered_by_its_bytes_in_any_locale() {
    only_on_postgres!();
    let server = crate::database::postgres().unwrap();
    let name = format!("icu_{}", std::process::id());
    let mut server_of = Intruder::at(&server).await;
    server_of
        .execute(format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        ))
        .await;
    let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let store = Store::serve(&url).await.unwrap();
    let mut database = Intruder::at(&url).await;
    let ordered = "SELECT 'b' < 'B' AS linguistic";
    assert_eq!(database.texts(format!("SELECT CAST(linguistic AS TEXT) FROM ({ordered}) asked")).await, ["true"]);
    let other = "SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_sqlx%' AND data_type = 'text'
            AND collation_name IS DISTINCT FROM 'C'";
    assert_eq!(database.texts(other).await, Vec::<String>::new());
    let all = "SELECT CAST(count(*) AS TEXT) FROM information_schema.columns
        WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name = 'C'";
    assert!(database.texts(all).await[0].parse::<i64>().unwrap() > 20);
    store.close().await;
    drop(database);
    server_of.execute(format!("DROP DATABASE {name} WITH (FORCE)")).await;
}
