//! Silent failures: an execution that failed before it had tasks sends no webhook. Somebody is notified once for each
//! rule and reason within a day, however often a schedule repeats it, and once more when the rule works again.

use serde_json::json;

use super::poll::{Round, outcome};
use super::{Interrupted, Reconciler};
use crate::harbor::answers::{Execution, Task};
use crate::harbor::log;
use crate::harbor::rebuild;
use crate::model::arrival::arrivals;
use crate::model::clock::{HOUR, Millis};
use crate::model::event::{Event, ReplicationOutcome, Source};
use crate::model::harbor::Webhook;
use crate::store::accept::Acceptance;
use crate::store::reconcile::FailingRule;

/// How long the same reason of the same rule is not sent again.
const REPEATED: Millis = 24 * HOUR;

impl Reconciler {
    /// An execution that has ended and had no tasks.
    pub(super) async fn silent(&self, round: &Round<'_>, execution: &Execution) -> Result<(), Interrupted> {
        if !execution.failed_silently() {
            return Ok(());
        }
        let reason = log::reason(&self.connection.client.presentable(&execution.status_text));
        let kind = without_numbers(&reason);
        let sent_at = self.store.failure_sent_at(round.url, execution.policy_id, &kind).await?;
        let is_repeated = sent_at.is_some_and(|sent_at| round.now - sent_at < REPEATED);
        let event = self.event(round, execution, ReplicationOutcome::Failed, reason.clone()).await?;
        // What is too old to be sent was not sent.
        let is_old = self.is_quiet(round, event.occurred_at);
        self.offer(execution, event, is_repeated || is_old).await?;
        let failing = FailingRule {
            rule_id: execution.policy_id,
            kind,
            reason: reason.clone(),
            sent_at: if is_old || is_repeated { sent_at.unwrap_or(0) } else { round.now },
            execution_id: execution.id,
        };
        self.store.rule_fails(round.url, &failing).await?;
        self.connection.rule_failed(execution.policy_id, &reason);
        Ok(())
    }

    /// An execution copied something: its rule works again, if it did not.
    pub(super) async fn rule_works(
        &self,
        round: &Round<'_>,
        execution: &Execution,
        tasks: &[Task],
    ) -> Result<(), Interrupted> {
        let failing = self.store.failing_rules(round.url).await?;
        let last =
            failing.iter().filter(|failing| failing.rule_id == execution.policy_id).max_by_key(|one| one.execution_id);
        let Some(last) = last.filter(|last| last.execution_id < execution.id) else { return Ok(()) };
        let was_sent = failing.iter().any(|one| one.rule_id == last.rule_id && one.sent_at > 0);
        let mut event = self.event(round, execution, ReplicationOutcome::Succeeded, String::new()).await?;
        // The end of an execution that is tried again is that of its first try.
        let succeeded = tasks.iter().filter(|task| outcome(task) == Some(ReplicationOutcome::Succeeded));
        if let Some(first) = succeeded.filter_map(|task| task.end_time).min() {
            event.occurred_at = first.as_second() * 1_000;
        }
        let is_quiet = !was_sent || self.is_quiet(round, event.occurred_at);
        self.offer(execution, event, is_quiet).await?;
        self.store.rule_works(round.url, execution.policy_id).await?;
        self.connection.rule_failed(execution.policy_id, "");
        Ok(())
    }

    async fn event(
        &self,
        round: &Round<'_>,
        execution: &Execution,
        outcome: ReplicationOutcome,
        reason: String,
    ) -> Result<Event, Interrupted> {
        let rule = self.rule(execution).await?;
        let rule = rule.as_ref();
        let seconds = |at: Option<jiff::Timestamp>| at.map_or(round.now / 1_000, |at| at.as_second());
        Ok(Event {
            outcome,
            reason,
            execution_timestamp: seconds(execution.start_time),
            execution_id: execution.id,
            occurred_at: seconds(execution.end_time) * 1_000,
            ..rebuild::of_rule(&round.host, rule)
        })
    }

    async fn offer(&self, execution: &Execution, event: Event, is_quiet: bool) -> Result<(), Interrupted> {
        let arrivals = arrivals(&event, "", "");
        let payload = json!({ "execution": execution }).to_string();
        let (rule, reason, replication) = (event.rule.clone(), event.reason.clone(), event.outcome.as_str());
        let offered = self.intake.offer_found(Webhook { event, arrivals }, payload, is_quiet).await?;
        if let Acceptance::Accepted { event_id, robots } = offered {
            self.metrics.reconciled(Source::HarborApi);
            tracing::info!(
                event_id,
                rule,
                reason,
                replication,
                execution_id = execution.id,
                robots = robots.join(" "),
                "an execution without tasks"
            );
        }
        Ok(())
    }
}

/// Times, ports and the numbers of requests differ from one execution to the next.
fn without_numbers(reason: &str) -> String {
    let words = reason.split(|character: char| character.is_whitespace() || ":/=,;\"'".contains(character));
    let kept: Vec<_> =
        words.filter(|word| !word.is_empty() && !word.contains(|one: char| one.is_ascii_digit())).collect();
    kept.join(" ")
}
