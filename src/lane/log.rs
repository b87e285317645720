//! What a lane says and counts: one line for each delivery that ends, with its id and its event's, and one for each
//! message that did not simply pass.

use super::{Lane, Message};
use crate::model::clock::SECOND;
use crate::model::delivery::State;
use crate::model::outcome::{Outcome, Report};
use crate::model::settle::Settlement;
use crate::store::record::Recorded;

impl Lane {
    pub(super) fn log(&self, message: &Message, report: &Report, settlement: &Settlement, recorded: &Recorded) {
        let (robot, message_id, error) = (&self.robot.name, &message.id, report.summary());
        if *recorded == Recorded::TooLate {
            tracing::warn!(
                robot,
                message_id,
                outcome = report.outcome.as_str(),
                "nothing recorded: another process took the lane, or an earlier try was written after all"
            );
            return;
        }
        self.count(message, report, settlement, recorded);
        self.log_rows(message, report, settlement);
        if let Recorded::Yes { given_up: rows } = recorded {
            for (delivery_id, event_id) in rows {
                given_up(delivery_id, event_id, robot, &error);
            }
        }
        self.log_message(message, report, settlement);
    }

    fn log_rows(&self, message: &Message, report: &Report, settlement: &Settlement) {
        let (robot, message_id, error) = (&self.robot.name, &message.id, report.summary());
        for (row, change) in message.rows.iter().zip(&settlement.rows) {
            let (delivery_id, event_id, event) = (&row.id, &row.event_id, &row.news.event);
            let (repository, versions, replication) = (&event.repository, event.listed(), event.outcome.as_str());
            match change.state {
                State::Delivered => tracing::info!(
                    delivery_id,
                    event_id,
                    message_id,
                    robot,
                    repository,
                    versions,
                    replication,
                    "delivered"
                ),
                State::Failed if report.outcome != Outcome::Rejected => given_up(delivery_id, event_id, robot, &error),
                State::Failed => tracing::error!(
                    delivery_id,
                    event_id,
                    message_id,
                    robot,
                    repository,
                    versions,
                    replication,
                    error,
                    "delivery failed: WeCom refuses the message; see it with `harborbell show`"
                ),
                _ => tracing::debug!(
                    delivery_id,
                    event_id,
                    message_id,
                    robot,
                    outcome = report.outcome.as_str(),
                    "not delivered yet"
                ),
            }
        }
    }

    fn log_message(&self, message: &Message, report: &Report, settlement: &Settlement) {
        let (robot, message_id, error) = (&self.robot.name, &message.id, report.summary());
        // What is less than a second, or over, is no pause to a reader.
        let pause = Some(settlement.robot.paused_until - self.clock.now()).filter(|left| *left >= SECOND);
        let pause_seconds = pause.map(|left| (left + SECOND - 1) / SECOND);
        let deliveries = message.rows.len();
        match report.outcome {
            Outcome::Delivered if deliveries == 0 => tracing::info!(message_id, robot, "test message delivered"),
            outcome if deliveries == 0 => tracing::warn!(
                message_id,
                robot,
                error,
                outcome = outcome.as_str(),
                pause_seconds,
                "test message not delivered; it is not tried again"
            ),
            Outcome::Delivered | Outcome::Rejected if deliveries == 1 => {}
            Outcome::Delivered => tracing::info!(message_id, robot, deliveries, "message delivered"),
            Outcome::Rejected => tracing::warn!(
                message_id,
                robot,
                deliveries,
                error,
                "a digest was refused; it is sent again in halves until the rejected delivery is alone"
            ),
            Outcome::Throttled { .. } => {
                tracing::warn!(
                    message_id,
                    robot,
                    deliveries,
                    error,
                    pause_seconds,
                    "WeCom answers that messages come too fast; the robot is paused"
                )
            }
            Outcome::RobotBroken => tracing::error!(
                message_id,
                robot,
                deliveries,
                error,
                pause_seconds,
                "the robot is broken; fix its URL, then reload or restart; its deliveries wait"
            ),
            Outcome::Retry(_) => tracing::warn!(
                message_id,
                robot,
                deliveries,
                error,
                outcome = report.outcome.as_str(),
                pause_seconds,
                "message not delivered; it is tried again"
            ),
        }
    }
}

impl Lane {
    fn count(&self, message: &Message, report: &Report, settlement: &Settlement, recorded: &Recorded) {
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
        if let Recorded::Yes { given_up } = recorded {
            self.metrics.came_to(State::Failed, robot, given_up.len() as u64);
        }
    }
}

fn given_up(delivery_id: &str, event_id: &str, robot: &str, error: &str) {
    tracing::error!(
        delivery_id,
        event_id,
        robot,
        error,
        "delivery given up after RETRY_MAX_ELAPSED; `harborbell replay` sends it again"
    );
}
