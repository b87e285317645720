//! What is due: pending rows whose time has come, with the news that a message is made of.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use super::{Result, Store};
use crate::model::clock::Millis;
use crate::model::delivery::{Due, News};
use crate::model::event::Event;

/// What a delivery is to tell, without the payload, which may be large; from `events e` and `deliveries d`.
pub(super) const NEWS: &str = "d.mentions, e.outcome, e.harbor_host, e.project, e.repository, e.versions, e.registry,
    e.description, e.execution_timestamp, e.execution_id, e.occurred_at, EXISTS (
        SELECT 1 FROM arrivals mended
        JOIN arrivals broke ON broke.key = mended.key AND broke.outcome = 'failed'
        WHERE mended.event_id = e.id AND mended.outcome = 'succeeded') AS after_failure";

impl Store {
    /// The oldest pending rows whose time has come. `longest` is the longest that a row may honestly wait, but for one
    /// that is held back from the first; unless that comes from the future, too.
    pub async fn due(&self, robot: &str, now: Millis, longest: Millis, limit: i64) -> Result<Vec<Due>> {
        let mut query = QueryBuilder::new(
            "SELECT d.id AS delivery_id, d.event_id, d.failures, d.batch_limit, d.suspect, d.tried_since,
                 d.next_attempt_at, ",
        );
        query.push(NEWS).push(" FROM deliveries d JOIN events e ON e.id = d.event_id");
        query.push(" WHERE d.state = 'pending' AND d.robot = ").push_bind(robot);
        query.push(" AND (d.next_attempt_at <= ").push_bind(now);
        query.push(" OR d.next_attempt_at > ").push_bind(now + longest);
        query.push(" AND (d.attempts > 0 OR d.created_at > ").push_bind(now + longest);
        query.push(")) ORDER BY d.created_at, d.event_id LIMIT ").push_bind(limit);
        query.build().fetch_all(&self.read).await?.iter().map(due).collect()
    }

    /// When the next pending row of a robot is due; None where nothing waits. Looks at all that wait, which are few
    /// when none of them is due.
    pub async fn next_due_at(&self, robot: &str) -> Result<Option<Millis>> {
        let next =
            sqlx::query_scalar("SELECT min(next_attempt_at) FROM deliveries WHERE robot = $1 AND state = 'pending'");
        Ok(next.bind(robot).fetch_one(&self.read).await?)
    }
}

fn due(row: &SqliteRow) -> Result<Due> {
    Ok(Due {
        id: row.try_get("delivery_id")?,
        event_id: row.try_get("event_id")?,
        failures: row.try_get("failures")?,
        batch_limit: row.try_get("batch_limit")?,
        suspect: row.try_get::<i64, _>("suspect")? == 1,
        tried_since: row.try_get("tried_since")?,
        next_attempt_at: row.try_get("next_attempt_at")?,
        news: news(row)?,
    })
}

pub(super) fn news(row: &SqliteRow) -> Result<News> {
    Ok(News {
        event: event(row)?,
        after_failure: row.try_get("after_failure")?,
        mentions: json(&row.try_get::<String, _>("mentions")?)?,
    })
}

fn event(row: &SqliteRow) -> Result<Event> {
    let outcome: String = row.try_get("outcome")?;
    Ok(Event {
        outcome: outcome.parse().map_err(|error: String| sqlx::Error::Decode(error.into()))?,
        harbor_host: row.try_get("harbor_host")?,
        project: row.try_get("project")?,
        repository: row.try_get("repository")?,
        versions: json(&row.try_get::<String, _>("versions")?)?,
        registry: row.try_get("registry")?,
        description: row.try_get("description")?,
        execution_timestamp: row.try_get("execution_timestamp")?,
        execution_id: row.try_get("execution_id")?,
        occurred_at: row.try_get("occurred_at")?,
    })
}

fn json(list: &str) -> Result<Vec<String>> {
    Ok(serde_json::from_str(list).map_err(|error| sqlx::Error::Decode(error.into()))?)
}
