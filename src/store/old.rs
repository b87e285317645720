//! What is old, found in small parts, the oldest first; and what of it may go. Nothing is changed here.

use sqlx::FromRow;

use super::sql::{Statement, sql};
use super::{Result, Store};
use crate::model::clock::Millis;
use crate::model::event::ReplicationOutcome;
use crate::model::retention::{Limits, Looks};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Deliveries with their attempts, and payloads: by their event.
    Deliveries,
    Messages,
    Changes,
    /// Events of this outcome, with their arrivals.
    Events(ReplicationOutcome),
}

/// Where a walk goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    at: Millis,
    id: String,
}

/// One that is old.
#[derive(Clone, Debug, FromRow)]
pub struct Old {
    pub at: Millis,
    pub id: String,
    /// It waits, or ended later than that, or something depends on it that did.
    pub is_needed: bool,
    #[sqlx(default)]
    pub deliveries: i64,
    #[sqlx(default)]
    pub attempts: i64,
    #[sqlx(default)]
    pub arrivals: i64,
}

impl Old {
    pub fn place(&self) -> Place {
        Place { at: self.at, id: self.id.clone() }
    }
}

/// How many are looked at by one statement.
const LOOKED_AT_ONCE: i64 = 200;

/// A delivery `d` that is not to be removed.
const IS_NEEDED: &str = "(d.finished_at = 0 OR d.finished_at >= ?)";

impl Store {
    /// Behind `after`, the oldest first, with those that are needed; empty at the end.
    pub async fn old(&self, kind: Kind, limits: Limits, after: &Place) -> Result<Vec<Old>> {
        let part = |table: &str, time: &str, more: Statement, before: Millis| {
            sql(format!(
                "(SELECT {time} AS at, o.id FROM {table} o
                  WHERE {time} < ?{{}} AND ({time}, o.id) > (?, ?) ORDER BY {time}, o.id LIMIT {LOOKED_AT_ONCE})"
            ))
            .bind(before)
            .clause(more)
            .bind(after.at)
            .bind(&after.id)
        };
        let is_needed =
            sql(format!("EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = o.id AND {IS_NEEDED}) AS is_needed"))
                .bind(limits.records);
        let query =
            match kind {
                Kind::Deliveries => sql("SELECT o.at, o.id, {},
                     (SELECT count(*) FROM deliveries d WHERE d.event_id = o.id) AS deliveries,
                     (SELECT CAST(coalesce(sum(d.attempts), 0) AS BIGINT) FROM deliveries d
                      WHERE d.event_id = o.id) AS attempts
                 FROM {} o ORDER BY o.at, o.id")
                .clause(is_needed)
                .clause(part("events", "o.accepted_at", sql(" AND o.payload <> ''"), limits.records)),
                Kind::Messages => sql(format!(
                    "SELECT o.at, o.id, EXISTS (
                     SELECT 1 FROM attempts a JOIN deliveries one ON one.id = a.delivery_id
                         JOIN deliveries d ON d.event_id = one.event_id
                     WHERE a.message_id = o.id AND {IS_NEEDED}) AS is_needed
                 FROM {{}} o ORDER BY o.at, o.id"
                ))
                .bind(limits.records)
                .clause(part(
                    "messages",
                    "o.started_at",
                    sql(" AND (o.outcome || '') <> 'in_flight'"),
                    limits.records,
                )),
                Kind::Changes => sql("SELECT o.at, o.id, false AS is_needed FROM {} o ORDER BY o.at, o.id")
                    .clause(part("changes", "o.at", sql(""), limits.records)),
                Kind::Events(outcome) => sql("SELECT o.at, o.id, {},
                     (SELECT count(*) FROM arrivals a WHERE a.event_id = o.id) AS arrivals
                 FROM {} o ORDER BY o.at, o.id")
                .clause(is_needed)
                .clause(part(
                    "events",
                    "o.accepted_at",
                    sql(" AND o.outcome = ?").bind(outcome.as_str()),
                    limits.arrivals.unwrap_or_default(),
                )),
            };
        self.all(query).await
    }

    /// What earlier looks left. Before the first one, the newest of our own times counts as a look: the clock was right
    /// then, or is as wrong now. An empty database has none, and needs none.
    pub async fn looks(&self) -> Result<Looks> {
        let looks: Option<Looks> =
            self.optional(sql("SELECT looked_at, announced_at, held_until FROM retention")).await?;
        match looks {
            Some(looks) => Ok(looks),
            None => Ok(Looks { looked_at: self.newest_time().await?, ..Looks::default() }),
        }
    }

    /// When something was accepted, sent or changed last. Each is the end of an index.
    async fn newest_time(&self) -> Result<Millis> {
        let accepted = ReplicationOutcome::ALL
            .map(|outcome| format!("SELECT max(accepted_at) AS at FROM events WHERE outcome = '{}'", outcome.as_str()));
        let others = ["SELECT max(started_at) AS at FROM messages", "SELECT max(at) AS at FROM changes"];
        let all: Vec<_> = accepted.iter().map(String::as_str).chain(others).collect();
        self.number(sql(format!("SELECT coalesce(max(at), 0) FROM ({}) known", all.join(" UNION ALL ")))).await
    }

    pub async fn looked(&self, looks: Looks) -> Result<()> {
        let looked = sql("INSERT INTO retention (id, looked_at, announced_at, held_until) VALUES (1, $1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET looked_at = excluded.looked_at, announced_at = excluded.announced_at,
                 held_until = excluded.held_until");
        self.execute(looked.bind(looks.looked_at).bind(looks.announced_at).bind(looks.held_until)).await
    }
}
