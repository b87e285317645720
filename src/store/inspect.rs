//! Looking: deliveries and robots as operators and scripts see them. These structs are the API's bodies
//! (design §7): every key is always present, null where empty; times are RFC 3339 UTC.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::due::{NEWS, news};
use super::lane::condition;
use super::{Result, Store};
use crate::model::clock::Millis;
use crate::model::delivery::{News, State};
use crate::model::event::{Event, ReplicationOutcome};
use crate::model::settle::Condition;

/// Which deliveries are meant; an empty filter means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub state: Option<State>,
    pub robot: Option<String>,
    /// By `created_at`, this moment included.
    pub since: Option<Millis>,
    /// By `created_at`, this moment excluded.
    pub until: Option<Millis>,
}

impl Filter {
    pub(super) fn narrow(&self, query: &mut QueryBuilder<Sqlite>) {
        if let Some(state) = self.state {
            query.push(" AND d.state = ").push_bind(state.as_str());
        }
        if let Some(robot) = &self.robot {
            query.push(" AND d.robot = ").push_bind(robot.clone());
        }
        if let Some(since) = self.since {
            query.push(" AND d.created_at >= ").push_bind(since);
        }
        if let Some(until) = self.until {
            query.push(" AND d.created_at < ").push_bind(until);
        }
    }
}

#[derive(Debug, Serialize)]
pub struct Page {
    pub items: Vec<Delivery>,
    /// Where the next page begins; null on the last one.
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Delivery {
    pub id: String,
    pub state: State,
    pub robot: String,
    pub attempts: i64,
    pub failures: i64,
    #[serde(serialize_with = "rfc3339")]
    pub created_at: Millis,
    #[serde(serialize_with = "rfc3339_or_null")]
    pub next_attempt_at: Millis,
    #[serde(serialize_with = "rfc3339_or_null")]
    pub finished_at: Millis,
    #[serde(serialize_with = "text_or_null")]
    pub last_error: String,
    pub event: EventView,
}

#[derive(Debug, Serialize)]
pub struct EventView {
    pub id: String,
    pub outcome: ReplicationOutcome,
    #[serde(serialize_with = "text_or_null")]
    pub project: String,
    pub repository: String,
    pub versions: Vec<String>,
    #[serde(serialize_with = "text_or_null")]
    pub registry: String,
    #[serde(serialize_with = "text_or_null")]
    pub description: String,
    pub execution_timestamp: i64,
    #[serde(serialize_with = "rfc3339")]
    pub occurred_at: Millis,
}

#[derive(Debug, Serialize)]
pub struct Detail {
    #[serde(flatten)]
    pub delivery: Delivery,
    pub payload: Box<RawValue>,
    pub attempt_log: Vec<Attempt>,
    /// What a message about it is made of.
    #[serde(skip)]
    pub news: News,
}

#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Attempt {
    pub number: i64,
    pub message_id: String,
    #[serde(serialize_with = "rfc3339")]
    pub started_at: Millis,
    pub duration_ms: i64,
    pub outcome: String,
    #[serde(serialize_with = "number_or_null")]
    pub http_status: i64,
    pub errcode: Option<i64>,
    #[serde(serialize_with = "text_or_null")]
    pub errmsg: String,
    /// The body that went out.
    pub sent: String,
}

/// A robot's row with what waits for it.
#[derive(Debug)]
pub struct RobotRow {
    pub name: String,
    pub condition: Condition,
    pub next_slot_at: Millis,
    pub sending: bool,
    pub waiting: i64,
    /// 0 where nothing waits.
    pub oldest_waiting_at: Millis,
}

const DELIVERY: &str = "SELECT d.id AS delivery_id, d.event_id, d.state, d.robot, d.attempts, d.failures, d.created_at,
    d.next_attempt_at, d.finished_at, d.last_error, ";
const FROM: &str = " FROM deliveries d JOIN events e ON e.id = d.event_id WHERE true";

impl Store {
    /// Newest first. A cursor is the id of the last row seen, so rows that come in meanwhile neither
    /// shift nor repeat the others.
    pub async fn list(&self, filter: &Filter, limit: usize, cursor: Option<&str>) -> Result<Page> {
        let mut query = QueryBuilder::new(DELIVERY);
        query.push(NEWS).push(FROM);
        filter.narrow(&mut query);
        if let Some(cursor) = cursor {
            query.push(" AND d.id < ").push_bind(cursor.to_owned());
        }
        query.push(" ORDER BY d.id DESC LIMIT ").push_bind(limit as i64 + 1);
        let rows = query.build().fetch_all(&self.read).await?;
        let mut items = rows.iter().map(delivery).collect::<Result<Vec<_>>>()?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| last.id.clone());
        Ok(Page { items, next_cursor })
    }

    /// One delivery with its attempts; None where there is none of this id.
    pub async fn show(&self, id: &str) -> Result<Option<Detail>> {
        let mut query = QueryBuilder::new(DELIVERY);
        query.push(NEWS).push(", e.payload").push(FROM).push(" AND d.id = ").push_bind(id.to_owned());
        let Some(row) = query.build().fetch_optional(&self.read).await? else { return Ok(None) };
        let attempt_log = sqlx::query_as(
            "SELECT a.number, a.message_id, m.started_at, m.duration_ms, m.outcome, m.http_status, m.errcode,
                 m.errmsg, m.body AS sent
             FROM attempts a JOIN messages m ON m.id = a.message_id
             WHERE a.delivery_id = $1 ORDER BY a.number",
        );
        let attempt_log = attempt_log.bind(id).fetch_all(&self.read).await?;
        let payload: String = row.try_get("payload")?;
        let payload = RawValue::from_string(payload).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Some(Detail { delivery: delivery(&row)?, payload, attempt_log, news: news(&row)? }))
    }

    /// All robots that have a row or for which something waits.
    pub async fn robots(&self, now: Millis) -> Result<Vec<RobotRow>> {
        let rows = sqlx::query(
            "SELECT names.name, coalesce(r.failures, 0) AS failures, coalesce(r.failing_since, 0) AS failing_since,
                 coalesce(r.broken, 0) AS broken, coalesce(r.pause, 'none') AS pause,
                 coalesce(r.paused_until, 0) AS paused_until, coalesce(r.last_error, '') AS last_error,
                 coalesce(r.next_slot_at, 0) AS next_slot_at,
                 EXISTS (SELECT 1 FROM messages m WHERE m.robot = names.name AND m.outcome = 'in_flight') AS sending,
                 coalesce(w.waiting, 0) AS waiting, coalesce(w.oldest, 0) AS oldest_waiting_at
             FROM (SELECT name FROM robots UNION SELECT robot FROM deliveries WHERE state = 'pending') names
             LEFT JOIN robots r ON r.name = names.name
             LEFT JOIN (SELECT robot, count(*) AS waiting, min(created_at) AS oldest
                        FROM deliveries WHERE state = 'pending' GROUP BY robot) w ON w.robot = names.name
             ORDER BY names.name",
        )
        .fetch_all(&self.read)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(RobotRow {
                    name: row.try_get("name")?,
                    condition: condition(row, now)?,
                    next_slot_at: row.try_get("next_slot_at")?,
                    sending: row.try_get("sending")?,
                    waiting: row.try_get("waiting")?,
                    oldest_waiting_at: row.try_get("oldest_waiting_at")?,
                })
            })
            .collect()
    }
}

fn delivery(row: &SqliteRow) -> Result<Delivery> {
    let state: String = row.try_get("state")?;
    let Event {
        outcome, project, repository, versions, registry, description, execution_timestamp, occurred_at, ..
    } = news(row)?.event;
    Ok(Delivery {
        id: row.try_get("delivery_id")?,
        state: state.parse().map_err(|error: String| sqlx::Error::Decode(error.into()))?,
        robot: row.try_get("robot")?,
        attempts: row.try_get("attempts")?,
        failures: row.try_get("failures")?,
        created_at: row.try_get("created_at")?,
        next_attempt_at: row.try_get("next_attempt_at")?,
        finished_at: row.try_get("finished_at")?,
        last_error: row.try_get("last_error")?,
        event: EventView {
            id: row.try_get("event_id")?,
            outcome,
            project,
            repository,
            versions,
            registry,
            description,
            execution_timestamp,
            occurred_at,
        },
    })
}

/// A time for a person or a script; the year 9999 for one that no calendar has.
pub fn utc(at: Millis) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::MAX)
}

pub fn rfc3339<S: Serializer>(at: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&utc(*at))
}

pub fn rfc3339_or_null<S: Serializer>(at: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
    if *at == 0 { serializer.serialize_none() } else { rfc3339(at, serializer) }
}

pub fn text_or_null<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if text.is_empty() { serializer.serialize_none() } else { serializer.serialize_str(text) }
}

fn number_or_null<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    if *number == 0 { serializer.serialize_none() } else { serializer.serialize_i64(*number) }
}
