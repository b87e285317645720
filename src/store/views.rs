//! What operators and scripts see of deliveries, arrivals and robots. These structs are the API's bodies:
//! every key is always present, null where empty; times are RFC 3339 UTC.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::model::actor::Via;
use crate::model::clock::Millis;
use crate::model::delivery::{Notice, State, Verb};
use crate::model::event::{Event, Operation, ReplicationOutcome};
use crate::model::json::{number_or_null, rfc3339, rfc3339_or_null, text_or_null};
use crate::model::settle::Condition;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryList)]
pub struct Page {
    pub items: Vec<Delivery>,
    /// Where the next page begins; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// One event that one robot is to send.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Delivery {
    #[sqlx(rename = "delivery_id")]
    pub id: String,
    #[sqlx(try_from = "String")]
    pub state: State,
    pub robot: String,
    /// Attempts on record; replays go on counting.
    pub attempts: i64,
    /// Those of them that ended in a retry since acceptance or replay.
    pub failures: i64,
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    #[serde(serialize_with = "rfc3339_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub next_attempt_at: Millis,
    #[serde(serialize_with = "rfc3339_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub finished_at: Millis,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub last_error: String,
    #[sqlx(flatten)]
    pub event: StoredEvent,
}

/// One accepted webhook: a replication of one repository that succeeded or failed.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = Event)]
pub struct StoredEvent {
    #[sqlx(rename = "event_id")]
    pub id: String,
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub facts: Event,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Detail {
    #[serde(flatten)]
    pub delivery: Delivery,
    /// What Harbor sent.
    #[schema(value_type = Object)]
    pub payload: Box<RawValue>,
    /// Oldest first.
    pub attempt_log: Vec<Attempt>,
    /// What operators did to it, newest first; at most the latest 20.
    pub changes: Vec<ChangeView>,
    /// What a message about it is made of.
    #[serde(skip)]
    pub notice: Notice,
}

/// A replay or a discard that concerned a delivery.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = Change)]
pub struct ChangeView {
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Millis,
    #[sqlx(try_from = "String")]
    pub verb: Verb,
    /// The address that page or API was asked from, which behind a proxy is the proxy's; on the command line the user of
    /// the operating system.
    #[sqlx(rename = "made_by")]
    pub by: String,
    #[sqlx(try_from = "String")]
    pub via: Via,
    /// How many deliveries it changed.
    pub deliveries: i64,
    /// Which: `state`, `outcome`, `robot`, `q`, `since` and `until`. Null where this delivery was named.
    #[sqlx(try_from = "MaybeJson")]
    #[schema(value_type = Option<Object>, required)]
    pub filter: Option<Value>,
}

/// A column that holds JSON or nothing.
#[derive(sqlx::Type)]
#[sqlx(transparent)]
struct MaybeJson(String);

impl TryFrom<MaybeJson> for Option<Value> {
    type Error = serde_json::Error;

    fn try_from(MaybeJson(text): MaybeJson) -> Result<Self, Self::Error> {
        if text.is_empty() { Ok(None) } else { serde_json::from_str(&text).map(Some) }
    }
}

/// One delivery's part in one message.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Attempt {
    pub number: i64,
    pub message_id: String,
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Millis,
    pub duration_ms: i64,
    /// `in_flight`, `delivered`, `retry`, `ambiguous`, `throttled`, `robot_broken`, `rejected` or `unknown`.
    pub outcome: String,
    #[serde(serialize_with = "number_or_null")]
    #[schema(value_type = Option<i64>, required)]
    pub http_status: i64,
    #[schema(required)]
    pub errcode: Option<i64>,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub errmsg: String,
    /// The body that went out.
    pub request_body: String,
    /// How many deliveries the message carried.
    #[serde(skip)]
    pub shared: i64,
}

/// A version in a registry: how the latest execution that concerns it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = Arrival)]
pub struct ArrivalView {
    pub repository: String,
    /// Null where an older Harbor did not say which.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub version: String,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub registry: String,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub description: String,
    #[sqlx(try_from = "String")]
    pub operation: Operation,
    #[sqlx(try_from = "String")]
    pub outcome: ReplicationOutcome,
    /// Unix seconds.
    pub execution_timestamp: i64,
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Millis,
    pub event_id: String,
    /// Distinguishes two rules that replicate into one registry.
    #[serde(skip)]
    pub execution: String,
    /// 0 where Harbor did not say.
    #[serde(skip)]
    pub execution_id: i64,
    /// 0 where it is unknown.
    #[serde(skip)]
    pub rule_id: i64,
    /// When it ended: the order of what happened. Of a clock that was an hour ahead or more, when it was told of.
    #[serde(skip)]
    pub ended_at: Millis,
    #[serde(skip)]
    pub reason: String,
}

/// What is known of an image. Those who know only `items` must take nothing in it for an arrival that is none.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Arrivals {
    /// For each destination the latest execution: what arrived, and what failed. Newest first.
    pub items: Vec<ArrivalView>,
    /// What neither arrived nor failed. `wait` does not end by it.
    pub others: Vec<OtherView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OtherState {
    /// It was there, and a replication has deleted it.
    Deleted,
    /// Copied or deleted: Harbor's API has not said which.
    Unconfirmed,
    Replicating,
}

/// A version at a destination where it has neither arrived nor failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OtherArrival)]
pub struct OtherView {
    pub state: OtherState,
    pub repository: String,
    /// Null where it is unknown: then it may be any.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub version: String,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub registry: String,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub description: String,
    /// Unix seconds.
    pub execution_timestamp: i64,
    /// Since when the state is what it is.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub since: Millis,
    /// Null while it is being replicated.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub event_id: String,
}

/// A robot's row with what waits for it.
#[derive(Debug, sqlx::FromRow)]
pub struct RobotRow {
    pub name: String,
    #[sqlx(flatten)]
    pub condition: Condition,
    pub next_slot_at: Millis,
    pub sending: bool,
    pub waiting: i64,
    /// 0 where nothing waits.
    pub oldest_waiting_at: Millis,
}
