//! What is known of a Harbor whose executions are followed: how far they were read, and which of them are still in view.

use std::collections::HashSet;

use sqlx::FromRow;

use super::sql::sql;
use super::{Result, Store, rows};
use crate::model::clock::{Clock, HOUR, Millis, SECOND};

/// Only one process compares at a time; if it dies, another one begins after this.
const WORK_LEASE: Millis = 60 * SECOND;

/// No look is put off for so long by a right clock.
const FARTHEST_LOOK: Millis = 24 * HOUR;

/// How far a Harbor's executions were read.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Contact {
    /// The URL that Harbor calls itself.
    pub url: String,
    /// By Harbor's clock. What ended before it is stored, and nobody is notified of it.
    pub first_contact_at: Millis,
    /// The newest execution that was taken into view.
    pub watermark: i64,
    /// When that one began, by Harbor's clock.
    pub watermark_at: Millis,
    /// Executions below this one are still to be read for the history; 0: all are.
    pub history_below: i64,
}

/// An execution that has not ended, or of which tasks are still to be compared.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct InView {
    pub id: i64,
    pub started_at: Millis,
    /// When it is looked at next; 0: it is done with.
    pub look_at: Millis,
    /// The tasks that are done with.
    #[sqlx(try_from = "crate::model::event::JsonList")]
    pub settled: Vec<String>,
}

/// A repository that is being replicated now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replicating {
    pub repository: String,
    pub registry: String,
    pub description: String,
    /// Empty where they are unknown.
    pub versions: Vec<String>,
    pub started_at: Millis,
}

/// A rule whose last execution failed before it had tasks.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct FailingRule {
    pub rule_id: i64,
    /// The reason without its numbers: by it a reason is the same.
    pub kind: String,
    pub reason: String,
    /// When somebody was notified of it; 0: nobody was.
    pub sent_at: Millis,
    /// The execution that failed last.
    pub execution_id: i64,
}

impl Store {
    /// Takes or renews a lease on work that only one process does at a time. On SQLite the file's lock decides.
    pub async fn acquire_work(&self, name: &str, owner: &str, clock: &Clock) -> Result<bool> {
        if self.is_exclusive() {
            return Ok(true);
        }
        let mut transaction = self.begin().await?;
        let now = transaction.now(clock).await?;
        let acquired = sql("INSERT INTO leases (name, owner, until) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
             WHERE leases.owner = $2 OR leases.until <= $4 OR leases.until > $5");
        let acquired = acquired.bind(name).bind(owner).bind(now + WORK_LEASE).bind(now).bind(now + 2 * WORK_LEASE);
        let is_ours = transaction.run(acquired).await? == 1;
        transaction.commit().await?;
        Ok(is_ours)
    }

    /// Gives the work back, so that the next process need not wait for the lease to end.
    pub async fn release_work(&self, name: &str, owner: &str) -> Result<()> {
        self.execute(sql("DELETE FROM leases WHERE name = $1 AND owner = $2").bind(name).bind(owner)).await
    }

    /// None before the first contact.
    pub async fn contact(&self, url: &str) -> Result<Option<Contact>> {
        let contact =
            sql("SELECT url, first_contact_at, watermark, watermark_at, history_below FROM harbors WHERE url = $1");
        self.first(contact.bind(url)).await
    }

    /// Begins to follow a Harbor, or begins anew where it was restored or installed again.
    pub async fn begin_contact(&self, contact: &Contact) -> Result<()> {
        let mut transaction = self.begin().await?;
        for table in ["executions", "replicating", "failing_rules"] {
            transaction.run(sql(format!("DELETE FROM {table} WHERE harbor = $1")).bind(&contact.url)).await?;
        }
        let begun = sql("INSERT INTO harbors (url, first_contact_at, watermark, watermark_at, history_below)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (url) DO UPDATE SET first_contact_at = excluded.first_contact_at,
                 watermark = excluded.watermark, watermark_at = excluded.watermark_at,
                 history_below = excluded.history_below");
        let begun = begun.bind(&contact.url).bind(contact.first_contact_at).bind(contact.watermark);
        let begun = begun.bind(contact.watermark_at);
        transaction.run(begun.bind(contact.history_below)).await?;
        transaction.commit().await
    }

    /// Those of these executions that were never taken into view.
    pub async fn not_in_view(&self, url: &str, ids: &[i64]) -> Result<HashSet<i64>> {
        let given = ids.iter().map(|id| [id]).collect::<Vec<_>>();
        let unknown = sql("SELECT CAST(value->>0 AS BIGINT) FROM rows($1)
             WHERE NOT EXISTS (SELECT 1 FROM executions e WHERE e.harbor = $2 AND e.id = CAST(value->>0 AS BIGINT))");
        let unknown: Vec<(i64,)> = self.all(unknown.bind(rows(&given)).bind(url)).await?;
        Ok(unknown.into_iter().map(|(id,)| id).collect())
    }

    /// Takes executions into view, and with them moves the watermark: both or neither.
    pub async fn take_into_view(&self, url: &str, executions: &[InView]) -> Result<()> {
        let Some(newest) = executions.iter().max_by_key(|execution| execution.id) else { return Ok(()) };
        let mut transaction = self.begin().await?;
        let given: Vec<_> = executions.iter().map(|new| (new.id, new.started_at, new.look_at)).collect();
        let taken = sql("INSERT INTO executions (harbor, id, started_at, look_at, settled)
             SELECT $2, CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), '[]'
             FROM rows($1) WHERE true
             ON CONFLICT (harbor, id) DO NOTHING");
        transaction.run(taken.bind(rows(&given)).bind(url)).await?;
        let moved = sql("UPDATE harbors SET watermark = $2, watermark_at = $3 WHERE url = $1 AND watermark < $2");
        transaction.run(moved.bind(url).bind(newest.id).bind(newest.started_at)).await?;
        transaction.commit().await
    }

    /// Those that are to be looked at by now, the oldest first; also those that a wrong clock has put far off.
    pub async fn in_view(&self, url: &str, now: Millis, limit: i64) -> Result<Vec<InView>> {
        let due = sql("SELECT id, started_at, look_at, settled FROM executions
             WHERE harbor = $1 AND look_at > 0 AND (look_at <= $2 OR look_at > $3) ORDER BY look_at, id LIMIT $4");
        self.all(due.bind(url).bind(now).bind(now + FARTHEST_LOOK).bind(limit)).await
    }

    /// How many are in view.
    pub async fn open_executions(&self, url: &str) -> Result<i64> {
        self.number(sql("SELECT count(*) FROM executions WHERE harbor = $1 AND look_at > 0").bind(url)).await
    }

    /// What a look at an execution came to, with what is being replicated in it.
    pub async fn looked_at(&self, url: &str, execution: &InView, replicating: &[Replicating]) -> Result<()> {
        let mut transaction = self.begin().await?;
        let changed = sql("UPDATE executions SET look_at = $3, settled = $4 WHERE harbor = $1 AND id = $2");
        let changed = changed.bind(url).bind(execution.id).bind(execution.look_at).bind(rows(&execution.settled));
        transaction.run(changed).await?;
        let gone = sql("DELETE FROM replicating WHERE harbor = $1 AND execution_id = $2");
        transaction.run(gone.bind(url).bind(execution.id)).await?;
        let given: Vec<_> = replicating
            .iter()
            .map(|now| (&now.repository, &now.registry, &now.description, rows(&now.versions), now.started_at))
            .collect();
        let inserted =
            sql("INSERT INTO replicating (harbor, execution_id, repository, registry, description, versions,
                 started_at)
             SELECT $2, $3, value->>0, value->>1, value->>2, value->>3, CAST(value->>4 AS BIGINT) FROM rows($1)
             WHERE true
             ON CONFLICT (harbor, execution_id, repository) DO NOTHING");
        transaction.run(inserted.bind(rows(&given)).bind(url).bind(execution.id)).await?;
        transaction.commit().await
    }

    /// Forgets what is done with and so old that it is not read again.
    pub async fn forget_executions(&self, url: &str, below: i64) -> Result<()> {
        let forgotten = sql("DELETE FROM executions WHERE harbor = $1 AND id < $2 AND look_at = 0");
        self.execute(forgotten.bind(url).bind(below)).await
    }

    /// How far the history was read.
    pub async fn history_read(&self, url: &str, below: i64) -> Result<()> {
        let read = sql("UPDATE harbors SET history_below = $2 WHERE url = $1");
        self.execute(read.bind(url).bind(below)).await
    }

    /// All reasons of all rules that have not worked since.
    pub async fn failing_rules(&self, url: &str) -> Result<Vec<FailingRule>> {
        let failing = sql("SELECT rule_id, kind, reason, sent_at, execution_id FROM failing_rules WHERE harbor = $1
             ORDER BY execution_id");
        self.all(failing.bind(url)).await
    }

    /// When somebody was last notified that a rule fails for a reason of this kind.
    pub async fn failure_sent_at(&self, url: &str, rule_id: i64, kind: &str) -> Result<Option<Millis>> {
        let sent = sql("SELECT sent_at FROM failing_rules WHERE harbor = $1 AND rule_id = $2 AND kind = $3");
        let sent: Option<(Millis,)> = self.first(sent.bind(url).bind(rule_id).bind(kind)).await?;
        Ok(sent.map(|(at,)| at).filter(|at| *at > 0))
    }

    pub async fn rule_fails(&self, url: &str, failing: &FailingRule) -> Result<()> {
        let mut transaction = self.begin().await?;
        let fails = sql("INSERT INTO failing_rules (harbor, rule_id, kind, reason, sent_at, execution_id)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (harbor, rule_id, kind) DO UPDATE SET reason = excluded.reason, sent_at = excluded.sent_at,
                 execution_id = excluded.execution_id");
        let fails = fails.bind(url).bind(failing.rule_id).bind(&failing.kind).bind(&failing.reason);
        transaction.run(fails.bind(failing.sent_at).bind(failing.execution_id)).await?;
        // A rule that fails differently each time: the latest reasons are enough.
        let forgotten = sql("DELETE FROM failing_rules WHERE harbor = $1 AND rule_id = $2 AND execution_id < (
                 SELECT min(execution_id) FROM (
                     SELECT execution_id FROM failing_rules WHERE harbor = $1 AND rule_id = $2
                     ORDER BY execution_id DESC LIMIT 50) latest)");
        transaction.run(forgotten.bind(url).bind(failing.rule_id)).await?;
        transaction.commit().await
    }

    /// Nobody can tell any more what is being replicated.
    pub async fn forget_replicating(&self) -> Result<()> {
        self.execute(sql("DELETE FROM replicating")).await
    }

    pub async fn rule_works(&self, url: &str, rule_id: i64) -> Result<()> {
        let works = sql("DELETE FROM failing_rules WHERE harbor = $1 AND rule_id = $2");
        self.execute(works.bind(url).bind(rule_id)).await
    }
}
