//! The stand-in's webhook policies, and the record of what each of them sent.

use actix_web::web::{self, Data, Json, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answers::{Paging, admit, either, not_found, page};
use super::{Shared, id_of};

/// A webhook is tried so many times before it is lost.
const TRIES: i64 = 3;

pub(super) fn routes(config: &mut ServiceConfig) {
    let policies = "/projects/{project}/webhook/policies";
    let sent = format!("{policies}/{{policy}}/executions");
    config
        .route(policies, web::get().to(list_webhooks))
        .route(policies, web::post().to(create_webhook))
        .route(&format!("{policies}/{{policy}}"), web::put().to(update_webhook))
        .route(&sent, web::get().to(list_sent))
        .route(&format!("{sent}/{{sent}}/tasks"), web::get().to(list_tries))
        .route(&format!("{sent}/{{sent}}/tasks/{{task}}/log"), web::get().to(try_log));
}

async fn list_webhooks(
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

async fn create_webhook(
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

async fn update_webhook(
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

async fn list_sent(
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
async fn list_tries(
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

async fn try_log(request: HttpRequest, shared: Data<Shared>, ids: Path<(String, i64, i64, i64)>) -> HttpResponse {
    either(admit(&request, &shared, "notification-policy:read").await.map(|()| {
        let (project, policy, sent, _) = ids.into_inner();
        let log = shared.state().sent_logs.get(&(project, policy, sent)).cloned();
        log.map_or_else(not_found, |log| HttpResponse::Ok().content_type("text/plain").body(log))
    }))
}
