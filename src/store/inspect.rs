//! Looking: which deliveries, one of them, and the robots.

use serde_json::value::RawValue;
use sqlx::FromRow;

use super::due::{NEWS, NewsRow};
use super::lane::ConditionRow;
use super::search::{Plan, push_of_versions, push_of_word, push_row_matches};
use super::sql::{Statement, sql};
use super::views::{Delivery, Detail, EventView, Page, RobotRow};
use super::{Result, Store};
use crate::model::clock::{Clock, Millis};
use crate::model::delivery::{News, State};

/// Which deliveries are meant; an empty filter means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub state: Option<State>,
    pub robot: Option<String>,
    /// By `created_at`, this moment included.
    pub since: Option<Millis>,
    /// By `created_at`, this moment excluded.
    pub until: Option<Millis>,
    /// The beginning of a repository, its last segment, a version, a registry or a description.
    pub q: Option<String>,
}

/// Where a page ended: the place of its last row in the order newest first.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Position {
    created_at: Millis,
    event_id: String,
    robot: String,
}

impl Filter {
    /// Conditions on `deliveries d`; what is searched for is not among them.
    pub(super) fn narrow(&self, query: &mut Statement) {
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

    fn allows(&self, state: State) -> bool {
        self.state.is_none_or(|wanted| wanted == state)
    }
}

const DELIVERY: &str = "SELECT d.id AS delivery_id, d.event_id, d.state, d.robot, d.attempts, d.failures, d.created_at,
    d.next_attempt_at, d.finished_at, d.last_error, ";
const FROM: &str = " FROM deliveries d JOIN events e ON e.id = d.event_id WHERE true";
const NEWEST_FIRST: &str = " ORDER BY d.created_at DESC, d.event_id DESC, d.robot DESC";

impl Store {
    /// Newest first. A page begins after a position, so rows that come in meanwhile neither shift nor repeat
    /// the others.
    pub async fn list(&self, filter: &Filter, limit: usize, after: Option<&Position>) -> Result<Page> {
        let mut query = sql(DELIVERY);
        query.push(NEWS).push(" FROM (");
        self.push_newest(&mut query, filter, limit as i64 + 1, after).await?;
        query.push(") picked JOIN deliveries d ON d.id = picked.id JOIN events e ON e.id = d.event_id");
        query.push(NEWEST_FIRST);
        let rows = self.all::<DeliveryRow>(query).await?;
        let mut items = rows.into_iter().map(|row| Ok(row.delivery()?.0)).collect::<Result<Vec<_>>>()?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| last.id.clone());
        Ok(Page { items, next_cursor })
    }

    /// The place of the row that a cursor names; None where there is none.
    pub async fn position(&self, cursor: &str) -> Result<Option<Position>> {
        self.optional(sql("SELECT created_at, event_id, robot FROM deliveries WHERE id = $1").bind(cursor)).await
    }

    /// A query of id, state, created_at, event_id and robot. Each part of the union is in the order of an index and
    /// gives no more than is wanted, so the table's size does not matter.
    pub(super) async fn push_newest(
        &self,
        query: &mut Statement,
        filter: &Filter,
        limit: i64,
        after: Option<&Position>,
    ) -> Result<()> {
        const PICK: &str = "SELECT * FROM (SELECT d.id, d.state, d.created_at, d.event_id, d.robot";
        let finish = |query: &mut Statement, order: &str| {
            if let Some(Position { created_at, event_id, robot }) = after {
                query.push(" AND (d.created_at, d.event_id, d.robot) < (").push_bind(*created_at).push(", ");
                query.push_bind(event_id.clone()).push(", ").push_bind(robot.clone()).push(")");
            }
            query.push(order).push(" LIMIT ").push_bind(limit).push(") part");
        };
        match self.plan(filter).await? {
            Plan::Rows => {
                for (number, state) in State::ALL.into_iter().filter(|state| filter.allows(*state)).enumerate() {
                    query.push(if number == 0 { "" } else { " UNION ALL " }).push(PICK);
                    query.push(" FROM deliveries d WHERE true");
                    if let Some(q) = &filter.q {
                        push_row_matches(query, q);
                    }
                    Filter { state: Some(state), ..filter.clone() }.narrow(query);
                    finish(query, NEWEST_FIRST);
                }
            }
            Plan::Words(words) => {
                query.push(PICK);
                push_of_versions(query, filter.q.as_deref().unwrap_or_default());
                filter.narrow(query);
                finish(query, NEWEST_FIRST);
                for (place, word) in words {
                    // One delivery may be found by several of its words.
                    query.push(" UNION ").push(PICK);
                    push_of_word(query, place, &word);
                    // The order and the bounds are the event's, which is as old as its deliveries; so it is the
                    // word's index that is walked, from its newest end.
                    if let Some(since) = filter.since {
                        query.push(" AND e.accepted_at >= ").push_bind(since);
                    }
                    if let Some(before) = filter.until.into_iter().chain(after.map(|after| after.created_at)).min() {
                        query.push(" AND e.accepted_at <= ").push_bind(before);
                    }
                    if let Some(state) = filter.state {
                        query.push(" AND (d.state || '') = ").push_bind(state.as_str());
                    }
                    Filter { state: None, ..filter.clone() }.narrow(query);
                    finish(query, " ORDER BY e.accepted_at DESC, e.id DESC, d.robot DESC");
                }
            }
        }
        query.push(" ORDER BY created_at DESC, event_id DESC, robot DESC LIMIT ").push_bind(limit);
        Ok(())
    }

    /// One delivery with its attempts; None where there is none of this id.
    pub async fn show(&self, id: &str) -> Result<Option<Detail>> {
        let mut query = sql(DELIVERY);
        query.push(NEWS).push(", e.payload").push(FROM).push(" AND d.id = ").push_bind(id);
        let Some(DetailRow { delivery, payload }) = self.optional(query).await? else { return Ok(None) };
        let attempt_log =
            sql("SELECT a.number, a.message_id, m.started_at, m.duration_ms, m.outcome, m.http_status, m.errcode,
                 m.errmsg, m.body AS sent, (SELECT count(*) FROM attempts o WHERE o.message_id = m.id) AS shared
             FROM attempts a JOIN messages m ON m.id = a.message_id
             WHERE a.delivery_id = $1 ORDER BY a.number");
        let attempt_log = self.all(attempt_log.bind(id)).await?;
        let payload = RawValue::from_string(payload).map_err(|error| sqlx::Error::Decode(error.into()))?;
        let (delivery, news) = delivery.delivery()?;
        Ok(Some(Detail { delivery, payload, attempt_log, news }))
    }

    /// All robots that have a row or for which something waits.
    pub async fn robots(&self, now: Millis) -> Result<Vec<RobotRow>> {
        let statement = sql(
            "SELECT names.name, coalesce(r.failures, 0) AS failures, coalesce(r.failing_since, 0) AS failing_since,
                 coalesce(r.broken, 0) AS broken, coalesce(r.pause, 'none') AS pause,
                 coalesce(r.paused_until, 0) AS paused_until, coalesce(r.last_error, '') AS last_error,
                 coalesce(r.next_slot_at, 0) AS next_slot_at,
                 EXISTS (SELECT 1 FROM messages m WHERE m.robot = names.name AND m.outcome = 'in_flight') AS sending,
                 (SELECT count(*) FROM deliveries d
                  WHERE d.robot = names.name AND d.state = 'pending') AS waiting,
                 coalesce((SELECT min(d.created_at) FROM deliveries d
                           WHERE d.robot = names.name AND d.state = 'pending'), 0) AS oldest_waiting_at
             FROM (SELECT name FROM robots UNION SELECT robot FROM deliveries WHERE state = 'pending') names
             LEFT JOIN robots r ON r.name = names.name
             ORDER BY names.name",
        );
        let rows = self.all::<RobotRecord>(statement).await?;
        let robot = |row: RobotRecord| RobotRow {
            condition: row.condition.condition(now),
            name: row.name,
            next_slot_at: row.next_slot_at,
            sending: row.sending,
            waiting: row.waiting,
            oldest_waiting_at: row.oldest_waiting_at,
        };
        Ok(rows.into_iter().map(robot).collect())
    }

    /// The robots that a running service sends for: those whose lanes are held now.
    pub async fn served(&self, clock: &Clock) -> Result<Vec<String>> {
        let now = self.tell_time(clock).await?;
        let held = sql("SELECT name FROM robots WHERE lease_owner <> '' AND lease_until > $1");
        let names = self.all::<(String,)>(held.bind(now)).await?;
        Ok(names.into_iter().map(|(name,)| name).collect())
    }
}

#[derive(FromRow)]
struct RobotRecord {
    name: String,
    #[sqlx(flatten)]
    condition: ConditionRow,
    next_slot_at: Millis,
    sending: bool,
    waiting: i64,
    oldest_waiting_at: Millis,
}

#[derive(FromRow)]
struct DetailRow {
    #[sqlx(flatten)]
    delivery: DeliveryRow,
    payload: String,
}

#[derive(FromRow)]
struct DeliveryRow {
    delivery_id: String,
    event_id: String,
    #[sqlx(try_from = "String")]
    state: State,
    robot: String,
    attempts: i64,
    failures: i64,
    created_at: Millis,
    next_attempt_at: Millis,
    finished_at: Millis,
    last_error: String,
    #[sqlx(flatten)]
    news: NewsRow,
}

impl DeliveryRow {
    fn delivery(self) -> Result<(Delivery, News)> {
        let news = self.news.news()?;
        let event = news.event.clone();
        let delivery = Delivery {
            id: self.delivery_id,
            state: self.state,
            robot: self.robot,
            attempts: self.attempts,
            failures: self.failures,
            created_at: self.created_at,
            next_attempt_at: self.next_attempt_at,
            finished_at: self.finished_at,
            last_error: self.last_error,
            event: EventView {
                id: self.event_id,
                outcome: event.outcome,
                project: event.project,
                repository: event.repository,
                versions: event.versions,
                registry: event.registry,
                description: event.description,
                execution_timestamp: event.execution_timestamp,
                occurred_at: event.occurred_at,
                execution_id: event.execution_id,
            },
        };
        Ok((delivery, news))
    }
}
