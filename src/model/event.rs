//! An event: one accepted webhook, reduced to the facts that people are notified of.

use serde::{Deserialize, Serialize};

use super::clock::Millis;
use super::json::{number_or_null, rfc3339, text_or_null};
use super::words::words;

/// How the replication of one repository ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplicationOutcome {
    #[default]
    Succeeded,
    Failed,
}
words!(ReplicationOutcome, "outcome": Succeeded = "succeeded", Failed = "failed");

/// What the replication did to the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    #[default]
    Copy,
    Delete,
    /// The webhook does not say, the rule may delete, and Harbor's API has not answered yet.
    Unconfirmed,
}
words!(Operation, "operation": Copy = "copy", Delete = "delete", Unconfirmed = "unconfirmed");

/// How harborbell learnt of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    #[default]
    Webhook,
    /// The body that Harbor has on record for a webhook which did not come in.
    HarborRecord,
    /// Harbor's API.
    HarborApi,
}
words!(Source, "source": Webhook = "webhook", HarborRecord = "harbor_record", HarborApi = "harbor_api");

/// The facts of one event: as Harbor says them, as columns, and as the API's JSON. All text is free of control
/// characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema, sqlx::FromRow)]
#[schema(as = Facts)]
pub struct Event {
    #[sqlx(try_from = "String")]
    pub source: Source,
    #[sqlx(try_from = "String")]
    pub operation: Operation,
    #[sqlx(try_from = "String")]
    pub outcome: ReplicationOutcome,
    #[serde(skip)]
    pub harbor_host: String,
    /// The local project; empty where Harbor named none.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub project: String,
    /// The whole `project/name`; empty for an execution that failed before it had tasks.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub repository: String,
    /// Tags; empty where an older Harbor did not say which.
    #[sqlx(try_from = "JsonList")]
    pub versions: Vec<String>,
    /// The remote registry's name, or its endpoint where it has none.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub registry: String,
    /// The replication rule's description, as a person typed it; often empty.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub description: String,
    /// The replication rule's name; empty where only a webhook is known, which does not say it.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub rule: String,
    /// Harbor's number of the rule; 0 where only a webhook is known.
    #[serde(skip)]
    pub rule_id: i64,
    /// The namespace at the remote side, as far as Harbor names it: the first component of a path.
    #[serde(skip)]
    pub remote_namespace: String,
    /// Why it failed, in one line of Harbor's; empty where that is unknown.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub reason: String,
    /// Unix seconds at which Harbor made the execution; the same for all its tasks and retries.
    pub execution_timestamp: i64,
    /// Harbor's number of the execution; 0 before Harbor 2.13, which does not say.
    #[serde(serialize_with = "number_or_null")]
    #[schema(value_type = Option<i64>, required)]
    pub execution_id: i64,
    /// Harbor's number of the task; 0 where it is unknown.
    #[serde(skip)]
    pub task_id: i64,
    /// Found by asking Harbor, where its webhook should have come in.
    #[serde(skip)]
    pub late: bool,
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Millis,
}

/// A column that holds a JSON array of texts.
#[derive(sqlx::Type)]
#[sqlx(transparent)]
pub struct JsonList(String);

impl TryFrom<JsonList> for Vec<String> {
    type Error = serde_json::Error;

    fn try_from(JsonList(text): JsonList) -> Result<Self, Self::Error> {
        serde_json::from_str(&text)
    }
}

impl Event {
    /// What people call it: its repository or, where the execution failed before it had one, the rule.
    pub fn name(&self) -> &str {
        [&self.repository, &self.rule].into_iter().find(|name| !name.is_empty()).map_or("-", String::as_str)
    }

    /// Its versions on a line of a log; of very many the first.
    pub fn listed(&self) -> String {
        const MOST: usize = 20;
        let first: Vec<_> = self.versions.iter().take(MOST).map(String::as_str).collect();
        let more = if self.versions.len() > MOST { " …" } else { "" };
        format!("{}{more}", first.join(" "))
    }
}

/// What people call a place: the rule's description, or the registry's name where it has none.
pub fn label<'a>(registry: &'a str, description: &'a str) -> &'a str {
    if description.is_empty() { registry } else { description }
}
