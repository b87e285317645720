//! Health: is the process alive, can a webhook be stored, and how are the robots?

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use serde_json::json;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::intake::Intake;
use crate::metrics::{Metrics, RobotGauges, Snapshot};
use crate::model::clock::{Clock, Millis};
use crate::problem::Problem;
use crate::route::{Live, Routing};
use crate::store::views::{RobotRow, rfc3339_or_null, text_or_null};
use crate::store::{Store, StoreError};

/// How long the answer of one probe holds.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// How long a webhook that could not be stored counts.
const REMEMBERED: Duration = Duration::from_secs(5);

pub struct Health {
    pub store: Store,
    pub clock: Clock,
    pub routing: Live,
    pub metrics: Metrics,
    pub intake: Intake,
    /// Whether what is in SQLite's log cannot be written to its file.
    pub checkpoints_fail: watch::Receiver<bool>,
    probed: Mutex<Option<(Instant, Result<(), String>)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
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

impl RobotState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Idle => "idle",
            Self::Pacing => "pacing",
            Self::Paused => "paused",
            Self::Broken => "broken",
            Self::Unconfigured => "unconfigured",
        }
    }
}

/// A robot as operators see it. Never its URL.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Robot)]
pub struct RobotView {
    pub name: String,
    pub state: RobotState,
    #[serde(serialize_with = "rfc3339_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub paused_until: Millis,
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub reason: String,
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

    /// Whether somebody should look after it: it is broken, or something waits that nobody sends or that the last two
    /// messages did not bring further.
    pub const fn is_in_trouble(&self) -> bool {
        match self.state {
            RobotState::Broken => true,
            RobotState::Unconfigured => self.waiting > 0,
            _ => self.waiting > 0 && self.failures >= 2,
        }
    }
}

/// What waits for a robot is counted up to here where nobody has shown a token: a count costs as much as it counts.
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
    views.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(views)
}

/// Is the process alive?
#[utoipa::path(tag = "service", responses((status = 200, body = Object)))]
#[get("/healthz")]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// Can a webhook be stored? The robots and their troubles stand beside the answer and do not change it, because a
/// broken robot must not take the door out of a balancer.
#[utoipa::path(tag = "service", responses(
    (status = 200, body = Object),
    (status = 503, description = "A webhook could not be stored", body = Problem, content_type = "application/problem+json"),
))]
#[get("/readyz")]
pub async fn readyz(health: Data<Health>) -> Result<HttpResponse, Problem> {
    let checkpoints = if *health.checkpoints_fail.borrow() { "failing" } else { "ok" };
    // A task of its own, because a client that hangs up must not cut a transaction short.
    let report = actix_web::rt::spawn(async move {
        let storable = health.is_storable().await;
        let routing = health.routing.borrow().clone();
        (storable, robots(&health.store, &routing, health.clock.now()).await)
    });
    let (storable, robots) = report
        .await
        .map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("the check itself failed: {error}")))?;
    let robots = json!(robots.unwrap_or_default());
    match storable {
        Ok(()) => {
            Ok(HttpResponse::Ok().json(json!({ "status": "ready", "checkpoints": checkpoints, "robots": robots })))
        }
        Err(reason) => {
            let detail = format!("a webhook could not be stored: {reason}");
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).with("robots", robots))
        }
    }
}

/// For Prometheus
#[utoipa::path(tag = "service", responses((status = 200, body = String, content_type = METRICS_TYPE)))]
#[get("/metrics")]
pub async fn scrape(health: Data<Health>) -> HttpResponse {
    let (store, routing, now) = (health.store.clone(), health.routing.borrow().clone(), health.clock.now());
    let known = actix_web::rt::spawn(async move { robots(&store, &routing, now).await }).await;
    let robots = known.ok().and_then(Result::ok).unwrap_or_default();
    let snapshot = Snapshot {
        robots: robots.iter().map(|robot| gauges(robot, now)).collect(),
        wal_bytes: health.store.wal_bytes(),
        intake_queue_bytes: health.intake.queued_bytes(),
    };
    HttpResponse::Ok().content_type(METRICS_TYPE).body(health.metrics.render(&snapshot))
}

const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn gauges(robot: &RobotView, now: Millis) -> RobotGauges {
    RobotGauges {
        name: robot.name.clone(),
        is_configured: robot.state != RobotState::Unconfigured,
        is_paused: robot.paused_until > 0,
        is_broken: robot.state == RobotState::Broken,
        waiting: robot.waiting,
        oldest_waiting: if robot.waiting > 0 { (now - robot.oldest_waiting_at).max(0) } else { 0 },
    }
}

impl Health {
    pub fn new(
        store: Store,
        clock: Clock,
        routing: Live,
        metrics: Metrics,
        intake: Intake,
        checkpoints_fail: watch::Receiver<bool>,
    ) -> Self {
        Self { store, clock, routing, metrics, intake, checkpoints_fail, probed: Mutex::new(None) }
    }

    /// Whether a webhook could be stored, by a real write. Anybody may ask, so one answer serves a second,
    /// and askers wait for each other: they must not stand in the way of webhooks.
    async fn is_storable(&self) -> Result<(), String> {
        // What a probe finds fit may not have been fit for a webhook.
        let refused = self.intake.refused_at().map(|at| at.elapsed()).filter(|ago| *ago < REMEMBERED);
        if let Some(ago) = refused {
            return Err(format!("one could not be stored {} s ago", ago.as_secs()));
        }
        let mut probed = self.probed.lock().await;
        if let Some((at, answer)) = &*probed
            && at.elapsed() < PROBE_EVERY
        {
            return answer.clone();
        }
        let answer = self.store.probe(self.clock.now()).await.map_err(|error| error.to_string());
        if let Err(reason) = &answer {
            tracing::error!(reason, "not ready: a webhook could not be stored");
        }
        *probed = Some((Instant::now(), answer.clone()));
        answer
    }
}
