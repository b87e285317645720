//! Which labels are one destination. A rule's description can be edited: then what it replicated before bears another
//! label than what it replicates now, and an old failure under the old label must not decide anything any more.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::clock::Millis;
use super::words::words;

/// How much of a text tells two labels apart; an index entry has a limit. Characters, as in migration 0006.
const LABEL_LENGTH: usize = 100;

/// How an image stands at one destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CellState {
    Arrived,
    /// It arrived after a failure of the same execution: Harbor has tried again.
    Healed,
    Failed,
    /// It was there, and a replication has deleted it.
    Deleted,
    /// Copied or deleted: Harbor's API has not said which.
    Unconfirmed,
    Replicating,
    #[default]
    NotSeen,
}
words!(CellState, "state of an image": Arrived = "arrived", Healed = "healed", Failed = "failed", Deleted = "deleted",
    Unconfirmed = "unconfirmed", Replicating = "replicating", NotSeen = "not_seen");

impl CellState {
    pub const fn is_there(self) -> bool {
        matches!(self, Self::Arrived | Self::Healed)
    }
}

/// Where a repository was replicated to: under which label, by which rule, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Replicated {
    pub repository: String,
    pub registry: String,
    pub description: String,
    /// At the remote side; empty where it is unknown.
    pub remote_namespace: String,
    /// 0 where it is unknown.
    pub rule_id: i64,
    /// When the first and the last execution began, in Unix seconds.
    pub first_at: i64,
    pub last_at: i64,
    /// When the first and the last copy arrived; 0: none has.
    pub first_arrival_at: Millis,
    pub last_arrival_at: Millis,
}

/// What a destination is called: the names of a registry and of a rule in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    pub registry: String,
    pub description: String,
}

impl Label {
    pub fn of(registry: &str, description: &str) -> Self {
        Self { registry: beginning(registry), description: beginning(description) }
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        super::event::label(&self.registry, &self.description)
    }
}

/// What of a text tells it from others.
pub fn beginning(text: &str) -> String {
    text.chars().take(LABEL_LENGTH).collect()
}

/// The destinations of one repository.
#[derive(Clone, Debug, Default)]
pub struct Destinations {
    /// The destination of each label that was ever used.
    labels: BTreeMap<Label, Label>,
    /// The destination of each rule that is known.
    rules: BTreeMap<i64, Label>,
}

/// All that was replicated under one label.
#[derive(Clone, Debug, Default)]
struct Used {
    rules: BTreeSet<i64>,
    namespaces: BTreeSet<String>,
    last_at: i64,
}

/// When the first and the last execution under each label began, of whichever repository, in Unix seconds.
pub type Spans = BTreeMap<Label, (i64, i64)>;

pub fn spans(replicated: &[Replicated]) -> Spans {
    let mut spans = Spans::new();
    for one in replicated {
        let label = Label::of(&one.registry, &one.description);
        let span = spans.entry(label).or_insert((one.first_at, one.last_at));
        *span = (span.0.min(one.first_at), span.1.max(one.last_at));
    }
    spans
}

/// Two rules that one push fires begin within this, in seconds.
const ONE_PUSH: i64 = 60;

impl Used {
    /// The same place, as far as the namespaces say; what is unknown speaks against nothing.
    fn may_be_at(&self, other: &Self) -> bool {
        let is_unknown = |used: &Self| used.namespaces.iter().all(String::is_empty);
        is_unknown(self) || is_unknown(other) || !self.namespaces.is_disjoint(&other.namespaces)
    }

    /// The rule that alone replicates under this label.
    fn rule(&self) -> Option<i64> {
        self.rules.first().copied().filter(|_| self.rules.len() == 1)
    }
}

impl Destinations {
    /// `rules` says what rules are called now, where Harbor can be asked.
    pub fn of(replicated: &[Replicated], spans: &Spans, rules: &[(i64, Label)]) -> Self {
        let mut used: BTreeMap<Label, Used> = BTreeMap::new();
        for one in replicated {
            let before = used.entry(Label::of(&one.registry, &one.description)).or_default();
            before.rules.extend((one.rule_id > 0).then_some(one.rule_id));
            before.namespaces.insert(one.remote_namespace.clone());
            before.last_at = before.last_at.max(one.last_at);
        }
        let mut destinations = Self { rules: rules.iter().cloned().collect(), labels: BTreeMap::new() };
        let mut latest: BTreeMap<i64, (i64, &Label)> = BTreeMap::new();
        for (label, of_label) in &used {
            if let Some(rule) = of_label.rule() {
                let newest = latest.entry(rule).or_insert((of_label.last_at, label));
                *newest = (*newest).max((of_label.last_at, label));
            }
        }
        for (rule, (_, label)) in latest {
            destinations.rules.entry(rule).or_insert_with(|| label.clone());
        }
        for label in used.keys() {
            let heir = heir(label, &used, spans);
            let destination = used[heir].rule().and_then(|rule| destinations.rules.get(&rule)).unwrap_or(heir);
            destinations.labels.insert(label.clone(), destination.clone());
        }
        destinations
    }

    /// The destination of what bears these names. A rule that is known decides: another one may bear its old name.
    pub fn find(&self, registry: &str, description: &str, rule_id: i64) -> Label {
        let label = Label::of(registry, description);
        let known = self.rules.get(&rule_id).or_else(|| self.labels.get(&label)).cloned();
        known.unwrap_or(label)
    }

    /// What a destination is called: its registry's name and its rule's description, also those that it had before.
    pub fn names(&self, destination: &Label) -> BTreeSet<String> {
        let before = self.labels.iter().filter(|(_, of)| *of == destination).map(|(label, _)| label);
        before.chain([destination]).flat_map(|label| [label.registry.clone(), label.description.clone()]).collect()
    }

    pub fn is_called(&self, destination: &Label, place: &str) -> bool {
        self.names(destination).contains(&beginning(place))
    }

    /// All destinations that were ever reached for, once each.
    pub fn all(&self) -> BTreeSet<&Label> {
        self.labels.values().collect()
    }
}

/// Where no rule is known: the label that took the place of this one, in the same registry and namespace. A description
/// is edited for all repositories at once: so the new one was used nowhere before the last use of the old one, wherever
/// that was. Both of two that take turns stay.
fn heir<'a>(label: &'a Label, used: &'a BTreeMap<Label, Used>, spans: &Spans) -> &'a Label {
    let mut heir = label;
    while used[heir].rules.is_empty() {
        let last = spans.get(heir).map_or(i64::MAX, |(_, last)| last.saturating_add(ONE_PUSH));
        let followers =
            used.iter().filter(|(other, later)| other.registry == heir.registry && later.may_be_at(&used[heir]));
        let began = followers.filter_map(|(other, _)| Some((spans.get(other)?.0, other)));
        match began.filter(|(first, _)| *first > last).min() {
            Some((_, next)) => heir = next,
            None => break,
        }
    }
    heir
}
