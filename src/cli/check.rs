//! `check`: is everything in place? With `--ping`, a test message goes the same way as all others: through
//! the running service's lane or, where none runs, through one of our own.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::output::{line, table, time};
use super::{Failure, Outcome};
use crate::config::Config;
use crate::health::{RobotView, robots};
use crate::lane::Next;
use crate::metrics::Metrics;
use crate::model::clock::Clock;
use crate::serve::lanes;
use crate::store::test_message::MessageRecord;
use crate::store::{Store, StoreError};

/// A slot is at most a minute away; with a throttle's pause and the POST itself, this is long enough.
const PING_WITHIN: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub async fn check(config: &Config, ping: bool, as_json: bool) -> Outcome {
    let faults = config.faults_of_service();
    if !faults.is_empty() {
        return Err(Failure::Faults(faults));
    }
    let names = config.routing.names();
    let mut pings = Vec::new();
    if ping {
        for name in &names {
            pings.push((name.clone(), send_test(config, name).await?));
        }
    }
    let (views, database) = match Store::open(&config.database_url).await {
        Ok(store) => {
            let engine = store.engine().await?;
            let durable = if engine.is_durable { "each commit on the disk" } else { "NOT durable" };
            let database = format!("ok: SQLite {}, {}, {durable}", engine.version, engine.journal_mode);
            (robots(&store, &config.routing, Clock::System.now()).await?, database)
        }
        Err(StoreError::Missing(_)) => {
            let idle = names.iter().map(|name| RobotView::idle(name)).collect();
            (idle, "not there yet; `harborbell serve` makes it".to_owned())
        }
        Err(error) => return Err(error.into()),
    };
    let failed_pings = pings.iter().filter(|(_, answer)| answer.outcome != "delivered").count();
    if as_json {
        let pings: Vec<_> = pings
            .iter()
            .map(|(robot, answer)| {
                json!({
                    "robot": robot, "outcome": answer.outcome, "errcode": answer.errcode, "errmsg": answer.errmsg,
                })
            })
            .collect();
        line(json!({ "configuration": "ok", "database": database, "robots": views, "pings": pings }))?;
    } else {
        line(format_args!("configuration  ok\ndatabase       {database}\n"))?;
        print_robots(config, &views)?;
        for (robot, answer) in &pings {
            line(format_args!(
                "\ntest message to {robot}: {} in {} ms {}",
                answer.outcome, answer.duration_ms, answer.errmsg
            ))?;
        }
    }
    let in_trouble = failed_pings > 0 || views.iter().any(RobotView::is_in_trouble);
    Ok(if in_trouble { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print_robots(config: &Config, views: &[RobotView]) -> std::io::Result<()> {
    let headers = ["ROBOT", "STATE", "WAITING", "FAILURES", "PAUSED UNTIL", "REASON"];
    table(
        &headers,
        views.iter().map(|view| {
            vec![
                view.name.clone(),
                view.state.as_str().to_owned(),
                view.waiting.to_string(),
                view.failures.to_string(),
                time(view.paused_until, &config.timezone),
                view.reason.clone(),
            ]
        }),
    )
}

/// Asks for a test message and waits for what becomes of it.
async fn send_test(config: &Config, robot: &str) -> anyhow::Result<MessageRecord> {
    let id = Uuid::now_v7().to_string();
    match Store::serve(&config.database_url).await {
        Ok(store) => {
            store.enrol(&[robot], Clock::System.now()).await?;
            let id = requested(&store, robot, &id).await?;
            send_by_ourselves(config, &store, robot, &id).await
        }
        Err(StoreError::InUse { .. }) => {
            let store = Store::open(&config.database_url).await?;
            let id = requested(&store, robot, &id).await?;
            answer(&store, &id, robot).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn requested(store: &Store, robot: &str, id: &str) -> anyhow::Result<String> {
    let id = store.request_test(robot, id).await?;
    id.ok_or_else(|| anyhow::anyhow!("the running service does not know the robot {robot}; reload or restart it"))
}

/// The lane of a service that does not run, for one message.
async fn send_by_ourselves(config: &Config, store: &Store, robot: &str, id: &str) -> anyhow::Result<MessageRecord> {
    let clock = Clock::System;
    let Some(mut lane) =
        lanes(config, store, &clock, &Metrics::default())?.into_iter().find(|lane| lane.robot.name == robot)
    else {
        bail!("no robot {robot} is configured");
    };
    let deadline = Instant::now() + PING_WITHIN;
    loop {
        match lane.claim().await? {
            // A test goes before all that waits, so this is it.
            Next::Send(message) => {
                let report = lane.deliver(&message).await;
                lane.record(&message, &report).await?;
                lane.release().await?;
                return answer(store, id, robot).await;
            }
            Next::Wait(_) if Instant::now() >= deadline => {
                bail!("the robot {robot} rests; its test message waits for the service")
            }
            Next::Wait(until) => {
                let wait = Duration::from_millis((until - clock.now()).max(0).unsigned_abs());
                sleep(wait.min(LOOK_EVERY)).await;
            }
        }
    }
}

async fn answer(store: &Store, id: &str, robot: &str) -> anyhow::Result<MessageRecord> {
    let deadline = Instant::now() + PING_WITHIN;
    loop {
        if let Some(message) = store.message(id).await? {
            return Ok(message);
        }
        if Instant::now() >= deadline {
            bail!("the test message still waits for a slot of the robot {robot}; `harborbell check` shows why");
        }
        sleep(LOOK_EVERY).await;
    }
}
