//! What the page's templates are given: the API's facts, with times and words for people.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::advice::advice;
use super::wecom_html::to_html;
use crate::board::Cell;
use crate::model::clock::{Millis, SECOND};
use crate::model::delivery::{State, Verb};
use crate::model::event::{ReplicationOutcome, label};
use crate::model::harbor_status::{HarborState, HarborStatus};
use crate::model::json::{utc, with};
use crate::model::retention::{self, Looks};
use crate::model::robot::{DEFAULT, Format};
use crate::render::{Language, Renderer, clock, date_time, length, offset};
use crate::robots::RobotView;
use crate::store::changes::TestRecord;
use crate::store::related::{Related, Sibling};
use crate::store::views::{Attempt, Delivery};

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
        let text = date_time(at, self.timezone);
        let title = format!("{text} {}", offset(at, self.timezone));
        json!({ "iso": utc(at).to_string(), "text": text, "title": title, "short": short })
    }

    pub fn robot(&self, robot: &RobotView) -> Value {
        let waited = (self.now - robot.oldest_waiting_at).max(0) / SECOND;
        let more = json!({
            "in_trouble": robot.is_in_trouble(),
            "advice": advice(&robot.last_error),
            "url_key": if robot.name == DEFAULT { "WECOM_WEBHOOK_URL" } else { "ROUTES_FILE" },
            "paused_until": self.time(robot.paused_until),
            "next_slot_at": self.time(robot.next_slot_at),
            "oldest_waiting_at": self.time(robot.oldest_waiting_at),
            "oldest_waiting_for": (robot.oldest_waiting_at > 0).then(|| length(waited, self.language)),
        });
        with(robot, more)
    }

    /// A row of the table, with the first of its versions.
    pub fn row(&self, delivery: &Delivery, robots: &[RobotView]) -> Value {
        self.delivery(delivery, robots, FEW_VERSIONS)
    }

    /// The same with all of them.
    pub fn whole(&self, delivery: &Delivery, robots: &[RobotView]) -> Value {
        self.delivery(delivery, robots, usize::MAX)
    }

    fn delivery(&self, delivery: &Delivery, robots: &[RobotView], most_versions: usize) -> Value {
        let event = &delivery.event.facts;
        let shown = event.versions.len().min(most_versions);
        let can = |verb: Verb| verb.from_states().contains(&delivery.state);
        let event = json!({
            "name": event.name(),
            "versions": event.versions[..shown],
            "more_versions": event.versions.len() - shown,
            "label": label(&event.registry, &event.description),
            "execution_at": self.time(event.execution_timestamp * SECOND),
            "occurred_at": self.time(event.occurred_at),
        });
        let more = json!({
            "href": format!("/deliveries/{}", delivery.id),
            "created_at": self.time(delivery.created_at),
            "due": self.due(delivery, robots),
            "finished_at": self.time(delivery.finished_at),
            "can_replay": can(Verb::Replay),
            "can_discard": can(Verb::Discard),
            "event": with(&delivery.event, event),
        });
        with(delivery, more)
    }

    /// An image at one destination.
    pub fn cell(&self, cell: &Cell, renderer: &Renderer) -> Value {
        let more = json!({
            "occurred_at": self.time(cell.occurred_at),
            "took": cell.took_seconds.map(|took| length(took, self.language)),
            "harbor_link": renderer.harbor_link(cell.execution_id),
        });
        with(cell, more)
    }

    /// From when on one that waits can be sent; null where it only waits for its turn.
    fn due(&self, delivery: &Delivery, robots: &[RobotView]) -> Value {
        let robot = robots.iter().find(|robot| robot.name == delivery.robot);
        let paused_until = robot.map_or(0, |robot| robot.paused_until);
        let due = delivery.next_attempt_at.max(paused_until);
        if delivery.state != State::Pending || due <= self.now {
            return Value::Null;
        }
        // One that was never tried waits for its failure to heal.
        let is_failure = delivery.event.facts.outcome == ReplicationOutcome::Failed;
        let is_held = is_failure && delivery.attempts == 0 && delivery.next_attempt_at > paused_until;
        with(self.time(due), json!({ "is_held": is_held }))
    }

    /// Null where Harbor's API is not asked.
    pub fn harbor(&self, harbor: &HarborStatus) -> Value {
        if harbor.state == HarborState::Off {
            return Value::Null;
        }
        json!({ "state": harbor.state, "since": self.time(harbor.since), "last_error": harbor.last_error })
    }

    /// What a retention that nobody chose will remove, and from when on; null where it is not announced.
    pub fn retention(&self, looks: Looks) -> Value {
        let begins_at = looks.begins_at(self.now);
        begins_at.map_or(Value::Null, |at| json!({ "begins_at": self.time(at), "kept": retention::DEFAULT }))
    }

    /// How a test message ended, as far as that is known.
    pub fn test(&self, test: &TestRecord) -> Value {
        let stage = match test.outcome.as_str() {
            "" => "waiting",
            "in_flight" => "sending",
            "delivered" => "delivered",
            "ambiguous" | "unknown" => "unclear",
            _ => "failed",
        };
        json!({
            "robot": test.robot, "stage": stage, "http_status": test.http_status, "errcode": test.errcode,
            "errmsg": test.errmsg,
        })
    }

    pub fn related(&self, related: &Related) -> Value {
        let links = |siblings: &[Sibling]| siblings.iter().map(|sibling| self.sibling(sibling)).collect::<Vec<_>>();
        json!({
            "others": links(&related.others), "healed_by": links(&related.healed_by), "heals": links(&related.heals),
        })
    }

    fn sibling(&self, sibling: &Sibling) -> Value {
        json!({
            "href": format!("/deliveries/{}", sibling.id), "state": sibling.state, "robot": sibling.robot,
            "occurred_at": self.time(sibling.occurred_at),
        })
    }

    pub fn attempt(&self, attempt: &Attempt) -> Value {
        let more = json!({
            "started_at": self.time(attempt.started_at),
            "shared": attempt.shared,
            "sent_html": sent_html(&attempt.request_body),
        });
        with(attempt, more)
    }
}

/// Where Harbor shows an event's execution; null without `HARBOR_URL`.
pub fn harbor_link(renderer: &Renderer, delivery: &Delivery) -> Value {
    renderer.harbor_link(delivery.event.facts.execution_id).into()
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
