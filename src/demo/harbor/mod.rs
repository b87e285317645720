//! A stand-in for Harbor's API on loopback, over real HTTP: its lists and pages, its errors, its logs. Written after the
//! answers of a running Harbor 2.15.2. The demo shows what it shows; the tests set how it fails.

mod answers;

use std::collections::{BTreeMap, HashMap};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use serde_json::{Value, json};

use answers::*;

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
    /// The connection ends in the middle.
    Cut,
    /// To this address.
    Redirect(String),
    /// The usual answer, after so long.
    Slow(Duration),
    /// A status, and the account that was sent.
    Repeat(u16),
}

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
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
    /// By project, webhook policy and what was sent.
    sent_logs: HashMap<(String, i64, i64), String>,
    fault: Option<Fault>,
    /// By how the paths end that are answered so.
    faults: HashMap<String, Fault>,
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

    /// Its executions go with it.
    pub fn forget_rule(&self, id: i64) {
        let mut state = self.shared.state();
        state.rules.remove(&id);
        let State { executions, tasks, .. } = &mut *state;
        executions.retain(|_, execution| execution["policy_id"] != id);
        tasks.retain(|execution, _| executions.contains_key(execution));
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

    /// What Harbor logged of the last webhook on the record.
    pub fn log_last(&self, project: &str, policy: i64, log: &str) {
        let mut state = self.shared.state();
        let last = state.sent.get(&(project.to_owned(), policy)).and_then(|sent| sent.first()).map_or(0, id_of);
        state.sent_logs.insert((project.to_owned(), policy, last), log.to_owned());
    }

    /// Answers everything so, or as usual again.
    pub fn fail(&self, fault: Option<Fault>) {
        self.shared.state().fault = fault;
    }

    /// Answers so whatever path ends with this, or as usual again.
    pub fn fail_at(&self, end: &str, fault: Option<Fault>) {
        let faults = &mut self.shared.state().faults;
        match fault {
            Some(fault) => faults.insert(end.to_owned(), fault),
            None => faults.remove(end),
        };
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
            let sent = format!("{webhooks}/{{policy}}/executions");
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
                    .route(&sent, web::get().to(list_sent))
                    .route(&format!("{sent}/{{sent}}/tasks"), web::get().to(list_tries))
                    .route(&format!("{sent}/{{sent}}/tasks/{{task}}/log"), web::get().to(try_log)),
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
