//! What the page's buttons do: each form is a POST that ends in a redirect, so that a reload repeats nothing.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError, post};

use super::access::{Role, refuse_another_site};
use super::api::unknown;
use super::page_query::{LIST, PageQuery, href, own_path, verb};
use super::query::bad;
use super::visitor::Visitor;
use super::{Admin, actor, preferences};
use crate::http::body::{LARGEST_FORM, read, read_of_stranger};
use crate::model::actor::Via;
use crate::model::delivery::Verb;
use crate::problem::Problem;
use crate::store::change::Changed;

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(selected)
        .service(matching)
        .service(replay)
        .service(discard)
        .service(test_robot)
        .service(sign_in)
        .service(sign_out)
        .service(prefer);
}

fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// What an admitted operator's form leads to, or a page that says what was wrong.
async fn act(
    request: &HttpRequest,
    admin: &Data<Admin>,
    action: impl Future<Output = Result<String, Problem>>,
) -> HttpResponse {
    match Visitor::admitted(admin, request, Role::Admin).await {
        Ok(visitor) => match action.await {
            Ok(path) => see_other(&path),
            Err(problem) => visitor.problem(&problem),
        },
        Err(response) => response,
    }
}

#[post("/deliveries/selected")]
async fn selected(request: HttpRequest, body: Payload, admin: Data<Admin>) -> HttpResponse {
    act(&request, &admin, async {
        let body = read(&request, body, LARGEST_FORM).await?;
        let verb: Verb = verb(&field(&body, "verb").unwrap_or_default())?;
        let back = field(&body, "back").unwrap_or_else(|| LIST.to_owned());
        let back = own_path(&back)?;
        let (mut done, mut left) = (0, 0);
        for (_, id) in form_urlencoded::parse(&body).filter(|(name, _)| name == "id") {
            match admin.clone().into_inner().change(verb, id.into_owned(), actor(&request, Via::Page)).await? {
                Changed::Yes { .. } => done += 1,
                Changed::Refused(_) | Changed::Unknown => left += 1,
            }
        }
        let notice = if left == 0 { format!("{}.{done}", verb.as_str()) } else { format!("left.{left}") };
        Ok(with_notice(back, &notice))
    })
    .await
}

#[post("/deliveries/matching")]
async fn matching(request: HttpRequest, body: Payload, admin: Data<Admin>) -> HttpResponse {
    act(&request, &admin, async {
        let body = read(&request, body, LARGEST_FORM).await?;
        let query = PageQuery::of_form(&body)?;
        let (verb, filter) = query.change(&admin)?;
        let changed = admin.clone().into_inner().change_all(verb, filter, actor(&request, Via::Page)).await?;
        Ok(query.done(&format!("{}.{changed}", verb.as_str())))
    })
    .await
}

#[post("/deliveries/{id}/replay")]
async fn replay(request: HttpRequest, id: Path<String>, admin: Data<Admin>) -> HttpResponse {
    act(&request, &admin, change_one(&request, &admin, Verb::Replay, id.into_inner())).await
}

#[post("/deliveries/{id}/discard")]
async fn discard(request: HttpRequest, id: Path<String>, admin: Data<Admin>) -> HttpResponse {
    act(&request, &admin, change_one(&request, &admin, Verb::Discard, id.into_inner())).await
}

async fn change_one(request: &HttpRequest, admin: &Data<Admin>, verb: Verb, id: String) -> Result<String, Problem> {
    let notice = match admin.clone().into_inner().change(verb, id.clone(), actor(request, Via::Page)).await? {
        Changed::Yes { .. } => format!("{}.1", verb.as_str()),
        // The page shows which state it came to meanwhile.
        Changed::Refused(_) => "left.1".to_owned(),
        Changed::Unknown => return Err(unknown(&id)),
    };
    Ok(href(&format!("/deliveries/{id}"), &[("notice", &notice)]))
}

#[post("/robots/{name}/test")]
async fn test_robot(request: HttpRequest, name: Path<String>, admin: Data<Admin>) -> HttpResponse {
    act(&request, &admin, async {
        let asked = admin.clone().into_inner().test(name.into_inner(), actor(&request, Via::Page)).await?;
        Ok(href(LIST, &[("test", &asked.change_id)]))
    })
    .await
}

#[post("/sign-in")]
async fn sign_in(request: HttpRequest, body: Payload, admin: Data<Admin>) -> HttpResponse {
    let visitor = Visitor::unknown(&admin, &request);
    let form = async {
        refuse_another_site(&request)?;
        let body = read_of_stranger(&request, body).await?;
        let next = field(&body, "next").unwrap_or_else(|| "/".to_owned());
        Ok::<_, Problem>((own_path(&next)?.to_owned(), field(&body, "token").unwrap_or_default()))
    };
    let (next, token) = match form.await {
        Ok(form) => form,
        Err(problem) => return visitor.problem(&problem),
    };
    match admin.access.guess(&request, &token).await {
        Ok(role) => {
            let mut response = see_other(&next);
            if let Some(cookie) = admin.access.cookie(&request, role) {
                // Its value is hexadecimal digits and points, which any header takes.
                response.add_cookie(&cookie).expect("a cookie that a header takes");
            }
            response
        }
        Err(problem) if problem.status_code() == StatusCode::UNAUTHORIZED => visitor.sign_in(&next, true),
        Err(problem) => visitor.problem(&problem),
    }
}

#[post("/sign-out")]
async fn sign_out(request: HttpRequest, admin: Data<Admin>) -> HttpResponse {
    if let Err(problem) = refuse_another_site(&request) {
        return Visitor::unknown(&admin, &request).problem(&problem);
    }
    let mut response = see_other("/");
    response.add_cookie(&admin.access.no_cookie(&request)).expect("a cookie that a header takes");
    response
}

/// Anybody's, also of who is not signed in.
#[post("/preferences")]
async fn prefer(request: HttpRequest, body: Payload, admin: Data<Admin>) -> HttpResponse {
    let preferred = async {
        refuse_another_site(&request)?;
        let body = read_of_stranger(&request, body).await?;
        let back = field(&body, "back").unwrap_or_else(|| "/".to_owned());
        let mut response = see_other(own_path(&back)?);
        for (what, value) in form_urlencoded::parse(&body).filter(|(name, _)| name != "back") {
            let unknown = || bad(format!("there is no choice {what}={value}")).word_with("problem_field", &*what);
            let cookie = preferences::cookie(&what, &value).ok_or_else(unknown)?;
            response.add_cookie(&cookie).expect("a cookie that a header takes");
        }
        Ok::<_, Problem>(response)
    };
    match preferred.await {
        Ok(response) => response,
        Err(problem) => Visitor::unknown(&admin, &request).problem(&problem),
    }
}

fn field(body: &[u8], wanted: &str) -> Option<String> {
    form_urlencoded::parse(body).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

fn with_notice(path: &str, notice: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}notice={notice}")
}
