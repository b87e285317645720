//! What operators and pipelines see and do over HTTP: the page and the API, both behind the same two tokens.

pub mod access;
pub mod advice;
pub mod answers;
pub mod api;
mod board;
mod chart;
mod forms;
mod harbor;
mod image;
mod images;
pub mod openapi;
mod page;
mod page_query;
mod preferences;
mod query;
mod templates;
mod views;
mod visitor;
mod wait_for_arrival;
mod webhooks;
pub mod wecom_html;

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::ServiceConfig;
use jiff::tz::TimeZone;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::harbor::connection::Connection;
use crate::metrics::Metrics;
use crate::model::actor::{Actor, Via};
use crate::model::clock::Clock;
use crate::model::delivery::{State, Verb};
use crate::model::harbor_status::HarborStatus;
use crate::problem::Problem;
use crate::render::Renderer;
use crate::route::{Live, Routing};
use crate::store::change::Changed;
use crate::store::filter::Filter;
use crate::store::{Store, StoreError};
use crate::webhooks::Webhooks;
use access::Access;
pub use templates::Pages;

/// What page and API need to know.
pub struct Admin {
    pub store: Store,
    pub clock: Clock,
    pub access: Arc<Access>,
    pub renderer: Arc<Renderer>,
    pub timezone: TimeZone,
    pub routing: Live,
    pub metrics: Metrics,
    /// The last requests at the webhook endpoint.
    pub webhooks: Arc<Webhooks>,
    /// How Harbor's API is.
    pub harbor: watch::Receiver<HarborStatus>,
    /// Harbor's API, where it is asked.
    pub harbor_api: Option<Arc<Connection>>,
    /// Wakes the lanes, and whoever waits for an arrival, because there is something to look at.
    pub nudge: watch::Sender<()>,
    /// Ends the waiting when the service stops.
    pub stopping: CancellationToken,
    /// Where Harbor should send its webhooks, where `PUBLIC_URL` says that.
    pub webhook_url: Option<String>,
    /// Whether Harbor must send an Auth Header.
    pub wants_auth_header: bool,
    pub pages: Pages,
}

pub fn configure(config: &mut ServiceConfig) {
    api::configure(config);
    config
        .service(wait_for_arrival::arrivals)
        .service(images::list)
        .service(images::show)
        .service(harbor::harbor)
        .service(openapi::document);
    config.service(board::board).service(image::image_page);
    webhooks::configure(config);
    page::configure(config);
    forms::configure(config);
}

impl Admin {
    /// The active routing.
    fn routing(&self) -> Arc<Routing> {
        self.routing.borrow().clone()
    }

    /// Changes all that match, in one transaction, and says how many.
    async fn change_all(self: Arc<Self>, verb: Verb, filter: Filter, actor: Actor) -> Result<u64, Problem> {
        let (admin, by) = (self.clone(), actor.clone());
        let changed = apart(async move { admin.store.change_all(verb, &filter, &by, admin.clock.now()).await }).await?;
        for (robot, deliveries) in &changed.robots {
            self.changed(verb, robot, *deliveries, &actor, &changed.change_id);
        }
        Ok(changed.deliveries())
    }

    async fn change(self: Arc<Self>, verb: Verb, id: String, actor: Actor) -> Result<Changed, Problem> {
        let (admin, by) = (self.clone(), actor.clone());
        let changed = apart(async move { admin.store.change(verb, &id, &by, admin.clock.now()).await }).await?;
        if let Changed::Yes { robot, change_id } = &changed {
            self.changed(verb, robot, 1, &actor, change_id);
        }
        Ok(changed)
    }

    fn changed(&self, verb: Verb, robot: &str, deliveries: u64, Actor { via, by }: &Actor, change_id: &str) {
        let state = match verb {
            Verb::Replay => State::Pending,
            Verb::Discard => State::Discarded,
        };
        tracing::info!(robot, deliveries, %via, by, change_id, "{} by an operator", verb.done());
        self.metrics.came_to(state, robot, deliveries);
        self.nudge.send_replace(());
    }
}

/// Who asks for a change: the address at the other end of the connection, which behind a proxy is the proxy's.
fn actor(request: &HttpRequest, via: Via) -> Actor {
    Actor { via, by: request.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default() }
}

/// Work on the database in a task of its own: a client that hangs up must not cut it short.
async fn apart<T: 'static>(work: impl Future<Output = Result<T, StoreError>> + 'static) -> Result<T, Problem> {
    let done = actix_web::rt::spawn(work).await;
    let done = done.map_err(|error| {
        tracing::error!(%error, "a request's work ended by itself");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "this failed; harborbell's log says why").word("problem_failed")
    })?;
    Ok(done?)
}
