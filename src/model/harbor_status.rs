//! What is known of Harbor's API: whether it answers, and the rules that it has. Shared by who asks Harbor and who
//! shows it.

use serde::Serialize;
use utoipa::ToSchema;

use super::clock::Millis;
use super::json::{number_or_null, rfc3339_or_null, text_or_null};
use super::words::words;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HarborState {
    /// It is not asked: `HARBOR_USERNAME` and `HARBOR_PASSWORD` are not set.
    #[default]
    Off,
    /// It has not answered yet.
    Unknown,
    Ok,
    Unreachable,
    /// It refuses the name or the password.
    Unauthorized,
    /// The account lacks a permission; `last_error` names it.
    Forbidden,
}
words!(HarborState, "state of Harbor": Off = "off", Unknown = "unknown", Ok = "ok", Unreachable = "unreachable",
    Unauthorized = "unauthorized", Forbidden = "forbidden");

/// The body of `GET /api/v1/harbor`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Harbor)]
pub struct HarborStatus {
    /// `HARBOR_URL`.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub url: String,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub version: String,
    pub state: HarborState,
    /// Since when the state is what it is.
    #[serde(serialize_with = "rfc3339_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub since: Millis,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub last_error: String,
    #[serde(serialize_with = "rfc3339_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub last_success_at: Millis,
    /// The newest execution that was taken into view.
    #[serde(serialize_with = "number_or_null")]
    #[schema(value_type = Option<i64>, required)]
    pub watermark_execution_id: i64,
    /// How many have not ended, or have tasks that are still to be compared.
    pub open_executions: i64,
    pub rules: Vec<RuleView>,
}

/// A replication rule of Harbor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Rule)]
pub struct RuleView {
    pub id: i64,
    pub name: String,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub description: String,
    pub enabled: bool,
    /// `manual`, `scheduled` or `event_based`.
    pub trigger: String,
    /// The remote registry's name.
    pub destination: String,
    pub replicates_deletions: bool,
    /// Why its last execution failed before it had tasks; null where it works.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub last_failure: String,
}
