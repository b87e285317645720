//! The page: rendered here, without a build step, and usable without a script. One template a view; the words
//! are in a table for each language.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, get};
use serde_json::{Value, json};

use super::access::Role;
use super::page_query::{LIST, PageQuery, in_words};
use super::templates::{SCRIPT, STYLE};
use super::views::harbor_link;
use super::visitor::Visitor;
use super::webhooks::came;
use super::wecom_html::to_html;
use super::{Admin, apart, chart};
use crate::model::json::with;
use crate::problem::Problem;
use crate::robots::robots;
use crate::store::views::ChangeView;

/// Deliveries on a page.
const ROWS: usize = 50;
pub fn configure(config: &mut ServiceConfig) {
    // Before `/deliveries/{id}`, which would take its name for an id.
    config.service(notifications).service(confirm).service(one_delivery).service(sign_in).service(asset);
}

#[get("/notifications")]
async fn notifications(request: HttpRequest, query: Query<PageQuery>, admin: Data<Admin>) -> HttpResponse {
    let visitor = match Visitor::admitted(&admin, &request, Role::Read).await {
        Ok(visitor) => visitor,
        Err(response) => return response,
    };
    match deliveries(&visitor, &query).await {
        Ok(view) => visitor.page(StatusCode::OK, "deliveries.html", query.notice(&visitor), view),
        Err(problem) => visitor.problem(&problem),
    }
}

async fn deliveries(visitor: &Visitor<'_>, query: &PageQuery) -> Result<Value, Problem> {
    let (admin, viewer) = (visitor.admin, visitor.viewer());
    let filter = query.filter(admin)?;
    let after = admin.position(query.cursor()).await?;
    let (store, wanted, routing, now) = (admin.store.clone(), filter.clone(), admin.routing(), viewer.now);
    let asked_test = query.test().map(str::to_owned);
    let (page, counts, mut robots, hours, test, is_empty, looks) = apart(async move {
        let page = store.list(&wanted, ROWS, after.as_ref()).await?;
        let is_empty = page.items.is_empty() && !store.has_events().await?;
        let counts = store.counts(&wanted).await?;
        let robots = robots(&store, &routing, now).await?;
        let hours = chart::hours(now);
        let hours = (store.hours_of_outcomes(&hours).await?, store.hours(&hours, &chart::states()).await?);
        let test = match asked_test {
            Some(change) => store.test(&change).await?,
            None => None,
        };
        Ok((page, counts, robots, hours, test, is_empty, store.looks().await?))
    })
    .await?;
    let robot_names: Vec<_> = robots.iter().map(|robot| robot.name.clone()).collect();
    robots.sort_by_key(|robot| !robot.is_in_trouble());
    let view = json!({
        "robots": robots.iter().map(|robot| viewer.robot(robot)).collect::<Vec<_>>(),
        "harbor": viewer.harbor(&admin.harbor.borrow()),
        "robot_names": robot_names,
        "hours": chart::picture(&hours.0, &hours.1, now, &admin.timezone),
        "test": test.map(|test| viewer.test(&test)),
        "tabs": query.tabs(&counts),
        "filter": query.view(&filter, admin),
        "deliveries": page.items.iter().map(|delivery| viewer.row(delivery, &robots)).collect::<Vec<_>>(),
        "here": query.here(),
        "next_href": page.next_cursor.map(|cursor| query.after(&cursor)),
        "first_href": query.cursor().map(|_| query.first()),
        "bulk": query.bulk(&filter, &counts, now),
        "retention": viewer.retention(looks),
        "is_fresh": is_empty,
        "robots_shown": true,
    });
    Ok(with(view, fresh(visitor)))
}

/// What one needs who has just begun: where Harbor's webhooks go, and what became of those that came.
pub(super) fn fresh(visitor: &Visitor<'_>) -> Value {
    json!({
        "came": came(&visitor.admin.webhooks),
        "webhook_url": visitor.webhook_url(),
        "wants_auth_header": visitor.admin.wants_auth_header,
    })
}

#[get("/deliveries/{id}")]
async fn one_delivery(
    request: HttpRequest,
    id: Path<String>,
    query: Query<PageQuery>,
    admin: Data<Admin>,
) -> HttpResponse {
    let visitor = match Visitor::admitted(&admin, &request, Role::Read).await {
        Ok(visitor) => visitor,
        Err(response) => return response,
    };
    match details(&visitor, &admin, id.into_inner()).await {
        Ok(view) => visitor.page(StatusCode::OK, "delivery.html", query.notice(&visitor), view),
        Err(problem) => visitor.problem(&problem),
    }
}

async fn details(visitor: &Visitor<'_>, admin: &Data<Admin>, id: String) -> Result<Value, Problem> {
    let viewer = visitor.viewer();
    let body = admin.clone().into_inner().detail(id).await?;
    let (store, routing, now) = (admin.store.clone(), admin.routing(), viewer.now);
    let format = routing.format(&body.detail.delivery.robot);
    let (event_id, robot) = (body.detail.delivery.event.id.clone(), body.detail.delivery.robot.clone());
    let (robots, related) =
        apart(async move { Ok((robots(&store, &routing, now).await?, store.related(&event_id, &robot).await?)) })
            .await?;
    let delivery = &body.detail.delivery;
    let payload = body.detail.payload.get();
    // What a lone surrogate or a number beyond all bounds keeps from being read is shown as it came.
    let payload = serde_json::from_str(payload).map_or_else(|_| payload.to_owned(), |read: Value| format!("{read:#}"));
    Ok(json!({
        "delivery": viewer.whole(delivery, &robots),
        "robot_view": robots.iter().find(|robot| robot.name == delivery.robot).map(|robot| viewer.robot(robot)),
        "message_html": to_html(&body.message, format, &body.detail.notice.mentions),
        "payload": payload,
        "harbor_link": harbor_link(&admin.renderer, delivery),
        "attempts": body.detail.attempt_log.iter().rev().map(|attempt| viewer.attempt(attempt)).collect::<Vec<_>>(),
        "changes": body.detail.changes.iter().map(|change| one_change(visitor, change)).collect::<Vec<_>>(),
        "related": viewer.related(&related),
        "back_href": LIST,
    }))
}

fn one_change(visitor: &Visitor<'_>, change: &ChangeView) -> Value {
    let filter = change.filter.as_ref();
    let conditions = filter.map(|filter| in_words(visitor, |key| filter[key].as_str().unwrap_or_default().to_owned()));
    with(change, json!({ "at": visitor.viewer().time(change.at), "conditions": conditions }))
}

/// How many would be changed, before they are.
#[get("/deliveries/confirm")]
async fn confirm(request: HttpRequest, query: Query<PageQuery>, admin: Data<Admin>) -> HttpResponse {
    let visitor = match Visitor::admitted(&admin, &request, Role::Admin).await {
        Ok(visitor) => visitor,
        Err(response) => return response,
    };
    let counted = async {
        let (_, filter) = query.change(visitor.admin)?;
        let query = query.fixed(&filter, admin.clock.now());
        let (verb, filter) = query.change(visitor.admin)?;
        Ok::<_, Problem>((query, verb, admin.clone().into_inner().count(filter).await?))
    };
    match counted.await {
        Ok((query, verb, count)) => {
            let view = json!({
                "verb": verb.as_str(),
                "state": query.state(),
                "count": count,
                "conditions": query.conditions(&visitor),
                "action": "/deliveries/matching",
                "fields": query.fields(),
                "back_href": query.first(),
            });
            visitor.page(StatusCode::OK, "confirm.html", None, view)
        }
        Err(problem) => visitor.problem(&problem),
    }
}

#[get("/sign-in")]
async fn sign_in(request: HttpRequest, admin: Data<Admin>) -> HttpResponse {
    Visitor::unknown(&admin, &request).page(
        StatusCode::OK,
        "sign_in.html",
        None,
        json!({ "next": "/", "wrong": false }),
    )
}

/// Named with their content's hash, so a browser may keep them for ever.
#[get("/assets/{name}")]
async fn asset(name: Path<String>) -> Result<HttpResponse, Problem> {
    let (kind, content) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "live.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return Err(Problem::new(StatusCode::NOT_FOUND, "there is no such file")),
    };
    let forever = (CACHE_CONTROL, "public, max-age=31536000, immutable");
    Ok(HttpResponse::Ok().content_type(kind).insert_header(forever).body(content))
}
