//! Claiming: the message and its attempts are written, and the deliveries marked, before the POST. Which are due is
//! read in `due`.

use super::lease::{Holder, LEASE};
use super::sql::{Transaction, sql};
use super::statement::expect;
use super::words::unindexed;
use super::{Result, Store, rows};
use crate::model::clock::{Clock, Millis};

/// What a statement may last that has waited for nobody.
const NO_WAIT: Millis = 5;

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
    /// Another process has the lease.
    LeaseLost,
}

impl Store {
    /// Writes the message and its attempts, marks the rows, reserves the slot, renews the lease. The time
    /// is asked for within the transaction, because its place may have been waited for, and the pace must not
    /// be counted from before that.
    pub async fn claim(&self, holder: Holder<'_>, claim: &Claim<'_>, clock: &Clock) -> Result<Claimed> {
        let mut transaction = self.begin().await?;
        let mut now = self.locked_at(&mut transaction, holder.robot, clock).await?;
        if !reserve_slot(&mut transaction, holder, claim, now).await? {
            return Ok(Claimed::LeaseLost);
        }
        // SQLite's transaction began only with that, and may have waited for another process.
        if !transaction.is_shared() && clock.now() - now > NO_WAIT {
            now = clock.now();
            reserve_slot(&mut transaction, holder, claim, now).await?;
        }
        let ids = rows(&claim.deliveries.iter().map(|id| [id]).collect::<Vec<_>>());
        if !claim.deliveries.is_empty() {
            let marked = sql(format!(
                "UPDATE deliveries SET state = 'sending', attempts = attempts + 1
                 WHERE {} = 'pending' AND id IN (SELECT value->>0 FROM rows($1))",
                unindexed("state")
            ));
            let marked = marked.bind(&ids);
            let expected = claim.deliveries.len() as i64;
            if !transaction.is_shared() {
                transaction.queue(marked);
                transaction.queue(expect("changes() = $1").bind(expected));
            } else if transaction.run(marked).await? != expected as u64 {
                return Ok(Claimed::Stale);
            }
        }
        let message = sql(
            "INSERT INTO messages (id, robot, body, started_at, duration_ms, outcome, http_status, errcode, errmsg)
             VALUES ($1, $2, $3, $4, 0, 'in_flight', 0, NULL, '')",
        );
        transaction.queue(message.bind(claim.message_id).bind(holder.robot).bind(claim.body).bind(now));
        let attempts = sql("INSERT INTO attempts (delivery_id, number, message_id)
             SELECT id, attempts, $2 FROM deliveries WHERE id IN (SELECT value->>0 FROM rows($1))");
        transaction.queue(attempts.bind(&ids).bind(claim.message_id));
        match transaction.commit().await {
            Err(error) if error.is_unexpected() => Ok(Claimed::Stale),
            committed => committed.map(|()| Claimed::Yes(now)),
        }
    }
}

/// The slot that a claim takes, and the lease; a claimed test is no longer asked for. False where another process has
/// the lease.
async fn reserve_slot(
    transaction: &mut Transaction,
    holder: Holder<'_>,
    claim: &Claim<'_>,
    now: Millis,
) -> Result<bool> {
    let reserved = sql("UPDATE robots SET lease_until = $3, next_slot_at = $4,
             test_id = CASE WHEN test_id = $5 THEN '' ELSE test_id END
         WHERE name = $1 AND lease_owner = $2")
    .bind(holder.robot)
    .bind(holder.owner)
    .bind(now + LEASE)
    .bind(now + claim.gap)
    .bind(claim.message_id);
    Ok(transaction.run(reserved).await? == 1)
}
