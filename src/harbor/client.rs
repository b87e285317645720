//! The questions that Harbor's API is asked, each with the permission that it takes.

use reqwest::Method;
use serde_json::Value;

use super::answers::{Execution, Policy, SystemInfo, Task, WebhookExecution, WebhookPolicy, WebhookTask};
pub use super::error::Error;
pub use super::http::{Access, Client, PAGE_SIZE};
use super::http::{LONGEST_ANSWER, readable};
use super::log::is_log;

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// How many there are in all, where Harbor says it.
    pub total: Option<i64>,
    pub is_last: bool,
}

impl Client {
    /// Needs no permission. Whom Harbor does not know gets an answer, too, without the URL; then any other question says
    /// that the account is refused.
    pub async fn system_info(&self) -> Result<SystemInfo, Error> {
        let (info, _): (SystemInfo, _) = self.get("", "systeminfo", &[]).await?;
        if info.external_url.is_empty() {
            self.executions(1).await?;
            return Err(Error::Unreadable("it does not say what Harbor calls itself (external_url)".to_owned()));
        }
        Ok(info)
    }

    /// Newest first, pages from 1.
    pub async fn executions(&self, page: u32) -> Result<Page<Execution>, Error> {
        let query = [("sort", "-id".to_owned()), ("page", page.to_string()), ("page_size", PAGE_SIZE.to_string())];
        let (items, total): (Option<Vec<Value>>, _) =
            self.get("replication:list", "replication/executions", &query).await?;
        let items = items.unwrap_or_default();
        let is_last = items.len() < PAGE_SIZE;
        Ok(Page { items: readable(items), total, is_last })
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
        let path = format!("replication/executions/{execution_id}/tasks/{task_id}/log");
        let log = self.log("replication:read", &path).await?;
        if is_log(&log) { Ok(log) } else { Err(Error::Unreadable("no line of it is a log's".to_owned())) }
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
}

/// A project as a segment of a path.
fn encoded(project: &str) -> String {
    form_urlencoded::byte_serialize(project.as_bytes()).collect::<String>().replace('+', "%20")
}
