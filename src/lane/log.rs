//! What a lane logs and counts: one line for each delivery that ends, with its id and its event's, and one for each
//! message that did not simply pass.

use tracing::Span;

use super::{Lane, Message};
use crate::model::clock::{Millis, SECOND};
use crate::model::delivery::{Due, State};
use crate::model::outcome::{MessageOutcome, Report};
use crate::model::settle::Settlement;
use crate::store::record::Recorded;

impl Lane {
    /// Around all that happens to a message: its lines carry the robot and the message's id.
    pub(super) fn span(&self, message: &Message) -> Span {
        tracing::error_span!("message", robot = self.robot.name, message_id = message.id)
    }

    pub(super) fn log(&self, message: &Message, report: &Report, settlement: &Settlement, recorded: &Recorded) {
        let Recorded::Yes { given_up: rows } = recorded else {
            tracing::warn!(
                outcome = report.outcome.as_str(),
                "nothing recorded: another process took the lane, or an earlier try was written after all"
            );
            return;
        };
        self.count(message, report, settlement, rows.len());
        for (row, change) in message.rows.iter().zip(&settlement.rows) {
            log_row(row, change.state, report);
        }
        for (delivery_id, event_id) in rows {
            given_up(delivery_id, event_id, &report.summary());
        }
        // What is less than a second, or over, is no pause to a reader.
        let pause = Some(settlement.robot.paused_until - self.clock.now()).filter(|left| *left >= SECOND);
        let pause_seconds = pause.map(|left| (left + SECOND - 1) / SECOND);
        if message.rows.is_empty() {
            log_test(report, pause_seconds);
        } else {
            log_message(message.rows.len(), report, pause_seconds);
        }
    }

    fn count(&self, message: &Message, report: &Report, settlement: &Settlement, given_up: usize) {
        let robot = &self.robot.name;
        self.metrics.sent(robot, report.outcome.as_str(), message.rows.len() as u64);
        for (row, change) in message.rows.iter().zip(&settlement.rows) {
            if change.finished_at > 0 {
                self.metrics.came_to(change.state, robot, 1);
            }
            if change.state == State::Delivered {
                self.metrics.delivered_after(robot, self.clock.leaps().length(row.tried_since, change.finished_at));
            }
        }
        self.metrics.came_to(State::Failed, robot, given_up as u64);
    }
}

fn log_row(row: &Due, state: State, report: &Report) {
    let (delivery_id, event_id, event) = (&row.id, &row.event_id, &row.notice.event);
    let (repository, versions, replication) = (&event.repository, event.listed(), event.outcome.as_str());
    match state {
        State::Delivered => {
            tracing::info!(delivery_id, event_id, repository, versions, replication, "delivered");
        }
        State::Failed if report.outcome == MessageOutcome::Rejected => tracing::error!(
            delivery_id,
            event_id,
            repository,
            versions,
            replication,
            error = report.summary(),
            "delivery failed: WeCom refuses the message; see it with `harborbell show`"
        ),
        State::Failed => given_up(delivery_id, event_id, &report.summary()),
        _ => tracing::debug!(delivery_id, event_id, outcome = report.outcome.as_str(), "not delivered yet"),
    }
}

fn given_up(delivery_id: &str, event_id: &str, error: &str) {
    tracing::error!(
        delivery_id,
        event_id,
        error,
        "delivery given up after RETRY_MAX_ELAPSED; `harborbell replay` sends it again"
    );
}

fn log_test(report: &Report, pause_seconds: Option<Millis>) {
    let (outcome, error) = (report.outcome.as_str(), report.summary());
    if report.outcome == MessageOutcome::Delivered {
        tracing::info!("test message delivered");
    } else {
        tracing::warn!(error, outcome, pause_seconds, "test message not delivered; it is not tried again");
    }
}

fn log_message(deliveries: usize, report: &Report, pause_seconds: Option<Millis>) {
    let (outcome, error) = (report.outcome.as_str(), report.summary());
    match report.outcome {
        MessageOutcome::Delivered | MessageOutcome::Rejected if deliveries == 1 => {}
        MessageOutcome::Delivered => tracing::info!(deliveries, "message delivered"),
        MessageOutcome::Rejected => tracing::warn!(
            deliveries,
            error,
            "a digest was refused; it is sent again in halves until the rejected delivery is alone"
        ),
        MessageOutcome::Throttled { .. } => tracing::warn!(
            deliveries,
            error,
            pause_seconds,
            "WeCom answers that messages come too fast; the robot is paused"
        ),
        MessageOutcome::RobotBroken => tracing::error!(
            deliveries,
            error,
            pause_seconds,
            "the robot is broken; fix its URL, then reload or restart; its deliveries wait"
        ),
        MessageOutcome::Retry(_) => {
            tracing::warn!(deliveries, error, outcome, pause_seconds, "message not delivered; it is tried again");
        }
    }
}
