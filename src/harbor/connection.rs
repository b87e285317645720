//! Harbor's API with what is known of it: whether it answers, what it calls itself, and its rules. One for the process;
//! whoever asks Harbor anything tells it what came of it.

use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, watch};

use super::answers::{Policy, SystemInfo};
use super::client::{Client, Error};
use super::rebuild::host;
use crate::model::clock::{Clock, Millis};
use crate::model::harbor_status::{HarborState, HarborStatus, RuleView};
use crate::model::trouble::Trouble;

/// How old the rules may be for the decision that none of them replicates deletions.
pub const FRESH: Duration = Duration::from_secs(30);
/// How long rules are shown at least.
const SHOWN_FOR: Duration = Duration::from_secs(20 * 60);

pub struct Connection {
    pub client: Client,
    clock: Clock,
    status: watch::Sender<HarborStatus>,
    /// The host that webhooks of this Harbor bear; None before its first answer.
    host: RwLock<Option<String>>,
    rules: RwLock<Option<Rules>>,
    /// Rules that were read longer ago say nothing any more.
    rules_serve: Duration,
    /// Held while the rules are read, so that many who want them ask once.
    reading: Mutex<()>,
    trouble: std::sync::Mutex<Trouble>,
}

#[derive(Clone)]
struct Rules {
    read_at: Instant,
    all: Arc<Vec<Policy>>,
}

impl Connection {
    /// Harbor's rules are read anew at about every poll.
    pub fn new(client: Client, clock: Clock, status: watch::Sender<HarborStatus>, poll_interval: Duration) -> Self {
        status.send_modify(|status| status.state = HarborState::Unknown);
        Self {
            client,
            clock,
            status,
            host: RwLock::default(),
            rules: RwLock::default(),
            rules_serve: SHOWN_FOR + 2 * poll_interval,
            reading: Mutex::default(),
            trouble: std::sync::Mutex::default(),
        }
    }

    pub fn is_ok(&self) -> bool {
        self.status.borrow().state == HarborState::Ok
    }

    /// The host that webhooks of this Harbor bear; None before its first answer.
    pub fn host(&self) -> Option<String> {
        read(&self.host).clone()
    }

    /// Asks Harbor who it is.
    pub async fn greet(&self) -> Result<SystemInfo, Error> {
        let info = self.noted_of_all(self.client.system_info().await)?;
        *write(&self.host) = Some(host(&info.external_url));
        self.status.send_modify(|status| status.version = info.harbor_version.clone().unwrap_or_default());
        Ok(info)
    }

    /// The rules, if they were read within this time.
    pub fn rules_within(&self, age: Duration) -> Option<Arc<Vec<Policy>>> {
        let rules = read(&self.rules);
        rules.as_ref().filter(|rules| rules.read_at.elapsed() < age).map(|rules| rules.all.clone())
    }

    /// The rules, as they are shown and named, unless Harbor has not answered for long.
    pub fn rules_known(&self) -> Option<Arc<Vec<Policy>>> {
        self.rules_within(self.rules_serve)
    }

    /// The rules, no older than this; Harbor is asked for them where they are.
    pub async fn rules(&self, age: Duration) -> Result<Arc<Vec<Policy>>, Error> {
        let _reading = self.reading.lock().await;
        if let Some(rules) = self.rules_within(age) {
            return Ok(rules);
        }
        // From before the answer: what changes meanwhile is not in it.
        let read_at = Instant::now();
        let all = Arc::new(self.noted_of_all(self.client.policies().await)?);
        *write(&self.rules) = Some(Rules { read_at, all: all.clone() });
        self.status.send_modify(|status| {
            let failures = std::mem::take(&mut status.rules);
            let failure = |id| failures.iter().find(|rule| rule.id == id).map(|rule| rule.last_failure.clone());
            status.rules = all.iter().map(|rule| view(rule, failure(rule.id).unwrap_or_default())).collect();
        });
        Ok(all)
    }

    /// Why a rule's last execution failed before it had tasks; empty where it works.
    pub fn rule_failed(&self, rule_id: i64, reason: &str) {
        self.status.send_modify(|status| {
            if let Some(rule) = status.rules.iter_mut().find(|rule| rule.id == rule_id) {
                reason.clone_into(&mut rule.last_failure);
            }
        });
    }

    pub fn followed(&self, watermark: i64, open: i64) {
        self.status.send_modify(|status| {
            status.watermark_execution_id = watermark;
            status.open_executions = open;
        });
    }

    /// Takes note of what an answer about one thing says of Harbor's state: that it has not the thing, or fails at it, says
    /// nothing of others.
    pub fn noted<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        if matches!(&answer, Err(error) if error.is_of_one_answer()) { answer } else { self.noted_of_all(answer) }
    }

    /// The same for what everything else depends on: who Harbor is, its rules, its list of executions.
    pub fn noted_of_all<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        match &answer {
            Ok(_) => self.well(self.clock.now()),
            Err(error) => self.ill(error, self.clock.now()),
        }
        answer
    }

    fn well(&self, now: Millis) {
        let mut is_well = true;
        self.status.send_if_modified(|status| {
            status.last_success_at = now;
            // What one permission opens says nothing of the one that is missing.
            is_well = status.state != HarborState::Forbidden;
            if matches!(status.state, HarborState::Ok | HarborState::Forbidden) {
                return false;
            }
            set(status, HarborState::Ok, String::new(), now);
            true
        });
        if is_well {
            self.say_it_is_over();
        }
    }

    fn say_it_is_over(&self) {
        if let Some(lasted) = locked(&self.trouble).is_over(Instant::now()) {
            tracing::info!(seconds = lasted.as_secs(), "Harbor's API answers again");
        }
    }

    fn ill(&self, error: &Error, now: Millis) {
        let state = match error {
            Error::Unauthorized => HarborState::Unauthorized,
            Error::Forbidden { .. } => HarborState::Forbidden,
            _ => HarborState::Unreachable,
        };
        self.status.send_modify(|status| set(status, state, error.to_string(), now));
        if locked(&self.trouble).is_there(Instant::now()) {
            tracing::warn!(%error, state = state.as_str(), "Harbor's API cannot be used; webhooks are not affected");
        }
    }

    /// Every permission was used in a whole round, and none was missing.
    pub fn permitted(&self) {
        let now = self.clock.now();
        let is_changed = self.status.send_if_modified(|status| {
            let is_changed = status.state == HarborState::Forbidden;
            if is_changed {
                set(status, HarborState::Ok, String::new(), now);
            }
            is_changed
        });
        if is_changed {
            self.say_it_is_over();
        }
    }
}

fn set(status: &mut HarborStatus, state: HarborState, error: String, now: Millis) {
    if status.state != state {
        status.since = now;
    }
    status.state = state;
    status.last_error = error;
}

fn view(rule: &Policy, last_failure: String) -> RuleView {
    RuleView {
        id: rule.id,
        name: rule.name.clone(),
        description: rule.description.clone(),
        enabled: rule.enabled,
        trigger: rule.trigger_type().to_owned(),
        destination: rule.remote().map(|registry| registry.name.clone()).unwrap_or_default(),
        replicates_deletions: rule.replicates_deletions(),
        last_failure,
    }
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn locked<T>(lock: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
