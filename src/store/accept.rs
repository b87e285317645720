//! Accepting: a whole batch of webhooks in one transaction, with one statement for each table, because
//! the cost of SQLite is per statement and per commit, not per row.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::dedup::{New, insert_arrivals};
use super::note::note;
pub use super::offer::Offer;
use super::sql::{Transaction, sql};
use super::supersede::{Superseded, supersede_held};
use super::task::{join_found, join_webhooks};
use super::{Result, Store, rows};
use crate::model::clock::Millis;
use crate::model::delivery::{Assignment, LARGEST_DIGEST};
use crate::model::event::{Event, Operation, ReplicationOutcome, Source};

/// How often a batch is begun anew that the database has ended in favour of another one.
const CONFLICTS: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// These robots are to send it.
    Accepted { event_id: String, robots: Vec<String> },
    /// Every one of its arrivals was known: there is no row.
    Duplicate,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// In the order of the offers.
    pub answers: Vec<Acceptance>,
    pub superseded: Vec<Superseded>,
}

/// What of an offer is new, and who sends it.
pub(super) struct NewEvent<'a> {
    pub(super) id: &'a str,
    pub(super) event: Cow<'a, Event>,
    pub(super) payload: &'a str,
    /// The longer of this and each robot's grace counts.
    pub(super) look_up: Millis,
    pub(super) assignments: Vec<Assignment>,
}

/// The rows of a batch, before they are committed.
#[derive(Default)]
pub(super) struct Written<'a> {
    accepted: Vec<NewEvent<'a>>,
    healed: Vec<String>,
}

impl Store {
    /// Stores all offers or none. `assign` is asked about each event that has new arrivals, with only its new versions: what
    /// was sent before is not sent again.
    pub async fn accept(
        &self,
        offers: &[Offer],
        assign: impl Fn(&Event) -> Vec<Assignment> + Sync,
        now: Millis,
    ) -> Result<Stored> {
        // Two replicas may block each other; that is no reason to refuse a webhook.
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
        let Written { accepted, healed } = Self::write(&mut transaction, offers, assign, now).await?;
        let ended = |outcome| {
            let of = accepted.iter().filter(move |new: &&NewEvent<'_>| new.event.outcome == outcome);
            of.map(|new| new.id).collect::<Vec<_>>()
        };
        let (failures, successes) = (ended(ReplicationOutcome::Failed), ended(ReplicationOutcome::Succeeded));
        let mut superseded = supersede_held(&mut transaction, &successes, now).await?;
        transaction.commit().await?;
        self.check_in_place()?;
        // Only another replica can have committed at the same time.
        if self.is_shared() {
            match self.supersede_concurrent(&failures, &successes, &healed, now).await {
                Ok(late) => superseded.extend(late),
                // All of it is stored; at the worst a failure is sent that its success has already healed.
                Err(error) => tracing::warn!(%error, "cannot look for failures that another replica's success heals"),
            }
        }

        let mut accepted: HashMap<_, _> = accepted.into_iter().map(|new| (new.id, new)).collect();
        let answer = |offer: &Offer| match accepted.remove(offer.event_id.as_str()) {
            Some(NewEvent { assignments, .. }) => Acceptance::Accepted {
                event_id: offer.event_id.clone(),
                robots: assignments.into_iter().map(|assignment| assignment.robot).collect(),
            },
            None => Acceptance::Duplicate,
        };
        Ok(Stored { answers: offers.iter().map(answer).collect(), superseded })
    }

    /// All rows that these offers make, where they are new. What Harbor's API tells of comes after the webhooks: a task that
    /// both tell of in one batch is known by then.
    pub(super) async fn write<'a>(
        transaction: &mut Transaction,
        offers: &'a [Offer],
        assign: &(impl Fn(&Event) -> Vec<Assignment> + Sync),
        now: Millis,
    ) -> Result<Written<'a>> {
        let (webhooks, found): (Vec<_>, Vec<_>) =
            offers.iter().partition(|offer| offer.webhook.event.source == Source::Webhook);
        let known = join_webhooks(transaction, &webhooks, now).await?;
        let mut written = Self::write_new(transaction, &webhooks, &known, assign, now).await?;
        if !found.is_empty() {
            let known = join_found(transaction, &found, now).await?;
            let Written { accepted, healed } = Self::write_new(transaction, &found, &known, assign, now).await?;
            written.accepted.extend(accepted);
            written.healed.extend(healed);
        }
        Ok(written)
    }

    async fn write_new<'a>(
        transaction: &mut Transaction,
        offers: &[&'a Offer],
        known: &HashSet<String>,
        assign: &(impl Fn(&Event) -> Vec<Assignment> + Sync),
        now: Millis,
    ) -> Result<Written<'a>> {
        if offers.is_empty() {
            return Ok(Written::default());
        }
        let offered = offers.iter().filter(|offer| !known.contains(&offer.event_id));
        let offered = offered.map(|offer| (offer.event_id.as_str(), &offer.webhook));
        let New { mut versions, healed } = insert_arrivals(transaction, offered).await?;
        let accepted: Vec<_> = offers
            .iter()
            .filter_map(|offer| {
                let event = with_versions(&offer.webhook.event, &versions.remove(&offer.event_id)?);
                let assignments = if offer.is_quiet { Vec::new() } else { assign(&event) };
                Some(NewEvent {
                    id: &offer.event_id,
                    payload: &offer.payload,
                    look_up: offer.look_up,
                    assignments,
                    event,
                })
            })
            .collect();
        if !accepted.is_empty() {
            insert_events(transaction, &accepted, now);
            insert_deliveries(transaction, &accepted, now);
            note(transaction, accepted.iter().map(|new| new.event.as_ref()), now);
        }
        Ok(Written { accepted, healed })
    }
}

pub(super) fn insert_events(transaction: &mut Transaction, accepted: &[NewEvent<'_>], now: Millis) {
    let events: Vec<_> = accepted.iter().map(EventRow::of).collect();
    let statement =
        sql("INSERT INTO events (id, accepted_at, source, operation, outcome, harbor_host, project, repository,
             versions, registry, description, rule, rule_id, remote_namespace, reason, execution_timestamp, execution_id, task_id, late,
             occurred_at, payload)
         SELECT value->>'id', $2, value->>'source', value->>'operation', value->>'outcome', value->>'harbor_host',
             value->>'project', value->>'repository', value->>'versions', value->>'registry',
             value->>'description', value->>'rule', CAST(value->>'rule_id' AS BIGINT),
             value->>'remote_namespace', value->>'reason',
             CAST(value->>'execution_timestamp' AS BIGINT), CAST(value->>'execution_id' AS BIGINT),
             CAST(value->>'task_id' AS BIGINT), CAST(value->>'late' AS BIGINT),
             CAST(value->>'occurred_at' AS BIGINT), value->>'payload'
         FROM rows($1)")
        .bind(rows(&events))
        .bind(now);
    transaction.queue(statement);
}

pub(super) fn insert_deliveries(transaction: &mut Transaction, accepted: &[NewEvent<'_>], now: Millis) {
    let deliveries: Vec<_> = accepted
        .iter()
        .flat_map(|new| new.assignments.iter().map(move |assignment| (new, assignment)))
        .map(|(new, Assignment { delivery_id, robot, mentions, grace })| {
            let grace_until = if *grace > 0 { now + grace } else { 0 };
            (delivery_id, new.id, robot, rows(mentions), now + new.look_up.max(*grace), grace_until)
        })
        .collect();
    // What is held back is tried only from then on, so its clock of giving up begins then.
    let statement =
        sql("INSERT INTO deliveries (id, event_id, robot, mentions, state, attempts, failures, batch_limit, suspect,
             created_at, tried_since, next_attempt_at, grace_until, finished_at, last_error)
         SELECT value->>0, value->>1, value->>2, value->>3, 'pending', 0, 0, $3, 0,
             $2, CAST(value->>4 AS BIGINT), CAST(value->>4 AS BIGINT), CAST(value->>5 AS BIGINT), 0, ''
         FROM rows($1)")
        .bind(rows(&deliveries))
        .bind(now)
        .bind(LARGEST_DIGEST);
    transaction.queue(statement);
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
struct EventRow<'a> {
    id: &'a str,
    source: Source,
    operation: Operation,
    outcome: ReplicationOutcome,
    harbor_host: &'a str,
    project: &'a str,
    repository: &'a str,
    versions: String,
    registry: &'a str,
    description: &'a str,
    rule: &'a str,
    rule_id: i64,
    remote_namespace: &'a str,
    reason: &'a str,
    execution_timestamp: i64,
    execution_id: i64,
    task_id: i64,
    late: i64,
    occurred_at: Millis,
    payload: &'a str,
}

impl<'a> EventRow<'a> {
    fn of(new: &'a NewEvent<'_>) -> Self {
        let event = new.event.as_ref();
        Self {
            id: new.id,
            source: event.source,
            operation: event.operation,
            outcome: event.outcome,
            harbor_host: &event.harbor_host,
            project: &event.project,
            repository: &event.repository,
            versions: rows(&event.versions),
            registry: &event.registry,
            description: &event.description,
            rule: &event.rule,
            rule_id: event.rule_id,
            remote_namespace: &event.remote_namespace,
            reason: &event.reason,
            execution_timestamp: event.execution_timestamp,
            execution_id: event.execution_id,
            task_id: event.task_id,
            late: event.late.into(),
            occurred_at: event.occurred_at,
            payload: new.payload,
        }
    }
}
