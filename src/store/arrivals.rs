//! Has it arrived? For each destination the latest execution of an image. A destination is a registry and the
//! description of the rule that replicates into it, because a registry may have several rules.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::search::{LONGEST_SEARCH, REPOSITORY_WORD, VERSION_WORD, word};
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
    e.occurred_at, e.id AS event_id, a.execution";
/// A version that so few arrivals have is looked up by itself. More have one such as `latest`; that is found soon
/// from the newest execution backwards.
const FEW_ARRIVALS: i64 = 1_000;

/// Their beginnings, as the index of migration 0004 keeps them.
const REGISTRY: &str = "substr(e.registry, 1, 100)";
const DESCRIPTION: &str = "substr(e.description, 1, 100)";

/// Where an image was sent, and when: Unix seconds.
#[derive(Debug, sqlx::FromRow)]
struct Destination {
    registry: String,
    description: String,
    first: i64,
    latest: i64,
}

impl Destination {
    fn is_of(&self, arrival: &ArrivalView) -> bool {
        let is_beginning = |kept: &str, whole: &str| whole.chars().take(LONGEST_SEARCH).eq(kept.chars());
        is_beginning(&self.registry, &arrival.registry) && is_beginning(&self.description, &arrival.description)
    }
}

impl Store {
    /// What is known of an image: for each destination its latest execution, and in it, of each version, success
    /// over failure. Newest first.
    pub async fn arrivals(&self, question: &Question) -> Result<Vec<ArrivalView>> {
        let rare = match &question.version {
            Some(version) if self.is_rare(version).await? => Some(self.arrivals_of_version(question, version).await?),
            _ => None,
        };
        // What a pipeline asks for most of the time.
        if rare.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Vec::new());
        }
        let destinations = self.destinations(&question.repository).await?;
        let destinations = current(&destinations, question);
        let mut arrivals = Vec::new();
        match rare {
            Some(rare) => {
                let is_current = |arrival: &ArrivalView| destinations.iter().any(|place| place.is_of(arrival));
                arrivals.extend(rare.into_iter().filter(is_current));
            }
            None => {
                for destination in destinations {
                    arrivals.extend(self.latest_at(question, destination).await?);
                }
            }
        }
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

    /// The arrivals of the latest execution that concerns the question, at one destination.
    async fn latest_at(&self, question: &Question, destination: &Destination) -> Result<Vec<ArrivalView>> {
        let mut query = sql(ARRIVAL);
        let push_image = |query: &mut Statement| {
            query.push(" AND ").push(REPOSITORY_WORD).push(" = ").push_bind(word(&question.repository));
            query.push(" AND ").push(REGISTRY).push(" = ").push_bind(&destination.registry);
            query.push(" AND ").push(DESCRIPTION).push(" = ").push_bind(&destination.description);
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

    /// The destinations that an image was ever sent to, each found by one look into the index.
    async fn destinations(&self, repository: &str) -> Result<Vec<Destination>> {
        let image = word(repository);
        let registries = format!("{} FROM found WHERE word IS NOT NULL", distinct(REGISTRY, ""));
        let mut destinations = Vec::new();
        for registry in self.texts(sql(registries).bind(&image)).await? {
            let here = format!(" AND {REGISTRY} = $2");
            let moment = |order: &str| {
                format!(
                    "(SELECT e.execution_timestamp FROM events e WHERE {REPOSITORY_WORD} = $1{here}
                         AND {DESCRIPTION} = found.word ORDER BY e.execution_timestamp {order} LIMIT 1)"
                )
            };
            let described = distinct(DESCRIPTION, &here);
            let (first, latest) = (moment("ASC"), moment("DESC"));
            let text = format!(
                "{described} AS description, CAST($2 AS TEXT) AS registry, {first} AS first, {latest} AS latest
                 FROM found WHERE word IS NOT NULL"
            );
            destinations.extend(self.all::<Destination>(sql(text).bind(&image).bind(&registry)).await?);
        }
        Ok(destinations)
    }
}

/// The distinct values of an indexed expression among the events of the image `$1`, each by one look; `found.word`.
fn distinct(expression: &str, condition: &str) -> String {
    let next = |more: &str| {
        format!(
            "(SELECT {expression} FROM events e WHERE {REPOSITORY_WORD} = $1{condition}{more}
                 ORDER BY {expression} LIMIT 1)"
        )
    };
    let (first, following) = (next(""), next(&format!(" AND {expression} > found.word")));
    format!(
        "WITH RECURSIVE found(word) AS (
             SELECT {first} UNION ALL SELECT {following} FROM found WHERE found.word IS NOT NULL)
         SELECT word"
    )
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

/// Without those that another one of the same registry has followed: a rule whose description was edited goes on under
/// its new name, and what its old one said last no longer counts. One that is asked for by name is answered.
fn current<'a>(destinations: &'a [Destination], question: &Question) -> Vec<&'a Destination> {
    let has_followed = |old: &Destination, new: &Destination| new.registry == old.registry && new.first > old.latest;
    let is_current = |one: &&Destination| {
        question.registry.as_deref() == Some(one.description.as_str())
            || !destinations.iter().any(|other| has_followed(one, other))
    };
    destinations.iter().filter(is_current).collect()
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
