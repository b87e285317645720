//! Who looks at a page, in which language, and what every page has.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, AcceptLanguage, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, HOST, Header, VARY,
};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use minijinja::value::Serde;
use serde_json::{Value, json};

use super::Admin;
use super::access::Role;
use super::preferences::chosen;
use super::views::Viewer;
use crate::http::origin::came_by_https;
use crate::model::json::with;
use crate::model::version::VERSION;
use crate::problem::Problem;
use crate::render::{Language, zone};

/// Nothing comes from elsewhere, nothing in the page itself runs, nobody frames it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Who looks, and in which language.
pub struct Visitor<'a> {
    pub admin: &'a Admin,
    pub request: &'a HttpRequest,
    pub language: Language,
    pub role: Option<Role>,
}

impl<'a> Visitor<'a> {
    pub async fn admitted(admin: &'a Admin, request: &'a HttpRequest, needed: Role) -> Result<Self, HttpResponse> {
        let mut visitor = Self { admin, request, language: language(request), role: None };
        match admin.access.admit(request, needed).await {
            Ok(role) => {
                visitor.role = Some(role);
                Ok(visitor)
            }
            Err(problem) if problem.status_code() == StatusCode::UNAUTHORIZED => {
                Err(visitor.sign_in(visitor.here(), false))
            }
            Err(problem) => Err(visitor.problem(&problem)),
        }
    }

    pub fn unknown(admin: &'a Admin, request: &'a HttpRequest) -> Self {
        Self { admin, request, language: language(request), role: None }
    }

    pub fn viewer(&self) -> Viewer<'a> {
        Viewer { now: self.admin.clock.now(), timezone: &self.admin.timezone, language: self.language }
    }

    /// Where Harbor must send its webhooks: by `PUBLIC_URL`, else by the address under which this page was reached.
    pub fn webhook_url(&self) -> String {
        if let Some(url) = &self.admin.webhook_url {
            return url.clone();
        }
        let host = self.request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("HOST:8080");
        let scheme = if came_by_https(self.request) { "https" } else { "http" };
        format!("{scheme}://{host}/webhook/harbor")
    }

    pub fn word(&self, key: &str) -> &str {
        self.words()[key].as_str().unwrap_or_default()
    }

    fn words(&self) -> &Value {
        let words = &self.admin.pages.words;
        words.iter().find(|(language, _)| *language == self.language).map_or(&words[0].1, |(_, words)| words)
    }

    /// A whole page; `view` is what its template wants beside what all pages have.
    pub fn page(&self, status: StatusCode, template: &str, notice: Option<String>, view: Value) -> HttpResponse {
        let common = json!({
            "lang": if self.language == Language::Zh { "zh-CN" } else { "en" },
            "t": self.words(),
            "assets": self.admin.pages.assets,
            "program_version": VERSION,
            "zone": zone(self.admin.clock.now(), &self.admin.timezone),
            "this_page": self.here(),
            "chosen": { "language": chosen(self.request, "language"), "theme": chosen(self.request, "theme") },
            "notice": notice,
            "path": self.request.path(),
            "access": {
                "can_act": self.role == Some(Role::Admin),
                "signed_in": self.role.is_some() && self.admin.access.has_tokens(),
            },
        });
        let view = with(view, common);
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

    /// In the reader's language as far as it has words for it.
    pub fn problem(&self, problem: &Problem) -> HttpResponse {
        let (status, words) = (problem.status_code(), self.words());
        let title = words[format!("status_{}", status.as_u16())].as_str().or(status.canonical_reason());
        let detail = problem.in_words(|word| words[word].as_str());
        let detail = detail.as_deref().unwrap_or_else(|| problem.detail());
        let view = json!({ "status": status.as_u16(), "title": title, "detail": detail });
        self.page(status, "problem.html", None, view)
    }

    /// What no handler has answered: a page for people, JSON for programs.
    pub fn answer(request: &'a HttpRequest, problem: &Problem) -> HttpResponse {
        let accepted = request.headers().get(ACCEPT).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
        match request.app_data::<Data<Admin>>() {
            Some(admin) if accepted.contains("text/html") => Self::unknown(admin, request).problem(problem),
            _ => problem.error_response(),
        }
    }

    /// `next` is where a right token leads.
    pub fn sign_in(&self, next: &str, wrong: bool) -> HttpResponse {
        self.page(StatusCode::UNAUTHORIZED, "sign_in.html", None, json!({ "next": next, "wrong": wrong }))
    }

    /// This page, or where a form has led to none, the first one.
    fn here(&self) -> &str {
        let here = self.request.uri().path_and_query().filter(|_| self.request.method().is_safe());
        here.map_or("/", |here| here.as_str())
    }
}

/// The chosen one, else the browser's.
fn language(request: &HttpRequest) -> Language {
    match chosen(request, "language") {
        "zh" => return Language::Zh,
        "en" => return Language::En,
        _ => {}
    }
    let ranked = AcceptLanguage::parse(request).map(|accepted| accepted.ranked()).unwrap_or_default();
    let supported =
        ranked.iter().filter_map(|preference| preference.item()).find_map(|tag| match tag.primary_language() {
            "zh" => Some(Language::Zh),
            "en" => Some(Language::En),
            _ => None,
        });
    supported.unwrap_or(if ranked.is_empty() { Language::Zh } else { Language::En })
}
