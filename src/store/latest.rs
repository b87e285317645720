//! What happened last: of all that is known of an image, how each of its versions stands now at each destination. The
//! order is that in which Harbor's tasks ended, and then that of the executions.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::views::ArrivalView;
use crate::model::clock::Millis;
use crate::model::destination::Destinations;
use crate::model::event::{Operation, ReplicationOutcome};

/// Of each destination the latest execution that copied, and of it the last word about each version: a deletion after it
/// included. Where a deletion is the last of all, so are its versions. Newest first.
pub fn latest(arrivals: Vec<ArrivalView>, of: &Destinations) -> Vec<ArrivalView> {
    let mut destinations: HashMap<_, Vec<ArrivalView>> = HashMap::new();
    for arrival in arrivals {
        let destination = of.find(&arrival.registry, &arrival.description, arrival.rule_id);
        destinations.entry(destination).or_default().push(arrival);
    }
    let mut latest: Vec<_> = destinations.into_values().flat_map(at_destination).collect();
    latest.sort_by_cached_key(|arrival| {
        let place = (arrival.registry.clone(), arrival.description.clone());
        (Reverse(arrival.execution_timestamp), place, arrival.execution.clone(), arrival.version.clone())
    });
    latest
}

fn at_destination(arrivals: Vec<ArrivalView>) -> Vec<ArrivalView> {
    let words = words(arrivals);
    let last = words.iter().max_by_key(|word| order(word));
    let copied = words.iter().filter(|word| !is_deletion(word)).max_by_key(|word| order(word));
    let of_execution = |of: Option<&ArrivalView>| -> HashSet<String> {
        let Some(of) = of else { return HashSet::new() };
        let same = words
            .iter()
            .filter(|word| word.execution_timestamp == of.execution_timestamp && is_deletion(word) == is_deletion(of));
        same.map(|word| word.version.clone()).collect()
    };
    let concerned = &of_execution(copied) | &of_execution(last);

    let mut by_version: HashMap<_, Vec<ArrivalView>> = HashMap::new();
    for word in words.into_iter().filter(|word| concerned.contains(&word.version)) {
        by_version.entry(word.version.clone()).or_default().push(word);
    }
    by_version.into_values().flat_map(of_version).collect()
}

/// The last word; two copies of one moment are of two rules, and both count.
fn of_version(mut words: Vec<ArrivalView>) -> Vec<ArrivalView> {
    words.sort_by_key(|word| Reverse(order(word)));
    let Some(moment) = words.first().map(|word| word.execution_timestamp) else { return words };
    let until_deleted = words.iter().position(is_deletion).unwrap_or(words.len());
    words.truncate(until_deleted.max(1));
    words.retain(|word| word.execution_timestamp == moment);
    words
}

/// What each execution did with each version, once: Harbor retries what failed, so a success is its last word.
fn words(mut arrivals: Vec<ArrivalView>) -> Vec<ArrivalView> {
    arrivals.sort_by_cached_key(|arrival| {
        let what = (arrival.execution_timestamp, arrival.execution.clone(), arrival.version.clone());
        let is_failure = arrival.outcome == ReplicationOutcome::Failed;
        (what, is_deletion(arrival), is_failure, Reverse(arrival.occurred_at))
    });
    arrivals.dedup_by(|later, first| {
        (later.execution_timestamp, &later.execution, &later.version, is_deletion(later))
            == (first.execution_timestamp, &first.execution, &first.version, is_deletion(first))
    });
    arrivals
}

/// What is greater happened later.
pub const fn order(arrival: &ArrivalView) -> (Millis, i64) {
    (arrival.ended_at, arrival.execution_id)
}

fn is_deletion(arrival: &ArrivalView) -> bool {
    arrival.operation == Operation::Delete
}
