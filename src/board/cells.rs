//! An image at its destinations: of all that happened to it, what stands now. Pure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::expected::Expected;
use crate::model::clock::{Millis, SECOND};
use crate::model::destination::{CellState, Destinations, Label, beginning};
use crate::model::event::{Operation, ReplicationOutcome};
use crate::model::json::{number_or_null, rfc3339, rfc3339_or_null, text_or_null};
use crate::store::images::Image;
use crate::store::latest::{latest, order};
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
    /// When a replication of it ended last; where none has ended yet, when one began.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub last_activity_at: Millis,
    /// Whether it is not at a destination where it is expected: missing, failed, deleted or unconfirmed there.
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
    /// Of the latest execution that has ended; null where none has.
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
    #[serde(skip)]
    names: BTreeSet<String>,
    /// None where it is there, also while it is replicated again.
    #[serde(skip)]
    absent_since: Option<Millis>,
    /// All events of this version at this destination, newest first; empty where nobody asked for them.
    #[serde(skip)]
    pub events: Vec<String>,
}

impl Cell {
    pub(super) const fn is_there(&self) -> bool {
        self.absent_since.is_none()
    }

    pub(super) const fn is_lacking(&self) -> bool {
        self.expected && !self.is_there()
    }

    const fn may_still_come(&self) -> bool {
        self.expected && matches!(self.state, CellState::NotSeen | CellState::Failed)
    }

    /// Whether it is meant by a registry's name or a rule's description, also by one that it had before.
    pub(super) fn is_called(&self, place: &str) -> bool {
        self.names.contains(&beginning(place))
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
    let gone_since = gone_since(&happened, at);
    let mut cells: BTreeMap<Label, Cell> = BTreeMap::new();
    for arrival in latest(happened, destinations) {
        let label = at(&arrival);
        let is_healed = failed.contains(&(label.clone(), arrival.execution_timestamp, arrival.execution.clone()));
        let cell = ended(arrival, is_healed);
        // Of two rules of one moment, what is not there counts.
        match cells.get(&label) {
            Some(before) if !before.state.is_there() => {}
            _ => drop(cells.insert(label, cell)),
        }
    }
    for one in &expected {
        if one.is_of(image) {
            cells.entry(one.destination.clone()).or_default().expected = true;
        }
    }
    let running = running.iter().map(|one| (destinations.find(&one.registry, &one.description, 0), one));
    for (label, _) in running.clone().filter(|(_, one)| one.is_of(&image.version)) {
        cells.entry(label).or_default();
    }
    for (label, cell) in &mut cells {
        let since = gone_since.get(label).copied().unwrap_or(image.first_seen_at);
        cell.absent_since = (!cell.state.is_there()).then_some(since);
    }
    for (label, one) in running {
        // Where its versions are unknown, it may be any that is still to come.
        let may_be = |cell: &Cell| one.versions.is_empty() && cell.may_still_come();
        if let Some(cell) = cells.get_mut(&label).filter(|cell| one.is_of(&image.version) || may_be(cell)) {
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
                names: destinations.names(&label),
                label,
                events,
                ..cell
            }
        })
        .collect();
    cells.sort_by(|one, other| one.destination.cmp(&other.destination));
    let since = cells.iter().filter(|cell| cell.expected).filter_map(|cell| cell.absent_since).min();
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

/// Where it had arrived: when the first execution after the last arrival ended, which took that away.
fn gone_since(happened: &[ArrivalView], at: impl Fn(&ArrivalView) -> Label) -> BTreeMap<Label, Millis> {
    let mut by_label: BTreeMap<Label, Vec<&ArrivalView>> = BTreeMap::new();
    for arrival in happened {
        by_label.entry(at(arrival)).or_default().push(arrival);
    }
    let since = |(label, mut here): (Label, Vec<&ArrivalView>)| {
        here.sort_by_key(|arrival| order(arrival));
        let last = here.iter().rposition(|arrival| state(arrival, false).is_there())?;
        let next = here.get(last + 1).unwrap_or(&here[last]);
        Some((label, next.ended_at))
    };
    by_label.into_iter().filter_map(since).collect()
}

const fn state(arrival: &ArrivalView, is_healed: bool) -> CellState {
    match (arrival.operation, arrival.outcome) {
        (Operation::Delete, _) => CellState::Deleted,
        (_, ReplicationOutcome::Failed) => CellState::Failed,
        (Operation::Unconfirmed, _) => CellState::Unconfirmed,
        (Operation::Copy, _) if is_healed => CellState::Healed,
        (Operation::Copy, _) => CellState::Arrived,
    }
}

/// A destination by the latest execution that has ended.
fn ended(arrival: ArrivalView, is_healed: bool) -> Cell {
    let took = arrival.occurred_at.div_euclid(SECOND) - arrival.execution_timestamp;
    Cell {
        state: state(&arrival, is_healed),
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
