//! Correcting an event by what Harbor's API knows of it: what was done to the image, why it failed, and which of its
//! versions were copied after all. One transaction, before a lane claims it; of what was sent before, only the store is
//! corrected.

use std::borrow::Cow;
use std::collections::HashSet;

use sqlx::FromRow;
use uuid::Uuid;

use super::columns::EVENT;
use super::insert::{NewEvent, insert_deliveries, insert_events};
use super::note::{note, note_destinations};
use super::sql::{Transaction, sql};
use super::{Result, Store, rows};
use crate::model::clock::Millis;
use crate::model::delivery::{Assignment, State};
use crate::model::event::{Event, Operation, ReplicationOutcome, Source};

/// What Harbor's API says of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    pub event_id: String,
    /// None where it is still unknown.
    pub operation: Option<Operation>,
    /// The rule's name; empty where it is unknown.
    pub rule: String,
    /// Harbor's number of the rule; 0 where it is unknown.
    pub rule_id: i64,
    pub reason: String,
    /// The versions of a failure that were copied.
    pub copied: Vec<String>,
    /// It is history: nobody is to be notified of any of it.
    pub is_quiet: bool,
}

/// What a correction came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corrected {
    /// The event as it is now; None where there is none of this id.
    pub event: Option<Event>,
    /// The event of what was copied, and the robots that are to send it.
    pub split: Option<(Event, Vec<String>)>,
}

impl Store {
    /// Events of which Harbor is still to be asked what was done, the newest first.
    pub async fn unconfirmed(&self, since: Millis, limit: i64) -> Result<Vec<(String, Event)>> {
        let unconfirmed = sql(format!(
            "SELECT e.id AS event_id, {EVENT} FROM events e WHERE e.operation = 'unconfirmed' AND e.accepted_at >= $1
             ORDER BY e.accepted_at DESC LIMIT $2"
        ));
        let rows: Vec<EventRow> = self.all(unconfirmed.bind(since).bind(limit)).await?;
        Ok(rows.into_iter().map(|row| (row.event_id, row.event)).collect())
    }

    /// `assign` is asked again about an event that nobody was notified of yet, because routes may go by what was done.
    pub async fn correct(
        &self,
        finding: &Finding,
        assign: impl Fn(&Event) -> Vec<Assignment> + Sync,
        now: Millis,
    ) -> Result<Corrected> {
        let mut transaction = self.begin().await?;
        let Some(Found { event, payload, is_sent, told }) = find(&mut transaction, &finding.event_id).await? else {
            return Ok(Corrected::default());
        };
        let mut corrected = Event { ..event.clone() };
        corrected.operation = finding.operation.unwrap_or(event.operation);
        if !finding.reason.is_empty() {
            corrected.reason.clone_from(&finding.reason);
        }
        if !finding.rule.is_empty() {
            corrected.rule.clone_from(&finding.rule);
            corrected.rule_id = finding.rule_id;
        }
        let copied: HashSet<_> = finding.copied.iter().map(String::as_str).collect();
        let is_copied = |version: &String| copied.contains(version.as_str());
        let mut split = None;
        if event.outcome == ReplicationOutcome::Failed && !event.versions.iter().all(is_copied) {
            let (arrived, failed): (Vec<_>, Vec<_>) = event.versions.iter().cloned().partition(is_copied);
            if !arrived.is_empty() {
                corrected.versions = failed;
                let part = Event {
                    versions: arrived,
                    outcome: ReplicationOutcome::Succeeded,
                    source: Source::HarborApi,
                    reason: String::new(),
                    ..corrected.clone()
                };
                // Whoever was told the failure was told of all versions. The others are to learn what has arrived, also
                // where the failure was given up or discarded.
                let mut assigned = if finding.is_quiet { Vec::new() } else { assign(&part) };
                assigned.retain(|assignment| !told.contains(&assignment.robot));
                split = insert_part(&mut transaction, finding, &payload, part, assigned, now).await?;
            }
        }
        update(&mut transaction, &finding.event_id, &corrected).await?;
        // An operation or a rule that was unknown is known now.
        note_destinations(&mut transaction, std::iter::once(&corrected));
        if !is_sent {
            reassign(&mut transaction, &finding.event_id, &corrected, &assign(&corrected), now).await?;
        }
        transaction.commit().await?;
        Ok(Corrected { event: Some(corrected), split })
    }
}

struct Found {
    event: Event,
    payload: String,
    /// Whether a message about it has begun, or it was never to be sent.
    is_sent: bool,
    /// The robots that have delivered it.
    told: HashSet<String>,
}

async fn find(transaction: &mut Transaction, event_id: &str) -> Result<Option<Found>> {
    // The rows first, so that no lane claims them meanwhile.
    let held =
        sql("UPDATE deliveries SET suspect = suspect WHERE event_id = $1 AND state = 'pending' AND attempts = 0");
    let held = transaction.run(held.bind(event_id)).await?;
    let all: Vec<(String, String)> =
        transaction.all(sql("SELECT robot, state FROM deliveries WHERE event_id = $1").bind(event_id)).await?;
    let found = sql(format!("SELECT e.id AS event_id, {EVENT}, e.payload FROM events e WHERE e.id = $1"));
    let found: Vec<EventRow> = transaction.all(found.bind(event_id)).await?;
    let is_sent = held == 0 || held != all.len() as u64;
    let told =
        all.into_iter().filter(|(_, state)| state == State::Delivered.as_str()).map(|(robot, _)| robot).collect();
    Ok(found.into_iter().next().map(|row| Found {
        event: row.event,
        payload: row.payload.unwrap_or_default(),
        is_sent,
        told,
    }))
}

async fn update(transaction: &mut Transaction, event_id: &str, event: &Event) -> Result<()> {
    let updated =
        sql("UPDATE events SET operation = $2, reason = $3, rule = $4, versions = $5, rule_id = $6 WHERE id = $1");
    let updated = updated.bind(event_id).bind(event.operation.as_str()).bind(&event.reason).bind(&event.rule);
    transaction.run(updated.bind(rows(&event.versions)).bind(event.rule_id)).await?;
    Ok(())
}

/// The versions that were copied become an event of their own, and their failed arrivals are removed: so it is told as
/// a plain success. None where each of them has arrived by now.
async fn insert_part(
    transaction: &mut Transaction,
    finding: &Finding,
    payload: &str,
    part: Event,
    assignments: Vec<Assignment>,
    now: Millis,
) -> Result<Option<(Event, Vec<String>)>> {
    let event_id = Uuid::now_v7().to_string();
    let given: Vec<_> = part.versions.iter().map(|version| [version]).collect();
    let arrived = sql("INSERT INTO arrivals (key, execution, outcome, repository, version, event_id)
         SELECT a.key, a.execution, 'succeeded', a.repository, a.version, $3 FROM arrivals a
         WHERE a.event_id = $2 AND a.outcome = 'failed' AND a.version IN (SELECT value->>0 FROM rows($1))
         ON CONFLICT (key, execution, outcome) DO NOTHING
         RETURNING version");
    let arrived = arrived.bind(rows(&given)).bind(&finding.event_id).bind(&event_id);
    let arrived: Vec<(String,)> = transaction.all(arrived).await?;
    let gone = sql("DELETE FROM arrivals WHERE event_id = $2 AND outcome = 'failed'
         AND version IN (SELECT value->>0 FROM rows($1))");
    transaction.run(gone.bind(rows(&given)).bind(&finding.event_id)).await?;
    if arrived.is_empty() {
        return Ok(None);
    }
    let arrived: HashSet<_> = arrived.into_iter().map(|(version,)| version).collect();
    let versions = part.versions.iter().filter(|version| arrived.contains(*version)).cloned().collect();
    let part = Event { versions, ..part };
    let robots = assignments.iter().map(|assignment| assignment.robot.clone()).collect();
    let new = NewEvent { id: &event_id, event: Cow::Borrowed(&part), payload, look_up: 0, assignments };
    insert_events(transaction, std::slice::from_ref(&new), now);
    note(transaction, std::iter::once(&part), now);
    insert_deliveries(transaction, std::slice::from_ref(&new), now);
    let split = sql("UPDATE events SET split_from = $2 WHERE id = $1").bind(&event_id).bind(&finding.event_id);
    transaction.run(split).await?;
    Ok(Some((part, robots)))
}

/// The deliveries of an event that nobody was notified of: those of robots that are not to send it are removed, others
/// made, and the wait for a look-up ends.
async fn reassign(
    transaction: &mut Transaction,
    event_id: &str,
    event: &Event,
    wanted: &[Assignment],
    now: Millis,
) -> Result<()> {
    let robots: Vec<_> = wanted.iter().map(|assignment| [&assignment.robot]).collect();
    let gone = sql("DELETE FROM deliveries WHERE event_id = $2 AND state = 'pending' AND attempts = 0
         AND robot NOT IN (SELECT value->>0 FROM rows($1))");
    transaction.run(gone.bind(rows(&robots)).bind(event_id)).await?;
    // What is due stays due: by a clock that is wrong it would be due later, and nobody could tell after a restart.
    let due = sql("UPDATE deliveries SET next_attempt_at = CASE WHEN grace_until > $2 THEN grace_until ELSE $2 END
         WHERE event_id = $1 AND state = 'pending' AND attempts = 0 AND next_attempt_at > $2");
    transaction.run(due.bind(event_id).bind(now)).await?;
    let kept: Vec<(String,)> =
        transaction.all(sql("SELECT robot FROM deliveries WHERE event_id = $1").bind(event_id)).await?;
    let kept: HashSet<_> = kept.into_iter().map(|(robot,)| robot).collect();
    let missing = wanted.iter().filter(|assignment| !kept.contains(&assignment.robot)).cloned();
    let new =
        NewEvent { id: event_id, event: Cow::Borrowed(event), payload: "", look_up: 0, assignments: missing.collect() };
    insert_deliveries(transaction, &[new], now);
    Ok(())
}

#[derive(FromRow)]
struct EventRow {
    event_id: String,
    #[sqlx(flatten)]
    event: Event,
    #[sqlx(default)]
    payload: Option<String>,
}
