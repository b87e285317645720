//! The API of deliveries and robots. What is not here is in `wait_for_arrival.rs` and `harbor.rs`.

use std::sync::Arc;

use actix_web::error::{InternalError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path, Payload, Query, QueryConfig, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::access::Role;
use super::answers::{Guarded, Named, Posted, Queried};
use super::query::{ChangeRequest, ListQuery, bad, unprocessable};
use super::visitor::Visitor;
use super::{Admin, actor, apart};
use crate::http::body::json as json_body;
use crate::model::actor::{Actor, Via};
use crate::model::clock::Millis;
use crate::model::delivery::{State, Verb};
use crate::problem::Problem;
use crate::render::Renderer;
use crate::robots::{RobotView, robots};
use crate::route::Routing;
use crate::store::change::Changed;
use crate::store::filter::Position;
use crate::store::test_message::Requested;
use crate::store::views::{Detail, Page};

pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(QueryConfig::default().error_handler(bad_query))
        .service(list)
        .service(replay_all)
        .service(discard_all)
        .service(show)
        .service(replay)
        .service(robot_list)
        .service(test_robot);
}

fn bad_query(error: QueryPayloadError, request: &HttpRequest) -> actix_web::Error {
    let detail = error.to_string();
    let detail = format!("the query is wrong: {}", detail.trim_start_matches("Query deserialize error: "));
    let answer = Visitor::answer(request, &bad(detail).word("problem_query"));
    InternalError::from_response(error, answer).into()
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryDetail {
    #[serde(flatten)]
    pub detail: Detail,
    /// What would be sent now.
    pub message: String,
}

impl DeliveryDetail {
    pub fn of(detail: Detail, renderer: &Renderer, routing: &Routing, now: Millis) -> Self {
        let format = routing.format(&detail.delivery.robot);
        let message = renderer.render(&[&detail.notice], now, format).content;
        Self { detail, message }
    }
}

/// List deliveries, newest first
#[utoipa::path(tag = "deliveries", params(ListQuery), security(("token" = [])), responses(
    (status = 200, body = Page),
    Queried,
    Guarded,
))]
#[get("/api/v1/deliveries")]
async fn list(request: HttpRequest, query: Query<ListQuery>, admin: Data<Admin>) -> Result<Json<Page>, Problem> {
    admin.access.admit(&request, Role::Read).await?;
    let (filter, limit) = (query.filter(&admin.timezone, admin.clock.now())?, query.limit()?);
    let after = admin.position(query.cursor.as_deref()).await?;
    let page = apart(async move { admin.store.list(&filter, limit, after.as_ref()).await }).await?;
    Ok(Json(page))
}

/// Show one delivery with its payload, its message, its attempts and what operators did to it
#[utoipa::path(tag = "deliveries", params(("id" = String, Path)), security(("token" = [])), responses(
    (status = 200, body = DeliveryDetail),
    Named,
    Guarded,
))]
#[get("/api/v1/deliveries/{id}")]
async fn show(request: HttpRequest, id: Path<String>, admin: Data<Admin>) -> Result<Json<DeliveryDetail>, Problem> {
    admin.access.admit(&request, Role::Read).await?;
    Ok(Json(admin.into_inner().detail(id.into_inner()).await?))
}

/// Send one finished delivery again
#[utoipa::path(tag = "deliveries", params(("id" = String, Path)), security(("token" = [])), responses(
    (status = 202, body = Replayed),
    (status = 409, description = "It is pending, sending or superseded", body = Problem, content_type = "application/problem+json"),
    Named,
    Guarded,
))]
#[post("/api/v1/deliveries/{id}/replay")]
async fn replay(request: HttpRequest, id: Path<String>, admin: Data<Admin>) -> Result<HttpResponse, Problem> {
    admin.access.admit(&request, Role::Admin).await?;
    let id = id.into_inner();
    match admin.into_inner().change(Verb::Replay, id.clone(), actor(&request, Via::Api)).await? {
        Changed::Yes { .. } => Ok(HttpResponse::Accepted().json(Replayed { id, state: State::Pending })),
        Changed::Refused(state) => {
            Err(Problem::new(StatusCode::CONFLICT, format!("it is {state}; only what is finished can be replayed")))
        }
        Changed::Unknown => Err(unknown(&id)),
    }
}

#[derive(Serialize, ToSchema)]
struct Replayed {
    id: String,
    state: State,
}

/// Send all again that match
#[utoipa::path(tag = "deliveries", request_body = ChangeRequest, security(("token" = [])), responses(
    (status = 200, body = ReplayedAll),
    Posted,
    Guarded,
))]
#[post("/api/v1/deliveries/replay")]
async fn replay_all(request: HttpRequest, body: Payload, admin: Data<Admin>) -> Result<Json<ReplayedAll>, Problem> {
    let (matched, replayed) = change_all(request, Verb::Replay, body, admin).await?;
    Ok(Json(ReplayedAll { matched, replayed }))
}

#[derive(Serialize, ToSchema)]
struct ReplayedAll {
    matched: u64,
    replayed: u64,
}

/// End all that wait and match, so that they are not sent
#[utoipa::path(tag = "deliveries", request_body = ChangeRequest, security(("token" = [])), responses(
    (status = 200, body = DiscardedAll),
    Posted,
    Guarded,
))]
#[post("/api/v1/deliveries/discard")]
async fn discard_all(request: HttpRequest, body: Payload, admin: Data<Admin>) -> Result<Json<DiscardedAll>, Problem> {
    let (matched, discarded) = change_all(request, Verb::Discard, body, admin).await?;
    Ok(Json(DiscardedAll { matched, discarded }))
}

#[derive(Serialize, ToSchema)]
struct DiscardedAll {
    matched: u64,
    discarded: u64,
}

async fn change_all(
    request: HttpRequest,
    verb: Verb,
    body: Payload,
    admin: Data<Admin>,
) -> Result<(u64, u64), Problem> {
    admin.access.admit(&request, Role::Admin).await?;
    let change: ChangeRequest = json_body(&request, body).await?;
    verb.check(change.state).map_err(|detail| unprocessable(detail).at("/state"))?;
    let filter = change.filter(&admin.timezone, admin.clock.now())?;
    let admin = admin.into_inner();
    if change.dry_run == Some(true) {
        return Ok((admin.count(filter).await?, 0));
    }
    let changed = admin.change_all(verb, filter, actor(&request, Via::Api)).await?;
    Ok((changed, changed))
}

/// List robots and how they are
#[utoipa::path(tag = "robots", security(("token" = [])), responses(
    (status = 200, body = Robots),
    Guarded,
))]
#[get("/api/v1/robots")]
async fn robot_list(request: HttpRequest, admin: Data<Admin>) -> Result<Json<Robots>, Problem> {
    admin.access.admit(&request, Role::Read).await?;
    let items = apart(async move { robots(&admin.store, &admin.routing(), admin.clock.now()).await }).await?;
    Ok(Json(Robots { items }))
}

#[derive(Serialize, ToSchema)]
struct Robots {
    items: Vec<RobotView>,
}

/// Send a test message in the robot's next slot
#[utoipa::path(tag = "robots", params(("name" = String, Path)), security(("token" = [])), responses(
    (status = 202, description = "It is on its way", body = TestMessage),
    Named,
    Guarded,
))]
#[post("/api/v1/robots/{name}/test")]
async fn test_robot(request: HttpRequest, name: Path<String>, admin: Data<Admin>) -> Result<HttpResponse, Problem> {
    admin.access.admit(&request, Role::Admin).await?;
    let by = actor(&request, Via::Api);
    let Requested { message_id, .. } = admin.into_inner().test(name.into_inner(), by).await?;
    Ok(HttpResponse::Accepted().json(TestMessage { message_id }))
}

#[derive(Serialize, ToSchema)]
struct TestMessage {
    message_id: String,
}

impl Admin {
    /// Where a page begins; an error if the cursor is none of ours.
    pub(super) async fn position(&self, cursor: Option<&str>) -> Result<Option<Position>, Problem> {
        let Some(cursor) = cursor else { return Ok(None) };
        let (store, cursor) = (self.store.clone(), cursor.to_owned());
        let position = apart(async move { store.position(&cursor).await }).await?;
        let unknown = || bad("this cursor is unknown; take `next_cursor` of the page before").word("problem_cursor");
        Ok(Some(position.ok_or_else(unknown)?))
    }

    pub(super) async fn count(self: Arc<Self>, filter: crate::store::filter::Filter) -> Result<u64, Problem> {
        let count = apart(async move { self.store.count(&filter).await }).await?;
        Ok(count.unsigned_abs())
    }

    pub(super) async fn detail(self: Arc<Self>, id: String) -> Result<DeliveryDetail, Problem> {
        let (store, wanted) = (self.store.clone(), id.clone());
        let detail = apart(async move { store.show(&wanted).await }).await?.ok_or_else(|| unknown(&id))?;
        Ok(DeliveryDetail::of(detail, &self.renderer, &self.routing(), self.clock.now()))
    }

    /// Asks for a test message.
    pub(super) async fn test(self: Arc<Self>, robot: String, actor: Actor) -> Result<Requested, Problem> {
        let is_configured = self.routing().robot(&robot).is_some();
        let (admin, name, asker) = (self.clone(), robot.clone(), actor.clone());
        let asked = if is_configured {
            apart(async move { admin.store.request_test(&name, &asker, admin.clock.now()).await }).await?
        } else {
            None
        };
        let asked = asked.ok_or_else(|| {
            Problem::new(StatusCode::NOT_FOUND, "no robot of this name is configured")
                .with("robot", json!(&robot))
                .word_with("problem_robot", robot.clone())
        })?;
        let (Actor { via, by }, Requested { message_id, change_id }) = (&actor, &asked);
        tracing::info!(robot, %via, by, message_id, change_id, "a test message was asked for by an operator");
        self.nudge.send_replace(());
        Ok(asked)
    }
}

pub(super) fn unknown(id: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such delivery; what ended longer ago than RETENTION is removed")
        .with("id", json!(id))
        .word("problem_delivery")
}
