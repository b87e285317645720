//! The API's own description, made from the handlers; and what a path that is not in it is answered.

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::ALLOW;
use actix_web::web::Json;
use actix_web::{HttpRequest, HttpResponse, get};
use utoipa::openapi::path::PathItem;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::visitor::Visitor;
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
        super::wait_for_arrival::arrivals,
        super::images::list,
        super::images::show,
        super::harbor::harbor,
        super::webhooks::list,
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

/// Made once: it takes a while, and anybody may ask for it.
static API: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(Api::openapi);

/// This document
#[utoipa::path(tag = "service", responses((status = 200, description = "OpenAPI", body = Object)))]
#[get("/api/openapi.json")]
pub async fn document() -> Json<&'static utoipa::openapi::OpenApi> {
    Json(&API)
}

/// What nothing else answers.
pub async fn elsewhere(request: HttpRequest) -> HttpResponse {
    let known = API.paths.paths.iter().find(|(template, _)| is_at(template, request.path()));
    let Some((_, item)) = known else {
        let detail = "there is nothing here; Harbor posts to /webhook/harbor, people begin at /";
        return Visitor::answer(&request, &Problem::new(StatusCode::NOT_FOUND, detail).word("problem_path"));
    };
    let allowed = methods(item);
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("only {allowed} is allowed"));
    let mut response = Visitor::answer(&request, &problem.word_with("problem_method", &allowed));
    response.headers_mut().insert(ALLOW, allowed.parse().expect("names of methods"));
    response
}

/// Whether a path is one that a template such as `/deliveries/{id}` matches.
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
    let methods = [("GET, HEAD", &item.get), ("POST", &item.post)];
    let methods: Vec<_> = methods.iter().filter(|(_, operation)| operation.is_some()).map(|(name, _)| *name).collect();
    methods.join(", ")
}
