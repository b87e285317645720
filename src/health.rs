//! Health: is the process alive, can a webhook be stored, and how are the robots?

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use serde_json::json;

use crate::model::clock::{Clock, Millis};
use crate::store::inspect::{RobotRow, rfc3339_or_null, text_or_null};
use crate::store::{Result, Store};

pub struct Health {
    pub store: Store,
    pub clock: Clock,
    /// The names of the robots that are configured.
    pub robots: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RobotState {
    Sending,
    Idle,
    /// Something waits for the robot's next slot.
    Pacing,
    Paused,
    /// WeCom refuses the key or the robot; so until a message passes.
    Broken,
    /// Deliveries wait, and nobody sends for it.
    Unconfigured,
}

/// A robot as operators see it. Never its URL.
#[derive(Debug, Serialize)]
pub struct RobotView {
    pub name: String,
    pub state: RobotState,
    #[serde(serialize_with = "rfc3339_or_null")]
    pub paused_until: Millis,
    #[serde(serialize_with = "text_or_null")]
    pub reason: String,
    pub failures: i64,
    #[serde(serialize_with = "rfc3339_or_null")]
    pub next_slot_at: Millis,
    pub waiting: i64,
    #[serde(serialize_with = "rfc3339_or_null")]
    pub oldest_waiting_at: Millis,
}

impl RobotView {
    pub fn of(row: RobotRow, configured: bool, now: Millis) -> Self {
        let is_paused = row.condition.paused_until > now;
        let state = match () {
            () if !configured => RobotState::Unconfigured,
            () if row.condition.broken => RobotState::Broken,
            () if row.sending => RobotState::Sending,
            () if is_paused => RobotState::Paused,
            () if row.waiting > 0 && row.next_slot_at > now => RobotState::Pacing,
            () => RobotState::Idle,
        };
        let reason = match state {
            RobotState::Unconfigured => "no robot of this name is configured; its deliveries wait".to_owned(),
            _ => row.condition.last_error,
        };
        Self {
            name: row.name,
            state,
            paused_until: if is_paused { row.condition.paused_until } else { 0 },
            reason,
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
            reason: String::new(),
            failures: 0,
            next_slot_at: 0,
            waiting: 0,
            oldest_waiting_at: 0,
        }
    }

    pub const fn is_in_trouble(&self) -> bool {
        matches!(self.state, RobotState::Broken | RobotState::Unconfigured)
    }
}

/// All robots that are configured, or for which something waits.
pub async fn robots(store: &Store, configured: &[String], now: Millis) -> Result<Vec<RobotView>> {
    let rows = store.robots(now).await?;
    let views = rows.into_iter().map(|row| {
        let is_configured = configured.contains(&row.name);
        RobotView::of(row, is_configured, now)
    });
    Ok(views.filter(|view| view.state != RobotState::Unconfigured || view.waiting > 0).collect())
}

#[get("/healthz")]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// 503 only when a webhook could not be stored: a broken robot must not take the door out of a balancer.
#[get("/readyz")]
pub async fn readyz(health: Data<Health>) -> HttpResponse {
    // A task of its own, because a client that hangs up must not cut a transaction short.
    let report = actix_web::rt::spawn(async move {
        health.store.probe().await?;
        robots(&health.store, &health.robots, health.clock.now()).await
    });
    let failure = match report.await {
        Ok(Ok(robots)) => return HttpResponse::Ok().json(json!({ "status": "ready", "robots": robots })),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::error!(error = failure, "not ready: a webhook could not be stored");
    HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE).json(json!({ "status": "unavailable", "reason": failure }))
}
