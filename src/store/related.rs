//! What belongs together with a delivery: its event's deliveries by other robots, and what healed it or was healed by it.

use sqlx::FromRow;

use super::sql::{Statement, sql};
use super::{Result, Store};
use crate::model::clock::Millis;
use crate::model::delivery::State;

/// An event may have tens of thousands of arrivals, and each may have been healed by another event.
const MOST: i64 = 20;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// The same event's, by other robots.
    pub others: Vec<Sibling>,
    /// The successes after this failure, in the same execution.
    pub healed_by: Vec<Sibling>,
    /// The failures before this success.
    pub heals: Vec<Sibling>,
}

/// Another delivery.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Sibling {
    pub id: String,
    #[sqlx(try_from = "String")]
    pub state: State,
    pub robot: String,
    pub occurred_at: Millis,
}

impl Store {
    /// What belongs together with a delivery of this event by this robot.
    pub async fn related(&self, event_id: &str, robot: &str) -> Result<Related> {
        let others =
            sql("SELECT d.id, d.state, d.robot, e.occurred_at FROM deliveries d JOIN events e ON e.id = d.event_id
             WHERE d.event_id = ? AND d.robot <> ? ORDER BY d.robot");
        Ok(Related {
            others: self.all(others.bind(event_id).bind(robot)).await?,
            healed_by: self.all(counterparts(event_id, robot, "failed", "succeeded")).await?,
            heals: self.all(counterparts(event_id, robot, "succeeded", "failed")).await?,
        })
    }
}

/// Of each event with the other outcome of the same arrivals in the same execution one delivery: this robot's, or else
/// the first.
fn counterparts(event_id: &str, robot: &str, own: &str, other: &str) -> Statement {
    sql("SELECT d.id, d.state, d.robot, e.occurred_at
         FROM (SELECT DISTINCT counterpart.event_id
               FROM arrivals own JOIN arrivals counterpart
                   ON counterpart.key = own.key AND counterpart.execution = own.execution AND counterpart.outcome = ?
               WHERE own.event_id = ? AND own.outcome = ? LIMIT ?) found
         JOIN events e ON e.id = found.event_id
         JOIN deliveries d ON d.event_id = found.event_id AND d.robot = coalesce(
             (SELECT mine.robot FROM deliveries mine WHERE mine.event_id = found.event_id AND mine.robot = ?),
             (SELECT min(first.robot) FROM deliveries first WHERE first.event_id = found.event_id))
         ORDER BY e.occurred_at, d.id")
    .bind(other)
    .bind(event_id)
    .bind(own)
    .bind(MOST)
    .bind(robot)
}
