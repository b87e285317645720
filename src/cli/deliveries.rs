//! `list`, `show`, `replay`: looking at deliveries and telling them again, also while the service runs.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::str::FromStr;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::output::{harmless, line, table, time};
use super::{Failure, FilterArgs, ListArgs, Outcome, ReplayArgs};
use crate::config::{Config, duration};
use crate::model::clock::{Clock, Millis};
use crate::model::delivery::State;
use crate::store::Store;
use crate::store::inspect::{Delivery, Detail, Filter};
use crate::store::replay::Replay;

pub async fn list(config: &Config, arguments: ListArgs) -> Outcome {
    let filter = filter(&arguments.filter, arguments.state, &config.timezone)?;
    let store = Store::open(&config.database_url).await?;
    let page = store.list(&filter, arguments.limit.into(), arguments.cursor.as_deref()).await?;
    if arguments.json {
        line(serde_json::to_string(&page)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let headers =
        ["ID", "STATE", "ROBOT", "CREATED", "OUTCOME", "REPOSITORY", "VERSIONS", "REGISTRY", "TRIES", "LAST ERROR"];
    table(&headers, page.items.iter().map(|delivery| row(delivery, &config.timezone)))?;
    if let Some(cursor) = page.next_cursor {
        line(format_args!("\nMore: --cursor {cursor}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn show(config: &Config, id: &str, as_json: bool) -> Outcome {
    let store = Store::open(&config.database_url).await?;
    let detail = store.show(id).await?.ok_or_else(|| unknown(id))?;
    let message = config.renderer.render(&[&detail.news], Clock::System.now()).content;
    if as_json {
        let mut body = serde_json::to_value(&detail)?;
        body["message"] = Value::String(message);
        line(body)?;
        return Ok(ExitCode::SUCCESS);
    }
    print_detail(&detail, &message, &config.timezone)?;
    Ok(ExitCode::SUCCESS)
}

pub async fn replay(config: &Config, arguments: ReplayArgs) -> Outcome {
    match arguments.state {
        Some(state) => replay_matching(config, arguments, state).await,
        None if arguments.filter.is_empty() => replay_named(config, &arguments.ids, arguments.json).await,
        None => Err(Failure::Usage("--robot, --since and --until narrow --state; ids need no narrowing".into())),
    }
}

async fn replay_named(config: &Config, ids: &[String], as_json: bool) -> Outcome {
    let store = Store::open(&config.database_url).await?;
    let mut refused = 0;
    for id in ids {
        let answer = store.replay(id, Clock::System.now()).await?;
        let text = match answer {
            Replay::Replayed => "replayed; it is sent in its robot's next slot".to_owned(),
            Replay::Refused(state) => format!("not replayed: it is {state}"),
            Replay::Unknown => "not replayed: there is no such delivery".to_owned(),
        };
        refused += u8::from(answer != Replay::Replayed);
        match as_json {
            true => line(json!({ "id": id, "replayed": answer == Replay::Replayed, "detail": text }))?,
            false => line(format_args!("{id}  {text}"))?,
        }
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn replay_matching(config: &Config, arguments: ReplayArgs, state: State) -> Outcome {
    if !state.is_replayable() {
        return Err(Failure::Usage(format!(
            "{state} deliveries cannot be replayed; use failed, delivered or discarded"
        )));
    }
    let filter = filter(&arguments.filter, Some(state), &config.timezone)?;
    let store = Store::open(&config.database_url).await?;
    let matched = store.count(&filter).await?;
    let replayed = if arguments.dry_run || matched == 0 {
        0
    } else if arguments.yes || confirmed(&format!("Send {matched} {state} deliveries again?"))? {
        store.replay_all(&filter, Clock::System.now()).await?
    } else {
        return Ok(ExitCode::FAILURE);
    };
    match arguments.json {
        true => line(json!({ "matched": matched, "replayed": replayed }))?,
        false => line(format_args!("{matched} matched, {replayed} replayed"))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn confirmed(question: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("nobody can be asked here; add --yes, or --dry-run to see how many match".into()));
    }
    print!("{question} [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn filter(arguments: &FilterArgs, state: Option<State>, timezone: &TimeZone) -> Result<Filter, Failure> {
    let bound = |text: &Option<String>| text.as_deref().map(|text| moment(text, timezone)).transpose();
    Ok(Filter {
        state,
        robot: arguments.robot.clone(),
        since: bound(&arguments.since)?,
        until: bound(&arguments.until)?,
    })
}

/// `24h` ago, a date or a local time in `TIMEZONE`, or an RFC 3339 time.
fn moment(text: &str, timezone: &TimeZone) -> Result<Millis, Failure> {
    if let Ok(ago) = duration(text) {
        return Ok(Clock::System.now() - Millis::try_from(ago.as_millis()).unwrap_or(Millis::MAX));
    }
    if let Ok(at) = jiff::Timestamp::from_str(text) {
        return Ok(at.as_millisecond());
    }
    let local = jiff::civil::DateTime::from_str(text).ok().and_then(|local| local.to_zoned(timezone.clone()).ok());
    let local = local.ok_or_else(|| {
        Failure::Usage(format!("{text:?} is no time; use one such as 24h, 2026-11-23 or 2026-11-23T08:00:00Z"))
    })?;
    Ok(local.timestamp().as_millisecond())
}

fn row(delivery: &Delivery, timezone: &TimeZone) -> Vec<String> {
    let event = &delivery.event;
    vec![
        delivery.id.clone(),
        delivery.state.to_string(),
        delivery.robot.clone(),
        time(delivery.created_at, timezone),
        event.outcome.to_string(),
        event.repository.clone(),
        short(&event.versions.join(" "), 40),
        if event.description.is_empty() { event.registry.clone() } else { event.description.clone() },
        delivery.attempts.to_string(),
        short(&delivery.last_error, 60),
    ]
}

fn print_detail(detail: &Detail, message: &str, timezone: &TimeZone) -> std::io::Result<()> {
    let Detail { delivery, attempt_log, payload, .. } = detail;
    let event = &delivery.event;
    let facts = [
        ("delivery", delivery.id.clone()),
        ("state", delivery.state.to_string()),
        ("robot", delivery.robot.clone()),
        ("event", event.id.clone()),
        ("outcome", event.outcome.to_string()),
        ("repository", event.repository.clone()),
        ("versions", event.versions.join(" ")),
        ("registry", event.registry.clone()),
        ("description", event.description.clone()),
        ("occurred", time(event.occurred_at, timezone)),
        ("accepted", time(delivery.created_at, timezone)),
        ("next attempt", time(delivery.next_attempt_at, timezone)),
        ("finished", time(delivery.finished_at, timezone)),
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
    line(format_args!("\nMessage, as it would be sent now:\n{message}\n\nPayload:\n{}", harmless(payload.get())))
}

fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn unknown(id: &str) -> anyhow::Error {
    anyhow::anyhow!("there is no delivery {id:?}; `harborbell list` has their ids")
}
