//! Harbor: it replicates, tells of it in webhooks that are late, repeated, out of order or lost, and answers whoever asks
//! its API; or it does not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harborbell::demo::harbor::{Fault, Harbor};
use serde_json::json;
use tokio::sync::RwLock;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::door::Door;
use crate::fate::{Fate, Fates, Task};
use crate::ledger::{Ledger, Truth, mark};
use crate::payloads::{Execution, PROJECT, copied, deleted, rules, seconds};
use crate::plan::Trouble;
use crate::robots::ROBOTS;
use crate::secrets::{ADMIN_TOKEN, HARBOR_AUTH_HEADER, HARBOR_PASSWORD};

pub struct World {
    harbor: RwLock<Harbor>,
    door: Door,
    ledger: Arc<Ledger>,
    has_vanished: AtomicBool,
}

/// An execution with how each of its tasks stands: None while it runs.
struct Run {
    execution: Execution,
    ended: Mutex<Vec<Option<bool>>>,
}

impl World {
    pub fn new(harbor: Harbor, door: Door, ledger: Arc<Ledger>, webhook_url: &str) -> Arc<Self> {
        rules().into_iter().for_each(|rule| harbor.set_rule(rule));
        let target = json!({ "type": "http", "address": webhook_url });
        let policy = json!({ "id": 1, "enabled": true, "event_types": ["REPLICATION"], "targets": [target] });
        harbor.set_webhook(PROJECT, policy);
        Arc::new(Self { harbor: RwLock::new(harbor), door, ledger, has_vanished: AtomicBool::new(false) })
    }

    /// Whether the service has had its first contact with Harbor's API: that is on record before it asks what runs, which
    /// is its second question about executions.
    pub async fn is_followed(&self) -> bool {
        let asked = self.harbor.read().await.asked();
        asked.iter().filter(|asked| asked.path.ends_with("/replication/executions")).count() >= 2
    }

    /// Replicates until then, and goes on until the last webhook is out.
    pub async fn run(self: Arc<Self>, mut fates: Fates, until: Instant) {
        let mut running = JoinSet::new();
        while Instant::now() < until {
            let (execution, tasks) = fates.execution();
            let run = Arc::new(Run { execution, ended: Mutex::new(vec![None; tasks.len()]) });
            self.show(&run).await;
            for (index, task) in tasks.into_iter().enumerate() {
                running.spawn(self.clone().task(run.clone(), index, task));
            }
            if fates.has_junk() {
                running.spawn(self.clone().junk());
            }
            sleep(fates.pause()).await;
            while running.try_join_next().is_some() {}
        }
        running.join_all().await;
    }

    pub async fn trouble(&self, trouble: Trouble) -> std::io::Result<()> {
        if trouble != Trouble::None {
            mark(&mut self.ledger.books().harbor, true);
        }
        self.has_vanished.store(trouble == Trouble::Vanished, Ordering::Relaxed);
        let mut harbor = self.harbor.write().await;
        harbor.go_down().await;
        if matches!(trouble, Trouble::Down | Trouble::Vanished) {
            return Ok(());
        }
        let deadline = Instant::now() + Duration::from_secs(5);
        while let Err(error) = harbor.come_back().await {
            // The listener before it may be open for another moment.
            if Instant::now() > deadline {
                return Err(error);
            }
            sleep(Duration::from_millis(20)).await;
        }
        harbor.refuse_account(trouble == Trouble::AccountRefused);
        harbor.fail(match trouble {
            Trouble::Slow => Some(Fault::Slow(Duration::from_secs(1))),
            Trouble::Hangs => Some(Fault::Hang),
            Trouble::Errors => Some(Fault::Status(502)),
            Trouble::Repeats => Some(Fault::Repeat(500)),
            Trouble::Html => Some(Fault::Html),
            Trouble::Long => Some(Fault::Long(9_000_000)),
            Trouble::Redirects => Some(Fault::Redirect("http://127.0.0.1:9/elsewhere".to_owned())),
            Trouble::None | Trouble::Down | Trouble::Vanished | Trouble::AccountRefused => None,
        });
        if trouble == Trouble::None {
            mark(&mut self.ledger.books().harbor, false);
        }
        Ok(())
    }

    async fn task(self: Arc<Self>, run: Arc<Run>, index: usize, task: Task) {
        self.begin(&run, &task);
        sleep(task.takes).await;
        match task.fate {
            Fate::Copied | Fate::Deleted => {
                self.end(&run, index, &task, task.versions.len()).await;
                self.tell(&run, &task, true).await;
            }
            Fate::Lost => {
                self.end(&run, index, &task, task.versions.len()).await;
                self.record(&run, &task, true).await;
            }
            Fate::Healed => {
                self.end(&run, index, &task, 0).await;
                let heal = async {
                    sleep(task.again).await;
                    self.end(&run, index, &task, task.versions.len()).await;
                    self.tell(&run, &task, true).await;
                };
                tokio::join!(self.tell(&run, &task, false), heal);
            }
            Fate::HealedBackwards => {
                self.end(&run, index, &task, 0).await;
                sleep(task.again).await;
                self.end(&run, index, &task, task.versions.len()).await;
                let is_stored = self.tell(&run, &task, true).await;
                if self.tell(&run, &task, false).await == Some(202) && is_stored.is_some() {
                    self.ledger.fault(format!("a failure was accepted after its success: {}", task.versions[0]));
                }
            }
            Fate::Failed => {
                self.end(&run, index, &task, 0).await;
                self.tell(&run, &task, false).await;
            }
            Fate::FailedLost => {
                self.end(&run, index, &task, 0).await;
                self.record(&run, &task, false).await;
            }
            Fate::Partial => {
                self.end(&run, index, &task, 1).await;
                self.tell(&run, &task, false).await;
            }
        }
    }

    fn begin(&self, run: &Run, task: &Task) {
        let truth = Truth {
            task: task.id,
            repository: task.repository.clone(),
            destination: run.execution.destination,
            is_deletion: task.fate == Fate::Deleted,
            done_at: None,
            failed_at: None,
            success_stored: None,
            failure_stored: None,
            success_accepted: false,
            failure_accepted: false,
        };
        let mut books = self.ledger.books();
        books.truths.extend(task.numbers.iter().map(|number| (*number, truth.clone())));
    }

    /// A try ends, having done so many of its versions: first the truth, then Harbor's word for it.
    async fn end(&self, run: &Run, index: usize, task: &Task, done: usize) {
        let now = Instant::now();
        let is_success = done == task.numbers.len();
        {
            let mut books = self.ledger.books();
            for (place, number) in task.numbers.iter().enumerate() {
                let Some(truth) = books.truths.get_mut(number) else { continue };
                if place < done {
                    truth.done_at = Some(now);
                }
                if !is_success {
                    truth.failed_at = Some(now);
                }
            }
        }
        run.ended.lock().expect("no holder of this lock panics")[index] = Some(is_success);
        let (status, operation) = (if is_success { "Succeed" } else { "Failed" }, task.operation());
        let value = run.execution.task(task.id, &task.repository, operation, status, Some(seconds()));
        let log = match task.fate {
            Fate::Deleted => deleted(&task.repository, &task.versions),
            _ => copied(&run.execution.source(&task.repository), &task.repository, &task.versions, done),
        };
        self.harbor.read().await.set_task(run.execution.id, value, Some(&log));
        self.show(run).await;
    }

    async fn show(&self, run: &Run) {
        let value = {
            let ended = run.ended.lock().expect("no holder of this lock panics");
            let count = |outcome| ended.iter().filter(|task| **task == outcome).count();
            let end = (count(None) == 0).then(seconds);
            run.execution.value(ended.len(), count(Some(true)), count(Some(false)), end)
        };
        self.harbor.read().await.set_execution(value);
    }

    /// Sends a webhook, late and often as it may be. Gives the first answer's status if it was stored.
    async fn tell(&self, run: &Run, task: &Task, is_success: bool) -> Option<u16> {
        let body = run.execution.webhook(task.id, &task.repository, &task.versions, is_success, task.is_cloud);
        let body = body.to_string();
        sleep(task.late).await;
        if self.has_vanished.load(Ordering::Relaxed) {
            return None;
        }
        let status = self.door.tell(&body).await;
        let stored = (200..300).contains(&status).then_some(status);
        if stored.is_some() {
            let (mut books, now) = (self.ledger.books(), Instant::now());
            for number in &task.numbers {
                let Some(truth) = books.truths.get_mut(number) else { continue };
                let (at, is_accepted) = if is_success {
                    (&mut truth.success_stored, &mut truth.success_accepted)
                } else {
                    (&mut truth.failure_stored, &mut truth.failure_accepted)
                };
                at.get_or_insert(now);
                *is_accepted |= status == 202;
            }
        }
        for pause in &task.repeats {
            sleep(*pause).await;
            self.door.post(&body, HARBOR_AUTH_HEADER).await;
        }
        stored
    }

    /// No webhook comes in; Harbor may have its body on record.
    async fn record(&self, run: &Run, task: &Task, is_success: bool) {
        if task.is_recorded {
            let body = run.execution.webhook(task.id, &task.repository, &task.versions, is_success, task.is_cloud);
            self.harbor.read().await.record(PROJECT, 1, "Error", &body);
        }
    }

    /// What no Harbor sends, with secrets in it.
    async fn junk(self: Arc<Self>) {
        let with_secrets = json!({ "type": "REPLICATION", "occur_at": ROBOTS[0].key, "event_data": HARBOR_PASSWORD });
        let bodies = [
            String::new(),
            "{".to_owned(),
            format!("{{\"type\": {ADMIN_TOKEN}}}"),
            with_secrets.to_string(),
            "[".repeat(100_000),
            "x".repeat(1_100_000),
        ];
        for body in &bodies {
            if self.door.post(body, HARBOR_AUTH_HEADER).await == 202 {
                self.ledger.fault("what is no webhook was accepted".to_owned());
            }
        }
        let push = json!({ "type": "PUSH_ARTIFACT" }).to_string();
        self.door.post(&push, HARBOR_AUTH_HEADER).await;
        let status = self.door.post(&push, &HARBOR_AUTH_HEADER[..20]).await;
        if !matches!(status, 0 | 401) {
            self.ledger.fault(format!("{status} for a wrong Authorization"));
        }
    }
}

impl Task {
    fn operation(&self) -> &'static str {
        if self.fate == Fate::Deleted { "deletion" } else { "copy" }
    }
}
