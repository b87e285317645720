//! Harbor's answers, as far as they are used. What a newer Harbor adds is passed over, and what an older one lacks is
//! empty.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::model::clock::Millis;

#[derive(Clone, Debug, Deserialize)]
pub struct SystemInfo {
    /// How Harbor calls itself. Only for who has signed in.
    #[serde(default, deserialize_with = "or_default")]
    pub external_url: String,
    /// Only for who has signed in.
    pub harbor_version: Option<String>,
    pub current_time: Option<jiff::Timestamp>,
}

/// One run of a rule.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Execution {
    pub id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub policy_id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    #[serde(default, deserialize_with = "or_default")]
    pub status_text: String,
    #[serde(default, deserialize_with = "or_default")]
    pub trigger: String,
    #[serde(default, deserialize_with = "moment")]
    pub start_time: Option<jiff::Timestamp>,
    /// None while it runs, also while a failed task is still to be tried again.
    #[serde(default, deserialize_with = "moment")]
    pub end_time: Option<jiff::Timestamp>,
    #[serde(default, deserialize_with = "or_default")]
    pub total: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub succeed: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub failed: i64,
}

impl Execution {
    pub fn has_ended(&self) -> bool {
        self.end_time.is_some() && self.status != "InProgress"
    }

    /// Whether one that has no tasks failed, of which Harbor sends no webhook. That another execution of its rule was still
    /// running, or that there was nothing to do, is no failure.
    pub fn failed_silently(&self) -> bool {
        let is_harmless = self.status_text.starts_with("Execution skipped")
            || self.status_text.contains("no resources need to be replicated");
        self.has_ended() && self.status == "Failed" && !is_harmless
    }
}

/// One repository in an execution.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Task {
    pub id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub execution_id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    #[serde(default, deserialize_with = "or_default")]
    pub operation: String,
    #[serde(default, deserialize_with = "or_default")]
    pub src_resource: String,
    #[serde(default, deserialize_with = "or_default")]
    pub dst_resource: String,
    #[serde(default, deserialize_with = "moment")]
    pub start_time: Option<jiff::Timestamp>,
    #[serde(default, deserialize_with = "moment")]
    pub end_time: Option<jiff::Timestamp>,
}

impl Task {
    pub fn has_ended(&self) -> bool {
        self.end_time.is_some() && matches!(self.status.as_str(), "Succeed" | "Failed" | "Stopped")
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Registry {
    /// 0: this Harbor itself.
    #[serde(default)]
    pub id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub url: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Filter {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub value: serde_json::Value,
    /// `matches` or `excludes`.
    #[serde(default)]
    pub decoration: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Trigger {
    #[serde(rename = "type", default)]
    kind: String,
}

/// A replication rule.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Policy {
    pub id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// Harbor leaves out what is false.
    #[serde(default)]
    pub enabled: bool,
    #[serde(default)]
    replicate_deletion: bool,
    /// The name of the same before Harbor 2.0.
    #[serde(default)]
    deletion: bool,
    src_registry: Option<Registry>,
    dest_registry: Option<Registry>,
    #[serde(default)]
    pub dest_namespace: Option<String>,
    /// How many of the first components of a name the namespace replaces; -1: all.
    #[serde(default)]
    pub dest_namespace_replace_count: Option<i64>,
    trigger: Option<Trigger>,
    #[serde(default, deserialize_with = "or_default")]
    pub filters: Vec<Filter>,
    #[serde(default, deserialize_with = "moment")]
    creation_time: Option<jiff::Timestamp>,
}

impl Policy {
    /// 0 where Harbor does not say.
    pub fn created_at(&self) -> Millis {
        self.creation_time.map_or(0, |at| at.as_millisecond())
    }

    pub const fn replicates_deletions(&self) -> bool {
        self.replicate_deletion || self.deletion
    }

    /// `manual`, `scheduled` or `event_based`.
    pub fn trigger_type(&self) -> &str {
        self.trigger.as_ref().map_or("", |trigger| trigger.kind.as_str())
    }

    /// The registry that is not this Harbor.
    pub fn remote(&self) -> Option<&Registry> {
        let remote = if self.is_pull() { self.src_registry.as_ref() } else { self.dest_registry.as_ref() };
        remote.filter(|registry| registry.id > 0)
    }

    pub fn is_pull(&self) -> bool {
        let is_here = |registry: &Option<Registry>| registry.as_ref().is_none_or(|registry| registry.id == 0);
        is_here(&self.dest_registry) && !is_here(&self.src_registry)
    }
}

#[derive(Clone, Deserialize, Serialize)]
pub struct WebhookPolicy {
    #[serde(default)]
    pub id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default)]
    pub enabled: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub event_types: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub targets: Vec<Target>,
}

/// Where a webhook goes. Harbor shows the secret in its answer.
#[derive(Clone, Default, Deserialize, Serialize)]
pub struct Target {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default, deserialize_with = "or_default")]
    pub address: String,
    #[serde(default, deserialize_with = "or_default")]
    pub auth_header: String,
    #[serde(default)]
    pub skip_cert_verify: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub payload_format: String,
}

impl fmt::Debug for WebhookPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookPolicy").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl WebhookPolicy {
    pub fn sends_replications(&self) -> bool {
        self.enabled && self.event_types.iter().any(|kind| kind == "REPLICATION")
    }

    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|target| target.address.trim())
    }
}

/// One webhook that Harbor sent, or tried to.
#[derive(Clone, Debug, Deserialize)]
pub struct WebhookExecution {
    pub id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    #[serde(default)]
    extra_attrs: Option<ExtraAttributes>,
}

#[derive(Clone, Debug, Deserialize)]
struct ExtraAttributes {
    #[serde(default)]
    payload: Option<String>,
}

impl WebhookExecution {
    /// The exact body.
    pub fn payload(&self) -> Option<&str> {
        self.extra_attrs.as_ref()?.payload.as_deref()
    }

    /// The execution, the task and the status that it tells of.
    pub fn replication(&self) -> Option<(i64, i64, &'static str)> {
        let body: serde_json::Value = serde_json::from_str(self.payload()?).ok()?;
        let replication = body.pointer("/event_data/replication").or_else(|| body.pointer("/data/replication"))?;
        let status = match replication["job_status"].as_str()? {
            "Success" => "Success",
            "Error" => "Error",
            _ => return None,
        };
        Some((replication["execution_id"].as_i64()?, replication["task_id"].as_i64()?, status))
    }
}

/// One try to send a webhook.
#[derive(Clone, Debug, Deserialize)]
pub struct WebhookTask {
    pub id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    #[serde(default, deserialize_with = "or_default")]
    pub run_count: i64,
}

/// Harbor's `0001-01-01T00:00:00.000Z` is no time.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<jiff::Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    Ok(text.parse::<jiff::Timestamp>().ok().filter(|at| at.as_second() > 0))
}

/// A list that is null is empty.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
