//! The last requests at the webhook endpoint, as a page and as JSON.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Admin;
use super::access::Role;
use super::answers::Guarded;
use super::visitor::Visitor;
use crate::model::json::with;
use crate::problem::Problem;
use crate::render::text::steers;
use crate::webhooks::{Kept, WebhookRequest, Webhooks};

pub fn configure(config: &mut ServiceConfig) {
    config.service(list).service(page);
}

/// Show the last requests at the webhook endpoint, newest first
///
/// Up to 500 since this process started; it alone has them, and each replica has its own. Those that were refused with
/// 401 or 403 are at most 100 of them.
#[utoipa::path(tag = "webhook", security(("token" = [])), responses(
    (status = 200, body = WebhookRequests),
    Guarded,
))]
#[get("/api/v1/webhooks")]
pub(super) async fn list(request: HttpRequest, admin: Data<Admin>) -> Result<HttpResponse, Problem> {
    admin.access.admit(&request, Role::Read).await?;
    let kept = admin.webhooks.list();
    Ok(HttpResponse::Ok().json(WebhookRequests { items: kept.iter().map(|kept| &kept.request).collect() }))
}

#[derive(Serialize, ToSchema)]
struct WebhookRequests<'a> {
    #[schema(value_type = Vec<WebhookRequest>)]
    items: Vec<&'a WebhookRequest>,
}

#[get("/webhooks")]
async fn page(request: HttpRequest, admin: Data<Admin>) -> HttpResponse {
    let visitor = match Visitor::admitted(&admin, &request, Role::Read).await {
        Ok(visitor) => visitor,
        Err(response) => return response,
    };
    let view = json!({
        "webhooks": admin.webhooks.list().iter().map(|kept| row(&visitor, kept)).collect::<Vec<_>>(),
        "webhook_url": visitor.webhook_url(),
        "wants_auth_header": admin.wants_auth_header,
    });
    visitor.page(StatusCode::OK, "webhooks.html", None, view)
}

fn row(visitor: &Visitor<'_>, kept: &Arc<Kept>) -> Value {
    let request = &kept.request;
    let more = json!({
        "number": kept.number,
        "received_at": visitor.viewer().time(request.received_at),
        "body": request.body.as_deref().map(visible),
    });
    with(request, more)
}

/// What would not be seen, or would turn the order of what follows, as a sign of its own.
fn visible(text: &str) -> String {
    let sign = |character| if steers(character) && !matches!(character, '\n' | '\t') { '\u{fffd}' } else { character };
    text.chars().map(sign).collect()
}

/// What became of all since the start, for a page where nothing came of them.
pub(super) fn came(webhooks: &Webhooks) -> Value {
    let outcomes = webhooks.outcomes();
    // An outcome is the end of the page's word for it.
    let words = outcomes.iter().map(|(outcome, count)| json!({ "word": format!("came_{outcome}"), "webhooks": count }));
    json!({ "total": outcomes.values().sum::<u64>(), "outcomes": words.collect::<Vec<_>>() })
}
