//! A test message is asked for in the robot's row; the lane sends it in its next slot, like all others.

use super::changes::{About, new_id, write};
use super::sql::sql;
use super::{Result, Store};
use crate::model::actor::Actor;
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

/// A test message that is asked for, and the change that says by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    pub message_id: String,
    pub change_id: String,
}

impl Store {
    /// Asks for a test message, or joins one that is already asked for; gives the id to look for. Ends a broken robot's
    /// pause, never a throttle's. None: there is no such robot.
    pub async fn request_test(&self, robot: &str, actor: &Actor, now: Millis) -> Result<Option<Requested>> {
        let mut transaction = self.begin().await?;
        let asked = sql("UPDATE robots SET test_id = CASE WHEN test_id = '' THEN $1 ELSE test_id END,
                 paused_until = CASE WHEN pause = 'broken' THEN 0 ELSE paused_until END,
                 pause = CASE WHEN pause = 'broken' THEN 'none' ELSE pause END
             WHERE name = $2 RETURNING test_id");
        let asked: Option<(String,)> = transaction.optional(asked.bind(new_id()).bind(robot)).await?;
        let Some((message_id,)) = asked else { return Ok(None) };
        let change_id = new_id();
        let about = About::Test { robot, message_id: &message_id };
        write(&mut transaction, &change_id, actor, &about, now).await?;
        transaction.commit().await?;
        Ok(Some(Requested { message_id, change_id }))
    }

    /// None: it has not been sent yet.
    pub async fn message(&self, id: &str) -> Result<Option<MessageRecord>> {
        let message = sql("SELECT outcome, http_status, errcode, errmsg, duration_ms FROM messages
             WHERE id = $1 AND outcome <> 'in_flight'");
        self.optional(message.bind(id)).await
    }
}
