//! Polling: new executions down to the watermark come into view, and stay there until each of their tasks is settled.

use std::collections::{HashMap, HashSet};

use super::{Interrupted, Reconciler};
use crate::harbor::answers::{Execution, SystemInfo, Task};
use crate::harbor::client::{Error, PAGE_SIZE, Page};
use crate::harbor::rebuild;
use crate::model::clock::{MINUTE, Millis, SECOND};
use crate::model::event::{Operation, ReplicationOutcome};
use crate::store::reconcile::{Contact, InView, Replicating};

/// So many numbers below the watermark are read again: transactions of Harbor's commit in any order.
const OVERLAP: i64 = 200;
/// So many pages are read in a round; what is older than that is beyond what is sent.
const MOST_PAGES: u32 = 1_000;
/// Executions of one moment may have numbers in any order, but not of moments so far apart.
const RESTORED: Millis = 10 * MINUTE;
/// After so many that cannot be read a round ends: Harbor has more trouble than that.
const MOST_SLOW: u32 = 5;
/// At most so many executions are looked at in a round.
const LOOKS: i64 = 500;
/// An execution that runs is looked at in each round for so long.
const OFTEN_FOR: Millis = 60 * MINUTE;

/// When and where a round looks.
pub(super) struct Round<'a> {
    /// The URL that Harbor calls itself.
    pub(super) url: &'a str,
    pub(super) host: String,
    /// By Harbor's clock.
    pub(super) now: Millis,
    pub(super) contact: Contact,
}

impl Reconciler {
    pub(super) async fn poll(&mut self, info: &SystemInfo) -> Result<(), Interrupted> {
        let url = info.external_url.as_str();
        let now = info.current_time.map_or_else(|| self.clock.now(), |now| now.as_millisecond());
        let newest = self.page(1).await?;
        let contact = match self.store.contact(url).await? {
            Some(contact) if !is_restored(&contact, &newest.items) => contact,
            before => self.first_contact(url, now, before, &newest.items).await?,
        };
        let seen = self.take_new_ones(&contact, newest, now).await?;
        let (round, mut slow) = (Round { url, host: rebuild::host(url), now, contact }, 0);
        for execution in self.store.in_view(url, now, LOOKS).await? {
            // Another replica goes on where this one was too slow.
            if !self.store.acquire_work(super::WORK, &self.owner, &self.clock).await? {
                return Ok(());
            }
            if !self.look_in_turn(&round, execution, &seen).await? {
                slow += 1;
            }
            if slow == MOST_SLOW {
                break;
            }
        }
        let watermark = self.show_progress(url).await?;
        Ok(self.store.forget_executions(url, watermark - 10 * OVERLAP).await?)
    }

    /// What Harbor cannot say of one execution keeps no other one waiting. False where it could not.
    async fn look_in_turn(
        &mut self,
        round: &Round<'_>,
        mut execution: InView,
        seen: &HashMap<i64, Execution>,
    ) -> Result<bool, Interrupted> {
        let before = execution.clone();
        let read = seen.get(&execution.id).cloned();
        match self.look(round, &mut execution, read).await {
            Ok(replicating) => {
                self.store.looked_at(round.url, &execution, &replicating).await?;
                Ok(true)
            }
            Err(Interrupted::Harbor(error)) if error.is_of_one_answer() => {
                tracing::warn!(execution_id = before.id, %error, "an execution cannot be read; it is looked at later");
                let look_at = round.now + self.pause(round.now - before.started_at);
                let later = InView { look_at, settled: execution.settled, ..before };
                self.store.looked_at(round.url, &later, &[]).await?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// How far this Harbor is read, whichever replica does it.
    pub(super) async fn show_progress(&self, url: &str) -> Result<i64, Interrupted> {
        let watermark = self.store.contact(url).await?.map_or(0, |contact| contact.watermark);
        let open = self.store.open_executions(url).await?;
        self.connection.followed(watermark, open);
        for failing in self.store.failing_rules(url).await? {
            self.connection.rule_failed(failing.rule_id, &failing.reason);
        }
        Ok(watermark)
    }

    /// The time is stored before anything is read that goes by it. What runs then is followed; what has ended is history.
    /// After a restore, what ended since it was last followed is no history.
    async fn first_contact(
        &self,
        url: &str,
        now: Millis,
        before: Option<Contact>,
        newest: &[Execution],
    ) -> Result<Contact, Interrupted> {
        let highest = newest.iter().max_by_key(|execution| execution.id);
        let watermark = highest.map_or(0, |execution| execution.id);
        let watermark_at = highest.map_or(now, |execution| in_view(execution, now).started_at);
        // Webhooks have whole seconds: what ended later in this one is no history.
        let first_contact_at = before.as_ref().map_or(now / SECOND * SECOND, |before| before.watermark_at);
        if let Some(before) = before {
            tracing::warn!(
                watermark = before.watermark,
                newest = watermark,
                "Harbor's executions count from a lower number again: it was restored or installed again; it is \
                 followed as at the first contact"
            );
        }
        let url = url.to_owned();
        let contact = Contact { url, first_contact_at, watermark, watermark_at, history_below: watermark + 1 };
        self.store.begin_contact(&contact).await?;
        let running = self.connection.noted(self.connection.client.running().await)?;
        let seen: Vec<_> = newest
            .iter()
            .chain(&running)
            .map(|execution| {
                let ended_at = execution.end_time.map_or(now, |at| at.as_millisecond());
                let is_history = execution.has_ended() && ended_at < first_contact_at;
                InView { look_at: if is_history { 0 } else { now }, ..in_view(execution, now) }
            })
            .collect();
        self.store.take_into_view(&contact.url, &seen).await?;
        tracing::info!(harbor = contact.url, watermark, "first contact with Harbor's API");
        Ok(contact)
    }

    pub(super) async fn page(&self, page: u32) -> Result<Page<Execution>, Error> {
        self.connection.noted_of_all(self.connection.client.executions(page).await)
    }

    /// Everything above the watermark, and what is unknown shortly below it. Gives what was read.
    async fn take_new_ones(
        &mut self,
        contact: &Contact,
        newest: Page<Execution>,
        now: Millis,
    ) -> Result<HashMap<i64, Execution>, Interrupted> {
        let floor = (contact.watermark - OVERLAP).max(0);
        let floor = self.read_again_from.take().map_or(floor, |again| again.min(floor));
        let (mut seen, mut page) = (HashMap::new(), newest);
        for number in 2..=MOST_PAGES {
            // A page that has nothing new is a list that does not end.
            let is_repeated = page.items.iter().all(|execution| seen.contains_key(&execution.id));
            let is_last = is_repeated || page.is_last || page.items.iter().any(|execution| execution.id <= floor);
            seen.extend(page.items.into_iter().map(|execution| (execution.id, execution)));
            if is_last {
                break;
            }
            page = self.page(number).await?;
        }
        let ids: Vec<_> = seen.keys().copied().filter(|id| *id > floor).collect();
        let unknown = self.store.not_in_view(&contact.url, &ids).await?;
        let new: Vec<_> = seen.values().filter(|execution| unknown.contains(&execution.id)).collect();
        if !new.is_empty() {
            self.read_again_from = (seen.len() > PAGE_SIZE).then_some(floor);
            let new: Vec<_> = new.into_iter().map(|execution| in_view(execution, now)).collect();
            self.store.take_into_view(&contact.url, &new).await?;
        }
        Ok(seen)
    }

    /// Settles what can be settled of an execution, says when it is looked at next, and what is being replicated.
    async fn look(
        &mut self,
        round: &Round<'_>,
        in_view: &mut InView,
        read: Option<Execution>,
    ) -> Result<Vec<Replicating>, Interrupted> {
        in_view.look_at = 0;
        let asked = match read {
            Some(execution) => Ok(execution),
            None => self.connection.noted(self.connection.client.execution(in_view.id).await),
        };
        let execution = match asked {
            Ok(execution) => execution,
            // Its rule was deleted, or Harbor's sweeper was here.
            Err(Error::NotFound) => {
                self.forgotten(round, in_view.id).await?;
                return Ok(Vec::new());
            }
            Err(error) => return Err(error.into()),
        };
        if execution.has_ended() && execution.total == 0 {
            self.silent(round, &execution).await?;
            return Ok(Vec::new());
        }
        let tasks = match self.connection.noted(self.connection.client.tasks(execution.id).await) {
            Err(Error::NotFound) => {
                self.forgotten(round, in_view.id).await?;
                return Ok(Vec::new());
            }
            tasks => tasks?,
        };
        if execution.has_ended() && tasks.is_empty() {
            self.silent(round, &execution).await?;
            return Ok(Vec::new());
        }
        if execution.succeed > 0 {
            self.rule_works(round, &execution, &tasks).await?;
        }
        let settled: HashSet<_> = in_view.settled.iter().cloned().collect();
        let (mut replicating, mut next) = (Vec::new(), Millis::MAX);
        for task in tasks.iter().filter(|task| !settled.contains(&task.id.to_string())) {
            let Some(outcome) = outcome(task) else {
                if task.has_ended() {
                    in_view.settled.push(task.id.to_string());
                } else {
                    replicating.extend(self.replicating(&execution, task).await?);
                }
                continue;
            };
            let due = self.due_at(round, &execution, task).await?;
            if due > round.now {
                next = next.min(due);
                continue;
            }
            if !self.settle(round, &execution, task, outcome).await? {
                next = next.min(round.now + self.settings.poll_interval);
                continue;
            }
            // Harbor ends an execution with each failed try, and begins the next one up to minutes later.
            let tries_end = task.end_time.map_or(round.now, |at| at.as_millisecond()) + self.settings.reconcile_delay;
            if outcome == ReplicationOutcome::Succeeded || execution.has_ended() && tries_end <= round.now {
                in_view.settled.push(task.id.to_string());
            } else {
                next = next.min(tries_end.max(round.now + self.settings.poll_interval));
            }
        }
        let is_over = execution.has_ended() && in_view.settled.len() >= tasks.len();
        if !is_over {
            let age = round.now - in_view.started_at;
            let again = if age < OFTEN_FOR || next < Millis::MAX { self.settings.poll_interval } else { super::SELDOM };
            in_view.look_at = next.min(round.now + again);
        }
        Ok(replicating)
    }

    /// When a task's own webhook is not waited for any more. Where none can come, at once.
    async fn due_at(&mut self, round: &Round<'_>, execution: &Execution, task: &Task) -> Result<Millis, Interrupted> {
        let ended_at = task.end_time.map_or(round.now, |at| at.as_millisecond());
        let may_be_retried = outcome(task) == Some(ReplicationOutcome::Failed) && !execution.has_ended();
        let waits = may_be_retried || self.is_announced(execution, task).await?;
        let delay = if waits { self.settings.reconcile_delay } else { 0 };
        Ok(ended_at + delay)
    }

    async fn replicating(&mut self, execution: &Execution, task: &Task) -> Result<Option<Replicating>, Interrupted> {
        let rule = self.rule(execution).await?;
        let rule = rule.as_ref();
        // Without a log there are no versions, and that is no error.
        let log = self.log_so_far(execution, task).await;
        let rebuilt = rebuild::webhook("", rule, execution, task, log.as_ref(), self.settings.digest_only);
        // What is being deleted is not on its way.
        let Some((webhook, _)) = rebuilt.filter(|(webhook, _)| webhook.event.operation != Operation::Delete) else {
            return Ok(None);
        };
        Ok(Some(Replicating {
            repository: webhook.event.repository,
            registry: webhook.event.registry,
            description: webhook.event.description,
            versions: webhook.event.versions,
            started_at: execution.start_time.map_or(0, |at| at.as_millisecond()),
        }))
    }
}

/// Whether a number that was given before is given again, later.
fn is_restored(contact: &Contact, newest: &[Execution]) -> bool {
    newest.iter().any(|execution| {
        let started_at = execution.start_time.map_or(0, |at| at.as_millisecond());
        execution.id < contact.watermark && started_at > contact.watermark_at + RESTORED
    })
}

pub(super) fn in_view(execution: &Execution, now: Millis) -> InView {
    let started_at = execution.start_time.map_or(now, |at| at.as_millisecond() / SECOND * SECOND);
    InView { id: execution.id, started_at, look_at: now, settled: Vec::new() }
}

/// How a task ended; None where it has not, or was stopped, which is no outcome.
pub(super) fn outcome(task: &Task) -> Option<ReplicationOutcome> {
    match (task.status.as_str(), task.has_ended()) {
        ("Succeed", true) => Some(ReplicationOutcome::Succeeded),
        ("Failed", true) => Some(ReplicationOutcome::Failed),
        _ => None,
    }
}
