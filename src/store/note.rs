//! Taking note of an event's images and destinations, within the transaction that stores it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::sql::{Transaction, sql};
use super::{Result, rows};
use crate::model::clock::Millis;
use crate::model::destination::{Label, beginning};
use crate::model::event::{Event, Operation, ReplicationOutcome};

#[derive(Serialize)]
struct Row<'a> {
    repository: &'a str,
    registry: &'a str,
    description: &'a str,
    remote_namespace: &'a str,
    rule_id: i64,
    first_at: i64,
    last_at: i64,
    first_arrival_at: Millis,
    last_arrival_at: Millis,
}

/// Takes note of these events' images and destinations, within the transaction that stores them.
pub(super) fn note<'a>(transaction: &mut Transaction, events: impl Iterator<Item = &'a Event> + Clone, now: Millis) {
    let events = events.filter(|event| !event.repository.is_empty());
    // A deletion that failed says nothing of an image that nobody told of before.
    let tells_of_images =
        |event: &&Event| event.operation != Operation::Delete || event.outcome == ReplicationOutcome::Succeeded;
    // In one order everywhere, so that two replicas wait for each other and never in a circle.
    let mut images: BTreeMap<(&str, &str), (Millis, Millis)> = BTreeMap::new();
    for event in events.clone().filter(tells_of_images) {
        let unknown = event.versions.is_empty().then_some("");
        for version in event.versions.iter().map(String::as_str).chain(unknown) {
            // No activity is in the future, whatever Harbor's clock says.
            let at = event.occurred_at.min(now);
            let seen = images.entry((&event.repository, version)).or_insert((at, at));
            *seen = (seen.0.min(at), seen.1.max(at));
        }
    }
    let given = images.into_iter().map(|((repository, version), (first, last))| (repository, version, first, last));
    let given: Vec<_> = given.collect();
    if !given.is_empty() {
        upsert(transaction, &IMAGES, rows(&given));
    }
    note_destinations(transaction, events);
}

/// Where no version is unknown any more, its row is gone.
pub(super) async fn forget_unknown(transaction: &mut Transaction, repository: &str) -> Result<()> {
    let unknown = sql("DELETE FROM images WHERE repository = $1 AND version = ''
         AND NOT EXISTS (SELECT 1 FROM arrivals a WHERE a.repository = $1 AND a.version = '')");
    transaction.run(unknown.bind(repository)).await?;
    Ok(())
}

pub(super) fn note_destinations<'a>(transaction: &mut Transaction, events: impl Iterator<Item = &'a Event>) {
    let mut destinations: BTreeMap<_, Row<'_>> = BTreeMap::new();
    for event in events {
        let has_arrived = event.outcome == ReplicationOutcome::Succeeded && event.operation == Operation::Copy;
        let arrival = if has_arrived { event.occurred_at } else { 0 };
        let label = Label::of(&event.registry, &event.description);
        let row = destinations.entry((&event.repository, label, beginning(&event.remote_namespace), event.rule_id));
        let row = row.or_insert_with(|| Row {
            repository: &event.repository,
            registry: &event.registry,
            description: &event.description,
            remote_namespace: &event.remote_namespace,
            rule_id: event.rule_id,
            first_at: event.execution_timestamp,
            last_at: event.execution_timestamp,
            first_arrival_at: arrival,
            last_arrival_at: arrival,
        });
        row.first_at = row.first_at.min(event.execution_timestamp);
        row.last_at = row.last_at.max(event.execution_timestamp);
        row.last_arrival_at = row.last_arrival_at.max(arrival);
        if arrival > 0 && (row.first_arrival_at == 0 || arrival < row.first_arrival_at) {
            row.first_arrival_at = arrival;
        }
    }
    let given: Vec<_> = destinations.into_values().collect();
    if !given.is_empty() {
        upsert(transaction, &DESTINATIONS, rows(&given));
    }
}

/// A table of what is known by now, and how later events change it.
struct Noted {
    table: &'static str,
    /// What a row is about: columns, their value in JSON, and how the unique index has them.
    about: &'static [(&'static str, &'static str, &'static str)],
    /// Times of which the earlier one counts, or the later one; 0 is none.
    earlier: &'static [(&'static str, &'static str)],
    later: &'static [(&'static str, &'static str)],
}

const IMAGES: Noted = Noted {
    table: "images",
    about: &[("repository", "value->>0", "repository"), ("version", "value->>1", "version")],
    earlier: &[("first_seen_at", "value->>2")],
    later: &[("last_activity_at", "value->>3")],
};

const DESTINATIONS: Noted = Noted {
    table: "destinations",
    about: &[
        ("repository", "value->>'repository'", "repository"),
        ("registry", "value->>'registry'", "substr(registry, 1, 100)"),
        ("description", "value->>'description'", "substr(description, 1, 100)"),
        ("remote_namespace", "value->>'remote_namespace'", "substr(remote_namespace, 1, 100)"),
        ("rule_id", "CAST(value->>'rule_id' AS BIGINT)", "rule_id"),
    ],
    earlier: &[("first_at", "value->>'first_at'"), ("first_arrival_at", "value->>'first_arrival_at'")],
    later: &[("last_at", "value->>'last_at'"), ("last_arrival_at", "value->>'last_arrival_at'")],
};

/// Two replicas may tell of one image or one destination at once. Then neither waits for the other longer than for a row
/// that is new: what is a moment older is left out, because it hardly differs. But whoever forgets a row is waited for, and
/// waits for us, or it would go by what was before this event.
fn upsert(transaction: &mut Transaction, noted: &Noted, given: String) {
    if transaction.is_shared() {
        transaction.queue(sql(noted.insert_held()).bind(&given));
        transaction.queue(sql(noted.update_unlocked()).bind(given));
    } else {
        transaction.queue(sql(noted.upsert()).bind(given));
    }
}

impl Noted {
    fn times(&self) -> impl Iterator<Item = &(&'static str, &'static str)> {
        self.earlier.iter().chain(self.later)
    }

    fn insert(&self) -> String {
        let number = |value: &&str| format!("CAST({value} AS BIGINT)");
        let columns: Vec<_> =
            self.about.iter().map(|(column, ..)| *column).chain(self.times().map(|(column, _)| *column)).collect();
        let values = self.about.iter().map(|(_, value, _)| (*value).to_owned());
        let values: Vec<_> = values.chain(self.times().map(|(_, value)| number(value))).collect();
        let (table, columns, values) = (self.table, columns.join(", "), values.join(", "));
        format!("INSERT INTO {table} ({columns}) SELECT {values} FROM rows($1) WHERE true")
    }

    /// `new` is where the later values are.
    fn changes(&self, new: &str) -> String {
        let table = self.table;
        let earlier = self.earlier.iter().map(|(column, _)| {
            format!(
                "{column} = CASE WHEN {new}.{column} > 0
                     AND ({table}.{column} = 0 OR {new}.{column} < {table}.{column})
                     THEN {new}.{column} ELSE {table}.{column} END"
            )
        });
        let later = self.later.iter().map(|(column, _)| {
            format!(
                "{column} = CASE WHEN {new}.{column} > {table}.{column} THEN {new}.{column} ELSE {table}.{column} END"
            )
        });
        earlier.chain(later).collect::<Vec<_>>().join(", ")
    }

    fn upsert(&self) -> String {
        let unique: Vec<_> = self.about.iter().map(|(.., unique)| *unique).collect();
        format!("{} ON CONFLICT ({}) DO UPDATE SET {}", self.insert(), unique.join(", "), self.changes("excluded"))
    }

    /// Inserts what is not there, and holds what is, so that nobody forgets it before the end of the transaction.
    fn insert_held(&self) -> String {
        let (table, given, is_same, insert) = (self.table, self.given(), self.is_same(), self.insert());
        let order: Vec<_> = self.about.iter().map(|(column, ..)| format!("one.{column}")).collect();
        format!(
            "WITH held AS MATERIALIZED (
                 SELECT 1 FROM {table} one JOIN (SELECT {given} FROM rows($1)) given ON {is_same}
                 ORDER BY {} FOR KEY SHARE OF one)
             {insert} AND (SELECT count(*) FROM held) >= 0 ON CONFLICT DO NOTHING",
            order.join(", ")
        )
    }

    fn given(&self) -> String {
        let given: Vec<_> = self.about.iter().map(|(column, value, _)| format!("{value} AS {column}")).collect();
        given.join(", ")
    }

    fn is_same(&self) -> String {
        let is_same: Vec<_> = self
            .about
            .iter()
            .map(|(column, _, unique)| match unique.strip_prefix("substr(") {
                Some(_) => format!("substr(one.{column}, 1, 100) = substr(given.{column}, 1, 100)"),
                None => format!("one.{column} = given.{column}"),
            })
            .collect();
        is_same.join(" AND ")
    }

    fn update_unlocked(&self) -> String {
        let times: Vec<_> =
            self.times().map(|(column, value)| format!("CAST({value} AS BIGINT) AS {column}")).collect();
        let (table, given, times) = (self.table, self.given(), times.join(", "));
        format!(
            "WITH free AS (
                 SELECT one.ctid AS place, {} FROM {table} one
                 JOIN (SELECT {given}, {times} FROM rows($1)) given ON {}
                 FOR NO KEY UPDATE OF one SKIP LOCKED)
             UPDATE {table} SET {} FROM free WHERE {table}.ctid = free.place",
            self.times().map(|(column, _)| format!("given.{column}")).collect::<Vec<_>>().join(", "),
            self.is_same(),
            self.changes("free"),
        )
    }
}
