//! `check`: is everything in place? With `--ping`, a test message goes the same way as all others: through
//! the running service's lane or, where none runs, through one of our own.

use std::io::ErrorKind;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::output::{self, line, remark, table, time, times};
use super::user::actor;
use super::{CommandResult, check_harbor};
use crate::config::Config;
use crate::lane::{Lane, Next};
use crate::metrics::Metrics;
use crate::model::clock::Clock;
use crate::robots::{RobotView, robots};
use crate::serve::{lanes, listen};
use crate::store::test_message::MessageRecord;
use crate::store::{Store, StoreError, check_file, is_shared};

/// A slot is at most a minute away; with a throttle's pause and the POST itself, this is long enough.
const PING_WITHIN: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What was found; what cannot be used is none, and among the errors.
struct Findings {
    database: Option<Database>,
    port: Option<String>,
    /// Each robot's test message.
    pings: Vec<(String, MessageRecord)>,
    harbor: Option<check_harbor::Findings>,
    errors: Vec<String>,
}

struct Database {
    state: String,
    /// Whether a service uses it.
    is_served: bool,
    robots: Vec<RobotView>,
}

pub async fn check(config: &Config, ping: bool, as_json: bool) -> CommandResult {
    let found = Findings::of(config, ping).await;
    for error in &found.errors {
        remark(format_args!("harborbell: {error}"));
    }
    if as_json {
        output::json(&found.json(config))?;
    } else {
        found.print(config)?;
    }
    Ok(if found.is_fine() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Findings {
    /// Looks at everything: an error hides no other one.
    async fn of(config: &Config, ping: bool) -> Self {
        let (mut database, mut pings, mut errors) = (database(config).await, Vec::new(), Vec::new());
        if ping && database.is_ok() {
            for robot in config.routing.names() {
                match send_test(config, &robot).await {
                    Ok(answer) => pings.push((robot, answer)),
                    Err(error) => errors.push(error),
                }
            }
            database = self::database(config).await;
        }
        let port = port(config, database.as_ref().ok().map(|database| database.is_served));
        let mut note = |error| errors.push(error);
        let (database, port) = (database.map_err(&mut note).ok(), port.map_err(&mut note).ok());
        let errors = errors.iter().map(|error| format!("{error:#}")).collect();
        Self { database, port, pings, harbor: check_harbor::check(config).await, errors }
    }

    fn robots(&self) -> &[RobotView] {
        self.database.as_ref().map(|database| &*database.robots).unwrap_or_default()
    }

    fn troubled(&self) -> Vec<&str> {
        let troubled = self.robots().iter().filter(|view| view.is_in_trouble());
        troubled.map(|view| view.name.as_str()).collect()
    }

    fn is_fine(&self) -> bool {
        self.errors.is_empty()
            && self.troubled().is_empty()
            && self.pings.iter().all(|(_, answer)| answer.outcome == "delivered")
            && self.harbor.as_ref().is_none_or(|harbor| harbor.error.is_none())
    }

    fn json(&self, config: &Config) -> Value {
        let secrets = config.secrets_from.iter().map(|(name, from)| json!({ "name": name, "from": from }));
        let pings = self.pings.iter().map(|(robot, answer)| {
            json!({
                "robot": robot, "outcome": answer.outcome, "errcode": answer.errcode, "errmsg": answer.errmsg,
            })
        });
        json!({
            "configuration": "ok",
            "file": config.file.map(|file| file.name),
            "secrets": secrets.collect::<Vec<_>>(),
            "database": self.database.as_ref().map(|database| &database.state),
            "port": self.port,
            "robots": self.robots(),
            "in_trouble": self.troubled(),
            "pings": pings.collect::<Vec<_>>(),
            "harbor": self.harbor.as_ref().map(check_harbor::Findings::json),
            "errors": self.errors,
        })
    }

    fn print(&self, config: &Config) -> std::io::Result<()> {
        let file = config
            .file
            .map_or("environment alone, no .env here".to_owned(), |file| format!("environment and {}", file.name));
        line(format_args!("configuration  ok: {file}"))?;
        for (name, from) in &config.secrets_from {
            line(format_args!("               {name} from {from}"))?;
        }
        let database = self.database.as_ref().map(|database| &database.state);
        for (place, state) in [("database", database), ("port", self.port.as_ref())] {
            line(format_args!("{place:14} {}", state.map_or("cannot be used", String::as_str)))?;
        }
        if !self.robots().is_empty() {
            line("")?;
            print_robots(config, self.robots())?;
        }
        let troubled = self.troubled();
        if !troubled.is_empty() {
            line(format_args!("\nin trouble: {}", troubled.join(", ")))?;
        }
        if let Some(harbor) = &self.harbor {
            harbor.print()?;
        }
        for (robot, MessageRecord { outcome, duration_ms, errmsg, .. }) in &self.pings {
            let ended = if outcome == "delivered" { "delivered".into() } else { format!("not delivered ({outcome})") };
            line(format_args!("\ntest message to {robot}: {ended}, took {duration_ms} ms: {errmsg}"))?;
        }
        Ok(())
    }
}

/// Looks whether a webhook could be stored; makes nothing.
async fn database(config: &Config) -> anyhow::Result<Database> {
    check_file(&config.database_url)?;
    let store = match Store::open(&config.database_url).await {
        Err(StoreError::Missing(_)) => {
            let state = "not there yet; `harborbell serve` makes it".to_owned();
            let robots = config.routing.names().iter().map(|name| RobotView::idle(name)).collect();
            return Ok(Database { state, is_served: false, robots });
        }
        opened => opened?,
    };
    let is_served = !store.served(&store.clock(Clock::System)).await?.is_empty();
    store.probe(Clock::System.now()).await.context("a webhook could not be stored")?;
    let engine = store.engine().await?;
    let durable = if engine.is_durable { "each commit on the disk" } else { "NOT durable" };
    let facts = [&engine.name, &engine.journal_mode].into_iter().filter(|fact| !fact.is_empty());
    let state = format!("ok: {}, {durable}", facts.cloned().collect::<Vec<_>>().join(", "));
    let robots = robots(&store, &config.routing, Clock::System.now()).await?;
    Ok(Database { state, is_served, robots })
}

/// Looks whether `serve` could have its port, unless a service has it; None: that is not known.
fn port(config: &Config, is_served: Option<bool>) -> anyhow::Result<String> {
    let addr = config.listen_addr;
    if is_served == Some(true) {
        return Ok(format!("{addr} is not tried, because a service runs"));
    }
    match listen(addr) {
        Ok(_) => Ok(format!("ok: {addr} is free")),
        Err(error) if is_served.is_none() && is_in_use(&error) => {
            Ok(format!("{addr} is in use; without the database nobody knows whether by harborbell"))
        }
        Err(error) => Err(error),
    }
}

fn is_in_use(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(|error: &std::io::Error| error.kind() == ErrorKind::AddrInUse)
}

fn print_robots(config: &Config, views: &[RobotView]) -> std::io::Result<()> {
    let paused = times("PAUSED UNTIL", &config.timezone);
    let headers = ["ROBOT", "STATE", "WAITING", "FAILURES", &paused, "LAST ERROR"];
    table(
        &headers,
        views.iter().map(|view| {
            vec![
                view.name.clone(),
                view.state.as_str().to_owned(),
                view.waiting.to_string(),
                view.failures.to_string(),
                time(view.paused_until, &config.timezone),
                view.last_error.clone(),
            ]
        }),
    )
}

/// Asks for a test message and waits for what becomes of it. Whoever has the lane sends it: the running service or,
/// where none runs, this command.
async fn send_test(config: &Config, robot: &str) -> anyhow::Result<MessageRecord> {
    let store = if is_shared(&config.database_url) {
        Store::open(&config.database_url).await?
    } else {
        match Store::take(&config.database_url).await {
            Ok(store) => {
                store.register(&[robot], Clock::System.now()).await?;
                store
            }
            Err(StoreError::InUse { .. }) => Store::open(&config.database_url).await?,
            Err(error) => return Err(error.into()),
        }
    };
    let clock = store.clock(Clock::System);
    let asked = store.request_test(robot, &actor(), store.tell_time(&clock).await?).await?;
    let asked = asked.ok_or_else(|| anyhow::anyhow!("no service knows the robot {robot} yet; reload or start it"))?;
    // On SQLite only who has the file's lock may send; on PostgreSQL the lease decides.
    let may_send = store.is_exclusive() || store.is_shared();
    let lanes = lanes(config, &store, &clock, &Metrics::default())?;
    let mut lane = lanes.into_iter().find(|lane| may_send && lane.robot.name == robot);
    let sent = wait_for(&store, &asked.message_id, lane.as_mut(), &clock).await;
    if let Some(mut lane) = lane {
        lane.release().await?;
    }
    sent?.ok_or_else(|| {
        anyhow::anyhow!("the test message still waits for a slot of the robot {robot}; `harborbell check` shows why")
    })
}

/// Sends it ourselves where we have the lane. None: it was not sent in time.
async fn wait_for(
    store: &Store,
    id: &str,
    mut lane: Option<&mut Lane>,
    clock: &Clock,
) -> anyhow::Result<Option<MessageRecord>> {
    let deadline = Instant::now() + PING_WITHIN;
    while Instant::now() < deadline {
        if let Some(message) = store.message(id).await? {
            return Ok(Some(message));
        }
        match &mut lane {
            // A test goes before all that waits, so this is it.
            Some(lane) => match lane.claim().await? {
                Next::Send(message) => {
                    let report = lane.deliver(&message).await;
                    lane.record(&message, &report).await?;
                }
                Next::Wait(until) | Next::Pause(until) => {
                    let wait = Duration::from_millis((until - clock.now()).max(0).unsigned_abs());
                    sleep(wait.min(LOOK_EVERY)).await;
                }
            },
            None => sleep(LOOK_EVERY).await,
        }
    }
    Ok(None)
}
