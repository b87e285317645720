//! Holding a lane and claiming what is due in it: all that precedes a POST is a row first.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use super::{Result, Store, rows};
use crate::model::clock::{Clock, MINUTE, Millis, SECOND, believable};
use crate::model::outcome::LONGEST_PAUSE;
use crate::model::settle::{Condition, Pause};

/// A lease of a dead process runs out after this; every claim renews it.
pub const LEASE: Millis = 30 * SECOND;
/// The furthest ahead that a slot can honestly be: one message a minute, after the longest POST.
const LONGEST_SLOT: Millis = 2 * MINUTE;

/// Who holds a lane: one id for each start of the program.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    pub robot: &'a str,
    pub owner: &'a str,
}

/// What the lane's next step is decided upon.
#[derive(Clone, Debug)]
pub struct Robot {
    pub condition: Condition,
    pub next_slot_at: Millis,
    /// The id of a test message that somebody asked for.
    pub test: Option<String>,
}

/// A message that is about to be sent.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    pub message_id: &'a str,
    pub body: &'a str,
    /// None for a test message.
    pub deliveries: Vec<&'a str>,
    /// The least time to the next message.
    pub gap: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// At this time: the POST follows at once.
    Yes(Millis),
    /// An operator changed a row in between; look again.
    Stale,
    /// Another process has the lane.
    LaneLost,
}

impl Store {
    /// Makes sure that each of these robots has its row. They are new, or new settings are in force, or the program
    /// has restarted; so the pause of a broken one ends: somebody has probably mended the key. And patience with a
    /// failing one begins anew: nobody can tell whether it failed while this program was off.
    pub async fn enrol(&self, robots: &[&str], now: Millis) -> Result<()> {
        let names = rows(&robots.iter().map(|robot| [robot]).collect::<Vec<_>>());
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO robots (name, failures, failing_since, broken, pause, paused_until, last_error,
                 next_slot_at, test_id, lease_owner, lease_until)
             SELECT value->>0, 0, 0, 0, 'none', 0, '', 0, '', '', 0 FROM json_each($1) WHERE true
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(&names)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "UPDATE robots SET failing_since = CASE WHEN failures > 0 THEN $2 ELSE failing_since END,
                 paused_until = CASE WHEN pause = 'broken' THEN 0 ELSE paused_until END,
                 pause = CASE WHEN pause = 'broken' THEN 'none' ELSE pause END
             WHERE name IN (SELECT value->>0 FROM json_each($1))",
        )
        .bind(&names)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Takes a lane that nobody else holds, and takes up what a dead owner left: its rows are pending
    /// again, its message stays on record as `unknown`. Also right after an error of our own, when
    /// nobody can tell how far a claim came. Returns false where another process holds the lane.
    pub async fn take_lane(&self, holder: Holder<'_>, now: Millis) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let taken = sqlx::query(
            "UPDATE robots SET lease_owner = $2, lease_until = $3
             WHERE name = $1 AND (lease_owner = $2 OR lease_until <= $4 OR lease_until > $3 OR $5)",
        )
        .bind(holder.robot)
        .bind(holder.owner)
        .bind(now + LEASE)
        .bind(now)
        .bind(self.is_exclusive())
        .execute(&mut *transaction)
        .await?;
        if taken.rows_affected() == 0 {
            return Ok(false);
        }
        take_up(&mut transaction, holder.robot, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Renews a lease that is held. False: another process has taken the lane.
    pub async fn renew_lane(&self, holder: Holder<'_>, now: Millis) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let renewed = renew(&mut transaction, holder, now, None).await?;
        transaction.commit().await?;
        Ok(renewed)
    }

    /// Gives a lane back, so that the next process need not wait for the lease to end.
    pub async fn release_lane(&self, holder: Holder<'_>) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE robots SET lease_owner = '', lease_until = 0 WHERE name = $1 AND lease_owner = $2")
            .bind(holder.robot)
            .bind(holder.owner)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    pub async fn robot(&self, name: &str, now: Millis) -> Result<Robot> {
        let row = sqlx::query("SELECT * FROM robots WHERE name = $1").bind(name).fetch_one(&self.read).await?;
        let test: String = row.try_get("test_id")?;
        Ok(Robot {
            condition: condition(&row, now)?,
            next_slot_at: believable(row.try_get("next_slot_at")?, now, LONGEST_SLOT),
            test: (!test.is_empty()).then_some(test),
        })
    }

    /// Writes the message and its attempts, marks the rows, reserves the slot, renews the lease. The time
    /// is asked for only here, because the writer's place may have been waited for, and the pace must not
    /// be counted from before that.
    pub async fn claim(&self, holder: Holder<'_>, claim: &Claim<'_>, clock: &Clock) -> Result<Claimed> {
        let mut transaction = self.begin().await?;
        let now = clock.now();
        if !renew(&mut transaction, holder, now, Some(claim)).await? {
            return Ok(Claimed::LaneLost);
        }
        sqlx::query(
            "INSERT INTO messages (id, robot, body, started_at, duration_ms, outcome, http_status, errcode, errmsg)
             VALUES ($1, $2, $3, $4, 0, 'in_flight', 0, NULL, '')",
        )
        .bind(claim.message_id)
        .bind(holder.robot)
        .bind(claim.body)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if !claim.deliveries.is_empty() {
            let ids = rows(&claim.deliveries);
            // The state is hidden in an expression, or SQLite would walk the index of all that are pending.
            let marked = sqlx::query(
                "UPDATE deliveries SET state = 'sending', attempts = attempts + 1
                 WHERE (state || '') = 'pending' AND id IN (SELECT value FROM json_each($1))",
            )
            .bind(&ids)
            .execute(&mut *transaction)
            .await?;
            if marked.rows_affected() != claim.deliveries.len() as u64 {
                return Ok(Claimed::Stale);
            }
            sqlx::query(
                "INSERT INTO attempts (delivery_id, number, message_id)
                 SELECT id, attempts, $2 FROM deliveries WHERE id IN (SELECT value FROM json_each($1))",
            )
            .bind(&ids)
            .bind(claim.message_id)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(Claimed::Yes(now))
    }
}

/// The lease and, with a claim, the slot that it takes; a claimed test is no longer asked for.
async fn renew(
    transaction: &mut Transaction<'_, Sqlite>,
    holder: Holder<'_>,
    now: Millis,
    claim: Option<&Claim<'_>>,
) -> Result<bool> {
    let renewed = sqlx::query(
        "UPDATE robots SET lease_until = $3, next_slot_at = coalesce($4, next_slot_at),
             test_id = CASE WHEN test_id = $5 THEN '' ELSE test_id END
         WHERE name = $1 AND lease_owner = $2",
    )
    .bind(holder.robot)
    .bind(holder.owner)
    .bind(now + LEASE)
    .bind(claim.map(|claim| now + claim.gap))
    .bind(claim.map_or("", |claim| claim.message_id))
    .execute(&mut **transaction)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

async fn take_up(transaction: &mut Transaction<'_, Sqlite>, robot: &str, now: Millis) -> Result<()> {
    sqlx::query(
        "UPDATE deliveries SET state = 'pending', next_attempt_at = $2
         WHERE state = 'sending' AND id IN (
             SELECT a.delivery_id FROM attempts a JOIN messages m ON m.id = a.message_id
             WHERE m.robot = $1 AND m.outcome = 'in_flight')",
    )
    .bind(robot)
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    sqlx::query("UPDATE messages SET outcome = 'unknown' WHERE robot = $1 AND outcome = 'in_flight'")
        .bind(robot)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

pub(super) fn condition(row: &SqliteRow, now: Millis) -> Result<Condition> {
    let pause: String = row.try_get("pause")?;
    Ok(Condition {
        failures: row.try_get("failures")?,
        failing_since: row.try_get("failing_since")?,
        broken: row.try_get::<i64, _>("broken")? == 1,
        pause: match pause.as_str() {
            "retry" => Pause::Retry,
            "throttled" => Pause::Throttled,
            "broken" => Pause::Broken,
            _ => Pause::None,
        },
        paused_until: believable(row.try_get("paused_until")?, now, LONGEST_PAUSE),
        last_error: row.try_get("last_error")?,
    })
}
