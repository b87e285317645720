//! What all answers of the stand-in have in common: who may ask, how it fails where a test wants that, its pages and
//! errors.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Asked, Fault, Shared};

#[derive(Deserialize)]
pub(super) struct Paging {
    page: Option<usize>,
    page_size: Option<usize>,
}

/// Who asks, and whether he may. An error is the answer.
pub(super) async fn admit(
    request: &HttpRequest,
    shared: &Shared,
    permission: &'static str,
) -> Result<(), HttpResponse> {
    let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (fault, is_refused, is_denied) = {
        let mut state = shared.state();
        state.asked.push(Asked { path: request.path().to_owned(), authorization: authorization.clone() });
        (state.fault.clone(), state.refuses_account, state.denied.contains(&permission))
    };
    match fault {
        Some(Fault::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Err(HttpResponse::build(status).json(errors("INTERNAL_ERROR", "internal server error")));
        }
        Some(Fault::Html) => return Err(HttpResponse::Ok().content_type("text/html").body("<html>Harbor</html>")),
        Some(Fault::Long(bytes)) => return Err(HttpResponse::Ok().body(format!("[\"{}\"]", "x".repeat(bytes)))),
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Redirect(to)) => return Err(HttpResponse::Found().insert_header(("location", to)).finish()),
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

fn errors(code: &str, message: &str) -> Value {
    json!({ "errors": [{ "code": code, "message": message }] })
}

/// One page of a list, which is empty behind the last.
pub(super) fn page(items: Vec<Value>, paging: &Paging) -> HttpResponse {
    let size = paging.page_size.unwrap_or(10);
    if size > 100 {
        let message = "validation failure list:\npage_size in query should be less than or equal to 100";
        return HttpResponse::UnprocessableEntity().json(errors("UNPROCESSABLE_ENTITY", message));
    }
    let total = items.len().to_string();
    let items: Vec<_> = items.into_iter().skip((paging.page.unwrap_or(1).max(1) - 1) * size).take(size).collect();
    HttpResponse::Ok().insert_header(("x-total-count", total)).json(items)
}

pub(super) fn not_found() -> HttpResponse {
    HttpResponse::NotFound().json(errors("NOT_FOUND", "not found"))
}

type Answered = Result<HttpResponse, HttpResponse>;

pub(super) fn either(answered: Answered) -> HttpResponse {
    answered.unwrap_or_else(|refused| refused)
}
