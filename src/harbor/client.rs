//! One question to Harbor's API, and its answer or an error that a person can act upon. Answers are capped and time out.
//! The password leaves only for Harbor's own origin, and is in no error.

use std::time::Duration;

use reqwest::redirect::{Attempt, Policy as Redirects};
use reqwest::{Certificate, Method, RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use super::answers::{Execution, Policy, SystemInfo, Task, WebhookExecution, WebhookPolicy, WebhookTask};
pub use super::error::Error;
use super::line::one_line;
use crate::model::secret::Secrets;
use crate::wecom::{is_loopback, use_ring};

/// The whole of a call.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// 100 webhooks of a record, each with the body that it sent, fit.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;
/// A longer log is read up to here.
const LONGEST_LOG: usize = 1024 * 1024;
/// How much of an unexpected answer is repeated.
const LONGEST_EXCERPT: usize = 200;
const MOST_REDIRECTS: usize = 3;
/// The most that Harbor gives at once.
pub const PAGE_SIZE: usize = 100;
/// So many pages of a list are read: more tasks or rules than that are not Harbor's.
const MOST_PAGES: u32 = 200;

/// What it takes to ask.
#[derive(Clone, Debug)]
pub struct Access {
    pub url: Url,
    pub username: String,
    pub password: SecretString,
    /// Certificates in PEM, beside the system's.
    pub ca: Option<Vec<u8>>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// How many there are in all, where Harbor says it.
    pub total: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    access: Access,
    /// What must not be repeated, whatever answers.
    secrets: Secrets,
}

impl Client {
    /// Fails where the certificates are none, or the system has none.
    pub fn new(access: &Access, mut secrets: Secrets) -> Result<Self, Error> {
        use_ring();
        let mut builder = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Redirects::custom(same_origin))
            .user_agent(concat!("harborbell/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&access.url) {
            // A proxy's own loopback is another machine's.
            builder = builder.no_proxy();
        }
        if let Some(pem) = &access.ca {
            let certificates = Certificate::from_pem_bundle(pem).map_err(|error| unreachable(&error))?;
            builder = certificates.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
        }
        let http = builder.build().map_err(|error| unreachable(&error))?;
        secrets.add(&access.password);
        Ok(Self { http, access: access.clone(), secrets })
    }

    /// Needs no permission.
    pub async fn system_info(&self) -> Result<SystemInfo, Error> {
        self.get("", "systeminfo", &[]).await.map(|(info, _)| info)
    }

    /// Newest first, pages from 1.
    pub async fn executions(&self, page: u32) -> Result<Page<Execution>, Error> {
        let query = [("sort", "-id".to_owned()), ("page", page.to_string()), ("page_size", PAGE_SIZE.to_string())];
        let (items, total): (Option<_>, _) = self.get("replication:list", "replication/executions", &query).await?;
        Ok(Page { items: items.unwrap_or_default(), total })
    }

    /// Those that have not ended, of any age.
    pub async fn running(&self) -> Result<Vec<Execution>, Error> {
        self.all("replication:list", "replication/executions?status=InProgress").await
    }

    pub async fn execution(&self, id: i64) -> Result<Execution, Error> {
        self.get("replication:read", &format!("replication/executions/{id}"), &[]).await.map(|(found, _)| found)
    }

    pub async fn tasks(&self, execution_id: i64) -> Result<Vec<Task>, Error> {
        self.all("replication:list", &format!("replication/executions/{execution_id}/tasks")).await
    }

    /// The log of a task's last try.
    pub async fn task_log(&self, execution_id: i64, task_id: i64) -> Result<String, Error> {
        self.log("replication:read", &format!("replication/executions/{execution_id}/tasks/{task_id}/log")).await
    }

    /// The replication rules, with their registries.
    pub async fn policies(&self) -> Result<Vec<Policy>, Error> {
        self.all("replication-policy:list", "replication/policies").await
    }

    pub async fn webhook_policies(&self, project: &str) -> Result<Vec<WebhookPolicy>, Error> {
        let path = format!("projects/{}/webhook/policies", encoded(project));
        self.all("notification-policy:list", &path).await
    }

    /// What a webhook policy sent about replications, newest first.
    pub async fn webhook_executions(
        &self,
        project: &str,
        policy_id: i64,
        page: u32,
    ) -> Result<Vec<WebhookExecution>, Error> {
        let path = format!("projects/{}/webhook/policies/{policy_id}/executions", encoded(project));
        let query = [
            ("q", "extra_attrs.event_type=REPLICATION".to_owned()),
            ("sort", "-id".to_owned()),
            ("page", page.to_string()),
            ("page_size", PAGE_SIZE.to_string()),
        ];
        let (found, _): (Option<_>, _) = self.get("notification-policy:read", &path, &query).await?;
        Ok(found.unwrap_or_default())
    }

    pub async fn webhook_tasks(&self, project: &str, policy_id: i64, sent: i64) -> Result<Vec<WebhookTask>, Error> {
        let path = format!("projects/{}/webhook/policies/{policy_id}/executions/{sent}/tasks", encoded(project));
        self.all("notification-policy:read", &path).await
    }

    pub async fn webhook_task_log(
        &self,
        project: &str,
        policy_id: i64,
        sent: i64,
        task_id: i64,
    ) -> Result<String, Error> {
        let project = encoded(project);
        let path = format!("projects/{project}/webhook/policies/{policy_id}/executions/{sent}/tasks/{task_id}/log");
        self.log("notification-policy:read", &path).await
    }

    pub async fn create_webhook_policy(&self, project: &str, policy: &WebhookPolicy) -> Result<(), Error> {
        let path = format!("projects/{}/webhook/policies", encoded(project));
        let request = self.request(Method::POST, &path, &[]).json(policy);
        self.send("notification-policy:create", request, LONGEST_ANSWER).await.map(drop)
    }

    pub async fn update_webhook_policy(&self, project: &str, policy: &WebhookPolicy) -> Result<(), Error> {
        let path = format!("projects/{}/webhook/policies/{}", encoded(project), policy.id);
        let request = self.request(Method::PUT, &path, &[]).json(policy);
        self.send("notification-policy:update", request, LONGEST_ANSWER).await.map(drop)
    }

    /// A text of Harbor's without what is secret.
    pub fn presentable(&self, text: &str) -> String {
        self.secrets.hide(text)
    }

    async fn all<T: DeserializeOwned>(&self, permission: &'static str, path: &str) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let query = [("page", page.to_string()), ("page_size", PAGE_SIZE.to_string())];
            let (items, _): (Option<Vec<T>>, _) = self.get(permission, path, &query).await?;
            let items = items.unwrap_or_default();
            let is_last = items.len() < PAGE_SIZE;
            all.extend(items);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    async fn get<T: DeserializeOwned>(
        &self,
        permission: &'static str,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<(T, Option<i64>), Error> {
        let request = self.request(Method::GET, path, query);
        let (body, total, is_cut) = self.send(permission, request, LONGEST_ANSWER).await?;
        if is_cut {
            return Err(Error::TooLong);
        }
        let mut deserializer = serde_json::Deserializer::from_slice(&body);
        let parsed = serde_path_to_error::deserialize(&mut deserializer);
        Ok((parsed.map_err(|error| Error::Unreadable(excerpt(&self.secrets.hide(&error.to_string()))))?, total))
    }

    async fn log(&self, permission: &'static str, path: &str) -> Result<String, Error> {
        let (body, ..) = self.send(permission, self.request(Method::GET, path, &[]), LONGEST_LOG).await?;
        Ok(self.secrets.hide(&String::from_utf8_lossy(&body)))
    }

    fn request(&self, method: Method, path: &str, query: &[(&str, String)]) -> RequestBuilder {
        let mut url = self.access.url.clone();
        let (path, fixed) = path.split_once('?').map_or((path, None), |(path, fixed)| (path, Some(fixed)));
        url.set_path(&format!("{}/api/v2.0/{path}", url.path().trim_end_matches('/')));
        url.set_query(fixed);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let password = self.access.password.expose_secret();
        self.http.request(method, url).basic_auth(&self.access.username, Some(password))
    }

    /// The body up to `longest`, the total that its header names, and whether it goes on.
    async fn send(
        &self,
        permission: &'static str,
        request: RequestBuilder,
        longest: usize,
    ) -> Result<(Vec<u8>, Option<i64>, bool), Error> {
        let mut response = request.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        let total = response.headers().get("x-total-count").and_then(|total| total.to_str().ok()?.parse().ok());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > longest {
                body.truncate(longest);
                return if status.is_success() { Ok((body, total, true)) } else { Err(Error::TooLong) };
            }
        }
        match status {
            _ if status.is_success() => Ok((body, total, false)),
            StatusCode::UNAUTHORIZED => Err(Error::Unauthorized),
            StatusCode::FORBIDDEN => Err(Error::Forbidden { permission }),
            StatusCode::NOT_FOUND => Err(Error::NotFound),
            _ if status.is_redirection() => Err(Error::Redirected),
            _ => Err(Error::Status {
                status: status.as_u16(),
                excerpt: excerpt(&self.secrets.hide(&String::from_utf8_lossy(&body))),
            }),
        }
    }
}

/// Credentials never follow a redirect to another origin: such a one is not followed at all.
fn same_origin(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let is_same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
    if is_same && attempt.previous().len() <= MOST_REDIRECTS { attempt.follow() } else { attempt.stop() }
}

fn unreachable(error: &reqwest::Error) -> Error {
    if error.is_timeout() {
        return Error::Timeout;
    }
    // The last cause says what happened; the ones before it repeat the address.
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    Error::Unreachable(excerpt(&cause.to_string()))
}

/// One short line of what somebody said.
fn excerpt(text: &str) -> String {
    let line = one_line(text);
    line[..line.floor_char_boundary(LONGEST_EXCERPT)].to_owned()
}

/// A project as a segment of a path.
fn encoded(project: &str) -> String {
    form_urlencoded::byte_serialize(project.as_bytes()).collect::<String>().replace('+', "%20")
}
