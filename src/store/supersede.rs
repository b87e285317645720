//! Failures that are not sent, because their success is known: those that are held back for it, and those
//! that two replicas accepted at the same time.

use super::sql::{Statement, sql};
use super::words::unindexed;
use super::{Result, Store, rows};
use crate::model::clock::Millis;

/// A failure that is not sent, because its success came.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Superseded {
    pub id: String,
    pub event_id: String,
    pub robot: String,
}

/// The events whose failures the successes of the events `$1` heal.
const HEALED_BY: &str = "SELECT broke.event_id FROM rows($1)
     JOIN arrivals healed ON healed.event_id = value->>0 AND healed.outcome = 'succeeded'
     JOIN arrivals broke ON broke.key = healed.key AND broke.execution = healed.execution AND broke.outcome = 'failed'";

/// Ends deliveries that were never tried and whose event has no arrival that is still failed; of these those for which
/// the condition holds.
fn supersede(condition: &str) -> String {
    let state = unindexed("state");
    format!(
        "UPDATE deliveries SET state = 'superseded', finished_at = $2, next_attempt_at = 0
         WHERE {state} = 'pending' AND attempts = 0 AND NOT EXISTS (
             SELECT 1 FROM arrivals open
             WHERE open.event_id = deliveries.event_id AND open.outcome = 'failed' AND NOT EXISTS (
                 SELECT 1 FROM arrivals healed
                 WHERE healed.key = open.key AND healed.execution = open.execution AND healed.outcome = 'succeeded'))
             AND {condition}
         RETURNING id, event_id, robot"
    )
}

/// Ends failures that are held back and of which every arrival has now succeeded. One that was tried, or whose time
/// has come, is sent. Where nothing is held back, which is most of the time, an empty index says so.
pub(super) fn supersede_held(successes: &[&str], now: Millis) -> Statement {
    let statement = sql(supersede(&format!(
        "grace_until > $2 AND event_id IN ({HEALED_BY}) AND EXISTS (
             SELECT 1 FROM deliveries held
             WHERE held.state = 'pending' AND held.attempts = 0 AND held.grace_until > 0)"
    )));
    statement.bind(ids(successes)).bind(now)
}

/// The events whose failures a success heals, where one of both is an event of `$1` and the other one is not.
const HEALED_ACROSS: &str =
    "SELECT DISTINCT CASE WHEN ours.outcome = 'failed' THEN ours.event_id ELSE other.event_id END FROM rows($1)
     JOIN arrivals ours ON ours.event_id = value->>0
     JOIN arrivals other ON other.key = ours.key AND other.execution = ours.execution AND other.outcome <> ours.outcome
     WHERE other.event_id NOT IN (SELECT value->>0 FROM rows($1))";

impl Store {
    /// A failure and its success that two replicas accept at the same time do not see each other's rows. So whoever
    /// commits last looks again: a failure of ours whose success is there now, and a failure that a success of ours
    /// heals and that was not `seen` when that was stored, came too late to be sent. Both in one batch were not apart.
    pub(super) async fn supersede_concurrent(
        &self,
        ours: &[&str],
        seen: &[String],
        now: Millis,
    ) -> Result<Vec<Superseded>> {
        if ours.is_empty() {
            return Ok(Vec::new());
        }
        let mut transaction = self.begin().await?;
        let mut late: Vec<(String,)> = transaction.all(sql(HEALED_ACROSS).bind(ids(ours))).await?;
        late.retain(|(id,)| !seen.contains(id));
        if late.is_empty() {
            return Ok(Vec::new());
        }
        let statement = sql(supersede("event_id IN (SELECT value->>0 FROM rows($1))"));
        let superseded = transaction.all(statement.bind(rows(&late)).bind(now)).await?;
        transaction.commit().await?;
        Ok(superseded)
    }
}

fn ids(events: &[&str]) -> String {
    rows(&events.iter().map(|id| [id]).collect::<Vec<_>>())
}
