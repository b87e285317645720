//! What is due: pending rows whose time has come, with the news that a message is made of.

use sqlx::FromRow;

use super::sql::sql;
use super::{Result, Store};
use crate::model::clock::Millis;
use crate::model::delivery::{Due, News};
use crate::model::event::{Event, ReplicationOutcome};

/// What a delivery is to tell, without the payload, which may be large; from `events e` and `deliveries d`.
pub(super) const NEWS: &str = "d.mentions, e.outcome, e.harbor_host, e.project, e.repository, e.versions, e.registry,
    e.description, e.execution_timestamp, e.execution_id, e.occurred_at, EXISTS (
        SELECT 1 FROM arrivals mended
        JOIN arrivals broke ON broke.key = mended.key AND broke.execution = mended.execution
            AND broke.outcome = 'failed'
        WHERE mended.event_id = e.id AND mended.outcome = 'succeeded') AS after_failure";

impl Store {
    /// The oldest pending rows whose time has come. `longest` is the longest that a row may honestly wait, but for one
    /// that is held back from the first; unless that comes from the future, too.
    pub async fn due(&self, robot: &str, now: Millis, longest: Millis, limit: i64) -> Result<Vec<Due>> {
        let mut query =
            sql("SELECT d.id AS delivery_id, d.event_id, d.failures, d.batch_limit, d.suspect, d.tried_since,
                 d.next_attempt_at, ");
        query.push(NEWS).push(" FROM deliveries d JOIN events e ON e.id = d.event_id");
        query.push(" WHERE d.state = 'pending' AND d.robot = ").push_bind(robot);
        query.push(" AND (d.next_attempt_at <= ").push_bind(now);
        query.push(" OR d.next_attempt_at > ").push_bind(now + longest);
        query.push(" AND (d.attempts > 0 OR d.created_at > ").push_bind(now + longest);
        query.push(")) ORDER BY d.created_at, d.event_id LIMIT ").push_bind(limit);
        self.all_for_lane::<DueRow>(query).await?.into_iter().map(DueRow::due).collect()
    }

    /// When the next pending row of a robot is due; None where nothing waits. Looks at all that wait, which are few
    /// when none of them is due.
    pub async fn next_due_at(&self, robot: &str) -> Result<Option<Millis>> {
        let next = sql("SELECT min(next_attempt_at) FROM deliveries WHERE robot = $1 AND state = 'pending'");
        Ok(self.first::<(Option<Millis>,)>(next.bind(robot)).await?.and_then(|(next,)| next))
    }
}

#[derive(FromRow)]
struct DueRow {
    delivery_id: String,
    event_id: String,
    failures: i64,
    batch_limit: i64,
    suspect: i64,
    tried_since: Millis,
    next_attempt_at: Millis,
    #[sqlx(flatten)]
    news: NewsRow,
}

impl DueRow {
    fn due(self) -> Result<Due> {
        Ok(Due {
            id: self.delivery_id,
            event_id: self.event_id,
            failures: self.failures,
            batch_limit: self.batch_limit,
            suspect: self.suspect == 1,
            tried_since: self.tried_since,
            next_attempt_at: self.next_attempt_at,
            news: self.news.news()?,
        })
    }
}

/// The columns of [`NEWS`].
#[derive(FromRow)]
pub(super) struct NewsRow {
    mentions: String,
    #[sqlx(try_from = "String")]
    outcome: ReplicationOutcome,
    harbor_host: String,
    project: String,
    repository: String,
    versions: String,
    registry: String,
    description: String,
    execution_timestamp: i64,
    execution_id: i64,
    occurred_at: Millis,
    after_failure: bool,
}

impl NewsRow {
    pub(super) fn news(self) -> Result<News> {
        let event = Event {
            outcome: self.outcome,
            harbor_host: self.harbor_host,
            project: self.project,
            repository: self.repository,
            versions: list(&self.versions)?,
            registry: self.registry,
            description: self.description,
            execution_timestamp: self.execution_timestamp,
            execution_id: self.execution_id,
            occurred_at: self.occurred_at,
        };
        Ok(News { event, after_failure: self.after_failure, mentions: list(&self.mentions)? })
    }
}

fn list(json: &str) -> Result<Vec<String>> {
    Ok(serde_json::from_str(json).map_err(|error| sqlx::Error::Decode(error.into()))?)
}
