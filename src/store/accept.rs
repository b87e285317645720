//! Accepting: a whole batch of webhooks in one transaction, with one statement for each table, because
//! the cost of SQLite is per statement and per commit, not per row.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::{Result, Store, rows};
use crate::model::arrival::Known;
use crate::model::clock::Millis;
use crate::model::delivery::LARGEST_DIGEST;
use crate::model::event::ReplicationOutcome;
use crate::model::harbor::Webhook;

/// A webhook that wants to be stored. The caller makes the ids, so that a repeated call is no new event.
#[derive(Clone, Debug)]
pub struct Offer {
    pub event_id: String,
    pub webhook: Webhook,
    pub payload: String,
    /// A delivery's id and its robot, for each robot that is to tell it.
    pub deliveries: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    Accepted {
        event_id: String,
        deliveries: usize,
    },
    /// Every one of its arrivals was known: there is no row.
    Duplicate,
}

impl Store {
    /// Stores all offers or none. The answers stand in the order of the offers.
    pub async fn accept(&self, offers: &[Offer], now: Millis) -> Result<Vec<Acceptance>> {
        let mut transaction = self.begin().await?;
        let new: Vec<(String, String)> = sqlx::query_as(
            "INSERT INTO arrivals (key, outcome, version, event_id)
             SELECT value->>'key', value->>'outcome', value->>'version', value->>'event_id'
             FROM json_each($1)
             WHERE value->>'outcome' = 'succeeded' OR NOT EXISTS (
                 SELECT 1 FROM arrivals healed
                 WHERE healed.key = value->>'key' AND healed.outcome = 'succeeded')
             ON CONFLICT (key, outcome) DO NOTHING
             RETURNING event_id, version",
        )
        .bind(rows(&candidates(offers)))
        .fetch_all(&mut *transaction)
        .await?;
        let mut news: HashMap<&str, HashSet<&str>> = HashMap::new();
        for (event_id, version) in &new {
            news.entry(event_id).or_default().insert(version);
        }

        let accepted: Vec<_> =
            offers.iter().filter_map(|offer| Some((offer, news.get(offer.event_id.as_str())?))).collect();
        if !accepted.is_empty() {
            let events: Vec<_> = accepted.iter().map(|(offer, versions)| EventRow::of(offer, versions)).collect();
            sqlx::query(
                "INSERT INTO events (id, accepted_at, outcome, harbor_host, project, repository, versions,
                     registry, description, execution_timestamp, execution_id, occurred_at, payload)
                 SELECT value->>'id', $2, value->>'outcome', value->>'harbor_host', value->>'project',
                     value->>'repository', value->>'versions', value->>'registry', value->>'description',
                     CAST(value->>'execution_timestamp' AS BIGINT), CAST(value->>'execution_id' AS BIGINT),
                     CAST(value->>'occurred_at' AS BIGINT), value->>'payload'
                 FROM json_each($1)",
            )
            .bind(rows(&events))
            .bind(now)
            .execute(&mut *transaction)
            .await?;
            let deliveries: Vec<_> = accepted
                .iter()
                .flat_map(|(offer, _)| offer.deliveries.iter().map(|(id, robot)| (id, &offer.event_id, robot)))
                .collect();
            sqlx::query(
                "INSERT INTO deliveries (id, event_id, robot, state, attempts, failures, batch_limit, suspect,
                     created_at, tried_since, next_attempt_at, finished_at, last_error)
                 SELECT value->>0, value->>1, value->>2, 'pending', 0, 0, $3, 0, $2, $2, $2, 0, ''
                 FROM json_each($1)",
            )
            .bind(rows(&deliveries))
            .bind(now)
            .bind(LARGEST_DIGEST)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;

        let answer = |offer: &Offer| match news.contains_key(offer.event_id.as_str()) {
            true => Acceptance::Accepted { event_id: offer.event_id.clone(), deliveries: offer.deliveries.len() },
            false => Acceptance::Duplicate,
        };
        Ok(offers.iter().map(answer).collect())
    }
}

#[derive(Serialize)]
struct ArrivalRow<'a> {
    key: &'a str,
    outcome: ReplicationOutcome,
    version: &'a str,
    event_id: &'a str,
}

/// The arrivals that are news within the batch; the database then knows about those before it.
fn candidates(offers: &[Offer]) -> Vec<ArrivalRow<'_>> {
    let mut known = Known::default();
    let mut candidates = Vec::new();
    for Offer { event_id, webhook, .. } in offers {
        let outcome = webhook.event.outcome;
        let new = webhook.arrivals.iter().filter(|arrival| known.is_new(arrival, outcome));
        candidates.extend(new.map(|arrival| ArrivalRow {
            key: &arrival.key,
            outcome,
            version: &arrival.version,
            event_id,
        }));
    }
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
    /// Only the versions that are news: what was told before is not told again.
    fn of(offer: &'a Offer, new: &HashSet<&str>) -> Self {
        let event = &offer.webhook.event;
        let versions: Vec<_> = event.versions.iter().filter(|version| new.contains(version.as_str())).collect();
        Self {
            id: &offer.event_id,
            outcome: event.outcome,
            harbor_host: &event.harbor_host,
            project: &event.project,
            repository: &event.repository,
            versions: rows(&versions),
            registry: &event.registry,
            description: &event.description,
            execution_timestamp: event.execution_timestamp,
            execution_id: event.execution_id,
            occurred_at: event.occurred_at,
            payload: &offer.payload,
        }
    }
}
