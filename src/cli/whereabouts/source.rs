//! Whom `where` asks: the database, or a running service.

use std::time::Duration;

use anyhow::{Context, anyhow};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{Known, LOOK_EVERY, RegistryAnswer};
use crate::board::{Board, Wanted};
use crate::model::clock::Clock;
use crate::model::json::utc;
use crate::model::link::image_path;
use crate::store::Store;
use crate::store::arrivals::Question;
use crate::store::images::Images;
use crate::wecom::use_ring;

/// The longest that one request asks the service to wait.
const ASK_FOR: Duration = Duration::from_secs(30);
/// So many versions are listed where none is named.
const MOST_VERSIONS: usize = 20;

pub(super) enum AskError {
    /// The service or its database is away for a moment.
    Passing(anyhow::Error),
    Final(anyhow::Error),
}

pub(super) enum Source {
    Database(Store),
    Service(Service),
}

impl Source {
    pub(super) async fn ask_all(
        &self,
        question: &Question,
        registries: &[String],
    ) -> Result<Vec<RegistryAnswer>, AskError> {
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
                let arrivals = store.arrivals(question, &[]).await.map_err(|error| AskError::Passing(error.into()))?;
                let known = serde_json::to_value(arrivals).and_then(Known::deserialize);
                known.map_err(|error| AskError::Final(error.into()))
            }
            Self::Service(service) => service.ask(question, None).await,
        }
    }

    /// The newest versions of a repository, as the API lists them; None where a service is too old to know them.
    pub(super) async fn versions(&self, repository: &str) -> Result<Option<Vec<Value>>, AskError> {
        match self {
            Self::Database(store) => {
                let images = Images { repository: Some(repository.to_owned()), ..Images::default() };
                let board = Board { store, rules: None, now: Clock::System.now() };
                let page = board.page(&Wanted { images, ..Wanted::default() }, MOST_VERSIONS, None).await;
                let rows = page.map_err(|error| AskError::Passing(error.into()))?.rows;
                let rows: Result<Vec<_>, _> = rows.iter().map(serde_json::to_value).collect();
                rows.map(Some).map_err(|error| AskError::Final(error.into()))
            }
            Self::Service(service) => {
                let path = image_path(repository, "");
                let limit = [("limit", MOST_VERSIONS.to_string())];
                let answer = service.get(path.trim_start_matches('/'), &limit).await?;
                Ok(answer["items"].as_array().cloned())
            }
        }
    }

    /// Whether anything was ever told of this project. A service that is too old to say is not doubted.
    pub(super) async fn has_project(&self, project: &str) -> Result<bool, AskError> {
        match self {
            Self::Database(store) => store.has_project(project).await.map_err(|error| AskError::Passing(error.into())),
            Self::Service(service) => {
                let query = [("project", project.to_owned()), ("limit", "1".to_owned())];
                let answer = service.get("images", &query).await?;
                Ok(answer["items"].as_array().is_none_or(|items| !items.is_empty()))
            }
        }
    }

    /// Until something may have changed. The service itself waits for a registry that it knows nothing of yet.
    pub(super) async fn wait_for_news(&self, question: &Question, answers: &[RegistryAnswer], deadline: Instant) {
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

pub(super) struct Service {
    client: Client,
    url: Url,
    token: Option<String>,
}

impl Service {
    pub(super) fn new(url: &Url, token: Option<String>) -> anyhow::Result<Self> {
        use_ring();
        let client = Client::builder().timeout(ASK_FOR * 2).build().context("no HTTP client can be made")?;
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        Ok(Self { client, url: url.join("api/v1/").context("--url")?, token })
    }

    async fn ask(&self, question: &Question, wait: Option<Duration>) -> Result<Known, AskError> {
        let mut query = vec![("repository", question.repository.clone())];
        query.extend(question.version.clone().map(|version| ("version", version)));
        query.extend(question.registry.clone().map(|registry| ("registry", registry)));
        query.extend(question.since.map(|since| ("since", utc(since).to_string())));
        query.extend(wait.map(|wait| ("wait", wait.as_secs().to_string())));
        let answer = self.get("arrivals", &query).await?;
        Known::deserialize(&answer).map_err(|_| AskError::Final(anyhow!("{} gives no answer of harborbell", self.url)))
    }

    /// A call of the API. What is not there is null.
    async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, AskError> {
        let mut url = self.url.join(path).map_err(|error| AskError::Final(error.into()))?;
        url.query_pairs_mut().extend_pairs(query);
        let mut request = self.client.get(url.clone());
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        url.set_query(None);
        let answer = request.send().await.map_err(|error| AskError::Passing(error.into()))?;
        let status = answer.status();
        let body: Option<Value> = answer.json().await.ok();
        match (status, body) {
            (StatusCode::OK, Some(body)) if body.is_object() => Ok(body),
            (StatusCode::NOT_FOUND, Some(_)) if path != "arrivals" => Ok(Value::Null),
            (status, body) => {
                let body = body.unwrap_or_default();
                let detail = body["detail"].as_str().unwrap_or("this is no answer of harborbell");
                let error = anyhow!("{url} answers {status}: {detail}{}", self.advice(status));
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
