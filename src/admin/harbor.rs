//! What is known of Harbor's API, over HTTP: whether it answers, how far its executions are followed, and its rules.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, get};

use super::Admin;
use super::access::Role;
use super::answers::Guarded;
use crate::model::harbor_status::HarborStatus;
use crate::problem::Problem;

/// Show what is known of Harbor's API
#[utoipa::path(tag = "harbor", security(("token" = [])), responses(
    (status = 200, body = HarborStatus),
    Guarded,
))]
#[get("/api/v1/harbor")]
pub(super) async fn harbor(request: HttpRequest, admin: Data<Admin>) -> Result<Json<HarborStatus>, Problem> {
    admin.access.admit(&request, Role::Read).await?;
    Ok(Json(admin.harbor.borrow().clone()))
}
