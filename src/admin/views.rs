//! What the page's templates are given: the API's facts, with times and words for people.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::wecom_html::to_html;
use crate::model::clock::{Millis, SECOND};
use crate::model::delivery::Verb;
use crate::model::event::label;
use crate::model::robot::Format;
use crate::render::{Language, Renderer, clock, date_time, length};
use crate::robots::RobotView;
use crate::store::views::{Attempt, Delivery, utc};

/// How many versions a row of the table names.
const FEW_VERSIONS: usize = 4;

/// The moment and the place in which a page is looked at.
pub struct Viewer<'a> {
    pub now: Millis,
    pub timezone: &'a TimeZone,
    pub language: Language,
}

impl Viewer<'_> {
    pub fn time(&self, at: Millis) -> Value {
        if at == 0 {
            return Value::Null;
        }
        let short = clock(at, self.now, self.timezone);
        json!({ "iso": utc(at).to_string(), "text": date_time(at, self.timezone), "short": short })
    }

    pub fn robot(&self, robot: &RobotView) -> Value {
        let waited = (self.now - robot.oldest_waiting_at).max(0) / SECOND;
        json!({
            "name": robot.name,
            "state": robot.state.as_str(),
            "in_trouble": robot.is_in_trouble(),
            "paused_until": self.time(robot.paused_until),
            "last_error": text(&robot.last_error),
            "failures": robot.failures,
            "next_slot_at": self.time(robot.next_slot_at),
            "waiting": robot.waiting,
            "oldest_waiting_at": self.time(robot.oldest_waiting_at),
            "oldest_waiting_for": (robot.oldest_waiting_at > 0).then(|| length(waited, self.language)),
        })
    }

    /// A row of the table, with the first of its versions.
    pub fn row(&self, delivery: &Delivery) -> Value {
        self.delivery(delivery, FEW_VERSIONS)
    }

    /// The same with all there is to know.
    pub fn whole(&self, delivery: &Delivery) -> Value {
        let event = &delivery.event;
        let mut view = self.delivery(delivery, usize::MAX);
        let more = json!({
            "id": event.id,
            "project": text(&event.project),
            "description": text(&event.description),
            "execution_timestamp": event.execution_timestamp,
            "execution_at": self.time(event.execution_timestamp * SECOND),
            "occurred_at": self.time(event.occurred_at),
        });
        if let (Value::Object(event), Value::Object(more)) = (&mut view["event"], more) {
            event.extend(more);
        }
        view
    }

    fn delivery(&self, delivery: &Delivery, most_versions: usize) -> Value {
        let event = &delivery.event;
        let shown = event.versions.len().min(most_versions);
        let can = |verb: Verb| verb.from_states().contains(&delivery.state);
        json!({
            "id": delivery.id,
            "href": format!("/deliveries/{}", delivery.id),
            "state": delivery.state.as_str(),
            "robot": delivery.robot,
            "attempts": delivery.attempts,
            "failures": delivery.failures,
            "created_at": self.time(delivery.created_at),
            "next_attempt_at": self.time(delivery.next_attempt_at),
            "finished_at": self.time(delivery.finished_at),
            "last_error": text(&delivery.last_error),
            "can_replay": can(Verb::Replay),
            "can_discard": can(Verb::Discard),
            "event": {
                "outcome": event.outcome.as_str(),
                "repository": event.repository,
                "versions": event.versions[..shown],
                "more_versions": event.versions.len() - shown,
                "label": label(&event.registry, &event.description),
                "registry": text(&event.registry),
            },
        })
    }

    pub fn attempt(&self, attempt: &Attempt) -> Value {
        json!({
            "number": attempt.number,
            "message_id": attempt.message_id,
            "started_at": self.time(attempt.started_at),
            "duration_ms": attempt.duration_ms,
            "outcome": attempt.outcome,
            "http_status": (attempt.http_status != 0).then_some(attempt.http_status),
            "errcode": attempt.errcode,
            "errmsg": text(&attempt.errmsg),
            "shared": attempt.shared,
            "request_body": attempt.request_body,
            "sent_html": sent_html(&attempt.request_body),
        })
    }
}

/// Where Harbor shows an event's execution; null without `HARBOR_URL`.
pub fn harbor_link(renderer: &Renderer, delivery: &Delivery) -> Value {
    renderer.harbor_link(delivery.event.execution_id).into()
}

fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// A body that went out, as the group saw it.
fn sent_html(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let format = body["msgtype"].as_str().and_then(|format| format.parse().ok()).unwrap_or(Format::Markdown);
    let message = &body[format.as_str()];
    let called = message["mentioned_list"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let called: Vec<_> = called.map(str::to_owned).collect();
    to_html(message["content"].as_str().unwrap_or_default(), format, &called)
}
