//! Health: is the process alive, can a webhook be stored, and how are the robots? And metrics.
//!
//! Anybody may ask, so an answer serves for a second, costs the same whatever waits, and has no text of others in it:
//! those are for who shows a token.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use crate::group_commit::Intake;
use crate::metrics::{Form, Metrics, RobotGauges, Snapshot};
use crate::model::clock::{Clock, Millis};
use crate::model::harbor_status::HarborStatus;
use crate::model::json::rfc3339_or_null;
use crate::model::outcome::errcode_of;
use crate::problem::Problem;
use crate::robots::{MOST_COUNTED, RobotState, RobotView, robots_up_to};
use crate::route::Live;
use crate::store::Store;

/// How long an answer serves.
const ANSWER_SERVES: Duration = Duration::from_secs(1);
/// How long a webhook that could not be stored counts.
const REMEMBERED: Duration = Duration::from_secs(5);

/// The latest answer to a question; who asks meanwhile waits for it.
pub type Latest<T> = Mutex<Option<(Instant, T)>>;

/// Whether a request shows a token.
pub type ShowsToken = Box<dyn Fn(&HttpRequest) -> bool + Send + Sync>;

pub struct Health {
    pub store: Store,
    pub clock: Clock,
    pub routing: Live,
    pub metrics: Metrics,
    pub intake: Intake,
    /// Whether what is in SQLite's log cannot be written to its file.
    pub checkpoints_fail: watch::Receiver<bool>,
    pub harbor: watch::Receiver<HarborStatus>,
    pub shows_token: ShowsToken,
    pub probed: Latest<Result<(), String>>,
    pub robots: Latest<Vec<RobotView>>,
}

/// Is the process alive?
#[utoipa::path(tag = "service", responses((status = 200, body = Object)))]
#[get("/healthz")]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// Can a webhook be stored? The robots, Harbor's API and their errors are listed beside the answer and do not change it,
/// because a broken robot must not take the webhook endpoint out of a balancer. Texts of others are only for who shows a
/// token.
#[utoipa::path(tag = "service", responses(
    (status = 200, body = Object),
    (status = 503, description = "A webhook could not be stored", body = Problem, content_type = "application/problem+json"),
))]
#[get("/readyz")]
pub async fn readyz(request: HttpRequest, health: Data<Health>) -> Result<HttpResponse, Problem> {
    let shows_token = (health.shows_token)(&request);
    let checkpoints = if *health.checkpoints_fail.borrow() { "failing" } else { "ok" };
    let harbor = harbor(&health.harbor.borrow(), shows_token);
    // A task of its own, because a client that hangs up must not cut a transaction short.
    let report = actix_web::rt::spawn(async move { (health.is_storable().await, health.robots().await) });
    let (storable, robots) = report.await.map_err(|error| {
        tracing::error!(%error, "the check of health itself failed");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the check itself failed; harborbell's log says why")
    })?;
    let robots = if shows_token { json!(robots) } else { robots.iter().map(without_texts).collect() };
    match storable {
        Ok(()) => {
            let ready = json!({ "status": "ready", "checkpoints": checkpoints, "harbor": harbor, "robots": robots });
            Ok(HttpResponse::Ok().json(ready))
        }
        Err(reason) => {
            let reason = if shows_token { reason.as_str() } else { "harborbell's log says why" };
            let detail = format!("a webhook could not be stored: {reason}");
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).with("harbor", harbor).with("robots", robots))
        }
    }
}

fn harbor(harbor: &HarborStatus, shows_token: bool) -> Value {
    let since = rfc3339_or_null(&harbor.since, serde_json::value::Serializer).unwrap_or_default();
    let mut shown = json!({ "state": harbor.state, "since": since });
    if shows_token {
        let error = &harbor.last_error;
        shown["last_error"] = if error.is_empty() { Value::Null } else { error.as_str().into() };
    }
    shown
}

/// What WeCom says has addresses in it; its number is enough to know what is wrong.
fn without_texts(robot: &RobotView) -> Value {
    let time = |at: &Millis| rfc3339_or_null(at, serde_json::value::Serializer).unwrap_or_default();
    json!({
        "name": robot.name,
        "state": robot.state,
        "paused_until": time(&robot.paused_until),
        "errcode": errcode_of(&robot.last_error),
        "failures": robot.failures,
        "next_slot_at": time(&robot.next_slot_at),
        "waiting": robot.waiting,
        "oldest_waiting_at": time(&robot.oldest_waiting_at),
    })
}

/// For Prometheus
#[utoipa::path(tag = "service", responses((status = 200, content(
    (String = "text/plain; version=0.0.4"),
    (String = "application/openmetrics-text; version=1.0.0"),
))))]
#[get("/metrics")]
pub async fn scrape(request: HttpRequest, health: Data<Health>) -> HttpResponse {
    let accepted = request.headers().get(ACCEPT).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    let form = Form::accepted(accepted);
    let now = health.clock.now();
    let asked = health.clone();
    let robots = actix_web::rt::spawn(async move { asked.robots().await }).await.unwrap_or_default();
    let snapshot = Snapshot {
        robots: robots.iter().map(|robot| gauges(robot, now)).collect(),
        wal_bytes: health.store.wal_bytes(),
        intake_queue_bytes: health.intake.queued_bytes(),
        harbor: health.harbor.borrow().clone(),
    };
    let body = health.metrics.render(&snapshot, form);
    HttpResponse::Ok().content_type(form.content_type()).insert_header((VARY, "accept")).body(body)
}

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
    /// All robots, with what waits counted up to a bound; none where the database cannot be asked.
    async fn robots(&self) -> Vec<RobotView> {
        let mut latest = self.robots.lock().await;
        if let Some((at, robots)) = &*latest
            && at.elapsed() < ANSWER_SERVES
        {
            return robots.clone();
        }
        let routing = self.routing.borrow().clone();
        let robots = robots_up_to(&self.store, &routing, self.clock.now(), MOST_COUNTED).await;
        let robots = robots.unwrap_or_else(|error| {
            tracing::error!(%error, "cannot look at the robots");
            Vec::new()
        });
        *latest = Some((Instant::now(), robots.clone()));
        robots
    }

    /// Whether a webhook could be stored, by a real write. Anybody may ask, so one answer serves a second,
    /// and askers wait for each other: they must not delay webhooks.
    async fn is_storable(&self) -> Result<(), String> {
        // What a probe finds fit may not have been fit for a webhook.
        let refused = self.intake.refused_at().map(|at| at.elapsed()).filter(|ago| *ago < REMEMBERED);
        if let Some(ago) = refused {
            return Err(format!("one could not be stored {} s ago", ago.as_secs()));
        }
        let mut probed = self.probed.lock().await;
        if let Some((at, answer)) = &*probed
            && at.elapsed() < ANSWER_SERVES
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
