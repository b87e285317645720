//! What is read of a delivery and its event, by lanes and by people alike.

use sqlx::FromRow;

use super::Result;
use super::views::{Delivery, EventView};
use crate::model::clock::Millis;
use crate::model::delivery::{News, State};
use crate::model::event::{Event, ReplicationOutcome};

/// What a delivery is to tell, without the payload, which may be large; from `events e` and `deliveries d`.
pub(super) const NEWS: &str = "d.mentions, e.outcome, e.harbor_host, e.project, e.repository, e.versions, e.registry,
    e.description, e.execution_timestamp, e.execution_id, e.occurred_at, EXISTS (
        SELECT 1 FROM arrivals mended
        JOIN arrivals broke ON broke.key = mended.key AND broke.execution = mended.execution
            AND broke.outcome = 'failed'
        WHERE mended.event_id = e.id AND mended.outcome = 'succeeded') AS after_failure";

/// Of `deliveries d`, for people.
pub(super) const DELIVERY: &str = "d.id AS delivery_id, d.event_id, d.state, d.robot, d.attempts, d.failures,
    d.created_at, d.next_attempt_at, d.finished_at, d.last_error";

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

/// The columns of [`DELIVERY`] and [`NEWS`].
#[derive(FromRow)]
pub(super) struct DeliveryRow {
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
    pub(super) fn delivery(self) -> Result<(Delivery, News)> {
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
