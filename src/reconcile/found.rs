//! What is found: a task that has ended and of which no event is stored becomes one, through the same intake and the same
//! dedup as a webhook. From the body that Harbor has on record for the webhook, else rebuilt from what the API says.

use std::time::Duration;

use super::logs::Log;
use super::poll::Round;
use super::{Interrupted, Reconciler};
use crate::harbor::answers::{Execution, Policy, Task};
use crate::harbor::log::TaskLog;
use crate::harbor::rebuild;
use crate::lookup::operation;
use crate::model::event::{Event, Operation, ReplicationOutcome, Source};
use crate::model::harbor::{Reading, Webhook, read};
use crate::store::accept::Acceptance;
use crate::store::correct::Finding;

impl Reconciler {
    /// The rule of an execution. One that was made a moment ago is read first; None where it was deleted.
    pub(super) async fn rule(&self, execution: &Execution) -> Result<Option<Policy>, Interrupted> {
        for age in [super::RULES_SERVE, Duration::ZERO] {
            let rules = self.connection.rules(age).await?;
            if let Some(rule) = rules.iter().find(|rule| rule.id == execution.policy_id) {
                return Ok(Some(rule.clone()));
            }
        }
        Ok(None)
    }

    /// Whether Harbor sends this service a webhook of the task. Where nobody can tell, it is waited for.
    pub(super) async fn is_announced(&mut self, execution: &Execution, task: &Task) -> Result<bool, Interrupted> {
        let rule = self.rule(execution).await?;
        let rule = rule.as_ref();
        let Some((bare, _)) = rebuild::webhook("", rule, execution, task, None, true) else { return Ok(true) };
        Ok(self.record.reaches_us(&bare.event.project).await?)
    }

    /// Makes sure that a task which has ended is stored. False where its log cannot be read now: it is to be looked at again.
    pub(super) async fn settle(
        &mut self,
        round: &Round<'_>,
        execution: &Execution,
        task: &Task,
        outcome: ReplicationOutcome,
    ) -> Result<bool, Interrupted> {
        let rule = self.rule(execution).await?;
        self.settle_by(round, rule.as_ref(), execution, task, outcome).await
    }

    pub(super) async fn settle_by(
        &mut self,
        round: &Round<'_>,
        rule: Option<&Policy>,
        execution: &Execution,
        task: &Task,
        outcome: ReplicationOutcome,
    ) -> Result<bool, Interrupted> {
        let Some((bare, _)) = rebuild::webhook(&round.host, rule, execution, task, None, true) else {
            tracing::debug!(execution_id = execution.id, task_id = task.id, "a task of Harbor's is not understood");
            return Ok(true);
        };
        // Without its rule nobody knows in which direction it went: to whom, and as which image.
        let done = rule.and(operation(task));
        let is_quiet = rule.is_none() || self.is_quiet(round, bare.event.occurred_at);
        if let Some(stored) = self.store.task(&bare.event).await? {
            // It came in while Harbor could not be asked.
            let is_wrong = done.is_some_and(|known| known != stored.operation);
            let is_unexplained = outcome == ReplicationOutcome::Failed && stored.reason.is_empty() && !is_quiet;
            if is_wrong || is_unexplained {
                let log = if is_unexplained { self.log(round, execution, task, rule).await? } else { Log::Gone };
                if is_wrong || !log.is_awaited() {
                    self.explain(stored.event_id, rule, task, log.read(), is_quiet).await?;
                }
                return Ok(!log.is_awaited());
            }
            if let Some(rule) = rule.filter(|rule| rule.id != stored.rule_id) {
                let named = Event { rule: rule.name.clone(), rule_id: rule.id, ..bare.event };
                self.store.note_rule(&stored.event_id, &named).await?;
            }
            return Ok(true);
        }
        let is_late = self.record.reaches_us(&bare.event.project).await? && !is_quiet;
        let body = self.record.body(&bare.event.project, execution.id, task.id, outcome).await?;
        let digest_only = self.settings.digest_only;
        let recorded = match body.map(|body| (read(&body, bare.event.occurred_at, digest_only), body)) {
            Some((Ok(Reading::Event(webhook)), body)) => Some((*webhook, body)),
            // Looked at and left out, as its webhook would have been.
            Some((Ok(Reading::Ignored(_)), _)) => return Ok(true),
            Some((Err(_), _)) | None => None,
        };
        let needs_log = recorded.is_none() || outcome == ReplicationOutcome::Failed;
        let log = if needs_log { self.log(round, execution, task, rule).await? } else { Log::Gone };
        let (webhook, payload, source) = match recorded {
            Some((webhook, body)) => (webhook, body, Source::HarborRecord),
            // Its versions stand there alone.
            None if log.is_awaited() => return Ok(false),
            None => {
                let rebuilt = rebuild::webhook(&round.host, rule, execution, task, log.read(), digest_only);
                let Some((rebuilt, payload)) = rebuilt else { return Ok(true) };
                (rebuilt, payload, Source::HarborApi)
            }
        };
        let event = Event {
            source,
            operation: done.unwrap_or(Operation::Unconfirmed),
            rule: rule.map(|rule| rule.name.clone()).unwrap_or_default(),
            rule_id: rule.map_or(0, |rule| rule.id),
            task_id: task.id,
            late: is_late,
            ..webhook.event
        };
        let found = Webhook { event, ..webhook };
        self.store_found(found, payload, is_quiet, rule, task, log.read()).await?;
        Ok(!log.is_awaited())
    }

    async fn store_found(
        &self,
        found: Webhook,
        payload: String,
        is_quiet: bool,
        rule: Option<&Policy>,
        task: &Task,
        log: Option<&TaskLog>,
    ) -> Result<(), Interrupted> {
        let event = found.event.clone();
        match self.intake.offer_found(found, payload, is_quiet).await? {
            Acceptance::Accepted { event_id, robots } => {
                self.metrics.reconciled(event.source);
                if !is_quiet {
                    tracing::info!(
                        event_id,
                        repository = event.repository,
                        versions = event.listed(),
                        replication = event.outcome.as_str(),
                        operation = event.operation.as_str(),
                        registry = event.registry,
                        source = event.source.as_str(),
                        execution_id = event.execution_id,
                        robots = robots.join(" "),
                        "found in Harbor: no webhook of it had come in"
                    );
                }
                if event.outcome == ReplicationOutcome::Failed {
                    self.explain(event_id, rule, task, log, is_quiet).await?;
                }
            }
            Acceptance::Duplicate => {
                tracing::debug!(execution_id = event.execution_id, task_id = task.id, "its webhook came in meanwhile");
            }
        }
        Ok(())
    }

    /// Adds to a failure why it failed, and takes out what was copied after all.
    async fn explain(
        &self,
        event_id: String,
        rule: Option<&Policy>,
        task: &Task,
        log: Option<&TaskLog>,
        is_quiet: bool,
    ) -> Result<(), Interrupted> {
        let finding = Finding {
            event_id,
            operation: operation(task),
            rule: rule.map(|rule| rule.name.clone()).unwrap_or_default(),
            rule_id: rule.map_or(0, |rule| rule.id),
            reason: log.and_then(|log| log.reason.clone()).unwrap_or_default(),
            copied: log.filter(|log| log.ended).map(|log| log.copied.clone()).unwrap_or_default(),
            is_quiet,
        };
        Ok(self.look_up.correct(&finding).await?)
    }

    /// What ended before the first contact, or too long ago, is stored, and nobody is notified of it.
    pub(super) const fn is_quiet(&self, round: &Round<'_>, ended_at: i64) -> bool {
        ended_at < round.contact.first_contact_at || ended_at < round.now - self.settings.backfill_max_age
    }
}
