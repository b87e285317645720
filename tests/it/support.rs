//! The real service on a free port, with its own database and its own stand-in for WeCom.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use harborbell::config::Config;
use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::Standin;
use harborbell::lane::{Lane, Next};
use harborbell::metrics::Metrics;
use harborbell::model::actor::{Actor, Via};
use harborbell::model::clock::{Clock, Millis};
use harborbell::model::delivery::Assignment;
use harborbell::model::event::Event;
use harborbell::model::harbor::{Reading, Webhook, read};
use harborbell::model::harbor_status::HarborStatus;
use harborbell::serve::{Service, lanes};
use harborbell::store::Store;
use harborbell::store::accept::{Acceptance, Offer, Stored};
use harborbell::store::filter::Filter;
use harborbell::store::views::Delivery;
use harborbell::wecom::use_ring;
use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::database::{Intruder, url_of};

pub const KEY: &str = "5ec2e700-0000-4000-8000-00000000beef";
pub const ALIYUN: (&str, &str) = ("aliyun-acr", "阿里仓");
pub const HUAWEI: (&str, &str) = ("huawei-swr", "华为仓");
/// 2024-11-23 15:29:07 in Shanghai.
pub const EXECUTION: i64 = 1_732_346_947;

pub struct App {
    pub url: String,
    pub wecom: Standin,
    pub store: Store,
    pub client: Client,
    /// How Harbor's API is, as the service is told.
    pub harbor: watch::Sender<HarborStatus>,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<anyhow::Result<()>>>,
    folder: TempDir,
}

impl App {
    /// No pace and quick retries: what a test waits for is a condition, not a clock.
    pub async fn spawn() -> Self {
        Self::spawn_with(&[]).await
    }

    pub async fn spawn_with(settings: &[(&str, &str)]) -> Self {
        Self::spawn_at(Clock::System, settings).await
    }

    pub async fn spawn_at(clock: Clock, settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let wecom = Standin::start(KEY, None).await.unwrap();
        let config = config(&folder, &wecom.url(), settings);
        let service = Service::start(&config, clock).await.unwrap();
        let url = format!("http://{}", service.addr());
        let harbor = service.harbor_status().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(service.run_until(async {
            let _ = stopped.await;
        }));
        let store = Store::open(&config.database_url).await.unwrap();
        let client = client();
        Self { url, wecom, store, client, harbor, stop: Some(stop), running: Some(running), folder }
    }

    pub async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, Value) {
        answer(self.client.post(format!("{}/webhook/harbor", self.url)).body(body)).await
    }

    /// GET of a path that answers with JSON.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.client.get(format!("{}{path}", self.url))).await
    }

    /// POST of a body to the API.
    pub async fn call(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.client.post(format!("{}{path}", self.url)).json(body)).await
    }

    /// Posts a payload that must be accepted.
    pub async fn accept(&self, payload: &Value) {
        let (status, answer) = self.post(payload.to_string()).await;
        assert_eq!((status, &answer["status"]), (202, &Value::from("accepted")), "{answer}");
    }

    pub async fn deliveries(&self) -> Vec<Delivery> {
        self.store.list(&Filter::default(), 1_000, None).await.unwrap().items
    }

    /// What the group sees once it sees so many messages.
    pub async fn shown(&self, count: usize) -> Vec<String> {
        within("messages shown", self.wecom.until(|_, shown| shown.len() >= count)).await;
        self.wecom.shown().into_iter().map(|shown| shown.content).collect()
    }

    /// Another program at the service's database.
    pub async fn intruder(&self) -> Intruder {
        Intruder::at(&url_of(self.folder.path())).await
    }

    /// Where the service's files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops the service as SIGTERM does and says how it ended.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        let _ = self.stop.take().unwrap().send(());
        self.running.take().unwrap().await.unwrap()
    }
}

/// A lane without a service: a test takes its steps one by one, at a time of its own.
pub struct Bench {
    pub store: Store,
    pub clock: Clock,
    pub lane: Lane,
    pub config: Config,
    pub wecom: Standin,
    _folder: TempDir,
}

impl Bench {
    pub async fn new(settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let wecom = Standin::start(KEY, None).await.unwrap();
        let config = config(&folder, &wecom.url(), settings);
        let store = Store::serve(&config.database_url).await.unwrap();
        let clock = Clock::manual(1_800_000_000_000);
        let names = config.routing.names();
        store.register(&names.iter().map(String::as_str).collect::<Vec<_>>(), clock.now()).await.unwrap();
        let lane = lanes(&config, &store, &clock, &Metrics::default()).unwrap().remove(0);
        Self { store, clock, lane, config, wecom, _folder: folder }
    }

    /// Another process after the death of the first: no lease holds any more.
    pub async fn another_lane(&self) -> Lane {
        Intruder::at(&self.config.database_url)
            .await
            .execute("UPDATE robots SET lease_owner = '', lease_until = 0")
            .await;
        lanes(&self.config, &self.store, &self.clock, &Metrics::default()).unwrap().remove(0)
    }

    /// The program starts again, when the system's clock says so.
    pub fn restart_at(&mut self, now: Millis) {
        self.clock = Clock::manual(now);
        self.lane = lanes(&self.config, &self.store, &self.clock, &Metrics::default()).unwrap().remove(0);
    }

    pub async fn accept(&self, payload: &Value) -> Acceptance {
        accept_for(&self.store, payload, &["default"], self.clock.now()).await
    }

    /// Accepts these in one transaction, as the service would with the configured routes and grace.
    pub async fn hear(&self, payloads: &[Value]) -> Stored {
        let offers: Vec<_> = payloads.iter().map(offer).collect();
        let routing = &self.config.routing;
        self.store.accept(&offers, |event| routing.assignments(event), self.clock.now()).await.unwrap()
    }

    /// Accepts so many events, each of a version of its own: `v0`, `v1` and so on.
    pub async fn accept_many(&self, count: usize) {
        let offers: Vec<_> = (0..count).map(|number| offer(&arrived(&format!("v{number}")))).collect();
        self.store.accept(&offers, told_by(&["default"]), self.clock.now()).await.unwrap();
    }

    /// One whole step; false where nothing may be sent now.
    pub async fn step(&mut self) -> bool {
        match self.lane.claim().await.unwrap() {
            Next::Send(message) => {
                let report = self.lane.deliver(&message).await;
                self.lane.record(&message, &report).await.unwrap();
                true
            }
            Next::Wait(_) | Next::Pause(_) => false,
        }
    }

    /// One whole step, at the time at which the lane wants to make it.
    pub async fn step_in_time(&mut self) {
        while !self.step().await {
            let wait = self.wait().await;
            self.clock.advance(wait);
        }
    }

    /// Steps until nothing may be sent now.
    pub async fn drain(&mut self) {
        while self.step().await {}
    }

    /// How long the lane wants to wait.
    pub async fn wait(&mut self) -> Millis {
        match self.lane.claim().await.unwrap() {
            Next::Send(message) => panic!("it sends {message:?}"),
            Next::Wait(until) | Next::Pause(until) => until - self.clock.now(),
        }
    }

    pub async fn count(&self, state: &str) -> i64 {
        let filter = Filter { state: Some(state.parse().unwrap()), ..Filter::default() };
        self.store.count(&filter).await.unwrap()
    }

    pub async fn deliveries(&self) -> Vec<Delivery> {
        self.store.list(&Filter::default(), 1_000, None).await.unwrap().items
    }

    pub fn shown(&self) -> Vec<String> {
        self.wecom.shown().into_iter().map(|shown| shown.content).collect()
    }
}

pub async fn accept_for(store: &Store, payload: &Value, robots: &[&str], now: Millis) -> Acceptance {
    store.accept(&[offer(payload)], told_by(robots), now).await.unwrap().answers.remove(0)
}

pub fn offer(payload: &Value) -> Offer {
    Offer {
        event_id: Uuid::now_v7().to_string(),
        webhook: webhook(payload),
        payload: payload.to_string(),
        is_quiet: false,
        look_up: 0,
    }
}

/// Every event is told by these robots, at once.
pub fn told_by(robots: &[&str]) -> impl Fn(&Event) -> Vec<Assignment> + Sync {
    move |_| {
        let assignment = |robot: &&str| Assignment {
            delivery_id: Uuid::now_v7().to_string(),
            robot: (*robot).to_owned(),
            mentions: Vec::new(),
            grace: 0,
        };
        robots.iter().map(assignment).collect()
    }
}

pub fn webhook(payload: &Value) -> Webhook {
    match read(&payload.to_string(), 0, false).unwrap() {
        Reading::Event(webhook) => *webhook,
        ignored => panic!("{ignored:?}"),
    }
}

fn config(folder: &TempDir, wecom_url: &str, settings: &[(&str, &str)]) -> Config {
    let database_url = url_of(folder.path());
    let mut values: HashMap<String, String> = [
        ("LISTEN_ADDR", "127.0.0.1:0"),
        ("DATABASE_URL", &database_url),
        ("WECOM_WEBHOOK_URL", wecom_url),
        ("WECOM_RATE_PER_MINUTE", "0"),
        ("RETRY_INITIAL_INTERVAL", "2s"),
        ("RETRY_RANDOMIZATION_FACTOR", "0"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    values.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    Config::load(&values).unwrap()
}

/// A renderer as the service would have it.
pub fn renderer(settings: &[(&str, &str)]) -> Arc<harborbell::render::Renderer> {
    let folder = TempDir::new().unwrap();
    config(&folder, "http://127.0.0.1:9/send?key=none-at-all", settings).renderer
}

pub fn push<'a>(repository: &'a str, references: &'a [&'a str]) -> Replication<'a> {
    Replication { repository, references, registry: ALIYUN, succeeded: true, execution: EXECUTION }
}

/// A payload that says that this version of `mars/mars-api` has arrived.
pub fn arrived(version: &str) -> Value {
    push("mars/mars-api", &[version]).payload()
}

/// Who changes something in a test.
pub fn operator() -> Actor {
    Actor { via: Via::Cli, by: "operator".into() }
}

/// Sends a request whose answer is JSON.
pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

/// What Harbor is here.
pub fn client() -> Client {
    use_ring();
    Client::builder().no_proxy().build().unwrap()
}

/// The test fails, and says at what, if this takes longer than a minute.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, future).await.unwrap_or_else(|_| panic!("{what}: not within {limit:?}"))
}

/// Waits until a condition in the database or elsewhere holds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let mut look = tokio::time::interval(Duration::from_millis(10));
    within(what, async {
        while !holds().await {
            look.tick().await;
        }
    })
    .await;
}

/// The program itself, as cargo built it.
/// TEST_PROGRAM puts another one in its place, such as the release build.
pub fn program() -> PathBuf {
    let other = std::env::var_os("TEST_PROGRAM").map(PathBuf::from);
    other.unwrap_or_else(|| assert_cmd::cargo::cargo_bin!("harborbell").to_owned())
}

/// Waits until nothing is on its way any more.
pub async fn all_told(app: &App) {
    eventually("all are told", || async {
        let open = Filter { state: Some("pending".parse().unwrap()), ..Filter::default() };
        let sending = Filter { state: Some("sending".parse().unwrap()), ..Filter::default() };
        app.store.count(&open).await.unwrap() + app.store.count(&sending).await.unwrap() == 0
    })
    .await;
}
