//! A task of Harbor's is stored once, whoever told of it first: its webhook, or Harbor's API. Whether it is does not go
//! by an arrival's key, because the API may know no versions, or name a rule as it is called by now.

use std::collections::{HashMap, HashSet};

use sqlx::FromRow;

use super::note::{forget_unknown, note, note_destinations};
use super::offer::Offer;
use super::sql::{Transaction, sql};
use super::statement::expect;
use super::words::unindexed;
use super::{Result, Store, rows};
use crate::model::arrival::Execution;
use crate::model::clock::Millis;
use crate::model::event::{Event, JsonList, Operation};

/// What is stored of a task.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct StoredTask {
    pub event_id: String,
    #[sqlx(try_from = "String")]
    pub operation: Operation,
    pub reason: String,
    /// 0 where only its webhook is known.
    pub rule_id: i64,
}

/// A condition on `events e` for a task that `given` names; without an execution's number, by its time (which the query
/// sees to) and the registry. What a failure's log says was copied is no task of its own.
fn is_task(given: &str) -> String {
    // Half of all events have it.
    let outcome = unindexed("e.outcome");
    format!(
        "e.harbor_host = {given}->>'harbor_host' AND e.repository = {given}->>'repository'
         AND {outcome} = {given}->>'outcome' AND e.split_from = ''
         AND (e.task_id = CAST({given}->>'task_id' AS BIGINT) OR e.task_id = 0
             OR CAST({given}->>'task_id' AS BIGINT) = 0)
         AND (e.execution_id = CAST({given}->>'execution_id' AS BIGINT)
             OR e.execution_id = 0 AND e.registry = {given}->>'registry'
                 AND e.execution_timestamp = CAST({given}->>'execution_timestamp' AS BIGINT))"
    )
}

impl Store {
    /// The event of this task, if there is one: the same execution, repository and outcome.
    pub async fn task(&self, event: &Event) -> Result<Option<StoredTask>> {
        let stored = sql(format!(
            "SELECT e.id AS event_id, e.operation, e.reason, e.rule_id
             FROM rows($1) CROSS JOIN arrivals a CROSS JOIN events e
             WHERE a.key >= value->>'from' AND a.key < value->>'to' AND e.id = a.event_id AND {} LIMIT 1",
            is_task("value")
        ));
        self.first(stored.bind(rows(&[Given::of("", event)]))).await
    }

    /// Takes note of the rule of an event that a webhook told: `event` has its number and its name.
    pub async fn note_rule(&self, event_id: &str, event: &Event) -> Result<()> {
        let mut transaction = self.begin().await?;
        let known = sql("UPDATE events SET rule = $2, rule_id = $3 WHERE id = $1
             RETURNING description, remote_namespace, occurred_at");
        let known = known.bind(event_id).bind(&event.rule).bind(event.rule_id);
        let stored: Vec<(String, String, Millis)> = transaction.all(known).await?;
        for (description, remote_namespace, occurred_at) in stored {
            // As it was called then.
            let event = Event { description, remote_namespace, occurred_at, ..event.clone() };
            note_destinations(&mut transaction, std::iter::once(&event));
        }
        transaction.commit().await
    }
}

#[derive(serde::Serialize)]
struct Given<'a> {
    offer: &'a str,
    harbor_host: &'a str,
    repository: &'a str,
    registry: &'a str,
    outcome: &'a str,
    execution_id: i64,
    /// Several tasks may end in one repository; 0 where it is unknown.
    task_id: i64,
    execution_timestamp: i64,
    /// The keys of an execution's arrivals begin with its time, which two sides may round in two ways.
    from: String,
    to: String,
}

impl<'a> Given<'a> {
    fn of(offer: &'a str, event: &'a Event) -> Self {
        Self {
            offer,
            harbor_host: &event.harbor_host,
            repository: &event.repository,
            registry: &event.registry,
            outcome: event.outcome.as_str(),
            execution_id: event.execution_id,
            task_id: event.task_id,
            execution_timestamp: event.execution_timestamp,
            from: format!("{:010}-", (event.execution_timestamp - 1).max(0)),
            to: format!("{:010}.", event.execution_timestamp + 1),
        }
    }
}

/// The webhooks whose task is stored because Harbor's API told of it.
pub(super) async fn join_webhooks(
    transaction: &mut Transaction,
    webhooks: &[&Offer],
    now: Millis,
) -> Result<HashSet<String>> {
    join(transaction, webhooks, stored_by_api(), now).await
}

/// The transaction fails where one of these webhooks has such a task.
pub(super) fn expect_no_task(transaction: &mut Transaction, webhooks: &[Offer]) {
    let given = given(webhooks.iter());
    if !given.is_empty() {
        transaction.queue(expect(&format!("NOT EXISTS ({})", stored_by_api())).bind(rows(&given)));
    }
}

fn stored_by_api() -> String {
    format!(
        "SELECT value->>'offer', e.id FROM rows($1) CROSS JOIN events e
         WHERE e.execution_id = CAST(value->>'execution_id' AS BIGINT) AND e.source <> 'webhook' AND {}",
        is_task("value")
    )
}

fn given<'a>(offers: impl Iterator<Item = &'a Offer>) -> Vec<Given<'a>> {
    let numbered = offers.filter(|offer| offer.webhook.event.execution_id > 0);
    numbered.map(|offer| Given::of(&offer.event_id, &offer.webhook.event)).collect()
}

/// What Harbor's API tells of and is stored, whoever told of it.
pub(super) async fn join_found(
    transaction: &mut Transaction,
    found: &[&Offer],
    now: Millis,
) -> Result<HashSet<String>> {
    let stored = format!(
        "SELECT value->>'offer', e.id FROM rows($1) CROSS JOIN arrivals a CROSS JOIN events e
         WHERE a.key >= value->>'from' AND a.key < value->>'to' AND e.id = a.event_id AND {}",
        is_task("value")
    );
    join(transaction, found, stored, now).await
}

/// Versions that only the later one names are added to the event; nobody is notified of them again.
async fn join(
    transaction: &mut Transaction,
    offers: &[&Offer],
    stored: String,
    now: Millis,
) -> Result<HashSet<String>> {
    let given = given(offers.iter().copied());
    if given.is_empty() {
        return Ok(HashSet::new());
    }
    let known: Vec<(String, String)> = transaction.all(sql(stored).bind(rows(&given))).await?;
    let known: HashMap<_, _> = known.into_iter().collect();
    for offer in offers {
        if let Some(event_id) = known.get(&offer.event_id) {
            add_versions(transaction, event_id, offer, now).await?;
        }
    }
    Ok(known.into_keys().collect())
}

async fn add_versions(transaction: &mut Transaction, event_id: &str, offer: &Offer, now: Millis) -> Result<()> {
    let event = &offer.webhook.event;
    let execution = Execution::of(event).name();
    let named = offer.webhook.arrivals.iter().filter(|arrival| !arrival.version.is_empty());
    let given: Vec<_> = named.map(|arrival| (&arrival.key, &arrival.version)).collect();
    let added = sql("INSERT INTO arrivals (key, execution, outcome, repository, version, event_id)
         SELECT value->>0, $2, $3, $5, value->>1, $4 FROM rows($1) WHERE true
         ON CONFLICT (key, execution, outcome) DO NOTHING
         RETURNING version");
    let added =
        added.bind(rows(&given)).bind(execution).bind(event.outcome.as_str()).bind(event_id).bind(&event.repository);
    let added: Vec<(String,)> = transaction.all(added).await?;
    if added.is_empty() {
        return Ok(());
    }
    // Its versions are known now.
    let unknown = sql("DELETE FROM arrivals WHERE event_id = $1 AND version = ''");
    transaction.run(unknown.bind(event_id)).await?;
    let stored = sql("SELECT versions FROM events WHERE id = $1").bind(event_id);
    let stored: Vec<(JsonList,)> = transaction.all(stored).await?;
    let stored = stored.into_iter().next().map(|(versions,)| versions.try_into().unwrap_or_default());
    let added: Vec<String> = added.into_iter().map(|(version,)| version).collect();
    let mut versions: Vec<String> = stored.unwrap_or_default();
    versions.extend(added.iter().cloned());
    forget_unknown(transaction, &event.repository).await?;
    note(transaction, std::iter::once(&Event { versions: added, ..event.clone() }), now);
    transaction.run(sql("UPDATE events SET versions = $2 WHERE id = $1").bind(event_id).bind(rows(&versions))).await?;
    Ok(())
}
