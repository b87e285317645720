//! `list`, `show`: looking at deliveries, also while the service runs.

use std::process::ExitCode;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::CommandResult;
use super::arguments::{Format, ListArgs};
use super::export;
use super::fitted::{self, Column, Cut};
use super::output::{json, line, remark, table, time, times};
use crate::admin::api::DeliveryDetail;
use crate::config::Config;
use crate::model::clock::Clock;
use crate::model::event::{Event, Operation, label};
use crate::render::zone;
use crate::store::Store;
use crate::store::views::{ChangeView, Delivery, Detail, RobotRow};

const ROWS: u16 = 50;

pub async fn list(config: &Config, arguments: ListArgs) -> CommandResult {
    let filter = arguments.filter.read(arguments.state, &config.timezone)?;
    let store = Store::open(&config.database_url).await?;
    let after = match &arguments.cursor {
        Some(cursor) => Some(store.position(cursor).await?.ok_or_else(|| unknown(cursor))?),
        None => None,
    };
    if arguments.format == Format::Csv {
        export::csv(&store, &filter, after, arguments.limit.map(usize::from)).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let page = store.list(&filter, arguments.limit.unwrap_or(ROWS).into(), after.as_ref()).await?;
    if arguments.json || arguments.format == Format::Json {
        json(&page)?;
        return Ok(ExitCode::SUCCESS);
    }
    if page.items.is_empty() {
        remark("no deliveries match");
    }
    let rows = page.items.iter().map(|delivery| row(delivery, &config.timezone)).collect();
    let width = if arguments.wide { None } else { fitted::terminal_width() };
    fitted::print(&columns(&times("CREATED", &config.timezone)), rows, width)?;
    if let Some(cursor) = page.next_cursor {
        line(format_args!("\nMore: --cursor {cursor}"))?;
    }
    // Which robots a service has is in the database. What this shell's environment says may be another's.
    let served = store.served(&store.clock(Clock::System)).await?;
    for RobotRow { name, waiting, .. } in store.robots(Clock::System.now(), i64::MAX).await? {
        if waiting > 0 && !served.contains(&name) {
            line(format_args!(
                "\n{waiting} wait for robot {name}, and no service sends for it now: either none runs, or its \
                 configuration does not have this robot."
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn show(config: &Config, id: &str, as_json: bool) -> CommandResult {
    let store = Store::open(&config.database_url).await?;
    let detail = store.show(id).await?.ok_or_else(|| unknown(id))?;
    let detail = DeliveryDetail::of(detail, &config.renderer, &config.routing, Clock::System.now());
    if as_json {
        json(&detail)?;
        return Ok(ExitCode::SUCCESS);
    }
    print_detail(&detail.detail, &detail.message, &config.timezone)?;
    Ok(ExitCode::SUCCESS)
}

/// Of the list: what is needed most has the lowest rank.
fn columns(created: &str) -> [Column<'_>; 10] {
    [
        Column { header: "ID", cut: Cut::Never, rank: 0 },
        Column { header: "STATE", cut: Cut::Never, rank: 1 },
        Column { header: "ROBOT", cut: Cut::Middle, rank: 8 },
        Column { header: created, cut: Cut::Never, rank: 4 },
        Column { header: "REPLICATION", cut: Cut::Never, rank: 6 },
        Column { header: "REPOSITORY", cut: Cut::Middle, rank: 2 },
        Column { header: "VERSIONS", cut: Cut::End, rank: 3 },
        Column { header: "REGISTRY", cut: Cut::Middle, rank: 5 },
        Column { header: "ATTEMPTS", cut: Cut::Never, rank: 9 },
        Column { header: "LAST ERROR", cut: Cut::End, rank: 7 },
    ]
}

fn row(delivery: &Delivery, timezone: &TimeZone) -> Vec<String> {
    let event = &delivery.event.facts;
    vec![
        delivery.id.clone(),
        delivery.state.to_string(),
        delivery.robot.clone(),
        time(delivery.created_at, timezone),
        done(event),
        event.name().to_owned(),
        short(&event.versions.join(" "), 40),
        label(&event.registry, &event.description).to_owned(),
        delivery.attempts.to_string(),
        short(&delivery.last_error, 60),
    ]
}

/// How it ended; a copy is what goes without saying.
fn done(event: &Event) -> String {
    match event.operation {
        Operation::Copy => event.outcome.to_string(),
        operation => format!("{operation} {}", event.outcome),
    }
}

fn print_detail(detail: &Detail, message: &str, timezone: &TimeZone) -> std::io::Result<()> {
    let Detail { delivery, attempt_log, changes, payload, notice } = detail;
    let event = &delivery.event.facts;
    let facts = [
        ("delivery", delivery.id.clone()),
        ("state", delivery.state.to_string()),
        ("robot", delivery.robot.clone()),
        ("mentions", notice.mentions.join(" ")),
        ("event", delivery.event.id.clone()),
        ("source", event.source.to_string()),
        ("operation", event.operation.to_string()),
        ("outcome", event.outcome.to_string()),
        ("reason", event.reason.clone()),
        ("repository", event.repository.clone()),
        ("versions", event.versions.join(" ")),
        ("registry", event.registry.clone()),
        ("description", event.description.clone()),
        ("rule", event.rule.clone()),
        ("occurred", time(event.occurred_at, timezone)),
        ("accepted", time(delivery.created_at, timezone)),
        ("next attempt", time(delivery.next_attempt_at, timezone)),
        ("finished", time(delivery.finished_at, timezone)),
        ("time zone", zone(Clock::System.now(), timezone)),
        ("last error", delivery.last_error.clone()),
    ];
    table(&["", ""], facts.into_iter().map(|(name, value)| vec![name.to_owned(), value]))?;
    line("\nAttempts:")?;
    let headers = ["#", "STARTED", "MS", "OUTCOME", "HTTP", "ERRCODE", "ANSWER", "MESSAGE"];
    table(
        &headers,
        attempt_log.iter().map(|attempt| {
            vec![
                attempt.number.to_string(),
                time(attempt.started_at, timezone),
                attempt.duration_ms.to_string(),
                attempt.outcome.clone(),
                if attempt.http_status == 0 { String::new() } else { attempt.http_status.to_string() },
                attempt.errcode.map(|code| code.to_string()).unwrap_or_default(),
                short(&attempt.errmsg, 60),
                attempt.message_id.clone(),
            ]
        }),
    )?;
    if !changes.is_empty() {
        line("\nChanges:")?;
        let headers = ["AT", "VERB", "VIA", "BY", "DELIVERIES", "FILTER"];
        table(&headers, changes.iter().map(|change| change_row(change, timezone)))?;
    }
    line(format_args!("\nMessage, as it would be sent now:\n{message}\n\nPayload:\n{}", payload.get()))
}

fn change_row(change: &ChangeView, timezone: &TimeZone) -> Vec<String> {
    vec![
        time(change.at, timezone),
        change.verb.to_string(),
        change.via.to_string(),
        change.by.clone(),
        change.deliveries.to_string(),
        change.filter.as_ref().map(conditions).unwrap_or_default(),
    ]
}

/// What a filter asks for, as flags say it.
fn conditions(filter: &Value) -> String {
    let given = filter.as_object().into_iter().flatten();
    let given = given.filter_map(|(name, value)| Some(format!("--{name} {}", value.as_str()?)));
    given.collect::<Vec<_>>().join(" ")
}

fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn unknown(id: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "there is no delivery {id:?}; `harborbell list` has their ids, but of those that ended longer ago than RETENTION"
    )
}
