//! What is due: pending rows whose time has come, with what a message is made of.

use super::columns::{EVENT, NOTICE};
use super::sql::sql;
use super::{Result, Store};
use crate::model::clock::Millis;
use crate::model::delivery::Due;

impl Store {
    /// The oldest pending rows whose time has come. `longest` is the longest that a row may wait on a right clock, but for one
    /// that is held back from the first; unless that comes from the future, too.
    pub async fn due(&self, robot: &str, now: Millis, longest: Millis, limit: i64) -> Result<Vec<Due>> {
        let query = sql(format!(
            "SELECT d.id, d.event_id, d.failures, d.batch_limit, d.suspect = 1 AS suspect, d.tried_since,
                 d.next_attempt_at, {EVENT}, {NOTICE}
             FROM deliveries d JOIN events e ON e.id = d.event_id
             WHERE d.state = 'pending' AND d.robot = $1
                 AND (d.next_attempt_at <= $2
                     OR d.next_attempt_at > $3 AND (d.attempts > 0 OR d.created_at > $3))
             ORDER BY d.created_at, d.event_id LIMIT $4"
        ))
        .bind(robot)
        .bind(now)
        .bind(now + longest)
        .bind(limit);
        self.all_for_lane(query).await
    }

    /// When the next pending row of a robot is due; None where nothing waits. Looks at all that wait, which are few
    /// when none of them is due.
    pub async fn next_due_at(&self, robot: &str) -> Result<Option<Millis>> {
        let next = sql("SELECT min(next_attempt_at) FROM deliveries WHERE robot = $1 AND state = 'pending'");
        Ok(self.first::<(Option<Millis>,)>(next.bind(robot)).await?.and_then(|(next,)| next))
    }
}
