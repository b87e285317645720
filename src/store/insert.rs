//! The rows of events that are new, and of their deliveries.

use std::borrow::Cow;

use serde::Serialize;

use super::rows;
use super::sql::{Transaction, sql};
use crate::model::clock::Millis;
use crate::model::delivery::{Assignment, LARGEST_DIGEST};
use crate::model::event::{Event, Operation, ReplicationOutcome, Source};

/// What of an offer is new, and who sends it.
pub(super) struct NewEvent<'a> {
    pub(super) id: &'a str,
    pub(super) event: Cow<'a, Event>,
    pub(super) payload: &'a str,
    /// The longer of this and each robot's grace counts.
    pub(super) look_up: Millis,
    pub(super) assignments: Vec<Assignment>,
}

pub(super) fn insert_events(transaction: &mut Transaction, accepted: &[NewEvent<'_>], now: Millis) {
    // Within JSON a payload, which is JSON itself, would be written with each quotation mark escaped, and read again.
    let mut payloads = Vec::with_capacity(accepted.iter().map(|new| new.payload.len()).sum());
    let events: Vec<_> = accepted
        .iter()
        .map(|new| {
            let first_byte = payloads.len() + 1;
            payloads.extend_from_slice(new.payload.as_bytes());
            EventRow::of(new, first_byte)
        })
        .collect();
    let payload = if transaction.is_shared() {
        "convert_from(substr($3, CAST(value->>'first_byte' AS INTEGER), CAST(value->>'bytes' AS INTEGER)), 'UTF8')"
    } else {
        "CAST(substr($3, value->>'first_byte', value->>'bytes') AS TEXT)"
    };
    let statement =
        sql(format!("INSERT INTO events (id, accepted_at, source, operation, outcome, harbor_host, project, repository,
             versions, registry, description, rule, rule_id, remote_namespace, reason, execution_timestamp, execution_id, task_id, late,
             occurred_at, payload)
         SELECT value->>'id', $2, value->>'source', value->>'operation', value->>'outcome', value->>'harbor_host',
             value->>'project', value->>'repository', value->>'versions', value->>'registry',
             value->>'description', value->>'rule', CAST(value->>'rule_id' AS BIGINT),
             value->>'remote_namespace', value->>'reason',
             CAST(value->>'execution_timestamp' AS BIGINT), CAST(value->>'execution_id' AS BIGINT),
             CAST(value->>'task_id' AS BIGINT), CAST(value->>'late' AS BIGINT),
             CAST(value->>'occurred_at' AS BIGINT), {payload}
         FROM rows($1)"))
        .bind(rows(&events))
        .bind(now)
        .bind(payloads);
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
    /// Where in all payloads its own is.
    first_byte: usize,
    bytes: usize,
}

impl<'a> EventRow<'a> {
    fn of(new: &'a NewEvent<'_>, first_byte: usize) -> Self {
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
            first_byte,
            bytes: new.payload.len(),
        }
    }
}
