//! `check`: is everything in place? With `--ping`, a test message goes the same way as all others: through
//! the running service's lane or, where none runs, through one of our own.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::output::{self, line, table, time};
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

pub async fn check(config: &Config, ping: bool, as_json: bool) -> CommandResult {
    check_file(&config.database_url)?;
    let names = config.routing.names();
    let mut pings = Vec::new();
    if ping {
        for name in &names {
            pings.push((name.clone(), send_test(config, name).await?));
        }
    }
    let (views, database) = match Store::open(&config.database_url).await {
        Ok(store) => {
            if store.served(&store.clock(Clock::System)).await?.is_empty() {
                listen(config.listen_addr)?;
            }
            store.probe(Clock::System.now()).await.context("a webhook could not be stored")?;
            let engine = store.engine().await?;
            let durable = if engine.is_durable { "each commit on the disk" } else { "NOT durable" };
            let facts = [&engine.name, &engine.journal_mode].into_iter().filter(|fact| !fact.is_empty());
            let database = format!("ok: {}, {durable}", facts.cloned().collect::<Vec<_>>().join(", "));
            (robots(&store, &config.routing, Clock::System.now()).await?, database)
        }
        Err(StoreError::Missing(_)) => {
            listen(config.listen_addr)?;
            let idle = names.iter().map(|name| RobotView::idle(name)).collect();
            (idle, "not there yet; `harborbell serve` makes it".to_owned())
        }
        Err(error) => return Err(error.into()),
    };
    let harbor = check_harbor::check(config).await;
    let troubled: Vec<_> = views.iter().filter(|view| view.is_in_trouble()).map(|view| view.name.as_str()).collect();
    let failed_pings = pings.iter().filter(|(_, answer)| answer.outcome != "delivered").count();
    if as_json {
        let secrets: Vec<_> =
            config.secrets_from.iter().map(|(name, from)| json!({ "name": name, "from": from })).collect();
        let pings: Vec<_> = pings
            .iter()
            .map(|(robot, answer)| {
                json!({
                    "robot": robot, "outcome": answer.outcome, "errcode": answer.errcode, "errmsg": answer.errmsg,
                })
            })
            .collect();
        output::json(
            &json!({ "configuration": "ok", "file": config.file.map(|file| file.name), "secrets": secrets, "database": database, "robots": views,
                "in_trouble": troubled, "pings": pings, "harbor": harbor.as_ref().map(check_harbor::Findings::json) }),
        )?;
    } else {
        let file = config
            .file
            .map_or("environment alone, no .env here".to_owned(), |file| format!("environment and {}", file.name));
        line(format_args!("configuration  ok: {file}"))?;
        for (name, from) in &config.secrets_from {
            line(format_args!("               {name} from {from}"))?;
        }
        line(format_args!("database       {database}\n"))?;
        print_robots(config, &views)?;
        if !troubled.is_empty() {
            line(format_args!("\nin trouble: {}", troubled.join(", ")))?;
        }
        if let Some(harbor) = &harbor {
            harbor.print()?;
        }
        for (robot, answer) in &pings {
            let MessageRecord { outcome, duration_ms, errmsg, .. } = answer;
            let ended = if outcome == "delivered" { "delivered".into() } else { format!("not delivered ({outcome})") };
            line(format_args!("\ntest message to {robot}: {ended}, took {duration_ms} ms: {errmsg}"))?;
        }
    }
    let harbor_fails = harbor.is_some_and(|harbor| harbor.error.is_some());
    Ok(if harbor_fails || failed_pings > 0 || !troubled.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print_robots(config: &Config, views: &[RobotView]) -> std::io::Result<()> {
    let headers = ["ROBOT", "STATE", "WAITING", "FAILURES", "PAUSED UNTIL", "LAST ERROR"];
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
                Next::Wait(until) => {
                    let wait = Duration::from_millis((until - clock.now()).max(0).unsigned_abs());
                    sleep(wait.min(LOOK_EVERY)).await;
                }
            },
            None => sleep(LOOK_EVERY).await,
        }
    }
    Ok(None)
}
