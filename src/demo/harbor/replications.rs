//! The stand-in's replications: rules, executions, tasks and their logs, newest first.

use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::Shared;
use super::answers::{Paging, admit, either, not_found, page};

pub(super) fn routes(config: &mut ServiceConfig) {
    let executions = "/replication/executions";
    config
        .route("/systeminfo", web::get().to(system_info))
        .route(executions, web::get().to(list_executions))
        .route(&format!("{executions}/{{id}}"), web::get().to(get_execution))
        .route(&format!("{executions}/{{id}}/tasks"), web::get().to(list_tasks))
        .route(&format!("{executions}/{{id}}/tasks/{{task}}/log"), web::get().to(task_log))
        .route("/replication/policies", web::get().to(list_rules));
}

async fn system_info(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    either(admit(&request, &shared, "").await.map(|()| {
        let state = shared.state();
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

async fn list_executions(request: HttpRequest, shared: Data<Shared>, paging: Query<Paging>) -> HttpResponse {
    either(
        admit(&request, &shared, "replication:list")
            .await
            .map(|()| page(shared.state().executions.values().rev().cloned().collect(), &paging)),
    )
}

async fn get_execution(request: HttpRequest, shared: Data<Shared>, id: Path<i64>) -> HttpResponse {
    either(
        admit(&request, &shared, "replication:read").await.map(|()| {
            shared.state().executions.get(&id).map_or_else(not_found, |found| HttpResponse::Ok().json(found))
        }),
    )
}

async fn list_tasks(request: HttpRequest, shared: Data<Shared>, id: Path<i64>, paging: Query<Paging>) -> HttpResponse {
    either(admit(&request, &shared, "replication:list").await.map(|()| {
        let state = shared.state();
        if !state.executions.contains_key(&id) {
            return not_found();
        }
        page(state.tasks.get(&id).into_iter().flat_map(|tasks| tasks.values().cloned()).collect(), &paging)
    }))
}

async fn task_log(request: HttpRequest, shared: Data<Shared>, ids: Path<(i64, i64)>) -> HttpResponse {
    either(admit(&request, &shared, "replication:read").await.map(|()| {
        let log = shared.state().logs.get(&ids.into_inner()).cloned();
        log.map_or_else(not_found, |log| HttpResponse::Ok().content_type("text/plain").body(log))
    }))
}

async fn list_rules(request: HttpRequest, shared: Data<Shared>, paging: Query<Paging>) -> HttpResponse {
    either(
        admit(&request, &shared, "replication-policy:list")
            .await
            .map(|()| page(shared.state().rules.values().rev().cloned().collect(), &paging)),
    )
}
