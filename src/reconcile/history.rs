//! History: what ended before the first contact, newest first, slowly, and only where its versions can still be known:
//! from task logs, which live for a day, and from the webhooks' own record. It is stored for `where`, and nobody is
//! notified of it. It goes on where it was interrupted.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::poll::{Round, in_view, outcome};
use super::{Interrupted, Reconciler, logs};
use crate::harbor::answers::{Execution, Policy, SystemInfo};
use crate::harbor::client::Error;
use crate::harbor::rebuild;
use crate::model::clock::Millis;
use crate::model::event::{Event, Source};
use crate::model::harbor::{Reading, Webhook, read};
use crate::store::reconcile::InView;

/// At most five requests a second.
const PAUSE: Duration = Duration::from_millis(200);
/// A task takes its log, and now and then the webhooks of its project.
const PAUSE_OF_TASK: Duration = Duration::from_millis(600);
/// Executions below this one are read: what is left is the record of the webhooks.
const ONLY_RECORDS: i64 = 1;
const DONE: i64 = 0;

impl Reconciler {
    /// Reads on until the next poll is near.
    pub(super) async fn read_history(&mut self, info: &SystemInfo) -> Result<(), Interrupted> {
        let url = info.external_url.as_str();
        let Some(contact) = self.store.contact(url).await? else { return Ok(()) };
        let now = info.current_time.map_or_else(|| self.clock.now(), |now| now.as_millisecond());
        let until = Instant::now() + Duration::from_millis(self.settings.poll_interval.unsigned_abs()) / 2;
        let below = contact.history_below;
        let round = Round { url, host: rebuild::host(url), now, contact };
        match below {
            DONE => Ok(()),
            ONLY_RECORDS => self.read_records(&round).await,
            _ => self.read_executions(&round, below, until).await,
        }
    }

    async fn read_executions(&mut self, round: &Round<'_>, from: i64, until: Instant) -> Result<(), Interrupted> {
        let mut below = from;
        while Instant::now() < until {
            sleep(PAUSE).await;
            // Pages shift as executions are added: what is sought may be on a later one, and never on an earlier one.
            let page = self.page(self.history_page).await?;
            for execution in page.items.iter().filter(|execution| execution.id < from) {
                if execution.id >= below {
                    continue;
                }
                if Instant::now() >= until {
                    return Ok(());
                }
                if is_forgotten(execution, round.now) {
                    return Ok(self.store.history_read(round.url, ONLY_RECORDS).await?);
                }
                self.read_execution(round, execution).await?;
                below = execution.id;
                self.store.history_read(round.url, below).await?;
            }
            if page.is_last {
                return Ok(self.store.history_read(round.url, ONLY_RECORDS).await?);
            }
            self.history_page += 1;
        }
        Ok(())
    }

    async fn read_execution(&mut self, round: &Round<'_>, execution: &Execution) -> Result<(), Interrupted> {
        if !execution.has_ended() || execution.total == 0 {
            return Ok(());
        }
        sleep(PAUSE).await;
        let tasks = match self.connection.noted(self.connection.client.tasks(execution.id).await) {
            Err(Error::NotFound) => return Ok(()),
            tasks => tasks?,
        };
        let mut settled = Vec::new();
        for task in &tasks {
            let ended_at = task.end_time.map_or(0, |at| at.as_millisecond());
            if let Some(outcome) = outcome(task).filter(|_| round.now - ended_at < logs::LIVES) {
                sleep(PAUSE_OF_TASK).await;
                if !self.settle(round, execution, task, outcome).await? {
                    continue;
                }
            }
            settled.push(task.id.to_string());
        }
        if settled.len() < tasks.len() {
            // What waits for its log is followed like a new one, and the history goes on.
            let later = InView { settled, ..in_view(execution, round.now) };
            self.store.take_into_view(round.url, std::slice::from_ref(&later)).await?;
            self.store.looked_at(round.url, &later, &[]).await?;
        }
        Ok(())
    }

    /// What only the webhooks' own record has by now: whole bodies, as they were sent to anybody.
    async fn read_records(&mut self, round: &Round<'_>) -> Result<(), Interrupted> {
        let rules = self.connection.rules(super::RULES_SERVE).await?;
        let projects: BTreeSet<_> = rules.iter().filter_map(Policy::only_projects).flatten().collect();
        for project in projects {
            sleep(PAUSE_OF_TASK).await;
            for body in self.record.bodies(&project).await? {
                let Ok(Reading::Event(webhook)) = read(&body, round.now, self.settings.digest_only) else { continue };
                let is_past = webhook.event.occurred_at < round.contact.first_contact_at;
                if !is_past
                    || webhook.event.harbor_host != round.host
                    || self.store.task(&webhook.event).await?.is_some()
                {
                    continue;
                }
                let Webhook { event, arrivals } = *webhook;
                let event = Event { source: Source::HarborRecord, ..event };
                self.intake.offer_found(Webhook { event, arrivals }, body, true).await?;
                self.metrics.reconciled(Source::HarborRecord);
            }
        }
        self.store.history_read(round.url, DONE).await?;
        tracing::info!(harbor = round.url, "the history of Harbor's executions is read");
        Ok(())
    }
}

/// Whether its tasks' logs are gone.
fn is_forgotten(execution: &Execution, now: Millis) -> bool {
    execution.end_time.is_some_and(|at| now - at.as_millisecond() > logs::LIVES)
}
