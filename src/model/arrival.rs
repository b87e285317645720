//! An arrival: the fact that one version reached, or failed to reach, one registry in one execution.
//! Its key, its execution and its outcome say what is the same; `store::dedup` decides what is a duplicate.

use sha2::{Digest, Sha256};

use super::event::Event;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Says when, what and where, but neither which execution nor how it ended: a failure and the success that heals
    /// it share it.
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

/// A digest, because a tag may be longer than a database allows an index entry to be. The time is
/// in front of it, so that new keys are neighbours in the index and inserting stays cheap in a large table.
fn key(event: &Event, version: &str, source_namespace: &str, destination_namespace: &str) -> String {
    // A JSON array keeps the parts apart whatever is in them.
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

/// Which execution an arrival belongs to. Two rules that one push fires into one registry have the same key, because
/// Harbor names only the first component of a remote path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Harbor's number; 0 before Harbor 2.13, which sends none.
    id: i64,
    /// The beginning of the rule's description, which takes the place of the number.
    rule: String,
}

/// How much of a description distinguishes rules; an index entry has a limit. Characters, as in migration 0004.
const RULE_LENGTH: usize = 255;
/// What a rule in place of a number begins with.
const RULE: &str = "rule ";

impl Execution {
    pub fn of(event: &Event) -> Self {
        Self { id: event.execution_id, rule: event.description.chars().take(RULE_LENGTH).collect() }
    }

    /// The same numbers or, where either has none, the same rules.
    pub fn is_same(&self, other: &Self) -> bool {
        if self.id > 0 && other.id > 0 { self.id == other.id } else { self.rule == other.rule }
    }

    /// As it is stored.
    pub fn name(&self) -> String {
        if self.id > 0 { self.id.to_string() } else { format!("{RULE}{}", self.rule) }
    }

    pub fn rule(&self) -> &str {
        &self.rule
    }
}
