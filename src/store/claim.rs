//! Claiming: the message and its attempts are written, and the deliveries marked, before the POST. Which are due is
//! read in `due`.

use super::lease::{Holder, LEASE};
use super::sql::{Statement, Transaction, sql};
use super::statement::expect;
use super::words::unindexed;
use super::{Result, Store, rows};
use crate::model::clock::{Clock, Millis};

/// What a claim may last without being reserved anew.
const NO_WAIT: Millis = 20;

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
    /// Writes the message and its attempts, marks the rows, reserves the slot, renews the lease.
    pub async fn claim(&self, holder: Holder<'_>, claim: &Claim<'_>, clock: &Clock) -> Result<Claimed> {
        if !self.is_shared() {
            match self.claim_at_once(holder, claim, clock).await {
                Err(error) if error.is_unexpected() => {}
                claimed => return claimed,
            }
        }
        let mut transaction = self.begin().await?;
        // Within the transaction, because its place may have been waited for: the pace is not counted from before that.
        let now = self.locked_at(&mut transaction, holder.robot, clock).await?;
        if transaction.run(reserve(holder, claim, now)).await? != 1 {
            return Ok(Claimed::LeaseLost);
        }
        if transaction.run(mark(claim)).await? != claim.deliveries.len() as u64 {
            return Ok(Claimed::Stale);
        }
        write_message(&mut transaction, holder, claim, now);
        transaction.commit().await?;
        Ok(Claimed::Yes(now))
    }

    /// As if neither the lease were lost nor a row changed, with one wait for SQLite. An error where one is.
    async fn claim_at_once(&self, holder: Holder<'_>, claim: &Claim<'_>, clock: &Clock) -> Result<Claimed> {
        let mut transaction = self.begin().await?;
        let mut now = clock.now();
        transaction.queue(reserve(holder, claim, now));
        transaction.queue(expect("changes() = $1").bind(1));
        transaction.queue(mark(claim));
        transaction.queue(expect("changes() = $1").bind(claim.deliveries.len() as i64));
        write_message(&mut transaction, holder, claim, now);
        transaction.commit().await?;
        // It has waited for another process, or for the disk; the message leaves only now.
        if clock.now() - now > NO_WAIT {
            now = clock.now();
            self.execute(reserve(holder, claim, now)).await?;
        }
        Ok(Claimed::Yes(now))
    }
}

/// The slot that a claim takes, and the lease, where no other process has it; a claimed test is no longer asked for.
fn reserve(holder: Holder<'_>, claim: &Claim<'_>, now: Millis) -> Statement {
    sql("UPDATE robots SET lease_until = $3, next_slot_at = $4,
             test_id = CASE WHEN test_id = $5 THEN '' ELSE test_id END
         WHERE name = $1 AND lease_owner = $2")
    .bind(holder.robot)
    .bind(holder.owner)
    .bind(now + LEASE)
    .bind(now + claim.gap)
    .bind(claim.message_id)
}

/// Touches fewer rows than are claimed where an operator changed one in between.
fn mark(claim: &Claim<'_>) -> Statement {
    let marked = sql(format!(
        "UPDATE deliveries SET state = 'sending', attempts = attempts + 1
         WHERE {} = 'pending' AND id IN (SELECT value->>0 FROM rows($1))",
        unindexed("state")
    ));
    marked.bind(ids(claim))
}

fn write_message(transaction: &mut Transaction, holder: Holder<'_>, claim: &Claim<'_>, now: Millis) {
    let message =
        sql("INSERT INTO messages (id, robot, body, started_at, duration_ms, outcome, http_status, errcode, errmsg)
         VALUES ($1, $2, $3, $4, 0, 'in_flight', 0, NULL, '')");
    transaction.queue(message.bind(claim.message_id).bind(holder.robot).bind(claim.body).bind(now));
    let attempts = sql("INSERT INTO attempts (delivery_id, number, message_id)
         SELECT id, attempts, $2 FROM deliveries WHERE id IN (SELECT value->>0 FROM rows($1))");
    transaction.queue(attempts.bind(ids(claim)).bind(claim.message_id));
}

fn ids(claim: &Claim<'_>) -> String {
    rows(&claim.deliveries.iter().map(|id| [id]).collect::<Vec<_>>())
}
