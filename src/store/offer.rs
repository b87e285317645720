//! What is offered to be stored: an event as a webhook or Harbor's API tells it.

use crate::model::clock::Millis;
use crate::model::harbor::Webhook;

/// A webhook that wants to be stored. The caller makes its id, so that a repeated call is no new event.
#[derive(Clone, Debug)]
pub struct Offer {
    pub event_id: String,
    pub webhook: Webhook,
    pub payload: String,
    /// Stored for those who look; nobody is notified of it.
    pub is_quiet: bool,
    /// How long its first message waits for what Harbor's API knows.
    pub look_up: Millis,
}
