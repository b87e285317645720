//! A delivery: one event that one robot is to send. Its states, and what a lane knows of one that is due.

use serde::{Deserialize, Serialize};

use super::clock::Millis;
use super::event::{Event, JsonList};
use super::words::words;

/// The most deliveries that one digest may carry; a row starts with it as its `batch_limit`.
pub const LARGEST_DIGEST: i64 = 128;

/// `pending → sending → delivered | failed | pending`, and back to `pending` by replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Pending,
    Sending,
    Delivered,
    Failed,
    Superseded,
    Discarded,
}

words!(State, "state": Pending = "pending", Sending = "sending", Delivered = "delivered", Failed = "failed",
    Superseded = "superseded", Discarded = "discarded");

/// What an operator may do to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Have a finished delivery sent again.
    Replay,
    /// End one that waits.
    Discard,
}
words!(Verb, "verb": Replay = "replay", Discard = "discard");

impl Verb {
    pub const fn done(self) -> &'static str {
        match self {
            Self::Replay => "replayed",
            Self::Discard => "discarded",
        }
    }

    /// The states in which it can be done.
    pub const fn from_states(self) -> &'static [State] {
        match self {
            Self::Replay => &[State::Failed, State::Delivered, State::Discarded],
            Self::Discard => &[State::Pending],
        }
    }

    /// An error that says which states would do.
    pub fn check(self, state: State) -> Result<(), String> {
        if self.from_states().contains(&state) {
            return Ok(());
        }
        let names: Vec<_> = self.from_states().iter().map(|state| state.as_str()).collect();
        Err(format!("{state} deliveries cannot be {}; use {}", self.done(), names.join(", ")))
    }
}

/// One robot's part of an event that is accepted.
#[derive(Clone, Debug)]
pub struct Assignment {
    pub delivery_id: String,
    pub robot: String,
    pub mentions: Vec<String>,
    /// How long the first message waits, in case a success takes the place of a failure.
    pub grace: Millis,
}

/// What one robot says of an event.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Notice {
    #[sqlx(flatten)]
    pub event: Event,
    /// A success of arrivals that had failed earlier in the same execution.
    pub after_failure: bool,
    /// Whom it mentions.
    #[sqlx(try_from = "JsonList")]
    pub mentions: Vec<String>,
}

/// A pending delivery whose time has come.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Due {
    pub id: String,
    pub event_id: String,
    pub failures: i64,
    /// No digest that carries this row may be larger; halved until a rejected row is alone.
    pub batch_limit: i64,
    /// Failed alone while its robot was healthy: perhaps it is the row and not the robot.
    pub suspect: bool,
    /// When the clock of giving up began: at acceptance, or at the last replay.
    pub tried_since: Millis,
    pub next_attempt_at: Millis,
    #[sqlx(flatten)]
    pub notice: Notice,
}
