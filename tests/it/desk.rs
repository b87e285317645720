//! The comparison with Harbor without a service: a test makes its rounds one by one, at a time of its own.

use std::time::Duration;

use harborbell::demo::harbor::Harbor;
use harborbell::group_commit::{Intake, intake};
use harborbell::harbor::client::Client;
use harborbell::harbor::connection::Connection;
use harborbell::lookup::{LookUp, look_ups};
use harborbell::metrics::Metrics;
use harborbell::model::harbor::{Reading, read};
use harborbell::model::harbor_status::HarborStatus;
use harborbell::model::json::utc;
use harborbell::model::secret::Secrets;
use harborbell::reconcile::{Reconciler, Settings};
use harborbell::serve::access;
use harborbell::store::Store;
use harborbell::store::accept::Acceptance;
use harborbell::store::arrivals::Question;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::Bench;

/// What Harbor calls itself, whatever it is called with.
pub const HOST: &str = "harbor.example.com";

pub struct Desk {
    pub bench: Bench,
    pub harbor: Harbor,
    pub reconciler: Reconciler,
    pub status: watch::Receiver<HarborStatus>,
    intake: Intake,
    _running: DropGuard,
}

impl Desk {
    /// With one rule, and a webhook of the project `mars` that reaches the service.
    pub async fn new(settings: &[(&str, &str)]) -> Self {
        let harbor = Harbor::start().await.unwrap();
        let url = harbor.url();
        let api = [
            ("HARBOR_URL", url.as_str()),
            ("HARBOR_USERNAME", "robot$bell"),
            ("HARBOR_PASSWORD", "pass-word"),
            ("PUBLIC_URL", "https://bell.example.com"),
        ];
        let bench = Bench::new(&[&api[..], settings].concat()).await;
        harbor.set_rule(rule(1, "to-ali", "阿里仓"));
        harbor.set_webhook("mars", webhook_policy(1, "https://bell.example.com/webhook/harbor"));
        Self::over(bench, harbor)
    }

    fn over(bench: Bench, harbor: Harbor) -> Self {
        let Replica { reconciler, status, intake, _running } = Replica::of(&bench, bench.store.clone(), "test");
        Self { bench, harbor, reconciler, status, intake, _running }
    }

    /// Another process on the same database, which asks the same Harbor.
    pub async fn replica(&self, owner: &str) -> Replica {
        let store = Store::serve(&self.bench.config.database_url).await.unwrap();
        Replica::of(&self.bench, store, owner)
    }

    /// The program starts again: what it knows is in the database.
    pub fn restart(self) -> Self {
        let Self { bench, harbor, .. } = self;
        Self::over(bench, harbor)
    }

    /// The moment, in Unix seconds, of the bench and of Harbor.
    pub fn now(&self) -> i64 {
        self.bench.clock.now() / 1_000
    }

    pub async fn round(&mut self) {
        self.harbor.set_now(&moment(self.now()));
        self.reconciler.round().await;
    }

    /// Time passes for everybody, and Harbor is asked.
    pub async fn pass(&mut self, seconds: i64) {
        self.bench.clock.advance(seconds * 1_000);
        self.round().await;
    }

    /// Harbor's webhook comes in.
    pub async fn webhook(&self, body: &Value) -> Acceptance {
        webhook(&self.intake, body).await
    }

    /// The same for one that the service may leave out, such as of a digest alone.
    pub async fn webhook_or_nothing(&self, body: &Value) {
        if matches!(read(&body.to_string(), 0, false).unwrap(), Reading::Event(_)) {
            self.webhook(body).await;
        }
    }

    /// What the group sees by now.
    pub async fn shown(&mut self) -> Vec<String> {
        self.bench.drain().await;
        self.bench.shown()
    }

    /// What `where` knows of a version.
    pub async fn known(&self, repository: &str, version: &str) -> Vec<String> {
        let (repository, version) = (repository.to_owned(), Some(version.to_owned()));
        let known =
            self.bench.store.arrivals(&Question { repository, version, ..Question::default() }, &[]).await.unwrap();
        known.items.into_iter().map(|arrival| arrival.outcome.to_string()).collect()
    }

    /// A task that has ended in an execution that has.
    pub fn ended(&self, id: i64, repository: &str, versions: &[&str], status: &str, at: i64) {
        self.harbor.set_execution(execution(id, status, at - 5, Some(at)));
        let copied = if status == "Failed" { &[][..] } else { versions };
        self.harbor.set_task(id, task(id, repository, status, "copy", at), Some(&log(repository, versions, copied)));
    }
}

/// What of a process asks Harbor and stores, without its lanes.
pub struct Replica {
    pub reconciler: Reconciler,
    pub status: watch::Receiver<HarborStatus>,
    intake: Intake,
    _running: DropGuard,
}

impl Replica {
    fn of(bench: &Bench, store: Store, owner: &str) -> Self {
        let routing = watch::Sender::new(bench.config.routing.clone().into());
        let (nudge, status) = (watch::Sender::default(), watch::Sender::new(HarborStatus::default()));
        let api = bench.config.harbor_api.as_ref().unwrap();
        let client = Client::new(&access(api), Secrets::default()).unwrap();
        let (clock, live) = (bench.clock.clone(), routing.subscribe());
        let connection = Connection::new(client, clock.clone(), status.clone(), Duration::from_secs(60)).into();
        let (asking, worker) = look_ups(LookUp {
            connection,
            store: store.clone(),
            routing: live.clone(),
            clock: clock.clone(),
            nudge: nudge.clone(),
        });
        let look_up = worker.look_up.clone();
        let (intake, committer) = intake(store, live, clock, Metrics::default(), nudge, Some(asking));
        let stop = CancellationToken::new();
        tokio::spawn(committer.run(stop.clone()));
        tokio::spawn(worker.run(stop.clone()));
        // Whoever reads the routing ends with the others.
        let ended = stop.clone();
        tokio::spawn(async move {
            ended.cancelled().await;
            drop(routing);
        });
        let settings = Settings {
            poll_interval: api.poll_interval,
            reconcile_delay: api.reconcile_delay,
            backfill_max_age: api.backfill_max_age,
            webhook_url: bench.config.webhook_url(),
            digest_only: bench.config.notify_digest_only,
        };
        let reconciler = Reconciler::new(look_up, intake.clone(), Metrics::default(), settings, owner.into());
        Self { reconciler, status: status.subscribe(), intake, _running: stop.drop_guard() }
    }

    pub async fn webhook(&self, body: &Value) -> Acceptance {
        webhook(&self.intake, body).await
    }
}

async fn webhook(intake: &Intake, body: &Value) -> Acceptance {
    let Reading::Event(webhook) = read(&body.to_string(), 0, false).unwrap() else { panic!("{body}") };
    intake.offer(*webhook, body.to_string(), intake.room()).await.unwrap()
}

pub fn moment(seconds: i64) -> String {
    utc(seconds * 1_000).to_string()
}

pub fn rule(id: i64, name: &str, description: &str) -> Value {
    json!({
        "id": id, "name": name, "description": description, "enabled": true,
        "trigger": { "type": "event_based" }, "filters": [{ "type": "name", "value": "mars/**" }],
        "src_registry": { "id": 0, "name": "Local" },
        "dest_registry": { "id": id, "name": "aliyun-acr", "url": "https://aliyun.example.com" },
    })
}

pub fn webhook_policy(id: i64, address: &str) -> Value {
    json!({
        "id": id, "name": "bell", "enabled": true, "event_types": ["REPLICATION"],
        "targets": [{ "type": "http", "address": address, "auth_header": "Bearer x" }],
    })
}

/// Of rule 1.
pub fn execution(id: i64, status: &str, started: i64, ended: Option<i64>) -> Value {
    let is = |wanted: &str| i64::from(status == wanted);
    json!({
        "id": id, "policy_id": 1, "status": status, "status_text": "", "trigger": "event_based", "total": 1,
        "succeed": is("Succeed"), "failed": is("Failed"), "start_time": moment(started),
        "end_time": ended.map_or("0001-01-01T00:00:00.000Z".to_owned(), moment),
    })
}

/// An execution that ended before it had tasks.
pub fn without_tasks(id: i64, status: &str, text: &str, at: i64) -> Value {
    json!({
        "id": id, "policy_id": 1, "status": status, "status_text": text, "trigger": "scheduled", "total": 0,
        "succeed": 0, "failed": 0, "start_time": moment(at), "end_time": moment(at),
    })
}

/// Its id is its execution's and 1,000.
pub fn task(execution: i64, repository: &str, status: &str, operation: &str, ended: i64) -> Value {
    json!({
        "id": execution + 1_000, "execution_id": execution, "status": status, "operation": operation,
        "src_resource": format!("{repository} [1 item(s) in total]"),
        "dst_resource": format!("cloud/{} [1 item(s) in total]", repository.split_once('/').unwrap().1),
        "start_time": moment(ended - 1), "end_time": moment(ended),
    })
}

/// What Harbor logs of a task that tried these versions and copied some of them.
pub fn log(repository: &str, versions: &[&str], copied: &[&str]) -> String {
    let line = |level: &str, text: &str| format!("2027-01-15T08:00:00Z [{level}] [/transfer.go:1]: {text}\n");
    let list = versions.join(",");
    let mut log =
        line("INFO", &format!("copying {repository}:[{list}](source registry) to x:[{list}](destination registry)..."));
    for version in versions {
        log += &line(
            "INFO",
            &format!("copying {repository}:{version}(source registry) to x:{version}(destination registry)..."),
        );
        log += &if copied.contains(version) {
            let text =
                format!("copy {repository}:{version}(source registry) to x:{version}(destination registry) completed");
            line("INFO", &text)
        } else {
            line("ERROR", "http status code: 403, body: denied")
        };
    }
    log + &if copied.len() == versions.len() {
        line(
            "INFO",
            &format!("copy {repository}:[{list}](source registry) to x:[{list}](destination registry) completed"),
        )
    } else {
        line("ERROR", "got error during the whole transfer period, mark the job failure")
    }
}

/// The webhook of a task of [`Desk::ended`].
pub fn webhook_of(execution: i64, repository: &str, versions: &[&str], succeeded: bool, ended: i64) -> Value {
    let (namespace, name) = repository.split_once('/').unwrap();
    let (status, field) = if succeeded { ("Success", "successful_artifact") } else { ("Error", "failed_artifact") };
    json!({
        "type": "REPLICATION", "occur_at": ended, "operator": "admin",
        "event_data": { "replication": {
            "harbor_hostname": HOST, "job_status": status, "description": "阿里仓", "trigger_type": "EVENT",
            "execution_timestamp": ended - 5, "execution_id": execution, "task_id": execution + 1_000,
            "src_resource": { "registry_type": "harbor", "endpoint": format!("https://{HOST}"), "namespace": "cloud" },
            "dest_resource": {
                "registry_name": "aliyun-acr", "endpoint": "https://aliyun.example.com", "namespace": namespace,
            },
            field: [{ "type": "artifact", "status": status, "name_tag": format!("{name} [1 item(s) in total]"),
                "references": versions }],
        } },
    })
}
