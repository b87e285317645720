//! Has it arrived? For each destination the latest execution of an image. A destination is a registry and the
//! description of the rule that replicates into it, because a registry may have several rules.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::sql::{Statement, sql};
use super::views::ArrivalView;
use super::words::{REPOSITORY, VERSION, count_up_to, distinct, unindexed, word};
use super::{Result, Store};
use crate::model::clock::{Millis, SECOND};
use crate::model::event::ReplicationOutcome;

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

const ARRIVAL: &str = "SELECT e.repository, a.version, e.registry, e.description, a.outcome, e.execution_timestamp,
    e.occurred_at, e.id AS event_id, a.execution";
/// A version that so few arrivals have is looked up by itself. More have one such as `latest`; that is found soon
/// from the newest execution backwards.
const FEW_ARRIVALS: i64 = 1_000;

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
    /// over failure. Newest first.
    pub async fn arrivals(&self, question: &Question) -> Result<Vec<ArrivalView>> {
        let arrivals = match &question.version {
            Some(version) if self.is_rare(version).await? => self.arrivals_of_version(question, version).await?,
            _ => {
                let mut arrivals = Vec::new();
                for destination in self.destinations(&question.repository).await? {
                    arrivals.extend(self.latest_at(question, &destination).await?);
                }
                arrivals
            }
        };
        Ok(final_words(arrivals))
    }

    async fn is_rare(&self, version: &str) -> Result<bool> {
        let arrivals = sql(format!("SELECT 1 FROM arrivals a WHERE {VERSION} = ?")).bind(word(version));
        Ok(self.number(count_up_to(FEW_ARRIVALS, arrivals)).await? < FEW_ARRIVALS)
    }

    /// All arrivals of this version, wherever and whenever.
    async fn arrivals_of_version(&self, question: &Question, version: &str) -> Result<Vec<ArrivalView>> {
        let query = sql(format!(
            "{ARRIVAL} FROM arrivals a CROSS JOIN events e WHERE e.id = a.event_id AND {VERSION} = ?{{}}{{}}"
        ));
        self.all(query.bind(word(version)).clause(question.of_event()).clause(question.of_arrival())).await
    }

    /// The arrivals of the latest execution that concerns the question, at one destination.
    async fn latest_at(&self, question: &Question, destination: &Destination) -> Result<Vec<ArrivalView>> {
        let here = || {
            let here = format!("{REPOSITORY} = ? AND {REGISTRY} = ? AND {DESCRIPTION} = ?");
            let here = sql(here).bind(word(&question.repository));
            here.bind(&destination.registry).bind(&destination.description).and(question.of_event())
        };
        let query = sql(format!(
            "{ARRIVAL} FROM events e CROSS JOIN arrivals a
             WHERE a.event_id = e.id AND {{}} AND e.execution_timestamp = (
                 SELECT e.execution_timestamp FROM events e
                 WHERE {{}} AND EXISTS (SELECT 1 FROM arrivals a WHERE a.event_id = e.id{{}})
                 ORDER BY e.execution_timestamp DESC LIMIT 1){{}}"
        ));
        let query = query.clause(here()).clause(here());
        self.all(query.clause(question.of_arrival()).clause(question.of_arrival())).await
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

/// Of each destination the latest execution, and of it the last word about each version: Harbor retries what failed,
/// so a success is the last. Two executions of one moment are of two rules. Newest first.
fn final_words(mut arrivals: Vec<ArrivalView>) -> Vec<ArrivalView> {
    let destination = |arrival: &ArrivalView| (arrival.registry.clone(), arrival.description.clone());
    let mut latest: HashMap<_, i64> = HashMap::new();
    for arrival in &arrivals {
        let known = latest.entry(destination(arrival)).or_insert(arrival.execution_timestamp);
        *known = arrival.execution_timestamp.max(*known);
    }
    arrivals.retain(|arrival| latest.get(&destination(arrival)) == Some(&arrival.execution_timestamp));
    let is_failure = |arrival: &ArrivalView| arrival.outcome == ReplicationOutcome::Failed;
    arrivals.sort_by_cached_key(|arrival| {
        let place = (destination(arrival), arrival.execution.clone(), arrival.version.clone());
        (Reverse(arrival.execution_timestamp), place, is_failure(arrival), Reverse(arrival.occurred_at))
    });
    arrivals.dedup_by(|later, first| {
        (&later.registry, &later.description, &later.execution, &later.version)
            == (&first.registry, &first.description, &first.execution, &first.version)
    });
    arrivals
}
