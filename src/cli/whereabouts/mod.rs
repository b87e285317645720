//! `where`: has this image arrived? For people, and for pipelines that wait: from the database, or over HTTP, so
//! that a build agent needs nothing but this program.

mod image;
mod source;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use jiff::tz::TimeZone;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::arguments::{read_moment, service_url};
use super::output::{self, remark, table, time, times};
use super::settings::secret;
use super::{CommandResult, Failure, config_of_database};
use crate::model::event::{ReplicationOutcome, label};
use crate::model::moment::duration;
use crate::store::Store;
use crate::store::arrivals::Question;
use source::{AskError, Service, Source};

const FAILED: u8 = 3;
const NOT_SEEN: u8 = 4;
const LOOK_EVERY: Duration = Duration::from_millis(250);

#[derive(Args)]
pub struct Arguments {
    /// project/name:tag; project/name alone lists the newest versions, and with --registry, --since or --json the latest
    /// version of each destination
    image: String,
    /// A registry's name or a rule's description; each one named must have the image
    #[arg(long)]
    registry: Vec<String>,
    /// Only executions since: 10m, 2026-11-23, or 2026-11-23T08:00:00Z
    #[arg(long)]
    since: Option<String>,
    /// Wait until each named registry has it, but no longer than this, such as 10m
    #[arg(long, requires = "registry")]
    wait: Option<String>,
    /// While waiting, end at the first failure, although Harbor may still retry it
    #[arg(long)]
    fail_fast: bool,
    /// Ask a running service, such as http://harborbell.example.com:8080, and not the database
    #[arg(long, value_parser = service_url)]
    url: Option<Url>,
    /// The service's READ_TOKEN; else from the environment, from .env or from READ_TOKEN_FILE
    #[arg(long, env = "READ_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[arg(long)]
    json: bool,
}

pub async fn run(arguments: Arguments) -> CommandResult {
    let wait = arguments.wait.as_deref().map(duration).transpose().map_err(Failure::Usage)?;
    let (source, timezone) = match &arguments.url {
        Some(url) => {
            let token = arguments.token.clone().filter(|token| !token.trim().is_empty());
            let token = if token.is_some() { token } else { secret("READ_TOKEN")? };
            (Source::Service(Service::new(url, token)?), TimeZone::system())
        }
        None => {
            let config = config_of_database()?;
            (Source::Database(Store::open(&config.database_url).await?), config.timezone)
        }
    };
    let (repository, version) = image::read(&arguments.image)?;
    image::check_project(&source, &arguments.image).await?;
    let question =
        Question { repository, version, registry: None, since: read_moment(arguments.since.as_deref(), &timezone)? };
    let deadline = Instant::now() + wait.unwrap_or_default();
    let (answers, verdict) = loop {
        let answers = match source.ask_all(&question, &arguments.registry).await {
            Ok(answers) => answers,
            Err(AskError::Passing(error)) if Instant::now() < deadline => {
                remark(format_args!("harborbell: {error:#}; asking again"));
                sleep(LOOK_EVERY * 4).await;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let verdict = verdict(&answers);
        let is_final = verdict == Verdict::Arrived || arguments.fail_fast && verdict == Verdict::Failed;
        if is_final || Instant::now() >= deadline {
            break (answers, verdict);
        }
        source.wait_for_news(&question, &answers, deadline).await;
    };
    let names_nothing_else = arguments.registry.is_empty() && question.since.is_none() && !arguments.json;
    let versions = match question.version {
        None if names_nothing_else => source.versions(&question.repository).await?,
        _ => None,
    };
    match versions.filter(|versions| !versions.is_empty()) {
        Some(versions) => image::print_versions(&versions, &timezone)?,
        None => print(&answers, &question, &timezone, arguments.json)?,
    }
    Ok(match verdict {
        Verdict::Arrived => ExitCode::SUCCESS,
        Verdict::Failed => ExitCode::from(FAILED),
        Verdict::NotSeen => ExitCode::from(NOT_SEEN),
    })
}

/// What is known of a registry, or of all of them where none was named.
struct RegistryAnswer {
    registry: Option<String>,
    known: Known,
}

/// The API's body. A service that is older than this program has no `others`.
#[derive(Default, Deserialize)]
struct Known {
    items: Vec<Value>,
    #[serde(default)]
    others: Vec<Value>,
}

/// In the order in which one outweighs another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Arrived,
    NotSeen,
    Failed,
}

/// One of `items` or of `others`.
#[derive(Deserialize)]
struct Line {
    repository: String,
    version: Option<String>,
    registry: Option<String>,
    description: Option<String>,
    #[serde(alias = "outcome")]
    state: String,
    #[serde(alias = "occurred_at")]
    since: jiff::Timestamp,
}

/// The worst line decides: a failure is a clear no; silence, and what neither arrived nor failed, is none yet. What is
/// replicated again or was in part deleted where something has arrived takes nothing away from that.
fn verdict(answers: &[RegistryAnswer]) -> Verdict {
    let failed = Value::from(ReplicationOutcome::Failed.as_str());
    let place = |item: &Value| (item["registry"].clone(), item["description"].clone());
    let of = |RegistryAnswer { known: Known { items, others }, .. }: &RegistryAnswer| {
        let has_arrived = |other: &Value| items.iter().any(|item| place(item) == place(other));
        if items.iter().any(|item| item["outcome"] == failed) {
            Verdict::Failed
        } else if items.is_empty() || !others.iter().all(has_arrived) {
            Verdict::NotSeen
        } else {
            Verdict::Arrived
        }
    };
    answers.iter().map(of).max().unwrap_or(Verdict::NotSeen)
}

fn print(answers: &[RegistryAnswer], question: &Question, timezone: &TimeZone, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let items: Vec<_> = answers.iter().flat_map(|answer| &answer.known.items).collect();
        let others: Vec<_> = answers.iter().flat_map(|answer| &answer.known.others).collect();
        return Ok(output::json(&json!({ "items": items, "others": others }))?);
    }
    let image = match &question.version {
        Some(version) => format!("{}:{version}", question.repository),
        None => question.repository.clone(),
    };
    let mut rows = Vec::new();
    for RegistryAnswer { registry, known: Known { items, others } } in answers {
        if items.is_empty() && others.is_empty() {
            rows.push(vec!["not seen".into(), registry.clone().unwrap_or_default(), image.clone(), String::new()]);
        }
        for line in items.iter().chain(others) {
            rows.push(row(line, timezone).context("the service's answer is not what this program knows")?);
        }
    }
    Ok(table(&["", "REGISTRY", "IMAGE", &times("TIME", timezone)], rows)?)
}

fn row(line: &Value, timezone: &TimeZone) -> Result<Vec<String>, serde_json::Error> {
    let line = Line::deserialize(line)?;
    let state = if line.state == ReplicationOutcome::Succeeded.as_str() { "arrived".to_owned() } else { line.state };
    let (registry, description) = (line.registry.unwrap_or_default(), line.description.unwrap_or_default());
    let place = match label(&registry, &description) {
        label if label == registry => registry,
        label => format!("{label} ({registry})"),
    };
    let version = line.version.map(|version| format!(":{version}")).unwrap_or_default();
    let since = time(line.since.as_millisecond(), timezone);
    Ok(vec![state, place, format!("{}{version}", line.repository), since])
}
