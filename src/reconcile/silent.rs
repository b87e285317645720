//! Silent failures: an execution that failed before it had tasks sends no webhook. Somebody is notified once for each
//! rule and reason within a day, however often a schedule repeats it, and once more when the rule works again.

use serde_json::json;

use super::poll::Round;
use super::{Interrupted, Reconciler};
use crate::harbor::answers::Execution;
use crate::harbor::filters::only_projects;
use crate::harbor::line::one_line;
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
        if execution.status != "Failed" || is_harmless(&execution.status_text) {
            return Ok(());
        }
        let reason = one_line(&self.connection.client.presentable(&execution.status_text));
        let known = self.store.failing_rule(round.url, execution.policy_id).await?;
        let same = known.filter(|known| without_numbers(&known.reason) == without_numbers(&reason));
        let is_repeated = same.as_ref().is_some_and(|same| round.now - same.sent_at < REPEATED);
        let event = self.event(round, execution, ReplicationOutcome::Failed, reason.clone()).await?;
        let is_quiet = is_repeated || self.is_quiet(round, event.occurred_at);
        self.offer(execution, event, is_quiet).await?;
        let sent_at = if is_repeated { same.map_or(round.now, |same| same.sent_at) } else { round.now };
        let failing =
            FailingRule { rule_id: execution.policy_id, reason: reason.clone(), sent_at, execution_id: execution.id };
        self.store.rule_fails(round.url, &failing).await?;
        self.connection.rule_failed(execution.policy_id, &reason);
        Ok(())
    }

    /// An execution copied something: its rule works again, if it did not.
    pub(super) async fn rule_works(&self, round: &Round<'_>, execution: &Execution) -> Result<(), Interrupted> {
        let failing = self.store.failing_rule(round.url, execution.policy_id).await?;
        if failing.is_none_or(|failing| failing.execution_id > execution.id) {
            return Ok(());
        }
        let event = self.event(round, execution, ReplicationOutcome::Succeeded, String::new()).await?;
        let is_quiet = self.is_quiet(round, event.occurred_at);
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
        let rules = self.connection.rules(super::RULES_SERVE).await?;
        let rule = rules.iter().find(|rule| rule.id == execution.policy_id);
        let seconds = |at: Option<jiff::Timestamp>| at.map_or(round.now / 1_000, |at| at.as_second());
        Ok(Event {
            source: Source::HarborApi,
            outcome,
            harbor_host: round.host.clone(),
            registry: rule.and_then(|rule| rule.remote()).map(|remote| remote.name.clone()).unwrap_or_default(),
            description: rule.map(|rule| rule.description.clone()).unwrap_or_default(),
            rule: rule.map(|rule| rule.name.clone()).unwrap_or_default(),
            // Routes may go by it, where the rule can be about no other.
            project: rule
                .and_then(only_projects)
                .filter(|projects| projects.len() == 1)
                .map_or_else(String::new, |mut one| one.remove(0)),
            reason,
            execution_timestamp: seconds(execution.start_time),
            execution_id: execution.id,
            occurred_at: seconds(execution.end_time) * 1_000,
            ..Event::default()
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

/// Another execution of the rule was still running, or there was nothing to do.
fn is_harmless(status_text: &str) -> bool {
    status_text.starts_with("Execution skipped") || status_text.contains("no resources need to be replicated")
}

/// Times, ports and numbers of connections differ from one execution to the next.
fn without_numbers(reason: &str) -> String {
    reason.chars().filter(|character| !character.is_ascii_digit()).collect()
}
