//! What a look into the table costs with a thousand and with a million deliveries in it: prints the medians and
//! their ratio. It fails nothing. `cargo bench --bench scale`

use std::sync::Mutex;
use std::time::Instant;

use harborbell::board::{Board, Wanted};
use harborbell::demo::payloads::Replication;
use harborbell::model::actor::{Actor, Via};
use harborbell::model::clock::{Clock, HOUR, Millis};
use harborbell::model::delivery::{Assignment, State, Verb};
use harborbell::model::event::{Event, ReplicationOutcome};
use harborbell::model::harbor::{Reading, read};
use harborbell::store::Store;
use harborbell::store::accept::Offer;
use harborbell::store::arrivals::Question;
use harborbell::store::claim::{Claim, Claimed};
use harborbell::store::filter::Filter;
use harborbell::store::images::Images;
use harborbell::store::lease::Holder;
use sqlx::Connection;
use tempfile::TempDir;
use uuid::Uuid;

const SIZES: [i64; 2] = [1_000, 1_000_000];
const RUNS: usize = 31;
const BEGIN: Millis = 1_800_000_000_000;
const ROBOT: &str = "default";
const HOLDER: Holder<'static> = Holder { robot: ROBOT, owner: "bench" };
const REGISTRIES: [(&str, &str); 4] = [("aliyun", "阿里仓"), ("huawei", "华为仓"), ("tencent", "腾讯仓"), ("aws", "")];

#[tokio::main]
async fn main() {
    let mut columns = Vec::new();
    for size in SIZES {
        let began = Instant::now();
        let table = Table::of(size).await;
        println!("{size} deliveries made in {:.0} s", began.elapsed().as_secs_f64());
        columns.push(table.measure().await);
    }
    println!("\n{:<44} {:>10} {:>10} {:>6}", "median of 31, ms", SIZES[0], SIZES[1], "ratio");
    for ((what, small), (_, large)) in columns[0].iter().zip(&columns[1]) {
        println!("{what:<44} {small:>10.3} {large:>10.3} {:>6.2}", large / small);
    }
    println!("(wanted for list, filter, search by repository, detail and claim: at most 2)");
}

struct Table {
    _folder: TempDir,
    store: Store,
    size: i64,
}

impl Table {
    /// Ten repositories, four registries, a version for each push; a fifth waits, a tenth has failed.
    async fn of(size: i64) -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("scale.db").display());
        let store = Store::serve(&url).await.unwrap();
        store.register(&[ROBOT], BEGIN).await.unwrap();
        for batch in 0..size / 1_000 {
            let numbers = batch * 1_000..(batch + 1) * 1_000;
            let offers: Vec<_> = numbers.clone().map(offer).collect();
            let numbers = Mutex::new(numbers);
            let assign = |_: &Event| {
                let delivery_id = id(numbers.lock().unwrap().next().unwrap());
                vec![Assignment { delivery_id, robot: ROBOT.into(), mentions: Vec::new(), grace: 0 }]
            };
            // A year of them.
            store.accept(&offers, assign, BEGIN + batch * HOUR * 24 * 365 / (size / 1_000)).await.unwrap();
        }
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        for (state, digits) in [("delivered", "> 2"), ("failed", "= 0")] {
            let sql = format!(
                "UPDATE deliveries SET state = '{state}', attempts = 1, next_attempt_at = 0, finished_at = {BEGIN}
                 WHERE CAST(substr(id, 29) AS BIGINT) % 10 {digits}"
            );
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
        Self { _folder: folder, store, size }
    }

    async fn measure(&self) -> Vec<(&'static str, f64)> {
        let (store, now) = (&self.store, BEGIN + HOUR * 24 * 365);
        let all = Filter::default();
        let failed = Filter { state: Some(State::Failed), ..all.clone() };
        let ended = |outcome, state| Filter { outcome: Some(outcome), state, ..all.clone() };
        let replication_failed = ended(ReplicationOutcome::Failed, None);
        let failed_both = ended(ReplicationOutcome::Failed, Some(State::Failed));
        let replicated_not_sent = ended(ReplicationOutcome::Succeeded, Some(State::Failed));
        let failed_searched = Filter { q: Some("mars/app-0".into()), ..replication_failed.clone() };
        let of_robot = Filter { robot: Some(ROBOT.into()), ..all.clone() };
        let recent = Filter { since: Some(now - HOUR * 24 * 40), until: Some(now - HOUR), ..failed.clone() };
        let searched = |q: &str| Filter { q: Some(q.into()), ..all.clone() };
        let failed_of = Filter { state: Some(State::Failed), ..searched("mars/app-0") };
        let middle = self.store.position(&id(self.size / 2)).await.unwrap();
        let hours: Vec<_> = (0..24).map(|hour| now - hour * HOUR).collect();
        let question = |version: &str| Question {
            repository: "mars/app-3".into(),
            version: Some(version.into()),
            ..Question::default()
        };
        let known = question("v1.13");
        let unknown = question("v9.9");
        let mut times = Vec::new();
        macro_rules! measure {
            ($what:literal, $call:expr) => {
                times.push(($what, median(async || drop($call.await.unwrap())).await));
                eprint!(".");
            };
        }
        measure!("list", store.list(&all, 50, None));
        measure!("list, a page from the middle", store.list(&all, 50, middle.as_ref()));
        measure!("filter: failed", store.list(&failed, 50, None));
        measure!("filter: robot", store.list(&of_robot, 50, None));
        measure!("filter: outcome failed", store.list(&replication_failed, 50, None));
        measure!("filter: outcome failed, state failed", store.list(&failed_both, 50, None));
        measure!("filter: outcome succeeded, failed: none", store.list(&replicated_not_sent, 50, None));
        measure!("search: outcome failed of a repository", store.list(&failed_searched, 50, None));
        measure!("filter: failed, 40 days, 10 rows", store.list(&recent, 10, None));
        measure!("search: repository", store.list(&searched("mars/app-3"), 50, None));
        measure!("search: last segment of a repository", store.list(&searched("app-3"), 50, None));
        measure!("search: failed of a repository", store.list(&failed_of, 50, None));
        measure!("search: registry", store.list(&searched("aliyun"), 50, None));
        measure!("search: one version", store.list(&searched("v1.333"), 50, None));
        measure!("search: beginning of every version", store.list(&searched("v1"), 50, None));
        measure!("search: nothing", store.list(&searched("nothing"), 50, None));
        measure!("detail", store.show(&id(self.size / 2)));
        measure!("robots with what waits", store.robots(now, 10_000));
        measure!("counts of the states", store.counts(&all));
        measure!("counts of a search", store.counts(&searched("mars/app-3")));
        measure!("counts of outcome failed", store.counts(&replication_failed));
        measure!("counts of 24 hours", store.hours(&hours, &State::ALL));
        measure!("counts of 24 hours by outcome", store.hours_of_outcomes(&hours));
        let board = Board { store, rules: None, now };
        let rows = |images: Images| Wanted { images, ..Wanted::default() };
        let of_image = Images { repository: Some("mars/app-3".into()), ..Images::default() };
        let one = Images { version: Some("v1.13".into()), ..of_image.clone() };
        let found = |q: &str| rows(Images { q: Some(q.into()), ..Images::default() });
        let failed_ones = Wanted { outcome: Some(ReplicationOutcome::Failed), ..Wanted::default() };
        let incomplete = Wanted { incomplete: true, ..Wanted::default() };
        measure!("board", board.page(&Wanted::default(), 50, None));
        measure!("board: search of a repository", board.page(&found("mars/app-3"), 50, None));
        measure!("board: search of a version", board.page(&found("v1.333"), 50, None));
        measure!("board: beginning of every version", board.page(&found("v1"), 50, None));
        measure!("board: search of nothing", board.page(&found("nothing"), 50, None));
        measure!("board: failed", board.page(&failed_ones, 50, None));
        measure!("board: incomplete", board.page(&incomplete, 50, None));
        measure!("page of an image", board.page(&rows(of_image.clone()), 20, None));
        measure!("page of one version", board.page(&rows(one.clone()), 20, None));
        measure!("arrivals of a version", store.arrivals(&known, &[]));
        measure!("arrivals of an unknown version", store.arrivals(&unknown, &[]));
        measure!("claim: look", store.due(ROBOT, now, HOUR, 128));
        store.acquire_lease(HOLDER, &Clock::manual(now)).await.unwrap();
        times.push(("claim: write, 128 rows", self.claims(now).await));
        times.push(("replay of all delivered, seven tenths, once", self.replay(now).await));
        times
    }

    /// Claims, and between two of them gives the rows back.
    async fn claims(&self, now: Millis) -> f64 {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let due = self.store.due(ROBOT, now, HOUR, 128).await.unwrap();
            let message_id = Uuid::now_v7().to_string();
            let deliveries = due.iter().map(|row| row.id.as_str()).collect();
            let claim = Claim { message_id: &message_id, body: "{}", deliveries, gap: 0 };
            let began = Instant::now();
            let claimed = self.store.claim(HOLDER, &claim, &Clock::manual(now)).await.unwrap();
            times.push(began.elapsed().as_secs_f64() * 1e3);
            assert!(matches!(claimed, Claimed::Yes(_)));
            self.store.acquire_lease(HOLDER, &Clock::manual(now)).await.unwrap();
        }
        middle(times)
    }

    async fn replay(&self, now: Millis) -> f64 {
        let delivered = Filter { state: Some(State::Delivered), ..Filter::default() };
        let operator = Actor { via: Via::Cli, by: "bench".into() };
        let began = Instant::now();
        self.store.change_all(Verb::Replay, &delivered, &operator, now).await.unwrap();
        began.elapsed().as_secs_f64() * 1e3
    }
}

async fn median(call: impl AsyncFn()) -> f64 {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let began = Instant::now();
        call().await;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    middle(times)
}

fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Of a delivery; the last digits are its number.
fn id(number: i64) -> String {
    format!("00000000-0000-7000-8000-00000{number:07}")
}

fn offer(number: i64) -> Offer {
    let payload = Replication {
        repository: &format!("mars/app-{}", number % 10),
        references: &[&format!("v1.{number}")],
        registry: REGISTRIES[(number / 10 % 4) as usize],
        succeeded: number % 10 != 0,
        execution: BEGIN / 1_000 + number * 30,
    }
    .payload()
    .to_string();
    let Ok(Reading::Event(webhook)) = read(&payload, BEGIN, false) else { unreachable!("it is a push that ended") };
    Offer { event_id: Uuid::now_v7().to_string(), webhook: *webhook, payload, is_quiet: false, look_up: 0 }
}
