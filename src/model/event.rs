//! An event: one accepted webhook, reduced to the facts that people are notified of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::clock::Millis;
use super::json::{rfc3339, text_or_null};

/// How the replication of one repository ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplicationOutcome {
    Succeeded,
    Failed,
}

impl ReplicationOutcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for ReplicationOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for ReplicationOutcome {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for ReplicationOutcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "succeeded" => Ok(Self::Succeeded),
            "failed" => Ok(Self::Failed),
            other => Err(format!("{other:?} is no outcome; use succeeded or failed")),
        }
    }
}

/// The facts of one event: as Harbor says them, as columns, and as the API's JSON. All text is free of control
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema, sqlx::FromRow)]
#[schema(as = Facts)]
pub struct Event {
    #[sqlx(try_from = "String")]
    pub outcome: ReplicationOutcome,
    #[serde(skip)]
    pub harbor_host: String,
    /// The local project; empty where Harbor named none.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub project: String,
    /// The whole `project/name`.
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
    /// Unix seconds at which Harbor made the execution; the same for all its tasks and retries.
    pub execution_timestamp: i64,
    /// Harbor's number of the execution; 0 before Harbor 2.13, which does not say.
    #[serde(skip)]
    pub execution_id: i64,
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
