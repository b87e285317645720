//! An arrival: the fact that one version reached, or failed to reach, one registry in one execution.
//! Its key is the whole dedup rule (design §3.4).

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::event::{Event, ReplicationOutcome};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Says when, what and where, but not how it ended: a failure and the success that heals it share it.
    pub key: String,
    /// The reference as Harbor named it; empty where it named none.
    pub version: String,
}

/// The arrivals of an event. The namespaces are not part of an [`Event`], only of its identity.
pub fn arrivals(event: &Event, source_namespace: &str, destination_namespace: &str) -> Vec<Arrival> {
    let unknown = [String::new()];
    let versions = if event.versions.is_empty() { &unknown[..] } else { &event.versions };
    versions
        .iter()
        .map(|version| Arrival {
            key: key(event, version, source_namespace, destination_namespace),
            version: version.clone(),
        })
        .collect()
}

/// A digest, because a tag may be longer than a database allows an index entry to be. The time stands
/// in front of it, so that new keys are neighbours in the index and inserting stays cheap in a large table.
fn key(event: &Event, version: &str, source_namespace: &str, destination_namespace: &str) -> String {
    // A JSON array keeps the parts apart whatever stands in them.
    let parts = serde_json::json!([
        event.harbor_host,
        event.registry,
        source_namespace,
        destination_namespace,
        event.repository,
        version,
    ]);
    format!("{:010}-{:x}", event.execution_timestamp, Sha256::digest(parts.to_string()))
}

/// What is known within one batch, before the database is asked about the rest.
#[derive(Default)]
pub struct Known(HashSet<(String, ReplicationOutcome)>);

impl Known {
    /// Whether this arrival is news, given those seen before it. A failure after the success of the
    /// same execution is none: Harbor promises no order, and a late Error must not be the last word.
    pub fn is_new(&mut self, arrival: &Arrival, outcome: ReplicationOutcome) -> bool {
        let healed = outcome == ReplicationOutcome::Failed
            && self.0.contains(&(arrival.key.clone(), ReplicationOutcome::Succeeded));
        !healed && self.0.insert((arrival.key.clone(), outcome))
    }
}
