//! Removing what is old, in small steps, each a transaction. Each looks again whether it may go, because an operator may
//! have replayed it meanwhile. What is left of an event are its facts: its row without the payload, and its arrivals.

use sqlx::FromRow;

use super::sql::{Transaction, sql};
use super::{Result, Store, rows};
use crate::model::clock::Millis;
use crate::model::retention::Removed;

/// An event may have tens of thousands of arrivals.
const ARRIVALS_AT_ONCE: i64 = 500;

impl Store {
    /// Reduces these events to their facts, but for those of which a delivery waits or ended later.
    pub async fn reduce_to_facts(&self, events: &[String], ended_before: Millis) -> Result<Removed> {
        let given = ids(events);
        let mut transaction = self.begin().await?;
        // Attempts go with their delivery, which knows how many it has.
        let gone = sql("DELETE FROM deliveries WHERE event_id IN (SELECT value->>0 FROM rows($1))
             AND finished_at > 0 AND finished_at < $2 AND NOT EXISTS (
                 SELECT 1 FROM deliveries d
                 WHERE d.event_id = deliveries.event_id AND (d.finished_at = 0 OR d.finished_at >= $2))
             RETURNING attempts");
        let gone: Vec<(i64,)> = transaction.all(gone.bind(&given).bind(ended_before)).await?;
        // SQLite merges no pages of rows that became shorter, so their room would never be free. A row that moves leaves
        // its page; the shortened ones lie close together before all others.
        let emptied = self.either(
            "UPDATE events SET payload = '', rowid = (SELECT min(rowid) FROM events) - given.number
             FROM (SELECT value->>0 AS id, key + 1 AS number FROM json_each($1)) given
             WHERE events.id = given.id AND payload <> ''
                 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = events.id)",
            "UPDATE events SET payload = '' WHERE id IN (SELECT value->>0 FROM rows($1)) AND payload <> ''
                 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = events.id)",
        );
        let payloads = transaction.run(sql(emptied).bind(&given)).await?;
        transaction.commit().await?;
        let attempts = gone.iter().map(|(attempts,)| attempts.unsigned_abs()).sum();
        Ok(Removed { deliveries: gone.len() as u64, attempts, payloads, ..Removed::default() })
    }

    /// Those that no attempt refers to any more.
    pub async fn remove_messages(&self, messages: &[String]) -> Result<Removed> {
        let gone =
            "DELETE FROM messages WHERE id IN (SELECT value->>0 FROM rows($1)) AND (outcome || '') <> 'in_flight'
             AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.message_id = messages.id)";
        Ok(Removed { messages: self.remove(gone, messages).await?, ..Removed::default() })
    }

    pub async fn remove_changes(&self, changes: &[String]) -> Result<Removed> {
        let gone = "DELETE FROM changes WHERE id IN (SELECT value->>0 FROM rows($1))";
        Ok(Removed { changes: self.remove(gone, changes).await?, ..Removed::default() })
    }

    async fn remove(&self, gone: &str, given: &[String]) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let removed = transaction.run(sql(gone).bind(ids(given))).await?;
        transaction.commit().await?;
        Ok(removed)
    }

    /// Removes events that are nothing but facts, with their arrivals, and what only these told of: images, destinations.
    /// Some of it, where it is much: to be called until nothing goes.
    pub async fn remove_events(&self, events: &[String]) -> Result<Removed> {
        let given = ids(events);
        let mut transaction = self.begin().await?;
        let arrivals = sql("SELECT a.key, a.execution, a.outcome, a.repository, a.version
             FROM rows($1) CROSS JOIN arrivals a CROSS JOIN events e
             WHERE a.event_id = value->>0 AND e.id = a.event_id AND e.payload = '' LIMIT $2");
        let arrivals: Vec<Arrival> = transaction.all(arrivals.bind(&given).bind(ARRIVALS_AT_ONCE)).await?;
        let keys: Vec<_> = arrivals.iter().map(|one| (&one.key, &one.execution, &one.outcome)).collect();
        let gone = sql("DELETE FROM arrivals
             WHERE (key, execution, outcome) IN (SELECT value->>0, value->>1, value->>2 FROM rows($1))");
        let gone = transaction.run(gone.bind(rows(&keys))).await?;
        forget_images(&mut transaction, &arrivals).await?;
        let told = sql("DELETE FROM events WHERE id IN (SELECT value->>0 FROM rows($1)) AND payload = ''
             AND NOT EXISTS (SELECT 1 FROM arrivals a WHERE a.event_id = events.id)
             RETURNING repository, registry, description");
        let told: Vec<(String, String, String)> = transaction.all(told.bind(&given)).await?;
        forget_destinations(&mut transaction, &told).await?;
        transaction.commit().await?;
        Ok(Removed { events: told.len() as u64, arrivals: gone, ..Removed::default() })
    }
}

async fn forget_images(transaction: &mut Transaction, arrivals: &[Arrival]) -> Result<()> {
    let images: Vec<_> = arrivals.iter().map(|one| (&one.repository, &one.version)).collect();
    let forgotten = Forgotten {
        table: "images",
        are_meant: "(repository, version) IN (SELECT value->>0, value->>1 FROM rows($1))",
        order: "repository, version",
        is_told_of: "SELECT 1 FROM arrivals a WHERE a.repository = images.repository AND a.version = images.version",
    };
    forgotten.forget(transaction, rows(&images)).await
}

/// The labels that no event bears any more.
async fn forget_destinations(transaction: &mut Transaction, told: &[(String, String, String)]) -> Result<()> {
    let forgotten = Forgotten {
        table: "destinations",
        are_meant: "(repository, substr(registry, 1, 100), substr(description, 1, 100)) IN (
             SELECT value->>0, substr(value->>1, 1, 100), substr(value->>2, 1, 100) FROM rows($1))",
        order: "repository, registry, description, remote_namespace, rule_id",
        is_told_of: "SELECT 1 FROM events e
             WHERE lower(substr(e.repository, 1, 100)) = lower(substr(destinations.repository, 1, 100))
                 AND substr(e.registry, 1, 100) = substr(destinations.registry, 1, 100)
                 AND substr(e.description, 1, 100) = substr(destinations.description, 1, 100)
                 AND (e.repository || '') = destinations.repository",
    };
    forgotten.forget(transaction, rows(told)).await
}

/// Rows of a table that go where nothing tells of them any more.
struct Forgotten {
    table: &'static str,
    are_meant: &'static str,
    /// The order in which `note` takes them, so that nobody waits in a circle.
    order: &'static str,
    is_told_of: &'static str,
}

impl Forgotten {
    async fn forget(self, transaction: &mut Transaction, given: String) -> Result<()> {
        let Self { table, are_meant, order, is_told_of } = self;
        if transaction.is_shared() {
            // A statement that has waited for a webhook goes on with what it saw before. The next one sees the webhook.
            let locked = sql(format!("SELECT repository FROM {table} WHERE {are_meant} ORDER BY {order} FOR UPDATE"));
            transaction.all::<(String,)>(locked.bind(&given)).await?;
        }
        let gone = sql(format!("DELETE FROM {table} WHERE {are_meant} AND NOT EXISTS ({is_told_of})"));
        transaction.run(gone.bind(given)).await?;
        Ok(())
    }
}

fn ids(of: &[String]) -> String {
    rows(&of.iter().map(|id| [id]).collect::<Vec<_>>())
}

#[derive(FromRow)]
struct Arrival {
    key: String,
    execution: String,
    outcome: String,
    repository: String,
    version: String,
}
