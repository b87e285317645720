//! The page: rendered here, without a build step, and usable without a script. One template a view; the words
//! are in a table for each language.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    AcceptLanguage, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, HOST, Header, VARY,
};
use actix_web::web::{Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError, get};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::access::Role;
use super::page_query::PageQuery;
use super::views::{Viewer, harbor_link};
use super::wecom_html::to_html;
use super::{Admin, apart, chart};
use crate::health::robots;
use crate::problem::Problem;
use crate::render::Language;
use crate::store::filter::Filter;

/// Deliveries on a page.
const ROWS: usize = 50;
/// Nothing comes from elsewhere, nothing stands in the page that runs, nobody frames it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/live.js");

pub fn configure(config: &mut ServiceConfig) {
    // Before `/deliveries/{id}`, which would take its name for an id.
    config.service(front).service(confirm).service(one_delivery).service(sign_in).service(asset);
}

/// Templates and words.
pub struct Pages {
    templates: Environment<'static>,
    words: [(Language, Value); 2],
    assets: Value,
}

impl Default for Pages {
    fn default() -> Self {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        for (name, source) in [
            ("base.html", include_str!("page/base.html")),
            ("deliveries.html", include_str!("page/deliveries.html")),
            ("delivery.html", include_str!("page/delivery.html")),
            ("confirm.html", include_str!("page/confirm.html")),
            ("sign_in.html", include_str!("page/sign_in.html")),
            ("problem.html", include_str!("page/problem.html")),
        ] {
            templates.add_template(name, source).expect("the page's templates compile");
        }
        let words = |source: &str| serde_json::from_str(source).expect("the page's words are JSON");
        let versioned = |path: &str, content: &str| format!("{path}?v={:.16x}", Sha256::digest(content));
        Self {
            templates,
            words: [
                (Language::Zh, words(include_str!("page/words.zh.json"))),
                (Language::En, words(include_str!("page/words.en.json"))),
            ],
            assets: json!({
                "style": versioned("/assets/style.css", STYLE), "script": versioned("/assets/live.js", SCRIPT),
            }),
        }
    }
}

/// Who looks, and in which language.
pub struct Reader<'a> {
    pub admin: &'a Admin,
    pub request: &'a HttpRequest,
    pub language: Language,
    pub role: Option<Role>,
}

impl<'a> Reader<'a> {
    pub async fn admitted(admin: &'a Admin, request: &'a HttpRequest, needed: Role) -> Result<Self, HttpResponse> {
        let mut reader = Self { admin, request, language: language(request), role: None };
        match admin.access.admit(request, needed).await {
            Ok(role) => {
                reader.role = Some(role);
                Ok(reader)
            }
            Err(problem) if problem.status_code() == StatusCode::UNAUTHORIZED => Err(reader.sign_in(false)),
            Err(problem) => Err(reader.problem(&problem)),
        }
    }

    pub fn unknown(admin: &'a Admin, request: &'a HttpRequest) -> Self {
        Self { admin, request, language: language(request), role: None }
    }

    pub fn viewer(&self) -> Viewer<'a> {
        Viewer { now: self.admin.clock.now(), timezone: &self.admin.timezone, language: self.language }
    }

    pub fn word(&self, key: &str) -> &str {
        self.words()[key].as_str().unwrap_or_default()
    }

    fn words(&self) -> &Value {
        let words = &self.admin.pages.words;
        words.iter().find(|(language, _)| *language == self.language).map_or(&words[0].1, |(_, words)| words)
    }

    /// A whole page; `view` is what its template wants beside what all pages have.
    pub fn page(&self, status: StatusCode, template: &str, notice: Option<String>, mut view: Value) -> HttpResponse {
        let common = json!({
            "lang": if self.language == Language::Zh { "zh-CN" } else { "en" },
            "t": self.words(),
            "assets": self.admin.pages.assets,
            "version": env!("CARGO_PKG_VERSION"),
            "notice": notice,
            "access": {
                "can_act": self.role == Some(Role::Admin),
                "signed_in": self.role.is_some() && self.admin.access.has_tokens(),
            },
        });
        if let (Value::Object(view), Value::Object(common)) = (&mut view, common) {
            view.extend(common);
        }
        let template = self.admin.pages.templates.get_template(template);
        match template.and_then(|template| template.render(minijinja::Value::from(Serde(view)))) {
            Ok(html) => HttpResponse::build(status)
                .insert_header(ContentType::html())
                .insert_header((CONTENT_SECURITY_POLICY, POLICY))
                .insert_header((CACHE_CONTROL, "no-store"))
                .insert_header((VARY, "accept-language, cookie"))
                .body(html),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "a page could not be rendered");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be rendered").error_response()
            }
        }
    }

    pub fn problem(&self, problem: &Problem) -> HttpResponse {
        let status = problem.status_code();
        let title = status.canonical_reason().unwrap_or_default();
        let view = json!({ "status": status.as_u16(), "title": title, "detail": problem.detail() });
        self.page(status, "problem.html", None, view)
    }

    pub fn sign_in(&self, wrong: bool) -> HttpResponse {
        let here = self.request.uri().path_and_query().map_or("/", |here| here.as_str());
        let next = if self.request.method().is_safe() { here } else { "/" };
        self.page(StatusCode::UNAUTHORIZED, "sign_in.html", None, json!({ "next": next, "wrong": wrong }))
    }
}

fn language(request: &HttpRequest) -> Language {
    let ranked = AcceptLanguage::parse(request).map(|accepted| accepted.ranked()).unwrap_or_default();
    let spoken =
        ranked.iter().filter_map(|preference| preference.item()).find_map(|tag| match tag.primary_language() {
            "zh" => Some(Language::Zh),
            "en" => Some(Language::En),
            _ => None,
        });
    spoken.unwrap_or(if ranked.is_empty() { Language::Zh } else { Language::En })
}

#[get("/")]
async fn front(request: HttpRequest, query: Query<PageQuery>, admin: Data<Admin>) -> HttpResponse {
    let reader = match Reader::admitted(&admin, &request, Role::Read).await {
        Ok(reader) => reader,
        Err(response) => return response,
    };
    match deliveries(&reader, &query).await {
        Ok(view) => reader.page(StatusCode::OK, "deliveries.html", query.notice(&reader), view),
        Err(problem) => reader.problem(&problem),
    }
}

async fn deliveries(reader: &Reader<'_>, query: &PageQuery) -> Result<Value, Problem> {
    let (admin, viewer) = (reader.admin, reader.viewer());
    let filter = query.filter(admin)?;
    let after = admin.position(query.cursor()).await?;
    let (store, wanted, routing, now) = (admin.store.clone(), filter.clone(), admin.routing(), viewer.now);
    let (page, counts, robots, hours, is_empty) = apart(async move {
        let page = store.list(&wanted, ROWS, after.as_ref()).await?;
        let is_empty = page.items.is_empty() && store.list(&Filter::default(), 1, None).await?.items.is_empty();
        let counts = store.counts(&wanted).await?;
        let robots = robots(&store, &routing, now).await?;
        let hours = store.hours(&chart::hours(now), &chart::states()).await?;
        Ok((page, counts, robots, hours, is_empty))
    })
    .await?;
    let host = reader.request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("HOST:8080");
    Ok(json!({
        "robots": robots.iter().map(|robot| viewer.robot(robot)).collect::<Vec<_>>(),
        "robot_names": robots.iter().map(|robot| &robot.name).collect::<Vec<_>>(),
        "hours": chart::picture(&hours, now, &admin.timezone),
        "tabs": query.tabs(&counts),
        "filter": query.view(&filter, admin),
        "deliveries": page.items.iter().map(|delivery| viewer.row(delivery)).collect::<Vec<_>>(),
        "here": query.here(),
        "next_href": page.next_cursor.map(|cursor| query.after(&cursor)),
        "first_href": query.cursor().map(|_| query.first()),
        "bulk": query.bulk(&filter, &counts, now),
        "is_fresh": is_empty,
        "webhook_url": format!("http://{host}/webhook/harbor"),
        "wants_auth_header": admin.wants_auth_header,
    }))
}

#[get("/deliveries/{id}")]
async fn one_delivery(
    request: HttpRequest,
    id: Path<String>,
    query: Query<PageQuery>,
    admin: Data<Admin>,
) -> HttpResponse {
    let reader = match Reader::admitted(&admin, &request, Role::Read).await {
        Ok(reader) => reader,
        Err(response) => return response,
    };
    match details(&reader, &admin, id.into_inner()).await {
        Ok(view) => reader.page(StatusCode::OK, "delivery.html", query.notice(&reader), view),
        Err(problem) => reader.problem(&problem),
    }
}

async fn details(reader: &Reader<'_>, admin: &Data<Admin>, id: String) -> Result<Value, Problem> {
    let viewer = reader.viewer();
    let body = admin.clone().into_inner().detail(id).await?;
    let (store, routing, now) = (admin.store.clone(), admin.routing(), viewer.now);
    let format = routing.format(&body.detail.delivery.robot);
    let robots = apart(async move { robots(&store, &routing, now).await }).await?;
    let delivery = &body.detail.delivery;
    let payload: Value = serde_json::from_str(body.detail.payload.get()).unwrap_or_default();
    Ok(json!({
        "delivery": viewer.whole(delivery),
        "robot_view": robots.iter().find(|robot| robot.name == delivery.robot).map(|robot| viewer.robot(robot)),
        "message_html": to_html(&body.message, format, &body.detail.news.mentions),
        "payload": format!("{payload:#}"),
        "harbor_link": harbor_link(&admin.renderer, delivery),
        "attempts": body.detail.attempt_log.iter().rev().map(|attempt| viewer.attempt(attempt)).collect::<Vec<_>>(),
        "back_href": "/",
    }))
}

/// How many would be changed, before they are.
#[get("/deliveries/confirm")]
async fn confirm(request: HttpRequest, query: Query<PageQuery>, admin: Data<Admin>) -> HttpResponse {
    let reader = match Reader::admitted(&admin, &request, Role::Admin).await {
        Ok(reader) => reader,
        Err(response) => return response,
    };
    let counted = async {
        let (verb, filter) = query.change(reader.admin)?;
        Ok::<_, Problem>((verb, admin.clone().into_inner().count(filter).await?))
    };
    match counted.await {
        Ok((verb, count)) => {
            let view = json!({
                "verb": verb.as_str(),
                "state": query.state(),
                "count": count,
                "conditions": query.conditions(&reader),
                "action": "/deliveries/matching",
                "fields": query.fields(),
                "back_href": query.first(),
            });
            reader.page(StatusCode::OK, "confirm.html", None, view)
        }
        Err(problem) => reader.problem(&problem),
    }
}

#[get("/sign-in")]
async fn sign_in(request: HttpRequest, admin: Data<Admin>) -> HttpResponse {
    Reader::unknown(&admin, &request).page(StatusCode::OK, "sign_in.html", None, json!({ "next": "/", "wrong": false }))
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
