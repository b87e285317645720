//! What is read of a delivery and its event, by lanes and by people alike.

/// The columns of an [`Event`](crate::model::event::Event), without the payload, which may be large; from `events e`.
pub(super) const EVENT: &str = "e.source, e.operation, e.outcome, e.harbor_host, e.project, e.repository, e.versions,
    e.registry, e.description, e.rule, e.rule_id, e.remote_namespace, e.reason, e.execution_timestamp, e.execution_id, e.task_id,
    e.late = 1 AS late, e.occurred_at";

/// The columns of a [`Notice`](crate::model::delivery::Notice) beside those of its event; from `events e` and
/// `deliveries d`.
pub(super) const NOTICE: &str = "d.mentions, EXISTS (
        SELECT 1 FROM arrivals healed
        JOIN arrivals broke ON broke.key = healed.key AND broke.execution = healed.execution
            AND broke.outcome = 'failed'
        WHERE healed.event_id = e.id AND healed.outcome = 'succeeded') AS after_failure";

/// The columns of a [`Delivery`](super::views::Delivery) that are of `deliveries d`.
pub(super) const DELIVERY: &str = "d.id AS delivery_id, d.event_id, d.state, d.robot, d.attempts, d.failures,
    d.created_at, d.next_attempt_at, d.finished_at, d.last_error";
