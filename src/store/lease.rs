//! The lease: who may send for a robot, and until when. One row for each robot; on SQLite the file's lock decides.

use super::sql::{Transaction, sql};
use super::{Result, Store};
use crate::model::clock::{Clock, Millis, SECOND};

/// A lease of a dead process runs out after this; every claim renews it.
pub const LEASE: Millis = 30 * SECOND;

/// Who holds a lease: one id for each start of the program.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    pub robot: &'a str,
    pub owner: &'a str,
}

impl Store {
    /// Takes a lease that nobody else holds, and reclaims what a dead owner left: its rows are pending
    /// again, its message stays on record as `unknown`. Also right after an error of our own, when
    /// it is unknown how far a claim came. Gives the time, or None where another process holds it.
    pub async fn acquire_lease(&self, holder: Holder<'_>, clock: &Clock) -> Result<Option<Millis>> {
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
        reclaim_in_flight(&mut transaction, holder.robot, now);
        transaction.commit().await?;
        Ok(Some(now))
    }

    /// Renews a lease that is held, and gives the time. None: another process has taken it.
    pub async fn renew_lease(&self, holder: Holder<'_>, clock: &Clock) -> Result<Option<Millis>> {
        let mut transaction = self.begin().await?;
        let now = self.locked_at(&mut transaction, holder.robot, clock).await?;
        let renewed = sql("UPDATE robots SET lease_until = $3 WHERE name = $1 AND lease_owner = $2");
        let renewed = renewed.bind(holder.robot).bind(holder.owner).bind(now + LEASE);
        let is_ours = transaction.run(renewed).await? == 1;
        transaction.commit().await?;
        Ok(is_ours.then_some(now))
    }

    /// Gives a lease back, so that the next process need not wait for the lease to end.
    pub async fn release_lease(&self, holder: Holder<'_>) -> Result<()> {
        let released = sql("UPDATE robots SET lease_owner = '', lease_until = 0 WHERE name = $1 AND lease_owner = $2");
        self.execute(released.bind(holder.robot).bind(holder.owner)).await
    }

    /// The time at which a robot's row is ours alone. On SQLite every row is, from the first statement on.
    pub(super) async fn locked_at(&self, transaction: &mut Transaction, robot: &str, clock: &Clock) -> Result<Millis> {
        if transaction.is_shared() {
            let locked = sql("SELECT name FROM robots WHERE name = $1 FOR UPDATE").bind(robot);
            transaction.all::<(String,)>(locked).await?;
        }
        transaction.now(clock).await
    }
}

fn reclaim_in_flight(transaction: &mut Transaction, robot: &str, now: Millis) {
    let rows = sql("UPDATE deliveries SET state = 'pending', next_attempt_at = $2
         WHERE state = 'sending' AND id IN (
             SELECT a.delivery_id FROM attempts a JOIN messages m ON m.id = a.message_id
             WHERE m.robot = $1 AND m.outcome = 'in_flight')");
    transaction.queue(rows.bind(robot).bind(now));
    let message = sql("UPDATE messages SET outcome = 'unknown' WHERE robot = $1 AND outcome = 'in_flight'");
    transaction.queue(message.bind(robot));
}
