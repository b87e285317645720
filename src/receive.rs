//! The webhook endpoint: Harbor's webhook comes in, and is answered within 2.5 s, because Harbor gives up after 3.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, ResponseError, post};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use subtle::ConstantTimeEq;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

use crate::group_commit::{ARRIVAL_BYTES, Intake, Refusal};
use crate::http::body::collect;
use crate::http::origin::{Names, refuse_cross_site};
use crate::metrics::{Metrics, Received};
use crate::model::clock::{Clock, Millis};
use crate::model::harbor::{Ignored, Reading, Unreadable, read};
use crate::problem::Problem;
use crate::store::accept::Acceptance;
use crate::webhooks::{WebhookRequest, Webhooks};

pub const LARGEST_BODY: usize = 1024 * 1024;
const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);

/// What it takes to answer a webhook.
pub struct WebhookReceiver {
    pub intake: Intake,
    /// Wakes the comparison with Harbor, because something is being replicated; None where Harbor is not asked.
    pub runs: Option<watch::Sender<()>>,
    pub clock: Clock,
    /// What Harbor sends as `Authorization`; without it every webhook is accepted.
    pub authorization: Option<SecretString>,
    /// Those under which webhooks are taken without it.
    pub names: Names,
    /// Whether references that are no tags are notified of, too.
    pub digest_only: bool,
    pub metrics: Metrics,
    /// Where people see what was answered.
    pub webhooks: Arc<Webhooks>,
}

/// Take a webhook of Harbor's
///
/// Answered after it is stored. Harbor tries again after everything but a 2xx.
#[utoipa::path(
    tag = "webhook",
    request_body(content = Option<Object>, content_type = "application/json", description = "In Harbor's Default or CloudEvents format"),
    responses(
        (status = 202, description = "Stored", body = Receipt),
        (status = 200, description = "A duplicate, or ignored", body = Receipt),
        (status = 400, description = "Not JSON, not UTF-8, or broken off", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Authorization is not HARBOR_AUTH_HEADER", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another site's page, or without HARBOR_AUTH_HEADER a Host that is not this machine", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Larger than 1 MiB", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is missing or wrong; `pointer` says which", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not stored; try again", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[post("/webhook/harbor")]
pub async fn receive(
    request: HttpRequest,
    payload: Payload,
    receiver: Data<WebhookReceiver>,
) -> Result<HttpResponse, Problem> {
    let received_at = receiver.clock.now();
    let answered = receiver.answer(&request, payload).await.map_err(|refused| {
        // It may repeat a value of the body.
        let problem = refused.problem.rephrased(|detail| receiver.webhooks.excerpt(detail.as_bytes()));
        Refused { problem, ..refused }
    });
    if let Err(Refused { problem, .. }) = &answered {
        tracing::warn!(peer = request.peer_addr().map(tracing::field::display), %problem, "webhook refused");
    }
    let seen = receiver.seen(received_at, &request, &answered);
    receiver.metrics.received(seen.result);
    receiver.webhooks.add(seen);
    match answered {
        Ok(receipt @ Receipt::Accepted { .. }) => Ok(HttpResponse::Accepted().json(receipt)),
        Ok(receipt) => Ok(HttpResponse::Ok().json(receipt)),
        Err(refused) => Err(refused.problem),
    }
}

/// What Harbor is answered where there is no error.
#[derive(Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
enum Receipt {
    Accepted { event_id: String, deliveries: usize },
    Duplicate,
    Ignored { reason: &'static str },
}

/// Why a webhook was not taken, and its body, where that is why.
struct Refused {
    problem: Problem,
    body: Option<Vec<u8>>,
}

impl<P: Into<Problem>> From<P> for Refused {
    fn from(problem: P) -> Self {
        Self { problem: problem.into(), body: None }
    }
}

impl WebhookReceiver {
    async fn answer(&self, request: &HttpRequest, payload: Payload) -> Result<Receipt, Refused> {
        let deadline = Instant::now() + ANSWER_WITHIN;
        self.admit(request)?;
        let mut room = self.intake.room();
        let reading = collect(request, payload, LARGEST_BODY, |bytes| Ok(room.grow(bytes)?));
        let body =
            timeout_at(deadline, reading).await.map_err(|_| unavailable("the body did not arrive within 2.5 s"))??;
        let body = String::from_utf8(body).map_err(|error| Refused {
            problem: Problem::new(StatusCode::BAD_REQUEST, "the body is not UTF-8"),
            body: Some(error.into_bytes()),
        })?;
        let webhook = match read(&body, self.clock.now(), self.digest_only) {
            Ok(Reading::Event(webhook)) => webhook,
            Err(unreadable) => return Err(Refused { problem: unreadable.into(), body: Some(body.into_bytes()) }),
            Ok(Reading::Ignored(reason)) => {
                if let (Some(runs), Ignored::JobStatus) = (&self.runs, reason) {
                    runs.send_replace(());
                }
                tracing::info!(reason = reason.as_str(), "webhook ignored");
                return Ok(Receipt::Ignored { reason: reason.as_str() });
            }
        };
        // An arrival's key is longer than the few bytes that name it in the body.
        room.grow(webhook.arrivals.len() * ARRIVAL_BYTES)?;
        let (repository, registry) = (webhook.event.repository.clone(), webhook.event.registry.clone());
        let (versions, replication) = (webhook.event.listed(), webhook.event.outcome.as_str());
        let stored = timeout_at(deadline, self.intake.offer(*webhook, body, room))
            .await
            .map_err(|_| unavailable("the database did not store it within 2.5 s; try again"))??;
        Ok(match stored {
            Acceptance::Accepted { event_id, robots } => {
                tracing::info!(
                    event_id,
                    repository,
                    versions,
                    replication,
                    registry,
                    robots = robots.join(" "),
                    "event accepted"
                );
                Receipt::Accepted { event_id, deliveries: robots.len() }
            }
            Acceptance::Duplicate => {
                tracing::info!(repository, versions, replication, registry, "duplicate: every arrival is known");
                Receipt::Duplicate
            }
        })
    }

    /// A request with its answer, for people.
    fn seen(&self, received_at: Millis, request: &HttpRequest, answered: &Result<Receipt, Refused>) -> WebhookRequest {
        let peer = request.peer_addr().map(|peer| peer.ip());
        let seen = |status, result| WebhookRequest::new(received_at, peer, status, result);
        match answered {
            Ok(Receipt::Accepted { event_id, .. }) => {
                let event_id = Some(event_id.clone());
                WebhookRequest { event_id, ..seen(StatusCode::ACCEPTED, Received::Accepted) }
            }
            Ok(Receipt::Duplicate) => seen(StatusCode::OK, Received::Duplicate),
            Ok(Receipt::Ignored { reason }) => {
                WebhookRequest { reason: Some((*reason).into()), ..seen(StatusCode::OK, Received::Ignored) }
            }
            Err(Refused { problem, body }) => {
                let status = problem.status_code();
                let result = if status.is_server_error() { Received::Unavailable } else { Received::Refused };
                WebhookRequest {
                    reason: Some(self.webhooks.excerpt(problem.detail().as_bytes()).into()),
                    pointer: problem.pointer().map(str::to_owned),
                    body: body.as_ref().map(|body| self.webhooks.excerpt(body)),
                    ..seen(status, result)
                }
            }
        }
    }

    /// Harbor sends its *Auth Header* verbatim, blanks at its ends trimmed. Compared in constant time. Without one, a web
    /// page that is open on this machine could post as Harbor does.
    fn admit(&self, request: &HttpRequest) -> Result<(), Problem> {
        refuse_cross_site(request)?;
        let Some(expected) = &self.authorization else { return self.names.check(request, "HARBOR_AUTH_HEADER") };
        let given = request.headers().get(AUTHORIZATION).map(|value| value.as_bytes().trim_ascii()).unwrap_or_default();
        if bool::from(given.ct_eq(expected.expose_secret().trim().as_bytes())) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "Authorization does not match; set the webhook policy's Auth Header in Harbor to HARBOR_AUTH_HEADER",
        ))
    }
}

fn unavailable(detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}

impl From<Unreadable> for Problem {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::NotJson(_) => Self::new(StatusCode::BAD_REQUEST, unreadable.to_string()),
            Unreadable::Malformed { pointer, detail } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail).at(pointer)
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Refused => Self::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.to_string()).at(""),
            _ => Self::new(StatusCode::SERVICE_UNAVAILABLE, refusal.to_string()),
        }
    }
}
