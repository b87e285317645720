//! Robots as operators see them: how they are, and what is trouble.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::clock::Millis;
use crate::model::json::{rfc3339_or_null, text_or_null};
use crate::route::Routing;
use crate::store::views::RobotRow;
use crate::store::{Store, StoreError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RobotState {
    Sending,
    Idle,
    /// Something waits for the robot's next slot.
    RateLimited,
    Paused,
    /// WeCom refuses the key or the robot; so until a message passes.
    Broken,
    /// Deliveries wait, and no robot of this name is configured.
    Unconfigured,
}

impl RobotState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Idle => "idle",
            Self::RateLimited => "rate_limited",
            Self::Paused => "paused",
            Self::Broken => "broken",
            Self::Unconfigured => "unconfigured",
        }
    }
}

/// A robot as operators see it. Never its URL.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Robot)]
pub struct RobotView {
    pub name: String,
    pub state: RobotState,
    #[serde(serialize_with = "rfc3339_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub paused_until: Millis,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub last_error: String,
    pub failures: i64,
    #[serde(serialize_with = "rfc3339_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub next_slot_at: Millis,
    pub waiting: i64,
    #[serde(serialize_with = "rfc3339_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub oldest_waiting_at: Millis,
}

impl RobotView {
    pub fn of(row: RobotRow, configured: bool, now: Millis) -> Self {
        let is_paused = row.condition.paused_until > now;
        let state = if !configured {
            RobotState::Unconfigured
        } else if row.condition.broken {
            RobotState::Broken
        } else if row.sending {
            RobotState::Sending
        } else if is_paused {
            RobotState::Paused
        } else if row.waiting > 0 && row.next_slot_at > now {
            RobotState::RateLimited
        } else {
            RobotState::Idle
        };
        let last_error = match state {
            RobotState::Unconfigured => "no robot of this name is configured; its deliveries wait".to_owned(),
            _ => row.condition.last_error,
        };
        Self {
            name: row.name,
            state,
            paused_until: if is_paused { row.condition.paused_until } else { 0 },
            last_error,
            failures: row.condition.failures,
            next_slot_at: if row.next_slot_at > now { row.next_slot_at } else { 0 },
            waiting: row.waiting,
            oldest_waiting_at: row.oldest_waiting_at,
        }
    }

    /// A robot that nothing is known of yet.
    pub fn idle(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: RobotState::Idle,
            paused_until: 0,
            last_error: String::new(),
            failures: 0,
            next_slot_at: 0,
            waiting: 0,
            oldest_waiting_at: 0,
        }
    }

    /// Whether somebody should look after it: it is broken, or something waits that is not sent or that the last two
    /// messages did not bring further.
    pub const fn is_in_trouble(&self) -> bool {
        match self.state {
            RobotState::Broken => true,
            RobotState::Unconfigured => self.waiting > 0,
            _ => self.waiting > 0 && self.failures >= 2,
        }
    }
}

/// What waits for a robot is counted up to here where no token was shown: a count costs as much as it counts.
pub const MOST_COUNTED: i64 = 10_000;

/// All robots that are configured, or for which something waits, by name.
pub async fn robots(store: &Store, routing: &Routing, now: Millis) -> Result<Vec<RobotView>, StoreError> {
    robots_up_to(store, routing, now, i64::MAX).await
}

/// The same, with what waits counted up to `most`.
pub async fn robots_up_to(
    store: &Store,
    routing: &Routing,
    now: Millis,
    most: i64,
) -> Result<Vec<RobotView>, StoreError> {
    let rows = store.robots(now, most).await?;
    let views = rows.into_iter().map(|row| {
        let is_configured = routing.robot(&row.name).is_some();
        RobotView::of(row, is_configured, now)
    });
    let mut views: Vec<_> = views.filter(|view| view.state != RobotState::Unconfigured || view.waiting > 0).collect();
    for name in routing.names() {
        if !views.iter().any(|view| view.name == name) {
            views.push(RobotView::idle(&name));
        }
    }
    views.sort_by(|one, other| (natural(&one.name), &one.name).cmp(&(natural(&other.name), &other.name)));
    Ok(views)
}

/// A name by which to sort: `robot2` comes before `robot10`. Each part is what is before a number, and the number by its
/// length and its digits.
fn natural(name: &str) -> Vec<(&str, usize, &str)> {
    let (mut parts, mut rest) = (Vec::new(), name);
    while !rest.is_empty() {
        let (before, number) = rest.split_at(rest.find(|one: char| one.is_ascii_digit()).unwrap_or(rest.len()));
        let (number, after) = number.split_at(number.find(|one: char| !one.is_ascii_digit()).unwrap_or(number.len()));
        let digits = number.trim_start_matches('0');
        parts.push((before, digits.len(), digits));
        rest = after;
    }
    parts
}
