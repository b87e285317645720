//! An image at its destinations: of all that happened to it, what stands now. Pure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::expected::Expected;
use crate::model::clock::{Millis, SECOND};
use crate::model::destination::{CellState, Destinations, Label};
use crate::model::event::{Operation, ReplicationOutcome};
use crate::model::json::{number_or_null, rfc3339, rfc3339_or_null, text_or_null};
use crate::store::images::Image;
use crate::store::latest::latest;
use crate::store::replicating::Running;
use crate::store::views::ArrivalView;

/// One version of one repository, with where it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Image)]
pub struct Row {
    #[serde(flatten)]
    pub facts: Facts,
    pub destinations: Vec<Cell>,
}

/// What is known of it beside its destinations.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ImageFacts)]
pub struct Facts {
    pub repository: String,
    /// Null where an older Harbor did not say which.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub version: String,
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub first_seen_at: Millis,
    /// When a replication of it ended last.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub last_activity_at: Millis,
    /// Whether it is missing at a destination where it is expected.
    pub incomplete: bool,
    /// Since when.
    #[serde(serialize_with = "rfc3339_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub incomplete_since: Millis,
}

/// An image at one destination, by the latest execution.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = ImageDestination)]
pub struct Cell {
    /// The rule's description, else the registry's name.
    pub destination: String,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub registry: String,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub description: String,
    pub state: CellState,
    /// Null where no execution has ended.
    #[schema(required)]
    pub outcome: Option<ReplicationOutcome>,
    /// Unix seconds.
    #[serde(serialize_with = "number_or_null")]
    #[schema(value_type = Option<i64>, required)]
    pub execution_timestamp: i64,
    #[serde(serialize_with = "number_or_null")]
    #[schema(value_type = Option<i64>, required)]
    pub execution_id: i64,
    /// When it ended; of a running one, when it began.
    #[serde(serialize_with = "rfc3339_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub occurred_at: Millis,
    #[schema(required)]
    pub took_seconds: Option<i64>,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub reason: String,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub event_id: String,
    pub expected: bool,
    /// Whether `expected` is only a guess, because Harbor cannot be asked for its rules.
    pub guessed: bool,
    #[serde(skip)]
    pub label: Label,
    /// All events of this version at this destination, newest first; empty where nobody asked for them.
    #[serde(skip)]
    pub events: Vec<String>,
}

impl Cell {
    pub(super) const fn is_lacking(&self) -> bool {
        self.expected && !self.state.is_there()
    }
}

/// What is known of one image.
pub(super) struct Known<'a> {
    pub(super) happened: Vec<ArrivalView>,
    pub(super) running: &'a [Running],
    pub(super) destinations: &'a Destinations,
    pub(super) expected: Vec<Expected>,
    pub(super) guessed: bool,
}

pub(super) fn row(image: &Image, known: Known<'_>) -> Row {
    let Known { happened, running, destinations, expected, guessed } = known;
    let at = |arrival: &ArrivalView| destinations.find(&arrival.registry, &arrival.description, arrival.rule_id);
    let failed: HashSet<_> = happened
        .iter()
        .filter(|arrival| arrival.outcome == ReplicationOutcome::Failed)
        .map(|arrival| (at(arrival), arrival.execution_timestamp, arrival.execution.clone()))
        .collect();
    let mut events: BTreeMap<Label, BTreeSet<(Millis, String)>> = BTreeMap::new();
    for arrival in &happened {
        events.entry(at(arrival)).or_default().insert((arrival.occurred_at, arrival.event_id.clone()));
    }
    let mut cells: BTreeMap<Label, Cell> = BTreeMap::new();
    for arrival in latest(happened, destinations) {
        let label = at(&arrival);
        let is_healed = failed.contains(&(label.clone(), arrival.execution_timestamp, arrival.execution.clone()));
        let cell = ended(arrival, is_healed);
        // Of two rules of one moment, what failed counts.
        match cells.get(&label) {
            Some(before) if before.state == CellState::Failed => {}
            _ => drop(cells.insert(label, cell)),
        }
    }
    for one in &expected {
        if one.is_of(image) {
            cells.entry(one.destination.clone()).or_default().expected = true;
        }
    }
    for one in running {
        let cell = cells.entry(destinations.find(&one.registry, &one.description, 0)).or_default();
        let is_named = one.versions.contains(&image.version);
        // Where its versions are unknown, it may be any; what is there stays there.
        if is_named || one.versions.is_empty() && (image.version.is_empty() || !cell.state.is_there()) {
            cell.state = CellState::Replicating;
            cell.occurred_at = one.started_at;
            cell.took_seconds = None;
        }
    }
    let mut cells: Vec<_> = cells
        .into_iter()
        .filter(|(_, cell)| cell.expected || cell.state != CellState::NotSeen)
        .map(|(label, cell)| {
            let mut events: Vec<_> = events.remove(&label).into_iter().flatten().map(|(_, id)| id).collect();
            events.reverse();
            Cell {
                destination: label.name().to_owned(),
                registry: label.registry.clone(),
                description: label.description.clone(),
                guessed: guessed && cell.expected,
                label,
                events,
                ..cell
            }
        })
        .collect();
    cells.sort_by(|one, other| one.destination.cmp(&other.destination));
    let lacking = cells.iter().filter(|cell| cell.is_lacking());
    // What was deleted had been there until then.
    let since = lacking.map(|cell| match cell.state {
        CellState::Deleted => cell.occurred_at,
        _ => image.first_seen_at,
    });
    let since = since.min();
    let facts = Facts {
        repository: image.repository.clone(),
        version: image.version.clone(),
        first_seen_at: image.first_seen_at,
        last_activity_at: image.last_activity_at,
        incomplete: since.is_some(),
        incomplete_since: since.unwrap_or(0),
    };
    Row { facts, destinations: cells }
}

/// A destination by the latest execution that has ended.
fn ended(arrival: ArrivalView, is_healed: bool) -> Cell {
    let state = match (arrival.operation, arrival.outcome) {
        (Operation::Delete, _) => CellState::Deleted,
        (_, ReplicationOutcome::Failed) => CellState::Failed,
        (Operation::Unconfirmed, _) => CellState::Unconfirmed,
        (Operation::Copy, _) if is_healed => CellState::Healed,
        (Operation::Copy, _) => CellState::Arrived,
    };
    let took = arrival.occurred_at.div_euclid(SECOND) - arrival.execution_timestamp;
    Cell {
        state,
        outcome: Some(arrival.outcome),
        execution_timestamp: arrival.execution_timestamp,
        execution_id: arrival.execution_id,
        occurred_at: arrival.occurred_at,
        took_seconds: (took >= 0).then_some(took),
        reason: arrival.reason,
        event_id: arrival.event_id,
        ..Cell::default()
    }
}
