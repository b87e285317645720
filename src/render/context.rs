//! What a template may say: the variables of `MESSAGE_TEMPLATE` and of the built-in templates alike.

use jiff::tz::TimeZone;
use minijinja::Value;
use serde::Serialize;

use super::text::{clip, code, escape};
use super::{Language, Settings};
use crate::model::clock::{Millis, SECOND};
use crate::model::delivery::Notice;
use crate::model::event::{ReplicationOutcome, label};
use crate::model::robot::Format;

#[derive(Debug, Serialize)]
pub struct Context {
    /// Oldest first. One of them: the message is about it alone. More: a digest.
    events: Vec<EventContext>,
    /// The same events by outcome and registry, failures first.
    groups: Vec<Group>,
    succeeded: usize,
    failed: usize,
    #[serde(skip)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Group {
    outcome: ReplicationOutcome,
    after_failure: bool,
    label: String,
    events: Vec<EventContext>,
}

#[derive(Clone, Debug, Serialize)]
struct EventContext {
    outcome: ReplicationOutcome,
    after_failure: bool,
    /// The rule's description, else the registry's name.
    label: String,
    description: String,
    registry: String,
    project: String,
    repository: String,
    versions: Vec<String>,
    /// How many versions found no room.
    more: usize,
    /// `2024-11-23 15:31:43`
    time: String,
    /// `15:31:43`, with its date if that is not today's.
    clock: String,
    /// `2 分 36 秒`, from the start of Harbor's execution; null for a failure.
    took: Option<String>,
    /// Harbor's page of the execution; null without `HARBOR_URL`.
    link: Option<Value>,
}

impl Context {
    /// `most_versions` is how many versions of each event are shown.
    pub fn of<'a>(
        notices: impl IntoIterator<Item = &'a Notice>,
        now: Millis,
        settings: &Settings,
        format: Format,
        most_versions: usize,
    ) -> Self {
        let events: Vec<_> =
            notices.into_iter().map(|notice| event_context(notice, now, settings, format, most_versions)).collect();
        let failed = events.iter().filter(|event| event.outcome == ReplicationOutcome::Failed).count();
        Self { succeeded: events.len() - failed, failed, groups: groups(&events), events, format }
    }

    /// An image of which not even the last part of its name is in the message.
    pub fn image_missing_in(&self, message: &str) -> Option<&str> {
        let is_named = |event: &&EventContext| {
            let name = event.repository.rsplit('/').next().unwrap_or_default();
            message.contains(&escape(name, self.format)) || message.contains(code(name).trim_matches('`'))
        };
        self.events.iter().find(|event| !is_named(event)).map(|event| event.repository.as_str())
    }
}

fn groups(events: &[EventContext]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for event in events {
        let same = |group: &&mut Group| {
            (group.outcome, group.after_failure, &group.label) == (event.outcome, event.after_failure, &event.label)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.events.push(event.clone()),
            None => groups.push(Group {
                outcome: event.outcome,
                after_failure: event.after_failure,
                label: event.label.clone(),
                events: vec![event.clone()],
            }),
        }
    }
    groups.sort_by_key(|group| group.outcome != ReplicationOutcome::Failed);
    groups
}

fn event_context(
    notice: &Notice,
    now: Millis,
    settings: &Settings,
    format: Format,
    most_versions: usize,
) -> EventContext {
    let event = &notice.event;
    let clip = |text: &str| clip(text, format);
    let took = event.occurred_at - event.execution_timestamp * SECOND;
    let timed = event.outcome == ReplicationOutcome::Succeeded && took >= 0;
    let shown = event.versions.len().min(most_versions);
    EventContext {
        outcome: event.outcome,
        after_failure: notice.after_failure,
        label: clip(label(&event.registry, &event.description)),
        description: clip(&event.description),
        registry: clip(&event.registry),
        project: clip(&event.project),
        repository: clip(&event.repository),
        versions: event.versions[..shown].iter().map(|version| clip(version)).collect(),
        more: event.versions.len() - shown,
        time: date_time(event.occurred_at, &settings.timezone),
        clock: clock(event.occurred_at, now, &settings.timezone),
        took: timed.then(|| length(took / SECOND, settings.language)),
        link: settings.harbor_url.as_deref().map(|base| Value::from_safe_string(link(base, event.execution_id))),
    }
}

/// Harbor's web page of an execution; before 2.13 Harbor does not say which, and it is the list of all.
pub(super) fn link(harbor_url: &str, execution_id: i64) -> String {
    let base = harbor_url.trim_end_matches('/');
    match execution_id {
        0 => format!("{base}/harbor/replications"),
        id => format!("{base}/harbor/replications/{id}/tasks"),
    }
}

/// `2024-11-23 15:31:43`
pub fn date_time(at: Millis, timezone: &TimeZone) -> String {
    local(at, "%Y-%m-%d %H:%M:%S", timezone)
}

fn local(at: Millis, format: &str, timezone: &TimeZone) -> String {
    jiff::Timestamp::from_millisecond(at)
        .map(|at| at.to_zoned(timezone.clone()).strftime(format).to_string())
        .unwrap_or_default()
}

/// The time of day, with its date if that is not today's.
pub fn clock(at: Millis, now: Millis, timezone: &TimeZone) -> String {
    const DAY: &str = "%Y-%m-%d";
    let today = local(at, DAY, timezone) == local(now, DAY, timezone);
    if today { local(at, "%H:%M:%S", timezone) } else { date_time(at, timezone) }
}

/// `2 分 36 秒` or `2m36s`.
pub fn length(seconds: i64, language: Language) -> String {
    let ([hour, minute, second], gap) = match language {
        Language::Zh => ([" 小时", " 分", " 秒"], " "),
        Language::En => (["h", "m", "s"], ""),
    };
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s}{second}"),
        (0, m, s) => format!("{m}{minute}{gap}{s}{second}"),
        (h, m, s) => format!("{h}{hour}{gap}{m}{minute}{gap}{s}{second}"),
    }
}
