//! Has it arrived? For each destination the latest execution of an image. A destination is a registry and the
//! description of the rule that replicates into it, because a registry may have several rules.

use super::latest::latest;
use super::sql::{Statement, sql};
use super::views::{ArrivalView, Arrivals, OtherState, OtherView};
use super::words::{REPOSITORY, VERSION, count_up_to, distinct, unindexed, word};
use super::{Result, Store};
use crate::model::clock::{Millis, SECOND};
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
    e.execution_timestamp, e.execution_id, e.occurred_at, e.id AS event_id, a.execution";
/// A deletion counts if it succeeded and names the versions that are gone.
const HAPPENED: &str = "(e.operation <> 'delete' OR a.outcome = 'succeeded' AND a.version <> '')";
/// A version that so few arrivals have is looked up by itself. More have one such as `latest`; that is found soon
/// from the newest execution backwards.
const FEW_ARRIVALS: i64 = 1_000;
/// The execution that ends last need not be the one that began last. One that began so many seconds, or so many
/// executions, before the latest one is taken to have ended before it.
const LONGEST_EXECUTION: i64 = 24 * 60 * 60;
const OVERLAPPING: i64 = 50;
/// So many deletions since then are looked at.
const MOST_DELETIONS: i64 = 1_000;

/// Their beginnings, as the index of migration 0004 keeps them.
const REGISTRY: &str = "substr(e.registry, 1, 100)";
const DESCRIPTION: &str = "substr(e.description, 1, 100)";

/// Where an image was sent.
#[derive(Debug)]
struct Destination {
    registry: String,
    description: String,
}

impl Store {
    /// What is known of an image: for each destination its latest execution, and in it, of each version, success
    /// over failure; what was deleted since; and what is on its way. Newest first.
    pub async fn arrivals(&self, question: &Question) -> Result<Arrivals> {
        let happened = match &question.version {
            Some(version) if self.is_rare(version).await? => self.arrivals_of_version(question, version).await?,
            _ => {
                let mut happened = Vec::new();
                for destination in self.destinations(&question.repository).await? {
                    happened.extend(self.latest_at(question, &destination).await?);
                }
                happened
            }
        };
        let mut arrivals = Arrivals { others: self.replicating(question).await?, ..Arrivals::default() };
        for arrival in latest(happened) {
            match OtherState::of(&arrival) {
                Some(state) => arrivals.others.push(OtherView::of(arrival, state)),
                None => arrivals.items.push(arrival),
            }
        }
        Ok(arrivals)
    }

    async fn is_rare(&self, version: &str) -> Result<bool> {
        let arrivals = sql(format!("SELECT 1 FROM arrivals a WHERE {VERSION} = ?")).bind(word(version));
        Ok(self.number(count_up_to(FEW_ARRIVALS, arrivals)).await? < FEW_ARRIVALS)
    }

    /// All arrivals of this version, wherever and whenever.
    async fn arrivals_of_version(&self, question: &Question, version: &str) -> Result<Vec<ArrivalView>> {
        let query = sql(format!(
            "{ARRIVAL} FROM arrivals a CROSS JOIN events e WHERE e.id = a.event_id AND {VERSION} = ? AND {HAPPENED}{{}}{{}}"
        ));
        self.all(query.bind(word(version)).clause(question.of_event()).clause(question.of_arrival())).await
    }

    /// The arrivals of the latest executions that concern the question, at one destination, and the deletions since.
    async fn latest_at(&self, question: &Question, destination: &Destination) -> Result<Vec<ArrivalView>> {
        let here = |condition: &str| {
            let here = format!("{REPOSITORY} = ? AND {REGISTRY} = ? AND {DESCRIPTION} = ?");
            let here = sql(here).bind(word(&question.repository)).bind(&destination.registry);
            here.bind(&destination.description).and(question.of_event()).and(sql(condition))
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
                     e.execution_id, e.occurred_at
                 FROM events e
                 WHERE {{}} AND EXISTS (SELECT 1 FROM arrivals a WHERE a.event_id = e.id AND {HAPPENED}{{}})
                 ORDER BY e.execution_timestamp DESC LIMIT ?) e
             CROSS JOIN arrivals a WHERE a.event_id = e.id AND {HAPPENED}{{}}"
        ));
        let query = query.clause(condition).clause(question.of_arrival()).bind(most);
        self.all(query.clause(question.of_arrival())).await
    }

    /// The destinations that an image was ever sent to, each found by one look into the index.
    async fn destinations(&self, repository: &str) -> Result<Vec<Destination>> {
        let of_image = sql(format!("{REPOSITORY} = ?")).bind(word(repository));
        let mut destinations = Vec::new();
        for registry in self.texts(distinct(REGISTRY, &of_image)).await? {
            let here = of_image.clone().and(sql(format!(" AND {REGISTRY} = ?")).bind(&registry));
            for description in self.texts(distinct(DESCRIPTION, &here)).await? {
                destinations.push(Destination { registry: registry.clone(), description });
            }
        }
        Ok(destinations)
    }
}

impl Question {
    /// Conditions on `events e`.
    fn of_event(&self) -> Statement {
        let mut conditions = sql(format!(" AND {} = ?", unindexed("e.repository"))).bind(&self.repository);
        if let Some(since) = self.since {
            // Executions are dated in whole seconds.
            conditions = conditions.and(sql(" AND e.execution_timestamp >= ?").bind(since.div_euclid(SECOND)));
        }
        if let Some(place) = &self.registry {
            conditions = conditions.and(sql(" AND (e.registry = ? OR e.description = ?)").bind(place).bind(place));
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
