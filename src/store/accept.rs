//! Accepting: a whole batch of webhooks in one transaction, with one statement for each table, because
//! the cost of SQLite is per statement and per commit, not per row.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::sql::{Transaction, sql};
use super::{Result, Store, rows};
use crate::model::arrival::{Execution, Known};
use crate::model::clock::Millis;
use crate::model::delivery::LARGEST_DIGEST;
use crate::model::event::{Event, ReplicationOutcome};
use crate::model::harbor::Webhook;

/// How often a batch is begun anew that the database has ended in favour of another one.
const CONFLICTS: usize = 5;

/// A webhook that wants to be stored. The caller makes its id, so that a repeated call is no new event.
#[derive(Clone, Debug)]
pub struct Offer {
    pub event_id: String,
    pub webhook: Webhook,
    pub payload: String,
}

/// One robot's part of an event that is accepted.
#[derive(Clone, Debug)]
pub struct Assignment {
    pub delivery_id: String,
    pub robot: String,
    pub mentions: Vec<String>,
    /// How long it is held back, in case a success takes its place.
    pub hold: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// These robots are to tell it.
    Accepted { event_id: String, robots: Vec<String> },
    /// Every one of its arrivals was known: there is no row.
    Duplicate,
}

/// A failure that was held back, and that nobody hears of, because its success came.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Superseded {
    pub id: String,
    pub event_id: String,
    pub robot: String,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// In the order of the offers.
    pub answers: Vec<Acceptance>,
    pub superseded: Vec<Superseded>,
}

/// What of an offer is news, and who tells it.
struct News<'a> {
    offer: &'a Offer,
    event: Cow<'a, Event>,
    assignments: Vec<Assignment>,
}

impl Store {
    /// Stores all offers or none. `assign` is asked about each event that has news, with only its new versions: what
    /// was told before is not told again.
    pub async fn accept(
        &self,
        offers: &[Offer],
        assign: impl Fn(&Event) -> Vec<Assignment> + Sync,
        now: Millis,
    ) -> Result<Stored> {
        // Two replicas may stand in each other's way; that is no reason to refuse a webhook.
        for _ in 0..CONFLICTS {
            match self.accept_once(offers, &assign, now).await {
                Err(error) if error.is_conflict() => {}
                answered => return answered,
            }
        }
        self.accept_once(offers, &assign, now).await
    }

    async fn accept_once(
        &self,
        offers: &[Offer],
        assign: &(impl Fn(&Event) -> Vec<Assignment> + Sync),
        now: Millis,
    ) -> Result<Stored> {
        let mut transaction = self.begin().await?;
        let mut new = insert_arrivals(&mut transaction, offers).await?;
        let accepted: Vec<_> = offers
            .iter()
            .filter_map(|offer| {
                let event = with_versions(&offer.webhook.event, &new.remove(&offer.event_id)?);
                Some(News { offer, assignments: assign(&event), event })
            })
            .collect();
        let mut superseded = Vec::new();
        if !accepted.is_empty() {
            insert_events(&mut transaction, &accepted, now).await?;
            insert_deliveries(&mut transaction, &accepted, now).await?;
            superseded = supersede(&mut transaction, &accepted, now).await?;
        }
        transaction.commit().await?;

        let mut accepted = accepted.into_iter().peekable();
        let answer = |offer: &Offer| match accepted.next_if(|news| news.offer.event_id == offer.event_id) {
            Some(News { assignments, .. }) => Acceptance::Accepted {
                event_id: offer.event_id.clone(),
                robots: assignments.into_iter().map(|assignment| assignment.robot).collect(),
            },
            None => Acceptance::Duplicate,
        };
        Ok(Stored { answers: offers.iter().map(answer).collect(), superseded })
    }
}

/// The versions that are news, by event.
type NewVersions = HashMap<String, HashSet<String>>;

/// Those that are known, by this execution or by a rule in place of its number, are left out; so is a failure after its
/// success. One that is known by another name of its execution takes that name, so that a failure and the success that
/// heals it always share it.
async fn insert_arrivals(transaction: &mut Transaction, offers: &[Offer]) -> Result<NewVersions> {
    let statement = sql("INSERT INTO arrivals (key, execution, outcome, version, event_id)
         SELECT key, execution, outcome, version, event_id
         FROM (
             SELECT value->>'key' AS key, value->>'outcome' AS outcome, value->>'version' AS version,
                 value->>'event_id' AS event_id, coalesce((
                     SELECT known.execution FROM arrivals known JOIN events e ON e.id = known.event_id
                     WHERE known.key = value->>'key' AND known.execution <> value->>'execution'
                         AND substr(e.description, 1, 255) = value->>'rule'
                         AND (known.execution LIKE 'rule %' OR value->>'execution' LIKE 'rule %')
                     LIMIT 1), value->>'execution') AS execution
             FROM rows($1)) offered
         WHERE outcome = 'succeeded' OR NOT EXISTS (
             SELECT 1 FROM arrivals healed
             WHERE healed.key = offered.key AND healed.execution = offered.execution AND healed.outcome = 'succeeded')
         ON CONFLICT (key, execution, outcome) DO NOTHING
         RETURNING event_id, version")
    .bind(rows(&candidates(offers)));
    let mut versions = NewVersions::new();
    for (event_id, version) in transaction.all::<(String, String)>(statement).await? {
        versions.entry(event_id).or_default().insert(version);
    }
    Ok(versions)
}

async fn insert_events(transaction: &mut Transaction, accepted: &[News<'_>], now: Millis) -> Result<()> {
    let events: Vec<_> = accepted.iter().map(EventRow::of).collect();
    let statement = sql("INSERT INTO events (id, accepted_at, outcome, harbor_host, project, repository, versions,
             registry, description, execution_timestamp, execution_id, occurred_at, payload)
         SELECT value->>'id', $2, value->>'outcome', value->>'harbor_host', value->>'project',
             value->>'repository', value->>'versions', value->>'registry', value->>'description',
             CAST(value->>'execution_timestamp' AS BIGINT), CAST(value->>'execution_id' AS BIGINT),
             CAST(value->>'occurred_at' AS BIGINT), value->>'payload'
         FROM rows($1)")
    .bind(rows(&events))
    .bind(now);
    transaction.run(statement).await?;
    Ok(())
}

async fn insert_deliveries(transaction: &mut Transaction, accepted: &[News<'_>], now: Millis) -> Result<()> {
    let deliveries: Vec<_> = accepted
        .iter()
        .flat_map(|news| news.assignments.iter().map(|assignment| (&news.offer.event_id, assignment)))
        .map(|(event_id, Assignment { delivery_id, robot, mentions, hold })| {
            (delivery_id, event_id, robot, rows(mentions), now + hold)
        })
        .collect();
    // What is held back is tried only from then on, so its clock of giving up begins then.
    let statement =
        sql("INSERT INTO deliveries (id, event_id, robot, mentions, state, attempts, failures, batch_limit, suspect,
             created_at, tried_since, next_attempt_at, finished_at, last_error)
         SELECT value->>0, value->>1, value->>2, value->>3, 'pending', 0, 0, $3, 0,
             $2, CAST(value->>4 AS BIGINT), CAST(value->>4 AS BIGINT), 0, ''
         FROM rows($1)")
        .bind(rows(&deliveries))
        .bind(now)
        .bind(LARGEST_DIGEST);
    transaction.run(statement).await?;
    Ok(())
}

/// Ends failures that are held back and of which every arrival has now succeeded. One that was tried, or whose time
/// has come, is told. Where nothing is held back, which is most of the time, an empty index says so.
async fn supersede(transaction: &mut Transaction, accepted: &[News<'_>], now: Millis) -> Result<Vec<Superseded>> {
    let successes = events_of(accepted, ReplicationOutcome::Succeeded);
    if successes.is_empty() {
        return Ok(Vec::new());
    }
    let statement = sql(format!(
        "UPDATE deliveries SET state = 'superseded', finished_at = $2, next_attempt_at = 0
         WHERE EXISTS (
                 SELECT 1 FROM deliveries held
                 WHERE held.state = 'pending' AND held.attempts = 0 AND held.next_attempt_at > held.created_at)
             AND event_id IN ({FAILURES_OF}) AND (state || '') = 'pending' AND attempts = 0 AND next_attempt_at > $2
             AND {ALL_HEALED}
         RETURNING id, event_id, robot"
    ));
    transaction.all(statement.bind(rows(&successes)).bind(now)).await
}

/// The events whose failures these successes may heal.
const FAILURES_OF: &str = "SELECT broke.event_id FROM rows($1)
     JOIN arrivals mended ON mended.event_id = value->>0 AND mended.outcome = 'succeeded'
     JOIN arrivals broke ON broke.key = mended.key AND broke.execution = mended.execution AND broke.outcome = 'failed'";
/// No arrival of a delivery's event is still failed.
const ALL_HEALED: &str = "NOT EXISTS (
     SELECT 1 FROM arrivals open
     WHERE open.event_id = deliveries.event_id AND open.outcome = 'failed' AND NOT EXISTS (
         SELECT 1 FROM arrivals healed
         WHERE healed.key = open.key AND healed.execution = open.execution AND healed.outcome = 'succeeded'))";

/// The ids of the events that ended so, each in a row of its own.
fn events_of<'a>(accepted: &'a [News<'_>], outcome: ReplicationOutcome) -> Vec<[&'a str; 1]> {
    let events = accepted.iter().filter(|news| news.event.outcome == outcome);
    events.map(|news| [news.offer.event_id.as_str()]).collect()
}

/// The event with only these of its versions; one that named none keeps none.
fn with_versions<'a>(event: &'a Event, new: &HashSet<String>) -> Cow<'a, Event> {
    if event.versions.iter().all(|version| new.contains(version)) {
        return Cow::Borrowed(event);
    }
    let versions = event.versions.iter().filter(|version| new.contains(*version)).cloned().collect();
    Cow::Owned(Event { versions, ..event.clone() })
}

#[derive(Serialize)]
struct ArrivalRow<'a> {
    key: &'a str,
    execution: String,
    rule: String,
    outcome: ReplicationOutcome,
    version: &'a str,
    event_id: &'a str,
}

impl ArrivalRow<'_> {
    fn order(&self) -> (&str, &str, &str) {
        (self.key, &self.execution, self.outcome.as_str())
    }
}

/// The arrivals that are news within the batch; the database then knows about those before it.
fn candidates(offers: &[Offer]) -> Vec<ArrivalRow<'_>> {
    let mut known = Known::default();
    let mut candidates = Vec::new();
    for Offer { event_id, webhook, .. } in offers {
        let (outcome, execution) = (webhook.event.outcome, Execution::of(&webhook.event));
        let new = webhook.arrivals.iter().filter(|arrival| known.is_new(arrival, &execution, outcome));
        candidates.extend(new.map(|arrival| ArrivalRow {
            key: &arrival.key,
            execution: execution.name(),
            rule: execution.rule().to_owned(),
            outcome,
            version: &arrival.version,
            event_id,
        }));
    }
    // In one order everywhere, so that two replicas wait for each other and never in a circle.
    candidates.sort_by(|one, other| one.order().cmp(&other.order()));
    candidates
}

#[derive(Serialize)]
struct EventRow<'a> {
    id: &'a str,
    outcome: ReplicationOutcome,
    harbor_host: &'a str,
    project: &'a str,
    repository: &'a str,
    versions: String,
    registry: &'a str,
    description: &'a str,
    execution_timestamp: i64,
    execution_id: i64,
    occurred_at: Millis,
    payload: &'a str,
}

impl<'a> EventRow<'a> {
    fn of(news: &'a News<'_>) -> Self {
        let event = news.event.as_ref();
        Self {
            id: &news.offer.event_id,
            outcome: event.outcome,
            harbor_host: &event.harbor_host,
            project: &event.project,
            repository: &event.repository,
            versions: rows(&event.versions),
            registry: &event.registry,
            description: &event.description,
            execution_timestamp: event.execution_timestamp,
            execution_id: event.execution_id,
            occurred_at: event.occurred_at,
            payload: &news.offer.payload,
        }
    }
}
