//! Recording: a message's outcome, its rows' and its robot's new state, in one transaction.

use super::sql::{Transaction, sql};
use super::words::unindexed;
use super::{Result, Store, rows};
use crate::model::clock::Millis;
use crate::model::delivery::LARGEST_DIGEST;
use crate::model::outcome::Report;
use crate::model::settle::{Condition, RowChange, Settlement};

/// A message that has come back.
#[derive(Clone, Debug)]
pub struct Sent<'a> {
    pub message_id: &'a str,
    pub robot: &'a str,
    pub report: &'a Report,
    pub duration_ms: Millis,
    pub now: Millis,
    /// The earliest that the next message may leave.
    pub next_slot_at: Millis,
}

/// A delivery's id and its event's.
pub type Ids = (String, String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Written, with the rows that were given up.
    Yes { given_up: Vec<Ids> },
    /// Another process took the lane and the message is on its record as unknown; nothing was written over it.
    TooLate,
}

impl Store {
    pub async fn record(&self, sent: &Sent<'_>, settlement: &Settlement) -> Result<Recorded> {
        let mut transaction = self.begin().await?;
        if !finish_message(&mut transaction, sent).await? {
            return Ok(Recorded::TooLate);
        }
        change_rows(&mut transaction, &settlement.rows);
        change_robot(&mut transaction, sent, &settlement.robot);
        if settlement.release {
            release(&mut transaction, sent);
        }
        if settlement.clear_suspects {
            clear_suspects(&mut transaction, sent);
        }
        let given_up = match settlement.give_up_before {
            Some(before) => give_up(&mut transaction, sent, before, &settlement.robot.last_error).await?,
            None => Vec::new(),
        };
        transaction.commit().await?;
        Ok(Recorded::Yes { given_up })
    }
}

/// False where it is not in flight any more.
async fn finish_message(transaction: &mut Transaction, sent: &Sent<'_>) -> Result<bool> {
    let finished =
        sql("UPDATE messages SET outcome = $2, duration_ms = $3, http_status = $4, errcode = $5, errmsg = $6
         WHERE id = $1 AND outcome = 'in_flight'")
        .bind(sent.message_id)
        .bind(sent.report.outcome.as_str())
        .bind(sent.duration_ms)
        .bind(i64::from(sent.report.http_status))
        .bind(sent.report.errcode)
        .bind(&sent.report.errmsg);
    Ok(transaction.run(finished).await? > 0)
}

fn change_rows(transaction: &mut Transaction, changes: &[RowChange]) {
    let changed = sql(format!(
        "UPDATE deliveries SET state = new.state, failures = new.failures, batch_limit = new.batch_limit,
             suspect = new.suspect, next_attempt_at = new.next_attempt_at, finished_at = new.finished_at,
             last_error = new.last_error
         FROM (SELECT value->>'id' AS id, value->>'state' AS state,
                   CAST(value->>'failures' AS BIGINT) AS failures,
                   CAST(value->>'batch_limit' AS BIGINT) AS batch_limit,
                   CAST(value->>'suspect' AS BIGINT) AS suspect,
                   CAST(value->>'next_attempt_at' AS BIGINT) AS next_attempt_at,
                   CAST(value->>'finished_at' AS BIGINT) AS finished_at,
                   value->>'last_error' AS last_error
               FROM rows($1)) AS new
         WHERE deliveries.id = new.id AND {} = 'sending'",
        unindexed("deliveries.state")
    ));
    transaction.queue(changed.bind(rows(changes)));
}

fn change_robot(transaction: &mut Transaction, sent: &Sent<'_>, robot: &Condition) {
    let changed =
        sql("UPDATE robots SET failures = $2, failing_since = $3, broken = $4, pause = $5, paused_until = $6,
             last_error = $7, next_slot_at = $8
         WHERE name = $1")
        .bind(sent.robot)
        .bind(robot.failures)
        .bind(robot.failing_since)
        .bind(i64::from(robot.broken))
        .bind(robot.pause.as_str())
        .bind(robot.paused_until)
        .bind(&robot.last_error)
        .bind(sent.next_slot_at);
    transaction.queue(changed);
}

/// The robot has recovered. `attempts > 0` finds the few rows that were tried among the many that may wait; so below.
fn release(transaction: &mut Transaction, sent: &Sent<'_>) {
    let released = sql("UPDATE deliveries SET next_attempt_at = $2
         WHERE robot = $1 AND state = 'pending' AND attempts > 0 AND suspect = 0 AND next_attempt_at > $2");
    transaction.queue(released.bind(sent.robot).bind(sent.now));
}

fn clear_suspects(transaction: &mut Transaction, sent: &Sent<'_>) {
    let cleared = sql("UPDATE deliveries SET suspect = 0, batch_limit = $2
         WHERE robot = $1 AND state = 'pending' AND attempts > 0 AND suspect = 1");
    transaction.queue(cleared.bind(sent.robot).bind(LARGEST_DIGEST));
}

/// A row that was never in a message is not given up: it is tried first.
async fn give_up(transaction: &mut Transaction, sent: &Sent<'_>, before: Millis, error: &str) -> Result<Vec<Ids>> {
    let given_up = sql("UPDATE deliveries SET state = 'failed', finished_at = $2, next_attempt_at = 0, last_error = $3
         WHERE robot = $1 AND state = 'pending' AND tried_since <= $4 AND attempts > 0
         RETURNING id, event_id");
    transaction.all(given_up.bind(sent.robot).bind(sent.now).bind(error).bind(before)).await
}
