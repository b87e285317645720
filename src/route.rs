//! Routing: which robots are to tell an event.

use crate::model::event::{Event, ReplicationOutcome};

#[derive(Clone, Debug)]
pub struct Routing {
    pub robots: Vec<String>,
    /// Outcomes that are told; the others are stored all the same, so that nothing goes blind.
    pub notify: Vec<ReplicationOutcome>,
}

impl Routing {
    pub fn robots_for(&self, event: &Event) -> &[String] {
        if self.notify.contains(&event.outcome) { &self.robots } else { &[] }
    }
}
