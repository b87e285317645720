//! `prune`: what the service does every hour, now; or what it would.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::CommandResult;
use super::output::{self, line, table, time};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::model::clock::Clock;
use crate::model::json::utc;
use crate::model::retention::{Removed, Wait, Why};
use crate::render::offset;
use crate::retention::{Pruner, Run};
use crate::store::Store;

#[derive(Args)]
pub struct Arguments {
    /// Only count, and remove nothing
    #[arg(long)]
    dry_run: bool,
    #[arg(long)]
    json: bool,
}

pub async fn prune(config: &Config, arguments: Arguments) -> CommandResult {
    let store = Store::open(&config.database_url).await?;
    let clock = store.clock(Clock::System);
    let pruner = Pruner::new(store, clock, config.retention, Metrics::default());
    let (removed, bytes, wait) = if arguments.dry_run {
        let (old, wait) = pruner.would().await?;
        (old, 0, wait)
    } else {
        match pruner.once().await? {
            Run::Keeps => (Removed::default(), 0, None),
            Run::Waits(wait) => (Removed::default(), 0, Some(wait)),
            Run::Removed { removed, bytes } => (removed, bytes, None),
            Run::Busy => return Err(anyhow::anyhow!("another process removes what is old just now").into()),
        }
    };
    if arguments.json {
        let until = wait.map(|wait| utc(wait.until).to_string());
        output::json(&json!({
            "dry_run": arguments.dry_run, "removed": removed, "bytes": bytes, "waits_until": until,
            "waits_because": wait.map(|wait| wait.why),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    table(&["", "ROWS"], removed.all().into_iter().map(|(kind, rows)| vec![kind.to_owned(), rows.to_string()]))?;
    line(format_args!("\n{}", told(config, &arguments, &removed, bytes, wait)))?;
    Ok(ExitCode::SUCCESS)
}

fn told(config: &Config, arguments: &Arguments, removed: &Removed, bytes: u64, wait: Option<Wait>) -> String {
    match wait {
        _ if config.retention.records.is_none() => "Nothing is removed: RETENTION is 0.".into(),
        Some(Wait { until, why }) => {
            let why = match why {
                Why::Announced => "RETENTION is not set. Set it, and it is done at once",
                Why::LongPause => {
                    "for long nobody looked for what is old: no service ran, or the clock went ahead and may be wrong"
                }
                Why::ClockAhead => "the clock was set back",
            };
            let until = format!("{} {}", time(until, &config.timezone), offset(until, &config.timezone));
            format!("Nothing is removed before {until}, because {why}.")
        }
        None if arguments.dry_run => "Only counted: so much would be removed now.".into(),
        None if removed.is_nothing() => "Nothing was old enough to be removed.".into(),
        None => format!("Removed. {bytes} bytes of the database file were given back."),
    }
}
