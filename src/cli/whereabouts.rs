//! `where`: has this image arrived? For people, and for pipelines that wait: from the database, or over HTTP, so
//! that a build agent needs nothing but this program.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Args;
use jiff::tz::TimeZone;
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::arguments::read_moment;
use super::output::{self, remark, table, time, times};
use super::settings::dotenv_value;
use super::{CommandResult, Failure, config};
use crate::model::event::{ReplicationOutcome, label};
use crate::model::json::utc;
use crate::model::moment::duration;
use crate::store::Store;
use crate::store::arrivals::Question;
use crate::wecom::use_ring;

const FAILED: u8 = 3;
const NOT_SEEN: u8 = 4;
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The longest that one request asks the service to wait.
const ASK_FOR: Duration = Duration::from_secs(30);

#[derive(Args)]
pub struct Arguments {
    /// project/name or project/name:tag
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
    #[arg(long)]
    url: Option<Url>,
    /// The service's READ_TOKEN; else from the environment, else from .env
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
            let token = token.or_else(|| dotenv_value("READ_TOKEN"));
            (Source::Service(Service::new(url, token)?), TimeZone::system())
        }
        None => {
            let config = config()?;
            (Source::Database(Store::open(&config.database_url).await?), config.timezone)
        }
    };
    let (repository, version) = image(&arguments.image)?;
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
            Err(AskError::Passing(error) | AskError::Final(error)) => return Err(error.into()),
        };
        let verdict = verdict(&answers);
        let is_final = verdict == Verdict::Arrived || arguments.fail_fast && verdict == Verdict::Failed;
        if is_final || Instant::now() >= deadline {
            break (answers, verdict);
        }
        source.wait_for_news(&question, &answers, deadline).await;
    };
    print(&answers, &question, &timezone, arguments.json)?;
    Ok(match verdict {
        Verdict::Arrived => ExitCode::SUCCESS,
        Verdict::Failed => ExitCode::from(FAILED),
        Verdict::NotSeen => ExitCode::from(NOT_SEEN),
    })
}

/// `project/name`, `project/name:tag`, or `project/name@sha256:…`.
fn image(text: &str) -> Result<(String, Option<String>), Failure> {
    let after_slash = text.rfind('/').map_or(0, |slash| slash + 1);
    let mark = text.find('@').or_else(|| text[after_slash..].find(':').map(|colon| after_slash + colon));
    let (repository, version) = mark.map_or((text, None), |mark| (&text[..mark], Some(&text[mark + 1..])));
    if repository.is_empty() || version == Some("") {
        return Err(Failure::Usage(format!("{text:?} is no image; use one such as mars/mars-api:v1.2.3")));
    }
    Ok((repository.to_owned(), version.map(str::to_owned)))
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

enum AskError {
    /// The service or its database is away for a moment.
    Passing(anyhow::Error),
    Final(anyhow::Error),
}

enum Source {
    Database(Store),
    Service(Service),
}

impl Source {
    async fn ask_all(&self, question: &Question, registries: &[String]) -> Result<Vec<RegistryAnswer>, AskError> {
        let mut named: Vec<_> = registries.iter().cloned().map(Some).collect();
        if named.is_empty() {
            named.push(None);
        }
        let mut answers = Vec::new();
        for registry in named {
            let question = Question { registry: registry.clone(), ..question.clone() };
            answers.push(RegistryAnswer { registry, known: self.ask(&question).await? });
        }
        Ok(answers)
    }

    async fn ask(&self, question: &Question) -> Result<Known, AskError> {
        match self {
            Self::Database(store) => {
                let arrivals = store.arrivals(question).await.map_err(|error| AskError::Passing(error.into()))?;
                let known = serde_json::to_value(arrivals).and_then(Known::deserialize);
                known.map_err(|error| AskError::Final(error.into()))
            }
            Self::Service(service) => service.ask(question, None).await,
        }
    }

    /// Until something may have changed. The service itself waits for a registry that it knows nothing of yet.
    async fn wait_for_news(&self, question: &Question, answers: &[RegistryAnswer], deadline: Instant) {
        let left = deadline.saturating_duration_since(Instant::now());
        let unseen = answers.iter().find(|answer| answer.known.items.is_empty());
        if let (Self::Service(service), Some(RegistryAnswer { registry, .. })) = (self, unseen) {
            let question = Question { registry: registry.clone(), ..question.clone() };
            // A service that stops answers at once, with nothing.
            if service.ask(&question, Some(left.min(ASK_FOR))).await.is_ok_and(|known| !known.items.is_empty()) {
                return;
            }
        }
        sleep(left.min(LOOK_EVERY)).await;
    }
}

struct Service {
    client: Client,
    url: Url,
    token: Option<String>,
}

impl Service {
    fn new(url: &Url, token: Option<String>) -> anyhow::Result<Self> {
        use_ring();
        let client = Client::builder().timeout(ASK_FOR * 2).build().context("no HTTP client can be made")?;
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        Ok(Self { client, url: url.join("api/v1/arrivals").context("--url")?, token })
    }

    async fn ask(&self, question: &Question, wait: Option<Duration>) -> Result<Known, AskError> {
        let mut query = vec![("repository", question.repository.clone())];
        query.extend(question.version.clone().map(|version| ("version", version)));
        query.extend(question.registry.clone().map(|registry| ("registry", registry)));
        query.extend(question.since.map(|since| ("since", utc(since).to_string())));
        query.extend(wait.map(|wait| ("wait", wait.as_secs().to_string())));
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(query);
        let mut request = self.client.get(url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.map_err(|error| AskError::Passing(error.into()))?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        match (status, Known::deserialize(&body)) {
            (StatusCode::OK, Ok(known)) => Ok(known),
            (status, _) => {
                let detail = body["detail"].as_str().unwrap_or("this is no answer of harborbell");
                let error = anyhow!("{} answers {status}: {detail}{}", self.url, self.advice(status));
                let passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                Err(if passing { AskError::Passing(error) } else { AskError::Final(error) })
            }
        }
    }

    fn advice(&self, status: StatusCode) -> &'static str {
        match (status, &self.token) {
            (StatusCode::UNAUTHORIZED, None) => "; set READ_TOKEN in the environment or .env, or use --token",
            (StatusCode::UNAUTHORIZED, Some(_)) => {
                "; what READ_TOKEN (in the environment or .env) or --token gave is not the service's READ_TOKEN"
            }
            _ => "",
        }
    }
}
