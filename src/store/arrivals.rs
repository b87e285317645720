//! Has it arrived? For each registry the latest execution of an image, by design §7.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::search::{REPOSITORY_WORD, VERSION_WORD, word};
use super::sql::{Statement, sql};
use super::views::ArrivalView;
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
    e.occurred_at, e.id AS event_id";
/// A version that so few arrivals have is looked up by itself. More have one such as `latest`; that is found soon
/// from the newest execution backwards.
const FEW_ARRIVALS: i64 = 1_000;

impl Store {
    /// What is known of an image: for each registry its latest execution, and in it, of each version, success
    /// over failure. Newest first.
    pub async fn arrivals(&self, question: &Question) -> Result<Vec<ArrivalView>> {
        let arrivals = match &question.version {
            Some(version) if self.is_rare(version).await? => self.arrivals_of_version(question, version).await?,
            _ => {
                let mut arrivals = Vec::new();
                for registry in self.registries(&question.repository).await? {
                    arrivals.extend(self.latest_in(question, &registry).await?);
                }
                arrivals
            }
        };
        Ok(final_words(arrivals))
    }

    async fn is_rare(&self, version: &str) -> Result<bool> {
        let mut query = sql("SELECT count(*) FROM (SELECT 1 FROM arrivals a WHERE ");
        query.push(VERSION_WORD).push(" = ").push_bind(word(version));
        query.push(" LIMIT ").push_bind(FEW_ARRIVALS).push(") few");
        Ok(self.number(query).await? < FEW_ARRIVALS)
    }

    /// All arrivals of this version, wherever and whenever.
    async fn arrivals_of_version(&self, question: &Question, version: &str) -> Result<Vec<ArrivalView>> {
        let mut query = sql(ARRIVAL);
        query.push(" FROM arrivals a CROSS JOIN events e WHERE e.id = a.event_id AND ").push(VERSION_WORD);
        query.push(" = ").push_bind(word(version));
        push_conditions(&mut query, question);
        push_version(&mut query, question);
        self.all(query).await
    }

    /// The arrivals of the latest execution that concerns the question, in one registry.
    async fn latest_in(&self, question: &Question, registry: &str) -> Result<Vec<ArrivalView>> {
        let mut query = sql(ARRIVAL);
        let push_image = |query: &mut Statement| {
            query.push(" AND ").push(REPOSITORY_WORD).push(" = ").push_bind(word(&question.repository));
            query.push(" AND substr(e.registry, 1, 100) = ").push_bind(registry.to_owned());
            push_conditions(query, question);
        };
        query.push(" FROM events e CROSS JOIN arrivals a WHERE a.event_id = e.id");
        push_image(&mut query);
        query.push(" AND e.execution_timestamp = (SELECT e.execution_timestamp FROM events e WHERE true");
        push_image(&mut query);
        query.push(" AND EXISTS (SELECT 1 FROM arrivals a WHERE a.event_id = e.id");
        push_version(&mut query, question);
        query.push(") ORDER BY e.execution_timestamp DESC LIMIT 1)");
        push_version(&mut query, question);
        self.all(query).await
    }

    /// The registries that an image was ever sent to, each found by one look into the index.
    async fn registries(&self, repository: &str) -> Result<Vec<String>> {
        const REGISTRY: &str = "substr(e.registry, 1, 100)";
        let mut query = sql("WITH RECURSIVE found(registry) AS (SELECT (SELECT ");
        query.push(REGISTRY).push(" FROM events e WHERE ").push(REPOSITORY_WORD).push(" = ");
        query.push_bind(word(repository)).push(" ORDER BY ").push(REGISTRY);
        query.push(" LIMIT 1) UNION ALL SELECT (SELECT ").push(REGISTRY).push(" FROM events e WHERE ");
        query.push(REPOSITORY_WORD).push(" = ").push_bind(word(repository)).push(" AND ").push(REGISTRY);
        query.push(" > found.registry ORDER BY ").push(REGISTRY);
        query.push(" LIMIT 1) FROM found WHERE found.registry IS NOT NULL)");
        query.push(" SELECT registry FROM found WHERE registry IS NOT NULL");
        self.texts(query).await
    }
}

// Equalities are hidden in expressions: SQLite would put their constants into the indexed expressions of the same
// columns, no longer see the index, and scan the table.

fn push_conditions(query: &mut Statement, question: &Question) {
    query.push(" AND (e.repository || '') = ").push_bind(question.repository.clone());
    if let Some(since) = question.since {
        // Executions are dated in whole seconds.
        query.push(" AND e.execution_timestamp >= ").push_bind(since.div_euclid(SECOND));
    }
    if let Some(place) = &question.registry {
        query.push(" AND (e.registry = ").push_bind(place.clone());
        query.push(" OR e.description = ").push_bind(place.clone()).push(")");
    }
}

fn push_version(query: &mut Statement, question: &Question) {
    if let Some(version) = &question.version {
        query.push(" AND (a.version || '') = ").push_bind(version.clone());
    }
}

/// Of each registry the latest execution, and of it the last word about each version: Harbor retries what failed,
/// so a success is the last. Newest first.
fn final_words(mut arrivals: Vec<ArrivalView>) -> Vec<ArrivalView> {
    let mut latest: HashMap<String, i64> = HashMap::new();
    for arrival in &arrivals {
        let known = latest.entry(arrival.registry.clone()).or_insert(arrival.execution_timestamp);
        *known = arrival.execution_timestamp.max(*known);
    }
    arrivals.retain(|arrival| latest.get(&arrival.registry) == Some(&arrival.execution_timestamp));
    let is_failure = |arrival: &ArrivalView| arrival.outcome == ReplicationOutcome::Failed;
    arrivals.sort_by_cached_key(|arrival| {
        let place = (arrival.registry.clone(), arrival.version.clone());
        (Reverse(arrival.execution_timestamp), place, is_failure(arrival), Reverse(arrival.occurred_at))
    });
    arrivals.dedup_by(|later, first| (&later.registry, &later.version) == (&first.registry, &first.version));
    arrivals
}
