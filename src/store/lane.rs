//! Holding a lane and claiming what is due in it: all that precedes a POST is a row first.

use sqlx::FromRow;

use super::sql::{Transaction, sql};
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
    /// has restarted; so the pause of a broken one ends: somebody has probably mended the key. And timeout with a
    /// failing one begins anew: nobody can tell whether it failed while this program was off.
    pub async fn enrol(&self, robots: &[&str], now: Millis) -> Result<()> {
        let names = rows(&robots.iter().map(|robot| [robot]).collect::<Vec<_>>());
        let mut transaction = self.begin().await?;
        let inserted =
            sql("INSERT INTO robots (name, failures, failing_since, broken, pause, paused_until, last_error,
                 next_slot_at, test_id, lease_owner, lease_until)
             SELECT value->>0, 0, 0, 0, 'none', 0, '', 0, '', '', 0 FROM rows($1)
             WHERE NOT EXISTS (SELECT 1 FROM robots known WHERE known.name = value->>0)
             ON CONFLICT (name) DO NOTHING");
        transaction.run(inserted.bind(&names)).await?;
        let renewed = sql("UPDATE robots SET failing_since = CASE WHEN failures > 0 THEN $2 ELSE failing_since END,
                 paused_until = CASE WHEN pause = 'broken' THEN 0 ELSE paused_until END,
                 pause = CASE WHEN pause = 'broken' THEN 'none' ELSE pause END
             WHERE name IN (SELECT value->>0 FROM rows($1)) AND (failures > 0 OR pause = 'broken')");
        transaction.run(renewed.bind(&names).bind(now)).await?;
        transaction.commit().await
    }

    /// Takes a lane that nobody else holds, and takes up what a dead owner left: its rows are pending
    /// again, its message stays on record as `unknown`. Also right after an error of our own, when
    /// nobody can tell how far a claim came. Gives the time, or None where another process holds the lane.
    pub async fn take_lane(&self, holder: Holder<'_>, clock: &Clock) -> Result<Option<Millis>> {
        let mut transaction = self.begin().await?;
        let now = transaction.now(clock).await?;
        let taken = sql("UPDATE robots SET lease_owner = $2, lease_until = $3
             WHERE name = $1 AND (lease_owner = $2 OR lease_until <= $4 OR lease_until > $5 OR $6)")
        .bind(holder.robot)
        .bind(holder.owner)
        .bind(now + LEASE)
        .bind(now)
        .bind(now + 2 * LEASE)
        .bind(self.is_exclusive());
        if transaction.run(taken).await? == 0 {
            return Ok(None);
        }
        take_up(&mut transaction, holder.robot, now).await?;
        transaction.commit().await?;
        Ok(Some(now))
    }

    /// Renews a lease that is held, and gives the time. None: another process has taken the lane.
    pub async fn renew_lane(&self, holder: Holder<'_>, clock: &Clock) -> Result<Option<Millis>> {
        let mut transaction = self.begin().await?;
        let now = self.locked_at(&mut transaction, holder.robot, clock).await?;
        let renewed = renew(&mut transaction, holder, now, None).await?;
        transaction.commit().await?;
        Ok(renewed.then_some(now))
    }

    /// Gives a lane back, so that the next process need not wait for the lease to end.
    pub async fn release_lane(&self, holder: Holder<'_>) -> Result<()> {
        let mut transaction = self.begin().await?;
        let released = sql("UPDATE robots SET lease_owner = '', lease_until = 0 WHERE name = $1 AND lease_owner = $2");
        transaction.run(released.bind(holder.robot).bind(holder.owner)).await?;
        transaction.commit().await
    }

    pub async fn robot(&self, name: &str, now: Millis) -> Result<Robot> {
        let row = self.first::<RobotRow>(sql("SELECT * FROM robots WHERE name = $1").bind(name)).await?;
        let row = row.ok_or(sqlx::Error::RowNotFound)?;
        Ok(Robot {
            condition: row.condition.condition(now),
            next_slot_at: believable(row.next_slot_at, now, LONGEST_SLOT),
            test: (!row.test_id.is_empty()).then_some(row.test_id),
        })
    }

    /// Writes the message and its attempts, marks the rows, reserves the slot, renews the lease. The time
    /// is asked for only here, because the writer's place may have been waited for, and the pace must not
    /// be counted from before that.
    pub async fn claim(&self, holder: Holder<'_>, claim: &Claim<'_>, clock: &Clock) -> Result<Claimed> {
        let mut transaction = self.begin().await?;
        let now = self.locked_at(&mut transaction, holder.robot, clock).await?;
        if !renew(&mut transaction, holder, now, Some(claim)).await? {
            return Ok(Claimed::LaneLost);
        }
        let message = sql(
            "INSERT INTO messages (id, robot, body, started_at, duration_ms, outcome, http_status, errcode, errmsg)
             VALUES ($1, $2, $3, $4, 0, 'in_flight', 0, NULL, '')",
        );
        let message = message.bind(claim.message_id).bind(holder.robot).bind(claim.body).bind(now);
        transaction.run(message).await?;
        if !claim.deliveries.is_empty() {
            let ids = rows(&claim.deliveries.iter().map(|id| [id]).collect::<Vec<_>>());
            // The state is hidden in an expression, or SQLite would walk the index of all that are pending.
            let marked = sql("UPDATE deliveries SET state = 'sending', attempts = attempts + 1
                 WHERE (state || '') = 'pending' AND id IN (SELECT value->>0 FROM rows($1))");
            if transaction.run(marked.bind(&ids)).await? != claim.deliveries.len() as u64 {
                return Ok(Claimed::Stale);
            }
            let attempts = sql("INSERT INTO attempts (delivery_id, number, message_id)
                 SELECT id, attempts, $2 FROM deliveries WHERE id IN (SELECT value->>0 FROM rows($1))");
            transaction.run(attempts.bind(&ids).bind(claim.message_id)).await?;
        }
        transaction.commit().await?;
        Ok(Claimed::Yes(now))
    }

    /// The time at which a robot's row is ours alone. SQLite's writer has that from the beginning.
    async fn locked_at(&self, transaction: &mut Transaction, robot: &str, clock: &Clock) -> Result<Millis> {
        if let Transaction::Postgres(..) = transaction {
            let locked = sql("SELECT name FROM robots WHERE name = $1 FOR UPDATE").bind(robot);
            transaction.all::<(String,)>(locked).await?;
        }
        transaction.now(clock).await
    }
}

/// The lease and, with a claim, the slot that it takes; a claimed test is no longer asked for.
async fn renew(
    transaction: &mut Transaction,
    holder: Holder<'_>,
    now: Millis,
    claim: Option<&Claim<'_>>,
) -> Result<bool> {
    let renewed = sql("UPDATE robots SET lease_until = $3, next_slot_at = coalesce($4, next_slot_at),
             test_id = CASE WHEN test_id = $5 THEN '' ELSE test_id END
         WHERE name = $1 AND lease_owner = $2")
    .bind(holder.robot)
    .bind(holder.owner)
    .bind(now + LEASE)
    .bind(claim.map(|claim| now + claim.gap))
    .bind(claim.map_or("", |claim| claim.message_id));
    Ok(transaction.run(renewed).await? == 1)
}

async fn take_up(transaction: &mut Transaction, robot: &str, now: Millis) -> Result<()> {
    let rows = sql("UPDATE deliveries SET state = 'pending', next_attempt_at = $2
         WHERE state = 'sending' AND id IN (
             SELECT a.delivery_id FROM attempts a JOIN messages m ON m.id = a.message_id
             WHERE m.robot = $1 AND m.outcome = 'in_flight')");
    transaction.run(rows.bind(robot).bind(now)).await?;
    let message = sql("UPDATE messages SET outcome = 'unknown' WHERE robot = $1 AND outcome = 'in_flight'");
    transaction.run(message.bind(robot)).await?;
    Ok(())
}

#[derive(FromRow)]
struct RobotRow {
    #[sqlx(flatten)]
    condition: ConditionRow,
    next_slot_at: Millis,
    test_id: String,
}

#[derive(FromRow)]
pub(super) struct ConditionRow {
    failures: i64,
    failing_since: Millis,
    broken: i64,
    pause: String,
    paused_until: Millis,
    last_error: String,
}

impl ConditionRow {
    pub(super) fn condition(self, now: Millis) -> Condition {
        Condition {
            failures: self.failures,
            failing_since: self.failing_since,
            broken: self.broken == 1,
            pause: match self.pause.as_str() {
                "retry" => Pause::Retry,
                "throttled" => Pause::Throttled,
                "broken" => Pause::Broken,
                _ => Pause::None,
            },
            paused_until: believable(self.paused_until, now, LONGEST_PAUSE),
            last_error: self.last_error,
        }
    }
}
