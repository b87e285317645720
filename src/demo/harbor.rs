//! A stand-in for Harbor's API on loopback, over real HTTP: its lists and pages, its errors, its logs. Written after the
//! answers of a running Harbor 2.15.2. The demo shows what it shows; the tests set how it fails.

use std::collections::{BTreeMap, HashMap};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Json, Path, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde::Deserialize;
use serde_json::{Value, json};

/// An answer instead of the usual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Status(u16),
    /// A page with 200.
    Html,
    /// So many bytes of JSON.
    Long(usize),
    /// None at all.
    Hang,
    /// To this address.
    Redirect(String),
}

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub authorization: Option<String>,
}

#[derive(Default)]
struct State {
    external_url: String,
    now: Option<String>,
    rules: BTreeMap<i64, Value>,
    executions: BTreeMap<i64, Value>,
    tasks: BTreeMap<i64, BTreeMap<i64, Value>>,
    logs: HashMap<(i64, i64), String>,
    webhooks: BTreeMap<String, BTreeMap<i64, Value>>,
    sent: HashMap<(String, i64), Vec<Value>>,
    fault: Option<Fault>,
    denied: Vec<&'static str>,
    refuses_account: bool,
    asked: Vec<Asked>,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

pub struct Harbor {
    addr: SocketAddr,
    shared: Shared,
    server: Option<ServerHandle>,
}

impl Harbor {
    /// Starts on a free port of loopback, with nothing in it.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut harbor = Self { addr: listener.local_addr()?, shared: Shared::default(), server: None };
        harbor.shared.state().external_url = "https://harbor.example.com".to_owned();
        harbor.listen(listener)?;
        Ok(harbor)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// From now on connections are refused.
    pub async fn go_down(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(false).await;
        }
    }

    /// Listens again, where it did before.
    pub async fn come_back(&mut self) -> std::io::Result<()> {
        self.listen(TcpListener::bind(self.addr)?)
    }

    /// Harbor's clock: RFC 3339.
    pub fn set_now(&self, now: &str) {
        self.shared.state().now = Some(now.to_owned());
    }

    /// Makes or changes a rule, by its id.
    pub fn set_rule(&self, rule: Value) {
        self.shared.state().rules.insert(id_of(&rule), rule);
    }

    /// Makes or changes an execution, by its id.
    pub fn set_execution(&self, execution: Value) {
        self.shared.state().executions.insert(id_of(&execution), execution);
    }

    /// Makes or changes a task, by its id, with its log.
    pub fn set_task(&self, execution: i64, task: Value, log: Option<&str>) {
        let (mut state, id) = (self.shared.state(), id_of(&task));
        state.tasks.entry(execution).or_default().insert(id, task);
        match log {
            Some(log) => state.logs.insert((execution, id), log.to_owned()),
            None => state.logs.remove(&(execution, id)),
        };
    }

    /// Task logs live for a day.
    pub fn forget_log(&self, execution: i64) {
        self.shared.state().logs.retain(|(of, _), _| *of != execution);
    }

    /// As the sweeper does, and who deletes a rule.
    pub fn forget_execution(&self, id: i64) {
        let mut state = self.shared.state();
        state.executions.remove(&id);
        state.tasks.remove(&id);
    }

    /// As after a restore from an old backup.
    pub fn forget_everything(&self) {
        let mut state = self.shared.state();
        (state.executions, state.tasks, state.logs) = Default::default();
    }

    pub fn set_webhook(&self, project: &str, policy: Value) {
        self.shared.state().webhooks.entry(project.to_owned()).or_default().insert(id_of(&policy), policy);
    }

    pub fn webhooks(&self, project: &str) -> Vec<Value> {
        self.shared.state().webhooks.get(project).into_iter().flat_map(|policies| policies.values().cloned()).collect()
    }

    /// Puts a body on the record of a webhook policy.
    pub fn record(&self, project: &str, policy: i64, status: &str, body: &Value) {
        let mut state = self.shared.state();
        let sent = state.sent.entry((project.to_owned(), policy)).or_default();
        let attributes = json!({ "event_type": "REPLICATION", "payload": body.to_string() });
        sent.insert(0, json!({ "id": sent.len() + 1, "status": status, "extra_attrs": attributes }));
    }

    /// Answers everything so, or as usual again.
    pub fn fail(&self, fault: Option<Fault>) {
        self.shared.state().fault = fault;
    }

    /// Takes permissions away from the account: all but these it has.
    pub fn deny(&self, permissions: &[&'static str]) {
        self.shared.state().denied = permissions.to_vec();
    }

    pub fn refuse_account(&self, refuses: bool) {
        self.shared.state().refuses_account = refuses;
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.state().asked.clone()
    }

    fn listen(&mut self, listener: TcpListener) -> std::io::Result<()> {
        let shared = self.shared.clone();
        let app = move || {
            let executions = "/replication/executions";
            let webhooks = "/projects/{project}/webhook/policies";
            App::new().app_data(Data::new(shared.clone())).service(
                web::scope("/api/v2.0")
                    .route("/systeminfo", web::get().to(system_info))
                    .route(executions, web::get().to(list_executions))
                    .route(&format!("{executions}/{{id}}"), web::get().to(get_execution))
                    .route(&format!("{executions}/{{id}}/tasks"), web::get().to(list_tasks))
                    .route(&format!("{executions}/{{id}}/tasks/{{task}}/log"), web::get().to(task_log))
                    .route("/replication/policies", web::get().to(list_rules))
                    .route(webhooks, web::get().to(list_webhooks))
                    .route(webhooks, web::post().to(create_webhook))
                    .route(&format!("{webhooks}/{{policy}}"), web::put().to(update_webhook))
                    .route(&format!("{webhooks}/{{policy}}/executions"), web::get().to(list_sent)),
            )
        };
        let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0).listen(listener)?.run();
        self.server = Some(server.handle());
        tokio::spawn(server);
        Ok(())
    }
}

fn id_of(value: &Value) -> i64 {
    value["id"].as_i64().unwrap_or_default()
}

#[derive(Deserialize)]
struct Paging {
    page: Option<usize>,
    page_size: Option<usize>,
}

/// Who asks, and whether he may. An error is the answer.
async fn admit(request: &HttpRequest, shared: &Shared, permission: &'static str) -> Result<(), HttpResponse> {
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
