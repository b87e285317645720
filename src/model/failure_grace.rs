//! `FAILURE_GRACE`: how long a failure is held back, in case its success takes its place. Then the store supersedes its
//! deliveries (`store::supersede`).

use super::clock::Millis;
use super::event::ReplicationOutcome;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailureGrace(pub Millis);

impl FailureGrace {
    /// How long the first message about an event waits on purpose.
    pub const fn of(self, outcome: ReplicationOutcome) -> Millis {
        match outcome {
            ReplicationOutcome::Failed => self.0,
            ReplicationOutcome::Succeeded => 0,
        }
    }
}
