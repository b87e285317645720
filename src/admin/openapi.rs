//! The API's own description, made from the handlers; and what a path that is not in it is told.

use actix_web::http::StatusCode;
use actix_web::http::header::ALLOW;
use actix_web::web::Json;
use actix_web::{HttpRequest, HttpResponse, ResponseError, get};
use utoipa::openapi::path::PathItem;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};

use crate::problem::Problem;
use crate::{health, receive};

#[derive(OpenApi)]
#[openapi(
    info(title = "harborbell", description = "Tells WeCom groups when Harbor has finished replicating an image."),
    paths(
        receive::receive,
        super::api::list,
        super::api::show,
        super::api::replay,
        super::api::replay_all,
        super::api::discard_all,
        super::arrivals::arrivals,
        super::api::robot_list,
        super::api::test_robot,
        health::healthz,
        health::readyz,
        health::scrape,
        document,
    ),
    modifiers(&Token),
)]
pub struct Api;

/// ADMIN_TOKEN or READ_TOKEN, where they are set.
struct Token;

impl Modify for Token {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        api.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// What every guarded call may answer.
#[derive(IntoResponses)]
pub enum Guarded {
    #[response(status = 401, description = "The token is missing or wrong", content_type = "application/problem+json")]
    Unauthorized(Problem),
    #[response(
        status = 403,
        description = "The token may not do this, or the request comes from another site",
        content_type = "application/problem+json"
    )]
    Forbidden(Problem),
    #[response(
        status = 429,
        description = "Too many wrong tokens from this address",
        content_type = "application/problem+json"
    )]
    TooMany(Problem),
    #[response(
        status = 503,
        description = "The database cannot be used now; try again",
        content_type = "application/problem+json"
    )]
    Unavailable(Problem),
}

/// What a list may answer beside that.
#[derive(IntoResponses)]
pub enum Queried {
    #[response(status = 400, description = "The query cannot be read", content_type = "application/problem+json")]
    BadRequest(Problem),
}

/// What concerns one thing may find that it is not there.
#[derive(IntoResponses)]
pub enum Named {
    #[response(status = 404, description = "There is no such thing", content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What a call with a body may answer beside that.
#[derive(IntoResponses)]
pub enum Posted {
    #[response(status = 400, description = "The body is not JSON", content_type = "application/problem+json")]
    BadRequest(Problem),
    #[response(
        status = 408,
        description = "The body did not arrive in time",
        content_type = "application/problem+json"
    )]
    TooLate(Problem),
    #[response(status = 413, description = "The body is too large", content_type = "application/problem+json")]
    TooLarge(Problem),
    #[response(status = 422, description = "A field is wrong", content_type = "application/problem+json")]
    Unprocessable(Problem),
}

/// This document
#[utoipa::path(tag = "service", responses((status = 200, description = "OpenAPI", body = Object)))]
#[get("/api/openapi.json")]
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}

/// What nothing else answers.
pub async fn elsewhere(request: HttpRequest) -> HttpResponse {
    let api = Api::openapi();
    let known = api.paths.paths.iter().find(|(template, _)| is_at(template, request.path()));
    let Some((_, item)) = known else {
        let detail = "there is nothing here; Harbor posts to /webhook/harbor, people begin at /";
        return Problem::new(StatusCode::NOT_FOUND, detail).error_response();
    };
    let allowed = methods(item);
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("this takes {allowed}"));
    let mut response = problem.error_response();
    response.headers_mut().insert(ALLOW, allowed.parse().expect("names of methods"));
    response
}

/// Whether a path is one that a template such as `/deliveries/{id}` stands for.
fn is_at(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

fn methods(item: &PathItem) -> String {
    let methods = [("GET", &item.get), ("POST", &item.post)];
    let methods: Vec<_> = methods.iter().filter(|(_, operation)| operation.is_some()).map(|(name, _)| *name).collect();
    methods.join(", ")
}
