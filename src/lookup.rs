//! Look-ups: what Harbor is asked about an event before it is sent. A failure waits for its reason, and for which of
//! its versions were copied after all; a success waits where a rule may have deleted what it names. Nothing waits longer
//! than 10 s, and nothing at all where Harbor does not answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::harbor::answers::{Policy, Task};
use crate::harbor::client::Error;
use crate::harbor::connection::{Connection, FRESH};
use crate::harbor::log::{TaskLog, read};
use crate::harbor::rebuild::is_about;
use crate::model::clock::{Clock, Millis, SECOND};
use crate::model::event::{Event, Operation, ReplicationOutcome, Source};
use crate::route::Live;
use crate::store::correct::Finding;
use crate::store::{Store, StoreError};

/// The longest that an event waits for Harbor's API.
pub const LONGEST_WAIT: Millis = 10 * SECOND;
const DEADLINE: Duration = Duration::from_secs(10);
/// How many are asked about at a time.
const AT_A_TIME: usize = 8;
/// How many may wait for their turn. More would not be reached in time.
const QUEUE: usize = 1_024;

/// An event that Harbor is to be asked about.
#[derive(Clone, Debug)]
pub struct Question {
    pub event_id: String,
    pub execution_id: i64,
    /// 0: the task is found by its repository.
    pub task_id: i64,
    pub repository: String,
    pub outcome: ReplicationOutcome,
    /// Of a task that was found, its own word is known and means nothing here; rules cannot say better.
    pub is_webhook: bool,
    /// When nobody waits for the answer any more.
    pub until: Instant,
}

impl Question {
    pub fn of(event_id: &str, event: &Event) -> Self {
        Self {
            event_id: event_id.to_owned(),
            execution_id: event.execution_id,
            task_id: event.task_id,
            repository: event.repository.clone(),
            outcome: event.outcome,
            is_webhook: event.source == Source::Webhook,
            until: Instant::now() + DEADLINE,
        }
    }
}

/// The asking end: decides which events wait.
#[derive(Clone)]
pub struct LookUps {
    connection: Arc<Connection>,
    queue: mpsc::Sender<Question>,
}

impl LookUps {
    /// How long an event is to wait before it is sent.
    pub fn wait_for(&self, event: &Event) -> Millis {
        // What was found in Harbor is explained right after it is stored.
        let is_explained = event.source != Source::Webhook && event.outcome == ReplicationOutcome::Failed;
        let waits = is_explained && !event.repository.is_empty() || self.wants(event);
        if waits { LONGEST_WAIT } else { 0 }
    }

    fn wants(&self, event: &Event) -> bool {
        let is_ours = event.source == Source::Webhook
            && event.execution_id > 0
            && self.connection.is_ok()
            && self.connection.host().is_some_and(|host| host == event.harbor_host);
        if !is_ours {
            return false;
        }
        match event.outcome {
            ReplicationOutcome::Failed => true,
            ReplicationOutcome::Succeeded => {
                let rules = self.connection.rules_within(FRESH);
                rules.is_none_or(|rules| may_delete(&rules, &event.repository))
            }
        }
    }

    /// Asks. Where too many wait already, the event is sent without, when its wait is over: what may be a deletion as
    /// unconfirmed.
    pub fn ask(&self, question: Question) {
        if self.queue.try_send(question).is_err() {
            tracing::debug!("too many look-ups wait; an event is sent without");
        }
    }
}

/// Whether any rule that a repository may have been replicated by replicates deletions.
fn may_delete(rules: &[Policy], repository: &str) -> bool {
    rules.iter().any(|rule| rule.replicates_deletions() && rule.may_replicate(repository))
}

/// The answering end.
pub struct Worker {
    pub look_up: LookUp,
    queue: mpsc::Receiver<Question>,
}

/// Makes both ends.
pub fn look_ups(look_up: LookUp) -> (LookUps, Worker) {
    let (queue, questions) = mpsc::channel(QUEUE);
    (LookUps { connection: look_up.connection.clone(), queue }, Worker { look_up, queue: questions })
}

impl Worker {
    /// Runs until stopped. What is being looked up then is sent without.
    pub async fn run(mut self, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(AT_A_TIME));
        loop {
            let question = tokio::select! {
                question = self.queue.recv() => question,
                () = stop.cancelled() => None,
            };
            let Some(question) = question else { return };
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let look_up = self.look_up.clone();
            tokio::spawn(async move {
                let _place = place;
                look_up.within_time(&question).await;
            });
        }
    }
}

/// One look-up: Harbor's answer becomes a correction of the event.
#[derive(Clone)]
pub struct LookUp {
    pub connection: Arc<Connection>,
    pub store: Store,
    pub routing: Live,
    pub clock: Clock,
    /// Wakes the lanes, because an event need not wait any more.
    pub nudge: watch::Sender<()>,
}

impl LookUp {
    async fn within_time(&self, question: &Question) {
        let finding = match timeout_at(question.until, self.ask(question)).await {
            Ok(Ok(finding)) => finding,
            Ok(Err(error)) => {
                tracing::warn!(event_id = question.event_id, %error, "an event could not be looked up; it is sent without");
                None
            }
            Err(_) => {
                tracing::warn!(event_id = question.event_id, "Harbor did not answer in time; an event is sent without");
                None
            }
        };
        let finding = finding.unwrap_or_else(|| Finding { event_id: question.event_id.clone(), ..Finding::default() });
        if let Err(error) = self.correct(&finding).await {
            tracing::warn!(event_id = question.event_id, %error, "what Harbor says of an event could not be stored");
        }
    }

    /// What Harbor says of an event; None where it knows no such task.
    pub async fn ask(&self, question: &Question) -> Result<Option<Finding>, Error> {
        let connection = &self.connection;
        let finding = Finding { event_id: question.event_id.clone(), ..Finding::default() };
        if question.outcome == ReplicationOutcome::Succeeded && question.is_webhook {
            let rules = connection.rules(FRESH).await?;
            if !may_delete(&rules, &question.repository) {
                return Ok(Some(Finding { operation: Some(Operation::Copy), ..finding }));
            }
        }
        let tasks = connection.noted(connection.client.tasks(question.execution_id).await)?;
        let Some(task) = tasks.iter().find(|task| question.is_about(task)) else { return Ok(None) };
        let operation = operation(task);
        if question.outcome == ReplicationOutcome::Succeeded {
            return Ok(Some(Finding { operation, ..finding }));
        }
        let log = match connection.noted(connection.client.task_log(question.execution_id, task.id).await) {
            Err(error) if error.is_of_one_answer() => {
                tracing::warn!(event_id = question.event_id, %error, "why a replication failed cannot be read");
                TaskLog::default()
            }
            log => read(&log?),
        };
        let TaskLog { reason, copied, ended, .. } = log;
        let copied = if ended { copied } else { Vec::new() };
        Ok(Some(Finding { operation, reason: reason.unwrap_or_default(), copied, ..finding }))
    }

    /// Stores it, and lets the event be sent.
    pub async fn correct(&self, finding: &Finding) -> Result<(), StoreError> {
        let routing = self.routing.borrow().clone();
        let corrected = self.store.correct(finding, |event| routing.assignments(event), self.clock.now()).await?;
        self.nudge.send_replace(());
        if let Some(event) = &corrected.event {
            tracing::info!(
                event_id = finding.event_id,
                repository = event.repository,
                versions = event.listed(),
                operation = event.operation.as_str(),
                reason = event.reason,
                "looked up in Harbor"
            );
        }
        if let Some((event, robots)) = &corrected.split {
            tracing::info!(
                split_from = finding.event_id,
                repository = event.repository,
                versions = event.listed(),
                replication = event.outcome.as_str(),
                robots = robots.join(" "),
                "some versions of a failure were copied"
            );
        }
        Ok(())
    }
}

impl Question {
    fn is_about(&self, task: &Task) -> bool {
        if self.task_id > 0 { task.id == self.task_id } else { is_about(task, &self.repository) }
    }
}

/// What a task does to the image; None where Harbor has a new word for it.
pub fn operation(task: &Task) -> Option<Operation> {
    match task.operation.as_str() {
        "copy" => Some(Operation::Copy),
        "deletion" | "tag deletion" => Some(Operation::Delete),
        _ => None,
    }
}
