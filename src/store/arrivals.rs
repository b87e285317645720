//! Has it arrived? For each destination the latest execution of an image. A destination is a registry and the
//! description of the rule that replicates into it, because a registry may have several rules.

use std::collections::{BTreeSet, HashMap};

use super::latest::latest;
use super::sql::{Statement, sql};
use super::views::{ArrivalView, Arrivals, OtherState, OtherView};
use super::words::{REPOSITORY, unindexed, word};
use super::{Result, Store, rows};
use crate::model::clock::{Millis, SECOND};
use crate::model::destination::{Destinations, Label, Replicated, spans};
use crate::model::event::{Operation, ReplicationOutcome};

/// Which image is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The whole `project/name`.
    pub repository: String,
    pub version: Option<String>,
    /// A registry's name, or a rule's description.
    pub registry: Option<String>,
    /// Only executions that Harbor made at this moment or later.
    pub since: Option<Millis>,
}

const ARRIVAL: &str = "SELECT e.repository, a.version, e.registry, e.description, e.operation, a.outcome,
    e.execution_timestamp, e.execution_id, e.occurred_at, e.id AS event_id, a.execution, e.rule_id, e.reason,
    CASE WHEN e.occurred_at < e.accepted_at + 3600000 THEN e.occurred_at ELSE e.accepted_at END AS ended_at";
/// A deletion counts if it succeeded and names the versions that are gone.
const HAPPENED: &str = "(e.operation <> 'delete' OR a.outcome = 'succeeded' AND a.version <> '')";
/// So much of what happened to an image is read as it is; of more, which one such as `latest` has, the latest execution
/// for each destination is looked up.
const MUCH: i64 = 200;
/// The execution that ends last need not be the one that began last. One that began so many seconds, or so many
/// executions, before the latest one is taken to have ended before it.
const LONGEST_EXECUTION: i64 = 24 * 60 * 60;
const OVERLAPPING: i64 = 50;
/// So many deletions since then are looked at.
const MOST_DELETIONS: i64 = 1_000;

/// Their beginnings, as the index of migration 0004 keeps them.
const REGISTRY: &str = "substr(e.registry, 1, 100)";
const DESCRIPTION: &str = "substr(e.description, 1, 100)";

impl Store {
    /// What is known of an image: for each destination its latest execution, and in it, of each version, success
    /// over failure; what was deleted since; and what is on its way. Newest first. `rules` says what rules are called now,
    /// where Harbor can be asked.
    pub async fn arrivals(&self, question: &Question, rules: &[(i64, Label)]) -> Result<Arrivals> {
        // No name has this character, and PostgreSQL takes it in no JSON.
        if question.repository.contains('\0') || question.version.iter().any(|version| version.contains('\0')) {
            return Ok(Arrivals::default());
        }
        let replicated = self.destinations(&[&question.repository]).await?;
        let spans = spans(&self.destinations_of_all().await?);
        let destinations = Destinations::of(&replicated, &spans, rules);
        let is_meant = |registry: &str, description: &str, rule_id: i64| {
            let destination = destinations.find(registry, description, rule_id);
            question.registry.as_ref().is_none_or(|place| destinations.is_called(&destination, place))
        };
        let mut happened = match &question.version {
            Some(version) => self.history(&[(&question.repository, version)]).await?,
            None => {
                let mut happened = Vec::new();
                for label in labels(&replicated).iter().filter(|label| is_meant(&label.registry, &label.description, 0))
                {
                    happened.extend(self.latest_at(question, label).await?);
                }
                happened
            }
        };
        happened.retain(|arrival| {
            question.is_since(arrival.execution_timestamp)
                && is_meant(&arrival.registry, &arrival.description, arrival.rule_id)
        });
        let mut others = self.replicating(question).await?;
        others.retain(|other| is_meant(&other.registry, &other.description, 0));
        let mut arrivals = Arrivals { others, ..Arrivals::default() };
        for arrival in latest(happened, &destinations) {
            match OtherState::of(&arrival) {
                Some(state) => arrivals.others.push(OtherView::of(arrival, state)),
                None => arrivals.items.push(arrival),
            }
        }
        Ok(arrivals)
    }

    /// What happened to each of these images: all of it or, where that is much, the newest and the latest execution for
    /// each destination.
    pub async fn history(&self, images: &[(&String, &String)]) -> Result<Vec<ArrivalView>> {
        let query = sql(format!(
            "{ARRIVAL} FROM rows($1) CROSS JOIN arrivals a CROSS JOIN events e
             WHERE a.repository = value->>0 AND a.version = value->>1 AND e.id = a.event_id
                 AND a.event_id > coalesce((
                     SELECT much.event_id FROM arrivals much
                     WHERE much.repository = value->>0 AND much.version = value->>1
                     ORDER BY much.event_id DESC LIMIT 1 OFFSET {MUCH}), '')"
        ));
        let mut happened: Vec<ArrivalView> = self.all(query.bind(rows(images))).await?;
        let mut read: HashMap<_, i64> = HashMap::new();
        for arrival in &happened {
            *read.entry((arrival.repository.clone(), arrival.version.clone())).or_default() += 1;
        }
        happened.retain(has_happened);
        for ((repository, version), _) in read.into_iter().filter(|(_, arrivals)| *arrivals >= MUCH) {
            let question = Question { repository, version: Some(version), ..Question::default() };
            for label in labels(&self.destinations(&[&question.repository]).await?) {
                happened.extend(self.latest_at(&question, &label).await?);
            }
        }
        Ok(happened)
    }

    /// The arrivals of the latest executions that concern the question, under one label, and the deletions since.
    async fn latest_at(&self, question: &Question, label: &Label) -> Result<Vec<ArrivalView>> {
        let here = |condition: &str| {
            let here = format!("{REPOSITORY} = ? AND {REGISTRY} = ? AND {DESCRIPTION} = ?");
            let here = sql(here).bind(word(&question.repository)).bind(&label.registry);
            here.bind(&label.description).and(question.of_event()).and(sql(condition))
        };
        let began_since = |at: i64| sql(" AND e.execution_timestamp >= ?").bind(at);
        let copies = here(" AND e.operation <> 'delete'");
        let mut happened = self.begun_last(question, copies.clone(), 1).await?;
        if let Some(newest) = happened.first().map(|arrival| arrival.execution_timestamp) {
            let copies = copies.and(began_since(newest.saturating_sub(LONGEST_EXECUTION)));
            happened = self.begun_last(question, copies, OVERLAPPING).await?;
        }
        let mut deletions = here(" AND e.operation = 'delete' AND e.outcome = 'succeeded'");
        if let Some(oldest) = happened.iter().map(|arrival| arrival.execution_timestamp).min() {
            deletions = deletions.and(began_since(oldest.saturating_sub(LONGEST_EXECUTION)));
        }
        happened.extend(self.begun_last(question, deletions, MOST_DELETIONS).await?);
        Ok(happened)
    }

    /// The arrivals that concern the question, of so many events of a condition, those that began last.
    async fn begun_last(&self, question: &Question, condition: Statement, most: i64) -> Result<Vec<ArrivalView>> {
        let query = sql(format!(
            "{ARRIVAL} FROM (
                 SELECT e.id, e.repository, e.registry, e.description, e.operation, e.execution_timestamp,
                     e.execution_id, e.occurred_at, e.accepted_at, e.rule_id, e.reason
                 FROM events e
                 WHERE {{}} AND EXISTS (SELECT 1 FROM arrivals a WHERE a.event_id = e.id AND {HAPPENED}{{}})
                 ORDER BY e.execution_timestamp DESC LIMIT ?) e
             CROSS JOIN arrivals a WHERE a.event_id = e.id AND {HAPPENED}{{}}"
        ));
        let query = query.clause(condition).clause(question.of_arrival()).bind(most);
        self.all(query.clause(question.of_arrival())).await
    }
}

/// The same decision as [`HAPPENED`].
fn has_happened(arrival: &ArrivalView) -> bool {
    let is_known = arrival.outcome == ReplicationOutcome::Succeeded && !arrival.version.is_empty();
    arrival.operation != Operation::Delete || is_known
}

/// Every label of these, once.
fn labels(replicated: &[Replicated]) -> BTreeSet<Label> {
    replicated.iter().map(|one| Label::of(&one.registry, &one.description)).collect()
}

impl Question {
    fn is_since(&self, execution_timestamp: i64) -> bool {
        // Executions are dated in whole seconds.
        self.since.is_none_or(|since| execution_timestamp >= since.div_euclid(SECOND))
    }

    /// Conditions on `events e`.
    fn of_event(&self) -> Statement {
        let mut conditions = sql(format!(" AND {} = ?", unindexed("e.repository"))).bind(&self.repository);
        if let Some(since) = self.since {
            conditions = conditions.and(sql(" AND e.execution_timestamp >= ?").bind(since.div_euclid(SECOND)));
        }
        conditions
    }

    /// Conditions on `arrivals a`.
    fn of_arrival(&self) -> Statement {
        let Some(version) = &self.version else { return sql("") };
        sql(format!(" AND {} = ?", unindexed("a.version"))).bind(version)
    }
}

impl OtherState {
    /// None where it arrived or failed.
    fn of(arrival: &ArrivalView) -> Option<Self> {
        match (arrival.operation, arrival.outcome) {
            (Operation::Delete, _) => Some(Self::Deleted),
            (Operation::Unconfirmed, ReplicationOutcome::Succeeded) => Some(Self::Unconfirmed),
            _ => None,
        }
    }
}

impl OtherView {
    fn of(arrival: ArrivalView, state: OtherState) -> Self {
        Self {
            state,
            repository: arrival.repository,
            version: arrival.version,
            registry: arrival.registry,
            description: arrival.description,
            execution_timestamp: arrival.execution_timestamp,
            since: arrival.occurred_at,
            event_id: arrival.event_id,
        }
    }
}
