//! How the stand-in answers: as a running Harbor 2.15.2 does, its errors and empty pages included.

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Asked, Fault, Shared, id_of};

/// A webhook is tried so many times before it is lost.
const TRIES: i64 = 3;

#[derive(Deserialize)]
pub(super) struct Paging {
    page: Option<usize>,
    page_size: Option<usize>,
}

/// Who asks, and whether he may. An error is the answer.
async fn admit(request: &HttpRequest, shared: &Shared, permission: &'static str) -> Result<(), HttpResponse> {
    let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (fault, is_refused, is_denied) = {
        let mut state = shared.state();
        let (method, path) = (request.method().to_string(), request.path().to_owned());
        let of_path = state.faults.iter().find(|(end, _)| path.ends_with(end.as_str()));
        let fault = of_path.map(|(_, fault)| fault.clone()).or_else(|| state.fault.clone());
        state.asked.push(Asked { method, path, authorization: authorization.clone() });
        (fault, state.refuses_account, state.denied.contains(&permission))
    };
    match fault {
        Some(Fault::Status(status)) => return Err(refusal(status, "internal server error")),
        Some(Fault::Repeat(status)) => return Err(refusal(status, authorization.as_deref().unwrap_or_default())),
        Some(Fault::Html) => return Err(HttpResponse::Ok().content_type("text/html").body("<html>Harbor</html>")),
        Some(Fault::Long(bytes)) => return Err(HttpResponse::Ok().body(format!("[\"{}\"]", "x".repeat(bytes)))),
        Some(Fault::Cut) => {
            let begun = [Ok(web::Bytes::from_static(b"2024")), Err(std::io::Error::other("cut"))];
            return Err(HttpResponse::Ok().streaming(futures_util::stream::iter(begun)));
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Redirect(to)) => return Err(HttpResponse::Found().insert_header(("location", to)).finish()),
        Some(Fault::Slow(length)) => tokio::time::sleep(length).await,
        None => {}
    }
    if permission.is_empty() {
        return Ok(());
    }
    if is_refused || authorization.is_none() {
        return Err(HttpResponse::Unauthorized().json(errors("UNAUTHORIZED", "unauthorized")));
    }
    if is_denied {
        return Err(HttpResponse::Forbidden().json(errors("FORBIDDEN", "robot$harborbell")));
    }
    Ok(())
}

fn refusal(status: u16, message: &str) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).json(errors("INTERNAL_ERROR", message))
}

fn errors(code: &str, message: &str) -> Value {
    json!({ "errors": [{ "code": code, "message": message }] })
}

/// One page of a list, which is empty behind the last.
fn page(items: Vec<Value>, paging: &Paging) -> HttpResponse {
    let size = paging.page_size.unwrap_or(10);
    if size > 100 {
        let message = "validation failure list:\npage_size in query should be less than or equal to 100";
        return HttpResponse::UnprocessableEntity().json(errors("UNPROCESSABLE_ENTITY", message));
    }
    let total = items.len().to_string();
    let items: Vec<_> = items.into_iter().skip((paging.page.unwrap_or(1).max(1) - 1) * size).take(size).collect();
    HttpResponse::Ok().insert_header(("x-total-count", total)).json(items)
}

fn not_found() -> HttpResponse {
    HttpResponse::NotFound().json(errors("NOT_FOUND", "not found"))
}

type Answered = Result<HttpResponse, HttpResponse>;

fn either(answered: Answered) -> HttpResponse {
    answered.unwrap_or_else(|refused| refused)
}

pub(super) async fn system_info(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    either(admit(&request, &shared, "").await.map(|()| {
        let state = shared.state();
        if state.refuses_account {
            // As to anybody who has not signed in.
            return HttpResponse::Ok().json(json!({ "auth_mode": "db_auth", "self_registration": false }));
        }
        let now = state.now.clone().unwrap_or_else(|| crate::model::json::utc(now()).to_string());
        HttpResponse::Ok().json(json!({
            "external_url": state.external_url,
            "harbor_version": "v2.15.2",
            "current_time": now,
            "auth_mode": "db_auth",
        }))
    }))
}

fn now() -> i64 {
    crate::model::clock::Clock::System.now()
}

pub(super) async fn list_executions(request: HttpRequest, shared: Data<Shared>, paging: Query<Paging>) -> HttpResponse {
    either(
        admit(&request, &shared, "replication:list")
            .await
            .map(|()| page(shared.state().executions.values().rev().cloned().collect(), &paging)),
    )
}

pub(super) async fn get_execution(request: HttpRequest, shared: Data<Shared>, id: Path<i64>) -> HttpResponse {
    either(
        admit(&request, &shared, "replication:read").await.map(|()| {
            shared.state().executions.get(&id).map_or_else(not_found, |found| HttpResponse::Ok().json(found))
        }),
    )
}

pub(super) async fn list_tasks(
    request: HttpRequest,
    shared: Data<Shared>,
    id: Path<i64>,
    paging: Query<Paging>,
) -> HttpResponse {
    either(admit(&request, &shared, "replication:list").await.map(|()| {
        let state = shared.state();
        if !state.executions.contains_key(&id) {
            return not_found();
        }
        page(state.tasks.get(&id).into_iter().flat_map(|tasks| tasks.values().cloned()).collect(), &paging)
    }))
}

pub(super) async fn task_log(request: HttpRequest, shared: Data<Shared>, ids: Path<(i64, i64)>) -> HttpResponse {
    either(admit(&request, &shared, "replication:read").await.map(|()| {
        let log = shared.state().logs.get(&ids.into_inner()).cloned();
        log.map_or_else(not_found, |log| HttpResponse::Ok().content_type("text/plain").body(log))
    }))
}

pub(super) async fn list_rules(request: HttpRequest, shared: Data<Shared>, paging: Query<Paging>) -> HttpResponse {
    either(
        admit(&request, &shared, "replication-policy:list")
            .await
            .map(|()| page(shared.state().rules.values().rev().cloned().collect(), &paging)),
    )
}

pub(super) async fn list_webhooks(
    request: HttpRequest,
    shared: Data<Shared>,
    project: Path<String>,
    paging: Query<Paging>,
) -> HttpResponse {
    either(admit(&request, &shared, "notification-policy:list").await.map(|()| {
        let state = shared.state();
        page(state.webhooks.get(&*project).into_iter().flat_map(|all| all.values().cloned()).collect(), &paging)
    }))
}

pub(super) async fn create_webhook(
    request: HttpRequest,
    shared: Data<Shared>,
    project: Path<String>,
    policy: Json<Value>,
) -> HttpResponse {
    either(admit(&request, &shared, "notification-policy:create").await.map(|()| {
        let mut state = shared.state();
        let policies = state.webhooks.entry(project.into_inner()).or_default();
        let mut policy = policy.into_inner();
        policy["id"] = (policies.keys().last().copied().unwrap_or(0) + 1).into();
        policies.insert(id_of(&policy), policy);
        HttpResponse::Created().finish()
    }))
}

pub(super) async fn update_webhook(
    request: HttpRequest,
    shared: Data<Shared>,
    ids: Path<(String, i64)>,
    policy: Json<Value>,
) -> HttpResponse {
    either(admit(&request, &shared, "notification-policy:update").await.map(|()| {
        let (project, id) = ids.into_inner();
        shared.state().webhooks.entry(project).or_default().insert(id, policy.into_inner());
        HttpResponse::Ok().finish()
    }))
}

pub(super) async fn list_sent(
    request: HttpRequest,
    shared: Data<Shared>,
    ids: Path<(String, i64)>,
    paging: Query<Paging>,
) -> HttpResponse {
    either(
        admit(&request, &shared, "notification-policy:read")
            .await
            .map(|()| page(shared.state().sent.get(&ids.into_inner()).cloned().unwrap_or_default(), &paging)),
    )
}

/// Harbor tries again within one task, whose id is another one than its execution's.
pub(super) async fn list_tries(
    request: HttpRequest,
    shared: Data<Shared>,
    ids: Path<(String, i64, i64)>,
    paging: Query<Paging>,
) -> HttpResponse {
    either(admit(&request, &shared, "notification-policy:read").await.map(|()| {
        let (project, policy, id) = ids.into_inner();
        let state = shared.state();
        let sent = state.sent.get(&(project, policy)).and_then(|sent| sent.iter().find(|sent| id_of(sent) == id));
        let Some(sent) = sent else { return not_found() };
        let tries = if sent["status"] == "Error" { TRIES } else { 1 };
        let task = json!({ "id": id + 1_000, "execution_id": id, "status": sent["status"], "run_count": tries });
        page(vec![task], &paging)
    }))
}

pub(super) async fn try_log(
    request: HttpRequest,
    shared: Data<Shared>,
    ids: Path<(String, i64, i64, i64)>,
) -> HttpResponse {
    either(admit(&request, &shared, "notification-policy:read").await.map(|()| {
        let (project, policy, sent, _) = ids.into_inner();
        let log = shared.state().sent_logs.get(&(project, policy, sent)).cloned();
        log.map_or_else(not_found, |log| HttpResponse::Ok().content_type("text/plain").body(log))
    }))
}
