//! A test message is asked for in the robot's row; the lane sends it in its next slot, like all others.

use super::sql::sql;
use super::{Result, Store};
use crate::model::clock::Millis;

/// What became of a message, as far as the tables know.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct MessageRecord {
    pub outcome: String,
    pub http_status: i64,
    pub errcode: Option<i64>,
    pub errmsg: String,
    pub duration_ms: Millis,
}

impl Store {
    /// Asks for a test message of this id, or joins one that is already asked for; gives the id to look
    /// for. Ends a broken robot's pause, never a throttle's. None: there is no such robot.
    pub async fn request_test(&self, robot: &str, id: &str) -> Result<Option<String>> {
        let mut transaction = self.begin().await?;
        let asked = sql("UPDATE robots SET test_id = CASE WHEN test_id = '' THEN $1 ELSE test_id END,
                 paused_until = CASE WHEN pause = 'broken' THEN 0 ELSE paused_until END,
                 pause = CASE WHEN pause = 'broken' THEN 'none' ELSE pause END
             WHERE name = $2 RETURNING test_id");
        let asked: Option<(String,)> = transaction.optional(asked.bind(id).bind(robot)).await?;
        transaction.commit().await?;
        Ok(asked.map(|(id,)| id))
    }

    /// None: it has not been sent yet.
    pub async fn message(&self, id: &str) -> Result<Option<MessageRecord>> {
        let message = sql("SELECT outcome, http_status, errcode, errmsg, duration_ms FROM messages
             WHERE id = $1 AND outcome <> 'in_flight'");
        self.optional(message.bind(id)).await
    }
}
