//! The dedup rule: which arrivals of a batch are new, within the batch and against all that is stored. An arrival is a
//! duplicate if its key, its execution and its outcome are known; so is a failure after the success of its execution,
//! because Harbor promises no order, and a late Error must not be the last word.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::sql::{Transaction, sql};
use super::statement::expect;
use super::{Result, rows};
use crate::model::arrival::{Arrival, Execution};
use crate::model::event::ReplicationOutcome;
use crate::model::harbor::Webhook;

/// What the arrivals say of a batch.
#[derive(Default)]
pub(super) struct New {
    /// The versions that are new, by event.
    pub(super) versions: HashMap<String, HashSet<String>>,
    /// The events whose failures these successes heal; asked for on PostgreSQL alone.
    pub(super) healed: Vec<String>,
}

impl New {
    fn add(&mut self, event_id: String, version: String) {
        self.versions.entry(event_id).or_default().insert(version);
    }
}

/// Those that are known, by this execution or by a rule in place of its number, are left out; so is a failure after its
/// success. One that is known by another name of its execution takes that name, so that a failure and the success that
/// heals it always share it.
pub(super) async fn insert_arrivals<'a>(
    transaction: &mut Transaction,
    offered: impl Iterator<Item = (&'a str, &'a Webhook)>,
) -> Result<New> {
    let candidates = candidates(offered);
    let inserting = sql(INSERT).bind(rows(&candidates));
    let mut new = New::default();
    if transaction.is_shared() {
        // As this very statement sees them: a failure that commits later cannot have seen these successes.
        let returning = sql("
             RETURNING event_id, version, (SELECT broke.event_id FROM arrivals broke WHERE broke.key = arrivals.key
                 AND broke.execution = arrivals.execution AND broke.outcome = 'failed')");
        let inserted = transaction.all::<(String, String, Option<String>)>(inserting.and(returning)).await?;
        for (event_id, version, healed) in inserted {
            new.add(event_id, version);
            new.healed.extend(healed);
        }
    } else {
        transaction.queue(inserting);
        // No other event has these ids.
        let inserted =
            sql("SELECT a.event_id, a.version FROM (SELECT DISTINCT value->>'event_id' AS id FROM rows($1)) given
             CROSS JOIN arrivals a WHERE a.event_id = given.id");
        for (event_id, version) in transaction.all::<(String, String)>(inserted.bind(rows(&candidates))).await? {
            new.add(event_id, version);
        }
    }
    Ok(new)
}

/// The same as if none were known: without a wait. Where one is, the transaction fails.
pub(super) fn queue_arrivals<'a>(
    transaction: &mut Transaction,
    offered: impl Iterator<Item = (&'a str, &'a Webhook)>,
) -> New {
    let candidates = candidates(offered);
    transaction.queue(sql(INSERT).bind(rows(&candidates)));
    transaction.queue(expect("changes() = $1").bind(candidates.len() as i64));
    let mut new = New::default();
    candidates.iter().for_each(|arrival| new.add(arrival.event_id.to_owned(), arrival.version.to_owned()));
    new
}

const INSERT: &str = "INSERT INTO arrivals (key, execution, outcome, repository, version, event_id)
     SELECT key, execution, outcome, repository, version, event_id
     FROM (
         SELECT value->>'key' AS key, value->>'outcome' AS outcome,
             value->>'repository' AS repository, value->>'version' AS version,
             value->>'event_id' AS event_id, coalesce((
                 SELECT known.execution FROM arrivals known
                 WHERE known.key = value->>'key' AND known.execution <> value->>'execution'
                     AND (known.execution LIKE 'rule %' OR value->>'execution' LIKE 'rule %')
                     AND (SELECT substr(e.description, 1, 255) FROM events e WHERE e.id = known.event_id)
                         = value->>'rule'
                 LIMIT 1), value->>'execution') AS execution
         FROM rows($1)) offered
     WHERE outcome = 'succeeded' OR NOT EXISTS (
         SELECT 1 FROM arrivals healed
         WHERE healed.key = offered.key AND healed.execution = offered.execution AND healed.outcome = 'succeeded')
     ON CONFLICT (key, execution, outcome) DO NOTHING";

#[derive(Serialize)]
struct ArrivalRow<'a> {
    key: &'a str,
    execution: String,
    rule: String,
    outcome: ReplicationOutcome,
    repository: &'a str,
    version: &'a str,
    event_id: &'a str,
}

impl ArrivalRow<'_> {
    fn order(&self) -> (&str, &str, &str) {
        (self.key, &self.execution, self.outcome.as_str())
    }
}

/// The arrivals that are new within the batch; the database then knows about those before it.
fn candidates<'a>(offered: impl Iterator<Item = (&'a str, &'a Webhook)>) -> Vec<ArrivalRow<'a>> {
    let mut known = Known::default();
    let mut candidates = Vec::new();
    for (event_id, webhook) in offered {
        let (outcome, execution) = (webhook.event.outcome, Execution::of(&webhook.event));
        let new = webhook.arrivals.iter().filter(|arrival| known.is_new(arrival, &execution, outcome));
        candidates.extend(new.map(|arrival| ArrivalRow {
            key: &arrival.key,
            execution: execution.name(),
            rule: execution.rule().to_owned(),
            outcome,
            repository: &webhook.event.repository,
            version: &arrival.version,
            event_id,
        }));
    }
    // In one order everywhere, so that two replicas wait for each other and never in a circle.
    candidates.sort_by(|one, other| one.order().cmp(&other.order()));
    candidates
}

/// What is known within one batch, before the database is asked about the rest.
#[derive(Default)]
struct Known(HashMap<String, Vec<(Execution, ReplicationOutcome)>>);

impl Known {
    /// Whether this arrival is new, given those seen before it.
    fn is_new(&mut self, arrival: &Arrival, execution: &Execution, outcome: ReplicationOutcome) -> bool {
        let known = self.0.entry(arrival.key.clone()).or_default();
        let settles = |known: &(Execution, ReplicationOutcome)| {
            known.0.is_same(execution) && (known.1 == outcome || known.1 == ReplicationOutcome::Succeeded)
        };
        let is_new = !known.iter().any(settles);
        if is_new {
            known.push((execution.clone(), outcome));
        }
        is_new
    }
}
